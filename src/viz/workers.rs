//! The helpers of one shown run: the painter of its 3-D scene, the answers to its queries, the probe at z\*.

use std::cell::RefCell;
use std::sync::Arc;
use std::thread::Builder;

use eframe::egui::Context;

use super::probe::Probe;
use super::probe_worker::ProbeWorker;
use super::projection::Projection;
use super::query::QueryCache;
use super::scene_painter::ScenePainter;
use super::selection::Selection;
use crate::data::Dataset;
use crate::experiment::Snapshot;

/// The helpers of one shown run.
#[derive(Debug)]
pub struct Workers {
    /// Draws the 3-D scene.
    pub scene: RefCell<ScenePainter>,
    /// Answers queries.
    pub queries: QueryCache,
    /// Computes the probe at z\* for new snapshots. `None`: at once, as figures need it.
    probe: Option<ProbeWorker>,
    /// The window that waits for projections.
    window: Option<Context>,
    /// The data whose projection is being computed.
    projecting: Option<Arc<Dataset>>,
}

impl Workers {
    /// Work at once, as figures and tests need it.
    pub fn immediate() -> Self {
        Self {
            scene: RefCell::new(ScenePainter::immediate()),
            queries: QueryCache::immediate(),
            probe: None,
            window: None,
            projecting: None,
        }
    }

    /// Work on threads and ask the window to repaint when something is ready.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn threaded(ctx: &Context) -> std::io::Result<Self> {
        let wake = |ctx: &Context| {
            let ctx = ctx.clone();
            move || ctx.request_repaint()
        };
        Ok(Self {
            scene: RefCell::new(ScenePainter::threaded(wake(ctx))?),
            queries: QueryCache::threaded(wake(ctx))?,
            probe: Some(ProbeWorker::spawn(wake(ctx))?),
            window: Some(ctx.clone()),
            projecting: None,
        })
    }

    /// New helpers of the same kind.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn another(&self, ctx: &Context) -> std::io::Result<Self> {
        if self.probe.is_some() { Self::threaded(ctx) } else { Ok(Self::immediate()) }
    }

    /// The probe at z\*, or an older one of the same data while a newer is computed; `None` while the first is.
    pub fn probe(
        &mut self,
        known: Option<&Arc<Probe>>,
        snapshot: &Arc<Snapshot>,
        selection: &Selection,
    ) -> Option<Arc<Probe>> {
        match (known, &mut self.probe) {
            (known, Some(worker)) => worker.newest(known, snapshot, selection),
            (Some(known), None) => Some(known.renewed(snapshot, selection)),
            (None, None) => Some(Arc::new(Probe::new(snapshot, selection))),
        }
    }

    /// The projection of these data; `None` while it is computed on a thread of its own.
    pub fn projection(&mut self, data: &Arc<Dataset>) -> Option<Arc<Projection>> {
        let Some(window) = self.window.as_ref().filter(|_| !Projection::is_quick(data)) else {
            return Some(Projection::of(data));
        };
        let known = Projection::known(data);
        if known.is_some() {
            self.projecting = None;
        } else if !self.projecting.as_ref().is_some_and(|asked| Arc::ptr_eq(asked, data)) {
            let (own, window) = (Arc::clone(data), window.clone());
            let spawned = Builder::new().name("projection".to_owned()).spawn(move || {
                Projection::of(&own);
                window.request_repaint();
            });
            if spawned.is_err() {
                return Some(Projection::of(data));
            }
            self.projecting = Some(Arc::clone(data));
        }
        known
    }
}
