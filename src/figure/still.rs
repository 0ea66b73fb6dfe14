//! The views as a figure: the same drawing without a window, from moments that stand still.

use std::sync::Arc;

use eframe::egui::{Frame, FullOutput, Ui};
use serde_json::Value;

use super::layout::Layout;
use super::looks::looks_of_figure;
use super::views::View;
use super::{Analyst, Background, Focus, Painter3, Projection, Selection, Stage, install};
use crate::experiment::Snapshot;
use crate::io::{Csv, EMBEDDED_IN_FIGURE, FileError, Session};
use crate::paint::{Canvas, Offscreen, Picture};

/// Common sizes of figures in points, with their names. Columns have twice the usual widths of 3.5 and 7 inches: reduced to
/// them, the text has the 7 points of a caption.
pub const SIZES: [(&str, (f32, f32)); 3] =
    [("single column", (504.0, 410.0)), ("double column", (1008.0, 567.0)), ("slide", (1280.0, 720.0))];

/// What is known of a run.
#[derive(Clone, Debug)]
pub struct Moments {
    /// The moment that is shown.
    pub shown: Arc<Snapshot>,
    /// The newest one.
    pub now: Arc<Snapshot>,
}

impl From<Arc<Snapshot>> for Moments {
    fn from(now: Arc<Snapshot>) -> Self {
        Self { shown: Arc::clone(&now), now }
    }
}

/// A moment of a run and what it is drawn with.
#[derive(Debug)]
pub struct Shown {
    /// The moment.
    pub snapshot: Arc<Snapshot>,
    /// The newest one.
    pub now: Arc<Snapshot>,
    /// How its data are shown.
    pub projection: Arc<Projection>,
    painter3: Painter3,
    analyst: Analyst,
}

impl Shown {
    fn new(Moments { shown: snapshot, now }: Moments) -> Self {
        let projection = Arc::new(Projection::new(&snapshot.data));
        Self { projection, painter3: Painter3::immediate(), analyst: Analyst::immediate(), snapshot, now }
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
    background: Background,
    offscreen: Offscreen,
}

impl Figure {
    /// A figure of one run or of two, with what was made beside them.
    pub fn new(run: Moments, beside: Option<Moments>, selection: &Selection, background: Background) -> Self {
        let (run, beside) = (Shown::new(run), beside.map(Shown::new));
        let mut selection = selection.clone();
        let snapshots = || [Some(&run), beside.as_ref()].into_iter().flatten().map(|shown| &shown.snapshot);
        let m = snapshots().map(|s| s.latent_dim()).max().unwrap_or(1);
        selection.fit(m, snapshots().map(|s| s.encodings.columns()).min().unwrap_or(0));
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
        let offscreen = Offscreen::new(threads, install);
        Self { run, beside, selection, background, offscreen }
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
        self.session_with(None)
    }

    /// The same with where the views are.
    pub(super) fn session_with(&self, layout: Option<&Layout>) -> Result<String, FileError> {
        let first = Session::of(&self.run.snapshot, looks_of_figure(&self.selection, layout));
        let second = self.beside.as_ref().map(|shown| Session::of(&shown.snapshot, Value::Null));
        first.compared_with(second).to_json(EMBEDDED_IN_FIGURE)
    }

    /// Draws with `show` at z* and gives the settled frame to `take`.
    pub fn draw<T>(
        &mut self,
        canvas: &Canvas,
        mut show: impl Show,
        take: impl FnOnce(&Offscreen, &FullOutput) -> T,
    ) -> T {
        self.on_stages(|stages, selection, painters, offscreen| {
            Stage::set_sheet(offscreen.context(), canvas.background);
            let output = offscreen.settle(canvas, 0.0, |ui| {
                Frame::NONE.inner_margin(8.0).show(ui, |ui| show(ui, stages, selection, painters));
            });
            take(offscreen, &output)
        })
    }

    /// What a view shows at z*, as a table.
    ///
    /// # Errors
    /// Why there is nothing to be shown.
    pub fn numbers(&mut self, view: View) -> Result<Csv, &'static str> {
        self.on_stages(|stages, selection, _, _| view.numbers(stages, selection))
    }

    fn on_stages<T>(
        &mut self,
        work: impl FnOnce(&[Stage<'_>], &mut Selection, &mut [&mut Painter3], &mut Offscreen) -> T,
    ) -> T {
        let Self { run, beside, selection, background, offscreen } = self;
        let (axes, background) = (selection.layers.axes, &*background);
        let focus =
            |shown: &Shown| Arc::new(Focus::new(&shown.snapshot, &selection.seen_by(shown.snapshot.latent_dim())));
        let focuses: Vec<_> = [Some(&*run), beside.as_ref()].into_iter().flatten().map(focus).collect();
        let (mut stages, mut painters) = (Vec::new(), Vec::new());
        for (shown, focus) in [Some(run), beside.as_mut()].into_iter().flatten().zip(&focuses) {
            let Shown { snapshot, now, projection, painter3, analyst } = shown;
            let branches = &[][..];
            stages.push(Stage { snapshot, now, branches, axes, focus, projection, analyst, background, beside: None });
            painters.push(painter3);
        }
        work(&stages, selection, &mut painters, offscreen)
    }
}

/// What draws one or two runs.
pub trait Show: FnMut(&mut Ui, &[Stage<'_>], &mut Selection, &mut [&mut Painter3]) {}

impl<F: FnMut(&mut Ui, &[Stage<'_>], &mut Selection, &mut [&mut Painter3])> Show for F {}
