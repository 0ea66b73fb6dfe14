//! Posteriors with an exponential factor: z = μ + A ε, A = exp H, H symmetric, Σ = A² = exp 2H, log det A = tr H,
//! KL = ½ (tr exp 2H + ‖μ‖² − m) − tr H.
//!
//! With H = U diag(h) Uᵀ, dA = U (Γ ∘ (Uᵀ dH U)) Uᵀ, where Γ_ij is the slope of exp between hᵢ and h_j (Daleckii & Krein 1965).

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use crate::linalg::{Matrix, Real};

/// Row and column of each entry of a symmetric m × m matrix in the encoder's output: the diagonal, then below it row by row.
pub fn place_of(entry: usize, m: usize) -> [usize; 2] {
    let Some(mut below) = entry.checked_sub(m) else { return [entry, entry] };
    let mut row = 1;
    while below >= row {
        below -= row;
        row += 1;
    }
    [row, below]
}

/// Eigenvectors U and eigenvalues h of H, and A = exp H, of every observation of a batch.
#[derive(Clone, Debug)]
pub(super) struct Exponentials {
    places: Vec<[usize; 2]>,
    /// m² × B, column by column.
    vectors: Matrix<f64>,
    /// m × B.
    values: Matrix<f64>,
    /// Their exponentials, m × B.
    exponentials: Matrix<f64>,
    /// m² × B.
    factors: Matrix<f64>,
    /// log L_ii of Σ = L Lᵀ, m × B.
    log_diagonal: Matrix<f64>,
    /// Memory for one observation, m² twice.
    memory: [Vec<f64>; 2],
    /// Noise and gradient of one observation in the basis U.
    rotated: [Vec<f64>; 2],
}

impl Exponentials {
    pub(super) fn new() -> Self {
        let empty = || Matrix::zeros(0, 0);
        Self {
            places: Vec::new(),
            vectors: empty(),
            values: empty(),
            exponentials: empty(),
            factors: empty(),
            log_diagonal: empty(),
            memory: [Vec::new(), Vec::new()],
            rotated: [Vec::new(), Vec::new()],
        }
    }

    /// Allocates only for a batch larger than all before.
    pub(super) fn compute<T: Real>(&mut self, encoding: &Matrix<T>, m: usize) {
        let batch = encoding.columns();
        self.places.clear();
        self.places.extend((0..m * (m + 1) / 2).map(|entry| place_of(entry, m)));
        self.vectors.reshape(m * m, batch);
        self.factors.reshape(m * m, batch);
        self.values.reshape(m, batch);
        self.exponentials.reshape(m, batch);
        self.log_diagonal.reshape(m, batch);
        self.memory.iter_mut().for_each(|x| x.resize(m * m, 0.0));
        self.rotated.iter_mut().for_each(|x| x.resize(m, 0.0));
        let [h, l] = &mut self.memory;
        for c in 0..batch {
            for (entry, [i, j]) in encoding.column(c)[m..].iter().zip(&self.places) {
                let scale = if i == j { 1.0 } else { FRAC_1_SQRT_2 };
                (h[i + m * j], h[j + m * i]) = (scale * entry.to_f64(), scale * entry.to_f64());
            }
            let (u, values) = (self.vectors.column_mut(c), self.values.column_mut(c));
            diagonalise(h, u, m);
            values.iter_mut().enumerate().for_each(|(i, value)| *value = h[i + m * i]);
            let exponentials = self.exponentials.column_mut(c);
            exponentials.iter_mut().zip(&*values).for_each(|(e, value)| *e = value.exp());
            let a = self.factors.column_mut(c);
            for [i, j] in &self.places {
                let sum: f64 = (0..m).map(|k| u[i + m * k] * exponentials[k] * u[j + m * k]).sum();
                (a[i + m * j], a[j + m * i]) = (sum, sum);
            }
            decompose(a, m, l);
            let log_diagonal = self.log_diagonal.column_mut(c);
            log_diagonal.iter_mut().enumerate().for_each(|(i, log)| *log = l[i + m * i].ln());
        }
    }

    /// A of an observation, m × m.
    pub(super) fn factor(&self, observation: usize) -> &[f64] {
        self.factors.column(observation)
    }

    /// z = μ + A ε for each column of the encoding; keeps what the other functions need.
    pub(super) fn sample<T: Real>(&mut self, encoding: &Matrix<T>, noise: &Matrix<T>, z: &mut Matrix<T>) {
        let (m, batch) = (noise.rows(), noise.columns());
        self.compute(encoding, m);
        z.reshape(m, batch);
        for c in 0..batch {
            let (noise, a) = (noise.column(c), self.factors.column(c));
            for (i, z) in z.column_mut(c).iter_mut().enumerate() {
                let product: f64 = (0..m).map(|j| a[i + m * j] * noise[j].to_f64()).sum();
                *z = T::from_f64(encoding.column(c)[i].to_f64() + product);
            }
        }
    }

    /// Mean over the batch of ½ (μᵢ² + Σᵢᵢ − 1 − 2 log L_ii) for each i, as for a Cholesky factor.
    pub(super) fn kl_per_dim<T: Real>(&self, encoding: &Matrix<T>, kl: &mut [f64]) {
        let m = kl.len();
        kl.fill(0.0);
        for (c, encoding) in encoding.iter_columns().enumerate() {
            let (a, log) = (self.factors.column(c), self.log_diagonal.column(c));
            for (i, kl) in kl.iter_mut().enumerate() {
                let variance: f64 = a[m * i..m * (i + 1)].iter().map(|a| a * a).sum();
                *kl += encoding[i].to_f64().powi(2) + variance - 1.0 - 2.0 * log[i];
            }
        }
        kl.iter_mut().for_each(|kl| *kl *= 0.5 / encoding.columns() as f64);
    }

    /// ∂loss/∂encoding from ∂loss/∂z = g, with weight w of the KL: ∂μᵢ = gᵢ + w μᵢ, and in the basis U
    /// ∂H_ij = Γ_ij ½ (gᵢ ε_j + g_j εᵢ) + w δ_ij (e^{2hᵢ} − 1).
    pub(super) fn gradient<T: Real>(
        &mut self,
        encoding: &Matrix<T>,
        noise: &Matrix<T>,
        z_gradient: &Matrix<T>,
        weight: T,
        delta: &mut Matrix<T>,
    ) {
        let m = noise.rows();
        let Self { places, vectors, values, exponentials, memory: [inner, half], rotated: [p, q], .. } = self;
        for c in 0..encoding.columns() {
            let (u, h, e) = (vectors.column(c), values.column(c), exponentials.column(c));
            let (noise, g) = (noise.column(c), z_gradient.column(c));
            for k in 0..m {
                let column = &u[m * k..m * (k + 1)];
                let along = |x: &[T]| column.iter().zip(x).map(|(u, x)| u * x.to_f64()).sum::<f64>();
                (p[k], q[k]) = (along(g), along(noise));
            }
            for j in 0..m {
                for i in 0..j {
                    let entry = slope([h[i], h[j]], [e[i], e[j]]) * 0.5 * (p[i] * q[j] + p[j] * q[i]);
                    (inner[i + m * j], inner[j + m * i]) = (entry, entry);
                }
                // e^{2h} − 1 = (eʰ − 1)(eʰ + 1).
                inner[j + m * j] = e[j] * p[j] * q[j] + weight.to_f64() * (e[j] - 1.0) * (e[j] + 1.0);
            }
            // U M, then U M Uᵀ.
            for j in 0..m {
                for i in 0..m {
                    half[i + m * j] = (0..m).map(|k| u[i + m * k] * inner[k + m * j]).sum();
                }
            }
            let delta = delta.column_mut(c);
            for i in 0..m {
                delta[i] = weight.mul_add(encoding.column(c)[i], g[i]);
            }
            for (delta, [i, j]) in delta[m..].iter_mut().zip(&*places) {
                let entry: f64 = (0..m).map(|k| half[i + m * k] * u[j + m * k]).sum();
                *delta = T::from_f64(if i == j { entry } else { SQRT_2 * entry });
            }
        }
    }
}

/// (eᵃ − eᵇ) / (a − b) from the numbers and their exponentials, or eᵃ where both are equal.
pub(super) fn slope([a, b]: [f64; 2], [ea, eb]: [f64; 2]) -> f64 {
    let half = 0.5 * (a - b);
    if half.abs() < 1e-4 {
        // e^{(a + b)/2} sinh x / x with x = (a − b)/2, and sinh x / x = 1 + x²/6 + O(x⁴).
        (ea * eb).sqrt() * (1.0 + half * half / 6.0)
    } else {
        (ea - eb) / (a - b)
    }
}

/// Jacobi's method: leaves the eigenvalues of the symmetric h (m × m) on its diagonal and the eigenvectors in the columns of u.
fn diagonalise(h: &mut [f64], u: &mut [f64], m: usize) {
    /// Sweeps converge quadratically; a dozen is never reached by finite matrices.
    const SWEEPS: usize = 12;
    u.fill(0.0);
    u.iter_mut().step_by(m + 1).for_each(|x| *x = 1.0);
    let scale: f64 = h.iter().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let off: f64 = (0..m).flat_map(|j| (0..j).map(move |i| i + m * j)).map(|k| h[k] * h[k]).sum();
        // False for NaN, which then stays.
        let proceed = off > 1e-34 * scale;
        if !proceed {
            return;
        }
        for q in 1..m {
            for p in 0..q {
                rotate(h, u, m, p, q);
            }
        }
    }
}

/// Makes h_pq zero: h ← Gᵀ h G, u ← u G.
fn rotate(h: &mut [f64], u: &mut [f64], m: usize, p: usize, q: usize) {
    let off = h[p + m * q];
    if off == 0.0 {
        return;
    }
    let theta = (h[q + m * q] - h[p + m * p]) / (2.0 * off);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cos = 1.0 / t.hypot(1.0);
    let sin = t * cos;
    let turn = |x: f64, y: f64| [cos * x - sin * y, sin * x + cos * y];
    for k in 0..m {
        let [i, j] = [k + m * p, k + m * q];
        [h[i], h[j]] = turn(h[i], h[j]);
        [u[i], u[j]] = turn(u[i], u[j]);
    }
    for k in 0..m {
        let [i, j] = [p + m * k, q + m * k];
        [h[i], h[j]] = turn(h[i], h[j]);
    }
}

/// L of A Aᵀ = L Lᵀ, both m × m, column by column. NaN if A is singular.
fn decompose(a: &[f64], m: usize, l: &mut [f64]) {
    for j in 0..m {
        for i in j..m {
            let product: f64 = (0..m).map(|k| a[i + m * k] * a[j + m * k]).sum();
            let known: f64 = (0..j).map(|k| l[i + m * k] * l[j + m * k]).sum();
            l[i + m * j] = if i == j { (product - known).sqrt() } else { (product - known) / l[j + m * j] };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn the_diagonal_comes_first_and_then_rows_below_it() {
        let places: Vec<_> = (0..6).map(|entry| place_of(entry, 3)).collect();
        assert_eq!(places, [[0, 0], [1, 1], [2, 2], [1, 0], [2, 0], [2, 1]]);
    }

    #[test]
    fn factors_are_exponentials() {
        for m in [1, 2, 3, 5] {
            let entries: Vec<f64> = (0..m + m * (m + 1) / 2).map(|k| (1.7 * k as f64).sin()).collect();
            let mut exponentials = Exponentials::new();
            exponentials.compute(&Matrix::from_columns(entries.len(), 1, entries.clone()), m);
            let mut h = DMatrix::zeros(m, m);
            for (k, entry) in entries[m..].iter().enumerate() {
                let [i, j] = place_of(k, m);
                h[(i, j)] = if i == j { *entry } else { entry * FRAC_1_SQRT_2 };
                h[(j, i)] = h[(i, j)];
            }
            let a = DMatrix::from_column_slice(m, m, exponentials.factor(0));
            let error = (&a - h.exp()).norm();
            assert!(error < 1e-12 * a.norm(), "{m}: {error:e}");
            let log_det: f64 = exponentials.log_diagonal.column(0).iter().sum();
            assert!((log_det - h.trace()).abs() < 1e-12);
        }
    }

    #[test]
    fn the_slope_is_continuous() {
        for (a, b) in [(0.3, 0.3), (0.3, 0.3 + 1e-9), (0.3, 0.3 + 1e-5), (-2.0, -2.0 + 2.1e-4)] {
            // ∫₀¹ e^{b + t (a − b)} dt by Simpson's rule.
            let at = |t: f64| f64::exp(b + t * (a - b));
            let expected = (at(0.0) + 4.0 * at(0.5) + at(1.0)) / 6.0;
            let found = slope([a, b], [a.exp(), b.exp()]);
            assert!((found / expected - 1.0).abs() < 1e-11, "{a} {b}");
        }
        assert!((slope([1.0, -1.0], [1.0_f64.exp(), (-1.0_f64).exp()]) - 1.0_f64.sinh()).abs() < 1e-15);
    }
}
