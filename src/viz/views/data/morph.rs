//! From the latent plane to the manifold: where a point of either is on the way.

use eframe::egui::Color32;

use crate::viz::probe::Probe;
use crate::viz::projection::Projection;
use crate::viz::theme::Palette;

/// The latent plane laid on the tangent plane at d(z*), and how far it has become the manifold. Flat, a latent z stands
/// at d(z*) + κ Σ (zᵢ − z*ᵢ) uᵢ over the latents that are shown, with one κ for all, the geometric mean of their sᵢ, so that
/// the flat plane has the shape of latent space.
pub(super) struct Morph<'a> {
    probe: &'a Probe,
    projection: &'a Projection,
    /// 0: the latent plane; 1: the manifold.
    tau: f64,
    kappa: f64,
    /// The place of d(z*).
    foot: [f32; 3],
    /// The directions of the uᵢ of the shown latents in space.
    directions: Vec<[f32; 3]>,
}

impl<'a> Morph<'a> {
    pub(super) fn new(probe: &'a Probe, projection: &'a Projection, tau: f64) -> Self {
        let (s, shown) = (&probe.svd.singular_values, probe.shown());
        let logs: f64 = shown.iter().map(|i| s[*i].max(1e-3).ln()).sum();
        let foot = projection.space(&probe.image);
        let directions = shown.iter().map(|i| projection.direction(probe.svd.u.column(*i).as_slice())).collect();
        Self { probe, projection, tau, kappa: (logs / shown.len() as f64).exp(), foot, directions }
    }

    /// True at τ = 1, on the manifold.
    pub(super) fn is_done(&self) -> bool {
        self.tau >= 1.0
    }

    /// The morphed point of latent `z` with image `x`, in the plane of the screen. Most of the time nothing is on
    /// the way, and nobody asks for `z`.
    pub(super) fn plane<T: Copy + Into<f64>>(&self, z: impl FnOnce() -> Vec<f64>, x: &[T]) -> [f64; 2] {
        if self.is_done() {
            return self.projection.plane(x);
        }
        let [x, y, _] = self.space(z, || self.projection.space(x));
        [x, y].map(f64::from)
    }

    /// The same in space, for an image that lies at `place`.
    pub(super) fn space(&self, z: impl FnOnce() -> Vec<f64>, place: impl FnOnce() -> [f32; 3]) -> [f32; 3] {
        let place = place();
        if self.is_done() {
            return place;
        }
        // The projection is affine, so a mean of points is projected to the mean of their places.
        let (z, tau) = (z(), self.tau as f32);
        let mut flat = self.foot;
        for (i, direction) in self.probe.shown().iter().zip(&self.directions) {
            let along = (self.kappa * (z[*i] - self.probe.z()[*i])) as f32;
            flat.iter_mut().zip(direction).for_each(|(flat, u)| *flat += along * u);
        }
        [0, 1, 2].map(|axis| (1.0 - tau) * flat[axis] + tau * place[axis])
    }

    /// The colour of what is on its way from latent space to data space.
    pub(super) fn color(&self, palette: &Palette) -> Color32 {
        palette.latent.lerp_to_gamma(palette.image, self.tau as f32)
    }
}
