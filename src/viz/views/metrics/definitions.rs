//! The definitions of the metrics: formula, source, range, over what they are means, and when they are undefined.

use super::metric::{Group, Metric, PlotRange, no_levels};
use crate::experiment::{FactorScore, Row, Snapshot};
use crate::geometry::{ACTIVE_VARIANCE, LEAST_SEPARATION, Measured, Undefined, chance_distance};
use crate::viz::number_name::{MEAN_CONTRAST, MEAN_GAP, RECENT_ELBO};

/// Over what the geometry is averaged.
const GEOMETRY: &str = "the posterior means of the first held-out observations, 256 (128 for large models), active latents only: the same \
                        in the small plot and in history.csv.";

/// The mean over the last rows under the settings in force, at most a twentieth of the run: a minibatch alone is noisy.
fn recent(snapshot: &Snapshot, value: fn(&Row) -> f64) -> Measured {
    if snapshot.config.origin.model().is_some() {
        return Err(Undefined::NotTrained);
    }
    let (count, asked_for) = ((snapshot.history.len() / 20).max(1), snapshot.settings.asked_for());
    let rows = snapshot.history.iter().rev().take(count).take_while(|row| row.settings.asked_for() == asked_for);
    let (sum, count) = rows.fold((0.0, 0), |(sum, count), row| (sum + value(row), count + 1));
    if count == 0 { Err(Undefined::NotYet) } else { Ok(sum / f64::from(count)) }
}

/// A score of [`FactorScore::IN_HISTORY`].
const fn of_factors<const K: usize>(range: &'static str) -> Metric {
    Metric {
        group: Group::Observations,
        name: FactorScore::IN_HISTORY[K].name(),
        also: &[],
        words: &[],
        key: FactorScore::IN_HISTORY[K].key(),
        unit: "",
        formula: FactorScore::IN_HISTORY[K].about(),
        definition: None,
        source: "As disentanglement_lib defines it (Locatello et al. 2019). Empirical. Chance is the mean over random rotations of the same \
                 codes. The view Factors has it for all held-out observations.",
        range,
        undefined: "when the true factors are not known, no latent is active, or for gaps between two latents fewer than two.",
        over: "the active latents at the first held-out observations, 256 (128 for large models): the same in the small plot and in \
               history.csv. What learns, learns from the first two thirds of them.",
        decimals: 4,
        now: |s| s.factor_score(FactorScore::IN_HISTORY[K]),
        then: |row| row.factor_scores[K],
        levels: |_, metrics| {
            let scores = metrics.and_then(|metrics| metrics.factor_scores.as_ref()?.1.as_ref().ok());
            let chance = scores.and_then(|scores| scores.get(FactorScore::IN_HISTORY[K])?.chance.ok());
            chance.into_iter().map(|chance| ("chance", chance.value)).collect()
        },
        scale: PlotRange::Unit,
    }
}

/// The metrics, in the order of the view.
pub(super) const METRICS: [Metric; 12] = [
    Metric {
        group: Group::Means,
        name: MEAN_GAP.name,
        also: &[],
        words: &["β gap", "gap"],
        key: "beta_gap",
        unit: "nats",
        formula: "(β/2)(Σ log Λᵢᵢ − log det Λ) with Λ = I + JᵀJ/βσ²: what the best diagonal posterior loses against the \
                  best full one, a datum. It is the price of columns that are not orthogonal.",
        definition: Some(
            r"$$\frac{\beta}{2}\Big(\sum_i\log\Lambda_{ii} - \log\det\Lambda\Big)\quad\text{with}\quad\Lambda = I + \frac{J^\top J}{\beta\sigma^2}$$
What the best diagonal posterior loses against the best full one, a datum. It is the price of columns that are not orthogonal.",
        ),
        source: "Exact for linear decoders, second order otherwise (Hadamard's inequality).",
        range: "0 and above; 0 exactly when JᵀJ is diagonal.",
        undefined: "when fewer than two latents are active, or for β = 0.",
        over: GEOMETRY,
        decimals: 4,
        now: |s| s.geometry.beta_gap,
        then: |row| row.beta_gap,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        group: Group::Means,
        name: MEAN_CONTRAST.name,
        also: &[],
        words: &["c_IMA"],
        key: "ima_contrast",
        unit: "nats",
        formula: "Σ log ‖Jᵢ‖ − ½ log det JᵀJ: how far the columns of J are from orthogonal. For two latents it is \
                  −log sin of the angle between them.",
        definition: Some(
            r"$$\sum_i\log\|J_i\| - \tfrac12\log\det J^\top J$$
How far the columns of $J$ are from orthogonal. For two latents it is $-\log\sin$ of the angle between them.",
        ),
        source: "Gresele et al. 2021; the limit of the gap (without β) as βσ² → 0. That a diagonal posterior brings it down is a \
                 theorem for linear decoders and an approximation otherwise.",
        range: "0 and above; 0 exactly when the columns are orthogonal. It does not depend on their lengths.",
        undefined: "when fewer than two latents are active, or columns are linearly dependent, as with full covariance where posterior \
                    means vary along fewer directions than latents.",
        over: GEOMETRY,
        decimals: 4,
        now: |s| s.geometry.ima_contrast,
        then: |row| row.ima_contrast,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        group: Group::Means,
        name: "off-diagonal",
        also: &["off-diagonal share", "off-diag"],
        words: &["off-diagonal"],
        key: "off_diagonal_mass",
        unit: "",
        formula: "Σ_{i≠j} Gᵢⱼ² / Σ Gᵢⱼ² with G = JᵀJ: the share of G off its diagonal.",
        definition: Some(
            r"$$\frac{\sum_{i\ne j} G_{ij}^2}{\sum_{i,j} G_{ij}^2}\quad\text{with}\quad G = J^\top J$$
The share of $G$ off its diagonal.",
        ),
        source: "A direct reading of condition C1, without logarithms and without degeneracy.",
        range: "0 to 1; 0 exactly when the columns are orthogonal.",
        undefined: "when fewer than two latents are active, or posterior means vary along fewer directions than latents (full covariance).",
        over: GEOMETRY,
        decimals: 4,
        now: |s| s.geometry.off_diagonal_mass,
        then: |row| row.off_diagonal_mass,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        group: Group::Means,
        name: "DtO",
        also: &["distance to orthogonality"],
        words: &["DtO"],
        key: "dto",
        unit: "",
        formula: "Mean of ‖V − P‖, P the signed permutation nearest to the right singular vectors V of J. For two \
                  latents rotated by θ ≤ 45° it is 2√2 sin(θ/2).",
        definition: Some(
            r"The mean of $\|V - P\|$, $P$ the signed permutation nearest to the right singular vectors $V$ of $J$. For two latents rotated by $\theta \le 45^\circ$ it is $2\sqrt2\,\sin(\theta/2)$.",
        ),
        source: "Rolínek et al. 2019, equation 29. To be read beside chance: the objective of a full posterior prefers no axes, \
                 so the first weights decide. Equivariant Adam with the factor exp 2H prefers none either: chance (theorem). Plain Adam treats coordinates one by one and slowly walks it to the axes, too.",
        range: "0 when V is a signed permutation; chance is the mean over random rotations.",
        undefined: "when fewer than two latents are active or columns are dependent (see c_IMA), or singular values are within 5 % \
                    of each other: then V is free to rotate.",
        over: GEOMETRY,
        decimals: 4,
        now: |s| s.geometry.dto,
        then: |row| row.dto,
        levels: |s, _| vec![("chance", chance_distance(s.geometry.active.len()))],
        scale: PlotRange::FromZero,
    },
    Metric {
        group: Group::Means,
        name: "C2 residual",
        also: &[],
        words: &["C2 residual", "C2"],
        key: "c2_residual",
        unit: "",
        formula: "Mean of Σ_{i≠j} (∂ⱼ log sᵢ)²: whether each length depends on its own latent only.",
        definition: Some(
            r"The mean of
$$\sum_{i\ne j}\big(\partial_j\log s_i\big)^2$$
Whether each length depends on its own latent only.",
        ),
        source: "Condition C2 of the paper. With orthogonal columns (C1) it makes the push-forward factorise; \
                 orthogonality alone does not.",
        range: "0 and above; 0 exactly when C2 holds.",
        undefined: "for ReLU decoders, which have no second derivatives, when fewer than two latents are active, or posterior means vary \
                    along fewer directions than latents (full covariance).",
        over: GEOMETRY,
        decimals: 4,
        now: |s| s.geometry.c2_residual,
        then: |row| row.c2_residual,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        group: Group::Means,
        name: "posterior error",
        also: &["eq. 1"],
        words: &["posterior error", "equation 1"],
        key: "posterior_error",
        unit: "",
        formula: "How far the encoder's Σ is from Σ⁻¹ = Λ, Λ = I + JᵀJ/βσ²: the mean of ‖Σ⁻¹ − Λ‖/‖Λ‖ for a full \
                  posterior, of |log Σᵢᵢ Λᵢᵢ| for a diagonal one, both over the active latents alone.",
        definition: Some(
            r"How far the encoder's $\Sigma$ is from $\Sigma^{-1} = \Lambda$,
$$\Lambda = I + \frac{J^\top J}{\beta\sigma^2}$$
The mean of $\|\Sigma^{-1} - \Lambda\| / \|\Lambda\|$ for a full posterior, of $|\log \Sigma_{ii}\Lambda_{ii}|$ for a diagonal one, both over the active latents alone.",
        ),
        source: "Equation 1 (which defines the precision) without its term of second derivatives: an approximation \
                 where the decoder bends.",
        range: "0 and above; trained tanh networks reach 0.02 to 0.1 with two latents in three dimensions, 0.14 to 0.22 with \
                three or four latents or in five dimensions.",
        undefined: "when no latent is active, or for β = 0.",
        over: GEOMETRY,
        decimals: 4,
        now: |s| s.geometry.posterior_error,
        then: |row| row.posterior_error,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        group: Group::Minibatches,
        name: RECENT_ELBO.name,
        also: &[],
        words: &["ELBO"],
        key: "elbo",
        unit: "nats",
        formula: "E_q log p(x|z) − β KL(q‖p), a datum, on minibatches of the training data. With a Bernoulli likelihood the first term is \
                  at most minus the entropy of grey x, as if each value were a probability.",
        definition: Some(
            r"$$\mathbb{E}_q\log p(x\mid z) - \beta\,\mathrm{KL}(q\,\|\,p)$$
A datum, on minibatches of the training data. With a Bernoulli likelihood the first term is at most minus the entropy of grey $x$, as if each value were a probability.",
        ),
        source: "The objective. For linear decoders with a Gaussian likelihood the optimum is known in closed form from the covariance of the \
                 training data: diagonal and full posteriors reach the same one.",
        range: "any number; the optimum cannot be exceeded but for the noise of minibatches.",
        undefined: "before the first row of the history under new settings.",
        over: "the training minibatches of the last twentieth of the run under the present settings; not held-out data.",
        decimals: 3,
        now: |s| recent(s, |row| row.elbo),
        then: |row| row.elbo,
        levels: |s, _| {
            // That of the view Training.
            let held_out = s.newest_row().map(|row| ("held-out", row.elbo_test)).filter(|(_, elbo)| elbo.is_finite());
            let optimum = s.optimum_training.as_ref().map(|best| ("training optimum", best.elbo));
            let optimum = optimum.filter(|(_, elbo)| elbo.is_finite());
            held_out.into_iter().chain(optimum).collect()
        },
        scale: PlotRange::Tail,
    },
    Metric {
        group: Group::Observations,
        name: "active latents",
        also: &["active units", "active"],
        words: &["active"],
        key: "",
        unit: "",
        formula: "How many latents have a posterior mean that varies over the data by more than 0.01.",
        definition: None,
        source: "Burda et al. 2016. At the optimum of a linear decoder a latent dies exactly when βσ² reaches the variance of \
                 its direction. With full covariance, whose axes are free, directions are counted: eigenvalues of the covariance \
                 of the posterior means above 0.01.",
        range: "0 to the number of latents.",
        undefined: "with fewer than 20 held-out observations, whose variance does not tell active latents from collapsed ones, and without an encoder: then every latent counts.",
        over: GEOMETRY,
        decimals: 0,
        now: |s| if s.vae.has_encoder { s.geometry.measured_active_units() } else { Err(Undefined::NoEncoder) },
        then: |row| row.active_units as f64,
        levels: |s, _| {
            s.optimum_training.as_ref().map_or_else(Vec::new, |best| vec![("training optimum", best.active as f64)])
        },
        scale: PlotRange::FromZero,
    },
    Metric {
        group: Group::Observations,
        name: "MCC",
        also: &["mean correlation coefficient"],
        words: &["MCC"],
        key: "mcc",
        unit: "",
        formula: "Mean over the factors of the |correlation| with the active latent that each is matched with; 0 for a factor \
                  without one.",
        definition: None,
        source: "Empirical: orthogonal does not mean identified. Chance is the mean over random rotations of the active latents, \
                 undefined with a single one; the ceiling is what the optimum of linear data reaches, mean √(1 − v/λᵢ) with v the \
                 variance of the noise.",
        range: "0 to 1.",
        undefined: "when the true factors are not known, or no latent is active.",
        over: "the first held-out observations, 256 (128 for large models): the same in the small plot and in history.csv. Its error \
               is that of the correlations to first order.",
        decimals: 4,
        now: Snapshot::mcc,
        then: |row| row.mcc,
        levels: |s, metrics| {
            let chance = metrics.and_then(|metrics| metrics.mcc_chance.ok()).map(|chance| ("chance", chance));
            chance.into_iter().chain(s.mcc_ceiling().ok().map(|ceiling| ("ceiling", ceiling))).collect()
        },
        scale: PlotRange::Unit,
    },
    of_factors::<0>("0 to 1; 1 for any monotonic relation."),
    of_factors::<1>("0 to 1; the bins bias it, the more the fewer observations: read it beside chance."),
    of_factors::<2>("0 to 1."),
];

/// A walk around a latent rectangle, not a mean over the data.
pub(super) const HOLONOMY: Metric = Metric {
    group: Group::Rectangle,
    name: "loop integral",
    also: &["loop"],
    words: &["loop"],
    key: "",
    unit: "%",
    formula: "∮ sᵢ dzᵢ around a latent rectangle, as a share of the length of its side, the larger one of both latents: \
              the holonomy of arc length. Draw the rectangle in the view of the joint density.",
    definition: Some(
        r"$$\oint s_i\,dz_i$$
Around a latent rectangle, as a share of the length of its side, the larger one of both latents: the holonomy of arc length. Draw the rectangle in the view of the joint density.",
    ),
    source: "Theorem: 0 around every rectangle exactly when C2 holds; only then ∫ sᵢ dzᵢ is a coordinate of the data.",
    range: "0 and above.",
    undefined: "when one of the two latents has collapsed, with a single latent, or when posterior means vary along fewer directions than \
                latents (full covariance).",
    over: "one latent rectangle; no mean.",
    decimals: 1,
    now: |_| Err(Undefined::NotYet),
    then: |_| f64::NAN,
    levels: no_levels,
    scale: PlotRange::FromZero,
};

const _: () = {
    assert!((ACTIVE_VARIANCE - 0.01).abs() + (LEAST_SEPARATION - 0.05).abs() < 1e-12, "as the texts above say");
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;
    use std::sync::Arc;

    /// A learned σ² has another value in each row; another β ends what is recent.
    #[test]
    fn recent_rows_are_those_under_the_settings_that_were_asked_for() {
        let (snapshot, _) = trained("linear", 200);
        let mut snapshot = (*snapshot).clone();
        snapshot.settings.objective.learns_sigma2 = true;
        let row = |k: usize, row: &Row| {
            let mut row = row.clone();
            (row.settings.objective.learns_sigma2, row.settings.objective.sigma2) = (true, 0.01 * k as f64 + 0.05);
            Arc::new(row)
        };
        snapshot.history = snapshot.history.iter().enumerate().map(|(k, r)| row(k, r)).collect();
        let last = snapshot.history.last().expect("there are rows").elbo;
        assert_eq!(recent(&snapshot, |row| row.elbo), Ok(last));
        snapshot.settings.objective.beta = 7.0;
        assert_eq!(recent(&snapshot, |row| row.elbo), Err(Undefined::NotYet));
    }
}
