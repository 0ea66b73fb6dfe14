//! The mean correlation coefficient, the angles of seams, and the menu of colours.

use std::fmt::Display;

use eframe::egui::{ComboBox, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};

use super::scatters::MOST;
use crate::linalg::best_assignment;
use crate::viz::context::ViewContext;
use crate::viz::draw::colors::color_names;
use crate::viz::draw::number::number;
use crate::viz::ground_truth::GroundTruth;
use crate::viz::metrics_query::MetricsQuery;
use crate::viz::selection::Selection;
use crate::viz::theme::indexed;

/// The menu of the factor that colours observations and codes, in all views.
pub(super) fn colors(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
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

/// The mean correlation coefficient between its chance level and its ceiling.
pub(super) fn coefficient(ui: &mut Ui, context: &ViewContext<'_>) {
    let palette = ViewContext::palette(ui);
    let snapshot = context.snapshot;
    let mcc = match snapshot.mcc() {
        Ok(mcc) => mcc,
        Err(reason) => {
            ui.label(RichText::new("MCC –").strong()).on_hover_text(sentence(reason));
            ui.weak(reason.to_string());
            return;
        }
    };
    let metrics = context.query(&MetricsQuery);
    let floor = metrics.as_ref().and_then(|metrics| metrics.mcc_chance.ok());
    let error = metrics.and_then(|metrics| Some(metrics.estimates("mcc")?.first()?.standard_error));
    let error = error.map_or(String::new(), |error| format!(" ± {}", number(error, 3)));
    let ceiling = snapshot.mcc_ceiling().ok();
    ui.add_space(2.0);
    ui.label(RichText::new(format!("MCC {}{error}", number(mcc, 3))).strong()).on_hover_text(
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
    let over = format!("of {}", snapshot.measured_observations());
    let ceiling = ceiling.map(|c| format!("ceiling {}", number(c, 3)));
    let levels: Vec<String> = floor.into_iter().chain(ceiling).chain([over]).collect();
    ui.label(RichText::new(levels.join(", ")).weak()).on_hover_text(
        "Chance: the mean over random rotations of the active latents; undefined with a single one. Ceiling, for \
         linear scenes: what the optimum reaches, mean √(1 − v/λᵢ), with λᵢ the variance along a factor and v that of the noise; \
         0 for a collapsed one. Theorem",
    );
}

/// The angle between each true seam and the model's seam that is nearest to it, at z*.
pub(super) fn angles(ui: &mut Ui, context: &ViewContext<'_>) {
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
    // The latents that the correlation matches with the factors, as the frames say; without one the nearest seams.
    let matched = context.snapshot.correlation.as_ref().map(|known| known.matches(&context.snapshot.geometry.active));
    let pairs = matched.unwrap_or_else(|| best_assignment(truth.ncols(), jacobian.ncols(), cosine));
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

/// A reason as a sentence.
pub(super) fn sentence(reason: impl Display) -> String {
    let text = reason.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Undefined;

    #[test]
    fn a_reason_is_a_sentence() {
        assert!(sentence(Undefined::NoTrueFactors).starts_with("The true factors"));
    }
}
