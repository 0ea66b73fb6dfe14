//! Warnings about a table before it is learned from: rows and columns that would decide the result alone.

use super::column_spread::{ColumnSpread, column_spreads};
use super::dataset::ObservationKind;
use super::import::{ImportNote, ImportOptions, Scaling};
use super::table::{Table, split_share};

/// Fewer held-out rows measure nothing: the standard error of a variance is more than a third of it.
const FEWEST_HELD_OUT: usize = 20;

/// A column with more of the variance than this decides the directions alone.
const MOST_VARIANCE: f64 = 0.99;

/// Names in a sentence.
const MOST_NAMED: usize = 5;

/// The warnings about a table with these options, beside `held_out` rows that are held out: those that `seed` draws from the table, or
/// those of another file.
///
/// The numbers of rows that lie far outside come with them (see [`Table::number`]).
pub fn notes_on(
    table: &Table,
    options: &ImportOptions,
    held_out: usize,
    seed: Option<u64>,
) -> (Vec<ImportNote>, Vec<usize>) {
    let (mut notes, mut far) = (Vec::new(), Vec::new());
    if held_out < FEWEST_HELD_OUT {
        let sample = if table.kind == ObservationKind::Points { "row" } else { "picture" };
        let samples = if held_out == 1 {
            format!("1 held-out {sample} measures")
        } else {
            format!("{held_out} held-out {sample}s measure")
        };
        let sentence = format!("{samples} nothing: what is said about held-out data is a guess; give more {sample}s");
        notes.push(ImportNote(sentence));
    }
    // Edges of pictures are constant, and their pixels have long tails.
    if table.kind == ObservationKind::Points {
        let columns = column_spreads(&table.values);
        let rows = far_rows(&columns);
        far = rows.iter().map(|row| table.number(*row)).collect();
        notes.extend(outliers(table, &columns, &rows, |samples| {
            let drawn = seed.map(|seed| split_share(table.samples(), options.held_out, seed));
            drawn.is_some_and(|[_, test]| samples.iter().all(|c| test.contains(c)))
        }));
        notes.extend(units(table, &columns, options));
        notes.extend(constant(table, &columns));
        notes.extend(duplicates(table, &columns));
    }
    (notes, far)
}

/// The samples that are far outside in a column.
fn far_rows(columns: &[ColumnSpread]) -> Vec<usize> {
    let mut rows: Vec<usize> = columns.iter().flat_map(|column| column.far.iter().copied()).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn outliers(
    table: &Table,
    columns: &[ColumnSpread],
    rows: &[usize],
    are_held_out: impl Fn(&[usize]) -> bool,
) -> Option<ImportNote> {
    let first = *rows.first()?;
    let column = columns.iter().position(|column| column.far.contains(&first))?;
    let places: Vec<String> = rows.iter().map(|c| table.place(*c)).collect();
    // "lines 7, 12": what they are is said once.
    let (what, _) = places[0].split_once(' ').unwrap_or_default();
    let numbers = listed(places.iter().map(|place| place.rsplit(' ').next().unwrap_or_default().to_owned()));
    let (name, value, first_number) = (&table.names[column], table.values.at(column, first), table.number(first));
    let (is, are) = if are_held_out(rows) {
        ("is held out, so means over held-out rows are its own", "are held out, so means over held-out rows are theirs")
    } else {
        ("decides the scale", "decide the scale")
    };
    Some(ImportNote(match rows.len() {
        1 => format!(
            "{what} {numbers} lies far outside all others ('{name}' is {value}) and {is}; if it is wrong, correct it, or leave it out (--leave-out {first_number})"
        ),
        _ => format!(
            "{what}s {numbers} lie far outside all others (in {}, '{name}' is {value}) and {are}; if they are wrong, correct them, or leave \
             them out (--leave-out {})",
            places[0],
            rows.iter().map(|row| table.number(*row).to_string()).collect::<Vec<_>>().join(",")
        ),
    }))
}

fn units(table: &Table, columns: &[ColumnSpread], options: &ImportOptions) -> Option<ImportNote> {
    let total: f64 = columns.iter().map(|column| column.variance).sum();
    let most = (0..columns.len()).max_by(|a, b| columns[*a].variance.total_cmp(&columns[*b].variance))?;
    let rest = total - columns[most].variance;
    // A variance that an outlier makes is named as such, not as a unit.
    let is_unit = columns.iter().filter(|column| !column.is_constant).count() > 1
        && columns[most].far.is_empty()
        && options.scale != Scaling::Columns;
    if !is_unit || columns[most].variance <= MOST_VARIANCE * total {
        return None;
    }
    let (name, rest) = (&table.names[most], rest / total);
    Some(ImportNote(format!(
        "'{name}' holds all but {rest:.1e} of the variance, so the other columns count for nothing; if the columns have different \
         units, scale each by itself (--scale columns)"
    )))
}

fn constant(table: &Table, columns: &[ColumnSpread]) -> Option<ImportNote> {
    let names: Vec<String> =
        columns.iter().zip(&table.names).filter(|(c, _)| c.is_constant).map(|(_, name)| format!("'{name}'")).collect();
    let (is, teaches) = if names.len() == 1 { ("is", "teaches") } else { ("are", "teach") };
    (!names.is_empty())
        .then(|| ImportNote(format!("{} {is} constant and {teaches} nothing", listed(names.into_iter()))))
}

fn duplicates(table: &Table, columns: &[ColumnSpread]) -> Option<ImportNote> {
    // Equal columns have equal hashes, so only few pairs are compared.
    let varying = columns.iter().enumerate().filter(|(_, column)| !column.is_constant);
    let mut order: Vec<(u64, usize)> = varying.map(|(r, column)| (column.hash, r)).collect();
    order.sort_unstable();
    let equal = |a: usize, b: usize| table.values.row(a).zip(table.values.row(b)).all(|(a, b)| a == b);
    let pairs: Vec<String> = order
        .windows(2)
        .filter(|w| w[0].0 == w[1].0 && equal(w[0].1, w[1].1))
        .map(|w| format!("'{}' repeats '{}'", table.names[w[1].1], table.names[w[0].1]))
        .collect();
    (!pairs.is_empty())
        .then(|| ImportNote(format!("{}; leave such columns out with --columns", listed(pairs.into_iter()))))
}

/// The first few, and how many more.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let count = names.len();
    let text = names.take(MOST_NAMED).collect::<Vec<_>>().join(", ");
    if count > MOST_NAMED { format!("{text} and {} more", count - MOST_NAMED) } else { text }
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;
    use crate::linalg::Matrix;
    use crate::rng::{Purpose, stream};

    fn notes(n: usize, samples: usize, value: impl Fn(usize, usize) -> f64) -> Vec<String> {
        let names = (1..=n).map(|i| format!("c{i}")).collect();
        let table = Table::new(names, Matrix::from_fn(n, samples, value));
        notes_on(&table, &ImportOptions::default(), samples / 5, None).0.into_iter().map(|note| note.0).collect()
    }

    /// Two smooth columns that differ.
    fn wave(r: usize, c: usize) -> f64 {
        (c as f64 * [0.7, 1.1][r % 2]).sin()
    }

    #[test]
    fn ordinary_tables_cause_no_note() {
        assert_eq!(notes(2, 200, wave), [""; 0]);
        // A lognormal column has rows far outside, but they do not decide its scale.
        let mut rng = stream(1, Purpose::Data, 0);
        let normal = Matrix::from_fn(2, 500, |_, _| StandardNormal.sample(&mut rng));
        let lognormal = |r: usize, c: usize| f64::exp(normal[(r, c)]);
        assert_eq!(notes(2, 500, lognormal), [""; 0]);
    }

    #[test]
    fn rows_and_columns_that_decide_alone_are_named() {
        let outlier = notes(2, 500, |r, c| if c == 499 { 1000.0 } else { wave(r, c) });
        assert!(
            outlier.len() == 1 && outlier[0].starts_with("row 500 lies far outside all others ('c1' is 1000)"),
            "{outlier:?}"
        );
        let table = Table::new(
            vec!["x".to_owned()],
            Matrix::from_fn(1, 500, |_, c| if c == 499 { 1000.0 } else { wave(0, c) }),
        );
        for seed in 0..20 {
            let [_, test] = split_share(500, 0.2, seed);
            let told = &notes_on(&table, &ImportOptions::default(), 100, Some(seed)).0[0].0;
            assert_eq!(told.contains("is held out, so means"), test.contains(&499), "{told}");
            assert_eq!(told.contains("and decides the scale"), !test.contains(&499), "{told}");
        }
        let beside_constant = notes(2, 200, |r, c| if r == 1 { 4.0 } else { wave(0, c) });
        assert_eq!(beside_constant, ["'c2' is constant and teaches nothing"]);
        let units = notes(3, 200, |r, c| [1e-3, 1.0, 1e4][r] * wave(r, c));
        assert!(units.len() == 1 && units[0].starts_with("'c3' holds all but 1.0e-8 of the variance"), "{units:?}");
        let constant = notes(3, 200, |r, c| if r == 1 { 4.0 } else { wave(r / 2, c) });
        assert_eq!(constant, ["'c2' is constant and teaches nothing"]);
        let repeated = notes(3, 200, wave);
        assert!(repeated.len() == 1 && repeated[0].starts_with("'c3' repeats 'c1'"), "{repeated:?}");
        let few = notes(2, 10, wave);
        assert!(few.len() == 1 && few[0].starts_with("2 held-out rows measure nothing"), "{few:?}");
    }
}
