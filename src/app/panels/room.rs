//! The room for panels beside the views.

use eframe::egui::Context;

/// The width of a window in which the side panel stands beside the views without being asked for.
const WIDE: f32 = 1100.0;

/// The width of a window in which the side panel has room beside a view.
pub(in crate::app) const WITH_VIEWS: f32 = 560.0;

/// True if the side panel stands beside the views without being asked for.
pub(in crate::app) fn is_wide(ctx: &Context) -> bool {
    ctx.content_rect().width() >= WIDE
}
