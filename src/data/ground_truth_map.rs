//! Ground-truth maps from factors to noise-free observations, with exact Jacobians.

use std::f64::consts::PI;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::image_map;
use crate::linalg::Real as _;

/// A true decoder d: Rᵐ → Rⁿ. Parameters give angles in degrees, formulas in radians.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum GroundTruthMap {
    /// Q diag(scales) z, where Q holds the first m columns of a fixed rotation that is aligned with no axis.
    Linear {
        /// n ≥ m.
        dimension: usize,
        /// m singular values.
        scales: Vec<f64>,
    },
    /// A z, n = m = 2, whose columns lie symmetrically about the diagonal of the plane.
    Mixing {
        /// The angle between the columns of A [default: 60].
        #[serde(default = "hundredths::<6000>")]
        angle: f64,
        /// The length of the first column; the second has length 1 [default: 1].
        #[serde(default = "hundredths::<100>")]
        ratio: f64,
    },
    /// (r cos ωz₁, r sin ωz₁, h z₂): singular values rω and h everywhere.
    Cylinder {
        /// r [default: 2].
        #[serde(default = "hundredths::<200>")]
        radius: f64,
        /// ω [default: 0.8].
        #[serde(default = "hundredths::<80>")]
        rate: f64,
        /// h [default: 0.8].
        #[serde(default = "hundredths::<80>")]
        height: f64,
    },
    /// (ρ cos ωz₁, ρ sin ωz₁, h z₂) with ρ = r + g z₁: singular values √(g² + ρ²ω²) and h.
    SwissRoll {
        /// r [default: 1.5].
        #[serde(default = "hundredths::<150>")]
        radius: f64,
        /// g [default: 0.35].
        #[serde(default = "hundredths::<35>")]
        growth: f64,
        /// ω [default: 1.1].
        #[serde(default = "hundredths::<110>")]
        rate: f64,
        /// h [default: 0.8].
        #[serde(default = "hundredths::<80>")]
        height: f64,
    },
    /// (r sin ωz₁, h z₂, r sign(ωz₁)(cos ωz₁ − 1)), two arcs of a circle: singular values rω and h everywhere.
    SCurve {
        /// r [default: 1.6].
        #[serde(default = "hundredths::<160>")]
        radius: f64,
        /// ω [default: 1].
        #[serde(default = "hundredths::<100>")]
        rate: f64,
        /// h [default: 0.8].
        #[serde(default = "hundredths::<80>")]
        height: f64,
    },
    /// ρ (cos ωz₂, sin ωz₂) with ρ = r exp(g z₁): singular values gρ and ωρ, both functions of z₁.
    Polar {
        /// r [default: 2.5].
        #[serde(default = "hundredths::<250>")]
        radius: f64,
        /// g [default: 0.4]. If it equals ω, the map is conformal and V undefined.
        #[serde(default = "hundredths::<40>")]
        growth: f64,
        /// ω [default: 0.8].
        #[serde(default = "hundredths::<80>")]
        rate: f64,
    },
    /// r (cos az₁ cos bz₂, cos az₁ sin bz₂, sin az₁): singular values ra and rb cos az₁.
    Sphere {
        /// r [default: 2].
        #[serde(default = "hundredths::<200>")]
        radius: f64,
        /// a [default: 0.4].
        #[serde(default = "hundredths::<40>")]
        latitude: f64,
        /// b [default: 0.7].
        #[serde(default = "hundredths::<70>")]
        longitude: f64,
    },
    /// (w z, h (z² − 1)), m = 1: the speed √(w² + 4h²z²) varies along the curve.
    Parabola {
        /// w [default: 1.5].
        #[serde(default = "hundredths::<150>")]
        width: f64,
        /// h [default: 0.6].
        #[serde(default = "hundredths::<60>")]
        height: f64,
    },
    /// (r sin u/r, v, r (1 − cos u/r)) with (u, v) = s (z₁ + z₂ cos α, z₂ sin α): skew coordinates of a sheet rolled
    /// without stretching. `JᵀJ` is constant but not diagonal.
    Skew {
        /// r [default: 2].
        #[serde(default = "hundredths::<200>")]
        radius: f64,
        /// α [default: 60].
        #[serde(default = "hundredths::<6000>")]
        angle: f64,
        /// s [default: 1].
        #[serde(default = "hundredths::<100>")]
        scale: f64,
    },
    /// diag(long, short) R(κ‖z‖) z, n = m = 2, with the rotation R by an angle that grows with the distance from the origin. R(κ‖z‖) z
    /// is a standard normal variable as z is, so κ changes nothing in the law of the data, and everything in what the factors are
    /// (Locatello et al. 2019, theorem 1).
    Twist {
        /// [default: 1.5]
        #[serde(default = "hundredths::<150>")]
        long: f64,
        /// [default: 0.7]
        #[serde(default = "hundredths::<70>")]
        short: f64,
        /// κ, radians per prior standard deviation [default: 0.5].
        #[serde(default = "hundredths::<50>")]
        twist: f64,
    },
    /// (z₁, z₂, ε (z₁ + z₂)): `JᵀJ` = I + ε² (1 1; 1 1), whose eigenvectors are the diagonals for every ε > 0, however small (after
    /// Zietlow et al. 2021).
    Whisper {
        /// ε [default: 0.2].
        #[serde(default = "hundredths::<20>")]
        whisper: f64,
    },
    /// Probabilities of n bits, π = 1/(1 + e^−η) with η_k = `long` cos θ_k z₁ + `short` sin θ_k z₂ + o_k, θ_k = (k + ½) π/n and
    /// thresholds o_k of −1, 0 and 1 in turn. An observation is a throw of the n coins.
    Bits {
        /// n [default: 8].
        #[serde(default = "pixels::<8>")]
        bits: usize,
        /// [default: 4]
        #[serde(default = "hundredths::<400>")]
        long: f64,
        /// [default: 2]
        #[serde(default = "hundredths::<200>")]
        short: f64,
    },
    /// A picture of size² pixels: a Gaussian blob of widths `width_x`, `width_y` at (½ + `range_x` z₁, ½ + `range_y` z₂), in units of
    /// the side. Far from the borders its singular values are `range_x` √(π `width_y`/2 `width_x`) · size and likewise in y.
    Blob {
        /// Pixels of a side [default: 24].
        #[serde(default = "pixels::<24>")]
        size: usize,
        /// [default: 0.1]
        #[serde(default = "hundredths::<10>")]
        range_x: f64,
        /// [default: 0.05]
        #[serde(default = "hundredths::<5>")]
        range_y: f64,
        /// [default: 0.08]
        #[serde(default = "hundredths::<8>")]
        width_x: f64,
        /// [default: 0.08]
        #[serde(default = "hundredths::<8>")]
        width_y: f64,
    },
    /// A picture of size² pixels: a disc with a soft edge at (½ + `range_x` z₁, ½ + `range_y` z₂), of radius `radius` + `range_radius` z₃
    /// and brightness ½ + `range_shade` z₄. Radius and brightness are not orthogonal: both brighten the rim.
    Disc {
        /// Pixels of a side [default: 16].
        #[serde(default = "pixels::<16>")]
        size: usize,
        /// [default: 0.12]
        #[serde(default = "hundredths::<12>")]
        range_x: f64,
        /// [default: 0.07]
        #[serde(default = "hundredths::<7>")]
        range_y: f64,
        /// [default: 0.28]
        #[serde(default = "hundredths::<28>")]
        radius: f64,
        /// [default: 0.02]
        #[serde(default = "hundredths::<2>")]
        range_radius: f64,
        /// [default: 0.08]
        #[serde(default = "hundredths::<8>")]
        range_shade: f64,
    },
}

impl GroundTruthMap {
    /// d(z), n numbers.
    ///
    /// # Panics
    /// If `z` does not have m numbers; the same holds for [`Self::jacobian`].
    pub fn value(&self, z: &[f64]) -> Vec<f64> {
        self.evaluate(z).0
    }

    /// ∂d/∂z (n×m).
    pub fn jacobian(&self, z: &[f64]) -> DMatrix<f64> {
        self.evaluate(z).1
    }

    /// m.
    pub fn latent_dim(&self) -> usize {
        match self {
            Self::Linear { scales, .. } => scales.len(),
            Self::Parabola { .. } => 1,
            Self::Disc { .. } => 4,
            _ => 2,
        }
    }

    /// n.
    pub fn data_dim(&self) -> usize {
        match self {
            Self::Linear { dimension, .. } => *dimension,
            Self::Bits { bits, .. } => *bits,
            Self::Blob { size, .. } | Self::Disc { size, .. } => size * size,
            Self::Mixing { .. } | Self::Polar { .. } | Self::Parabola { .. } | Self::Twist { .. } => 2,
            Self::Cylinder { .. }
            | Self::SwissRoll { .. }
            | Self::SCurve { .. }
            | Self::Sphere { .. }
            | Self::Skew { .. }
            | Self::Whisper { .. } => 3,
        }
    }

    /// Pixels of a side, if observations are pictures.
    pub fn picture_size(&self) -> Option<usize> {
        match self {
            Self::Blob { size, .. } | Self::Disc { size, .. } => Some(*size),
            _ => None,
        }
    }

    /// True if the values are probabilities of bits, which are thrown.
    pub fn is_of_bits(&self) -> bool {
        matches!(self, Self::Bits { .. })
    }

    /// C1: true if the columns of the Jacobian are orthogonal at every z; for a blob, wherever it is whole on the picture.
    pub fn c1(&self) -> bool {
        match self {
            Self::Mixing { angle, .. } | Self::Skew { angle, .. } => (angle - 90.0).abs() < 1e-9,
            Self::Twist { twist, .. } => *twist == 0.0,
            Self::Whisper { whisper } => *whisper == 0.0,
            Self::Disc { .. } | Self::Bits { .. } => false,
            _ => true,
        }
    }

    /// C2: true if the length of each column i of the Jacobian depends on `z_i` alone.
    pub fn c2(&self) -> bool {
        match self {
            Self::Polar { .. } | Self::Sphere { .. } | Self::Disc { .. } | Self::Bits { .. } => false,
            Self::Twist { twist, .. } => *twist == 0.0,
            _ => true,
        }
    }

    /// Names of the m factors.
    pub fn factor_names(&self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Linear { scales, .. } => return (1..=scales.len()).map(|i| format!("factor {i}")).collect(),
            Self::Mixing { .. } | Self::Skew { .. } | Self::Twist { .. } | Self::Whisper { .. } | Self::Bits { .. } => {
                &["source 1", "source 2"]
            }
            Self::Cylinder { .. } => &["angle", "height"],
            Self::SwissRoll { .. } | Self::SCurve { .. } => &["along", "across"],
            Self::Polar { .. } => &["radius", "angle"],
            Self::Sphere { .. } => &["latitude", "longitude"],
            Self::Parabola { .. } => &["position"],
            Self::Blob { .. } => &["x", "y"],
            Self::Disc { .. } => &["x", "y", "size", "shade"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// d(z) and ∂d/∂z.
    fn evaluate(&self, z: &[f64]) -> (Vec<f64>, DMatrix<f64>) {
        assert_eq!(z.len(), self.latent_dim(), "the map takes {} factors", self.latent_dim());
        let (z1, z2) = (z[0], z.get(1).copied().unwrap_or_default());
        match *self {
            Self::Linear { dimension, ref scales } => linear(dimension, scales, z),
            Self::Mixing { angle, ratio } => {
                let [(sin1, cos1), (sin2, cos2)] = [45.0 - angle / 2.0, 45.0 + angle / 2.0].map(sin_cos_of_degrees);
                let columns = [[ratio * cos1, ratio * sin1], [cos2, sin2]];
                ((0..2).map(|r| columns[0][r] * z1 + columns[1][r] * z2).collect(), matrix(columns))
            }
            Self::Cylinder { radius, rate, height } => {
                let (sin, cos) = (rate * z1).sin_cos();
                let columns = [[-radius * rate * sin, radius * rate * cos, 0.0], [0.0, 0.0, height]];
                (vec![radius * cos, radius * sin, height * z2], matrix(columns))
            }
            Self::SwissRoll { radius, growth, rate, height } => {
                let ((sin, cos), rho) = ((rate * z1).sin_cos(), radius + growth * z1);
                let along = [growth * cos - rho * rate * sin, growth * sin + rho * rate * cos, 0.0];
                (vec![rho * cos, rho * sin, height * z2], matrix([along, [0.0, 0.0, height]]))
            }
            Self::SCurve { radius, rate, height } => {
                let ((sin, cos), sign) = ((rate * z1).sin_cos(), (rate * z1).signum());
                let columns = [[radius * rate * cos, 0.0, -radius * rate * sign * sin], [0.0, height, 0.0]];
                (vec![radius * sin, height * z2, radius * sign * (cos - 1.0)], matrix(columns))
            }
            Self::Polar { radius, growth, rate } => {
                let ((sin, cos), rho) = ((rate * z2).sin_cos(), radius * (growth * z1).exp());
                let columns = [[growth * rho * cos, growth * rho * sin], [-rate * rho * sin, rate * rho * cos]];
                (vec![rho * cos, rho * sin], matrix(columns))
            }
            Self::Sphere { radius, latitude, longitude } => {
                let ((sin1, cos1), (sin2, cos2)) = ((latitude * z1).sin_cos(), (longitude * z2).sin_cos());
                let north = [-sin1 * cos2, -sin1 * sin2, cos1].map(|x| radius * latitude * x);
                let east = [-cos1 * sin2, cos1 * cos2, 0.0].map(|x| radius * longitude * x);
                (vec![radius * cos1 * cos2, radius * cos1 * sin2, radius * sin1], matrix([north, east]))
            }
            Self::Parabola { width, height } => {
                (vec![width * z1, height * (z1 * z1 - 1.0)], matrix([[width, 2.0 * height * z1]]))
            }
            Self::Skew { radius, angle, scale } => {
                let (sin, cos) = sin_cos_of_degrees(angle);
                let (u, v) = (scale * (z1 + z2 * cos), scale * z2 * sin);
                let (sin_u, cos_u) = (u / radius).sin_cos();
                let columns = [[cos_u, 0.0, sin_u], [cos * cos_u, sin, cos * sin_u]].map(|c| c.map(|x| scale * x));
                (vec![radius * sin_u, v, radius * (1.0 - cos_u)], matrix(columns))
            }
            Self::Twist { long, short, twist } => {
                let radius = z1.hypot(z2);
                let (sin, cos) = (twist * radius).sin_cos();
                let turned = [cos * z1 - sin * z2, sin * z1 + cos * z2];
                // ∂ⱼ R(κρ)z = R eⱼ + κ (zⱼ/ρ) R(κρ + 90°) z, and zⱼ/ρ z → 0 at the origin.
                let rate = |z: f64| if radius > 0.0 { twist * z / radius } else { 0.0 };
                let [one, two] = [z1, z2].map(|z| [-rate(z) * turned[1], rate(z) * turned[0]]);
                let columns = [[cos + one[0], sin + one[1]], [two[0] - sin, two[1] + cos]];
                let stretched = |[x, y]: [f64; 2]| [long * x, short * y];
                (stretched(turned).to_vec(), matrix(columns.map(stretched)))
            }
            Self::Whisper { whisper } => {
                (vec![z1, z2, whisper * (z1 + z2)], matrix([[1.0, 0.0, whisper], [0.0, 1.0, whisper]]))
            }
            Self::Bits { bits, long, short } => {
                let weights = |k: usize| {
                    let (sin, cos) = ((k as f64 + 0.5) * PI / bits as f64).sin_cos();
                    [long * cos, short * sin]
                };
                let probability = |k: usize| {
                    let [a, b] = weights(k);
                    (a * z1 + b * z2 + (k % 3) as f64 - 1.0).softplus_with_slope().1
                };
                let jacobian = DMatrix::from_fn(bits, 2, |k, i| {
                    let p = probability(k);
                    p * (1.0 - p) * weights(k)[i]
                });
                ((0..bits).map(probability).collect(), jacobian)
            }
            Self::Blob { size, range_x, range_y, width_x, width_y } => {
                image_map::blob(size, [range_x, range_y], [width_x, width_y], [z1, z2])
            }
            Self::Disc { size, range_x, range_y, radius, range_radius, range_shade } => {
                image_map::disc(size, radius, [range_x, range_y, range_radius, range_shade], [z1, z2, z[2], z[3]])
            }
        }
    }

    /// Checks the parameters; the error describes the first without a map.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Self::Linear { dimension, scales } = self {
            let m = scales.len();
            if m == 0 || m > 64.min(*dimension) || *dimension > 256 {
                return Err(format!(
                    "a linear map with {m} scales and dimension = {dimension} needs 1 to 64 scales, at most one per \
                     dimension, and at most 256 dimensions"
                ));
            }
            if let Some(scale) = scales.iter().find(|scale| !(0.0..1e6).contains(*scale) || **scale == 0.0) {
                return Err(format!("a scale of {scale} is not a positive number below a million"));
            }
        }
        if let Self::Mixing { angle, .. } | Self::Skew { angle, .. } = self
            && !(*angle > 0.0 && *angle < 180.0)
        {
            return Err(format!("angle = {angle} must lie between 0 and 180 degrees"));
        }
        if let Self::Blob { size, .. } | Self::Disc { size, .. } = self
            && !(4..=128).contains(size)
        {
            return Err(format!("size = {size} is outside 4 to 128 pixels"));
        }
        if let Self::Bits { bits, .. } = self
            && !(2..=256).contains(bits)
        {
            return Err(format!("bits = {bits} is outside 2 to 256"));
        }
        let (lengths, signed): (&[f64], &[f64]) = match self {
            Self::Blob { range_x, range_y, width_x, width_y, .. } => (&[*width_x, *width_y], &[*range_x, *range_y]),
            Self::Disc { range_x, range_y, radius, range_radius, range_shade, .. } => {
                (&[*radius], &[*range_x, *range_y, *range_radius, *range_shade])
            }
            _ => (&[], &[]),
        };
        if !(lengths.iter().all(|l| *l > 0.001 && *l < 10.0) && signed.iter().all(|r| r.abs() < 10.0)) {
            return Err("lengths in a picture must be positive and below 10 sides".to_owned());
        }
        // Factors are never drawn beyond six standard deviations.
        let ends = [6.0, -6.0].map(|z| self.evaluate(&vec![z; self.latent_dim()]).0);
        if ends.iter().flatten().any(|x| !(-1e6..1e6).contains(x)) {
            return Err("these parameters of the map give observations beyond a million; make them smaller".to_owned());
        }
        Ok(())
    }
}

/// Q diag(scales) z and its Jacobian, Q = (I − 2wwᵀ)(I − 2vvᵀ) with v ∝ (1, 2, …, n) and w ∝ (1, 1, …, 1): two
/// reflections make a rotation.
fn linear(n: usize, scales: &[f64], z: &[f64]) -> (Vec<f64>, DMatrix<f64>) {
    let rotated_axis = |i: usize| {
        let across = 2.0 * (i + 1) as f64 / (1..=n).map(|j| (j * j) as f64).sum::<f64>();
        let reflected: Vec<f64> = (0..n).map(|r| f64::from(u8::from(r == i)) - across * (r + 1) as f64).collect();
        let mean = reflected.iter().sum::<f64>() / n as f64;
        reflected.into_iter().map(move |x| x - 2.0 * mean)
    };
    let columns = scales.iter().enumerate().flat_map(|(i, scale)| rotated_axis(i).map(move |x| scale * x));
    let jacobian = DMatrix::from_iterator(n, scales.len(), columns);
    let value = &jacobian * DVector::from_column_slice(z);
    (value.as_slice().to_vec(), jacobian)
}

fn matrix<const N: usize, const M: usize>(columns: [[f64; N]; M]) -> DMatrix<f64> {
    DMatrix::from_fn(N, M, |r, c| columns[c][r])
}

fn sin_cos_of_degrees(angle: f64) -> (f64, f64) {
    angle.to_radians().sin_cos()
}

/// The default of a size.
fn pixels<const N: usize>() -> usize {
    N
}

/// The default of a parameter.
fn hundredths<const H: u32>() -> f64 {
    f64::from(H) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use rand_distr::{Distribution as _, StandardNormal};

    /// Each map with its default parameters, and others for C1 and for m ≠ 2.
    fn maps() -> Vec<GroundTruthMap> {
        let texts = [
            "kind = 'linear'\ndimension = 3\nscales = [1.4, 1.0]",
            "kind = 'linear'\ndimension = 5\nscales = [3.0, 2.0, 1.0, 0.5]",
            "kind = 'mixing'",
            "kind = 'mixing'\nangle = 90\nratio = 2",
            "kind = 'cylinder'",
            "kind = 'swiss-roll'",
            "kind = 's-curve'",
            "kind = 'polar'",
            "kind = 'sphere'",
            "kind = 'parabola'",
            "kind = 'skew'",
            "kind = 'skew'\nangle = 90",
            "kind = 'twist'",
            "kind = 'twist'\ntwist = 0",
            "kind = 'whisper'",
            "kind = 'whisper'\nwhisper = 0",
            "kind = 'bits'",
        ];
        texts.map(|text| toml::from_str(text).unwrap()).into()
    }

    /// The maps onto pictures.
    fn picture_maps() -> Vec<GroundTruthMap> {
        let texts = ["kind = 'blob'", "kind = 'blob'\nsize = 16\nwidth_x = 0.12", "kind = 'disc'"];
        texts.map(|text| toml::from_str(text).unwrap()).into()
    }

    fn random_factors(map: &GroundTruthMap) -> Vec<Vec<f64>> {
        let mut rng = stream(5, Purpose::Analysis, 0);
        let mut normal = || StandardNormal.sample(&mut rng);
        (0..50).map(|_| (0..map.latent_dim()).map(|_| normal()).collect()).collect()
    }

    /// (f(z + h eᵢ) − f(z − h eᵢ))/2h, exact up to h²/6 times a third derivative (below 10³ here: polar, z ~ 3) and
    /// rounding of 10⁻¹⁵/h.
    fn difference(f: impl Fn(&[f64]) -> Vec<f64>, z: &[f64], i: usize) -> Vec<f64> {
        let h = 1e-5;
        let [high, low] = [h, -h].map(|h| {
            let mut z = z.to_vec();
            z[i] += h;
            f(&z)
        });
        high.iter().zip(&low).map(|(high, low)| (high - low) / (2.0 * h)).collect()
    }

    #[test]
    fn the_jacobian_is_the_derivative() {
        for map in maps().into_iter().chain(picture_maps()) {
            for z in random_factors(&map) {
                let jacobian = map.jacobian(&z);
                assert_eq!(jacobian.shape(), (map.data_dim(), map.latent_dim()));
                for i in 0..z.len() {
                    let numeric = difference(|z| map.value(z), &z, i);
                    let error = jacobian.column(i).iter().zip(&numeric).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    assert!(error < 1e-7, "{map:?} at {z:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn c1_and_c2_hold_where_claimed() {
        for map in maps() {
            let (mut not_orthogonal, mut crosstalk) = (0.0_f64, 0.0_f64);
            let lengths = |z: &[f64]| map.jacobian(z).column_iter().map(|c| c.norm()).collect();
            for z in random_factors(&map) {
                let jacobian = map.jacobian(&z);
                for i in 0..z.len() {
                    for (j, slope) in difference(lengths, &z, i).into_iter().enumerate().filter(|(j, _)| *j != i) {
                        let cosine = jacobian.column(i).normalize().dot(&jacobian.column(j).normalize());
                        not_orthogonal = not_orthogonal.max(cosine.abs());
                        crosstalk = crosstalk.max(slope.abs());
                    }
                }
            }
            assert_eq!(map.c1(), not_orthogonal < 1e-12, "{map:?}: {not_orthogonal}");
            assert_eq!(map.c2(), crosstalk < 1e-7, "{map:?}: {crosstalk}");
        }
    }

    /// `JᵀJ` = diag(a_x² (π/2) w_y/w_x, a_y² (π/2) w_x/w_y) · size² within three standard deviations of the centre.
    #[test]
    fn the_columns_of_a_blob_have_the_lengths_of_the_closed_form() {
        for (size, range, width) in [(24, [0.1, 0.05], [0.08, 0.08]), (32, [0.06, 0.04], [0.1, 0.06])] {
            let map = GroundTruthMap::Blob {
                size,
                range_x: range[0],
                range_y: range[1],
                width_x: width[0],
                width_y: width[1],
            };
            for z in [[0.0, 0.0], [1.3, -0.7], [-2.0, 2.0]] {
                let jacobian = map.jacobian(&z);
                let gram = jacobian.transpose() * &jacobian;
                let expected = [0, 1].map(|k| {
                    let shape = std::f64::consts::FRAC_PI_2 * width[1 - k] / width[k];
                    (range[k] * size as f64).powi(2) * shape
                });
                assert!((0..2).all(|k| (gram[(k, k)] / expected[k] - 1.0).abs() < 0.01), "{z:?}: {gram} {expected:?}");
                assert!(gram[(0, 1)].abs() < 0.01 * expected[1], "{z:?}: {gram}");
            }
            assert!(map.c1() && map.c2());
        }
    }

    #[test]
    fn radius_and_brightness_of_a_disc_are_not_orthogonal_but_its_place_is() {
        let map = &picture_maps()[2];
        let jacobian = map.jacobian(&[0.4, -0.8, 0.3, 0.2]);
        let cosine = |a: usize, b: usize| jacobian.column(a).normalize().dot(&jacobian.column(b).normalize()).abs();
        assert!(cosine(2, 3) > 0.2 && cosine(0, 1) < 0.02 && cosine(0, 3) < 0.05, "{jacobian}");
        assert!(!map.c1() && !map.c2());
        assert_eq!(map.factor_names(), ["x", "y", "size", "shade"]);
    }

    #[test]
    fn column_lengths_agree_with_theory() {
        let lengths = |text: &str, z: &[f64]| -> Vec<f64> {
            let jacobian = toml::from_str::<GroundTruthMap>(text).unwrap().jacobian(z);
            jacobian.column_iter().map(|c| c.norm()).collect()
        };
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13);
        assert!(close(&lengths("kind = 'cylinder'", &[0.7, -1.0]), &[1.6, 0.8]));
        assert!(close(&lengths("kind = 's-curve'", &[-0.7, 1.0]), &[1.6, 0.8]));
        assert!(close(&lengths("kind = 'polar'", &[0.5, 1.0]), &[0.2_f64.exp(), 2.0 * 0.2_f64.exp()]));
        assert!(close(&lengths("kind = 'sphere'", &[1.5, 1.0]), &[0.8, 1.4 * 0.6_f64.cos()]));
        assert!(close(&lengths("kind = 'parabola'", &[2.0]), &[(1.5_f64.powi(2) + 2.4_f64.powi(2)).sqrt()]));
    }

    #[test]
    fn the_linear_map_is_a_rotation_aligned_with_no_axis() {
        let q = GroundTruthMap::Linear { dimension: 3, scales: vec![1.0; 3] }.jacobian(&[0.0; 3]);
        assert!((q.transpose() * &q - DMatrix::identity(3, 3)).norm() < 1e-14);
        assert!((q.determinant() - 1.0).abs() < 1e-14, "a reflection");
        assert!(q.iter().all(|q| q.abs() > 0.1 && q.abs() < 0.95), "along an axis: {q}");
    }

    #[test]
    fn the_contrast_of_skew_maps_is_minus_log_sine_of_the_angle() {
        // c_IMA = Σ log‖J_i‖ − ½ log det JᵀJ = −log sin 60°, at any length of the columns.
        for text in ["kind = 'mixing'\nratio = 2", "kind = 'skew'\nscale = 1.3"] {
            let jacobian = toml::from_str::<GroundTruthMap>(text).unwrap().jacobian(&[0.4, -1.2]);
            let lengths: f64 = jacobian.column_iter().map(|c| c.norm().ln()).sum();
            let contrast = lengths - 0.5 * (jacobian.transpose() * &jacobian).determinant().ln();
            assert!((contrast + 60_f64.to_radians().sin().ln()).abs() < 1e-14);
        }
    }

    /// |z| and the area are kept, so the density of R(κ‖z‖) z at its place is that of z, which depends on |z| only. The mean contrasts
    /// over 4,000 factors have standard errors below .007; the numbers are those of
    /// another program with 60,000.
    #[test]
    fn a_twist_keeps_the_law_of_the_data_and_skews_the_columns() {
        let mut rng = stream(6, Purpose::Analysis, 0);
        let factors: Vec<[f64; 2]> = (0..4000).map(|_| [0; 2].map(|_| StandardNormal.sample(&mut rng))).collect();
        for (twist, expected) in [(0.25, 0.182), (0.5, 0.280), (1.0, 0.510)] {
            let map = GroundTruthMap::Twist { long: 1.5, short: 0.7, twist };
            let contrast = |z: &[f64; 2]| {
                let (x, jacobian) = (map.value(z), map.jacobian(z));
                let radius = (x[0] / 1.5).hypot(x[1] / 0.7);
                assert!((radius - z[0].hypot(z[1])).abs() < 1e-13, "{z:?}");
                assert!((jacobian.determinant() - 1.05).abs() < 1e-12, "{z:?}");
                jacobian.column_iter().map(|c| c.norm().ln()).sum::<f64>() - jacobian.determinant().ln()
            };
            let mean = factors.iter().map(contrast).sum::<f64>() / factors.len() as f64;
            assert!((mean - expected).abs() < 0.02, "κ = {twist}: {mean}");
        }
    }

    #[test]
    fn every_whisper_turns_the_axes_to_the_diagonals() {
        for whisper in [0.2, 1e-3] {
            let jacobian = GroundTruthMap::Whisper { whisper }.jacobian(&[0.3, 1.0]);
            let gram = jacobian.transpose() * jacobian;
            let diagonal = DVector::from_vec(vec![1.0, 1.0]);
            assert!((&gram * &diagonal - (1.0 + 2.0 * whisper * whisper) * &diagonal).norm() < 1e-14);
        }
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let refused = [
            (GroundTruthMap::Linear { dimension: 2, scales: vec![1.0; 3] }, "scales"),
            (GroundTruthMap::Linear { dimension: 2, scales: vec![] }, "scales"),
            (GroundTruthMap::Linear { dimension: 2, scales: vec![1.0, f64::NAN] }, "NaN"),
            (GroundTruthMap::Mixing { angle: 180.0, ratio: 1.0 }, "angle = 180"),
            (GroundTruthMap::Polar { radius: 1.0, growth: 900.0, rate: 1.0 }, "million"),
            (GroundTruthMap::Cylinder { radius: f64::INFINITY, rate: 1.0, height: 1.0 }, "million"),
            (GroundTruthMap::Skew { radius: 0.0, angle: 60.0, scale: 1.0 }, "million"),
            (toml::from_str("kind = 'blob'\nsize = 1000").unwrap(), "size = 1000"),
            (toml::from_str("kind = 'bits'\nbits = 1").unwrap(), "bits = 1"),
            (toml::from_str("kind = 'disc'\nradius = -1").unwrap(), "positive"),
        ];
        for (map, word) in refused {
            let sentence = map.check().unwrap_err();
            assert!(sentence.contains(word), "{sentence}");
        }
        assert_eq!(maps().iter().find_map(|map| map.check().err()), None);
    }
}
