//! The classes of a discrete factor.

/// The different values of a discrete factor, in ascending order. Classes are their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Categories {
    values: Vec<f64>,
}

impl Categories {
    /// The categories that occur.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        Self { values }
    }

    /// Number of classes.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// The value of a class.
    pub(super) fn value(&self, class: usize) -> f64 {
        self.values[class]
    }

    /// The class of a value; the number of classes for one that does not occur.
    pub(super) fn class(&self, value: f64) -> usize {
        let place = self.values.partition_point(|v| *v < value);
        if self.values.get(place) == Some(&value) { place } else { self.count() }
    }

    /// The class of each value.
    pub(super) fn classes(&self, values: impl Iterator<Item = f64>) -> Vec<usize> {
        values.map(|value| self.class(value)).collect()
    }
}

/// The place of the largest number, the first one of equals.
pub(super) fn largest(values: impl IntoIterator<Item = f64>) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (k, value) in values.into_iter().enumerate() {
        if value > best.1 {
            best = (k, value);
        }
    }
    best.0
}

/// The share of places where both agree.
pub(super) fn accuracy(predicted: &[usize], classes: &[usize]) -> f64 {
    let right = predicted.iter().zip(classes).filter(|(p, c)| p == c).count();
    right as f64 / classes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_places_in_order() {
        let categories = Categories::of([2.0, -1.0, 0.0, 2.0, -0.0].into_iter());
        assert_eq!(categories.count(), 3);
        assert_eq!(categories.classes([2.0, 0.0, -1.0, 5.0].into_iter()), [2, 1, 0, 3]);
        assert_eq!(largest([1.0, 3.0, 3.0]), 1);
        assert_eq!(accuracy(&[0, 1, 1, 2], &[0, 1, 2, 2]), 0.75);
    }
}
