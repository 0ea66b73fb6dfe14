//! Options for the import of your data.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::data::{FEWEST_ROWS, ImportOptions, MissingValues, PixelColor, Scaling};
use crate::launch::RunSource;

/// Import options.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct ImportArgs {
    /// Take these columns of the file for dimensions, by name or number, as a,b or 1-3 [default: all but labels and factors]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    columns: Vec<String>,
    /// Take this column for a label: text, or whole numbers; may be repeated [default: columns of text]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    label: Vec<String>,
    /// Take these columns for known factors, as a,b
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    factors: Vec<String>,
    /// Divide all columns by one scale, each by its own (for different units; angles then depend on it), or leave the numbers as they
    /// are, not even centred [default: one]
    #[arg(long, value_name = "none|one|columns")]
    scale: Option<Scaling>,
    /// Leave out rows with missing values [default: refuse them]
    #[arg(long, value_name = "drop", value_parser = ["drop"])]
    missing: Option<String>,
    /// Leave out these rows: lines of a text, rows of an array or pictures counted from 1, as notes name them [default: none]
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_negative_numbers = true, value_parser = number_of_row)]
    leave_out: Vec<usize>,
    /// Use this many rows, drawn by --seed [default: all]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = number_of_rows)]
    rows: Option<usize>,
    /// Read this array of an archive of several
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Read the pictures of a folder as grey (luma) or in three colours [default: grey if all of them are]
    #[arg(long, value_name = "grey|rgb")]
    color: Option<PixelColor>,
    /// Resize the pictures of a folder, width before height, as 64x48 [default: refuse pictures of several sizes]
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = height_and_width)]
    resize: Option<(usize, usize)>,
    /// Say whether the first line holds names, although there are numbers in it [default: decided by rules, and said]
    #[arg(long, value_name = "yes|no", value_parser = ["yes", "no"])]
    header: Option<String>,
    /// Hold out this share of the rows [default: 0.2]
    #[arg(long, value_name = "SHARE", conflicts_with = "test", allow_negative_numbers = true, value_parser = share)]
    held_out: Option<f64>,
    /// Hold out the rows of this file, and train on all of --data
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
}

impl ImportArgs {
    /// The source of a run on the data of a file.
    pub(super) fn source(&self, path: &Path) -> RunSource {
        RunSource::Data { path: path.to_owned(), test: self.test.clone(), options: Box::new(self.options()) }
    }

    /// The file of held-out rows.
    pub(super) fn test(&self) -> Option<&PathBuf> {
        self.test.as_ref()
    }

    /// The first option that is given.
    pub(super) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("--columns", !self.columns.is_empty()),
            ("--label", !self.label.is_empty()),
            ("--factors", !self.factors.is_empty()),
            ("--scale", self.scale.is_some()),
            ("--missing", self.missing.is_some()),
            ("--leave-out", !self.leave_out.is_empty()),
            ("--rows", self.rows.is_some()),
            ("--key", self.key.is_some()),
            ("--color", self.color.is_some()),
            ("--resize", self.resize.is_some()),
            ("--header", self.header.is_some()),
            ("--held-out", self.held_out.is_some()),
            ("--test", self.test.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }

    /// These options, completed by those of `common`.
    pub(super) fn over(&self, common: &Self) -> Self {
        let list = |own: &[String], common: &[String]| if own.is_empty() { common.to_vec() } else { own.to_vec() };
        Self {
            columns: list(&self.columns, &common.columns),
            label: list(&self.label, &common.label),
            factors: list(&self.factors, &common.factors),
            scale: self.scale.or(common.scale),
            missing: self.missing.clone().or_else(|| common.missing.clone()),
            leave_out: if self.leave_out.is_empty() { common.leave_out.clone() } else { self.leave_out.clone() },
            rows: self.rows.or(common.rows),
            key: self.key.clone().or_else(|| common.key.clone()),
            color: self.color.or(common.color),
            resize: self.resize.or(common.resize),
            header: self.header.clone().or_else(|| common.header.clone()),
            held_out: self.held_out.or(common.held_out),
            test: self.test.clone().or_else(|| common.test.clone()),
        }
    }

    fn options(&self) -> ImportOptions {
        let guessed = ImportOptions::guessed();
        ImportOptions {
            header: self.header.as_ref().map(|header| header == "yes"),
            columns: (!self.columns.is_empty()).then(|| self.columns.clone()),
            labels: self.label.clone(),
            factors: self.factors.clone(),
            scale: self.scale.unwrap_or_default(),
            missing: if self.missing.is_some() { MissingValues::Drop } else { MissingValues::Refuse },
            leave_out: self.leave_out.clone(),
            rows: self.rows,
            key: self.key.clone(),
            color: self.color,
            resize: self.resize,
            held_out: self.held_out.unwrap_or(guessed.held_out),
            ..guessed
        }
    }
}

fn number_of_rows(text: &str) -> Result<usize, String> {
    let sentence = || format!("'{text}' is no number of rows; give a whole number, at least {FEWEST_ROWS}");
    text.trim().parse().ok().ok_or_else(sentence)
}

fn number_of_row(text: &str) -> Result<usize, String> {
    let sentence = || format!("'{text}' is no number of a line or row; give numbers from 1, as 52 or 52,97");
    text.trim().parse().ok().filter(|number| *number > 0).ok_or_else(sentence)
}

fn share(text: &str) -> Result<f64, String> {
    let sentence = || format!("'{text}' is no share of the rows; give a number between 0 and 1, as 0.2");
    text.trim().parse().ok().ok_or_else(sentence)
}

/// Height and width of `WIDTHxHEIGHT`.
fn height_and_width(text: &str) -> Result<(usize, usize), String> {
    let side = |text: &str| text.trim().parse().ok().filter(|side| (1..=16_384).contains(side));
    let sides = text.split_once(['x', 'X', '×']).and_then(|(width, height)| Some((side(height)?, side(width)?)));
    sides.ok_or_else(|| "give width and height in pixels, as 64x64".to_owned())
}
