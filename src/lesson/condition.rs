//! Conditions on a number: `below X`, `above X`, `near X within Y`.

use crate::checks::Expected;

/// The name of a number and what is expected of it: the two sides of the last ` below `, ` above ` or ` near `. `None` if the text is no
/// such condition, a number is not finite or a tolerance is negative.
pub(super) fn condition(text: &str) -> Option<(&str, Expected)> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    if let Some((name, limit)) = text.rsplit_once(" below ") {
        return Some((name.trim(), Expected::Below(number(limit)?)));
    }
    if let Some((name, limit)) = text.rsplit_once(" above ") {
        return Some((name.trim(), Expected::Above(number(limit)?)));
    }
    let (name, range) = text.rsplit_once(" near ")?;
    let (value, tolerance) = range.split_once(" within ")?;
    let tolerance = number(tolerance).filter(|tolerance| *tolerance >= 0.0)?;
    Some((name.trim(), Expected::Near { value: number(value)?, tolerance }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_have_a_name_and_finite_numbers() {
        assert_eq!(condition("c_IMA below 0.1"), Some(("c_IMA", Expected::Below(0.1))));
        assert_eq!(condition("s1 of B above -2"), Some(("s1 of B", Expected::Above(-2.0))));
        let near = Expected::Near { value: 3.0, tolerance: 0.5 };
        assert_eq!(condition("z1 near 3 within 0.5"), Some(("z1", near)));
        for wrong in ["c_IMA", "c_IMA below", "x below nan", "x above inf", "x near 1", "x near 1 within -1"] {
            assert_eq!(condition(wrong), None, "{wrong}");
        }
    }
}
