//! Latent space: posterior means, the prior's rings, the blue lines through z*, and z* to be dragged.

use eframe::egui::{
    Align2, CursorIcon, EventFilter, Id, Key, Pos2, Rect, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2,
};
use egui_plot::{AxisHints, PlotBounds};

use super::plane::{choose, nearest};
use crate::app::heat::Heat;
use crate::app::marks::{Sheet, axis, ellipse, factor_colors, grid, still_plot};
use crate::app::theme::{CURVE_WIDTH, POINT_RADIUS, Palette, REACH, dashes, indexed};
use crate::app::{Selection, Stage};
use crate::experiment::Snapshot;
use crate::vae::Posterior;

/// The view reaches this far in prior standard deviations.
pub const RANGE: f64 = 3.5;

/// Draws the view; moves z* and chooses observations.
pub fn show(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection) {
    let palette = Stage::palette(ui);
    let [a, b] = selection.axes;
    let one = a == b;
    let plot = still_plot(ui, "latent space", stage)
        .data_aspect(1.0)
        .x_grid_spacer(grid(8.0))
        .y_grid_spacer(grid(8.0))
        .custom_x_axes(vec![axis(AxisHints::new_x(), &indexed("z", a))])
        .custom_y_axes(vec![axis(
            AxisHints::new_y(),
            &if one { "(spread for the eye)".to_owned() } else { indexed("z", b) },
        )])
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([-RANGE; 2], [RANGE; 2])));
    let sheet = Sheet::new(ui.painter(), plot.transform, palette);
    let handle = handle(ui, &sheet, selection);
    drag(ui, &handle, &sheet, selection);
    if let Some(position) = drag(ui, &plot.response, &sheet, selection) {
        click(stage, &sheet, position, selection);
    }

    let heat = Heat::new(stage, selection);
    if let Some(heat) = &heat {
        heat.draw(&sheet, palette);
    }
    sheet.layer("prior");
    for ring in 1..=3 {
        sheet.curve(
            ellipse([0.0; 2], [[1.0, 0.0], [0.0, 1.0]], f64::from(ring)),
            Stroke::new(1.0, palette.muted.gamma_multiply(0.4)),
            &[],
        );
    }
    let snapshot = stage.snapshot;
    let count = snapshot.encodings.columns();
    let place = |i: usize| code(snapshot, i, selection.axes);
    sheet.layer("codes");
    match factor_colors(stage.snapshot, selection.color, palette) {
        Some(colors) => sheet.colored_cloud((0..count).map(place).zip(colors), POINT_RADIUS),
        None => sheet.cloud((0..count).map(place), POINT_RADIUS, palette.point.gamma_multiply(0.55)),
    }
    sheet.layer("lines");
    lines(&sheet, palette, selection);
    if let Some(i) = selection.observation {
        sheet.layer("posterior");
        posterior(&sheet, palette, &snapshot.posterior(i), selection);
    }
    sheet.layer("z");
    let z = z_in_view(selection);
    sheet.handle(z, palette.latent, handle.dragged() || plot.response.dragged() || handle.has_focus());
    sheet.label(sheet.at(z) + eframe::egui::vec2(12.0, -12.0), Align2::LEFT_BOTTOM, "z*", palette.ink);
    if let Some(heat) = &heat {
        heat.legend(ui, &sheet, *plot.transform.frame(), palette);
    }
    plot.response.on_hover_cursor(CursorIcon::Crosshair);
}

/// z* as something to be dragged, or moved by the arrow keys once it has the focus.
fn handle(ui: &Ui, sheet: &Sheet, selection: &mut Selection) -> Response {
    let place = Rect::from_center_size(sheet.at(z_in_view(selection)), Vec2::splat(2.0 * REACH));
    let response = ui.interact(place, ui.scope_id().with("z*"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "z* in latent space"));
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        for key in [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown] {
            if ui.input(|i| i.key_pressed(key)) {
                nudge(selection, key);
            }
        }
    }
    response.on_hover_cursor(CursorIcon::Grab)
}

fn z_in_view(selection: &Selection) -> [f64; 2] {
    let [a, b] = selection.axes;
    [selection.z[a], if a == b { 0.0 } else { selection.z[b] }]
}

/// The code of an encoded observation in the view. With one latent the second coordinate only keeps points apart.
fn code(snapshot: &Snapshot, i: usize, [a, b]: [usize; 2]) -> [f64; 2] {
    let mean = snapshot.mean(i);
    // Multiples of the golden ratio spread evenly however many there are.
    let spread = || (0.618_034 * i as f64).fract() - 0.5;
    [f64::from(mean[a]), if a == b { spread() } else { f64::from(mean[b]) }]
}

/// The lines through z* parallel to the axes.
fn lines(sheet: &Sheet, palette: &Palette, selection: &Selection) {
    let [x, y] = z_in_view(selection);
    let stroke = Stroke::new(CURVE_WIDTH, palette.latent);
    for (axis, latent) in selection.shown().iter().enumerate() {
        let ends = if axis == 0 { [[-RANGE, y], [RANGE, y]] } else { [[x, -RANGE], [x, RANGE]] };
        sheet.curve(ends.into_iter(), stroke, dashes(*latent));
        let end = sheet.at(ends[1]);
        let (position, anchor) = if axis == 0 {
            (pos2(end.x - 4.0, end.y - 4.0), Align2::RIGHT_BOTTOM)
        } else {
            (pos2(end.x + 5.0, end.y + 4.0), Align2::LEFT_TOP)
        };
        sheet.label(position, anchor, &indexed("z", *latent), palette.latent);
    }
}

/// The posterior of an observation: its mean and its ellipses at one and two standard deviations.
fn posterior(sheet: &Sheet, palette: &Palette, q: &Posterior, selection: &Selection) {
    let [a, b] = selection.axes;
    let sigma = q.covariance();
    if a == b {
        let (mean, sd) = (q.mean[a], sigma[(a, a)].sqrt());
        sheet.curve([[mean - sd, 0.0], [mean + sd, 0.0]].into_iter(), Stroke::new(4.0, palette.ink), &[]);
        return;
    }
    // The Cholesky factor of the 2×2 marginal.
    let l11 = sigma[(a, a)].sqrt();
    let l21 = sigma[(a, b)] / l11;
    let l22 = (sigma[(b, b)] - l21 * l21).max(0.0).sqrt();
    let centre = [q.mean[a], q.mean[b]];
    for r in [1.0, 2.0] {
        sheet.curve(ellipse(centre, [[l11, l21], [0.0, l22]], r), Stroke::new(1.6, palette.ink), &[]);
    }
    sheet.painter.circle_filled(sheet.at(centre), 2.5, palette.ink);
}

/// Moves z* with the pointer and the arrow keys. Gives the position of a click.
fn drag(ui: &Ui, response: &Response, sheet: &Sheet, selection: &mut Selection) -> Option<Pos2> {
    let start_id: Id = response.id.with("z at the start of the drag");
    if response.double_clicked() {
        selection.z.fill(0.0);
        selection.observation = None;
        return None;
    }
    if response.drag_started() {
        ui.data_mut(|data| data.insert_temp(start_id, selection.z.clone()));
        selection.observation = None;
    }
    let position = response.interact_pointer_pos()?;
    if response.dragged() {
        let start: Vec<f64> = ui.data(|data| data.get_temp(start_id)).unwrap_or_else(|| selection.z.clone());
        let point = sheet.point(position).map(|x| x.clamp(-RANGE, RANGE));
        let [a, b] = selection.axes;
        let moved = [point[0] - start[a], point[1] - start[b]];
        // Shift keeps the coordinate that has moved less.
        let locked = ui.input(|i| i.modifiers.shift).then(|| usize::from(moved[0].abs() > moved[1].abs()));
        selection.z[a] = if locked == Some(0) { start[a] } else { point[0] };
        if a != b {
            selection.z[b] = if locked == Some(1) { start[b] } else { point[1] };
        }
    }
    response.clicked().then_some(position)
}

/// Sends z* to the code next to a click, or to the click itself if no code is near.
fn click(stage: &Stage<'_>, sheet: &Sheet, position: Pos2, selection: &mut Selection) {
    let snapshot = stage.snapshot;
    let codes = (0..snapshot.encodings.columns()).map(|i| Some(sheet.at(code(snapshot, i, selection.axes))));
    let near = nearest(codes, position);
    selection.observation = None;
    choose(stage, selection, near);
    if near.is_none() {
        let point = sheet.point(position).map(|x| x.clamp(-RANGE, RANGE));
        let [a, b] = selection.axes;
        selection.z[a] = point[0];
        if a != b {
            selection.z[b] = point[1];
        }
    }
}

/// Moves z* by arrow keys.
pub fn nudge(selection: &mut Selection, key: Key) {
    const STEP: f64 = 0.1;
    let [a, b] = selection.axes;
    let (latent, by) = match key {
        Key::ArrowLeft => (a, -STEP),
        Key::ArrowRight => (a, STEP),
        Key::ArrowDown => (b, -STEP),
        _ => (b, STEP),
    };
    if let Some(z) = selection.z.get_mut(latent) {
        *z = (*z + by).clamp(-RANGE, RANGE);
        selection.observation = None;
    }
}
