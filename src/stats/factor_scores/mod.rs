//! Scores of disentanglement that compare codes with the true factors of the data, as Locatello et al. (2019) collect them in
//! `disentanglement_lib`: MIG, SAP, DCI, FactorVAE and β-VAE scores; further the score of Rolínek et al. (2019), and rank
//! correlations for the MCC.
//!
//! Codes are m × N, the posterior mean of each latent at each observation; factors are K × N. Where a score learns on one part of
//! the observations and is measured on another, the caller splits them. Scores that compare latents count collapsed ones as well:
//! leave those out first. None of these scores is meaningful without the level that a random rotation of the same codes reaches
//! ([`chance_level()`]).

mod attribute_predictability;
mod beta_vae;
mod boosted_trees;
mod categories;
mod chance_level;
mod dci;
mod factor_codes;
mod factor_kind;
mod factor_vae;
mod gap_score;
mod linear_probe;
mod linear_svm;
mod logistic_regression;
mod mutual_information;
mod nearest_neighbours;
mod rank_correlation;
mod regression_tree;
mod sampled_score;
#[cfg(test)]
mod tests;
mod undefined_score;

pub use attribute_predictability::separated_attribute_predictability;
pub use beta_vae::{PairSettings, beta_vae_score};
pub use chance_level::{CLASSIFIER_ROTATIONS, ROTATIONS, TREE_ROTATIONS, chance_level};
pub use dci::{Dci, DciProbe, dci};
pub use factor_codes::FactorCodes;
pub use factor_kind::{FactorKind, MOST_CATEGORIES};
pub use factor_vae::{VoteScore, VoteSettings, factor_vae_score};
pub use gap_score::GapScore;
pub use mutual_information::{BINS, mutual_information_gap};
pub use nearest_neighbours::neighbour_gap;
pub use rank_correlation::{cross_correlation, rank_correlation};
pub use sampled_score::SampledScore;
pub use undefined_score::UndefinedScore;
