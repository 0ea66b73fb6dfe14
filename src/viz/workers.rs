//! The helpers of one shown run: the painter of its 3-D scene, the answers to its queries, the probe at z\*.

use std::cell::RefCell;
use std::sync::Arc;

use eframe::egui::Context;

use super::probe::Probe;
use super::probe_worker::ProbeWorker;
use super::query::QueryCache;
use super::scene_painter::ScenePainter;
use super::selection::Selection;
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
}

impl Workers {
    /// Work at once, as figures and tests need it.
    pub fn immediate() -> Self {
        Self { scene: RefCell::new(ScenePainter::immediate()), queries: QueryCache::immediate(), probe: None }
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
        })
    }

    /// New helpers of the same kind.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn another(&self, ctx: &Context) -> std::io::Result<Self> {
        if self.probe.is_some() { Self::threaded(ctx) } else { Ok(Self::immediate()) }
    }

    /// The probe at z\*, or an older one of the same run while a newer is computed.
    pub fn probe(&mut self, known: Option<&Arc<Probe>>, snapshot: &Arc<Snapshot>, selection: &Selection) -> Arc<Probe> {
        match (known, &mut self.probe) {
            (Some(known), Some(worker)) => worker.newest(known, snapshot, selection),
            (Some(known), None) => known.renewed(snapshot, selection),
            (None, _) => Arc::new(Probe::new(snapshot, selection)),
        }
    }
}
