//! A time point of everything that can be undone.

use eframe::egui::Theme;

use crate::app::panels::slider::short;
use crate::experiment::{Command, Settings};
use crate::figure::layout::Layout;
use crate::geometry::Rotation;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::selection::Selection;

/// Settings of the runs and view state at a time point. What a run has learnt is no part of it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct UndoPoint {
    /// Of each run.
    pub(in crate::app) settings: Vec<Settings>,
    /// Rotations of the latents of all runs that a person has made.
    pub(in crate::app) rotations: Vec<Rotation>,
    /// z*, camera, layers and more, without motion.
    pub(in crate::app) selection: Selection,
    /// Of as many runs as there are.
    pub(in crate::app) layout: Layout,
    /// A few views in its place.
    pub(in crate::app) preset: Option<Layout>,
    /// Light or dark.
    pub(in crate::app) theme: Theme,
}

/// The commands that lead from some settings to others.
pub(in crate::app) fn changes(from: &Settings, to: &Settings) -> Vec<Command> {
    let all = [
        Command::Covariance(to.objective.covariance),
        Command::Beta(to.objective.beta),
        if to.objective.learns_sigma2 { Command::LearnSigma2(None) } else { Command::Sigma2(to.objective.sigma2) },
        Command::Regularizer(to.objective.regularizer),
        Command::Optimizer(to.optimizer.kind),
        Command::Lr(to.optimizer.lr),
        Command::Batch(to.optimizer.batch),
    ];
    all.into_iter().filter(|command| command.current(from) != Some(*command)).collect()
}

/// The rotations that lead from some to others: the surplus ones backwards, the last first, then those that are missing.
pub(in crate::app) fn turns(from: &[Rotation], to: &[Rotation]) -> Vec<Rotation> {
    let same = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let back = from[same..].iter().rev().map(|turn| Rotation { degrees: -turn.degrees, ..*turn });
    back.chain(to[same..].iter().copied()).collect()
}

/// The most changes that are named.
const MOST_NAMED: usize = 3;

impl UndoPoint {
    /// What leads from here to another time point: "β 4 → 1".
    pub(in crate::app) fn way_to(&self, to: &Self) -> String {
        let mut named: Vec<String> = Vec::new();
        for (run, (from, to)) in self.settings.iter().zip(&to.settings).enumerate() {
            let name = if self.settings.len() > 1 { format!("{}: ", RUN_NAMES[run.min(1)]) } else { String::new() };
            named.extend(changes(from, to).into_iter().map(|command| format!("{name}{}", described(command, from))));
        }
        for back in turns(&self.rotations, &to.rotations) {
            named.push(format!("rotation by {}°", short(back.degrees, 0..=0)));
        }
        let (a, b) = (&self.selection, &to.selection);
        if a.rest() != b.rest() {
            let numbers: Vec<String> = b.rest().iter().take(MOST_NAMED).map(|z| short(*z, 0..=0)).collect();
            let more = if b.rest().len() > MOST_NAMED { ", …" } else { "" };
            named.push(format!("z* to ({}{more})", numbers.join(", ")));
        } else if a.observation != b.observation {
            named.push("chosen observation".to_owned());
        }
        let parts = [
            (a.camera != b.camera, "camera"),
            (a.layers != b.layers, "layers"),
            (self.layout.alone != to.layout.alone, "view alone"),
            (!self.layout.has_tiles_of(&to.layout), "layout"),
            (self.preset != to.preset, "shown views"),
            (self.theme != to.theme, "theme"),
            (a.corners != b.corners, "rectangle"),
            ((a.phi, a.rotated) != (b.phi, b.rotated), "angle φ"),
            ((a.axes, a.pairs, a.latent_window) != (b.axes, b.pairs, b.latent_window), "latent axes"),
            ((a.color, a.heat) != (b.color, b.heat), "colours"),
            ((a.root_steps, a.step_range, a.kl_parts) != (b.root_steps, b.step_range, b.kl_parts), "training plots"),
            (a.traversal != b.traversal, "traversals"),
            (a.reconstructions != b.reconstructions, "reconstructions"),
            (a.factor_matrix != b.factor_matrix, "factors"),
            ((a.unit_arrows, a.draw) != (b.unit_arrows, b.draw), "shown marks"),
        ];
        named.extend(parts.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| name.to_owned()));
        let more = if named.len() > MOST_NAMED { ", …" } else { "" };
        named.truncate(MOST_NAMED);
        format!("{}{more}", named.join(", "))
    }
}

/// A change of a setting with the value before.
fn described(command: Command, before: &Settings) -> String {
    let value = |command: Command| match command {
        Command::Beta(x) | Command::Sigma2(x) | Command::Lr(x) => short(x, 0..=0),
        other => other.value(),
    };
    let name = match command {
        Command::Beta(_) => "β",
        Command::Sigma2(_) | Command::LearnSigma2(_) => "σ²",
        Command::Lr(_) => "learning rate",
        Command::Optimizer(_) => "optimiser",
        other => other.name(),
    };
    let old = command.current(before).map_or(String::new(), value);
    format!("{name} {old} → {}", value(command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scene;
    use crate::experiment::{Config, Origin};

    fn point() -> UndoPoint {
        let scene = Scene::named("linear").unwrap().clone();
        let settings = vec![Config::new(Origin::Scene(Box::new(scene)), 0, 1000).settings()];
        let selection = Selection { z: vec![0.5, -0.25], ..Selection::default() };
        let (layout, theme) = (Layout::single(), Theme::Light);
        UndoPoint { settings, rotations: Vec::new(), selection, layout, preset: None, theme }
    }

    #[test]
    fn changes_lead_from_one_setting_to_another() {
        let from = point().settings[0];
        let mut to = from;
        to.objective.beta = 4.0;
        to.optimizer.batch = 17;
        let reached = changes(&from, &to).into_iter().fold(from, |settings, command| command.applied_to(settings));
        assert_eq!((reached, changes(&from, &from)), (to, Vec::new()));
    }

    #[test]
    fn rotations_are_taken_back_from_the_last_on() {
        let by = |degrees: f64, b: usize| Rotation { degrees, plane: [0, b] };
        let way = turns(&[by(10.0, 1), by(20.0, 2), by(30.0, 1)], &[by(10.0, 1), by(5.0, 2)]);
        assert_eq!(way, [by(-30.0, 1), by(-20.0, 2), by(5.0, 2)]);
        let mut then = point();
        then.rotations.push(by(30.0, 1));
        assert_eq!([point().way_to(&then), then.way_to(&point())], ["rotation by 30°", "rotation by −30°"]);
    }

    #[test]
    fn the_way_names_what_changes() {
        let now = point();
        let mut then = point();
        then.settings[0].objective.beta = 4.0;
        let beta = now.settings[0].objective.beta;
        assert_eq!(now.way_to(&then), format!("β {beta} → 4"));
        then.selection.z[0] = 1.0;
        then.selection.layers.grid = false;
        then.theme = Theme::Dark;
        assert_eq!(now.way_to(&then), format!("β {beta} → 4, z* to (1, −0.25), layers, …"));
    }
}
