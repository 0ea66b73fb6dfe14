//! The learning rate of an open-ended run.

use super::{Command, LoggedCommand};

/// Where a run stands in its schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The step of the last command, from which the schedule counts.
    pub begun: u64,
    /// Its height, a share of the learning rate.
    height: f64,
}

/// How high the schedule rises after the latents were turned. That is no new problem but the old one at another place, and
/// the walk back to the axes needs less than the whole rate. At the whole rate the noise of the minibatches would carry a
/// full posterior, which nothing holds where it is, as far as the pull of a diagonal one brings that back.
const AFTER_ROTATION: f64 = 0.1;

impl Schedule {
    /// The schedule of a run at its start.
    pub const START: Self = Self { begun: 0, height: 1.0 };

    /// The schedule after the commands of `log`, in the order of their steps.
    pub fn after(log: &[LoggedCommand]) -> Self {
        log.iter().fold(Self::START, |schedule, logged| schedule.changed(logged))
    }

    /// The schedule after another command: a setting begins it anew, and so does a rotation, but at a tenth, unless the rate
    /// is higher already.
    pub fn changed(self, logged: &LoggedCommand) -> Self {
        let height = match logged.command {
            Command::Rotate(_) => self.share(logged.step).max(AFTER_ROTATION),
            _ => 1.0,
        };
        Self { begun: logged.step, height }
    }

    /// The share of the learning rate that is used at a step.
    pub fn share(&self, step: u64) -> f64 {
        self.height * schedule(step.saturating_sub(self.begun))
    }
}

/// The share of the learning rate that is used `since` steps after the start or the last change of a setting.
///
/// A short rise lets Adam's moments settle, a plateau moves the parameters to where they belong, and a fall lets the
/// run come to rest: half a cosine down to 2 %, from where it goes on as 1/t, so that the run left alone settles
/// but could still walk any distance. A change of any setting starts again at the top.
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
    fn rises_once_then_never_again() {
        let rates: Vec<f64> = (0..20_000).map(schedule).collect();
        assert!((rates[0] - 0.02).abs() < 1e-12 && rates[49] == 1.0);
        assert!(rates[50..].windows(2).all(|w| w[1] <= w[0]), "it falls without a jump up");
        let largest_jump = rates.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f64::max);
        assert!(largest_jump <= 0.02 + 1e-12, "{largest_jump}");
        assert!(rates[19_999] > 0.0);
    }

    #[test]
    fn settings_begin_it_at_the_top_and_rotations_do_not() {
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
        assert!((at(&[(5000, rotate)], 6000) - 0.1).abs() < 1e-12, "a run at rest walks");
        assert_eq!(at(&[(1000, rotate)], 2000), 1.0, "a run on its plateau keeps its rate");
        assert_eq!(at(&[(5000, rotate), (6000, Command::Lr(0.1))], 7000), 1.0);
        assert!((at(&[(5000, rotate), (5500, rotate)], 6000) - 0.1).abs() < 1e-12);
    }
}
