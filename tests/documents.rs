//! Every file, link and anchor that the documents name exists.
#![expect(clippy::unwrap_used, reason = "a test that cannot read a document has failed")]

use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 6] =
    ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/guide.md", "benches/README.md"];

/// Files that a user's run has, not this repository.
const OF_A_RUN: [&str; 6] = ["config.toml", "history.csv", "metrics.json", "sweep.csv", "compare.csv", "my.toml"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap()
}

/// The text between backticks, outside code blocks.
fn code_spans(text: &str) -> Vec<&str> {
    let prose: Vec<&str> = text.split("```").step_by(2).collect();
    prose.into_iter().flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

/// The targets of `[text](target)`, outside code blocks.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split(')').next()).collect()
}

/// The anchors of the headings of a document, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches(['#', ' ']));
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-'].contains(c);
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn every_named_source_file_exists() {
    let ends = [".rs", ".py", ".sh", ".toml"];
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        for name in code_spans(&text).into_iter().filter(|name| ends.iter().any(|end| name.ends_with(end))) {
            let is_path = !name.contains([' ', '*', '{', '…']) && !OF_A_RUN.contains(&name);
            let folders = ["", "src", "src/checks", "benches"];
            if is_path && !folders.iter().any(|folder| root().join(folder).join(name).is_file()) {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "files that do not exist:\n{}", missing.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        for link in links(&text).into_iter().filter(|link| !link.starts_with("https://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path: PathBuf = match file {
                "" => root().join(document),
                file => root().join(document).parent().unwrap().join(file),
            };
            let found = path.exists()
                && (anchor.is_empty() || anchors(&fs::read_to_string(path).unwrap()).contains(&anchor.to_owned()));
            if !found {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

/// The floors from the top: a walk goes down them.
const FLOORS: [&str; 17] = [
    "main",
    "app",
    "cli",
    "figure",
    "viz",
    "launch",
    "paint",
    "trainer",
    "io",
    "checks",
    "experiment",
    "data",
    "geometry",
    "vae",
    "nn",
    "linalg",
    "rng",
];

#[test]
fn the_walks_go_down_the_floors() {
    let text = read("ARCHITECTURE.md");
    let walks = text.split("## Three walks").nth(1).unwrap();
    let mut rows = 0;
    for walk in walks.split("###").skip(1) {
        let mut last = 0;
        for row in walk.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            if cells[1].is_empty() {
                // The heading of another pass.
                last = 0;
                continue;
            }
            let floor = cells[1].trim_matches('`');
            let Some(place) = FLOORS.iter().position(|name| *name == floor) else { continue };
            assert!(place >= last, "a walk goes up again to {}", cells[2]);
            for file in code_spans(cells[2]) {
                assert_eq!(file.split('/').next().unwrap().trim_end_matches(".rs"), floor, "the floor of {file}");
            }
            (last, rows) = (place, rows + 1);
        }
    }
    assert!(rows > 40, "{rows} rows were read");
}

#[test]
fn the_first_page_is_short() {
    assert!(read("README.md").lines().count() <= 150);
}
