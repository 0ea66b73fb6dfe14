//! Writes pictures with known factors as dSprites does (Matthey et al. 2017).

use std::io::{BufWriter, Error, ErrorKind, Result as Written, Seek, Write};
use std::path::{Path, PathBuf};

use super::atomic::Staged;
use super::file_error::FileError;
use super::format::npy::npy_head;
use super::format::zip::ZipWriter;

/// The factors of N pictures: `names.len()` numbers for each, one picture after the other.
#[derive(Clone, Copy, Debug)]
pub struct PictureFactors<'a> {
    /// Names, as color, shape, scale, orientation, posX, posY.
    pub names: &'a [&'a str],
    /// Values.
    pub values: &'a [f64],
    /// The number of each value among those of its factor, from 0.
    pub classes: &'a [i64],
}

/// Writes an `.npz` archive of deflated arrays: `imgs` (N×height×width, u8), `latents_values` (N×k, f64), `latents_classes` (N×k, i64)
/// and `latents_names` (k). Each picture is written as soon as it comes, and no file has the name before all are. NumPy opens it without
/// pickle; the same pictures give the same bytes.
///
/// # Errors
/// If the file cannot be written, or there are more or fewer pictures than factors, or one has another size.
pub fn write_dsprites_npz(
    path: &Path,
    [height, width]: [usize; 2],
    pictures: impl IntoIterator<Item = impl AsRef<[u8]>>,
    factors: PictureFactors<'_>,
) -> Result<PathBuf, FileError> {
    Staged::stream(path, |file| {
        write_archive(BufWriter::new(file), [height, width], &mut pictures.into_iter(), factors)?.flush()
    })?
    .commit()
}

fn write_archive<W: Write + Seek>(
    to: W,
    [height, width]: [usize; 2],
    pictures: &mut impl Iterator<Item = impl AsRef<[u8]>>,
    PictureFactors { names, values, classes }: PictureFactors<'_>,
) -> Written<W> {
    let (k, samples) = (names.len(), values.len() / names.len().max(1));
    if values.len() != samples * k || classes.len() != values.len() {
        let what = format!("{} values and {} classes of {k} factors do not fit", values.len(), classes.len());
        return Err(Error::new(ErrorKind::InvalidInput, what));
    }
    let mut archive = ZipWriter::new(to);
    let mut add =
        |key: &str, kind: &str, shape: &[usize], bytes: u64, write: &mut dyn FnMut(&mut dyn Write) -> Written<()>| {
            let head = npy_head(kind, shape);
            archive.add(&format!("{key}.npy"), head.len() as u64 + bytes, true, |to| {
                to.write_all(&head)?;
                write(to)
            })
        };
    let bytes = (samples as u64).saturating_mul((height * width) as u64);
    add("imgs", "|u1", &[samples, height, width], bytes, &mut |to| {
        for (count, picture) in pictures.by_ref().enumerate() {
            let picture = picture.as_ref();
            if picture.len() != height * width {
                let what = format!("picture {count} has {} pixels instead of {height}×{width}", picture.len());
                return Err(Error::new(ErrorKind::InvalidInput, what));
            }
            to.write_all(picture)?;
        }
        Ok(())
    })?;
    let size = values.len() as u64 * 8;
    add("latents_values", "<f8", &[samples, k], size, &mut |to| {
        values.iter().try_for_each(|x| to.write_all(&x.to_le_bytes()))
    })?;
    add("latents_classes", "<i8", &[samples, k], size, &mut |to| {
        classes.iter().try_for_each(|x| to.write_all(&x.to_le_bytes()))
    })?;
    // Text of NumPy: UTF-32, as many letters for each name as the longest has.
    let letters = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(1);
    let text: Vec<u8> = names
        .iter()
        .flat_map(|name| name.chars().map(u32::from).chain(std::iter::repeat(0)).take(letters))
        .flat_map(u32::to_le_bytes)
        .collect();
    add("latents_names", &format!("<U{letters}"), &[k], text.len() as u64, &mut |to| to.write_all(&text))?;
    archive.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImportOptions, Numbers};
    use crate::io::array_file::read_array_file;
    use crate::io::watch::Watch;

    const NAMES: [&str; 3] = ["shape", "größe", "posX"];

    fn write(path: &Path, pictures: usize, size: usize) -> Result<PathBuf, FileError> {
        let values: Vec<f64> = (0..40 * 3).map(|i| f64::from(i) / 8.0).collect();
        let classes: Vec<i64> = (0..40 * 3).collect();
        let factors = PictureFactors { names: &NAMES, values: &values, classes: &classes };
        write_dsprites_npz(path, [4, 5], (0..pictures).map(|i| vec![(i % 2) as u8; size]), factors)
    }

    #[test]
    fn an_archive_opens_with_its_factors() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shapes.npz");
        write(&path, 40, 20).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        write(&path, 40, 20).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "the same bytes again");
        let options = ImportOptions { rows: Some(15), ..ImportOptions::default() };
        let read = read_array_file(&path, &options, 3, Watch::nobody()).unwrap();
        let rows = read.rows.unwrap();
        assert_eq!((read.values.rows(), read.values.columns(), rows.len()), (20, 15, 15));
        assert_eq!((read.key.as_deref(), read.is_bytes), (Some("imgs"), false), "pixels are 0 and 1");
        let names: Vec<&str> = read.factors.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, NAMES);
        for (sample, row) in rows.iter().enumerate() {
            assert!(matches!(&read.values, Numbers::Bytes(x) if x.column(sample) == [(row % 2) as u8; 20]));
            assert_eq!(read.factors[1].1[sample], (3 * row + 1) as f32 / 8.0);
        }
    }

    #[test]
    fn too_few_pictures_leave_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shapes.npz");
        for (pictures, size, words) in
            [(39, 20, "bytes instead of"), (41, 20, "bytes instead of"), (40, 19, "19 pixels")]
        {
            let sentence = write(&path, pictures, size).unwrap_err().to_string();
            assert!(sentence.contains(words) && !sentence.contains('\n'), "{sentence}");
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        }
    }
}
