//! The glossary on the screen: entries with formula, source and lesson, which can be searched.

use eframe::egui::{Align, Context, Order, Response, RichText, ScrollArea, TextEdit, TextStyle, Ui, Window};

use crate::lesson::CourseLesson;
use crate::viz::command::{CommandQueue, UiCommand};
use crate::viz::draw::focus_in_sight::keep_focus_in_sight;
use crate::viz::draw::prose::memory::shared_prose;
use crate::viz::draw::prose::show::ProseStyle;
use crate::viz::glossary::entry::GlossaryEntry;
use crate::viz::symbol::Symbol;
use crate::viz::views::glossary;

/// The glossary while it is open.
#[derive(Debug, Default)]
pub(in crate::app) struct GlossaryPanel {
    typed: String,
    /// The lesson of each entry, which is searched for once.
    lessons: Vec<Option<&'static CourseLesson>>,
    /// The entry that is to be seen.
    shown: Option<&'static str>,
    /// Frames since it was opened, as far as they matter.
    frames: u8,
}

/// In so many frames the heights of entries become known.
const SETTLING: u8 = 4;

/// The width of the text, in points.
const WIDTH: f32 = 460.0;

impl GlossaryPanel {
    /// The glossary at the entry of this name.
    pub(in crate::app) fn at(name: &'static str) -> Self {
        Self { shown: Some(name), ..Self::default() }
    }

    /// Draws the glossary. Says whether it stays open, and gives the symbol under the pointer.
    pub(in crate::app) fn show(
        &mut self,
        ctx: &Context,
        highlighted: Option<Symbol>,
        commands: &CommandQueue,
    ) -> (bool, Option<Symbol>) {
        let mut pointed = None;
        let most = (ctx.content_rect().height() - 120.0).min(560.0);
        if self.lessons.is_empty() {
            self.lessons = glossary().iter().map(GlossaryEntry::lesson).collect();
        }
        let mut open = true;
        // In front of dialogs, which would otherwise block it.
        let window = Window::new("Glossary").order(Order::Foreground).open(&mut open).collapsible(false);
        window.default_width(WIDTH).resizable(false).show(ctx, |ui| {
            ui.set_width(WIDTH);
            let edit = TextEdit::singleline(&mut self.typed).desired_width(f32::INFINITY).hint_text("search");
            let edit = ui.add(edit);
            if self.frames == 0 {
                edit.request_focus();
            }
            let is_settling = self.frames < SETTLING;
            self.frames = self.frames.saturating_add(1);
            if edit.changed() {
                self.shown = None;
            }
            ScrollArea::vertical().max_height(most).min_scrolled_height(most).auto_shrink(false).show(ui, |ui| {
                let entries = glossary().iter().zip(&self.lessons);
                let found: Vec<_> = entries.filter(|(entry, _)| entry.matches(&self.typed)).collect();
                if found.is_empty() {
                    ui.weak("Nothing here speaks of this.");
                }
                let mut has_scrolled = false;
                for (entry, lesson) in found {
                    let is_wanted = self.shown.is_some_and(|name| entry.is_called(name));
                    let style = EntryStyle { is_wanted, highlighted };
                    let (heading, symbol) = entry_of(ui, entry, *lesson, style, commands);
                    pointed = pointed.or(symbol);
                    if is_wanted && is_settling && !std::mem::replace(&mut has_scrolled, true) {
                        heading.scroll_to_me(Some(Align::TOP));
                    }
                }
                keep_focus_in_sight(ui);
            });
        });
        (open, pointed)
    }
}

/// How an entry is drawn.
#[derive(Clone, Copy)]
struct EntryStyle {
    /// It is the one that was asked for.
    is_wanted: bool,
    highlighted: Option<Symbol>,
}

/// An entry: name, other names, definition, source and lesson. Gives its heading and the symbol under the
/// pointer.
fn entry_of(
    ui: &mut Ui,
    entry: &GlossaryEntry,
    lesson: Option<&CourseLesson>,
    style: EntryStyle,
    commands: &CommandQueue,
) -> (Response, Option<Symbol>) {
    let heading = ui.horizontal_wrapped(|ui| {
        let name = RichText::new(entry.name).strong().size(15.0);
        ui.label(if style.is_wanted { name.underline() } else { name });
        if !entry.also.is_empty() {
            ui.label(RichText::new(format!("also {}", entry.also.join(", "))).weak());
        }
    });
    let size = TextStyle::Body.resolve(ui.style()).size;
    let shown = ui.push_id(entry.name, |ui| {
        let prose = ProseStyle { emphasised: style.highlighted.map(Symbol::name), ..ProseStyle::new(size) };
        shared_prose(ui, entry.definition).show(ui, prose).symbol
    });
    let pointed = shown.inner.as_deref().and_then(Symbol::named);
    ui.label(RichText::new(format!("Source: {}", entry.source)).weak());
    if let Some(lesson) = lesson {
        let (title, aim) = (lesson.numbered_title(), lesson.title_and_aim().1);
        if ui.button(format!("Lesson {title}")).on_hover_text(aim).clicked() {
            commands.send(UiCommand::OpenLesson(lesson.name));
        }
    }
    ui.separator();
    (heading.response, pointed)
}
