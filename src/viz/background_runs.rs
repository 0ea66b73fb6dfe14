//! Runs that train beside the shown ones: more seeds, and the runs of checks.

use std::sync::Arc;

use crate::checks::CheckWorker;
use crate::trainer::SeedEnsemble;

/// The runs in the background; none in a figure that is drawn from a saved run.
#[derive(Clone, Debug, Default)]
pub struct BackgroundRuns {
    /// The same experiment for other seeds.
    pub seeds: Option<Arc<SeedEnsemble>>,
    /// The checks of a scene.
    pub checks: Option<Arc<CheckWorker>>,
}
