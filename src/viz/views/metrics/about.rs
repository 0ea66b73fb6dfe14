//! What there is to know about a metric, behind its "?".

use std::collections::HashMap;
use std::sync::LazyLock;

use eframe::egui::{Button, Popup, RichText, TextStyle, Ui, WidgetInfo};

use super::definitions::{HOLONOMY, METRICS};
use super::metric::Metric;
use crate::experiment::Metrics;
use crate::geometry::Measured;
use crate::stats::Estimate;
use crate::viz::command::UiCommand;
use crate::viz::context::{FISHER_METRIC, ViewContext};
use crate::viz::draw::number::number;
use crate::viz::draw::prose::show::ProseStyle;
use crate::viz::draw::prose::text::Prose;

/// The width of names, the same in all groups.
pub(super) const NAME: f32 = 112.0;

/// The name of a metric, which opens what there is to know about it.
pub(super) fn about(ui: &mut Ui, context: &ViewContext<'_>, metric: &Metric, now: Measured, metrics: Option<&Metrics>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        // As wide as the longest name in all groups.
        ui.set_min_width(NAME);
        let name = RichText::new(metric.name_in(context.snapshot));
        ui.label(if now.is_ok() { name } else { name.weak() }).on_hover_text(metric.formula);
        if context.is_figure() {
            return;
        }
        let button = ui.add(Button::new("?").small());
        let label = format!("About {}", metric.name);
        button.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Button, true, &label));
        Popup::from_toggle_button_response(&button).show(|ui| {
            ui.set_max_width(340.0);
            ui.strong(metric.name_in(context.snapshot));
            define(ui, metric);
            if metric.is_of_columns() && context.in_fisher_metric() {
                ui.label(FISHER_METRIC);
            }
            ui.label(metric.source);
            ui.label(format!("Range: {}", metric.range));
            ui.label(format!("Over: {}", metric.over));
            if let Some(text) = metrics.and_then(|metrics| sampling(metric, metrics)) {
                ui.label(text);
            }
            ui.label(format!("Undefined {}", metric.undefined));
            if let Err(reason) = now {
                ui.colored_label(ui.visuals().warn_fg_color, format!("Undefined now: {reason}."));
            }
            if ui.link("Glossary").on_hover_text("All quantities and marks, with lessons about them").clicked() {
                context.send(UiCommand::ShowTerm(metric.name));
                ui.close();
            }
        });
    });
}

/// Sentence about the sampling error, and for the ELBO about that of its noise, too.
fn sampling(metric: &Metric, metrics: &Metrics) -> Option<String> {
    let Estimate { mean, standard_error, count } = *metrics.estimates(metric.key)?.first()?;
    let [mean, error] = [mean, standard_error].map(|x| number(x, metric.decimals));
    let noise = if metric.key == "elbo" {
        format!("; Monte-Carlo error of the noise alone ± {}", number(metrics.elbo_monte_carlo_error, metric.decimals))
    } else {
        String::new()
    };
    Some(format!("Held-out: {mean} ± {error} (sampling standard error over {count} observations{noise})."))
}

/// The definitions that hold formulas, by the names of their metrics.
static DEFINITIONS: LazyLock<HashMap<&str, Prose>> = LazyLock::new(|| {
    let metrics = METRICS.iter().chain([&HOLONOMY]);
    metrics.filter_map(|metric| Some((metric.name, Prose::parse(metric.definition?)))).collect()
});

/// The definition, typeset if it holds formulas.
fn define(ui: &mut Ui, metric: &Metric) {
    match DEFINITIONS.get(metric.name) {
        Some(prose) => {
            let size = TextStyle::Body.resolve(ui.style()).size;
            prose.show(ui, ProseStyle { spoken: Some(metric.formula), ..ProseStyle::new(size) });
        }
        None => {
            ui.label(metric.formula);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::draw::formula::typeset::check_formula;

    #[test]
    fn the_formulas_of_definitions_can_be_shown() {
        let formulas: Vec<&str> = DEFINITIONS.values().flat_map(|prose| prose.formulas()).collect();
        assert!(formulas.len() > 10, "{formulas:?}");
        for tex in formulas {
            check_formula(tex).unwrap_or_else(|reason| panic!("{tex}: {reason}"));
        }
    }
}
