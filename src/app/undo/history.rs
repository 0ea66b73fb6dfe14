//! The time points that can be gone back to. A drag, a playback and a quick series of keys are one change each.

use super::point::UndoPoint;

/// A change is over when nothing has changed for so many seconds, or when the pointer lets go.
const QUIET: f64 = 0.5;

/// So many time points are kept.
const MOST_KEPT: usize = 100;

/// After a restart, what the window itself puts in place in so many frames is no change.
const SETTLING: u8 = 5;

/// The time points, the present one among them.
#[derive(Debug, Default)]
pub(in crate::app) struct UndoHistory {
    points: Vec<UndoPoint>,
    at: usize,
    /// A change that is going on: since when it is as it is, and how.
    pending: Option<(f64, UndoPoint)>,
    was_held: bool,
    settling: u8,
    /// The place and the number of time points of which `ways` tells.
    told: Option<[usize; 2]>,
    /// Of which runs the time points are.
    pub(in crate::app) era: Vec<u64>,
    /// What undo and redo would do.
    pub(in crate::app) ways: [Option<String>; 2],
}

impl UndoHistory {
    /// Forgets all time points: they are of other runs.
    pub(in crate::app) fn begin(&mut self, era: Vec<u64>) {
        *self = Self { settling: SETTLING, era, ..Self::default() };
    }

    /// Looks at the state at the end of a frame. `is_held`: something is being dragged or played. `is_ready`: nothing is being prepared.
    pub(in crate::app) fn follow(&mut self, now: UndoPoint, time: f64, is_held: bool, is_ready: bool) {
        if self.settling > 0 || self.points.is_empty() {
            self.settling = self.settling.saturating_sub(u8::from(is_ready));
            (self.points, self.at, self.pending) = (vec![now], 0, None);
        } else {
            self.take(&now, time, is_held);
        }
        self.was_held = is_held;
    }

    fn take(&mut self, now: &UndoPoint, time: f64, is_held: bool) {
        self.adopt_camera(now);
        let (begins, ends) = (is_held && !self.was_held, self.was_held && !is_held);
        let mut since = time;
        if let Some((seen_at, seen)) = self.pending.take() {
            let is_same = seen == *now;
            let is_over = time - seen_at >= QUIET || begins;
            if is_same && !is_over {
                since = seen_at;
            } else if is_over && (!is_held || begins) {
                self.commit(seen);
            }
        }
        if *now == self.points[self.at] {
            let place = Some([self.at, self.points.len()]);
            if self.told != place {
                (self.ways, self.told) = (self.ways_from(now), place);
            }
            return;
        }
        if ends {
            self.commit(now.clone());
        } else {
            self.pending = Some((since, now.clone()));
        }
        (self.ways, self.told) = (self.ways_from(now), None);
    }

    /// The camera that a scene begins with is no change.
    fn adopt_camera(&mut self, now: &UndoPoint) {
        let camera = now.selection.camera;
        if camera.is_some() && self.points[self.at].selection.camera.is_none() {
            let without = self.points.iter_mut().filter(|point| point.selection.camera.is_none());
            without.for_each(|point| point.selection.camera = camera);
        }
    }

    /// Adds a time point behind the present one; what could be made again is forgotten.
    fn commit(&mut self, point: UndoPoint) {
        if self.points.get(self.at) == Some(&point) {
            return;
        }
        self.points.truncate(self.at + 1);
        self.points.push(point);
        let surplus = self.points.len().saturating_sub(MOST_KEPT);
        self.points.drain(..surplus);
        self.at = self.points.len() - 1;
    }

    /// The time point before the present state, which becomes the present one.
    pub(in crate::app) fn undo(&mut self, now: UndoPoint) -> Option<UndoPoint> {
        self.pending = None;
        if !self.points.is_empty() {
            self.commit(now);
        }
        self.at = self.at.checked_sub(1)?;
        self.points.get(self.at).cloned()
    }

    /// The time point after the present state, which becomes the present one; there is none after another change.
    pub(in crate::app) fn redo(&mut self, now: &UndoPoint) -> Option<UndoPoint> {
        let next = self.points.get(self.at + 1).filter(|_| self.points.get(self.at) == Some(now)).cloned()?;
        self.at += 1;
        Some(next)
    }

    fn ways_from(&self, now: &UndoPoint) -> [Option<String>; 2] {
        let is_new = self.points[self.at] != *now;
        let before = if is_new { Some(self.at) } else { self.at.checked_sub(1) };
        let after = (!is_new).then_some(self.at + 1);
        [before, after].map(|place| Some(now.way_to(self.points.get(place?)?)))
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::Theme;

    use super::*;
    use crate::figure::layout::Layout;
    use crate::viz::selection::Selection;

    fn at(z: f64) -> UndoPoint {
        let selection = Selection { z: vec![z], ..Selection::default() };
        UndoPoint {
            settings: Vec::new(),
            rotations: Vec::new(),
            selection,
            layout: Layout::single(),
            preset: None,
            theme: Theme::Light,
        }
    }

    fn z(point: Option<UndoPoint>) -> Option<f64> {
        point.map(|point| point.selection.z[0])
    }

    /// A history that has settled at 0.
    fn settled() -> UndoHistory {
        let mut history = UndoHistory::default();
        history.begin(vec![1]);
        (0..10).for_each(|_| history.follow(at(0.0), 0.0, false, true));
        history
    }

    #[test]
    fn a_drag_is_one_change_however_long_it_takes() {
        let mut history = settled();
        for k in 1..=100 {
            history.follow(at(f64::from(k)), f64::from(k), true, true);
        }
        history.follow(at(100.0), 101.0, false, true);
        assert_eq!(history.ways, [Some("z* to (0)".to_owned()), None]);
        assert_eq!(z(history.undo(at(100.0))), Some(0.0));
        history.follow(at(0.0), 101.1, false, true);
        assert_eq!(history.ways, [None, Some("z* to (100)".to_owned())]);
        assert_eq!((z(history.undo(at(0.0))), z(history.redo(&at(0.0)))), (None, Some(100.0)));
        assert_eq!(z(history.redo(&at(100.0))), None);
    }

    #[test]
    fn changes_with_a_pause_between_them_are_two() {
        let mut history = settled();
        history.follow(at(1.0), 1.0, false, true);
        history.follow(at(2.0), 1.1, false, true);
        // Without a frame in between, as no frame is drawn while nothing happens.
        history.follow(at(3.0), 5.0, false, true);
        assert_eq!(z(history.undo(at(3.0))), Some(2.0));
        assert_eq!(z(history.undo(at(2.0))), Some(0.0));
    }

    #[test]
    fn a_drag_that_begins_ends_what_was_before() {
        let mut history = settled();
        history.follow(at(1.0), 1.0, false, true);
        history.follow(at(1.0), 1.1, true, true);
        history.follow(at(2.0), 1.2, true, true);
        history.follow(at(2.0), 1.3, false, true);
        assert_eq!(z(history.undo(at(2.0))), Some(1.0));
        assert_eq!(z(history.undo(at(1.0))), Some(0.0));
    }

    #[test]
    fn another_change_forgets_what_could_be_made_again() {
        let mut history = settled();
        history.follow(at(1.0), 1.0, true, true);
        history.follow(at(1.0), 1.1, false, true);
        assert_eq!(z(history.undo(at(1.0))), Some(0.0));
        history.follow(at(5.0), 2.0, true, true);
        history.follow(at(5.0), 2.1, false, true);
        assert_eq!(z(history.redo(&at(5.0))), None);
        assert_eq!(z(history.undo(at(5.0))), Some(0.0));
        history.begin(vec![2]);
        history.follow(at(7.0), 3.0, false, true);
        assert_eq!(z(history.undo(at(7.0))), None);
    }
}
