//! Harness of the tests: runs the program in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use unpick::io::{parse_npy, write_npy_f32};
use unpick::linalg::Matrix;

/// Temporary folder in which the program is run.
pub(super) struct Harness(pub(super) TempDir);

impl Harness {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a scene in `small.toml` that is measured in no time.
    pub(super) fn with_small_scene() -> Self {
        let cli = Self::new();
        let scene = include_str!("../../assets/scenes/linear.toml");
        let small = scene.replace("[generator]\n", "[generator]\nsamples = 300\ntest_samples = 60\n");
        assert_ne!(small, scene);
        cli.write("small.toml", small);
        cli
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(super) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    pub(super) fn toml(&self, name: &str) -> toml::Table {
        toml::from_str(&self.read(name)).unwrap()
    }

    /// Names in a folder, sorted.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs `unpick` with arguments separated by spaces.
    pub(super) fn run(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_unpick"))
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("RUST_LOG")
            .output()
            .unwrap()
    }

    /// Runs it and returns its output. It must succeed and print no error.
    pub(super) fn succeed(&self, arguments: &str) -> String {
        self.succeed_with_notes(arguments).0
    }

    /// [`Self::succeed`] with the notes about your data.
    pub(super) fn succeed_with_notes(&self, arguments: &str) -> (String, Vec<String>) {
        let output = self.run(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments}: {error}");
        let note =
            |line: &str| line.strip_prefix("note: ").unwrap_or_else(|| panic!("{arguments}: {error}")).to_owned();
        let notes = error.lines().filter(|line| !is_progress(line)).map(note).collect();
        (String::from_utf8(output.stdout).unwrap(), notes)
    }

    /// Runs it and returns its one-line error. It must end with this code.
    pub(super) fn fail(&self, code: i32, arguments: &str) -> String {
        error_line(code, arguments, self.run(arguments))
    }

    /// [`Self::fail`] for a program that would run for days if it did not fail: it is killed after five minutes.
    pub(super) fn fail_soon(&self, code: i32, arguments: &str) -> String {
        let mut program = Command::new(env!("CARGO_BIN_EXE_unpick"))
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while program.try_wait().unwrap().is_none() {
            if start.elapsed() > Duration::from_mins(5) {
                program.kill().unwrap();
            }
            sleep(Duration::from_millis(10));
        }
        error_line(code, arguments, program.wait_with_output().unwrap())
    }
}

/// A busy machine takes longer than the second after which progress is told.
fn is_progress(line: &str) -> bool {
    line.split_once('/').is_some_and(|(made, _)| made.parse::<u64>().is_ok())
}

pub(super) fn error_line(code: i32, arguments: &str, output: Output) -> String {
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
    assert!(output.stdout.is_empty(), "{arguments} printed output: {}", String::from_utf8_lossy(&output.stdout));
    let is_aside = |line: &&str| line.starts_with("note: ") || is_progress(line);
    let error: String = error.split_inclusive('\n').filter(|line| !is_aside(line)).collect();
    let line = error.strip_suffix('\n').unwrap_or_else(|| panic!("{arguments}: no line: {error:?}"));
    assert!(!line.contains('\n') && !line.contains("panicked"), "{arguments}: more than one line: {error}");
    line.strip_prefix("unpick: ").unwrap_or_else(|| panic!("{arguments}: {error:?}")).to_owned()
}

/// Short run of a small network.
pub(super) const SHORT: &str = "train --scene cylinder --hidden 8 --batch 32 --steps 40 --out run";

/// Shape of an array in a file.
pub(super) fn shape(path: &Path) -> Vec<usize> {
    let bytes = fs::read(path).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00") && bytes.windows(5).any(|w| w == b"'<f4'"), "{}", path.display());
    parse_npy(&bytes).unwrap().shape
}

/// The bytes of an `.npy` file whose rows are the columns of a matrix.
pub(super) fn npy(matrix: &Matrix<f32>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_npy_f32(matrix, &mut bytes).unwrap();
    bytes
}

pub(super) fn keys(table: &toml::Table) -> Vec<&str> {
    table.keys().map(String::as_str).collect()
}

pub(super) const FILES: [&str; 9] = [
    "config.toml",
    "factors.npy",
    "factors_test.npy",
    "history.csv",
    "metrics.json",
    "model.safetensors",
    "observations.npy",
    "observations_test.npy",
    "session.unpick",
];

/// Thirty rows of two varying columns.
pub(super) fn rows(separator: char) -> String {
    (0..30)
        .map(|i| format!("{}{separator}{}\n", f64::from(i).sin(), f64::from(i * i % 7) + 0.5))
        .collect::<Vec<_>>()
        .concat()
}
