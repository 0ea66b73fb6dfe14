//! The menu and, beside it, how the run is doing.

use std::path::PathBuf;

use eframe::egui::{Button, Context, MenuBar, RichText, Slider, Ui};

use crate::app::SIDES;
use crate::app::action::Action;
use crate::app::marks::number;
use crate::app::views::{Pane, View};
use crate::trainer;

/// Draws the bar. `pace` is the largest number of steps a second; `None` is no limit; `recent` are the files that were
/// opened last. Says whether `pace` was changed.
pub(crate) fn show(
    ui: &mut Ui,
    views: &[Option<&trainer::RunView>],
    pace: &mut Option<f64>,
    recent: &[PathBuf],
    actions: &mut Vec<Action>,
) -> bool {
    MenuBar::new()
        .ui(ui, |ui| {
            let entry = |ui: &mut Ui, actions: &mut Vec<Action>, action: Action| {
                let shortcut = action.shortcut().map_or(String::new(), |s| ui.ctx().format_shortcut(&s));
                if ui.add(Button::new(action.label()).shortcut_text(shortcut)).clicked() {
                    actions.push(action);
                    ui.close();
                }
            };
            ui.menu_button("File", |ui| {
                entry(ui, actions, Action::Open);
                ui.add_enabled_ui(!recent.is_empty(), |ui| {
                    ui.menu_button("Open recent", |ui| {
                        for (number, path) in recent.iter().enumerate() {
                            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                            if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                                actions.push(Action::OpenRecent(number));
                                ui.close();
                            }
                        }
                    });
                });
                entry(ui, actions, Action::SaveSession);
                entry(ui, actions, Action::SaveRun);
                ui.separator();
                entry(ui, actions, Action::CopyRecipe);
                entry(ui, actions, Action::PasteRecipe);
                ui.separator();
                entry(ui, actions, Action::Export);
                entry(ui, actions, Action::SaveWindow);
                for view in View::ALL {
                    entry(ui, actions, Action::SaveView(Pane { view, side: 0 }));
                }
                ui.separator();
                entry(ui, actions, Action::Quit);
            });
            ui.menu_button("Run", |ui| {
                for action in [Action::RunOrPause, Action::Step, Action::ManySteps, Action::Restart, Action::NewSeed] {
                    entry(ui, actions, action);
                }
                entry(ui, actions, Action::RunFromHere);
                ui.separator();
                entry(ui, actions, Action::SwitchCovariance);
                ui.separator();
                entry(ui, actions, Action::Compare);
                entry(ui, actions, Action::SwapSides);
            });
            ui.menu_button("View", |ui| {
                for view in View::ALL {
                    entry(ui, actions, Action::Maximise(view));
                }
                ui.separator();
                entry(ui, actions, Action::Morph);
                entry(ui, actions, Action::TraverseAll);
                ui.separator();
                entry(ui, actions, Action::SwitchTheme);
                entry(ui, actions, Action::ResetView);
                ui.separator();
                eframe::egui::gui_zoom::zoom_menu_buttons(ui);
            });
            ui.menu_button("Help", |ui| entry(ui, actions, Action::Help));
            ui.separator();
            run(ui, views, actions);
            let changed = speed(ui, pace);
            status(ui, views);
            changed
        })
        .inner
}

fn run(ui: &mut Ui, views: &[Option<&trainer::RunView>], actions: &mut Vec<Action>) {
    let running = views.iter().flatten().any(|view| view.running);
    let mut button = |text: &str, action: Action| {
        let help = action.shortcut().map_or(String::new(), |s| format!(" ({})", ui.ctx().format_shortcut(&s)));
        if ui.button(text).on_hover_text(format!("{}{help}", action.label())).clicked() {
            actions.push(action);
        }
    };
    button(if running { "■ Pause" } else { "▶ Run" }, Action::RunOrPause);
    button("Step", Action::Step);
    button("↺ Restart", Action::Restart);
}

/// How fast the run may go. It is about watching: the run itself does not depend on it.
fn speed(ui: &mut Ui, pace: &mut Option<f64>) -> bool {
    const MOST: f64 = 10_000.0;
    let mut value = pace.unwrap_or(MOST);
    let text =
        |x: f64, _: std::ops::RangeInclusive<usize>| if x >= MOST { "max".to_owned() } else { format!("{x:.0}") };
    let read = |text: &str| if text.trim() == "max" { Some(MOST) } else { text.trim().parse().ok() };
    ui.scope(|ui| {
        ui.spacing_mut().slider_width = 70.0;
        let slider = Slider::new(&mut value, 1.0..=MOST).logarithmic(true).text("steps/s");
        let slider = slider.custom_formatter(text).custom_parser(read);
        let response = ui.add(slider).on_hover_text("The most steps a second; only watching depends on it");
        if response.changed() {
            *pace = (value < MOST).then_some(value);
        }
        response.changed()
    })
    .inner
}

fn status(ui: &mut Ui, views: &[Option<&trainer::RunView>]) {
    ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
        for (view, name) in views.iter().zip(SIDES).rev() {
            let Some(view) = view else {
                ui.label("starting…");
                continue;
            };
            let snapshot = &view.snapshot;
            let elbo = snapshot.history.last().map_or("–".to_owned(), |row| number(row.elbo, 3));
            ui.label(RichText::new(format!("ELBO {elbo}")).strong()).on_hover_text(
                "reconstruction − β KL in nats, averaged over the minibatches since the last row of the history",
            );
            let rate = view.steps_per_second;
            let rate = if rate >= 1000.0 { format!("{:.1}k", rate / 1000.0) } else { format!("{rate:.0}") };
            ui.label(format!("{rate} steps/s"));
            ui.label(format!("step {}", snapshot.step));
            if views.len() > 1 {
                ui.label(RichText::new(name).strong());
                ui.add_space(8.0);
            }
        }
    });
}

/// Whether a key without a modifier is meant for the window rather than for a control.
pub(crate) fn keys_are_free(ctx: &Context) -> bool {
    !ctx.text_edit_focused() && !ctx.egui_wants_keyboard_input()
}
