//! Layouts of a few views in the window.

use super::shown_preset::ShownPreset;
use super::state::App;
use crate::figure::layout::Layout;
use crate::figure::lesson_step::layout_of;
use crate::viz::preset::Preset;

impl App {
    /// Shows the few views of a layout, or those before again.
    pub(super) fn toggle_preset(&mut self, preset: Preset) {
        let is_shown = self.shown_preset() == Some(preset);
        self.hide_preset();
        if !is_shown {
            let runs = self.runs.len();
            let before = self.preset.replace(Layout::of_preset(preset, runs));
            self.few = Some(ShownPreset::new(preset, runs, before, self.selection.layers));
        }
    }

    /// Shows the views before again. Says whether there was anything to hide.
    pub(super) fn hide_preset(&mut self) -> bool {
        let Some(few) = self.few.take() else { return false };
        self.preset = few.before;
        true
    }

    /// Arranges the few views for as many runs as there are.
    pub(super) fn fit_preset(&mut self) {
        let runs = self.runs.len();
        if let Some(few) = self.few.as_mut().filter(|few| few.runs != runs) {
            few.runs = runs;
            self.preset = Some(Layout::of_preset(few.preset, runs));
        }
        if self.few.is_none() && self.preset.as_ref().is_some_and(|layout| layout.runs() > runs) {
            self.arrange_lesson();
        }
    }

    /// Arranges the views of the step of the lesson for as many runs as there are.
    pub(super) fn arrange_lesson(&mut self) {
        let runs = self.runs.len();
        self.preset = self.lesson.as_ref().map(|open| layout_of(open.step(), runs));
    }

    /// The few views that are shown in the place of the layout, if a person has asked for them.
    pub fn shown_preset(&self) -> Option<Preset> {
        self.few.as_ref().map(|few| few.preset)
    }
}
