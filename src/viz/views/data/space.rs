//! Data space in three dimensions.

use std::sync::Arc;

use eframe::egui::{Align2, CursorIcon, Painter, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::box_axes;
use super::emphasis::distance_to_arrow;
use super::entries::entries;
use super::notes::notes;
use super::scene::{DataScene, Name};
use super::thumbnails;
use crate::paint::Camera;
use crate::viz::command::CameraPose;
use crate::viz::context::ViewContext;
use crate::viz::draw::colors::ObservationColors;
use crate::viz::draw::heat::SCALE_HEIGHT;
use crate::viz::draw::labels::{Labels, label};
use crate::viz::draw::legend::legend_line;
use crate::viz::draw::pinned;
use crate::viz::draw::plot_painter::ring;
use crate::viz::file_units::outside;
use crate::viz::home_camera::home_camera;
use crate::viz::observations::{choose, nearest, share_drawn};
use crate::viz::scene_painter::SceneRequest;
use crate::viz::selection::Selection;
use crate::viz::symbol::Symbol;
use crate::viz::theme::{HANDLE_RADIUS, LEAST_NAMED, Palette, REACH, label_font};
use crate::viz::views::slow_marks::in_data_space;

/// Draws the view; orbits the camera.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let palette = ViewContext::palette(ui);
    legend_line(ui, context, selection.layers.legend, &entries(context, selection, palette));
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    response.widget_info(|| {
        eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Canvas, true, "Data space in three dimensions")
    });
    let home = home(context);
    let camera = selection.camera.get_or_insert(home);
    orbit(ui, &response, rect, camera, &home);
    let camera = *camera;

    let scene = DataScene::new(context, selection, palette);
    context.layer(ui.painter(), 1, "scene");
    let background = context.background_color(ui);
    let request = SceneRequest { source: Arc::new(scene), camera, rect, background };
    // While a newer picture is drawn, what stands on the last one is of its time point, its camera and its size, too.
    let request = context.scene.borrow_mut().paint(ui, request);
    let Some(scene) = DataScene::of(&request) else { return };
    let names = scene.names();
    let size = request.rect.size().max(vec2(1.0, 1.0));
    let projector = request.camera.projector([size.x, size.y]);
    let seen = |point: [f32; 3]| projector.project(point).map(|[x, y, _]| rect.min + vec2(x, y) * rect.size() / size);
    let places = context.projection.places();
    let drawn = places.iter().take(context.snapshot.encodings.columns());
    // Pictures keep off the arrows and their names.
    let arrows = names.iter().filter_map(|name| Some((seen(name.foot?)?, seen(name.at)?)));
    let mut taken: Vec<Rect> = arrows.flat_map(|(foot, tip)| along(foot, tip)).collect();
    let arrows = taken.len();
    let image = seen(scene.image());
    if scene.is_manifold() {
        taken.extend(image.map(|at| Rect::from_center_size(at, vec2(24.0, 24.0))));
        if selection.layers.pinned && selection.layers.seams {
            context.layer(ui.painter(), 1, "decodings");
            let place = |latent, value| scene.probe().seam_place(latent, value).and_then(seen);
            pinned::draw(ui, context, rect, &context.probe.named(), place, &mut taken);
        }
        if selection.layers.pictures {
            context.layer(ui.painter(), 1, "thumbnails");
            thumbnails::draw(ui, context, rect, |i| places.get(i).and_then(|place| seen(*place)), &mut taken);
        }
    }
    let mut labels = Labels::default();
    taken.into_iter().skip(arrows).for_each(|place| labels.keep_off(place));
    labels.keep_off_curve(scene.arc().into_iter().filter_map(seen));
    if selection.layers.seams && scene.is_manifold() {
        let (probe, named) = (scene.probe(), scene.probe().named());
        for (_, places) in probe.seams.iter().zip(probe.seam_places()).filter(|(seam, _)| named.contains(&seam.latent))
        {
            labels.keep_off_curve(places.iter().filter_map(|place| seen(*place)));
        }
    }
    image.into_iter().for_each(|image| labels.keep_off(Rect::from_center_size(image, vec2(12.0, 12.0))));
    // The legend says it, too.
    let words = share_drawn(context.snapshot).filter(|_| selection.layers.data && !selection.layers.legend);
    let above_scale = if scene.heat().is_some() { SCALE_HEIGHT } else { 0.0 };
    let foot = rect.left_bottom() + vec2(8.0, -6.0 - above_scale);
    if let Some(words) = &words {
        let size = ui.painter().layout_no_wrap(words.clone(), label_font(), palette.muted).size();
        labels.keep_off(Rect::from_min_size(foot - vec2(0.0, size.y), size));
    }
    if let Some(heat) = scene.heat() {
        labels.keep_off(heat.legend(&ui.painter_at(rect), rect, palette));
    }
    if context.axes {
        context.layer(ui.painter(), 1, "axes");
        box_axes::draw(&ui.painter_at(rect), context, seen, &mut labels, palette);
    }
    if let Some(image) = image {
        context.layer(ui.painter(), 1, "d(z*)");
        let color = if scene.is_manifold() { palette.image } else { palette.latent };
        ring(&ui.painter_at(rect), image, 0.8 * HANDLE_RADIUS, color, palette.paper);
        if selection.emphasises(Symbol::ZStar) {
            ui.painter_at(rect).circle_stroke(image, HANDLE_RADIUS + 5.0, Stroke::new(2.0, color));
        }
    }
    in_data_space(ui.painter(), rect, context, |x| seen(context.projection.space(x)), palette);
    context.layer(ui.painter(), 1, "names");
    if let Some(words) = words {
        label(&ui.painter_at(rect), foot, Align2::LEFT_BOTTOM, &words, palette.muted, palette.paper);
    }
    write(&ui.painter_at(rect), &names, seen, &mut labels, palette);
    if selection.layers.data {
        if let Some(colors) = ObservationColors::new(context.snapshot, selection.color, palette) {
            colors.legend(&ui.painter_at(rect), rect, palette);
        }
        if let Some(text) = outside(context) {
            let corner = rect.right_bottom() + vec2(-8.0, -6.0);
            label(&ui.painter_at(rect), corner, Align2::RIGHT_BOTTOM, &text, palette.alarm, palette.paper);
        }
    }
    for (k, line) in notes(context, selection).into_iter().enumerate() {
        let corner = rect.left_top() + vec2(6.0, 4.0 + 15.0 * k as f32);
        label(&ui.painter_at(rect), corner, Align2::LEFT_TOP, &line, palette.ink, palette.paper);
    }
    if let Some(pointer) = response.hover_pos() {
        let feet = names.iter().filter_map(|name| Some((seen(name.foot?)?, seen(name.at)?)));
        if image.is_some_and(|image| image.distance(pointer) <= REACH) {
            selection.pointed = Some(Symbol::ZStar);
        } else if feet.map(|(foot, tip)| distance_to_arrow(foot, tip, pointer)).any(|distance| distance <= REACH) {
            selection.pointed = Some(Symbol::U);
        }
    }
    if response.clicked()
        && let Some(position) = response.interact_pointer_pos()
    {
        choose(context.snapshot, selection, nearest(drawn.clone().map(|place| seen(*place)), position));
    }
    let response = thumbnails::observation(ui, context, response, drawn.map(|place| seen(*place)));
    response.on_hover_cursor(CursorIcon::Grab);
}

/// Squares along an arrow and its name.
fn along(foot: Pos2, tip: Pos2) -> impl Iterator<Item = Rect> {
    const SIDE: f32 = 14.0;
    let beyond = tip + 17.0 * (tip - foot).normalized();
    let count = (foot.distance(beyond) / SIDE).ceil().clamp(1.0, 200.0) as usize;
    (0..=count).map(move |k| Rect::from_center_size(foot.lerp(beyond, k as f32 / count as f32), vec2(SIDE, SIDE)))
}

/// Writes the names where they are seen, those of arrows first and beyond their tips, off what has a place already.
fn write(
    painter: &Painter,
    names: &[Name],
    seen: impl Fn([f32; 3]) -> Option<Pos2>,
    labels: &mut Labels,
    palette: &Palette,
) {
    let arrow = |name: &Name| Some((seen(name.foot?)?, seen(name.at)?));
    for (foot, tip) in names.iter().filter_map(arrow) {
        labels.keep_off_arrow(foot, tip);
    }
    for name in names.iter().filter(|name| name.foot.is_some()) {
        if let Some((foot, tip)) = arrow(name).filter(|(foot, tip)| foot.distance(*tip) >= LEAST_NAMED) {
            labels.put(painter, tip + 17.0 * (tip - foot).normalized(), &name.text, name.color, palette.paper);
        }
    }
    for name in names.iter().filter(|name| name.foot.is_none()) {
        if let Some(position) = seen(name.at) {
            labels.put(painter, position, &name.text, name.color, palette.paper);
        }
    }
}

fn home(context: &ViewContext<'_>) -> Camera {
    home_camera(context.projection, context.snapshot.config.origin.scene())
}

/// Dragging orbits, with the right button or Shift it pans, the wheel zooms.
fn orbit(ui: &Ui, response: &eframe::egui::Response, rect: Rect, camera: &mut Camera, home: &Camera) {
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

/// Moves the camera to a fixed pose.
pub fn pose_camera(selection: &mut Selection, pose: CameraPose, context: &ViewContext<'_>) {
    let home = home(context);
    let camera = selection.camera.get_or_insert(home);
    match pose {
        CameraPose::X => camera.look_along([-1.0, 0.0, 0.0]),
        CameraPose::Y => camera.look_along([0.0, -1.0, 0.0]),
        CameraPose::Z => camera.look_along([0.0, 0.0, -1.0]),
        CameraPose::Tangent => {
            if let &[a, b] = selection.axes.as_slice()
                && a != b
            {
                let [u, v] = [a, b].map(|i| context.projection.direction(context.probe.svd.u.column(i).as_slice()));
                camera.face([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]);
            }
        }
        CameraPose::Home => *camera = home,
    }
}
