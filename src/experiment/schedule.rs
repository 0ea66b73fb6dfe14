//! Learning-rate schedule of a run, and its verdict on whether the run has settled.
//!
//! The rate rises, stays and falls along half a cosine in cycles (warm restarts; Loshchilov & Hutter 2017). A cycle ends at a low
//! rate, where the objective has little noise, so the ends of two cycles can be compared: a run that gained less than
//! a tolerance in the last cycle, which was as long as all before it, or that is as near to its closed form, has settled.
//! Until then another cycle begins.

use serde::{Deserialize, Serialize};

use super::command::{Command, LoggedCommand};

/// Schedule of a run after its commands so far.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Step of the last command, from which the schedule counts.
    pub begun: u64,
    /// Planned steps of a run; `None` for runs of old versions, whose rate falls once, until step 4,000 after each command.
    planned: Option<u64>,
    /// Height, a share of the learning rate.
    height: f64,
    /// First step of the current cycle.
    cycle: u64,
    /// Steps of the current cycle.
    length: u64,
    /// Training objective at the end of the cycle before, in nats.
    before: Option<f64>,
    /// Step at which the run was found settled.
    settled: Option<u64>,
}

/// Height after a rotation of the latents, in runs of old versions.
const AFTER_ROTATION: f64 = 0.1;

impl Schedule {
    /// Nats that the last cycle of a settled run gained at most, with minibatches.
    pub const TOLERANCE: f64 = 0.01;

    /// Nats that it gained at most without noise: close principal axes differ by little.
    pub const EXACT_TOLERANCE: f64 = 1e-6;

    /// Schedule at step 0 of a run with so many planned steps; see [`Config::cycle`](super::Config::cycle).
    pub fn new(planned: Option<u64>) -> Self {
        let length = planned.unwrap_or(u64::MAX);
        Self { begun: 0, planned, height: 1.0, cycle: 0, length, before: None, settled: None }
    }

    /// Schedule after one more command, which begins another first cycle.
    ///
    /// That cycle ends with the planned steps, unless these are over or nearly so. In a run of an old version a rotation restarts the
    /// schedule at a tenth of the height, unless the rate is still higher.
    #[must_use]
    pub fn changed(self, logged: &LoggedCommand) -> Self {
        let LoggedCommand { step, command } = *logged;
        let height = match command {
            Command::Rotate(_) if self.planned.is_none() => self.share(step).max(AFTER_ROTATION),
            _ => 1.0,
        };
        let length = self.planned.map_or(u64::MAX, |planned| Self::rest(planned, step));
        Self { begun: step, height, cycle: step, length, before: None, settled: None, ..self }
    }

    /// Share of the learning rate at a step.
    pub fn share(&self, step: u64) -> f64 {
        let since = step.saturating_sub(self.cycle);
        let length = if self.planned.is_some() { self.length } else { OLD_LENGTH };
        // A tenth of a later cycle: Adam's moments, small at the end of a cycle, grow before the rate is high again.
        let rise = if self.before.is_some() { f64::INFINITY } else { RISE };
        let shape = cycle(since, length, rise);
        self.height * shape
    }

    /// True at the end of a cycle of a run that has not settled: it is time for [`Self::judged`].
    pub fn is_over(&self, step: u64) -> bool {
        self.planned.is_some() && self.settled.is_none() && step.saturating_sub(self.cycle) >= self.length
    }

    /// Schedule after the end of a cycle at `step` with this training objective and, where there is a closed form, its optimum, in
    /// nats: settled within the tolerance, or in a cycle as long as all since the last command.
    #[must_use]
    pub fn judged(self, step: u64, objective: f64, optimum: Option<f64>, tolerance: f64) -> Self {
        let at_optimum = optimum.is_some_and(|optimum| optimum - objective < tolerance);
        let stopped = self.before.is_some_and(|before| objective - before < tolerance);
        if at_optimum || stopped {
            Self { settled: Some(step), ..self }
        } else {
            Self { cycle: step, length: step - self.begun, before: Some(objective), ..self }
        }
    }

    /// First steps of the second and later cycles since the last command in which a run has been by `step`: each of these cycles is as long as all before
    /// it. A settled run has no more.
    pub fn later_cycles(&self, step: u64) -> Vec<u64> {
        let Some(planned) = self.planned else { return Vec::new() };
        let end = self.settled.unwrap_or(u64::MAX);
        let lengths = std::iter::successors(Some(Self::rest(planned, self.begun)), |length| length.checked_mul(2));
        let starts = lengths.map_while(|length| self.begun.checked_add(length));
        starts.take_while(|start| *start < step.min(end)).collect()
    }

    /// Steps of the first cycle after a command at `step`: the rest of the planned ones, or all where nearly none is left.
    fn rest(planned: u64, step: u64) -> u64 {
        planned.checked_sub(step).filter(|rest| *rest >= (planned / 4).max(1)).unwrap_or(planned)
    }

    /// Step of the next verdict; `None` for a settled run, and for runs of old versions, which are not judged.
    pub fn next_verdict(&self) -> Option<u64> {
        (self.planned.is_some() && self.settled.is_none()).then(|| self.cycle + self.length)
    }

    /// Schedule of a run that was found settled at this step, or not.
    #[must_use]
    pub fn with_verdict(self, settled: Option<u64>) -> Self {
        Self { settled, ..self }
    }

    /// Step at which the run was found settled.
    pub fn settled(&self) -> Option<u64> {
        self.settled
    }
}

/// Share of the learning rate `since` steps after the start of a cycle of `length` steps, with at most `rise` steps of rise.
///
/// A short rise lets Adam's moments settle, a plateau moves the parameters, and a decay reduces the noise: half a cosine
/// down to 2 %, then 1/t, which lets a run settle although Σ 1/t, the distance that it could still cover, diverges.
fn cycle(since: u64, length: u64, rise: f64) -> f64 {
    let (t, length) = (since as f64, length.max(1) as f64);
    let (rise, plateau, rest) = (rise.min(0.1 * length).ceil(), PLATEAU * length, REST * length);
    if t < rise {
        (t + 1.0) / rise
    } else if t < plateau {
        1.0
    } else if t < rest {
        let phase = (t - plateau) / (rest - plateau);
        FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * phase).cos())
    } else {
        FLOOR * rest / t
    }
}

/// Length of the only cycle of runs of old versions.
const OLD_LENGTH: u64 = 5000;
/// Most steps of the rise of a first cycle.
const RISE: f64 = 50.0;
/// Share of a cycle before the decay.
const PLATEAU: f64 = 0.3;
/// Share of a cycle before the end of the decay.
const REST: f64 = 0.8;
const FLOOR: f64 = 0.02;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rotation;

    #[test]
    fn the_rate_rises_once_in_a_cycle_and_then_falls() {
        for length in [20, 300, 5000] {
            let rates: Vec<f64> = (0..4 * length).map(|step| cycle(step, length, RISE)).collect();
            let top = rates.iter().position(|rate| *rate == 1.0).unwrap();
            assert!(rates[..top].windows(2).all(|w| w[0] < w[1]) && rates[top..].windows(2).all(|w| w[1] <= w[0]));
            assert!(rates[0] > 0.0 && rates[length as usize] < 0.017 && rates[4 * length as usize - 1] > 0.0);
        }
    }

    #[test]
    fn later_cycles_are_where_verdicts_began_them() {
        for (planned, list) in
            [(1000, &[][..]), (1000, &[(300, Command::Beta(2.0))]), (1000, &[(900, Command::Beta(2.0))])]
        {
            let (mut schedule, mut begun) = (after(Some(planned), list), Vec::new());
            for _ in 0..3 {
                let step = schedule.next_verdict().unwrap();
                schedule = schedule.judged(step, step as f64, None, 0.01);
                begun.push(step);
            }
            assert_eq!(schedule.later_cycles(begun[2] + 1), begun);
            assert_eq!(schedule.later_cycles(begun[2]), begun[..2]);
            let end = schedule.next_verdict().unwrap();
            assert_eq!(schedule.judged(end, 0.0, None, 0.01).later_cycles(2 * end), begun, "a settled run");
        }
        assert!(Schedule::new(None).later_cycles(u64::MAX).is_empty(), "old versions had no cycles");
    }

    /// However few steps are planned, a cycle has some: lists of cycles end, and they rise.
    #[test]
    fn no_cycle_is_empty() {
        for planned in 1..9 {
            for step in 0..20 {
                let schedule = after(Some(planned), &[(step, Command::Beta(2.0))]);
                let cycles = schedule.later_cycles(1000);
                assert!(cycles.first().is_none_or(|first| *first > step), "{planned} {step}: {cycles:?}");
                assert!(cycles.len() < 12 && cycles.windows(2).all(|w| w[0] < w[1]), "{planned} {step}: {cycles:?}");
            }
        }
    }

    fn after(planned: Option<u64>, list: &[(u64, Command)]) -> Schedule {
        let logged = list.iter().map(|(step, command)| LoggedCommand { step: *step, command: *command });
        logged.fold(Schedule::new(planned), |schedule, logged| schedule.changed(&logged))
    }

    const ROTATE: Command = Command::Rotate(Rotation { degrees: 30.0, plane: [0, 1] });

    #[test]
    fn a_command_begins_a_cycle_that_ends_with_the_planned_steps() {
        for (list, share) in [
            (&[(2000, Command::Beta(2.0))][..], 1.0),
            (&[(2000, ROTATE)], 1.0),
            (&[(2000, ROTATE), (4000, Command::Lr(0.1))], 1.0),
        ] {
            let schedule = after(Some(10_000), list);
            let begun = schedule.begun;
            assert_eq!(schedule.share(begun + 100), share);
            assert!(schedule.is_over(10_000) && !schedule.is_over(9999), "{schedule:?}");
        }
        // Near the end, and after it, there is a whole cycle.
        for step in [9000, 10_000, 30_000] {
            assert!(after(Some(10_000), &[(step, ROTATE)]).is_over(step + 10_000));
            assert!(!after(Some(10_000), &[(step, ROTATE)]).is_over(step + 9999));
        }
    }

    /// The first cycle has no other to be compared with.
    #[test]
    fn a_run_settles_when_a_cycle_gains_nothing_or_at_its_closed_form() {
        let start = Schedule::new(Some(1000));
        assert!(start.is_over(1000) && !start.is_over(999));
        let second = start.judged(1000, -3.0, None, Schedule::TOLERANCE);
        assert!(second.settled().is_none() && second.share(1100) == 1.0 && second.is_over(2000));
        let third = second.judged(2000, -2.5, None, Schedule::TOLERANCE);
        assert!(third.settled().is_none() && third.is_over(4000) && !third.is_over(3999));
        let settled = third.judged(4000, -2.495, None, Schedule::TOLERANCE);
        assert_eq!(settled.settled(), Some(4000));
        assert!(!settled.is_over(9000) && settled.share(9000) < 0.02, "the rate goes on falling");
        assert_eq!(start.judged(1000, -3.0, Some(-2.995), Schedule::TOLERANCE).settled(), Some(1000));
        assert_eq!(start.judged(1000, -3.0, Some(-2.9), Schedule::TOLERANCE).settled(), None);
        let changed = settled.changed(&LoggedCommand { step: 9000, command: Command::Beta(2.0) });
        assert!(changed.settled().is_none() && changed.share(9100) == 1.0);
    }

    /// Runs of old versions must repeat: one decay until step 4,000, then 1/t; a tenth of the height after a rotation.
    #[test]
    fn old_runs_keep_their_schedule() {
        let at = |list: &[(u64, Command)], step| after(None, list).share(step);
        assert_eq!([0, 49, 1499].map(|step| at(&[], step)), [0.02, 1.0, 1.0]);
        assert!((at(&[], 2750) - 0.51).abs() < 1e-12 && (at(&[], 8000) - 0.01).abs() < 1e-12);
        assert!((at(&[(5000, ROTATE)], 6000) - 0.1).abs() < 1e-12, "a tenth after the decay");
        assert_eq!(at(&[(1000, ROTATE)], 2000), 1.0, "the plateau keeps its rate");
        assert_eq!(at(&[(5000, ROTATE), (6000, Command::Lr(0.1))], 7000), 1.0);
        assert!(!after(None, &[]).is_over(1_000_000));
    }
}
