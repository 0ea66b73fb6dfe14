//! Trend of the objective: what a run still gains.

use std::sync::Arc;

use super::history::Row;
use super::schedule::Schedule;

/// Slope of the training objective over the last rows of a history, by least squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Nats per 1,000 steps.
    pub slope: f64,
    /// Its standard error, from the deviations of the rows from the line.
    pub standard_error: f64,
    /// Rows.
    pub rows: usize,
}

/// Convergence of a run: verdict and trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convergence {
    /// Step at which the run was found settled; see [`Schedule`].
    pub settled: Option<u64>,
    /// Step of the next verdict, if there will be one.
    pub next_verdict: Option<u64>,
    /// Trend since the last command; `None` with too few rows.
    pub trend: Option<Trend>,
}

/// Fewest rows of a trend.
const LEAST: usize = 8;

impl Trend {
    /// Trend over the last quarter of the rows after step `begun`.
    pub fn of(rows: &[Arc<Row>], begun: u64) -> Option<Self> {
        let since = &rows[rows.partition_point(|row| row.step <= begun)..];
        let last = &since[since.len() - since.len() / 4..];
        let count = last.len() as f64;
        if last.len() < LEAST || last.iter().any(|row| !row.elbo.is_finite()) {
            return None;
        }
        let mean = |value: fn(&Row) -> f64| last.iter().map(|row| value(row)).sum::<f64>() / count;
        let (x, y) = (mean(|row| row.step as f64), mean(|row| row.elbo));
        let product = |f: &dyn Fn(&Row) -> f64| last.iter().map(|row| f(row)).sum::<f64>();
        let spread = product(&|row| (row.step as f64 - x).powi(2));
        let slope = product(&|row| (row.step as f64 - x) * (row.elbo - y)) / spread;
        let rest = product(&|row| (row.elbo - y - slope * (row.step as f64 - x)).powi(2));
        let standard_error = (rest / (count - 2.0) / spread).sqrt();
        Some(Self { slope: 1000.0 * slope, standard_error: 1000.0 * standard_error, rows: last.len() })
    }
}

impl Trend {
    /// True for a slope beyond twice its error that three decimals show.
    fn is_significant(&self) -> bool {
        self.slope.abs() > (2.0 * self.standard_error).max(5e-4)
    }

    fn word(&self) -> &'static str {
        if self.slope > 0.0 { "improving" } else { "worsening" }
    }
}

impl Convergence {
    /// Convergence of a run with this history and schedule.
    pub fn of(rows: &[Arc<Row>], schedule: &Schedule) -> Self {
        let (settled, next_verdict) = (schedule.settled(), schedule.next_verdict());
        Self { settled, next_verdict, trend: Trend::of(rows, schedule.begun) }
    }

    /// The verdict as a word.
    pub fn word(&self) -> &'static str {
        match (self.settled, self.trend) {
            (Some(_), _) => "settled",
            (None, Some(trend)) if trend.is_significant() => trend.word(),
            _ => "not settled",
        }
    }

    /// The verdict as a sentence without a full stop.
    pub fn sentence(&self) -> String {
        if let Some(step) = self.settled {
            return format!("settled since step {}", grouped(step));
        }
        let trend = match self.trend {
            Some(trend) if trend.is_significant() => {
                format!("{} {:.3} nats / 1,000 steps", trend.word(), trend.slope.abs())
            }
            Some(_) => "not settled; no trend beyond the noise".to_owned(),
            None => "not settled".to_owned(),
        };
        match self.next_verdict {
            Some(step) => format!("{trend}; next verdict at step {}", grouped(step)),
            None => format!("{trend}; runs from before there were cycles are not judged"),
        }
    }
}

/// 4100 as 4,100.
fn grouped(step: u64) -> String {
    let digits = step.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64, elbo: impl Fn(u64) -> f64) -> Vec<Arc<Row>> {
        (1..=count).map(|k| Arc::new(Row { elbo: elbo(10 * k), ..super::super::history::tests::row(10 * k) })).collect()
    }

    #[test]
    fn a_line_has_its_slope_and_noise_an_error() {
        let trend = Trend::of(&rows(100, |step| 0.002 * step as f64), 0).unwrap();
        assert!((trend.slope - 2.0).abs() < 1e-9 && trend.standard_error < 1e-9 && trend.rows == 25, "{trend:?}");
        // Alternating ±1: the slope is within its error.
        let noise = |step: u64| if step.is_multiple_of(20) { 1.0 } else { -1.0 };
        let trend = Trend::of(&rows(400, noise), 0).unwrap();
        assert!(trend.slope.abs() < 2.0 * trend.standard_error && trend.standard_error > 0.1, "{trend:?}");
        // Rows before a command do not count, and few tell nothing.
        let jump = |step: u64| if step <= 500 { -100.0 } else { -1.0 };
        assert!(Trend::of(&rows(100, jump), 500).unwrap().slope.abs() < 1e-9);
        assert_eq!(Trend::of(&rows(30, jump), 0), None);
    }

    #[test]
    fn the_sentence_names_the_verdict() {
        let trend = |slope, standard_error| Some(Trend { slope, standard_error, rows: 9 });
        for (settled, next_verdict, trend, sentence) in [
            (Some(14_100), None, trend(1.0, 0.1), "settled since step 14,100"),
            (None, Some(10_000), trend(0.02, 0.004), "improving 0.020 nats / 1,000 steps; next verdict at step 10,000"),
            (None, Some(900), trend(-0.02, 0.004), "worsening 0.020 nats / 1,000 steps; next verdict at step 900"),
            (None, Some(900), trend(0.02, 0.04), "not settled; no trend beyond the noise; next verdict at step 900"),
            (None, Some(900), trend(2e-4, 1e-6), "not settled; no trend beyond the noise; next verdict at step 900"),
            (None, None, None, "not settled; runs from before there were cycles are not judged"),
        ] {
            assert_eq!(Convergence { settled, next_verdict, trend }.sentence(), sentence);
        }
    }
}
