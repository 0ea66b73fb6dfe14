//! The zoom of the window: text grows with the window, and as it is asked to.

use eframe::egui::{Vec2, vec2};

use super::state::App;

/// The size of a window, in points of the system, from which on text grows with it. In a larger one the same is seen, larger.
const ROOM: Vec2 = vec2(1440.0, 810.0);

/// Steps of the zoom factor: each needs fonts of its own.
const STEP: f32 = 0.05;

/// The limits of the zoom that is asked for.
const LIMITS: std::ops::RangeInclusive<f32> = 0.5..=3.0;

/// What a window shows at least, in its own points: with more zoom no view would fit into it.
const LEAST: Vec2 = vec2(480.0, 360.0);

/// The factor for a window of that size, in points of the system, and a zoom.
fn factor(size: Vec2, zoom: f32) -> f32 {
    let share = |of: Vec2| ((size.x / of.x).min(size.y / of.y) / STEP).floor() * STEP;
    (share(ROOM).max(1.0) * zoom).min(share(LEAST).max(1.0))
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
        let factor = factor(size, self.zoom);
        if (factor - ctx.zoom_factor()).abs() > 1e-4 {
            ctx.set_zoom_factor(factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_grows_with_the_window_and_never_shrinks() {
        let sizes = [(800.0, 600.0), (1280.0, 720.0), (1440.0, 810.0), (1920.0, 1080.0), (2560.0, 1440.0)];
        let percent = |zoom| sizes.map(|(x, y)| (100.0 * factor(vec2(x, y), zoom)).round());
        assert_eq!(percent(1.0), [100.0, 100.0, 100.0, 130.0, 175.0]);
        assert_eq!(percent(2.0), [165.0, 200.0, 200.0, 260.0, 350.0], "a small window keeps room for a view");
        assert_eq!(100.0 * factor(vec2(400.0, 300.0), 2.0), 100.0);
    }
}
