//! What is computed at z*, made ready for a new moment of the run beside the thread of the window, while the frame before is on
//! the screen. What is shown of a run that trains is older than the newest moment by the time of a frame at most; what a hand
//! moves is shown at once.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use super::{Focus, Selection};
use crate::experiment::Snapshot;

/// A thread that looks at z*; the newest wish wins. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Lookout {
    wishes: Sender<Wish>,
    found: Receiver<Arc<Focus>>,
    /// The last wish.
    asked: Option<Wish>,
}

/// Where to look, knowing what there was before.
#[derive(Clone, Debug)]
struct Wish {
    before: Arc<Focus>,
    snapshot: Arc<Snapshot>,
    selection: Selection,
}

impl Lookout {
    /// Starts the thread. `wake` is called whenever something is found.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn spawn(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (wishes, asked) = channel::<Wish>();
        let (finds, found) = channel();
        Builder::new().name("lookout".to_owned()).spawn(move || {
            while let Ok(first) = asked.recv() {
                let Wish { before, snapshot, selection } = asked.try_iter().last().unwrap_or(first);
                let focus = before.renewed(&snapshot, &selection);
                focus.foresee(&before);
                if finds.send(focus).is_err() {
                    return;
                }
                wake();
            }
        })?;
        Ok(Self { wishes, found, asked: None })
    }

    /// What is known, and a request for what is wanted if that is a newer moment. If somebody has moved z*, or the data are
    /// others, it is computed at once.
    pub(super) fn look(&mut self, known: &Arc<Focus>, snapshot: &Arc<Snapshot>, selection: &Selection) -> Arc<Focus> {
        let found = self.found.try_iter().filter(|found| found.is_like(snapshot, selection)).last();
        let known = found.as_ref().unwrap_or(known);
        if known.is_at(snapshot, selection) {
            return Arc::clone(known);
        }
        if !known.is_like(snapshot, selection) {
            return known.renewed(snapshot, selection);
        }
        let wanted = |wish: &Wish| {
            Arc::ptr_eq(&wish.snapshot, snapshot)
                && (&wish.selection.z, wish.selection.axes) == (&selection.z, selection.axes)
        };
        if !self.asked.as_ref().is_some_and(wanted) {
            let wish = Wish { before: Arc::clone(known), snapshot: Arc::clone(snapshot), selection: selection.clone() };
            self.asked = Some(wish.clone());
            if self.wishes.send(wish).is_err() {
                return known.renewed(snapshot, selection);
            }
        }
        Arc::clone(known)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::app::analysis::tests::trained;

    #[test]
    fn the_newest_moment_is_found_and_nobody_waits() {
        let moments: Vec<Arc<Snapshot>> = (0..6).map(|steps| trained("polar", steps).0).collect();
        let selection = Selection { z: vec![0.1, 0.5], ..Selection::default() };
        let moments: Vec<Arc<Snapshot>> = moments
            .iter()
            .map(|s| Arc::new(Snapshot { data: Arc::clone(&moments[0].data), ..(**s).clone() }))
            .collect();
        let first = Arc::new(Focus::new(&moments[0], &selection));
        assert!(first.grid().columns() > 0, "a view has asked for it");
        let (send, woken) = channel();
        let mut lookout = Lookout::spawn(move || send.send(()).unwrap_or_default()).unwrap();
        let mut known = Arc::clone(&first);
        for moment in &moments {
            known = lookout.look(&known, moment, &selection);
        }
        while !known.is_at(&moments[5], &selection) {
            woken.recv().unwrap();
            known = lookout.look(&known, &moments[5], &selection);
        }
        let exact = Focus::new(&moments[5], &selection);
        assert_eq!((&known.image, known.grid()), (&exact.image, exact.grid()));
    }

    #[test]
    fn what_a_hand_moves_is_computed_at_once() {
        let ((polar, _), (cylinder, _)) = (trained("polar", 0), trained("cylinder", 0));
        let selection = Selection { z: vec![0.1, 0.2], ..Selection::default() };
        let mut lookout = Lookout::spawn(|| ()).unwrap();
        let focus = Arc::new(Focus::new(&polar, &selection));
        let moved = Selection { z: vec![0.1, 0.3], ..selection.clone() };
        let swapped = Selection { axes: [1, 0], ..selection.clone() };
        for (snapshot, wanted) in [(&polar, &moved), (&polar, &swapped), (&cylinder, &selection)] {
            assert!(lookout.look(&focus, snapshot, wanted).is_at(snapshot, wanted));
        }
    }
}
