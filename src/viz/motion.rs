//! What moves by itself: the latent plane that becomes the manifold, and z* on its way through the prior.

use super::Selection;
use crate::stats::normal_quantile;

/// Something that moves by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// The latent plane becomes the manifold.
    Morph,
    /// One latent runs through the prior.
    Traverse(usize),
    /// All latents run through the prior in phase.
    TraverseAll,
}

/// Seconds from the latent plane to the manifold.
const MORPH: f64 = 1.5;

/// Seconds of a traversal forth and back.
const PERIOD: f64 = 6.0;

/// The share of the prior that a traversal leaves out on either side.
const TAIL: f64 = 0.01;

impl Selection {
    /// Starts a motion, or stops it.
    pub fn play(&mut self, motion: Motion) {
        if self.motion == Some(motion) {
            self.motion = None;
            return;
        }
        self.motion = Some(motion);
        match motion {
            Motion::Morph => self.tau = 0.0,
            Motion::Traverse(i) => self.phase = self.z.get(i).map_or(0.25, |z| phase_of(*z)),
            Motion::TraverseAll => self.phase = self.z.first().map_or(0.25, |z| phase_of(*z)),
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

/// Where a latent is at a phase between 0 and 1: up the quantiles of the prior and down again, so that it spends equal
/// time on equal mass.
fn latent_at(phase: f64) -> f64 {
    let up = 1.0 - (2.0 * phase - 1.0).abs();
    normal_quantile(TAIL + (1.0 - 2.0 * TAIL) * up)
}

/// The phase on the way up at which a latent is at `z`, or the nearest one.
fn phase_of(z: f64) -> f64 {
    let (mut low, mut high) = (0.0, 0.5);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if latent_at(middle) < z { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

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
