//! The rows of the traversal view and their decodings.

use crate::experiment::Snapshot;
use crate::geometry::Seam;
use crate::linalg::Matrix;
use crate::viz::latent_grid::RANGE;
use crate::viz::selection::Selection;
use crate::viz::traversal::{RangeRule, RowOrder, Traversal, decode_along};

/// Columns of a figure; the window has [`WINDOW_COLUMNS`], or fewer where there is no room.
pub(crate) const FIGURE_COLUMNS: usize = 11;

/// Columns of the window.
pub(super) const WINDOW_COLUMNS: usize = 9;

/// More rows are not shown.
const MOST_ROWS: usize = 16;

/// Points along the curve of a row in data space.
const CURVE_POINTS: usize = 61;

/// The rows with their decodings.
#[derive(Clone, Debug)]
pub(crate) struct Strips {
    /// The rows, from above.
    pub rows: Vec<Strip>,
    /// Decodings (n), row by row.
    pub decodings: Matrix<f32>,
    /// Latents without a row.
    pub left_out: usize,
}

/// A row: a latent that takes several values while the others are those of z\*.
#[derive(Clone, Debug)]
pub(crate) struct Strip {
    /// The latent.
    pub latent: usize,
    /// Its values; the middle one is that of z\*.
    pub values: Vec<f64>,
    /// The ends of the rule.
    pub ends: [f64; 2],
    /// KL of the latent in nats, the mean over the measured held-out observations.
    pub kl: f64,
    /// False for a collapsed latent, whose correlations mean nothing.
    pub is_active: bool,
    /// The factor that it is matched with, or that correlates most with it, and the correlation.
    pub factor: Option<(usize, f64)>,
    /// The image of its line through z\*, in up to three dimensions; otherwise empty.
    pub curve: Matrix<f32>,
}

impl Strips {
    /// The rows through z\* with so many columns.
    ///
    /// # Errors
    /// If the rule of the range needs an observation and none is chosen.
    pub(crate) fn new(snapshot: &Snapshot, selection: &Selection, columns: usize) -> Result<Self, &'static str> {
        let (traversal, z) = (&selection.traversal, selection.rest());
        if traversal.range == RangeRule::PosteriorSd && !snapshot.vae.has_encoder {
            return Err("– (the model has no encoder, so observations have no posteriors); choose another range");
        }
        let posterior = selection.observation.map(|i| snapshot.posterior(i));
        let kl = kl_per_latent(snapshot);
        let rows: Vec<Strip> = order(traversal, &kl)
            .map(|latent| {
                let ends = traversal.ends(latent, snapshot.vae.prior, posterior.as_ref())?;
                let values = traversal.values(z[latent], snapshot.vae.prior, ends, columns);
                let is_active = snapshot.geometry.active.contains(&latent);
                let factor = own_factor(snapshot, latent).filter(|_| is_active);
                let curve = curve(snapshot, z, latent);
                Ok(Strip { latent, values, ends, kl: kl[latent], is_active, factor, curve })
            })
            .collect::<Result<_, &'static str>>()?;
        let places = rows.iter().flat_map(|row| row.values.iter().map(|value| (row.latent, *value)));
        let decodings = decode_along(snapshot, z, places);
        Ok(Self { left_out: z.len() - rows.len(), rows, decodings })
    }

    /// The columns of a row.
    pub(crate) fn columns(&self) -> usize {
        self.rows.first().map_or(1, |row| row.values.len())
    }

    /// The decoding of a tile (n).
    pub(crate) fn decoding(&self, row: usize, column: usize) -> &[f32] {
        self.decodings.column(row * self.columns() + column)
    }

    /// The difference of a tile from the middle of its row (n).
    pub(super) fn difference(&self, row: usize, column: usize) -> Vec<f32> {
        let centre = self.decoding(row, self.columns() / 2);
        self.decoding(row, column).iter().zip(centre).map(|(x, centre)| x - centre).collect()
    }

    /// The largest magnitude of all differences.
    pub(super) fn largest_difference(&self) -> f64 {
        let tiles = (0..self.rows.len()).flat_map(|row| (0..self.columns()).map(move |column| (row, column)));
        let largest = tiles.flat_map(|(row, column)| self.difference(row, column)).fold(0.0_f32, |a, x| a.max(x.abs()));
        f64::from(largest)
    }
}

/// The latents in the order of the rows.
fn order(traversal: &Traversal, kl: &[f64]) -> impl Iterator<Item = usize> + use<> {
    let mut latents: Vec<usize> = (0..kl.len()).collect();
    if traversal.order == RowOrder::Kl {
        latents.sort_by(|a, b| kl[*b].total_cmp(&kl[*a]));
    }
    latents.into_iter().take(MOST_ROWS)
}

/// KL of each latent, the mean over the measured held-out observations, in nats; NaN without an encoder.
fn kl_per_latent(snapshot: &Snapshot) -> Vec<f64> {
    let count = snapshot.measured_observations().min(snapshot.encodings.columns());
    let mut sums = vec![if snapshot.vae.has_encoder { 0.0 } else { f64::NAN }; snapshot.latent_dim()];
    for i in 0..count {
        sums.iter_mut().zip(snapshot.posterior(i).kl_per_dim(snapshot.vae.prior)).for_each(|(sum, kl)| *sum += kl);
    }
    sums.into_iter().map(|sum| sum / count.max(1) as f64).collect()
}

/// The factor that a latent is matched with, as in the view Factors, or else the one that correlates most with its posterior mean.
fn own_factor(snapshot: &Snapshot, latent: usize) -> Option<(usize, f64)> {
    let correlation = snapshot.correlation.as_ref()?;
    let row = correlation.factors.row(latent).into_owned();
    let matches = correlation.matches(&snapshot.geometry.active);
    if let Some(factor) = matches.iter().position(|matched| *matched == Some(latent)) {
        return Some((factor, row[factor]));
    }
    let finite = row.iter().copied().enumerate().filter(|(_, r)| r.is_finite());
    finite.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
}

fn curve(snapshot: &Snapshot, z: &[f64], latent: usize) -> Matrix<f32> {
    if snapshot.data_dim() > 3 {
        return Matrix::zeros(snapshot.data_dim(), 0);
    }
    Seam::through(&snapshot.vae, z, latent, RANGE, CURVE_POINTS).points.map(|x| x as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;

    #[test]
    fn rows_differ_from_z_in_one_latent() {
        let (snapshot, _) = trained("cylinder", 30);
        let selection = Selection { z: vec![0.5, -1.0], ..Selection::default() };
        let strips = Strips::new(&snapshot, &selection, 5).unwrap();
        assert_eq!((strips.rows.len(), strips.columns(), strips.left_out), (2, 5, 0));
        for (row, strip) in strips.rows.iter().enumerate() {
            assert_eq!(strip.values[2], selection.z[strip.latent]);
            for (column, value) in strip.values.iter().enumerate() {
                let mut z: Vec<f32> = selection.z.iter().map(|z| *z as f32).collect();
                z[strip.latent] = *value as f32;
                let expected = snapshot.vae.decode(&Matrix::from_columns(2, 1, z));
                let error = expected.column(0).iter().zip(strips.decoding(row, column)).map(|(a, b)| (a - b).abs());
                // Blocks of another width may round differently.
                assert!(error.fold(0.0, f32::max) < 1e-5);
            }
            assert!(strips.difference(row, 2).iter().all(|d| *d == 0.0));
        }
        // The rows share out KL(q ‖ p).
        let count = snapshot.measured_observations();
        let kl = (0..count).map(|i| snapshot.posterior(i).kl(snapshot.vae.prior)).sum::<f64>() / count as f64;
        assert!((strips.rows.iter().map(|row| row.kl).sum::<f64>() - kl).abs() < 1e-9 * kl);
        assert!(strips.rows.iter().all(|row| row.kl > 0.0 && row.factor.is_some()));
    }

    #[test]
    fn rows_are_ordered_by_kl_on_request() {
        let (snapshot, _) = trained("linear", 60);
        let mut selection = Selection { z: vec![0.0, 0.0], ..Selection::default() };
        selection.traversal.order = RowOrder::Kl;
        let strips = Strips::new(&snapshot, &selection, 3).unwrap();
        assert!(strips.rows[0].kl >= strips.rows[1].kl);
    }
}
