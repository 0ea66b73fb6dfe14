//! `unpick export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::error::CliError;
use crate::io::{
    Array, Columns, FileError, densities, exists, jacobians, latents, open, posteriors, write_atomically,
    write_npy_f64, write_npz,
};

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Read the run from this folder
    dir: PathBuf,
    /// Write posterior means (in .npz with covariances and reconstructions) or Jacobians at the held-out observations, or
    /// push-forward densities along the seams through z*
    #[arg(long, value_enum)]
    what: ExportedArrays,
    /// Write to this file: .npy, .npz or .csv (no .csv for Jacobians, which have three axes)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Set z*, as 0.6,-0.5 [default: the origin]
    #[arg(long, value_name = "Z1,Z2,…", value_delimiter = ',', allow_hyphen_values = true)]
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
}

impl Export {
    /// Writes the file and returns its path.
    pub(super) fn run(self) -> Result<String, CliError> {
        let path = self.out.display();
        let input = |sentence: String| Err(CliError::Input(sentence));
        if !self.force && exists(&self.out) {
            return input(format!("the file exists already; add --force to overwrite: {path}"));
        }
        let saved = open(&self.dir)?;
        let vae = saved.vae.cast::<f64>();
        let m = vae.latent_dim();
        let z = if self.at.is_empty() { vec![0.0; m] } else { self.at };
        if z.len() != m || !z.iter().all(|z| z.abs() <= 20.0) {
            return input(format!("--at must be {m} numbers between -20 and 20"));
        }
        let x = saved.data.test.observations.map(f64::from);
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
            (ExportedArrays::Latents, "npz") => Some(write_npz(&posteriors(&vae, &x))),
            (ExportedArrays::Latents, "npy") => Some(npy(&posteriors(&vae, &x)[0])),
            (ExportedArrays::Latents, _) => table(&latents(&vae, &x), "latents")?,
            (ExportedArrays::Jacobians, "npz") => Some(write_npz(&[jacobians(&vae, &x)])),
            (ExportedArrays::Jacobians, "npy") => Some(npy(&jacobians(&vae, &x))),
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
