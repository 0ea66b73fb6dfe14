//! Which observations form a minibatch: epoch after epoch of random permutations, cut into batches of any size.

use rand::seq::SliceRandom as _;

use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};

/// The endless sequence of shuffled epochs. It is a function of the seed alone: only the permutation of the epoch that
/// was read last is kept.
#[derive(Clone, Debug)]
pub struct Batches {
    seed: u64,
    epoch: Option<u64>,
    permutation: Vec<u32>,
}

impl Batches {
    /// The sequence over `samples` observations.
    pub fn new(seed: u64, samples: usize) -> Self {
        Self { seed, epoch: None, permutation: (0..samples as u32).collect() }
    }

    /// Copies observations `position..position + batch` of the sequence to the columns of `x`.
    pub fn gather(&mut self, observations: &Matrix<f32>, position: u64, batch: usize, x: &mut Matrix<f32>) {
        x.reshape(observations.rows(), batch);
        let samples = self.permutation.len() as u64;
        for c in 0..batch {
            let place = position + c as u64;
            self.turn_to(place / samples);
            let sample = self.permutation[(place % samples) as usize] as usize;
            x.column_mut(c).copy_from_slice(observations.column(sample));
        }
    }

    fn turn_to(&mut self, epoch: u64) {
        if self.epoch != Some(epoch) {
            self.permutation.iter_mut().zip(0..).for_each(|(p, i)| *p = i);
            self.permutation.shuffle(&mut stream(self.seed, Purpose::Batch, epoch));
            self.epoch = Some(epoch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_holds_every_observation_once_however_it_is_cut() {
        let observations = Matrix::from_fn(1, 10, |_, c| c as f32);
        let read = |sizes: &[usize]| {
            let (mut batches, mut x, mut position) = (Batches::new(3, 10), Matrix::zeros(0, 0), 0);
            let mut seen = Vec::new();
            for size in sizes {
                batches.gather(&observations, position, *size, &mut x);
                seen.extend_from_slice(x.as_slice());
                position += *size as u64;
            }
            seen
        };
        let whole = read(&[10, 10]);
        assert_eq!(whole, read(&[4, 4, 4, 4, 4]));
        assert_ne!(whole[..10], whole[10..], "every epoch is shuffled anew");
        for epoch in whole.chunks(10) {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable_by(f32::total_cmp);
            assert_eq!(sorted, (0..10).map(|i| i as f32).collect::<Vec<_>>());
        }
        // Reading backwards gives the same as reading forwards.
        let (mut batches, mut x) = (Batches::new(3, 10), Matrix::zeros(0, 0));
        for place in [17, 4, 12, 0] {
            batches.gather(&observations, place, 1, &mut x);
            assert_eq!(x.as_slice()[0], whole[place as usize]);
        }
    }
}
