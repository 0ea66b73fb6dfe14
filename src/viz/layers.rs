//! Layers of data space and what is written beside them, each shown or not.

use serde::{Deserialize, Serialize};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_on(on: &bool) -> bool {
    *on
}

/// Layers of data space, each shown or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each layer is shown or not, independently of the others")]
pub struct Layers {
    /// Held-out observations.
    pub data: bool,
    /// Their codes in latent space.
    #[serde(skip)]
    pub codes: bool,
    /// The decoder's image of the latent plane as a surface.
    pub surface: bool,
    /// Images of the lines of a latent grid.
    pub grid: bool,
    /// Ellipses of JᵀJ in latent space, and images of latent circles.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ellipses: bool,
    /// Images of the lines through z*.
    pub seams: bool,
    /// Curves along the right singular vectors through z*.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub singular: bool,
    /// The curves along singular vectors came with a model from a file, not by choice: they go with it.
    #[serde(skip)]
    pub singular_with_model: bool,
    /// The local basis at d(z*).
    pub basis: bool,
    /// True seams of generated data.
    pub truth: bool,
    /// Axes and grid lines, of all plots.
    pub axes: bool,
    /// The names of marks above the views.
    #[serde(skip_serializing_if = "is_on")]
    pub legend: bool,
    /// Pictures of some observations, if they are images.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pictures: bool,
    /// Decoded pictures along the lines through z* and along their images, if the data are images.
    #[serde(skip_serializing_if = "is_on")]
    pub pinned: bool,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            data: true,
            codes: true,
            surface: true,
            grid: true,
            ellipses: false,
            seams: true,
            singular: false,
            singular_with_model: false,
            basis: true,
            truth: false,
            axes: true,
            legend: true,
            pictures: false,
            pinned: true,
        }
    }
}

impl Layers {
    /// The layers that were chosen, without those that came with the model.
    #[must_use]
    pub fn chosen(self) -> Self {
        Self { singular: self.singular && !self.singular_with_model, singular_with_model: false, ..self }
    }

    /// The chosen layers, and the curves along singular vectors if the run is a model that asks for them.
    #[must_use]
    pub fn suited(self, asks_for_singular: bool) -> Self {
        let chosen = self.chosen();
        let with_model = asks_for_singular && !chosen.singular;
        Self { singular: chosen.singular || with_model, singular_with_model: with_model, ..chosen }
    }

    /// The layers with names and tooltips.
    pub fn list(&mut self) -> [(&'static str, &'static str, &mut bool); 12] {
        [
            ("data", "Held-out observations", &mut self.data),
            ("surface", "The decoder's image of the latent plane through z*", &mut self.surface),
            ("grid", "Images of the lines of a latent grid, one prior standard deviation apart", &mut self.grid),
            (
                "ellipses",
                "On a grid in latent space the ellipses ‖J δz‖ = r, steps that move the data equally far, and in data space the images of \
                 latent circles, ‖δz‖ = r",
                &mut self.ellipses,
            ),
            ("curves", "Images of the blue lines through z*", &mut self.seams),
            (
                "singular curves",
                "Curves along the right singular vectors vᵢ of J through z*, and their images: the seams of any decoder, however its \
                 latents are rotated",
                &mut self.singular,
            ),
            ("basis", "The local basis u₁, u₂, … at d(z*)", &mut self.basis),
            (
                "truth",
                "True seams of generated data, through the point nearest to d(z*), and their densities",
                &mut self.truth,
            ),
            ("axes", "Axes and grid lines, of all plots", &mut self.axes),
            ("legend", "The names of the marks, above the views", &mut self.legend),
            ("decodings", "Decoded pictures along the lines through z* and their images", &mut self.pinned),
            ("thumbnails", "Pictures of observations, as many as there is room for", &mut self.pictures),
        ]
    }
}
