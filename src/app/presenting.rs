//! Presenter mode of the window.

use eframe::egui::ViewportCommand;
use eframe::egui::style::Interaction;

use super::presenter::{Frozen, Presenter};
use super::state::App;
use crate::viz::motion::Motion;

/// The seconds that the pointer rests before a tooltip is shown in presenter mode.
const PRESENTED_DELAY: f32 = 1.5;

impl App {
    /// Shows views and text alone, large, on the full screen; or goes back.
    pub(super) fn toggle_presenter(&mut self) {
        self.presenter = if self.presenter.is_some() { None } else { Some(Presenter::default()) };
        self.ctx.send_viewport_cmd(ViewportCommand::Fullscreen(self.presenter.is_some()));
        // Nobody wants to read paragraphs over a view at which one points.
        let delay = if self.presenter.is_some() { PRESENTED_DELAY } else { Interaction::default().tooltip_delay };
        self.ctx.all_styles_mut(|style| style.interaction.tooltip_delay = delay);
    }

    /// True in presenter mode.
    pub fn is_presenting(&self) -> bool {
        self.presenter.is_some()
    }

    /// Makes the screen black in presenter mode, or shows it again.
    pub(super) fn toggle_blank(&mut self) {
        if let Some(presenter) = &mut self.presenter {
            presenter.is_blank = !presenter.is_blank;
        }
    }

    /// Turns the spotlight on or off; presenter mode begins with it.
    pub(super) fn toggle_spotlight(&mut self) {
        if let Some(presenter) = &mut self.presenter {
            presenter.has_spotlight = !presenter.has_spotlight;
        }
    }

    /// Holds training and motion, or lets them go on as before.
    pub(super) fn toggle_freeze(&mut self) {
        let (was_running, motion) = (self.is_running(), self.selection.motion);
        let Some(presenter) = &mut self.presenter else { return };
        match presenter.frozen.take() {
            None => {
                presenter.frozen = Some(Frozen { was_running, motion });
                self.selection.motion = None;
                self.set_running(false);
            }
            Some(Frozen { was_running, motion }) => {
                self.selection.motion = motion.filter(|motion| *motion != Motion::Morph || self.selection.tau < 1.0);
                if was_running {
                    self.set_running(true);
                }
            }
        }
    }
}
