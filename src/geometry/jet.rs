//! Exact derivatives of the decoder at many latents at once, carried forward through its layers.

use nalgebra::DMatrix;

use crate::linalg::{Factor, Matrix, Panel, Real, product};
use crate::nn::{Activation, Dense, multiply_by_slope};
use crate::vae::Vae;

/// The decoder d: Z → X and its derivatives at K latents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Jets<T> {
    m: usize,
    /// d(z): n × K.
    pub value: Matrix<T>,
    /// ∂ᵢ d(z): n × K·m, the m columns of the Jacobian of one latent side by side.
    pub first: Matrix<T>,
    /// ∂ᵢ∂ⱼ d(z) for i ≤ j: n × K·m(m+1)/2, ordered (0,0), (0,1), …, (1,1), …; empty if not asked for.
    pub second: Matrix<T>,
}

/// Which derivatives to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The Jacobian.
    First,
    /// The Jacobian and all second derivatives. With ReLU the latter are zero wherever they exist.
    Second,
}

/// The place of ∂ᵢ∂ⱼ among the m(m+1)/2 second derivatives.
fn pair(m: usize, i: usize, j: usize) -> usize {
    let (i, j) = (i.min(j), i.max(j));
    i * m - i * (i + 1) / 2 + j
}

impl<T: Real> Jets<T> {
    /// Differentiates the decoder of `vae` at the columns of `z` (m × K).
    pub fn of(vae: &Vae<T>, z: &Matrix<T>, order: Order) -> Self {
        let m = vae.latent_dim();
        assert_eq!(z.rows(), m, "a latent has {m} coordinates");
        let mut panel = Panel::new();
        let layers = vae.decoder.layers();
        let mut jets = Self::after_first_layer(&layers[0], &vae.parameters, z, order, &mut panel);
        for layer in &layers[1..] {
            jets = jets.through(layer, &vae.parameters, &mut panel);
        }
        jets
    }

    /// How many latents.
    pub fn len(&self) -> usize {
        self.value.columns()
    }

    /// Whether there is no latent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// ∂ᵢ d at latent `k`.
    pub fn column(&self, k: usize, i: usize) -> &[T] {
        self.first.column(k * self.m + i)
    }

    /// J (n × m) at latent `k`.
    pub fn jacobian(&self, k: usize) -> DMatrix<f64> {
        let n = self.value.rows();
        let columns = &self.first.as_slice()[k * n * self.m..][..n * self.m];
        DMatrix::from_iterator(n, self.m, columns.iter().map(|x| x.to_f64()))
    }

    /// ∂ᵢ∂ⱼ d at latent `k`.
    ///
    /// # Panics
    /// If only first derivatives were asked for.
    pub fn hessian(&self, k: usize, i: usize, j: usize) -> &[T] {
        self.second.column(k * self.m * (self.m + 1) / 2 + pair(self.m, i, j))
    }

    /// The first layer is affine before σ: its derivative by zᵢ is column i of the weights, whatever z is.
    fn after_first_layer(layer: &Dense, p: &[T], z: &Matrix<T>, order: Order, panel: &mut Panel<T>) -> Self {
        let (m, k) = (z.rows(), z.columns());
        let mut value = Matrix::zeros(0, 0);
        layer.forward(p, z, &mut value, panel);
        let weight = layer.split(p).0;
        let first = Matrix::from_columns(layer.outputs, k * m, weight.repeat(k));
        let pairs = if order == Order::Second { m * (m + 1) / 2 } else { 0 };
        let mut jets = Self { m, value, first, second: Matrix::zeros(layer.outputs, k * pairs) };
        jets.activate(layer.activation);
        jets
    }

    /// The jets one layer further.
    fn through(&self, layer: &Dense, p: &[T], panel: &mut Panel<T>) -> Self {
        let mut value = Matrix::zeros(0, 0);
        layer.forward(p, &self.value, &mut value, panel);
        let mut carry = |from: &Matrix<T>| {
            let mut to = Matrix::zeros(layer.outputs, from.columns());
            if from.columns() > 0 {
                product(layer.weight(p), Factor::from(from), to.as_mut_slice(), panel);
            }
            to
        };
        let (first, second) = (carry(&self.first), carry(&self.second));
        let mut jets = Self { m: self.m, value, first, second };
        jets.activate(layer.activation);
        jets
    }

    /// From derivatives of the pre-activation a to those of h = σ(a):
    /// ∂ᵢ∂ⱼh = σ″ ∂ᵢa ∂ⱼa + σ′ ∂ᵢ∂ⱼa, ∂ᵢh = σ′ ∂ᵢa.
    fn activate(&mut self, activation: Activation) {
        if activation == Activation::Linear {
            return;
        }
        let m = self.m;
        for k in 0..self.value.columns() {
            let h = self.value.column(k);
            if self.second.columns() > 0 {
                for i in 0..m {
                    for j in i..m {
                        let (a, b) = (self.first.column(k * m + i), self.first.column(k * m + j));
                        let second = self.second.column_mut(k * m * (m + 1) / 2 + pair(m, i, j));
                        multiply_by_slope(activation, second, h);
                        for ((s, h), (a, b)) in second.iter_mut().zip(h).zip(a.iter().zip(b)) {
                            *s += T::from_f64(activation.curvature(h.to_f64())) * *a * *b;
                        }
                    }
                }
            }
            for i in 0..m {
                multiply_by_slope(activation, self.first.column_mut(k * m + i), h);
            }
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
                let architecture = Architecture { latent_dim: m, hidden, activation, decoder };
                let mut rng = stream(5, Purpose::Init, 0);
                let mut vae = Vae::<f64>::new(4, architecture, Covariance::Diagonal, &mut rng);
                for p in &mut vae.parameters {
                    let shift: f64 = StandardNormal.sample(&mut rng);
                    *p += 0.3 * shift;
                }
                let z = Matrix::from_fn(m, 5, |_, _| StandardNormal.sample(&mut rng));
                let jets = Jets::of(&vae, &z, Order::Second);
                assert_eq!(jets.value, vae.decode(&z));
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
    fn pairs_are_numbered_without_gaps() {
        for m in 1..6 {
            let numbers: Vec<usize> = (0..m).flat_map(|i| (i..m).map(move |j| pair(m, i, j))).collect();
            assert_eq!(numbers, (0..m * (m + 1) / 2).collect::<Vec<_>>());
            assert!((0..m).all(|i| (0..m).all(|j| pair(m, i, j) == pair(m, j, i))));
        }
    }
}
