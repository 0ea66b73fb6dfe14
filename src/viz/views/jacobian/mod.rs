//! The Jacobian at z*: what it makes of the unit circle, its singular values, angles and the price of not being
//! orthogonal. The columns of images are shown as pictures.

mod pictures;

use eframe::egui::{Align2, Color32, Grid, Rect, RichText, ScrollArea, Sense, Stroke, Ui, vec2};
use egui_plot::{AxisHints, PlotBounds};
use nalgebra::DMatrix;

use crate::geometry::{LEAST_SEPARATION, Measured, separation};
use crate::io::Csv;
use crate::linalg::svd;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, grid, still_plot};
use crate::viz::draw::ellipse::ellipse;
use crate::viz::draw::matrix::heat_matrix;
use crate::viz::draw::number::number;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::draw::polyline::polyline;
use crate::viz::number_name::{CONTRAST_HERE, GAP_HERE};
use crate::viz::selection::Selection;
use crate::viz::theme::indexed;
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, Table, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "jacobian", title: "Jacobian", short_title: "Jacobian" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Decoder,
    region: Region::Measurements,
    figure_size: (640.0, 520.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: show,
    tools: ViewSpec::no_tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table,
};

/// Wider matrices are shown for the latents on the axes of the latent view.
const MOST_CELLS: usize = 8;

/// Draws the view.
fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let title =
                if context.in_fisher_metric() { "J = F^½ ∂η/∂z = U S Vᵀ at z*" } else { "J = U S Vᵀ at z*" };
            ui.label(RichText::new(title).strong());
            context.say_metric(ui);
            let z: Vec<String> = selection.z.iter().take(MOST_CELLS).map(|z| number(*z, 2)).collect();
            let more = if selection.z.len() > MOST_CELLS { ", …" } else { "" };
            ui.weak(format!("({}{more})", z.join(", ")));
        });
        pictures::show(ui, context);
        let room = ui.available_size();
        let numbers = |ui: &mut Ui| {
            lengths(ui, context, selection);
            ui.add_space(2.0);
            matrices(ui, context, selection);
        };
        match *selection.shown() {
            // The circles beside the numbers, or above them.
            [a, b] if room.x > 1.5 * room.y && room.x > NUMBERS + 2.0 * SMALLEST_CIRCLE => {
                ui.horizontal(|ui| {
                    circles(ui, context, [a, b], (0.5 * (room.x - NUMBERS)).min(room.y / 0.9 - 8.0));
                    ui.vertical(numbers);
                });
            }
            [a, b] => {
                circles(ui, context, [a, b], (0.5 * room.x - 6.0).min(0.5 * room.y));
                numbers(ui);
            }
            _ => numbers(ui),
        }
    });
}

/// The width of the numbers with the axes of the circles, in points.
const NUMBERS: f32 = 340.0;

/// The least width of a circle.
const SMALLEST_CIRCLE: f32 = 90.0;

/// The latents that there is room for.
fn latents(context: &ViewContext<'_>, selection: &Selection) -> Vec<usize> {
    let m = context.snapshot.latent_dim();
    if m <= MOST_CELLS { (0..m).collect() } else { selection.shown().to_vec() }
}

/// The unit circle in the plane of two latents, and its image to first order: an ellipse with the semi-axes sᵢ uᵢ.
fn circles(ui: &mut Ui, context: &ViewContext<'_>, [a, b]: [usize; 2], side: f32) {
    let palette = ViewContext::palette(ui);
    let columns = context.probe.fisher.select_columns([&a, &b]);
    let basis = svd(&columns);
    let seen = basis.u.transpose() * &columns;
    let lengths = &basis.singular_values;
    let reach = 1.75 * lengths.iter().copied().filter(|s| s.is_finite()).fold(1e-6, f64::max);
    let side = side.clamp(SMALLEST_CIRCLE, 300.0);
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
        PlotPainter::new(ui, context, response.transform)
    };
    let unit = [[1.0, 0.0], [0.0, 1.0]];
    let corner = |marks: &PlotPainter, text: &str, color| {
        marks.label(marks.painter.clip_rect().left_top() + vec2(4.0, 2.0), Align2::LEFT_TOP, text, color);
    };
    ui.horizontal(|ui| {
        let marks = plot(ui, "unit circle", 1.75);
        marks.curve(ellipse([0.0; 2], unit, 1.0), Stroke::new(1.8, palette.latent), &[]);
        for (k, latent) in [a, b].into_iter().enumerate() {
            let v = [basis.v[(0, k)], basis.v[(1, k)]];
            marks.curve([v.map(|x| -x), v].into_iter(), Stroke::new(1.2, palette.ink), &[3.0, 3.0]);
            marks.arrow([0.0; 2], unit[k], palette.latent, &indexed("e", latent));
        }
        corner(&marks, "Z", palette.latent);

        let marks = plot(ui, "image of the unit circle", reach);
        let factor = [[seen[(0, 0)], seen[(0, 1)]], [seen[(1, 0)], seen[(1, 1)]]];
        marks.curve(ellipse([0.0; 2], factor, 1.0), Stroke::new(1.8, palette.image), &[]);
        for (k, length) in lengths.iter().enumerate() {
            let axis = [0, 1].map(|r| if r == k { *length } else { 0.0 });
            marks.curve([axis.map(|x| -x), axis].into_iter(), Stroke::new(1.2, palette.ink), &[3.0, 3.0]);
        }
        let tips = [0, 1].map(|k| [seen[(0, k)], seen[(1, k)]]);
        if context.probe.angle(a, b).is_some_and(is_right) {
            right_angle(&marks, tips, palette.ink);
        }
        for (tip, latent) in tips.into_iter().zip([a, b]) {
            marks.arrow([0.0; 2], tip, palette.image, &indexed("J", latent));
        }
        corner(&marks, if context.in_fisher_metric() { "X, Fisher" } else { "X" }, palette.image);
    })
    .response
    .on_hover_text(
        "Left the unit circle in Z with the latent axes eᵢ, right its image under J with the columns Jᵢ = J eᵢ, in the plane \
         that they span. Dashed: the right singular vectors and what they become, the axes of the ellipse sᵢ uᵢ",
    );
}

/// True for a right angle to within one degree.
fn is_right(angle: f64) -> bool {
    (angle - 90.0).abs() < 1.0
}

/// The small square in a right angle between two vectors.
fn right_angle(marks: &PlotPainter, tips: [[f64; 2]; 2], color: Color32) {
    let origin = marks.at([0.0; 2]);
    let arms = tips.map(|tip| 11.0 * (marks.at(tip) - origin).normalized());
    let corners = vec![origin + arms[0], origin + arms[0] + arms[1], origin + arms[1]];
    polyline(&marks.painter, &corners, Stroke::new(1.4, color), &[]);
}

/// sᵢ and ‖Jᵢ‖ as bars and numbers: they are equal for all i exactly when the columns are orthogonal.
fn lengths(ui: &mut Ui, context: &ViewContext<'_>, selection: &Selection) {
    let palette = ViewContext::palette(ui);
    let probe = context.probe;
    let length = |i: usize| probe.fisher.column(i).norm();
    let latents = latents(context, selection);
    let values = latents.iter().flat_map(|i| [probe.fisher_svd.singular_values[*i], length(*i)]);
    let longest = values.filter(|s| s.is_finite()).fold(1e-9, f64::max);
    Grid::new("jacobian").num_columns(5).min_col_width(0.0).spacing([7.0, 2.0]).min_row_height(16.0).show(ui, |ui| {
        for i in latents {
            let (s, norm) = (probe.fisher_svd.singular_values[i], length(i));
            value(ui, &indexed("s", i), s, "Singular value of J named after this latent");
            let (rect, _) = ui.allocate_exact_size(vec2(72.0, 13.0), Sense::hover());
            for (y, value, fill) in [(0.0, s, palette.image), (7.0, norm, palette.image.gamma_multiply(0.4))] {
                let width = if value.is_finite() { (value / longest) as f32 * rect.width() } else { 0.0 };
                let bar = Rect::from_min_size(rect.min + vec2(0.0, y), vec2(width, 6.0));
                ui.painter().rect_filled(bar, 1.0, fill);
            }
            value(ui, &format!("‖J{}‖", indexed("", i)), norm, "Length of this column of J (the pale bar)");
            ui.end_row();
        }
    });
}

/// JᵀJ and V in colour, with what is read off them.
fn matrices(ui: &mut Ui, context: &ViewContext<'_>, selection: &Selection) {
    let probe = context.probe;
    let latents = latents(context, selection);
    let cell = vec2((ui.available_width() / 6.5).clamp(34.0, 48.0), 19.0);
    let gram = probe.fisher.transpose() * &probe.fisher;
    let chosen = |matrix: &DMatrix<f64>| matrix.select_rows(&latents).select_columns(&latents);
    // Beside each other while they fit.
    let beside = latents.len() <= 3;
    let draw = |ui: &mut Ui| {
        for (name, matrix, help) in [
            ("JᵀJ", chosen(&gram), "JᵀJ: off its diagonal 0 exactly when the columns are orthogonal (C1)"),
            (
                "V",
                chosen(&probe.fisher_svd.v),
                "Right singular vectors, columns named after the latents; a signed permutation exactly when the columns are \
                 orthogonal and their lengths differ",
            ),
        ] {
            ui.vertical(|ui| {
                ui.label(name).on_hover_text(help);
                heat_matrix(ui, name, &matrix, cell, help);
            });
            ui.add_space(4.0);
        }
    };
    if beside {
        ui.horizontal(|ui| draw(ui));
    } else {
        draw(ui);
    }
    Grid::new("angles").num_columns(6).min_col_width(0.0).spacing([9.0, 3.0]).show(ui, |ui| {
        if let &[a, b] = selection.shown() {
            angles(ui, context, a, b);
            ui.end_row();
        }
        if context.snapshot.latent_dim() > 1 {
            let help = "c_IMA = Σ log ‖Jᵢ‖ − ½ log det JᵀJ of the active latents at z*, in nats: 0 exactly when the columns are \
                        orthogonal";
            measured(ui, CONTRAST_HERE.name, probe.contrast, help);
            let help = "(β/2)(Σ log Λᵢᵢ − log det Λ), Λ = I + JᵀJ/βσ², of the active latents, in nats: what a diagonal posterior \
                        loses at z* against a full one. Exact for linear decoders, second order otherwise";
            measured(ui, GAP_HERE.name, probe.beta_gap, help);
        }
        ui.end_row();
    });
}

/// The angle between two columns, and of V off the axes.
fn angles(ui: &mut Ui, context: &ViewContext<'_>, a: usize, b: usize) {
    let probe = context.probe;
    let name = format!("∠(J{}, J{})", indexed("", a), indexed("", b));
    if let Err(reason) = context.snapshot.geometry.compared_in([a, b]) {
        for name in [&*name, "∠V"] {
            measured(ui, name, Err(reason), "");
        }
        return;
    }
    match probe.angle(a, b) {
        Some(angle) => {
            let mark = if is_right(angle) { " ∟" } else { "" };
            let help = "Angle between the two columns; ∟ marks a right angle to within 1°";
            item(ui, &name, &format!("{angle:.1}°{mark}"), help);
        }
        None => item(ui, &name, "–", "A column without length has no direction"),
    }
    let apart = separation(&[probe.fisher_svd.singular_values[a], probe.fisher_svd.singular_values[b]]);
    if apart < LEAST_SEPARATION {
        item(ui, "∠V", "–", "The singular values are nearly equal, so V is free to rotate");
    } else {
        let angle = probe.fisher_svd.v[(b, a)].atan2(probe.fisher_svd.v[(a, a)]).to_degrees();
        let help = "Angle of the right singular vectors off the latent axes; 0° for orthogonal columns";
        item(ui, "∠V", &format!("{}°", number(angle, 1)), help);
    }
}

/// A number with four decimals, or a dash with the reason.
fn measured(ui: &mut Ui, name: &str, value: Measured, help: &str) {
    match value {
        Ok(x) => item(ui, name, &number(x, 4), help),
        Err(reason) => item(ui, name, "–", &format!("Undefined: {reason}. {help}")),
    }
}

fn item(ui: &mut Ui, name: &str, value: &str, help: &str) {
    ui.label(name).on_hover_text(help);
    ui.monospace(value).on_hover_text(help);
}

fn value(ui: &mut Ui, name: &str, value: f64, help: &str) {
    ui.label(name).on_hover_text(help);
    ui.monospace(format!("{value:.3}")).on_hover_text(help);
}

/// J at z* (F^½ ∂η/∂z for Bernoulli variables) with the factors of J = U S Vᵀ: a row for each of x, then S, then a row for each of z.
fn table(context: &ViewContext<'_>, _: &Selection) -> Table {
    let (probe, m) = (context.probe, context.snapshot.latent_dim());
    let mut csv = Csv::new(["row".to_owned()].into_iter().chain((1..=m).map(|i| format!("column_{i}"))));
    for (prefix, matrix) in [("J", &probe.fisher), ("U", &probe.fisher_svd.u), ("V", &probe.fisher_svd.v)] {
        for (r, row) in matrix.row_iter().enumerate() {
            csv.push([format!("{prefix}_{}", r + 1)], row.iter().copied());
        }
    }
    csv.push(["s".to_owned()], probe.fisher_svd.singular_values.iter().copied());
    Ok(csv)
}
