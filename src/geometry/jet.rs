//! Exact derivatives of the decoder at many latent vectors at once, propagated forward through its layers.
//!
//! The decoder's output is the natural parameter η of p(x|z). For a Gaussian it is x̂, and all jets here are the same. For Bernoulli
//! variables the argument about orthogonal columns holds in the Fisher metric JᵀFJ, J = ∂η/∂z, F = diag π(1−π), which is the
//! Euclidean metric of the coordinates 2 arctan e^(η/2): their Jacobian is F^½ J. Curves and densities in data space are those of
//! x̂ = π.

use std::ops::Range;

use nalgebra::DMatrix;
use pulp::{Arch, Simd};

use crate::linalg::{Factor, Matrix, Panel, Real, product};
use crate::nn::{Activation, Dense};
use crate::vae::{Likelihood, Vae};

/// Decoder d: Z → X, or its output in other coordinates, and the derivatives at K latent vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Jets<T> {
    m: usize,
    /// d(z): n × K.
    pub value: Matrix<T>,
    /// ∂ᵢ d(z): n × K·m, the m columns of each Jacobian side by side.
    pub first: Matrix<T>,
    /// ∂ᵢ∂ⱼ d(z) for i ≤ j: n × K·m(m+1)/2, ordered (0,0), (0,1), …, (1,1), …; empty for [`Order::First`].
    pub second: Matrix<T>,
}

/// Highest order of the derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Jacobian.
    First,
    /// Jacobian and all second derivatives. With ReLU the latter are zero wherever they exist.
    Second,
}

/// Functions of the logits η of Bernoulli variables, entry by entry.
#[derive(Clone, Copy, Debug)]
enum Coordinates {
    /// π.
    Mean,
    /// 2 arctan e^(η/2), with the slope √(π(1−π)).
    Fisher,
}

/// Index of ∂ᵢ∂ⱼ among the m(m+1)/2 second derivatives.
fn pair(m: usize, i: usize, j: usize) -> usize {
    let (i, j) = (i.min(j), i.max(j));
    i * m - i * (i + 1) / 2 + j
}

impl<T: Real> Jets<T> {
    /// Differentiates d(z) = x̂ at the columns of `z` (m × K): tangents of curves in data space.
    pub fn of(vae: &Vae<T>, z: &Matrix<T>, order: Order) -> Self {
        Self::natural(vae, z, order).into_mean(vae.likelihood())
    }

    /// Differentiates d(z) with respect to `latents` only: m is their number, and column i belongs to `latents[i]`.
    pub fn along(vae: &Vae<T>, z: &Matrix<T>, latents: &[usize], order: Order) -> Self {
        Self::natural_along(vae, z, latents, order).into_mean(vae.likelihood())
    }

    /// Differentiates in the coordinates whose Euclidean metric is the Fisher metric: the columns are those of F^½ ∂η/∂z, on which
    /// precision, contrast and gap rest. For a Gaussian, whose F is taken in units of 1/σ², it is [`Self::of`].
    pub fn fisher(vae: &Vae<T>, z: &Matrix<T>, order: Order) -> Self {
        Self::natural(vae, z, order).into_fisher(vae.likelihood())
    }

    /// [`Self::fisher`] with respect to `latents` only, as [`Self::along`].
    pub fn fisher_along(vae: &Vae<T>, z: &Matrix<T>, latents: &[usize], order: Order) -> Self {
        Self::natural_along(vae, z, latents, order).into_fisher(vae.likelihood())
    }

    /// Differentiates the output η of the decoder.
    pub fn natural(vae: &Vae<T>, z: &Matrix<T>, order: Order) -> Self {
        let all: Vec<usize> = (0..vae.latent_dim()).collect();
        Self::natural_along(vae, z, &all, order)
    }

    /// The jets of x̂ from those of η.
    fn into_mean(mut self, likelihood: Likelihood) -> Self {
        if likelihood == Likelihood::Bernoulli {
            self.change(Coordinates::Mean);
        }
        self
    }

    /// The jets in the coordinates of [`Self::fisher`], from those of η.
    pub(crate) fn into_fisher(mut self, likelihood: Likelihood) -> Self {
        if likelihood == Likelihood::Bernoulli {
            self.change(Coordinates::Fisher);
        }
        self
    }

    fn change(&mut self, to: Coordinates) {
        let rows = self.value.rows();
        change(to, self.m, rows, self.value.as_mut_slice(), self.first.as_mut_slice(), self.second.as_mut_slice());
    }

    fn natural_along(vae: &Vae<T>, z: &Matrix<T>, latents: &[usize], order: Order) -> Self {
        /// Most numbers per hidden layer: more would not stay in the cache.
        const WORK: usize = 9 << 10;
        /// Fewest latent vectors at once: fewer would not repay the packing of the weights.
        const FEWEST: usize = 32;
        let (m, rows) = (latents.len(), z.rows());
        assert_eq!(rows, vae.latent_dim(), "one coordinate for each latent");
        let pairs = if order == Order::Second { m * (m + 1) / 2 } else { 0 };
        let layers = vae.decoder.layers();
        let widest = layers[..layers.len() - 1].iter().map(|layer| layer.outputs).max().unwrap_or(rows);
        let at_once = (WORK / (widest * (1 + m + pairs))).max(FEWEST);

        let place = |each| Matrix::zeros(vae.data_dim(), z.columns() * each);
        let mut jets = Self { m, value: place(1), first: place(m), second: place(pairs) };
        let (mut below, mut above) = (Self { m, ..Self::default() }, Self { m, ..Self::default() });
        let mut panel = Panel::new();
        for start in (0..z.columns()).step_by(at_once) {
            let block = start..(start + at_once).min(z.columns());
            let inputs = Factor::new(rows, block.len(), &z.as_slice()[rows * block.start..rows * block.end]);
            for (i, layer) in layers.iter().enumerate() {
                std::mem::swap(&mut below, &mut above);
                // The last layer writes into the result.
                let place = if i + 1 < layers.len() {
                    above.reshape(layer.outputs, block.len(), pairs);
                    above.slices(0..block.len())
                } else {
                    jets.slices(block.clone())
                };
                if i == 0 {
                    place.after_first_layer(layer, &vae.parameters, inputs, latents, &mut panel);
                } else {
                    place.after(&below, layer, &vae.parameters, &mut panel);
                }
            }
        }
        jets
    }

    /// Number of latent vectors.
    pub fn len(&self) -> usize {
        self.value.columns()
    }

    /// True without latent vectors.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// ∂ᵢ d at latent vector `k`.
    pub fn column(&self, k: usize, i: usize) -> &[T] {
        self.first.column(k * self.m + i)
    }

    /// J (n × m) at latent vector `k`.
    pub fn jacobian(&self, k: usize) -> DMatrix<f64> {
        let n = self.value.rows();
        let columns = &self.first.as_slice()[k * n * self.m..][..n * self.m];
        DMatrix::from_iterator(n, self.m, columns.iter().map(|x| x.to_f64()))
    }

    /// ∂ᵢ∂ⱼ d at latent vector `k`.
    ///
    /// # Panics
    /// If the jets are of [`Order::First`].
    pub fn hessian(&self, k: usize, i: usize, j: usize) -> &[T] {
        self.second.column(k * self.m * (self.m + 1) / 2 + pair(self.m, i, j))
    }

    fn reshape(&mut self, rows: usize, latents: usize, pairs: usize) {
        self.value.reshape(rows, latents);
        self.first.reshape(rows, latents * self.m);
        self.second.reshape(rows, latents * pairs);
    }

    fn slices(&mut self, latents: Range<usize>) -> JetSlices<'_, T> {
        let all = self.len();
        let [value, first, second] = [&mut self.value, &mut self.first, &mut self.second].map(|numbers| {
            let each = numbers.as_slice().len() / all;
            &mut numbers.as_mut_slice()[each * latents.start..each * latents.end]
        });
        JetSlices { m: self.m, value, first, second }
    }
}

/// Jets of a layer at some latent vectors, to be written.
struct JetSlices<'a, T> {
    m: usize,
    value: &'a mut [T],
    first: &'a mut [T],
    second: &'a mut [T],
}

impl<T: Real> JetSlices<'_, T> {
    /// The first layer is affine before σ: its derivative by zᵢ is column i of the weights, whatever z is.
    fn after_first_layer(self, layer: &Dense, p: &[T], z: Factor<'_, T>, latents: &[usize], panel: &mut Panel<T>) {
        layer.forward(p, z, self.value, panel);
        let (rows, weight) = (layer.outputs, layer.split(p).0);
        for (first, i) in self.first.chunks_exact_mut(rows).zip(latents.iter().cycle()) {
            first.copy_from_slice(&weight[i * rows..][..rows]);
        }
        self.second.fill(T::ZERO);
        self.bend(layer);
    }

    /// Propagates the jets `below` through one layer.
    fn after(self, below: &Jets<T>, layer: &Dense, p: &[T], panel: &mut Panel<T>) {
        layer.forward(p, Factor::from(&below.value), self.value, panel);
        for (from, to) in [(&below.first, &mut *self.first), (&below.second, &mut *self.second)] {
            if !to.is_empty() {
                product(layer.weight(p), Factor::from(from), to, panel);
            }
        }
        self.bend(layer);
    }

    /// Converts derivatives of the pre-activation a to those of h = σ(a).
    fn bend(self, layer: &Dense) {
        bend(layer.activation, self.m, layer.outputs, self.value, self.first, self.second);
    }
}

/// ∂ᵢ∂ⱼh = σ″ ∂ᵢa ∂ⱼa + σ′ ∂ᵢ∂ⱼa and ∂ᵢh = σ′ ∂ᵢa, where `value` holds h = σ(a) and the others the derivatives of a.
#[pulp::with_simd(bend = Arch::new())]
#[inline(always)]
fn bend_with<S: Simd, T: Real>(
    _simd: S,
    activation: Activation,
    m: usize,
    rows: usize,
    value: &[T],
    first: &mut [T],
    second: &mut [T],
) {
    // A constant in each arm, so that the loops are compiled for it.
    match activation {
        Activation::Tanh => bend_by(Activation::Tanh, m, rows, value, first, second),
        Activation::Relu => bend_by(Activation::Relu, m, rows, value, first, second),
        Activation::Softplus => bend_by(Activation::Softplus, m, rows, value, first, second),
        Activation::Linear => {}
    }
}

#[inline(always)]
fn bend_by<T: Real>(activation: Activation, m: usize, rows: usize, value: &[T], first: &mut [T], second: &mut [T]) {
    let pairs = second.len() / value.len().max(1);
    for (k, h) in value.chunks_exact(rows).enumerate() {
        let first = &mut first[k * m * rows..][..m * rows];
        let second = &mut second[k * pairs * rows..][..pairs * rows];
        let places = (0..m).flat_map(|i| (i..m).map(move |j| (i, j)));
        for (second, (i, j)) in second.chunks_exact_mut(rows).zip(places) {
            let (a, b) = (&first[i * rows..][..rows], &first[j * rows..][..rows]);
            for ((s, h), (a, b)) in second.iter_mut().zip(h).zip(a.iter().zip(b)) {
                *s = activation.slope(*h).mul_add(*s, activation.curvature(*h) * *a * *b);
            }
        }
        for first in first.chunks_exact_mut(rows) {
            first.iter_mut().zip(h).for_each(|(a, h)| *a = *a * activation.slope(*h));
        }
    }
}

/// Replaces η and its derivatives by those of the coordinates y(η): ∂ᵢ∂ⱼy = y″ ∂ᵢη ∂ⱼη + y′ ∂ᵢ∂ⱼη and ∂ᵢy = y′ ∂ᵢη.
#[pulp::with_simd(change = Arch::new())]
#[inline(always)]
fn change_with<S: Simd, T: Real>(
    _simd: S,
    to: Coordinates,
    m: usize,
    rows: usize,
    value: &mut [T],
    first: &mut [T],
    second: &mut [T],
) {
    let pairs = second.len() / value.len().max(1);
    let (mut slope, mut curvature) = (vec![T::ZERO; rows], vec![T::ZERO; rows]);
    for (k, value) in value.chunks_exact_mut(rows).enumerate() {
        for ((value, slope), curvature) in value.iter_mut().zip(&mut slope).zip(&mut curvature) {
            let pi = value.softplus_with_slope().1;
            let rest = (-*value).softplus_with_slope().1;
            let information = pi * rest;
            match to {
                Coordinates::Mean => {
                    (*value, *slope, *curvature) = (pi, information, information * (rest - pi));
                }
                Coordinates::Fisher => {
                    let root = information.sqrt();
                    (*slope, *curvature) = (root, T::from_f64(0.5) * root * (rest - pi));
                }
            }
        }
        if let Coordinates::Fisher = to {
            value.iter_mut().for_each(|eta| *eta = T::from_f64(2.0 * (0.5 * eta.to_f64()).exp().atan()));
        }
        let first = &mut first[k * m * rows..][..m * rows];
        let second = &mut second[k * pairs * rows..][..pairs * rows];
        let places = (0..m).flat_map(|i| (i..m).map(move |j| (i, j)));
        for (second, (i, j)) in second.chunks_exact_mut(rows).zip(places) {
            let (a, b) = (&first[i * rows..][..rows], &first[j * rows..][..rows]);
            let factors = slope.iter().zip(&curvature).zip(a.iter().zip(b));
            for (s, ((slope, curvature), (a, b))) in second.iter_mut().zip(factors) {
                *s = slope.mul_add(*s, *curvature * *a * *b);
            }
        }
        for column in first.chunks_exact_mut(rows) {
            column.iter_mut().zip(&slope).for_each(|(d, slope)| *d = *d * *slope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};
    use rand_distr::{Distribution as _, StandardNormal};

    #[test]
    fn derivatives_agree_with_finite_differences() {
        let m = 3;
        for activation in [Activation::Tanh, Activation::Softplus, Activation::Linear] {
            for (decoder, hidden) in [(DecoderKind::Mlp, vec![7, 6]), (DecoderKind::Linear, vec![])] {
                let architecture = Architecture {
                    latent_dim: m,
                    hidden,
                    activation,
                    decoder,
                    factor: Default::default(),
                    likelihood: Default::default(),
                    decoder_hidden: None,
                };
                let mut rng = stream(5, Purpose::Init, 0);
                let mut vae = Vae::<f64>::new(4, architecture, Covariance::Diagonal, &mut rng);
                for p in &mut vae.parameters {
                    let shift: f64 = StandardNormal.sample(&mut rng);
                    *p += 0.3 * shift;
                }
                let z = Matrix::from_fn(m, 5, |_, _| StandardNormal.sample(&mut rng));
                let jets = Jets::of(&vae, &z, Order::Second);
                assert_eq!(jets.value, vae.decode(&z));
                let some = Jets::along(&vae, &z, &[0, 2], Order::Second);
                for k in 0..z.columns() {
                    assert_eq!((some.column(k, 0), some.column(k, 1)), (jets.column(k, 0), jets.column(k, 2)));
                    assert_eq!(some.hessian(k, 0, 1), jets.hessian(k, 0, 2));
                }
                let h = 1e-4;
                let shifted = |i: usize, by: f64| {
                    let mut z = z.clone();
                    z.as_mut_slice().iter_mut().skip(i).step_by(m).for_each(|z| *z += by);
                    Jets::of(&vae, &z, Order::First)
                };
                for i in 0..m {
                    let (low, high) = (shifted(i, -h), shifted(i, h));
                    for k in 0..z.columns() {
                        for r in 0..4 {
                            // Central differences of functions with third derivatives of order 10.
                            let slope = (high.value[(r, k)] - low.value[(r, k)]) / (2.0 * h);
                            assert!((slope - jets.jacobian(k)[(r, i)]).abs() < 1e-6);
                            for j in 0..m {
                                let bend = (high.column(k, j)[r] - low.column(k, j)[r]) / (2.0 * h);
                                assert!((bend - jets.hessian(k, i, j)[r]).abs() < 1e-6);
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn indices_of_second_derivatives_have_no_gaps() {
        for m in 1..6 {
            let numbers: Vec<usize> = (0..m).flat_map(|i| (i..m).map(move |j| pair(m, i, j))).collect();
            assert_eq!(numbers, (0..m * (m + 1) / 2).collect::<Vec<_>>());
            assert!((0..m).all(|i| (0..m).all(|j| pair(m, i, j) == pair(m, j, i))));
        }
    }
}
