//! The plane of a pair of latents.

use eframe::egui::{
    Align2, CursorIcon, EventFilter, Id, Key, Pos2, Rect, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2,
};
use egui_plot::{AxisHints, PlotBounds};

use crate::experiment::Snapshot;
use crate::vae::{Posterior, Prior};
use crate::viz::command::Direction;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, axis_across, grid, still_plot};
use crate::viz::draw::colors::ObservationColors;
use crate::viz::draw::ellipse::ellipse;
use crate::viz::draw::heat::Heat;
use crate::viz::draw::hover::{hover_with_help, significant};
use crate::viz::draw::indicatrix::{CUT, Indicatrices};
use crate::viz::draw::labels::Labels;
use crate::viz::draw::legend::{LegendEntry, Sample, legend_line};
use crate::viz::draw::pinned;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::draw::singular::singular_curves;
use crate::viz::draw::zoom::wheel;
use crate::viz::latent_grid::RANGE;
use crate::viz::observations::{choose, nearest};
use crate::viz::selection::Selection;
use crate::viz::singular_query::{LEGEND, SingularCurves};
use crate::viz::symbol::Symbol;
use crate::viz::theme::{CURVE_WIDTH, POINT_RADIUS, Palette, REACH, dashes, indexed, label_font};
use crate::viz::views::slow_marks::in_latent_space;

/// The wheel zooms. (A double click puts z* at 0 and shows the whole prior again.)
fn zoom(ui: &Ui, response: &Response, marks: &PlotPainter, selection: &mut Selection) {
    /// Standard deviations that are seen at least.
    const LEAST: f64 = 0.2;
    if let Some(zoom) = wheel(ui, response, marks) {
        let all = [-RANGE, RANGE];
        let window = selection.latent_window.unwrap_or([all; 2]);
        let ranges = [0, 1].map(|axis| zoom.range(axis, window[axis], LEAST, all));
        selection.latent_window = ranges[0].zip(ranges[1]).map(|(x, y)| [x, y]);
    }
}

/// The width of the ellipses of G, in points.
const ELLIPSE_WIDTH: f32 = 1.3;

/// The pointer tells of an ellipse so near to its outline, in prior standard deviations.
const NEAR_ELLIPSE: f64 = 0.1;

/// The plane of two latents, the first across. With one latent both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plane {
    /// The latents on the axes.
    pub axes: [usize; 2],
    /// One of several: names and numbers are left out for which there is no room.
    pub is_small: bool,
}

/// Draws a plane into all of the given space; moves z* and chooses observations.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection, plane: Plane) {
    let palette = ViewContext::palette(ui);
    let Plane { axes, is_small } = plane;
    let [a, b] = axes;
    let one = a == b;
    let id = if is_small { format!("latent space {a} {b}") } else { "latent space".to_owned() };
    let ticks = if is_small { 4.0 } else { 8.0 };
    if !is_small {
        legend_line(ui, context, selection.layers.legend, &entries(context, selection, palette));
    }
    let across = indexed("z", a);
    let plot = still_plot(ui, &id, context)
        .data_aspect(1.0)
        .x_grid_spacer(grid(ticks))
        // Of one latent the height means nothing, and no axis upwards makes room for the first number across.
        .y_grid_spacer(move |input| if one { Vec::new() } else { grid(ticks)(input) })
        .custom_x_axes(match (is_small, one) {
            (true, _) => Vec::new(),
            (false, true) => vec![axis_across(&across)],
            (false, false) => vec![axis(AxisHints::new_x(), &across)],
        })
        .custom_y_axes(if is_small || one { Vec::new() } else { vec![axis(AxisHints::new_y(), &indexed("z", b))] })
        .show(ui, |plot| {
            let [x, y] = selection.latent_window.filter(|_| !is_small).unwrap_or([[-RANGE, RANGE]; 2]);
            plot.set_plot_bounds(PlotBounds::from_min_max([x[0], y[0]], [x[1], y[1]]));
        });
    let marks = PlotPainter::new(ui, context, plot.transform);
    let handle = handle(ui, &marks, selection, axes);
    if !is_small {
        // After the first click the handle is under the pointer.
        if plot.response.double_clicked() || handle.double_clicked() {
            selection.latent_window = None;
        }
        zoom(ui, &plot.response, &marks, selection);
    }
    drag(ui, &handle, &marks, selection, axes);
    if let Some(position) = drag(ui, &plot.response, &marks, selection, axes) {
        click(context, &marks, position, selection, axes);
    }
    if is_small && (handle.is_pointer_button_down_on() || plot.response.is_pointer_button_down_on()) {
        // The plane in hand is the one whose image data space shows.
        selection.axes = axes;
    }

    let heat = Heat::new(context, selection, axes);
    if let Some(heat) = &heat {
        heat.draw(&marks, palette);
    }
    marks.layer("prior");
    prior(&marks, palette, context.snapshot.vae.prior, one);
    let snapshot = context.snapshot;
    let count = snapshot.encodings.columns();
    let place = |i: usize| code(snapshot, i, axes);
    let radius = if is_small { 0.6 * POINT_RADIUS } else { POINT_RADIUS };
    marks.layer("codes");
    let colors = ObservationColors::new(context.snapshot, selection.color, palette);
    match &colors {
        _ if !selection.layers.codes => {}
        Some(by) => marks.colored_cloud((0..count).map(place).zip(by.colors.iter().copied()), radius),
        None => marks.cloud((0..count).map(place), radius, palette.point.gamma_multiply(0.55)),
    }
    let ellipses = Indicatrices::new(context, selection, axes);
    if let Some(ellipses) = &ellipses {
        marks.layer("ellipses");
        let stroke = Stroke::new(if is_small { 1.0 } else { ELLIPSE_WIDTH }, palette.latent);
        for (_, outline, is_cut) in ellipses.in_latent_space(a) {
            marks.curve(outline.into_iter(), stroke, if is_cut { CUT } else { &[] });
        }
    }
    marks.layer("lines");
    lines(&marks, palette, selection, plane);
    let mut labels = Labels::default();
    if selection.layers.pinned && !is_small {
        marks.layer("decodings");
        let z = z_in_view(selection, axes);
        let place = |latent: usize, value: f64| {
            let mut at = z;
            at[usize::from(latent == b && !one)] = value;
            Some(marks.at(at))
        };
        let mut taken = vec![Rect::from_center_size(marks.at(z), Vec2::splat(2.0 * REACH))];
        let latents = if one { vec![a] } else { vec![a, b] };
        pinned::draw(ui, context, *plot.transform.frame(), &latents, place, &mut taken);
        taken.into_iter().skip(1).for_each(|picture| labels.keep_off(picture));
    }
    let singular = singular_curves(context, selection);
    if let Some(found) = singular.as_ref().filter(|_| !is_small) {
        marks.layer("singular curves");
        along_singular_vectors(&marks, palette, found, axes, selection.width_of(Symbol::V, CURVE_WIDTH));
    }
    if let Some(i) = selection.observation.filter(|_| snapshot.vae.has_encoder) {
        marks.layer("posterior");
        let q = snapshot.posterior(i);
        posterior(&marks, palette, &q, axes, selection.width_of(Symbol::Sigma, 1.6));
        if plot.response.hover_pos().is_some_and(|pointer| is_inside(&q, axes, marks.point(pointer))) {
            selection.pointed = Some(Symbol::Sigma);
        }
    }
    in_latent_space(&marks, context, axes, palette);
    marks.layer("z");
    let z = z_in_view(selection, axes);
    let held = handle.dragged() || plot.response.dragged() || handle.has_focus() || selection.emphasises(Symbol::ZStar);
    if handle.hovered() {
        selection.pointed = Some(Symbol::ZStar);
    }
    if is_small {
        marks.dot(z, palette.latent, held);
    } else {
        marks.handle(z, palette.latent, held);
        if selection.emphasises(Symbol::ZStar) {
            marks.halo(z, palette.latent);
        }
        labels.put(&marks.painter, marks.at(z) + eframe::egui::vec2(20.0, -20.0), "z*", palette.ink, palette.paper);
    }
    if let Some(colors) = colors.filter(|_| !is_small && selection.layers.codes) {
        marks.layer("colours");
        colors.legend(&marks.painter, *plot.transform.frame(), palette);
    }
    if !is_small {
        let frame = *plot.transform.frame();
        if let Some(heat) = &heat {
            heat.legend(&marks.painter, frame, palette);
        } else if let Some(reason) = Heat::refusal(context, selection) {
            let corner = frame.left_top() + eframe::egui::vec2(6.0, 4.0);
            marks.label(corner, Align2::LEFT_TOP, &reason, palette.ink);
        }
        let above = if heat.is_some() { -36.0 } else { -4.0 };
        // The names of lines and curves are at their upper and right ends.
        let remarks = singular.as_deref().map_or_else(Vec::new, singular_words);
        let scale = ellipses.as_ref().map(Indicatrices::latent_scale);
        let words =
            words(context, selection, heat.is_some()).into_iter().map(str::to_owned).chain(remarks).chain(scale);
        for (line, words) in words.collect::<Vec<_>>().iter().rev().enumerate() {
            let corner = frame.left_bottom() + eframe::egui::vec2(6.0, above - 16.0 * line as f32);
            if ellipses.is_some() || singular.is_some() {
                let size = marks.painter.layout_no_wrap(words.clone(), label_font(), palette.muted).size();
                let behind = Align2::LEFT_BOTTOM.anchor_size(corner, size).expand(2.0);
                marks.painter.rect_filled(behind, 2.0, palette.paper.gamma_multiply(0.9));
            }
            marks.label(corner, Align2::LEFT_BOTTOM, words, palette.muted);
        }
    }
    let codes = selection.layers.codes;
    let names = [a, b].map(|i| indexed("z", i));
    let help = match (context.snapshot.latent_dim() > 2, singular.is_some()) {
        (false, false) => "",
        (false, true) => "v: curves along the right singular vectors of J through z*",
        (true, _) => {
            "Marginal: whatever the other latents of codes and posterior are. Slice: the other latents are those of z*"
        }
    };
    let drawn = if codes { count } else { 0 };
    let response = hover_with_help(context, plot.response, help, |pointer| {
        let near = nearest((0..drawn).map(|i| Some(marks.at(place(i)))), pointer).filter(|_| snapshot.vae.has_encoder);
        let name = near.map(|i| format!("code of held-out observation {i}"));
        let point = near.map_or_else(|| marks.point(pointer), place);
        let values = names.iter().zip(point).take(if one { 1 } else { 2 });
        let values = values.map(|(name, z)| format!("{name} = {}", significant(z)));
        let here = ellipses.iter().flat_map(|ellipses| metric_words(context, ellipses, axes, marks.point(pointer)));
        name.into_iter().chain(values).chain(here).collect()
    });
    response.on_hover_cursor(CursorIcon::Crosshair);
}

/// One, two and three standard deviations of the prior along an axis, and where it is as dense: circles, diamonds of a Laplace prior, or of
/// one latent places on its axis.
fn prior(marks: &PlotPainter, palette: &Palette, prior: Prior, one: bool) {
    let stroke = Stroke::new(1.0, palette.muted.gamma_multiply(0.4));
    for deviations in [1.0, 2.0, 3.0] {
        if one {
            for x in [-deviations, deviations] {
                marks.curve([[x, -RANGE], [x, RANGE]].into_iter(), stroke, &[]);
            }
        } else if prior == Prior::Laplace {
            let corners = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 0.0]];
            marks.curve(corners.into_iter().map(|corner| corner.map(|x| deviations * x)), stroke, &[]);
        } else {
            marks.curve(ellipse([0.0; 2], [[1.0, 0.0], [0.0, 1.0]], deviations), stroke, &[]);
        }
    }
}

/// The legend: the kinds of marks that are shown, the most important first.
fn entries(context: &ViewContext<'_>, selection: &Selection, palette: &Palette) -> Vec<LegendEntry> {
    let entry = LegendEntry::new;
    let has_codes = context.snapshot.vae.has_encoder;
    let has_posterior = has_codes && selection.observation.is_some();
    let lines = Sample::Line(Stroke::new(CURVE_WIDTH, palette.latent), dashes(0));
    let rings = Sample::Line(Stroke::new(1.2, palette.muted.gamma_multiply(0.5)), &[]);
    [
        Some(entry(
            lines,
            "latent lines",
            "The lines through z* parallel to the axes; their images in data space are red",
        )),
        Some(entry(Sample::Ring(palette.latent), "z*", "The point of latent space that all views are about. Drag it")),
        has_codes.then(|| {
            entry(
                Sample::Dot(palette.point),
                "codes",
                "Posterior means of held-out observations. Click one: z* goes there",
            )
        }),
        selection.layers.ellipses.then(|| {
            let ellipse = Sample::Line(Stroke::new(ELLIPSE_WIDTH, palette.latent), &[]);
            entry(
                ellipse,
                "ellipses",
                "Steps δz that move the data equally far, ‖J δz‖ = r: parallel to the axes where the columns of J are orthogonal. \
                 Dashed: longer than drawn, where the decoder hardly moves",
            )
        }),
        has_posterior.then(|| {
            let ellipse = Sample::Line(Stroke::new(1.6, palette.ink), &[]);
            entry(ellipse, "posterior", "Of the chosen observation, at one and two standard deviations")
        }),
        Some(entry(rings, "prior", "One, two and three standard deviations of the prior")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What of the other latents is in a plane: nothing with two latents.
pub(super) fn words(context: &ViewContext<'_>, selection: &Selection, has_map: bool) -> Vec<&'static str> {
    if context.snapshot.latent_dim() < 3 {
        return Vec::new();
    }
    let marginal = if selection.observation.is_some() { "codes, posterior: marginal" } else { "codes: marginal" };
    let slice = match (has_map, selection.layers.ellipses) {
        (true, true) => "map, ellipses, lines: slice through z*",
        (true, false) => "map, lines: slice through z*",
        (false, true) => "ellipses, lines: slice through z*",
        (false, false) => "lines: slice through z*",
    };
    vec![marginal, slice]
}

/// What the ellipse next to a point says of the decoder there.
fn metric_words(
    context: &ViewContext<'_>,
    ellipses: &Indicatrices,
    [a, b]: [usize; 2],
    [x, y]: [f64; 2],
) -> Vec<String> {
    let distance = |outline: &[[f64; 2]]| {
        outline.iter().map(|point| (point[0] - x).hypot(point[1] - y)).fold(f64::INFINITY, f64::min)
    };
    let near = ellipses.in_latent_space(a).map(|(point, outline, _)| (distance(&outline), point));
    let near = near.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(distance, _)| *distance < NEAR_ELLIPSE);
    let names = [a, b].map(|i| indexed("z", i));
    let is_block = context.snapshot.latent_dim() > 2;
    near.map_or_else(Vec::new, |(_, point)| point.words([&names[0], &names[1]], is_block))
}

/// z* as something to be dragged, or moved by the arrow keys once it has the keyboard focus.
fn handle(ui: &Ui, marks: &PlotPainter, selection: &mut Selection, axes: [usize; 2]) -> Response {
    let place = Rect::from_center_size(marks.at(z_in_view(selection, axes)), Vec2::splat(2.0 * REACH));
    let place = place.intersect(marks.painter.clip_rect());
    let response = ui.interact(place, ui.scope_id().with(("z*", axes)), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "z* in latent space"));
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        for (key, direction) in [
            (Key::ArrowLeft, Direction::Left),
            (Key::ArrowRight, Direction::Right),
            (Key::ArrowUp, Direction::Up),
            (Key::ArrowDown, Direction::Down),
        ] {
            if ui.input(|i| i.key_pressed(key)) {
                move_by_key(selection, axes, direction);
            }
        }
    }
    response.on_hover_cursor(CursorIcon::Grab)
}

fn z_in_view(selection: &Selection, [a, b]: [usize; 2]) -> [f64; 2] {
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
fn lines(marks: &PlotPainter, palette: &Palette, selection: &Selection, Plane { axes, is_small }: Plane) {
    let [x, y] = z_in_view(selection, axes);
    let stroke = Stroke::new(if is_small { 0.6 * CURVE_WIDTH } else { CURVE_WIDTH }, palette.latent);
    let shown = if axes[0] == axes[1] { &axes[..1] } else { &axes[..] };
    for (axis, latent) in shown.iter().enumerate() {
        let ends = if axis == 0 { [[-RANGE, y], [RANGE, y]] } else { [[x, -RANGE], [x, RANGE]] };
        marks.curve(ends.into_iter(), stroke, dashes(*latent));
        if is_small {
            continue;
        }
        let end = marks.at(ends[1]);
        let (position, anchor) = if axis == 0 {
            (pos2(end.x - 4.0, end.y - 4.0), Align2::RIGHT_BOTTOM)
        } else {
            (pos2(end.x + 5.0, end.y + 4.0), Align2::LEFT_TOP)
        };
        marks.label(position, anchor, &indexed("z", *latent), palette.latent);
    }
}

/// The curves along the right singular vectors.
fn along_singular_vectors(
    marks: &PlotPainter,
    palette: &Palette,
    found: &SingularCurves,
    [a, b]: [usize; 2],
    width: f32,
) {
    for curve in &found.curves {
        let at = |z: &[f64]| [z[a], if a == b { 0.0 } else { z[b] }];
        marks.curve(curve.latents.iter_columns().map(at), Stroke::new(width, palette.latent), &[]);
        let end = marks.at(at(curve.latents.column(curve.label())));
        marks.label(end + Vec2::new(6.0, -6.0), Align2::LEFT_BOTTOM, &indexed("v", curve.latent), palette.latent);
    }
}

/// Legend of the curves, and why one ends early.
fn singular_words(found: &SingularCurves) -> Vec<String> {
    std::iter::once(LEGEND.to_owned()).chain(found.remarks.iter().cloned()).collect()
}

/// The posterior of an observation: its mean and its ellipses at one and two standard deviations.
fn posterior(marks: &PlotPainter, palette: &Palette, q: &Posterior, [a, b]: [usize; 2], width: f32) {
    let factor = q.marginal_factor([a, b]);
    if a == b {
        let (mean, sd) = (q.mean[a], factor[0][0]);
        marks.curve([[mean - sd, 0.0], [mean + sd, 0.0]].into_iter(), Stroke::new(4.0, palette.ink), &[]);
        return;
    }
    let centre = [q.mean[a], q.mean[b]];
    for r in [1.0, 2.0] {
        marks.curve(ellipse(centre, factor, r), Stroke::new(width, palette.ink), &[]);
    }
    marks.painter.circle_filled(marks.at(centre), 2.5, palette.ink);
}

/// True within two standard deviations of the mean.
fn is_inside(q: &Posterior, [a, b]: [usize; 2], point: [f64; 2]) -> bool {
    let sigma = q.covariance();
    let (x, y) = (point[0] - q.mean[a], point[1] - q.mean[b]);
    if a == b {
        return x * x <= 4.0 * sigma[(a, a)];
    }
    let (saa, sab, sbb) = (sigma[(a, a)], sigma[(a, b)], sigma[(b, b)]);
    x * x * sbb - 2.0 * x * y * sab + y * y * saa <= 4.0 * (saa * sbb - sab * sab)
}

/// Moves z* with the pointer and the arrow keys. Gives the position of a click.
fn drag(
    ui: &Ui,
    response: &Response,
    marks: &PlotPainter,
    selection: &mut Selection,
    [a, b]: [usize; 2],
) -> Option<Pos2> {
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
        let point = marks.point(position).map(|x| x.clamp(-RANGE, RANGE));
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
fn click(
    context: &ViewContext<'_>,
    marks: &PlotPainter,
    position: Pos2,
    selection: &mut Selection,
    [a, b]: [usize; 2],
) {
    let snapshot = context.snapshot;
    let codes = (0..snapshot.encodings.columns()).map(|i| Some(marks.at(code(snapshot, i, [a, b]))));
    let near = nearest(codes, position);
    selection.observation = None;
    choose(snapshot, selection, near);
    if near.is_none() {
        let point = marks.point(position).map(|x| x.clamp(-RANGE, RANGE));
        selection.z[a] = point[0];
        if a != b {
            selection.z[b] = point[1];
        }
    }
}

/// Moves z* by a tenth of a standard deviation along the chosen latents.
pub fn nudge(selection: &mut Selection, direction: Direction) {
    move_by_key(selection, selection.axes, direction);
}

fn move_by_key(selection: &mut Selection, [a, b]: [usize; 2], direction: Direction) {
    const STEP: f64 = 0.1;
    let (latent, by) = match direction {
        Direction::Left => (a, -STEP),
        Direction::Right => (a, STEP),
        Direction::Down => (b, -STEP),
        Direction::Up => (b, STEP),
    };
    if let Some(z) = selection.z.get_mut(latent) {
        *z = (*z + by).clamp(-RANGE, RANGE);
        selection.observation = None;
    }
}
