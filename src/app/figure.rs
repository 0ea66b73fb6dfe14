//! The views as a figure: the same drawing without a window, from moments that stand still.

use std::sync::Arc;

use eframe::egui::{Frame, FullOutput, Ui};

use super::opening::view_of;
use super::{Analyst, Background, Focus, Painter3, Projection, Selection, Stage, install};
use crate::experiment::Snapshot;
use crate::io::{EMBEDDED_IN_FIGURE, FileError, Session};
use crate::paint::{Canvas, Offscreen, Picture};

/// Common sizes of figures in points, with their names. Columns have twice the usual widths of 3.5 and 7 inches: reduced to
/// them, the text has the 7 points of a caption.
pub const SIZES: [(&str, (f32, f32)); 3] =
    [("single column", (504.0, 410.0)), ("double column", (1008.0, 567.0)), ("slide", (1280.0, 720.0))];

/// A moment of a run and what it is drawn with.
#[derive(Debug)]
pub struct Shown {
    /// The moment.
    pub snapshot: Arc<Snapshot>,
    /// The newest moment of the run.
    pub now: Arc<Snapshot>,
    /// How its data are shown.
    pub projection: Projection,
    painter3: Painter3,
    analyst: Analyst,
}

impl Shown {
    fn new(snapshot: Arc<Snapshot>) -> Self {
        let projection = Projection::new(&snapshot.data);
        let (painter3, analyst) = (Painter3::immediate(), Analyst::immediate());
        Self { now: Arc::clone(&snapshot), snapshot, projection, painter3, analyst }
    }
}

/// One run, or two beside each other, and what is looked at.
#[derive(Debug)]
pub struct Figure {
    /// The run, or the first of two.
    pub run: Shown,
    /// The second.
    pub beside: Option<Shown>,
    /// z* and what is shown.
    pub selection: Selection,
    offscreen: Offscreen,
}

impl Figure {
    /// A figure of one run or of two.
    pub fn new(run: Arc<Snapshot>, beside: Option<Arc<Snapshot>>, selection: &Selection) -> Self {
        let (run, beside) = (Shown::new(run), beside.map(Shown::new));
        let mut selection = selection.clone();
        let snapshots = || [Some(&run), beside.as_ref()].into_iter().flatten().map(|shown| &shown.snapshot);
        let m = snapshots().map(|s| s.latent_dim()).max().unwrap_or(1);
        selection.fit(m, snapshots().map(|s| s.encodings.columns()).min().unwrap_or(0));
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
        Self { run, beside, selection, offscreen: Offscreen::new(threads, install) }
    }

    /// The runs.
    pub fn all(&self) -> impl Iterator<Item = &Shown> {
        [Some(&self.run), self.beside.as_ref()].into_iter().flatten()
    }

    /// The runs, to show other moments of them.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Shown> {
        [Some(&mut self.run), self.beside.as_mut()].into_iter().flatten()
    }

    /// Draws with `show` in pixels.
    pub fn picture(&mut self, canvas: &Canvas, show: impl Show) -> Picture {
        self.draw(canvas, show, |offscreen, output| offscreen.paint(canvas, output))
    }

    /// What is needed to make it again, as JSON.
    ///
    /// # Errors
    /// If a value has no place in JSON.
    pub fn session(&self) -> Result<String, FileError> {
        Session::of(&self.run.snapshot, view_of(&self.selection)).to_json(EMBEDDED_IN_FIGURE)
    }

    /// Draws with `show` at z* and gives the settled frame to `take`.
    pub fn draw<T>(
        &mut self,
        canvas: &Canvas,
        mut show: impl Show,
        take: impl FnOnce(&Offscreen, &FullOutput) -> T,
    ) -> T {
        let Self { run, beside, selection, offscreen } = self;
        let background = Background::default();
        let focus = |shown: &Shown| Focus::new(&shown.snapshot, &selection.seen_by(shown.snapshot.latent_dim()));
        let focuses: Vec<Focus> = [Some(&*run), beside.as_ref()].into_iter().flatten().map(focus).collect();
        let (mut stages, mut painters) = (Vec::new(), Vec::new());
        for (shown, focus) in [Some(run), beside.as_mut()].into_iter().flatten().zip(&focuses) {
            let Shown { snapshot, now, projection, painter3, analyst } = shown;
            let (branches, background) = (&[][..], &background);
            stages.push(Stage { snapshot, now, branches, focus, projection, analyst, background, beside: None });
            painters.push(painter3);
        }
        let output = offscreen.settle(canvas, 0.0, |ui| {
            Frame::NONE.inner_margin(8.0).show(ui, |ui| show(ui, &stages, selection, &mut painters));
        });
        take(offscreen, &output)
    }
}

/// What draws one or two runs.
pub trait Show: FnMut(&mut Ui, &[Stage<'_>], &mut Selection, &mut [&mut Painter3]) {}

impl<F: FnMut(&mut Ui, &[Stage<'_>], &mut Selection, &mut [&mut Painter3])> Show for F {}
