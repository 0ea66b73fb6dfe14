//! Turning the latents of a whole model, decoder and encoder together.

use nalgebra::{DMatrix, DVector};

use super::Rotation;
use crate::linalg::{Factor, Matrix, Panel, product};
use crate::nn::Dense;
use crate::vae::{Covariance, Posterior, Vae};

/// Observations that the covariance head is fitted on at most.
const FITTED: usize = 8192;

/// The share of the mean squared feature that is added to each of them in the fit, so that directions in which the features
/// hardly vary keep their weights.
const RIDGE: f64 = 1e-8;

impl Rotation {
    /// Turns the latents z ↦ R z of a model: the decoder becomes d∘Rᵀ and the posterior means R μ(x), both exactly. Returns
    /// how far the posterior covariances are from what they should become: the root mean square over `observations` (n × N)
    /// of the error in the encoder's outputs log L_ii and L_ij.
    ///
    /// Full covariances should become R Σ Rᵀ. The best that diagonal ones can do for the turned decoder has the variances
    /// 1/(R Σ⁻¹ Rᵀ)ᵢᵢ: the diagonal of the *precision*, not of the covariance, because Σ⁻¹ is the curvature that the decoder
    /// asks for and turns with it. Neither is a linear function of the encoder's features, so the change of these outputs is
    /// fitted to the features by least squares. It is exact where Σ does not depend on x, as at the optimum of a linear
    /// decoder. For diagonal covariance the way back by −φ does not lead to the old encoder: what was lost is lost.
    pub fn rotate_model(&self, vae: &mut Vae<f32>, observations: &Matrix<f32>) -> f64 {
        let m = vae.latent_dim();
        let every = observations.columns().div_ceil(FITTED).max(1);
        let sample = observations.select_columns((0..observations.columns()).step_by(every));
        let features = features(&vae.cast::<f64>(), &sample.map(f64::from));
        let wanted = self.wanted_change(vae, &sample);

        self.turn_decoder(vae);
        let head = vae.encoder.layers()[vae.encoder.layers().len() - 1].clone();
        let [a, b] = self.plane;
        let (weight, bias) = head.split_mut(&mut vae.parameters);
        for column in weight.chunks_exact_mut(head.outputs).chain([&mut *bias]) {
            [column[a], column[b]] = self.turn(column[a], column[b]);
        }
        let Some(fit) = fit(&features, &wanted) else { return root_mean_square(&wanted) };
        for (column, change) in weight.chunks_exact_mut(head.outputs).chain([bias]).zip(fit.column_iter()) {
            column[m..].iter_mut().zip(&change).for_each(|(w, dw)| *w = (f64::from(*w) + dw) as f32);
        }
        root_mean_square(&(wanted - fit * features))
    }

    /// By how much the encoder's outputs about Σ should change, (outputs − m) × N. Nothing where Σ is beyond arithmetic.
    fn wanted_change(&self, vae: &Vae<f32>, x: &Matrix<f32>) -> DMatrix<f64> {
        let m = vae.latent_dim();
        let mut wanted = DMatrix::zeros(m + vae.covariance.off_diagonals(m), x.columns());
        for (q, mut column) in vae.posteriors(x).iter().zip(wanted.column_iter_mut()) {
            let Some(factor) = self.turned_factor(q, vae.covariance) else { continue };
            let change = scale_outputs(&factor, vae.covariance) - scale_outputs(&q.factor, vae.covariance);
            if change.iter().all(|x| x.is_finite()) {
                column.copy_from(&change);
            }
        }
        wanted
    }

    /// L of the turned posterior, or of the best diagonal one in its place.
    fn turned_factor(&self, q: &Posterior, family: Covariance) -> Option<DMatrix<f64>> {
        let r = self.matrix(q.dim());
        match family {
            Covariance::Full => Some((&r * q.covariance() * r.transpose()).cholesky()?.l()),
            Covariance::Diagonal => {
                let precision = &r * q.precision() * r.transpose();
                Some(DMatrix::from_diagonal(&precision.diagonal().map(|l| 1.0 / l.sqrt())))
            }
        }
    }
}

/// log L_ii, then L_ij below the diagonal row by row, as the encoder gives them.
fn scale_outputs(factor: &DMatrix<f64>, family: Covariance) -> DVector<f64> {
    let m = factor.nrows();
    let below = (1..m).flat_map(|i| (0..i).map(move |j| (i, j))).map(|place| factor[place]);
    let mut outputs: Vec<f64> = factor.diagonal().iter().map(|l| l.ln()).collect();
    outputs.extend(below.take(family.off_diagonals(m)));
    DVector::from_vec(outputs)
}

/// What the last layer of the encoder sees, with a one for its bias: (inputs + 1) × N.
fn features(vae: &Vae<f64>, x: &Matrix<f64>) -> DMatrix<f64> {
    let layers = vae.encoder.layers();
    let hidden: &[Dense] = &layers[..layers.len() - 1];
    let (mut h, mut panel) = (x.clone(), Panel::new());
    for layer in hidden {
        let mut next = Matrix::zeros(layer.outputs, h.columns());
        layer.forward(&vae.parameters, Factor::from(&h), next.as_mut_slice(), &mut panel);
        h = next;
    }
    DMatrix::from_column_slice(h.rows(), h.columns(), h.as_slice()).insert_row(h.rows(), 1.0)
}

/// A that minimises ‖wanted − A features‖² + ridge ‖A‖²: outputs × features.
fn fit(features: &DMatrix<f64>, wanted: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let mut gram = times_transposed(features, features);
    let ridge = RIDGE * gram.trace() / gram.nrows() as f64;
    gram.iter_mut().step_by(features.nrows() + 1).for_each(|g| *g += ridge);
    Some(gram.cholesky()?.solve(&times_transposed(features, wanted)).transpose())
}

/// A Bᵀ, summed in the same order on every machine.
fn times_transposed(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    let mut c = DMatrix::zeros(a.nrows(), b.nrows());
    let left = Factor::new(a.nrows(), a.ncols(), a.as_slice());
    let right = Factor::new(b.nrows(), b.ncols(), b.as_slice()).transposed();
    product(left, right, c.as_mut_slice(), &mut Panel::new());
    c
}

fn root_mean_square(x: &DMatrix<f64>) -> f64 {
    (x.norm_squared() / x.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{elbo_of, posterior_quadrature};
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, DecoderKind, Objective};
    use rand_distr::{Distribution as _, StandardNormal};

    fn normal(rows: usize, columns: usize) -> Matrix<f32> {
        let mut rng = stream(2, Purpose::Analysis, 0);
        Matrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
    }

    /// A model with latents `m` whose posteriors differ by `spread` from observation to observation.
    fn model(covariance: Covariance, m: usize, hidden: Vec<usize>, spread: f32) -> Vae<f32> {
        let decoder = if hidden.is_empty() { DecoderKind::Linear } else { DecoderKind::Mlp };
        let architecture = Architecture { latent_dim: m, hidden, activation: Activation::Tanh, decoder };
        let mut vae = Vae::new(4, architecture, covariance, &mut stream(5, Purpose::Init, 0));
        let head = vae.encoder.layers()[vae.encoder.layers().len() - 1].clone();
        let (weight, bias) = head.split_mut(&mut vae.parameters);
        let outputs = head.outputs;
        for (c, column) in weight.chunks_exact_mut(outputs).enumerate() {
            column[m..].iter_mut().enumerate().for_each(|(r, w)| *w = spread * ((3 * r + 7 * c) as f32).sin());
        }
        bias[m..].iter_mut().enumerate().for_each(|(r, c)| *c = if r < m { -0.5 - 0.7 * r as f32 } else { 0.15 });
        vae
    }

    fn mean_elbo(vae: &Vae<f32>, x: &Matrix<f32>) -> f64 {
        let objective = Objective { covariance: vae.covariance, beta: 1.5, sigma2: 0.1 };
        let (vae, x) = (vae.cast::<f64>(), x.map(f64::from));
        let rule = posterior_quadrature(vae.latent_dim());
        let posteriors = vae.posteriors(&x);
        let sum: f64 = x.iter_columns().zip(&posteriors).map(|(x, q)| elbo_of(&vae, x, &objective, q, &rule)).sum();
        sum / x.columns() as f64
    }

    /// A linear decoder and posteriors of one covariance: nothing is lost, to the rounding of single precision.
    #[test]
    fn full_posteriors_that_are_all_alike_turn_exactly() {
        for (m, plane) in [(2, [0, 1]), (3, [2, 0])] {
            let x = normal(4, 300);
            let before = model(Covariance::Full, m, vec![], 0.0);
            let mut turned = before.clone();
            let rotation = Rotation { degrees: 40.0, plane };
            assert!(rotation.rotate_model(&mut turned, &x) < 1e-6);
            for (q, p) in before.posteriors(&x).iter().zip(turned.posteriors(&x)) {
                let wanted = rotation.turn_posterior(q);
                assert!((wanted.mean - p.mean).norm() < 1e-5 && (wanted.factor - p.factor).norm() < 1e-5);
            }
            assert!((mean_elbo(&before, &x) - mean_elbo(&turned, &x)).abs() < 1e-4);
        }
    }

    /// With hidden layers and covariances that depend on x, the fit leaves an error: to first order the ELBO changes by that
    /// of its outputs times the slope of the ELBO by them. Without the fit it would change a hundred times as much.
    #[test]
    fn full_posteriors_of_a_network_turn_nearly() {
        let x = normal(4, 600);
        let before = model(Covariance::Full, 2, vec![24], 0.03);
        let mut turned = before.clone();
        let rotation = Rotation { degrees: 30.0, plane: [0, 1] };
        let residual = rotation.rotate_model(&mut turned, &x);
        assert!(residual > 1e-6 && residual < 0.02, "{residual}");
        let change = (mean_elbo(&before, &x) - mean_elbo(&turned, &x)).abs();
        let mut unfitted = before.clone();
        rotation.turn_decoder(&mut unfitted);
        let without = (mean_elbo(&before, &x) - mean_elbo(&unfitted, &x)).abs();
        assert!(change < 5.0 * residual && change < 0.01 * without, "{change} {without} {residual}");
    }

    /// The turned diagonal posteriors are stationary for the turned decoder if the old ones were for the old decoder.
    #[test]
    fn diagonal_posteriors_take_the_diagonal_of_the_precision() {
        let x = normal(4, 200);
        let mut vae = model(Covariance::Diagonal, 2, vec![], 0.0);
        Rotation { degrees: 30.0, plane: [0, 1] }.rotate_model(&mut vae, &x);
        let [p, q] = [1.0_f64, 2.4].map(f64::exp);
        for posterior in vae.posteriors(&x) {
            let variances = posterior.factor.diagonal().map(|l| l * l);
            assert!((variances[0] - 1.0 / (0.75 * p + 0.25 * q)).abs() < 1e-6, "{variances}");
            assert!((variances[1] - 1.0 / (0.25 * p + 0.75 * q)).abs() < 1e-6, "{variances}");
        }
    }

    #[test]
    fn there_and_back_gives_the_decoder_and_the_means_back() {
        for covariance in Covariance::ALL {
            let x = normal(4, 100);
            let before = model(covariance, 3, vec![9], 0.05);
            let mut vae = before.clone();
            for degrees in [25.0, -25.0] {
                Rotation { degrees, plane: [0, 2] }.rotate_model(&mut vae, &x);
            }
            let decoder = ..before.decoder.end();
            let apart = before.parameters[decoder].iter().zip(&vae.parameters[decoder]).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f32::max) < 1e-6, "two roundings of numbers below 1");
            let (old, new) = (before.posteriors(&x), vae.posteriors(&x));
            assert!(old.iter().zip(&new).all(|(a, b)| (&a.mean - &b.mean).norm() < 1e-5));
            if covariance == Covariance::Full {
                // Two fits, each with an error of its own.
                assert!(old.iter().zip(&new).all(|(a, b)| (&a.factor - &b.factor).norm() < 0.05));
            }
        }
    }
}
