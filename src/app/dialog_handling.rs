//! The dialogs for saving, exporting, opening and importing.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{ColorImage, Context};

use super::dialogs::export::ExportDialog;
use super::dialogs::export_settings::ExportSource;
use super::dialogs::palette::row::PaletteContext;
use super::dialogs::save::{Content, Ready, SaveDialog};
use super::panels;
use super::run_slot::RunSlot;
use super::state::App;
use crate::figure::content::FigureContent;
use crate::io::provenance::KEYWORD;
use crate::io::{program, session_file};
use crate::paint::encode_png;
use crate::viz::selection::Selection;
use crate::viz::view::View;

/// The extension of session files.
const SESSION: &str = "unpick";

impl App {
    /// Offers to export a view, or the one that is shown alone, or all.
    pub(super) fn export(&mut self, view: Option<View>) {
        let Some(run) = self.runs[0].time_points() else { return };
        let beside = self.runs.get(1).and_then(RunSlot::time_points);
        let layout = self.layout().clone();
        let all = self.shown_preset().map_or(FigureContent::All, FigureContent::Few);
        let content = view.or(layout.alone).map_or(all, FigureContent::One);
        let name = self.run_name(0);
        // What the pointer is on is no part of a figure.
        let selection = Selection { highlighted: None, pointed: None, ..self.selection.clone() };
        let background = self.background.clone();
        let source = ExportSource { run, beside, selection, background, layout };
        self.exporting = Some(ExportDialog::new(source, content, self.ctx.theme(), &self.folder, &name));
    }

    /// Asks for a screenshot; it comes back once the frame is drawn.
    pub(super) fn take_picture(&self) {
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
        let session = self.session_up_to(RunSlot::shown);
        let session = session.and_then(|session| session.for_figure(false).ok());
        let program = program();
        let texts = [("Software", program.as_str())].into_iter().chain(session.as_deref().map(|text| (KEYWORD, text)));
        match encode_png(&ColorImage::clone(&image).into(), scale, &texts.collect::<Vec<_>>()) {
            Ok(bytes) => {
                let content = Content::File(bytes);
                let ready = Ready { title: "Save picture", what: "window", about, extension: "png", content };
                self.saving = Some(SaveDialog::new(ready, &self.folder, &name));
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// scene_covariance_beta_seed_step.
    fn run_name(&self, run: usize) -> String {
        let Some(snapshot) = self.runs.get(run).and_then(RunSlot::shown) else { return "unpick".to_owned() };
        let name: String =
            snapshot.config.origin.name().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let objective = &snapshot.settings.objective;
        let (covariance, beta) = (objective.covariance.name(), objective.beta);
        format!("{name}_{covariance}_beta{beta}_seed{}_step{:06}", snapshot.config.seed, snapshot.step)
    }

    /// Offers to save the session of the runs.
    pub(super) fn save_session(&mut self) {
        let Some(session) = self.session() else { return };
        match session_file(&session) {
            Ok(text) => {
                let about = format!("Everything that is needed to repeat the run to step {}.", session.steps);
                let (title, content) = ("Save session", Content::File(text.into_bytes()));
                let ready = Ready { title, what: "session", about, extension: SESSION, content };
                let name = self.run_name(0);
                self.saving = Some(SaveDialog::new(ready, &self.folder, &name));
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// Offers to save the shown time point of the active run as `unpick train` does.
    pub(super) fn save_run(&mut self) {
        let Some(run) = self.runs[self.active].shown().map(Arc::clone) else { return };
        let about =
            "A folder with the model as safetensors, data, history, metrics, configuration and session.".to_owned();
        let (title, content) = ("Save run", Content::Run(run));
        let ready = Ready { title, what: "run", about, extension: "", content };
        let name = self.run_name(self.active);
        self.saving = Some(SaveDialog::new(ready, &self.folder, &name));
    }

    /// Draws the open dialogs; they send commands.
    pub(super) fn dialogs(&mut self, ctx: &Context) {
        panels::help::show(ctx, &mut self.help);
        if let Some(glossary) = &mut self.glossary {
            let (open, pointed) = glossary.show(ctx, self.selection.highlighted, &self.commands);
            self.selection.pointed = pointed.or(self.selection.pointed);
            if !open {
                self.glossary = None;
            }
        }
        let commands = &self.commands;
        if let Some(dialog) = &mut self.opening {
            dialog.show(ctx, commands);
        }
        if let Some(dialog) = &mut self.importing {
            dialog.show(ctx, commands);
        }
        if let Some(dialog) = &mut self.saving {
            dialog.show(ctx, commands);
        }
        if let Some(dialog) = &mut self.exporting {
            dialog.show(ctx, commands);
        }
        if let Some(dialog) = &mut self.asking_model {
            dialog.show(ctx, commands);
        }
        if let Some(dialog) = &mut self.asking_beta {
            dialog.show(ctx, commands);
        }
        self.show_palette(ctx);
    }

    /// Draws the palette if it is open. Its rows are about the active run.
    fn show_palette(&mut self, ctx: &Context) {
        let Some(mut palette) = self.palette.take() else { return };
        if let Some(snapshot) = self.runs[self.active].snapshot().map(Arc::clone) {
            let context = PaletteContext {
                settings: &self.runs[self.active].settings,
                architecture: &snapshot.config.architecture,
                threads: snapshot.config.threads,
                samples: snapshot.data.train.samples(),
                step: snapshot.step,
                seed: snapshot.config.seed,
                z: self.selection.rest(),
                phi: self.selection.phi,
                pace: self.pace,
                refusal: &|command| self.refusal(command),
            };
            palette.show(ctx, &context, &self.commands);
        }
        self.palette = Some(palette);
    }

    /// Remembers the folder of a written file, says that it is saved, and closes the dialog that wrote it.
    pub(super) fn file_saved(&mut self, path: &Path) {
        if let Some(folder) = path.parent() {
            folder.clone_into(&mut self.folder);
            self.saved_in = Some(folder.to_owned());
        }
        if path.extension().is_some_and(|e| e == SESSION) {
            self.autosave.add_recent(path);
        }
        self.notice = Some(format!("saved {}", path.display()));
        (self.saving, self.exporting) = (None, None);
    }
}
