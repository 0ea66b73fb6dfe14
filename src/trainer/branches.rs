//! Branches: runs that were forked from one another.

use std::sync::Arc;

use crate::experiment::{Experiment, Row};

/// Branch other than the current one.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Number, from 0 on in the order of the forks.
    pub number: u32,
    /// Step at which it was forked; 0 for the first branch.
    pub from: u64,
    /// Steps made.
    pub steps: u64,
    /// Rows of its history, oldest first.
    pub history: Vec<Arc<Row>>,
}

/// All branches but the current one. Together with that one they share the keyframe memory of a single run.
#[derive(Debug, Default)]
pub(super) struct Branches {
    current: BranchOrigin,
    others: Vec<(BranchOrigin, Experiment)>,
    /// Forks made so far.
    forks: u32,
    described: Arc<[Branch]>,
}

/// Number of a branch and the step at which it was forked.
#[derive(Clone, Copy, Debug, Default)]
struct BranchOrigin {
    number: u32,
    from: u64,
}

impl Branches {
    /// Number of the current branch.
    pub(super) fn current(&self) -> u32 {
        self.current.number
    }

    pub(super) fn others(&self) -> Arc<[Branch]> {
        Arc::clone(&self.described)
    }

    /// Keeps `run` as another branch and replaces it by a fork after `step` steps.
    pub(super) fn fork(&mut self, run: &mut Experiment, step: u64) {
        let fork = run.at(step);
        self.forks += 1;
        let origin = BranchOrigin { number: self.forks, from: fork.state().step };
        self.others.push((std::mem::replace(&mut self.current, origin), std::mem::replace(run, fork)));
        self.update(run);
    }

    /// Swaps `run` with the branch of that number, if there is one.
    pub(super) fn switch(&mut self, run: &mut Experiment, number: u32) {
        if let Some((origin, other)) = self.others.iter_mut().find(|(origin, _)| origin.number == number) {
            std::mem::swap(run, other);
            std::mem::swap(&mut self.current, origin);
            self.update(run);
        }
    }

    /// Deletes the branch of that number, unless it is the current one.
    pub(super) fn close(&mut self, run: &mut Experiment, number: u32) {
        self.others.retain(|(origin, _)| origin.number != number);
        self.update(run);
    }

    /// Divides the keyframe memory and describes the other branches anew.
    fn update(&mut self, run: &mut Experiment) {
        self.others.sort_by_key(|(origin, _)| origin.number);
        let share = Experiment::KEYFRAME_BYTES / (1 + self.others.len());
        self.others.iter_mut().map(|(_, run)| run).chain([run]).for_each(|run| run.keep_within(share));
        let describe = |(origin, run): &(BranchOrigin, Experiment)| Branch {
            number: origin.number,
            from: origin.from,
            steps: run.state().step,
            history: run.history().rows().to_vec(),
        };
        self.described = self.others.iter().map(describe).collect();
    }
}
