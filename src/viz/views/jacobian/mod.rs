//! The Jacobian at z*: what it makes of the unit circle, its singular values, angles and the price of not being
//! orthogonal. The columns of images are shown as pictures.

mod circles;
mod pictures;
mod room;

use eframe::egui::{Grid, Label, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, vec2};
use nalgebra::DMatrix;
use room::{BESIDE, JacobianNumbers, JacobianParts};

use crate::geometry::{LEAST_SEPARATION, Measured, Undefined, separation};
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::draw::hover::significant;
use crate::viz::draw::legend::{LegendEntry, LegendLines, Sample};
use crate::viz::draw::matrix::{NamedMatrix, heat_matrix};
use crate::viz::draw::number::number;
use crate::viz::draw::remark::{Remark, remark};
use crate::viz::number_name::{CONTRAST_HERE, GAP_HERE};
use crate::viz::selection::Selection;
use crate::viz::symbol::Symbol;
use crate::viz::theme::{Palette, indexed};
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
    least_size: (480.0, 340.0),
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
    let palette = ViewContext::palette(ui);
    let has_signs = context.snapshot.latent_dim() > 1;
    // What there is room for is known beneath the legend.
    let all = JacobianParts { circles: (selection.shown().len() == 2).then_some((0.0, false)), ..JacobianParts::ALL };
    let legend = LegendLines::reserve(ui, selection.layers.legend, &entries(palette, all, has_signs));
    let area = ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let title =
                if context.in_fisher_metric() { "J = F^½ ∂η/∂z = U S Vᵀ at z*" } else { "J = U S Vᵀ at z*" };
            ui.label(RichText::new(title).strong()).on_hover_text(
                "The Jacobian of the decoder, and its singular value decomposition. Column Jᵢ is the change of the data per standard \
                 deviation of latent i",
            );
            context.say_metric(ui);
            let z: Vec<String> = selection.z.iter().take(MOST_CELLS).map(|z| number(*z, 2)).collect();
            let more = if selection.z.len() > MOST_CELLS { ", …" } else { "" };
            ui.weak(format!("({}{more}) · named after latents", z.join(", "))).on_hover_text(
                "sᵢ, uᵢ and vᵢ carry the number of the latent that vᵢ is nearest to, so that s₁ need not be the largest. Files have singular \
                 values largest first",
            );
        });
        pictures::show(ui, context);
        // Where nothing is scrolled, what there is no room for is left out whole.
        let scrolls = !(context.presented || context.is_figure());
        let of = JacobianNumbers {
            latents: latents(context, selection).len(),
            has_prices: has_prices(context),
            has_reason: false,
        };
        let plane = <[usize; 2]>::try_from(selection.shown()).ok();
        let within = |of| JacobianParts::within(ui.available_size(), plane.is_some(), of, scrolls);
        // A reason where it takes the room of nothing else.
        let (bare, noted) = (within(of), within(JacobianNumbers { has_reason: true, ..of }));
        let reason = reason(context, selection).filter(|_| noted.has_as_much(bare));
        let parts = if reason.is_some() { noted } else { bare };
        if !parts.is_whole(plane.is_some()) {
            let what = match parts {
                JacobianParts { matrices: false, .. } => "the numbers",
                JacobianParts { circles: None, .. } if plane.is_some() => "the circles",
                _ => "the lengths",
            };
            remark(ui, Remark::LeftOut(what));
        }
        let numbers = |ui: &mut Ui, selection: &mut Selection| {
            if parts.lengths {
                lengths(ui, context, selection);
                ui.add_space(2.0);
            }
            if parts.matrices {
                matrices(ui, context, selection);
            }
            if let Some(reason) = reason {
                ui.add(Label::new(RichText::new(format!("–: {}", reason.in_short())).small().weak()).truncate());
            }
        };
        match plane.zip(parts.circles) {
            Some((plane, (side, true))) => {
                ui.horizontal(|ui| {
                    circles::show(ui, context, selection, plane, side);
                    ui.vertical(|ui| numbers(ui, selection));
                });
            }
            Some((plane, (side, false))) => {
                circles::show(ui, context, selection, plane, side);
                numbers(ui, selection);
            }
            None => numbers(ui, selection),
        }
        parts
    });
    if let Some(legend) = legend {
        legend.fill(ui, context, &entries(palette, area.inner, has_signs));
    }
    if area.content_size.y > area.inner_rect.height() + 1.0 {
        remark(ui, Remark::LeftOut("the lower part"));
    }
}

/// The legend of the parts that are shown: the circles of two latents, bars, and cells, which have a second colour with `has_signs`.
fn entries(palette: &Palette, parts: JacobianParts, has_signs: bool) -> Vec<LegendEntry> {
    let mut entries = Vec::new();
    if parts.circles.is_some() {
        entries.extend(circles::entries(palette));
    }
    if parts.lengths {
        let value =
            "sᵢ, the singular value of J named after the latent: how far its right singular vector moves the data";
        let length = "‖Jᵢ‖, the length of the column: how far one standard deviation of the latent moves the data. Equal to sᵢ for all i \
                      exactly when the columns are orthogonal";
        entries.extend([
            LegendEntry::new(Sample::Area(palette.image), "singular value", value),
            LegendEntry::new(Sample::Area(palette.image.gamma_multiply(PALE)), "column length", length),
        ]);
    }
    if parts.matrices {
        let sign = "Cells: full colour is the largest magnitude of the matrix, paper is 0";
        entries.push(LegendEntry::new(Sample::Area(palette.plus), "positive", sign));
        if has_signs {
            entries.push(LegendEntry::new(Sample::Area(palette.minus), "negative", sign));
        }
    }
    entries
}

/// The strength of the bars of lengths.
const PALE: f32 = 0.4;

/// The latents that there is room for.
fn latents(context: &ViewContext<'_>, selection: &Selection) -> Vec<usize> {
    let m = context.snapshot.latent_dim();
    if m <= MOST_CELLS { (0..m).collect() } else { selection.shown().to_vec() }
}

/// sᵢ and ‖Jᵢ‖ as bars and numbers: they are equal for all i exactly when the columns are orthogonal.
fn lengths(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
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
            let (rect, bars) = ui.allocate_exact_size(vec2(72.0, 13.0), Sense::hover());
            if bars.contains_pointer() {
                selection.pointed = Some(Symbol::S);
            }
            bars.on_hover_text(format!(
                "{} = {} above ‖J{}‖ = {}",
                indexed("s", i),
                significant(s),
                indexed("", i),
                significant(norm)
            ));
            for (y, value, fill) in [(0.0, s, palette.image), (7.0, norm, palette.image.gamma_multiply(PALE))] {
                let width = if value.is_finite() { (value / longest) as f32 * rect.width() } else { 0.0 };
                let bar = Rect::from_min_size(rect.min + vec2(0.0, y), vec2(width, 6.0));
                ui.painter().rect_filled(bar, 1.0, fill);
            }
            if selection.emphasises(Symbol::S) {
                ui.painter().rect_stroke(rect.expand(1.0), 1.0, Stroke::new(1.5, palette.ink), StrokeKind::Outside);
            }
            value(ui, &format!("‖J{}‖", indexed("", i)), norm, "Length of this column of J (the pale bar)");
            ui.end_row();
        }
    });
}

/// True if c_IMA and β gap are shown, which are in Metrics, too.
fn has_prices(context: &ViewContext<'_>) -> bool {
    context.snapshot.latent_dim() > 1 && !context.presented
}

/// JᵀJ and V in colour, with what is read off them.
fn matrices(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let (probe, palette) = (context.probe, ViewContext::palette(ui));
    let latents = latents(context, selection);
    let cell = vec2((ui.available_width() / 6.5).clamp(34.0, 48.0), 19.0);
    let gram = probe.fisher.transpose() * &probe.fisher;
    let chosen = |matrix: &DMatrix<f64>| matrix.select_rows(&latents).select_columns(&latents);
    // Beside each other while they fit.
    let beside = latents.len() <= BESIDE;
    let mut draw = |ui: &mut Ui| {
        let named = |letter: &str| latents.iter().map(|i| indexed(letter, *i)).collect::<Vec<_>>();
        for matrix in [
            NamedMatrix {
                name: "JᵀJ",
                values: chosen(&gram),
                rows: named("J"),
                columns: named("J"),
                unit: if context.in_fisher_metric() { "in the Fisher metric" } else { "squared units of x" },
                help: "JᵀJ: off its diagonal 0 exactly when the columns are orthogonal (C1)",
                is_scaled: true,
            },
            NamedMatrix {
                name: "V",
                values: chosen(&probe.fisher_svd.v),
                rows: named("z"),
                columns: named("v"),
                unit: "",
                help: "Right singular vectors, columns named after the latents; a signed permutation exactly when the columns are \
                       orthogonal and their lengths differ",
                is_scaled: false,
            },
        ] {
            let symbol = if matrix.name == "V" { Symbol::V } else { Symbol::J };
            let shown = ui.vertical(|ui| {
                ui.label(matrix.title()).on_hover_text(matrix.help);
                heat_matrix(ui, context, &matrix, cell);
            });
            let place = shown.response.rect;
            if ui.rect_contains_pointer(place) {
                selection.pointed = Some(symbol);
            }
            if selection.emphasises(symbol) {
                ui.painter().rect_stroke(place.expand(2.0), 2.0, Stroke::new(2.0, palette.ink), StrokeKind::Outside);
            }
            ui.add_space(4.0);
        }
    };
    if beside {
        ui.horizontal(&mut draw);
    } else {
        draw(ui);
    }
    Grid::new("angles").num_columns(6).min_col_width(0.0).spacing([9.0, 3.0]).show(ui, |ui| {
        if let &[a, b] = selection.shown() {
            angles(ui, context, a, b);
            ui.end_row();
        }
        if has_prices(context) {
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

/// Why a number is undefined that a figure shows; in the window it is said under the pointer.
fn reason(context: &ViewContext<'_>, selection: &Selection) -> Option<Undefined> {
    if !context.is_figure() {
        return None;
    }
    let angle = match *selection.shown() {
        [a, b] => context.snapshot.geometry.compared_in([a, b]).err().or_else(|| {
            let lengths = [a, b].map(|i| context.probe.fisher_svd.singular_values[i]);
            (separation(&lengths) < LEAST_SEPARATION).then_some(Undefined::EqualSingularValues)
        }),
        _ => None,
    };
    let price = |of: &Measured| of.as_ref().err().copied().filter(|_| has_prices(context));
    angle.or_else(|| price(&context.probe.contrast)).or_else(|| price(&context.probe.beta_gap))
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
            let mark = if circles::is_right(angle) { " ∟" } else { "" };
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
    // A dash of the other font is as short as a hyphen.
    if value == "–" { ui.label(value) } else { ui.monospace(value) }.on_hover_text(help);
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
