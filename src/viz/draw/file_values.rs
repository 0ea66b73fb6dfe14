//! Values and lengths of data in words, in the units of your file.

use super::hover::significant;
use super::number::tick;
use crate::data::Dataset;
use crate::viz::file_units::unit_length;
use crate::viz::theme::subscripted;

/// The first values of an observation or decoding with their names, in the units of your file.
pub(crate) fn values_of(data: &Dataset, values: &[f32]) -> impl Iterator<Item = String> {
    const MOST: usize = 16;
    let named = data.observation_names.iter().zip(values).enumerate().take(MOST);
    named.map(|(column, (name, value))| {
        format!("{}  {}", subscripted(name), significant(data.in_file_units(column, f64::from(*value))))
    })
}

/// The names of the dimensions in a row.
pub(crate) fn names_of(data: &Dataset) -> String {
    data.observation_names.iter().map(|name| subscripted(name)).collect::<Vec<_>>().join(", ")
}

/// Says in which units lengths are, where they are not those of the file.
pub(crate) fn length_words(data: &Dataset) -> String {
    match unit_length(data) {
        Some(1.0) => String::new(),
        Some(scale) => {
            format!(". Lengths are of the standardised data: 1 is {} in the file", tick(scale, 1e-3 * scale))
        }
        None => ". Lengths are of the standardised data: each column of the file has a scale of its own".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Table, dataset_from_table};
    use crate::linalg::Matrix;

    #[test]
    fn values_have_the_names_and_units_of_the_file() {
        let column = |r: usize, c: usize| [4200.0 + 10.0 * (c % 7) as f64, 0.01 * (c % 5) as f64][r];
        let table = Table::new(vec!["mass".to_owned(), "width".to_owned()], Matrix::from_fn(2, 60, column));
        let data = dataset_from_table(&table, 0).unwrap();
        let by = data.centre_and_scale.clone().unwrap();
        let standardised = [4210.0, 0.02].iter().enumerate().map(|(k, x)| ((x - by.centre[k]) / by.scale.of(k)) as f32);
        let lines: Vec<String> = values_of(&data, &standardised.collect::<Vec<_>>()).collect();
        assert_eq!(lines[0], "mass  4210");
        assert!(lines[1].starts_with("width  0.02"), "{lines:?}");
        assert_eq!(unit_length(&data), Some(by.scale.of(0)));
        assert!(length_words(&data).contains("standardised"));
    }
}
