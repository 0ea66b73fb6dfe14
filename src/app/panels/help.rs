//! Help: the keys of the command table, and the mouse gestures.

use eframe::egui::{Context, Grid, Order, ScrollArea, Ui, Window};

use crate::viz::command::Menu;
use crate::viz::views::command_table;

/// Mouse gestures.
const POINTER: [(&str, &str); 11] = [
    ("Arrow keys in a lesson", "Go from step to step; with Shift they move z*"),
    ("Drag in latent space", "Move z*; Shift keeps one coordinate"),
    ("Click an observation or its code", "Send z* to its posterior mean and show its posterior"),
    ("Double-click in latent space", "z* to the origin"),
    ("Drag in three-dimensional data space", "Orbit; with Shift or the right button, pan"),
    ("Wheel in data space", "Zoom"),
    ("Drag in a training plot", "Show an earlier step; at the right end, the newest"),
    ("Drag the title of a view", "Move the view; drag its edge to resize it"),
    ("Double-click the title of a view", "Show it alone"),
    ("Click a name in a legend", "What it is, in the glossary"),
    ("Point at a symbol in a lesson", "Emphasise its marks in the views, and the other way round"),
];

/// Training first, files last.
const ORDER: [Menu; 7] = [Menu::Run, Menu::Edit, Menu::View, Menu::None, Menu::Lessons, Menu::File, Menu::Help];

/// Draws the help while `open`.
pub(crate) fn show(ctx: &Context, open: &mut bool) {
    // The window is as large as its contents; they scroll where the screen is lower.
    let most = ctx.content_rect().height() - 60.0;
    // In front of dialogs, which would otherwise block it.
    let window = Window::new("Keyboard and mouse").order(Order::Foreground);
    window.open(open).collapsible(false).auto_sized().show(ctx, |ui| {
        ScrollArea::vertical().max_height(most).show(ui, contents);
    });
}

fn contents(ui: &mut Ui) {
    let keys: Vec<(String, String)> = ORDER
        .into_iter()
        .flat_map(|menu| command_table().iter().filter(move |entry| entry.menu.0 == menu))
        .filter_map(|entry| Some((ui.ctx().format_shortcut(&entry.shortcut?), entry.label.clone())))
        .collect();
    let (left, right) = keys.split_at(keys.len().div_ceil(2));
    Grid::new("keys").num_columns(4).striped(true).spacing([18.0, 4.0]).show(ui, |ui| {
        for k in 0..left.len() {
            for (key, effect) in [left.get(k), right.get(k)].into_iter().flatten() {
                ui.monospace(key);
                ui.label(effect);
            }
            ui.end_row();
        }
    });
    ui.add_space(8.0);
    Grid::new("pointer").num_columns(2).striped(true).spacing([18.0, 4.0]).show(ui, |ui| {
        for (gesture, effect) in POINTER {
            ui.strong(gesture);
            ui.label(effect);
            ui.end_row();
        }
    });
}
