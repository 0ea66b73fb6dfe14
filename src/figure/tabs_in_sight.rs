//! Bars of tabs that are scrolled to the tab in front.

use eframe::egui::{Context, Id, Response};
use egui_tiles::TileId;

/// Brings the tab in front into sight when it came there or the window got another width; otherwise a bar stays as it was scrolled.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct TabsInSight {
    front: Option<TileId>,
    /// Width of the window.
    width: f32,
    /// Frames in which the bar still follows: it takes some to know its size.
    frames: u8,
    /// Points of the tab that are cut off, to the right or, negative, to the left.
    overhang: f32,
}

impl TabsInSight {
    fn id(bar: TileId) -> Id {
        Id::unique(("tabs in sight", bar))
    }

    /// Notes where the tab in front of a bar is.
    pub(super) fn follow(bar: TileId, front: TileId, button: &Response) {
        const FRAMES: u8 = 6;
        let (ctx, width) = (&button.ctx, button.ctx.content_rect().width());
        let before: Self = ctx.data(|data| data.get_temp(Self::id(bar))).unwrap_or_default();
        let is_new = (before.front, before.width) != (Some(front), width);
        let frames = if is_new { FRAMES } else { before.frames.saturating_sub(1) };
        let [right, left] =
            [button.rect.right() - button.interact_rect.right(), button.rect.left() - button.interact_rect.left()];
        let overhang = if frames == 0 { 0.0 } else { right.max(0.0) + left.min(0.0) };
        if frames > 0 {
            ctx.request_repaint();
        }
        ctx.data_mut(|data| data.insert_temp(Self::id(bar), Self { front: Some(front), width, frames, overhang }));
    }

    /// Points by which the bar has to be scrolled.
    pub(super) fn overhang(ctx: &Context, bar: TileId) -> f32 {
        ctx.data(|data| data.get_temp::<Self>(Self::id(bar))).map_or(0.0, |state| state.overhang)
    }
}
