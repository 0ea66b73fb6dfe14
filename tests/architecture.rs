//! The layers of the program, read off its source: who may name whom, and who may touch a file, a thread, a clock or the
//! window. Comments and unit tests are free.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the source has failed")]

use std::fs;
use std::path::Path;

/// Every module with the modules that it may name. Each stands below those it names, so there is no cycle.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("linalg", &[]),
    ("rng", &[]),
    ("nn", &["linalg", "rng"]),
    ("stats", &["linalg", "rng"]),
    ("vae", &["linalg", "rng", "nn", "stats"]),
    // Data know what a model is, for the training defaults of a scene.
    ("data", &["linalg", "rng", "nn", "stats", "vae"]),
    ("geometry", &["linalg", "rng", "nn", "stats", "vae"]),
    // The linear optimum is told in terms of contrasts and gaps.
    ("ppca", &["linalg", "rng", "nn", "stats", "vae", "geometry"]),
    ("experiment", &["linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca"]),
    // What runs must show: pure, so that window and command line certify alike.
    ("certificate", &["linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca", "experiment"]),
    ("trainer", &["linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca", "experiment"]),
    ("io", &["linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca", "experiment"]),
    ("cli", &["linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca", "experiment", "certificate", "io"]),
    (
        "paint",
        &[
            "linalg",
            "rng",
            "nn",
            "stats",
            "vae",
            "data",
            "geometry",
            "ppca",
            "experiment",
            "certificate",
            "trainer",
            "io",
            "cli",
        ],
    ),
    ("app", &BELOW_THE_WINDOW),
    ("headless", &BELOW_THE_WINDOW),
];

const BELOW_THE_WINDOW: [&str; 15] = [
    "linalg",
    "rng",
    "nn",
    "stats",
    "vae",
    "data",
    "geometry",
    "ppca",
    "experiment",
    "certificate",
    "trainer",
    "io",
    "cli",
    "paint",
    // A figure without a screen draws the same views, and the window saves figures.
    "app",
];

/// What may name egui and its relatives; `main` opens the window.
const WINDOW: [&str; 4] = ["paint", "app", "headless", "main"];

/// What computes: same input, same output, whenever and wherever.
const PURE: [&str; 10] =
    ["linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca", "experiment", "certificate"];

/// What may have threads: one trains, one draws what the window shows, and one waits for each file dialog. (Drawing also
/// splits a picture over scoped ones, and the command line makes several runs at once on scoped ones.)
const THREADS: [&str; 4] = ["trainer", "paint", "app", "cli"];

/// What may split a computation over helpers that have done when it ends, for the result cannot depend on their
/// scheduling: each writes what is its own, and sums are formed afterwards in a fixed order.
const HELPED: [&str; 1] = ["experiment/minibatch.rs"];

const STARTS_OF_THREADS: [&str; 5] =
    [".spawn(", ".spawn_scoped(", "thread::spawn(", "thread::scope(", "ThreadPoolBuilder"];

/// Methods of `Path` that ask the file system. The window may: it asks before it overwrites.
const PATH_QUERIES: [&str; 7] =
    [".exists()", ".try_exists()", ".is_file()", ".is_dir()", ".read_dir()", ".metadata()", ".canonicalize()"];

/// One file of the program, as far as the rules look at it.
struct Source {
    /// Below `src`, as `nn/mlp.rs`.
    path: String,
    /// The module that it belongs to: `nn`.
    module: String,
    /// Without comments and without unit tests.
    code: String,
    /// Of the whole file.
    lines: usize,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let first = path.split('/').next().unwrap_or_default();
        let code = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).map(without_comment);
        Self {
            path: path.to_owned(),
            module: first.trim_end_matches(".rs").to_owned(),
            code: code.collect::<Vec<_>>().join("\n"),
            lines: text.lines().count(),
        }
    }

    /// Identifiers and keywords.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
    }

    /// How deep below the crate the module of this file is: 2 for `nn::mlp`.
    fn depth(&self) -> usize {
        self.path.trim_end_matches("/mod.rs").split('/').count()
    }

    /// The modules named as `crate::x` or `crate::{x, y::z}`.
    fn named_modules(&self) -> Vec<&str> {
        let identifier = |text: &'_ str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        let mut named = Vec::new();
        for (start, _) in self.code.match_indices("crate::") {
            let rest = &self.code[start + "crate::".len()..];
            let Some(group) = rest.strip_prefix('{') else {
                named.push(&rest[..identifier(rest)]);
                continue;
            };
            // The names that stand directly in the group, not in a group of it.
            let (mut depth, mut expected) = (0, true);
            for (i, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => expected = true,
                    c if expected && c.is_alphanumeric() => {
                        named.push(&group[i..i + identifier(&group[i..])]);
                        expected = false;
                    }
                    _ => {}
                }
            }
        }
        named
    }
}

/// The line up to `//` at its beginning or after a space: a URL in a string has neither before its slashes.
fn without_comment(line: &str) -> &str {
    let end = if line.starts_with("//") { Some(0) } else { line.find(" //") };
    &line[..end.unwrap_or(line.len())]
}

/// Everything in this file against which the rules are broken.
fn violations(source: &Source) -> Vec<String> {
    let Source { path, module, code, lines } = source;
    let module = module.as_str();
    let outside = |modules: &[&str]| !modules.contains(&module);
    let mut found = Vec::new();
    let mut complain = |what: String| found.push(format!("src/{path}: {what}"));

    for word in source.words() {
        let window = word.starts_with("egui") || ["eframe", "rfd", "epaint", "emath"].contains(&word);
        if window && outside(&WINDOW) {
            complain(format!("names {word}, which only {WINDOW:?} may"));
        }
        if word == "fs" && outside(&["io"]) {
            complain("touches files, which only io may".to_owned());
        }
        if ["Instant", "SystemTime"].contains(&word) && !outside(&PURE) {
            complain(format!("reads a clock ({word}), which no computation may"));
        }
    }
    if outside(&["io"]) && outside(&WINDOW) {
        for query in PATH_QUERIES.iter().filter(|query| code.contains(**query)) {
            complain(format!("asks the file system ({query}), which only io may"));
        }
    }
    for start in STARTS_OF_THREADS.iter().filter(|start| code.contains(**start)) {
        let only_in_scopes = code.matches("spawn(").count() == code.matches("scope.spawn(").count();
        if outside(&THREADS) && !(HELPED.contains(&path.as_str()) && only_in_scopes) {
            complain(format!("starts a thread ({start}), which only {THREADS:?} may"));
        }
    }
    for unfinished in ["todo!", "unimplemented!", "dbg!"].iter().filter(|name| code.contains(**name)) {
        complain(format!("has a {unfinished}"));
    }
    if *lines > 800 {
        complain(format!("has {lines} lines; 800 are the most"));
    }

    if !["lib", "main"].contains(&module) {
        match MAY_USE.iter().find(|(name, _)| *name == module) {
            None => complain("belongs to a module that has no place in the layers yet".to_owned()),
            Some((_, allowed)) => {
                for other in source.named_modules() {
                    if other != module && !allowed.contains(&other) {
                        complain(format!("names crate::{other}, which does not stand below {module}"));
                    }
                }
            }
        }
        if code.contains(&"super::".repeat(source.depth())) {
            complain("climbs to the crate with super::, past the table of layers; write crate::".to_owned());
        }
    }
    found
}

fn read(folder: &Path, below: &str, sources: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{name}/"), sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source::new(&name, &fs::read_to_string(&path).unwrap()));
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_program_keeps_its_layers() {
    let mut sources = Vec::new();
    read(&root().join("src"), "", &mut sources);
    assert!(sources.len() > 40, "the source is not where it is looked for");
    let found: Vec<String> = sources.iter().flat_map(violations).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_rules_catch_what_they_forbid() {
    let broken = [
        ("nn/mlp.rs", "use crate::vae::Vae;", "does not stand below nn"),
        ("geometry/seam.rs", "use crate::{linalg::{Matrix, svd}, data};", "crate::data"),
        ("data/own.rs", "fn f() -> crate::geometry::Seam {}", "crate::geometry"),
        ("ppca.rs", "use super::experiment;", "climbs"),
        ("nn/mlp.rs", "use super::super::vae;", "climbs"),
        ("views/mod.rs", "", "no place in the layers"),
        ("experiment/run.rs", "let text = std::fs::read(path);", "touches files"),
        ("cli/train.rs", "use std::{fs, io};", "touches files"),
        ("app/panels/save.rs", "std::fs::write(path, bytes)", "touches files"),
        ("experiment/run.rs", "if path.exists() {}", "asks the file system"),
        ("io/npy.rs", "thread::spawn(f)", "starts a thread"),
        ("certificate/job.rs", "Builder::new().spawn(f)", "starts a thread"),
        ("headless.rs", "thread::scope(|scope| draw(scope))", "starts a thread"),
        ("experiment/run.rs", "thread::scope(|scope| work(scope))", "starts a thread"),
        ("experiment/minibatch.rs", "thread::spawn(f)", "starts a thread"),
        ("geometry/field.rs", "ThreadPoolBuilder::new().build()", "starts a thread"),
        ("stats/mod.rs", "use std::time::{Duration, Instant};", "clock"),
        ("trainer/mod.rs", "fn f(context: &egui::Context) {}", "names egui"),
        ("cli.rs", "egui_plot::Plot::new()", "names egui_plot"),
        ("linalg/svd.rs", "todo!()", "todo!"),
        ("linalg/svd.rs", &"\n".repeat(801), "801 lines"),
    ];
    for (path, text, words) in broken {
        let found = violations(&Source::new(path, text));
        assert!(found.len() == 1 && found[0].contains(words), "{path} with {text:?}: {found:?}");
    }
    let sound = [
        ("experiment/run.rs", "// std::fs, egui and Instant\nuse crate::{data::Dataset, vae::{Elbo, Vae}};"),
        ("nn/mlp.rs", "use super::Dense;\n#[cfg(test)]\nmod tests { use crate::vae::Vae; }"),
        ("paint/bands.rs", "std::thread::scope(|scope| Builder::new().spawn_scoped(scope, f))"),
        ("experiment/minibatch.rs", "std::thread::scope(|scope| Builder::new().spawn_scoped(scope, f))"),
        ("paint/svg/mod.rs", "use super::Picture;"),
        ("headless.rs", "let threads = std::thread::available_parallelism(); if path.exists() {}"),
        ("app/mod.rs", "const HOME: &str = \"https://example.org\"; use crate::{paint::Picture, trainer::Trainer};"),
        ("main.rs", "unpick::app::run(eframe::NativeOptions::default())"),
    ];
    for (path, text) in sound {
        assert_eq!(violations(&Source::new(path, text)), Vec::<String>::new());
    }
}

#[test]
fn the_table_of_layers_has_no_cycle_but_the_window() {
    for (at, (name, allowed)) in MAY_USE.iter().enumerate() {
        let below: Vec<&str> = MAY_USE[..at].iter().map(|(name, _)| *name).collect();
        for other in allowed.iter().filter(|other| **other != "app") {
            assert!(below.contains(other), "{name} may use {other}, which does not come before it");
        }
    }
}

/// Without the feature `gui` no part of the window is compiled. (What the dependencies depend on is for `cargo tree`.)
#[test]
fn the_window_is_optional() {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    let window: Vec<&str> = manifest["features"]["gui"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|d| d.as_str()?.strip_prefix("dep:"))
        .collect();
    for (name, dependency) in manifest["dependencies"].as_table().unwrap() {
        let optional = dependency.get("optional").and_then(toml::Value::as_bool) == Some(true);
        let relative = name.starts_with("egui") || ["eframe", "epaint", "emath", "rfd"].contains(&name.as_str());
        assert_eq!(optional, window.contains(&name.as_str()), "{name} is optional or belongs to gui, but not both");
        assert!(optional || !relative, "{name} is compiled without the feature gui");
    }
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let lines: Vec<&str> = library.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        if ["pub mod paint;", "pub mod app;", "pub mod headless;"].contains(line) {
            assert_eq!(lines[i - 1], "#[cfg(feature = \"gui\")]", "{line} is compiled without the feature gui");
        }
    }
}
