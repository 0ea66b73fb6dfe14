//! The window of a dialog.

use eframe::egui::{Align2, Context, Window};

/// A dialog in the middle of the window, wide enough for a long path.
pub(super) fn dialog<'a>(ctx: &Context, title: &'a str) -> Window<'a> {
    const WIDTH: f32 = 560.0;
    let window = Window::new(title).collapsible(false).resizable(false).default_width(WIDTH);
    window.pivot(Align2::CENTER_CENTER).default_pos(ctx.content_rect().center())
}
