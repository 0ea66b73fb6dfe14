//! Choice of minibatches: shuffled epochs, one after the other, cut into batches of any size.

use rand::seq::SliceRandom as _;

use crate::rng::{Purpose, stream};

/// Endless sequence of shuffled epochs, a function of the seed alone. Only the permutation of the epoch read last is kept.
#[derive(Clone, Debug)]
pub struct Batches {
    seed: u64,
    epoch: Option<u64>,
    permutation: Vec<u32>,
}

impl Batches {
    /// Sequence over `samples` observations.
    pub fn new(seed: u64, samples: usize) -> Self {
        Self { seed, epoch: None, permutation: (0..samples as u32).collect() }
    }

    /// Writes the observations at `position..position + batch` of the sequence into `chosen`.
    pub fn choose(&mut self, position: u64, batch: usize, chosen: &mut Vec<u32>) {
        chosen.clear();
        let samples = self.permutation.len() as u64;
        for place in position..position + batch as u64 {
            self.shuffle_for(place / samples);
            chosen.push(self.permutation[(place % samples) as usize]);
        }
    }

    fn shuffle_for(&mut self, epoch: u64) {
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
        let read = |sizes: &[usize]| {
            let (mut batches, mut chosen, mut position) = (Batches::new(3, 10), Vec::new(), 0);
            let mut seen = Vec::new();
            for size in sizes {
                batches.choose(position, *size, &mut chosen);
                seen.extend_from_slice(&chosen);
                position += *size as u64;
            }
            seen
        };
        let whole = read(&[10, 10]);
        assert_eq!(whole, read(&[4, 4, 4, 4, 4]));
        assert_ne!(whole[..10], whole[10..], "every epoch is shuffled anew");
        for epoch in whole.chunks(10) {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..10));
        }
        // The order of reading makes no difference.
        let (mut batches, mut chosen) = (Batches::new(3, 10), Vec::new());
        for place in [17, 4, 12, 0] {
            batches.choose(place, 1, &mut chosen);
            assert_eq!(chosen[0], whole[place as usize]);
        }
    }
}
