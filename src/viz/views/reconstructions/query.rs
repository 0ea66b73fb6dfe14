//! Squared errors of the reconstructions of all encoded observations.

use crate::experiment::Snapshot;
use crate::linalg::Matrix;
use crate::vae::Vae;
use crate::viz::query::Query;

/// Asks for ‖x − d(μ(x))‖² of each encoded observation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ErrorsQuery;

impl Query for ErrorsQuery {
    type Answer = Vec<f64>;

    fn answer(&self, snapshot: &Snapshot, _: &Vae<f64>) -> Vec<f64> {
        /// Observations decoded at a time, which keeps the memory for large pictures small.
        const BLOCK: usize = 64;
        let all: Vec<usize> = (0..snapshot.encodings.columns()).collect();
        let block = |chosen: &[usize]| {
            let images = reconstructions(snapshot, chosen);
            let errors = chosen.iter().zip(images.iter_columns());
            errors
                .map(|(i, image)| squared_error(snapshot.data.test.observations.column(*i), image))
                .collect::<Vec<_>>()
        };
        all.chunks(BLOCK).flat_map(block).collect()
    }
}

/// d(μ(x)) of these encoded observations (n × their number).
pub(super) fn reconstructions(snapshot: &Snapshot, chosen: &[usize]) -> Matrix<f32> {
    let means = chosen.iter().flat_map(|i| snapshot.mean(*i).iter().copied()).collect();
    snapshot.vae.decode(&Matrix::from_columns(snapshot.latent_dim(), chosen.len(), means))
}

/// ‖x − x̂‖², in squared units of the data as the model sees them.
pub(super) fn squared_error(x: &[f32], image: &[f32]) -> f64 {
    x.iter().zip(image).map(|(x, image)| f64::from(x - image).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;

    #[test]
    fn errors_are_those_of_the_reconstructions() {
        let (snapshot, model) = trained("cylinder", 20);
        let errors = ErrorsQuery.answer(&snapshot, &model);
        assert_eq!(errors.len(), snapshot.encodings.columns());
        // An independent path: the encoder and the decoder in double precision, one observation at a time.
        for i in [0, 63, 64, 1999] {
            let x: Vec<f64> = snapshot.data.test.observations.column(i).iter().map(|x| f64::from(*x)).collect();
            let mean = model.encode(&Matrix::from_columns(x.len(), 1, x.clone())).column(0)[..2].to_vec();
            let image = model.decode(&Matrix::from_columns(2, 1, mean));
            let error: f64 = x.iter().zip(image.column(0)).map(|(x, image)| (x - image).powi(2)).sum();
            assert!((error - errors[i]).abs() < 1e-4 * (1.0 + error), "{i}: {error} and {}", errors[i]);
        }
    }
}
