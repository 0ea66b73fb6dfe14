//! Numbers for export: latents, posteriors, Jacobians, densities.

use crate::data::{Dataset, Split};
use crate::geometry::{Jets, Order, Seam};
use crate::io::file_error::FileError;
use crate::io::format::csv_writer::Csv;
use crate::io::format::npz::Array;
use crate::linalg::Matrix;
use crate::vae::Vae;

/// A table of numbers with named columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Rows, each with one number for each column.
    pub rows: Vec<Vec<f64>>,
}

impl Columns {
    /// The table as CSV.
    pub fn to_csv(&self) -> Csv {
        let mut csv = Csv::new(self.names.iter().cloned());
        self.rows.iter().for_each(|row| csv.push([], row.iter().copied()));
        csv
    }

    /// The table as an array of rows × columns.
    pub fn to_array(&self, name: &str) -> Array {
        let shape = vec![self.rows.len(), self.names.len()];
        Array { name: name.to_owned(), shape, values: self.rows.concat() }
    }
}

/// Posterior means of the observations (n × N): rows of an index and m coordinates.
pub fn latents(vae: &Vae<f64>, observations: &Matrix<f64>) -> Columns {
    let names = (1..=vae.latent_dim()).map(|i| format!("z_{i}"));
    let rows = vae.posteriors(observations).into_iter().enumerate();
    Columns {
        names: std::iter::once("index".to_owned()).chain(names).collect(),
        rows: rows.map(|(k, q)| std::iter::once(k as f64).chain(q.mean.iter().copied()).collect()).collect(),
    }
}

/// Posterior means of your data as CSV: the row in the file (from 0, without the header), the part, m coordinates, labels, factors.
///
/// # Errors
/// If a value cannot be CSV.
pub fn latents_of_rows(vae: &Vae<f64>, data: &Dataset, parts: &[(&str, &Split)]) -> Result<String, FileError> {
    let latents = (1..=vae.latent_dim()).map(|i| format!("z_{i}"));
    let labels = data.labels.iter().map(|label| label.name.clone());
    let names = ["row", "part"].map(str::to_owned).into_iter().chain(latents).chain(labels);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names.chain(data.factor_names.iter().cloned())).map_err(FileError::new)?;
    for (name, part) in parts {
        let posteriors = vae.posteriors(&part.observations.map(f64::from));
        for (k, q) in posteriors.iter().enumerate() {
            let labels =
                data.labels.iter().zip(&part.labels).map(|(label, own)| label.categories[own[k] as usize].clone());
            let factors = part.factors.iter().flat_map(|factors| factors.column(k)).map(f32::to_string);
            let start = [part.rows[k].to_string(), (*name).to_owned()].into_iter();
            let row = start.chain(q.mean.iter().map(f64::to_string)).chain(labels).chain(factors);
            writer.write_record(row).map_err(FileError::new)?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| FileError::new(e.error()))?;
    String::from_utf8(bytes).map_err(FileError::new)
}

/// Posteriors of the observations (n × N): `mean` (N, m), `covariance` (N, m, m), and `decoded` (N, n), the decoder at
/// the means.
pub fn posteriors(vae: &Vae<f64>, observations: &Matrix<f64>) -> [Array; 3] {
    let (n, m, all) = (vae.data_dim(), vae.latent_dim(), vae.posteriors(observations));
    let mean: Vec<f64> = all.iter().flat_map(|q| q.mean.iter().copied()).collect();
    let decoded = vae.decode(&Matrix::from_columns(m, all.len(), mean.clone()));
    // Symmetric, so row-major and column-major agree.
    let covariance = all.iter().flat_map(|q| q.covariance().iter().copied().collect::<Vec<_>>()).collect();
    [
        Array { name: "mean".to_owned(), shape: vec![all.len(), m], values: mean },
        Array { name: "covariance".to_owned(), shape: vec![all.len(), m, m], values: covariance },
        Array { name: "decoded".to_owned(), shape: vec![all.len(), n], values: decoded.as_slice().to_vec() },
    ]
}

/// Latents of m coordinates beside each other: m × N.
pub fn stacked<'a>(latents: impl IntoIterator<Item = &'a [f64]>) -> Matrix<f64> {
    let columns: Vec<&[f64]> = latents.into_iter().collect();
    Matrix::from_columns(columns.first().map_or(0, |z| z.len()), columns.len(), columns.concat())
}

/// Decodings at latents `z` (m × N), a row for each, with the names of the n columns and in the units of your file.
pub fn decodings(vae: &Vae<f64>, z: &Matrix<f64>, data: &Dataset) -> Columns {
    let decoded = in_file_units(vae.decode(z), data);
    Columns { names: data.observation_names.clone(), rows: decoded.iter_columns().map(<[f64]>::to_vec).collect() }
}

/// Decodings (n × N) in the units of your file.
fn in_file_units(mut decoded: Matrix<f64>, data: &Dataset) -> Matrix<f64> {
    for c in 0..decoded.columns() {
        decoded.column_mut(c).iter_mut().enumerate().for_each(|(r, x)| *x = data.in_file_units(r, *x));
    }
    decoded
}

/// Values of a latent along a traversal: −2 to 2 in 11 equal steps.
const TRAVERSED: [f64; 11] = [-2.0, -1.6, -1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2, 1.6, 2.0];

/// Decodings along each latent, the others as in `z`: `traversals` (m, 11, n), from −2 to 2 prior standard deviations,
/// in the units of your file.
pub fn traversals(vae: &Vae<f64>, z: &[f64], data: &Dataset) -> Array {
    let decoded = in_file_units(vae.decode(&traversed(z)), data);
    let shape = vec![z.len(), TRAVERSED.len(), vae.data_dim()];
    Array { name: "traversals".to_owned(), shape, values: decoded.as_slice().to_vec() }
}

/// The same as a table: the number of the latent (from 1), its value, and the decoding with the names of the n columns.
pub fn traversal_table(vae: &Vae<f64>, z: &[f64], data: &Dataset) -> Columns {
    let start = ["latent", "value"].map(str::to_owned);
    let latents = (0..z.len()).flat_map(|i| TRAVERSED.map(|value| [(i + 1) as f64, value]));
    let decoded = in_file_units(vae.decode(&traversed(z)), data);
    Columns {
        names: start.into_iter().chain(data.observation_names.iter().cloned()).collect(),
        rows: latents.zip(decoded.iter_columns()).map(|(place, x)| [&place, x].concat()).collect(),
    }
}

/// The latents of a traversal (m × 11 m), latent by latent.
fn traversed(z: &[f64]) -> Matrix<f64> {
    Matrix::from_fn(z.len(), TRAVERSED.len() * z.len(), |r, c| {
        if c / TRAVERSED.len() == r { TRAVERSED[c % TRAVERSED.len()] } else { z[r] }
    })
}

/// The Jacobian of x̂ at one latent: `jacobian` (n, m).
pub fn jacobian(vae: &Vae<f64>, z: &[f64]) -> Array {
    let Array { name, mut shape, values } = jacobians(vae, &Matrix::from_columns(z.len(), 1, z.to_vec()));
    shape.remove(0);
    Array { name, shape, values }
}

/// The same as a table: the number of a data dimension (from 1), and its derivatives by the m latents.
pub fn jacobian_table(vae: &Vae<f64>, z: &[f64]) -> Columns {
    let rows = jacobian(vae, z).values;
    let names = std::iter::once("dimension".to_owned()).chain((1..=z.len()).map(|i| format!("J_{i}")));
    let row = |(k, row): (usize, &[f64])| std::iter::once((k + 1) as f64).chain(row.iter().copied()).collect();
    Columns { names: names.collect(), rows: rows.chunks_exact(z.len()).enumerate().map(row).collect() }
}

/// Jacobians of x̂ at latents `z` (m × N): `jacobian` (N, n, m).
pub fn jacobians(vae: &Vae<f64>, z: &Matrix<f64>) -> Array {
    let (n, m, count) = (vae.data_dim(), vae.latent_dim(), z.columns());
    let jets = Jets::of(vae, z, Order::First);
    let values = (0..count).flat_map(|k| jets.jacobian(k).transpose().iter().copied().collect::<Vec<_>>()).collect();
    Array { name: "jacobian".to_owned(), shape: vec![count, n, m], values }
}

/// The push-forward densities along the seams through `z`, each of 281 points within 3.5 prior standard deviations: the
/// number of the latent (from 1), its value t, p(t), arc length from d(z), ‖∂ᵢd‖, and p(t)/‖∂ᵢd‖.
pub fn densities(vae: &Vae<f64>, z: &[f64]) -> Columns {
    const RANGE: f64 = 3.5;
    const POINTS: usize = 281;
    let rows = (0..z.len()).flat_map(|i| densities_of(&Seam::through(vae, z, i, RANGE, POINTS))).map(Vec::from);
    let names = ["latent", "t", "prior", "arc_length", "speed", "density"];
    Columns { names: names.map(str::to_owned).into(), rows: rows.collect() }
}

/// The rows of [`densities`] for one seam.
pub fn densities_of(seam: &Seam) -> Vec<[f64; 6]> {
    let points = seam.t.iter().zip(&seam.arc).zip(seam.speed.iter().zip(seam.density()));
    let latent = (seam.latent + 1) as f64;
    points.map(|((t, arc), (speed, density))| [latent, *t, seam.prior.density(*t), *arc, *speed, density]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{CentreAndScale, ObservationKind, Scale};
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};

    fn model() -> (Vae<f64>, Matrix<f64>) {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![5],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::new(3, architecture, Covariance::Full, &mut stream(1, Purpose::Init, 0));
        vae.parameters.iter_mut().zip(0_u32..).for_each(|(p, k)| *p += 0.1 * f64::from(k).sin());
        (vae, Matrix::from_fn(3, 4, |r, c| f64::from((r * 3 + c) as u32).cos()))
    }

    /// Your data with a centre and a scale for each of n columns, of which only these are read here.
    fn data(n: usize) -> Dataset {
        let split = || Split::new(Matrix::from_fn(n, 2, |_, _| 0.0), None);
        let centre = (0..n).map(|r| 100.0 + r as f64).collect();
        let scale = Scale::Columns((0..n).map(|r| (2 + r) as f64).collect());
        Dataset {
            train: split(),
            test: split(),
            factor_names: Vec::new(),
            labels: Vec::new(),
            observation_names: (1..=n).map(|k| format!("x{k}")).collect(),
            kind: ObservationKind::Points,
            centre_and_scale: Some(CentreAndScale { centre, scale }),
            split_seed: None,
        }
    }

    #[test]
    fn a_traversal_moves_one_latent_at_a_time() {
        let (vae, _) = model();
        let z = vec![0.3; vae.latent_dim()];
        let data = data(vae.data_dim());
        let Array { shape, values, .. } = traversals(&vae, &z, &data);
        let (m, n) = (z.len(), vae.data_dim());
        assert_eq!(shape, [m, 11, n]);
        for (i, k, value) in [(0, 0, -2.0), (m - 1, 7, 0.8)] {
            let mut at = z.clone();
            at[i] = value;
            let expected = vae.decode(&Matrix::from_columns(m, 1, at));
            let start = (i * 11 + k) * n;
            // The units of the file: 2, 3, … times the numbers of the model, and 100, 101, … more.
            let original = |r: usize, x: f64| 100.0 + r as f64 + (2 + r) as f64 * x;
            assert!(
                expected.column(0).iter().enumerate().all(|(r, x)| (original(r, *x) - values[start + r]).abs() < 1e-9)
            );
            let row = &decodings(&vae, &Matrix::from_columns(m, 1, z.clone()), &data).rows[0];
            let here = vae.decode(&Matrix::from_columns(m, 1, z.clone()));
            assert!(row.iter().enumerate().all(|(r, x)| (original(r, here[(r, 0)]) - x).abs() < 1e-9));
        }
        let table = traversal_table(&vae, &z, &data);
        assert_eq!((table.rows.len(), table.names.len(), &table.rows[11][..2]), (11 * m, n + 2, &[2.0, -2.0][..]));
    }

    #[test]
    fn a_jacobian_is_the_slope_of_the_decoder_at_the_mean() {
        let (vae, x) = model();
        let columns = latents(&vae, &x);
        let [mean, covariance, decoded] = posteriors(&vae, &x);
        let jacobian = jacobians(&vae, &Matrix::from_columns(2, 4, mean.values.clone()));
        assert_eq!((&*jacobian.shape, &*mean.shape, &*covariance.shape), (&[4, 3, 2][..], &[4, 2][..], &[4, 2, 2][..]));
        assert_eq!(columns.names, ["index", "z_1", "z_2"]);
        let step = 1e-5;
        for (k, row) in columns.rows.iter().enumerate() {
            let image = vae.decode(&Matrix::from_columns(2, 1, row[1..].to_vec()));
            assert_eq!(decoded.values[3 * k..3 * k + 3], *image.as_slice());
            assert_eq!(row[1..], mean.values[2 * k..2 * k + 2]);
            for i in 0..2 {
                let moved = |sign: f64| {
                    let mut z = row[1..].to_vec();
                    z[i] += sign * step;
                    vae.decode(&Matrix::from_columns(2, 1, z))
                };
                let (plus, minus) = (moved(1.0), moved(-1.0));
                for r in 0..3 {
                    let slope = (plus[(r, 0)] - minus[(r, 0)]) / (2.0 * step);
                    // Rounding 1e-16/step and third derivatives times step².
                    assert!((jacobian.values[(k * 3 + r) * 2 + i] - slope).abs() < 1e-8);
                }
            }
        }
    }

    #[test]
    fn a_density_has_the_mass_of_the_prior() {
        let (vae, _) = model();
        let columns = densities(&vae, &[0.2, -0.3]);
        assert_eq!(columns.rows.len(), 2 * 281);
        for latent in [1.0, 2.0] {
            let rows: Vec<_> = columns.rows.iter().filter(|row| row[0] == latent).collect();
            let mass: f64 = rows.windows(2).map(|w| 0.5 * (w[0][5] + w[1][5]) * (w[1][3] - w[0][3])).sum();
            // erf(3.5/√2) = 0.999535; trapezoids of width 0.025.
            assert!((mass - 0.999_535).abs() < 1e-3, "{mass}");
        }
        let csv = columns.to_csv().to_text().unwrap();
        assert!(csv.starts_with("latent,t,prior,arc_length,speed,density\n1,-3.5,") && csv.lines().count() == 563);
    }
}
