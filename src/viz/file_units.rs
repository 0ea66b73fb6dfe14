//! The units of your file, and the observations far outside the view.

use super::context::ViewContext;
use super::projection::Projection;
use crate::data::{CentreAndScale, Dataset, Scale};
use crate::linalg::Matrix;

/// Centre and scale of each axis of data space, for your data with so few columns that each is an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileUnits(CentreAndScale);

impl FileUnits {
    /// The units of these data; `None` for a scene, and where the axes are principal axes.
    pub(crate) fn of(data: &Dataset) -> Option<Self> {
        data.centre_and_scale.as_ref().filter(|_| data.data_dim() <= 3).map(|by| Self(by.clone()))
    }

    /// Centre and scale of an axis.
    pub(crate) fn axis(&self, axis: usize) -> [f64; 2] {
        let Self(by) = self;
        by.centre.get(axis).map_or([0.0, 1.0], |centre| [*centre, by.scale.of(axis)])
    }
}

/// The model's unit of length in your file, where it is one length for all columns; 1 for a scene.
pub(crate) fn unit_length(data: &Dataset) -> Option<f64> {
    match data.centre_and_scale.as_ref().map(|by| &by.scale) {
        None => Some(1.0),
        Some(Scale::One(scale)) => Some(*scale),
        Some(Scale::Columns(_)) => None,
    }
}

/// Says how many observations lie farther from the view than it is wide, in either part of the data.
pub(crate) fn outside(context: &ViewContext<'_>) -> Option<String> {
    let data = &context.snapshot.data;
    // Principal axes of many columns are not drawn for training data.
    if data.data_dim() > 3 {
        return None;
    }
    let count = |x: &Matrix<f32>| x.iter_columns().filter(|x| is_far(context.projection, x)).count();
    let [test, train] = [&data.test, &data.train].map(|part| count(&part.observations));
    let parts = [(test, "held-out"), (train, "training")].into_iter().filter(|(count, _)| *count > 0);
    let text = parts.map(|(count, part)| format!("{count} {part}")).collect::<Vec<_>>().join(" and ");
    let points = if test + train == 1 { "point" } else { "points" };
    (test + train > 0).then(|| format!("{text} {points} outside"))
}

fn is_far(projection: &Projection, x: &[f32]) -> bool {
    let place = projection.space(x).map(f64::from);
    projection.extent.iter().zip(place).any(|([low, high], x)| x < 2.0 * low - high || x > 2.0 * high - low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Table, dataset_from_table};

    #[test]
    fn an_outlier_in_either_part_leaves_the_ring_in_the_view() {
        for seed in 0..10 {
            let ring = |r: usize, c: usize| if c == 499 { 1000.0 } else { [(c as f64).cos(), (c as f64).sin()][r] };
            let table = Table::new(vec!["a".to_owned(), "b".to_owned()], Matrix::from_fn(2, 500, ring));
            let data = dataset_from_table(&table, seed).unwrap();
            let projection = Projection::of(&std::sync::Arc::new(data.clone()));
            let far = |x: &Matrix<f32>| x.iter_columns().filter(|x| is_far(&projection, x)).count();
            assert_eq!(far(&data.train.observations) + far(&data.test.observations), 1, "seed {seed}");
            let units = FileUnits::of(&data).unwrap();
            for (axis, [low, high]) in projection.extent.iter().enumerate() {
                let [centre, scale] = units.axis(axis);
                let [low, high] = [low, high].map(|end| centre + scale * end);
                assert!((low + 1.0).abs() < 0.15 && (high - 1.0).abs() < 0.15, "seed {seed}: {low} to {high}");
            }
        }
    }
}
