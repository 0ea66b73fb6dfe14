//! Data space in three dimensions.

use eframe::egui::{Color32, CursorIcon, Key, Painter, Pos2, Rect, Sense, Ui, pos2, vec2};

use super::plane::{basis_vector, choose, nearest, observations, to_f64};
use crate::app::focus::{SURFACE_POINTS, grid_lines};
use crate::app::heat::Heat;
use crate::app::marks::{Labels, factor_colors};
use crate::app::morph::Morph;
use crate::app::painter3::{Painter3, Sight};
use crate::app::theme::{ARROW_WIDTH, CURVE_WIDTH, POINT_RADIUS, Palette, dashes, indexed};
use crate::app::{Focus, Selection, Stage};
use crate::paint::{Arrow, Bounds, Camera, Cloud, CloudPoint, Curve, Layer, Scene3, Surface};

/// Draws the view; turns the camera.
pub fn show(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection, painter3: &mut Painter3) {
    let palette = Stage::palette(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    response.widget_info(|| {
        eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Canvas, true, "Data space in three dimensions")
    });
    let bounds = data_bounds(stage);
    let home = home(stage);
    let camera = selection.camera.get_or_insert(home);
    turn(ui, &response, rect, camera, &home);
    let camera = *camera;

    let mut scene = Scene3::default();
    let mut names = Vec::new();
    if stage.axes {
        axes(&mut scene, &mut names, &bounds, stage, palette);
    }
    fill(&mut scene, &mut names, stage, selection, palette);
    let sight = Sight { scene, camera, rect, background: Stage::sheet(ui) };
    Layer::begin(ui.painter(), 1, "scene");
    painter3.paint(ui, sight);
    Layer::begin(ui.painter(), 1, "names");

    let projector = camera.projector([rect.width(), rect.height()]);
    let seen = |point: [f32; 3]| projector.project(point).map(|[x, y, _]| rect.min + vec2(x, y));
    write(&ui.painter_at(rect), &names, seen, seen(stage.projection.space(&stage.focus.image)), palette);
    if response.clicked()
        && let Some(position) = response.interact_pointer_pos()
    {
        let place = |x: &[f32]| projector.project(stage.projection.space(x));
        let places = observations(stage).map(|x| place(x).map(|[x, y, _]| rect.min + vec2(x, y)));
        choose(stage, selection, nearest(places, position));
    }
    response.on_hover_cursor(CursorIcon::Grab);
}

/// A name in the scene.
struct Name {
    at: [f32; 3],
    /// The foot of the arrow that ends there.
    foot: Option<[f32; 3]>,
    text: String,
    color: Color32,
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
    camera.frame(&data_bounds(stage));
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

fn data_bounds(stage: &Stage<'_>) -> Bounds {
    let extent = |axis: usize, end: usize| stage.projection.extent.get(axis).map_or(0.0, |e| e[end] as f32);
    let corner = |end: usize| [0, 1, 2].map(|axis| extent(axis, end));
    Bounds { min: corner(0), max: corner(1) }
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

/// A box around the data with named axes.
fn axes(scene: &mut Scene3, names: &mut Vec<Name>, bounds: &Bounds, stage: &Stage<'_>, palette: &Palette) {
    let corner =
        |bits: usize| [0, 1, 2].map(|axis| if bits >> axis & 1 == 1 { bounds.max[axis] } else { bounds.min[axis] });
    for axis in 0..3 {
        for bits in (0..8).filter(|bits| bits >> axis & 1 == 0) {
            let ends = vec![corner(bits), corner(bits | 1 << axis)];
            scene.curves.push(Curve::new(ends, palette.rule, 1.0));
        }
        let mut end = corner(1 << axis);
        end[axis] += 0.06 * (bounds.max[axis] - bounds.min[axis]).max(0.1);
        scene.curves.push(Curve::new(vec![corner(0), corner(1 << axis)], palette.muted, 1.2));
        names.push(Name { at: end, foot: None, text: stage.projection.names[axis].clone(), color: palette.muted });
    }
}

/// The layers that are on.
fn fill(scene: &mut Scene3, names: &mut Vec<Name>, stage: &Stage<'_>, selection: &Selection, palette: &Palette) {
    let (projection, focus, layers) = (stage.projection, stage.focus, selection.layers);
    let morph = Morph::new(stage, selection);
    let color = morph.color(palette);
    let space = |x: &[f64]| projection.space(x);
    if layers.data {
        let plain = palette.point.gamma_multiply(0.7);
        let colors = factor_colors(stage, selection, palette);
        let points = observations(stage).enumerate().map(|(i, x)| {
            let position = morph.space(|| to_f64(stage.snapshot.mean(i)), x);
            CloudPoint { position, color: colors.as_ref().map_or(plain, |colors| colors[i]) }
        });
        scene.clouds.push(Cloud { points: points.collect(), radius: POINT_RADIUS });
    }
    let vertex = |k: usize| morph.space(|| focus.surface_latent(k), focus.surface().column(k));
    if layers.surface && focus.has_surface() {
        let heat = Heat::new(stage, selection);
        let shade = |k: usize| match &heat {
            Some(heat) => heat.color(Focus::surface_place(k), palette),
            None => palette.surface,
        };
        let corner = |row: usize, column: usize| {
            let k = row * SURFACE_POINTS + column;
            (vertex(k), shade(k))
        };
        scene.surfaces.push(Surface::from_fn(SURFACE_POINTS, SURFACE_POINTS, 0.55, corner));
    }
    if layers.grid && focus.has_surface() {
        for line in grid_lines() {
            scene.curves.push(Curve::new(line.map(vertex).collect(), palette.muted.gamma_multiply(0.4), 0.8));
        }
    }
    if layers.truth && morph.is_done() {
        for (i, seam) in focus.truth().into_iter().flat_map(|truth| &truth.seams).enumerate() {
            let positions = seam.points.iter_columns().map(space).collect();
            scene.curves.push(Curve::new(positions, palette.truth, CURVE_WIDTH + 1.0));
            let end = space(seam.points.column(seam.points.columns() - 20));
            names.push(Name { at: end, foot: None, text: format!("true {}", i + 1), color: palette.truth });
        }
    }
    if layers.seams {
        for seam in &focus.seams {
            let at = |k: usize| morph.space(|| focus.seam_latent(seam, k), seam.points.column(k));
            let positions = (0..seam.t.len()).map(at).collect();
            scene.curves.push(Curve::new(positions, color, CURVE_WIDTH).dashed(dashes(seam.latent)));
            let end = seam.t.partition_point(|t| *t <= 2.7).min(seam.t.len() - 1);
            names.push(Name { at: at(end), foot: None, text: indexed("z", seam.latent), color });
        }
    }
    let at = space(&focus.image);
    scene.clouds.push(Cloud { points: vec![CloudPoint { position: at, color }], radius: 4.5 });
    if layers.basis && morph.is_done() {
        for i in 0..stage.snapshot.latent_dim() {
            let (vector, name) = basis_vector(stage, i, selection.unit_arrows);
            let direction = projection.direction(&vector);
            let to = [0, 1, 2].map(|axis| at[axis] + direction[axis]);
            scene.arrows.push(Arrow { from: at, to, color: palette.image, width: ARROW_WIDTH });
            names.push(Name { at: to, foot: Some(at), text: name, color: palette.image });
        }
    }
}
