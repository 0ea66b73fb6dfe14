//! `unpick export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::idle_options::{OptionUse, refuse_idle};
use super::model_args::ModelArgs;
use crate::experiment::posteriors as posteriors_of;
use crate::io::{
    Array, Columns, FileError, decodings, densities, ensure_place, exists, jacobian, jacobian_table, jacobians,
    latents, latents_of_rows, posteriors, stacked, traversal_table, traversals, write_atomically, write_npy_f64,
    write_npz,
};
use crate::linalg::Matrix;

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Read the run from this folder
    dir: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// Write posterior means (in .npz with covariances and reconstructions), Jacobians or decodings at the held-out observations, or
    /// push-forward densities along the seams through z*, or decodings along each latent from -2 to 2 (latents, 11 values, dimensions);
    /// decodings are in the units of your file
    #[arg(long, value_enum)]
    what: ExportedArrays,
    /// Write to this file: .npy, .npz or .csv (no .csv for Jacobians at observations, which have three axes)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Take the observations of this part; a table of latents has the number of each row in your file, from 0 [default: test]
    #[arg(long, value_enum)]
    split: Option<ExportedSplit>,
    /// Set z*, as 0.6,-0.5, for densities and traversals [default: the origin]; write Jacobian or decoding at this one latent
    #[arg(long, value_name = "Z1,Z2,…", value_delimiter = ',', allow_hyphen_values = true, value_parser = parse_coordinate)]
    at: Vec<f64>,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportedArrays {
    Latents,
    Jacobians,
    Densities,
    Decodings,
    Traversals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportedSplit {
    Train,
    Test,
    All,
}

fn parse_coordinate(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|e| format!("'{text}' is no number ({e}); give coordinates as 0.6,-0.5"))
}

impl Export {
    /// What each option is for, and whether that is asked for.
    fn uses(&self) -> [OptionUse; 2] {
        let at_observations = match self.what {
            ExportedArrays::Latents => true,
            ExportedArrays::Jacobians | ExportedArrays::Decodings => self.at.is_empty(),
            ExportedArrays::Densities | ExportedArrays::Traversals => false,
        };
        let one = "one latent, and --what latents writes those of observations";
        [
            OptionUse::new(
                "--split",
                self.split.is_some(),
                at_observations,
                "what is written at observations, not at one latent",
            ),
            OptionUse::new("--at", !self.at.is_empty(), self.what != ExportedArrays::Latents, one),
        ]
    }

    /// Writes the file and returns its path.
    pub(super) fn run(self) -> Result<String, CliError> {
        let path = self.out.display();
        let input = |sentence: String| Err(CliError::Input(sentence));
        if !self.force && exists(&self.out) {
            return input(format!("the file exists already; add --force to overwrite: {path}"));
        }
        refuse_idle(&self.uses())?;
        ensure_place(&self.out)?;
        let saved = self.model.open(self.dir.as_deref())?;
        let vae = saved.vae.cast::<f64>();
        let m = vae.latent_dim();
        let one = !self.at.is_empty();
        if self.what == ExportedArrays::Latents && !vae.has_encoder {
            return input("there are no latents of observations: the model has no encoder".to_owned());
        }
        let z = if one { self.at } else { vec![0.0; m] };
        if z.len() != m || !z.iter().all(|z| z.abs() <= 20.0) {
            return input(format!("--at must be {m} numbers between -20 and 20"));
        }
        let data = &saved.data;
        let parts = match self.split.unwrap_or(ExportedSplit::Test) {
            ExportedSplit::Train => vec![("train", &data.train)],
            ExportedSplit::Test => vec![("test", &data.test)],
            ExportedSplit::All => vec![("train", &data.train), ("test", &data.test)],
        };
        let numbers = parts.iter().flat_map(|(_, part)| part.observations.as_slice()).map(|x| f64::from(*x)).collect();
        let samples = parts.iter().map(|(_, part)| part.samples()).sum();
        let x = Matrix::from_columns(data.data_dim(), samples, numbers);
        // The latents of Jacobians and decodings.
        let places = || {
            if one {
                return stacked([z.as_slice()]);
            }
            let means: Vec<_> = parts.iter().flat_map(|(_, part)| posteriors_of(&vae, part, part.samples())).collect();
            stacked(means.iter().map(|q| q.mean.as_slice()))
        };
        let jacobians = || if one { jacobian(&vae, &z) } else { jacobians(&vae, &places()) };
        let extension = self.out.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        let npy = |array: &Array| write_npy_f64(&array.shape, &array.values);
        let table = |columns: &Columns, name: &str| -> Result<Option<Vec<u8>>, FileError> {
            Ok(match &*extension {
                "csv" => Some(columns.to_csv().to_text()?.into_bytes()),
                "npz" => {
                    let column = |(k, name): (usize, &String)| Array {
                        name: name.clone(),
                        shape: vec![columns.rows.len()],
                        values: columns.rows.iter().map(|row| row[k]).collect(),
                    };
                    Some(write_npz(&columns.names.iter().enumerate().map(column).collect::<Vec<_>>()))
                }
                "npy" => Some(npy(&columns.to_array(name))),
                _ => None,
            })
        };
        let bytes = match (self.what, &*extension) {
            (ExportedArrays::Latents, "npz") => {
                let mut arrays = Vec::from(posteriors(&vae, &x));
                let rows: Vec<f64> = parts.iter().flat_map(|(_, part)| &part.rows).map(|row| *row as f64).collect();
                if !rows.is_empty() {
                    arrays.push(Array { name: "row".to_owned(), shape: vec![rows.len()], values: rows });
                }
                Some(write_npz(&arrays))
            }
            (ExportedArrays::Latents, "npy") => Some(npy(&posteriors(&vae, &x)[0])),
            (ExportedArrays::Latents, "csv") if !data.train.rows.is_empty() => {
                Some(latents_of_rows(&vae, data, &parts)?.into_bytes())
            }
            (ExportedArrays::Latents, _) => table(&latents(&vae, &x), "latents")?,
            (ExportedArrays::Decodings, _) => table(&decodings(&vae, &places(), data), "decodings")?,
            (ExportedArrays::Traversals, "npy") => Some(npy(&traversals(&vae, &z, data))),
            (ExportedArrays::Traversals, "npz") => Some(write_npz(&[traversals(&vae, &z, data)])),
            (ExportedArrays::Traversals, _) => table(&traversal_table(&vae, &z, data), "traversals")?,
            (ExportedArrays::Jacobians, "npz") => Some(write_npz(&[jacobians()])),
            (ExportedArrays::Jacobians, "npy") => Some(npy(&jacobians())),
            (ExportedArrays::Jacobians, "csv") if one => table(&jacobian_table(&vae, &z), "jacobian")?,
            (ExportedArrays::Jacobians, "csv") => {
                return input("Jacobians have three axes; write them as .npy or .npz".to_owned());
            }
            (ExportedArrays::Jacobians, _) => None,
            (ExportedArrays::Densities, _) => table(&densities(&vae, &z), "densities")?,
        };
        let Some(bytes) = bytes else { return input(format!("the file must end in .npy, .npz or .csv: {path}")) };
        write_atomically(&self.out, &bytes)?;
        Ok(format!("{path}\n"))
    }
}
