//! The numbers of the scene in the side panel.

use eframe::egui::{DragValue, Grid, Ui};

use super::slider::{short, typed};
use crate::app::config_draft::ConfigDraft;
use crate::experiment::{Origin, Snapshot};
use crate::viz::command::{CommandQueue, UiCommand};

/// The numbers of the scene. A change restarts the run when the edit ends.
pub(super) fn scene_numbers(
    ui: &mut Ui,
    draft: &mut ConfigDraft,
    snapshot: Option<&Snapshot>,
    commands: &CommandQueue,
) {
    ui.collapsing("Scene (restarts the run)", |ui| {
        let Some(scene) = draft.config.origin.scene().cloned() else { return };
        let shown = scene.parameters();
        let mut values: Vec<f64> = shown.iter().map(|p| p.value).collect();
        let (mut changed, mut ended) = (false, false);
        Grid::new("numbers of the scene").num_columns(2).show(ui, |ui| {
            for (parameter, value) in shown.iter().zip(&mut values) {
                let label = ui.label(&parameter.name);
                let speed = if parameter.is_whole { 50.0 } else { 0.01 * value.abs().max(0.1) };
                let drag = DragValue::new(value).speed(speed).update_while_editing(false).custom_parser(typed);
                let drag = if parameter.is_whole { drag.fixed_decimals(0) } else { drag.custom_formatter(short) };
                let response = ui.add(drag).labelled_by(label.id);
                changed |= response.changed();
                ended |= response.drag_stopped() || response.lost_focus();
                ui.end_row();
            }
        });
        if changed {
            match scene.with_parameters(&values) {
                Ok(scene) => (draft.config.origin, draft.refused_scene) = (Origin::Scene(Box::new(scene)), None),
                Err(sentence) => draft.refused_scene = Some(sentence),
            }
        }
        if let Some(sentence) = &draft.refused_scene {
            ui.colored_label(ui.visuals().warn_fg_color, sentence);
        }
        let Some(scene) = draft.config.origin.scene() else { return };
        if ended && snapshot.is_some_and(|s| s.config.origin.scene() != Some(scene)) {
            commands.send(UiCommand::ChangeScene(Box::new(scene.clone())));
        }
    });
}
