//! The configuration that is being edited: the next run, if it is started.

use crate::data::Dataset;
use crate::experiment::Config;
use crate::vae::Likelihood;

/// A configuration with the text of its widths.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConfigDraft {
    /// The configuration.
    pub config: Config,
    /// Widths of hidden layers as they are being typed.
    pub hidden: String,
    /// β and σ² of a model whose file says neither, as they are being typed.
    pub objective: [String; 2],
    /// Sentence about a likelihood that was chosen and does not suit the data.
    pub refused: Option<String>,
    /// Sentence about numbers with which the scene can't be generated.
    pub refused_scene: Option<String>,
}

impl ConfigDraft {
    /// The draft that says what `config` says.
    pub(super) fn new(config: Config) -> Self {
        let widths: Vec<String> = config.architecture.hidden.iter().map(ToString::to_string).collect();
        Self { hidden: widths.join(", "), objective: Default::default(), config, refused: None, refused_scene: None }
    }

    /// Chooses the likelihood of the next run, or says why `data` do not suit it.
    pub(super) fn choose_likelihood(&mut self, likelihood: Likelihood, data: &Dataset) {
        let before = std::mem::replace(&mut self.config.architecture.likelihood, likelihood);
        self.refused = self.config.suits(data).err().map(|sentence| sentence.to_string());
        if self.refused.is_some() {
            self.config.architecture.likelihood = before;
        }
    }

    /// β and σ², once both are written.
    pub(super) fn read_objective(&self) -> Option<(f64, f64)> {
        let number =
            |text: &str, least: f64| text.trim().parse::<f64>().ok().filter(|x| (least..=1e6).contains(x) && *x > 0.0);
        let [beta, sigma2] = &self.objective;
        Some((number(beta, 0.0)?, number(sigma2, 1e-8)?))
    }

    /// The widths that are meant.
    ///
    /// # Errors
    /// If the text is not a list of widths.
    pub(super) fn read_hidden(&self) -> Result<Vec<usize>, String> {
        let widths = self.hidden.split([',', ' ', '-']).map(str::trim).filter(|w| !w.is_empty());
        let read = widths.map(|w| w.parse::<usize>().ok().filter(|w| (1..=1024).contains(w)));
        let read: Option<Vec<usize>> = read.collect();
        read.filter(|list| list.len() <= 8)
            .ok_or_else(|| "write up to eight widths between 1 and 1024, as 64, 64".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::Origin;

    #[test]
    fn widths_are_read_as_people_write_them() {
        let scene = Scene::named("cylinder").unwrap().clone();
        let mut draft = ConfigDraft::new(Config::new(Origin::Scene(Box::new(scene)), 0, 100));
        assert_eq!(draft.hidden, "64, 64");
        for (text, widths) in
            [("64,64", Some(vec![64, 64])), ("", Some(vec![])), (" 8 - 9 ", Some(vec![8, 9])), ("a", None)]
        {
            draft.hidden = text.to_owned();
            assert_eq!(draft.read_hidden().ok(), widths);
        }
        draft.hidden = "0".to_owned();
        assert!(draft.read_hidden().is_err());
    }

    #[test]
    fn beta_and_sigma2_of_a_model_are_read_together() {
        let scene = Scene::named("cylinder").unwrap().clone();
        let mut draft = ConfigDraft::new(Config::new(Origin::Scene(Box::new(scene)), 0, 100));
        for (beta, sigma2, read) in [
            ("1", "", None),
            ("", "0.02", None),
            ("0", "1", None),
            ("1", "0", None),
            ("one", "1", None),
            (" 2 ", "0.02", Some((2.0, 0.02))),
        ] {
            draft.objective = [beta.to_owned(), sigma2.to_owned()];
            assert_eq!(draft.read_objective(), read, "{beta} {sigma2}");
        }
    }

    #[test]
    fn a_likelihood_that_does_not_suit_the_data_is_refused() {
        let scene = Scene::named("cylinder").unwrap().clone();
        let data = generate(&scene, 0);
        let mut draft = ConfigDraft::new(Config::new(Origin::Scene(Box::new(scene)), 0, 100));
        draft.choose_likelihood(Likelihood::Bernoulli, &data);
        assert_eq!(draft.config.architecture.likelihood, Likelihood::Gaussian);
        assert!(draft.refused.as_ref().unwrap().contains("[0, 1]"), "{:?}", draft.refused);
        draft.choose_likelihood(Likelihood::Gaussian, &data);
        assert_eq!(draft.refused, None);
    }
}
