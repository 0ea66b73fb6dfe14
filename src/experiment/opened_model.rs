//! A model from a file: it is not trained here, and the only data it has are its own samples.

use rand_distr::{Distribution as _, StandardNormal};

use crate::data::{Dataset, ObservationKind, Split};
use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};
use crate::vae::Vae;

/// A model from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedModel {
    /// File name without folders.
    pub name: String,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// The model.
    pub vae: Vae<f32>,
    /// Height and width, if its decodings are greyscale images.
    pub image: Option<(usize, usize)>,
}

/// Numbers in the samples of a split: fewer samples where an observation is large.
const MOST_NUMBERS: usize = 4_000_000;

/// Why a model from a file does not train.
pub const FIXED: &str = "a model from a file is shown, not trained: it has no data but its own samples";

/// The data of a model from a file, in words.
pub const OWN_SAMPLES: &str = "samples of the model itself, x = d(z) with z ~ N(0, I)";

impl OpenedModel {
    /// Samples x = d(z) of the model, z ~ N(0, I), in the place of data: their factors are z. At most 1,000 training and 2,000
    /// held-out ones.
    pub fn samples(&self, seed: u64) -> Dataset {
        let (n, m) = (self.vae.data_dim(), self.vae.latent_dim());
        let split = |place: u64, most: usize| {
            let mut rng = stream(seed, Purpose::Data, place);
            let count = (MOST_NUMBERS / n).clamp(32, most);
            let z = Matrix::from_fn(m, count, |_, _| {
                let z: f64 = StandardNormal.sample(&mut rng);
                z as f32
            });
            Split::new(self.vae.decode(&z), Some(z))
        };
        let (height, width) = self.image.unwrap_or((0, 0));
        Dataset {
            train: split(0, 1000),
            test: split(1, 2000),
            labels: Vec::new(),
            factor_names: (1..=m).map(|i| format!("z{i}")).collect(),
            observation_names: (1..=n).map(|i| format!("x{i}")).collect(),
            kind: if self.image.is_some() {
                ObservationKind::Images { height, width, channels: 1 }
            } else {
                ObservationKind::Points
            },
            centre_and_scale: None,
            split_seed: None,
        }
    }
}
