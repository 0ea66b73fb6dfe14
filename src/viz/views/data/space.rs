//! Data space in three dimensions.

use eframe::egui::{CursorIcon, Key, Painter, Pos2, Rect, Sense, Ui, pos2, vec2};

use super::plane::{choose, nearest, observations};
use crate::app::marks::Labels;
use crate::app::painter3::{Painter3, Sight};
use crate::app::subject::{Name, Subject, data_bounds};
use crate::app::theme::Palette;
use crate::app::{Selection, Stage};
use crate::paint::{Camera, Layer};

/// Draws the view; turns the camera.
pub fn show(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection, painter3: &mut Painter3) {
    let palette = Stage::palette(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    response.widget_info(|| {
        eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Canvas, true, "Data space in three dimensions")
    });
    let home = home(stage);
    let camera = selection.camera.get_or_insert(home);
    turn(ui, &response, rect, camera, &home);
    let camera = *camera;

    let subject = Subject::new(stage, selection, palette);
    let names = subject.names();
    Layer::begin(ui.painter(), 1, "scene");
    painter3.paint(ui, Sight { subject, camera, rect, background: Stage::sheet(ui) });
    Layer::begin(ui.painter(), 1, "names");

    let projector = camera.projector([rect.width(), rect.height()]);
    let seen = |point: [f32; 3]| projector.project(point).map(|[x, y, _]| rect.min + vec2(x, y));
    write(&ui.painter_at(rect), &names, seen, seen(stage.projection.space(&stage.focus.image)), palette);
    if response.clicked()
        && let Some(position) = response.interact_pointer_pos()
    {
        let place = |x: &[f32]| projector.project(stage.projection.space(x));
        let places = observations(stage.snapshot).map(|x| place(x).map(|[x, y, _]| rect.min + vec2(x, y)));
        choose(stage, selection, nearest(places, position));
    }
    response.on_hover_cursor(CursorIcon::Grab);
}

/// Writes the names where they are seen, those of arrows first and beyond their tips, all off the image of z*.
fn write(
    painter: &Painter,
    names: &[Name],
    seen: impl Fn([f32; 3]) -> Option<Pos2>,
    image: Option<Pos2>,
    palette: &Palette,
) {
    let mut labels = Labels::default();
    if let Some(image) = image {
        labels.keep_off(Rect::from_center_size(image, vec2(12.0, 12.0)));
    }
    let arrow = |name: &Name| Some((seen(name.foot?)?, seen(name.at)?));
    for (foot, tip) in names.iter().filter_map(arrow) {
        labels.keep_off_arrow(foot, tip);
    }
    for name in names.iter().filter(|name| name.foot.is_some()) {
        if let Some((foot, tip)) = arrow(name) {
            labels.put(painter, tip + 17.0 * (tip - foot).normalized(), &name.text, name.color, palette.paper);
        }
    }
    for name in names.iter().filter(|name| name.foot.is_none()) {
        if let Some(position) = seen(name.at) {
            labels.put(painter, position, &name.text, name.color, palette.paper);
        }
    }
}

/// The camera that the scene file asks for, fitted to the data.
pub(super) fn home(stage: &Stage<'_>) -> Camera {
    let mut camera = Camera::default();
    camera.frame(&data_bounds(stage.projection));
    // Room for the names of the axes.
    camera.half_height *= 1.08;
    if let Some(scene) = stage.snapshot.config.origin.scene() {
        let wanted = &scene.camera;
        camera.azimuth = (wanted.yaw as f32).to_radians();
        camera.elevation = (wanted.pitch as f32).to_radians();
        camera.half_height /= wanted.zoom as f32;
    }
    camera
}

/// Dragging turns, with the right button or Shift it moves, the wheel zooms; keys look along axes.
fn turn(ui: &Ui, response: &eframe::egui::Response, rect: Rect, camera: &mut Camera, home: &Camera) {
    let viewport = [rect.width(), rect.height()];
    if response.double_clicked() {
        *camera = *home;
    }
    let drag = response.drag_delta();
    if response.dragged() {
        let move_it = response.dragged_by(eframe::egui::PointerButton::Secondary) || ui.input(|i| i.modifiers.shift);
        if move_it {
            camera.pan([drag.x, drag.y], viewport);
        } else {
            camera.orbit(drag.x, drag.y);
        }
    }
    if let Some(pointer) = response.hover_pos() {
        let (scroll, zoom) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        let factor = zoom * (0.004 * scroll).exp();
        if factor != 1.0 {
            let at: Pos2 = pos2(pointer.x - rect.min.x, pointer.y - rect.min.y);
            camera.zoom_at(factor, [at.x, at.y], viewport);
        }
    }
}

/// Looks along an axis, at the tangent plane, or from home.
pub fn look(selection: &mut Selection, key: Key, stage: &Stage<'_>) {
    let home = home(stage);
    let camera = selection.camera.get_or_insert(home);
    match key {
        Key::X => camera.look_along([-1.0, 0.0, 0.0]),
        Key::Y => camera.look_along([0.0, -1.0, 0.0]),
        Key::Z => camera.look_along([0.0, 0.0, -1.0]),
        Key::T => {
            if let &[a, b] = selection.axes.as_slice()
                && a != b
            {
                let [u, v] = [a, b].map(|i| stage.projection.direction(stage.focus.svd.u.column(i).as_slice()));
                camera.face([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]);
            }
        }
        _ => *camera = home,
    }
}
