//! The unit circle in the plane of two latents and its image under J, with the entries of J under the pointer.

use eframe::egui::{Color32, Pos2, Stroke, Ui};
use egui_plot::{AxisHints, PlotBounds, PlotResponse};
use nalgebra::DMatrix;

use crate::linalg::{Svd, svd};
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, grid, still_plot};
use crate::viz::draw::ellipse::ellipse;
use crate::viz::draw::hover::{hover_with_help, significant};
use crate::viz::draw::labels::Labels;
use crate::viz::draw::legend::LegendEntry;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::draw::polyline::polyline;
use crate::viz::file_units::unit_length;
use crate::viz::selection::Selection;
use crate::viz::symbol::Symbol;
use crate::viz::theme::{ARROW_WIDTH, Palette, REACH, indexed};

/// The distance of the name of an arrow from its tip, and the least one of another name from there, in points.
const NAME: f32 = 18.0;
const APART: f32 = 26.0;

/// The least width of a circle.
pub(super) const SMALLEST: f32 = 90.0;

/// The dash pattern of singular vectors.
const SINGULAR: &[f32] = &[3.0, 3.0];

const HELP: &str = "Left the unit circle in Z with the latent axes eᵢ, right its image under J with the columns Jᵢ = J eᵢ, in the \
                    plane that they span. Dashed: the right singular vectors and what they become, the axes of the ellipse sᵢ uᵢ";

/// The circles in the legend.
pub(super) fn entries(palette: &Palette) -> [LegendEntry; 3] {
    let circle =
        "All directions of length 1 in the plane of two latents, in prior standard deviations; eᵢ are its axes";
    let image =
        "What J makes of the unit circle: its size is how far a step of length 1 moves the data; Jᵢ is the image of eᵢ";
    let singular = "The directions of the largest and the smallest stretch in this plane: the right singular vectors of its two columns, and \
                    the axes of the ellipse. With more latents J has others";
    [
        LegendEntry::line(1.8, palette.latent, &[], "unit circle", circle),
        LegendEntry::line(1.8, palette.image, &[], "its image", image),
        LegendEntry::line(1.2, palette.ink, SINGULAR, "singular vectors", singular),
    ]
}

/// A vector from the origin, and what is said about it.
struct HoverVector {
    tip: [f64; 2],
    /// The opposite vector is drawn, too.
    is_axis: bool,
    lines: Vec<String>,
}

/// The unit circle in the plane of two latents, and its image to first order: an ellipse with the semi-axes sᵢ uᵢ.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &Selection, plane: [usize; 2], side: f32) {
    let palette = ViewContext::palette(ui);
    let [a, b] = plane;
    let columns = context.probe.fisher.select_columns([&a, &b]);
    let basis = svd(&columns);
    // The plane of two of several columns has singular vectors of its own.
    let is_all = context.snapshot.latent_dim() == 2;
    let tips = images_of_axes(&basis, &columns);
    let image = ellipse([0.0; 2], tips, 1.0);
    let lengths = &basis.singular_values;
    let reach = 1.75 * lengths.iter().copied().filter(|s| s.is_finite()).fold(1e-6, f64::max);
    let side = side.clamp(SMALLEST, 420.0);
    let plot = |ui: &mut Ui, id: &str, reach: f64| {
        let response = still_plot(ui, id, context)
            .data_aspect(1.0)
            .width(side)
            .height(0.9 * side)
            .x_grid_spacer(grid(3.0))
            .y_grid_spacer(grid(3.0))
            .custom_x_axes(vec![axis(AxisHints::new_x(), "")])
            .custom_y_axes(vec![axis(AxisHints::new_y(), "").min_thickness(24.0)])
            .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([-reach; 2], [reach; 2])));
        (PlotPainter::new(ui, context, response.transform), response)
    };
    let unit = [[1.0, 0.0], [0.0, 1.0]];
    // The name of a plane stands in the corner that is farthest from the names of the tips, if any is far enough.
    let corner = |marks: &PlotPainter, text: &str, tips: [[f64; 2]; 2], color| {
        let origin = marks.at([0.0; 2]);
        let names = tips.map(|tip| marks.at(tip) + NAME * (marks.at(tip) - origin).normalized());
        marks.in_corner(text, color, &names, APART);
    };
    // The names of the tips keep off the arrows and stay inside.
    let arrows = |marks: &PlotPainter, tips: [[f64; 2]; 2], letter: &str, color| {
        let mut labels = Labels::default();
        let origin = marks.at([0.0; 2]);
        for tip in tips {
            marks.arrow([0.0; 2], tip, color, "");
            labels.keep_off_arrow(origin, marks.at(tip));
        }
        for (tip, latent) in tips.into_iter().zip(plane) {
            let tip = marks.at(tip);
            let place = tip + NAME * (tip - origin).normalized();
            labels.put(&marks.painter, place, &indexed(letter, latent), color, palette.paper);
        }
    };
    let mut vectors: [Vec<HoverVector>; 2] = [Vec::new(), Vec::new()];
    for (k, latent) in plane.into_iter().enumerate() {
        let about = column_lines(context, latent);
        let step = format!("{}: one prior standard deviation of {}", indexed("e", latent), indexed("z", latent));
        let lines = std::iter::once(step).chain(about.clone()).collect();
        vectors[0].push(HoverVector { tip: unit[k], is_axis: false, lines });
        vectors[1].push(HoverVector { tip: tips[k], is_axis: false, lines: about });
    }
    let words = length_unit(context);
    for (k, length) in lengths.iter().enumerate() {
        let v = [basis.v[(0, k)], basis.v[(1, k)]];
        let [x, y] = v.map(significant);
        let of = if is_all { "" } else { " of these two columns" };
        let direction = format!("right singular vector{of}: {} = {x}, {} = {y}", indexed("z", a), indexed("z", b));
        let lines = vec![direction, format!("singular value {} {words}", significant(*length))];
        let axis = [0, 1].map(|r| if r == k { *length } else { 0.0 });
        vectors[0].push(HoverVector { tip: v, is_axis: true, lines: lines.clone() });
        vectors[1].push(HoverVector { tip: axis, is_axis: true, lines });
    }
    ui.horizontal(|ui| {
        let (marks, response) = plot(ui, "unit circle", 1.75);
        marks.curve(ellipse([0.0; 2], unit, 1.0), Stroke::new(1.8, palette.latent), &[]);
        axes(&marks, &vectors[0], palette, selection.width_of(Symbol::V, 1.2));
        arrows(&marks, unit, "e", palette.latent);
        corner(&marks, "Z", unit, palette.latent);
        say(context, response, &marks, &vectors[0]);

        let (marks, response) = plot(ui, "image of the unit circle", reach);
        marks.curve(image, Stroke::new(1.8, palette.image), &[]);
        axes(&marks, &vectors[1], palette, selection.width_of(Symbol::U, 1.2));
        if context.probe.angle(a, b).is_some_and(is_right) {
            right_angle(&marks, tips, palette.ink);
        }
        if selection.emphasises(Symbol::J) {
            for tip in tips {
                marks.curve([[0.0; 2], tip].into_iter(), Stroke::new(2.0 * ARROW_WIDTH, palette.image), &[]);
            }
        }
        arrows(&marks, tips, "J", palette.image);
        // Not along the axes of x.
        let along = format!("{}, {}", indexed("u", a), indexed("u", b));
        corner(&marks, if is_all { &along } else { "X" }, tips, palette.image);
        say(context, response, &marks, &vectors[1]);
    });
}

/// The images of both latent axes, the columns of J, along the left singular vectors.
fn images_of_axes(basis: &Svd, columns: &DMatrix<f64>) -> [[f64; 2]; 2] {
    let along = basis.u.transpose() * columns;
    [0, 1].map(|k| [along[(0, k)], along[(1, k)]])
}

/// The singular vectors, in both directions.
fn axes(marks: &PlotPainter, vectors: &[HoverVector], palette: &Palette, width: f32) {
    for vector in vectors.iter().filter(|vector| vector.is_axis) {
        let ends = [vector.tip.map(|x| -x), vector.tip];
        marks.curve(ends.into_iter(), Stroke::new(width, palette.ink), SINGULAR);
    }
}

/// Says the entries of the vector next to the pointer.
fn say(context: &ViewContext<'_>, response: PlotResponse<()>, marks: &PlotPainter, vectors: &[HoverVector]) {
    hover_with_help(context, response.response, HELP, |pointer| {
        let distance = |vector: &HoverVector| distance_to(marks, vector, pointer);
        let near = vectors.iter().map(|vector| (distance(vector), vector)).filter(|(distance, _)| *distance <= REACH);
        let near = near.min_by(|a, b| a.0.total_cmp(&b.0));
        near.map_or_else(Vec::new, |(_, vector)| vector.lines.clone())
    });
}

/// The distance of the pointer from a vector, in points. Near the origin, where all meet, it counts from the outer part.
fn distance_to(marks: &PlotPainter, vector: &HoverVector, pointer: Pos2) -> f32 {
    const PARTS: i32 = 24;
    let ends: &[f64] = if vector.is_axis { &[1.0, -1.0] } else { &[1.0] };
    let shares = ends.iter().flat_map(|end| (PARTS / 4..=PARTS).map(move |k| end * f64::from(k) / f64::from(PARTS)));
    let distances = shares.map(|share| marks.at(vector.tip.map(|x| share * x)).distance(pointer));
    distances.filter(|distance| distance.is_finite()).fold(f32::INFINITY, f32::min)
}

/// In what lengths of J are.
fn length_unit(context: &ViewContext<'_>) -> &'static str {
    if context.in_fisher_metric() {
        return "in the Fisher metric, per s.d. of z";
    }
    match unit_length(&context.snapshot.data) {
        Some(1.0) => "units of x per s.d. of z",
        _ => "standardised units of x per s.d. of z",
    }
}

/// The length of a column of J, and its entries with the names of their rows: all of them, or the largest.
fn column_lines(context: &ViewContext<'_>, latent: usize) -> Vec<String> {
    const MOST: usize = 6;
    let column = context.probe.fisher.column(latent);
    let name = format!("column {} ({})", indexed("J", latent), indexed("z", latent));
    let data = &context.snapshot.data;
    let mut rows: Vec<usize> = (0..column.len()).collect();
    let heading = if rows.len() > MOST { ", largest entries" } else { "" };
    if rows.len() > MOST {
        rows.sort_by(|i, j| column[*j].abs().total_cmp(&column[*i].abs()));
        rows.truncate(MOST);
    }
    let in_file = data.centre_and_scale.as_ref().filter(|_| !context.in_fisher_metric());
    let entry = |row: usize| {
        let (scale, unit) = in_file.map_or((1.0, ""), |by| (by.scale.of(row), " in units of the file"));
        let names = &data.observation_names;
        let name = names.get(row).cloned().unwrap_or_else(|| indexed("x", row));
        format!("{name}: {}{unit}", significant(scale * column[row]))
    };
    let length = format!("{name}: length {} {}{heading}", significant(column.norm()), length_unit(context));
    std::iter::once(length).chain(rows.into_iter().map(entry)).collect()
}

/// True for a right angle to within one degree.
pub(super) fn is_right(angle: f64) -> bool {
    (angle - 90.0).abs() < 1.0
}

/// The small square in a right angle between two vectors.
fn right_angle(marks: &PlotPainter, tips: [[f64; 2]; 2], color: Color32) {
    let origin = marks.at([0.0; 2]);
    let arms = tips.map(|tip| marks.at(tip) - origin);
    let side = arms.iter().map(|arm| 0.4 * arm.length()).fold(11.0, f32::min);
    let arms = arms.map(|arm| side * arm.normalized());
    let corners = vec![origin + arms[0], origin + arms[0] + arms[1], origin + arms[1]];
    polyline(&marks.painter, &corners, Stroke::new(1.4, color), &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ellipse passes through the tips of the columns, and its semi-axes are the singular values.
    #[test]
    fn the_image_of_the_circle_passes_through_the_columns() {
        let columns = DMatrix::from_row_slice(3, 2, &[2.0, 1.5, 0.0, 1.0, 0.5, -0.3]);
        let basis = svd(&columns);
        let tips = images_of_axes(&basis, &columns);
        let ring: Vec<[f64; 2]> = ellipse([0.0; 2], tips, 1.0).collect();
        let close = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]) < 1e-12;
        assert!(close(ring[0], tips[0]) && close(ring[16], tips[1]), "{tips:?}");
        for (k, tip) in tips.into_iter().enumerate() {
            assert!((tip[0].hypot(tip[1]) - columns.column(k).norm()).abs() < 1e-12);
        }
        // Along the axes of this plane lie the semi-axes: the image of v₁ is s₁ u₁.
        let first = [0, 1].map(|r| tips[0][r] * basis.v[(0, 0)] + tips[1][r] * basis.v[(1, 0)]);
        assert!(close(first, [basis.singular_values[0], 0.0]), "{first:?}");
        let on_axis =
            |point: &&[f64; 2]| (point[0] / basis.singular_values[0]).hypot(point[1] / basis.singular_values[1]);
        assert!(ring.iter().all(|point| (on_axis(&point) - 1.0).abs() < 1e-12), "an ellipse along its axes");
    }
}
