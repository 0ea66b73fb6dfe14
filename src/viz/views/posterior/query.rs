//! The learned posterior of an observation beside the optimal ones of the decoder.

use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution as _, StandardNormal};

use crate::experiment::Snapshot;
use crate::geometry::{
    BestPosterior, ExactGap, Jets, OptimalPosteriors, Order, PosteriorNodes, Undefined, diagonal_gap, exact_gap,
    posterior_precision,
};
use crate::linalg::{Matrix, svd};
use crate::rng::{Purpose, stream};
use crate::stats::Uncertain;
use crate::vae::{Posterior, Vae};
use crate::viz::draw::ellipse::ellipse;
use crate::viz::query::Query;

/// With more latents the expectations take too many nodes for a living picture.
pub(crate) const MOST_LATENTS: usize = 6;

/// Nodes of a rule where expectations are sampled: eight rules leave errors of about .002 nats with four latents.
const POINTS: usize = 4096;

/// Samples of the learned posterior.
const DRAWS: usize = 240;

/// Asks for the posteriors of an observation.
#[derive(Clone, Debug, PartialEq)]
pub struct PosteriorQuery {
    /// The place among the encoded observations.
    pub observation: usize,
    /// The latents on the axes; the same one twice if there is only one.
    pub plane: [usize; 2],
}

impl Query for PosteriorQuery {
    type Answer = Result<Posteriors, Undefined>;

    fn answer(&self, snapshot: &Snapshot, model: &Vae<f64>) -> Self::Answer {
        Posteriors::new(snapshot, model, self)
    }
}

/// Four posteriors of one observation, with their images in data space.
#[derive(Clone, Debug)]
pub struct Posteriors {
    /// The place among the encoded observations.
    pub observation: usize,
    /// The latents on the axes.
    pub plane: [usize; 2],
    /// The encoder's posterior.
    pub learned: Posterior,
    /// The best Gaussian.
    pub full: BestPosterior,
    /// N(μ, (I + JᵀJ/b)⁻¹) at the learned mean: the second-order approximation.
    pub approximate: Posterior,
    /// The best Gaussian with diagonal covariance.
    pub diagonal: BestPosterior,
    /// The objective of each in nats: learned, full, approximate, diagonal.
    pub elbos: [Uncertain; 4],
    /// The objective of each against that of the best Gaussian, under the same nodes.
    pub losses: [Uncertain; 4],
    /// log p(x) − ELBO in its parts, without the factor β.
    pub gap: Result<ExactGap, Undefined>,
    /// ½(Σ log Λᵢᵢ − log det Λ) with Λ = I + JᵀJ/b at the learned mean: the diagonal part to second order, without the factor β.
    pub second_order: f64,
    /// How expectations are found.
    pub expectations: ExpectationMethod,
    /// The outline of each, in the same order.
    pub outlines: [Outline; 4],
    /// The observation itself in the plane of the images.
    pub target: [f64; 2],
    /// d(μ) there.
    pub centre: [f64; 2],
    /// Samples of the learned posterior, in the latent plane and in that of the images.
    pub draws: Vec<[[f64; 2]; 2]>,
    /// True if the plane of the images is that of the data's own coordinates, not of the local basis.
    pub own_coordinates: bool,
}

/// How expectations under a posterior are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectationMethod {
    /// Affine decoders: in closed form.
    Exact,
    /// By Gauss–Hermite quadrature.
    Quadrature,
    /// By quasi-Monte-Carlo.
    Sampled,
}

impl ExpectationMethod {
    /// Decimals that are worth showing.
    pub fn decimals(self) -> usize {
        if self == Self::Sampled { 3 } else { 4 }
    }
}

/// A posterior at one standard deviation.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Mean in the latent plane.
    pub mean: [f64; 2],
    /// L of the marginal covariance there, its columns one after the other.
    pub factor: [[f64; 2]; 2],
    /// The decoder's image of the ellipse, in the plane of the images.
    pub image: Vec<[f64; 2]>,
}

impl Posteriors {
    fn new(snapshot: &Snapshot, model: &Vae<f64>, query: &PosteriorQuery) -> Result<Self, Undefined> {
        let PosteriorQuery { observation, plane } = *query;
        let objective = snapshot.settings.objective;
        let x: Vec<f64> = snapshot.data.test.observations.column(observation).iter().map(|x| f64::from(*x)).collect();
        let learned = snapshot.posterior(observation);
        let nodes = PosteriorNodes::new(model, POINTS, 0)?;
        let optimal = OptimalPosteriors::new(model, &x, &objective, &learned, &nodes);
        let gap = exact_gap(model, &x, &objective, &optimal, &nodes);
        let expectations = match nodes.fresh.len() {
            1 => ExpectationMethod::Exact,
            2 => ExpectationMethod::Quadrature,
            _ => ExpectationMethod::Sampled,
        };

        let mean = Matrix::from_columns(learned.dim(), 1, learned.mean.as_slice().to_vec());
        let jets = Jets::of(model, &mean, Order::First);
        let jacobian = jets.jacobian(0);
        let precision = posterior_precision(&Jets::fisher(model, &mean, Order::First).jacobian(0), objective.b());
        let second_order = diagonal_gap(&precision);
        let sigma = precision.cholesky().map(|c| c.inverse());
        let factor = sigma.and_then(DMatrix::cholesky).map_or_else(|| learned.factor.clone(), |c| c.l());
        let approximate = Posterior { mean: learned.mean.clone(), factor };

        let image_plane = ImagePlane::new(&x, jets.value.column(0), &jacobian, plane);
        let OptimalPosteriors { full, diagonal, learned: learned_elbos } = optimal;
        let approximate_elbos = nodes.evaluate(model, &x, &objective, &approximate);
        let elbos = [&learned_elbos, &full.elbos, &approximate_elbos, &diagonal.elbos];
        let (losses, elbos) =
            (elbos.map(|l| Uncertain::of_difference(l, &full.elbos)), elbos.map(|l| Uncertain::of(l)));
        let (full, diagonal) = (full.best, diagonal.best);
        let outline = |q: &Posterior| Outline::new(q, plane, model, &image_plane);
        Ok(Self {
            observation,
            plane,
            elbos,
            losses,
            gap,
            second_order,
            expectations,
            outlines: [
                outline(&learned),
                outline(&full.posterior),
                outline(&approximate),
                outline(&diagonal.posterior),
            ],
            target: image_plane.place(&x),
            centre: image_plane.place(jets.value.column(0)),
            draws: draws(&learned, observation, plane, model, &image_plane),
            own_coordinates: image_plane.own,
            learned,
            full,
            approximate,
            diagonal,
        })
    }
}

impl Posteriors {
    /// Which of them are known: the search for an optimum may have ended before one was found.
    pub fn found(&self) -> [bool; 4] {
        [true, self.full.converged, true, self.diagonal.converged]
    }

    /// Learned, full, approximate, diagonal: the order of everything that comes in fours.
    pub fn all(&self) -> [&Posterior; 4] {
        [&self.learned, &self.full.posterior, &self.approximate, &self.diagonal.posterior]
    }

    /// KL of each from the best Gaussian, in nats.
    pub fn divergences(&self) -> [f64; 4] {
        self.all().map(|q| q.kl_to(&self.full.posterior))
    }
}

/// Deterministic samples: the same for the same observation.
fn draws(
    q: &Posterior,
    observation: usize,
    plane: [usize; 2],
    model: &Vae<f64>,
    image_plane: &ImagePlane,
) -> Vec<[[f64; 2]; 2]> {
    let m = q.dim();
    let mut rng = stream(0, Purpose::Analysis, observation as u64);
    let mut z = Matrix::zeros(m, DRAWS);
    for k in 0..DRAWS {
        let noise: Vec<f64> = (0..m).map(|_| StandardNormal.sample(&mut rng)).collect();
        z.column_mut(k).copy_from_slice(q.sample(&noise).as_slice());
    }
    let images = model.decode(&z);
    (0..DRAWS).map(|k| [plane.map(|i| z[(i, k)]), image_plane.place(images.column(k))]).collect()
}

impl Outline {
    fn new(q: &Posterior, plane: [usize; 2], model: &Vae<f64>, image_plane: &ImagePlane) -> Self {
        let [a, b] = plane;
        let sigma = q.covariance();
        let factor = q.marginal_factor(plane);
        let mean = [q.mean[a], q.mean[b]];
        // Where only two of several latents are shown, the others take their conditional means.
        let columns = if a == b { vec![a] } else { vec![a, b] };
        let marginal = DMatrix::from_fn(columns.len(), columns.len(), |r, c| sigma[(columns[r], columns[c])]);
        let gain = marginal.try_inverse().map(|inverse| sigma.select_columns(&columns) * inverse);
        // One latent has an interval, whose image is walked along once.
        let offsets: Vec<[f64; 2]> = if a == b {
            (-16..=16).map(|k| [factor[0][0] * f64::from(k) / 16.0, 0.0]).collect()
        } else {
            ellipse([0.0; 2], factor, 1.0).collect()
        };
        let points = offsets.into_iter().filter_map(|offset| {
            let offset = DVector::from_column_slice(&offset[..columns.len()]);
            Some(&q.mean + gain.as_ref()? * offset)
        });
        let latents: Vec<f64> = points.flat_map(|z| z.as_slice().to_vec()).collect();
        let images = model.decode(&Matrix::from_columns(q.dim(), latents.len() / q.dim(), latents));
        Self { mean, factor, image: images.iter_columns().map(|x| image_plane.place(x)).collect() }
    }
}

/// The plane in which data space is shown.
struct ImagePlane {
    origin: Vec<f64>,
    /// n × 2.
    axes: DMatrix<f64>,
    /// The data's own coordinates.
    own: bool,
}

impl ImagePlane {
    /// Up to two dimensions the data's own coordinates; otherwise the plane through d(μ) along u_a and u_b, or with one
    /// latent along u₁ and towards the observation.
    fn new(x: &[f64], centre: &[f64], jacobian: &DMatrix<f64>, [a, b]: [usize; 2]) -> Self {
        let n = x.len();
        if n <= 2 {
            return Self { origin: vec![0.0; n], axes: DMatrix::identity(n, 2), own: true };
        }
        let u = svd(jacobian).u;
        let first = u.column(a).into_owned();
        let second = if a == b {
            let residual = DVector::from_iterator(n, x.iter().zip(centre).map(|(x, c)| x - c));
            let across = &residual - &first * first.dot(&residual);
            across.try_normalize(1e-12).unwrap_or_else(|| DVector::zeros(n))
        } else {
            u.column(b).into_owned()
        };
        Self { origin: centre.to_vec(), axes: DMatrix::from_columns(&[first, second]), own: false }
    }

    fn place(&self, x: &[f64]) -> [f64; 2] {
        let coordinate = |axis: usize| {
            let offsets = x.iter().zip(&self.origin).map(|(x, o)| x - o);
            offsets.zip(self.axes.column(axis).iter()).map(|(x, u)| x * u).sum()
        };
        [coordinate(0), coordinate(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posteriors(scene: &str, steps: usize) -> Posteriors {
        let (snapshot, model) = crate::viz::query::tests::trained(scene, steps);
        let plane = if model.latent_dim() == 1 { [0, 0] } else { [0, 1] };
        Posteriors::new(&snapshot, &model, &PosteriorQuery { observation: 3, plane }).unwrap()
    }

    #[test]
    fn the_second_order_is_exact_for_linear_decoders() {
        let found = posteriors("linear", 1500);
        let (sigma, optimal) = (found.approximate.covariance(), found.full.posterior.covariance());
        assert!((sigma - &optimal).norm() < 1e-6 * optimal.norm());
        // The learned mean is not the optimal one, but no family beats the best of all.
        let [learned, full, approximate, diagonal] = found.elbos.map(|elbo| elbo.value);
        assert_eq!(found.expectations, ExpectationMethod::Exact);
        assert!(full + 1e-9 >= learned.max(approximate).max(diagonal), "{:?}", found.elbos);
        // With Λ constant the best diagonal posterior loses ½ (Σ log Λᵢᵢ − log det Λ), which is also its divergence.
        let gap = diagonal_gap(&found.full.precision);
        assert!((found.divergences()[3] - gap).abs() < 1e-6 && (full - diagonal - gap).abs() < 1e-6, "β = 1: {gap}");
        // So does the diagonal part of the exact gap, and to second order; the true posterior is Gaussian.
        let [family, axes, _] = found.gap.unwrap().parts.map(|part| part.unwrap().value);
        assert!(family.abs() < 1e-8 && (axes - gap).abs() < 1e-8 && (found.second_order - gap).abs() < 1e-8);
    }

    #[test]
    fn outlines_are_one_standard_deviation() {
        let found = posteriors("cylinder", 300);
        for (q, outline) in found.all().into_iter().zip(&found.outlines) {
            let factor = nalgebra::Matrix2::from_fn(|r, c| outline.factor[c][r]);
            assert!((factor * factor.transpose() - q.covariance().fixed_view::<2, 2>(0, 0)).norm() < 1e-12);
            // The curve ends where it begins, around the image of the mean.
            let [first, last] = [outline.image[0], outline.image[outline.image.len() - 1]];
            assert!((first[0] - last[0]).hypot(first[1] - last[1]) < 1e-9);
        }
        assert_eq!(found.draws, posteriors("cylinder", 300).draws, "the same samples every time");
    }

    #[test]
    fn one_latent_has_an_interval() {
        let found = posteriors("parabola", 100);
        assert!(found.own_coordinates, "two dimensions need no projection");
        assert!(found.outlines.iter().all(|o| o.factor[1] == [0.0; 2] && o.image.len() > 10));
    }
}
