//! Your data from an archive of arrays (`.npz`): one array holds the observations, others their labels and factors.

use std::fs::File;
use std::io::BufReader;

use super::array_rows::{ArrayLabels, ArrayRows, RowChoice, categories, is_bytes};
use super::file_error::FileError;
use super::format::npz_reader::{NpzArray, choose_array, dsprites, names_of_factors, npz_arrays, read_npz_array};
use super::watch::Watch;
use crate::data::{ImportOptions, Numbers};
use crate::sentence::quoted;

/// Reads the rows of the array with the key of `options`, with the arrays they name as labels and factors; and without being asked
/// the factors of dSprites and labels whose key goes with that of the observations.
///
/// # Errors
/// If there is no such array, one cannot be data, does not fit in half of the memory, or is damaged, or the read is cancelled.
pub(in crate::io) fn read_archive(
    mut archive: BufReader<File>,
    options: &ImportOptions,
    choice: RowChoice,
    watch: Watch<'_>,
) -> Result<ArrayRows, FileError> {
    let arrays = npz_arrays(&mut archive)?;
    let array = choose_array(&arrays, options.key.as_deref())?;
    let (header, shape) = array.content.as_ref().map_err(Clone::clone)?;
    options.check_rows(shape.samples).map_err(FileError::new)?;
    let chosen = choice.of(header, shape)?;
    let values = read_npz_array(&mut archive, array, chosen.as_deref(), watch)?;
    let mut notes = Vec::new();
    let mut beside = |array: &NpzArray| read_npz_array(&mut archive, array, chosen.as_deref(), watch);
    let guessed = if options.guess && options.labels.is_empty() { label_key(&arrays, array) } else { None };
    notes.extend(guessed.map(|key| format!("the labels are '{key}', the array beside '{}'", array.key)));
    if guessed.is_none() && options.guess && options.labels.is_empty() {
        notes.extend(misfit(&arrays, array));
    }
    let mut labels = Vec::new();
    for key in options.labels.iter().map(String::as_str).chain(guessed) {
        labels.push(label(key, &beside(partner(&arrays, array, key)?)?)?);
    }
    let mut factors = Vec::new();
    for key in &options.factors {
        factors.extend(factor_columns(key, &beside(partner(&arrays, array, key)?)?)?);
    }
    if let Some([_, latents]) = dsprites(&arrays).filter(|[images, _]| images.key == array.key && factors.is_empty()) {
        let latents = read_npz_array(&mut archive, latents, chosen.as_deref(), watch)?;
        let names = names_of_factors(&mut archive, &arrays, latents.rows());
        factors = named_rows(names, &latents);
        notes.push("the factors are 'latents_values', laid out as in dSprites".to_owned());
    }
    let is_bytes = is_bytes(&values, header, shape);
    let key = (arrays.len() > 1).then(|| array.key.clone());
    Ok(ArrayRows { values, picture: shape.picture, rows: chosen, factors, labels, key, is_bytes, notes })
}

/// Pairs of words in the keys of observations and of their labels, as archives of Keras, MedMNIST and scikit-learn have them.
const KEYS: [(&str, &str); 6] =
    [("images", "labels"), ("imgs", "labels"), ("data", "labels"), ("data", "target"), ("X", "y"), ("x", "y")];

/// The key of an array with one whole number for each sample whose key goes with that of the observations.
fn label_key<'a>(arrays: &'a [NpzArray], observations: &NpzArray) -> Option<&'a str> {
    let is_label = |array: &&NpzArray| {
        array.content.as_ref().is_ok_and(|(header, shape)| {
            let samples = observations.content.as_ref().map_or(0, |(_, shape)| shape.samples);
            header.stored.kind.is_whole() && shape.n() == 1 && shape.samples == samples
        })
    };
    keys_beside(arrays, observations).find(is_label).map(|array| array.key.as_str())
}

/// The arrays whose keys go with that of the observations.
fn keys_beside<'a>(arrays: &'a [NpzArray], observations: &NpzArray) -> impl Iterator<Item = &'a NpzArray> {
    KEYS.iter().filter_map(|(of, with)| {
        // A letter has to be a word of its own.
        let parts: Vec<&str> = observations.key.split('_').collect();
        let other = parts.iter().map(|part| if part == of { *with } else { part }).collect::<Vec<_>>().join("_");
        arrays.iter().find(|array| array.key == other && other != observations.key)
    })
}

/// The note about an array that is no label of the observations, although its key goes with theirs.
fn misfit(arrays: &[NpzArray], observations: &NpzArray) -> Option<String> {
    let (_, own) = observations.content.as_ref().ok()?;
    let other = keys_beside(arrays, observations).next()?;
    let (key, name, rows) = (quoted(&other.key), quoted(&observations.key), own.samples);
    Some(match &other.content {
        Ok((_, shape)) if shape.samples != rows => {
            format!("{key} has {} rows and {name} {rows}, so it is not taken for labels", shape.samples)
        }
        _ => format!("{key} does not hold one whole number for each row of {name}, so it is not taken for labels"),
    })
}

/// The array of this key with a row for each observation.
fn partner<'a>(arrays: &'a [NpzArray], observations: &NpzArray, key: &str) -> Result<&'a NpzArray, FileError> {
    let array = choose_array(arrays, Some(key))?;
    let samples = |array: &NpzArray| array.content.as_ref().map(|(_, shape)| shape.samples).map_err(Clone::clone);
    let (own, all) = (samples(array)?, samples(observations)?);
    if own == all && array.key != observations.key {
        return Ok(array);
    }
    let sentence = format!(
        "'{key}' has {own} rows and '{}' {all}; name another array of {all} rows for labels and factors",
        observations.key
    );
    Err(FileError::new(sentence))
}

/// The labels of an array with one whole number for each sample.
fn label(key: &str, values: &Numbers) -> Result<ArrayLabels, FileError> {
    if values.rows() != 1 || values.row(0).any(|x| x.fract() != 0.0 || !x.is_finite()) {
        return Err(FileError::new(format_args!(
            "'{key}' does not hold one whole number per row; name it with --factors"
        )));
    }
    let (names, indices) = categories(values);
    Ok((key.to_owned(), names, indices))
}

/// More columns are no factors but data.
const MOST_FACTORS: usize = 64;

/// The columns of an array as factors, numbered if there are several.
fn factor_columns(key: &str, values: &Numbers) -> Result<Vec<(String, Vec<f32>)>, FileError> {
    let count = values.rows();
    if count > MOST_FACTORS {
        let sentence =
            format!("'{key}' has {count} numbers per row, and factors are at most {MOST_FACTORS}; name another array");
        return Err(FileError::new(sentence));
    }
    let numbered = |i: usize| if count == 1 { key.to_owned() } else { format!("{key} {i}") };
    Ok(named_rows((1..=count).map(numbered).collect(), values))
}

fn named_rows(names: Vec<String>, values: &Numbers) -> Vec<(String, Vec<f32>)> {
    names.into_iter().enumerate().map(|(r, name)| (name, values.row(r).map(|x| x as f32).collect())).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::io::array_file::read_array_file;
    use crate::io::array_table::table_of_arrays;
    use crate::io::format::npy::npy_head;
    use crate::io::format::zip::ZipWriter;

    const SAMPLES: usize = 30;

    /// 30 pictures of 2×3 bytes with labels, two numbers for each of them, and one row less of others.
    fn archive(folder: &tempfile::TempDir) -> std::path::PathBuf {
        let bytes = |shape: &[usize], value: fn(usize) -> u8| {
            let count = shape.iter().product();
            [npy_head("|u1", shape), (0..count).map(value).collect()].concat()
        };
        let arrays = [
            ("x_train", bytes(&[SAMPLES, 2, 3], |i| (i * 7 % 251) as u8)),
            ("y_train", bytes(&[SAMPLES, 1], |i| [7, 0, 10][i % 3])),
            ("pose", bytes(&[SAMPLES, 2], |i| i as u8)),
            ("y_test", bytes(&[SAMPLES - 1], |i| i as u8)),
            ("x_test", bytes(&[SAMPLES, 2, 3], |i| (i * 7 % 251) as u8)),
        ];
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (key, bytes) in &arrays {
            archive.add(&format!("{key}.npy"), bytes.len() as u64, true, |to| to.write_all(bytes)).unwrap();
        }
        let path = folder.path().join("mnist.npz");
        std::fs::write(&path, archive.finish().unwrap().into_inner()).unwrap();
        path
    }

    #[test]
    fn arrays_beside_the_observations_are_labels_and_factors() {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(&folder);
        let key = Some("x_train".to_owned());
        for (rows, guess) in [(None, true), (Some(12), true), (Some(12), false)] {
            let labels = if guess { vec![] } else { vec!["y_train".to_owned()] };
            let factors = vec!["pose".to_owned()];
            let options = ImportOptions { key: key.clone(), rows, guess, labels, factors, ..ImportOptions::default() };
            let read = read_array_file(&path, &options, 3, Watch::nobody()).unwrap();
            let chosen = read.rows.clone().unwrap_or_else(|| (0..SAMPLES).collect());
            let (table, import, notes) = table_of_arrays(read, &options).unwrap();
            let label = &table.labels[0];
            assert_eq!(
                (label.label.name.as_str(), &label.label.categories[..]),
                ("y_train", &["0", "7", "10"].map(str::to_owned)[..])
            );
            assert!(chosen.iter().zip(&label.categories).all(|(row, category)| *category == [1, 0, 2][row % 3]));
            assert_eq!((table.factors.len(), table.factors[1].name.as_str()), (2, "pose 2"));
            assert!(chosen.iter().zip(&table.factors[1].values).all(|(row, x)| *x == (2 * row + 1) as f32));
            assert_eq!((import.labels, import.factors), (vec!["y_train".to_owned()], vec!["pose".to_owned()]));
            assert_eq!(notes.len(), usize::from(guess), "the guess is said");
        }
    }

    #[test]
    fn an_array_of_another_length_is_not_taken_for_labels_and_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(&folder);
        let options = ImportOptions { key: Some("x_test".to_owned()), ..ImportOptions::guessed() };
        let read = read_array_file(&path, &options, 3, Watch::nobody()).unwrap();
        let (table, _, notes) = table_of_arrays(read, &options).unwrap();
        assert!(table.labels.is_empty());
        assert_eq!(notes[0].0, "'y_test' has 29 rows and 'x_test' 30, so it is not taken for labels");
    }

    #[test]
    fn arrays_that_do_not_belong_to_the_observations_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(&folder);
        let sentence = |label: &str| {
            let labels = vec![label.to_owned()];
            let options = ImportOptions { key: Some("x_train".to_owned()), labels, ..ImportOptions::default() };
            read_array_file(&path, &options, 3, Watch::nobody()).unwrap_err().to_string()
        };
        assert_eq!(sentence("none"), "the archive holds x_train, y_train, pose, y_test, x_test, but no 'none'");
        assert!(sentence("y_test").starts_with("'y_test' has 29 rows and 'x_train' 30; name another"));
        assert!(sentence("x_train").starts_with("'x_train' has 30 rows and 'x_train' 30; name another"));
        assert!(sentence("pose").starts_with("'pose' does not hold one whole number per row"));
    }
}
