//! The room for panels beside the views.

use eframe::egui::Context;

/// The width of a window in which the side panel stands beside the views without being asked for.
const WIDE: f32 = 1100.0;

/// The width of a window in which the side panel has room beside a view.
pub(in crate::app) const WITH_VIEWS: f32 = 560.0;

/// The height of a window in which the argument stands above the views; with less it would take the room of the tiles.
const WITH_ARGUMENT: f32 = 700.0;

/// True if the argument has room above the views.
pub(in crate::app) fn is_tall(ctx: &Context) -> bool {
    ctx.content_rect().height() >= WITH_ARGUMENT
}

/// True if the side panel stands beside the views without being asked for.
pub(in crate::app) fn is_wide(ctx: &Context) -> bool {
    ctx.content_rect().width() >= WIDE
}
