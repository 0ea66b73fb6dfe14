//! The panel of a lesson: title, text, question or task, and the way on.

use eframe::egui::{Align, Button, Layout, ProgressBar, RichText, ScrollArea, Ui};

use super::open_lesson::OpenLesson;
use super::task_panel::{goals, verdict};
use crate::viz::command::{CommandQueue, UiCommand};
use crate::viz::draw::focus_in_sight::keep_focus_in_sight;
use crate::viz::draw::prose::memory::shared_prose;
use crate::viz::draw::prose::show::ProseStyle;
use crate::viz::symbol::Symbol;
use crate::viz::views::key_of;

/// State of the window that the panel shows.
pub(in crate::app) struct PanelState<'a> {
    /// The run or what is shown of it is no longer that of the step.
    pub(in crate::app) is_changed: bool,
    /// The shown scene or data, where it is another than that of the step.
    pub(in crate::app) elsewhere: Option<String>,
    /// The window is in presenter mode.
    pub(in crate::app) is_presenting: bool,
    /// The symbol that is emphasised.
    pub(in crate::app) highlighted: Option<Symbol>,
    /// The queue of the window.
    pub(in crate::app) commands: &'a CommandQueue,
}

/// The room below a presented text.
const BELOW_TEXT: f32 = 12.0;

/// The height of the way on.
const FOOT: f32 = 66.0;

/// Draws the panel into the room that there is. Gives the symbol under the pointer.
pub(in crate::app) fn show(ui: &mut Ui, open: &mut OpenLesson, state: &PanelState<'_>) -> Option<Symbol> {
    let mut pointed = None;
    let top = ui.cursor().top();
    head(ui, open, state);
    let head = ui.cursor().top() - top;
    let (size, below) = if state.is_presenting { (PRESENTED, 0.0) } else { (TEXT, FOOT) };
    let room = (ui.available_height() - below).max(0.0);
    let area = ScrollArea::vertical()
        .id_salt(("lesson", open.at))
        .max_height(room)
        .min_scrolled_height(0.0)
        .auto_shrink(false);
    let shown = area.show(ui, |ui| {
        if !state.is_presenting {
            ui.heading(&open.step().title);
        }
        if open.at == 0 && !state.is_presenting {
            ui.label(RichText::new(&open.lesson.aim).italics());
        }
        let is_done = open.task.is_revealed || open.step().task.is_none();
        let has_outcome = is_done && !open.step().outcome.is_empty();
        // Presented, the outcome takes the place of the text before it.
        if !(state.is_presenting && has_outcome) {
            pointed = prose(ui, &open.step().text, size, state.highlighted);
        }
        verdict(ui, open, state.is_presenting);
        goals(ui, open, state.commands);
        if has_outcome {
            ui.add_space(6.0);
            pointed = pointed.or(prose(ui, &open.step().outcome, size, state.highlighted));
        }
        if let Some(problem) = open.problem() {
            ui.add_space(6.0);
            let is_last = open.at + 1 == open.lesson.steps.len();
            let what = if is_last { "The lesson ends here." } else { "A later step cannot be read." };
            ui.colored_label(ui.visuals().warn_fg_color, format!("{what} {problem}"));
        }
        keep_focus_in_sight(ui);
    });
    if state.is_presenting {
        let needed = head + shown.content_size.y + BELOW_TEXT;
        if needed > open.text_height {
            open.text_height = needed;
            // Drawn again at once, so that nothing is seen to move.
            ui.ctx().request_discard("a presented text needs more room");
            ui.request_repaint();
        }
        open.is_cut = shown.content_size.y > shown.inner_rect.height() + 1.0;
    } else {
        foot(ui, open, state);
    }
    pointed
}

/// The title, the number of the step, and what closes the lesson or, presented, goes back to the step.
fn head(ui: &mut Ui, open: &OpenLesson, state: &PanelState<'_>) {
    let (at, count) = (open.at + 1, open.lesson.steps.len());
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if !state.is_presenting && ui.button("✖").on_hover_text("Close the lesson").clicked() {
                state.commands.send(UiCommand::CloseLesson);
            }
            let is_left = state.is_presenting && state.is_changed && open.entered.is_some();
            if is_left && ui.button("↺").on_hover_text("Back to the step").clicked() {
                state.commands.send(UiCommand::BackToLesson);
            }
            ui.label(format!("{at} of {count}")).on_hover_text("Step of the lesson");
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let title = match &state.elsewhere {
                    Some(name) => RichText::new(format!("Not of this step: {name}")).color(ui.visuals().warn_fg_color),
                    None if state.is_presenting => RichText::new(&open.step().title).strong(),
                    None => RichText::new(&open.lesson.title).weak(),
                };
                ui.add(eframe::egui::Label::new(title).truncate()).on_hover_text(&open.lesson.aim);
            });
        });
    });
    ui.separator();
}

/// The size of text in presenter mode, whose points are larger.
const PRESENTED: f32 = 13.5;

/// The size of text in the panel, in points.
const TEXT: f32 = 15.0;

/// Markdown with formulas; each text is parsed once, as long as it is shown. A claim says under the pointer what is checked. Gives the
/// symbol under the pointer.
pub(in crate::app) fn prose(ui: &mut Ui, markdown: &str, size: f32, highlighted: Option<Symbol>) -> Option<Symbol> {
    let prose = shared_prose(ui, markdown);
    let emphasised = highlighted.map(Symbol::name);
    let shown = prose.show(ui, ProseStyle { emphasised, ..ProseStyle::new(size) });
    let pointed = shown.symbol.as_deref().and_then(Symbol::named);
    if let Some(link) = shown.hovered.filter(|link| !link.destination.starts_with("symbol:")) {
        link.response.on_hover_text(format!("Checked: {}", link.destination));
    }
    pointed
}

fn foot(ui: &mut Ui, open: &OpenLesson, state: &PanelState<'_>) {
    ui.separator();
    let is_ready = open.entered.is_some();
    ui.horizontal(|ui| {
        let mut button = |text: &str, enabled: bool, command: UiCommand| {
            let key = key_of(&command).map_or(String::new(), |key| ui.ctx().format_shortcut(&key));
            if ui.add_enabled(enabled, Button::new(text)).on_hover_text(key).clicked() {
                state.commands.send(command);
            }
        };
        button("◀ Back", open.at > 0, UiCommand::StepLesson(false));
        let has_more = open.at + 1 < open.lesson.steps.len() || open.is_covered();
        match &open.next {
            Some((next, title)) if !has_more => {
                let response = ui.button("Next lesson ▶").on_hover_text(title);
                if response.clicked() {
                    state.commands.send(UiCommand::OpenLesson(next));
                }
            }
            _ => button(if open.is_covered() { "Reveal" } else { "Next ▶" }, has_more, UiCommand::StepLesson(true)),
        }
    });
    if is_ready {
        let back = ui.add_enabled(state.is_changed, Button::new("↺ Back to the step"));
        let key = key_of(&UiCommand::BackToLesson).map_or(String::new(), |key| ui.ctx().format_shortcut(&key));
        if back.on_hover_text(format!("Show the step as it began ({key})")).clicked() {
            state.commands.send(UiCommand::BackToLesson);
        }
    } else {
        let all = open.step().runs.iter().map(crate::lesson::LessonRun::steps).max().unwrap_or(0);
        let made = open.preparer.made();
        let share = made as f32 / all.max(1) as f32;
        ui.add(ProgressBar::new(share.min(1.0)).text(format!("preparing the run, step {made}")));
    }
}
