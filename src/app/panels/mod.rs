//! What stands around the views: menu, controls, dialogs.

pub(super) mod controls;
pub(super) mod drawing;
pub(super) mod export;
pub(super) mod help;
pub(super) mod open;
pub(super) mod place;
pub(super) mod save;
pub(super) mod top;

use eframe::egui::{Align2, Context, Window};

/// A window in the middle of the window, wide enough for a long path.
fn dialog<'a>(ctx: &Context, title: &'a str) -> Window<'a> {
    const WIDTH: f32 = 560.0;
    let window = Window::new(title).collapsible(false).resizable(false).default_width(WIDTH);
    window.pivot(Align2::CENTER_CENTER).default_pos(ctx.content_rect().center())
}
