//! A layout of a few views that a person has asked for, and what was shown before.

use crate::figure::layout::Layout;
use crate::viz::layers::Layers;
use crate::viz::preset::Preset;
use crate::viz::selection::Selection;

/// A layout of a few views.
#[derive(Debug)]
pub(super) struct ShownPreset {
    pub(super) preset: Preset,
    /// The number of runs that it is arranged for.
    pub(super) runs: usize,
    /// The few views before, those of a step of a lesson.
    pub(super) before: Option<Layout>,
    /// The layers that it has of its own.
    layers: Option<Layers>,
}

impl ShownPreset {
    pub(super) fn new(preset: Preset, runs: usize, before: Option<Layout>, chosen: Layers) -> Self {
        let layers = Some(preset.layers(chosen)).filter(|own| *own != chosen);
        Self { preset, runs, before, layers }
    }

    /// Swaps its own layers with those of the selection: before it is drawn, and after.
    pub(super) fn swap_layers(&mut self, selection: &mut Selection) {
        if let Some(own) = &mut self.layers {
            std::mem::swap(own, &mut selection.layers);
        }
    }
}
