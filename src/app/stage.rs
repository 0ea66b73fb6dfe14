//! What views draw from.

use std::sync::Arc;

use eframe::egui::Ui;

use super::analysis::{Analyst, Answer, Topic};
use super::background::Background;
use super::focus::Focus;
use super::projection::Projection;
use super::theme::Palette;
use crate::experiment::Snapshot;
use crate::paint::Layer;
use crate::trainer::Branch;

/// A moment of a run and what is computed at z*. Views can't reach the model behind it.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// The moment.
    pub snapshot: &'a Snapshot,
    /// The newest moment of the run: a later one than `snapshot` while one looks back.
    pub now: &'a Snapshot,
    /// The runs that were left behind where another one was started from a moment of theirs.
    pub branches: &'a [Branch],
    /// Whether plots have axes and grid lines.
    pub axes: bool,
    /// The neighbourhood of z*.
    pub focus: &'a Focus,
    /// How data are shown on the screen.
    pub projection: &'a Projection,
    /// Answers what takes long.
    pub analyst: &'a Analyst,
    /// What was started beside the run.
    pub background: &'a Background,
    /// The run that it is compared with, on the same scales.
    pub beside: Option<&'a Self>,
}

impl Stage<'_> {
    /// The newest answer to a question about this snapshot, and a request for a newer one if there is none to just this
    /// question.
    pub fn ask(&self, topic: Topic) -> Option<Arc<Answer>> {
        self.analyst.ask(self.focus.snapshot(), self.focus.shared_model(), topic)
    }

    /// Whether a figure is drawn, in which there is nothing to press.
    pub fn is_figure(ui: &Ui) -> bool {
        Layer::are_kept(ui.ctx())
    }

    /// The colours to draw with.
    pub fn palette(ui: &Ui) -> &'static Palette {
        Palette::of(ui.visuals())
    }
}
