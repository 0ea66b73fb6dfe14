//! Metrics of a run as JSON and as columns of a table.

use serde_json::{Map, Value, json};

use crate::experiment::{Convergence, FactorScore, FactorScores, Metrics, ScoreDepth, Settings};
use crate::geometry::{GapPart, MeanGap, Measured, Undefined};
use crate::ppca::optimal_sigma2;
use crate::vae::{Decomposition, Likelihood};

/// Metrics that are means over observations. Each has a standard error, `null` where it is undefined, so that all runs have the same
/// columns.
const MEANS: [&str; 17] = [
    "alignment",
    "beta_gap",
    "c2_residual",
    "column_norms",
    "dimension_wise_kl",
    "dto",
    "elbo",
    "ima_contrast",
    "kl",
    "kl_per_dim",
    "mcc",
    "mutual_information",
    "off_diagonal_mass",
    "posterior_error",
    "reconstruction",
    "singular_values",
    "total_correlation",
];

/// The metrics as JSON. Undefined metrics are `null`; `undefined` gives the reasons. `standard_errors` has the sampling error of
/// every mean over observations, `null` for a single one.
pub fn metrics_json(metrics: &Metrics, step: u64, settings: &Settings, convergence: &Convergence) -> Value {
    let mut undefined = Map::new();
    let mut measured = |name: &str, value: Measured| match value {
        Ok(x) => json!(x),
        Err(reason) => {
            undefined.insert(name.to_owned(), json!(reason.to_string()));
            Value::Null
        }
    };
    let geometry = &metrics.geometry;
    // Where posteriors are so far apart that their densities vanish, a part may have no number.
    let part = |part: fn(&Decomposition) -> f64| {
        let found = metrics.decomposition.as_ref().map_err(|reason| *reason).map(part);
        found.and_then(|x| if x.is_finite() { Ok(x) } else { Err(Undefined::NotFinite) })
    };
    let sigma2 = match metrics.likelihood {
        Likelihood::Gaussian => Ok(settings.objective.sigma2),
        Likelihood::Bernoulli => Err(Undefined::NoVariance),
    };
    let mut json = json!({
        "step": step,
        "settled": convergence.settled,
        "trend": convergence.trend.map(|trend| trend.slope),
        "trend_standard_error": convergence.trend.map(|trend| trend.standard_error),
        "observations": metrics.observations,
        "beta": settings.objective.beta,
        "sigma2": measured("sigma2", sigma2),
        "covariance": settings.objective.covariance.name(),
        "elbo": metrics.elbo,
        "elbo_training": metrics.elbo_training,
        "generalisation_gap": metrics.generalisation_gap(),
        "elbo_monte_carlo_error": metrics.elbo_monte_carlo_error,
        "reconstruction": metrics.reconstruction,
        "kl": metrics.kl(),
        "kl_per_dim": metrics.kl_per_dim,
        "mutual_information": measured("mutual_information", part(|parts| parts.mutual_information)),
        "total_correlation": measured("total_correlation", part(|parts| parts.total_correlation)),
        "dimension_wise_kl": measured("dimension_wise_kl", part(|parts| parts.dimension_wise)),
        "active_units": measured("active_units", geometry.measured_active_units()).as_f64().map(|units| units as usize),
        "active": measured("active", geometry.measured_active_units()),
        "ima_contrast": measured("ima_contrast", geometry.ima_contrast),
        "beta_gap": measured("beta_gap", geometry.beta_gap),
        "off_diagonal_mass": measured("off_diagonal_mass", geometry.off_diagonal_mass),
        "dto": measured("dto", geometry.dto),
        "dto_chance": measured("dto_chance", metrics.dto_chance),
        "alignment": measured("alignment", geometry.alignment),
        "c2_residual": measured("c2_residual", geometry.c2_residual),
        "posterior_error": measured("posterior_error", geometry.posterior_error),
        "singular_values": geometry.singular_values,
        "column_norms": geometry.column_norms,
        "mcc": measured("mcc", metrics.mcc),
        "mcc_chance": measured("mcc_chance", metrics.mcc_chance),
    });
    // Which ones, where they can be told.
    if !json["active"].is_null() {
        json["active"] = json!(geometry.active);
    }
    if let (Some(training), Some(test)) = (&metrics.optimum_training, &metrics.optimum_test) {
        let [mut training, mut test] = [training, test].map(|optimum| {
            json!({
                "elbo": optimum.elbo,
                "kl": optimum.kl(),
                "kl_per_dim": optimum.kl_per_dim,
                "distortion": optimum.distortion,
                "active_units": optimum.active,
                "eigenvalues": optimum.eigenvalues,
            })
        });
        training["elbo_test"] = json!(metrics.optimum_training_on_test);
        test["mcc_ceiling"] = measured("optimum_test.mcc_ceiling", metrics.mcc_ceiling);
        (json["optimum_training"], json["optimum_test"]) = (training, test);
    }
    if metrics.likelihood == Likelihood::Bernoulli {
        json["likelihood"] = json!(metrics.likelihood.name());
        for name in ["optimum_training", "optimum_test"] {
            json[name] = measured(name, Err(Undefined::NotGaussian));
        }
    }
    match metrics.exact_gap {
        None => {}
        Some(Ok(gap)) => json["exact_gap"] = gap_json(&gap, settings.objective.beta),
        Some(Err(reason)) => json["exact_gap"] = measured("exact_gap", Err(reason)),
    }
    if let Some((depth, found)) = &metrics.factor_scores {
        factor_scores_json(*depth, found, &mut json, &mut undefined);
    }
    if let Some(optimum) = metrics.optimum_training.as_ref().filter(|_| settings.objective.learns_sigma2) {
        let m = optimum.kl_per_dim.len();
        let best = optimal_sigma2(&optimum.eigenvalues, m, settings.objective.beta);
        json["optimum_training"]["sigma2"] = json!(best);
        if best.is_none() {
            let reason = "the latents reconstruct everything, so that the best σ² is 0";
            undefined.insert("optimum_training.sigma2".to_owned(), json!(reason));
        }
    }
    if settings.objective.learns_sigma2 {
        json["learns_sigma2"] = json!(true);
    }
    if convergence.settled.is_none() {
        undefined.insert("settled".to_owned(), json!("the run has not settled"));
    }
    if convergence.trend.is_none() {
        for name in ["trend", "trend_standard_error"] {
            undefined.insert(name.to_owned(), json!("too few steps since the last change"));
        }
    }
    let errors = |name: &&str| -> Vec<f64> {
        metrics.estimates(name).into_iter().flatten().map(|estimate| estimate.standard_error).collect()
    };
    let shown = |name: &&'static str| {
        let errors = errors(name);
        ((*name).to_owned(), if json[*name].is_array() { json!(errors) } else { json!(errors.first()) })
    };
    json["standard_errors"] = MEANS.iter().map(shown).collect::<Map<_, _>>().into();
    for (name, reason) in &metrics.unknown {
        json[*name] = Value::Null;
        undefined.insert((*name).to_owned(), json!(reason.to_string()));
    }
    json["undefined"] = Value::Object(undefined);
    json
}

/// Adds the scores against true factors with their chance levels: the same keys for all runs.
fn factor_scores_json(
    depth: ScoreDepth,
    found: &Result<FactorScores, Undefined>,
    json: &mut Value,
    undefined: &mut Map<String, Value>,
) {
    let mut put = |name: String, value: Result<f64, String>| match value {
        Ok(x) => json[name] = json!(x),
        Err(reason) => {
            json[&name] = Value::Null;
            undefined.insert(name, json!(reason));
        }
    };
    for score in FactorScore::at(depth) {
        let value = found.as_ref().map_err(ToString::to_string);
        let value = value.and_then(|found| found.get(score).ok_or_else(|| "it was not measured".to_owned()));
        let chance = value.clone().and_then(|value| value.chance.map_err(|reason| reason.to_string()));
        put(score.key().to_owned(), value.and_then(|value| value.value.map_err(|reason| reason.to_string())));
        put(format!("{}_chance", score.key()), chance.map(|chance| chance.value));
    }
}

/// Means in nats, each with its standard error: the parts × β as all prices, log p(x) and ELBO those of the model with variance b.
fn gap_json(gap: &MeanGap, beta: f64) -> Value {
    let mut json = json!({ "observations": gap.observations, "left_out": gap.left_out });
    let parts = GapPart::ALL.iter().zip(gap.parts).filter_map(|(part, mean)| Some((part.name(), mean?)));
    let parts = parts.map(|(name, mean)| (name, mean.times(beta)));
    for (name, mean) in [("log_px", gap.log_px), ("elbo", gap.elbo)].into_iter().chain(parts) {
        json[name] = json!(mean.value);
        json[format!("{name}_standard_error")] = json!(mean.error);
    }
    json
}

/// The metrics of [`metrics_json`] as named columns: nested values as `optimum_test.elbo`, lists separated by spaces, `null`
/// as an empty cell, without the reasons for undefined metrics.
pub fn metrics_fields(metrics: &Value) -> Vec<(String, String)> {
    let empty = Map::new();
    let object = metrics.as_object().unwrap_or(&empty);
    let mut fields = Vec::new();
    for (name, value) in object.iter().filter(|(name, _)| *name != "undefined") {
        match value {
            Value::Object(part) => fields.extend(part.iter().map(|(inner, v)| (format!("{name}.{inner}"), field(v)))),
            value => fields.push((name.clone(), field(value))),
        }
    }
    fields
}

fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(field).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_columns() {
        let metrics = json!({ "elbo": -1.5, "kl_per_dim": [1.0, 2.0], "mcc": null, "optimum_test": { "kl": 3.0 },
            "undefined": { "mcc": "why" } });
        let mut fields = metrics_fields(&metrics);
        fields.sort();
        let expected = [("elbo", "-1.5"), ("kl_per_dim", "1.0 2.0"), ("mcc", ""), ("optimum_test.kl", "3.0")];
        assert_eq!(fields, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
