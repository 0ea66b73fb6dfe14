//! Whether a factor is a number or a category.

use std::collections::BTreeSet;

/// Most distinct values of a factor that is taken for a category.
pub const MOST_CATEGORIES: usize = 10;

/// The nature of a true factor. Scores predict the value of a continuous one and the class of a discrete one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorKind {
    /// A number; its order and distances mean something.
    Continuous,
    /// A category; its values only tell classes apart. `disentanglement_lib` takes all factors as such.
    Discrete,
}

impl FactorKind {
    /// A guess from the values: discrete if there are at most [`MOST_CATEGORIES`] different ones, which repeat each other (twice on
    /// average).
    pub fn guess(values: impl Iterator<Item = f64>) -> Self {
        let (mut count, mut distinct) = (0, BTreeSet::new());
        for value in values {
            count += 1;
            // Both zeros are one value.
            distinct.insert((value + 0.0).to_bits());
            if distinct.len() > MOST_CATEGORIES {
                return Self::Continuous;
            }
        }
        if 2 * distinct.len() <= count { Self::Discrete } else { Self::Continuous }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_repeated_values_are_categories() {
        let guess = |values: &[f64]| FactorKind::guess(values.iter().copied());
        assert_eq!(guess(&[0.0, 1.0, -0.0, 1.0, 2.0, 2.0]), FactorKind::Discrete);
        assert_eq!(guess(&[0.1, 0.2, 0.3, 0.4, 0.4]), FactorKind::Continuous);
        let of_eleven: Vec<f64> = (0..44).map(|i| f64::from(i % 11)).collect();
        assert_eq!(guess(&of_eleven), FactorKind::Continuous);
        assert_eq!(FactorKind::guess(of_eleven.into_iter().map(|x| x.min(9.0))), FactorKind::Discrete);
    }
}
