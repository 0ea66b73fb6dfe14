//! A fully connected layer, h = σ(W x + c), forward and backward.

use std::ops::Range;

use pulp::{Arch, Simd};

use super::activation::{Activation, activate, multiply_by_slope};
use crate::linalg::{Factor, Matrix, Panel, Real, product};

/// The shape of a layer and the place of its parameters in the parameter vector of the model: the weight matrix W
/// (outputs × inputs, column-major), then the bias c.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Length of x.
    pub inputs: usize,
    /// Length of h.
    pub outputs: usize,
    /// σ.
    pub activation: Activation,
    /// Index of the first weight.
    pub offset: usize,
}

impl Dense {
    /// Number of weights.
    pub fn weight_count(&self) -> usize {
        self.outputs * self.inputs
    }

    /// The range of W and c in the parameter vector.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.weight_count() + self.outputs
    }

    /// W and c of the parameters, or ∂W and ∂c of the gradient.
    pub fn split<'a, T>(&self, parameters: &'a [T]) -> (&'a [T], &'a [T]) {
        parameters[self.range()].split_at(self.weight_count())
    }

    /// Mutable [`Self::split`].
    pub fn split_mut<'a, T>(&self, parameters: &'a mut [T]) -> (&'a mut [T], &'a mut [T]) {
        parameters[self.range()].split_at_mut(self.weight_count())
    }

    /// W as a factor of a product.
    pub fn weight<'a, T>(&self, parameters: &'a [T]) -> Factor<'a, T> {
        Factor::new(self.outputs, self.inputs, self.split(parameters).0)
    }

    /// h = σ(W x + c) for a batch: `x` is inputs × B, `h` is outputs × B.
    pub fn forward<T: Real>(&self, parameters: &[T], x: Factor<'_, T>, h: &mut [T], panel: &mut Panel<T>) {
        product(self.weight(parameters), x, h, panel);
        activate(self.activation, h, self.split(parameters).1);
    }

    /// The gradient by the parameters, from `delta` = ∂loss/∂a (outputs × B, a = W x + c):
    /// ∂loss/∂W = delta xᵀ, ∂loss/∂c = Σ_batch delta.
    pub fn parameter_gradient<T: Real>(
        &self,
        delta: &Matrix<T>,
        x: &Matrix<T>,
        gradient: &mut [T],
        panel: &mut Panel<T>,
    ) {
        let (weight, bias) = self.split_mut(gradient);
        product(delta.into(), Factor::from(x).transposed(), weight, panel);
        sum_columns(delta.as_slice(), bias);
    }

    /// The gradient by the pre-activation of the layer below, ∂loss/∂a_below = (Wᵀ delta) ∘ σ_below′, where `below` = x
    /// is the output of that layer (inputs × B). `None` for the first layer of a network, whose input has no σ.
    pub fn input_gradient<T: Real>(
        &self,
        parameters: &[T],
        delta: &Matrix<T>,
        below: Option<(&Matrix<T>, Activation)>,
        gradient: &mut Matrix<T>,
        panel: &mut Panel<T>,
    ) {
        let weight = self.weight(parameters).transposed();
        gradient.reshape(self.inputs, delta.columns());
        product(weight, delta.into(), gradient.as_mut_slice(), panel);
        if let Some((h, activation)) = below {
            multiply_by_slope(activation, gradient.as_mut_slice(), h.as_slice());
        }
    }
}

/// The sum of the columns of a matrix with `sums.len()` rows.
#[pulp::with_simd(sum_columns = Arch::new())]
#[inline(always)]
fn sum_columns_with<S: Simd, T: Real>(_simd: S, matrix: &[T], sums: &mut [T]) {
    /// Rows summed at once in registers; a sum in memory would wait for its own store.
    const ROWS: usize = 64;
    let rows = sums.len();
    for (block, sums) in sums.chunks_mut(ROWS).enumerate() {
        let mut registers = [T::ZERO; ROWS];
        if let Ok(whole) = <&mut [T; ROWS]>::try_from(&mut *sums) {
            for column in matrix.chunks_exact(rows) {
                let part = &column[block * ROWS..][..ROWS];
                registers.iter_mut().zip(part).for_each(|(sum, x)| *sum += *x);
            }
            *whole = registers;
        } else {
            sums.fill(T::ZERO);
            for column in matrix.chunks_exact(rows) {
                sums.iter_mut().zip(&column[block * ROWS..]).for_each(|(sum, x)| *sum += *x);
            }
        }
    }
}
