//! Principal variances of the data against b: the directions that collapse, and the KL divergence to expect.

use crate::data::{CentreAndScale, Dataset, Scale};
use crate::linalg::Matrix;
use crate::ppca::kl_at_optimum;
use crate::stats::PrincipalVariances;
use crate::vae::EquivalentObjective;

/// The variances of the training data along their principal axes, for a Gaussian and for a Bernoulli likelihood.
#[derive(Clone, Debug, PartialEq)]
pub struct DataVariances {
    /// n, the dimension of the data.
    pub dim: usize,
    /// Training observations that they rest on: at most 5,000.
    pub observations: usize,
    /// The unit of the run in units of the data: 1 for a scene, the common scale of your data; `None` if each column has its own.
    pub scale: Option<f64>,
    /// In units of the data, squared.
    pub gaussian: PrincipalVariances,
    /// Of x_k/√(p_k(1 − p_k)) with p the mean, or the reason why there are none.
    pub bernoulli: Result<PrincipalVariances, &'static str>,
}

/// A loss on these data.
#[derive(Clone, Debug, PartialEq)]
pub struct LossOnData<'a> {
    /// Principal variances in the metric of the likelihood.
    pub variances: &'a PrincipalVariances,
    /// A direction collapses unless its variance is larger: b, or β for a Bernoulli likelihood.
    pub threshold: f64,
    /// Directions above the threshold, among those computed.
    pub above: usize,
    /// KL of each latent at the optimum of a linear decoder, ½ log λ/b in nats; `None` for a Bernoulli likelihood, which has no
    /// closed form.
    pub kl_per_dim: Option<Vec<f64>>,
}

/// Observations that are enough for principal variances: their relative error is √(2/5000) = 2 %.
const ENOUGH: usize = 5000;

impl DataVariances {
    /// Principal variances of the training data.
    pub fn of(data: &Dataset) -> Self {
        let train = &data.train.observations;
        let observations = train.columns().min(ENOUGH);
        let x = train.select_columns(0..observations);
        let n = data.data_dim();
        let unit = CentreAndScale { centre: vec![0.0; n], scale: Scale::One(1.0) };
        let CentreAndScale { centre, scale } = data.centre_and_scale.as_ref().unwrap_or(&unit);
        Self {
            dim: n,
            observations,
            scale: match scale {
                Scale::One(scale) => Some(*scale),
                Scale::Columns(_) => None,
            },
            gaussian: PrincipalVariances::of(&x, &(0..n).map(|r| 1.0 / scale.of(r)).collect::<Vec<_>>()),
            bernoulli: bernoulli(&x, centre, scale),
        }
    }

    /// What the objective equivalent to a loss means for a model with `latents` latents.
    ///
    /// A direction of variance λ collapses at the optimum of a linear decoder if λ ≤ b. With a Bernoulli likelihood it is the
    /// collapsed state that is stable along it, where λ ≤ β: to second order in the decoder the objective changes by
    /// ½(wᵀCw/β − wᵀFw) with F = diag p(1 − p).
    ///
    /// # Errors
    /// If the data are none that a Bernoulli likelihood has.
    pub fn at(&self, objective: &EquivalentObjective, latents: usize) -> Result<LossOnData<'_>, &'static str> {
        let (variances, threshold) = match objective.b() {
            Some(b) => (&self.gaussian, b),
            None => (self.bernoulli.as_ref().map_err(|reason| *reason)?, objective.beta),
        };
        let above = variances.values.iter().filter(|lambda| **lambda > threshold).count();
        let kl_per_dim = objective.b().map(|b| kl_at_optimum(&variances.values, latents, b));
        Ok(LossOnData { variances, threshold, above, kl_per_dim })
    }

    /// β and σ² of the run, whose data are divided by their scale; no σ² if each column has its own.
    pub fn settings(&self, objective: &EquivalentObjective) -> (f64, Option<f64>) {
        (objective.beta, objective.sigma2.zip(self.scale).map(|(sigma2, scale)| sigma2 / scale.powi(2)))
    }
}

fn bernoulli(x: &Matrix<f32>, centre: &[f64], scale: &Scale) -> Result<PrincipalVariances, &'static str> {
    let original = |r: usize, x: f64| x * scale.of(r) + centre[r];
    let inside = |(r, x): (usize, &f32)| (-1e-6..=1.0 + 1e-6).contains(&original(r, f64::from(*x)));
    if !x.iter_columns().all(|column| column.iter().enumerate().all(inside)) {
        return Err("the data have numbers outside 0 to 1, which cross entropy does not allow");
    }
    let mean = |r: usize| original(r, x.row(r).map(f64::from).sum::<f64>() / x.columns() as f64);
    // √F in the unit of the run. A pixel that never changes has no direction.
    let root = |r: usize| {
        let variance = mean(r) * (1.0 - mean(r));
        if variance > 1e-9 { variance.sqrt() / scale.of(r) } else { f64::INFINITY }
    };
    let roots: Vec<f64> = (0..x.rows()).map(root).collect();
    Ok(PrincipalVariances::of(x, &roots))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Scene, generate};
    use crate::vae::LossConvention;

    #[test]
    fn units_are_those_of_the_file() {
        // Variances 4 and 1 and no correlation, whatever the scale of the run; the mean over n = 2 of squared errors.
        let columns = [[2.0, 1.0], [2.0, -1.0], [-2.0, 1.0], [-2.0, -1.0]];
        let scale = 2.5_f64.sqrt();
        let mut data = generate(Scene::named("linear").unwrap(), 0);
        data.train.observations = Matrix::from_fn(2, 4000, |r, c| (columns[c % 4][r] / scale) as f32);
        data.centre_and_scale = Some(CentreAndScale { centre: vec![7.0; 2], scale: Scale::One(scale) });
        let found = DataVariances::of(&data);
        // Single precision.
        assert!((found.gaussian.values[0] - 4.0).abs() < 1e-5 && (found.gaussian.values[1] - 1.0).abs() < 1e-5);
        let objective = LossConvention::pytorch_vae(1.5).equivalent(2).unwrap();
        let loss = found.at(&objective, 2).unwrap();
        assert_eq!((loss.threshold, loss.above), (1.5, 1));
        let kl = loss.kl_per_dim.unwrap();
        assert!((kl[0] - 0.5 * (found.gaussian.values[0] / 1.5).ln()).abs() < 1e-12 && kl[1] == 0.0);
        let (beta, sigma2) = found.settings(&objective);
        assert!((beta * sigma2.unwrap() * found.scale.unwrap().powi(2) - 1.5).abs() < 1e-12);
        assert!(found.bernoulli.is_err(), "numbers around 7");
    }

    #[test]
    fn binary_data_have_the_variances_of_their_correlations() {
        // Two equal bits and an independent one: eigenvalues 2, 1 and 0 of the correlation matrix.
        let bit = |r: usize, c: usize| f32::from(if r < 2 { c & 1 == 1 } else { c & 6 == 6 });
        let mut data = generate(Scene::named("linear").unwrap(), 0);
        data.train.observations = Matrix::from_fn(3, 4000, bit);
        let found = DataVariances::of(&data);
        let values = &found.bernoulli.as_ref().unwrap().values;
        for (value, exact) in values.iter().zip([2.0, 1.0, 0.0]) {
            assert!((value - exact).abs() < 1e-6, "{values:?}");
        }
        let objective = EquivalentObjective { beta: 1.5, sigma2: None };
        let loss = found.at(&objective, 2).unwrap();
        assert_eq!((loss.threshold, loss.above, loss.kl_per_dim), (1.5, 1, None));
    }
}
