//! The experiments with synthetic data of Rolínek et al. 2019, "Variational autoencoders pursue PCA directions (by accident)",
//! repeated: distance to orthogonality of diagonal posteriors, of full ones under three optimisers, and of random decoders.
//!
//! Their loss ‖x − x̂‖² + β KL has b = β/2 in units of the data. Here the data are scaled to a mean variance of 1, and b with
//! them; β is 1 and σ² is b.

use std::f64::consts::{FRAC_PI_4, PI};
use std::fmt;
use std::sync::Arc;

use nalgebra::{DMatrix, Rotation3, Unit, Vector3};
use rand::RngExt as _;
use rand_distr::{Distribution as _, StandardNormal};

use super::parallel::in_parallel;
use super::run::Seeds;
use crate::data::{Dataset, ImportOptions, Table, dataset_from_table, split_rows};
use crate::experiment::{Config, Experiment, Origin, Snapshot};
use crate::geometry::{Jets, Order, chance_distance, distance_to_orthogonality};
use crate::linalg::{Matrix, svd};
use crate::nn::{Activation, OptimizerKind};
use crate::rng::{Purpose, stream};
use crate::vae::{Architecture, Covariance, DecoderKind, Likelihood, Objective, PosteriorFactor, Vae};

/// Points of each data set; a fifth is held out.
const POINTS: usize = 50_000;

/// Posterior means, or draws of the prior for random decoders, that a distance is a mean over.
const PROBED: usize = 400;

/// Random decoders of a row: cheap, so more than seeds.
const RANDOM_DECODERS: u64 = 200;

/// Streams of [`Purpose::Data`]; those below belong to scenes and tables.
const FACTORS: u64 = 16;
const NETWORK: u64 = 17;

/// A data set with two factors, uniform on [0, 1]².
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RolinekData {
    /// "Synth. Lin.": one side stretched by this ratio, embedded in three dimensions and rotated by 45° about (1, −1, 1).
    Linear {
        /// The ratio of the sides: 2 in their table 1; 1, 1.2 and 1.5 in their table 4.
        ratio: f64,
    },
    /// "Synth. Non-Lin.": the outputs of a random network with 10 tanh units, in six dimensions. Their weights are not given; here
    /// weights and biases are standard normal.
    Network,
}

/// A model, or a random decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolinekModel {
    /// Diagonal covariance.
    Diagonal(OptimizerKind),
    /// Full covariance.
    Full(OptimizerKind, PosteriorFactor),
    /// A decoder before training, with the uniform initial weights of a Cholesky factor or the Gaussian ones of an exponential
    /// factor. With Gaussian weights V is a random rotation (theorem): their law has no axes.
    Random(PosteriorFactor),
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct RolinekRow {
    /// The data.
    pub data: RolinekData,
    /// The model.
    pub model: RolinekModel,
    /// Distance to orthogonality of each run that did not diverge.
    pub dto: Vec<f64>,
    /// Mean correlation with the two factors of each of them; empty for random decoders.
    pub mcc: Vec<f64>,
    /// Runs that diverged.
    pub failed: usize,
}

impl fmt::Display for RolinekData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linear { ratio } => write!(f, "Synth. Lin., sides 1:{ratio}"),
            Self::Network => f.write_str("Synth. Non-Lin."),
        }
    }
}

impl fmt::Display for RolinekModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Diagonal(kind) => write!(f, "diagonal, `{}`", kind.name()),
            Self::Full(kind, factor) => write!(f, "full, `{}`, `{}`", kind.name(), factor.name()),
            Self::Random(PosteriorFactor::Cholesky) => f.write_str("random decoder, uniform weights"),
            Self::Random(PosteriorFactor::Exponential) => f.write_str("random decoder, Gaussian weights"),
        }
    }
}

impl RolinekData {
    /// All data sets.
    pub const ALL: [Self; 5] = [
        Self::Linear { ratio: 2.0 },
        Self::Linear { ratio: 1.0 },
        Self::Linear { ratio: 1.2 },
        Self::Linear { ratio: 1.5 },
        Self::Network,
    ];

    /// Their β.
    fn beta(self) -> f64 {
        match self {
            Self::Linear { .. } => 1e-4,
            Self::Network => 1e-3,
        }
    }

    /// Linear, or with their hidden layers.
    fn architecture(self, factor: PosteriorFactor) -> Architecture {
        let (hidden, decoder) = match self {
            Self::Linear { .. } => (Vec::new(), DecoderKind::Linear),
            Self::Network => (vec![60, 40, 20], DecoderKind::Mlp),
        };
        Architecture {
            latent_dim: 2,
            hidden,
            activation: Activation::Tanh,
            decoder,
            factor,
            likelihood: Likelihood::Gaussian,
            decoder_hidden: None,
        }
    }

    /// Learning rate, and steps, in one cycle of the rate.
    fn schedule(self) -> (f64, u64) {
        match self {
            Self::Linear { .. } => (0.01, 26_000),
            Self::Network => (0.005, 11_000),
        }
    }

    /// Their mean and standard deviation of the distance, if they give them.
    pub fn published(self, model: RolinekModel) -> Option<(f64, f64)> {
        use RolinekModel::{Diagonal, Full, Random};
        const UNIFORM: RolinekModel = Random(PosteriorFactor::Cholesky);
        match (self, model) {
            (Self::Linear { ratio }, Diagonal(_)) => Some(match ratio {
                1.0 => (0.49, 0.32),
                1.2 => (0.20, 0.24),
                1.5 => (0.01, 0.06),
                _ => (0.0, 0.0),
            }),
            (Self::Linear { ratio: 2.0 }, Full(..)) => Some((0.34, 0.35)),
            (Self::Linear { ratio: 2.0 }, UNIFORM) => Some((0.79, 0.21)),
            (Self::Network, Diagonal(_)) => Some((0.18, 0.02)),
            (Self::Network, Full(..)) => Some((0.55, 0.02)),
            (Self::Network, UNIFORM) => Some((0.89, 0.16)),
            _ => None,
        }
    }

    /// Factors (2 × N) and observations (n × N).
    fn draw(self, seed: u64) -> (Matrix<f64>, Matrix<f64>) {
        let mut rng = stream(seed, Purpose::Data, FACTORS);
        let z = Matrix::from_fn(2, POINTS, |_, _| rng.random::<f64>());
        let x = match self {
            Self::Linear { ratio } => {
                let axis = Unit::new_normalize(Vector3::new(1.0, -1.0, 1.0));
                let rotation = Rotation3::from_axis_angle(&axis, FRAC_PI_4);
                let columns = z.iter_columns().flat_map(|z| {
                    let x = rotation * Vector3::new(ratio * z[0], z[1], 0.0);
                    [x.x, x.y, x.z]
                });
                Matrix::from_columns(3, POINTS, columns.collect())
            }
            Self::Network => {
                let mut rng = stream(seed, Purpose::Data, NETWORK);
                let mut normal =
                    |rows, columns| DMatrix::<f64>::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng));
                let (w, c, v) = (normal(10, 2), normal(10, 1), normal(6, 10));
                let columns = z.iter_columns().flat_map(|z| {
                    let hidden = (&w * nalgebra::DVector::from_column_slice(z) + c.column(0)).map(f64::tanh);
                    (&v * hidden).as_slice().to_vec()
                });
                Matrix::from_columns(6, POINTS, columns.collect())
            }
        };
        (z, x)
    }

    /// Data of a seed, scaled and with their factors, and b in units of the scaled data.
    fn generate(self, seed: u64) -> Result<(Dataset, f64), String> {
        let (z, x) = self.draw(seed);
        let names = (1..=x.rows()).map(|i| format!("x{i}")).collect();
        let mut data = dataset_from_table(&Table::new(names, x), seed).map_err(|e| e.to_string())?;
        let factors =
            split_rows(POINTS, seed).map(|rows| Matrix::from_fn(2, rows.len(), |r, c| z[(r, rows[c])] as f32));
        let [train, test] = factors;
        (data.train.factors, data.test.factors) = (Some(train), Some(test));
        data.factor_names = vec!["z1".to_owned(), "z2".to_owned()];
        let scale = data.centre_and_scale.as_ref().map_or(f64::NAN, |standard| standard.scale.of(0));
        Ok((data, 0.5 * self.beta() / (scale * scale)))
    }
}

impl RolinekModel {
    /// All models.
    pub const ALL: [Self; 10] = [
        Self::Diagonal(OptimizerKind::Adam),
        Self::Diagonal(OptimizerKind::AdamEquivariant),
        Self::Diagonal(OptimizerKind::Sgd),
        Self::Diagonal(OptimizerKind::Lbfgs),
        Self::Full(OptimizerKind::Adam, PosteriorFactor::Cholesky),
        Self::Full(OptimizerKind::AdamEquivariant, PosteriorFactor::Exponential),
        Self::Full(OptimizerKind::Sgd, PosteriorFactor::Exponential),
        Self::Full(OptimizerKind::Lbfgs, PosteriorFactor::Exponential),
        Self::Random(PosteriorFactor::Cholesky),
        Self::Random(PosteriorFactor::Exponential),
    ];
}

/// Distance of a run, and its mean correlation with the factors if it was trained.
///
/// # Errors
/// If the run diverges.
fn run(data: RolinekData, model: RolinekModel, seed: u64) -> Result<(f64, Option<f64>), String> {
    let (covariance, kind, factor) = match model {
        // A diagonal covariance has no factor; this one draws the initial weights that the default draws.
        RolinekModel::Diagonal(kind) => (Covariance::Diagonal, kind, PosteriorFactor::Exponential),
        RolinekModel::Full(kind, factor) => (Covariance::Full, kind, factor),
        RolinekModel::Random(factor) => {
            let n = if data == RolinekData::Network { 6 } else { 3 };
            let vae = Vae::<f64>::new(
                n,
                data.architecture(factor),
                Covariance::Diagonal,
                &mut stream(seed, Purpose::Init, 0),
            );
            let mut rng = stream(seed, Purpose::Analysis, 0);
            return Ok((distance(&vae, &Matrix::from_fn(2, PROBED, |_, _| StandardNormal.sample(&mut rng))), None));
        }
    };
    let (dataset, b) = data.generate(seed)?;
    let (lr, steps) = data.schedule();
    let origin = Origin::file(&data.to_string(), "", ImportOptions::default());
    let mut config = Config::new(origin, seed, dataset.train.samples());
    config.architecture = data.architecture(factor);
    config.objective = Objective::new(covariance, 1.0, b);
    (config.optimizer.kind, config.optimizer.lr, config.cycle) = (kind, lr, Some(steps));
    let mut run = Experiment::new(config, Arc::new(dataset)).map_err(|e| e.to_string())?;
    run.advance(steps).map_err(|e| e.to_string())?;
    let test = &run.data().test.observations;
    let vae = run.state().vae.cast::<f64>();
    let posteriors = vae.posteriors(&test.select_columns(0..PROBED).map(f64::from));
    let means = Matrix::from_fn(2, PROBED, |r, c| posteriors[c].mean[r]);
    Ok((distance(&vae, &means), Snapshot::of(&run).mcc().ok()))
}

/// Mean and standard deviation of the distance of a random rotation of two latents, 2√2 sin(θ/2) with θ uniform in [0°, 45°].
pub fn random_rotation() -> (f64, f64) {
    let mean = chance_distance(2);
    (mean, (4.0 * (1.0 - 8_f64.sqrt() / PI) - mean * mean).sqrt())
}

/// Mean distance of V to the nearest signed permutation (their equation 29). Not left out where the singular values are equal.
fn distance(vae: &Vae<f64>, z: &Matrix<f64>) -> f64 {
    let jets = Jets::of(vae, z, Order::First);
    (0..jets.len()).map(|k| distance_to_orthogonality(&svd(&jets.jacobian(k)).v)).sum::<f64>() / jets.len() as f64
}

/// Makes all runs on all cores. Each seed draws the data, the network that makes them, and the initial weights. `progress` gets
/// the number of runs made and of all runs; its error ends the work early.
///
/// # Errors
/// If `progress` returns one.
pub fn rolinek_table<E>(
    seeds: Seeds,
    mut progress: impl FnMut(usize, usize) -> Result<(), E>,
) -> Result<Vec<RolinekRow>, E> {
    let mut rows: Vec<RolinekRow> = Vec::new();
    let mut jobs = Vec::new();
    for data in RolinekData::ALL {
        let linear = matches!(data, RolinekData::Linear { .. });
        for model in RolinekModel::ALL {
            // A random linear decoder knows no ratio.
            let random = matches!(model, RolinekModel::Random(_));
            let exact = matches!(
                model,
                RolinekModel::Diagonal(OptimizerKind::Lbfgs) | RolinekModel::Full(OptimizerKind::Lbfgs, _)
            );
            if random && linear && data != RolinekData::ALL[0] || exact && !linear {
                continue;
            }
            let count = if random { RANDOM_DECODERS } else { seeds.count };
            jobs.extend(Seeds { count, ..seeds }.each().map(|seed| (rows.len(), data, model, seed)));
            rows.push(RolinekRow { data, model, dto: Vec::new(), mcc: Vec::new(), failed: 0 });
        }
    }
    let mut made = 0;
    let mut outcomes: Vec<_> = Vec::new();
    in_parallel(
        &jobs,
        1,
        |(_, data, model, seed)| run(*data, *model, *seed),
        |(row, data, model, seed), outcome| {
            if let Err(sentence) = &outcome {
                log::warn!("{data}, {model} with seed {seed}: {sentence}");
            }
            outcomes.push((*row, *seed, outcome));
            made += 1;
            progress(made, jobs.len())
        },
    )?;
    // In the order of the seeds, so that sums do not depend on the order of threads.
    outcomes.sort_by_key(|(row, seed, _)| (*row, *seed));
    for (row, _, outcome) in outcomes {
        match outcome {
            Ok((dto, mcc)) => {
                rows[row].dto.push(dto);
                rows[row].mcc.extend(mcc);
            }
            Err(_) => rows[row].failed += 1,
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// λ = {4/12, 1/12} for sides 2 and 1: in units of the data scaled to mean variance 1, 2.4 and 0.6, and b = 3.6e-4.
    #[test]
    fn the_linear_data_are_those_of_the_paper() {
        let (data, b) = RolinekData::Linear { ratio: 2.0 }.generate(3).unwrap();
        let mut eigenvalues = data.train.covariance().symmetric_eigenvalues().as_slice().to_vec();
        eigenvalues.sort_by(|a, b| b.total_cmp(a));
        // Sampling errors of variances of 40,000 points: 0.5 %.
        for (found, expected) in eigenvalues.iter().zip([2.4, 0.6, 0.0]) {
            assert!((found - expected).abs() < 0.02 * expected + 1e-6, "{eigenvalues:?}");
        }
        assert!((b / 3.6e-4 - 1.0).abs() < 0.02, "{b}");
        // The factors are those of the rows: the long side is the first one.
        let (x, z) = (&data.test.observations, data.test.factors.as_ref().unwrap());
        let axis =
            Rotation3::from_axis_angle(&Unit::new_normalize(Vector3::new(1.0, -1.0, 1.0)), FRAC_PI_4) * Vector3::x();
        let along = |c: usize| (0..3).map(|r| f64::from(x[(r, c)]) * axis[r]).sum::<f64>();
        let slope = (along(0) - along(1)) / f64::from(z[(0, 0)] - z[(0, 1)]);
        assert!((0..500).all(|c| (along(c) - along(0) - slope * f64::from(z[(0, c)] - z[(0, 0)])).abs() < 1e-4));
    }

    /// With Gaussian weights V is a random rotation, so the mean distance is at chance. Uniform weights fill a cube, whose long
    /// diagonals are at 45° to the axes: their distance is above it.
    #[test]
    fn random_decoders_are_at_chance_if_their_weights_have_no_axes() {
        let (chance, deviation) = random_rotation();
        let distances = |power: i32| {
            let at = |k: i32| 8_f64.sqrt() * (FRAC_PI_4 * (f64::from(k) + 0.5) / 2000.0).sin();
            (0..1000).map(|k| at(k).powi(power)).sum::<f64>() / 1000.0
        };
        assert!(
            (chance - distances(1)).abs() < 1e-6
                && (deviation - (distances(2) - distances(1).powi(2)).sqrt()).abs() < 1e-5
        );
        let error = deviation / 20.0;
        let mean = |data, factor| {
            (0..400).map(|seed| run(data, RolinekModel::Random(factor), seed).unwrap().0).sum::<f64>() / 400.0
        };
        for data in [RolinekData::Linear { ratio: 2.0 }, RolinekData::Network] {
            let found = mean(data, PosteriorFactor::Exponential);
            assert!((found - chance).abs() < 3.0 * error, "{data}: {found}");
        }
        assert!(mean(RolinekData::Linear { ratio: 2.0 }, PosteriorFactor::Cholesky) > chance + 3.0 * error);
    }
}
