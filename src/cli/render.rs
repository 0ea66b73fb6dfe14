//! `unpick render`: draws a saved run into a file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use eframe::egui::{Color32, Theme, vec2};

use super::error::CliError;
use super::idle_options::{OptionUse, refuse_idle};
use super::model_args::ModelArgs;
use super::output::print_note;
use super::progress::run_progress;
use super::render_animation::{movie_format, render_animation};
use super::render_remarks::judge;
use super::render_values::{
    LatentPair, LatentPoint, RenderKind, choose_pair, parse_background, parse_matrix, parse_pair, parse_point,
    parse_size, parse_theme, parse_view,
};
use crate::data::ObservationKind;
use crate::experiment::{Snapshot, has_latent_axes};
use crate::figure::animation::{Animation, AnimationSpec};
use crate::figure::content::FigureContent;
use crate::figure::still::{Figure, FigureSize, show};
use crate::figure::view_state::selection_in;
use crate::io::{SavedRun, ensure_place, hash_of_weights, is_occupied, open, session_of, write_atomically};
use crate::launch::{PreparedRun, RunSource, launch};
use crate::paint::{Canvas, Format, encode_figure};
use crate::viz::background_runs::BackgroundRuns;
use crate::viz::draw::remark::last_remarks;
use crate::viz::factor_matrix::FactorMatrix;
use crate::viz::selection::Selection;
use crate::viz::theme::Palette;
use crate::viz::views::spec_of;

/// Arguments of `render`.
#[derive(Args, Debug)]
pub struct Render {
    /// Draw the run of this folder, or repeat the run of this session or figure and draw it as it was seen
    dir: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// Give the file of your data, for a session or figure that does not hold them
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Give the file of its held-out rows, if it had one
    #[arg(long, value_name = "FILE", requires = "data")]
    test: Option<PathBuf>,
    /// Draw a second run beside it on the same scales
    #[arg(long, value_name = "DIR")]
    beside: Option<PathBuf>,
    /// Draw a view, both spaces (spaces), figures 2 and 3 of the post (figure), a step of the argument (premise, step-a, step-b,
    /// outcome), the whole layout (all), or an animation (traversal, morph, history, turn, rows)
    #[arg(long, value_name = "VIEW|figure|STEP|all|MOTION", value_parser = parse_view)]
    view: RenderKind,
    /// Write this file; its extension chooses the format: .svg, .pdf, .png; .csv for the table of a view; for an animation .gif,
    /// .apng, .mp4, or none for a folder of pictures
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Set width and height in points, or choose a common size [default: depends on the view]
    #[arg(long, value_name = "WxH|single-column|double-column|slide", value_parser = parse_size)]
    size: Option<FigureSize>,
    /// Name scene, covariance, β, σ², step and seed beneath a figure
    #[arg(long)]
    caption: bool,
    /// Set pixels per point, 1 to 8 [default: 2; 1 for an animation]
    #[arg(long)]
    scale: Option<f32>,
    /// Draw on this background [default: that of the theme]
    #[arg(long, value_name = "transparent|white", value_parser = parse_background)]
    background: Option<Color32>,
    /// Set the frames per second of an animation, 1 to 50 [default: 20]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=50))]
    rate: Option<u16>,
    /// Set the length of an animation in seconds [default: 4]
    #[arg(long)]
    seconds: Option<f64>,
    /// Draw the curves along the right singular vectors, too [default: for a --model whose right singular vectors
    /// are no latent axes]
    #[arg(long)]
    singular_curves: bool,
    /// Draw the ellipses ‖J δz‖ = r on a grid of latents and the images of latent circles, too
    #[arg(long)]
    ellipses: bool,
    /// Leave out the axes and grid lines of all plots
    #[arg(long)]
    no_axes: bool,
    /// Do not store the session in the figure
    #[arg(long)]
    no_provenance: bool,
    /// Store the observations of your data in the figure, too, up to 1 MiB, so that it opens without their file [default: their name and
    /// SHA-256 alone]
    #[arg(long, conflicts_with = "no_provenance")]
    include_data: bool,
    /// Choose the colours [default: light]
    #[arg(long, value_name = "light|dark", value_parser = parse_theme)]
    theme: Option<Theme>,
    /// Colour observations by this factor or label
    #[arg(long, alias = "color", value_name = "NAME")]
    colour: Option<String>,
    /// Move z* here, as 0.6,-0.5
    #[arg(long, value_name = "Z1,Z2,…", value_parser = parse_point, allow_hyphen_values = true)]
    at: Option<LatentPoint>,
    /// Show these two latents in the latent view, the first across, as 1,3; or all pairs of three to five [default: as it was seen, or the
    /// first two, or where one of them has collapsed the two with the largest KL]
    #[arg(long, value_name = "I,J|all", value_parser = parse_pair)]
    pair: Option<LatentPair>,
    /// Show one number for each latent and factor in the factors view [default: scatters]
    #[arg(long, value_name = "correlation|information|importance", value_parser = parse_matrix)]
    matrix: Option<FactorMatrix>,
    /// Draw pictures of observations at points of the data view, if they are images
    #[arg(long)]
    thumbnails: bool,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
}

impl Render {
    /// What each option is for, and whether that is asked for. `numbers`: a table instead of a picture.
    fn uses(&self, numbers: bool) -> Vec<OptionUse> {
        let moving = matches!(self.view, RenderKind::Animation(_));
        let content = match self.view {
            RenderKind::Figure(content) => content,
            RenderKind::Animation(animation) => animation.usual(),
        };
        let shows = |views: &[&str]| views.iter().any(|name| content.draws(name));
        let at_z = Animation::Traversal.moves(content);
        let all = matches!(self.pair, Some(LatentPair::All));
        let planes: &[&str] =
            if all { &["latent"] } else { &["latent", "data", "densities", "joint", "jacobian", "posterior", "seeds"] };
        let planes_are = if all {
            "the latent view (--view latent, spaces or all)"
        } else {
            "views of one or two latents (--view latent, data, densities, joint, jacobian, posterior, seeds, spaces or all)"
        };
        let (animations, pictures) =
            ("animations (--view traversal, morph, history, turn or rows)", "pictures, not for numbers");
        let coloured = "views of observations (--view data, latent, factors, spaces or all)";
        let curves = "curves in data and latent space (--view data, latent, spaces or all)";
        vec![
            OptionUse::new("--rate", self.rate.is_some(), moving, animations),
            OptionUse::new("--seconds", self.seconds.is_some(), moving, animations),
            OptionUse::new("--at", self.at.is_some(), at_z, "views at z*, and this one does not depend on it"),
            OptionUse::new("--pair", self.pair.is_some(), shows(planes), planes_are),
            OptionUse::new(
                "--thumbnails",
                self.thumbnails,
                shows(&["data"]),
                "the data view (--view data, spaces or all)",
            ),
            OptionUse::new("--colour", self.colour.is_some(), shows(&["data", "latent", "factors"]), coloured),
            OptionUse::new("--matrix", self.matrix.is_some(), shows(&["factors"]), "the factors view (--view factors)"),
            OptionUse::new("--singular-curves", self.singular_curves, shows(&["data", "latent"]), curves),
            OptionUse::new(
                "--ellipses",
                self.ellipses,
                shows(&["data", "latent"]),
                "ellipses in data and latent space (--view data, latent, spaces or all)",
            ),
            OptionUse::new("--size", self.size.is_some(), !numbers, pictures),
            OptionUse::new("--caption", self.caption, !numbers, pictures),
            OptionUse::new("--scale", self.scale.is_some(), !numbers, pictures),
            OptionUse::new("--background", self.background.is_some(), !numbers, pictures),
            OptionUse::new("--theme", self.theme.is_some(), !numbers, pictures),
            OptionUse::new("--no-axes", self.no_axes, !numbers, pictures),
            OptionUse::new("--no-provenance", self.no_provenance, !numbers, pictures),
            OptionUse::new("--include-data", self.include_data, !numbers, pictures),
        ]
    }
}

/// True if there are pixels in a figure: in SVG and PDF surfaces in three dimensions and heat maps.
fn has_pixels(bytes: &[u8], format: Format) -> bool {
    let mark: &[u8] = match format {
        Format::Png => return true,
        Format::Svg => b"<image",
        Format::Pdf => b"/Image",
    };
    bytes.windows(mark.len()).any(|window| window == mark)
}

/// Draws a saved run into a file.
///
/// # Errors
/// If the run cannot be read, the request makes no sense, or the file cannot be written.
pub fn render(request: &Render) -> Result<String, CliError> {
    let input = |sentence: String| CliError::Input(sentence);
    let moving = matches!(request.view, RenderKind::Animation(_));
    let scale = request.scale.unwrap_or(if moving { 1.0 } else { 2.0 });
    if !(1.0..=8.0).contains(&scale) {
        return Err(input(format!("--scale {scale} is not between 1 and 8")));
    }
    let extension = request.out.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = Format::of_extension(&extension);
    let numbers = matches!(request.view, RenderKind::Figure(FigureContent::One(_))) && extension == "csv";
    if format.is_none() && !moving && !numbers {
        let sentence = "the file must end in .png, .svg or .pdf, or in .csv for the numbers of one view";
        return Err(input(format!("{sentence}: {}", request.out.display())));
    }
    if !request.force && is_taken(&request.out)? {
        return Err(input(format!("the file exists already; add --force to overwrite: {}", request.out.display())));
    }
    refuse_idle(&request.uses(numbers))?;
    ensure_place(&request.out)?;
    let run = match &request.dir {
        Some(path) if request.model.source().is_none() => {
            FigureSource::find_with(path, request.data.as_deref(), request.test.as_deref())?
        }
        dir => FigureSource::Folder(Box::new(request.model.open(dir.as_deref())?)),
    };
    let mut figure = figure(run, request.beside.as_deref())?;
    if let Some(LatentPoint(z)) = &request.at {
        let m = figure.selection.z.len();
        if z.len() != m {
            return Err(input(format!("--at has {} coordinates, but this model has {m} latents", z.len())));
        }
        figure.selection.z.clone_from(z);
    }
    if let Some(name) = &request.colour {
        let names = figure.color_names();
        let place = names.iter().position(|other| other == name).ok_or_else(|| match &*names {
            [] => input("--colour: these data have neither factors nor labels".to_owned()),
            _ => input(format!("--colour: there is no factor or label '{name}'; choose one of {}", names.join(", "))),
        })?;
        figure.selection.color = Some(place);
    }
    if let Some(pair) = request.pair {
        choose_pair(&mut figure.selection, pair).map_err(input)?;
    }
    figure.selection.factor_matrix = request.matrix.unwrap_or(figure.selection.factor_matrix);
    figure.is_captioned = request.caption;
    figure.selection.layers.axes &= !request.no_axes;
    figure.selection.layers.pictures |= request.thumbnails;
    let run = &figure.run.snapshot;
    if request.thumbnails && run.data.kind == ObservationKind::Points {
        return Err(input(
            "--thumbnails is for observations that are images, and these are not; leave it out here".to_owned(),
        ));
    }
    figure.selection.layers.ellipses |= request.ellipses;
    if request.ellipses && run.latent_dim() < 2 {
        return Err(input(
            "--ellipses is for two latents or more, and this model has one; leave it out here".to_owned(),
        ));
    }
    figure.selection.layers.singular |= request.singular_curves || !has_latent_axes(&run.config, &run.data);
    let shown = match request.view {
        RenderKind::Figure(content) => content,
        RenderKind::Animation(animation) => animation.usual(),
    };
    let usual = || FigureSize::new(shown.usual_size(figure.beside.is_some()));
    let size = request.size.unwrap_or_else(usual);
    if let Some(reason) = size.refusal(shown, figure.beside.is_some()) {
        return Err(input(format!("--size: {reason}; choose a larger one, or one view")));
    }
    let FigureSize { size: (width, height), text_scale } = size;
    let theme = request.theme.unwrap_or(Theme::Light);
    if request.background == Some(Color32::WHITE) && theme == Theme::Dark {
        return Err(input(
            "--background white goes with --theme light: light marks would not be seen on it".to_owned(),
        ));
    }
    let palette = Palette::of_theme(theme);
    let canvas = Canvas {
        size: vec2(width, height),
        pixels_per_point: scale,
        theme,
        background: request.background.unwrap_or(palette.paper),
        text_scale,
    };
    canvas.check_memory().map_err(input)?;
    if request.include_data {
        match figure.fits_your_data() {
            Some(true) => {}
            Some(false) => return Err(input("--include-data: the observations are larger than 1 MiB, so a figure cannot hold them; leave it out, and share their file".to_owned())),
            None => return Err(input("--include-data is for figures of your data, and these are generated; leave it out here".to_owned())),
        }
    }
    let session = if request.no_provenance { None } else { Some(figure.session(request.include_data)?) };
    match (request.view, format) {
        (RenderKind::Animation(animation), _) => {
            let (seconds, rate) = (request.seconds.unwrap_or(4.0), request.rate.unwrap_or(20));
            let spec = AnimationSpec { animation, format: movie_format(&request.out)?, seconds, rate };
            render_animation(&spec, &request.out, &mut figure, &canvas, session.as_deref())?;
        }
        (RenderKind::Figure(content), Some(format)) => {
            let (bytes, remarks) = figure.draw(&canvas, show(content), |offscreen, output| {
                let bytes = encode_figure(offscreen, &canvas, output, format, session.as_deref());
                (bytes, last_remarks(offscreen.context()))
            });
            if let FigureContent::One(view) = content {
                judge(&remarks, if spec_of(view).is_shared { 1 } else { figure.all().count() })?;
            }
            let bytes = bytes.map_err(input)?;
            if request.scale.is_some() && !has_pixels(&bytes, format) {
                let sentence =
                    "--scale is for pixels, and this figure is drawn in lines and text alone; leave it out here";
                return Err(input(sentence.to_owned()));
            }
            write_atomically(&request.out, &bytes)?;
        }
        (RenderKind::Figure(FigureContent::One(view)), None) => {
            let numbers = figure.table(view).map_err(|reason| input(format!("there are no numbers: {reason}")))?;
            write_atomically(&request.out, numbers.to_text()?.as_bytes())?;
        }
        (RenderKind::Figure(_), None) => return Err(input("a figure needs a format".to_owned())),
    }
    let inside = if request.include_data { "your observations are inside this figure\n" } else { "" };
    Ok(format!("{}\n{inside}", request.out.display()))
}

/// Draws the two runs of a comparison side by side as `compare.svg` and `compare.png` in its folder, and names them.
///
/// # Errors
/// If a run cannot be read or a file cannot be written.
pub(super) fn compare_figure(folder: &Path) -> Result<String, CliError> {
    let palette = Palette::of_theme(Theme::Light);
    let size = vec2(1280.0, 720.0);
    let canvas =
        Canvas { size, pixels_per_point: 2.0, theme: Theme::Light, background: palette.paper, text_scale: 1.0 };
    let mut figure = figure(FigureSource::find(&folder.join("a"))?, Some(&folder.join("b")))?;
    let session = figure.session(false)?;
    let mut names = String::new();
    for (name, format) in [("compare.svg", Format::Svg), ("compare.png", Format::Png)] {
        let bytes = figure.draw(&canvas, show(FigureContent::All), |offscreen, output| {
            encode_figure(offscreen, &canvas, output, format, Some(&session))
        });
        let path = folder.join(name);
        write_atomically(&path, &bytes.map_err(CliError::Input)?)?;
        writeln!(names, "{}", path.display()).map_err(|e| CliError::Run(e.to_string()))?;
    }
    Ok(names)
}

/// True if there is a file, or a folder with something in it.
fn is_taken(path: &Path) -> Result<bool, CliError> {
    if path.is_dir() { Ok(is_occupied(path)?) } else { Ok(path.exists()) }
}

/// The figure of a saved run, or of two; a file that carries two runs is one of both.
fn figure(mut run: FigureSource, beside: Option<&Path>) -> Result<Figure, CliError> {
    let mut selection = Selection::default();
    let mut was_seen = false;
    if let FigureSource::Session(prepared) = &run {
        selection = selection_in(&prepared.view, &selection, &prepared.data);
        was_seen = prepared.view["selection"].is_object();
    }
    let beside = match (beside, &mut run) {
        (Some(path), _) => Some(FigureSource::find(path)?),
        (None, FigureSource::Session(prepared)) => prepared.beside.take().map(FigureSource::Session),
        (None, FigureSource::Folder(_)) => None,
    };
    let beside = beside.map(FigureSource::snapshot).transpose()?;
    let snapshot = run.snapshot()?;
    if !was_seen {
        selection.show_active(&snapshot);
    }
    Ok(Figure::new(snapshot.into(), beside.map(Into::into), &selection, BackgroundRuns::default()))
}

/// The source of a figure: a saved run, or a session to be repeated.
enum FigureSource {
    Folder(Box<SavedRun>),
    Session(Box<PreparedRun>),
}

impl FigureSource {
    fn find(path: &Path) -> Result<Self, CliError> {
        Self::find_with(path, None, None)
    }

    /// The same with the files of your data, which a session may lack.
    fn find_with(path: &Path, data: Option<&Path>, test: Option<&Path>) -> Result<Self, CliError> {
        if path.is_dir() || session_of(path).is_none() {
            return match data {
                Some(_) => {
                    Err(CliError::Input("--data is for a session or figure; a run folder holds its data".to_owned()))
                }
                None => Ok(Self::Folder(Box::new(open(path)?))),
            };
        }
        let source = RunSource::Session {
            path: path.to_owned(),
            data: data.map(Path::to_owned),
            test: test.map(Path::to_owned),
        };
        Ok(Self::Session(Box::new(launch(&source, None)?)))
    }

    /// The snapshot at the last step.
    fn snapshot(self) -> Result<Arc<Snapshot>, CliError> {
        match self {
            Self::Folder(saved) => Ok(snapshot_of(*saved)),
            Self::Session(prepared) => {
                let (steps, weights) = (prepared.steps, prepared.weights.clone());
                let mut run = prepared.experiment()?;
                let played = run.play_to(steps, run_progress(steps));
                let _reached = played.map_err(|divergence| CliError::Run(divergence.to_string()))?;
                if weights.is_some_and(|hash| hash != hash_of_weights(&run.state().vae)) {
                    print_note(
                        "the weights of the repeated run, which is drawn, differ from the saved ones: the session is of another \
                         machine or version of this program, or was edited",
                    );
                }
                Ok(Arc::new(Snapshot::of(&run)))
            }
        }
    }
}

/// The snapshot of a saved run at its last step.
fn snapshot_of(saved: SavedRun) -> Arc<Snapshot> {
    let SavedRun { config, log, steps, settings, vae, data, history, schedule } = saved;
    let data = Arc::new(data);
    let eigenvalues = || data.train.eigenvalues();
    let snapshot =
        Snapshot::new(Arc::new(config), Arc::clone(&data), log, history, steps, (vae, settings), eigenvalues);
    Arc::new(Snapshot { schedule, ..snapshot })
}
