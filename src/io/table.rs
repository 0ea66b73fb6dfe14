//! Your data from files: delimited text or `.npy`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::file_error::FileError;
use super::format::csv_reader::{Cells, delimiter, read_csv};
use super::format::hash::sha256;
use super::format::npy::parse_npy;
use crate::data::Table;
use crate::linalg::Matrix;

/// A table and the hash of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct TableFile {
    /// The numbers.
    pub table: Table,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// Fewer rows are too few to train and test on.
const FEWEST_ROWS: usize = 10;
/// 128×128 pixels.
const MOST_COLUMNS: usize = 16_384;
/// 400 MB in double precision.
const MOST_NUMBERS: usize = 50_000_000;
const MOST_BYTES: u64 = 1 << 30;

/// Reads a table from a file; see [`parse_table`].
///
/// # Errors
/// If the file cannot be read or is not a table. The sentence ends with the path.
pub fn read_table(path: &Path) -> Result<TableFile, FileError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| FileError::new(format_args!("cannot read the file ({error})")).at(path))?;
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let table = parse_table(&bytes, extension.as_deref().unwrap_or_default()).map_err(|error| error.at(path))?;
    Ok(TableFile { table, sha256: sha256(&bytes) })
}

/// Reads a table from the bytes of a file.
///
/// Text has one row per line. The delimiter is a tab (always, if `extension` is `tsv`), a semicolon or a comma, the
/// first of these that its first line contains. A first line without numbers holds the names of the columns. A first
/// column that counts the rows, with the name `index` or none, is left out. A `.npy` file, recognised by its first
/// bytes, has shape N×n, or N×height×width for images.
///
/// # Errors
/// If a cell is not a finite number, a row has another length than the first, or the table is empty, too short or too
/// large.
pub fn parse_table(bytes: &[u8], extension: &str) -> Result<Table, FileError> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(FileError::new("the file is larger than 1 GiB; give a part of it"));
    }
    let table = if bytes.starts_with(b"\x93NUMPY") {
        from_npy(bytes)?
    } else if bytes.contains(&0) {
        return Err(FileError::new("the file is neither text nor .npy; export it as CSV or with numpy.save"));
    } else {
        from_text(bytes, delimiter(bytes, extension))?
    };
    let (rows, columns) = (table.values.columns(), table.values.rows());
    if rows == 0 || columns == 0 {
        Err(FileError::new("the file holds no numbers; give one sample per row"))
    } else if rows < FEWEST_ROWS {
        Err(FileError::new(format_args!("{rows} rows are too few; give at least {FEWEST_ROWS}, one sample per row")))
    } else {
        Ok(table)
    }
}

/// The table of a delimited text.
fn from_text(bytes: &[u8], delimiter: u8) -> Result<Table, FileError> {
    let Cells { names, columns, values } = read_csv(bytes, delimiter, check_size)?;
    let values = Matrix::from_columns(columns, values.len() / columns.max(1), values);
    Ok(match names {
        None => Table { names: numbered(columns), values, image_shape: None },
        Some(names) => without_index(names, values),
    })
}

/// A table of named columns, without a first column that only counts the rows, as data frames write it.
fn without_index(names: Vec<String>, values: Matrix<f64>) -> Table {
    let counts = values.columns() > 0 && values.row(0).zip(values.row(0).skip(1)).all(|(a, b)| b == a + 1.0);
    let skip = usize::from(values.rows() > 1 && counts && matches!(names[0].as_str(), "" | "index"));
    let values = match skip {
        0 => values,
        _ => Matrix::from_fn(values.rows() - skip, values.columns(), |r, c| values[(r + skip, c)]),
    };
    let named = |(name, number): (String, String)| if name.is_empty() { number } else { name };
    let names = names.into_iter().skip(skip).zip(numbered(values.rows())).map(named).collect();
    Table { names, values, image_shape: None }
}

fn from_npy(bytes: &[u8]) -> Result<Table, FileError> {
    let array = parse_npy(bytes)?;
    let (samples, columns, image_shape) = match *array.shape {
        [samples, columns] => (samples, columns, None),
        [samples, height, width] => (samples, height * width, Some((height, width))),
        _ => {
            let shape = array.shape;
            return Err(FileError::new(format_args!(
                "the array has shape {shape:?}; give samples×columns, or samples×height×width for images"
            )));
        }
    };
    check_size(columns, array.values.len())?;
    if let Some(place) = array.values.iter().position(|x| !x.is_finite()) {
        let (row, column, x) = (place / columns, place % columns, array.values[place]);
        return Err(FileError::new(format_args!(
            "row {row}, column {column} (counted from 0) holds {x}; only finite numbers can be learned from"
        )));
    }
    Ok(Table { names: numbered(columns), values: Matrix::from_columns(columns, samples, array.values), image_shape })
}

fn check_size(columns: usize, numbers: usize) -> Result<(), FileError> {
    if columns > MOST_COLUMNS {
        return Err(FileError::new(format_args!("{columns} columns are more than {MOST_COLUMNS}; give fewer")));
    }
    if numbers > MOST_NUMBERS {
        return Err(FileError::new(format_args!("the table has more than {MOST_NUMBERS} numbers; give fewer rows")));
    }
    Ok(())
}

fn numbered(columns: usize) -> Vec<String> {
    (1..=columns).map(|i| format!("x{i}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::format::npy::write_npy_f32;
    use proptest::prelude::*;

    /// Twelve rows "r, r/2" with this separator.
    fn rows(separator: &str) -> String {
        (0..12).map(|r| format!("{r}{separator}{}\n", f64::from(r) / 2.0)).collect::<Vec<_>>().concat()
    }

    fn read(text: &str) -> Table {
        parse_table(text.as_bytes(), "csv").unwrap()
    }

    fn sentence(text: &str) -> String {
        parse_table(text.as_bytes(), "csv").unwrap_err().to_string()
    }

    #[test]
    fn delimiters_and_names_are_recognised() {
        let values = Matrix::from_fn(2, 12, |r, c| c as f64 / (r + 1) as f64);
        for separator in [",", ";", "\t", " , ", "; "] {
            assert_eq!(read(&rows(separator)).values, values, "{separator:?}");
        }
        assert_eq!(parse_table(rows("\t").as_bytes(), "tsv").unwrap().values, values);
        assert_eq!(read(&rows(",")).names, ["x1", "x2"]);
        let named = read(&format!("\u{feff}\"a, b\",\r\n\r\n{}", rows(",").replace('\n', "\r\n")));
        assert_eq!((named.names, named.values), (vec!["a, b".to_owned(), "x2".to_owned()], values));
        // In a .tsv a semicolon is part of a name.
        assert_eq!(parse_table(format!("a;b\n{}", "1\n2\n".repeat(5)).as_bytes(), "tsv").unwrap().names, ["a;b"]);
    }

    #[test]
    fn an_index_column_is_left_out() {
        let text = (0..12).map(|r| format!("{r},{},7\n", r * r)).collect::<Vec<_>>().concat();
        for name in ["", "index"] {
            let table = read(&format!("{name},u,v\n{text}"));
            assert_eq!(table.names, ["u", "v"]);
            assert_eq!(table.values, Matrix::from_fn(2, 12, |r, c| if r == 0 { (c * c) as f64 } else { 7.0 }));
        }
        assert_eq!(read(&format!("t,u,v\n{text}")).names, ["t", "u", "v"]);
        assert_eq!(read(&format!("index,u\n{}", "3,4\n".repeat(10))).names, ["index", "u"]);
        assert_eq!(read(&text).values.rows(), 3);
    }

    #[test]
    fn mistakes_are_located_by_line_and_column() {
        let broken = |line: &str| format!("a,b\n{}\n{line}\n{}", rows(","), rows(","));
        for (text, words) in [
            (broken("1,two"), "line 15, column 2 holds \"two\", which is not a number"),
            (broken("1,"), "line 15, column 2 is empty"),
            (broken("NaN,1"), "line 15, column 1 holds \"NaN\"; only finite"),
            (broken("1,1e999"), "line 15, column 2 holds \"1e999\"; only finite"),
            (broken("1,2,3"), "line 15 has 3 cells, but the first line has 2"),
            (broken("1"), "line 15 has 1 cells"),
            (broken(" \n\n1,\"\"").replace('\n', "\r\n"), "line 17, column 2 is empty"),
            (format!("1,x\n{}", rows(",")), "line 1, column 2 holds \"x\""),
            (rows(";").replace('.', ","), "line 2, column 2 holds \"0,5\", which is not a number; write numbers like"),
            (rows(" "), "line 2, column 1 holds \"1 0.5\", which is not a number; write numbers like -1.5e3 and sep"),
            (rows(",")[..20].to_owned(), "rows are too few; give at least 10"),
            (String::new(), "no numbers"),
            ("a,b\n".to_owned(), "no numbers"),
            (format!("{}1\n", "1,".repeat(20_000)).repeat(10), "20001 columns are more than 16384"),
            ("PK\u{3}\u{4}\0".to_owned(), "neither text nor .npy"),
        ] {
            let sentence = sentence(&text);
            assert!(sentence.contains(words), "{words}: {sentence}");
            assert!(!sentence.contains('\n') && sentence.len() < 150, "{sentence}");
        }
    }

    #[test]
    fn arrays_are_tables_or_stacks_of_images() {
        let matrix = Matrix::from_fn(6, 12, |r, c| (10 * c + r) as f32);
        let bytes = write_npy_f32(&matrix);
        let table = parse_table(&bytes, "").unwrap();
        assert_eq!((table.names.len(), table.values, table.image_shape), (6, matrix.map(f64::from), None));
        let reshaped = |shape: &str| {
            let header = format!("{shape:<9}");
            let place = bytes.windows(9).position(|window| window == b"(12, 6), ").unwrap();
            [&bytes[..place], header.as_bytes(), &bytes[place + 9..]].concat()
        };
        let images = parse_table(&reshaped("(12,2,3),"), "npy").unwrap();
        assert_eq!((images.values, images.image_shape), (matrix.map(f64::from), Some((2, 3))));
        assert!(parse_table(&reshaped("(72,),"), "npy").unwrap_err().to_string().contains("shape [72]"));
        assert!(parse_table(&reshaped("(6,12),"), "npy").unwrap_err().to_string().contains("6 rows are too few"));
        assert!(parse_table(&reshaped("(12,0,3),"), "npy").unwrap_err().to_string().contains("no numbers"));
        let mut infinite = matrix;
        infinite[(4, 7)] = f32::INFINITY;
        let error = parse_table(&write_npy_f32(&infinite), "npy").unwrap_err().to_string();
        assert!(error.contains("row 7, column 4 (counted from 0) holds inf"), "{error}");
    }

    #[test]
    fn a_file_is_identified_by_its_hash() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ten.csv");
        std::fs::write(&path, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n").unwrap();
        let file = read_table(&path).unwrap();
        // seq 10 | sha256sum
        assert_eq!(file.sha256, "bf794518e35d7f1ce3a50b3058c4191bb9401e568fc645d77e10b0f404cf1f22");
        for (path, words) in
            [(directory.path().join("none.csv"), "cannot read"), (directory.path().into(), "cannot read")]
        {
            let sentence = read_table(&path).unwrap_err().to_string();
            assert!(sentence.starts_with(words) && sentence.ends_with(&path.display().to_string()), "{sentence}");
        }
        std::fs::write(&path, "1\n").unwrap();
        assert!(read_table(&path).unwrap_err().to_string().ends_with(&format!("row: {}", path.display())));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[0-9a,;\t\"\r\n. -]{0,300}",
                                  cut in 0..100_usize, at in 0..100_usize) {
            let mut valid = rows(",").into_bytes();
            let _cut = parse_table(&valid[..cut.min(valid.len())], "csv");
            let at = at.min(valid.len());
            valid.splice(at..at, bytes.iter().copied());
            for input in [&bytes, text.as_bytes(), &valid] {
                if let Ok(table) = parse_table(input, "csv") {
                    prop_assert!(table.values.columns() >= 10 && table.names.len() == table.values.rows());
                    prop_assert!(table.values.as_slice().iter().all(|x| x.is_finite()));
                }
            }
        }
    }
}
