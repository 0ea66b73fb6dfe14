//! Data space in two dimensions.

use eframe::egui::{Align2, Pos2, Rect, Stroke, Ui, vec2};
use egui_plot::AxisHints;

use super::angle::angle_arc;
use super::emphasis::{ARROWS, distance_to_arrow};
use super::entries::{ELLIPSE_WIDTH, entries};
use super::morph::Morph;
use super::notes::notes;
use super::thumbnails;
use crate::geometry::Seam;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis_in, grid_in as ticks_in, plot};
use crate::viz::draw::colors::ObservationColors;
use crate::viz::draw::heat::Heat;
use crate::viz::draw::hover::{NamedMarks, hover, significant, values_at};
use crate::viz::draw::indicatrix::Indicatrices;
use crate::viz::draw::labels::Labels;
use crate::viz::draw::legend::legend_line;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::draw::singular::singular_curves;
use crate::viz::file_units::{FileUnits, outside};
use crate::viz::latent_grid::{SURFACE_POINTS, grid_lines, surface_place};
use crate::viz::observations::{choose, drawn_observations, nearest, share_drawn, to_f64};
use crate::viz::selection::Selection;
use crate::viz::symbol::Symbol;
use crate::viz::theme::{
    ARROW_WIDTH, CURVE_WIDTH, LEAST_NAMED, POINT_RADIUS, Palette, REACH, TRUTH_DASHES, dashes, indexed, label_font,
};
use crate::viz::views::slow_marks::in_data_space;

/// Draws the view.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let palette = ViewContext::palette(ui);
    legend_line(ui, context, selection.layers.legend, &entries(context, selection, palette));
    let projection = context.projection;
    let file = FileUnits::of(&context.snapshot.data);
    let units = |axis: usize| file.as_ref().map_or([0.0, 1.0], |file| file.axis(axis));
    let [x, y] = [0, 1].map(|axis| projection.extent.get(axis).copied().unwrap_or([-1.0, 1.0]));
    let response = plot(ui, "data space", context)
        .data_aspect(1.0)
        .include_x(x[0])
        .include_x(x[1])
        .include_y(y[0])
        .include_y(y[1])
        .set_margin_fraction(vec2(0.04, 0.04))
        .x_grid_spacer(ticks_in(8.0, units(0)))
        .y_grid_spacer(ticks_in(8.0, units(1)))
        .custom_x_axes(vec![axis_in(AxisHints::new_x(), &projection.label(0), units(0))])
        .custom_y_axes(vec![axis_in(AxisHints::new_y(), &projection.label(1), units(1))])
        .show(ui, |_| ());
    let marks = PlotPainter::new(ui, context, response.transform);
    let layers = selection.layers;
    let morph = Morph::new(context.probe, context.projection, selection.tau);
    let color = morph.color(palette);
    let heat = Heat::new(context, selection, selection.axes);
    marks.layer("surface");
    if let Some(heat) = heat.as_ref().filter(|_| layers.surface) {
        let surface = context.probe.surface();
        let at = |k: usize| morph.plane(|| context.probe.surface_latent(k), surface.column(k));
        let shade = |k: usize| heat.color(surface_place(k), palette).gamma_multiply(0.85);
        marks.cells(SURFACE_POINTS, (0..surface.columns()).map(|k| (at(k), shade(k))));
    }
    marks.layer("observations");
    let colors = ObservationColors::new(context.snapshot, selection.color, palette).filter(|_| layers.data);
    if layers.data {
        let code = |i: usize| to_f64(context.snapshot.mean(i));
        let points = drawn_observations(context.snapshot).enumerate().map(|(i, x)| morph.plane(|| code(i), x));
        match &colors {
            Some(by) => marks.colored_cloud(points.zip(by.colors.iter().copied()), POINT_RADIUS),
            None => marks.cloud(points, POINT_RADIUS, palette.point.gamma_multiply(0.55)),
        }
    }
    marks.layer("grid");
    if layers.grid {
        grid(&marks, palette, context, &morph);
    }
    let ellipses = Indicatrices::new(context, selection, selection.axes);
    if let Some(ellipses) = &ellipses {
        marks.layer("ellipses");
        for (_, ring) in ellipses.in_data_space() {
            let at = |(z, place): (Vec<f64>, [f32; 3])| {
                let [x, y, _] = morph.space(|| z, || place);
                [x, y].map(f64::from)
            };
            marks.curve(ring.into_iter().map(at), Stroke::new(ELLIPSE_WIDTH, color), &[]);
        }
    }
    let mut ends = Vec::new();
    marks.layer("true seams");
    if layers.truth && morph.is_done() {
        for (i, seam) in context.probe.truth().into_iter().flat_map(|truth| &truth.seams).enumerate() {
            let stroke = Stroke::new(CURVE_WIDTH + 1.0, palette.truth);
            marks.curve(seam.points.iter_columns().map(|x| projection.plane(x)), stroke, TRUTH_DASHES);
            let end = projection.plane(seam.points.column(seam.points.columns() - 1));
            ends.push((end, context.probe.factor_name(i), palette.truth));
        }
    }
    marks.layer("curves");
    if layers.seams {
        for seam in &context.probe.seams {
            let at = |k: usize| morph.plane(|| context.probe.seam_latent(seam, k), seam.points.column(k));
            marks.curve((0..seam.t.len()).map(at), Stroke::new(CURVE_WIDTH, color), dashes(seam.latent));
            let end = seam.t.partition_point(|t| *t <= 2.5).min(seam.t.len() - 1);
            // The last place in sight.
            let frame = marks.painter.clip_rect();
            let end = (0..=end).rev().find(|k| frame.contains(marks.at(at(*k)))).unwrap_or(end);
            let length = (1..seam.t.len()).map(|k| marks.at(at(k)).distance(marks.at(at(k - 1)))).sum::<f32>();
            if context.probe.named().contains(&seam.latent) && length > LEAST_NAMED {
                ends.push((at(end), indexed("z", seam.latent), color));
            }
        }
    }
    let singular = singular_curves(context, selection);
    if let Some(found) = &singular {
        marks.layer("singular curves");
        for curve in &found.curves {
            let at = |k: usize| morph.plane(|| curve.latents.column(k).to_vec(), curve.points.column(k));
            marks.curve(
                (0..curve.length.len()).map(at),
                Stroke::new(selection.width_of(Symbol::V, CURVE_WIDTH), color),
                &[],
            );
            ends.push((at(curve.label()), indexed("v", curve.latent), color));
        }
    }
    let mut labels = Labels::default();
    let image = marks.at(projection.plane(&context.probe.image));
    labels.keep_off(Rect::from_center_size(image, vec2(18.0, 18.0)));
    if let Some(words) = share_drawn(context.snapshot).filter(|_| layers.data && !layers.legend) {
        let corner = response.transform.frame().right_bottom() + vec2(-8.0, -22.0);
        let size = marks.painter.layout_no_wrap(words, label_font(), palette.muted).size();
        labels.keep_off(Rect::from_min_max(corner - size, corner));
    }
    let named = context.probe.named();
    let is_named = |seam: &&Seam| layers.seams && morph.is_done() && named.contains(&seam.latent);
    for seam in context.probe.seams.iter().filter(is_named) {
        labels.keep_off_curve(seam.points.iter_columns().map(|x| marks.at(projection.plane(x))));
    }
    marks.layer("basis");
    if layers.basis && morph.is_done() {
        let mut angle = None;
        if let Some(arc) = angle_arc(context.probe, projection).filter(|_| layers.seams) {
            let at = |offset: &Vec<f64>| {
                let point: Vec<f64> = context.probe.image.iter().zip(offset).map(|(x, d)| x + d).collect();
                projection.plane(&point)
            };
            marks.curve(arc.points.iter().map(at), Stroke::new(1.6, palette.ink), &[]);
            labels.keep_off_curve(arc.points.iter().map(|offset| marks.at(at(offset))));
            angle = Some((marks.at(at(&arc.beyond)), arc.name));
        }
        basis(&marks, palette, context, selection, &mut labels);
        if let Some((place, name)) = angle {
            labels.put(&marks.painter, place, &name, palette.ink, palette.paper);
        }
        let pointer = response.response.hover_pos();
        if pointer.is_some_and(|pointer| is_near_arrow(&marks, context, selection.unit_arrows, pointer)) {
            selection.pointed = Some(Symbol::U);
        }
    }
    marks.handle(projection.plane(&context.probe.image), color, false);
    if selection.emphasises(Symbol::ZStar) {
        marks.halo(projection.plane(&context.probe.image), color);
    }
    if response.response.hover_pos().is_some_and(|pointer| pointer.distance(image) <= REACH) {
        selection.pointed = Some(Symbol::ZStar);
    }
    let frame = *response.transform.frame();
    in_data_space(&marks.painter, frame, context, |x| Some(marks.at(projection.plane(x))), palette);
    marks.layer("names");
    if let Some(words) = share_drawn(context.snapshot).filter(|_| layers.data && !layers.legend) {
        let corner = response.transform.frame().right_bottom() + vec2(-8.0, -22.0);
        marks.label(corner, Align2::RIGHT_BOTTOM, &words, palette.muted);
    }
    for (end, name, color) in ends {
        labels.put(&marks.painter, marks.at(end) + vec2(12.0, -12.0), &name, color, palette.paper);
    }
    if let Some(colors) = &colors {
        marks.layer("colours");
        colors.legend(&marks.painter, frame, palette);
    }
    if let Some(text) = outside(context).filter(|_| layers.data) {
        marks.layer("outside");
        let corner = frame.right_bottom() + vec2(-8.0, -6.0);
        marks.label(corner, Align2::RIGHT_BOTTOM, &text, palette.alarm);
    }
    for (k, line) in notes(context, selection).into_iter().enumerate() {
        let corner = frame.left_top() + vec2(6.0, 4.0 + 15.0 * k as f32);
        marks.label(corner, Align2::LEFT_TOP, &line, palette.ink);
    }
    if let Some(heat) = heat.filter(|_| layers.surface) {
        heat.legend(&marks.painter, *response.transform.frame(), palette);
    }
    if response.response.clicked()
        && let Some(position) = response.response.interact_pointer_pos()
    {
        let places = drawn_observations(context.snapshot).map(|x| Some(marks.at(projection.plane(x))));
        choose(context.snapshot, selection, nearest(places, position));
    }
    let places = || drawn_observations(context.snapshot).map(|x| Some(marks.at(projection.plane(x))));
    let is_near = |pointer| selection.layers.data && nearest(places(), pointer).is_some();
    if response.response.hover_pos().is_some_and(is_near) {
        thumbnails::observation(ui, context, response.response, places());
        return;
    }
    let axes = [0, 1].map(|axis| projection.label(axis));
    hover(context, response.response, |pointer| {
        let point = marks.point(pointer);
        let value = |axis: usize| {
            let [centre, scale] = units(axis);
            format!("{} = {}", axes[axis], significant(centre + scale * point[axis]))
        };
        let curves = context.probe.seams.iter().filter(|_| layers.seams).map(|seam| {
            NamedMarks::new(
                format!("image of the {} line", indexed("z", seam.latent)),
                seam.points.iter_columns().map(|x| projection.plane(x)),
            )
        });
        let named = values_at(&marks, pointer, ["", ""], curves);
        // Of the name and the values only the name: the values are in the units of the file.
        named.into_iter().rev().skip(2).chain((0..projection.dims().min(2)).map(value)).collect()
    });
}

/// The images of the lines of a latent grid.
fn grid(marks: &PlotPainter, palette: &Palette, context: &ViewContext<'_>, morph: &Morph<'_>) {
    let (probe, stroke) = (context.probe, Stroke::new(1.0, palette.surface));
    let mut images = probe.grid().iter_columns();
    for line in grid_lines() {
        let at = |(k, x): (usize, &[f32])| morph.plane(|| probe.surface_latent(k), x);
        marks.curve(line.zip(&mut images).map(at), stroke, &[]);
    }
}

/// The tips and names of the arrows of the local basis.
fn arrows(context: &ViewContext<'_>, unit: bool) -> Vec<([f64; 2], String)> {
    let arrow = |i: usize| {
        let (vector, name) = context.probe.basis_vector(i, unit);
        let to: Vec<f64> = context.probe.image.iter().zip(&vector).map(|(x, v)| x + v).collect();
        (context.projection.plane(&to), name)
    };
    context.probe.named().into_iter().map(arrow).collect()
}

/// True next to an arrow.
fn is_near_arrow(marks: &PlotPainter, context: &ViewContext<'_>, unit: bool, pointer: Pos2) -> bool {
    let from = marks.at(context.projection.plane(&context.probe.image));
    arrows(context, unit).iter().any(|(to, _)| distance_to_arrow(from, marks.at(*to), pointer) <= REACH)
}

/// The local basis at d(z*): true lengths sᵢ uᵢ, or unit vectors.
fn basis(
    marks: &PlotPainter,
    palette: &Palette,
    context: &ViewContext<'_>,
    selection: &Selection,
    labels: &mut Labels,
) {
    let from = context.projection.plane(&context.probe.image);
    let arrows = arrows(context, selection.unit_arrows);
    if ARROWS.iter().any(|symbol| selection.emphasises(*symbol)) {
        for (to, _) in &arrows {
            let ends = [from, *to].map(|point| marks.at(point));
            marks.painter.line_segment(ends, Stroke::new(2.0 * ARROW_WIDTH, palette.image));
        }
    }
    for (to, _) in &arrows {
        marks.arrow(from, *to, palette.image, "");
        labels.keep_off_arrow(marks.at(from), marks.at(*to));
    }
    for (to, name) in &arrows {
        let [foot, tip] = [from, *to].map(|point| marks.at(point));
        if foot.distance(tip) < LEAST_NAMED {
            continue;
        }
        let beyond = tip + 18.0 * (tip - foot).normalized();
        labels.put(&marks.painter, beyond, name, palette.image, palette.paper);
    }
}
