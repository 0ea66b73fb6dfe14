//! Tests of tables from text.

use super::*;
use crate::data::{LabelColumn, Numbers, ObservationKind};
use crate::io::format::npy::write_npy_f32;
use proptest::prelude::*;

fn npy(matrix: &Matrix<f32>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_npy_f32(matrix, &mut bytes).unwrap();
    bytes
}

/// Twelve rows "r, r/2" with this separator.
fn rows(separator: &str) -> String {
    (0..12).map(|r| format!("{r}{separator}{}\n", f64::from(r) / 2.0)).collect::<Vec<_>>().concat()
}

fn parse(bytes: impl AsRef<[u8]>, extension: &str) -> Result<Table, FileError> {
    parse_table(bytes.as_ref(), extension, &ImportOptions::default(), 0).map(|file| file.table)
}

fn read(text: &str) -> Table {
    parse(text, "csv").unwrap()
}

fn guessed(text: &str) -> TableFile {
    parse_table(text.as_bytes(), "csv", &ImportOptions::guessed(), 0).unwrap()
}

fn sentence(text: &str) -> String {
    parse(text, "csv").unwrap_err().to_string()
}

#[test]
fn delimiters_and_names_are_recognised() {
    let values = Numbers::Double(Matrix::from_fn(2, 12, |r, c| c as f64 / (r + 1) as f64));
    for separator in [",", ";", "\t", " , ", "; ", " ", "  "] {
        assert_eq!(read(&rows(separator)).values, values, "{separator:?}");
    }
    assert_eq!(parse(rows("\t"), "tsv").unwrap().values, values);
    assert_eq!(read(&rows(",")).names, ["x1", "x2"]);
    let named = read(&format!("\u{feff}\"a, b\",\r\n\r\n{}", rows(",").replace('\n', "\r\n")));
    assert_eq!((named.names, named.values), (vec!["a, b".to_owned(), "x2".to_owned()], values));
    // In a .tsv a semicolon is part of a name.
    assert_eq!(parse(format!("a;b\n{}", "1\n2\n".repeat(5)), "tsv").unwrap().names, ["a;b"]);
}

#[test]
fn an_index_column_is_left_out() {
    let text = (0..12).map(|r| format!("{r},{},7\n", r * r)).collect::<Vec<_>>().concat();
    for name in ["", "index"] {
        let table = read(&format!("{name},u,v\n{text}"));
        assert_eq!(table.names, ["u", "v"]);
        let expected = Matrix::from_fn(2, 12, |r, c| if r == 0 { (c * c) as f64 } else { 7.0 });
        assert_eq!(table.values, expected.into());
    }
    assert_eq!(read(&format!("t,u,v\n{text}")).names, ["t", "u", "v"]);
    assert_eq!(read(&format!("index,u\n{}", "3,4\n".repeat(10))).names, ["index", "u"]);
    assert_eq!(read(&text).values.rows(), 3);
}

#[test]
fn columns_that_number_the_rows_in_any_order_are_left_out() {
    let with = |header: &str, number: fn(usize) -> usize| guessed(&labelled(header, |i| format!("{},{{}}", number(i))));
    let shuffled = |i: usize| i * 7 % 24;
    for (header, number, name) in [
        (",a,b", shuffled as fn(usize) -> usize, "the first column, which has no name,"),
        ("Unnamed: 0,a,b", shuffled, "the first column, 'Unnamed: 0',"),
        ("ID,a,b", |i| 100 + 3 * i, "'ID'"),
        ("id,a,b", |i| i + 1, "'id'"),
    ] {
        let file = with(header, number);
        assert_eq!(file.table.names, ["a", "b"], "{header}");
        let note = format!("{name} is left out: it numbers the rows; --columns can include it");
        assert_eq!(file.notes, [ImportNote(note)]);
        let text = labelled(header, |i| format!("{},{{}}", number(i)));
        let again = parse_table(text.as_bytes(), "csv", &file.import, 0).unwrap();
        assert_eq!((again.table, again.import), (file.table, file.import));
    }
    for (header, number) in [("id,a,b", shuffled as fn(usize) -> usize), ("t,a,b", |i| i + 1), (",a,b", |i| i / 2 * 5)]
    {
        let notes = with(header, number).notes;
        assert!(!notes.iter().any(|note| note.0.contains("numbers the rows")), "{header}: {notes:?}");
    }
}

#[test]
fn an_index_is_called_as_in_the_file() {
    let note = |header: &str| guessed(&labelled(header, |i| format!("{i},{{}}"))).notes[0].0.clone();
    for (header, name) in [
        (",a,b", "the first column, which has no name,"),
        ("Unnamed: 0,a,b", "the first column, 'Unnamed: 0',"),
        ("index,a,b", "'index'"),
    ] {
        assert_eq!(note(header), format!("{name} is left out: it counts the rows"));
    }
}

#[test]
fn a_column_is_chosen_once() {
    let text = labelled("a,b,c", |i| format!("{{}},{i}.5"));
    for columns in [["a", "a"], ["a", "1"], ["1-2", "b"]] {
        let columns = Some(columns.map(str::to_owned).to_vec());
        let told = parse_table(text.as_bytes(), "csv", &ImportOptions { columns, ..ImportOptions::guessed() }, 0);
        let sentence = told.unwrap_err().to_string();
        assert!(sentence.ends_with("is chosen twice; name it once"), "{sentence}");
    }
    let factors = ["c", "c"].map(str::to_owned).to_vec();
    let told = parse_table(text.as_bytes(), "csv", &ImportOptions { factors, ..ImportOptions::guessed() }, 0);
    assert_eq!(told.unwrap_err().to_string(), "the column 'c' is chosen twice; name it once");
}

#[test]
fn an_empty_column_is_left_out() {
    let text = labelled("a,b,none", |_| "{},NA".to_owned());
    let file = guessed(&text);
    assert_eq!(file.table.names, ["a", "b"]);
    assert_eq!(file.notes, [ImportNote("'none' is left out: it is empty".to_owned())]);
    assert_eq!(parse_table(text.as_bytes(), "csv", &file.import, 0).unwrap().table, file.table);
    let columns = Some(vec!["a".to_owned(), "none".to_owned()]);
    for options in [ImportOptions::default(), ImportOptions { columns, ..ImportOptions::guessed() }] {
        let told = parse_table(text.as_bytes(), "csv", &options, 0).unwrap_err().to_string();
        assert_eq!(told, "the column 'none' is empty; leave it out with --columns");
    }
}

#[test]
fn mistakes_are_located_by_line_and_column() {
    let broken = |line: &str| format!("a,b\n{}\n{line}\n{}", rows(","), rows(","));
    for (text, words) in [
        (broken("1,two"), "line 15, column 2 holds \"two\", which is not a number"),
        (broken("1,"), "1 row has missing values (line 15); fill it in"),
        (broken("NaN,1\n,2\n1,na"), "3 rows have missing values (lines 15, 16, 17); fill them in"),
        (broken(&"?,1\n".repeat(7)), "7 rows have missing values (lines 15, 16, 17, 18, 19 and 2 more); fill"),
        (broken("1,1e999"), "line 15, column 2 holds \"1e999\"; only finite"),
        (broken("1,\"2"), "line 15 has a quotation mark without its partner; close"),
        (format!("\"{}", broken("1,2")), "line 1 has a quotation mark without its partner"),
        (broken("\"1,5\",2"), "holds \"1,5\", which is not a number; write a decimal point, or"),
        (broken("1,2,3"), "line 15 has 3 cells, but the first line has 2"),
        (broken("1"), "line 15 has 1 cells"),
        (broken(" \n\n1,\"\"").replace('\n', "\r\n"), "1 row has missing values (line 17)"),
        (format!("1,x\n{}", rows(",")), "line 1, column 2 holds \"x\""),
        (
            rows(";").replace(".5", ".5,5"),
            "line 2, column 2 holds \"0.5,5\", which is not a number; write numbers like",
        ),
        (rows(",")[..20].to_owned(), "rows are too few; give at least 10"),
        (String::new(), "no numbers"),
        ("a,b\n".to_owned(), "no numbers"),
        (format!("{}1\n", "1,".repeat(50_000)).repeat(10), "50001 columns are more than 49152"),
        ("PK\u{3}\u{4}\0".to_owned(), "neither text nor .npy"),
    ] {
        let sentence = sentence(&text);
        assert!(sentence.contains(words), "{words}: {sentence}");
        assert!(!sentence.contains('\n') && sentence.len() < 150, "{sentence}");
    }
}

#[test]
fn arrays_are_tables_or_stacks_of_images() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("array.npy");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        read_table(&path, &ImportOptions::default(), 0, Watch::nobody())
    };
    let sentence = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    let matrix = Matrix::from_fn(6, 12, |r, c| (10 * c + r) as f32);
    let bytes = npy(&matrix);
    let file = read(&bytes).unwrap();
    assert_eq!((file.table.names.len(), &file.table.values), (6, &Numbers::Single(matrix.clone())));
    assert_eq!((file.table.kind, file.sha256), (ObservationKind::Points, sha256(&bytes)));
    let reshaped = |shape: &str| {
        let header = format!("{shape:<9}");
        let place = bytes.windows(9).position(|window| window == b"(12, 6), ").unwrap();
        [&bytes[..place], header.as_bytes(), &bytes[place + 9..]].concat()
    };
    let images = read(&reshaped("(12,2,3),")).unwrap().table;
    let kind = ObservationKind::Images { height: 2, width: 3, channels: 1 };
    assert_eq!((images.values, images.kind), (Numbers::Single(matrix.clone()), kind));
    assert_eq!(read(&reshaped("(72,),")).unwrap().table.samples(), 72);
    assert!(sentence(&reshaped("(6,12),")).contains("6 rows are too few"));
    assert!(sentence(&reshaped("(12,0,3),")).contains("no numbers"));
    let mut infinite = matrix;
    infinite[(4, 7)] = f32::INFINITY;
    let error = sentence(&npy(&infinite));
    assert!(error.contains("row 7, column 4 (counted from 0) holds inf"), "{error}");
    assert!(error.ends_with(&format!(": {}", path.display())), "{error}");
}

/// Twelve rows of this text after this header; {} stands for reals.
fn labelled(header: &str, row: impl Fn(usize) -> String) -> String {
    let real = |i: usize| format!("{:.3},{:.3}", (i as f64).sin(), (1.7 * i as f64).cos());
    let rows = (0..24).map(|i| format!("{}\n", row(i).replace("{}", &real(i))));
    format!("{header}\n{}", rows.collect::<String>())
}

#[test]
fn labels_are_no_dimensions() {
    let kinds = ["ada", "bea", "cleo"];
    for (text, label, categories) in [
        (labelled("a,b,species", |i| format!("{{}},{}", kinds[i % 3])), "species", &kinds[..]),
        (labelled("kind,a,b", |i| format!("{},{{}}", kinds[i % 3])), "kind", &kinds),
        (labelled("a,b,target", |i| format!("{{}},{}", i % 3)), "target", &["0", "1", "2"]),
        (labelled("a,b,count", |i| format!("{{}},{}", [10, 9, 2][i % 3])), "count", &["2", "9", "10"]),
    ] {
        let file = guessed(&text);
        assert_eq!(file.table.names, ["a", "b"]);
        assert_eq!(file.table.labels.len(), 1);
        let LabelColumn { label: found, categories: own } = &file.table.labels[0];
        assert_eq!(found.name, label);
        assert_eq!(found.categories, categories);
        assert!(own.iter().take(6).zip(own.iter().skip(3)).all(|(a, b)| a == b) && own[0] != own[1]);
        assert!(file.notes.len() == 1 && file.notes[0].0.starts_with(&format!("'{label}' is ")), "{:?}", file.notes);
        // The record decides without rules.
        assert_eq!(file.import.labels, [label]);
        let again = parse_table(text.as_bytes(), "csv", &file.import, 0).unwrap();
        assert_eq!((again.table, again.notes, again.import), (file.table, vec![], file.import));
    }
    // What is asked for counts, and without any question old runs keep their columns.
    let text = labelled("a,b,target", |i| format!("{{}},{}", i % 3));
    let columns = Some(vec!["1-3".to_owned()]);
    let asked = parse_table(text.as_bytes(), "csv", &ImportOptions { columns, ..ImportOptions::guessed() }, 0).unwrap();
    assert_eq!((asked.table.names.len(), asked.table.labels.len(), asked.notes.len()), (3, 0, 0));
    assert_eq!(read(&text), asked.table);
    assert!(asked.import.is_default());
}

#[test]
fn roles_are_chosen_or_refused() {
    let text =
        labelled("a,b,kind,angle,id", |i| format!("{{}},{},{},row {i}", ["u", "v"][i % 2], f64::from(i as u32) / 4.0));
    let with = |columns: &[&str], labels: &[&str], factors: &[&str]| {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let columns = (!columns.is_empty()).then(|| list(columns));
        let options =
            ImportOptions { columns, labels: list(labels), factors: list(factors), ..ImportOptions::guessed() };
        parse_table(text.as_bytes(), "csv", &options, 0)
    };
    let file = with(&[], &[], &["angle"]).unwrap();
    assert_eq!((&*file.table.names, &*file.table.factors[0].name), (&["a".to_owned(), "b".to_owned()][..], "angle"));
    assert_eq!(file.table.factors[0].values[5], 1.25);
    assert_eq!(file.table.labels.iter().map(|l| &*l.label.name).collect::<Vec<_>>(), ["kind"]);
    assert!(
        file.notes.iter().any(|note| note.0 == "'id' is left out: its texts name rows, not categories"),
        "{:?}",
        file.notes
    );
    let roles = file.columns.iter().map(|c| c.role).collect::<Vec<_>>();
    use ColumnRole::{Dimension, Factor, Label, LeftOut};
    assert_eq!(roles, [Dimension, Dimension, Label, Factor, LeftOut]);
    assert_eq!(parse_table(text.as_bytes(), "csv", &file.import, 0).unwrap().table, file.table);
    let named = with(&["angle", "1"], &["id"], &[]).unwrap();
    assert_eq!(
        (&*named.table.names, named.table.labels[1].label.categories.len()),
        (&["a".to_owned(), "angle".to_owned()][..], 24)
    );
    for (columns, labels, factors, words) in [
        (&["c"][..], &[][..], &[][..], "there is no column 'c'; the file has 5 ('a', 'b', 'kind', 'angle', 'id')"),
        (&["kind"], &[], &[], "the column 'kind' holds text, not numbers; choose it with --label"),
        (&[], &["a"], &[], "'a' holds real numbers, which are no categories; choose it with --factors"),
        (&[], &["a"], &["a"], "the column 'a' is chosen twice"),
        (&[], &[], &["id"], "holds text, not numbers"),
        (&[], &[], &["1-4"], "holds text"),
        (&[], &[], &["a", "b", "angle"], "no column of numbers is left"),
    ] {
        let sentence = with(columns, labels, factors).unwrap_err().to_string();
        assert!(sentence.contains(words), "{sentence}");
    }
}

#[test]
fn names_that_are_targets_depend_on_their_numbers() {
    let of = |header: &str| {
        let file = guessed(&labelled(header, |i| format!("{{}},{}", (i as f64 * 0.3).sin())));
        (file.table.names.len(), file.table.factors.len())
    };
    assert_eq!(of("a,b,target"), (2, 1), "a real target is a factor");
    assert_eq!(of("a,b,y"), (2, 1));
    assert_eq!(of("x,b,y"), (3, 0), "beside x it is a coordinate");
    assert_eq!(of("a,b,c"), (3, 0));
    // Whole numbers alone are no labels.
    let counts = guessed(&labelled("a,b", |i| format!("{},{}", i % 3, i * i % 7)));
    assert_eq!((counts.table.names.len(), counts.notes.len()), (2, 0));
}

#[test]
fn rows_with_missing_values_are_dropped_if_asked() {
    let text = labelled("a,b,kind", |i| match i {
        7 => "NA,1,u".to_owned(),
        20 => "1,,v".to_owned(),
        _ => format!("{{}},{}", ["u", "v"][i % 2]),
    });
    let infinite = text.replace("NA,1,u", "inf,1,u");
    let told = parse_table(infinite.as_bytes(), "csv", &ImportOptions::guessed(), 0).unwrap_err();
    assert_eq!(told.remedy(), Some(&Remedy::DropMissing), "{told}");
    let options = ImportOptions { missing: MissingValues::Drop, ..ImportOptions::guessed() };
    let left = parse_table(infinite.as_bytes(), "csv", &options, 0).unwrap();
    assert_eq!(left.table.samples(), 22);
    assert!(left.notes.iter().any(|n| n.0 == "2 rows are left out for missing or infinite values (lines 9, 22)"));
    let options = ImportOptions { missing: MissingValues::Drop, ..ImportOptions::guessed() };
    let file = parse_table(text.as_bytes(), "csv", &options, 0).unwrap();
    let expected: Vec<usize> = (0..24).filter(|row| ![7, 20].contains(row)).collect();
    assert_eq!((file.table.samples(), file.table.rows.as_deref()), (22, Some(&*expected)));
    assert_eq!(file.table.labels[0].categories.len(), 22);
    assert!(
        file.notes.iter().any(|note| note.0 == "2 rows are left out for missing values (lines 9, 22)"),
        "{:?}",
        file.notes
    );
    // A subset is drawn from what is left.
    let options = ImportOptions { rows: Some(12), ..options };
    let part = parse_table(text.as_bytes(), "csv", &options, 3).unwrap();
    let rows = part.table.rows.clone().unwrap();
    assert!(rows.len() == 12 && rows.iter().all(|row| expected.contains(row)) && rows.is_sorted());
    for (k, row) in rows.iter().enumerate() {
        let place = expected.iter().position(|other| other == row).unwrap();
        assert_eq!(part.table.values.at(1, k), file.table.values.at(1, place));
        assert_eq!(part.table.labels[0].categories[k], *row as u32 % 2);
    }
    assert_eq!(parse_table(text.as_bytes(), "csv", &part.import, 3).unwrap().table, part.table);
    assert_ne!(parse_table(text.as_bytes(), "csv", &part.import, 4).unwrap().table.rows, part.table.rows);
}

#[test]
fn what_does_not_fit_into_memory_is_refused_before_it_is_read() {
    let beginning = "1.5,2.5,3.5\n".repeat(1000);
    assert!(check_fit(beginning.as_bytes(), 10 << 20).is_ok());
    let sentence = check_fit(beginning.as_bytes(), 1 << 50).unwrap_err().to_string();
    // 12 bytes of text, 3 numbers in double and in single precision, and what a row needs beside them.
    let rows = budget() / (12 + 3 * 12 + ROW);
    let said: u64 = sentence.split("about ").nth(2).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(said.abs_diff(rows) < 10, "{sentence}");
    // One line without an end may be all of a large file.
    let sentence = check_fit("1,".repeat(60_000).as_bytes(), 1 << 30).unwrap_err().to_string();
    assert_eq!(sentence, "the first line has at least 60001 columns, more than 49152; give fewer");
}

#[test]
fn a_read_can_be_cancelled() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    std::fs::write(&path, rows(",")).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(true);
    let error = read_table(&path, &ImportOptions::default(), 0, Watch::new(&|_| (), &stop)).unwrap_err();
    assert!(error.to_string().starts_with("reading was cancelled"), "{error}");
}

#[test]
fn a_file_is_identified_by_its_hash() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ten.csv");
    std::fs::write(&path, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n").unwrap();
    let file = read_table(&path, &ImportOptions::default(), 0, Watch::nobody()).unwrap();
    // seq 10 | sha256sum
    assert_eq!(file.sha256, "bf794518e35d7f1ce3a50b3058c4191bb9401e568fc645d77e10b0f404cf1f22");
    for (path, words) in [
        (directory.path().join("none.csv"), "cannot read"),
        (directory.path().into(), "the folder holds no PNG or JPEG"),
    ] {
        let sentence = read_table(&path, &ImportOptions::default(), 0, Watch::nobody()).unwrap_err().to_string();
        assert!(sentence.starts_with(words) && sentence.ends_with(&path.display().to_string()), "{sentence}");
    }
    std::fs::write(&path, "1\n").unwrap();
    assert!(
        read_table(&path, &ImportOptions::default(), 0, Watch::nobody())
            .unwrap_err()
            .to_string()
            .ends_with(&format!("row: {}", path.display()))
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[0-9a,;\t\"\r\n. -]{0,300}",
                              cut in 0..100_usize, at in 0..100_usize) {
        let mut valid = rows(",").into_bytes();
        let _cut = parse(&valid[..cut.min(valid.len())], "csv");
        let at = at.min(valid.len());
        valid.splice(at..at, bytes.iter().copied());
        for input in [&bytes, text.as_bytes(), &valid] {
            for options in [ImportOptions::default(), ImportOptions::guessed()] {
                if let Ok(TableFile { table, import, .. }) = parse_table(input, "csv", &options, 0) {
                    let (n, samples) = (table.data_dim(), table.samples());
                    prop_assert!(samples >= 10 && table.names.len() == n);
                    prop_assert!((0..n * samples).all(|k| table.values.at(k % n, k / n).is_finite()));
                    let again = parse_table(input, "csv", &import, 0).unwrap();
                    prop_assert_eq!(again.table, table);
                }
            }
        }
    }
}
