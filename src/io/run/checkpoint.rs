//! Checkpoints as safetensors: moments and memories as tensors, single numbers as JSON in the metadata.
//!
//! `adam.first` and `adam.second` have a float32 for each parameter; `lbfgs.point` and `lbfgs.pairs` (pairs, 2, parameters) are float64,
//! and so are `sums`: the reconstruction and the KL of each latent, summed over the steps since the last row of the history.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::record::parse_logged;
use crate::experiment::{Checkpoint, Schedule};
use crate::io::file_error::FileError;
use crate::nn::{Adam, Lbfgs};
use crate::vae::Elbo;

/// The only key of the metadata.
const METADATA_KEY: &str = "unpick";

/// Single numbers of a checkpoint, and the commands to come as `STEP:name=value`.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CheckpointNumbers {
    step: u64,
    position: u64,
    schedule: Schedule,
    /// σ² where it is learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sigma2: Option<f64>,
    updates: u64,
    interval: u64,
    /// The sum of what is subtracted from the reconstruction, where that is not β KL.
    regularizer: Option<f64>,
    /// The sum of the losses of a discriminator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discriminator_loss: Option<f64>,
    summed: u64,
    sound: (u64, usize),
    rotation_errors: Vec<(usize, f64)>,
    pending: Vec<String>,
}

/// The file of a checkpoint.
///
/// # Errors
/// If it cannot be serialised.
pub(super) fn write_checkpoint(checkpoint: &Checkpoint) -> Result<Vec<u8>, FileError> {
    let Checkpoint {
        step,
        position,
        schedule,
        sigma2,
        adam,
        lbfgs,
        interval,
        sums,
        summed,
        sound,
        rotation_errors,
        pending,
    } = checkpoint;
    let numbers = CheckpointNumbers {
        step: *step,
        position: *position,
        schedule: *schedule,
        sigma2: *sigma2,
        updates: adam.updates,
        interval: *interval,
        regularizer: sums.regularizer,
        discriminator_loss: sums.discriminator_loss,
        summed: *summed,
        sound: *sound,
        rotation_errors: rotation_errors.clone(),
        pending: pending.iter().map(|l| format!("{}:{}", l.step, l.command)).collect(),
    };
    let metadata = serde_json::to_string(&numbers).map_err(FileError::new)?;
    let single = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let double = |values: &mut dyn Iterator<Item = &f64>| values.flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let count = adam.first.len();
    let sums = std::iter::once(&sums.reconstruction).chain(&sums.kl_per_dim);
    let tensors = [
        ("adam.first", Dtype::F32, vec![count], single(&adam.first)),
        ("adam.second", Dtype::F32, vec![count], single(&adam.second)),
        ("lbfgs.point", Dtype::F64, vec![lbfgs.point().len()], double(&mut lbfgs.point().iter())),
        (
            "lbfgs.pairs",
            Dtype::F64,
            vec![lbfgs.pairs().len(), 2, count],
            double(&mut lbfgs.pairs().flatten().flatten()),
        ),
        ("sums", Dtype::F64, vec![sums.clone().count()], double(&mut sums.clone())),
    ];
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect();
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), metadata)]);
    views
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|e| FileError::new(format_args!("the checkpoint cannot be written as safetensors ({e})")))
}

/// Reads [`write_checkpoint`].
///
/// # Errors
/// If the bytes are no checkpoint.
pub(super) fn read_checkpoint(bytes: &[u8]) -> Result<Checkpoint, FileError> {
    let damaged = |e: &dyn std::fmt::Display| FileError::new(format_args!("this is not a whole checkpoint ({e})"));
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| damaged(&e))?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(&e))?;
    let text = header.metadata().as_ref().and_then(|all| all.get(METADATA_KEY)).map_or("", String::as_str);
    let numbers: CheckpointNumbers = serde_json::from_str(text).map_err(|e| damaged(&e))?;
    let tensor = |name: &str, dtype: Dtype| match tensors.tensor(name) {
        Ok(tensor) if tensor.dtype() == dtype => Ok(tensor),
        Ok(_) => Err(damaged(&format_args!("{name} has another type"))),
        Err(error) => Err(damaged(&error)),
    };
    let single = |name: &str| -> Result<Vec<f32>, FileError> {
        Ok(tensor(name, Dtype::F32)?.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    };
    let double = |name: &str| -> Result<Vec<f64>, FileError> {
        Ok(tensor(name, Dtype::F64)?.data().as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
    };
    let sums = double("sums")?;
    let (reconstruction, kl_per_dim) = sums.split_first().ok_or_else(|| damaged(&"there are no sums"))?;
    let adam = Adam { first: single("adam.first")?, second: single("adam.second")?, updates: numbers.updates };
    let values = double("lbfgs.pairs")?;
    let halves = values.chunks_exact(adam.first.len().max(1)).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let pairs = halves.as_chunks::<2>().0.iter().cloned();
    Ok(Checkpoint {
        step: numbers.step,
        position: numbers.position,
        schedule: numbers.schedule,
        sigma2: numbers.sigma2,
        lbfgs: Lbfgs::new(double("lbfgs.point")?, pairs),
        adam,
        interval: numbers.interval,
        sums: Elbo {
            reconstruction: *reconstruction,
            kl_per_dim: kl_per_dim.to_vec(),
            regularizer: numbers.regularizer,
            discriminator_loss: numbers.discriminator_loss,
        },
        summed: numbers.summed,
        sound: numbers.sound,
        rotation_errors: numbers.rotation_errors,
        pending: numbers.pending.iter().map(|text| parse_logged(text)).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Command, LoggedCommand};
    use proptest::prelude::*;

    fn checkpoint() -> Checkpoint {
        let mut adam = Adam::new(3);
        adam.first = vec![0.1, -0.2, f32::MIN_POSITIVE];
        adam.updates = 7;
        let pair = |x: f64| [vec![x, 0.1, 0.2], vec![1.0 / 3.0, -x, 0.0]];
        Checkpoint {
            step: 9,
            position: 320,
            sigma2: Some(0.1 + 0.2),
            schedule: Schedule::new(Some(20)).judged(20, -1.0 / 3.0, None, 0.01),
            adam,
            lbfgs: Lbfgs::new(vec![1.0, 2.0, 0.1], [pair(0.3), pair(0.7)]),
            interval: 40,
            sums: Elbo {
                reconstruction: -0.1,
                kl_per_dim: vec![0.2, 1e-300],
                regularizer: Some(0.7),
                discriminator_loss: Some(0.1 + 0.2),
            },
            summed: 4,
            sound: (8, 1),
            rotation_errors: vec![(0, 0.012_345_678_9)],
            pending: vec![LoggedCommand { step: 12, command: Command::Beta(0.1) }],
        }
    }

    #[test]
    fn a_checkpoint_is_read_back_to_the_last_bit() {
        let bytes = write_checkpoint(&checkpoint()).unwrap();
        assert_eq!(read_checkpoint(&bytes).unwrap(), checkpoint());
        assert_eq!(write_checkpoint(&checkpoint()).unwrap(), bytes, "the same bytes again");
        let plain = Checkpoint { lbfgs: Lbfgs::default(), pending: Vec::new(), ..checkpoint() };
        assert_eq!(read_checkpoint(&write_checkpoint(&plain).unwrap()).unwrap(), plain);
    }

    proptest! {
        #[test]
        fn damage_never_panics(place in 0_usize..900, value in any::<u8>(), length in 0_usize..2000) {
            let mut bytes = write_checkpoint(&checkpoint()).unwrap();
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
            bytes.truncate(length);
            drop(read_checkpoint(&bytes));
        }
    }
}
