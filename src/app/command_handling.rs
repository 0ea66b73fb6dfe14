//! What menus, keys, controls and views ask for, and what is done then.

use super::certifier::Certifier;
use super::layout::Layout;
use super::panels::controls::Wish;
use super::panels::open;
use super::{Action, App, Ask, Motion, views};
use crate::experiment::Command;
use crate::trainer::Request;
use eframe::egui;
use eframe::egui::Theme;
use std::ops::RangeInclusive;
use std::sync::Arc;

impl App {
    pub(super) fn obey(&mut self, wish: &Wish) {
        let side = &mut self.sides[self.active];
        match wish {
            Wish::Change(command) => side.ask(Request::Command(*command)),
            Wish::Scene(scene) => self.open_scene((*scene).clone()),
            Wish::Restart => self.restart(self.active..=self.active),
            Wish::Select(side) => self.active = *side,
            Wish::Act(action) => self.act(*action),
        }
    }

    /// The same runs from step 0, with every change at its step. What has another network, seed or scene than it began with
    /// starts with the settings that the controls show.
    pub(super) fn restart(&mut self, sides: RangeInclusive<usize>) {
        self.notice = None;
        self.selection.moment = None;
        for side in sides {
            if self.sides[side].has_begun_as_drafted() {
                self.sides[side].ask(Request::Restart);
                continue;
            }
            let running = self.sides[side].is_running();
            self.sides[side].follow_controls();
            self.start(side, running);
        }
    }

    fn all_sides(&self) -> RangeInclusive<usize> {
        0..=self.sides.len() - 1
    }

    /// Puts the same experiment with the other covariance beside the run, or goes back to one run.
    fn compare_or_not(&mut self) {
        self.active = 0;
        if self.sides.len() > 1 {
            self.sides.truncate(1);
            self.fit_selection();
            return;
        }
        let running = self.is_running();
        let made = self.sides[0].snapshot().map_or(0, |snapshot| snapshot.step);
        if !self.add_side() {
            return;
        }
        // The new one has not been asked for the moment.
        self.looked = None;
        self.active = 1;
        self.start(1, running);
        if !running && made > 0 {
            self.sides[1].ask(Request::Steps(made));
        }
    }

    /// Puts a second run beside the first, which is not started. Says whether there was a thread to draw it with.
    pub(super) fn add_side(&mut self) -> bool {
        let first = &self.sides[0];
        let helpers = first.painter3.another(&self.ctx).and_then(|p| Ok((p, first.analyst.another(&self.ctx)?)));
        let (painter3, analyst) = match helpers {
            Ok(helpers) => helpers,
            Err(error) => {
                self.notice = Some(format!("there is no thread to draw a second run ({error}); close other programs"));
                return false;
            }
        };
        self.sides.push(first.opposite(painter3, analyst));
        true
    }

    /// Does what a menu or a key says.
    pub fn act(&mut self, action: Action) {
        let running = self.is_running();
        match action {
            Action::RunOrPause => self.ask_all(if running { Request::Pause } else { Request::Run }),
            Action::Step => self.ask_all(Request::Steps(1)),
            Action::ManySteps => self.ask_all(Request::Steps(100)),
            Action::Restart => self.restart(self.all_sides()),
            Action::NewSeed => {
                for side in &mut self.sides {
                    let seed = &mut side.draft.config.seed;
                    *seed = seed.wrapping_add(1).min(i64::MAX as u64);
                }
                self.restart(self.all_sides());
            }
            Action::SwitchCovariance => {
                let side = &mut self.sides[self.active];
                let covariance = side.other_covariance();
                side.settings.objective.covariance = covariance;
                side.ask(Request::Command(Command::Covariance(covariance)));
            }
            Action::Compare => self.compare_or_not(),
            Action::SwapSides => self.sides.reverse(),
            Action::Open => self.opening = Some(open::OpenDialog::default()),
            Action::OpenRecent(number) => self.open_recent(number),
            Action::SaveSession => self.save_session(),
            Action::SaveRun => self.save_run(),
            Action::CopyRecipe => self.copy_recipe(),
            // The clipboard answers with an event, as if the keys had been pressed.
            Action::PasteRecipe => self.ctx.send_viewport_cmd(egui::ViewportCommand::RequestPaste),
            Action::SaveWindow => self.shoot(),
            Action::Export => self.export(None),
            Action::SaveView(pane) => self.export(Some(pane.view)),
            Action::Maximise(view) => {
                let alone = &mut self.layout().alone;
                *alone = if *alone == Some(view) { None } else { Some(view) };
            }
            Action::ResetView => {
                *self.layout() = if self.sides.len() > 1 { Layout::compare() } else { Layout::single() };
                self.selection = self.selection.at_start();
                self.fit_selection();
            }
            Action::Look(key) => {
                if let Some((stage, _)) = self.sides[self.active].stage(&self.background)
                    && stage.projection.dims() == 3
                {
                    views::space::look(&mut self.selection, key, &stage);
                }
            }
            Action::Morph => self.selection.play(Motion::Morph),
            Action::TraverseAll => self.selection.play(Motion::TraverseAll),
            Action::Nudge(key) => views::latent::nudge(&mut self.selection, key),
            Action::SwitchTheme => {
                let theme = if self.ctx.theme() == Theme::Dark { Theme::Light } else { Theme::Dark };
                self.ctx.set_theme(theme);
            }
            Action::Help => self.help = !self.help,
            Action::Escape => {
                if self.help || self.opening.is_some() || self.saving.is_some() || self.exporting.is_some() {
                    (self.help, self.opening, self.saving, self.exporting) = (false, None, None, None);
                } else if self.selection.moment.is_some() {
                    self.selection.moment = None;
                } else {
                    self.layout().alone = None;
                }
            }
            Action::RunFromHere => self.run_from_here(),
            Action::Quit => self.ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
    }

    /// Does what a view has asked for.
    pub(super) fn answer(&mut self) {
        let Some(ask) = self.selection.ask.take() else { return };
        let ctx = self.ctx.clone();
        let started = match ask {
            // Both runs, so that one sees which of them turns back.
            Ask::Kick(rotation) => {
                self.ask_all(Request::Command(Command::Rotate(rotation)));
                Ok(())
            }
            Ask::Seeds => {
                self.sides[self.active].strip(&ctx).map(|strip| self.background.strip = Some(Arc::new(strip)))
            }
            Ask::Adopt(i) => self.adopt(i),
            Ask::CloseSeeds => {
                self.background.strip = None;
                Ok(())
            }
            Ask::Certify => match self.sides[self.active].draft.config.origin.scene() {
                Some(scene) => Certifier::start(scene, &ctx).map(|it| self.background.certifier = Some(Arc::new(it))),
                None => Ok(()),
            },
            Ask::StopCertifying => {
                self.background.certifier = None;
                Ok(())
            }
            Ask::Switch(side, number) => {
                self.switch_branch(side, number);
                Ok(())
            }
            Ask::CloseBranch(side, number) => {
                self.sides[side].ask(Request::Close(number));
                Ok(())
            }
        };
        if let Err(error) = started {
            self.notice = Some(format!("this cannot be started ({error}); close other programs"));
        }
    }

    /// Makes one run of the strip the main one, as it stands.
    fn adopt(&mut self, i: usize) -> std::io::Result<()> {
        let Some(strip) = &self.background.strip else { return Ok(()) };
        let Some((_, Some(newest), _)) = strip.runs().nth(i) else { return Ok(()) };
        let Ok(snapshot) = &*newest else { return Ok(()) };
        let (config, data) = (snapshot.config.as_ref().clone(), Arc::clone(&snapshot.data));
        let copy = strip.copy_of(i);
        self.selection.moment = None;
        let side = &mut self.sides[self.active];
        side.replace(config, data);
        side.continue_with(copy, &self.ctx, self.pace)
    }
}
