//! The optimiser Adam (Kingma & Ba 2015, algorithm 1, with the bias corrections folded into the learning rate).

use pulp::{Arch, Simd};

use crate::linalg::Real;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// State of the optimiser: first and second moment of the gradient for each parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam<T> {
    /// m, the running mean of the gradient.
    pub first: Vec<T>,
    /// v, the running mean of its square.
    pub second: Vec<T>,
    /// t, the number of updates so far.
    pub updates: u64,
}

impl<T: Real> Adam<T> {
    /// The initial state for `count` parameters.
    pub fn new(count: usize) -> Self {
        Self { first: vec![T::ZERO; count], second: vec![T::ZERO; count], updates: 0 }
    }

    /// One update with learning rate `rate`:
    /// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − rate √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
    pub fn update(&mut self, parameters: &mut [T], gradient: &[T], rate: f64) {
        let length = parameters.len().max(1);
        self.parts(parameters, rate, length).for_each(|part| part.update(gradient));
    }

    /// The same update in parts of `length` parameters, which different threads may run.
    pub fn parts<'a>(
        &'a mut self,
        parameters: &'a mut [T],
        rate: f64,
        length: usize,
    ) -> impl Iterator<Item = AdamPart<'a, T>> + Send {
        self.updates += 1;
        let rate = T::from_f64(self.corrected(rate));
        let moments = self.first.chunks_mut(length).zip(self.second.chunks_mut(length));
        let parts = moments.zip(parameters.chunks_mut(length));
        parts.map(move |((first, second), parameters)| AdamPart { first, second, parameters, rate })
    }
}

impl<T: Real> Adam<T> {
    /// Moments after one more gradient; steps are made by [`Self::descend`] or [`Self::descend_mean`].
    pub fn observe(&mut self, gradient: &[T]) {
        self.updates += 1;
        observe(&mut self.first, &mut self.second, gradient);
    }

    /// The step of Adam with the moments as they are.
    pub fn descend(&self, parameters: &mut [T], rate: f64) {
        descend(&self.first, &self.second, parameters, T::from_f64(self.corrected(rate)));
    }

    /// θ ← θ − rate m / (1 − β₁ᵗ): gradient descent with momentum.
    pub fn descend_mean(&self, parameters: &mut [T], rate: f64) {
        let rate = T::from_f64(rate / (1.0 - BETA1.powi(self.exponent())));
        parameters.iter_mut().zip(&self.first).for_each(|(p, m)| *p -= rate * *m);
    }

    /// Learning rate with the bias corrections: rate √(1 − β₂ᵗ) / (1 − β₁ᵗ).
    fn corrected(&self, rate: f64) -> f64 {
        let t = self.exponent();
        rate * (1.0 - BETA2.powi(t)).sqrt() / (1.0 - BETA1.powi(t))
    }

    /// t. Beyond a few thousand updates the corrections are 1 to the last bit.
    fn exponent(&self) -> i32 {
        self.updates.min(100_000) as i32
    }
}

/// Consecutive parameters with their moments.
#[derive(Debug)]
pub struct AdamPart<'a, T> {
    first: &'a mut [T],
    second: &'a mut [T],
    parameters: &'a mut [T],
    /// Learning rate with the bias corrections.
    rate: T,
}

impl<T: Real> AdamPart<'_, T> {
    /// Updates these parameters; `gradient` is theirs alone.
    pub fn update(self, gradient: &[T]) {
        update(self.first, self.second, self.parameters, gradient, self.rate);
    }
}

#[pulp::with_simd(update = Arch::new())]
#[inline(always)]
fn update_with<S: Simd, T: Real>(_simd: S, first: &mut [T], second: &mut [T], parameters: &mut [T], g: &[T], rate: T) {
    let [b1, c1, b2, c2, epsilon] = [BETA1, 1.0 - BETA1, BETA2, 1.0 - BETA2, EPSILON].map(T::from_f64);
    for ((p, g), (m, v)) in parameters.iter_mut().zip(g).zip(first.iter_mut().zip(second)) {
        *m = b1.mul_add(*m, c1 * *g);
        *v = b2.mul_add(*v, c2 * *g * *g);
        *p -= rate * *m / (v.sqrt() + epsilon);
    }
}

#[pulp::with_simd(observe = Arch::new())]
#[inline(always)]
fn observe_with<S: Simd, T: Real>(_simd: S, first: &mut [T], second: &mut [T], g: &[T]) {
    let [b1, c1, b2, c2] = [BETA1, 1.0 - BETA1, BETA2, 1.0 - BETA2].map(T::from_f64);
    for (g, (m, v)) in g.iter().zip(first.iter_mut().zip(second)) {
        *m = b1.mul_add(*m, c1 * *g);
        *v = b2.mul_add(*v, c2 * *g * *g);
    }
}

#[pulp::with_simd(descend = Arch::new())]
#[inline(always)]
fn descend_with<S: Simd, T: Real>(_simd: S, first: &[T], second: &[T], parameters: &mut [T], rate: T) {
    let epsilon = T::from_f64(EPSILON);
    for (p, (m, v)) in parameters.iter_mut().zip(first.iter().zip(second)) {
        *p -= rate * *m / (v.sqrt() + epsilon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_update_is_the_learning_rate_against_the_sign() {
        let mut adam = Adam::new(2);
        let mut p = [1.0_f64, 1.0];
        adam.update(&mut p, &[0.5, -20.0], 0.1);
        // m̂ = g and v̂ = g², so the step is rate · g / (|g| + ε), where ε is amplified by the correction 1/√(1 − β₂).
        assert!((p[0] - 0.9).abs() < 1e-7 && (p[1] - 1.1).abs() < 1e-7);
    }

    #[test]
    fn the_minimum_of_a_parabola_is_found() {
        let mut adam = Adam::new(1);
        let mut p = [3.0_f64];
        for step in 0..4000 {
            let gradient = [2.0 * (p[0] - 1.0)];
            adam.update(&mut p, &gradient, 0.1 * 0.998_f64.powi(step));
        }
        assert!((p[0] - 1.0).abs() < 1e-6, "{p:?}");
    }
}
