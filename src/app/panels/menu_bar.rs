//! The menu bar, with the state of the runs beside it.

use std::path::PathBuf;

use eframe::egui::{Align, Button, Layout, MenuBar, RichText, Slider, Ui};

use crate::trainer::RunView;
use crate::viz::command::{CommandEntry, CommandQueue, Menu, UiCommand};
use crate::viz::draw::number::number;
use crate::viz::number_name::MINIBATCH_ELBO;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::views::{command_table, entry_of, key_of};

/// Draws the bar. `pace` is how many seconds the planned steps take (`None`: full speed); `recent` are recently opened files.
pub(crate) fn show(
    ui: &mut Ui,
    views: &[Option<&RunView>],
    pace: Option<f64>,
    recent: &[PathBuf],
    commands: &CommandQueue,
) {
    MenuBar::new().ui(ui, |ui| {
        for (name, menu) in [("File", Menu::File), ("Run", Menu::Run), ("View", Menu::View), ("Help", Menu::Help)] {
            ui.menu_button(name, |ui| {
                entries(ui, menu, recent, commands);
                if menu == Menu::View {
                    ui.separator();
                    eframe::egui::gui_zoom::zoom_menu_buttons(ui);
                }
            });
        }
        ui.separator();
        run_buttons(ui, views, commands);
        speed(ui, pace, commands);
        status(ui, views);
    });
}

/// The entries of a menu, with a line between groups.
fn entries(ui: &mut Ui, menu: Menu, recent: &[PathBuf], commands: &CommandQueue) {
    let mut group = 0;
    for entry in command_table().iter().filter(|entry| entry.menu.0 == menu) {
        if entry.menu.1 != group {
            group = entry.menu.1;
            ui.separator();
        }
        let shortcut = entry.shortcut.map_or(String::new(), |s| ui.ctx().format_shortcut(&s));
        if ui.add(Button::new(&entry.label).shortcut_text(shortcut)).on_hover_text(entry.help).clicked() {
            commands.send(entry.command.clone());
            ui.close();
        }
        if entry.command == UiCommand::ShowOpenDialog {
            recent_files(ui, recent, commands);
        }
    }
}

fn recent_files(ui: &mut Ui, recent: &[PathBuf], commands: &CommandQueue) {
    ui.add_enabled_ui(!recent.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| {
            for (number, path) in recent.iter().enumerate() {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                    commands.send(UiCommand::OpenRecent(number));
                    ui.close();
                }
            }
        });
    });
}

fn run_buttons(ui: &mut Ui, views: &[Option<&RunView>], commands: &CommandQueue) {
    let running = views.iter().flatten().any(|view| view.running);
    let mut button = |text: &str, command: UiCommand| {
        let help = entry_of(&command).map_or(String::new(), |entry: &CommandEntry| {
            let key = entry.shortcut.map_or(String::new(), |s| format!(" ({})", ui.ctx().format_shortcut(&s)));
            format!("{}{key}", entry.label)
        });
        if ui.button(text).on_hover_text(help).clicked() {
            commands.send(command);
        }
    };
    button(if running { "■ Pause" } else { "▶ Run" }, UiCommand::RunOrPause);
    button("Step", UiCommand::Steps(1));
    button("↺ Restart", UiCommand::Restart);
}

/// The seconds that the planned steps take. A pace is for watching only: the run does not depend on it.
fn speed(ui: &mut Ui, pace: Option<f64>, commands: &CommandQueue) {
    const FULL: f64 = 1.0;
    let mut seconds = pace.unwrap_or(FULL);
    let text =
        |x: f64, _: std::ops::RangeInclusive<usize>| if x <= FULL { "full".to_owned() } else { format!("{x:.0} s") };
    let read = |text: &str| {
        let text = text.trim().trim_end_matches('s').trim_end();
        if text == "full" { Some(FULL) } else { text.parse().ok() }
    };
    ui.scope(|ui| {
        ui.spacing_mut().slider_width = 60.0;
        let slider = Slider::new(&mut seconds, FULL..=300.0).logarithmic(true).text("speed");
        let slider = slider.custom_formatter(text).custom_parser(read);
        let key = key_of(&UiCommand::ToggleFullSpeed).map_or(String::new(), |s| ui.ctx().format_shortcut(&s));
        let help = format!(
            "Seconds for the planned steps, or full speed (key {key}); results do not depend on it. Training pauses at the end of the \
             planned steps; Run goes on"
        );
        if ui.add(slider).on_hover_text(help).changed() {
            commands.send(UiCommand::SetPace((seconds > FULL).then_some(seconds)));
        }
    });
}

/// When a run counts as settled.
const SETTLED: &str = "A run has settled when the last cycle of the learning rate, as long as all before it, gained less than .01 nats \
                       of the training objective (L-BFGS: .000001), or a linear decoder is as near to its closed form. The trend is \
                       the slope of the last quarter of the training curve since the last change";

/// The room for the whole state of a run; with less, only step, ELBO and whether it has settled are shown.
const WHOLE_STATE: f32 = 470.0;

fn status(ui: &mut Ui, views: &[Option<&RunView>]) {
    let is_roomy = ui.available_width() > WHOLE_STATE * views.len() as f32;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        for (view, name) in views.iter().zip(RUN_NAMES).rev() {
            let Some(view) = view else {
                ui.label("starting…");
                continue;
            };
            let snapshot = &view.snapshot;
            let elbo = snapshot.history.last().map_or("–".to_owned(), |row| number(row.elbo, 3));
            ui.label(RichText::new(format!("{} {elbo}", MINIBATCH_ELBO.name)).strong())
                .on_hover_text(format!("Reconstruction − β KL in nats. {}", MINIBATCH_ELBO.over));
            if is_roomy {
                let rate = view.steps_per_second;
                let rate = if rate >= 1000.0 { format!("{:.1}k", rate / 1000.0) } else { format!("{rate:.0}") };
                ui.label(format!("{rate} steps/s"));
                ui.label(format!("seed {}", snapshot.config.seed))
                    .on_hover_text("Data, weights, minibatches and noise follow from it");
            }
            let convergence = snapshot.convergence();
            ui.weak(convergence.word()).on_hover_text(format!("Now: {}. {SETTLED}", convergence.sentence()));
            ui.label(format!("step {}", snapshot.step));
            if views.len() > 1 {
                ui.label(RichText::new(name).strong());
                ui.add_space(8.0);
            }
        }
    });
}
