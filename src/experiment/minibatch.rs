//! Minibatch in contiguous blocks of columns, each differentiated on its own thread.
//!
//! The result of a block depends on the block alone, and sums over blocks are formed in their order, so scheduling cannot
//! change a bit. The number of blocks can, in the last digits.

use std::hint::spin_loop;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pulp::{Arch, Simd};
use rand::Rng;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::linalg::Matrix;
use crate::nn::{Adam, OptimizerKind};
use crate::vae::{Elbo, ElboWorkspace, Objective, Vae, shuffle_latents};

/// Memory of a step: observations, noise, and workspaces for the passes through the model.
#[derive(Clone, Debug)]
pub(super) struct Minibatch {
    blocks: Vec<Block>,
    /// Number of blocks in use: a small minibatch does not need all.
    filled: usize,
    helpers: Helpers,
}

/// Contiguous columns of a minibatch.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Indices of the observations.
    pub(super) chosen: Vec<u32>,
    /// The observations (n × columns).
    x: Matrix<f32>,
    /// ε (m × columns).
    pub(super) noise: Matrix<f32>,
    workspace: ElboWorkspace<f32>,
}

impl Minibatch {
    /// Memory for training `vae` on `threads` threads.
    pub(super) fn new(vae: &Vae<f32>, threads: usize) -> Self {
        let mut minibatch = Self { blocks: Vec::new(), filled: 0, helpers: Helpers::new(threads - 1) };
        minibatch.fit(vae, threads);
        minibatch
    }

    /// Resizes the memory for another model.
    pub(super) fn fit(&mut self, vae: &Vae<f32>, threads: usize) {
        let empty = || Matrix::zeros(0, 0);
        let block = || Block { chosen: Vec::new(), x: empty(), noise: empty(), workspace: ElboWorkspace::new(vae) };
        (self.blocks, self.filled) = ((0..threads).map(|_| block()).collect(), 0);
    }

    /// Cuts a minibatch of `batch` observations into blocks for the caller to fill, each with its range of columns.
    pub(super) fn cut(&mut self, batch: usize) -> impl Iterator<Item = (Range<usize>, &mut Block)> {
        let count = self.blocks.len().min(batch);
        self.filled = count;
        let start = move |block| block * batch / count;
        self.blocks[..count].iter_mut().enumerate().map(move |(i, block)| (start(i)..start(i + 1), block))
    }

    /// Computes the terms of the objective, and for each block the gradient of minus the objective.
    pub(super) fn differentiate(&mut self, vae: &Vae<f32>, objective: &Objective, observations: &Matrix<f32>) {
        let blocks = &mut self.blocks[..self.filled];
        self.helpers.share(blocks.iter_mut(), |block| block.differentiate(vae, objective, observations));
        let Some((first, others)) = blocks.split_first_mut() else { return };
        let shares = shares(first.x.columns(), others);
        let sum = &mut first.workspace.elbo;
        for (other, [own, share]) in others.iter().zip(shares) {
            let summand = &other.workspace.elbo;
            sum.reconstruction = own * sum.reconstruction + share * summand.reconstruction;
            for (sum, kl) in sum.kl_per_dim.iter_mut().zip(&summand.kl_per_dim) {
                *sum = own * *sum + share * kl;
            }
            if let (Some(sum), Some(value)) = (&mut sum.regularizer, summand.regularizer) {
                *sum = own * *sum + share * value;
            }
        }
    }

    /// Terms of the objective, averaged over the minibatch.
    pub(super) fn elbo(&self) -> &Elbo {
        &self.blocks[0].workspace.elbo
    }

    /// Sums the gradients of the blocks and makes a step against the sum. One block allocates nothing.
    pub(super) fn descend(
        &mut self,
        adam: &mut Adam<f32>,
        vae: &mut Vae<f32>,
        kind: OptimizerKind,
        rate: f64,
        sigma2: f64,
    ) {
        let Some((first, others)) = self.blocks[..self.filled].split_first_mut() else { return };
        let shares: Vec<[f64; 2]> = shares(first.x.columns(), others).collect();
        let length = vae.parameters.len().div_ceil(1 + others.len()).max(1);
        let sums = first.workspace.gradient.chunks_mut(length).enumerate();
        let add_others = |k: usize, sum: &mut [f32]| {
            for (other, [own, share]) in others.iter().zip(&shares) {
                add(sum, *own as f32, &other.workspace.gradient[k * length..][..sum.len()], *share as f32);
            }
        };
        if kind == OptimizerKind::Adam {
            self.helpers.share(adam.parts(&mut vae.parameters, rate, length).zip(sums), |(part, (k, sum))| {
                add_others(k, sum);
                part.update(sum);
            });
        } else {
            self.helpers.share(sums, |(k, sum)| add_others(k, sum));
            vae.descend(kind, adam, &first.workspace.gradient, rate, sigma2);
        }
    }
}

impl Block {
    /// Shuffles its latents for a discriminator.
    pub(super) fn shuffle(&mut self, rng: &mut impl Rng) {
        let (m, batch) = (self.noise.rows(), self.noise.columns());
        shuffle_latents(rng, m, batch, &mut self.workspace.shuffled);
    }

    fn differentiate(&mut self, vae: &Vae<f32>, objective: &Objective, observations: &Matrix<f32>) {
        let Self { chosen, x, noise, workspace } = self;
        x.reshape(observations.rows(), chosen.len());
        for (c, sample) in chosen.iter().enumerate() {
            x.column_mut(c).copy_from_slice(observations.column(*sample as usize));
        }
        workspace.population = observations.columns();
        vae.differentiate(objective, x, noise, workspace);
    }
}

/// Weights of the average so far and of the next block, for each block after the first, which has `first` columns.
fn shares(first: usize, others: &[Block]) -> impl Iterator<Item = [f64; 2]> {
    let columns = |block: &Block| block.x.columns() as f64;
    let total = first as f64 + others.iter().map(columns).sum::<f64>();
    let own = std::iter::once(first as f64 / total).chain(std::iter::repeat(1.0));
    own.zip(others).map(move |(own, other)| [own, columns(other) / total])
}

/// Polls of the helpers before sleeping until they have finished: about a tenth of a millisecond.
const PATIENCE: usize = 4000;

/// Pool of waiting threads. `None` without helpers or if the system refuses threads; the caller then does all the work.
#[derive(Clone, Debug)]
struct Helpers(Option<Arc<ThreadPool>>);

impl Helpers {
    fn new(count: usize) -> Self {
        let pool = || ThreadPoolBuilder::new().num_threads(count).thread_name(|_| "step".to_owned()).build().ok();
        Self((count > 0).then(pool).flatten().map(Arc::new))
    }

    /// Does `work` for every item: the first on this thread, the others on the helpers.
    fn share<T: Send>(&self, mut items: impl Iterator<Item = T> + Send, work: impl Fn(T) + Sync) {
        let Some(pool) = &self.0 else { return items.for_each(work) };
        let Some(first) = items.next() else { return };
        let busy = AtomicUsize::new(0);
        pool.in_place_scope(|scope| {
            for item in items {
                let (work, busy) = (&work, &busy);
                busy.fetch_add(1, Ordering::Relaxed);
                scope.spawn(move |_| {
                    work(item);
                    busy.fetch_sub(1, Ordering::Release);
                });
            }
            work(first);
            // Blocks take equally long: falling asleep and waking up would take longer than the wait.
            for _ in 0..PATIENCE {
                if busy.load(Ordering::Acquire) == 0 {
                    break;
                }
                spin_loop();
            }
        });
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

    const OBJECTIVE: Objective = Objective::new(Covariance::Full, 1.5, 0.1);

    fn vae() -> Vae<f32> {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![9, 8],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        Vae::new(3, architecture, Covariance::Full, &mut stream(1, Purpose::Init, 0))
    }

    /// The same observations and noise, cut for `threads` threads.
    fn differentiated(threads: usize, batch: usize) -> Minibatch {
        let vae = vae();
        let mut rng = stream(2, Purpose::Analysis, 0);
        let columns: Vec<[f32; 5]> = (0..batch).map(|_| [(); 5].map(|()| StandardNormal.sample(&mut rng))).collect();
        let mut minibatch = Minibatch::new(&vae, threads);
        let observations = Matrix::from_fn(3, batch, |r, c| columns[c][r]);
        for (places, block) in minibatch.cut(batch) {
            block.chosen = places.clone().map(|place| place as u32).collect();
            let columns = &columns[places];
            block.noise = Matrix::from_fn(2, columns.len(), |r, c| columns[c][3 + r]);
        }
        minibatch.differentiate(&vae, &OBJECTIVE, &observations);
        minibatch
    }

    /// Gradient of the whole minibatch.
    fn gradient(minibatch: &mut Minibatch) -> &[f32] {
        let mut vae = vae();
        minibatch.descend(&mut Adam::new(vae.parameters.len()), &mut vae, OptimizerKind::Adam, 1e-3, OBJECTIVE.sigma2);
        &minibatch.blocks[0].workspace.gradient
    }

    #[test]
    fn blocks_are_contiguous_and_none_is_empty() {
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
    fn cutting_changes_sums_only_by_rounding() {
        for batch in [1, 2, 7, 24] {
            let mut whole = differentiated(1, batch);
            let exact = gradient(&mut whole).to_vec();
            let scale = exact.iter().fold(0.0, |most: f32, g| most.max(g.abs()));
            for threads in [2, 3, 5, 64] {
                let mut cut = differentiated(threads, batch);
                let error = exact.iter().zip(gradient(&mut cut)).fold(0.0, |most: f32, (a, b)| most.max((a - b).abs()));
                assert!(error < 24.0 * f32::EPSILON * scale, "{threads} threads, batch {batch}: {error:e} of {scale}");
                let (one, other) = (whole.elbo(), cut.elbo());
                assert!((one.reconstruction / other.reconstruction - 1.0).abs() < 1e-6);
                assert!((one.kl() / other.kl() - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn scheduling_changes_no_bit() {
        let mut first = differentiated(3, 24);
        let sum = gradient(&mut first).to_vec();
        for _ in 0..50 {
            let mut again = differentiated(3, 24);
            assert_eq!(sum, gradient(&mut again));
            assert_eq!(first.elbo(), again.elbo());
        }
    }
}
