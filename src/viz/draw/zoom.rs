//! Zoom of plots by the wheel.

use eframe::egui::{Response, Ui};

use super::plot_painter::PlotPainter;

/// The zoom of a point of scrolling, as a logarithm.
const WHEEL: f32 = 0.004;

/// A factor of the zoom of a plot, and the place in it that stays.
pub(crate) struct Zoom {
    pub factor: f64,
    pub at: [f64; 2],
    /// By how much of its width, to the right, and of its height, upwards, the plot is moved.
    pub shift: [f64; 2],
}

/// The zoom that wheel and fingers ask for over a plot: the wheel zooms, a wheel to the side or with Shift shifts.
pub(crate) fn wheel(ui: &Ui, response: &Response, marks: &PlotPainter) -> Option<Zoom> {
    let pointer = response.hover_pos()?;
    let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
    let factor = f64::from(pinch * (WHEEL * scroll.y).exp());
    let shift = [-f64::from(scroll.x / response.rect.width().max(1.0)), 0.0];
    (factor != 1.0 || shift != [0.0; 2]).then(|| Zoom { factor, at: marks.point(pointer), shift })
}

impl Zoom {
    /// The range of one axis after the zoom, at least `least` wide and within `all`; `None`: all of it.
    pub(crate) fn range(&self, axis: usize, [low, high]: [f64; 2], least: f64, all: [f64; 2]) -> Option<[f64; 2]> {
        let most = all[1] - all[0];
        let width = ((high - low) / self.factor).clamp(least.min(most), most);
        let share = ((self.at[axis] - low) / (high - low)).clamp(0.0, 1.0);
        let low = self.at[axis].clamp(low, high) - share * width + self.shift[axis] * width;
        let low = low.clamp(all[0], all[1] - width);
        (width < most).then_some([low, low + width])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zoom_keeps_the_place_under_the_pointer_and_ends_at_everything() {
        let all = [0.0, 1000.0];
        let zoom = |factor: f64, shift: f64| Zoom { factor, at: [300.0, 0.0], shift: [shift, 0.0] };
        let once = zoom(2.0, 0.0).range(0, all, 10.0, all).unwrap();
        assert_eq!(once, [150.0, 650.0], "300 stays at three tenths");
        assert_eq!(zoom(2.0, 0.0).range(0, once, 10.0, all), Some([225.0, 475.0]));
        assert_eq!(zoom(0.5, 0.0).range(0, once, 10.0, all), None);
        assert_eq!(zoom(1.0, 10.0).range(0, once, 10.0, all), Some([500.0, 1000.0]), "it ends where all ends");
        let least = zoom(1e9, 0.0).range(0, once, 10.0, all).unwrap();
        assert!((least[1] - least[0] - 10.0).abs() < 1e-9);
    }
}
