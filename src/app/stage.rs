//! What views draw from.

use eframe::egui::Ui;

use super::focus::Focus;
use super::projection::Projection;
use super::theme::Palette;
use crate::experiment::Snapshot;

/// A moment of a run and what is computed at z*. Views can't reach the model behind it.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// The moment.
    pub snapshot: &'a Snapshot,
    /// The neighbourhood of z*.
    pub focus: &'a Focus,
    /// How data are shown on the screen.
    pub projection: &'a Projection,
    /// The run that it is compared with, on the same scales.
    pub beside: Option<&'a Self>,
}

impl Stage<'_> {
    /// The colours to draw with.
    pub fn palette(ui: &Ui) -> &'static Palette {
        Palette::of(ui.visuals())
    }
}
