//! The list of keys, made from the table of actions.

use eframe::egui::{Context, Grid, Window};

use crate::app::action::Action;

/// What the pointer does.
const POINTER: [(&str, &str); 7] = [
    ("Drag in latent space", "Move z*; Shift keeps one coordinate"),
    ("Click a code", "Send z* to it and show its posterior"),
    ("Double-click in latent space", "z* to the origin"),
    ("Drag in three-dimensional data space", "Turn; with Shift or the right button, move"),
    ("Wheel in data space", "Zoom"),
    ("Drag the title of a view", "Move the view; drag its edge to resize it"),
    ("Double-click the title of a view", "Show it alone"),
];

/// Draws the help while `open`.
pub fn show(ctx: &Context, open: &mut bool) {
    Window::new("Keyboard and mouse").open(open).collapsible(false).resizable(false).show(ctx, |ui| {
        Grid::new("keys").num_columns(2).striped(true).spacing([24.0, 4.0]).show(ui, |ui| {
            for action in Action::ALL {
                let Some(shortcut) = action.shortcut() else { continue };
                ui.monospace(ui.ctx().format_shortcut(&shortcut));
                ui.label(action.label());
                ui.end_row();
            }
            ui.monospace("Ctrl + − 0");
            ui.label("Zoom the whole window");
            ui.end_row();
            for (gesture, effect) in POINTER {
                ui.strong(gesture);
                ui.label(effect);
                ui.end_row();
            }
        });
    });
}
