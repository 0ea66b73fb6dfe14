//! Which columns of a text are dimensions, which are labels and factors, and which are left out.

use std::collections::{HashMap, HashSet};

use super::file_error::FileError;
use super::format::csv_reader::{CellColumn, Cells, texts};
use super::format::text_layout::TextLayout;
use crate::data::{ImportNote, ImportOptions, Label, LabelColumn};

/// The part that a column plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnRole {
    /// A dimension of the observations.
    Dimension,
    /// A category of each row.
    Label,
    /// A known factor of each row.
    Factor,
    /// Left out.
    LeftOut,
}

/// Whole numbers with at most so many values beside real columns are categories.
const FEW_VALUES: usize = 20;

/// A text with more values than this, or with one for every second row, names rows, not categories.
const MOST_CATEGORIES: usize = 256;

/// The name that pandas gives to a first column without one when it reads a file, and writes with it.
pub(super) const UNNAMED: &str = "Unnamed: 0";

/// Names that say that a column is not part of an observation.
const TARGETS: [&str; 5] = ["target", "label", "class", "y", "species"];

/// The roles of the columns and what was decided without being asked.
pub(super) struct Roles {
    pub roles: Vec<ColumnRole>,
    pub notes: Vec<ImportNote>,
}

impl Roles {
    /// The roles for these names; `skip` columns at the start only count the rows.
    ///
    /// # Errors
    /// If a chosen column does not exist, or cannot be what it was chosen for.
    pub(super) fn new(
        names: &[String],
        cells: &Cells,
        skip: usize,
        options: &ImportOptions,
    ) -> Result<Self, FileError> {
        let mut chosen: Vec<Option<ColumnRole>> = vec![None; names.len()];
        let mut choose = |list: &[String], role: ColumnRole| -> Result<(), FileError> {
            for name in list {
                for k in numbers_of(name, names)? {
                    if let Some(other) = chosen[k] {
                        let remedy = if other == role { "name it once" } else { "give it one role" };
                        let sentence = format_args!("the column '{}' is chosen twice; {remedy}", names[k]);
                        return Err(FileError::new(sentence));
                    }
                    chosen[k] = Some(role);
                }
            }
            Ok(())
        };
        choose(&options.labels, ColumnRole::Label)?;
        choose(&options.factors, ColumnRole::Factor)?;
        choose(options.columns.as_deref().unwrap_or_default(), ColumnRole::Dimension)?;
        for k in 0..names.len() {
            let wrong = match chosen[k] {
                Some(ColumnRole::Dimension | ColumnRole::Factor) if cells.columns[k].is_text() => {
                    "holds text, not numbers"
                }
                _ => continue,
            };
            return Err(FileError::new(format_args!("the column '{}' {wrong}; choose it with --label", names[k])));
        }
        let mut notes = Vec::new();
        let rest = if options.columns.is_some() { ColumnRole::LeftOut } else { ColumnRole::Dimension };
        let mut roles: Vec<ColumnRole> = chosen.iter().map(|role| role.unwrap_or(rest)).collect();
        for k in 0..names.len() {
            if chosen[k].is_some() {
                continue;
            }
            if k < skip {
                roles[k] = ColumnRole::LeftOut;
                if options.guess {
                    let column = in_file(&cells.columns[k], &names[k]);
                    notes.push(ImportNote(format!("{column} is left out: it counts the rows")));
                }
            } else if let Some((role, why)) =
                guess(k, names, cells, skip).filter(|(role, _)| options.guess && *role != rest)
            {
                roles[k] = role;
                let (name, flag) = (&names[k], "--columns can include it");
                notes.push(ImportNote(match role {
                    ColumnRole::Label if cells.columns[k].is_text() => format!("'{name}' is a label: {why}"),
                    ColumnRole::Label => format!("'{name}' is read as a label, not as a dimension: {why}; {flag}"),
                    ColumnRole::Factor => format!("'{name}' is read as a factor, not as a dimension: {why}; {flag}"),
                    _ => format!("{} is left out: {why}", in_file(&cells.columns[k], name)),
                }));
            }
        }
        if !roles.contains(&ColumnRole::Dimension) {
            // Better everything than nothing.
            let is_numeric = |column: &CellColumn| !column.is_text() && !column.is_empty();
            let numeric = |k: &usize| *k >= skip && chosen[*k].is_none() && is_numeric(&cells.columns[*k]);
            let all: Vec<usize> = (0..names.len()).filter(numeric).collect();
            all.iter().for_each(|k| roles[*k] = ColumnRole::Dimension);
            if !cells.columns.iter().any(is_numeric) {
                return Err(FileError::new("there is no column of numbers to learn from: every column holds text"));
            }
            if all.is_empty() {
                return Err(FileError::new("no column of numbers is left to learn from; choose some with --columns"));
            }
            notes.clear();
        }
        let is_learned = |k: &usize| matches!(roles[*k], ColumnRole::Dimension | ColumnRole::Factor);
        if let Some(k) = (0..names.len()).filter(is_learned).find(|k| cells.columns[*k].is_empty()) {
            return Err(FileError::new(format_args!(
                "the column '{}' is empty; leave it out with --columns",
                names[k]
            )));
        }
        Ok(Self { roles, notes })
    }

    /// The columns with this role.
    pub(super) fn of(&self, role: ColumnRole) -> Vec<usize> {
        (0..self.roles.len()).filter(|k| self.roles[*k] == role).collect()
    }
}

/// A column as its file names it: the index of a data frame may have no name there.
fn in_file(column: &CellColumn, name: &str) -> String {
    match (column.is_named, name) {
        (false, UNNAMED) => format!("the first column, '{name}',"),
        (false, _) => "the first column, which has no name,".to_owned(),
        (true, _) => format!("'{name}'"),
    }
}

/// The columns, from 0, that an option names: a name, a number from 1, or a range of numbers.
fn numbers_of(text: &str, names: &[String]) -> Result<Vec<usize>, FileError> {
    let found: Vec<usize> = (0..names.len()).filter(|k| names[*k] == text).collect();
    if found.len() > 1 {
        let sentence = format_args!("{} columns are called '{text}'; give the number of one, from 1", found.len());
        return Err(FileError::new(sentence));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|k| (1..=names.len()).contains(k));
    let range = match text.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)).filter(|(first, last)| first <= last),
        None => number(text).map(|k| (k, k)),
    };
    let listed = || {
        let few = names.iter().take(8).map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        if names.len() > 8 { format!("{few}, …") } else { few }
    };
    let wrong =
        || FileError::new(format_args!("there is no column '{text}'; the file has {} ({})", names.len(), listed()));
    range.map(|(first, last)| (first - 1..last).collect()).ok_or_else(wrong)
}

/// The role of a column that nobody chose and that is not plainly a dimension, and why.
fn guess(k: usize, names: &[String], cells: &Cells, skip: usize) -> Option<(ColumnRole, String)> {
    let column = &cells.columns[k];
    if column.is_text() {
        return Some((ColumnRole::Label, "it holds text".to_owned()));
    } else if column.is_empty() {
        return Some((ColumnRole::LeftOut, "it is empty".to_owned()));
    }
    let name = names[k].to_ascii_lowercase();
    if numbers_rows(k, &name, cells) {
        return Some((ColumnRole::LeftOut, "it numbers the rows; --columns can include it".to_owned()));
    }
    // In a table of x and y both are coordinates.
    let is_target =
        TARGETS.contains(&name.as_str()) && !(name == "y" && names.iter().any(|name| name.eq_ignore_ascii_case("x")));
    let values = column.is_whole.then(|| distinct(k, cells)).flatten();
    let is_real =
        |(other, column): (usize, &CellColumn)| other >= skip && other != k && column.numbers > 0 && !column.is_whole;
    match values {
        Some(values) if is_target => Some((ColumnRole::Label, format!("its name, and {values} whole values"))),
        // A constant column is named as such.
        Some(values) if values > 1 && cells.columns.iter().enumerate().any(is_real) => {
            Some((ColumnRole::Label, format!("{values} whole values beside real numbers")))
        }
        None if is_target => Some((ColumnRole::Factor, "its name".to_owned())),
        _ => None,
    }
}

/// True if a column of whole numbers without repetition is the first and has no name, as data frames write their index in any order, or
/// is called so and ascends.
fn numbers_rows(k: usize, name: &str, cells: &Cells) -> bool {
    let column = &cells.columns[k];
    let (is_called, is_first) = (matches!(name, "id" | "index"), k == 0 && !column.is_named);
    if !column.is_all_whole() || !(is_called || is_first) {
        return false;
    }
    let mut numbers: Vec<f64> = cells.values.iter().skip(k).step_by(cells.columns.len()).copied().collect();
    if is_first {
        numbers.sort_unstable_by(f64::total_cmp);
    }
    numbers.is_sorted_by(|a, b| a < b)
}

/// The number of different values of a column, if they are few.
fn distinct(k: usize, cells: &Cells) -> Option<usize> {
    let mut seen: Vec<f64> = Vec::new();
    for x in cells.values.iter().skip(k).step_by(cells.columns.len()).filter(|x| !x.is_nan()) {
        if !seen.contains(x) {
            seen.push(*x);
        }
        if seen.len() > FEW_VALUES {
            return None;
        }
    }
    Some(seen.len())
}

/// The categories of a column for these rows, in the order of the alphabet or of the numbers; `None` if they name rows rather than
/// categories and nobody asked for them.
///
/// # Errors
/// If numbers are not whole, or there are too many categories.
pub(super) fn label_column(
    layout: &TextLayout<'_>,
    cells: &Cells,
    k: usize,
    name: &str,
    (rows, is_chosen): (&[usize], bool),
) -> Result<Option<LabelColumn>, FileError> {
    let column = &cells.columns[k];
    if !column.is_text() && !column.is_whole {
        return Err(FileError::new(format_args!(
            "the column '{name}' holds real numbers, which are no categories; choose it with --factors"
        )));
    }
    let all = texts(layout, k, cells.lines.first().copied().unwrap_or(0))?;
    let own: Vec<&str> = rows.iter().map(|row| &*all[*row]).collect();
    let mut names: Vec<&str> = own.iter().copied().collect::<HashSet<_>>().into_iter().collect();
    if names.len() > MOST_CATEGORIES || names.len() > rows.len() / 2 {
        if is_chosen && names.len() > 65_536 {
            return Err(FileError::new(format_args!(
                "the column '{name}' has {} categories; 65536 are the most",
                names.len()
            )));
        } else if !is_chosen {
            return Ok(None);
        }
    }
    let number = |text: &str| text.parse::<f64>().unwrap_or(f64::INFINITY);
    names.sort_unstable_by(|a, b| number(a).total_cmp(&number(b)).then(a.cmp(b)));
    let index: HashMap<&str, u32> = names.iter().copied().zip(0..).collect();
    let categories = own.iter().map(|text| index[text]).collect();
    let label = Label { name: name.to_owned(), categories: names.into_iter().map(str::to_owned).collect() };
    Ok(Some(LabelColumn { label, categories }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_chosen_by_name_number_and_range() {
        let names = ["a", "b", "2", "b", "d-e"].map(str::to_owned);
        let of = |text| numbers_of(text, &names).map_err(|e| e.to_string());
        assert_eq!(of("a"), Ok(vec![0]));
        assert_eq!(of("2"), Ok(vec![2]), "a name before a number");
        assert_eq!(of("4"), Ok(vec![3]));
        assert_eq!(of("3-5"), Ok(vec![2, 3, 4]));
        assert_eq!(of("d-e"), Ok(vec![4]));
        assert!(of("b").unwrap_err().contains("2 columns are called 'b'"));
        for wrong in ["c", "0", "6", "3-9", "4-2", ""] {
            assert!(of(wrong).unwrap_err().starts_with(&format!("there is no column '{wrong}'; the file has 5 ('a'")));
        }
    }
}
