//! The content of a figure: all views, one of them, both spaces, or a few views.

use crate::viz::layers::Layers;
use crate::viz::preset::Preset;
use crate::viz::view::View;
use crate::viz::views::{VIEWS, spec_of};

/// The content of a figure or of an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureContent {
    /// The whole layout.
    All,
    /// Latent space beside data space.
    Spaces,
    /// A few views.
    Few(Preset),
    /// One view.
    One(View),
}

/// The room that each of a few views needs to be read, in points.
const LEAST_OF_FEW: (f32, f32) = (336.0, 330.0);

impl FigureContent {
    /// All contents.
    pub fn list() -> impl Iterator<Item = Self> {
        Self::of_many().chain(VIEWS.map(|spec| Self::One(spec.view)))
    }

    /// Contents of more than one view.
    fn of_many() -> impl Iterator<Item = Self> {
        [Self::All, Self::Spaces].into_iter().chain(Preset::ALL.map(Self::Few))
    }

    /// The content of that name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        let view = || crate::viz::views::view_named(name).map(Self::One);
        Self::of_many().find(|content| content.name() == name).or_else(view)
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::All => "Whole layout",
            Self::Spaces => "Latent and data space",
            Self::Few(preset) => preset.title(),
            Self::One(view) => view.title,
        }
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Spaces => "spaces",
            Self::Few(preset) => preset.name(),
            Self::One(view) => view.name,
        }
    }

    /// True if it draws a view of that name.
    pub fn draws(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Spaces => ["data", "latent"].contains(&name),
            Self::Few(preset) => preset.rows().iter().any(|row| row.contains(&name)),
            Self::One(view) => view.name == name,
        }
    }

    /// The layers that it is drawn with.
    pub(super) fn layers(self, chosen: Layers) -> Layers {
        match self {
            Self::Few(preset) => preset.layers(chosen),
            _ => chosen,
        }
    }

    /// The least size in points of its layout in text of the usual size, of one run or of two.
    pub fn least_size(self, compared: bool) -> (f32, f32) {
        match (self, compared) {
            (Self::All, false) => (990.0, 560.0),
            (Self::All, true) => (990.0, 600.0),
            (Self::Spaces, false) => (480.0, 240.0),
            (Self::Spaces, true) => (480.0, 480.0),
            (Self::Few(preset), false) => (LEAST_OF_FEW.0 * preset.columns() as f32, LEAST_OF_FEW.1),
            // Two runs beside each other have their last two views.
            (Self::Few(preset), true) => (2.0 * LEAST_OF_FEW.0, LEAST_OF_FEW.1 * preset.columns().min(2) as f32),
            (Self::One(view), true) if !spec_of(view).is_shared => {
                let (width, height) = spec_of(view).least_size;
                (2.0 * width, height)
            }
            (Self::One(view), _) => spec_of(view).least_size,
        }
    }

    /// The usual size in points, of one run or of two.
    pub fn usual_size(self, compared: bool) -> (f32, f32) {
        match self {
            Self::All => (1280.0, 720.0),
            Self::Spaces if compared => (960.0, 880.0),
            Self::Spaces => (960.0, 500.0),
            Self::Few(preset) => {
                let views = preset.columns();
                if compared { (960.0, 440.0 * views as f32) } else { (480.0 * views as f32, 500.0) }
            }
            Self::One(view) if compared && !spec_of(view).is_shared => (1280.0, 540.0),
            Self::One(view) => spec_of(view).figure_size,
        }
    }
}
