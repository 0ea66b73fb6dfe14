//! The configuration that is being edited: the next run, if it is started.

use crate::experiment::Config;

/// A configuration with the text of its widths.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConfigDraft {
    /// The configuration.
    pub config: Config,
    /// Widths of hidden layers as they are being typed.
    pub hidden: String,
}

impl ConfigDraft {
    /// The draft that says what `config` says.
    pub(super) fn new(config: Config) -> Self {
        let widths: Vec<String> = config.architecture.hidden.iter().map(ToString::to_string).collect();
        Self { hidden: widths.join(", "), config }
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
    use crate::data::Scene;
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
}
