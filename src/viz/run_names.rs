//! The names of two compared runs: A and B with what differs, as "A diagonal" and "B full".

use crate::experiment::Snapshot;
use crate::vae::Architecture;

/// The letters of two runs that are compared.
pub const RUN_NAMES: [&str; 2] = ["A", "B"];

/// More settings in a name are left out.
const MOST: usize = 3;

/// The name of each run: its letter, with the settings in which they differ, the most telling first. Without a second run there is
/// nothing to tell apart.
pub fn run_names(snapshots: &[&Snapshot]) -> Vec<String> {
    let described: Vec<Vec<String>> = snapshots.iter().map(|snapshot| settings(snapshot)).collect();
    let differs = |k: usize| described.iter().any(|settings| settings[k] != described[0][k]);
    let shown: Vec<usize> = described.first().map_or(0..0, |first| 0..first.len()).filter(|k| differs(*k)).collect();
    let name = |(letter, settings): (&str, &Vec<String>)| {
        let words: Vec<&str> = shown.iter().take(MOST).map(|k| settings[*k].as_str()).collect();
        if words.is_empty() { letter.to_owned() } else { format!("{letter} {}", words.join(", ")) }
    };
    RUN_NAMES.into_iter().zip(&described).map(name).collect()
}

/// Settings that tell runs apart, the most telling first.
fn settings(snapshot: &Snapshot) -> Vec<String> {
    let (config, now) = (&snapshot.config, &snapshot.settings);
    let (objective, optimizer) = (&now.objective, &now.optimizer);
    let Architecture { latent_dim, likelihood, decoder, activation, .. } = &config.architecture;
    vec![
        config.origin.scene().map_or(config.origin.name(), |scene| &scene.title).to_owned(),
        objective.covariance.name().to_owned(),
        format!("β {}", objective.beta),
        objective.regularizer.to_string(),
        if objective.learns_sigma2 { "learned σ²".to_owned() } else { format!("σ² {}", objective.sigma2) },
        format!("seed {}", config.seed),
        format!("m {latent_dim}"),
        likelihood.name().to_owned(),
        format!("{} decoder", decoder.name()),
        activation.name().to_owned(),
        optimizer.kind.name().to_owned(),
        format!("rate {}", optimizer.lr),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vae::Covariance;
    use crate::viz::query::tests::trained;

    #[test]
    fn names_say_what_differs() {
        let (snapshot, _) = trained("polar", 0);
        let mut other = (*snapshot).clone();
        assert_eq!(run_names(&[&snapshot, &other]), ["A", "B"]);
        other.settings.objective.covariance = Covariance::Full;
        assert_eq!(run_names(&[&snapshot, &other]), ["A diagonal", "B full"]);
        other.settings.objective.beta = 4.0;
        assert_eq!(run_names(&[&snapshot, &other])[1], "B full, β 4");
        assert_eq!(run_names(&[&snapshot]), ["A"]);
    }
}
