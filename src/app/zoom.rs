//! The size of the window and of what is in it: it fits the screen, and text grows with it and as it is asked to.

use eframe::egui::{Vec2, ViewportCommand, vec2};

use super::state::App;
use crate::viz::theme::SMALLEST_TEXT;

/// The size of a window, in points of the system, from which on text grows with it. In a larger one the same is seen, larger.
const ROOM: Vec2 = vec2(1440.0, 810.0);

/// Steps of the zoom factor: each needs fonts of its own.
const STEP: f32 = 0.05;

/// The limits of the zoom that is asked for.
const LIMITS: std::ops::RangeInclusive<f32> = 0.5..=3.0;

/// The least size of a window in its own points: with more zoom no view would fit into it.
const LEAST: Vec2 = vec2(480.0, 360.0);

/// The size of a window in which the smallest text has 20 points in presenter mode. In a larger one everything is as much larger.
const PRESENTED: Vec2 = vec2(1280.0, 720.0);

/// The zoom of presenter mode in a window of that size.
const OF_PRESENTER: f32 = 20.0 / SMALLEST_TEXT;

/// The factor for a window of that size in presenter mode.
fn presenter_factor(size: Vec2, zoom: f32) -> f32 {
    let share = (size.x / PRESENTED.x).min(size.y / PRESENTED.y);
    let least = (size.x / LEAST.x).min(size.y / LEAST.y).max(1.0);
    ((share * OF_PRESENTER * zoom / STEP).ceil() * STEP).min(least)
}

/// The factor for a window of that size, in points of the system, and a zoom.
fn factor(size: Vec2, zoom: f32) -> f32 {
    let share = |of: Vec2| ((size.x / of.x).min(size.y / of.y) / STEP).floor() * STEP;
    (share(ROOM).max(1.0) * zoom).min(share(LEAST).max(1.0))
}

impl App {
    /// Adds to the zoom that was asked for; `None`: back to 1.
    pub(super) fn zoom_by(&mut self, change: Option<f32>) {
        let zoom = change.map_or(1.0, |change| self.zoom + change);
        self.zoom = (zoom * 10.0).round() / 10.0;
        self.zoom = self.zoom.clamp(*LIMITS.start(), *LIMITS.end());
    }

    /// Makes the text as large as window and person want it.
    pub(super) fn fit_zoom(&self) {
        let ctx = &self.ctx;
        let size = ctx.content_rect().size() * ctx.zoom_factor();
        let factor = if self.presenter.is_some() { presenter_factor(size, self.zoom) } else { factor(size, self.zoom) };
        if (factor - ctx.zoom_factor()).abs() > 1e-4 {
            ctx.set_zoom_factor(factor);
        }
    }
}

/// The height of a title bar where the system does not say it, in points.
const TITLE_BAR: f32 = 40.0;

/// The size of a window that fits into a screen, title bar and edges included; `None` if it does.
fn fitting(screen: Vec2, inner: Vec2, outer: Option<Vec2>) -> Option<Vec2> {
    let edges = outer.map_or(vec2(0.0, TITLE_BAR), |outer| (outer - inner).max(Vec2::ZERO));
    let fits = inner.min(screen - edges);
    (fits != inner && fits.min_elem() > 0.0).then_some(fits)
}

impl App {
    /// Makes the first window fit into the screen with its title bar. A full window is as the system made it.
    pub(super) fn fit_screen(&mut self) {
        let viewport = self.ctx.input(|i| i.viewport().clone());
        let (Some(screen), Some(inner)) = (viewport.monitor_size, viewport.inner_rect) else { return };
        if self.fits_screen || viewport.fullscreen == Some(true) || viewport.maximized == Some(true) {
            return;
        }
        self.fits_screen = true;
        if let Some(size) = fitting(screen, inner.size(), viewport.outer_rect.map(|outer| outer.size())) {
            self.ctx.send_viewport_cmd(ViewportCommand::InnerSize(size));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_fits_the_screen_with_its_title_bar() {
        let screen = vec2(1280.0, 720.0);
        assert_eq!(fitting(screen, vec2(1280.0, 720.0), None), Some(vec2(1280.0, 680.0)));
        assert_eq!(fitting(screen, vec2(1280.0, 720.0), Some(vec2(1284.0, 750.0))), Some(vec2(1276.0, 690.0)));
        assert_eq!(fitting(vec2(1920.0, 1080.0), vec2(1280.0, 720.0), None), None);
        assert_eq!(fitting(vec2(0.0, 0.0), vec2(1280.0, 720.0), None), None, "no screen at all");
    }

    #[test]
    fn text_grows_with_the_window_and_never_shrinks() {
        let sizes = [(800.0, 600.0), (1280.0, 720.0), (1440.0, 810.0), (1920.0, 1080.0), (2560.0, 1440.0)];
        let percent = |zoom| sizes.map(|(x, y)| (100.0 * factor(vec2(x, y), zoom)).round());
        assert_eq!(percent(1.0), [100.0, 100.0, 100.0, 130.0, 175.0]);
        assert_eq!(percent(2.0), [165.0, 200.0, 200.0, 260.0, 350.0], "a small window keeps room for a view");
        assert_eq!(100.0 * factor(vec2(400.0, 300.0), 2.0), 100.0);
    }
}
