//! The context that a view draws from.

use std::cell::RefCell;
use std::sync::Arc;

use eframe::egui::{Color32, Painter, Ui};

use super::background_runs::BackgroundRuns;
use super::command::{CommandQueue, UiCommand};
use super::probe::Probe;
use super::projection::Projection;
use super::query::{Query, QueryCache};
use super::scene_painter::ScenePainter;
use super::slow_step::{SlowStep, StepMoment};
use super::theme::Palette;
use crate::experiment::Snapshot;
use crate::paint::Layer;
use crate::trainer::Branch;
use crate::vae::Likelihood;

/// What "Fisher metric" beside a number about J means.
pub const FISHER_METRIC: &str = "Bernoulli likelihood: J is F^½ ∂η/∂z, the Jacobian of the logits η with its rows scaled by √(π(1−π)), F = diag π(1−π), and \
     b is β. JᵀJ is then the Fisher metric, in which precision, contrast, gap, V and C2 are taken; that Λ = I + JᵀJ/β is exact but for \
     a term of second derivatives. Curves and densities in data space are those of x̂ = π";

/// A time point of a run, what is computed at z\*, and the queue for commands. Views can't reach the run behind it.
#[derive(Clone, Copy, Debug)]
pub struct ViewContext<'a> {
    /// The shown time point.
    pub snapshot: &'a Snapshot,
    /// The newest time point of the run: later than `snapshot` while an earlier step is shown.
    pub newest: &'a Snapshot,
    /// The branches that are not trained at present.
    pub branches: &'a [Branch],
    /// True if plots have axes and grid lines.
    pub axes: bool,
    /// The Jacobian and the seams at z\*.
    pub probe: &'a Arc<Probe>,
    /// The same of the latents rotated by φ, while the dial is dragged.
    pub turned: Option<&'a Arc<Probe>>,
    /// The projection of the data onto the screen.
    pub projection: &'a Arc<Projection>,
    /// Answers to queries.
    pub queries: &'a QueryCache,
    /// Draws the 3-D scene.
    pub scene: &'a RefCell<ScenePainter>,
    /// Runs that train beside the shown ones.
    pub background: &'a BackgroundRuns,
    /// Commands for the window; a figure drops them.
    pub commands: &'a CommandQueue,
    /// In a figure the colour that it is drawn on; `None` in the window. A figure has layers with names and nothing to press.
    pub figure: Option<Color32>,
    /// True in presenter mode, where nothing scrolls.
    pub presented: bool,
    /// The run that it is compared with, on the same scales.
    pub beside: Option<&'a Self>,
    /// A step of the optimiser that is shown slowly, and the moment.
    pub slow_step: Option<(&'a SlowStep, StepMoment)>,
}

impl ViewContext<'_> {
    /// True if numbers about J are in the Fisher metric of a Bernoulli likelihood.
    pub fn in_fisher_metric(&self) -> bool {
        self.snapshot.vae.likelihood() == Likelihood::Bernoulli
    }

    /// Says "Fisher metric" where numbers about J are in it.
    pub fn say_metric(&self, ui: &mut Ui) {
        if self.in_fisher_metric() {
            ui.weak("Fisher metric").on_hover_text(FISHER_METRIC);
        }
    }

    /// The newest answer to a query of this type, and a request for the answer to just this query about this snapshot.
    pub fn query<Q: Query>(&self, query: &Q) -> Option<Arc<Q::Answer>> {
        self.queries.ask(self.probe.snapshot(), self.probe.shared_model(), query)
    }

    /// Asks the window for something.
    pub fn send(&self, command: UiCommand) {
        self.commands.send(command);
    }

    /// True in a figure.
    pub fn is_figure(&self) -> bool {
        self.figure.is_some()
    }

    /// The colour beneath plots: the paper of the theme, or the background of the figure.
    pub fn background_color(&self, ui: &Ui) -> Color32 {
        self.figure.unwrap_or(Self::palette(ui).paper)
    }

    /// Begins a named layer of a figure.
    pub fn layer(&self, painter: &Painter, depth: usize, name: &str) {
        if self.is_figure() {
            Layer::begin(painter, depth, name);
        }
    }

    /// The colours of the theme.
    pub fn palette(ui: &Ui) -> &'static Palette {
        Palette::of(ui.visuals())
    }
}
