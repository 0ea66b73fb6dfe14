//! Learning-rate schedule of an open-ended run.

use super::command::{Command, LoggedCommand};

/// Schedule of a run after its commands so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Step of the last command, from which the schedule counts.
    pub begun: u64,
    /// Height, a share of the learning rate.
    height: f64,
}

/// Height after a rotation of the latents. The problem is the same at another place, and the way back to the axes needs less
/// than the full rate. At the full rate Adam, whose second moments belong to the axes, would walk a full posterior to them, too.
const AFTER_ROTATION: f64 = 0.1;

impl Schedule {
    /// Schedule at step 0.
    pub const START: Self = Self { begun: 0, height: 1.0 };

    /// Schedule after the commands of `log`, in the order of their steps.
    pub fn after(log: &[LoggedCommand]) -> Self {
        log.iter().fold(Self::START, |schedule, logged| schedule.changed(logged))
    }

    /// Schedule after one more command. A setting restarts it; a rotation does so at a tenth of the height, unless the rate
    /// is still higher.
    pub fn changed(self, logged: &LoggedCommand) -> Self {
        let height = match logged.command {
            Command::Rotate(_) => self.share(logged.step).max(AFTER_ROTATION),
            _ => 1.0,
        };
        Self { begun: logged.step, height }
    }

    /// Share of the learning rate at a step.
    pub fn share(&self, step: u64) -> f64 {
        self.height * schedule(step.saturating_sub(self.begun))
    }
}

/// Share of the learning rate `since` steps after the start or the last change of a setting.
///
/// A short rise lets Adam's moments settle, a plateau moves the parameters, and a decay reduces the noise: half a cosine
/// down to 2 %, then 1/t, which lets a run settle although Σ 1/t, the distance that it could still cover, diverges.
pub fn schedule(since: u64) -> f64 {
    let t = since as f64;
    if t < RISE {
        (t + 1.0) / RISE
    } else if t < PLATEAU {
        1.0
    } else if t < REST {
        let phase = (t - PLATEAU) / (REST - PLATEAU);
        FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * phase).cos())
    } else {
        FLOOR * REST / t
    }
}

const RISE: f64 = 50.0;
const PLATEAU: f64 = 1500.0;
const REST: f64 = 4000.0;
const FLOOR: f64 = 0.02;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rotation;

    #[test]
    fn the_rate_rises_once_and_then_falls() {
        let rates: Vec<f64> = (0..20_000).map(schedule).collect();
        assert!((rates[0] - 0.02).abs() < 1e-12 && rates[49] == 1.0);
        assert!(rates[50..].windows(2).all(|w| w[1] <= w[0]), "no rise after the plateau");
        let largest_jump = rates.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f64::max);
        assert!(largest_jump <= 0.02 + 1e-12, "{largest_jump}");
        assert!(rates[19_999] > 0.0);
    }

    #[test]
    fn settings_restart_at_full_height_and_rotations_do_not() {
        let rotate = Command::Rotate(Rotation { degrees: 30.0, plane: [0, 1] });
        let at = |list: &[(u64, Command)], step| {
            Schedule::after(
                &list
                    .iter()
                    .map(|(step, command)| LoggedCommand { step: *step, command: *command })
                    .collect::<Vec<_>>(),
            )
            .share(step)
        };
        assert_eq!(at(&[], 1000), 1.0);
        assert_eq!(at(&[(5000, Command::Beta(2.0))], 6000), 1.0);
        assert!((at(&[(5000, rotate)], 6000) - 0.1).abs() < 1e-12, "a tenth after the decay");
        assert_eq!(at(&[(1000, rotate)], 2000), 1.0, "the plateau keeps its rate");
        assert_eq!(at(&[(5000, rotate), (6000, Command::Lr(0.1))], 7000), 1.0);
        assert!((at(&[(5000, rotate), (5500, rotate)], 6000) - 0.1).abs() < 1e-12);
    }
}
