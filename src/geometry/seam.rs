//! Seams: images of lines through z* parallel to the latent axes, with the density pushed forward onto them.

use super::jet::{Jets, Order};
use crate::linalg::{Matrix, Real};
use crate::vae::{Prior, Vae};

/// Seam: the curve t ↦ d(z*₁, …, t, …, z*ₘ) with t in place of coordinate i (red in every figure; the line is blue).
#[derive(Clone, Debug, PartialEq)]
pub struct Seam {
    /// Latent i.
    pub latent: usize,
    /// Values of t in increasing order.
    pub t: Vec<f64>,
    /// d at these values: n × points.
    pub points: Matrix<f64>,
    /// Speed ‖∂ᵢ d‖ of the data point at these values.
    pub speed: Vec<f64>,
    /// Signed arc length from d(z*).
    pub arc: Vec<f64>,
    /// The prior of the latent.
    pub prior: Prior,
}

impl Seam {
    /// Seam along latent `i` through `z` on t ∈ [−range, range], at `points` ≥ 2 equidistant values. Single precision
    /// suffices for drawing.
    pub fn through<T: Real>(vae: &Vae<T>, z: &[f64], i: usize, range: f64, points: usize) -> Self {
        let step = 2.0 * range / (points - 1) as f64;
        let t: Vec<f64> = (0..points).map(|k| step.mul_add(k as f64, -range)).collect();
        let line = Matrix::from_fn(z.len(), points, |r, c| T::from_f64(if r == i { t[c] } else { z[r] }));
        let jets = Jets::along(vae, &line, &[i], Order::First);
        let speed: Vec<f64> = (0..points).map(|k| norm(jets.column(k, 0).iter().map(|x| x.to_f64()))).collect();
        Self { prior: vae.prior, ..Self::new(i, z[i], t, jets.value.map(T::to_f64), speed) }
    }

    /// Seam along latent `i` of a normal prior with `points` (n × points) and `speed` at equidistant `t`; arc length is measured from
    /// t = `origin`.
    pub fn new(i: usize, origin: f64, t: Vec<f64>, points: Matrix<f64>, speed: Vec<f64>) -> Self {
        // Trapezoids; the error per unit of t is the mean of d²‖∂ᵢd‖/dt² over the line times step²/12.
        let mut arc = vec![0.0; t.len()];
        for k in 1..t.len() {
            arc[k] = arc[k - 1] + 0.5 * (t[k] - t[k - 1]) * (speed[k - 1] + speed[k]);
        }
        let origin = interpolate(&t, &arc, origin);
        for s in &mut arc {
            *s -= origin;
        }
        Self { latent: i, t, points, speed, arc, prior: Prior::Normal }
    }

    /// Density over arc length, p(t) / ‖∂ᵢd‖, the prior of one latent pushed forward. Exact for any smooth decoder; it is the density
    /// of a coordinate of the data only if the conditions C1 and C2 hold. Infinite where the speed is zero.
    pub fn density(&self) -> Vec<f64> {
        self.t.iter().zip(&self.speed).map(|(t, speed)| self.prior.density(*t) / speed).collect()
    }

    /// Mass of the density between the ends of the seam, ∫ p/‖∂ᵢd‖ ds by trapezoids: for every decoder the share of the prior
    /// on [−range, range].
    pub fn mass(&self) -> f64 {
        let density = self.density();
        let pieces = density.windows(2).zip(self.arc.windows(2));
        pieces.map(|(p, s)| 0.5 * (p[0] + p[1]) * (s[1] - s[0])).filter(|mass| mass.is_finite()).sum()
    }

    /// Arc length at `t`.
    pub fn arc_at(&self, t: f64) -> f64 {
        interpolate(&self.t, &self.arc, t)
    }
}

/// Arc lengths at `t` (in increasing order) along latent `i` through `z`, measured without derivatives: the sum of distances
/// between neighbouring decoded points. An independent check of [`Seam::arc`].
pub fn measured_arcs<T: Real>(vae: &Vae<T>, z: &[f64], i: usize, t: &[f64]) -> Vec<f64> {
    /// Points decoded at once: images are large.
    const PIECE: usize = 256;
    let at = t.partition_point(|t| *t < z[i]);
    let with_origin: Vec<f64> = [&t[..at], &[z[i]], &t[at..]].concat();
    let line = |from: usize, to: usize| {
        let at = |r: usize, c: usize| T::from_f64(if r == i { with_origin[from + c] } else { z[r] });
        vae.decode(&Matrix::from_fn(z.len(), to - from, at))
    };
    let mut arc = vec![0.0; with_origin.len()];
    // Each piece begins with the last point of the one before.
    for from in (0..arc.len() - 1).step_by(PIECE) {
        let to = (from + PIECE + 1).min(arc.len());
        let image = line(from, to);
        for k in 1..to - from {
            let step = image.column(k).iter().zip(image.column(k - 1)).map(|(a, b)| a.to_f64() - b.to_f64());
            arc[from + k] = arc[from + k - 1] + norm(step);
        }
    }
    let origin = arc.remove(at);
    arc.iter().map(|s| s - origin).collect()
}

fn norm(x: impl Iterator<Item = f64>) -> f64 {
    x.map(|x| x * x).sum::<f64>().sqrt()
}

/// Piecewise linear function through (x, y) at `at`, extrapolated beyond its ends.
fn interpolate(x: &[f64], y: &[f64], at: f64) -> f64 {
    let k = x.partition_point(|x| *x <= at).clamp(1, x.len() - 1);
    let share = (at - x[k - 1]) / (x[k] - x[k - 1]);
    share.mul_add(y[k] - y[k - 1], y[k - 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};
    use rand_distr::{Distribution as _, StandardNormal};

    fn decoder() -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![16],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::new(3, architecture, Covariance::Diagonal, &mut stream(4, Purpose::Init, 0));
        for p in &mut vae.parameters {
            *p *= 2.0;
        }
        vae
    }

    #[test]
    fn a_seam_passes_through_the_image_of_its_point() {
        let (vae, z) = (decoder(), [0.3, -0.8]);
        let seam = Seam::through(&vae, &z, 1, 3.5, 701);
        assert!(seam.arc_at(-0.8).abs() < 1e-12);
        let k = seam.t.iter().position(|t| (t + 0.8).abs() < 1e-9).unwrap();
        let image = vae.decode(&Matrix::from_columns(2, 1, z.to_vec()));
        assert!(seam.points.column(k).iter().zip(image.column(0)).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    /// V11a: the histogram of decoded samples over measured arc length follows p/‖∂ᵢd‖, and its mass is that of the prior.
    #[test]
    fn pushed_density_is_that_of_decoded_samples() {
        let (vae, z) = (decoder(), [0.3, -0.8]);
        let seam = Seam::through(&vae, &z, 0, 3.5, 701);
        // The trapezoids err by 10⁻⁵; the prior has 4.7·10⁻⁴ of its mass beyond ±3.5.
        assert!((seam.mass() - 0.999_535).abs() < 2e-5, "{}", seam.mass());
        let mut rng = stream(1, Purpose::Analysis, 0);
        let mut t: Vec<f64> = (0..40_000).map(|_| StandardNormal.sample(&mut rng)).collect();
        t.sort_unstable_by(f64::total_cmp);
        let arcs = measured_arcs(&vae, &z, 0, &t);
        // Kolmogorov–Smirnov against the exact distribution, which in terms of t is Φ; 1.95/√N is its 0.1 % point.
        let worst = (0..=60).map(|k| -3.0 + 0.1 * f64::from(k)).map(|t0| {
            let below = arcs.partition_point(|s| *s <= seam.arc_at(t0)) as f64 / arcs.len() as f64;
            let exact = (0..2000)
                .map(|j| Prior::Normal.density(-8.0 + (t0 + 8.0) * (f64::from(j) + 0.5) / 2000.0))
                .sum::<f64>()
                * (t0 + 8.0)
                / 2000.0;
            (below - exact).abs()
        });
        assert!(worst.fold(0.0, f64::max) < 1.95 / 200.0);
        // Measured and integrated lengths agree: chords are short by less than κ²h²/24.
        let longest = arcs.iter().zip(&t).filter(|(_, t)| t.abs() < 3.0).map(|(s, t)| (s - seam.arc_at(*t)).abs());
        assert!(longest.fold(0.0, f64::max) < 1e-3);
    }
}
