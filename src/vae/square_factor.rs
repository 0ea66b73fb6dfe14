//! Posteriors with a square factor: z = μ + A ε, Σ = A Aᵀ, KL = ½ (‖A‖² + ‖μ‖² − m) − log |det A|.
//!
//! With Σ = L Lᵀ by Cholesky, log |det A| = Σᵢ log L_ii, and the gradient of log |det A| is A⁻ᵀ = Σ⁻¹ A.

use crate::linalg::{Matrix, Real};

/// For each column of the encoding log L_ii (m), and A⁻ᵀ (m², column by column). NaN where A is singular.
#[derive(Clone, Debug)]
pub(super) struct Inverses<T> {
    log_diagonal: Matrix<T>,
    inverse_transposes: Matrix<T>,
    /// L of one observation, m × m.
    cholesky: Vec<f64>,
}

impl<T: Real> Inverses<T> {
    pub(super) fn new() -> Self {
        let empty = || Matrix::zeros(0, 0);
        Self { log_diagonal: empty(), inverse_transposes: empty(), cholesky: Vec::new() }
    }

    /// Allocates only for a batch larger than all before.
    fn compute(&mut self, encoding: &Matrix<T>, m: usize) {
        let Self { log_diagonal, inverse_transposes, cholesky } = self;
        log_diagonal.reshape(m, encoding.columns());
        inverse_transposes.reshape(m * m, encoding.columns());
        cholesky.resize(m * m, 0.0);
        for c in 0..encoding.columns() {
            let a = &encoding.column(c)[m..];
            decompose(a, m, cholesky);
            for (i, log) in log_diagonal.column_mut(c).iter_mut().enumerate() {
                *log = T::from_f64(cholesky[i + m * i].ln());
            }
            let inverse = inverse_transposes.column_mut(c);
            for j in 0..m {
                // L Lᵀ x = a_j by substitution, forwards and backwards.
                let x = &mut inverse[m * j..m * (j + 1)];
                for i in 0..m {
                    let known: f64 = (0..i).map(|k| cholesky[i + m * k] * x[k].to_f64()).sum();
                    x[i] = T::from_f64((a[i + m * j].to_f64() - known) / cholesky[i + m * i]);
                }
                for i in (0..m).rev() {
                    let known: f64 = (i + 1..m).map(|k| cholesky[k + m * i] * x[k].to_f64()).sum();
                    x[i] = T::from_f64((x[i].to_f64() - known) / cholesky[i + m * i]);
                }
            }
        }
    }

    /// z = μ + A ε for each column of the encoding; keeps what the other functions need.
    pub(super) fn sample(&mut self, encoding: &Matrix<T>, noise: &Matrix<T>, z: &mut Matrix<T>) {
        let (m, batch) = (noise.rows(), noise.columns());
        self.compute(encoding, m);
        z.reshape(m, batch);
        for c in 0..batch {
            let (encoding, noise) = (encoding.column(c), noise.column(c));
            let z = z.column_mut(c);
            z.copy_from_slice(&encoding[..m]);
            for (column, e) in encoding[m..].chunks_exact(m).zip(noise) {
                z.iter_mut().zip(column).for_each(|(z, a)| *z = a.mul_add(*e, *z));
            }
        }
    }

    /// Mean over the batch of ½ (μᵢ² + Σᵢᵢ − 1 − 2 log L_ii) for each i: the rows of the Cholesky factor, as for other posteriors.
    pub(super) fn kl_per_dim(&self, encoding: &Matrix<T>, kl: &mut [f64]) {
        let m = kl.len();
        kl.fill(0.0);
        for (encoding, log) in encoding.iter_columns().zip(self.log_diagonal.iter_columns()) {
            for (i, kl) in kl.iter_mut().enumerate() {
                let row: f64 = (0..m).map(|j| encoding[m + i + m * j].to_f64().powi(2)).sum();
                let mu = encoding[i].to_f64();
                *kl += mu * mu + row - 1.0 - 2.0 * log[i].to_f64();
            }
        }
        kl.iter_mut().for_each(|kl| *kl *= 0.5 / encoding.columns() as f64);
    }

    /// ∂loss/∂encoding from ∂loss/∂z = g, with weight w of the KL: ∂μᵢ = gᵢ + w μᵢ, ∂A_ij = gᵢ ε_j + w (A_ij − A⁻ᵀ_ij).
    pub(super) fn gradient(
        &self,
        encoding: &Matrix<T>,
        noise: &Matrix<T>,
        z_gradient: &Matrix<T>,
        weight: T,
        delta: &mut Matrix<T>,
    ) {
        let m = noise.rows();
        for c in 0..encoding.columns() {
            let (encoding, noise, g) = (encoding.column(c), noise.column(c), z_gradient.column(c));
            let (inverse, delta) = (self.inverse_transposes.column(c), delta.column_mut(c));
            for i in 0..m {
                delta[i] = weight.mul_add(encoding[i], g[i]);
            }
            for (k, delta) in delta[m..].iter_mut().enumerate() {
                *delta = g[k % m].mul_add(noise[k / m], weight * (encoding[m + k] - inverse[k]));
            }
        }
    }
}

/// L of A Aᵀ = L Lᵀ, column by column; NaN if A is singular. A is m × m, column by column.
fn decompose<T: Real>(a: &[T], m: usize, l: &mut [f64]) {
    for j in 0..m {
        for i in j..m {
            let product: f64 = (0..m).map(|k| a[i + m * k].to_f64() * a[j + m * k].to_f64()).sum();
            let known: f64 = (0..j).map(|k| l[i + m * k] * l[j + m * k]).sum();
            // The root of a negative number is NaN.
            l[i + m * j] = if i == j { (product - known).sqrt() } else { (product - known) / l[j + m * j] };
        }
    }
}
