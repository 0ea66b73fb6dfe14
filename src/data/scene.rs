//! Scenes: generated data with known factors, training defaults, and what to look for. A scene is a text file that
//! lecturers can edit.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::generator::{Generator, ObservationSource};
use super::ground_truth_map::GroundTruthMap;
use super::training::TrainingDefaults;
use crate::vae::Likelihood;

/// A scene as in its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// The version of the file format.
    #[serde(default = "current_schema")]
    pub schema: u32,
    /// The name in files and on the command line.
    pub name: String,
    /// The name on the screen.
    pub title: String,
    /// A summary on one line.
    pub summary: String,
    /// Instructions and the expected observation, in a few sentences.
    pub look_for: String,
    /// The generator of the observations.
    pub generator: Generator,
    /// Default model, objective and optimiser.
    #[serde(default)]
    pub training: TrainingDefaults,
    /// Initial camera for three-dimensional data.
    #[serde(default)]
    pub camera: SceneCamera,
}

/// The initial camera of a scene: it orbits the vertical x₃ axis and looks at the centre of the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SceneCamera {
    /// Degrees from the x₁ axis towards the x₂ axis.
    pub yaw: f64,
    /// Degrees above the plane of x₁ and x₂.
    pub pitch: f64,
    /// Magnification; 1 fits the data into the view.
    pub zoom: f64,
}

impl Default for SceneCamera {
    fn default() -> Self {
        Self { yaw: 35.0, pitch: 25.0, zoom: 1.0 }
    }
}

/// The reason why a text is not a scene.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{sentence}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct SceneError {
    /// The line with the mistake, counted from 1, if there is one.
    pub line: Option<usize>,
    /// The mistake and its remedy.
    pub sentence: String,
}

/// The only version of scene files so far.
const SCHEMA: u32 = 1;

fn current_schema() -> u32 {
    SCHEMA
}

/// The built-in scenes in teaching order.
const BUILT_IN: [&str; 25] = [
    include_str!("../../assets/scenes/linear.toml"),
    include_str!("../../assets/scenes/linear-equal.toml"),
    include_str!("../../assets/scenes/uniform-square.toml"),
    include_str!("../../assets/scenes/water-filling.toml"),
    include_str!("../../assets/scenes/learned-variance.toml"),
    include_str!("../../assets/scenes/laplace.toml"),
    include_str!("../../assets/scenes/parabola.toml"),
    include_str!("../../assets/scenes/cylinder.toml"),
    include_str!("../../assets/scenes/s-curve.toml"),
    include_str!("../../assets/scenes/swiss-roll.toml"),
    include_str!("../../assets/scenes/polar.toml"),
    include_str!("../../assets/scenes/sphere.toml"),
    include_str!("../../assets/scenes/skew.toml"),
    include_str!("../../assets/scenes/twist.toml"),
    include_str!("../../assets/scenes/whisper.toml"),
    include_str!("../../assets/scenes/sources.toml"),
    include_str!("../../assets/scenes/autoencoder.toml"),
    include_str!("../../assets/scenes/kinks.toml"),
    include_str!("../../assets/scenes/bits.toml"),
    include_str!("../../assets/scenes/two-points.toml"),
    include_str!("../../assets/scenes/clusters.toml"),
    include_str!("../../assets/scenes/outliers.toml"),
    include_str!("../../assets/scenes/blob.toml"),
    include_str!("../../assets/scenes/sprites.toml"),
    include_str!("../../assets/scenes/shapes.toml"),
];

impl Scene {
    /// The built-in scenes in teaching order.
    pub fn built_in() -> &'static [Self] {
        static SCENES: LazyLock<Vec<Scene>> = LazyLock::new(|| {
            BUILT_IN.iter().map(|text| Scene::parse(text).expect("the tests parse every built-in scene")).collect()
        });
        &SCENES
    }

    /// The built-in scene of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::built_in().iter().find(|scene| scene.name == name)
    }

    /// Reads a scene file (TOML).
    ///
    /// # Errors
    /// If the text is not TOML, has an unknown key, lacks a key, or has values that cannot be generated or trained.
    pub fn parse(text: &str) -> Result<Self, SceneError> {
        let scene: Self = toml::from_str(text).map_err(|error| SceneError {
            line: error.span().map(|span| 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()),
            sentence: error.message().replace('\n', "; "),
        })?;
        scene.check()?;
        Ok(scene)
    }

    /// Checks that the scene can be generated and trained, which an edited scene may not be.
    ///
    /// # Errors
    /// About the first value that makes it impossible.
    pub fn check(&self) -> Result<(), SceneError> {
        let error = |sentence| SceneError { line: None, sentence };
        if self.schema != SCHEMA {
            let schema = self.schema;
            return Err(error(format!("the scene has schema {schema}, but this program reads schema {SCHEMA}")));
        }
        if self.name.trim().is_empty() {
            return Err(error("the name of the scene is empty".to_owned()));
        }
        let SceneCamera { yaw, pitch, zoom } = self.camera;
        if !(yaw.is_finite() && pitch.abs() <= 90.0 && (0.01..=100.0).contains(&zoom)) {
            return Err(error("[camera] needs pitch from −90 to 90 degrees and zoom from 0.01 to 100".to_owned()));
        }
        self.generator.check().and_then(|()| self.training.check()).map_err(error)
    }

    /// The true decoder; `None` for clusters and shapes, whose factors are discrete.
    pub fn truth(&self) -> Option<&GroundTruthMap> {
        match &self.generator.source {
            ObservationSource::Map { map, .. } => Some(map),
            ObservationSource::Clusters { .. } | ObservationSource::Shapes => None,
        }
    }

    /// The variance of the noise on each coordinate: σ² unless the scene gives another, and none for Bernoulli variables, which noise
    /// would take out of [0, 1].
    pub fn noise_variance(&self) -> f64 {
        let default = match self.training.likelihood {
            Likelihood::Gaussian => self.training.sigma2,
            Likelihood::Bernoulli => 0.0,
        };
        self.generator.noise_variance.unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::generate::generate;
    use crate::data::generator::SampleMoments;
    use proptest::prelude::*;

    const SMALL: &str = "name = 'small'\ntitle = ''\nsummary = ''\nlook_for = ''\n[generator]\nmap.kind = 'cylinder'\n";

    fn sentence(text: &str) -> String {
        Scene::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_built_in_scene_has_a_name_and_an_explanation() {
        let mut names = std::collections::BTreeSet::new();
        for scene in Scene::built_in() {
            assert!(names.insert(&scene.name), "{} appears twice", scene.name);
            assert!(scene.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", scene.name);
            assert_eq!(scene.summary.lines().count(), 1, "{}", scene.name);
            assert!(scene.look_for.len() > 100, "{}", scene.name);
            assert!(!scene.title.is_empty() && scene.title.len() < 50, "{}", scene.name);
            assert_eq!(Scene::named(&scene.name), Some(scene));
        }
        assert_eq!(Scene::named("torus"), None);
    }

    #[test]
    fn every_built_in_scene_generates_finite_data_of_its_dimensions() {
        for scene in Scene::built_in() {
            let data = generate(scene, 3);
            for (split, samples) in [(&data.train, scene.generator.samples), (&data.test, scene.generator.test_samples)]
            {
                let factors = split.factors.as_ref().unwrap();
                assert_eq!(
                    (split.data_dim(), split.samples()),
                    (scene.generator.data_dim(), samples),
                    "{}",
                    scene.name
                );
                assert_eq!((factors.rows(), factors.columns()), (data.factor_names.len(), samples), "{}", scene.name);
                assert!(split.observations.as_slice().iter().chain(factors.as_slice()).all(|x| x.is_finite()));
            }
            assert_eq!(data.observation_names.len(), data.data_dim());
            assert_eq!(data.factor_count(), scene.generator.factor_names().len());
        }
    }

    #[test]
    fn a_written_scene_is_read_back_unchanged() {
        for scene in Scene::built_in() {
            assert_eq!(Scene::parse(&toml::to_string(scene).unwrap()).as_ref(), Ok(scene));
        }
    }

    #[test]
    fn missing_keys_have_defaults() {
        let scene = Scene::parse(SMALL).unwrap();
        assert_eq!(scene.truth(), Some(&GroundTruthMap::Cylinder { radius: 2.0, rate: 0.8, height: 0.8 }));
        assert_eq!((scene.generator.samples, scene.generator.test_samples), (20_000, 4_000));
        assert_eq!(scene.generator.moments, SampleMoments::Sampled);
        assert_eq!(scene.noise_variance(), scene.training.sigma2);
        let bare = Scene::parse(&format!("{SMALL}noise_variance = 0\n")).unwrap();
        assert_eq!(bare.noise_variance(), 0.0);
    }

    #[test]
    fn each_mistake_has_a_clear_sentence() {
        let with = |line: &str| sentence(&format!("{SMALL}{line}\n"));
        for (mistake, words) in [
            ("noise = 0.1", "line 7: unknown field `noise`"),
            ("noise_variance = -0.1", "noise_variance = -0.1 is outside 0 to 1000000"),
            ("noise_variance = nan", "noise_variance = NaN"),
            ("samples = 3", "samples = 3 is outside 10 to 1000000"),
            ("test_samples = 900000000000", "test_samples = 900000000000 is outside"),
            ("samples = -3", "line 7: invalid value: integer `-3`"),
            ("moments = 'exact'\nsamples = 49", "samples = 49 is too few for exact moments; give 50"),
            ("clusters = [[1.0]]", "needs either `map` or `clusters`"),
            ("map.radius = 'wide'", "invalid type: string \"wide\", expected f64"),
            ("map.breadth = 2", "unknown field `breadth`, expected one of `radius`, `rate`, `height`"),
            ("map.radius = inf", "[generator.map] these parameters"),
            ("[training]\nsigma2 = 0", "sigma2 = 0 must be a positive number"),
            ("[training]\nlatent_dim = 0", "latent_dim = 0 is outside 1 to 64"),
            ("[training]\nhidden = [64, 99999]", "width = 99999 is outside 1 to 4096"),
            ("[training]\nactivation = 'sigmoid'", "unknown variant `sigmoid`"),
            ("[training]\nmomentum = 1", "line 8: unknown field `momentum`"),
            ("[camera]\npitch = 100", "pitch from −90 to 90"),
            ("[camera", "line 7: "),
        ] {
            let sentence = with(mistake);
            assert!(sentence.contains(words) && !sentence.contains('\n'), "{mistake:?} gives {sentence:?}");
        }
        let swapped = |from: &str, to: &str| sentence(&SMALL.replace(from, to));
        assert!(swapped("map.kind = 'cylinder'", "").contains("needs either `map` or `clusters`"));
        assert!(swapped("cylinder", "torus").contains("unknown variant `torus`, expected one of `linear`"));
        assert!(swapped("name = 'small'", "").contains("missing field `name`"));
        assert!(swapped("name = 'small'", "name = ' '").contains("name of the scene is empty"));
        assert!(swapped("name", "schema = 2\nname").contains("schema 2, but this program reads schema 1"));
        let clusters = |points: &str| swapped("map.kind = 'cylinder'", &format!("clusters = {points}"));
        assert!(clusters("[[1.0, 2.0], [3.0]]").contains("point 2 must have 2 coordinates"));
        assert!(clusters("[]").contains("1 to 1000 points"));
        assert!(clusters("[[1.0]]\nfactors = 'normal'").contains("discrete"));
        assert!(clusters("[[1.0]]\nfrequencies = [1, 2]").contains("a number from 1 to 1000000 for each"));
        assert!(clusters("[[1.0], [2.0]]\nfrequencies = [0, 2]").contains("a number from 1 to 1000000 for each"));
        assert!(swapped("[generator]", "[generator]\nfrequencies = [1]").contains("a map has none"));
        assert!(clusters("[[1.0]]\nmoments = 'exact'").contains("needs a map"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>(), at in 0..SMALL.len(), cut in any::<bool>()) {
            let spliced = format!("{}{text}{}", &SMALL[..at], if cut { "" } else { &SMALL[at..] });
            let outcomes = [Scene::parse(&text), Scene::parse(&spliced)];
            prop_assert!(outcomes.into_iter().flatten().all(|scene| scene.check().is_ok()));
        }
    }
}
