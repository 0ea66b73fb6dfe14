//! Singular-vector curves: curves in latent space along a right singular vector of the Jacobian, and their images.
//!
//! The curve of latent i solves z′ = vᵢ(z), ‖vᵢ‖ = 1, with J = U S Vᵀ. Its image moves along uᵢ at speed sᵢ, whatever rotation of
//! the latents the decoder was trained with: for d∘Rᵀ, R orthogonal, curves turn with R and their images stay the same. Where the
//! columns of J are orthogonal and of different lengths, vᵢ is a latent axis and the image is the seam. This holds for the decoder of
//! any model. The integration is that of Dormand & Prince 1980, of order 5 with an error of at most 10⁻⁷ a step.

use nalgebra::{DMatrix, DVector};

use super::jet::{Jets, Order};
use super::undefined::Undefined;
use crate::linalg::{Matrix, Svd, best_assignment, svd};
use crate::vae::Vae;

/// The reason why a curve ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveEnd {
    /// It leaves the range.
    Range,
    /// Its singular value meets that of another curve, to within 1 %: the direction is free there.
    Crossing {
        /// The latent that the other one is named after.
        with: usize,
    },
    /// The direction turns too fast to be followed, as a network with kinks can make it, or the Jacobian is not finite.
    Lost,
    /// It has become too long: it turns in the range.
    Long,
}

/// Curve along a right singular vector through z*, in both directions.
#[derive(Clone, Debug, PartialEq)]
pub struct SingularCurve {
    /// The latent that vᵢ is named after at z*.
    pub latent: usize,
    /// Signed length in latent space from z*, in increasing order.
    pub length: Vec<f64>,
    /// The curve in latent space: m × points.
    pub latents: Matrix<f64>,
    /// Its image: n × points.
    pub points: Matrix<f64>,
    /// sᵢ, the speed of the image.
    pub speed: Vec<f64>,
    /// Why it ends, against vᵢ and along vᵢ.
    pub ends: [CurveEnd; 2],
}

/// Singular values closer than this share of the larger one leave V free.
const LEAST_GAP: f64 = 0.01;

/// Largest error of a step, in prior standard deviations.
const TOLERANCE: f64 = 1e-7;

/// Longest and shortest step.
const STEPS: [f64; 2] = [0.1, 1e-3];

/// Cosine between singular vectors at neighbouring points, below which a step is too long.
const FOLLOWED: f64 = 0.95;

/// Points between the ends of a step, which a cubic through both ends and their directions gives.
const BETWEEN: usize = 2;

impl SingularCurve {
    /// The curve of latent `i` through `z` as far as all |zⱼ| ≤ `range`.
    ///
    /// # Errors
    /// [`Undefined::EqualSingularValues`] or [`Undefined::NotFinite`] at `z` itself.
    pub fn through(vae: &Vae<f64>, z: &[f64], i: usize, range: f64) -> Result<Self, Undefined> {
        let jacobian =
            |z: &[f64]| Jets::of(vae, &Matrix::from_columns(z.len(), 1, z.to_vec()), Order::First).jacobian(0);
        let path = LatentPath::through(jacobian, z, i, range)?;
        let latents = Matrix::from_columns(z.len(), path.length.len(), path.latents.concat());
        let points = vae.decode(&latents);
        Ok(Self { latent: i, length: path.length, latents, points, speed: path.speed, ends: path.ends })
    }
}

impl SingularCurve {
    /// The point for a name: two and a half standard deviations along the curve, or its end.
    pub fn label(&self) -> usize {
        self.length.partition_point(|length| *length <= 2.5).min(self.length.len() - 1)
    }
}

/// A curve in latent space, for a decoder that is given by its Jacobian.
#[derive(Clone, Debug)]
struct LatentPath {
    length: Vec<f64>,
    latents: Vec<Vec<f64>>,
    speed: Vec<f64>,
    ends: [CurveEnd; 2],
}

/// V and S at a point, columns in the order that they had at z*.
#[derive(Clone, Debug)]
struct SingularFrame {
    v: DMatrix<f64>,
    s: Vec<f64>,
}

impl SingularFrame {
    /// The other column whose singular value is too close to that of `i`.
    fn crossing(&self, i: usize) -> Option<usize> {
        let close = |j: usize| (self.s[i] - self.s[j]).abs() <= LEAST_GAP * self.s[i].max(self.s[j]);
        (0..self.s.len()).find(|j| *j != i && close(*j))
    }

    /// The other column whose singular value has changed sides with that of `i`.
    fn crossed(&self, next: &Self, i: usize) -> Option<usize> {
        let above = |frame: &Self, j: usize| frame.s[i] > frame.s[j];
        (0..self.s.len()).find(|j| *j != i && above(self, *j) != above(next, *j))
    }
}

impl LatentPath {
    fn through(jacobian: impl Fn(&[f64]) -> DMatrix<f64>, z: &[f64], i: usize, range: f64) -> Result<Self, Undefined> {
        let Svd { v, singular_values, .. } = svd(&jacobian(z));
        let start = SingularFrame { v, s: singular_values };
        if !start.s.iter().all(|s| s.is_finite()) {
            return Err(Undefined::NotFinite);
        }
        if start.crossing(i).is_some() {
            return Err(Undefined::EqualSingularValues);
        }
        let half = |sign: f64| follow(&jacobian, z, &start, i, sign, range);
        let (back, forth) = (half(-1.0), half(1.0));
        let mut path = Self { length: Vec::new(), latents: Vec::new(), speed: Vec::new(), ends: [back.end, forth.end] };
        let points = back.points.iter().skip(1).rev().map(|p| (-1.0, p)).chain(forth.points.iter().map(|p| (1.0, p)));
        for (sign, point) in points {
            path.length.push(sign * point.length);
            path.latents.push(point.z.clone());
            path.speed.push(point.speed);
        }
        Ok(path)
    }
}

/// A point of half a curve.
struct Point {
    length: f64,
    z: Vec<f64>,
    speed: f64,
}

/// Half a curve.
struct Half {
    points: Vec<Point>,
    end: CurveEnd,
}

/// Weights of the stages and of the error of Dormand & Prince 1980, table 2.
const STAGES: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
const ERROR: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0];

/// Follows `sign` · vᵢ from `z`, whose frame is `start`, until something ends the curve.
fn follow(
    jacobian: &impl Fn(&[f64]) -> DMatrix<f64>,
    z: &[f64],
    start: &SingularFrame,
    i: usize,
    sign: f64,
    range: f64,
) -> Half {
    let longest = 4.0 * range;
    let mut frame = start.clone();
    let mut at = DVector::from_column_slice(z);
    let mut direction = frame.v.column(i) * sign;
    let (mut length, mut h) = (0.0, STEPS[0]);
    let mut points = vec![Point { length, z: z.to_vec(), speed: frame.s[i] }];
    let half = |points, end| Half { points, end };
    if z.iter().any(|z| z.abs() > range) {
        return half(points, CurveEnd::Range);
    }
    loop {
        if length >= longest {
            return half(points, CurveEnd::Long);
        }
        let step = dormand_prince(jacobian, &at, &frame, &direction, i, h);
        let shorter =
            |h: f64, points: Vec<Point>, end| if h > STEPS[1] { Ok((0.5 * h, points)) } else { Err(half(points, end)) };
        let refused = match &step {
            None => Some(CurveEnd::Lost),
            Some(step) if step.error > TOLERANCE => Some(CurveEnd::Lost),
            Some(step) => frame.crossed(&step.frame, i).map(|with| CurveEnd::Crossing { with }),
        };
        let step = match (step, refused) {
            (Some(step), None) => step,
            (_, refused) => match shorter(h, points, refused.unwrap_or(CurveEnd::Lost)) {
                Ok((half, kept)) => {
                    (h, points) = (half, kept);
                    continue;
                }
                Err(ended) => return ended,
            },
        };
        let outside =
            |(from, to): (&f64, &f64)| (to.abs() > range).then(|| (range - from.abs()) / (to.abs() - from.abs()));
        let share = at.iter().zip(step.z.iter()).filter_map(outside).fold(1.0, f64::min).max(0.0);
        // The cubic through both ends and their directions, whose error is below that of a step's share of the screen.
        let cubic = |t: f64| {
            let (a, b) = (1.0 - t, t);
            (&at * (1.0 + 2.0 * t) + &direction * (h * t)) * (a * a)
                + (&step.z * (1.0 + 2.0 * a) - &step.direction * (h * a)) * (b * b)
        };
        let last = frame.s[i];
        for k in 1..=BETWEEN + 1 {
            let t = share * k as f64 / (BETWEEN + 1) as f64;
            let speed = last + t * (step.frame.s[i] - last);
            points.push(Point { length: length + t * h, z: cubic(t).as_slice().to_vec(), speed });
        }
        if share < 1.0 {
            return half(points, CurveEnd::Range);
        }
        length += h;
        (at, direction, frame) = (step.z, step.direction, step.frame);
        if let Some(with) = frame.crossing(i) {
            return half(points, CurveEnd::Crossing { with });
        }
        // An error of order h⁵; never more than twice as long.
        h = (h * (0.9 * (TOLERANCE / step.error.max(1e-16)).powf(0.2)).clamp(0.5, 2.0)).clamp(STEPS[1], STEPS[0]);
    }
}

/// A step and its end.
struct Step {
    z: DVector<f64>,
    direction: DVector<f64>,
    frame: SingularFrame,
    error: f64,
}

/// A step of length `h`; `None` if the frame cannot be followed over it.
fn dormand_prince(
    jacobian: &impl Fn(&[f64]) -> DMatrix<f64>,
    at: &DVector<f64>,
    frame: &SingularFrame,
    direction: &DVector<f64>,
    i: usize,
    h: f64,
) -> Option<Step> {
    let mut slopes = vec![direction.clone()];
    let mut end = None;
    for weights in STAGES {
        let mut z = at.clone();
        for (weight, slope) in weights.iter().zip(&slopes) {
            z.axpy(h * weight, slope, 1.0);
        }
        let next = followed(&svd(&jacobian(z.as_slice())), frame)?;
        let v = next.v.column(i);
        slopes.push(v * v.dot(direction).signum());
        end = Some((z, next));
    }
    let mut error = DVector::zeros(at.len());
    for (weight, slope) in ERROR.iter().zip(&slopes) {
        error.axpy(h * weight, slope, 1.0);
    }
    let (z, frame) = end?;
    Some(Step { z, direction: slopes.pop()?, frame, error: error.norm() })
}

/// The frame at a neighbouring point, its columns matched to those of `before`; `None` if a column has turned too far.
fn followed(found: &Svd, before: &SingularFrame) -> Option<SingularFrame> {
    let m = before.s.len();
    if !found.singular_values.iter().all(|s| s.is_finite()) {
        return None;
    }
    let overlap = before.v.transpose() * &found.v;
    let order: Option<Vec<usize>> = best_assignment(m, m, |r, c| overlap[(r, c)].abs()).into_iter().collect();
    let order = order?;
    let mut v = found.v.select_columns(&order);
    for (k, mut column) in v.column_iter_mut().enumerate() {
        let cosine = overlap[(k, order[k])];
        if cosine < 0.0 {
            column.neg_mut();
        }
    }
    let s: Vec<f64> = order.iter().map(|c| found.singular_values[*c]).collect();
    // Columns of equal singular values are free to rotate among themselves, and do no harm unless it is the followed one.
    let next = SingularFrame { v, s };
    let turned = |k: usize| {
        overlap[(k, order[k])].abs() < FOLLOWED && next.crossing(k).is_none() && before.crossing(k).is_none()
    };
    if (0..m).any(turned) { None } else { Some(next) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Seam;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};
    use rand_distr::{Distribution as _, StandardNormal};

    fn random(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
        let mut rng = stream(seed, Purpose::Analysis, 0);
        DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
    }

    fn orthogonal(m: usize, seed: u64) -> DMatrix<f64> {
        random(m, m, seed).qr().q()
    }

    #[test]
    fn curves_of_a_linear_decoder_are_straight_lines_along_v() {
        let j = random(5, 3, 1);
        let v = svd(&j).v;
        let z = [0.4, -0.3, 0.2];
        for i in 0..3 {
            let path = LatentPath::through(|_| j.clone(), &z, i, 3.5).unwrap();
            assert_eq!(path.ends, [CurveEnd::Range; 2]);
            for (length, at) in path.length.iter().zip(&path.latents) {
                for r in 0..3 {
                    assert!((at[r] - z[r] - length * v[(r, i)]).abs() < 1e-12);
                }
            }
            let reach = |at: &Vec<f64>| at.iter().fold(0.0_f64, |most, z| most.max(z.abs()));
            assert!(
                [path.latents.first(), path.latents.last()].iter().all(|at| (reach(at.unwrap()) - 3.5).abs() < 1e-9)
            );
        }
    }

    /// A cylinder, x = (2 cos z₁/2, 2 sin z₁/2, .4 z₂): C1 and C2 hold with s = (1, .4).
    fn cylinder(z: &[f64]) -> DMatrix<f64> {
        let (sin, cos) = (0.5 * z[0]).sin_cos();
        DMatrix::from_row_slice(3, 2, &[-sin, 0.0, cos, 0.0, 0.0, 0.4])
    }

    #[test]
    fn curves_of_a_rotated_cylinder_are_the_seams_of_the_cylinder() {
        for seed in 0..5 {
            let r = orthogonal(2, seed);
            let jacobian =
                |z: &[f64]| cylinder((r.transpose() * DVector::from_column_slice(z)).as_slice()) * r.transpose();
            let z = &r * DVector::from_column_slice(&[0.3, -0.2]);
            // Axis-parallel curves cross at odd angles unless R happens to be nearly a permutation.
            let j = jacobian(z.as_slice());
            let cosine = j.column(0).dot(&j.column(1)) / (j.column(0).norm() * j.column(1).norm());
            assert!(cosine.abs() > 0.05, "seed {seed}");
            for i in 0..2 {
                let path = LatentPath::through(jacobian, z.as_slice(), i, 3.5).unwrap();
                // Back in the latents of the cylinder, one coordinate moves and the other one stays, to within 10⁻⁸ where 2° would do.
                let own = |at: &Vec<f64>| r.transpose() * DVector::from_column_slice(at);
                let moved: Vec<_> =
                    path.latents.iter().map(|at| own(at) - DVector::from_column_slice(&[0.3, -0.2])).collect();
                let fixed = usize::from(moved[0][0].abs() > moved[0][1].abs());
                assert!(moved.iter().all(|d| d[fixed].abs() < 1e-8));
                assert!(path.ends == [CurveEnd::Range; 2] && moved.len() > 50);
                let speed = if fixed == 1 { 1.0 } else { 0.4 };
                assert!(path.speed.iter().all(|s| (s - speed).abs() < 1e-9), "{:?}", path.speed[0]);
            }
        }
    }

    /// xₖ = aₖ tanh(cₖ zₖ) in orthogonal directions: C1 and C2 hold exactly, and sₖ = aₖ cₖ sech²(cₖ zₖ). With `r`, d∘Rᵀ.
    fn network(r: &DMatrix<f64>) -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![2],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::zeros(3, architecture, Covariance::Diagonal);
        let layers = vae.decoder.layers().to_vec();
        let scaled = DMatrix::from_diagonal(&DVector::from_column_slice(&[0.5, 0.4])) * r.transpose();
        layers[0].split_mut(&mut vae.parameters).0.copy_from_slice(scaled.as_slice());
        let out = orthogonal(3, 9).columns(0, 2) * DMatrix::from_diagonal(&DVector::from_column_slice(&[2.0, 1.0]));
        layers[1].split_mut(&mut vae.parameters).0.copy_from_slice(out.as_slice());
        vae
    }

    #[test]
    fn curves_of_a_rotated_network_recover_its_seams_and_stop_where_singular_values_cross() {
        let r = orthogonal(2, 3);
        let (plain, rotated) = (network(&DMatrix::identity(2, 2)), network(&r));
        let origin = [0.2, -0.6];
        let z = &r * DVector::from_column_slice(&origin);
        for i in 0..2 {
            let curve = SingularCurve::through(&rotated, z.as_slice(), i, 3.5).unwrap();
            let own = |k: usize| r.transpose() * DVector::from_column_slice(curve.latents.column(k));
            let last = own(curve.length.len() - 1);
            let moving = usize::from((last[0] - origin[0]).abs() <= (last[1] - origin[1]).abs());
            // Every point of the image lies on the seam of the network before the rotation.
            let seam = |t: f64| {
                let mut z = origin.to_vec();
                z[moving] = t;
                plain.decode(&Matrix::from_columns(2, 1, z))
            };
            for k in 0..curve.length.len() {
                let wanted = seam(own(k)[moving]);
                let apart = wanted.column(0).iter().zip(curve.points.column(k)).map(|(a, b)| (a - b).powi(2));
                assert!(apart.sum::<f64>().sqrt() < 1e-6);
            }
            // s₁ = sech²(z₁/2) falls to s₂ = .4 sech²(.4 z₂) on its own curve, and crosses nothing on the other one.
            let other = 0.4 / (0.4_f64 * origin[1]).cosh().powi(2);
            if moving == 0 {
                let with = 1 - i;
                assert_eq!(curve.ends, [CurveEnd::Crossing { with }; 2]);
                for k in [0, curve.length.len() - 1] {
                    assert!((curve.speed[k] / other - 1.0).abs() < 0.03, "{} is not {other}", curve.speed[k]);
                }
            } else {
                assert_eq!(curve.ends, [CurveEnd::Range; 2]);
            }
        }
    }

    #[test]
    fn without_a_rotation_the_curve_is_the_seam() {
        let vae = network(&DMatrix::identity(2, 2));
        let curve = SingularCurve::through(&vae, &[0.2, -0.6], 1, 3.5).unwrap();
        let seam = Seam::through(&vae, &[0.2, -0.6], 1, 3.5, 281);
        let (k, last) = (140, curve.length.len() - 1);
        // Both begin at z₂ = −3.5.
        for (a, b) in seam.points.column(0).iter().zip(curve.points.column(0)) {
            assert!((a - b).abs() < 1e-9);
        }
        assert!((curve.length[last] - curve.length[0] - 7.0).abs() < 1e-9 && seam.t[k].abs() < 1e-12);
    }

    #[test]
    fn equal_singular_values_have_no_direction() {
        let j = DMatrix::<f64>::identity(3, 2);
        assert_eq!(LatentPath::through(|_| j.clone(), &[0.0; 2], 0, 3.5).unwrap_err(), Undefined::EqualSingularValues);
        let nan = DMatrix::from_element(3, 2, f64::NAN);
        assert_eq!(LatentPath::through(|_| nan.clone(), &[0.0; 2], 0, 3.5).unwrap_err(), Undefined::NotFinite);
        let one = LatentPath::through(|_| DMatrix::from_element(3, 1, 0.5), &[0.3], 0, 3.5).unwrap();
        assert!((one.latents[0][0] + 3.5).abs() < 1e-12, "a single latent is its own curve");
    }
}
