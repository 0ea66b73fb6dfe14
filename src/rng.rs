//! Random number streams: one seed, one independent stream per purpose and index.
//!
//! Everything random in a run is a pure function of seed, purpose and index. So the noise of step 1,200 is the same
//! whether or not steps were watched, rewound or replayed, and two runs with the same seed share data, minibatches and
//! noise. The generator is ChaCha8, whose output is portable by contract. The seed fills its key; purpose and index
//! select one of its 2⁶⁴ streams.

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

/// The use of random numbers. Each purpose has its own streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Initial weights: those of the model (index 0), those of its discriminator (1).
    Init,
    /// Factors and observation noise of a generated scene.
    Data,
    /// Minibatches: the shuffled order of observations (the index is the epoch).
    Batch,
    /// Reparameterisation noise ε, and the shuffles for a discriminator (the index is the step).
    Noise,
    /// Monte-Carlo estimates of metrics and views; they never change the run.
    Analysis,
}

/// The random number generator of a purpose and an index below 2⁵⁶.
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    debug_assert!(index < 1 << 56, "the purpose takes the upper eight bits of the stream number");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((purpose as u64) << 56 | index);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    fn first(seed: u64, purpose: Purpose, index: u64) -> u64 {
        stream(seed, purpose, index).next_u64()
    }

    #[test]
    fn every_seed_purpose_and_index_has_its_own_stream() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in [0, 7, 263, 7 + (1 << 40), u64::MAX] {
            for purpose in [Purpose::Init, Purpose::Data, Purpose::Batch, Purpose::Noise, Purpose::Analysis] {
                for index in [0, 1, 2, 1 << 30] {
                    assert!(seen.insert(first(seed, purpose, index)), "{seed} {purpose:?} {index} repeats a stream");
                }
            }
        }
    }

    #[test]
    fn values_never_change() {
        // Saved runs are replayed from their seed; a dependency that changes these values breaks them.
        use rand_distr::{Distribution as _, StandardNormal};
        let normal: f32 = StandardNormal.sample(&mut stream(1, Purpose::Noise, 42));
        assert_eq!((first(1, Purpose::Noise, 42), normal), (7023496343508560681, -0.541923));
    }
}
