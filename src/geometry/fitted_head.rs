//! Least-squares fit of the encoder's outputs about Σ, for changes of a model that its weights cannot follow exactly.

use nalgebra::DMatrix;

use crate::linalg::{Factor, Matrix, Panel, product};
use crate::nn::Dense;
use crate::vae::{Covariance, Vae};

/// Most observations for the fit of the covariance head.
const FITTED: usize = 8192;

/// Ridge of the fit, a share of the mean squared feature: directions in which the features hardly vary keep their weights.
const RIDGE: f64 = 1e-8;

/// Changes the family of posteriors between diagonal covariance and a square factor A, as closely as the weights allow:
/// A becomes the diagonal factor; the variances become 1/(Σ⁻¹)ᵢᵢ, the best diagonal ones for the same curvature of the
/// objective. Other changes of family keep the weights that both have. Returns the root mean square error of the fit.
pub fn switch_family(vae: &mut Vae<f32>, covariance: Covariance, observations: &Matrix<f32>) -> f64 {
    let had_square_factor = vae.has_square_factor();
    let sample = sample_for_fit(observations);
    let before = vae.clone();
    vae.switch_covariance(covariance);
    if vae.has_square_factor() == had_square_factor {
        return 0.0;
    }
    let features = features(&before.cast::<f64>(), &sample.map(f64::from));
    let (m, head) = (vae.latent_dim(), vae.head().clone());
    let mut wanted = DMatrix::zeros(head.outputs - m, sample.columns());
    for (q, mut column) in before.posteriors(&sample).iter().zip(wanted.column_iter_mut()) {
        match covariance {
            Covariance::Full => column.copy_from_slice(q.factor.as_slice()),
            Covariance::Diagonal => column.copy_from(&q.precision().diagonal().map(|l| -0.5 * l.ln())),
        }
    }
    // A model that has diverged keeps the constant head.
    let Some(fit) = fit(&features, &wanted).filter(|fit| fit.iter().all(|w| w.is_finite())) else { return f64::NAN };
    let (weight, bias) = head.split_mut(&mut vae.parameters);
    for (column, fitted) in weight.chunks_exact_mut(head.outputs).chain([bias]).zip(fit.column_iter()) {
        column[m..].iter_mut().zip(&fitted).for_each(|(w, fitted)| *w = *fitted as f32);
    }
    root_mean_square(&(wanted - fit * features))
}

/// At most [`FITTED`] observations, evenly spread.
pub(super) fn sample_for_fit(observations: &Matrix<f32>) -> Matrix<f32> {
    let every = observations.columns().div_ceil(FITTED).max(1);
    observations.select_columns((0..observations.columns()).step_by(every))
}

/// Inputs of the encoder's last layer, with a one for its bias: (inputs + 1) × N.
pub(super) fn features(vae: &Vae<f64>, x: &Matrix<f64>) -> DMatrix<f64> {
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

/// A (outputs × features) that minimises ‖wanted − A features‖² + ridge ‖A‖².
pub(super) fn fit(features: &DMatrix<f64>, wanted: &DMatrix<f64>) -> Option<DMatrix<f64>> {
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

pub(super) fn root_mean_square(x: &DMatrix<f64>) -> f64 {
    (x.norm_squared() / x.len().max(1) as f64).sqrt()
}
