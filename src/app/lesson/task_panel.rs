//! Questions and tasks of a lesson: what covers the views until it is answered, and what is said of the answer.

use eframe::egui::{
    Align, Align2, Button, Color32, DragValue, Layout, Rect, RichText, ScrollArea, Sense, Slider, TextStyle, Ui, vec2,
};

use super::open_lesson::OpenLesson;
use super::sketch::{compare, draw};
use crate::lesson::Task;
use crate::viz::command::{CommandQueue, UiCommand};
use crate::viz::draw::number::number;
use crate::viz::theme::{CURVE_WIDTH, Palette, label_font};

/// The width of a question.
const WIDTH: f32 = 520.0;

/// Covers the views with the question of the step.
pub(in crate::app) fn cover(ui: &mut Ui, open: &mut OpenLesson, commands: &CommandQueue) {
    let Some(task) = open.step().task.clone() else { return };
    let room = ui.available_size();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.set_max_width(WIDTH.min(room.x - 16.0));
            ui.add_space((0.12 * room.y).min(60.0));
            match task {
                Task::Choose { question, choices, .. } => choose(ui, open, &question, &choices, commands),
                Task::Guess { question, range, unit, .. } => guess(ui, open, &question, range, &unit, commands),
                Task::Sketch { question, range, .. } => sketch(ui, open, &question, range, commands),
                Task::Try { .. } => {}
            }
        });
    });
}

/// The height of what stands beneath a curve that is drawn by hand: a line and a button.
const BENEATH: f32 = 36.0 + 8.0 + 40.0 + 12.0;

fn large(text: &str) -> RichText {
    RichText::new(text).text_style(TextStyle::Heading).size(18.0)
}

fn choose(ui: &mut Ui, open: &mut OpenLesson, question: &str, choices: &[String], commands: &CommandQueue) {
    ui.label(large(question));
    ui.add_space(12.0);
    open.task.hands.resize(choices.len(), 0);
    let width = ui.available_width();
    for (i, choice) in choices.iter().enumerate() {
        ui.horizontal(|ui| {
            let hands = DragValue::new(&mut open.task.hands[i]).range(0..=9999).suffix(" hands");
            let help = "Raised hands for this answer; type or drag. The numbers stay beside the result";
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add(hands).on_hover_text(help);
                let button = Button::new(RichText::new(choice).size(16.0)).wrap();
                let button = button.min_size(vec2((width - 120.0).min(ui.available_width()), 36.0));
                if ui.add(button).clicked() {
                    commands.send(UiCommand::AnswerLesson(i));
                }
            });
        });
        ui.add_space(4.0);
    }
    ui.weak("Choose an answer; or type the raised hands beside each and reveal.");
}

fn guess(
    ui: &mut Ui,
    open: &mut OpenLesson,
    question: &str,
    [low, high]: [f64; 2],
    unit: &str,
    commands: &CommandQueue,
) {
    ui.label(large(question));
    ui.add_space(12.0);
    let mut value = open.task.guess.unwrap_or(0.5 * (low + high));
    ui.spacing_mut().slider_width = (ui.available_width() - 120.0).max(100.0);
    let suffix = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    if ui.add(Slider::new(&mut value, low..=high).suffix(suffix)).changed() || open.task.guess.is_none() {
        open.task.guess = Some(value);
    }
    ui.add_space(12.0);
    if ui.add(Button::new(RichText::new("This is my guess").size(16.0)).min_size(vec2(180.0, 36.0))).clicked() {
        commands.send(UiCommand::StepLesson(true));
    }
}

fn sketch(ui: &mut Ui, open: &mut OpenLesson, question: &str, range: [f64; 2], commands: &CommandQueue) {
    ui.label(large(question));
    ui.add_space(8.0);
    // The button beneath is in sight, too.
    let room = ui.clip_rect().bottom() - ui.cursor().top() - BENEATH;
    draw(ui, range, &mut open.task.sketch, room.clamp(100.0, 240.0));
    ui.weak("Drag the points, or move along the line with the pointer held down.");
    ui.add_space(8.0);
    if ui.add(Button::new(RichText::new("This is my curve").size(16.0)).min_size(vec2(180.0, 36.0))).clicked() {
        commands.send(UiCommand::StepLesson(true));
    }
}

/// Says how the answer compares with what is so, once it is revealed.
///
/// Presented, the question was read before, and only the right answer and the chosen one stay, unless there are raised hands.
pub(super) fn verdict(ui: &mut Ui, open: &OpenLesson, is_presenting: bool) {
    if !open.task.is_revealed {
        return;
    }
    let Some(task) = &open.step().task else { return };
    if !is_presenting {
        ui.add_space(6.0);
    }
    let ask = |ui: &mut Ui, question: &str| {
        if !is_presenting {
            ui.label(RichText::new(question).strong());
        }
    };
    match task {
        Task::Choose { question, choices, answer } => {
            ask(ui, question);
            let most = open.task.hands.iter().copied().max().unwrap_or(0);
            for (i, choice) in choices.iter().enumerate() {
                if is_presenting && most == 0 && i != *answer && open.task.choice != Some(i) {
                    continue;
                }
                let mark = match (i == *answer, open.task.choice == Some(i)) {
                    (true, _) => "✔",
                    (false, true) => "✖",
                    _ => "  ",
                };
                let chosen = if open.task.choice == Some(i) { " (chosen)" } else { "" };
                let text = RichText::new(format!("{mark} {choice}{chosen}"));
                ui.label(if i == *answer { text.strong() } else { text });
                if most > 0 {
                    let hands = open.task.hands.get(i).copied().unwrap_or(0);
                    bar(ui, hands as f32 / most as f32, &format!("{hands}"));
                }
            }
        }
        Task::Guess { question, range, unit, .. } => {
            ask(ui, question);
            scale(ui, *range, unit, open.task.guess, open.answer().and_then(|numbers| numbers.first().copied()));
        }
        Task::Sketch { question, range, .. } => {
            ask(ui, question);
            let height = if is_presenting { 92.0 } else { 170.0 };
            compare(ui, *range, &open.task.sketch, open.answer().as_deref(), height);
        }
        Task::Try { .. } => {}
    }
}

/// A bar of raised hands.
fn bar(ui: &mut Ui, share: f32, text: &str) {
    let palette = Palette::of(ui.visuals());
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    let bar = Rect::from_min_size(place.min, vec2((share * (place.width() - 44.0)).max(1.0), 12.0));
    ui.painter().rect_filled(bar, 2.0, palette.point);
    ui.painter().text(bar.right_center() + vec2(6.0, 1.0), Align2::LEFT_CENTER, text, label_font(), palette.ink);
}

/// The guess and the measured number on one scale.
fn scale(ui: &mut Ui, [low, high]: [f64; 2], unit: &str, guess: Option<f64>, measured: Option<f64>) {
    let palette = Palette::of(ui.visuals());
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), 64.0), Sense::hover());
    let line = place.shrink2(vec2(10.0, 0.0));
    let y = place.center().y;
    let x = |value: f64| line.left() + ((value - low) / (high - low)).clamp(0.0, 1.0) as f32 * line.width();
    ui.painter().hline(line.x_range(), y, (1.0, palette.muted));
    let mark = |value: f64, name: &str, color: Color32, above: bool| {
        let up = if above { -1.0 } else { 1.0 };
        let at = eframe::egui::pos2(x(value), y);
        ui.painter().line_segment([at, at + vec2(0.0, 12.0 * up)], (CURVE_WIDTH, color));
        let text = format!("{name} {}{unit}", number(value, 2));
        let galley = ui.painter().layout_no_wrap(text, label_font(), color);
        let left =
            (at.x - 0.5 * galley.size().x).clamp(place.left(), (place.right() - galley.size().x).max(place.left()));
        let top = if above { y - 14.0 - galley.size().y } else { y + 14.0 };
        ui.painter().galley(eframe::egui::pos2(left, top), galley, color);
    };
    if let Some(guess) = guess {
        mark(guess, "guess", palette.muted, true);
    }
    match measured {
        Some(measured) if measured.is_finite() => mark(measured, "measured", palette.ink, false),
        Some(_) => {
            ui.label("measured: – (undefined for this run)");
        }
        None => {
            ui.label("being measured…");
        }
    }
}

/// The goals of a task, each with whether it is reached, and a hint.
pub(super) fn goals(ui: &mut Ui, open: &mut OpenLesson, commands: &CommandQueue) {
    let Some(Task::Try { goals, hint }) = open.step().task.clone() else { return };
    ui.add_space(6.0);
    ui.label(RichText::new("Try it").strong());
    for (i, goal) in goals.iter().enumerate() {
        let is_reached = open.task.reached.get(i).copied().unwrap_or(false);
        ui.label(format!("{} {goal}", if is_reached { "✔" } else { "○" }));
    }
    if open.task.is_done() {
        ui.label(RichText::new("Done.").strong());
    } else if !open.task.is_revealed && !hint.is_empty() {
        if open.task.shows_hint {
            ui.label(RichText::new(&hint).italics());
        } else if ui.button("Hint").clicked() {
            open.task.shows_hint = true;
        }
    }
    if !open.task.is_revealed && ui.button("Show the outcome").on_hover_text("Read on without having done it").clicked()
    {
        commands.send(UiCommand::RevealLesson);
    }
}
