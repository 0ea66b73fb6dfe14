//! Your data in a session.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::record::{kind_of, recorded_kind};
use crate::data::{CentreAndScale, Dataset, Label, Scale, Split, split_rows};
use crate::io::file_error::FileError;
use crate::linalg::Matrix;

/// Your data: centred, scaled, shuffled and split as they were trained on.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableRecord {
    names: Vec<String>,
    /// Height and width, if a row is an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<(usize, usize)>,
    /// Channels of a pixel [default: 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channels: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    centre: Option<Vec<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scale: Option<Scale>,
    /// The seed that drew and shuffled the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    split_seed: Option<u64>,
    /// Little-endian float32 in base 64, sample by sample.
    train: String,
    test: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    factor_names: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label>,
    /// Training and held-out part of what does not follow from the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    annotations: Option<[Annotations; 2]>,
}

/// Annotations of the samples of a part, as base 64.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Annotations {
    /// Little-endian float32, sample by sample.
    #[serde(skip_serializing_if = "String::is_empty")]
    factors: String,
    /// Little-endian uint32, one label after the other.
    #[serde(skip_serializing_if = "String::is_empty")]
    labels: String,
    /// Little-endian uint32; absent if the rows follow from `split_seed` alone.
    #[serde(skip_serializing_if = "String::is_empty")]
    rows: String,
}

impl TableRecord {
    /// Bytes of observations, factors and labels.
    pub(super) fn bytes_of(data: &Dataset) -> usize {
        let samples = data.train.samples() + data.test.samples();
        4 * samples * (data.data_dim() + data.factor_count() + data.labels.len())
    }

    /// The record of a dataset, if its observations, factors and labels have at most `most` bytes.
    pub(super) fn new(data: &Dataset, most: usize) -> Option<Self> {
        let samples = data.train.samples() + data.test.samples();
        if Self::bytes_of(data) > most {
            return None;
        }
        let splits = [&data.train, &data.test];
        let [train, test] = splits.map(|split| encoded(split.observations.as_slice().iter().map(|x| x.to_le_bytes())));
        let implied = data.split_seed.map(|seed| split_rows(samples, seed));
        let is_implied = splits.iter().all(|split| split.rows.is_empty())
            || implied.is_some_and(|[train, test]| train == data.train.rows && test == data.test.rows);
        let annotations = splits.map(|split| {
            let factors = split.factors.as_ref().map_or(&[][..], Matrix::as_slice);
            let rows = if is_implied { &[][..] } else { &*split.rows };
            Annotations {
                factors: encoded(factors.iter().map(|x| x.to_le_bytes())),
                labels: encoded(split.labels.iter().flatten().map(|x| x.to_le_bytes())),
                rows: encoded(rows.iter().map(|row| (*row as u32).to_le_bytes())),
            }
        });
        let is_needed = !is_implied || data.factor_count() > 0 || !data.labels.is_empty();
        let (image, channels) = recorded_kind(data.kind);
        Some(Self {
            names: data.observation_names.clone(),
            image,
            channels,
            centre: data.centre_and_scale.as_ref().map(|c| c.centre.clone()),
            scale: data.centre_and_scale.as_ref().map(|c| c.scale.clone()),
            split_seed: data.split_seed,
            train,
            test,
            factor_names: data.factor_names.clone(),
            labels: data.labels.clone(),
            annotations: is_needed.then_some(annotations),
        })
    }

    /// The dataset.
    ///
    /// # Errors
    /// If the record is damaged.
    pub(super) fn into_data(self) -> Result<Dataset, FileError> {
        self.dataset().ok_or_else(|| FileError::new("the table of data in the session is damaged"))
    }

    fn dataset(self) -> Option<Dataset> {
        let n = self.names.len();
        let kind = kind_of(self.image, self.channels, n)?;
        let centre_and_scale = match (self.centre, self.scale) {
            (Some(centre), Some(scale)) if centre.len() == n && scale.fits(n) => Some(CentreAndScale { centre, scale }),
            (None, None) => None,
            _ => return None,
        };
        let annotations = self.annotations.unwrap_or_default();
        let part = |text: &str, annotations| split(text, n, (self.factor_names.len(), &*self.labels), annotations);
        let mut train = part(&self.train, &annotations[0])?;
        let mut test = part(&self.test, &annotations[1])?;
        if let (true, Some(seed)) = (train.rows.is_empty() && test.rows.is_empty(), self.split_seed) {
            let [train_rows, test_rows] = split_rows(train.samples() + test.samples(), seed);
            if train_rows.len() == train.samples() {
                (train.rows, test.rows) = (train_rows, test_rows);
            }
        }
        Some(Dataset {
            train,
            test,
            factor_names: self.factor_names,
            labels: self.labels,
            observation_names: self.names,
            kind,
            centre_and_scale,
            split_seed: self.split_seed,
        })
    }
}

fn split(text: &str, n: usize, (factors, labels): (usize, &[Label]), annotations: &Annotations) -> Option<Split> {
    let numbers: Vec<f32> = decoded(text)?.into_iter().map(f32::from_le_bytes).collect();
    let samples = numbers.len() / n.max(1);
    if samples == 0 || numbers.len() != samples * n || !numbers.iter().all(|x| x.is_finite()) {
        return None;
    }
    let values: Vec<f32> = decoded(&annotations.factors)?.into_iter().map(f32::from_le_bytes).collect();
    let categories: Vec<u32> = decoded(&annotations.labels)?.into_iter().map(u32::from_le_bytes).collect();
    let row = |row| u32::from_le_bytes(row) as usize;
    let rows: Vec<usize> = decoded(&annotations.rows)?.into_iter().map(row).collect();
    let whole = values.len() == factors * samples
        && values.iter().all(|x| x.is_finite())
        && categories.len() == labels.len() * samples
        && (rows.is_empty() || rows.len() == samples);
    let labelled: Vec<Vec<u32>> = categories.chunks(samples).map(<[u32]>::to_vec).collect();
    let is_known = |(own, label): (&Vec<u32>, &Label)| own.iter().all(|c| (*c as usize) < label.categories.len());
    (whole && labelled.iter().zip(labels).all(is_known)).then(|| Split {
        observations: Matrix::from_columns(n, samples, numbers),
        factors: (factors > 0).then(|| Matrix::from_columns(factors, samples, values)),
        labels: labelled,
        rows,
    })
}

fn encoded(numbers: impl Iterator<Item = [u8; 4]>) -> String {
    BASE64.encode(numbers.flatten().collect::<Vec<u8>>())
}

fn decoded(text: &str) -> Option<Vec<[u8; 4]>> {
    let bytes = BASE64.decode(text).ok()?;
    let (numbers, []) = bytes.as_chunks::<4>() else { return None };
    Some(numbers.to_vec())
}
