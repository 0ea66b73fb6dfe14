//! History of a run: measurements over time in a bounded number of rows.

use std::sync::Arc;

use super::factor_score::FactorScore;
use super::settings::{Optimizer, Settings};
use crate::nn::OptimizerKind;
use crate::vae::{Covariance, Decomposition, Objective};

/// One row: averages over the minibatches since the previous row, and the geometry at its step. Undefined values (with a
/// single active latent, say) are NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Steps made.
    pub step: u64,
    /// reconstruction − β KL on the minibatches, in nats, or with another regulariser in its place.
    pub elbo: f64,
    /// E_q log p(x|z).
    pub reconstruction: f64,
    /// KL(q‖p) per latent.
    pub kl_per_dim: Vec<f64>,
    /// β, σ², covariance, learning rate and batch size in force.
    pub settings: Settings,
    /// Mean c_IMA at held-out posterior means.
    pub ima_contrast: f64,
    /// Mean price of a diagonal posterior, factor β included, in nats.
    pub beta_gap: f64,
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
    /// The same objective on held-out observations at this step.
    pub elbo_test: f64,
    /// Its E_q log p(x|z).
    pub reconstruction_test: f64,
    /// Its KL(q‖p).
    pub kl_test: f64,
    /// The parts of the KL on the same observations.
    pub decomposition: Decomposition,
    /// Loss of the discriminator on the minibatches, where the regulariser has one.
    pub discriminator_loss: f64,
    /// Scores against the true factors, in the order of [`FactorScore::IN_HISTORY`].
    pub factor_scores: [f64; FactorScore::IN_HISTORY.len()],
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
        let rest = ["beta", "sigma2", "covariance", "lr", "batch", "ima_contrast", "beta_gap", "dto"];
        let last = ["c2_residual", "posterior_error", "active_units", "off_diagonal_mass", "mcc"];
        let names_of_scores = FactorScore::IN_HISTORY.map(FactorScore::key);
        let later = TEST.into_iter().chain(PARTS).chain([DISCRIMINATOR]).chain(names_of_scores);
        names.extend(rest.into_iter().chain(last).chain(later).map(str::to_owned));
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
        let geometry = [self.ima_contrast, self.beta_gap, self.dto, self.c2_residual, self.posterior_error];
        fields.extend(geometry.map(number));
        fields.push(self.active_units.to_string());
        fields.extend([self.off_diagonal_mass, self.mcc].map(number));
        fields.extend([self.elbo_test, self.reconstruction_test, self.kl_test].map(number));
        let Decomposition { mutual_information, total_correlation, dimension_wise } = self.decomposition;
        fields.extend([mutual_information, total_correlation, dimension_wise, self.discriminator_loss].map(number));
        fields.extend(self.factor_scores.map(number));
        fields
    }

    /// Reads the fields of a line of `history.csv` with m latents by the names in its header. Columns that it does not know are
    /// passed over. Optimiser and regulariser are not among them; they follow from the log.
    ///
    /// Older files have the gap without the factor β, as `diagonal_gap`, nothing about held-out data, no parts of the KL, no loss of a
    /// discriminator, or no scores but the MCC.
    pub fn read(header: &[&str], fields: &[&str], m: usize) -> Option<Self> {
        if fields.len() != header.len() || header.contains(&format!("kl_{}", m + 1).as_str()) {
            return None;
        }
        let text = |name: &str| Some(fields[header.iter().position(|column| *column == name)?]);
        let number = |name: &str| text(name)?.parse::<f64>().ok();
        let beta = number("beta")?;
        let optional = |name: &str| if header.contains(&name) { number(name) } else { Some(f64::NAN) };
        let [information, correlation, dimension_wise] = PARTS.map(optional);
        let [ranks, mig, sap] = FactorScore::IN_HISTORY.map(|score| optional(score.key()));
        Some(Self {
            step: text("step")?.parse().ok()?,
            elbo: number("elbo")?,
            reconstruction: number("reconstruction")?,
            kl_per_dim: (1..=m).map(|i| number(&format!("kl_{i}"))).collect::<Option<_>>()?,
            settings: Settings {
                objective: Objective::new(
                    Covariance::ALL.into_iter().find(|c| Some(c.name()) == text("covariance"))?,
                    beta,
                    number("sigma2")?,
                ),
                optimizer: Optimizer {
                    kind: OptimizerKind::default(),
                    lr: number("lr")?,
                    batch: text("batch")?.parse().ok()?,
                },
            },
            ima_contrast: number("ima_contrast")?,
            beta_gap: number("beta_gap").or_else(|| Some(beta * number("diagonal_gap")?))?,
            dto: number("dto")?,
            c2_residual: number("c2_residual")?,
            posterior_error: number("posterior_error")?,
            active_units: text("active_units")?.parse().ok()?,
            off_diagonal_mass: number("off_diagonal_mass")?,
            mcc: number("mcc")?,
            elbo_test: optional("elbo_test")?,
            reconstruction_test: optional("reconstruction_test")?,
            kl_test: optional("kl_test")?,
            decomposition: Decomposition {
                mutual_information: information?,
                total_correlation: correlation?,
                dimension_wise: dimension_wise?,
            },
            discriminator_loss: optional(DISCRIMINATOR)?,
            factor_scores: [ranks?, mig?, sap?],
        })
    }

    /// Covariance family in force.
    pub fn covariance(&self) -> Covariance {
        self.settings.objective.covariance
    }
}

/// Columns of `history.csv` about held-out data, which the oldest files lack.
const TEST: [&str; 3] = ["elbo_test", "reconstruction_test", "kl_test"];

/// The parts of `kl_test`, which files of the first version lack.
const PARTS: [&str; 3] = ["mutual_information", "total_correlation", "dimension_wise_kl"];

/// A column which files of earlier versions lack.
const DISCRIMINATOR: &str = "discriminator_loss";

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

    /// History with these rows, of which one is due every `interval` steps.
    pub(super) fn of_rows(interval: u64, rows: Vec<Arc<Row>>) -> Self {
        Self { interval, rows }
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
        discriminator_loss: mean(earlier.discriminator_loss, later.discriminator_loss),
        ..later.clone()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::experiment) fn row(step: u64) -> Row {
        let objective = Objective::new(Covariance::Full, 2.0, 0.1);
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
            beta_gap: 0.25,
            dto: 0.1,
            c2_residual: 0.2,
            posterior_error: 0.3,
            active_units: 2,
            off_diagonal_mass: 0.04,
            mcc: 0.9,
            elbo_test: -1.0,
            reconstruction_test: -0.5,
            kl_test: 0.5,
            decomposition: Decomposition { mutual_information: 0.4, total_correlation: 0.07, dimension_wise: 0.03 },
            discriminator_loss: 0.6,
            factor_scores: [0.8, 0.3, 0.7],
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
        let [names, texts] = [&header, &fields].map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
        let mut read = Row::read(&names, &texts, 2).unwrap();
        assert!(read.ima_contrast.is_nan());
        read.ima_contrast = 0.0;
        assert_eq!(read, Row { ima_contrast: 0.0, ..row(7) });
        assert!(Row::read(&names, &texts, 3).is_none() && Row::read(&names, &texts, 1).is_none());
        assert!(Row::read(&names, &texts[1..], 2).is_none());
        // The columns of older files, and one of a later version.
        let old: Vec<&str> = names.iter().map(|name| if *name == "beta_gap" { "diagonal_gap" } else { name }).collect();
        let read = Row::read(&[&old[..], &["later"]].concat(), &[&texts[..], &["x"]].concat(), 2).unwrap();
        assert_eq!(read.beta_gap, 2.0 * 0.25);
        let count = texts.len() - FactorScore::IN_HISTORY.len();
        let read = Row::read(&names[..count], &texts[..count], 2).unwrap();
        assert!(read.factor_scores.iter().all(|x| x.is_nan()) && read.discriminator_loss == 0.6);
        let count = count - 1;
        let read = Row::read(&names[..count], &texts[..count], 2).unwrap();
        assert!(read.discriminator_loss.is_nan() && read.decomposition.total_correlation == 0.07);
        let count = count - PARTS.len();
        let read = Row::read(&names[..count], &texts[..count], 2).unwrap();
        assert!(read.decomposition.kl().is_nan() && read.kl_test == 0.5);
        let count = count - TEST.len();
        let read = Row::read(&names[..count], &texts[..count], 2).unwrap();
        assert!(read.elbo_test.is_nan() && read.mcc == 0.9);
        assert_eq!((field("covariance"), field("ima_contrast")), (&"full".into(), &"nan".into()));
    }
}
