//! The content of a figure: all views, one of them, or both spaces.

use crate::viz::view::View;
use crate::viz::views::{VIEWS, spec_of};

/// The content of a figure or of an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureContent {
    /// The whole layout.
    All,
    /// Latent space beside data space.
    Spaces,
    /// One view.
    One(View),
}

impl FigureContent {
    /// All contents.
    pub fn list() -> impl Iterator<Item = Self> {
        [Self::All, Self::Spaces].into_iter().chain(VIEWS.map(|spec| Self::One(spec.view)))
    }

    /// The content of that name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        let view = || crate::viz::views::view_named(name).map(Self::One);
        [Self::All, Self::Spaces].into_iter().find(|content| content.name() == name).or_else(view)
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::All => "Whole layout",
            Self::Spaces => "Latent and data space",
            Self::One(view) => view.title,
        }
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Spaces => "spaces",
            Self::One(view) => view.name,
        }
    }

    /// The usual size in points, of one run or of two.
    pub fn usual_size(self, compared: bool) -> (f32, f32) {
        match self {
            Self::All => (1280.0, 720.0),
            Self::Spaces if compared => (960.0, 880.0),
            Self::Spaces => (960.0, 500.0),
            Self::One(view) if compared && !spec_of(view).is_shared => (1280.0, 540.0),
            Self::One(view) => spec_of(view).figure_size,
        }
    }
}
