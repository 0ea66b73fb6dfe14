//! The views. Each draws from a [`Stage`] and may move the [`Selection`]; none can reach the run.

pub mod certificates;
pub mod densities;
pub mod factors;
pub mod gauges;
pub mod jacobian;
pub mod joint;
pub mod latent;
mod numbers;
pub mod plane;
pub mod posterior;
pub mod rotate;
pub mod seeds;
pub mod space;
pub mod training;

use eframe::egui::Ui;
use serde::{Deserialize, Serialize};

use super::painter3::Painter3;
use super::{Selection, Stage};

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// Data space.
    Data,
    /// Latent space.
    Latent,
    /// Push-forward densities.
    Densities,
    /// Whether the density on the manifold factorises.
    Joint,
    /// Latents against true factors.
    Factors,
    /// The Jacobian in numbers.
    Jacobian,
    /// The gauges with their history.
    Gauges,
    /// The posteriors that an observation could have.
    Posterior,
    /// What turning the latents costs.
    Rotate,
    /// Training curves.
    Training,
    /// The same experiment for several seeds.
    Seeds,
    /// What theory predicts, and what was measured.
    Certificates,
}

/// A view of one of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pane {
    /// What is shown.
    pub view: View,
    /// Of which run: 0, or 1 for the second one of two.
    pub side: usize,
}

impl View {
    /// All views.
    pub const ALL: [Self; 12] = [
        Self::Data,
        Self::Latent,
        Self::Densities,
        Self::Joint,
        Self::Factors,
        Self::Gauges,
        Self::Jacobian,
        Self::Posterior,
        Self::Rotate,
        Self::Training,
        Self::Seeds,
        Self::Certificates,
    ];

    /// Whether one picture shows both runs.
    pub fn is_shared(self) -> bool {
        matches!(self, Self::Training | Self::Seeds | Self::Certificates)
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Data => "Data space",
            Self::Latent => "Latent space",
            Self::Densities => "Push-forward densities",
            Self::Joint => "Joint density",
            Self::Factors => "Factors",
            Self::Jacobian => "Jacobian",
            Self::Gauges => "Gauges",
            Self::Posterior => "Posterior",
            Self::Rotate => "Rotate",
            Self::Training => "Training",
            Self::Seeds => "Seeds",
            Self::Certificates => "Certificates",
        }
    }

    /// The name where there is little room.
    pub fn short_title(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Latent => "Latent",
            Self::Densities => "Densities",
            Self::Joint => "Joint",
            _ => self.title(),
        }
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Latent => "latent",
            Self::Densities => "densities",
            Self::Joint => "joint",
            Self::Factors => "factors",
            Self::Jacobian => "jacobian",
            Self::Gauges => "gauges",
            Self::Posterior => "posterior",
            Self::Rotate => "rotate",
            Self::Training => "training",
            Self::Seeds => "seeds",
            Self::Certificates => "certificates",
        }
    }

    /// Draws the view into all of `ui`.
    pub fn show(self, ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection, painter3: &mut Painter3) {
        match self {
            Self::Data if stage.projection.dims() == 3 => space::show(ui, stage, selection, painter3),
            Self::Data => plane::show(ui, stage, selection),
            Self::Latent => latent::show(ui, stage, selection),
            Self::Densities => densities::show(ui, stage, selection),
            Self::Joint => joint::show(ui, stage, selection),
            Self::Factors => factors::show(ui, stage, selection),
            Self::Jacobian => jacobian::show(ui, stage, selection),
            Self::Gauges => gauges::show(ui, stage, selection),
            Self::Posterior => posterior::show(ui, stage, selection),
            Self::Rotate => rotate::show(ui, stage, selection),
            Self::Training => training::show(ui, stage, selection),
            Self::Seeds => seeds::show(ui, stage, selection),
            Self::Certificates => certificates::show(ui, stage, selection),
        }
    }
}
