//! The scores against true factors as lines, each with its chance level.

use eframe::egui::{RichText, Ui};

use super::query::FactorScoresQuery;
use crate::experiment::ScoreValue;
use crate::viz::context::ViewContext;
use crate::viz::draw::number::number;
use crate::viz::draw::remark::{Remark, remark};
use crate::viz::observations::grouped;

/// The height of a line.
const LINE: f32 = 18.0;

/// Draws as many scores as there is room for.
pub(super) fn scores(ui: &mut Ui, context: &ViewContext<'_>) {
    let room = ((ui.max_rect().bottom() - ui.cursor().top()) / (LINE + ui.spacing().item_spacing.y)) as usize;
    if room < 2 {
        return;
    }
    let Some(answer) = context.query(&FactorScoresQuery) else { return };
    let Ok(found) = &*answer else { return };
    ui.add_space(2.0);
    ui.label(RichText::new(format!("scores on {} (by chance)", grouped(found.observations))).strong()).on_hover_text(format!(
        "Of the active latents on {} held-out observations; probes learn from the first {} and are tested on the others. Chance: the mean \
         over random rotations of the same codes. `unpick metrics --factor-scores` has all scores. Empirical",
        found.observations, found.training
    ));
    if found.scores.len() >= room {
        remark(ui, Remark::LeftOut("the last scores"));
    }
    for ScoreValue { score, value, chance } in found.scores.iter().take(room - 1) {
        let shown = |x: f64| number(x, 2);
        let text = match (value, chance) {
            (Ok(value), Ok(chance)) => format!("{} {} ({})", score.name(), shown(*value), shown(chance.value)),
            (Ok(value), Err(_)) => format!("{} {} (–)", score.name(), shown(*value)),
            (Err(_), _) => format!("{} –", score.name()),
        };
        let why = value.as_ref().err().or(chance.as_ref().err()).map_or(String::new(), |why| format!(". –: {why}"));
        ui.label(text).on_hover_text(format!("{}{why}", score.about()));
    }
    // The reason of the last dash, where there is room for it.
    let reason = found.scores.iter().rev().find_map(|value| value.value.as_ref().err());
    if let Some(reason) = reason.filter(|_| room >= found.scores.len() + 2) {
        ui.label(RichText::new(format!("–: {reason}")).weak());
    }
}
