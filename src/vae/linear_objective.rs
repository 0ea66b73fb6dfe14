//! Objective of a linear model on all the data at once, without noise: the expectation over observations and latents is a closed
//! form of the mean x̄ and the covariance C of the data.
//!
//! With μ = M x + a, x̂ = D z + c and a covariance Σ = A Aᵀ that is the same for all x, as it is at the optimum, the loss is
//! (tr (I − D M) C (I − D M)ᵀ + ‖x̄ − D μ̄ − c‖² + ‖D A‖²) / 2σ² + β ½ (tr M C Mᵀ + ‖μ̄‖² + tr Σ − m − log det Σ), μ̄ = M x̄ + a.

use nalgebra::{DMatrix, DVector};

use super::config::{Covariance, Objective};
use super::elbo::Elbo;
use super::exponential_factor::{place_of, slope};
use super::model::Vae;
use super::posterior::Posterior;
use super::prior::Prior;
use crate::linalg::Real;

/// Mean and covariance of data.
#[derive(Clone, Copy, Debug)]
pub struct Moments<'a> {
    /// x̄ (n).
    pub mean: &'a DVector<f64>,
    /// C (n × n).
    pub covariance: &'a DMatrix<f64>,
}

impl<T: Real> Vae<T> {
    /// Replaces the covariance heads of a linear encoder, which depend on x, by their values at `mean`.
    pub fn fix_covariance(&mut self, mean: &DVector<f64>) {
        let (m, head) = (self.latent_dim(), self.head().clone());
        let (weight, bias) = head.split_mut(&mut self.parameters);
        for (column, x) in weight.chunks_exact_mut(head.outputs).zip(mean.iter()) {
            for (w, c) in column[m..].iter_mut().zip(&mut bias[m..]) {
                *c = T::from_f64(c.to_f64() + w.to_f64() * x);
                *w = T::ZERO;
            }
        }
    }
}

/// Terms of the objective of a linear model with the same Σ for all x, and the gradient of its loss, one number a parameter. The
/// weights from x to Σ have none.
pub fn linear_objective(vae: &Vae<f64>, objective: &Objective, moments: Moments<'_>) -> (Elbo, Vec<f64>) {
    let (n, m) = (vae.data_dim(), vae.latent_dim());
    let Moments { mean, covariance } = moments;
    let Objective { beta, sigma2, .. } = *objective;
    let (decoder, head) = (&vae.decoder.layers()[0], vae.head());
    let (weight, c) = decoder.split(&vae.parameters);
    let (d, c) = (DMatrix::from_column_slice(n, m, weight), DVector::from_column_slice(c));
    let (weight, bias) = head.split(&vae.parameters);
    let k = DMatrix::from_fn(m, n, |i, j| weight[i + j * head.outputs]);
    let centre = &k * mean + DVector::from_column_slice(&bias[..m]);
    let mut encoding = centre.as_slice().to_vec();
    encoding.extend(&bias[m..]);
    let q = vae.posterior(&encoding);
    let sigma = q.covariance();

    // M C and E = (I − D M) C.
    let kc = &k * covariance;
    let spread = &kc * k.transpose();
    let error = covariance - &d * &kc;
    let offset = mean - &d * &centre - &c;
    let gram = d.transpose() * &d;
    let distortion = error.trace() - (&d * (&kc - &spread * d.transpose())).trace()
        + offset.norm_squared()
        + gram.component_mul(&sigma).sum();
    let kl_per_dim = q.kl_per_dim(Prior::Normal).enumerate().map(|(i, kl)| kl + 0.5 * spread[(i, i)]).collect();
    let elbo = Elbo {
        reconstruction: -distortion / (2.0 * sigma2) - objective.log_normaliser(n),
        kl_per_dim,
        regularizer: None,
        discriminator_loss: None,
    };

    let mut gradient = vec![0.0; vae.parameters.len()];
    // ∂D = (−(I − D M) C Mᵀ − r μ̄ᵀ + D Σ) / σ², ∂c = −r / σ².
    let by_decoder = (&d * (&spread + &sigma) - kc.transpose() - &offset * centre.transpose()) / sigma2;
    let (to, to_bias) = decoder.split_mut(&mut gradient);
    to.copy_from_slice(by_decoder.as_slice());
    to_bias.iter_mut().zip(&offset).for_each(|(g, r)| *g = -r / sigma2);
    // ∂M = −Dᵀ ((I − D M) C + r x̄ᵀ) / σ² + β (M C + μ̄ x̄ᵀ), ∂a = −Dᵀ r / σ² + β μ̄.
    let by_centre = beta * &centre - d.transpose() * &offset / sigma2;
    let by_encoder = beta * &kc - d.transpose() * &error / sigma2 + &by_centre * mean.transpose();
    let (to, to_bias) = head.split_mut(&mut gradient);
    for (column, values) in to.chunks_exact_mut(head.outputs).zip(by_encoder.column_iter()) {
        column[..m].copy_from_slice(values.as_slice());
    }
    to_bias[..m].copy_from_slice(by_centre.as_slice());
    by_covariance(vae, &q, &(gram / sigma2 + beta * DMatrix::identity(m, m)), beta, &bias[m..], &mut to_bias[m..]);
    (elbo, gradient)
}

/// Gradient of ½ tr Q Σ − (β/2) log det Σ by the numbers that give Σ.
fn by_covariance(vae: &Vae<f64>, q: &Posterior, price: &DMatrix<f64>, beta: f64, numbers: &[f64], to: &mut [f64]) {
    let m = vae.latent_dim();
    if vae.has_exponential_factor() {
        // Σ = exp 2H: in the eigenbasis of H, ∂H_ij = Γ_ij Q_ij − β δ_ij with Γ_ij the slope of exp between 2hᵢ and 2h_j.
        let mut h = DMatrix::zeros(m, m);
        for (number, [i, j]) in numbers.iter().zip((0..).map(|entry| place_of(entry, m))) {
            let scale = if i == j { 1.0 } else { std::f64::consts::FRAC_1_SQRT_2 };
            (h[(i, j)], h[(j, i)]) = (scale * number, scale * number);
        }
        let eigen = h.symmetric_eigen();
        let (u, h) = (eigen.eigenvectors, eigen.eigenvalues);
        let mut inner = u.transpose() * price * &u;
        inner.iter_mut().enumerate().for_each(|(k, q)| {
            let pair = [2.0 * h[k % m], 2.0 * h[k / m]];
            *q *= slope(pair, pair.map(f64::exp));
        });
        let gradient = &u * inner * u.transpose();
        for (to, [i, j]) in to.iter_mut().zip((0..).map(|entry| place_of(entry, m))) {
            *to = if i == j { gradient[(i, i)] - beta } else { std::f64::consts::SQRT_2 * gradient[(i, j)] };
        }
    } else {
        // Σ = L Lᵀ: ∂L = Q L, and L_ii = e^{sᵢ}.
        let gradient = price * &q.factor;
        for (i, to) in to[..m].iter_mut().enumerate() {
            *to = gradient[(i, i)] * q.factor[(i, i)] - beta;
        }
        if vae.covariance == Covariance::Full {
            let below = (1..m).flat_map(|i| (0..i).map(move |j| (i, j)));
            to[m..].iter_mut().zip(below).for_each(|(to, place)| *to = gradient[place]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, DecoderKind, PosteriorFactor};
    use rand_distr::{Distribution, StandardNormal};

    const OBJECTIVE: Objective = Objective::new(Covariance::Full, 1.7, 0.3);

    fn model(covariance: Covariance, factor: PosteriorFactor) -> (Vae<f64>, Matrix<f64>, DVector<f64>, DMatrix<f64>) {
        let architecture = Architecture {
            latent_dim: 3,
            hidden: Vec::new(),
            activation: Activation::Tanh,
            decoder: DecoderKind::Linear,
            factor,
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut rng = stream(3, Purpose::Analysis, 0);
        let mut vae = Vae::<f64>::new(4, architecture, covariance, &mut rng);
        vae.parameters.fill_with(|| 0.4 * Distribution::<f64>::sample(&StandardNormal, &mut rng));
        let x = Matrix::from_fn(4, 50, |_, _| Distribution::<f64>::sample(&StandardNormal, &mut rng) + 0.5);
        let columns = DMatrix::from_column_slice(4, 50, x.as_slice());
        let mean = columns.column_mean();
        let centred = DMatrix::from_fn(4, 50, |r, c| columns[(r, c)] - mean[r]);
        vae.fix_covariance(&mean);
        (vae, x, mean, &centred * centred.transpose() / 50.0)
    }

    const KINDS: [(Covariance, PosteriorFactor); 3] = [
        (Covariance::Diagonal, PosteriorFactor::Cholesky),
        (Covariance::Full, PosteriorFactor::Cholesky),
        (Covariance::Full, PosteriorFactor::Exponential),
    ];

    /// The mean over the observations, with E‖x − D z − c‖² = ‖x − D μ − c‖² + ‖D L‖² for each.
    #[test]
    fn the_objective_is_the_mean_over_the_data() {
        for (covariance, factor) in KINDS {
            let (vae, x, mean, spread) = model(covariance, factor);
            let moments = Moments { mean: &mean, covariance: &spread };
            let d = DMatrix::from_column_slice(4, 3, vae.decoder.layers()[0].split(&vae.parameters).0);
            let (mut square, mut kl) = (0.0, 0.0);
            for (q, x) in vae.posteriors(&x).iter().zip(x.iter_columns()) {
                let decoded = vae.decode(&Matrix::from_columns(3, 1, q.mean.as_slice().to_vec()));
                square += decoded.as_slice().iter().zip(x).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 50.0;
                square += (&d * &q.factor).norm_squared() / 50.0;
                kl += q.kl(Prior::Normal) / 50.0;
            }
            let elbo = linear_objective(&vae, &OBJECTIVE, moments).0;
            let expected = -square / (2.0 * OBJECTIVE.sigma2) - OBJECTIVE.log_normaliser(4);
            assert!((elbo.reconstruction - expected).abs() < 1e-11, "{elbo:?} {expected}");
            assert!((elbo.kl() - kl).abs() < 1e-11, "{elbo:?} {kl}");
        }
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        for (covariance, factor) in KINDS {
            let (vae, _, mean, spread) = model(covariance, factor);
            let moments = Moments { mean: &mean, covariance: &spread };
            let gradient = linear_objective(&vae, &OBJECTIVE, moments).1;
            let head = vae.head().clone();
            for (p, g) in gradient.iter().enumerate() {
                let from_x = p >= head.offset && p < head.offset + head.weight_count();
                if from_x && (p - head.offset) % head.outputs >= 3 {
                    assert_eq!(*g, 0.0, "Σ does not depend on x");
                    continue;
                }
                let loss = |change: f64| {
                    let mut other = vae.clone();
                    other.parameters[p] += change;
                    -linear_objective(&other, &OBJECTIVE, moments).0.objective(OBJECTIVE.beta)
                };
                let slope = (loss(1e-5) - loss(-1e-5)) / 2e-5;
                assert!((slope - g).abs() < 1e-7 * (1.0 + g.abs()), "{covariance:?} {factor:?} {p}: {slope} {g}");
            }
        }
    }
}
