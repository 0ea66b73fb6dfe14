//! The menu bar, with the state of the runs beside it.

use std::path::PathBuf;

use eframe::egui::style::ScrollStyle;
use eframe::egui::{
    Align, Button, Layout, MenuBar, Response, RichText, ScrollArea, Slider, TextStyle, TextWrapMode, Ui, WidgetText,
};

use super::room::is_wide;
use crate::experiment::Snapshot;
use crate::trainer::{Repeated, RunView};
use crate::viz::command::{CommandEntry, CommandQueue, Menu, UiCommand};
use crate::viz::draw::focus_in_sight::keep_focus_in_sight;
use crate::viz::draw::number::number;
use crate::viz::number_name::of_objective;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::views::{command_table, entry_of, key_of};

/// The content of the bar.
pub(crate) struct Bar<'a> {
    /// The newest views of the runs.
    pub views: &'a [Option<&'a RunView>],
    /// Their newest time points that the views draw, so that a step is one number everywhere.
    pub drawn: &'a [Option<&'a Snapshot>],
    /// Seconds for the planned steps; `None`: full speed.
    pub pace: Option<f64>,
    /// Recently opened files.
    pub recent: &'a [PathBuf],
    /// The side panel is shown.
    pub shows_controls: bool,
    /// What undo and redo would do.
    pub ways: [Option<&'a str>; 2],
    /// The queue of the window.
    pub commands: &'a CommandQueue,
}

/// The width of a window in which all of the bar has room; then the speed goes, then the menus become one, then the buttons whose
/// commands are in the menus, too.
const WITH_SPEED: f32 = 960.0;
const WITH_MENUS: f32 = 640.0;
const WITH_BUTTONS: f32 = 480.0;

/// Draws the bar.
pub(crate) fn show(ui: &mut Ui, bar: &Bar<'_>) {
    let width = ui.ctx().content_rect().width();
    MenuBar::new().ui(ui, |ui| {
        if width >= WITH_MENUS {
            menus(ui, bar);
        } else {
            ui.menu_button("Menu", |ui| menus(ui, bar));
        }
        ui.separator();
        if !is_wide(ui.ctx()) {
            let help = "The side panel: data, objective, network, optimiser and z* (K)";
            if ui.selectable_label(bar.shows_controls, "Controls").on_hover_text(help).clicked() {
                bar.commands.send(UiCommand::ToggleControls);
            }
        }
        run_buttons(ui, bar.views, width >= WITH_BUTTONS, bar.commands);
        if width >= WITH_SPEED {
            speed(ui, bar.pace, bar.commands);
        }
        status(ui, bar);
    });
}

const MENUS: [(&str, Menu); 6] = [
    ("File", Menu::File),
    ("Edit", Menu::Edit),
    ("Run", Menu::Run),
    ("View", Menu::View),
    ("Lessons", Menu::Lessons),
    ("Help", Menu::Help),
];

/// The height of a window beside a menu.
const BESIDE_MENU: f32 = 60.0;

fn menus(ui: &mut Ui, bar: &Bar<'_>) {
    for (name, menu) in MENUS {
        ui.menu_button(name, |ui| {
            // In a low window a menu is scrolled, and one sees that it is.
            let most = ui.ctx().content_rect().height() - BESIDE_MENU;
            ui.set_max_height(most);
            ui.spacing_mut().scroll = ScrollStyle::solid();
            ScrollArea::vertical().max_height(most).show(ui, |ui| {
                entries(ui, menu, bar);
                keep_focus_in_sight(ui);
            });
        });
    }
}

/// The entries of a menu, with a line between groups.
fn entries(ui: &mut Ui, menu: Menu, bar: &Bar<'_>) {
    let commands = bar.commands;
    let mut group = 0;
    for entry in command_table().iter().filter(|entry| entry.menu.0 == menu) {
        if entry.menu.1 != group {
            group = entry.menu.1;
            ui.separator();
        }
        let shortcut = entry.shortcut.map_or(String::new(), |s| ui.ctx().format_shortcut(&s));
        let way = match entry.command {
            UiCommand::Undo => bar.ways[0],
            UiCommand::Redo => bar.ways[1],
            _ => Some(""),
        };
        let label = format!("{} {}", entry.label, way.unwrap_or_default());
        let button = Button::new(label.trim_end()).shortcut_text(shortcut);
        let response = ui.add_enabled(way.is_some(), button).on_hover_text(entry.help);
        if response.on_disabled_hover_text("Nothing has changed").clicked() {
            commands.send(entry.command.clone());
            ui.close();
        }
        if entry.command == UiCommand::ShowOpenDialog {
            recent_files(ui, bar.recent, commands);
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

/// The room of the button Run, which becomes Pause.
const RUN_OR_PAUSE: f32 = 68.0;

fn run_buttons(ui: &mut Ui, views: &[Option<&RunView>], all: bool, commands: &CommandQueue) {
    let running = views.iter().flatten().any(|view| view.running);
    let button = |ui: &mut Ui, text: &str, command: UiCommand| {
        let help = entry_of(&command).map_or(String::new(), |entry: &CommandEntry| {
            let key = entry.shortcut.map_or(String::new(), |s| format!(" ({})", ui.ctx().format_shortcut(&s)));
            format!("{}{key}", entry.label)
        });
        if ui.button(text).on_hover_text(help).clicked() {
            commands.send(command);
        }
    };
    // What is beside it does not move when the word changes.
    ui.scope(|ui| {
        ui.set_min_width(RUN_OR_PAUSE);
        ui.set_max_width(RUN_OR_PAUSE);
        button(ui, if running { "■ Pause" } else { "▶ Run" }, UiCommand::RunOrPause);
    });
    if all {
        button(ui, "Step", UiCommand::Steps(1));
        button(ui, "↺ Restart", UiCommand::Restart);
    }
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

/// The room for the whole state of a run; with less, seed and rate go, then ELBO and whether it has settled, then the step.
const WHOLE_STATE: f32 = 520.0;
const SHORT_STATE: f32 = 370.0;
const STEP_ALONE: f32 = 130.0;

/// The room for how far the repetition of a saved run is.
const REPEATED: f32 = 110.0;

fn status(ui: &mut Ui, bar: &Bar<'_>) {
    let views = bar.views;
    let repeated = if views.iter().flatten().any(|view| view.repeated.is_some()) { REPEATED } else { 0.0 };
    let room = ui.available_width() / views.len() as f32 - repeated;
    let (is_roomy, is_short) = (room > WHOLE_STATE, room < SHORT_STATE);
    if room < STEP_ALONE {
        return;
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        for ((view, snapshot), name) in views.iter().zip(bar.drawn).zip(RUN_NAMES).rev() {
            let (Some(view), Some(snapshot)) = (view, snapshot) else {
                ui.label("starting…");
                continue;
            };
            let elbo = snapshot.newest_row().map_or("–".to_owned(), |row| number(row.elbo, 3));
            if !is_short {
                let [minibatch, ..] = of_objective(snapshot.settings.objective.regularizer);
                let help = format!(
                    "Reconstruction − β KL, or minus another regulariser, in nats. {}; – after a rotation, until there is another row",
                    minibatch.over
                );
                let text = |elbo: &str| RichText::new(format!("{} {elbo}", minibatch.name)).strong();
                steady(ui, text(&elbo), text("−8888.888")).on_hover_text(help);
            }
            if is_roomy {
                let rate = view.steps_per_second;
                let rate = if rate >= 1000.0 { format!("{:.1}k", rate / 1000.0) } else { format!("{rate:.0}") };
                steady(ui, format!("{rate} steps/s"), "888.8k steps/s");
                ui.label(format!("seed {}", snapshot.config.seed))
                    .on_hover_text("Data, weights, minibatches and noise follow from it");
            }
            if let Some(repeated) = view.repeated {
                repetition(ui, repeated);
            }
            let convergence = snapshot.convergence();
            if !is_short {
                let word = RichText::new(convergence.word()).weak();
                let help = format!("Now: {}. {SETTLED}", convergence.sentence());
                steady(ui, word, RichText::new("not settled")).on_hover_text(help);
            }
            steady(ui, format!("step {}", snapshot.step), "step 8888888");
            if views.len() > 1 {
                ui.label(RichText::new(name).strong());
                ui.add_space(8.0);
            }
        }
    });
}

/// Text in the room of the widest one, so that nothing moves when its digits change.
fn steady(ui: &mut Ui, text: impl Into<WidgetText>, widest: impl Into<WidgetText>) -> Response {
    let widest = widest.into().into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, TextStyle::Body);
    ui.scope(|ui| {
        ui.set_min_width(widest.size().x);
        ui.label(text)
    })
    .inner
}

/// The progress of the repetition of a saved run.
fn repetition(ui: &mut Ui, repeated: Repeated) {
    let (text, help) = match repeated {
        Repeated::Steps(made, all) => (
            format!("repeating {:2.0} %", 100.0 * made as f64 / all.max(1) as f64),
            "The saved state is shown while its steps are repeated, which verifies it. Changes and training wait until then; Pause holds \
             the repetition. A figure or recipe holds no weights: of it the repeated steps are shown",
        ),
        Repeated::Verified => {
            ("✔ verified".to_owned(), "The steps were repeated: their weights are the saved ones to the last bit")
        }
        Repeated::Different => (
            "✖ differs".to_owned(),
            "The steps were repeated: their weights are not the saved ones. Another machine or version made them",
        ),
    };
    steady(ui, RichText::new(text).strong(), RichText::new("repeating 88 %").strong()).on_hover_text(help);
}
