//! `unpick metrics`, and the format of numbers.

use clap::Args;
use serde_json::Value;

use crate::data::Dataset;
use crate::experiment::{Config, FIXED, Metrics, OWN_SAMPLES, ScoreDepth, Settings};
use crate::io::{SavedRun, metrics_json};
use crate::vae::Vae;

/// Options of `train` and `metrics`: what takes seconds to measure.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct CostlyMetrics {
    /// Measure log p(x) − ELBO in its parts, over the first N held-out observations [default: 64]; takes seconds
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "64", value_parser = clap::value_parser!(u32).range(1..))]
    exact_gap: Option<u32>,
    /// Measure all scores against true factors: DCI with trees, FactorVAE and β-VAE scores, too; takes seconds
    #[arg(long)]
    factor_scores: bool,
}

impl CostlyMetrics {
    /// The metrics with what is asked for.
    pub(super) fn add_to(
        self,
        metrics: Metrics,
        vae: &Vae<f32>,
        settings: &Settings,
        data: &Dataset,
        config: &Config,
    ) -> Metrics {
        let depth = if self.factor_scores { ScoreDepth::Whole } else { ScoreDepth::Quick };
        let metrics = metrics.with_factor_scores(vae, data, config, depth);
        match self.exact_gap {
            Some(count) => metrics.with_exact_gap(vae, settings, data, count as usize),
            None => metrics,
        }
    }
}

/// Measures a saved model again.
pub(super) fn metrics(saved: &SavedRun, costly: CostlyMetrics, json: bool) -> String {
    let metrics = Metrics::measure(&saved.vae, &saved.settings, &saved.data, &saved.config);
    let metrics = costly.add_to(metrics, &saved.vae, &saved.settings, &saved.data, &saved.config);
    let mut value = metrics_json(&metrics, saved.steps, &saved.settings, &saved.convergence());
    if saved.config.origin.model().is_some() {
        value["data"] = OWN_SAMPLES.into();
        for name in ["settled", "trend", "trend_standard_error"] {
            value["undefined"][name] = FIXED.into();
        }
    }
    if json { format!("{value:#}\n") } else { table(&value) }
}

/// Metrics as lines of text.
pub(super) fn table(metrics: &Value) -> String {
    let Some(object) = metrics.as_object() else { return String::new() };
    let line = |name: &str, value: &Value| match value {
        Value::Null => {
            let reason = metrics["undefined"][name].as_str().unwrap_or("not defined");
            format!("{name:<22} – ({reason})\n")
        }
        value => format!("{name:<22} {}{}\n", shown(value), error(&metrics["standard_errors"][name])),
    };
    let lines = |(name, value): (&String, &Value)| match value {
        Value::Object(_) if ["undefined", "standard_errors"].contains(&&**name) => String::new(),
        Value::Object(part) => part.iter().map(|(inner, value)| line(&format!("{name}.{inner}"), value)).collect(),
        value => line(name, value),
    };
    object.iter().map(lines).collect()
}

/// The sampling error of a single number.
fn error(value: &Value) -> String {
    value.as_f64().map_or_else(String::new, |error| format!(" ± {error:.4}"))
}

/// Value as text, with four decimals unless it is whole.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Number(x) if !x.is_u64() => {
            // No −0.0000.
            let whole = |x: f64| if x.abs() < 5e-5 { 0.0 } else { x };
            x.as_f64().map_or_else(|| x.to_string(), |x| format!("{:.4}", whole(x)))
        }
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(" "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
