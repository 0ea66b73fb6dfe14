//! Latents against true factors: every pair as a small scatter, with the matching that the mean correlation coefficient
//! counts, and the angles between true seams and those of the model.

use eframe::egui::{
    Align2, Color32, ComboBox, Mesh, Rect, RichText, Role, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use crate::experiment::FactorCorrelation;
use crate::geometry::Undefined;
use crate::io::Csv;
use crate::linalg::{Matrix, best_assignment};
use crate::viz::context::ViewContext;
use crate::viz::draw::colors::{ObservationColors, color_names};
use crate::viz::draw::hover::hover;
use crate::viz::draw::labels::{instead, label};
use crate::viz::draw::number::number;
use crate::viz::ground_truth::GroundTruth;
use crate::viz::metrics_query::MetricsQuery;
use crate::viz::selection::Selection;
use crate::viz::theme::{SMALLEST_TEXT, indexed, label_font};
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, Table, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "factors", title: "Factors", short_title: "Factors" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Encoder,
    region: Region::Densities,
    figure_size: (640.0, 520.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: show,
    tools: ViewSpec::no_tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table,
};

/// More latents or factors than this are not shown.
const MOST: usize = 6;

/// Points in each scatter: more only fill it.
const POINTS: usize = 700;

/// Draws the view; chooses the factor that colours points.
fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let data = &context.snapshot.data;
    let (Some(factors), Some(correlation)) = (&data.test.factors, &context.snapshot.correlation) else {
        return instead(ui, &sentence(Undefined::NoTrueFactors));
    };
    let area = ui.available_rect_before_wrap();
    let text = 214.0_f32.min(0.46 * area.width());
    let (left, right) = area.split_left_right_at_x(area.max.x - text);
    ui.scope_builder(UiBuilder::new().max_rect(left.with_max_x(left.max.x - 8.0)).id_salt("scatters"), |ui| {
        scatters(ui, context, selection, factors, correlation);
    });
    ui.scope_builder(UiBuilder::new().max_rect(right.shrink2(vec2(0.0, 4.0))).id_salt("numbers"), |ui| {
        if !context.is_figure() {
            colors(ui, context, selection);
        }
        coefficient(ui, context);
        angles(ui, context);
    });
    ui.allocate_rect(area, Sense::hover());
}

fn sentence(reason: Undefined) -> String {
    let text = reason.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The menu of the factor that colours observations and codes, in all views.
fn colors(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let data = &context.snapshot.data;
    let names = color_names(data);
    let name = |color: Option<usize>| color.and_then(|i| names.get(i)).map_or("none", |name| *name).to_owned();
    let palette = ViewContext::palette(ui);
    ui.horizontal(|ui| {
        let label = ui.label("colour");
        ComboBox::from_id_salt("factor that colours")
            .width(84.0)
            .selected_text(name(selection.color))
            .show_ui(ui, |ui| {
                for choice in std::iter::once(None).chain((0..names.len()).map(Some)) {
                    ui.selectable_value(&mut selection.color, choice, name(choice));
                }
            })
            .response
            .labelled_by(label.id)
            .on_hover_text("The factor or label that colours observations and codes");
        if selection.color.is_some_and(|i| i < data.factor_names.len()) {
            let (rect, _) = ui.allocate_exact_size(vec2(54.0, 10.0), Sense::hover());
            for k in 0..27 {
                let x = rect.min.x + 2.0 * k as f32;
                let bar = Rect::from_min_max(pos2(x, rect.min.y), pos2(x + 2.0, rect.max.y));
                ui.painter().rect_filled(bar, 0.0, palette.scale(f64::from(k) / 26.0));
            }
        }
    });
}

/// A row for each latent, a column for each factor.
fn scatters(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    selection: &Selection,
    factors: &Matrix<f32>,
    correlation: &FactorCorrelation,
) {
    let palette = ViewContext::palette(ui);
    // A collapsed latent is matched with nothing.
    let pairs = correlation.matches(&context.snapshot.geometry.active);
    let correlation = &correlation.factors;
    let (m, k) = (correlation.nrows().min(MOST), correlation.ncols().min(MOST));
    let area = ui.available_rect_before_wrap();
    let (gutter, header) = (26.0, 18.0);
    let cell = vec2((area.width() - gutter) / k as f32, (area.height() - header) / m as f32);
    let colors = ObservationColors::new(context.snapshot, selection.color, palette).map(|by| by.colors);
    let names = &context.snapshot.data.factor_names;
    for column in 0..k {
        let x = area.min.x + gutter + cell.x * (column as f32 + 0.5);
        let name = names.get(column).map_or("", String::as_str);
        let font = eframe::egui::FontId::proportional(SMALLEST_TEXT + 1.0);
        ui.painter().text(pos2(x, area.min.y), Align2::CENTER_TOP, name, font, palette.truth);
    }
    for row in 0..m {
        let y = area.min.y + header + cell.y * (row as f32 + 0.5);
        let font = eframe::egui::FontId::proportional(SMALLEST_TEXT + 1.0);
        ui.painter().text(pos2(area.min.x, y), Align2::LEFT_CENTER, indexed("z", row), font, palette.latent);
        for column in 0..k {
            let corner = area.min + vec2(gutter + cell.x * column as f32, header + cell.y * row as f32);
            let place = Rect::from_min_size(corner, cell).shrink(3.0);
            let value = correlation[(row, column)];
            let matched = pairs.get(column) == Some(&Some(row));
            let name = format!(
                "{} against {}: correlation {}{}",
                indexed("z", row),
                names.get(column).map_or("", String::as_str),
                number(value, 2),
                if matched { ", matched" } else { "" }
            );
            let response = ui.allocate_rect(place, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
            let axes = "across the factor, up the posterior mean, each over three standard deviations";
            hover(context, response, |_| vec![name.clone(), axes.to_owned()]);
            cloud(ui, place, context, factors, [row, column], colors.as_deref());
            let stroke = if matched { Stroke::new(2.2, palette.ink) } else { Stroke::new(1.0, palette.rule) };
            ui.painter().rect_stroke(place, 2.0, stroke, StrokeKind::Inside);
            let painter = ui.painter();
            // The frame tells a match, too.
            let texts = [if matched { " ✓" } else { "" }, ""].map(|mark| format!("{}{mark}", number(value, 2)));
            let width = |text: &String| painter.layout_no_wrap(text.clone(), label_font(), palette.ink).size().x;
            let Some(text) = texts.into_iter().find(|text| width(text) < place.width() - 8.0) else { continue };
            let position = place.left_top() + vec2(6.0, 4.0);
            let color = if matched { palette.ink } else { palette.muted };
            label(painter, position, Align2::LEFT_TOP, &text, color, palette.paper);
        }
    }
    ui.allocate_rect(area, Sense::hover());
}

/// Posterior means of one latent over one factor, as one mesh of small squares; both axes show three standard deviations.
fn cloud(
    ui: &Ui,
    place: Rect,
    context: &ViewContext<'_>,
    factors: &Matrix<f32>,
    [row, column]: [usize; 2],
    colors: Option<&[Color32]>,
) {
    let palette = ViewContext::palette(ui);
    let snapshot = context.snapshot;
    let count = snapshot.encodings.columns().min(factors.columns());
    let spread = |values: &mut dyn Iterator<Item = f64>| {
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for v in values {
            (n, sum, squares) = (n + 1.0, sum + v, squares + v * v);
        }
        let mean: f64 = sum / n;
        (mean, 3.0 * (squares / n - mean * mean).max(1e-12).sqrt())
    };
    let (middle, reach) = spread(&mut (0..count).map(|i| f64::from(factors[(column, i)])));
    let area = place.shrink(3.0);
    let mut mesh = Mesh::default();
    for i in (0..count).step_by((count / POINTS).max(1)) {
        let x = (f64::from(factors[(column, i)]) - middle) / reach;
        let y = f64::from(snapshot.mean(i)[row]) / 3.2;
        let at = area.center() + 0.5 * vec2(x as f32 * area.width(), -(y as f32) * area.height());
        if area.contains(at) {
            let color = colors.and_then(|c| c.get(i)).copied().unwrap_or(palette.point.gamma_multiply(0.6));
            mesh.add_colored_rect(Rect::from_center_size(at, vec2(1.8, 1.8)), color);
        }
    }
    ui.painter().with_clip_rect(place).add(Shape::mesh(mesh));
}

/// The mean correlation coefficient between its chance level and its ceiling.
fn coefficient(ui: &mut Ui, context: &ViewContext<'_>) {
    let palette = ViewContext::palette(ui);
    let snapshot = context.snapshot;
    let mcc = match snapshot.mcc() {
        Ok(mcc) => mcc,
        Err(reason) => {
            ui.label(RichText::new("MCC –").strong()).on_hover_text(sentence(reason));
            return;
        }
    };
    let floor = context.query(&MetricsQuery).and_then(|metrics| metrics.mcc_chance.ok());
    let ceiling = snapshot.mcc_ceiling().ok();
    ui.add_space(2.0);
    ui.label(RichText::new(format!("MCC {}", number(mcc, 3))).strong()).on_hover_text(
        format!(
            "Mean |correlation| of the active latents' posterior means with the true factors they are matched with (✓), over the \
             first {} held-out observations. A factor without a latent counts as 0. Empirical",
            snapshot.measured_observations()
        ),
    );
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width().min(200.0), 16.0), Sense::hover());
    let at = |share: f64| rect.min.x + rect.width() * share.clamp(0.0, 1.0) as f32;
    let bar = Rect::from_min_max(pos2(rect.min.x, rect.min.y + 5.0), pos2(at(mcc), rect.max.y - 3.0));
    ui.painter().rect_filled(Rect::from_x_y_ranges(rect.x_range(), bar.y_range()), 2.0, palette.rule);
    ui.painter().rect_filled(bar, 2.0, palette.truth);
    for value in floor.into_iter().chain(ceiling) {
        ui.painter().vline(at(value), rect.y_range(), Stroke::new(2.0, palette.ink));
    }
    let floor = floor.map(|c| format!("chance {}", number(c, 2)));
    let levels: Vec<String> = floor.into_iter().chain(ceiling.map(|c| format!("ceiling {}", number(c, 3)))).collect();
    ui.label(RichText::new(levels.join(", ")).weak()).on_hover_text(
        "Chance: the mean over random rotations of the active latents; undefined with a single one. Ceiling, for \
         linear scenes: what the optimum reaches, mean √(1 − v/λᵢ), with λᵢ the variance along a factor and v that of the noise; \
         0 for a collapsed one. Theorem",
    );
}

/// The angle between each true seam and the model's seam that is nearest to it, at z*.
fn angles(ui: &mut Ui, context: &ViewContext<'_>) {
    let Some(truth) = context.probe.truth().map(GroundTruth::jacobian) else {
        if !context.is_figure() {
            ui.weak("No true map: no true seams");
        }
        return;
    };
    let jacobian = &context.probe.jacobian;
    let cosine = |k: usize, i: usize| {
        let (a, b) = (truth.column(k), jacobian.column(i));
        (a.dot(&b) / (a.norm() * b.norm())).abs()
    };
    let pairs = best_assignment(truth.ncols(), jacobian.ncols(), cosine);
    ui.add_space(2.0);
    ui.label(RichText::new("true seam ∠ model's").strong()).on_hover_text(
        "Angle between the columns of the true Jacobian at the point of the true manifold nearest to d(z*) and those of the model at z*. \
         Empirical",
    );
    for (k, i) in pairs.into_iter().enumerate().take(MOST) {
        let Some(i) = i else { continue };
        let name = context.snapshot.data.factor_names.get(k).map_or("", String::as_str);
        let degrees = cosine(k, i).min(1.0).acos().to_degrees();
        let value = if degrees.is_finite() { format!("{}°", number(degrees, 1)) } else { "–".to_owned() };
        ui.horizontal(|ui| {
            let help =
                format!("Angle between the true seam of {name} and the image of the {} line, at z*", indexed("z", i));
            ui.label(format!("{name} ∠ {}", indexed("z", i))).on_hover_text(&help);
            ui.monospace(value).on_hover_text(help);
        });
    }
}

/// The correlations of posterior means with true factors.
fn table(context: &ViewContext<'_>, _: &Selection) -> Table {
    let correlation = context.snapshot.correlation.as_ref().ok_or("the true factors of this data are not known")?;
    let correlation = &correlation.factors;
    let mut csv = Csv::new(["latent".to_owned()].into_iter().chain(context.snapshot.data.factor_names.iter().cloned()));
    correlation.row_iter().enumerate().for_each(|(i, row)| csv.push([format!("z_{}", i + 1)], row.iter().copied()));
    Ok(csv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_sentence() {
        assert!(sentence(Undefined::NoTrueFactors).starts_with("The true factors"));
    }
}
