//! One frame of the window: input to commands, panels and views, then the commands.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{
    self, Align2, Area, CentralPanel, Context, Id, Key, KeyboardShortcut, Label, Modifiers, Panel, Popup, RichText, Ui,
    UiBuilder, vec2,
};

use super::lesson;
use super::lesson::panel::PanelState;
use super::panels;
use super::panels::slow_step::ShownStep;
use super::pointer::focus_ring;
use super::presenter;
use super::run_slot::RunSlot;
use super::state::App;
use crate::lesson::Task;
use crate::sentence::sentence;
use crate::viz::command::{FIRST_LESSON, UiCommand};
use crate::viz::context::ViewContext;
use crate::viz::run_names::run_names;
use crate::viz::views::{command_table, key_of};

/// The height of the line at the foot of the window.
const STATUS_LINE: f32 = 28.0;

/// The room in which the text of a lesson stands beside the views, and not beneath.
const BESIDE_LESSON: f32 = 640.0;

/// The least height of the text of a lesson beneath presented views: its title and two lines.
const LEAST_TEXT: f32 = 90.0;

/// The share of the window that it takes at most.
const MOST_TEXT: f32 = 0.44;

/// Its text while there is nothing else to say.
const HINT: &str = "Space runs and pauses, F1 lists all keys";

/// The log line that `benches/start.sh` waits for.
const FIRST_FRAME: &str = "the first frame is on the screen";

/// True for the letters A to Z.
fn is_letter(key: Key) -> bool {
    matches!(key.name().as_bytes(), [letter] if letter.is_ascii_alphabetic())
}

impl App {
    /// Draws one frame and executes the commands that were asked for in it, in the order of asking.
    pub fn frame(&mut self, ui: &mut Ui) {
        self.take_views();
        self.follow_lesson();
        self.follow_slow_step();
        self.take_screenshot();
        self.fit_screen();
        self.fit_zoom();
        let ctx = ui.ctx().clone();
        if self.selection.move_on(f64::from(ctx.input(|i| i.stable_dt))) {
            ctx.request_repaint();
        }
        self.send_input(&ctx);

        if let Some(presenter) = self.presenter {
            self.presented(ui);
            presenter::cover(&ctx, &presenter);
        } else {
            self.whole(ui);
        }
        self.speaker_notes(&ctx);
        self.dialogs(&ctx);
        focus_ring(&ctx);
        self.was_writing = ctx.output(|output| output.ime.is_some());
        self.execute_commands();
        self.uncover_dialog();
        self.follow_changes(&ctx);
        if self.selection.follow_pointer() {
            ctx.request_repaint();
        }
        self.request_shown_step();
        self.save_regularly();
    }

    /// The window with all its panels.
    fn whole(&mut self, ui: &mut Ui) {
        let shows_controls = *self.shows_controls();
        let views: Vec<_> = self.runs.iter().map(|run| run.view.as_ref()).collect();
        let (recent, queue) = (&self.autosave.recent, &*self.commands);
        let drawn: Vec<_> = self.runs.iter().map(|run| run.newest_drawn().map(Arc::as_ref)).collect();
        let bar = panels::menu_bar::Bar {
            views: &views,
            drawn: &drawn,
            pace: self.pace,
            recent,
            shows_controls,
            ways: self.undo.ways.each_ref().map(Option::as_deref),
            commands: queue,
        };
        Panel::top("menu").show(ui, |ui| panels::menu_bar::show(ui, &bar));
        self.argument(ui);
        self.status_line(ui);
        self.slow_step_panel(ui);
        self.lesson_text(ui);
        let margin = egui::Frame::central_panel(ui.style()).inner_margin(6.0);
        let centre = CentralPanel::default().frame(margin);
        if shows_controls && ui.available_width() < panels::room::WITH_VIEWS {
            centre.show(ui, |ui| self.controls(ui));
        } else {
            if shows_controls {
                let panel = Panel::left("controls").default_size(248.0).size_range(220.0..=360.0);
                panel.show(ui, |ui| self.controls(ui));
            }
            centre.show(ui, |ui| self.views(ui));
        }
    }

    /// The views and the text of the lesson, and nothing else.
    fn presented(&mut self, ui: &mut Ui) {
        self.argument(ui);
        self.slow_step_panel(ui);
        self.lesson_text(ui);
        let margin = egui::Frame::central_panel(ui.style()).inner_margin(6.0);
        CentralPanel::default().frame(margin).show(ui, |ui| self.views(ui));
    }

    /// The links of the argument, and what the views prove that one of them shows.
    fn argument(&mut self, ui: &mut Ui) {
        if !panels::room::is_tall(ui.ctx()) {
            return;
        }
        let shown = self.shown_preset();
        if self.shows_argument {
            self.strip.is_training = self.is_running();
            // What a lesson asks is not told before it is answered.
            let is_told = self.lesson.as_ref().is_none_or(|open| open.entered.is_some() && !open.is_covered());
            let runs = self.runs.iter().filter(|_| is_told);
            let contexts = runs.map(|run| run.context(&self.background, &self.commands)).collect::<Option<Vec<_>>>();
            let (contexts, strip) = (contexts.unwrap_or_default(), &mut self.strip);
            Panel::top("argument").exact_size(panels::argument_strip::STRIP).show(ui, |ui| {
                panels::argument_strip::show(ui, &contexts, &self.selection, strip, shown);
            });
        }
        if let Some(preset) = shown.filter(|preset| preset.sentence().is_some()) {
            Panel::top("what it proves").show(ui, |ui| panels::argument_strip::sentence(ui, preset));
        }
    }

    /// The text of the lesson: left of the views or, where that leaves them no room, beneath.
    fn lesson_text(&mut self, ui: &mut Ui) {
        if !self.shows_lesson_text {
            return;
        }
        let (is_changed, is_presenting) = (self.has_left_lesson(), self.presenter.is_some());
        let elsewhere = self.scene_beside_lesson();
        let Some(open) = &mut self.lesson else { return };
        let highlighted = self.selection.highlighted;
        let state = PanelState { is_changed, elsewhere, is_presenting, highlighted, commands: &self.commands };
        let room = ui.available_size();
        let views = open.step().views.iter().flatten().count() * self.runs.len();
        // Beside large text there is room for one view.
        let is_beneath = room.x < BESIDE_LESSON || (is_presenting && views > 1);
        let panel = match (is_beneath, is_presenting) {
            (false, false) => Panel::left("lesson").default_size(0.3 * room.x).size_range(200.0..=(0.5 * room.x)),
            (false, true) => Panel::left("lesson presented").exact_size(0.36 * room.x),
            (true, false) => {
                let panel = Panel::bottom("lesson beneath").default_size(0.42 * room.y);
                panel.size_range(150.0..=(0.6 * room.y))
            }
            (true, true) => {
                let height = open.text_height.clamp(LEAST_TEXT, (MOST_TEXT * room.y).max(LEAST_TEXT));
                Panel::bottom("lesson presented beneath").exact_size(height)
            }
        };
        let pointed = panel.show(ui, |ui| lesson::panel::show(ui, open, &state)).inner;
        self.selection.pointed = pointed.or(self.selection.pointed);
    }

    /// Sends dropped files, a pasted recipe, and the commands of pressed keys.
    fn send_input(&self, ctx: &Context) {
        // A field that is left by Escape has lost the keyboard already.
        let was_writing = self.was_writing;
        let (queue, modal) = (&self.commands, self.is_dialog_open());
        let dropped = ctx.input(|i| i.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
        // While a dialog asks for something else, a file falls on what is behind it.
        let asks_for_file = self.opening.is_some() || self.importing.is_some() || self.asking_model.is_some();
        if let Some(path) = dropped.filter(|_| !modal || asks_for_file) {
            queue.send(UiCommand::OpenFile(path));
        }
        // What is typed while a dialog is open is meant for the dialog.
        let free = !ctx.text_edit_focused() && !ctx.egui_wants_keyboard_input() && !modal;
        let pasted = |event: &egui::Event| match event {
            egui::Event::Paste(text) => Some(text.clone()),
            _ => None,
        };
        if free && let Some(text) = ctx.input(|i| i.events.iter().find_map(pasted)) {
            queue.send(UiCommand::OpenRecipe(text));
        }
        let menu = Popup::is_any_open(ctx);
        // Takes the keys in the order in which they were pressed.
        let (has_lesson, is_presenting) = (self.lesson.is_some(), self.presenter.is_some());
        let (has_slow_step, is_writing) = (self.slow_step.is_some(), ctx.text_edit_focused());
        let covered = self.lesson.as_ref().filter(|open| open.is_covered()).map(|open| match &open.step().task {
            Some(Task::Choose { choices, .. }) => choices.len(),
            _ => 0,
        });
        let remains = |event: &egui::Event| {
            let egui::Event::Key { key, modifiers, pressed: true, .. } = event else { return true };
            // A digit answers the question that covers the views, and does nothing behind it.
            if let (Some(choices), Ok(digit)) = (covered, key.name().parse::<usize>())
                && free
                && !menu
                && modifiers.is_none()
            {
                if (1..=choices).contains(&digit) {
                    queue.send(UiCommand::AnswerLesson(digit - 1));
                }
                return false;
            }
            let moment = |key: Key| match key {
                Key::ArrowRight if has_slow_step && modifiers.is_none() => Some(UiCommand::StepMoment(true)),
                Key::ArrowLeft if has_slow_step && modifiers.is_none() => Some(UiCommand::StepMoment(false)),
                _ => lesson_key(key, *modifiers, has_lesson, is_presenting),
            };
            if let Some(command) = moment(*key).filter(|_| free && !menu && !modal) {
                queue.send(command);
                return false;
            }
            let (key, modifiers) = match key {
                // Plus is Shift and = on many keyboards.
                Key::Equals => (Key::Plus, *modifiers),
                Key::Y if modifiers.command => (Key::Z, modifiers.plus(Modifiers::SHIFT)),
                _ => (*key, *modifiers),
            };
            let means = |s: KeyboardShortcut| s.logical_key == key && modifiers.matches_logically(s.modifiers);
            let entries = command_table().iter().filter(|entry| entry.shortcut.is_some_and(means));
            // A key with Shift is meant before the same key without it.
            let Some(entry) = entries.max_by_key(|entry| entry.shortcut.is_some_and(|s| s.modifiers.shift)) else {
                return true;
            };
            let acts = match entry.command {
                // An open menu closes itself, and a field in the window is left with its old value.
                UiCommand::Escape => !menu && (modal || !was_writing),
                UiCommand::ToggleHelp | UiCommand::ToggleGlossary => true,
                // Also while a button has the keyboard.
                UiCommand::StepLesson(_) => !modal && !menu && !is_writing,
                UiCommand::TogglePalette => !modal || self.palette.is_some(),
                // A text takes back its own changes.
                UiCommand::Undo | UiCommand::Redo => free && !menu,
                // A key without Ctrl is meant for a control that has the keyboard, but a letter only for one that is written in.
                _ => {
                    let is_for_window = free || (is_letter(key) && !is_writing);
                    !modal && ((is_for_window && !menu) || entry.shortcut.is_some_and(|s| s.modifiers.command))
                }
            };
            if acts {
                queue.send(entry.command.clone());
            }
            !acts
        };
        ctx.input_mut(|i| i.events.retain(remains));
    }

    /// The line at the foot of the window, which is always there, so that nothing moves: the offer of the last session, the step that is
    /// shown, or the notice. A long notice unfolds above it.
    fn status_line(&mut self, ui: &mut Ui) {
        let panel = Panel::bottom("status line").exact_size(STATUS_LINE).show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                let shows = self.restore_offer(ui) | self.shown_step(ui) | self.lesson_offer(ui);
                let Some(notice) = &self.notice else {
                    if !shows {
                        ui.add(Label::new(RichText::new(HINT).weak()).truncate());
                    }
                    return false;
                };
                if ui.button("Dismiss").clicked() {
                    self.commands.send(UiCommand::CloseNotice);
                }
                let text = RichText::new(sentence(notice)).strong();
                let whole = Label::new(text.clone()).extend();
                let (_, galley, _) = whole.layout_in_ui(&mut ui.new_child(UiBuilder::new().sizing_pass().invisible()));
                let is_long = galley.size().x > ui.available_width();
                ui.add(Label::new(text).truncate());
                is_long
            })
            .inner
        });
        if let (true, Some(notice)) = (panel.inner, &self.notice) {
            let foot = panel.response.rect.left_top() + vec2(8.0, -4.0);
            Area::new(Id::unique("long notice")).fixed_pos(foot).pivot(Align2::LEFT_BOTTOM).show(ui.ctx(), |ui| {
                egui::Frame::popup(ui.style()).show(ui, |ui| {
                    ui.set_max_width(panel.response.rect.width() - 40.0);
                    ui.label(sentence(notice));
                });
            });
        }
    }

    /// Offers a newcomer the first lesson. Says whether it does.
    fn lesson_offer(&mut self, ui: &mut Ui) -> bool {
        if !self.offers_lesson || self.lesson.is_some() || self.notice.is_some() {
            return false;
        }
        ui.strong("New here?");
        let open = UiCommand::OpenLesson(FIRST_LESSON);
        let key = key_of(&open).map_or(String::new(), |key| ui.ctx().format_shortcut(&key));
        let button = egui::Button::new("The first five minutes").shortcut_text(key);
        if ui.add(button).on_hover_text("A short lesson on what can be dragged").clicked() {
            self.commands.send(open);
            self.offers_lesson = false;
        }
        if ui.button("Not now").clicked() {
            self.offers_lesson = false;
        }
        true
    }

    fn controls(&mut self, ui: &mut Ui) {
        let shown: Vec<_> = self.runs.iter().filter_map(RunSlot::shown).map(Arc::as_ref).collect();
        let (names, steps) = (run_names(&shown), shown.iter().map(|snapshot| snapshot.step));
        let behind = steps.clone().max().zip(steps.min()).map_or(0, |(most, least)| most - least);
        let run = &mut self.runs[self.active];
        let snapshot = run.shown().cloned();
        let RunSlot { settings, draft, .. } = run;
        let state = panels::controls::ControlsState {
            snapshot: snapshot.as_deref(),
            settings,
            draft,
            names: &names,
            behind,
            keeps_seed: &mut self.keeps_seed,
            active: self.active,
            commands: &self.commands,
        };
        panels::controls::show(ui, state, &mut self.selection);
    }

    fn views(&mut self, ui: &mut Ui) {
        let is_turning = std::mem::take(&mut self.selection.is_turning);
        for run in &mut self.runs {
            run.renew_probe(&self.selection);
            run.turn(&self.selection, is_turning);
        }
        let commands = Rc::clone(&self.commands);
        if let Some(open) = &mut self.lesson {
            if open.is_covered() {
                return lesson::task_panel::cover(ui, open, &commands);
            }
            if open.entered.is_none() {
                let failure = open.prepared().and_then(Result::err);
                let words = failure.map_or("Preparing the run…".to_owned(), |failure| sentence(&failure));
                ui.centered_and_justified(|ui| ui.label(words));
                return;
            }
        }
        self.fit_preset();
        let own = &mut self.layouts[self.runs.len() - 1];
        let layout = self.preset.as_mut().unwrap_or(own);
        let slow_step = self.slow_step.as_ref().map(ShownStep::marks);
        let presented = self.presenter.is_some();
        let contexts = self.runs.iter().enumerate().map(|(k, run)| {
            let context = run.context(&self.background, &commands)?;
            Some(ViewContext { slow_step: slow_step.filter(|_| k == 0), presented, ..context })
        });
        let Some(contexts) = contexts.collect::<Option<Vec<_>>>() else {
            ui.centered_and_justified(|ui| ui.label("Preparing the run…"));
            return;
        };
        if let Some(few) = &mut self.few {
            few.swap_layers(&mut self.selection);
        }
        layout.show(ui, &contexts, &mut self.selection, presented);
        if let Some(few) = &mut self.few {
            few.swap_layers(&mut self.selection);
        }
        self.selection.end_stale_preview();
        if is_turning != self.selection.is_turning {
            ui.ctx().request_repaint();
        }
        if self.frames < 2 {
            self.frames += 1;
            if self.frames == 2 {
                // The one before this has been painted.
                log::debug!("{FIRST_FRAME}");
            }
        }
    }
}

/// The meaning of a key while a lesson is open or presented, where it differs from the usual one: arrows step, as the keys of clickers do,
/// and with Shift they move z*.
fn lesson_key(key: Key, modifiers: Modifiers, has_lesson: bool, is_presenting: bool) -> Option<UiCommand> {
    match key {
        Key::ArrowRight if has_lesson && modifiers.is_none() => Some(UiCommand::StepLesson(true)),
        Key::ArrowLeft if has_lesson && modifiers.is_none() => Some(UiCommand::StepLesson(false)),
        Key::ArrowDown if has_lesson && is_presenting && modifiers.is_none() => Some(UiCommand::StepLesson(true)),
        Key::ArrowUp if has_lesson && is_presenting && modifiers.is_none() => Some(UiCommand::StepLesson(false)),
        Key::B | Key::Period if is_presenting && modifiers.is_none() => Some(UiCommand::ToggleBlank),
        _ => None,
    }
}

impl eframe::App for App {
    fn raw_input_hook(&mut self, ctx: &Context, raw: &mut egui::RawInput) {
        let at = ctx.input(|i| i.pointer.latest_pos());
        self.pointer_scale.mend(ctx.zoom_factor(), &mut raw.events, at);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let start = Instant::now();
        self.frame(ui);
        log::trace!("a frame took {:.1} ms", 1e3 * start.elapsed().as_secs_f64());
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.store(storage);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.close();
    }
}
