//! Moments of the training data of a run. Networks never need those of n × n numbers, and a first snapshot none.

use std::sync::{Arc, OnceLock};

use nalgebra::{DMatrix, DVector};

use crate::data::Dataset;

/// Moments of the training data of a run, each computed when it is first asked for.
#[derive(Debug)]
pub(super) struct TrainingMoments {
    data: Arc<Dataset>,
    mean: OnceLock<DVector<f64>>,
    total_variance: OnceLock<f64>,
    covariance: OnceLock<DMatrix<f64>>,
    eigenvalues: OnceLock<Option<Vec<f64>>>,
}

impl TrainingMoments {
    pub(super) fn new(data: Arc<Dataset>) -> Self {
        let (mean, total_variance) = (OnceLock::new(), OnceLock::new());
        Self { data, mean, total_variance, covariance: OnceLock::new(), eigenvalues: OnceLock::new() }
    }

    /// x̄ (n).
    pub(super) fn mean(&self) -> &DVector<f64> {
        self.mean.get_or_init(|| self.data.train.mean())
    }

    /// The variance of all coordinates together, the trace of the covariance.
    pub(super) fn total_variance(&self) -> f64 {
        *self.total_variance.get_or_init(|| {
            let mean = self.mean();
            let square = |x: &[f32]| x.iter().zip(mean).map(|(x, mean)| (f64::from(*x) - mean).powi(2)).sum::<f64>();
            self.data.train.observations.iter_columns().map(square).sum::<f64>() / self.data.train.samples() as f64
        })
    }

    /// The covariance (n × n).
    pub(super) fn covariance(&self) -> &DMatrix<f64> {
        self.covariance.get_or_init(|| self.data.train.covariance())
    }

    /// The eigenvalues of the covariance, largest first; `None` for data of too many dimensions.
    pub(super) fn eigenvalues(&self) -> Option<&[f64]> {
        self.eigenvalues.get_or_init(|| self.data.train.eigenvalues()).as_deref()
    }
}
