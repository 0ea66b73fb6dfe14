//! What views draw from.

use std::sync::Arc;

use eframe::egui::{Color32, Context, Id, Ui};

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
    pub focus: &'a Arc<Focus>,
    /// How data are shown on the screen.
    pub projection: &'a Arc<Projection>,
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

    /// From now on a figure is drawn on a sheet of that colour.
    pub fn set_sheet(context: &Context, color: Color32) {
        Layer::keep_names(context);
        context.data_mut(|data| data.insert_temp(Id::unique("sheet"), color));
    }

    /// What plots are drawn on: the paper of the theme, or the sheet of a figure.
    pub fn sheet(ui: &Ui) -> Color32 {
        ui.data(|data| data.get_temp(Id::unique("sheet"))).unwrap_or(Self::palette(ui).paper)
    }

    /// The colours to draw with.
    pub fn palette(ui: &Ui) -> &'static Palette {
        Palette::of(ui.visuals())
    }
}
