//! The scores against true factors, with their names and definitions.

use crate::stats::Uncertain;
use crate::stats::factor_scores::UndefinedScore;

/// A score of disentanglement against true factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorScore {
    /// Mean rank correlation coefficient.
    RankMcc,
    /// Mutual information gap.
    Mig,
    /// Separated attribute predictability.
    Sap,
    /// Disentanglement score of Rolínek et al.
    NeighbourGap,
    /// D of DCI, linear probe.
    Disentanglement,
    /// C of DCI, linear probe.
    Completeness,
    /// I of DCI, linear probe.
    Informativeness,
    /// D of DCI, gradient-boosted trees.
    TreeDisentanglement,
    /// C of DCI, gradient-boosted trees.
    TreeCompleteness,
    /// I of DCI, gradient-boosted trees.
    TreeInformativeness,
    /// FactorVAE score.
    FactorVae,
    /// β-VAE score.
    BetaVae,
}

/// A score with its chance level.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreValue {
    /// The score that was measured.
    pub score: FactorScore,
    /// The score, or why it is undefined.
    pub value: Result<f64, UndefinedScore>,
    /// Its mean over random rotations of the codes (Haar measure).
    pub chance: Result<Uncertain, UndefinedScore>,
}

/// The depth of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreDepth {
    /// [`FactorScore::IN_HISTORY`], with an eighth of the rotations.
    History,
    /// Without trees and new samples, with a quarter of the rotations: tenths of a second.
    Quick,
    /// All scores: seconds.
    Whole,
}

impl FactorScore {
    /// All scores in the order of tables.
    pub const ALL: [Self; 12] = [
        Self::RankMcc,
        Self::Mig,
        Self::Sap,
        Self::NeighbourGap,
        Self::Disentanglement,
        Self::Completeness,
        Self::Informativeness,
        Self::TreeDisentanglement,
        Self::TreeCompleteness,
        Self::TreeInformativeness,
        Self::FactorVae,
        Self::BetaVae,
    ];

    /// The scores in every row of the history, in the order of its columns: those that cost little beside the steps between two rows.
    pub const IN_HISTORY: [Self; 3] = [Self::RankMcc, Self::Mig, Self::Sap];

    /// The scores that are measured at this depth.
    pub fn at(depth: ScoreDepth) -> impl Iterator<Item = Self> {
        let count = match depth {
            ScoreDepth::History => Self::IN_HISTORY.len(),
            ScoreDepth::Quick => 7,
            ScoreDepth::Whole => Self::ALL.len(),
        };
        Self::ALL.into_iter().take(count)
    }

    /// The key in files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::RankMcc => "mcc_spearman",
            Self::Mig => "mig",
            Self::Sap => "sap",
            Self::NeighbourGap => "neighbour_gap",
            Self::Disentanglement => "dci_linear_disentanglement",
            Self::Completeness => "dci_linear_completeness",
            Self::Informativeness => "dci_linear_informativeness",
            Self::TreeDisentanglement => "dci_trees_disentanglement",
            Self::TreeCompleteness => "dci_trees_completeness",
            Self::TreeInformativeness => "dci_trees_informativeness",
            Self::FactorVae => "factor_vae_score",
            Self::BetaVae => "beta_vae_score",
        }
    }

    /// The name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RankMcc => "MCC, ranks",
            Self::Mig => "MIG",
            Self::Sap => "SAP",
            Self::NeighbourGap => "5-NN gap",
            Self::Disentanglement => "D, linear",
            Self::Completeness => "C, linear",
            Self::Informativeness => "I, linear",
            Self::TreeDisentanglement => "D, trees",
            Self::TreeCompleteness => "C, trees",
            Self::TreeInformativeness => "I, trees",
            Self::FactorVae => "FactorVAE score",
            Self::BetaVae => "β-VAE score",
        }
    }

    /// Definition and source in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::RankMcc => {
                "Mean |rank correlation| (Spearman) of each factor with the latent that it is matched with. 1 for any monotonic relation"
            }
            Self::Mig => {
                "Mutual information gap (Chen et al. 2018): for each factor the information of the best latent minus that of the \
                 second, over the entropy of the factor; 20 × 20 bins. The bins bias it: compare runs with as many observations"
            }
            Self::Sap => {
                "Separated attribute predictability (Kumar et al. 2018): the gap between the best two latents in R², or in the accuracy \
                 of a linear classifier for a category"
            }
            Self::NeighbourGap => {
                "Disentanglement score of Rolínek et al. 2019: the gap between the best two latents in what five nearest neighbours \
                 along one latent tell about a factor"
            }
            Self::Disentanglement => {
                "Disentanglement of DCI (Eastwood & Williams 2018): each latent tells about one factor only. Importances are R² of \
                 one latent alone"
            }
            Self::Completeness => {
                "Completeness of DCI: each factor is told by one latent only. Importances are R² of one latent alone"
            }
            Self::Informativeness => {
                "Informativeness of DCI: R² (of a category, accuracy) of a linear probe of all latents, on observations that it has not \
                 learned from"
            }
            Self::TreeDisentanglement => {
                "Disentanglement of DCI with importances of 100 gradient-boosted trees, the probe of disentanglement_lib. High by \
                 chance with many latents"
            }
            Self::TreeCompleteness => "Completeness of DCI with importances of 100 gradient-boosted trees",
            Self::TreeInformativeness => {
                "Informativeness of DCI: R² (of a category, accuracy) of 100 gradient-boosted trees, on observations that they have \
                 not learned from"
            }
            Self::FactorVae => {
                "FactorVAE score (Kim & Mnih 2018): how often the latent that varies least in a batch with one factor held fixed names \
                 that factor. Needs a scene, which can hold factors fixed"
            }
            Self::BetaVae => {
                "β-VAE score (Higgins et al. 2017): how often a linear classifier names the factor that the two of a pair share, from the \
                 mean |difference| of their codes. Blind to moderate rotations. Needs a scene"
            }
        }
    }
}
