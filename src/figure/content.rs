//! What is drawn: all views, one of them, or both spaces.

use eframe::egui::{Id, Ui};
use egui_tiles::{LinearDir, Tiles, Tree};

use super::layout::{Layout, split};
use super::views::{Pane, View};
use super::{Painter3, Selection, Show, Stage};

/// What a figure or a film shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The whole layout.
    All,
    /// Latent space beside data space.
    Spaces,
    /// One view.
    One(View),
}

impl What {
    /// Everything that can be drawn.
    pub fn list() -> impl Iterator<Item = Self> {
        [Self::All, Self::Spaces].into_iter().chain(View::ALL.map(Self::One))
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::All => "Whole layout",
            Self::Spaces => "Latent and data space",
            Self::One(view) => view.title(),
        }
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Spaces => "spaces",
            Self::One(view) => view.name(),
        }
    }

    /// The usual size in points, of one run or of two.
    pub fn usual_size(self, compared: bool) -> (f32, f32) {
        match self {
            Self::All => (1280.0, 720.0),
            Self::Spaces if compared => (960.0, 880.0),
            Self::Spaces => (960.0, 500.0),
            Self::One(view) if compared && !view.is_shared() => (1280.0, 540.0),
            Self::One(View::Training) => (960.0, 300.0),
            Self::One(_) => (640.0, 520.0),
        }
    }
}

/// Draws this, arranged as at the start: of one run, or of two beside each other.
pub fn show(what: What) -> impl Show {
    move |ui: &mut Ui, stages: &[Stage<'_>], selection: &mut Selection, painters: &mut [&mut Painter3]| {
        let compared = stages.len() > 1;
        let layout = if compared { Layout::compare() } else { Layout::single() };
        layout.of(what, compared).draw(ui, stages, selection, painters);
    }
}

impl Layout {
    /// The layout of a figure of this, of one run or of two.
    pub(super) fn of(self, what: What, compared: bool) -> Self {
        match what {
            What::All => Self { alone: None, ..self },
            What::Spaces => Self::spaces(compared),
            What::One(view) => Self { alone: Some(view), ..self },
        }
    }

    /// Latent space beside data space; of two runs above it, A left and B right.
    fn spaces(compared: bool) -> Self {
        let mut tiles = Tiles::default();
        let dir = if compared { LinearDir::Vertical } else { LinearDir::Horizontal };
        let mut columns = Vec::new();
        for side in 0..=usize::from(compared) {
            let parts = [View::Latent, View::Data].map(|view| (tiles.insert_pane(Pane { view, side }), 1.0));
            columns.push((split(&mut tiles, dir, &parts), 1.0));
        }
        let root = split(&mut tiles, LinearDir::Horizontal, &columns);
        Self { tree: Tree::new(Id::unique("spaces"), root, tiles), alone: None }
    }
}
