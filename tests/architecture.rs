//! The floors of the program, read off its source: which module and which file may import which, and which may touch a file, a
//! thread, a clock or the window. Comments and unit tests are free.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the source has failed")]

use std::fs;
use std::path::Path;

/// The floors: every module with the modules that it uses, each of which stands above it in this list.
const FLOORS: [(&str, &[&str]); 23] = [
    ("linalg", &[]),
    ("rng", &[]),
    ("sentence", &[]),
    ("memory", &[]),
    ("nn", &["linalg"]),
    ("stats", &["linalg", "rng"]),
    ("vae", &["linalg", "nn", "stats"]),
    ("data", &["sentence", "linalg", "rng", "nn", "vae"]),
    ("geometry", &["linalg", "nn", "stats", "vae"]),
    // The linear optimum is told in terms of contrasts and gaps.
    ("ppca", &["vae", "geometry"]),
    ("experiment", &["sentence", "memory", "linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca"]),
    ("checks", &["sentence", "linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca", "experiment"]),
    ("trainer", &["vae", "experiment"]),
    ("io", &["sentence", "memory", "linalg", "nn", "vae", "data", "geometry", "ppca", "experiment"]),
    ("launch", &["sentence", "memory", "vae", "data", "experiment", "io"]),
    ("lesson", &["sentence", "linalg", "vae", "data", "geometry", "experiment", "checks", "io", "launch"]),
    ("paint", &["sentence", "memory", "io"]),
    (
        "viz",
        &[
            "sentence",
            "lesson",
            "linalg",
            "rng",
            "nn",
            "stats",
            "vae",
            "data",
            "geometry",
            "ppca",
            "experiment",
            "checks",
            "trainer",
            "io",
            "paint",
        ],
    ),
    ("figure", &["lesson", "stats", "vae", "data", "experiment", "checks", "io", "paint", "viz"]),
    (
        "app",
        &[
            "sentence",
            "nn",
            "vae",
            "data",
            "geometry",
            "experiment",
            "checks",
            "trainer",
            "io",
            "launch",
            "lesson",
            "paint",
            "viz",
            "figure",
        ],
    ),
    (
        "cli",
        &[
            "sentence",
            "linalg",
            "nn",
            "stats",
            "vae",
            "data",
            "experiment",
            "checks",
            "io",
            "launch",
            "lesson",
            "paint",
            "viz",
            "figure",
        ],
    ),
    ("lib", &[]),
    ("main", &[]),
];

/// The floors inside the folders above `paint`: an entry (file or folder) imports only from entries to its left. (Inside all
/// other modules no circle of files is allowed, in whatever order.)
const INNER_FLOORS: [(&str, &[&str]); 3] = [
    (
        "viz",
        &[
            "theme",
            "run_names",
            "number_name",
            "view",
            "latent_grid",
            "picture",
            "projection",
            "motion",
            "traversal",
            "symbol",
            "layers",
            "factor_matrix",
            "selection",
            "preset",
            "ground_truth",
            "probe",
            "probe_worker",
            "home_camera",
            "observations",
            "query",
            "argument_query",
            "field_query",
            "indicatrix_query",
            "loop_query",
            "singular_query",
            "metrics_query",
            "background_runs",
            "command",
            "glossary",
            "scene_painter",
            "workers",
            "slow_step",
            "context",
            "file_units",
            "view_spec",
            "history_table",
            "draw",
            "argument",
            "views",
            "lesson_names",
        ],
    ),
    (
        "figure",
        &[
            "content",
            "pane",
            "tabs_in_sight",
            "tiles",
            "layout",
            "view_state",
            "caption",
            "still",
            "lesson_step",
            "handout",
            "animation",
            "sweep_plot",
        ],
    ),
    (
        "app",
        &[
            "config_draft",
            "run_slot",
            "reading",
            "panels",
            "dialogs",
            "lesson",
            "presenter",
            "shown_preset",
            "autosave",
            "undo",
            "pointer",
            "state",
            "recovery",
            "open",
            "presets",
            "lesson_steps",
            "presenting",
            "speaker_notes",
            "slow_steps",
            "time_travel",
            "undoing",
            "zoom",
            "dialog_handling",
            "command_handling",
            "frame",
            "native",
        ],
    ),
];

/// Modules, and files of others, that may name egui and its relatives.
const WINDOW: [&str; 7] =
    ["paint", "viz", "figure", "app", "cli/render.rs", "cli/render_animation.rs", "cli/render_values.rs"];

/// Modules of pure computation: same input, same output, whenever and wherever.
const PURE: [&str; 10] = ["linalg", "rng", "nn", "stats", "vae", "data", "geometry", "ppca", "experiment", "checks"];

/// Modules that may start threads: `trainer` trains, `checks` makes many runs at once, `paint` rasterises, `viz` answers
/// queries, `app` waits for disks and file dialogs.
const THREADS: [&str; 5] = ["trainer", "checks", "paint", "viz", "app"];

/// Files that may split a computation over helper threads that end with it. Their scheduling cannot change the result: each
/// writes its own part, and sums are formed afterwards in a fixed order.
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
        // Tests stand at the end of a file, or in a file of their own.
        let is_code = |line: &&str| !path.ends_with("/tests.rs") && !line.starts_with("#[cfg(test)]");
        let code = text.lines().take_while(is_code).map(without_comment);
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

    /// The depth of the module of this file below the crate: 2 for `nn::mlp`.
    fn depth(&self) -> usize {
        self.path.trim_end_matches("/mod.rs").split('/').count()
    }

    /// The module path of this file.
    fn module_path(&self) -> Vec<String> {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').map(str::to_owned).collect()
    }

    /// Every path that begins with `crate`, `self` or `super`, with its groups expanded, as absolute segments.
    fn paths(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        for keyword in ["crate::", "super::", "self::"] {
            for (start, _) in self.code.match_indices(keyword) {
                // `super::super::` is read from its first word on.
                let before = self.code[..start].chars().next_back();
                // A visibility, `pub(in crate::a)`, imports nothing.
                if before.is_some_and(|c| is_word(c) || c == ':') || self.code[..start].ends_with("(in ") {
                    continue;
                }
                let mut prefix = if keyword == "crate::" { Vec::new() } else { self.module_path() };
                let mut rest = &self.code[start..];
                while let Some(after) = rest.strip_prefix("super::") {
                    prefix.pop();
                    rest = after;
                }
                rest = rest.trim_start_matches("crate::").trim_start_matches("self::");
                expand(&prefix, rest, &mut found);
            }
        }
        found
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

/// Reads `a::b`, `a::{b, c::d}` or `{a, b}` at the beginning of `text`, below `prefix`. Gives what is left.
fn expand<'a>(prefix: &[String], text: &'a str, found: &mut Vec<Vec<String>>) -> &'a str {
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches([' ', '\n', ',']);
            if let Some(end) = rest.strip_prefix('}') {
                return end;
            }
            let before = rest.len();
            rest = expand(prefix, rest, found);
            if rest.len() == before {
                return rest;
            }
        }
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let mut path = prefix.to_vec();
    if !["", "self"].contains(&word) {
        path.push(word.to_owned());
    }
    if let Some(rest) = rest.strip_prefix("::") {
        return expand(&path, rest, found);
    }
    if !path.is_empty() {
        found.push(path);
    }
    // An alias: `as Name`.
    rest.strip_prefix(" as ").map_or(rest, |alias| alias.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The files of the program by module path: `viz::context` → `viz/context.rs`.
struct Tree<'a> {
    sources: &'a [Source],
}

/// The target of a path in the source: a file, and the item that is named in it.
struct Target<'a> {
    file: &'a Source,
    item: Option<String>,
}

impl<'a> Tree<'a> {
    fn file(&self, segments: &[String]) -> Option<&'a Source> {
        let path = segments.join("/");
        let names = [format!("{path}.rs"), format!("{path}/mod.rs")];
        self.sources.iter().find(|source| names.contains(&source.path))
    }

    /// The file that a path of absolute segments leads to: the longest part of it that is a module.
    fn target(&self, segments: &[String]) -> Option<Target<'a>> {
        (1..=segments.len()).rev().find_map(|count| {
            let file = self.file(&segments[..count])?;
            Some(Target { file, item: segments.get(count).cloned() })
        })
    }

    /// Everything inside its own module that a file imports.
    fn imports(&self, source: &Source) -> Vec<Target<'a>> {
        let paths = source.paths().into_iter().filter(|path| path[0] == source.module);
        paths.filter_map(|path| self.target(&path)).filter(|target| target.file.path != source.path).collect()
    }

    /// Rules about imports inside the module of a file.
    fn violations(&self, source: &Source) -> Vec<String> {
        let mut found = Vec::new();
        for Target { file, item } in self.imports(source) {
            let folder = file.path.strip_suffix("/mod.rs");
            if let (Some(folder), Some(item)) = (folder, &item) {
                let inside = source.path.starts_with(&format!("{folder}/"));
                let defines = DEFINITIONS.iter().any(|keyword| file.code.contains(&format!("{keyword} {item}")));
                if inside || !defines {
                    let place = &file.path;
                    found.push(format!("src/{}: imports {item} through {place}, not from its file", source.path));
                }
            }
            let floors = INNER_FLOORS.iter().find(|(module, _)| *module == source.module);
            let place = |file: &Source| {
                let entry = file.path.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs");
                floors.and_then(|(_, order)| order.iter().position(|name| *name == entry))
            };
            if let (Some(own), Some(other)) = (place(source), place(file))
                && other > own
            {
                found.push(format!("src/{}: imports {}, which stands on a higher floor", source.path, file.path));
            }
        }
        found
    }

    /// A circle of files that import each other, if there is one. A `mod.rs` imports all that it declares.
    fn circle(&self) -> Option<Vec<&'a str>> {
        let mut done: Vec<&str> = Vec::new();
        self.sources.iter().find_map(|start| self.circle_from(start, &mut Vec::new(), &mut done))
    }

    fn circle_from(&self, at: &'a Source, path: &mut Vec<&'a str>, done: &mut Vec<&'a str>) -> Option<Vec<&'a str>> {
        if let Some(begin) = path.iter().position(|before| *before == at.path) {
            return Some(path[begin..].to_vec());
        }
        if done.contains(&at.path.as_str()) {
            return None;
        }
        path.push(&at.path);
        let declared = at.path.strip_suffix("mod.rs").map(|folder| {
            let child = move |source: &&Source| {
                let rest = source.path.strip_prefix(folder).filter(|rest| *rest != "mod.rs");
                rest.is_some_and(|rest| {
                    !rest.contains('/') || rest.matches('/').count() == 1 && rest.ends_with("/mod.rs")
                })
            };
            self.sources.iter().filter(child)
        });
        let imported = self.imports(at).into_iter().map(|target| target.file);
        for next in imported.chain(declared.into_iter().flatten()) {
            let circle = self.circle_from(next, path, done);
            if circle.is_some() {
                return circle;
            }
        }
        path.pop();
        done.push(&at.path);
        None
    }
}

const DEFINITIONS: [&str; 8] = ["fn", "struct", "enum", "trait", "const", "static", "type", "mod"];

/// The line up to `//` at its beginning or after a space: a URL in a string has neither before its slashes.
fn without_comment(line: &str) -> &str {
    let end = if line.starts_with("//") { Some(0) } else { line.find(" //") };
    &line[..end.unwrap_or(line.len())]
}

/// Everything in this file against which the rules are broken.
fn violations(source: &Source) -> Vec<String> {
    let Source { path, module, code, lines } = source;
    let module = module.as_str();
    let outside = |modules: &[&str]| !modules.contains(&module) && !modules.contains(&path.as_str());
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
        match FLOORS.iter().find(|(name, _)| *name == module) {
            None => complain("belongs to a module that has no floor yet".to_owned()),
            Some((_, allowed)) => {
                for other in source.named_modules() {
                    if other != module && !allowed.contains(&other) {
                        complain(format!("names crate::{other}, which does not stand on a floor below {module}"));
                    }
                }
            }
        }
        if code.contains(&"super::".repeat(source.depth())) {
            complain("climbs to the crate with super::, past the table of floors; write crate::".to_owned());
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

fn program() -> Vec<Source> {
    let mut sources = Vec::new();
    read(&root().join("src"), "", &mut sources);
    assert!(sources.len() > 40, "the source is not where it is looked for");
    sources
}

#[test]
fn the_program_keeps_its_floors() {
    let sources = program();
    let tree = Tree { sources: &sources };
    let found: Vec<String> =
        sources.iter().flat_map(|source| [violations(source), tree.violations(source)].concat()).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = program();
    assert_eq!(Tree { sources: &sources }.circle(), None);
}

#[test]
fn the_table_of_floors_allows_no_more_than_the_code_needs() {
    let sources = program();
    for (module, allowed) in FLOORS {
        let of_module = || sources.iter().filter(|source| source.module == module);
        assert!(of_module().next().is_some(), "there is no module {module}");
        for other in allowed {
            let used = of_module().any(|source| source.named_modules().contains(other));
            assert!(used, "{module} may use {other}, but does not");
        }
    }
    for (module, order) in INNER_FLOORS {
        for source in
            sources.iter().filter(|source| source.module == module && source.path != format!("{module}/mod.rs"))
        {
            let entry = source.path.split('/').nth(1).unwrap().trim_end_matches(".rs");
            assert!(order.contains(&entry), "src/{} has no floor yet", source.path);
        }
    }
}

#[test]
fn no_type_name_has_two_meanings() {
    let mut names: Vec<(String, String)> = Vec::new();
    for source in program() {
        for keyword in ["struct ", "enum ", "trait "] {
            for (start, _) in source.code.match_indices(keyword) {
                let rest = &source.code[start + keyword.len()..];
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let line_start = source.code[..start].rfind('\n').map_or(0, |at| at + 1);
                let declared = source.code[line_start..start].trim();
                if declared.is_empty() || declared.starts_with("pub") {
                    names.push((rest[..end].to_owned(), source.path.clone()));
                }
            }
        }
    }
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0].0 == pair[1].0).collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

#[test]
fn the_rules_catch_what_they_forbid() {
    let broken = [
        ("nn/mlp.rs", "use crate::vae::Vae;", "not stand on a floor below nn"),
        ("geometry/seam.rs", "use crate::{linalg::{Matrix, svd}, data};", "crate::data"),
        ("data/table.rs", "fn f() -> crate::geometry::Seam {}", "crate::geometry"),
        ("ppca.rs", "use super::experiment;", "climbs"),
        ("nn/mlp.rs", "use super::super::vae;", "climbs"),
        ("views/mod.rs", "", "no floor yet"),
        ("experiment/run.rs", "let text = std::fs::read(path);", "touches files"),
        ("cli/train.rs", "use std::{fs, io};", "touches files"),
        ("app/dialogs/save.rs", "std::fs::write(path, bytes)", "touches files"),
        ("experiment/run.rs", "if path.exists() {}", "asks the file system"),
        ("io/npy.rs", "thread::spawn(f)", "starts a thread"),
        ("cli/sweep.rs", "Builder::new().spawn(f)", "starts a thread"),
        ("figure/still.rs", "thread::scope(|scope| draw(scope))", "starts a thread"),
        ("experiment/run.rs", "thread::scope(|scope| work(scope))", "starts a thread"),
        ("experiment/minibatch.rs", "thread::spawn(f)", "starts a thread"),
        ("geometry/field.rs", "ThreadPoolBuilder::new().build()", "starts a thread"),
        ("stats/mod.rs", "use std::time::{Duration, Instant};", "clock"),
        ("trainer/mod.rs", "fn f(context: &egui::Context) {}", "names egui"),
        ("cli/train.rs", "egui_plot::Plot::new()", "names egui_plot"),
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
        ("cli/render.rs", "let theme = eframe::egui::Theme::Dark; if path.exists() {}"),
        ("app/state.rs", "const HOME: &str = \"https://example.org\"; use crate::{paint::Picture, trainer::Trainer};"),
        ("main.rs", "unpick::app::window(prepared, false)"),
    ];
    for (path, text) in sound {
        assert_eq!(violations(&Source::new(path, text)), Vec::<String>::new());
    }
}

#[test]
fn every_floor_uses_only_floors_before_it() {
    for (at, (name, allowed)) in FLOORS.iter().enumerate() {
        let below: Vec<&str> = FLOORS[..at].iter().map(|(name, _)| *name).collect();
        for other in *allowed {
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
        if ["pub mod paint;", "pub mod viz;", "pub mod figure;", "pub mod app;"].contains(line) {
            assert_eq!(lines[i - 1], "#[cfg(feature = \"gui\")]", "{line} is compiled without the feature gui");
        }
    }
}
