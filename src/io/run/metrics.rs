//! Metrics of a run as JSON and as columns of a table.

use serde_json::{Map, Value, json};

use crate::experiment::{Metrics, Settings};
use crate::geometry::{Measured, Undefined};

/// The metrics as JSON. Undefined metrics are `null`; `undefined` gives the reasons.
pub fn metrics_json(metrics: &Metrics, step: u64, settings: &Settings) -> Value {
    let mut undefined = Map::new();
    let mut measured = |name: &str, value: Measured| match value {
        Ok(x) => json!(x),
        Err(reason) => {
            undefined.insert(name.to_owned(), json!(reason.to_string()));
            Value::Null
        }
    };
    let geometry = &metrics.geometry;
    let mut json = json!({
        "step": step,
        "beta": settings.objective.beta,
        "sigma2": settings.objective.sigma2,
        "covariance": settings.objective.covariance.name(),
        "elbo": metrics.elbo,
        "elbo_standard_error": metrics.elbo_standard_error,
        "reconstruction": metrics.reconstruction,
        "kl": metrics.kl(),
        "kl_per_dim": metrics.kl_per_dim,
        "active_units": geometry.active.len(),
        "active": geometry.active,
        "ima_contrast": measured("ima_contrast", geometry.ima_contrast),
        "diagonal_gap": measured("diagonal_gap", geometry.diagonal_gap),
        "off_diagonal_mass": measured("off_diagonal_mass", geometry.off_diagonal_mass),
        "dto": measured("dto", geometry.dto),
        "dto_chance": measured("dto_chance", Some(metrics.dto_chance).filter(|x| x.is_finite()).ok_or(Undefined::NoActiveLatent)),
        "alignment": measured("alignment", geometry.alignment),
        "c2_residual": measured("c2_residual", geometry.c2_residual),
        "posterior_error": measured("posterior_error", geometry.posterior_error),
        "singular_values": geometry.singular_values,
        "column_norms": geometry.column_norms,
        "mcc": measured("mcc", metrics.mcc),
        "mcc_chance": metrics.mcc_chance,
    });
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
    json["undefined"] = Value::Object(undefined);
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
