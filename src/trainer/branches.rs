//! The runs that were left behind when another one was started from a moment of theirs.

use std::sync::Arc;

use crate::experiment::{Experiment, Row};

/// A run that is not gone on with, for the time being.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its number, counted from 0 in the order in which they were started.
    pub number: u32,
    /// The step at which it parted from the one that it was started from; 0 for the first.
    pub from: u64,
    /// Steps made.
    pub steps: u64,
    /// What it has been through.
    pub history: Vec<Arc<Row>>,
}

/// All runs but the one that is gone on with. Together with that one they share the memory of a single run.
#[derive(Debug, Default)]
pub(super) struct Branches {
    current: Place,
    others: Vec<(Place, Experiment)>,
    /// How many were ever started after the first.
    started: u32,
    described: Arc<[Branch]>,
}

/// The number of a run and the step at which it began.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    number: u32,
    from: u64,
}

impl Branches {
    /// The number of the run that is gone on with.
    pub(super) fn current(&self) -> u32 {
        self.current.number
    }

    /// The others.
    pub(super) fn others(&self) -> Arc<[Branch]> {
        Arc::clone(&self.described)
    }

    /// Lets `run` go on from its moment after `step` steps and keeps it as it was.
    pub(super) fn fork(&mut self, run: &mut Experiment, step: u64) {
        let fork = run.at(step);
        self.started += 1;
        let place = Place { number: self.started, from: fork.state().step };
        self.others.push((std::mem::replace(&mut self.current, place), std::mem::replace(run, fork)));
        self.settle(run);
    }

    /// Exchanges `run` with the one of that number, if there is one.
    pub(super) fn switch(&mut self, run: &mut Experiment, number: u32) {
        if let Some((place, other)) = self.others.iter_mut().find(|(place, _)| place.number == number) {
            std::mem::swap(run, other);
            std::mem::swap(&mut self.current, place);
            self.settle(run);
        }
    }

    /// Forgets the run of that number.
    pub(super) fn close(&mut self, run: &mut Experiment, number: u32) {
        self.others.retain(|(place, _)| place.number != number);
        self.settle(run);
    }

    /// Divides the memory and describes the others anew.
    fn settle(&mut self, run: &mut Experiment) {
        self.others.sort_by_key(|(place, _)| place.number);
        let share = Experiment::KEYFRAME_BYTES / (1 + self.others.len());
        self.others.iter_mut().map(|(_, run)| run).chain([run]).for_each(|run| run.keep_within(share));
        let describe = |(place, run): &(Place, Experiment)| Branch {
            number: place.number,
            from: place.from,
            steps: run.state().step,
            history: run.history().rows().to_vec(),
        };
        self.described = self.others.iter().map(describe).collect();
    }
}
