//! Pictures without a window: the same views, drawn from a saved run.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use eframe::egui::{Frame, Theme, Ui, vec2};

use crate::app::{Analyst, Background, Focus, Painter3, Palette, Projection, Selection, Stage, install, views::View};
use crate::cli::CliError;
use crate::experiment::{Moment, Snapshot};
use crate::io::{SavedRun, open, program, write_atomically};
use crate::paint::{Canvas, Layer, Offscreen, SvgOptions, encode_png, to_svg};

/// Arguments of `render`.
#[derive(Args, Debug)]
pub struct Render {
    /// The folder of a run
    dir: PathBuf,
    /// What to draw
    #[arg(long, value_name = "VIEW|all", value_parser = parse_view)]
    view: What,
    /// The file to write; its ending says the format
    #[arg(long, value_name = "FILE.svg|FILE.png")]
    out: PathBuf,
    /// Width and height in points
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    size: Option<(f32, f32)>,
    /// Pixels per point, 1 to 8
    #[arg(long, default_value_t = 2.0)]
    scale: f32,
    /// Colours
    #[arg(long, value_name = "light|dark", default_value = "light", value_parser = parse_theme)]
    theme: Theme,
    /// z*, as 0.6,-0.5
    #[arg(long, value_name = "Z1,Z2,…", value_parser = parse_point, allow_hyphen_values = true)]
    at: Option<Point>,
    /// Overwrite a file that is there
    #[arg(long)]
    force: bool,
}

/// One view or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    One(View),
    All,
}

/// A point of latent space.
#[derive(Clone, Debug)]
struct Point(Vec<f64>);

fn parse_view(text: &str) -> Result<What, String> {
    let one = View::ALL.into_iter().find(|view| view.name() == text).map(What::One);
    let names: Vec<_> = View::ALL.iter().map(|view| view.name()).collect();
    one.or((text == "all").then_some(What::All)).ok_or_else(|| format!("choose one of {}, all", names.join(", ")))
}

fn parse_size(text: &str) -> Result<(f32, f32), String> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)));
    sides
        .filter(|(w, h)| (100.0..=8000.0).contains(w) && (100.0..=8000.0).contains(h))
        .ok_or_else(|| format!("'{text}' is not a size like 640x480, each side between 100 and 8000"))
}

fn parse_theme(text: &str) -> Result<Theme, String> {
    match text {
        "light" => Ok(Theme::Light),
        "dark" => Ok(Theme::Dark),
        _ => Err("choose light or dark".to_owned()),
    }
}

fn parse_point(text: &str) -> Result<Point, String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|z| z.trim().parse()).collect();
    match numbers {
        Ok(z) if z.iter().all(|z| f64::abs(*z) <= 20.0) => Ok(Point(z)),
        _ => Err(format!("'{text}' is not a list of numbers between −20 and 20")),
    }
}

/// Draws a saved run into a file.
///
/// # Errors
/// If the run cannot be read, the request makes no sense, or the file cannot be written.
pub fn render(request: &Render) -> Result<String, CliError> {
    let input = |sentence: String| CliError::Input(sentence);
    if !(1.0..=8.0).contains(&request.scale) {
        return Err(input(format!("--scale {} is not between 1 and 8", request.scale)));
    }
    let format = request.out.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if format != "png" && format != "svg" {
        return Err(input(format!("the file must end in .png or .svg: {}", request.out.display())));
    }
    if request.out.exists() && !request.force {
        return Err(input(format!("there is a file already; add --force to overwrite: {}", request.out.display())));
    }
    let saved = open(&request.dir)?;
    let mut figure = Figure::new(saved);
    if let Some(Point(z)) = &request.at {
        let m = figure.snapshot.latent_dim();
        if z.len() != m {
            return Err(input(format!("--at has {} coordinates, but this model has {m} latents", z.len())));
        }
        figure.selection.z.clone_from(z);
    }
    let (width, height) = request.size.unwrap_or(match request.view {
        What::All => (1280.0, 720.0),
        What::One(View::Training) => (960.0, 300.0),
        What::One(_) => (640.0, 520.0),
    });
    let palette = Palette::of_theme(request.theme);
    let canvas = Canvas {
        size: vec2(width, height),
        pixels_per_point: request.scale,
        theme: request.theme,
        background: palette.paper,
    };
    let bytes = figure.draw(request.view, &canvas, &format).map_err(input)?;
    write_atomically(&request.out, &bytes)?;
    Ok(format!("{}\n", request.out.display()))
}

/// A saved run and what is looked at.
struct Figure {
    snapshot: Arc<Snapshot>,
    selection: Selection,
    projection: Projection,
    painter3: Painter3,
    analyst: Analyst,
}

impl Figure {
    fn new(saved: SavedRun) -> Self {
        let SavedRun { config, log, steps, settings, vae, data, history } = saved;
        let (config, data) = (Arc::new(config), Arc::new(data));
        let covariance = Arc::new(data.train.covariance());
        let moment = Moment { config, data: Arc::clone(&data), log, history, step: steps, settings, vae, covariance };
        let snapshot = Arc::new(Snapshot::new(moment));
        let mut selection = Selection::default();
        selection.fit(snapshot.latent_dim(), snapshot.encodings.columns());
        let (projection, painter3, analyst) = (Projection::new(&data), Painter3::immediate(), Analyst::immediate());
        Self { snapshot, selection, projection, painter3, analyst }
    }

    fn draw(&mut self, what: What, canvas: &Canvas, format: &str) -> Result<Vec<u8>, String> {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
        let mut offscreen = Offscreen::new(threads, install);
        let focus = Focus::new(&self.snapshot, &self.selection);
        let Self { snapshot, selection, projection, painter3, analyst } = self;
        let background = Background::default();
        let stage = Stage { snapshot, focus: &focus, projection, analyst, background: &background, beside: None };
        let ui = |ui: &mut Ui| {
            Frame::NONE.inner_margin(8.0).show(ui, |ui| match what {
                What::One(view) => view.show(ui, &stage, selection, painter3),
                What::All => crate::app::show_all(ui, &[stage], selection, &mut [&mut *painter3]),
            });
        };
        let output = offscreen.settle(canvas, 0.0, ui);
        let program = program();
        let texts = [("Software", program.as_str())];
        if format == "svg" {
            let options = SvgOptions {
                size: canvas.size,
                background: Some(canvas.background),
                pixels_per_point: canvas.pixels_per_point,
                texts: &texts,
            };
            let layer = Layer { name: "", shapes: &output.shapes };
            return Ok(to_svg(offscreen.context(), offscreen.rasterizer(), &[layer], &options).into_bytes());
        }
        let picture = offscreen.paint(canvas, &output);
        encode_png(&picture, canvas.pixels_per_point, &texts).map_err(|e| e.to_string())
    }
}
