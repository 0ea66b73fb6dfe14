//! Tests of arrays from files.

use std::fs::{self, File};
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::data::chosen_rows;
use crate::io::format::npy::npy_head;
use crate::io::format::sample_shape::PictureShape;
use crate::io::format::zip::ZipWriter;
use crate::memory::budget;

/// The values 0, 1, 2 … 119 of 20 samples of 6 numbers; the same in every type.
const SAMPLES: usize = 20;

fn value(sample: usize, k: usize) -> f64 {
    (sample * 6 + k) as f64
}

/// The bytes of a number of a type of NumPy.
fn number(kind: &str, x: f64) -> Vec<u8> {
    let half = |x: f64| {
        // Exact for whole numbers below 2,048.
        let exponent = x.max(1.0).log2().floor() as i32;
        let fraction = ((x / 2.0_f64.powi(exponent) - 1.0) * 1024.0) as u16;
        if x == 0.0 { 0 } else { ((exponent + 15) as u16) << 10 | fraction }
    };
    let mut bytes = match &kind[1..] {
        "b1" => vec![u8::from(x > 50.0)],
        "u1" => vec![x as u8],
        "i1" => (x as i8).to_le_bytes().to_vec(),
        "u2" => (x as u16).to_le_bytes().to_vec(),
        "i2" => (x as i16).to_le_bytes().to_vec(),
        "u4" => (x as u32).to_le_bytes().to_vec(),
        "i4" => (x as i32).to_le_bytes().to_vec(),
        "u8" => (x as u64).to_le_bytes().to_vec(),
        "i8" => (x as i64).to_le_bytes().to_vec(),
        "f2" => half(x).to_le_bytes().to_vec(),
        "f4" => (x as f32).to_le_bytes().to_vec(),
        _ => x.to_le_bytes().to_vec(),
    };
    if kind.starts_with('>') {
        bytes.reverse();
    }
    bytes
}

/// An `.npy` file of [`value`] in this type, shape and order. `at` gives the place of number (sample, k) among all.
fn npy(kind: &str, shape: &[usize], fortran: bool, at: impl Fn(usize, usize) -> usize) -> Vec<u8> {
    let mut head = String::from_utf8_lossy(&npy_head(kind, shape)[10..]).into_owned();
    if fortran {
        head = head.replace("False", "True ");
    }
    let mut values = vec![0.0; SAMPLES * 6];
    for (sample, k) in (0..SAMPLES).flat_map(|sample| (0..6).map(move |k| (sample, k))) {
        values[at(sample, k)] = value(sample, k);
    }
    let mut bytes = npy_head(kind, shape)[..10].to_vec();
    bytes.extend(head.bytes());
    bytes.extend(values.iter().flat_map(|x| number(kind, *x)));
    bytes
}

fn plain(kind: &str) -> Vec<u8> {
    npy(kind, &[SAMPLES, 6], false, |sample, k| sample * 6 + k)
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn npz(arrays: &[(&str, Vec<u8>)], deflated: bool) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (key, bytes) in arrays {
        archive.add(&format!("{key}.npy"), bytes.len() as u64, deflated, |to| to.write_all(bytes)).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn idx(kind: u8, shape: &[usize], dtype: &str) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|extent| (*extent as u32).to_be_bytes()));
    bytes.extend((0..shape.iter().product()).flat_map(|i: usize| number(dtype, i as f64)));
    bytes
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn read_with(&self, name: &str, bytes: &[u8], options: &ImportOptions) -> Result<ArrayRows, FileError> {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        read_array_file(&path, options, 5, Watch::nobody())
    }

    fn read(&self, bytes: &[u8]) -> Result<ArrayRows, FileError> {
        self.read_with("file", bytes, &ImportOptions::default())
    }

    fn sentence(&self, bytes: &[u8], options: &ImportOptions) -> String {
        let sentence = self.read_with("file", bytes, options).unwrap_err().to_string();
        assert!(!sentence.contains('\n') && sentence.len() < 230, "{sentence}");
        sentence
    }
}

#[test]
fn every_type_and_container_gives_the_same_numbers() {
    let folder = Folder::new();
    let kinds = ["|u1", "|i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8"];
    for kind in kinds.into_iter().chain(["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]) {
        let bytes = plain(kind);
        let files = [gz(&bytes), npz(&[("a", bytes.clone())], false), npz(&[("a", bytes.clone())], true), bytes];
        for rows in [None, Some(12)] {
            for file in &files {
                let options = ImportOptions { rows, ..ImportOptions::default() };
                let read = folder.read_with("file", file, &options).unwrap();
                let chosen = rows.map_or_else(|| (0..SAMPLES).collect(), |count| chosen_rows(SAMPLES, count, 5));
                assert_eq!(read.rows, rows.map(|_| chosen.clone()));
                assert_eq!((read.values.rows(), read.values.columns(), read.picture), (6, chosen.len(), None));
                for (sample, row) in chosen.into_iter().enumerate() {
                    assert!((0..6).all(|k| read.values.at(k, sample) == value(row, k)), "{kind} {rows:?} {row}");
                }
            }
        }
    }
    let bools = folder.read(&plain("|b1")).unwrap();
    assert!((0..SAMPLES).all(|s| (0..6).all(|k| bools.values.at(k, s) == f64::from(value(s, k) > 50.0))));
    for (kind, dtype) in [(8, "|u1"), (9, "|i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")] {
        let file = idx(kind, &[SAMPLES, 6], dtype);
        for file in [gz(&file), file] {
            let read = folder.read(&file).unwrap();
            assert!((0..SAMPLES).all(|s| (0..6).all(|k| read.values.at(k, s) == value(s, k))), "{dtype}");
        }
    }
}

#[test]
fn every_layout_gives_the_same_pictures() {
    let folder = Folder::new();
    // Pictures of 2×1 pixels in three colours, or 2×3 grey ones: number k of a sample is pixel k / 3, colour k % 3.
    let grey = Some(PictureShape { height: 2, width: 3, channels: 1 });
    let rgb = Some(PictureShape { height: 2, width: 1, channels: 3 });
    let c = |axes: [usize; 3], at: [usize; 3]| (at[0] * axes[1] + at[1]) * axes[2] + at[2];
    let c_order = |sample: usize, k: usize| sample * 6 + k;
    let f_order = |axes: [usize; 3]| {
        move |sample: usize, k: usize| {
            let at = [k / (axes[1] * axes[2]), k / axes[2] % axes[1], k % axes[2]];
            sample + SAMPLES * (at[0] + axes[0] * (at[1] + axes[1] * at[2]))
        }
    };
    let planar = |sample: usize, k: usize| sample * 6 + c([3, 2, 1], [k % 3, k / 3, 0]);
    let files = [
        (npy("|u1", &[SAMPLES, 2, 3], false, c_order), grey),
        (npy("|u1", &[SAMPLES, 1, 2, 3], false, c_order), grey),
        (npy("|u1", &[SAMPLES, 2, 3, 1], false, c_order), grey),
        (npy("<f4", &[SAMPLES, 2, 1, 3], false, c_order), rgb),
        (npy("<f4", &[SAMPLES, 3, 2, 1], false, planar), None),
        (npy("|u1", &[SAMPLES, 2, 3], true, f_order([1, 2, 3])), grey),
        (npy(">i2", &[SAMPLES, 2, 1, 3], true, f_order([2, 1, 3])), rgb),
        (npy("<f8", &[SAMPLES, 6], true, f_order([1, 1, 6])), None),
    ];
    for (i, (file, picture)) in files.into_iter().enumerate() {
        let read = folder.read(&file).unwrap();
        if i == 4 {
            // 3×2×1: colours last where both fit, so these are six rows of grey pixels in the order of the file.
            assert_eq!(read.picture, Some(PictureShape { height: 3, width: 2, channels: 1 }));
            continue;
        }
        assert_eq!(read.picture, picture, "file {i}");
        assert!((0..SAMPLES).all(|s| (0..6).all(|k| read.values.at(k, s) == value(s, k))), "file {i}");
    }
    let one_axis = npy("<f4", &[SAMPLES * 6], false, c_order);
    assert_eq!(
        (folder.read(&one_axis).unwrap().values.rows(), folder.read(&one_axis).unwrap().values.columns()),
        (1, 120)
    );
}

#[test]
fn bytes_of_pictures_are_told_from_zeros_and_ones() {
    let folder = Folder::new();
    let c_order = |sample: usize, k: usize| sample * 6 + k;
    assert!(folder.read(&npy("|u1", &[SAMPLES, 2, 3], false, c_order)).unwrap().is_bytes);
    assert!(!folder.read(&npy("|b1", &[SAMPLES, 2, 3], false, c_order)).unwrap().is_bytes);
    assert!(!folder.read(&npy("<u2", &[SAMPLES, 2, 3], false, c_order)).unwrap().is_bytes);
    assert!(!folder.read(&plain("|u1")).unwrap().is_bytes, "a table is no picture");
    let mut zeros_and_ones = npy("|u1", &[SAMPLES, 2, 3], false, c_order);
    let numbers = zeros_and_ones.len() - SAMPLES * 6;
    zeros_and_ones[numbers..].iter_mut().for_each(|x| *x %= 2);
    assert!(!folder.read(&zeros_and_ones).unwrap().is_bytes);
}

#[test]
fn keys_are_offered_and_pickled_arrays_passed_over() {
    let folder = Folder::new();
    let pickled = [npy_head("|O", &[]), b"\x80\x03pickle".to_vec()].concat();
    let (a, b) = (plain("|u1"), plain("<f8"));
    let key = |key: &str| ImportOptions { key: Some(key.to_owned()), ..ImportOptions::default() };
    for deflated in [false, true] {
        let two = npz(&[("metadata", pickled.clone()), ("imgs", a.clone()), ("latents_values", b.clone())], deflated);
        let sentence = folder.sentence(&two, &ImportOptions::default());
        assert_eq!(sentence, "the archive holds imgs, latents_values; choose one, as --key imgs");
        let read = folder.read_with("file", &two, &key("latents_values")).unwrap();
        assert_eq!((read.key.as_deref(), read.values.at(1, 2)), (Some("latents_values"), 13.0));
        assert!(folder.sentence(&two, &key("metadata")).contains("Python objects"));
        assert!(folder.sentence(&two, &key("none")).contains("metadata, imgs, latents_values, but no 'none'"));
        let infos = arrays_in(&folder.0.path().join("file")).unwrap();
        assert_eq!(infos[0], ArrayInfo { key: "imgs".to_owned(), shape: vec![SAMPLES, 6] });
        assert_eq!(infos.len(), 2);
        let one = npz(&[("metadata", pickled.clone()), ("a", a.clone())], deflated);
        assert_eq!(folder.read(&one).unwrap().key.as_deref(), Some("a"));
        assert!(
            folder.sentence(&npz(&[("metadata", pickled.clone())], deflated), &key("metadata")).contains("objects")
        );
    }
    assert!(folder.sentence(&npz(&[], false)[..], &ImportOptions::default()).contains("neither text nor an array"));
    let no_arrays = {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.add("xl/workbook.xml", 1, true, |to| to.write_all(b"x")).unwrap();
        archive.finish().unwrap().into_inner()
    };
    assert!(folder.sentence(&no_arrays, &ImportOptions::default()).contains("a spreadsheet as CSV"));
}

#[test]
fn labels_beside_images_are_read() {
    let folder = Folder::new();
    let (name, labels) = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz");
    let images = idx(8, &[SAMPLES, 2, 3], "|u1");
    assert_eq!(folder.read_with(name, &images, &ImportOptions::default()).unwrap().labels, []);
    let mut bytes = idx(8, &[SAMPLES], "|u1");
    bytes[8..].iter_mut().enumerate().for_each(|(i, label)| *label = [7, 0, 10][i % 3]);
    fs::write(folder.0.path().join(labels), gz(&bytes)).unwrap();
    for rows in [None, Some(11)] {
        let read = folder.read_with(name, &images, &ImportOptions { rows, ..ImportOptions::default() }).unwrap();
        let (label, categories, indices) = read.labels[0].clone();
        assert_eq!((label.as_str(), categories), ("label", ["0", "7", "10"].map(str::to_owned).to_vec()));
        let rows = read.rows.unwrap_or_else(|| (0..SAMPLES).collect());
        assert!(rows.iter().zip(&indices).all(|(row, index)| *index == [1, 0, 2][row % 3]));
        assert_eq!((read.notes.len(), indices.len()), (1, rows.len()));
    }
    fs::write(folder.0.path().join(labels), gz(&idx(8, &[SAMPLES + 1], "|u1"))).unwrap();
    let sentence = folder.read_with(name, &images, &ImportOptions::default()).unwrap_err().to_string();
    assert!(sentence.contains("shape [21], not [20]") && sentence.ends_with(labels), "{sentence}");
}

#[test]
fn what_is_cut_off_has_a_sentence() {
    let folder = Folder::new();
    let bytes = plain("<f4");
    let files = [
        gz(&bytes),
        npz(&[("a", bytes.clone())], true),
        npz(&[("a", bytes.clone())], false),
        idx(13, &[SAMPLES, 6], ">f4"),
        bytes,
    ];
    for (i, file) in files.iter().enumerate() {
        for length in (0..file.len()).step_by(if file.len() > 400 { 7 } else { 1 }).chain([file.len() - 1]) {
            for rows in [None, Some(10)] {
                folder.sentence(&file[..length], &ImportOptions { rows, ..ImportOptions::default() });
            }
        }
        assert!(folder.read(file).is_ok(), "{i}");
    }
}

/// Archives and compressed files have checksums; of an array without one only the header can be checked.
#[test]
fn a_flipped_bit_is_noticed_where_there_is_a_checksum() {
    let folder = Folder::new();
    let bytes = plain("<f4");
    let whole = folder.read(&bytes).unwrap();
    for file in [gz(&bytes), npz(&[("a", bytes.clone())], true), npz(&[("a", bytes)], false)] {
        for at in (0..file.len()).step_by(3) {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << (at % 8);
            for rows in [None, Some(10)] {
                let options = ImportOptions { rows, ..ImportOptions::default() };
                match folder.read_with("file", &flipped, &options) {
                    Err(error) => assert!(!error.to_string().contains('\n')),
                    // A time, a version or the name of an array.
                    Ok(read) if rows.is_none() => assert_eq!(read.values, whole.values, "byte {at}"),
                    Ok(_) => (),
                }
            }
        }
    }
}

#[test]
fn a_size_that_only_a_header_names_is_not_allocated() {
    let folder = Folder::new();
    let huge = |shape: &[usize]| [npy_head("<f4", shape), vec![0; 64]].concat();
    for shape in [&[1 << 40, 64][..], &[1 << 20, 16_000], &[3 << 10, 3, 256, 256]] {
        for fortran in [false, true] {
            let mut file = huge(shape);
            if fortran {
                let at = file.windows(5).position(|w| w == b"False").unwrap();
                file[at..at + 5].copy_from_slice(b"True ");
            }
            for file in [gz(&file), npz(&[("a", file.clone())], true), file] {
                let sentence = folder.sentence(&file, &ImportOptions::default());
                assert!(["ends before", "smaller than"].iter().any(|words| sentence.contains(words)), "{sentence}");
            }
        }
    }
}

/// A sparse file larger than memory: it is refused whole, and a part is read without the rest.
#[cfg(unix)]
#[test]
fn what_does_not_fit_is_refused_before_it_is_read() {
    let folder = Folder::new();
    let path = folder.0.path().join("large.npy");
    let samples = (budget() / (128_000 + 160)) as usize + 1; // stored, its copy, and what a row needs beside
    let head = npy_head("<f4", &[samples, 16_000]);
    fs::write(&path, &head).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(head.len() as u64 + samples as u64 * 64_000).unwrap();
    let read = |rows| read_array_file(&path, &ImportOptions { rows, ..ImportOptions::default() }, 1, Watch::nobody());
    let sentence = read(None).unwrap_err().to_string();
    assert!(sentence.contains("--memory allows more") && sentence.ends_with(&format!("--rows {}", samples - 1)));
    let part = read(Some(20)).unwrap();
    assert_eq!((part.values.rows(), part.values.columns()), (16_000, 20));
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused() {
    let folder = Folder::new();
    let pipe = folder.0.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), Path::new("/dev/zero")] {
        let error = read_array_file(path, &ImportOptions::default(), 0, Watch::nobody()).unwrap_err().to_string();
        assert!(error.contains("pipe or a device"), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), which in 0..6_usize,
                      flips in prop::collection::vec((any::<usize>(), any::<u8>()), 1..5), rows in 0..30_usize) {
        let folder = Folder::new();
        let plain = plain("<i2");
        let files = [gz(&plain), npz(&[("a", plain.clone()), ("b", plain.clone())], true), npz(&[("imgs", plain.clone())], false),
                     idx(8, &[SAMPLES, 2, 3], "|u1"), plain.clone(), npz(&[("a", plain)], true)];
        let mut damaged = files[which].clone();
        for (at, byte) in flips {
            let at = at % damaged.len();
            damaged[at] = byte;
        }
        let options = ImportOptions { rows: Some(rows), ..ImportOptions::default() };
        let begun = [&[0x93, b'N', b'U', b'M', b'P', b'Y', 1, 0][..], b"PK\x03\x04", b"\x1f\x8b\x08", b"\0\0\x08\x03"];
        let begun = [begun[which % 4], bytes.as_slice()].concat();
        for file in [&damaged, &begun, &bytes] {
            if let Err(error) = folder.read_with("file", file, &options) {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}
