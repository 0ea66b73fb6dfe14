//! The tools of the header: the shown step, the axis of steps, the branches, and which run is which.

use eframe::egui::{Slider, Ui};

use super::legend::sample;
use super::plot::RUN_DASHES;
use crate::experiment::Snapshot;
use crate::viz::command::UiCommand;
use crate::viz::context::ViewContext;
use crate::viz::run_names::{RUN_NAMES, run_names};
use crate::viz::selection::Selection;

/// The room that the switch of the parts of the KL needs, in points.
const PARTS_ROOM: f32 = 52.0;

/// The header tools: which run is which, the shown step, the branches.
pub(super) fn tools(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    key(ui, context);
    let last =
        [Some(context), context.beside].into_iter().flatten().map(|context| context.newest.step).max().unwrap_or(0);
    let mut step = selection.shown_step.unwrap_or(last).min(last);
    ui.scope(|ui| {
        ui.spacing_mut().slider_width = 60.0;
        let slider = Slider::new(&mut step, 0..=last.max(1)).text("step");
        let help = "The shown step; training goes on. Drag in the plots, too";
        if ui.add_enabled(last > 0, slider).on_hover_text(help).changed() {
            selection.shown_step = (step < last).then_some(step);
        }
    });
    let help = "An axis of √steps leaves room to what happens first";
    ui.toggle_value(&mut selection.root_steps, "√").on_hover_text(help);
    let help = "The parts of the KL (index-code information, total correlation, dimension-wise KL), and not the KL of each latent";
    if ui.available_width() > PARTS_ROOM {
        ui.toggle_value(&mut selection.kl_parts, "parts").on_hover_text(help);
    }
    branches(ui, context);
}

/// The menu of branches.
fn branches(ui: &mut Ui, context: &ViewContext<'_>) {
    let contexts: Vec<&ViewContext<'_>> = [Some(context), context.beside].into_iter().flatten().collect();
    if contexts.iter().all(|context| context.branches.is_empty()) {
        return;
    }
    ui.menu_button("branches ▾", |ui| {
        for (run, context) in contexts.iter().enumerate() {
            for branch in context.branches {
                let name = if contexts.len() > 1 { format!("{} ", RUN_NAMES[run]) } else { String::new() };
                let name = format!("{name}branch {}", branch.number + 1);
                ui.horizontal(|ui| {
                    let help = format!("Branched at step {}; {} steps made", branch.from, branch.steps);
                    if ui.button(format!("Switch to {name}")).on_hover_text(help).clicked() {
                        context.send(UiCommand::SwitchBranch(run, branch.number));
                        ui.close();
                    }
                    if ui.button(format!("Close {name}")).clicked() {
                        context.send(UiCommand::CloseBranch(run, branch.number));
                        ui.close();
                    }
                });
            }
        }
    });
}

/// The line pattern of each run, if there are two.
pub(super) fn key(ui: &mut Ui, context: &ViewContext<'_>) {
    if context.beside.is_none() {
        return;
    }
    let ink = ViewContext::palette(ui).ink;
    let snapshots: Vec<&Snapshot> = [Some(context), context.beside].into_iter().flatten().map(|c| c.snapshot).collect();
    let mut runs: Vec<_> = run_names(&snapshots).into_iter().zip(RUN_DASHES).collect();
    // In a bar of tabs what comes first stands on the right.
    let reversed = ui.layout().prefer_right_to_left();
    if reversed {
        runs.reverse();
    }
    for (name, dashes) in runs {
        if reversed {
            ui.strong(&name);
        }
        sample(ui, ink, dashes);
        if !reversed {
            ui.strong(name);
        }
    }
}
