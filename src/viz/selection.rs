//! What a person is looking at: none of it changes the run.

use serde::{Deserialize, Serialize};

use super::Motion;
use crate::geometry::{MapQuantity, Rotation};
use crate::paint::Camera;

/// z*, what is chosen, and what is shown of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// z*, the point of latent space in focus (m).
    pub z: Vec<f64>,
    /// The latents on the axes of the latent view.
    pub axes: [usize; 2],
    /// The chosen observation, as its place among the encoded ones.
    pub observation: Option<usize>,
    /// What is drawn in data space.
    pub layers: Layers,
    /// Draw unit vectors uᵢ instead of sᵢ uᵢ.
    pub unit_arrows: bool,
    /// From where three-dimensional data are seen; `None` until there is something to look at.
    pub camera: Option<Camera>,
    /// From the latent plane (0) to the manifold (1).
    pub tau: f64,
    /// What moves by itself.
    #[serde(skip)]
    pub motion: Option<Motion>,
    /// Where a traversal is, between 0 and 1.
    #[serde(skip)]
    pub phase: f64,
    /// Show samples of the chosen posterior.
    pub draw: bool,
    /// φ, the angle by which the latents would be turned, in degrees.
    pub phi: f64,
    /// The two latents that would be turned.
    pub turned: [usize; 2],
    /// The step of the run that is looked at; `None`: the newest.
    #[serde(skip)]
    pub moment: Option<u64>,
    /// What a view asks for, for whoever can do it.
    #[serde(skip)]
    pub ask: Option<Ask>,
    /// Opposite corners of the rectangle in latent space that loops run around.
    pub corners: [[f64; 2]; 2],
    /// The true factor that colours observations and their codes.
    pub color: Option<usize>,
    /// The quantity that colours the latent plane and its image.
    pub heat: Option<MapQuantity>,
}

/// What a view may ask for beyond a change of the selection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ask {
    /// Turn the latents of the living run.
    Kick(Rotation),
    /// Train the experiment for several seeds.
    Seeds,
    /// Make one of them the main run.
    Adopt(usize),
    /// Forget them.
    CloseSeeds,
    /// Measure what is predicted about the scene.
    Certify,
    /// Stop that.
    StopCertifying,
    /// Go on with the branch of this number, of the first or of the second run.
    Switch(usize, u32),
    /// Forget it.
    CloseBranch(usize, u32),
}

/// What is drawn in data space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each layer is shown or not, independently of the others")]
pub struct Layers {
    /// Held-out observations.
    pub data: bool,
    /// The decoder's image of the latent plane as a sheet.
    pub surface: bool,
    /// Images of the lines of a latent grid.
    pub grid: bool,
    /// Images of the lines through z*.
    pub seams: bool,
    /// The local basis at d(z*).
    pub basis: bool,
    /// True seams of generated data.
    pub truth: bool,
    /// Axes and grid lines, of all plots.
    pub axes: bool,
}

impl Default for Layers {
    fn default() -> Self {
        Self { data: true, surface: true, grid: true, seams: true, basis: true, truth: false, axes: true }
    }
}

impl Layers {
    /// The layers with their names and what they are.
    pub fn list(&mut self) -> [(&'static str, &'static str, &mut bool); 7] {
        [
            ("data", "Held-out observations", &mut self.data),
            ("surface", "The decoder's image of the latent plane through z*", &mut self.surface),
            ("grid", "Images of the lines of a latent grid, one prior standard deviation apart", &mut self.grid),
            ("curves", "Images of the blue lines through z*", &mut self.seams),
            ("basis", "The local basis u₁, u₂, … at d(z*)", &mut self.basis),
            (
                "truth",
                "True seams of generated data, through the held-out observation next to d(z*), and their densities",
                &mut self.truth,
            ),
            ("axes", "Axes and grid lines, of all plots", &mut self.axes),
        ]
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            z: Vec::new(),
            axes: [0, 1],
            observation: None,
            layers: Layers::default(),
            unit_arrows: false,
            camera: None,
            tau: 1.0,
            motion: None,
            phase: 0.0,
            draw: false,
            phi: 0.0,
            turned: [0, 1],
            moment: None,
            ask: None,
            corners: [[-1.0, -1.0], [1.0, 1.0]],
            color: None,
            heat: None,
        }
    }
}

impl Selection {
    /// Makes everything fit a model with `m` latents and `encoded` encoded observations.
    pub fn fit(&mut self, m: usize, encoded: usize) {
        if self.z.is_empty() || !self.z.iter().all(|z| z.is_finite()) {
            self.z = START.to_vec();
        }
        self.z.resize(m, 0.0);
        for axis in &mut self.axes {
            *axis = (*axis).min(m - 1);
        }
        if m > 1 && self.axes[0] == self.axes[1] {
            self.axes = [0, 1];
        }
        if self.turned[0] == self.turned[1] || self.turned.iter().any(|i| *i >= m) {
            self.turned = [0, 1.min(m - 1)];
        }
        self.observation = self.observation.filter(|i| *i < encoded);
    }

    /// As at the start, with the layers that are chosen.
    pub fn at_start(&self) -> Self {
        Self { layers: self.layers, ..Self::default() }
    }

    /// What a run with `m` latents sees of it: latents that it has not are left out, those that are missing are 0.
    pub fn seen_by(&self, m: usize) -> Self {
        let mut seen = self.clone();
        seen.fit(m, usize::MAX);
        seen
    }

    /// Takes over what was changed in `seen`, which was `before` when it came from [`seen_by`](Self::seen_by).
    pub fn learn(&mut self, before: &Self, seen: Self) {
        if *before == seen {
            return;
        }
        let hidden = self.z.get(seen.z.len()..).unwrap_or_default().to_vec();
        let axes = if before.axes == seen.axes { self.axes } else { seen.axes };
        let turned = if before.turned == seen.turned { self.turned } else { seen.turned };
        *self = Self { axes, turned, ..seen };
        self.z.extend(hidden);
    }

    /// The latents on the axes, without repetition: one if there is only one.
    pub fn shown(&self) -> &[usize] {
        let count = if self.axes[0] == self.axes[1] { 1 } else { 2 };
        &self.axes[..count]
    }
}

/// z* at the start: away from the origin, where by symmetry too much looks alike.
const START: [f64; 2] = [0.6, -0.5];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_fits_every_model() {
        let mut selection = Selection { axes: [3, 2], observation: Some(10), turned: [1, 3], ..Selection::default() };
        selection.z = vec![0.1; 4];
        selection.fit(4, 20);
        assert_eq!((selection.axes, selection.observation, selection.z.len()), ([3, 2], Some(10), 4));
        assert_eq!(selection.turned, [1, 3]);
        selection.fit(1, 5);
        assert_eq!(selection.turned, [0, 0], "one latent has nothing to turn with");
        assert_eq!((selection.shown(), selection.observation, selection.z.as_slice()), (&[0][..], None, &[0.1][..]));
        selection.fit(2, 5);
        assert_eq!((selection.shown(), selection.turned), (&[0, 1][..], [0, 1]));
        assert_eq!(selection.z, [0.1, 0.0]);
        selection.z[0] = f64::NAN;
        selection.fit(2, 5);
        assert!(selection.z[0].is_finite());
    }

    #[test]
    fn runs_with_different_latents_share_what_both_have() {
        let mut selection = Selection { axes: [2, 0], z: vec![1.0, 2.0, 3.0], ..Selection::default() };
        let before = selection.seen_by(2);
        assert_eq!((before.z.as_slice(), before.axes), (&[1.0, 2.0][..], [1, 0]));
        let mut seen = before.clone();
        selection.learn(&before, seen.clone());
        assert_eq!(selection.axes, [2, 0], "what is not changed is not taken over");
        seen.z[1] = -1.0;
        selection.learn(&before, seen);
        assert_eq!((selection.z, selection.axes), (vec![1.0, -1.0, 3.0], [2, 0]));
    }
}
