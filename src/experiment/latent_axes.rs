//! Test of C1 in a plane: right singular vectors of a decoder against its latent axes.

use super::config::Config;
use super::measure::{posteriors, summarise};
use crate::data::Dataset;
use crate::vae::Vae;

/// Samples at which they are looked at.
const LOOKED_AT: usize = 16;

/// V counts as the identity up to this mean distance from the nearest signed permutation: 4° for two latents.
const ALIGNED: f64 = 0.1;

/// True if the right singular vectors of a model from a file are latent axes, so that the curves along them are the seams.
pub fn has_latent_axes(config: &Config, samples: &Dataset) -> bool {
    let Some(model) = config.origin.model() else { return true };
    let count = LOOKED_AT.min(samples.test.samples());
    // At the latents of the samples, whatever an encoder makes of them.
    let decoder = Vae { has_encoder: false, ..model.vae.cast::<f64>() };
    let geometry = summarise(&decoder, &posteriors(&decoder, &samples.test, count), &config.settings(), false);
    geometry.dto.is_ok_and(|distance| distance < ALIGNED)
}
