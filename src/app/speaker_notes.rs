//! The notes of the speaker, the next step and a clock, in a window of their own.

use eframe::egui::{CentralPanel, Context, RichText, ScrollArea, Ui, ViewportBuilder, ViewportId, vec2};

use super::lesson::open_lesson::OpenLesson;
use super::lesson::panel::prose;
use super::state::App;
use crate::viz::command::UiCommand;

/// The size of text in the notes, in points.
const TEXT: f32 = 17.0;

impl App {
    /// Shows the notes, if they are open.
    pub(super) fn speaker_notes(&mut self, ctx: &Context) {
        let Some(since) = self.notes_since else { return };
        let builder =
            ViewportBuilder::default().with_title("Unpick: speaker notes").with_inner_size(vec2(520.0, 640.0));
        let (commands, lesson) = (&self.commands, self.lesson.as_ref());
        let seconds = since.elapsed().as_secs();
        let is_closed = ctx.show_viewport_immediate(ViewportId::from_hash_of("speaker notes"), builder, |ui, _| {
            CentralPanel::default().show(ui, |ui| notes(ui, lesson, seconds));
            for (key, forward) in [(eframe::egui::Key::PageDown, true), (eframe::egui::Key::PageUp, false)] {
                if ui.ctx().input(|i| i.key_pressed(key)) && ui.ctx().viewport_id() != ViewportId::ROOT {
                    commands.send(UiCommand::StepLesson(forward));
                }
            }
            ui.ctx().input(|i| i.viewport().close_requested())
        });
        if is_closed && ctx.viewport_id() == ViewportId::ROOT {
            self.notes_since = None;
        }
        // The clock goes on while nothing else happens.
        ctx.request_repaint_after(std::time::Duration::from_secs(1));
    }
}

fn notes(ui: &mut Ui, lesson: Option<&OpenLesson>, seconds: u64) {
    ui.label(RichText::new(format!("{:02}:{:02}", seconds / 60, seconds % 60)).size(34.0).strong())
        .on_hover_text("Minutes and seconds since the notes were opened");
    let Some(open) = lesson else {
        ui.label("No lesson is open; the menu Lessons has some.");
        return;
    };
    ui.separator();
    let steps = &open.lesson.steps;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.label(
            RichText::new(format!("{} of {}: {}", open.at + 1, steps.len(), open.step().title)).size(20.0).strong(),
        );
        let text = if open.step().notes.is_empty() { "No notes for this step." } else { &open.step().notes };
        prose(ui, text, TEXT, None);
        ui.separator();
        match steps.get(open.at + 1) {
            Some(next) => ui.label(RichText::new(format!("Next: {}", next.title)).size(TEXT)),
            None => ui.label(RichText::new("This is the last step.").size(TEXT)),
        };
    });
}
