//! Numbers as text.

/// A number with a true minus sign, and none before a zero.
pub(crate) fn number(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| c == '0' || c == '.') => zero.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
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
        assert_eq!([tick(0.25, 0.05), tick(-2000.0, 500.0)], ["0.25", "−2000"]);
    }
}
