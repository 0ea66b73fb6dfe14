//! `unpick scenes`.

use serde_json::Value;

use crate::data::Scene;

/// Built-in scenes, one line each or as JSON.
pub(super) fn scenes(json: bool) -> String {
    let row = |scene: &'static Scene| {
        let factors = scene.generator.factor_names();
        (&scene.name, scene.generator.data_dim(), scene.training.latent_dim, factors, &scene.summary)
    };
    let rows: Vec<_> = Scene::built_in().iter().map(row).collect();
    if json {
        let list: Vec<_> = rows
            .iter()
            .map(|(name, n, m, factors, summary)| {
                serde_json::json!({ "name": name, "n": n, "m": m, "factors": factors, "summary": summary })
            })
            .collect();
        return format!("{:#}\n", Value::from(list));
    }
    let line = |name: &str, n: &str, m: &str, factors: &str, summary: &str| {
        format!("{name:<16} {n:>4} {m:>2}  {factors:<34} {summary}\n")
    };
    let header = line("scene", "n", "m", "factors", "summary");
    let rows = rows
        .iter()
        .map(|(name, n, m, factors, summary)| line(name, &n.to_string(), &m.to_string(), &factors.join(", "), summary));
    std::iter::once(header).chain(rows).collect()
}
