//! The zoom of the window: text grows with the window, and as it is asked to.

use eframe::egui::{Vec2, vec2};

use super::state::App;

/// The size of a window, in points of the system, from which on text grows with it. In a larger one the same is seen, larger.
const ROOM: Vec2 = vec2(1440.0, 810.0);

/// Steps of the zoom factor: each needs fonts of its own.
const STEP: f32 = 0.05;

/// The limits of the zoom that is asked for.
const LIMITS: std::ops::RangeInclusive<f32> = 0.5..=3.0;

/// The factor for a window of that size, in points of the system.
fn growth(size: Vec2) -> f32 {
    let share = (size.x / ROOM.x).min(size.y / ROOM.y);
    ((share / STEP).floor() * STEP).max(1.0)
}

impl App {
    /// Changes the zoom that was asked for by a factor; `None`: back to 1.
    pub(super) fn zoom_by(&mut self, change: Option<f32>) {
        let zoom = change.map_or(1.0, |change| self.zoom + change);
        self.zoom = (zoom * 10.0).round() / 10.0;
        self.zoom = self.zoom.clamp(*LIMITS.start(), *LIMITS.end());
    }

    /// Makes the text as large as window and person want it.
    pub(super) fn fit_zoom(&self) {
        let ctx = &self.ctx;
        let size = ctx.content_rect().size() * ctx.zoom_factor();
        let factor = growth(size) * self.zoom;
        if factor != ctx.zoom_factor() {
            ctx.set_zoom_factor(factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_grows_with_the_window_and_never_shrinks() {
        let growths = [(800.0, 600.0), (1280.0, 720.0), (1440.0, 810.0), (1920.0, 1080.0), (2560.0, 1440.0)];
        let growths = growths.map(|(x, y)| (100.0 * growth(vec2(x, y))).round());
        assert_eq!(growths, [100.0, 100.0, 100.0, 130.0, 175.0]);
    }
}
