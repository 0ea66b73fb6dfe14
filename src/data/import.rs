//! Import options, as sessions and run folders record them, and import notes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::sentence::sentence;

/// The share of the rows that is held out unless another is chosen.
pub const HELD_OUT: f64 = 0.2;

/// Fewer rows are too few to train and test on.
pub const FEWEST_ROWS: usize = 10;

/// What was chosen for the import of a file. The default is what an absent record means: every column is a dimension, one scale,
/// all rows, the last fifth of the shuffled rows held out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// Decide by rules what the other fields leave open: the header, labels. Never recorded, since a record holds the decisions.
    #[serde(skip)]
    pub guess: bool,
    /// True if the first line of a text holds names, although there are numbers in it; `None`: only if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The columns that are dimensions, by name or number from 1, or a range of numbers as `1-3`; `None`: all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Columns of text or whole numbers that name a category of each row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Columns of numbers that are known factors of each row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<String>,
    /// The scaling of the columns.
    #[serde(skip_serializing_if = "is_default")]
    pub scale: Scaling,
    /// Treatment of rows with missing values.
    #[serde(skip_serializing_if = "is_default")]
    pub missing: MissingValues,
    /// Rows that are left out: the numbers of their lines in a text, of rows counted from 1 in arrays and of pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leave_out: Vec<usize>,
    /// Use so many rows, drawn by the seed and kept in the order of the file; `None`: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// The array in a file of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The colours of pictures; `None`: as in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<PixelColor>,
    /// Height and width to which the pictures of a folder are resized; `None`: they must have one size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resize: Option<(usize, usize)>,
    /// Bytes are pixels, which count from 0 to 1: centre and scale are those of bytes divided by 255.
    #[serde(skip_serializing_if = "is_default")]
    pub pixels: bool,
    /// The share of the rows that is held out.
    #[serde(skip_serializing_if = "is_usual_share")]
    pub held_out: f64,
    /// The file of held-out rows; then all rows of the first file are training data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<TestFile>,
    /// The seed that draws and shuffles the rows, where it is not the seed of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// A file of held-out rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// Name, without folders.
    pub file: String,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            guess: false,
            header: None,
            columns: None,
            labels: Vec::new(),
            factors: Vec::new(),
            scale: Scaling::One,
            missing: MissingValues::Refuse,
            leave_out: Vec::new(),
            rows: None,
            key: None,
            color: None,
            resize: None,
            pixels: false,
            held_out: HELD_OUT,
            test: None,
            seed: None,
        }
    }
}

impl ImportOptions {
    /// The options of a new run: rules decide what nobody chose, and say so in notes.
    pub fn guessed() -> Self {
        Self { guess: true, ..Self::default() }
    }

    /// True if this is what an absent record means.
    pub fn is_default(&self) -> bool {
        *self == Self { guess: self.guess, ..Self::default() }
    }

    /// The sentence about more rows than there are. A record of an earlier version may ask for them.
    pub fn check_rows(&self, rows: usize) -> Result<(), String> {
        match self.rows {
            Some(count) if count > rows && self.guess => {
                Err(format!("--rows {count} is more than the {rows} that there are; leave it out to use all"))
            }
            _ => Ok(()),
        }
    }

    /// The note where incomplete rows are to be left out of data without any.
    pub fn note_without_gaps(&self) -> Option<ImportNote> {
        let is_asked = self.guess && self.missing == MissingValues::Drop;
        is_asked.then(|| ImportNote("no value is missing, so no row is left out".to_owned()))
    }

    /// The sentence about the first value that no data can be made with.
    pub fn check(&self) -> Result<(), String> {
        if !(self.held_out > 0.0 && self.held_out < 1.0) {
            return Err(format!("a held-out share of {} is outside 0 to 1; give one like 0.2", self.held_out));
        }
        match self.rows {
            Some(rows) if rows < FEWEST_ROWS => Err(format!("{rows} rows are too few; give at least {FEWEST_ROWS}")),
            _ => Ok(()),
        }
    }
}

/// The scaling of your columns. Angles depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaling {
    /// The numbers of the file, neither centred nor divided.
    None,
    /// Centred, and divided by one number for all columns, so that angles are those of the file: for columns of one unit.
    #[default]
    One,
    /// Centred, and each column divided by its own standard deviation: for columns of different units, whose angles mean nothing.
    Columns,
}

impl Scaling {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::One, Self::Columns];

    /// The name in files and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::One => "one",
            Self::Columns => "columns",
        }
    }
}

impl FromStr for Scaling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| "choose one of none, one, columns".to_owned())
    }
}

/// Treatment of rows with missing values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MissingValues {
    /// The file is refused; the sentence says how many rows and which.
    #[default]
    Refuse,
    /// The rows are left out.
    Drop,
}

/// The colours of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelColor {
    /// One channel, the luminance.
    Grey,
    /// Three channels.
    Rgb,
}

impl FromStr for PixelColor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "grey" => Ok(Self::Grey),
            "rgb" => Ok(Self::Rgb),
            _ => Err("choose grey or rgb".to_owned()),
        }
    }
}

/// A sentence about an import: a decision that a rule made, or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportNote(pub String);

impl fmt::Display for ImportNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sentence(&self.0))
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_usual_share(share: &f64) -> bool {
    share.to_bits() == HELD_OUT.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_chosen_is_recorded() {
        assert_eq!(toml::to_string(&ImportOptions::guessed()).unwrap(), "");
        assert!(ImportOptions::guessed().is_default());
        let chosen = ImportOptions {
            columns: Some(vec!["a".to_owned(), "2".to_owned()]),
            labels: vec!["species".to_owned()],
            scale: Scaling::Columns,
            missing: MissingValues::Drop,
            rows: Some(100),
            held_out: 0.5,
            ..ImportOptions::default()
        };
        let text = toml::to_string(&chosen).unwrap();
        assert_eq!(
            text,
            "columns = [\"a\", \"2\"]\nlabels = [\"species\"]\nscale = \"columns\"\nmissing = \"drop\"\nrows = 100\nheld_out = 0.5\n"
        );
        assert_eq!(toml::from_str::<ImportOptions>(&text).unwrap(), chosen);
        assert!(!chosen.is_default());
    }

    #[test]
    fn impossible_values_have_a_sentence() {
        let with = |held_out, rows| ImportOptions { rows, held_out, ..ImportOptions::default() }.check();
        assert_eq!(with(0.2, Some(10)), Ok(()));
        for (held_out, rows) in [(0.0, None), (1.0, None), (f64::NAN, None), (0.2, Some(9))] {
            assert!(with(held_out, rows).is_err());
        }
    }
}
