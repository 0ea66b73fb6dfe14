//! A figure or a movie as the export dialog describes it: what is drawn, and how.

use std::ops::ControlFlow;
use std::path::Path;

use eframe::egui::{Color32, FullOutput, Theme, Ui, vec2};

use crate::app::layout::Layout;
use crate::app::{Background, Figure, Film, Moments, Painter3, Palette, Reel, Selection, Show, Stage, What};
use crate::io::Staged;
use crate::paint::{Canvas, Format, MovieFormat, Offscreen, Picture, encode_figure};

/// What is drawn: everything that stands still while the dialog is open.
#[derive(Clone, Debug)]
pub(crate) struct Scenery {
    /// The run, or run A.
    pub run: Moments,
    /// Run B.
    pub beside: Option<Moments>,
    /// What is looked at.
    pub selection: Selection,
    /// What was made beside the runs.
    pub background: Background,
    /// Where the views are.
    pub layout: Layout,
}

impl Scenery {
    /// Whether there are two runs.
    pub(super) fn is_compared(&self) -> bool {
        self.beside.is_some()
    }

    /// Why a film can't be made of it, if it can't.
    pub(super) fn refusal(&self, film: Film) -> Option<&'static str> {
        film.refusal([Some(&self.run), self.beside.as_ref()].into_iter().flatten().map(|run| &*run.shown))
    }

    fn figure(&self, axes: bool) -> Figure {
        let mut selection = self.selection.clone();
        selection.layers.axes = axes;
        Figure::new(self.run.clone(), self.beside.clone(), &selection, self.background.clone())
    }

    fn show(&self, what: What) -> impl Show {
        let mut layout = self.layout.clone().of(what, self.is_compared());
        move |ui: &mut Ui, stages: &[Stage<'_>], selection: &mut Selection, painters: &mut [&mut Painter3]| {
            layout.draw(ui, stages, selection, painters);
        }
    }
}

/// How it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Drawing {
    pub what: What,
    /// What moves, if it is a movie.
    pub film: Option<Film>,
    /// What becomes of it otherwise.
    pub still: Still,
    /// The format of a movie, and its pace.
    pub movie: MovieFormat,
    pub seconds: f64,
    pub rate: u16,
    pub scale: u8,
    pub size: (f32, f32),
    pub theme: Theme,
    pub sheet: Sheet,
    pub axes: bool,
    pub provenance: bool,
}

/// What stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Still {
    /// A picture.
    Figure(Format),
    /// The numbers in it, as CSV.
    Numbers,
}

impl Still {
    pub(super) const ALL: [Self; 4] =
        [Self::Figure(Format::Svg), Self::Figure(Format::Pdf), Self::Figure(Format::Png), Self::Numbers];

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Figure(format) => format.extension(),
            Self::Numbers => "csv",
        }
    }

    /// Why it can't be made of that, if it can't.
    pub(super) fn refusal(self, what: What) -> Option<&'static str> {
        let possible = self != Self::Numbers || matches!(what, What::One(_));
        (!possible).then_some("Only a single view has its numbers in one table; choose one")
    }
}

/// The colour behind everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sheet {
    Theme,
    White,
    Transparent,
}

impl Sheet {
    pub(super) const ALL: [(Self, &str); 3] =
        [(Self::Theme, "of the theme"), (Self::White, "white"), (Self::Transparent, "transparent")];
}

impl Drawing {
    /// A figure as large as is usual.
    pub(super) fn new(what: What, scenery: &Scenery, theme: Theme) -> Self {
        Self {
            what,
            film: None,
            still: Still::Figure(Format::Svg),
            movie: MovieFormat::Gif,
            seconds: 4.0,
            rate: 20,
            scale: STILL_SCALE,
            size: what.usual_size(scenery.is_compared()),
            theme,
            sheet: Sheet::Theme,
            axes: scenery.selection.layers.axes,
            provenance: true,
        }
    }

    /// Lets something move, or nothing. What would stand still then gives way to what is usual.
    pub(super) fn set_film(&mut self, film: Option<Film>, compared: bool) {
        if film.is_some() != self.film.is_some() {
            self.scale = if film.is_some() { 1 } else { STILL_SCALE };
        }
        self.film = film;
        if let Some(film) = film.filter(|film| !film.moves(self.what)) {
            self.set_what(film.usual(), compared);
        }
    }

    /// Draws something else, as large as is usual.
    pub(super) fn set_what(&mut self, what: What, compared: bool) {
        (self.what, self.size) = (what, what.usual_size(compared));
        if self.still.refusal(what).is_some() {
            self.still = Still::Figure(Format::Svg);
        }
    }

    /// What its file is called after the name of the run.
    pub(super) fn name(&self) -> String {
        let what = self.what.name();
        self.film.map_or_else(|| what.to_owned(), |film| format!("{what}_{}", film.name()))
    }

    /// How the name of its file ends.
    pub(super) fn extension(&self) -> &'static str {
        if self.film.is_some() { self.movie.extension() } else { self.still.extension() }
    }

    /// The movie that it is, if it is one.
    pub(super) fn reel(&self) -> Option<Reel> {
        let Self { movie: format, seconds, rate, .. } = *self;
        self.film.map(|film| Reel { film, format, seconds, rate })
    }

    fn canvas(&self, pixels_per_point: f32) -> Canvas {
        let background = match self.sheet {
            Sheet::Theme => Palette::of_theme(self.theme).paper,
            Sheet::White => Color32::WHITE,
            Sheet::Transparent => Color32::TRANSPARENT,
        };
        // Light marks on a white sheet would not be seen.
        let theme = if self.sheet == Sheet::White { Theme::Light } else { self.theme };
        Canvas { size: vec2(self.size.0, self.size.1), pixels_per_point, theme, background }
    }

    /// The picture on the screen, or for the clipboard; of a movie one that is in it.
    pub(super) fn picture(&self, scenery: &Scenery, pixels_per_point: f32) -> Picture {
        let (canvas, show) = (self.canvas(pixels_per_point), scenery.show(self.what));
        let mut figure = scenery.figure(self.axes);
        match self.film {
            Some(film) => figure.picture(&canvas, film.captioned(show)),
            None => figure.picture(&canvas, show),
        }
    }

    /// The numbers in it, as text.
    pub(super) fn numbers(&self, scenery: &Scenery) -> Result<String, String> {
        self.numbers_in(&mut scenery.figure(self.axes))
    }

    fn numbers_in(&self, figure: &mut Figure) -> Result<String, String> {
        let What::One(view) = self.what else {
            return Err("only a single view has its numbers in one table".to_owned());
        };
        let numbers = figure.numbers(view).map_err(|reason| format!("there are no numbers: {reason}"));
        numbers?.to_text().map_err(|error| error.to_string())
    }

    /// Writes its file, but for the name, unless `go_on`, which hears how many pictures are made, stops that.
    pub(super) fn stage(
        &self,
        scenery: &Scenery,
        path: &Path,
        go_on: impl FnMut(u32) -> ControlFlow<()>,
    ) -> Result<Option<Staged>, String> {
        let (canvas, show) = (self.canvas(self.scale.into()), scenery.show(self.what));
        let mut figure = scenery.figure(self.axes);
        let alone = if let What::One(view) = self.what { Some(view) } else { None };
        let layout = Layout { alone, ..scenery.layout.clone() };
        let session = self.provenance.then(|| figure.session_with(Some(&layout))).transpose();
        let session = session.map_err(|e| e.to_string())?;
        let session = session.as_deref();
        let staged = match (self.reel(), self.still) {
            (Some(reel), _) => reel.make(&mut figure, &canvas, session, show, go_on)?.map(|movie| movie.stage(path)),
            (None, Still::Figure(format)) => {
                let encode = |offscreen: &Offscreen, output: &FullOutput| {
                    encode_figure(offscreen, &canvas, output, format, session)
                };
                Some(Staged::file(path, &figure.draw(&canvas, show, encode)?))
            }
            (None, Still::Numbers) => Some(Staged::file(path, self.numbers_in(&mut figure)?.as_bytes())),
        };
        staged.transpose().map_err(|e| e.to_string())
    }
}

/// Pixels per point of a figure, unless one says otherwise.
const STILL_SCALE: u8 = 2;
