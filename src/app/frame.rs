//! One frame of the window: input to commands, panels and views, then the commands.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{
    self, Align2, Area, CentralPanel, Context, Id, Key, KeyboardShortcut, Label, Panel, Popup, RichText, Ui, UiBuilder,
    vec2,
};

use super::panels;
use super::run_slot::RunSlot;
use super::state::App;
use crate::sentence::sentence;
use crate::viz::command::UiCommand;
use crate::viz::run_names::run_names;
use crate::viz::views::command_table;

/// The height of the line at the foot of the window.
const STATUS_LINE: f32 = 28.0;

/// Its text while there is nothing else to say.
const HINT: &str = "Space runs and pauses, F1 lists all keys";

/// The log line that `benches/start.sh` waits for.
const FIRST_FRAME: &str = "the first frame is on the screen";

impl App {
    /// Draws one frame and executes the commands that were asked for in it, in the order of asking.
    pub fn frame(&mut self, ui: &mut Ui) {
        self.take_views();
        self.take_screenshot();
        self.fit_screen();
        self.fit_zoom();
        let ctx = ui.ctx().clone();
        if self.selection.move_on(f64::from(ctx.input(|i| i.stable_dt))) {
            ctx.request_repaint();
        }
        self.send_input(&ctx);

        let views: Vec<_> = self.runs.iter().map(|run| run.view.as_ref()).collect();
        let (recent, queue) = (&self.autosave.recent, &*self.commands);
        let shows_controls = self.shows_controls[usize::from(panels::room::is_wide(&ctx))];
        let drawn: Vec<_> = self.runs.iter().map(|run| run.newest_drawn().map(Arc::as_ref)).collect();
        let bar = panels::menu_bar::Bar {
            views: &views,
            drawn: &drawn,
            pace: self.pace,
            recent,
            shows_controls,
            commands: queue,
        };
        Panel::top("menu").show(ui, |ui| panels::menu_bar::show(ui, &bar));
        self.status_line(ui);
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
        self.dialogs(&ctx);
        self.execute_commands();
        self.request_shown_step();
        self.save_regularly();
    }

    /// Sends dropped files, a pasted recipe, and the commands of pressed keys.
    fn send_input(&self, ctx: &Context) {
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
        let remains = |event: &egui::Event| {
            let egui::Event::Key { key, modifiers, pressed: true, .. } = event else { return true };
            // Plus is Shift and = on many keyboards.
            let key = if *key == Key::Equals { Key::Plus } else { *key };
            let means = |s: KeyboardShortcut| s.logical_key == key && modifiers.matches_logically(s.modifiers);
            let Some(entry) = command_table().iter().find(|entry| entry.shortcut.is_some_and(means)) else {
                return true;
            };
            let acts = match entry.command {
                // An open menu closes itself.
                UiCommand::Escape => !menu,
                UiCommand::ToggleHelp => true,
                // A key without Ctrl is meant for a control that has the keyboard.
                _ => !modal && ((free && !menu) || entry.shortcut.is_some_and(|s| s.modifiers.command)),
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
                let shows = self.restore_offer(ui) | self.shown_step(ui);
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
        for run in &mut self.runs {
            run.renew_probe(&self.selection);
        }
        let commands = Rc::clone(&self.commands);
        let layout = &mut self.layouts[self.runs.len() - 1];
        let contexts = self.runs.iter().map(|run| run.context(&self.background, &commands));
        let Some(contexts) = contexts.collect::<Option<Vec<_>>>() else {
            ui.centered_and_justified(|ui| ui.label("Preparing the run…"));
            return;
        };
        layout.show(ui, &contexts, &mut self.selection);
        self.selection.end_stale_preview();
        if self.frames < 2 {
            self.frames += 1;
            if self.frames == 2 {
                // The one before this has been painted.
                log::debug!("{FIRST_FRAME}");
            }
        }
    }
}

impl eframe::App for App {
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
