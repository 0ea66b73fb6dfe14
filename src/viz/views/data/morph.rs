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
}

impl<'a> Morph<'a> {
    pub(super) fn new(probe: &'a Probe, projection: &'a Projection, tau: f64) -> Self {
        let (s, shown) = (&probe.svd.singular_values, probe.shown());
        let logs: f64 = shown.iter().map(|i| s[*i].max(1e-3).ln()).sum();
        Self { probe, projection, tau, kappa: (logs / shown.len() as f64).exp() }
    }

    /// True at τ = 1, on the manifold.
    pub(super) fn is_done(&self) -> bool {
        self.tau >= 1.0
    }

    /// The morphed point of latent `z` with image `x`, in the plane of the screen. Most of the time nothing is on
    /// the way, and nobody asks for `z`.
    pub(super) fn plane<T: Copy + Into<f64>>(&self, z: impl FnOnce() -> Vec<f64>, x: &[T]) -> [f64; 2] {
        if self.is_done() { self.projection.plane(x) } else { self.projection.plane(&self.point(&z(), x)) }
    }

    /// The same in space.
    pub(super) fn space<T: Copy + Into<f64>>(&self, z: impl FnOnce() -> Vec<f64>, x: &[T]) -> [f32; 3] {
        if self.is_done() { self.projection.space(x) } else { self.projection.space(&self.point(&z(), x)) }
    }

    fn point<T: Copy + Into<f64>>(&self, z: &[f64], x: &[T]) -> Vec<f64> {
        let probe = self.probe;
        let flat = |c: usize| {
            let along = |i: &usize| (z[*i] - probe.z()[*i]) * probe.svd.u[(c, *i)];
            probe.image[c] + self.kappa * probe.shown().iter().map(along).sum::<f64>()
        };
        x.iter().enumerate().map(|(c, x)| (1.0 - self.tau) * flat(c) + self.tau * (*x).into()).collect()
    }

    /// The colour of what is on its way from latent space to data space.
    pub(super) fn color(&self, palette: &Palette) -> Color32 {
        palette.latent.lerp_to_gamma(palette.image, self.tau as f32)
    }
}
