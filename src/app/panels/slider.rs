//! Sliders and typed numbers of the side panel.

use eframe::egui::{Response, Sense, Slider, SliderClamping, Ui};

use crate::viz::draw::number::number;

/// A slider over powers of ten that shows a value outside its range as it is, and takes a typed one when the edit ends.
pub(super) fn true_to_value(slider: Slider<'_>) -> Slider<'_> {
    slider
        .logarithmic(true)
        .custom_formatter(short)
        .custom_parser(typed)
        .clamping(SliderClamping::Edits)
        .update_while_editing(false)
}

/// The last sentence of the help of a slider.
pub(super) const HOME: &str = "A double click returns to the scene's value";

/// Sets a value back to `home` after a double click on the rail of its slider. Says whether it did.
pub(super) fn returns<T: PartialEq>(ui: &Ui, slider: &Response, value: &mut T, home: T) -> bool {
    let rail = slider.rect.with_max_x(slider.rect.min.x + ui.spacing().slider_width);
    let clicked = ui.interact(rail, slider.id.with("home"), Sense::CLICK).double_clicked();
    let changes = clicked && *value != home;
    if changes {
        *value = home;
    }
    changes
}

/// A typed number, with a decimal point or comma, and with either minus sign.
pub(in crate::app) fn typed(text: &str) -> Option<f64> {
    text.trim().replace(',', ".").replace('−', "-").parse().ok()
}

/// Three significant digits, without an exponent, with a true minus sign.
pub(in crate::app) fn short(x: f64, _decimals: std::ops::RangeInclusive<usize>) -> String {
    let digits = if x == 0.0 { 0.0 } else { (2.0 - x.abs().log10().floor()).clamp(0.0, 12.0) } as usize;
    let text = number(x, digits);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let format = |x| short(x, 0..=0);
        assert_eq!(
            [0.05, 1.0, 0.012_345, 123.4, -4.0, 33.333, 0.0, 5e-7].map(format),
            ["0.05", "1", "0.0123", "123", "−4", "33.3", "0", "0.0000005"]
        );
    }

    #[test]
    fn either_minus_sign_can_be_typed() {
        assert_eq!(["−1,5", " -1.5", "x"].map(typed), [Some(-1.5), Some(-1.5), None]);
    }
}
