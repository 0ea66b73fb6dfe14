//! Families of p(x|z). The decoder's last layer gives the natural parameter η(z); x̂ = E[x|z] is what pictures and data space show.
//!
//! * Gaussian with fixed σ²: x̂ = η.
//! * Bernoulli for x in [0, 1]: x̂ = π = 1/(1 + e^−η), log p(x|z) = Σ x η − log(1 + e^η). For x in {0, 1} that is a
//!   log-probability. For grey x it is the cross-entropy −Σ KL(x‖π) − Σ H(x), with the entropy H(x) = −x log x − (1−x) log(1−x)
//!   of each entry as if it were a probability: at most −Σ H(x), which no decoder can change. The constant that would make it a
//!   density over [0, 1] (the "continuous Bernoulli") is not included.
//!
//! The Fisher information of η is F = 1/σ² or diag π(1−π). With f := −log p(x|z), up to a constant, in units of 1/σ² (1 for
//! Bernoulli), the best Gaussian posterior has Σ⁻¹ = I + E[JᵀCov(x|z)J + Σ_k (x̂_k − x_k) ∇²η_k]/b with J = ∂η/∂z: with J
//! replaced by F^½ J, the argument about orthogonal columns holds for both.

use pulp::{Arch, Simd};
use serde::{Deserialize, Serialize};

use crate::linalg::Real;

/// The family of p(x|z).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likelihood {
    /// N(x̂, σ² I).
    #[default]
    Gaussian,
    /// Independent Bernoulli variables with the probabilities x̂ = sigmoid(η), for observations in [0, 1]. It has no σ²: that of
    /// the objective is 1, so b = β.
    Bernoulli,
}

impl Likelihood {
    /// Both families.
    pub const ALL: [Self; 2] = [Self::Gaussian, Self::Bernoulli];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gaussian => "gaussian",
            Self::Bernoulli => "bernoulli",
        }
    }

    /// True for the default, which files leave out.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
    pub fn is_gaussian(&self) -> bool {
        *self == Self::Gaussian
    }

    /// f of one observation, ‖x − η‖²/2 or Σ log(1 + e^η) − x η: log p(x|z) = −f/σ² − constant.
    pub fn loss<T: Real>(self, eta: &[T], x: &[T]) -> f64 {
        let pairs = eta.iter().zip(x).map(|(eta, x)| (eta.to_f64(), x.to_f64()));
        match self {
            Self::Gaussian => 0.5 * pairs.map(|(eta, x)| (eta - x) * (eta - x)).sum::<f64>(),
            Self::Bernoulli => pairs.map(|(eta, x)| eta.softplus() - x * eta).sum(),
        }
    }

    /// x̂ of one entry.
    #[inline(always)]
    pub fn mean<T: Real>(self, eta: T) -> T {
        match self {
            Self::Gaussian => eta,
            Self::Bernoulli => eta.softplus_with_slope().1,
        }
    }

    /// Fisher information of one entry of η, times σ²: ∂x̂/∂η.
    pub fn information(self, eta: f64) -> f64 {
        match self {
            Self::Gaussian => 1.0,
            Self::Bernoulli => {
                let pi = eta.softplus_with_slope().1;
                pi * (-eta).softplus_with_slope().1
            }
        }
    }

    /// Replaces η by x̂, entry by entry.
    pub fn replace_by_means<T: Real>(self, eta: &mut [T]) {
        if self == Self::Bernoulli {
            probabilities(eta);
        }
    }
}

#[pulp::with_simd(probabilities = Arch::new())]
#[inline(always)]
fn probabilities_with<S: Simd, T: Real>(_simd: S, eta: &mut [T]) {
    for eta in eta {
        *eta = eta.softplus_with_slope().1;
    }
}

/// Writes `scale · (η − x)` to `delta` and returns ½ Σ (η − x)².
#[pulp::with_simd(square_loss = Arch::new())]
#[inline(always)]
fn square_loss_with<S: Simd, T: Real>(_simd: S, eta: &[T], x: &[T], delta: &mut [T], scale: T) -> f64 {
    // Sixteen sums side by side: the compiler may use any vector width without changing the order of a sum.
    const SUMS: usize = 16;
    let mut sums = [T::ZERO; SUMS];
    for ((delta, p), x) in delta.chunks_mut(SUMS).zip(eta.chunks(SUMS)).zip(x.chunks(SUMS)) {
        for ((d, sum), (p, x)) in delta.iter_mut().zip(&mut sums).zip(p.iter().zip(x)) {
            let r = *p - *x;
            *sum = r.mul_add(r, *sum);
            *d = scale * r;
        }
    }
    0.5 * sums.iter().map(|s| s.to_f64()).sum::<f64>()
}

/// Writes `scale · (π − x)` to `delta` and returns Σ log(1 + e^η) − x η.
#[pulp::with_simd(cross_entropy = Arch::new())]
#[inline(always)]
fn cross_entropy_with<S: Simd, T: Real>(_simd: S, eta: &[T], x: &[T], delta: &mut [T], scale: T) -> f64 {
    /// As in the square loss.
    const SUMS: usize = 16;
    /// Entries of a sum in single precision: images have so many that more would cost digits.
    const ENTRIES: usize = 256 * SUMS;
    let mut total = 0.0;
    for ((delta, eta), x) in delta.chunks_mut(ENTRIES).zip(eta.chunks(ENTRIES)).zip(x.chunks(ENTRIES)) {
        let mut sums = [T::ZERO; SUMS];
        let (delta, delta_rest) = delta.as_chunks_mut::<SUMS>();
        let ((eta, eta_rest), (x, x_rest)) = (eta.as_chunks::<SUMS>(), x.as_chunks::<SUMS>());
        for ((delta, eta), x) in delta.iter_mut().zip(eta).zip(x) {
            for ((d, sum), (eta, x)) in delta.iter_mut().zip(&mut sums).zip(eta.iter().zip(x)) {
                let (softplus, pi) = eta.softplus_with_slope();
                *sum += (-*x).mul_add(*eta, softplus);
                *d = scale * (pi - *x);
            }
        }
        for ((d, sum), (eta, x)) in delta_rest.iter_mut().zip(&mut sums).zip(eta_rest.iter().zip(x_rest)) {
            let (softplus, pi) = eta.softplus_with_slope();
            *sum += (-*x).mul_add(*eta, softplus);
            *d = scale * (pi - *x);
        }
        total += sums.iter().map(|s| s.to_f64()).sum::<f64>();
    }
    total
}

/// Σ f over a batch, and `scale` · ∂f/∂η = `scale` · (x̂ − x) in `delta`.
pub(super) fn differentiate<T: Real>(likelihood: Likelihood, eta: &[T], x: &[T], delta: &mut [T], scale: T) -> f64 {
    match likelihood {
        Likelihood::Gaussian => square_loss(eta, x, delta, scale),
        Likelihood::Bernoulli => cross_entropy(eta, x, delta, scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits of every size, and observations from 0 to 1.
    fn numbers(count: usize) -> (Vec<f32>, Vec<f32>) {
        let eta = |k: usize| (k as f32 * 0.7).sin() * 10_f32.powi(k as i32 % 5 - 2);
        (0..count).map(|k| (eta(k), (k * k % 7) as f32 / 6.0)).unzip()
    }

    struct Entropy<'a>(&'a [f32], &'a [f32], &'a mut [f32]);

    impl pulp::WithSimd for Entropy<'_> {
        type Output = f64;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f64 {
            cross_entropy_with(simd, self.0, self.1, self.2, 0.25)
        }
    }

    #[test]
    fn the_vector_width_changes_no_bit() {
        for count in [1, 15, 16, 100, 5000] {
            let (eta, x) = numbers(count);
            let with = |dispatch: &dyn Fn(Entropy<'_>) -> f64| {
                let mut delta = vec![0.0; count];
                let total = dispatch(Entropy(&eta, &x, &mut delta));
                (total.to_bits(), delta.into_iter().map(f32::to_bits).collect::<Vec<_>>())
            };
            let scalar = with(&|work| pulp::WithSimd::with_simd(work, pulp::Scalar));
            assert!(scalar == with(&|work| Arch::new().dispatch(work)), "{count}");
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = pulp::x86::V3::try_new() {
                assert!(scalar == with(&|work| Simd::vectorize(avx2, Vectorised(avx2, work))), "{count}");
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    struct Vectorised<'a>(pulp::x86::V3, Entropy<'a>);

    #[cfg(target_arch = "x86_64")]
    impl pulp::NullaryFnOnce for Vectorised<'_> {
        type Output = f64;

        #[inline(always)]
        fn call(self) -> f64 {
            pulp::WithSimd::with_simd(self.1, self.0)
        }
    }

    /// Against the definition in double precision; saturated logits cost neither digits nor NaN.
    #[test]
    fn cross_entropy_and_slope_agree_with_their_definition() {
        let (eta, x) = numbers(5000);
        let mut delta = vec![0.0; eta.len()];
        let total = cross_entropy(&eta, &x, &mut delta, 2.0);
        let exact = |eta: f64, x: f64| -x * -(-eta).exp().ln_1p() - (1.0 - x) * -eta.exp().ln_1p();
        let expected: f64 = eta.iter().zip(&x).map(|(eta, x)| exact(f64::from(*eta), f64::from(*x))).sum();
        assert!((total / expected - 1.0).abs() < 1e-6, "{total} {expected}");
        assert!((Likelihood::Bernoulli.loss(&eta, &x) / expected - 1.0).abs() < 1e-12);
        for ((eta, x), delta) in eta.iter().zip(&x).zip(&delta) {
            let pi = 1.0 / (1.0 + f64::from(-eta).exp());
            assert!((f64::from(*delta) - 2.0 * (pi - f64::from(*x))).abs() < 1e-6, "{eta} {x}: {delta}");
        }
        let mut delta = [0.0; 2];
        assert!(cross_entropy(&[1e4_f32, -1e4], &[1.0, 0.0], &mut delta, 1.0) < 1e-37);
        assert!(delta[0] == 0.0 && delta[1].abs() < 1e-30);
        assert!(cross_entropy(&[f32::NAN], &[1.0], &mut [0.0], 1.0).is_nan());
    }

    /// F = π(1 − π), accurate where π rounds to 1.
    #[test]
    fn information_is_the_slope_of_the_mean() {
        for eta in [-30.0_f64, -2.0, 0.0, 0.5, 7.0, 36.0] {
            let cosh = (0.5 * eta).cosh();
            assert!((Likelihood::Bernoulli.information(eta) * 4.0 * cosh * cosh - 1.0).abs() < 1e-13, "{eta}");
        }
    }
}
