//! What is saved, exported and opened through dialogs.

use std::sync::Arc;

use eframe::egui::{ColorImage, Context};

use super::panels::drawing::Scenery;
use super::panels::export::ExportDialog;
use super::panels::{self, open, save};
use super::side::Side;
use super::views::View;
use super::{App, What};
use crate::io::provenance::KEYWORD;
use crate::io::{EMBEDDED_IN_FIGURE, program, session_file};
use crate::paint::encode_png;

/// How the names of session files end.
const SESSION: &str = "unpick";

impl App {
    /// Offers to export a view, or the one that is shown alone, or all.
    pub(super) fn export(&mut self, view: Option<View>) {
        let Some(run) = self.sides[0].moments() else { return };
        let beside = self.sides.get(1).and_then(Side::moments);
        let layout = self.layout().clone();
        let what = view.or(layout.alone).map_or(What::All, What::One);
        let name = self.run_name(0);
        let (selection, background) = (self.selection.clone(), self.background.clone());
        let scenery = Scenery { run, beside, selection, background, layout };
        self.exporting = Some(ExportDialog::new(scenery, what, self.ctx.theme(), &self.folder, &name));
    }

    /// Asks for a screenshot; it comes back after the frame has been drawn.
    pub(super) fn shoot(&self) {
        let (sender, ctx) = (self.screenshots.0.clone(), self.ctx.clone());
        self.ctx.request_screenshot(move |image| {
            // The window may have gone meanwhile.
            drop(sender.send(image));
            ctx.request_repaint();
        });
    }

    /// Offers to save a screenshot that has come back, with the session of what it shows in it.
    pub(super) fn take_screenshot(&mut self) {
        let Ok(image) = self.screenshots.1.try_recv() else { return };
        let scale = self.ctx.pixels_per_point();
        let name = self.run_name(0);
        let about = format!("{} × {} pixels", image.size[0], image.size[1]);
        let session = self.session_up_to(Side::shown);
        let session = session.and_then(|session| session.to_json(EMBEDDED_IN_FIGURE).ok());
        let program = program();
        let texts = [("Software", program.as_str())].into_iter().chain(session.as_deref().map(|text| (KEYWORD, text)));
        match encode_png(&ColorImage::clone(&image).into(), scale, &texts.collect::<Vec<_>>()) {
            Ok(bytes) => {
                let content = save::Content::File(bytes);
                let ready = save::Ready { title: "Save picture", what: "window", about, extension: "png", content };
                self.saving = Some(save::SaveDialog::new(ready, &self.folder, &name));
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// scene_covariance_beta_seed_step.
    pub(super) fn run_name(&self, side: usize) -> String {
        let Some(snapshot) = self.sides.get(side).and_then(Side::shown) else { return "unpick".to_owned() };
        let name: String =
            snapshot.config.origin.name().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let objective = &snapshot.settings.objective;
        let (covariance, beta) = (objective.covariance.name(), objective.beta);
        format!("{name}_{covariance}_beta{beta}_seed{}_step{:06}", snapshot.config.seed, snapshot.step)
    }

    /// Offers to save the run that the controls belong to, as it is now.
    pub(super) fn save_session(&mut self) {
        let Some(session) = self.session() else { return };
        match session_file(&session) {
            Ok(text) => {
                let about = format!("Everything that is needed to repeat the run to step {}.", session.steps);
                let (title, content) = ("Save session", save::Content::File(text.into_bytes()));
                let ready = save::Ready { title, what: "session", about, extension: SESSION, content };
                let name = self.run_name(0);
                self.saving = Some(save::SaveDialog::new(ready, &self.folder, &name));
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// Offers to save the moment that is shown of the run that the controls belong to as `unpick train` does.
    pub(super) fn save_run(&mut self) {
        let Some(run) = self.sides[self.active].shown().map(Arc::clone) else { return };
        let about =
            "A folder with the model as safetensors, data, history, metrics, configuration and session.".to_owned();
        let (title, content) = ("Save run", save::Content::Run(run));
        let ready = save::Ready { title, what: "run", about, extension: "", content };
        let name = self.run_name(self.active);
        self.saving = Some(save::SaveDialog::new(ready, &self.folder, &name));
    }

    /// Draws the dialog that is open, if one is, and does what was chosen in it.
    pub(super) fn dialogs(&mut self, ctx: &Context) {
        panels::help::show(ctx, &mut self.help);
        if let Some(dialog) = &mut self.opening {
            match dialog.show(ctx) {
                open::Outcome::Open => {}
                open::Outcome::Cancelled => self.opening = None,
                open::Outcome::Chosen(path) => {
                    self.opening = None;
                    self.open_file(&path);
                }
            }
        }
        let saving = self.saving.as_mut().map(|dialog| dialog.show(ctx));
        let exporting = self.exporting.as_mut().map(|dialog| dialog.show(ctx));
        for outcome in [saving, exporting].into_iter().flatten() {
            match outcome {
                save::Outcome::Open => {}
                save::Outcome::Cancelled => (self.saving, self.exporting) = (None, None),
                save::Outcome::Saved(path) => {
                    if let Some(folder) = path.parent() {
                        folder.clone_into(&mut self.folder);
                        self.saved_in = Some(folder.to_owned());
                    }
                    if path.extension().is_some_and(|e| e == SESSION) {
                        self.remember(&path);
                    }
                    self.notice = Some(format!("saved {}", path.display()));
                    (self.saving, self.exporting) = (None, None);
                }
            }
        }
    }
}
