//! Executes the commands.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{Theme, ViewportCommand};

use super::dialogs::beta::BetaDialog;
use super::dialogs::open::{OpenDialog, OpenKind};
use super::dialogs::palette::popup::CommandPalette;
use super::panels::glossary::GlossaryPanel;
use super::run_slot::RunSlot;
use super::state::App;
use crate::checks::CheckWorker;
use crate::data::Scene;
use crate::experiment::{Command, FIXED};
use crate::figure::layout::Layout;
use crate::trainer::Request;
use crate::viz::command::{CommandQueue, UiCommand};
use crate::viz::motion::Motion;
use crate::viz::views::{data, latent};

impl App {
    /// Executes the commands of this frame in the order of asking, and those that they ask for.
    pub(super) fn execute_commands(&mut self) {
        loop {
            let commands = self.commands.take();
            if commands.is_empty() {
                return;
            }
            for command in commands {
                self.execute(command);
            }
        }
    }

    /// Executes a command.
    pub fn execute(&mut self, command: UiCommand) {
        use UiCommand as C;
        if let Some(reason) = self.refusal(&command) {
            self.notice = Some(reason);
            return;
        }
        match command {
            C::ShowOpenDialog => self.opening = Some(OpenDialog::new(OpenKind::File)),
            C::ShowFolderDialog => self.opening = Some(OpenDialog::new(OpenKind::Folder)),
            C::OpenFile(path) => {
                (self.opening, self.importing, self.asking_model) = (None, None, None);
                self.open_file(&path);
            }
            C::OpenModel(path, options) => {
                self.asking_model = None;
                self.open_model(&path, options);
            }
            C::StartImport => self.start_import(),
            C::OpenRecent(number) => self.open_recent(number),
            C::OpenRecipe(line) => self.open_recipe(&line),
            // The clipboard answers with an event, as if the keys had been pressed.
            C::PasteRecipe => self.ctx.send_viewport_cmd(ViewportCommand::RequestPaste),
            C::CopyRecipe => self.copy_recipe(),
            C::RestoreSession => self.restore_session(),
            C::ForgetSession => self.autosave.forget(),
            C::SaveSession => self.save_session(),
            C::SaveRun => self.save_run(),
            C::SaveScreenshot => self.take_picture(),
            C::ExportFigure(view) => self.export(view),
            C::FileSaved(path) => self.file_saved(&path),
            C::CloseDialogs => {
                (self.opening, self.saving, self.exporting) = (None, None, None);
                (self.importing, self.asking_beta, self.asking_model) = (None, None, None);
                self.palette = None;
            }
            C::TogglePalette => {
                self.palette = if self.palette.is_some() { None } else { Some(CommandPalette::default()) };
            }
            C::AskBeta => {
                let run = &self.runs[self.active];
                let latents = run.snapshot().map_or(run.draft.config.architecture.latent_dim, |s| s.latent_dim());
                self.asking_beta = Some(BetaDialog::new(Arc::clone(&run.data), latents, &self.ctx));
            }
            C::CloseNotice => self.notice = None,
            C::Quit => self.ctx.send_viewport_cmd(ViewportCommand::Close),

            C::RunOrPause => self.set_running(!self.is_running()),
            C::SetRunning(running) => self.set_running(running),
            C::Steps(steps) => self.ask_all(Request::Steps(steps)),
            C::StepsTo(steps) => self.ask_all(Request::StepsTo(steps)),
            C::SetPace(pace) => self.set_pace(pace),
            C::ToggleFullSpeed => self.set_pace(if self.pace.is_some() { None } else { self.pace_before }),
            C::Restart => self.restart(self.all_runs()),
            C::Repeat => {
                self.forget_changes();
                self.notice = None;
                self.selection.shown_step = None;
                self.ask_all(Request::Restart);
            }
            C::NextSeed => {
                for run in &mut self.runs {
                    let seed = &mut run.draft.config.seed;
                    *seed = seed.wrapping_add(1).min(i64::MAX as u64);
                }
                self.restart(self.all_runs());
            }
            C::SetSeed(seed) => {
                self.runs[self.active].draft.config.seed = seed;
                self.restart(self.active..=self.active);
            }
            C::SetNetwork(architecture) => {
                self.runs[self.active].set_network(*architecture);
                self.restart(self.active..=self.active);
            }
            C::SetScene(scene) => self.open_scene(*scene),
            C::ChangeScene(scene) => self.change_scene(&scene),
            C::Change(command) => self.change_run(self.active, command),
            C::SwitchCovariance => {
                let covariance = self.runs[self.active].other_covariance();
                self.change_run(self.active, Command::Covariance(covariance));
            }
            C::RotateLatents(rotation) => {
                self.rotations.push(rotation);
                self.ask_all(Request::Command(Command::Rotate(rotation)));
            }
            C::Compare => self.set_compared(self.runs.len() == 1),
            C::SetCompared(compared) => self.set_compared(compared),
            C::SwapRuns => self.runs.reverse(),
            C::SelectRun(run) => self.active = run.min(self.runs.len() - 1),
            C::RunFromHere => {
                self.forget_changes();
                self.run_from_here();
            }
            C::SwitchBranch(run, number) => {
                self.forget_changes();
                self.switch_branch(run, number);
            }
            C::CloseBranch(run, number) => {
                if let Some(run) = self.runs.get_mut(run) {
                    run.ask(Request::Close(number));
                }
            }
            C::TrainSeeds => {
                let seeds = self.runs[self.active].seed_ensemble(&self.ctx);
                if let Some(seeds) = self.started(seeds) {
                    self.background.seeds = Some(Arc::new(seeds));
                }
            }
            C::AdoptSeed(i) => {
                let adopted = self.adopt_seed(i);
                self.started(adopted);
            }
            C::CloseSeeds => self.background.seeds = None,
            C::RunChecks => self.run_checks(),
            C::StopChecks => self.background.checks = None,

            C::ToggleAlone(view) => {
                let alone = &mut self.layout().alone;
                *alone = if *alone == Some(view) { None } else { Some(view) };
            }
            C::SetAlone(view) => self.layout().alone = view,
            C::TogglePreset(preset) => self.toggle_preset(preset),
            C::ShowAllViews => {
                self.hide_preset();
                self.layout().alone = None;
            }
            C::Arrange(arrangement) => {
                let name = if self.runs.len() > 1 { "compared views" } else { "views" };
                (self.preset, self.few) = (None, None);
                *self.layout() = Layout::new(name, &arrangement);
            }
            C::ResetView => {
                let layout = if self.runs.len() > 1 { Layout::compare() } else { Layout::single() };
                let data = Arc::clone(&self.runs[0].data);
                (self.preset, self.few) = (None, None);
                *self.layout() = layout.suited(&data);
                self.selection = self.selection.at_start();
                self.fit_selection();
            }
            C::SetCamera(pose) => {
                let commands = CommandQueue::default();
                if let Some(context) = self.runs[self.active].context(&self.background, &commands)
                    && context.projection.dims() == 3
                {
                    data::pose_camera(&mut self.selection, pose, &context);
                }
            }
            C::PlayMorph => self.selection.play(Motion::Morph),
            C::PlayTraversal => self.selection.play(Motion::TraverseAll),
            C::Nudge(direction) => latent::nudge(&mut self.selection, direction),
            C::ToggleSlowStep => self.toggle_slow_step(),
            C::StepMoment(forward) => self.step_moment(forward),
            C::Undo => self.undo_change(),
            C::Redo => self.redo_change(),
            C::MoveTo(z) => {
                self.selection.move_to(z);
                self.selection.observation = None;
                self.fit_selection();
            }
            C::ToggleLayer(name) => {
                let layers = self.selection.layers.list().into_iter();
                layers.filter(|(layer, _, _)| *layer == name).for_each(|(_, _, on)| *on = !*on);
            }
            C::SetPhi(degrees) => self.selection.phi = degrees,
            C::OpenLesson(name) => self.open_lesson(name),
            C::StepLesson(forward) => self.step_lesson(forward),
            C::BackToLesson => self.back_to_lesson(),
            C::AnswerLesson(choice) => self.answer_lesson(choice),
            C::RevealLesson => self.reveal_lesson(),
            C::CloseLesson => self.close_lesson(),
            C::ToggleLessonText => self.shows_lesson_text = !self.shows_lesson_text,
            C::TogglePresenter => self.toggle_presenter(),
            C::ToggleBlank => self.toggle_blank(),
            C::ToggleSpotlight => self.toggle_spotlight(),
            C::ToggleFreeze => self.toggle_freeze(),
            C::ToggleNotes => {
                self.notes_since = if self.notes_since.is_some() { None } else { Some(Instant::now()) };
            }
            C::SwitchTheme => {
                let dark = self.ctx.theme() == Theme::Dark;
                self.ctx.set_theme(if dark { Theme::Light } else { Theme::Dark });
            }
            C::SetTheme(theme) => self.ctx.set_theme(theme),
            // One of both, so that Escape closes what is on top.
            C::ToggleHelp => {
                self.help = !self.help;
                self.glossary = None;
            }
            C::ToggleGlossary => {
                self.help = false;
                self.glossary = if self.glossary.is_some() { None } else { Some(GlossaryPanel::default()) };
            }
            C::ShowTerm(name) => self.glossary = Some(GlossaryPanel::at(name)),
            C::ToggleControls => {
                let shows = self.shows_controls();
                *shows = !*shows;
            }
            C::ToggleArgument => self.shows_argument = !self.shows_argument,
            C::Zoom(change) => self.zoom_by(change),
            C::Escape => self.escape(),
        }
    }

    /// Why a command cannot be executed.
    pub(super) fn refusal(&self, command: &UiCommand) -> Option<String> {
        match command {
            UiCommand::Undo if self.undo.ways[0].is_none() => Some("there is nothing to undo".to_owned()),
            UiCommand::Redo if self.undo.ways[1].is_none() => Some("there is nothing to redo".to_owned()),
            _ if self.is_model(self.active) && trains(command) => Some(FIXED.to_owned()),
            // The run behind it is not the one that is about to be shown.
            _ if trains(command) && self.lesson.as_ref().is_some_and(|open| open.entered.is_none()) => {
                Some("the run of the step is being prepared".to_owned())
            }
            _ => None,
        }
    }

    /// True while a dialog asks for a file.
    pub(super) fn is_dialog_open(&self) -> bool {
        self.opening.is_some()
            || self.importing.is_some()
            || self.saving.is_some()
            || self.exporting.is_some()
            || self.asking_beta.is_some()
            || self.asking_model.is_some()
            || self.palette.is_some()
    }

    /// Changes a run. A covariance chosen before the first step is the one it begins with.
    pub(super) fn change_run(&mut self, number: usize, command: Command) {
        let run = &mut self.runs[number];
        run.settings = command.applied_to(run.settings);
        let waits = !run.is_running() && run.snapshot().is_some_and(|snapshot| snapshot.step == 0);
        if waits && matches!(command, Command::Covariance(_)) {
            self.restart(number..=number);
            // A run that has not begun can go back to the other covariance.
            self.undo.era = self.undo_era();
            return;
        }
        self.runs[number].ask(Request::Command(command));
    }

    pub(super) fn set_running(&mut self, running: bool) {
        // A run that goes on has no use for a slow step.
        self.awaits_slow_step &= !running;
        for run in &mut self.runs {
            if running {
                run.train();
            } else {
                run.ask(Request::Pause);
            }
        }
    }

    /// A dialog that opens is not hidden by the help or the glossary.
    pub(super) fn uncover_dialog(&mut self) {
        let has_dialog = self.is_dialog_open();
        if has_dialog && !self.had_dialog {
            (self.help, self.glossary) = (false, None);
        }
        self.had_dialog = has_dialog;
    }

    /// Closes the help, the glossary or the dialog, or goes back to the newest step, or to all views.
    fn escape(&mut self) {
        if self.help {
            self.help = false;
        } else if self.glossary.is_some() {
            self.glossary = None;
        } else if self.is_dialog_open() {
            self.execute(UiCommand::CloseDialogs);
        } else if self.slow_step.take().is_some() || std::mem::take(&mut self.awaits_slow_step) {
            // That was the topmost thing.
        } else if self.selection.shown_step.is_some() {
            self.selection.shown_step = None;
        } else if self.presenter.is_some() {
            self.toggle_presenter();
        } else if self.layout().alone.is_some() {
            self.layout().alone = None;
        } else {
            self.hide_preset();
        }
    }

    /// Starts the runs again from step 0, with the settings that the controls show. One that has made its planned steps runs again.
    fn restart(&mut self, runs: RangeInclusive<usize>) {
        self.notice = None;
        self.selection.shown_step = None;
        for run in runs {
            let slot = &self.runs[run];
            let is_over = slot.snapshot().is_some_and(|snapshot| snapshot.step >= slot.planned());
            let running = slot.is_running() || is_over;
            self.runs[run].follow_controls();
            self.start(run, running);
        }
    }

    fn all_runs(&self) -> RangeInclusive<usize> {
        0..=self.runs.len() - 1
    }

    /// Adds a second run with the other covariance, or goes back to one run.
    fn set_compared(&mut self, compared: bool) {
        if compared == (self.runs.len() > 1) {
            return;
        }
        self.active = 0;
        if !compared {
            self.runs.truncate(1);
            self.fit_selection();
            self.arrange_anew();
            return;
        }
        let running = self.is_running();
        let made = self.runs[0].snapshot().map_or(0, |snapshot| snapshot.step);
        if !self.add_run() {
            return;
        }
        self.arrange_anew();
        // The new run has not been asked for the shown step.
        self.requested_step = None;
        self.active = 1;
        self.start(1, running);
        if !running && made > 0 {
            self.runs[1].ask(Request::Steps(made));
        }
    }

    /// Arranges the views of a lesson for another number of runs.
    fn arrange_anew(&mut self) {
        if self.shown_preset().is_none() && self.preset.is_some() {
            self.arrange_lesson();
        }
    }

    /// Starts all runs on the scene of this name again, with its new numbers.
    fn change_scene(&mut self, scene: &Scene) {
        let is_of_it = |run: &RunSlot| run.draft.config.origin.scene().is_some_and(|own| own.name == scene.name);
        for run in (0..self.runs.len()).filter(|run| is_of_it(&self.runs[*run])).collect::<Vec<_>>() {
            self.runs[run].set_scene(scene);
            self.restart(run..=run);
        }
        // Other data have another size.
        self.selection.camera = None;
        (self.background.seeds, self.background.checks) = (None, None);
    }

    fn run_checks(&mut self) {
        let Some(scene) = self.runs[self.active].draft.config.origin.scene() else { return };
        if Scene::named(&scene.name).is_some_and(|own| own != scene) {
            self.notice =
                Some("the predictions are about the scene as it is built in; choose it again to check them".to_owned());
            return;
        }
        let ctx = self.ctx.clone();
        let worker = CheckWorker::start(scene, move || ctx.request_repaint());
        if let Some(worker) = self.started(worker) {
            self.background.checks = Some(Arc::new(worker));
        }
    }

    /// The started thing, or a notice why there is none.
    fn started<T>(&mut self, outcome: std::io::Result<T>) -> Option<T> {
        let say = |error| self.notice = Some(format!("this cannot be started ({error}); close other programs"));
        outcome.map_err(say).ok()
    }

    /// Makes one run of the seed ensemble the active run, as it stands.
    fn adopt_seed(&mut self, i: usize) -> std::io::Result<()> {
        let Some(seeds) = &self.background.seeds else { return Ok(()) };
        let Some((_, Some(newest), _)) = seeds.runs().nth(i) else { return Ok(()) };
        let Ok(snapshot) = &*newest else { return Ok(()) };
        let (config, data) = (snapshot.config.as_ref().clone(), Arc::clone(&snapshot.data));
        let copy = seeds.copy_of(i);
        self.selection.shown_step = None;
        let run = &mut self.runs[self.active];
        run.replace(config, data);
        run.continue_with(copy, &self.ctx, self.pace)
    }
}

/// True for commands that train a run or start it again, which a model from a file cannot.
fn trains(command: &UiCommand) -> bool {
    use UiCommand as C;
    match command {
        C::RunOrPause
        | C::Steps(_)
        | C::Restart
        | C::Repeat
        | C::NextSeed
        | C::SetSeed(_)
        | C::SetNetwork(_)
        | C::SwitchCovariance
        | C::RotateLatents(_)
        | C::RunFromHere
        | C::TrainSeeds
        | C::Compare => true,
        C::SetRunning(on) | C::SetCompared(on) => *on,
        C::Change(change) => !matches!(change, Command::Beta(_) | Command::Sigma2(_)),
        _ => false,
    }
}
