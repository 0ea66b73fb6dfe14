//! Scores of the posterior means of the active latents against the true factors, on held-out observations, each with the level that
//! a random rotation of the same codes reaches.

use nalgebra::DMatrix;

use super::config::Config;
use super::factor_score::{FactorScore, ScoreDepth, ScoreValue};
use super::sampled_scores::SampledScores;
use super::scored_codes::{ScoredCodes, ScoredParts, rank_mcc, scored_factors};
use crate::data::{Dataset, FactorSampler};
use crate::geometry::Undefined;
use crate::linalg::Matrix;
use crate::stats::factor_scores::{
    BINS, CLASSIFIER_ROTATIONS, Dci, DciProbe, FactorCodes, FactorKind, ROTATIONS, TREE_ROTATIONS, UndefinedScore,
    chance_level, dci, mutual_information_gap, neighbour_gap, separated_attribute_predictability,
};
use crate::vae::Vae;

/// Scores against the true factors.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorScores {
    /// The active latents, which are the rows of the matrices.
    pub latents: Vec<usize>,
    /// Held-out observations that take part.
    pub observations: usize,
    /// The first of them, from which probes learn; the others test them.
    pub training: usize,
    /// The scores in the order of [`FactorScore::ALL`], those that were asked for.
    pub scores: Vec<ScoreValue>,
    /// Attributions of the active latents; `None` with the scores of the history alone.
    pub attributions: Option<Attributions>,
}

/// Latents × factors: information and importance of each latent for each factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributions {
    /// Mutual information in nats, of 20 × 20 bins.
    pub information: Result<DMatrix<f64>, UndefinedScore>,
    /// Importance for the linear probe, R².
    pub importance: Result<DMatrix<f64>, UndefinedScore>,
}

/// Observations that take part at most: trees need tenths of a second for each thousand.
const MOST: usize = 6000;

impl FactorScores {
    /// Measures `vae` on the first `observations` of the held-out part of `data`, at most 6,000; `active` are its active latents.
    ///
    /// # Errors
    /// [`Undefined::NoEncoder`], [`Undefined::NoTrueFactors`] or [`Undefined::NoActiveLatent`].
    pub fn measure(
        observations: usize,
        vae: &Vae<f32>,
        data: &Dataset,
        config: &Config,
        active: &[usize],
        depth: ScoreDepth,
    ) -> Result<Self, Undefined> {
        let factors = scored_factors(vae, data, active)?;
        let observations = observations.min(data.test.observations.columns()).min(factors.columns()).min(MOST);
        let codes = active_codes(vae, &data.test.observations.select_columns(0..observations), active);
        let factors = factors.select_columns(0..observations).map(f64::from);
        let scored = ScoredCodes::new(codes, factors);
        let parts = scored.parts();
        let ScoredParts { train, test, whole } = parts;

        let mut scores = quick(parts, depth);
        if depth == ScoreDepth::Whole {
            scores.extend(trees(parts));
            scores.extend(sampled_scores(vae, config, active));
        }
        Ok(Self {
            latents: active.to_vec(),
            observations,
            training: scored.training(),
            scores,
            attributions: (depth != ScoreDepth::History).then(|| Attributions {
                information: mutual_information_gap(whole, BINS).map(|gap| gap.attributions),
                importance: dci(train, test, DciProbe::Linear).map(|dci| dci.importances),
            }),
        })
    }

    /// The value of a score, if it was asked for.
    pub fn get(&self, score: FactorScore) -> Option<&ScoreValue> {
        self.scores.iter().find(|value| value.score == score)
    }
}

/// The scores of FactorVAE and β-VAE, of scenes.
fn sampled_scores(vae: &Vae<f32>, config: &Config, active: &[usize]) -> [ScoreValue; 2] {
    let Some(sampler) = config.origin.scene().and_then(FactorSampler::of) else {
        let none = UndefinedScore::NoSampler;
        return [FactorScore::FactorVae, FactorScore::BetaVae].map(|score| ScoreValue {
            score,
            value: Err(none),
            chance: Err(none),
        });
    };
    let encode = |observations: &Matrix<f32>| active_codes(vae, observations, active);
    let sampled = SampledScores { sampler, seed: config.seed, encode: &encode };
    [sampled.factor_vae(), sampled.beta_vae()]
}

/// Posterior means of the active latents (rows) at observations.
fn active_codes(vae: &Vae<f32>, observations: &Matrix<f32>, active: &[usize]) -> Matrix<f64> {
    let encoded = vae.encode(observations);
    Matrix::from_fn(active.len(), observations.columns(), |i, c| f64::from(encoded[(active[i], c)]))
}

/// Scores that need no trees and no samples, or the first of them.
fn quick(parts: ScoredParts<'_>, depth: ScoreDepth) -> Vec<ScoreValue> {
    let has_classes = parts.whole.kinds.contains(&FactorKind::Discrete);
    let share = match depth {
        ScoreDepth::History => 8,
        ScoreDepth::Quick => 4,
        ScoreDepth::Whole => 1,
    };
    let cheap = ROTATIONS / share;
    let classified = if has_classes { CLASSIFIER_ROTATIONS / share } else { cheap };
    let whole = ScoredParts { train: parts.whole, test: parts.whole, ..parts };
    let mut scores = scored(whole, [FactorScore::RankMcc], cheap, |_, whole| Ok([rank_mcc(whole)]));
    scores
        .extend(scored(whole, [FactorScore::Mig], cheap, |_, whole| Ok([mutual_information_gap(whole, BINS)?.score])));
    if depth == ScoreDepth::History && has_classes && whole.whole.latent_count() > 1 {
        // As in the rows of the history.
        let few = UndefinedScore::FewObservations;
        scores.push(ScoreValue { score: FactorScore::Sap, value: Err(few), chance: Err(few) });
        return scores;
    }
    scores.extend(scored(parts, [FactorScore::Sap], classified, |train, test| {
        Ok([separated_attribute_predictability(train, test)?.score])
    }));
    if depth == ScoreDepth::History {
        return scores;
    }
    scores.extend(scored(parts, [FactorScore::NeighbourGap], cheap / 4, |train, test| {
        Ok([neighbour_gap(train, test)?.score])
    }));
    let [d, c, i] = [FactorScore::Disentanglement, FactorScore::Completeness, FactorScore::Informativeness];
    let lines = |train: FactorCodes<'_>, test: FactorCodes<'_>| Ok(numbers(&dci(train, test, DciProbe::Linear)?));
    scores.extend(scored(parts, [d, c, i], classified, lines));
    scores
}

/// DCI with trees.
fn trees(parts: ScoredParts<'_>) -> Vec<ScoreValue> {
    let [d, c, i] = [FactorScore::TreeDisentanglement, FactorScore::TreeCompleteness, FactorScore::TreeInformativeness];
    scored(parts, [d, c, i], TREE_ROTATIONS, |train, test| Ok(numbers(&dci(train, test, DciProbe::Trees)?)))
}

/// Scores of the codes as they are, and rotated.
fn scored<const S: usize>(
    ScoredParts { train, test, .. }: ScoredParts<'_>,
    names: [FactorScore; S],
    rotations: usize,
    score: impl Fn(FactorCodes<'_>, FactorCodes<'_>) -> Result<[f64; S], UndefinedScore>,
) -> Vec<ScoreValue> {
    let values = score(train, test);
    let chance = match &values {
        Ok(_) if train.latent_count() < 2 => Err(UndefinedScore::OneLatent),
        Ok(_) => chance_level(train, test, rotations, &score),
        Err(reason) => Err(*reason),
    };
    let of = |k: usize, name| ScoreValue {
        score: name,
        value: values.map(|values| values[k]),
        chance: chance.map(|chance| chance[k]),
    };
    names.into_iter().enumerate().map(|(k, name)| of(k, name)).collect()
}

fn numbers(dci: &Dci) -> [f64; 3] {
    [dci.disentanglement, dci.completeness, dci.informativeness]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Command, Experiment, Origin};
    use crate::geometry::Rotation;

    fn trained(name: &str, steps: u64, degrees: f64) -> FactorScores {
        let mut scene = Scene::named(name).unwrap().clone();
        (scene.generator.samples, scene.generator.test_samples) = (2000, 900);
        let data = Arc::new(generate(&scene, 0));
        let config = Config::new(Origin::Scene(Box::new(scene)), 0, data.train.samples());
        let mut run = Experiment::new(config, Arc::clone(&data)).unwrap();
        run.advance(steps).unwrap();
        run.apply(Command::Rotate(Rotation { degrees, plane: [0, 1] })).unwrap();
        let state = run.state();
        FactorScores::measure(900, &state.vae, &data, run.config(), &[0, 1], ScoreDepth::Whole).unwrap()
    }

    /// Both factors of the linear scene have a latent; turned by 45° every latent carries half of each.
    #[test]
    fn a_rotation_of_the_latents_destroys_the_scores() {
        let value = |scores: &FactorScores, score| scores.get(score).unwrap().value.unwrap();
        let [aligned, turned] = [0.0, 45.0].map(|degrees| trained("linear", 1500, degrees));
        assert_eq!((aligned.observations, aligned.training, aligned.latents.clone()), (900, 600, vec![0, 1]));
        for (score, least, most) in [
            (FactorScore::Sap, 0.85, 0.1),
            (FactorScore::Disentanglement, 0.85, 0.1),
            (FactorScore::TreeDisentanglement, 0.7, 0.25),
            (FactorScore::Mig, 0.25, 0.1),
            (FactorScore::RankMcc, 0.95, 0.8),
            (FactorScore::FactorVae, 0.99, 0.75),
        ] {
            let [high, low] = [&aligned, &turned].map(|scores| value(scores, score));
            assert!(high > least && low < most, "{score:?}: {high} {low}");
            // Random rotations of the codes forget how they were turned before.
            let [a, b] = [&aligned, &turned].map(|scores| scores.get(score).unwrap().chance.unwrap());
            assert!((a.value - b.value).abs() < 4.0 * a.error.hypot(b.error) + 0.02, "{score:?}: {a:?} {b:?}");
            assert!(low - 0.1 < a.value && a.value < high, "{score:?}: {low} {a:?} {high}");
        }
        // All that is known of the factors is known after a rotation, too.
        let told = FactorScore::Informativeness;
        assert!((value(&aligned, told) - value(&turned, told)).abs() < 0.01);
    }

    #[test]
    fn all_scores_of_a_depth_are_there_in_their_order() {
        let scores = trained("cylinder", 50, 10.0);
        let found: Vec<FactorScore> = scores.scores.iter().map(|value| value.score).collect();
        assert_eq!(found, FactorScore::at(ScoreDepth::Whole).collect::<Vec<_>>());
        assert_eq!(FactorScore::at(ScoreDepth::Quick).count(), 7);
        assert_eq!(FactorScore::at(ScoreDepth::History).collect::<Vec<_>>(), FactorScore::IN_HISTORY);
        let keys: BTreeSet<_> = FactorScore::ALL.map(FactorScore::key).into_iter().collect();
        assert_eq!(keys.len(), FactorScore::ALL.len());
    }
}
