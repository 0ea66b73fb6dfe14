//! Posteriors with an exponential factor: z = μ + A ε, A = exp H, H symmetric, Σ = A² = exp 2H, log det A = tr H,
//! KL = ½ (tr exp 2H + ‖μ‖² − m) − tr H.
//!
//! With H = U diag(h) Uᵀ, dA = U (Γ ∘ (Uᵀ dH U)) Uᵀ, where Γ_ij is the slope of exp between hᵢ and h_j (Daleckii & Krein 1965).

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use nalgebra::DMatrix;

use crate::linalg::{
    LANES, Lanes, Matrix, Real, cholesky_of_square, congruence, diagonalise, recompose, transposed_times,
};

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
    /// U of each group of observations, m² numbers column by column.
    vectors: Vec<Lanes>,
    /// h, m numbers a group.
    values: Vec<Lanes>,
    /// eʰ, m numbers a group.
    powers: Vec<Lanes>,
    /// A, m² × B.
    factors: Matrix<f64>,
    /// log L_ii of Σ = L Lᵀ, m × B.
    log_diagonal: Matrix<f64>,
    /// Memory for one group, m² twice.
    memory: [Vec<Lanes>; 2],
    /// Noise and gradient of one group, as they are and in the basis U.
    rotated: [Vec<Lanes>; 4],
}

impl Exponentials {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            vectors: Vec::new(),
            values: Vec::new(),
            powers: Vec::new(),
            factors: Matrix::zeros(0, 0),
            log_diagonal: Matrix::zeros(0, 0),
            memory: [Vec::new(), Vec::new()],
            rotated: [(); 4].map(|()| Vec::new()),
        }
    }

    /// Allocates only for a batch larger than all before.
    pub(super) fn compute<T: Real>(&mut self, encoding: &Matrix<T>, m: usize) {
        let (batch, groups) = (encoding.columns(), encoding.columns().div_ceil(LANES));
        self.places.clear();
        self.places.extend((0..m * (m + 1) / 2).map(|entry| place_of(entry, m)));
        self.vectors.resize(m * m * groups, [0.0; LANES]);
        self.values.resize(m * groups, [0.0; LANES]);
        self.powers.resize(m * groups, [0.0; LANES]);
        self.memory.iter_mut().for_each(|x| x.resize(m * m, [0.0; LANES]));
        self.rotated.iter_mut().for_each(|x| x.resize(m, [0.0; LANES]));
        self.factors.reshape(m * m, batch);
        self.log_diagonal.reshape(m, batch);
        let [h, l] = &mut self.memory;
        for group in 0..groups {
            let first = group * LANES;
            let lanes = LANES.min(batch - first);
            for (k, [i, j]) in self.places.iter().enumerate() {
                let scale = if i == j { 1.0 } else { FRAC_1_SQRT_2 };
                // What is left of the last group has H = 0.
                let mut entry = [0.0; LANES];
                for (lane, entry) in entry[..lanes].iter_mut().enumerate() {
                    *entry = scale * encoding.column(first + lane)[m + k].to_f64();
                }
                (h[i + m * j], h[j + m * i]) = (entry, entry);
            }
            let u = &mut self.vectors[m * m * group..m * m * (group + 1)];
            diagonalise(h, u, m);
            let values = &mut self.values[m * group..m * (group + 1)];
            let exponentials = &mut self.powers[m * group..m * (group + 1)];
            for (i, (value, exponential)) in values.iter_mut().zip(&mut *exponentials).enumerate() {
                *value = h[i + m * i];
                *exponential = value.map(f64::exp);
            }
            // A takes the place of H.
            recompose(u, exponentials, &self.places, h, m);
            cholesky_of_square(h, l, m);
            for lane in 0..lanes {
                let a = self.factors.column_mut(first + lane);
                a.iter_mut().zip(&*h).for_each(|(to, from)| *to = from[lane]);
                let log = self.log_diagonal.column_mut(first + lane);
                log.iter_mut().enumerate().for_each(|(i, log)| *log = l[i + m * i][lane].ln());
            }
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

    /// √Σᵢᵢ of each latent of an observation, and log L_ii.
    pub(super) fn marginals(&self, observation: usize) -> impl Iterator<Item = [f64; 2]> + '_ {
        let log = self.log_diagonal.column(observation);
        let m = log.len();
        let a = self.factors.column(observation);
        (0..m).map(move |i| [a[m * i..m * (i + 1)].iter().map(|a| a * a).sum::<f64>().sqrt(), log[i]])
    }

    /// Adds to ∂loss/∂H of an observation what a loss with the slopes `by_variance` by Σᵢᵢ and −w by log det Σ^½ gives: in the basis U
    /// 2 Γ_ij (Uᵀ diag(∂Σᵢᵢ) U)_ij − w δ_ij, Γ the [`slope`] of e^{2h}.
    pub(super) fn add_variance_gradient<T: Real>(
        &self,
        observation: usize,
        by_variance: &[f64],
        weight: f64,
        delta: &mut [T],
    ) {
        let m = by_variance.len();
        let (group, lane) = (observation / LANES, observation % LANES);
        let u = |i: usize, j: usize| self.vectors[m * m * group + i + m * j][lane];
        let h: Vec<f64> = (0..m).map(|i| 2.0 * self.values[m * group + i][lane]).collect();
        let inner = DMatrix::from_fn(m, m, |i, j| {
            let turned: f64 = (0..m).map(|k| u(k, i) * by_variance[k] * u(k, j)).sum();
            2.0 * slope([h[i], h[j]], [h[i].exp(), h[j].exp()]) * turned - if i == j { weight } else { 0.0 }
        });
        let basis = DMatrix::from_fn(m, m, u);
        let by_exponent = &basis * inner * basis.transpose();
        for (delta, [i, j]) in delta[m..].iter_mut().zip(&self.places) {
            let entry = by_exponent[(*i, *j)];
            *delta += T::from_f64(if i == j { entry } else { SQRT_2 * entry });
        }
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
        let (m, batch) = (noise.rows(), noise.columns());
        let Self { places, vectors, values, powers, memory: [inner, half], rotated: [g, e, p, q], .. } = self;
        for group in 0..batch.div_ceil(LANES) {
            let first = group * LANES;
            let lanes = LANES.min(batch - first);
            for lane in 0..lanes {
                for i in 0..m {
                    g[i][lane] = z_gradient.column(first + lane)[i].to_f64();
                    e[i][lane] = noise.column(first + lane)[i].to_f64();
                }
            }
            let u = &vectors[m * m * group..m * m * (group + 1)];
            let (h, exp) = (&values[m * group..m * (group + 1)], &powers[m * group..m * (group + 1)]);
            transposed_times(u, g, p, m);
            transposed_times(u, e, q, m);
            for j in 0..m {
                for i in 0..j {
                    let entry = std::array::from_fn(|l| {
                        let both = p[i][l] * q[j][l] + p[j][l] * q[i][l];
                        slope([h[i][l], h[j][l]], [exp[i][l], exp[j][l]]) * 0.5 * both
                    });
                    (inner[i + m * j], inner[j + m * i]) = (entry, entry);
                }
                // e^{2h} − 1 = (eʰ − 1)(eʰ + 1).
                inner[j + m * j] = std::array::from_fn(|l| {
                    exp[j][l] * p[j][l] * q[j][l] + weight.to_f64() * (exp[j][l] - 1.0) * (exp[j][l] + 1.0)
                });
            }
            congruence(u, inner, half, places, m);
            for lane in 0..lanes {
                let delta = delta.column_mut(first + lane);
                for i in 0..m {
                    delta[i] = weight.mul_add(encoding.column(first + lane)[i], T::from_f64(g[i][lane]));
                }
                for (delta, [i, j]) in delta[m..].iter_mut().zip(&*places) {
                    let entry = inner[i + m * j][lane];
                    *delta = T::from_f64(if i == j { entry } else { SQRT_2 * entry });
                }
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
