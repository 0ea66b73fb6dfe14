//! The palette on the screen.

use eframe::egui::{
    Align, AtomExt as _, Button, Context, Key, Layout, Modifiers, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo,
    vec2,
};

use super::row::{PaletteContext, PaletteRow, RowAction};
use super::rows::palette_rows;
use crate::app::dialogs::frame::{DialogKeys, dialog};
use crate::viz::command::{CommandEntry, CommandQueue, UiCommand};

/// The palette while it is open.
#[derive(Debug, Default)]
pub(in crate::app) struct CommandPalette {
    text: String,
    chosen: usize,
}

/// The width, and the height in a high window.
const WIDTH: f32 = 560.0;
const HEIGHT: f32 = 400.0;

/// Some of what can be typed.
const HINT: &str = "a command, or beta 4, sigma2 0.1, z 1 -0.5, scene sphere, steps 5000 …";

impl CommandPalette {
    /// Draws the palette.
    pub(in crate::app) fn show(&mut self, ctx: &Context, context: &PaletteContext<'_>, commands: &CommandQueue) {
        let key = |entry: &CommandEntry| entry.shortcut.map_or(String::new(), |s| ctx.format_shortcut(&s));
        let moves = ctx.input_mut(|i| {
            let mut pressed = |key| i.count_and_consume_key(Modifiers::NONE, key);
            let page = pressed(Key::PageDown) as isize - pressed(Key::PageUp) as isize;
            pressed(Key::ArrowDown) as isize - pressed(Key::ArrowUp) as isize + 10 * page
        });
        let height = HEIGHT.min(0.7 * ctx.content_rect().height());
        dialog(ctx, "palette", "Commands", Some(vec2(WIDTH, height)), |ui, keys| {
            let edit = TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY).hint_text(HINT);
            let edit = ui.add(edit);
            keys.start_at(&edit);
            if edit.changed() {
                self.chosen = 0;
            }
            // Of what has been typed up to this frame, so that Enter right behind it means it.
            let rows = palette_rows(&self.text, context, &key);
            self.chosen = self.chosen.saturating_add_signed(moves).min(rows.len().saturating_sub(1));
            let pressed = self.list(ui, keys, &rows, moves != 0);
            let entered = keys.entered().then_some(self.chosen);
            if let Some(row) = pressed.or(entered).and_then(|k| rows.get(k)) {
                match &row.action {
                    RowAction::Send(command) => {
                        commands.send(UiCommand::CloseDialogs);
                        commands.send(command.clone());
                    }
                    RowAction::Complete(text) => {
                        (self.text, self.chosen) = (text.clone(), 0);
                        put_cursor_behind(ui, &edit, text);
                    }
                    RowAction::Refuse(_) => edit.request_focus(),
                }
            }
        });
    }

    /// Draws the rows. Gives the one that was clicked.
    fn list(&mut self, ui: &mut Ui, keys: &mut DialogKeys, rows: &[PaletteRow], follows: bool) -> Option<usize> {
        if rows.is_empty() {
            ui.weak("Nothing is called like this.");
        }
        let mut pressed = None;
        let is_moving = ui.input(|i| i.pointer.is_moving());
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.with_layout(Layout::top_down_justified(Align::LEFT), |ui| {
                for (k, row) in rows.iter().enumerate() {
                    let is_chosen = k == self.chosen;
                    // A long note has what room the label leaves.
                    let note = RichText::new(&row.note).atom_shrink(true);
                    let button = Button::selectable(is_chosen, &row.label).right_text(note).truncate();
                    let response = match &row.action {
                        RowAction::Refuse(reason) => {
                            let response = keys.button(ui, false, button);
                            ui.colored_label(ui.visuals().warn_fg_color, reason);
                            response
                        }
                        _ => keys.button(ui, true, button),
                    };
                    response
                        .widget_info(|| WidgetInfo::selected(Role::Button, response.enabled(), is_chosen, &row.label));
                    if is_chosen && follows {
                        response.scroll_to_me(None);
                    }
                    let response = if row.help.is_empty() { response } else { response.on_hover_text(&row.help) };
                    if response.hovered() && is_moving {
                        self.chosen = k;
                    }
                    if response.clicked() {
                        pressed = Some(k);
                    }
                }
            });
        });
        pressed
    }
}

/// Lets the text be continued at its end.
fn put_cursor_behind(ui: &Ui, edit: &eframe::egui::Response, text: &str) {
    use eframe::egui::text::{CCursor, CCursorRange};
    let mut state = TextEdit::load_state(ui.ctx(), edit.id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(text.chars().count()))));
    state.store(ui.ctx(), edit.id);
    edit.request_focus();
}
