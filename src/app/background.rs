//! What is made beside the runs that are shown: more seeds, and the proof of predictions.

use super::certifier::Certifier;
use crate::trainer::Strip;

/// What was started in the background; nothing without a window.
#[derive(Debug, Default)]
pub struct Background {
    /// The same experiment for other seeds.
    pub strip: Option<Strip>,
    /// The predictions about a scene.
    pub certifier: Option<Certifier>,
}
