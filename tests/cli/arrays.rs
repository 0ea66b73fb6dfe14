//! Your data from arrays, archives, IDX files and folders of pictures.

use std::fs;
use std::io::Write as _;

use flate2::write::GzEncoder;
use unpick::io::{PictureFactors, write_dsprites_npz};

use super::harness::{Harness, shape};

const COUNT: usize = 40;

/// Pixel `c` (red, green, blue) of picture `i` at row `h` of 3 and column `w` of 2.
fn pixel(i: usize, h: usize, w: usize, c: usize) -> u8 {
    ((i * i * 31 + h * 57 + w * 101 + c * 13 + i * (h + 2 * w + 3 * c) * 7) % 128) as u8
}

/// A `.npy` file (version 1.0) of these bytes.
fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({shape}), }}");
    header.push_str(&" ".repeat(117 - header.len()));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

/// The pictures with their axes (picture, row, column, colour) in this order, the last varying fastest; each number by `number`.
fn pictures<const N: usize>(order: [usize; 4], number: impl Fn(u8) -> [u8; N]) -> Vec<u8> {
    let extents = [COUNT, 3, 2, 3];
    let mut bytes = Vec::new();
    for place in 0..COUNT * 18 {
        let (mut at, mut rest) = ([0; 4], place);
        for axis in order.into_iter().rev() {
            at[axis] = rest % extents[axis];
            rest /= extents[axis];
        }
        bytes.extend(number(pixel(at[0], at[1], at[2], at[3])));
    }
    bytes
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx(shape: &[usize], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|extent| (*extent as u32).to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn png(pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 3);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    bytes
}

/// IEEE 754 binary16 of a whole number below 2,048.
fn half(x: u8) -> u16 {
    let exponent = f64::from(x.max(1)).log2().floor() as i32;
    let fraction = ((f64::from(x) / 2.0_f64.powi(exponent) - 1.0) * 1024.0) as u16;
    if x == 0 { 0 } else { ((exponent + 15) as u16) << 10 | fraction }
}

#[test]
fn every_type_layout_and_container_trains_the_same_weights() {
    let cli = Harness::new();
    const C: [usize; 4] = [0, 1, 2, 3];
    let text = |i: usize| {
        format!("{}\n", (0..18).map(|k| pixel(i, k / 6, k / 3 % 2, k % 3).to_string()).collect::<Vec<_>>().join(","))
    };
    cli.write("plain.csv", (0..COUNT).map(text).collect::<String>());
    let u1 = pictures(C, |x| [x]);
    let u1_npy = npy("|u1", false, "40, 3, 2, 3", &u1);
    cli.write("nhwc.npy", &u1_npy);
    cli.write("nchw.npy", npy("|u1", false, "40, 3, 3, 2", &pictures([0, 3, 1, 2], |x| [x])));
    cli.write("fortran.npy", npy("|u1", true, "40, 3, 2, 3", &pictures([3, 2, 1, 0], |x| [x])));
    cli.write("table.npy", npy("|u1", false, "40, 18", &u1));
    cli.write("i1.npy", npy("|i1", false, "40, 3, 2, 3", &pictures(C, |x| [x])));
    cli.write("u2.npy", npy("<u2", false, "40, 3, 2, 3", &pictures(C, |x| u16::from(x).to_le_bytes())));
    cli.write("i2.npy", npy(">i2", false, "40, 3, 2, 3", &pictures(C, |x| i16::from(x).to_be_bytes())));
    cli.write("u4.npy", npy(">u4", false, "40, 3, 2, 3", &pictures(C, |x| u32::from(x).to_be_bytes())));
    cli.write("i4.npy", npy("<i4", false, "40, 3, 2, 3", &pictures(C, |x| i32::from(x).to_le_bytes())));
    cli.write("u8.npy", npy("<u8", false, "40, 3, 2, 3", &pictures(C, |x| u64::from(x).to_le_bytes())));
    cli.write("i8.npy", npy(">i8", false, "40, 3, 2, 3", &pictures(C, |x| i64::from(x).to_be_bytes())));
    cli.write("f2.npy", npy("<f2", false, "40, 3, 2, 3", &pictures(C, |x| half(x).to_le_bytes())));
    cli.write("f4.npy", npy(">f4", false, "40, 3, 2, 3", &pictures(C, |x| f32::from(x).to_be_bytes())));
    cli.write("f8.npy", npy("<f8", false, "40, 3, 2, 3", &pictures(C, |x| f64::from(x).to_le_bytes())));
    cli.write("pictures-idx4-ubyte", idx(&[COUNT, 3, 2, 3], &u1));
    cli.write("pictures-idx4-ubyte.gz", gz(&idx(&[COUNT, 3, 2, 3], &u1)));
    cli.write("array.npy.gz", gz(&u1_npy));
    fs::create_dir(cli.path("pictures")).unwrap();
    for (i, picture) in u1.chunks(18).enumerate() {
        cli.write(&format!("pictures/{i:02}.png"), png(picture));
    }
    let files = [
        "plain.csv",
        "nhwc.npy",
        "nchw.npy",
        "fortran.npy",
        "table.npy",
        "i1.npy",
        "u2.npy",
        "i2.npy",
        "u4.npy",
        "i4.npy",
    ];
    let files = files.into_iter().chain(["u8.npy", "i8.npy", "f2.npy", "f4.npy", "f8.npy"]);
    let files = files.chain(["pictures-idx4-ubyte", "pictures-idx4-ubyte.gz", "array.npy.gz", "pictures"]);
    for (i, name) in files.enumerate() {
        cli.succeed_with_notes(&format!("train --data {name} --hidden 4 --steps 5 --out {i}"));
        for file in ["observations.npy", "observations_test.npy", "model.safetensors", "split.csv"] {
            let bytes = |run: &str| fs::read(cli.path(run).join(file)).unwrap();
            assert!(bytes("0") == bytes(&i.to_string()), "{file} of {name}");
        }
    }
    // Pixels count from 0 to 1, which the record says; a table of bytes does not.
    let (pixels, table) = (cli.toml("1/config.toml"), cli.toml("4/config.toml"));
    assert_eq!(pixels["data"]["import"]["pixels"].as_bool(), Some(true));
    let scale = |config: &toml::Table| config["data"]["scale"].as_float().unwrap();
    assert!((scale(&table) / scale(&pixels) - 255.0).abs() < 1e-9 && table["data"].get("import").is_none());
    // A part, which the session draws again from the file.
    for name in ["nhwc.npy", "array.npy.gz", "pictures"] {
        let (part, again) = (format!("part-{name}"), format!("again-{name}"));
        cli.succeed_with_notes(&format!("train --data {name} --rows 25 --hidden 4 --steps 5 --out {part}"));
        assert_eq!(shape(&cli.path(&part).join("observations.npy")), [20, 18]);
        cli.succeed_with_notes(&format!("train --session {part}/session.unpick --data {name} --out {again}"));
        let model = |run: &str| fs::read(cli.path(run).join("model.safetensors")).unwrap();
        assert!(model(&part) == model(&again) && cli.succeed(&format!("replay {part}")).starts_with("identical"));
    }
}

#[test]
fn factors_and_labels_come_with_their_pictures() {
    let cli = Harness::new();
    let values: Vec<f64> = (0..COUNT).flat_map(|i| [1.0, (i % 4) as f64, (i / 4) as f64 / 9.0]).collect();
    let classes: Vec<i64> = (0..COUNT).flat_map(|i| [0, (i % 4) as i64, (i / 4) as i64]).collect();
    let factors = PictureFactors { names: &["color", "scale", "posX"], values: &values, classes: &classes };
    let picture = |i: usize| (0..12).map(|k| u8::from(k / 3 == i % 4 || k % 3 == i / 4 % 3)).collect::<Vec<u8>>();
    write_dsprites_npz(&cli.path("shapes.npz"), [4, 3], (0..COUNT).map(picture), factors).unwrap();
    let (_, notes) = cli.succeed_with_notes("train --data shapes.npz --hidden 4 --steps 5 --out shapes");
    assert!(notes.iter().any(|note| note.contains("laid out as in dSprites")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("'color' is the same in all rows")), "{notes:?}");
    assert_eq!(shape(&cli.path("shapes/factors.npy")), [32, 2]);
    let config = cli.toml("shapes/config.toml");
    assert_eq!(config["data"]["import"]["key"].as_str(), Some("imgs"));
    assert!(config["data"]["import"].get("pixels").is_none(), "zeros and ones");
    // latents_classes has as many rows and is no candidate of its own.
    cli.succeed_with_notes("train --data shapes.npz --key latents_values --hidden 4 --steps 5 --out values");
    assert_eq!(shape(&cli.path("values/observations.npy")), [32, 3]);
    let sentence = cli.fail(2, "train --data shapes.npz --key pictures --steps 5 --out no");
    assert!(sentence.contains("imgs, latents_values, latents_classes, latents_names, but no 'pictures'"), "{sentence}");

    let images: Vec<u8> = (0..COUNT).flat_map(picture).collect();
    cli.write("t-images-idx3-ubyte", idx(&[COUNT, 4, 3], &images));
    cli.write("t-labels-idx1-ubyte", idx(&[COUNT], &(0..COUNT).map(|i| (i % 10) as u8).collect::<Vec<_>>()));
    let (_, notes) = cli.succeed_with_notes("train --data t-images-idx3-ubyte --hidden 4 --steps 5 --out idx");
    assert!(notes.iter().any(|note| note.contains("t-labels-idx1-ubyte")), "{notes:?}");
}

#[test]
fn arrays_that_cannot_be_data_have_one_sentence() {
    let cli = Harness::new();
    let zeros = |bytes: usize| vec![0; bytes];
    cli.write("object.npy", npy("|O", false, "20, 2", b"\x80\x03]q."));
    cli.write("complex.npy", npy("<c8", false, "20, 2", &zeros(320)));
    cli.write("string.npy", npy("<U1", false, "20, 2", &zeros(160)));
    cli.write("volume.npy", npy("|u1", false, "20, 4, 4, 4", &zeros(20 * 64)));
    cli.write("short.npy", npy("<f4", false, "1000000, 4096", &zeros(64)));
    let packed = gz(&npy("|u1", false, "20, 4, 4", &zeros(320)));
    cli.write("short.npy.gz", &packed[..packed.len() - 4]);
    cli.write("text.gz", gz(b"1,2\n3,4\n"));
    cli.write("junk.npz", b"PK\x03\x04 and so on");
    cli.write("cut.npz", b"PK\x03\x04".repeat(30));
    for (name, words) in [
        ("object.npy", "holds Python objects"),
        ("complex.npy", "holds complex numbers"),
        ("string.npy", "holds text"),
        ("volume.npy", "shape [20, 4, 4, 4]"),
        ("short.npy", "ends before"),
        ("short.npy.gz", "ends before"),
        ("text.gz", "neither text nor an array"),
        ("junk.npz", "no directory at its end"),
        ("cut.npz", "no directory at its end"),
    ] {
        let sentence = cli.fail(2, &format!("train --data {name} --steps 3 --out run"));
        assert!(sentence.contains(words) && sentence.ends_with(&format!(": {name}")), "{sentence}");
    }
    assert!(!cli.path("run").exists());
    for (option, words) in [("--resize 64", "as 64x64"), ("--color blue", "grey or rgb"), ("--columns 1,2", "in text")]
    {
        cli.write("array.npy", npy("|u1", false, "20, 2", &(0..40).collect::<Vec<u8>>()));
        let output = cli.run(&format!("train --data array.npy {option} --steps 3 --out run"));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(words), "{error}");
    }
}

/// A pipe would be waited for, and a device may never end.
#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused() {
    let cli = Harness::new();
    assert!(std::process::Command::new("mkfifo").arg(cli.path("pipe")).status().unwrap().success());
    for name in ["pipe", "/dev/zero"] {
        let sentence = cli.fail_soon(2, &format!("train --data {name} --steps 3 --out run"));
        assert!(sentence.contains("pipe or a device"), "{sentence}");
    }
}
