//! History of a run: measurements over time in a bounded number of rows.

use std::sync::Arc;

use super::settings::{Optimizer, Settings};
use crate::nn::OptimizerKind;
use crate::vae::{Covariance, Objective};

/// One row: averages over the minibatches since the previous row, and the geometry at its step. Undefined values (with a
/// single active latent, say) are NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Steps made.
    pub step: u64,
    /// reconstruction − β KL on the minibatches, in nats.
    pub elbo: f64,
    /// E_q log p(x|z).
    pub reconstruction: f64,
    /// KL(q‖p) per latent.
    pub kl_per_dim: Vec<f64>,
    /// β, σ², covariance, learning rate and batch size in force.
    pub settings: Settings,
    /// Mean c_IMA at held-out posterior means.
    pub ima_contrast: f64,
    /// Mean gap of a diagonal posterior, in nats.
    pub diagonal_gap: f64,
    /// Mean distance of V to the nearest signed permutation.
    pub dto: f64,
    /// Mean residual of condition C2.
    pub c2_residual: f64,
    /// Mean deviation of Σ from the stationarity condition.
    pub posterior_error: f64,
    /// Number of active latents.
    pub active_units: usize,
    /// Mean share of JᵀJ off the diagonal.
    pub off_diagonal_mass: f64,
    /// Mean correlation of posterior means with their matched true factors.
    pub mcc: f64,
    /// reconstruction − β KL on held-out observations at this step.
    pub elbo_test: f64,
    /// Its E_q log p(x|z).
    pub reconstruction_test: f64,
    /// Its KL(q‖p).
    pub kl_test: f64,
}

impl Row {
    /// KL(q‖p), summed over the latents.
    pub fn kl(&self) -> f64 {
        self.kl_per_dim.iter().sum()
    }

    /// Column names of `history.csv` for `m` latents.
    pub fn header(m: usize) -> Vec<String> {
        let mut names: Vec<String> = ["step", "elbo", "reconstruction", "kl"].map(str::to_owned).into();
        names.extend((1..=m).map(|i| format!("kl_{i}")));
        let rest = ["beta", "sigma2", "covariance", "lr", "batch", "ima_contrast", "diagonal_gap", "dto"];
        let last = ["c2_residual", "posterior_error", "active_units", "off_diagonal_mass", "mcc"];
        names.extend(rest.into_iter().chain(last).chain(TEST).map(str::to_owned));
        names
    }

    /// Fields in the order of [`Row::header`].
    pub fn fields(&self) -> Vec<String> {
        let number = |x: f64| if x.is_nan() { "nan".to_owned() } else { x.to_string() };
        let mut fields = vec![self.step.to_string(), number(self.elbo), number(self.reconstruction), number(self.kl())];
        fields.extend(self.kl_per_dim.iter().map(|kl| number(*kl)));
        let Settings { objective, optimizer } = &self.settings;
        fields.extend([
            number(objective.beta),
            number(objective.sigma2),
            objective.covariance.name().to_owned(),
            number(optimizer.lr),
            optimizer.batch.to_string(),
        ]);
        let geometry = [self.ima_contrast, self.diagonal_gap, self.dto, self.c2_residual, self.posterior_error];
        fields.extend(geometry.map(number));
        fields.push(self.active_units.to_string());
        fields.extend([self.off_diagonal_mass, self.mcc].map(number));
        fields.extend([self.elbo_test, self.reconstruction_test, self.kl_test].map(number));
        fields
    }

    /// Reads fields written by [`Row::fields`] for `m` latents; those of version 0.1.0 end before the held-out ones. The optimiser
    /// is not among them; it follows from the log.
    pub fn read(fields: &[&str], m: usize) -> Option<Self> {
        let all = Self::header(m).len();
        if fields.len() != all && fields.len() != all - TEST.len() {
            return None;
        }
        let number = |i: usize| fields[i].parse::<f64>().ok();
        let after = |i: usize| number(4 + m + i);
        let test = |i: usize| if fields.len() == all { after(13 + i) } else { Some(f64::NAN) };
        Some(Self {
            step: fields[0].parse().ok()?,
            elbo: number(1)?,
            reconstruction: number(2)?,
            kl_per_dim: (0..m).map(|i| number(4 + i)).collect::<Option<_>>()?,
            settings: Settings {
                objective: Objective {
                    beta: after(0)?,
                    sigma2: after(1)?,
                    covariance: Covariance::ALL.into_iter().find(|c| c.name() == fields[4 + m + 2])?,
                },
                optimizer: Optimizer {
                    kind: OptimizerKind::default(),
                    lr: after(3)?,
                    batch: fields[4 + m + 4].parse().ok()?,
                },
            },
            ima_contrast: after(5)?,
            diagonal_gap: after(6)?,
            dto: after(7)?,
            c2_residual: after(8)?,
            posterior_error: after(9)?,
            active_units: fields[4 + m + 10].parse().ok()?,
            off_diagonal_mass: after(11)?,
            mcc: after(12)?,
            elbo_test: test(0)?,
            reconstruction_test: test(1)?,
            kl_test: test(2)?,
        })
    }

    /// Covariance family in force.
    pub fn covariance(&self) -> Covariance {
        self.settings.objective.covariance
    }
}

/// Last columns of `history.csv`.
const TEST: [&str; 3] = ["elbo_test", "reconstruction_test", "kl_test"];

/// Rows of a run, oldest first. At [`Self::LARGEST`] rows neighbours are merged and the interval doubles, so the rows of a
/// run of any length stay few and evenly spread.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Steps between rows.
    pub interval: u64,
    rows: Vec<Arc<Row>>,
}

impl History {
    /// Number of rows that is never reached.
    pub const LARGEST: usize = 2048;

    /// Empty history with a row due every `interval` steps.
    pub fn new(interval: u64) -> Self {
        Self { interval, rows: Vec::new() }
    }

    /// Rows, oldest first.
    pub fn rows(&self) -> &[Arc<Row>] {
        &self.rows
    }

    /// True if a row is due after `step` steps.
    pub fn is_due(&self, step: u64) -> bool {
        step.is_multiple_of(self.interval)
    }

    /// Appends a row.
    pub fn push(&mut self, row: Row) {
        self.rows.push(Arc::new(row));
        if self.rows.len() == Self::LARGEST {
            self.interval *= 2;
            let merged = self.rows.as_chunks::<2>().0.iter().map(|[a, b]| Arc::new(merge(a, b))).collect();
            self.rows = merged;
        }
    }
}

/// Later row with averages over both.
fn merge(earlier: &Row, later: &Row) -> Row {
    let mean = |a: f64, b: f64| 0.5 * (a + b);
    Row {
        elbo: mean(earlier.elbo, later.elbo),
        reconstruction: mean(earlier.reconstruction, later.reconstruction),
        kl_per_dim: earlier.kl_per_dim.iter().zip(&later.kl_per_dim).map(|(a, b)| mean(*a, *b)).collect(),
        ..later.clone()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::experiment) fn row(step: u64) -> Row {
        let objective = Objective { covariance: Covariance::Full, beta: 1.0, sigma2: 0.1 };
        Row {
            step,
            elbo: step as f64,
            reconstruction: 0.5,
            kl_per_dim: vec![0.25, 0.5],
            settings: Settings {
                objective,
                optimizer: Optimizer { kind: OptimizerKind::default(), lr: 0.01, batch: 32 },
            },
            ima_contrast: f64::NAN,
            diagonal_gap: 0.0,
            dto: 0.1,
            c2_residual: 0.2,
            posterior_error: 0.3,
            active_units: 2,
            off_diagonal_mass: 0.04,
            mcc: 0.9,
            elbo_test: -1.0,
            reconstruction_test: -0.5,
            kl_test: 0.5,
        }
    }

    #[test]
    fn the_history_of_a_long_run_is_bounded_and_evenly_spread() {
        let mut history = History::new(10);
        for step in 1..=200_000 {
            if history.is_due(step) {
                history.push(row(step));
            }
        }
        let steps: Vec<u64> = history.rows().iter().map(|r| r.step).collect();
        assert!(steps.len() < History::LARGEST && steps.len() >= History::LARGEST / 2);
        assert!(steps.windows(2).all(|w| w[1] - w[0] == history.interval), "interval {}", history.interval);
        // A merged row averages over all steps since the row before it.
        let wide = &history.rows()[100];
        assert!((wide.elbo - (wide.step as f64 - 0.5 * history.interval as f64 + 5.0)).abs() < 1e-6, "{wide:?}");
    }

    #[test]
    fn fields_match_the_header() {
        let (header, fields) = (Row::header(2), row(7).fields());
        assert_eq!(header.len(), fields.len());
        let field = |name: &str| &fields[header.iter().position(|h| h == name).unwrap()];
        assert_eq!((field("step"), field("kl"), field("kl_2")), (&"7".into(), &"0.75".into(), &"0.5".into()));
        let texts: Vec<&str> = fields.iter().map(String::as_str).collect();
        let mut read = Row::read(&texts, 2).unwrap();
        assert!(read.ima_contrast.is_nan());
        read.ima_contrast = 0.0;
        assert_eq!(read, Row { ima_contrast: 0.0, ..row(7) });
        let old = Row::read(&texts[..texts.len() - TEST.len()], 2).unwrap();
        assert!(old.elbo_test.is_nan() && old.mcc == 0.9);
        assert!(Row::read(&texts, 3).is_none() && Row::read(&texts[1..], 2).is_none());
        assert_eq!((field("covariance"), field("ima_contrast")), (&"full".into(), &"nan".into()));
    }
}
