//! A folder with what a monkey may open: whole files, damaged ones, and a place for those that it saves.

use std::fs;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use tempfile::TempDir;

/// The folder and the names in it.
pub(crate) struct Files {
    folder: TempDir,
    /// What can be opened, and what is refused.
    pub names: Vec<PathBuf>,
}

impl Files {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let files = Self { names: Vec::new(), folder };
        let place = files.folder.path();
        for name in ["saved", "state", "work", "pictures"] {
            fs::create_dir(place.join(name)).expect("the folder is new");
        }
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("fixtures");
        let copied = [
            "session-0.1.0.unpick",
            "session-compare-0.1.0.unpick",
            "figure-0.1.0.svg",
            "figure-0.1.0.png",
            "folder-0.1.0/model.safetensors",
        ];
        let mut names = vec![PathBuf::from("none.csv"), "pictures".into(), ".".into()];
        for name in copied {
            let path = fixtures.join(name);
            let own: PathBuf = path.file_name().expect("it is a file").into();
            fs::copy(&path, place.join(&own)).expect("it is in the repository");
            names.push(own);
        }
        let row =
            |k: u32| format!("{},{:.3},{}\n", f64::from(k).sin(), f64::from(k * k % 17), ["a", "b"][k as usize % 2]);
        let rows = (0..60).map(row).collect::<String>();
        let session = fs::read_to_string(fixtures.join("session-0.1.0.unpick")).expect("it is in the repository");
        let cut = &session[..session.len() / 2];
        let scene = include_str!("../../assets/scenes/skew.toml");
        let texts = [
            ("own.csv", format!("left,right,label\n{rows}")),
            ("lacks.csv", format!("left,right,label\n{rows}1,oops,a\n")),
            ("same.csv", "1,2\n".repeat(30)),
            ("cut.unpick", cut.to_owned()),
            ("own.toml", scene.to_owned()),
            ("bad.toml", scene.replace('=', "==")),
            ("own.md", include_str!("../../assets/lessons/01-traversals.md").to_owned()),
            ("empty.npy", String::new()),
        ];
        for (name, text) in texts {
            fs::write(place.join(name), text).expect("the folder can be written to");
            names.push(name.into());
        }
        for k in 0..12_u8 {
            let picture = RgbImage::from_fn(9, 7, |x, y| Rgb([x as u8 * 20, y as u8 * 30, k * 20]));
            picture.save(place.join("pictures").join(format!("{k}.png"))).expect("the folder can be written to");
        }
        Self { names, ..files }
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }
}
