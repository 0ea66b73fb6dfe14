//! Your data from a folder of PNG and JPEG pictures.

use std::fs::read_dir;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::array_rows::{ArrayLabels, ArrayRows};
use super::file_error::{FileError, Remedy};
use super::format::hash::hexadecimal;
use super::format::picture::{decode_picture, picture_shape, resized};
use super::format::sample_shape::{PictureShape, SampleShape};
use super::memory::check_memory;
use super::regular_file::open_regular;
use super::text::read_bytes;
use super::watch::Watch;
use crate::data::{ImportOptions, Numbers, PixelColor, chosen_rows};
use crate::linalg::Matrix;
use crate::memory::budget;

/// Bytes of the file of a picture.
const MOST_BYTES: u64 = 256 << 20;

/// A picture of the folder.
struct PictureFile {
    path: PathBuf,
    /// The name of its subfolder.
    label: Option<String>,
}

/// Reads the pictures of a folder, or those of its subfolders, whose names are the labels, in the order of their names. They have the
/// colours that `options` ask for, or else all are grey, if each of them is. The hash is one of the names and contents of the pictures
/// that are read.
///
/// # Errors
/// If there are none, they differ in size and `options` do not resize them, one is broken, or they do not fit in half of the memory, or
/// the read is cancelled.
pub(in crate::io) fn read_picture_folder(
    folder: &Path,
    options: &ImportOptions,
    seed: u64,
    watch: Watch<'_>,
) -> Result<(ArrayRows, String), FileError> {
    let (files, mut notes) = pictures_in(folder)?;
    let samples = files.len();
    options.check_rows(samples).map_err(FileError::new)?;
    let count = options.rows.map_or(samples, |rows| rows.min(samples));
    let chosen = (count < samples).then(|| chosen_rows(samples, count, seed));
    let files: Vec<&PictureFile> = match &chosen {
        None => files.iter().collect(),
        Some(chosen) => chosen.iter().map(|row| &files[*row]).collect(),
    };
    let shape = common_shape(folder, &files, options, watch)?;
    let PictureShape { height, width, channels } = shape;
    let n = SampleShape::of(&[count, height, width, channels])?.n();
    check_memory(count, n, size_of::<u8>(), budget())?;

    let mut values = Matrix::from_columns(n, count, vec![0_u8; n * count]);
    let mut hash = Sha256::new();
    let color = if channels == 1 { PixelColor::Grey } else { PixelColor::Rgb };
    for (sample, file) in files.iter().enumerate() {
        let bytes = read_bytes(&file.path, "the picture", MOST_BYTES)?;
        let name = file.path.strip_prefix(folder).unwrap_or(&file.path).to_string_lossy().replace('\\', "/");
        for part in [name.as_bytes(), &[0], &(bytes.len() as u64).to_le_bytes(), &bytes] {
            hash.update(part);
        }
        let (own, mut pixels) = decode_picture(&bytes, color).map_err(|error| error.at(&file.path))?;
        if (own.height, own.width) != (height, width) {
            pixels = resized(&pixels, own, height, width);
        }
        values.column_mut(sample).copy_from_slice(&pixels);
        // The first half of the way went by with the headers.
        watch.report((count + sample + 1) as u64, 2 * count as u64)?;
    }
    if options.resize.is_some() {
        notes.push(format!("the pictures are {width}x{height} pixels"));
    }
    let rows = ArrayRows {
        values: Numbers::Bytes(values),
        picture: Some(shape),
        rows: chosen,
        factors: Vec::new(),
        labels: labels(&files).into_iter().collect(),
        key: None,
        is_bytes: true,
        notes,
    };
    Ok((rows, hexadecimal(&hash.finalize())))
}

/// True if there is a PNG or JPEG picture in a folder or one of its subfolders.
pub(in crate::io) fn holds_pictures(folder: &Path) -> bool {
    // The first one is enough: a folder may hold a hundred thousand.
    let has = |folder: &Path| inside(folder).any(|path| is_picture(&path));
    has(folder) || inside(folder).any(|path| !is_hidden(&path) && path.is_dir() && has(&path))
}

/// What is in a folder; nothing if it cannot be read.
fn inside(folder: &Path) -> impl Iterator<Item = PathBuf> {
    read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.to_string_lossy().starts_with(['.', '_']))
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    matches!(extension.as_deref(), Some("png" | "jpg" | "jpeg")) && !is_hidden(path) && path.is_file()
}

/// The pictures of a folder by name, and what was passed over.
fn pictures_in(folder: &Path) -> Result<(Vec<PictureFile>, Vec<String>), FileError> {
    let (own, subfolders, mut others) = entries(folder)?;
    let mut files: Vec<PictureFile> = own.into_iter().map(|path| PictureFile { path, label: None }).collect();
    for subfolder in subfolders {
        let label = subfolder.file_name().map(|name| name.to_string_lossy().into_owned());
        let (inside, _deeper, more) = entries(&subfolder)?;
        others += more;
        files.extend(inside.into_iter().map(|path| PictureFile { path, label: label.clone() }));
    }
    let unlabelled = files.iter().filter(|file| file.label.is_none()).count();
    if files.is_empty() {
        return Err(FileError::new("the folder holds no PNG or JPEG pictures"));
    } else if unlabelled > 0 && unlabelled < files.len() {
        return Err(FileError::new(format_args!(
            "{unlabelled} pictures lie beside subfolders with others; put each into the subfolder of its label, or all into one folder"
        )));
    }
    let notes =
        if others > 0 { vec![format!("{others} files that are not PNG or JPEG are left out")] } else { Vec::new() };
    Ok((files, notes))
}

/// Pictures, subfolders and the number of other files of a folder, by name; hidden ones left out.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>, usize), FileError> {
    let cannot = |e| FileError::new(format_args!("cannot read the folder ({e})"));
    let (mut pictures, mut folders, mut others) = (Vec::new(), Vec::new(), 0);
    for entry in read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() {
            if !is_hidden(&path) {
                folders.push(path);
            }
        } else if is_picture(&path) {
            pictures.push(path);
        } else {
            others += usize::from(!is_hidden(&path));
        }
    }
    pictures.sort();
    folders.sort();
    Ok((pictures, folders, others))
}

/// The size of all pictures, or that of `options`, and their channels, from their headers.
fn common_shape(
    folder: &Path,
    files: &[&PictureFile],
    options: &ImportOptions,
    watch: Watch<'_>,
) -> Result<PictureShape, FileError> {
    let mut shapes = Vec::with_capacity(files.len());
    for (i, file) in files.iter().enumerate() {
        let opened = open_regular(&file.path, "the picture");
        let shape =
            opened.and_then(|file| picture_shape(BufReader::new(file))).map_err(|error| error.at(&file.path))?;
        shapes.push(shape);
        watch.report(i as u64 + 1, 2 * files.len() as u64)?;
    }
    let grey = match options.color {
        Some(color) => color == PixelColor::Grey,
        None => shapes.iter().all(|shape| shape.channels == 1),
    };
    let channels = if grey { 1 } else { 3 };
    if let Some((height, width)) = options.resize {
        return Ok(PictureShape { height, width, channels });
    }
    let size = |shape: &PictureShape| (shape.width, shape.height);
    let (width, height) = size(&shapes[0]);
    let differ = shapes.iter().filter(|shape| size(shape) != (width, height)).count();
    if let Some(first) = shapes.iter().position(|shape| size(shape) != (width, height)) {
        let name = |i: usize| files[i].path.strip_prefix(folder).unwrap_or(&files[i].path).display().to_string();
        let (other_width, other_height) = size(&shapes[first]);
        return Err(FileError::new(format_args!(
            "{} has {width}x{height} pixels, but {} has {other_width}x{other_height} and {differ} of {} differ; resize them, as \
             --resize {width}x{height}",
            name(0),
            name(first),
            files.len()
        ))
        .with_remedy(Remedy::Resize(height, width)));
    }
    Ok(PictureShape { height, width, channels })
}

/// The names of the subfolders as labels.
fn labels(files: &[&PictureFile]) -> Option<ArrayLabels> {
    let names: Vec<&String> = files.iter().map(|file| file.label.as_ref()).collect::<Option<_>>()?;
    let mut categories: Vec<String> = names.iter().map(|name| (*name).clone()).collect();
    categories.dedup();
    let place = |name: &&String| categories.iter().position(|category| category == *name).unwrap_or_default() as u32;
    let indices = names.iter().map(place).collect();
    Some(("folder".to_owned(), categories, indices))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A grey PNG of one value.
    fn png(width: u32, height: u32, value: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&vec![value; (width * height) as usize]).unwrap();
        drop(writer);
        bytes
    }

    fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn read(folder: &tempfile::TempDir, options: &ImportOptions) -> Result<(ArrayRows, String), FileError> {
        read_picture_folder(folder.path(), options, 4, Watch::nobody())
    }

    #[test]
    fn pictures_come_in_the_order_of_their_names() {
        let files = ["cat/b.png", "cat/a.PNG", "dog/c.png", "ape/z.png"];
        let mut files: Vec<(&str, Vec<u8>)> =
            files.into_iter().enumerate().map(|(i, name)| (name, png(3, 2, 10 * i as u8 + 1))).collect();
        files.extend([
            ("cat/notes.txt", vec![1]),
            (".hidden.png", vec![1]),
            ("__MACOSX/a.png", vec![1]),
            ("ape/.a.png", vec![1]),
        ]);
        let pictures = folder(&files);
        let (rows, sha256) = read(&pictures, &ImportOptions::default()).unwrap();
        let firsts: Vec<f64> = rows.values.row(0).collect();
        assert_eq!(firsts, [31.0, 11.0, 1.0, 21.0]);
        let labels = ("folder".to_owned(), ["ape", "cat", "dog"].map(str::to_owned).to_vec(), vec![0, 1, 1, 2]);
        assert_eq!(
            (rows.labels, rows.picture),
            (vec![labels], Some(PictureShape { height: 2, width: 3, channels: 1 }))
        );
        assert_eq!((rows.notes.len(), rows.is_bytes, rows.rows), (1, true, None));
        let rgb = ImportOptions { color: Some(PixelColor::Rgb), rows: Some(3), ..ImportOptions::default() };
        let (rows, other) = read(&pictures, &rgb).unwrap();
        assert_eq!((rows.values.rows(), rows.values.columns(), rows.rows.unwrap()), (18, 3, chosen_rows(4, 3, 4)));
        assert_eq!(read(&folder(&files), &ImportOptions::default()).unwrap().1, sha256, "of names and contents");
        assert_ne!(other, sha256);
        assert!(holds_pictures(pictures.path()) && !holds_pictures(&pictures.path().join("__MACOSX/..").join(".git")));
    }

    #[test]
    fn sizes_that_differ_are_refused_or_resized() {
        let pictures = folder(&[
            ("a.png", png(4, 4, 5)),
            ("b.png", png(4, 4, 5)),
            ("c.png", png(8, 6, 9)),
            ("d.png", png(2, 2, 1)),
        ]);
        let sentence = read(&pictures, &ImportOptions::default()).unwrap_err().to_string();
        assert_eq!(sentence, "a.png has 4x4 pixels, but c.png has 8x6 and 2 of 4 differ; resize them, as --resize 4x4");
        let resize = ImportOptions { resize: Some((3, 5)), ..ImportOptions::default() };
        let (rows, _) = read(&pictures, &resize).unwrap();
        assert_eq!(rows.picture, Some(PictureShape { height: 3, width: 5, channels: 1 }));
        assert_eq!(rows.values.row(7).collect::<Vec<_>>(), [5.0, 5.0, 9.0, 1.0]);
    }

    #[test]
    fn errors_name_the_picture() {
        let refused =
            |files: &[(&str, Vec<u8>)]| read(&folder(files), &ImportOptions::default()).unwrap_err().to_string();
        let broken = refused(&[("a.png", png(4, 4, 5)), ("b.png", png(4, 4, 5)[..50].to_vec())]);
        assert!(broken.starts_with("the picture is damaged (") && broken.ends_with("b.png"), "{broken}");
        let text = refused(&[("a.png", b"text".to_vec())]);
        assert!(text.contains("neither a PNG nor a JPEG") && text.ends_with("a.png"), "{text}");
        assert!(refused(&[("a.txt", vec![1])]).contains("holds no PNG or JPEG"));
        assert!(
            refused(&[("a.png", png(4, 4, 5)), ("x/b.png", png(4, 4, 5))]).contains("1 pictures lie beside subfolders")
        );
        assert!(refused(&[("a.png", png(600, 600, 5))]).contains("360000 pixels are more than 196608"));
    }
}
