//! The selection: z\*, camera, layers and what else is shown. None of it changes the run.

use serde::{Deserialize, Serialize};

use super::factor_matrix::FactorMatrix;
use super::layers::Layers;
use super::motion::{MORPH, Motion, PERIOD, latent_at, phase_of};
use super::symbol::Symbol;
use super::traversal::Traversal;
use crate::experiment::Snapshot;
use crate::geometry::{MapQuantity, Rotation};
use crate::paint::Camera;

/// Latents whose pairs the latent view shows at most.
pub const MOST_IN_PAIRS: usize = 5;

/// z*, the chosen observation, camera and layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// z*, a point of latent space (m).
    pub z: Vec<f64>,
    /// The latents on the axes of the latent view.
    pub axes: [usize; 2],
    /// Show every pair of latents in the latent view, for as many as there is room for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pairs: bool,
    /// The index of the chosen observation among the encoded ones.
    pub observation: Option<usize>,
    /// Layers of data space.
    pub layers: Layers,
    /// Draw unit vectors uᵢ instead of sᵢ uᵢ.
    pub unit_arrows: bool,
    /// The camera of 3-D data space; `None` until data space is first drawn.
    pub camera: Option<Camera>,
    /// Morph from the latent plane (0) to the manifold (1).
    pub tau: f64,
    /// The playback, if one runs.
    #[serde(skip)]
    pub motion: Option<Motion>,
    /// The phase of a traversal, between 0 and 1.
    #[serde(skip)]
    pub phase: f64,
    /// Show samples of the chosen posterior.
    pub draw: bool,
    /// φ, the angle by which the latents would be rotated, in degrees.
    pub phi: f64,
    /// The view of rotations has β across, where there is a closed form.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub over_beta: bool,
    /// The two latents that would be rotated.
    #[serde(rename = "turned")]
    pub rotated: [usize; 2],
    /// The shown step of the run; `None`: the newest.
    #[serde(skip)]
    pub shown_step: Option<u64>,
    /// Opposite corners of the latent rectangle of the loop integrals.
    pub corners: [[f64; 2]; 2],
    /// The factor that colours observations and their codes; numbers beyond the factors are labels.
    pub color: Option<usize>,
    /// The quantity that colours the latent plane and its image.
    pub heat: Option<MapQuantity>,
    /// The training plots have an axis of √steps.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub root_steps: bool,
    /// The ranges of both axes of the latent view; `None`: the prior.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latent_window: Option<[[f64; 2]; 2]>,
    /// The first and last step of the training plots; `None`: all steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_range: Option<[f64; 2]>,
    /// Settings of the view of traversals.
    pub traversal: Traversal,
    /// Settings of the view of reconstructions.
    pub reconstructions: Reconstructions,
    /// Training curves show the parts of the KL, and not the KL of each latent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub kl_parts: bool,
    /// What the view of factors shows.
    #[serde(skip_serializing_if = "FactorMatrix::is_scatters")]
    pub factor_matrix: FactorMatrix,
    /// z\* itself while `z` is a preview.
    #[serde(skip)]
    pub anchor: Option<Vec<f64>>,
    /// The dial of φ is being dragged: data and latent space show the rotated latents.
    #[serde(skip)]
    pub is_turning: bool,
    /// Letting go of the dial rotates the living run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rotates_on_release: bool,
    /// The symbol whose formulas and marks are emphasised.
    #[serde(skip)]
    pub highlighted: Option<Symbol>,
    /// The symbol under the pointer in this frame.
    #[serde(skip)]
    pub pointed: Option<Symbol>,
    /// True if the preview was asked for since the last [`end_stale_preview`](Selection::end_stale_preview).
    #[serde(skip)]
    pub is_preview_fresh: bool,
}

/// Settings of the view of reconstructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reconstructions {
    /// The first shown observation, as a place in the order.
    pub first: usize,
    /// The largest squared error first, and not the order of the held-out data.
    pub worst_first: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            z: Vec::new(),
            axes: [0, 1],
            pairs: false,
            root_steps: false,
            latent_window: None,
            step_range: None,
            observation: None,
            layers: Layers::default(),
            unit_arrows: false,
            camera: None,
            tau: 1.0,
            motion: None,
            phase: 0.0,
            draw: false,
            phi: 0.0,
            over_beta: false,
            rotated: [0, 1],
            shown_step: None,
            corners: [[-1.0, -1.0], [1.0, 1.0]],
            color: None,
            heat: None,
            traversal: Traversal::default(),
            reconstructions: Reconstructions::default(),
            kl_parts: false,
            factor_matrix: FactorMatrix::default(),
            anchor: None,
            is_turning: false,
            rotates_on_release: false,
            highlighted: None,
            pointed: None,
            is_preview_fresh: false,
        }
    }
}

impl Selection {
    /// The rotation by φ.
    pub fn rotation(&self) -> Rotation {
        Rotation { degrees: self.phi, plane: self.rotated }
    }

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
        if self.rotated[0] == self.rotated[1] || self.rotated.iter().any(|i| *i >= m) {
            self.rotated = [0, 1.min(m - 1)];
        }
        self.observation = self.observation.filter(|i| *i < encoded);
        // That of a file may be anything.
        let is_range = |[low, high]: &[f64; 2]| low.abs() <= 100.0 && high.abs() <= 100.0 && high - low > 1e-3;
        self.latent_window = self.latent_window.filter(|window| window.iter().all(is_range));
    }

    /// As at the start, with the layers that are chosen.
    pub fn at_start(&self) -> Self {
        Self { layers: self.layers, ..Self::default() }
    }

    /// The selection for a run with `m` latents: surplus latents are left out, missing ones are 0.
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
        let rotated = if before.rotated == seen.rotated { self.rotated } else { seen.rotated };
        *self = Self { axes, rotated, ..seen };
        self.z.extend(&hidden);
        if before.anchor.is_none()
            && let Some(anchor) = &mut self.anchor
        {
            anchor.extend(hidden);
        }
    }

    /// z\* itself, also while another latent is previewed.
    pub fn rest(&self) -> &[f64] {
        let anchor = self.anchor.as_deref().unwrap_or(&self.z);
        &anchor[..anchor.len().min(self.z.len())]
    }

    /// The selection without a preview and without motion, as files keep it.
    pub fn at_rest(&self) -> Self {
        let mut rest = Self {
            is_preview_fresh: false,
            is_turning: false,
            motion: None,
            phase: 0.0,
            highlighted: None,
            pointed: None,
            ..self.clone()
        };
        rest.traversal.phase = None;
        rest.end_stale_preview();
        rest
    }

    /// Shows another latent in the place of z\*, as long as it is asked for in every frame.
    pub fn preview(&mut self, z: Vec<f64>) {
        if self.anchor.is_none() {
            self.anchor = Some(std::mem::take(&mut self.z));
        }
        self.z = z;
        self.is_preview_fresh = true;
    }

    /// True if a mark of this symbol is emphasised.
    pub fn emphasises(&self, symbol: Symbol) -> bool {
        self.highlighted == Some(symbol)
    }

    /// The width of a mark of this symbol: larger if it is emphasised.
    pub fn width_of(&self, symbol: Symbol, width: f32) -> f32 {
        if self.emphasises(symbol) { 2.0 * width } else { width }
    }

    /// Emphasises in the next frame what was pointed at in this one. Says whether that is something else.
    pub fn follow_pointer(&mut self) -> bool {
        let pointed = self.pointed.take();
        std::mem::replace(&mut self.highlighted, pointed) != pointed
    }

    /// Moves z\*, and ends a preview.
    pub fn move_to(&mut self, z: Vec<f64>) {
        (self.z, self.anchor, self.is_preview_fresh) = (z, None, false);
    }

    /// Goes back to z\* unless a preview was asked for since the last time.
    pub fn end_stale_preview(&mut self) {
        if !std::mem::take(&mut self.is_preview_fresh)
            && let Some(z) = self.anchor.take()
        {
            self.z = z;
        }
    }

    /// True if the latent view shows all pairs of `m` latents.
    pub fn shows_pairs(&self, m: usize) -> bool {
        self.pairs && (3..=MOST_IN_PAIRS).contains(&m)
    }

    /// The planes that the latent view shows: the chosen one, or all pairs of `m` latents. None with one latent.
    pub fn planes(&self, m: usize) -> Vec<[usize; 2]> {
        match self.axes {
            _ if self.shows_pairs(m) => (1..m).flat_map(|b| (0..b).map(move |a| [a, b])).collect(),
            [a, b] if a == b => Vec::new(),
            axes => vec![axes],
        }
    }

    /// Puts the two active latents with the largest KL on the axes and under the dial where a collapsed one is there: of those there is
    /// nothing to see.
    pub fn show_active(&mut self, snapshot: &Snapshot) {
        let mut active = snapshot.geometry.active.clone();
        if active.len() < 2 || !self.axes.iter().any(|latent| snapshot.geometry.is_collapsed(*latent)) {
            return;
        }
        if let Some(row) = snapshot.history.last() {
            let kl = |latent: &usize| row.kl_per_dim.get(*latent).copied().unwrap_or(0.0);
            active.sort_by(|a, b| kl(b).total_cmp(&kl(a)));
        }
        self.axes = [active[0].min(active[1]), active[0].max(active[1])];
        self.rotated = self.axes;
    }

    /// The latents on the axes, without repetition: one if there is only one.
    pub fn shown(&self) -> &[usize] {
        let count = if self.axes[0] == self.axes[1] { 1 } else { 2 };
        &self.axes[..count]
    }
}

impl Selection {
    /// Starts a motion, or stops it.
    pub fn play(&mut self, motion: Motion) {
        self.traversal.phase = None;
        if self.motion == Some(motion) {
            self.motion = None;
            return;
        }
        self.motion = Some(motion);
        match motion {
            Motion::Morph => self.tau = 0.0,
            Motion::Traverse(i) => self.phase = self.z.get(i).map_or(0.25, |z| phase_of(*z)),
            Motion::TraverseAll => self.phase = self.z.first().map_or(0.25, |z| phase_of(*z)),
            Motion::TraverseRows => self.traversal.phase = Some(0.0),
        }
    }

    /// Moves on by some seconds. Says whether anything is moving.
    pub fn move_on(&mut self, seconds: f64) -> bool {
        match self.motion {
            None => return false,
            Some(Motion::Morph) => {
                self.tau = (self.tau + seconds / MORPH).min(1.0);
                if self.tau == 1.0 {
                    self.motion = None;
                }
            }
            Some(Motion::TraverseRows) => {
                let phase = self.traversal.phase.unwrap_or(0.0);
                self.traversal.phase = Some((phase + seconds / PERIOD).fract());
            }
            Some(traversal) => {
                self.phase = (self.phase + seconds / PERIOD).fract();
                let value = latent_at(self.phase);
                self.observation = None;
                for (i, z) in self.z.iter_mut().enumerate() {
                    if traversal == Motion::TraverseAll || traversal == Motion::Traverse(i) {
                        *z = value;
                    }
                }
            }
        }
        true
    }
}

/// z* at the start: away from the origin, where by symmetry too much looks alike.
const START: [f64; 2] = [0.6, -0.5];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;

    #[test]
    fn selection_fits_every_model() {
        let mut selection = Selection { axes: [3, 2], observation: Some(10), rotated: [1, 3], ..Selection::default() };
        selection.z = vec![0.1; 4];
        selection.fit(4, 20);
        assert_eq!((selection.axes, selection.observation, selection.z.len()), ([3, 2], Some(10), 4));
        assert_eq!(selection.rotated, [1, 3]);
        selection.fit(1, 5);
        assert_eq!(selection.rotated, [0, 0], "one latent has nothing to turn with");
        assert_eq!((selection.shown(), selection.observation, selection.z.as_slice()), (&[0][..], None, &[0.1][..]));
        selection.fit(2, 5);
        assert_eq!((selection.shown(), selection.rotated), (&[0, 1][..], [0, 1]));
        assert_eq!(selection.z, [0.1, 0.0]);
        selection.z[0] = f64::NAN;
        selection.fit(2, 5);
        assert!(selection.z[0].is_finite());
    }

    #[test]
    fn all_pairs_are_shown_of_three_to_five_latents() {
        let one = Selection { axes: [2, 0], ..Selection::default() };
        assert_eq!(one.planes(3), [[2, 0]]);
        let all = Selection { pairs: true, ..one };
        assert_eq!(all.planes(3), [[0, 1], [0, 2], [1, 2]]);
        assert_eq!([2, 5, 6].map(|m| all.planes(m).len()), [1, 10, 1]);
        assert!(Selection { axes: [0, 0], ..all }.planes(1).is_empty());
        // Files of earlier versions stay as they are.
        let text = serde_json::to_string(&Selection::default()).unwrap();
        assert!(
            !text.contains("pairs")
                && !text.contains("pictures")
                && !text.contains("pinned")
                && !text.contains("ellipses"),
            "{text}"
        );
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

    /// First all latents are active, then the first and the last, then a single one.
    #[test]
    fn active_latents_come_onto_the_axes() {
        let (snapshot, _) = trained("water-filling", 40);
        let (mut snapshot, m) = ((*snapshot).clone(), snapshot.latent_dim());
        let mut selection = Selection { z: vec![0.0; m], ..Selection::default() };
        snapshot.geometry.active = (0..m).collect();
        selection.show_active(&snapshot);
        assert_eq!(selection.axes, [0, 1], "nothing moves where there is something to see");
        snapshot.geometry.active = vec![0, m - 1];
        selection.show_active(&snapshot);
        assert_eq!((selection.axes, selection.rotated), ([0, m - 1], [0, m - 1]));
        snapshot.geometry.active = vec![1];
        selection.show_active(&snapshot);
        assert_eq!(selection.axes, [0, m - 1], "a single one has no other");
    }

    #[test]
    fn a_traversal_starts_where_it_is_and_comes_back() {
        let mut selection = Selection { z: vec![0.7, -0.4], ..Selection::default() };
        selection.play(Motion::Traverse(0));
        assert!(selection.move_on(1e-9) && (selection.z[0] - 0.7).abs() < 1e-6);
        let mut extremes = (f64::INFINITY, f64::NEG_INFINITY);
        for _ in 0..600 {
            selection.move_on(PERIOD / 600.0);
            extremes = (extremes.0.min(selection.z[0]), extremes.1.max(selection.z[0]));
        }
        assert!((selection.z[0] - 0.7).abs() < 1e-6, "a period later it is back");
        assert!(extremes.0 < -2.2 && extremes.1 > 2.2 && selection.z[1] == -0.4);
        selection.play(Motion::TraverseAll);
        selection.move_on(0.1);
        assert_eq!(selection.z[0], selection.z[1], "in phase");
        selection.play(Motion::TraverseAll);
        assert!(!selection.move_on(0.1), "the same button stops it");
    }

    #[test]
    fn the_morph_takes_a_second_and_a_half_and_ends_on_the_manifold() {
        let mut selection = Selection::default();
        assert_eq!(selection.tau, 1.0);
        selection.play(Motion::Morph);
        assert_eq!(selection.tau, 0.0);
        for _ in 0..15 {
            selection.move_on(0.1);
        }
        selection.move_on(1e-6);
        assert_eq!((selection.tau, selection.motion), (1.0, None));
    }
}
