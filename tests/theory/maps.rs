//! Decoders that represent given maps, and other helpers of these tests.

use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::geometry::{Jets, Order, ima_contrast};
use unpick::linalg::{Matrix, Real};
use unpick::nn::Activation;
use unpick::rng::{Purpose, stream};
use unpick::vae::{Architecture, Covariance, DecoderKind, Objective, Posterior, Vae};

pub(super) fn normal(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = stream(seed, Purpose::Analysis, 0);
    DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
}

pub(super) fn objective(covariance: Covariance, beta: f64, sigma2: f64) -> Objective {
    Objective::new(covariance, beta, sigma2)
}

pub(super) fn prior(m: usize) -> Posterior {
    Posterior { mean: DVector::zeros(m), factor: DMatrix::identity(m, m) }
}

/// x̂ = W z.
pub(super) fn linear(w: &DMatrix<f64>) -> Vae<f64> {
    let architecture = Architecture {
        latent_dim: w.ncols(),
        hidden: vec![],
        activation: Activation::Tanh,
        decoder: DecoderKind::Linear,
        factor: Default::default(),
        likelihood: Default::default(),
        decoder_hidden: None,
    };
    let mut vae = Vae::zeros(w.nrows(), architecture, Covariance::Full);
    vae.parameters[..w.len()].copy_from_slice(w.as_slice());
    vae
}

/// Network that represents the map `d` on the square of half-width `reach` about `centre`: random features, and the output
/// layer by least squares. The maps are analytic, so 120 features suffice.
pub(super) fn network_of(d: impl Fn(f64, f64) -> Vec<f64>, centre: [f64; 2], reach: f64) -> Vae<f64> {
    const FEATURES: usize = 120;
    const SIDE: usize = 24;
    let n = d(centre[0], centre[1]).len();
    let architecture = Architecture {
        latent_dim: 2,
        hidden: vec![FEATURES],
        activation: Activation::Tanh,
        decoder: DecoderKind::Mlp,
        factor: Default::default(),
        likelihood: Default::default(),
        decoder_hidden: None,
    };
    let mut vae = Vae::zeros(n, architecture, Covariance::Full);
    let [hidden, output] = [0, 1].map(|i| vae.decoder.layers()[i].clone());
    let slopes = normal(FEATURES, 2, 1) / reach;
    let shifts = normal(FEATURES, 1, 2) - &slopes * DVector::from_row_slice(&centre);
    hidden.split_mut(&mut vae.parameters).0.copy_from_slice(slopes.as_slice());
    hidden.split_mut(&mut vae.parameters).1.copy_from_slice(shifts.as_slice());

    // Chebyshev nodes leave no error at the edges.
    let node = |k: usize| (std::f64::consts::PI * (k as f64 + 0.5) / SIDE as f64).cos();
    let grid: Vec<[f64; 2]> =
        (0..SIDE * SIDE).map(|k| [centre[0] + reach * node(k % SIDE), centre[1] + reach * node(k / SIDE)]).collect();
    // The tanh of the network itself: the fit has large weights of both signs, which amplify its last digit.
    let features = DMatrix::from_fn(grid.len(), FEATURES + 1, |k, f| match f {
        FEATURES => 1.0,
        _ => Real::tanh(slopes[(f, 0)] * grid[k][0] + slopes[(f, 1)] * grid[k][1] + shifts[f]),
    });
    let targets = DMatrix::from_fn(grid.len(), n, |k, i| d(grid[k][0], grid[k][1])[i]);
    let fit = features.svd(true, true).solve(&targets, 1e-12).unwrap().transpose();
    output.split_mut(&mut vae.parameters).0.copy_from_slice(fit.columns(0, FEATURES).into_owned().as_slice());
    output.split_mut(&mut vae.parameters).1.copy_from_slice(fit.column(FEATURES).as_slice());
    vae
}

/// 2.5 e^{.4 z₁} (cos ωz₂, sin ωz₂): conformal for ω = .4.
pub(super) fn polar(radius: f64, omega: f64) -> impl Fn(f64, f64) -> Vec<f64> {
    move |x, y| [(omega * y).cos(), (omega * y).sin()].map(|c| radius * (0.4 * x).exp() * c).to_vec()
}

/// ((1.5 + .3z₁) cos z₁, (1.5 + .3z₁) sin z₁, .7z₂ + .1z₂²): C1 and C2 hold.
pub(super) fn roll(x: f64, y: f64) -> Vec<f64> {
    let r = 1.5 + 0.3 * x;
    vec![r * x.cos(), r * x.sin(), 0.7 * y + 0.1 * y * y]
}

pub(super) fn jacobian(vae: &Vae<f64>, z: [f64; 2]) -> DMatrix<f64> {
    Jets::of(vae, &Matrix::from_columns(2, 1, z.to_vec()), Order::First).jacobian(0)
}

#[test]
fn the_networks_represent_the_maps() {
    let map = polar(2.5, 0.8);
    let vae = network_of(&map, [0.0, 0.0], 2.0);
    for [x, y] in [[0.0, 0.0], [1.3, -0.4], [-1.7, 1.8]] {
        let image = vae.decode(&Matrix::from_columns(2, 1, vec![x, y]));
        let error = image.as_slice().iter().zip(map(x, y)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(error < 1e-5, "{error:e} at {x}, {y}");
        let j = jacobian(&vae, [x, y]);
        let s = 2.5 * (0.4 * x).exp();
        assert!((j.column(0).norm() - 0.4 * s).abs() < 1e-4 && (j.column(1).norm() - 0.8 * s).abs() < 1e-4);
        assert!(ima_contrast(&j) < 1e-8);
    }
}
