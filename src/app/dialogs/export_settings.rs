//! The settings of the export dialog: the source, the content, and the look of a figure or movie.

use std::ops::ControlFlow;
use std::path::Path;

use eframe::egui::{Color32, FullOutput, Theme, Ui, vec2};

use crate::figure::animation::{Animation, AnimationSpec};
use crate::figure::content::FigureContent;
use crate::figure::layout::Layout;
use crate::figure::still::{Figure, FigureSize, Show, TimePoints, draw_content};
use crate::io::{Staged, your_data_fit_in_figure};
use crate::paint::{Canvas, Format, MovieFormat, Offscreen, Picture, encode_figure};
use crate::viz::background_runs::BackgroundRuns;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::theme::Palette;

/// The source of a figure: everything that stands still while the dialog is open.
#[derive(Clone, Debug)]
pub(crate) struct ExportSource {
    /// The run, or run A.
    pub run: TimePoints,
    /// Run B.
    pub beside: Option<TimePoints>,
    /// z*, camera and layers.
    pub selection: Selection,
    /// Runs beside the shown ones.
    pub background: BackgroundRuns,
    /// The layout.
    pub layout: Layout,
}

impl ExportSource {
    /// True if there are two runs.
    pub(super) fn is_compared(&self) -> bool {
        self.beside.is_some()
    }

    /// Why an animation can't be made of it, if it can't.
    pub(super) fn refusal(&self, animation: Animation) -> Option<&'static str> {
        animation.refusal([Some(&self.run), self.beside.as_ref()].into_iter().flatten().map(|run| &*run.shown))
    }

    /// True if a figure can hold your data; `None` if there are none.
    pub(super) fn fits_your_data(&self) -> Option<bool> {
        let runs = [Some(&self.run), self.beside.as_ref()].into_iter().flatten();
        runs.filter_map(|run| your_data_fit_in_figure(&run.shown)).reduce(|all, fits| all && fits)
    }

    fn figure(&self, settings: &ExportSettings) -> Figure {
        let mut selection = self.selection.clone();
        selection.layers.axes = settings.axes;
        let mut figure = Figure::new(self.run.clone(), self.beside.clone(), &selection, self.background.clone());
        figure.is_captioned = settings.caption;
        figure
    }

    fn show(&self, content: FigureContent) -> impl Show {
        let layout = self.layout.clone().of(content, self.is_compared());
        move |ui: &mut Ui, contexts: &[ViewContext<'_>], selection: &mut Selection| {
            draw_content(layout.clone(), content, ui, contexts, selection);
        }
    }
}

/// The settings of a figure or movie.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExportSettings {
    pub content: FigureContent,
    /// The animation of a movie.
    pub animation: Option<Animation>,
    /// The kind of file otherwise.
    pub still: Still,
    /// The format of a movie, its duration and rate.
    pub movie: MovieFormat,
    pub seconds: f64,
    pub rate: u16,
    pub scale: u8,
    pub size: FigureSize,
    pub theme: Theme,
    pub background: FigureBackground,
    pub axes: bool,
    pub caption: bool,
    pub provenance: bool,
    /// Your observations are stored with the experiment.
    pub with_data: bool,
}

/// A file that is not a movie.
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
    pub(super) fn refusal(self, content: FigureContent) -> Option<&'static str> {
        let possible = self != Self::Numbers || matches!(content, FigureContent::One(_));
        (!possible).then_some("Only a single view has its numbers in one table; choose one")
    }
}

/// The colour behind everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FigureBackground {
    Theme,
    White,
    Transparent,
}

impl FigureBackground {
    pub(super) const ALL: [(Self, &str); 3] =
        [(Self::Theme, "of the theme"), (Self::White, "white"), (Self::Transparent, "transparent")];
}

impl ExportSettings {
    /// A figure as large as is usual.
    pub(super) fn new(content: FigureContent, source: &ExportSource, theme: Theme) -> Self {
        Self {
            content,
            animation: None,
            still: Still::Figure(Format::Svg),
            movie: MovieFormat::Gif,
            seconds: 4.0,
            rate: 20,
            scale: STILL_SCALE,
            size: FigureSize::new(content.usual_size(source.is_compared())),
            theme,
            background: FigureBackground::Theme,
            axes: source.selection.layers.axes,
            caption: false,
            provenance: true,
            with_data: false,
        }
    }

    /// Chooses an animation, or none. Content that would stand still in it gives way to the usual one.
    pub(super) fn set_film(&mut self, animation: Option<Animation>, compared: bool) {
        if animation.is_some() != self.animation.is_some() {
            self.scale = if animation.is_some() { 1 } else { STILL_SCALE };
        }
        self.animation = animation;
        if let Some(animation) = animation.filter(|animation| !animation.moves(self.content)) {
            self.set_content(animation.usual(), compared);
        }
    }

    /// Draws something else, as large as is usual.
    pub(super) fn set_content(&mut self, content: FigureContent, compared: bool) {
        (self.content, self.size) = (content, FigureSize::new(content.usual_size(compared)));
        if self.still.refusal(content).is_some() {
            self.still = Still::Figure(Format::Svg);
        }
    }

    /// The file name after the name of the run.
    pub(super) fn name(&self) -> String {
        let content = self.content.name();
        self.animation.map_or_else(|| content.to_owned(), |animation| format!("{content}_{}", animation.name()))
    }

    /// The extension of its file.
    pub(super) fn extension(&self) -> &'static str {
        if self.animation.is_some() { self.movie.extension() } else { self.still.extension() }
    }

    /// The movie that it is, if it is one.
    pub(super) fn spec(&self) -> Option<AnimationSpec> {
        let Self { movie: format, seconds, rate, .. } = *self;
        self.animation.map(|animation| AnimationSpec { animation, format, seconds, rate })
    }

    fn canvas(&self, pixels_per_point: f32) -> Canvas {
        let background = match self.background {
            FigureBackground::Theme => Palette::of_theme(self.theme).paper,
            FigureBackground::White => Color32::WHITE,
            FigureBackground::Transparent => Color32::TRANSPARENT,
        };
        // Light marks on a white background would not be seen.
        let theme = if self.background == FigureBackground::White { Theme::Light } else { self.theme };
        let FigureSize { size: (width, height), text_scale } = self.size;
        Canvas { size: vec2(width, height), pixels_per_point, theme, background, text_scale }
    }

    /// The picture on the screen, or for the clipboard; of a movie one that is in it.
    pub(super) fn picture(&self, source: &ExportSource, pixels_per_point: f32) -> Picture {
        let (canvas, show) = (self.canvas(pixels_per_point), source.show(self.content));
        let mut figure = source.figure(self);
        match self.animation {
            Some(animation) => figure.picture(&canvas, animation.captioned(show)),
            None => figure.picture(&canvas, show),
        }
    }

    /// The numbers in it, as text.
    pub(super) fn numbers(&self, source: &ExportSource) -> Result<String, String> {
        self.numbers_in(&mut source.figure(self))
    }

    fn numbers_in(&self, figure: &mut Figure) -> Result<String, String> {
        let FigureContent::One(view) = self.content else {
            return Err("only a single view has its numbers in one table".to_owned());
        };
        let numbers = figure.table(view).map_err(|reason| format!("there are no numbers: {reason}"));
        numbers?.to_text().map_err(|error| error.to_string())
    }

    /// Writes its file, but for the name, unless `go_on`, which hears how many pictures are made, stops that.
    pub(super) fn stage(
        &self,
        source: &ExportSource,
        path: &Path,
        go_on: impl FnMut(u32) -> ControlFlow<()>,
    ) -> Result<Option<Staged>, String> {
        let (canvas, show) = (self.canvas(self.scale.into()), source.show(self.content));
        canvas.check_memory()?;
        let mut figure = source.figure(self);
        let alone = if let FigureContent::One(view) = self.content { Some(view) } else { None };
        let mut layout = source.layout.clone();
        layout.alone = alone;
        let session = self.provenance.then(|| figure.session_with(Some(&layout), self.with_data)).transpose();
        let session = session.map_err(|e| e.to_string())?;
        let session = session.as_deref();
        let staged = match (self.spec(), self.still) {
            (Some(spec), _) => spec.make(&mut figure, &canvas, session, show, go_on)?.map(|movie| movie.stage(path)),
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
