//! The readers of the program, with whole files of their formats: a new format is a line of the table.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use unpick::data::{ImportOptions, Scene, dataset_from_table};
use unpick::io::{
    Array, ModelOptions, Recipe, Record, RunTable, Session, TemporaryFile, Watch, parse_logged, parse_table,
    read_model, read_table, session_in, write_npz,
};
use unpick::lesson::{Lesson, Vocabulary};
use unpick::nn::Activation;

/// A reader of a format.
pub(crate) struct Reader {
    pub name: &'static str,
    /// Files that it reads.
    pub whole: fn() -> Vec<Vec<u8>>,
    /// Words that mean something to it.
    pub words: &'static [&'static str],
    /// Reads a file, or says why not.
    pub read: fn(&[u8]) -> Result<(), String>,
}

const JSON: &[&str] = &[
    "null",
    "[]",
    "{}",
    "\"\\u0000\"",
    "[[[[[[",
    "1e999",
    "\"beside\":{",
    "\"map\":{\"kind\":\"cylinder\"}",
    "\"threads\":64",
    "\u{202e}",
    "\u{1b}[2J",
    "AAAA",
    "/////w==",
];
const CSV: &[&str] = &[
    "\"",
    "\r\n",
    "\r",
    ";",
    "\t",
    "nan",
    "inf",
    "1e309",
    "1.234,5",
    "\u{feff}",
    "index",
    "#",
    "sep=;",
    "\0",
    ",,",
    "\"a\nb\"",
    "label",
    "\u{1b}[31m",
];
const TOML: &[&str] = &[
    "[",
    "]",
    "[[",
    "=",
    "'''",
    "\"\"\"",
    "#",
    "inf",
    "nan",
    "true",
    "[generator]\n",
    "[training]\n",
    "samples = 10\n",
    "hidden = []\n",
    "latent_dim = 64\n",
    "clusters = [[1.0]]\n",
    "kind = 'sphere'\n",
    "\u{1b}[31m",
    "a.b.c",
    "1_0",
];
const ARRAY: &[&str] = &[
    "(",
    ")",
    "'",
    "True",
    "<f4",
    ">f8",
    "|u1",
    "|O",
    "<U3",
    "(0, 5)",
    "(60,)",
    "(3, 4, 5)",
    "fortran_order",
    "descr",
    "shape",
    "\\x93",
    "18446744073709551615",
];
const FIGURE: &[&str] = &[
    "iTXt",
    "zTXt",
    "IDAT",
    "IEND",
    "acTL",
    "!\u{fe}",
    "endstream",
    "</",
    "&amp;",
    "&#x41;",
    "<![CDATA[",
    "unpick:session\0\0\0\0\0",
    "unpick session",
];
const RECIPE: &[&str] = &[
    ";",
    "=",
    ",",
    ":",
    "at=",
    "steps=",
    "z=",
    "hidden=",
    "rotate=30:1,2",
    "scene=",
    "full",
    " ",
    "\n",
    "\u{1b}[2J",
    "nan",
];
const LESSON: &[&str] = &[
    "+++",
    "\n+++\n",
    "step = \"x\"\n",
    "](<ELBO above 0>)",
    "$$",
    "\\frac{",
    "[1](<",
    "ask = \"\"\n",
    "views = []\n",
    "\u{1b}[2J",
];

/// All readers.
pub(crate) const READERS: [Reader; 13] = [
    Reader { name: "csv", whole: tables, words: CSV, read: |file| text_table(file, "csv") },
    Reader { name: "tsv", whole: || vec![tables()[1].clone()], words: CSV, read: |file| text_table(file, "tsv") },
    Reader { name: "array", whole: arrays, words: ARRAY, read: |file| at_path(file, ".npy", array_table) },
    Reader { name: "archive", whole: archives, words: ARRAY, read: |file| at_path(file, ".npz", array_table) },
    Reader { name: "session", whole: sessions, words: JSON, read: session },
    Reader { name: "figure", whole: figures, words: FIGURE, read: session },
    Reader { name: "config", whole: || vec![fixture("folder-0.1.0/config.toml")], words: TOML, read: config },
    Reader { name: "scene", whole: scenes, words: TOML, read: |file| said(Scene::parse(text(file)?)) },
    Reader {
        name: "lesson",
        whole: lessons,
        words: LESSON,
        read: |file| said(Lesson::parse(text(file)?, &Vocabulary::default())),
    },
    Reader { name: "recipe", whole: recipes, words: RECIPE, read: |file| said(text(file)?.parse::<Recipe>()) },
    Reader { name: "command", whole: commands, words: RECIPE, read: |file| said(parse_logged(text(file)?)) },
    Reader { name: "model", whole: models, words: JSON, read: |file| at_path(file, ".safetensors", model) },
    Reader {
        name: "sweep",
        whole: sweeps,
        words: CSV,
        read: |file| at_path(file, ".csv", |path| said(RunTable::open(path))),
    },
];

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("fixtures").join(name))
        .expect("it is in the repository")
}

fn said<T, E: Display>(outcome: Result<T, E>) -> Result<(), String> {
    outcome.map(|_| ()).map_err(|error| error.to_string())
}

fn text(file: &[u8]) -> Result<&str, String> {
    str::from_utf8(file).map_err(|error| error.to_string())
}

/// Reads a file that has to have a path, which sentences leave out here: it is of any length.
fn at_path(file: &[u8], ending: &str, read: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let place = TemporaryFile::new(ending).map_err(|error| error.to_string())?;
    fs::write(place.path(), file).map_err(|error| error.to_string())?;
    read(place.path()).map_err(|sentence| sentence.replace(&place.path().display().to_string(), "FILE"))
}

fn text_table(file: &[u8], extension: &str) -> Result<(), String> {
    let found = parse_table(file, extension, &ImportOptions::guessed(), 1).map_err(|error| error.to_string())?;
    said(dataset_from_table(&found.table, 1))
}

fn array_table(path: &Path) -> Result<(), String> {
    let found = read_table(path, &ImportOptions::guessed(), 1, Watch::nobody()).map_err(|error| error.to_string())?;
    said(dataset_from_table(&found.table, 1))
}

fn model(path: &Path) -> Result<(), String> {
    let options = ModelOptions { activation: Some(Activation::Tanh), ..ModelOptions::default() };
    said(read_model(path, &options))
}

/// What was read is written and read again.
fn session(file: &[u8]) -> Result<(), String> {
    let session = session_in(file).map_err(|error| error.to_string())?;
    let written = session.to_json(1 << 20).map_err(|error| error.to_string())?;
    let again = Session::parse(&written).map_err(|error| error.to_string());
    let [before, after] = [format!("{:?}", Ok::<_, String>(session)), format!("{again:?}")];
    let differs = before.bytes().zip(after.bytes()).position(|(a, b)| a != b);
    let part =
        |text: &str| text.chars().skip(differs.unwrap_or_default().saturating_sub(60)).take(120).collect::<String>();
    assert!(before == after, "it is not read back as it was: {} and {}", part(&before), part(&after));
    Ok(())
}

fn config(file: &[u8]) -> Result<(), String> {
    let record = Record::from_toml(text(file)?).map_err(|error| error.to_string())?;
    let (config, log) = record.into_run().map_err(|error| error.to_string())?;
    config.validate(48).map_err(|error| error.to_string())?;
    said(config.settings_after(&log, 48))
}

fn tables() -> Vec<Vec<u8>> {
    let row = |k: usize| format!("{},{:.3},{},{}\n", k, (0.7 * k as f64).sin(), ["a", "b"][k % 2], k % 5);
    let rows = |separator: &str| (1..30).map(row).collect::<String>().replace(',', separator);
    let quoted = format!("\"width, in mm\",\"a \"\"b\"\"\"\n1,2\n3,4\n5,7\n{}", "2,9\n4,1\n".repeat(10));
    let texts = [format!("index,x,label,n\n{}", rows(",")), format!("index\tx\tlabel\tn\n{}", rows("\t")), quoted];
    texts.map(String::into_bytes).to_vec()
}

fn arrays() -> Vec<Vec<u8>> {
    vec![fixture("folder-0.1.0/observations.npy")]
}

fn archives() -> Vec<Vec<u8>> {
    let values: Vec<f64> = (0..120).map(|k| (0.37 * f64::from(k)).sin()).collect();
    vec![write_npz(&[Array { name: "x".to_owned(), shape: vec![40, 3], values }])]
}

fn sessions() -> Vec<Vec<u8>> {
    ["session-0.1.0.unpick", "session-compare-0.1.0.unpick", "folder-0.1.0/session.unpick"].map(fixture).to_vec()
}

fn figures() -> Vec<Vec<u8>> {
    ["svg", "pdf", "png", "gif", "apng"].map(|ending| fixture(&format!("figure-0.1.0.{ending}"))).to_vec()
}

fn scenes() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join("scenes");
    let files = Scene::built_in().iter().map(|scene| folder.join(format!("{}.toml", scene.name)));
    files.map(|path| fs::read(path).expect("it is in the repository")).collect()
}

fn lessons() -> Vec<Vec<u8>> {
    let text = "+++\nlesson = \"A\"\naim = \"B\"\n+++\n\n+++\nstep = \"C\"\nscene = \"linear\"\nsteps = 10\nviews = [\"data\", \"latent\"]\n\
                ask = \"Why?\"\nchoices = [\"one\", \"two\"]\nanswer = 1\n+++\n$x = \\frac{1}{2}$, **so** [above 0](<KL above 0>).\n\n---\nIt is.\n";
    vec![text.into()]
}

fn recipes() -> Vec<Vec<u8>> {
    let lines = [
        "unpick:scene=cylinder;seed=3;beta=2;at=2000:covariance=full;at=2000:batch=8;steps=5000;z=0.5,-1",
        "unpick:scene=sphere;latent_dim=3;hidden=;activation=softplus;decoder=linear;covariance=full;beta=0.1;sigma2=0.3;steps=1",
        "unpick:scene=linear;at=5:rotate=30:1,2;steps=9",
    ];
    lines.map(|line| line.as_bytes().to_vec()).to_vec()
}

fn commands() -> Vec<Vec<u8>> {
    ["2000:beta=4", "3000:rotate=30:1,3", "10:covariance=full", "5:batch=8", "7:lr=0.1"]
        .map(|line| line.as_bytes().to_vec())
        .to_vec()
}

fn models() -> Vec<Vec<u8>> {
    vec![fixture("folder-0.1.0/model.safetensors")]
}

fn sweeps() -> Vec<Vec<u8>> {
    vec![b"scene,seed,beta,covariance,elbo,failure\nlinear,0,1,diagonal,-3.1,\nlinear,1,1,full,-3.2,\n".to_vec()]
}
