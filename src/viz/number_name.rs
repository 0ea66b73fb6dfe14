//! The names of numbers that stand in several views: each says over what its number is, so that no two different numbers share one.

use crate::vae::Regularizer;

/// A shown number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberName {
    /// At most three words.
    pub name: &'static str,
    /// Over what it is.
    pub over: &'static str,
}

/// c_IMA at one latent.
pub(crate) const CONTRAST_HERE: NumberName = NumberName { name: "c_IMA at z*", over: "At z*, of the active latents" };

/// Its mean over the data.
pub(crate) const MEAN_CONTRAST: NumberName =
    NumberName { name: "mean c_IMA", over: "Mean over the first held-out observations, active latents" };

/// Its mean over samples of the prior, of two latents.
pub(crate) const PRIOR_CONTRAST: NumberName =
    NumberName { name: "prior c_IMA", over: "Mean over samples of the prior, of the two latents" };

/// The price of a diagonal posterior at one latent.
pub(crate) const GAP_HERE: NumberName = NumberName { name: "β gap at z*", over: "At z*, of the active latents" };

/// Its mean over the data.
pub(crate) const MEAN_GAP: NumberName =
    NumberName { name: "mean β gap", over: "Mean over the first held-out observations, active latents" };

/// The objective as it is trained.
pub(crate) const MINIBATCH_ELBO: NumberName = NumberName {
    name: "minibatch ELBO",
    over: "Mean over the training minibatches since the last point of the history",
};

/// The objective over more minibatches.
pub(crate) const RECENT_ELBO: NumberName = NumberName {
    name: "recent ELBO",
    over: "Mean over the training minibatches of the last twentieth of the run under the present settings",
};

/// The objective of data that were not trained on.
pub(crate) const HELD_OUT_ELBO: NumberName =
    NumberName { name: "held-out ELBO", over: "Mean over the first 256 held-out observations (128 for large models)" };

/// The same of another objective than log p(x|z) − β KL, which is no bound on the evidence.
pub(crate) const MINIBATCH_OBJECTIVE: NumberName = NumberName { name: "minibatch objective", ..MINIBATCH_ELBO };
/// See [`MINIBATCH_OBJECTIVE`].
pub(crate) const RECENT_OBJECTIVE: NumberName = NumberName { name: "recent objective", ..RECENT_ELBO };
/// See [`MINIBATCH_OBJECTIVE`].
pub(crate) const HELD_OUT_OBJECTIVE: NumberName = NumberName { name: "held-out objective", ..HELD_OUT_ELBO };

/// Loss of the discriminator of a FactorVAE, which tells codes from codes with shuffled latents.
pub(crate) const DISCRIMINATOR_LOSS: NumberName = NumberName {
    name: "discriminator loss",
    over: "Mean over the training minibatches since the last point of the history; log 2 = 0.693 if it only guesses",
};

/// The names of the objective with this regulariser: of minibatches, of recent ones, of held-out observations.
pub(crate) fn of_objective(regularizer: Regularizer) -> [NumberName; 3] {
    if regularizer.is_kl() {
        [MINIBATCH_ELBO, RECENT_ELBO, HELD_OUT_ELBO]
    } else {
        [MINIBATCH_OBJECTIVE, RECENT_OBJECTIVE, HELD_OUT_OBJECTIVE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_numbers_share_a_name() {
        let all = [
            CONTRAST_HERE,
            MEAN_CONTRAST,
            PRIOR_CONTRAST,
            GAP_HERE,
            MEAN_GAP,
            MINIBATCH_ELBO,
            RECENT_ELBO,
            HELD_OUT_ELBO,
            MINIBATCH_OBJECTIVE,
            RECENT_OBJECTIVE,
            HELD_OUT_OBJECTIVE,
            DISCRIMINATOR_LOSS,
        ];
        for (k, number) in all.iter().enumerate() {
            assert!(all[..k].iter().all(|other| other.name != number.name), "{}", number.name);
            // "β gap" is one term.
            let words = number.name.replace("β gap", "gap");
            assert!(words.split_whitespace().count() <= 3 && !number.over.is_empty(), "{number:?}");
        }
    }
}
