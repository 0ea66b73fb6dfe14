//! Your data from files: delimited text, arrays, folders of pictures.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::Path;

use super::array_file::{is_archive, is_array_file, read_array_file};
use super::array_table::table_of_arrays;
use super::column_roles::{ColumnRole, Roles, UNNAMED, label_column};
use super::file_error::{FileError, Remedy};
use super::file_hash::sha256_of_file;
use super::format::csv_reader::{Cells, read_cells, unclosed};
use super::format::hash::sha256;
use super::format::picture::is_picture;
use super::format::text_layout::{TextLayout, decoded};
use super::memory::ROW;
use super::picture_folder::read_picture_folder;
use super::regular_file::open_regular;
use super::watch::Watch;
use crate::data::{FEWEST_ROWS, FactorColumn, ImportNote, ImportOptions, MissingValues, Table, chosen_rows};
use crate::linalg::Matrix;
use crate::memory::budget;

/// A table and how its file became one.
#[derive(Clone, Debug, PartialEq)]
pub struct TableFile {
    /// The rows that were asked for.
    pub table: Table,
    /// What was chosen or decided, to be recorded: the same file with these options gives the same table.
    pub import: ImportOptions,
    /// What was decided without being asked.
    pub notes: Vec<ImportNote>,
    /// All columns of the file, in its order; empty for arrays, whose columns have no roles.
    pub columns: Vec<ColumnSummary>,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSummary {
    /// Its name in the file, or `x1`, `x2`, …
    pub name: String,
    /// The part that it plays.
    pub role: ColumnRole,
    /// True if it holds text.
    pub is_text: bool,
    /// Missing cells.
    pub missing: usize,
    /// The smallest and the largest number.
    pub range: [f64; 2],
}

/// 128×128 pixels in three colours.
const MOST_COLUMNS: usize = 49_152;

/// Reads a table: a text (see [`parse_table`]), an array of a `.npy`, `.npz` or IDX file, which may be compressed (`.gz`), recognised by
/// its first bytes, or the PNG and JPEG pictures of a folder.
///
/// An array has shape N or N×n, or for images N×H×W, N×C×H×W or N×H×W×C with C = 1 or 3. Of an archive of several arrays `options` name
/// one. Only the rows that are asked for are held in memory.
///
/// # Errors
/// If the file cannot be read or is not a table, or what is asked for does not fit into the memory that it may take. The sentence ends with the path.
pub fn read_table(path: &Path, options: &ImportOptions, seed: u64, watch: Watch<'_>) -> Result<TableFile, FileError> {
    read(path, options, seed, watch).map_err(|error| error.at(path))
}

fn read(path: &Path, options: &ImportOptions, seed: u64, watch: Watch<'_>) -> Result<TableFile, FileError> {
    options.check().map_err(FileError::new)?;
    let drawn_by = options.seed.unwrap_or(seed);
    refuse_idle(path, options)?;
    let (rows, sha256) = if path.is_dir() {
        read_picture_folder(path, options, drawn_by, watch)?
    } else if is_array_file(path)? {
        // The header may refuse what the hash would read for minutes.
        let rows = read_array_file(path, options, drawn_by, watch.part(0.0, 0.5))?;
        (rows, sha256_of_file(path, "the file", watch.part(0.5, 1.0))?)
    } else {
        let bytes = read_watched(path, watch)?;
        if is_picture(&bytes) {
            return Err(FileError::new("one picture is one sample; give the folder of all pictures"));
        }
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        return parse_table(&bytes, extension.as_deref().unwrap_or_default(), options, seed);
    };
    let (table, import, notes) = table_of_arrays(rows, options)?;
    let table = left_out(table, options)?;
    Ok(TableFile { table, import, notes, columns: Vec::new(), sha256 })
}

/// The table without the rows that are left out by their numbers.
fn left_out(table: Table, options: &ImportOptions) -> Result<Table, FileError> {
    let numbers = &options.leave_out;
    let what = if table.lines.is_empty() { "row" } else { "line" };
    // A part that the seed drew may lack them.
    let known = || (0..table.samples()).map(|sample| table.number(sample)).collect::<HashSet<_>>();
    let is_checked = options.guess && options.rows.is_none() && !numbers.is_empty();
    if let Some(unknown) =
        is_checked.then(known).and_then(|known| numbers.iter().find(|number| !known.contains(number)))
    {
        return Err(FileError::new(format_args!(
            "there is no row of data at {what} {unknown}, so it cannot be left out; choose another with --leave-out"
        )));
    }
    if let Some((_, doubled)) =
        numbers.iter().enumerate().find(|(k, number)| is_checked && numbers[..*k].contains(number))
    {
        let sentence = format_args!("{what} {doubled} is left out twice; name it once with --leave-out");
        return Err(FileError::new(sentence));
    }
    let table = table.without(numbers);
    let rows = table.samples();
    if rows < FEWEST_ROWS {
        return Err(FileError::new(format_args!(
            "{rows} rows are left, which are too few; keep at least {FEWEST_ROWS}"
        )));
    }
    Ok(table)
}

/// Refuses options that say nothing about a file of this kind. (A record may have them, of an earlier version.)
fn refuse_idle(path: &Path, options: &ImportOptions) -> Result<(), FileError> {
    if !options.guess {
        return Ok(());
    }
    let is_folder = path.is_dir();
    let is_array = !is_folder && is_array_file(path)?;
    let idle = [
        ("--key", options.key.is_some() && !(is_array && is_archive(path)?), "chooses an array of an archive (.npz)"),
        ("--color", options.color.is_some() && !is_folder, "is for folders of pictures"),
        ("--resize", options.resize.is_some() && !is_folder, "is for folders of pictures"),
        ("--header", options.header.is_some() && (is_folder || is_array), "is about the first line of a text"),
    ];
    match idle.into_iter().find(|(_, is_idle, _)| *is_idle) {
        Some((option, _, why)) => Err(FileError::new(format_args!("{option} {why}; leave it out here"))),
        None => Ok(()),
    }
}

fn read_watched(path: &Path, watch: Watch<'_>) -> Result<Vec<u8>, FileError> {
    const PIECE: u64 = 4 << 20;
    let failed = |error: std::io::Error| FileError::new(format_args!("cannot read the file ({error})"));
    let mut file = open_regular(path, "the file")?;
    let size = file.metadata().map_err(failed)?.len();
    let mut bytes = Vec::new();
    loop {
        // Parsing takes as long again.
        watch.report(bytes.len() as u64, 2 * size)?;
        if file.by_ref().take(PIECE).read_to_end(&mut bytes).map_err(failed)? == 0 {
            return Ok(bytes);
        }
        if bytes.len() as u64 <= PIECE {
            check_fit(&bytes, size)?;
            bytes.reserve_exact((size.min(budget()) as usize).saturating_sub(bytes.len()) + 1);
        }
    }
}

/// Refuses a file whose text, numbers and data in single precision would not fit into the memory that they may take, judged by its
/// beginning; and one whose first line has more cells than a row may have, which may be all of the file.
fn check_fit(beginning: &[u8], size: u64) -> Result<(), FileError> {
    let lines = (beginning.split(|byte| *byte == b'\n').count() - 1).max(1) as u64;
    let cells = beginning.iter().filter(|byte| matches!(byte, b',' | b';' | b'\t' | b' ')).count() as u64 + lines;
    let first = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    for delimiter in *b",;\t|" {
        let columns = first.split(|byte| *byte == delimiter).count();
        if columns > MOST_COLUMNS && !first.contains(&b'"') {
            let all = if first.len() == beginning.len() { " at least" } else { "" };
            return Err(FileError::new(format_args!(
                "the first line has{all} {columns} columns, more than {MOST_COLUMNS}; give fewer"
            )));
        }
    }
    let (begun, room) = (beginning.len() as u64, budget());
    let needed = size.saturating_add((12 * cells + ROW * lines).saturating_mul(size / begun.max(1)));
    if needed <= room {
        return Ok(());
    }
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    let rows = (room as f64 / needed as f64 * (lines as f64 / begun as f64 * size as f64)) as u64;
    Err(FileError::new(format_args!(
        "the file needs about {:.1} GB of memory, more than {:.1} GB; about {rows} rows would fit, so give a part of the file, or allow \
         more with --memory",
        gigabytes(needed),
        gigabytes(room)
    )))
}

/// Reads a table from the bytes of a text.
///
/// Text has one row per line, in UTF-8 or in UTF-16 as spreadsheets write it. The delimiter is a tab (always, if `extension` is
/// `tsv`), a semicolon or a comma, the first of these that its first line contains, or white space. With a tab or semicolon a comma in
/// a number is a decimal comma. A first line without numbers, or a comment with as many words as columns, holds the names of the
/// columns; whether one with numbers does, and which columns are labels, is decided by rules if `options.guess`, and said in the notes.
/// A first column that counts the rows, with the name `index` or none, is left out. `seed` draws the rows if the options ask for a part.
///
/// # Errors
/// If a cell is not a finite number, a row has another length than the first, a chosen column does not exist, or the table is empty,
/// too short or too large.
pub fn parse_table(bytes: &[u8], extension: &str, options: &ImportOptions, seed: u64) -> Result<TableFile, FileError> {
    options.check().map_err(FileError::new)?;
    let seed = options.seed.unwrap_or(seed);
    let mut file = from_text(&decoded(bytes)?, extension, options)?;
    let rows = file.table.samples();
    if rows == 0 || file.table.data_dim() == 0 {
        return Err(FileError::new("the file holds no numbers; give one sample per row"));
    } else if rows < FEWEST_ROWS {
        return Err(FileError::new(format_args!(
            "{rows} rows are too few; give at least {FEWEST_ROWS}, one sample per row"
        )));
    }
    options.check_rows(rows).map_err(FileError::new)?;
    if let Some(count) = options.rows.filter(|count| *count < rows) {
        file.table = file.table.with_samples(&chosen_rows(rows, count, seed));
    }
    file.table = left_out(file.table, options)?;
    file.sha256 = sha256(bytes);
    Ok(file)
}

/// The table of a delimited text.
fn from_text(text: &str, extension: &str, options: &ImportOptions) -> Result<TableFile, FileError> {
    let layout = TextLayout::of(text, extension);
    let mut cells = read_cells(&layout, options.header, options.guess, check_columns)?;
    let mut notes: Vec<ImportNote> = cells.doubt.iter().map(|doubt| ImportNote(doubt.to_string())).collect();
    let (names, skip) = names_of(&mut cells);
    if cells.values.is_empty() {
        return Err(FileError::new("the file holds no numbers; give one sample per row"));
    }
    let mut roles = Roles::new(&names, &cells, skip, options)?;
    let dimensions = roles.of(ColumnRole::Dimension);
    let mut numeric = [&*dimensions, &roles.of(ColumnRole::Factor)].concat();
    check_numbers(&cells, &numeric)?;
    numeric.extend(roles.of(ColumnRole::Label).into_iter().filter(|k| !cells.columns[*k].is_text()));
    let rows = complete_rows(&cells, &numeric, options, &mut notes)?;
    let width = cells.columns.len();
    let value = |row: usize, k: usize| cells.values[row * width + k];
    let factors = roles.of(ColumnRole::Factor).into_iter().map(|k| FactorColumn {
        name: names[k].clone(),
        values: rows.iter().map(|row| value(*row, k) as f32).collect(),
    });
    let factors = factors.collect();
    let mut labels = Vec::new();
    notes.append(&mut roles.notes);
    for k in roles.of(ColumnRole::Label) {
        let is_chosen = !options.labels.is_empty() || !options.guess || !cells.columns[k].is_text();
        if let Some(label) = label_column(&layout, &cells, k, &names[k], (&rows, is_chosen))? {
            labels.push(label);
        } else {
            roles.roles[k] = ColumnRole::LeftOut;
            notes.retain(|note| !note.0.starts_with(&format!("'{}' is a label", names[k])));
            notes.push(ImportNote(format!("'{}' is left out: its texts name rows, not categories", names[k])));
        }
    }
    let import = recorded(options, &names, &roles, skip, &cells);
    let columns = summaries(&names, &roles, &cells);
    let is_whole = rows.len() == cells.lines.len();
    let count = rows.len();
    let values = compact(cells.values, width, &rows, &dimensions);
    let table = Table {
        factors,
        labels,
        rows: (!is_whole).then_some(rows),
        lines: cells.lines,
        ..Table::new(
            dimensions.iter().map(|k| names[*k].clone()).collect(),
            Matrix::from_columns(dimensions.len(), count, values),
        )
    };
    Ok(TableFile { table, import, notes, columns, sha256: String::new() })
}

/// The names of the columns, and how many at the start only count the rows, as the index that data frames write.
pub(super) fn names_of(cells: &mut Cells) -> (Vec<String>, usize) {
    let has_names = cells.names.is_some();
    let names = cells.names.take().unwrap_or_else(|| vec![String::new(); cells.columns.len()]);
    if has_names {
        let is_named = |name: &String| !matches!(name.as_str(), "" | UNNAMED);
        cells.columns.iter_mut().zip(&names).for_each(|(column, name)| column.is_named = is_named(name));
    }
    let is_index = |name: &String| matches!(name.as_str(), "" | "index" | UNNAMED);
    let skip = usize::from(has_names && names.len() > 1 && is_index(&names[0]) && cells.columns[0].is_counting());
    let numbers = (0..names.len()).map(|k| format!("x{}", k + 1 - skip.min(k)));
    let named = names.iter().zip(numbers);
    (named.map(|(name, number)| if name.is_empty() { number } else { name.clone() }).collect(), skip)
}

/// All columns.
pub(super) fn summaries(names: &[String], roles: &Roles, cells: &Cells) -> Vec<ColumnSummary> {
    let column = |k: usize| ColumnSummary {
        name: names[k].clone(),
        role: roles.roles[k],
        is_text: cells.columns[k].is_text(),
        missing: cells.columns[k].missing,
        range: cells.columns[k].range,
    };
    (0..names.len()).map(column).collect()
}

/// Moves the cells of these rows and columns to the front, and gives the rest of the memory back.
fn compact(mut values: Vec<f64>, width: usize, rows: &[usize], columns: &[usize]) -> Vec<f64> {
    let mut to = 0;
    for row in rows {
        for k in columns {
            values[to] = values[row * width + k];
            to += 1;
        }
    }
    values.truncate(to);
    values.shrink_to_fit();
    values
}

/// Refuses text among the numbers of these columns; the first by line.
fn check_numbers(cells: &Cells, columns: &[usize]) -> Result<(), FileError> {
    let wrong = columns.iter().filter_map(|k| Some((cells.columns[*k].first_text.as_ref()?, k + 1)));
    let Some(((line, cell), column)) = wrong.min_by_key(|((line, _), column)| (*line, *column)) else { return Ok(()) };
    if cell.contains('\n') {
        return Err(unclosed(*line));
    }
    let has_decimal_comma = cell.replacen(',', ".", 1).parse::<f64>().is_ok();
    let remedy = if has_decimal_comma {
        "write a decimal point, or separate the cells by semicolons"
    } else {
        "write numbers like -1.5e3 and separate them by commas"
    };
    Err(FileError::new(format!("line {line}, column {column} holds {cell:?}, which is not a number; {remedy}")))
}

/// The rows without missing or infinite values in these columns.
fn complete_rows(
    cells: &Cells,
    columns: &[usize],
    options: &ImportOptions,
    notes: &mut Vec<ImportNote>,
) -> Result<Vec<usize>, FileError> {
    let missing = options.missing;
    let width = cells.columns.len();
    let is_complete = |row: &usize| columns.iter().all(|k| cells.values[row * width + k].is_finite());
    let (complete, gaps): (Vec<usize>, Vec<usize>) = (0..cells.lines.len()).partition(is_complete);
    if gaps.is_empty() {
        notes.extend(options.note_without_gaps());
        return Ok(complete);
    }
    let lines = gaps.iter().take(5).map(|row| cells.lines[*row].to_string()).collect::<Vec<_>>().join(", ");
    let lines = format!("line{} {lines}", if gaps.len() == 1 { "" } else { "s" });
    let more = if gaps.len() > 5 { format!(" and {} more", gaps.len() - 5) } else { String::new() };
    let infinite = columns.iter().filter_map(|k| Some((cells.columns[*k].first_infinite.as_ref()?, k + 1)));
    let infinite = infinite.min_by_key(|((line, _), column)| (*line, *column));
    if let (MissingValues::Refuse, Some(((line, cell), column))) = (missing, infinite) {
        return Err(FileError::new(format_args!(
            "line {line}, column {column} holds {cell:?}; only finite numbers can be learned from, so leave these rows out with \
             --missing drop"
        ))
        .with_remedy(Remedy::DropMissing));
    }
    match (missing, gaps.len()) {
        (MissingValues::Refuse, 1) => Err(FileError::new(format_args!(
            "1 row has missing values ({lines}); fill it in, or leave it out with --missing drop"
        ))
        .with_remedy(Remedy::DropMissing)),
        (MissingValues::Refuse, count) => Err(FileError::new(format_args!(
            "{count} rows have missing values ({lines}{more}); fill them in, or leave them out with --missing drop"
        ))
        .with_remedy(Remedy::DropMissing)),
        (MissingValues::Drop, count) => {
            let rows = if count == 1 { "1 row is".to_owned() } else { format!("{count} rows are") };
            let what = if infinite.is_some() { "missing or infinite" } else { "missing" };
            notes.push(ImportNote(format!("{rows} left out for {what} values ({lines}{more})")));
            Ok(complete)
        }
    }
}

/// The options that give the same table again without any rule.
fn recorded(options: &ImportOptions, names: &[String], roles: &Roles, skip: usize, cells: &Cells) -> ImportOptions {
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    let named = |role: ColumnRole| -> Vec<String> {
        let name = |k: usize| if is_unique(&names[k]) { names[k].clone() } else { (k + 1).to_string() };
        roles.of(role).into_iter().map(name).collect()
    };
    let are_all = roles.roles[skip..].iter().all(|role| *role == ColumnRole::Dimension)
        && roles.roles[..skip].iter().all(|role| *role == ColumnRole::LeftOut);
    ImportOptions {
        guess: false,
        header: cells.header,
        columns: (!are_all).then(|| named(ColumnRole::Dimension)),
        labels: named(ColumnRole::Label),
        factors: named(ColumnRole::Factor),
        ..options.clone()
    }
}

pub(super) fn check_columns(columns: usize) -> Result<(), FileError> {
    if columns > MOST_COLUMNS {
        return Err(FileError::new(format_args!("{columns} columns are more than {MOST_COLUMNS}; give fewer")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
