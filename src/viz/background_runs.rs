//! What is made beside the runs that are shown: more seeds, and the proof of predictions.

use std::sync::Arc;

use super::certifier::Certifier;
use crate::trainer::SeedEnsemble;

/// What was started in the background; nothing without a window.
#[derive(Clone, Debug, Default)]
pub struct Background {
    /// The same experiment for other seeds.
    pub strip: Option<Arc<SeedEnsemble>>,
    /// The predictions about a scene.
    pub certifier: Option<Arc<Certifier>>,
}
