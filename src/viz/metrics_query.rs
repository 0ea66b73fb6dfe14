//! The metrics of a snapshot with their sampling errors and chance levels, at the observations of the history.

use super::query::Query;
use crate::experiment::{Metrics, ScoreDepth, Snapshot};
use crate::vae::Vae;

/// Asks for the metrics.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MetricsQuery;

impl Query for MetricsQuery {
    type Answer = Metrics;

    fn answer(&self, snapshot: &Snapshot, _: &Vae<f64>) -> Metrics {
        let Snapshot { vae, settings, data, config, .. } = snapshot;
        let metrics = Metrics::measure_first(snapshot.measured_observations(), vae, settings, data, config);
        metrics.with_factor_scores(vae, data, config, ScoreDepth::History)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;

    /// The window shows the snapshot's values beside these errors, so both must be of the same observations.
    #[test]
    fn the_metrics_are_those_of_the_snapshot() {
        let (snapshot, model) = trained("polar", 200);
        let metrics = MetricsQuery.answer(&snapshot, &model);
        let geometry = &snapshot.geometry;
        assert_eq!((metrics.observations, metrics.geometry.active.len()), (256, 2));
        let last = snapshot.history.last().unwrap();
        for (name, exact, row) in [
            ("ima_contrast", geometry.ima_contrast, last.ima_contrast),
            ("beta_gap", geometry.beta_gap, last.beta_gap),
            ("c2_residual", geometry.c2_residual, last.c2_residual),
            ("posterior_error", geometry.posterior_error, last.posterior_error),
            ("mcc", snapshot.mcc(), last.mcc),
        ] {
            let (found, exact) = (metrics.estimates(name).unwrap()[0], exact.unwrap());
            // The snapshot computes in single precision.
            assert!((found.mean - exact).abs() < 1e-4 * exact.abs().max(1.0), "{name}: {found:?} {exact}");
            assert!(found.count == 256 && found.standard_error > 0.0);
            assert_eq!(exact, row, "{name}: the last row of the history is the number in the window");
        }
    }
}
