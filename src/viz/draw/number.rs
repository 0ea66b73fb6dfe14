//! Numbers as text.

use crate::stats::Uncertain;

/// A number with a true minus sign, and none before a zero.
pub(crate) fn number(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| c == '0' || c == '.') => zero.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// Two significant digits, in as little room as possible: 12, 1.2, 0.0012, 1.2e−5.
pub(crate) fn two_digits(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return number(x, 0);
    }
    match x.abs().log10().floor() {
        power if power >= -3.0 => number(x, (1.0 - power).clamp(0.0, 4.0) as usize),
        power => format!("{}e−{}", number(x / 10_f64.powf(power), 1), -power),
    }
}

/// An estimate with the digits that its error supports, at most so many decimals: −4.2355±.0012. The error has one or two
/// digits and is rounded up; it is left out where it would not show.
pub(crate) fn with_error(estimate: Uncertain, most: usize) -> String {
    let Uncertain { value, error } = estimate;
    if error.is_nan() || error < 0.5 * 10_f64.powi(-(most as i32)) {
        return number(value, most);
    }
    let decimals = (-(error / 3.0).log10()).ceil().clamp(0.0, most as f64) as usize;
    let unit = 10_f64.powi(-(decimals as i32));
    let shown = number((error / unit).ceil() * unit, decimals);
    // Narrow tables have no room for another zero.
    format!("{}±{}", number(value, decimals), shown.strip_prefix('0').filter(|s| !s.is_empty()).unwrap_or(&shown))
}

/// The value of a tick with as many decimals as the distance to the next one needs.
pub(crate) fn tick(value: f64, step: f64) -> String {
    let decimals = (-step.abs().max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
    number(value, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_true_minus_and_no_negative_zero() {
        assert_eq!([number(-0.04, 1), number(-2.5, 1), number(3.0, 0)], ["0.0", "−2.5", "3"]);
        assert_eq!([0.0, 123.4, 1.23, 0.0012, -0.000_034].map(two_digits), ["0", "123", "1.2", "0.0012", "−3.4e−5"]);
        let estimates = [(-4.23552, 0.0012), (0.2268, 0.19), (1.5, 1e-9), (-12.3, 3.2), (0.25, 0.0096)];
        let shown = estimates.map(|(value, error)| with_error(Uncertain { value, error }, 4));
        assert_eq!(shown, ["−4.2355±.0012", "0.23±.19", "1.5000", "−12±4", "0.250±.010"]);
        assert_eq!([tick(0.25, 0.05), tick(-2000.0, 500.0)], ["0.25", "−2000"]);
    }
}
