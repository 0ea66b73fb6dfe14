//! Lists of values on the command line. Each value is given once: a second one would repeat what the first did.

use super::run_args::parse_covariance;
use crate::vae::Covariance;

/// Most seeds in a list.
const MOST_SEEDS: usize = 10_000;

/// List of different values.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T>(Vec<T>);

impl<T: Clone> List<T> {
    /// Values of the list, or one value without a list.
    pub(super) fn or_one(list: Option<&Self>, one: T) -> Vec<T> {
        list.map_or_else(|| vec![one], |list| list.0.clone())
    }
}

/// Refuses a list with a doubled value, and names it.
pub(super) fn refuse_doubled<T: PartialEq>(values: &[T], name: impl Fn(&T) -> String) -> Result<(), String> {
    let doubled = values.iter().enumerate().find(|(k, value)| values[..*k].contains(value));
    match doubled {
        Some((_, value)) => Err(format!("{} is given twice; give each value once", name(value))),
        None => Ok(()),
    }
}

fn parts<T>(text: &str, separator: char, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(separator).map(|part| parse(part.trim())).collect()
}

/// Reads values of β, separated by commas, or by semicolons where there are decimal commas.
pub(super) fn parse_betas(text: &str) -> Result<List<f64>, String> {
    let number = |part: &str| part.parse().map_err(|e| format!("'{part}' is not a number ({e})"));
    let betas = if text.contains(';') {
        parts(text, ';', |part| number(&part.replace(',', ".")))?
    } else if let Some(decimals) = text.strip_prefix("0,").filter(|rest| rest.bytes().all(|b| b.is_ascii_digit())) {
        // Nobody trains with β = 0 and β = 5 alone.
        return Err(format!("'{text}' may be one number or two; write 0.{decimals}, or 0;{decimals} for two"));
    } else {
        parts(text, ',', number)?
    };
    refuse_doubled(&betas, f64::to_string)?;
    Ok(List(betas))
}

/// Reads families of posteriors, separated by commas.
pub(super) fn parse_covariances(text: &str) -> Result<List<Covariance>, String> {
    let covariances = parts(text, ',', parse_covariance)?;
    refuse_doubled(&covariances, |covariance| covariance.name().to_owned())?;
    Ok(List(covariances))
}

/// Reads seeds and ranges of seeds without their ends, separated by commas.
pub(super) fn parse_seeds(text: &str) -> Result<List<u64>, String> {
    let seed = |part: &str| part.trim().parse::<u64>().map_err(|e| format!("'{part}' is not a seed ({e})"));
    let range = |part: &str| -> Result<Vec<u64>, String> {
        let Some((from, to)) = part.split_once("..") else { return Ok(vec![seed(part)?]) };
        let (from, to) = (seed(from)?, seed(to)?);
        if from < to && to - from <= MOST_SEEDS as u64 {
            Ok((from..to).collect())
        } else {
            Err(format!("{from}..{to} is not a range of 1 to {MOST_SEEDS} seeds"))
        }
    };
    let seeds = parts(text, ',', range)?.concat();
    if seeds.len() > MOST_SEEDS {
        return Err(format!("{} seeds are more than {MOST_SEEDS}", seeds.len()));
    }
    refuse_doubled(&seeds, u64::to_string)?;
    Ok(List(seeds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_commas_are_told_from_lists() {
        let list = |text: &str| parse_betas(text).map(|list| list.0);
        assert_eq!(list("0.5,2"), Ok(vec![0.5, 2.0]));
        assert_eq!(list("0,5; 1"), Ok(vec![0.5, 1.0]));
        assert_eq!(list("0,1,2"), Ok(vec![0.0, 1.0, 2.0]));
        assert_eq!(list("0,5").unwrap_err(), "'0,5' may be one number or two; write 0.5, or 0;5 for two");
    }

    #[test]
    fn seeds_are_numbers_and_ranges() {
        let list = |text: &str| parse_seeds(text).map(|list| list.0);
        assert_eq!(list("3, 0..2,7..8"), Ok(vec![3, 0, 1, 7]));
        assert!(list("3..3").unwrap_err().contains("is not a range"));
        assert!(list("0..9000,9000..18000").unwrap_err().contains("18000 seeds are more than 10000"));
    }

    #[test]
    fn doubled_values_are_named() {
        let twice = |named: &str| Err(format!("{named} is given twice; give each value once"));
        assert_eq!(parse_betas("1,2,1.0").map(drop), twice("1"));
        assert_eq!(parse_betas("0,5;0.50").map(drop), twice("0.5"));
        assert_eq!(parse_covariances("full,diagonal,full").map(drop), twice("full"));
        assert_eq!(parse_seeds("0,0").map(drop), twice("0"));
        assert_eq!(parse_seeds("0..4,3..6").map(drop), twice("3"));
        assert_eq!(parse_seeds("0..4,2").map(drop), twice("2"));
    }
}
