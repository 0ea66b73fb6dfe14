//! Gaps, contrasts, densities and curvature.

use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::geometry::{
    Jets, MapQuantity, Order, Seam, alignment, best_posterior, c2_residual, diagonal_gap, field, ima_contrast,
    loop_integrals, measured_arcs, posterior_precision,
};
use unpick::linalg::{Matrix, svd};
use unpick::rng::{Purpose, stream};
use unpick::stats::gauss_hermite;
use unpick::vae::{Covariance, Objective, Posterior, Prior, Vae};

use super::maps::{jacobian, network_of, normal, objective, polar, roll};

/// V09a: the closed form of KL(q‖N(0, I)) against 200,000 draws.
#[test]
fn the_kl_divergence_is_that_of_samples() {
    let a = normal(3, 3, 5);
    let sigma = &a * a.transpose() + DMatrix::identity(3, 3) * 0.2;
    let q = Posterior { mean: normal(3, 1, 6).column(0).into_owned(), factor: sigma.cholesky().unwrap().l() };
    const DRAWS: usize = 200_000;
    let noise = normal(3, DRAWS, 7);
    let log_det: f64 = q.factor.diagonal().iter().map(|l| l.ln()).sum();
    let terms: Vec<f64> = noise
        .column_iter()
        .map(|e| 0.5 * (q.sample(e.into_owned().as_slice()).norm_squared() - e.norm_squared()) - log_det)
        .collect();
    let mean = terms.iter().sum::<f64>() / DRAWS as f64;
    let deviation = (terms.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / DRAWS as f64).sqrt();
    assert!(
        (mean - q.kl(Prior::Normal)).abs() < 4.0 * deviation / (DRAWS as f64).sqrt(),
        "{mean} {}",
        q.kl(Prior::Normal)
    );
}

/// V09b: the diagonal Gaussian nearest to N(·, Λ⁻¹) has the variances 1/Λᵢᵢ, and is `diagonal_gap` away.
#[test]
fn the_gap_is_the_divergence_of_the_best_diagonal_gaussian() {
    let a = normal(3, 3, 8);
    let precision = &a * a.transpose() + DMatrix::identity(3, 3);
    let divergence = |variances: [f64; 3]| {
        let d = DMatrix::from_diagonal(&variances.to_vec().into());
        0.5 * ((&precision * &d).trace() - 3.0 - d.determinant().ln() - precision.determinant().ln())
    };
    let best = [0, 1, 2].map(|i| 1.0 / precision[(i, i)]);
    assert!((divergence(best) - diagonal_gap(&precision)).abs() < 1e-12);
    for i in 0..3 {
        for factor in [0.98, 1.02] {
            let mut other = best;
            other[i] *= factor;
            assert!(divergence(other) > divergence(best) + 1e-5);
        }
    }
}

/// V09c: as b falls the gap of the posterior becomes the contrast of the Jacobian, b to first order.
#[test]
fn the_gap_becomes_the_contrast() {
    let j = normal(5, 3, 9);
    let away = |b: f64| (diagonal_gap(&posterior_precision(&j, b)) - ima_contrast(&j)).abs();
    assert!(ima_contrast(&j) > 0.01 && away(1e-4) < 1e-4, "{}", away(1e-4));
    assert!((away(1e-3) / away(1e-4) - 10.0).abs() < 0.1);
}

/// V11a: arc lengths of decoded samples along a seam against p(zᵢ)/‖Jᵢ‖, in 30 bins.
#[test]
fn seam_densities_are_those_of_decoded_samples() {
    const DRAWS: usize = 100_000;
    let vae = network_of(roll, [0.0, 0.0], 4.0);
    let z = [0.0, 0.4];
    let mut t: Vec<f64> = normal(1, DRAWS, 10).as_slice().to_vec();
    t.sort_by(f64::total_cmp);
    let arcs = measured_arcs(&vae, &z, 0, &t);
    let seam = Seam::through(&vae, &z, 0, 3.0, 1201);
    assert!((seam.mass() - 0.9973).abs() < 1e-4);
    let (first, last) = (seam.arc[0], seam.arc[1200]);
    let width = (last - first) / 30.0;
    for bin in 0..30 {
        let [low, high] = [0, 1].map(|k| first + width * f64::from(bin + k));
        let counted = arcs.iter().filter(|s| **s >= low && **s < high).count() as f64 / DRAWS as f64;
        // The bin's ends in z by bisection of the increasing arc length; Φ by its density.
        let at = |s: f64| {
            let (mut a, mut b) = (-3.0, 3.0);
            for _ in 0..50 {
                let middle = 0.5 * (a + b);
                if seam.arc_at(middle) < s { a = middle } else { b = middle }
            }
            0.5 * (a + b)
        };
        let (a, b) = (at(low), at(high));
        let expected = (b - a) / 6.0
            * (Prior::Normal.density(a) + 4.0 * Prior::Normal.density(0.5 * (a + b)) + Prior::Normal.density(b));
        // Five standard deviations of the count, and the error of Simpson's rule.
        let error = 5.0 * (expected / DRAWS as f64).sqrt() + 1e-4;
        assert!((counted - expected).abs() < error, "bin {bin}: {counted} for {expected} ± {error}");
    }
}

/// V11b: the share of decoded samples within ε of a point of a paraboloid is πε² p(z)/√det JᵀJ.
#[test]
fn the_manifold_density_is_that_of_decoded_samples() {
    const DRAWS: usize = 2_000_000;
    let bowl = |x: f64, y: f64| vec![x, y, 0.5 * (x * x + y * y)];
    let vae = network_of(bowl, [0.0, 0.0], 3.0);
    let z = [0.6, -0.4];
    let objective = Objective::new(Covariance::Diagonal, 1.0, 1.0);
    let at = Matrix::from_columns(2, 1, z.to_vec());
    let density = field(&vae, &at, &[0, 1], MapQuantity::Density, &objective)[0];
    let closed = (-0.26_f64).exp() / std::f64::consts::TAU / (1.0 + 0.36 + 0.16_f64).sqrt();
    assert!((density - closed).abs() < 1e-6 * closed);
    let (centre, epsilon) = (bowl(z[0], z[1]), 0.08);
    let mut rng = stream(11, Purpose::Analysis, 0);
    let near = (0..DRAWS)
        .filter(|_| {
            let [x, y]: [f64; 2] = [0, 1].map(|_| StandardNormal.sample(&mut rng));
            bowl(x, y).iter().zip(&centre).map(|(a, b)| (a - b).powi(2)).sum::<f64>() < epsilon * epsilon
        })
        .count() as f64;
    let share = near / DRAWS as f64 / (std::f64::consts::PI * epsilon * epsilon);
    // Four standard deviations of the count; the disc is flat to ε².
    assert!((share / density - 1.0).abs() < 4.0 / near.sqrt() + epsilon * epsilon, "{share} {density}");
}

/// V12a, b: with U fixed at z*, Uᵀ(d(z) − d(z*)) has the Jacobian S there; with U varying it does not.
#[test]
fn only_fixed_bases_give_local_coordinates() {
    let z = [0.5, 0.3];
    let vae = network_of(polar(1.0, 1.0), z, 0.5);
    let basis = |z: [f64; 2]| svd(&jacobian(&vae, z));
    let here = basis(z);
    let value =
        |z: [f64; 2]| DVector::from_column_slice(vae.decode(&Matrix::from_columns(2, 1, z.to_vec())).as_slice());
    let fixed = here.u.transpose() * jacobian(&vae, z);
    assert!((fixed - DMatrix::from_diagonal(&here.singular_values.clone().into())).norm() < 1e-6);
    // s = (.4, 1) e^{.2}: .489 and 1.221.
    assert!((here.singular_values[0] - 0.4886).abs() < 1e-4 && (here.singular_values[1] - 1.2214).abs() < 1e-4);
    let h = 1e-4;
    let varying = DMatrix::from_columns(&[[h, 0.0], [0.0, h]].map(|[dx, dy]| {
        let at = |sign: f64| {
            let z = [z[0] + sign * dx, z[1] + sign * dy];
            basis(z).u.transpose() * value(z)
        };
        (at(1.0) - at(-1.0)) / (2.0 * h)
    }));
    let expected = DMatrix::from_row_slice(2, 2, &[0.4886, 0.0, 0.0, 0.0]);
    assert!((&varying - expected).norm() < 1e-3, "{varying}");
}

/// V12c: the forms sᵢdzᵢ are closed exactly where C2 holds.
#[test]
fn loops_close_exactly_under_c2() {
    let around = |vae: &Vae<f64>| loop_integrals(vae, &[0.0, 0.0], [0, 1], [0.0, 0.0], [0.4, 0.4]);
    let closed = around(&network_of(roll, [0.2, 0.2], 1.0));
    assert!(closed.iter().all(|l| l.abs() < 1e-5), "{closed:?}");
    let open = around(&network_of(polar(1.0, 1.0), [0.2, 0.2], 1.0));
    // s₂ = e^{.4z₁}: ∮ s₂ dz₂ = .4 (e^{.16} − 1) = .0694; s₁ depends on z₁ alone.
    assert!(open[0].abs() < 1e-5 && (open[1] - 0.0694).abs() < 1e-4, "{open:?}");
}

/// V12d and V31: on a patch of the unit sphere C1 holds and the residual of C2 is tan²z₁; Gauss curvature from the lengths of
/// the columns is 1 there and 0 where C2 holds.
#[test]
fn a_sphere_has_gauss_curvature_and_a_residual_of_c2() {
    let z = [0.3, 0.2];
    let sphere = network_of(|x, y| vec![x.cos() * y.cos(), x.cos() * y.sin(), x.sin()], z, 0.5);
    let flat = network_of(roll, z, 0.5);
    let residual = |vae: &Vae<f64>| {
        let jets = Jets::of(vae, &Matrix::from_columns(2, 1, z.to_vec()), Order::Second);
        c2_residual(&jets, 0, &[0, 1])
    };
    assert!((residual(&sphere) - 0.3_f64.tan().powi(2)).abs() < 1e-4 && residual(&flat) < 1e-8);
    // K = −[∂₁(∂₁s₂/s₁) + ∂₂(∂₂s₁/s₂)]/(s₁s₂).
    let curvature = |vae: &Vae<f64>| {
        let h = 2e-3;
        let s = |x: f64, y: f64, i: usize| jacobian(vae, [x, y]).column(i).norm();
        let along = |x: f64, y: f64| (s(x + h, y, 1) - s(x - h, y, 1)) / (2.0 * h) / s(x, y, 0);
        let across = |x: f64, y: f64| (s(x, y + h, 0) - s(x, y - h, 0)) / (2.0 * h) / s(x, y, 1);
        let [x, y] = z;
        let bend = (along(x + h, y) - along(x - h, y) + across(x, y + h) - across(x, y - h)) / (2.0 * h);
        -bend / (s(x, y, 0) * s(x, y, 1))
    };
    assert!((curvature(&sphere) - 1.0).abs() < 1e-3, "{}", curvature(&sphere));
    assert!(curvature(&flat).abs() < 1e-3, "{}", curvature(&flat));
    assert!(alignment(&svd(&jacobian(&sphere, z)).v) > 1.0 - 1e-9, "C1 holds");
}

/// V22, table of theory 2.4: the correlation of the best full posterior, which a diagonal one cannot represent. The pressure
/// towards C1 does not vanish with b, that towards C2 does.
#[test]
fn pressure_towards_c1_is_of_order_one_and_towards_c2_of_order_b() {
    let correlations = |d: &dyn Fn(f64, f64) -> Vec<f64>, z: [f64; 2]| {
        let vae = network_of(d, z, 2.2);
        let rule = gauss_hermite(2, 20);
        [0.2, 0.05, 0.0125].map(|b: f64| {
            let start = Posterior { mean: DVector::from_row_slice(&z), factor: DMatrix::identity(2, 2) * b.sqrt() };
            let best = best_posterior(&vae, &d(z[0], z[1]), &objective(Covariance::Full, 1.0, b), &start, &rule);
            assert!(best.converged);
            let sigma = best.posterior.covariance();
            sigma[(0, 1)] / (sigma[(0, 0)] * sigma[(1, 1)]).sqrt()
        })
    };
    let agree = |found: [f64; 3], expected: [f64; 3], tolerance: f64| {
        let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < tolerance);
        assert!(near, "{found:?} for {expected:?}");
    };
    let z = [0.7, 0.8];
    let skew = |x: f64, y: f64| vec![x + 0.6 * y, 0.8 * y];
    agree(correlations(&skew, z), [-0.500, -0.571, -0.593], 6e-4);
    agree(correlations(&polar(2.5, 0.4), z), [0.0317, 0.0088, 0.0023], 3e-4);
    agree(correlations(&roll, z), [0.0, 0.0, 0.0], 1e-4);
    agree(correlations(&polar(2.5, 0.8), [0.7, 0.8]), [0.018, 0.0046, 0.0011], 6e-4);
    agree(correlations(&polar(2.5, 0.8), [-0.5, 1.2]), [0.055, 0.0167, 0.0044], 6e-4);
}
