//! Computes the probe at z* for new snapshots on a thread of its own, while the frame before is on the screen. The shown probe of
//! a training run is at most one frame older than the newest snapshot; when z* is dragged it is computed in the same frame.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use super::probe::Probe;
use super::projection::Projection;
use super::selection::Selection;
use crate::experiment::Snapshot;

/// A thread that computes probes; the newest request wins. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct ProbeWorker {
    requests: Sender<ProbeRequest>,
    found: Receiver<Arc<Probe>>,
    /// The last request.
    asked: Option<ProbeRequest>,
}

/// A snapshot and z*, with the probe before.
#[derive(Clone, Debug)]
struct ProbeRequest {
    before: Option<Arc<Probe>>,
    snapshot: Arc<Snapshot>,
    selection: Selection,
}

impl ProbeWorker {
    /// Starts the thread. `wake` is called whenever something is found.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn spawn(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (requests, asked) = channel::<ProbeRequest>();
        let (finds, found) = channel();
        Builder::new().name("probe".to_owned()).spawn(move || {
            while let Ok(first) = asked.recv() {
                let ProbeRequest { before, snapshot, selection } = asked.try_iter().last().unwrap_or(first);
                let probe = renewed(before.as_ref(), &snapshot, &selection);
                if let Some(before) = before {
                    probe.prepare_like(&before);
                }
                if finds.send(probe).is_err() {
                    return;
                }
                wake();
            }
        })?;
        Ok(Self { requests, found, asked: None })
    }

    /// The known probe, or the newest one that the thread has found, and a request for this snapshot's. If z* has moved or
    /// the data changed, it is computed at once, unless that takes longer than a frame: then the known one serves meanwhile, if it
    /// is of the same data.
    pub(super) fn newest(
        &mut self,
        known: Option<&Arc<Probe>>,
        snapshot: &Arc<Snapshot>,
        selection: &Selection,
    ) -> Option<Arc<Probe>> {
        let (quick, is_small) = (Probe::is_quick(snapshot), Projection::is_quick(&snapshot.data));
        // Of the same data and latents: z* has a coordinate for each.
        let is_near =
            |probe: &Arc<Probe>| probe.is_of(&snapshot.data) && probe.snapshot().latent_dim() == snapshot.latent_dim();
        let serves = |probe: &Arc<Probe>| probe.is_like(snapshot, selection) || (!quick && is_near(probe));
        let known = self.found.try_iter().filter(serves).last().or_else(|| known.cloned());
        match &known {
            Some(known) if known.is_at(snapshot, selection) => return Some(Arc::clone(known)),
            // The first probe of large data reads all of them, so the window waits for it without standing still.
            known if quick && !known.as_ref().is_some_and(serves) && (known.is_some() || is_small) => {
                return Some(renewed(known.as_ref(), snapshot, selection));
            }
            _ => {}
        }
        let wanted = |request: &ProbeRequest| {
            Arc::ptr_eq(&request.snapshot, snapshot)
                && (&request.selection.z, request.selection.axes) == (&selection.z, selection.axes)
        };
        if !self.asked.as_ref().is_some_and(wanted) {
            let request =
                ProbeRequest { before: known.clone(), snapshot: Arc::clone(snapshot), selection: selection.clone() };
            self.asked = Some(request.clone());
            if self.requests.send(request).is_err() {
                return Some(renewed(known.as_ref(), snapshot, selection));
            }
        }
        known.filter(serves)
    }
}

fn renewed(known: Option<&Arc<Probe>>, snapshot: &Arc<Snapshot>, selection: &Selection) -> Arc<Probe> {
    known.map_or_else(|| Arc::new(Probe::new(snapshot, selection)), |known| known.renewed(snapshot, selection))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::viz::query::tests::trained;

    #[test]
    fn the_probe_of_the_newest_snapshot_is_found() {
        let snapshots: Vec<Arc<Snapshot>> = (0..6).map(|steps| trained("polar", steps).0).collect();
        let selection = Selection { z: vec![0.1, 0.5], ..Selection::default() };
        let snapshots: Vec<Arc<Snapshot>> = snapshots
            .iter()
            .map(|s| Arc::new(Snapshot { data: Arc::clone(&snapshots[0].data), ..(**s).clone() }))
            .collect();
        let first = Arc::new(Probe::new(&snapshots[0], &selection));
        assert!(first.grid().columns() > 0, "a view has asked for it");
        let (send, woken) = channel();
        let mut worker = ProbeWorker::spawn(move || send.send(()).unwrap_or_default()).unwrap();
        let mut known = Arc::clone(&first);
        for snapshot in &snapshots {
            known = worker.newest(Some(&known), snapshot, &selection).unwrap();
        }
        while !known.is_at(&snapshots[5], &selection) {
            woken.recv().unwrap();
            known = worker.newest(Some(&known), &snapshots[5], &selection).unwrap();
        }
        let exact = Probe::new(&snapshots[5], &selection);
        assert_eq!((&known.image, known.grid()), (&exact.image, exact.grid()));
    }

    #[test]
    fn a_dragged_z_is_computed_at_once() {
        let ((polar, _), (cylinder, _)) = (trained("polar", 0), trained("cylinder", 0));
        let selection = Selection { z: vec![0.1, 0.2], ..Selection::default() };
        let mut worker = ProbeWorker::spawn(|| ()).unwrap();
        let probe = Arc::new(Probe::new(&polar, &selection));
        let moved = Selection { z: vec![0.1, 0.3], ..selection.clone() };
        let swapped = Selection { axes: [1, 0], ..selection.clone() };
        for (snapshot, wanted) in [(&polar, &moved), (&polar, &swapped), (&cylinder, &selection)] {
            assert!(worker.newest(Some(&probe), snapshot, wanted).unwrap().is_at(snapshot, wanted));
        }
    }
}
