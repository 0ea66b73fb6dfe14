//! `unpick make`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::idle_options::{OptionUse, refuse_idle};
use crate::data::{SHAPES_COUNT, SHAPES_SIZE, ShapePicture};
use crate::io::{PictureFactors, ensure_place, exists, write_dsprites_npz};

/// Arguments of `make`.
#[derive(Args, Debug)]
pub struct MakeArgs {
    /// Make these data
    #[arg(value_enum)]
    what: MadeData,
    /// Write to this .npz file, with the arrays imgs, latents_values and latents_classes of dSprites
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write this many pictures, drawn by --seed and in the order of dSprites [default: all 737,280]
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// Set the seed of --rows [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MadeData {
    /// Pictures of 64×64 pixels with the factors of dSprites
    Shapes,
}

/// Names of the factors in the file; color has one value.
const NAMES: [&str; 6] = ["color", "shape", "scale", "orientation", "posX", "posY"];

impl MakeArgs {
    /// Writes the file and returns its path.
    pub(super) fn run(self) -> Result<String, CliError> {
        let Self { what: MadeData::Shapes, out, rows, seed, force } = self;
        let path = out.display();
        if out.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("npz")) {
            return Err(CliError::Input(format!("the file must end in .npz: {path}")));
        }
        if !force && exists(&out) {
            return Err(CliError::Input(format!("the file exists already; add --force to overwrite: {path}")));
        }
        refuse_idle(&[OptionUse::new("--seed", seed.is_some(), rows.is_some(), "a part of the pictures (--rows)")])?;
        let rows = rows.unwrap_or(SHAPES_COUNT);
        if !(1..=SHAPES_COUNT).contains(&rows) {
            return Err(CliError::Input(format!("--rows {rows} is outside 1 to {SHAPES_COUNT}")));
        }
        ensure_place(&out)?;
        let pictures = ShapePicture::sample(rows, seed.unwrap_or(0));
        let values: Vec<f64> = pictures.iter().flat_map(|p| std::iter::once(1.0).chain(p.values())).collect();
        let class = |class: usize| class as i64;
        let classes: Vec<i64> = pictures.iter().flat_map(|p| std::iter::once(0).chain(p.classes.map(class))).collect();
        let drawn = pictures.iter().map(|picture| {
            let mut pixels = vec![0_u8; SHAPES_SIZE * SHAPES_SIZE];
            picture.draw(&mut pixels);
            pixels
        });
        let factors = PictureFactors { names: &NAMES, values: &values, classes: &classes };
        let written = write_dsprites_npz(&out, [SHAPES_SIZE; 2], drawn, factors)?;
        Ok(format!("{}\n", written.display()))
    }
}
