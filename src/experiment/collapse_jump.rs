//! A jump of b = βσ² past the collapse of a direction.
//!
//! A direction of variance λ carries a latent while b < λ. Near b = λ both states gain nearly the same, and beyond it the collapsed
//! one is stable for any decoder, though it need not be the best. Where a run ends there depends on where it comes from.

use super::command::{Command, LoggedCommand};
use super::settings::Settings;

/// The last such jump of a run, as long as b stays there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CollapseJump {
    /// The step after which it took effect.
    pub step: u64,
    /// b before and after it.
    pub b: [f64; 2],
    /// The variance of the direction.
    pub variance: f64,
}

/// A larger factor of b is a jump.
const FACTOR: f64 = 1.25;

/// From this share of its variance on, b is near the collapse of a direction.
const NEAR: f64 = 0.8;

impl CollapseJump {
    /// The last jump in a log that begins with these settings. `variances` are those of the directions of the training data, the
    /// largest first, of which `m` latents take the first; they are asked for only if there was a jump at all.
    pub(super) fn find(
        mut settings: Settings,
        log: &[LoggedCommand],
        m: usize,
        variances: impl FnOnce() -> Option<Vec<f64>>,
    ) -> Option<Self> {
        let mut jumps = Vec::new();
        // Changes after the same step are one change.
        for changes in log.chunk_by(|a, b| a.step == b.step) {
            let before = settings.objective.b();
            settings = changes.iter().fold(settings, |settings, change| change.command.applied_to(settings));
            let is_of_b = |change: &LoggedCommand| matches!(change.command, Command::Beta(_) | Command::Sigma2(_));
            let after = settings.objective.b();
            // A learned σ² finds its own b.
            if changes.iter().any(is_of_b) && !settings.objective.learns_sigma2 && after > FACTOR * before {
                jumps.push((changes[0].step, [before, after]));
            }
        }
        if jumps.is_empty() || settings.objective.learns_sigma2 {
            return None;
        }
        let (variances, now) = (variances()?, settings.objective.b());
        let passed = |(step, b): (u64, [f64; 2])| {
            let is_passed = |variance: &&f64| b[0] < NEAR * **variance && b[1] >= NEAR * **variance;
            // If b was lowered since, the direction is alive again.
            let variance = variances.iter().take(m).filter(is_passed).find(|variance| now >= NEAR * **variance)?;
            Some(Self { step, b, variance: *variance })
        };
        jumps.into_iter().rev().find_map(passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Optimizer;
    use crate::nn::OptimizerKind;
    use crate::vae::{Covariance, Objective};

    fn found(changes: &[(u64, f64)]) -> Option<CollapseJump> {
        let objective = Objective::new(Covariance::Diagonal, 1.0, 0.05);
        let optimizer = Optimizer { kind: OptimizerKind::Adam, lr: 0.01, batch: 100 };
        let log: Vec<_> =
            changes.iter().map(|(step, beta)| LoggedCommand { step: *step, command: Command::Beta(*beta) }).collect();
        CollapseJump::find(Settings { objective, optimizer }, &log, 1, || Some(vec![1.0, 0.0]))
    }

    #[test]
    fn a_jump_to_the_collapse_is_found_and_small_steps_are_not() {
        let jump = found(&[(200, 19.0)]).unwrap();
        assert_eq!((jump.step, jump.variance), (200, 1.0));
        assert!((jump.b[0] - 0.05).abs() < 1e-12 && (jump.b[1] - 0.95).abs() < 1e-12);
        assert_eq!(found(&[(200, 10.0)]), None, "half the variance is far from it");
        assert_eq!(found(&[(200, 10.0), (300, 12.0), (400, 14.0), (500, 16.0), (600, 18.0), (700, 19.0)]), None);
        assert_eq!(found(&[(200, 10.0), (300, 17.0), (400, 19.0)]).map(|jump| jump.step), Some(300));
        assert_eq!(found(&[(200, 19.0), (300, 5.0)]), None, "it was taken back");
        assert_eq!(found(&[]), None);
    }
}
