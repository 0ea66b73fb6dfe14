//! A minibatch in contiguous blocks of columns, differentiated on a thread each.
//!
//! What a block gives depends on the block alone, and the sums over the blocks are formed in their order: which thread
//! takes which block, and when, cannot change a bit. How many blocks there are can, in the last digits.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, scope};

use pulp::{Arch, Simd};

use crate::linalg::Matrix;
use crate::vae::{Elbo, Objective, Tape, Vae};

/// The memory of a step: observations, noise, and what a pass through the model leaves behind.
#[derive(Clone, Debug)]
pub(super) struct Minibatch {
    blocks: Vec<Block>,
    /// Blocks that hold something: a small minibatch does not fill all.
    filled: usize,
}

/// Contiguous columns of a minibatch.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Observations (n × columns).
    pub(super) x: Matrix<f32>,
    /// ε (m × columns).
    pub(super) noise: Matrix<f32>,
    tape: Tape<f32>,
}

impl Minibatch {
    /// Memory for training `vae` on so many threads.
    pub(super) fn new(vae: &Vae<f32>, threads: usize) -> Self {
        let empty = || Matrix::zeros(0, 0);
        let block = || Block { x: empty(), noise: empty(), tape: Tape::new(vae) };
        Self { blocks: (0..threads).map(|_| block()).collect(), filled: 0 }
    }

    /// The blocks of a minibatch of `batch` observations, to be filled, each with the columns that are its own.
    pub(super) fn cut(&mut self, batch: usize) -> impl Iterator<Item = (Range<usize>, &mut Block)> {
        let count = self.blocks.len().min(batch);
        self.filled = count;
        let start = move |block| block * batch / count;
        self.blocks[..count].iter_mut().enumerate().map(move |(i, block)| (start(i)..start(i + 1), block))
    }

    /// Computes the terms of the objective and the gradient of minus the objective. One block allocates nothing.
    pub(super) fn differentiate(&mut self, vae: &Vae<f32>, objective: &Objective) {
        let blocks = &mut self.blocks[..self.filled];
        match blocks {
            [] => {}
            [whole] => whole.differentiate(vae, objective),
            _ => {
                on_threads(blocks, |block| block.differentiate(vae, objective));
                add_up(blocks);
            }
        }
    }

    /// The terms of the objective, averaged over the minibatch.
    pub(super) fn elbo(&self) -> &Elbo {
        &self.blocks[0].tape.elbo
    }

    /// The derivative of the loss by each parameter.
    pub(super) fn gradient(&self) -> &[f32] {
        &self.blocks[0].tape.gradient
    }
}

impl Block {
    fn differentiate(&mut self, vae: &Vae<f32>, objective: &Objective) {
        vae.differentiate(objective, &self.x, &self.noise, &mut self.tape);
    }
}

/// Does `work` for every block, on as many threads. This one does what no other has taken: where the system refuses a
/// thread, all is done nevertheless.
fn on_threads(blocks: &mut [Block], work: impl Fn(&mut Block) + Sync) {
    let others = blocks.len() - 1;
    let queue = Mutex::new(blocks.iter_mut());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let take = || {
        while let Some(block) = next() {
            work(block);
        }
    };
    scope(|scope| {
        for _ in 0..others {
            if Builder::new().spawn_scoped(scope, take).is_err() {
                break;
            }
        }
        take();
    });
}

/// Replaces averages over the first block by averages over all.
fn add_up(blocks: &mut [Block]) {
    let Some((first, others)) = blocks.split_first_mut() else { return };
    let total = first.x.columns() + others.iter().map(|block| block.x.columns()).sum::<usize>();
    let share = |block: &Block| block.x.columns() as f64 / total as f64;
    let mut own = share(first);
    for other in others {
        let (share, tape, summand) = (share(other), &mut first.tape, &other.tape);
        add(&mut tape.gradient, own as f32, &summand.gradient, share as f32);
        tape.elbo.reconstruction = own * tape.elbo.reconstruction + share * summand.elbo.reconstruction;
        for (sum, kl) in tape.elbo.kl_per_dim.iter_mut().zip(&summand.elbo.kl_per_dim) {
            *sum = own * *sum + share * kl;
        }
        own = 1.0;
    }
}

/// sum ← own · sum + share · summand
#[pulp::with_simd(add = Arch::new())]
#[inline(always)]
fn add_with<S: Simd>(_simd: S, sum: &mut [f32], own: f32, summand: &[f32], share: f32) {
    for (sum, x) in sum.iter_mut().zip(summand) {
        *sum = own * *sum + share * *x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};
    use rand_distr::{Distribution as _, StandardNormal};

    const OBJECTIVE: Objective = Objective { covariance: Covariance::Full, beta: 1.5, sigma2: 0.1 };

    fn vae() -> Vae<f32> {
        let architecture =
            Architecture { latent_dim: 2, hidden: vec![9, 8], activation: Activation::Tanh, decoder: DecoderKind::Mlp };
        Vae::new(3, architecture, Covariance::Full, &mut stream(1, Purpose::Init, 0))
    }

    /// The same observations and noise, cut for so many threads.
    fn differentiated(threads: usize, batch: usize) -> Minibatch {
        let vae = vae();
        let mut rng = stream(2, Purpose::Analysis, 0);
        let columns: Vec<[f32; 5]> = (0..batch).map(|_| [(); 5].map(|()| StandardNormal.sample(&mut rng))).collect();
        let mut minibatch = Minibatch::new(&vae, threads);
        for (places, block) in minibatch.cut(batch) {
            let columns = &columns[places];
            block.x = Matrix::from_fn(3, columns.len(), |r, c| columns[c][r]);
            block.noise = Matrix::from_fn(2, columns.len(), |r, c| columns[c][3 + r]);
        }
        minibatch.differentiate(&vae, &OBJECTIVE);
        minibatch
    }

    #[test]
    fn blocks_follow_one_another_and_none_is_empty() {
        for threads in 1..9 {
            for batch in [1, 2, 7, 8, 24] {
                let mut minibatch = Minibatch::new(&vae(), threads);
                let ranges: Vec<_> = minibatch.cut(batch).map(|(places, _)| places).collect();
                assert_eq!(ranges.len(), threads.min(batch));
                assert!(
                    ranges.iter().all(|r| r.len() == batch / ranges.len() || r.len() == batch.div_ceil(ranges.len()))
                );
                assert_eq!(ranges.into_iter().flatten().collect::<Vec<_>>(), (0..batch).collect::<Vec<_>>());
            }
        }
    }

    /// Averages do not depend on how they are cut, up to the rounding of single precision, even if blocks differ in size.
    #[test]
    fn sums_over_blocks_are_those_of_the_whole() {
        for batch in [1, 2, 7, 24] {
            let whole = differentiated(1, batch);
            let scale = whole.gradient().iter().fold(0.0, |most: f32, g| most.max(g.abs()));
            for threads in [2, 3, 5, 64] {
                let cut = differentiated(threads, batch);
                let error =
                    whole.gradient().iter().zip(cut.gradient()).fold(0.0, |most: f32, (a, b)| most.max((a - b).abs()));
                assert!(error < 24.0 * f32::EPSILON * scale, "{threads} threads, batch {batch}: {error:e} of {scale}");
                let (one, other) = (whole.elbo(), cut.elbo());
                assert!((one.reconstruction / other.reconstruction - 1.0).abs() < 1e-6);
                assert!((one.kl() / other.kl() - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn scheduling_changes_no_bit() {
        let first = differentiated(3, 24);
        for _ in 0..50 {
            let again = differentiated(3, 24);
            assert_eq!(first.gradient(), again.gradient());
            assert_eq!(first.elbo(), again.elbo());
        }
    }
}
