//! Linear prediction of a factor from codes.

use nalgebra::{DMatrix, DVector};

use super::attribute_predictability::explained;
use super::categories::Categories;
use super::factor_codes::{FactorCodes, mean_and_variance};
use super::factor_kind::FactorKind;
use super::logistic_regression::LogisticRegression;
use crate::stats::correlation::moments;

/// Variance of a combination of latents, as a share of the largest, that counts as none.
const NO_VARIANCE: f64 = 1e-12;

/// What predicts factor k from all latents: least squares with an intercept, or logistic regression for a discrete factor.
pub(super) enum LinearProbe {
    Numbers { slopes: DVector<f64>, intercept: f64 },
    Classes(LogisticRegression),
}

impl LinearProbe {
    /// Learns factor `k`, whose classes are given if it is discrete.
    pub(super) fn fit(data: FactorCodes<'_>, k: usize, classes: &[usize]) -> Self {
        if data.kinds[k] == FactorKind::Discrete {
            return Self::Classes(LogisticRegression::fit(data.codes, classes));
        }
        let m = data.latent_count();
        let columns = data.codes.iter_columns().zip(data.factors.row(k));
        let joint: Vec<f64> = columns.flat_map(|(z, w)| z.iter().copied().chain([w])).collect();
        let (mean, covariance) = moments(joint.chunks_exact(m + 1), m + 1);
        // Latents that repeat each other share a slope: the shortest of all solutions.
        let own = covariance.view((0, 0), (m, m)).into_owned();
        let least = NO_VARIANCE * own.trace();
        let slopes = match own.pseudo_inverse(least) {
            Ok(inverse) => inverse * covariance.view((0, m), (m, 1)).column(0),
            Err(_) => DVector::zeros(m),
        };
        let intercept = mean[m] - slopes.iter().zip(&mean).map(|(slope, mean)| slope * mean).sum::<f64>();
        Self::Numbers { slopes, intercept }
    }

    /// The number predicted for a code, or its class.
    pub(super) fn predict(&self, code: &[f64]) -> f64 {
        match self {
            Self::Numbers { slopes, intercept } => {
                intercept + slopes.iter().zip(code).map(|(slope, z)| slope * z).sum::<f64>()
            }
            Self::Classes(model) => model.class(code) as f64,
        }
    }
}

/// R² of every latent alone with every factor (m × K). Of a discrete factor it is that of the latent given the class, the share of
/// its variance that lies between classes (η²): R² of the linear prediction by indicators of the classes. With two classes it is
/// the squared correlation.
pub(super) fn explained_shares(data: FactorCodes<'_>) -> DMatrix<f64> {
    let latents: Vec<Vec<f64>> = (0..data.latent_count()).map(|i| data.latent(i)).collect();
    let mut shares = DMatrix::zeros(data.latent_count(), data.factor_count());
    for (k, kind) in data.kinds.iter().enumerate() {
        let w = data.factor(k);
        let classes = match kind {
            FactorKind::Continuous => Vec::new(),
            FactorKind::Discrete => Categories::of(w.iter().copied()).classes(w.iter().copied()),
        };
        let share = |z: &[f64]| match kind {
            FactorKind::Continuous => explained(z, &w),
            FactorKind::Discrete => between_classes(z, &classes),
        };
        (0..latents.len()).for_each(|i| shares[(i, k)] = share(&latents[i]));
    }
    shares
}

/// The share of the variance that the means of the classes have; 0 without variance.
fn between_classes(z: &[f64], classes: &[usize]) -> f64 {
    let mut sums = vec![(0.0, 0.0); classes.iter().max().map_or(0, |most| most + 1)];
    for (z, class) in z.iter().zip(classes) {
        let (sum, count) = &mut sums[*class];
        *sum += z;
        *count += 1.0;
    }
    let means: Vec<f64> = classes.iter().map(|class| sums[*class].0 / sums[*class].1).collect();
    let [between, all] = [&means, z].map(|z| mean_and_variance(z).1);
    if all > 0.0 { between / all } else { 0.0 }
}
