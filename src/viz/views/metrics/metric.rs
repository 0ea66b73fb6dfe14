//! A metric of the view and the range of its small plot.

use crate::experiment::{FactorScore, Metrics, Row, Snapshot};
use crate::geometry::{Measured, Undefined};
use crate::viz::number_name::{RECENT_ELBO, of_objective};

/// A level to compare a metric with, and its name.
pub(super) type Level = (&'static str, f64);

/// A metric: its value, history and definition.
pub(super) struct Metric {
    pub(super) group: Group,
    pub(super) name: &'static str,
    /// Its other names.
    pub(super) also: &'static [&'static str],
    /// The words by which lessons call it; its name if there are none.
    pub(super) words: &'static [&'static str],
    /// Its key in `metrics.json`; empty for what is no mean over observations.
    pub(super) key: &'static str,
    pub(super) unit: &'static str,
    /// The definition, as a formula and in words.
    pub(super) formula: &'static str,
    /// The same in Markdown with formulas to be typeset, if there are any.
    pub(super) definition: Option<&'static str>,
    /// Who defined it, and whether what it stands for is a theorem, an approximation or an observation.
    pub(super) source: &'static str,
    pub(super) range: &'static str,
    pub(super) undefined: &'static str,
    /// Over what it is a mean, and over how many.
    pub(super) over: &'static str,
    pub(super) decimals: usize,
    pub(super) now: fn(&Snapshot) -> Measured,
    pub(super) then: fn(&Row) -> f64,
    /// Levels to compare it with; the metrics come from a query.
    pub(super) levels: fn(&Snapshot, Option<&Metrics>) -> Vec<Level>,
    pub(super) scale: PlotRange,
}

impl Metric {
    /// Its name in this run: with another regulariser than β KL the objective is no ELBO.
    pub(super) fn name_in(&self, snapshot: &Snapshot) -> &'static str {
        let [_, recent, _] = of_objective(snapshot.settings.objective.regularizer);
        if self.name == RECENT_ELBO.name { recent.name } else { self.name }
    }

    /// True unless it is a score and there is nothing to compare the latents of this run with: one row that says so is enough.
    pub(super) fn is_shown(&self, snapshot: &Snapshot) -> bool {
        !(self.is_score() && matches!(snapshot.factor_scores, Err(Undefined::NoTrueFactors | Undefined::NoEncoder)))
    }

    /// True if it is one of [`FactorScore::IN_HISTORY`].
    pub(super) fn is_score(&self) -> bool {
        FactorScore::IN_HISTORY.iter().any(|score| score.key() == self.key)
    }

    /// True if it is a number about the columns of J.
    pub(super) fn is_of_columns(&self) -> bool {
        ["beta_gap", "ima_contrast", "off_diagonal_mass", "dto", "c2_residual", "posterior_error"].contains(&self.key)
    }
}

/// Over what the number of a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// A mean over held-out observations, of the active latents.
    Means,
    /// A number of all measured held-out observations together.
    Observations,
    /// A mean over training minibatches.
    Minibatches,
    /// A walk around one rectangle.
    Rectangle,
}

impl Group {
    /// The heading, for so many measured observations, which are samples of a model that has no data.
    pub(super) fn heading(self, count: usize, is_model: bool) -> String {
        let observations = if is_model { "samples" } else { "held-out" };
        match self {
            Self::Means => format!("mean over {count} {observations}, active latents"),
            Self::Observations => format!("{count} {observations} together"),
            Self::Minibatches => "training minibatches".to_owned(),
            Self::Rectangle => "one rectangle".to_owned(),
        }
    }
}

/// The range of a small plot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PlotRange {
    /// From 0 to nearly the largest value.
    FromZero,
    /// From 0 to 1.
    Unit,
    /// The range of the later values.
    Tail,
}

/// Of a metric that nothing is compared with.
pub(super) fn no_levels(_: &Snapshot, _: Option<&Metrics>) -> Vec<Level> {
    Vec::new()
}
