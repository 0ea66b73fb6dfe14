//! What moves: a walk along each latent, the latent plane becoming the decoder's surface, the training, a turn of the
//! camera. Each ends where it begins, or rests at its end, so that it can be repeated for ever.

use std::f32::consts::TAU;
use std::path::Path;
use std::sync::Arc;

use eframe::egui::{Ui, vec2};

use super::Render;
use crate::app::{Figure, Painter3, Selection, Show, Stage, views::View};
use crate::cli::{CliError, bar};
use crate::experiment::{Experiment, Snapshot};
use crate::io::{make_folder, write_atomically};
use crate::paint::{Canvas, Finished, Movie, MovieFormat, Pace};

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// z* goes along each latent in turn, to both sides and back.
    Traversal,
    /// The latent plane becomes the decoder's surface and turns back.
    Morph,
    /// The run from its first step to its last.
    History,
    /// The camera goes once around.
    Turn,
}

/// How far a traversal goes, in prior standard deviations.
const REACH: f64 = 2.5;

/// The share of a history that shows its end.
const REST: f64 = 0.15;

impl Motion {
    pub(super) const ALL: [Self; 4] = [Self::Traversal, Self::Morph, Self::History, Self::Turn];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Traversal => "traversal",
            Self::Morph => "morph",
            Self::History => "history",
            Self::Turn => "turn",
        }
    }

    /// The usual width and height in points.
    pub(super) fn size(self) -> (f32, f32) {
        match self {
            Self::Traversal | Self::History => (960.0, 480.0),
            Self::Morph | Self::Turn => (560.0, 480.0),
        }
    }
}

/// Makes the movie, with a bar on standard error. Only when it is complete is anything written.
pub(super) fn render(
    request: &Render,
    motion: Motion,
    figure: &mut Figure,
    canvas: &Canvas,
    session: Option<&str>,
) -> Result<(), CliError> {
    let input = CliError::Input;
    let out = &request.out;
    let extension = out.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    let format = MovieFormat::of_extension(&extension).ok_or_else(|| {
        input(format!("what moves must end in .gif, .apng or .mp4, or be a folder without ending: {}", out.display()))
    })?;
    let count = (request.seconds * f64::from(request.rate)).round();
    if !(2.0..=5000.0).contains(&count) {
        return Err(input(format!(
            "--seconds {} at --rate {} are not 2 to 5000 pictures",
            request.seconds, request.rate
        )));
    }
    if motion == Motion::Turn && figure.run.projection.dims() < 3 {
        return Err(input("only data of three dimensions or more can be turned".to_owned()));
    }
    if motion == Motion::Morph && (figure.run.snapshot.latent_dim() < 2 || figure.run.snapshot.data_dim() < 2) {
        return Err(input("only a model of two latents or more has a plane that bends".to_owned()));
    }
    let count = count as u32;
    let pace = Pace { rate: request.rate, count, pixels_per_point: canvas.pixels_per_point };
    let mut movie = Movie::new(format, canvas.pixels(), pace, session).map_err(input)?;
    let start = figure.selection.clone();
    let mut run = None;
    for k in 0..count {
        let t = f64::from(k) / f64::from(count);
        let picture = match motion {
            Motion::Traversal => {
                figure.selection.z.clone_from(&start.z);
                let walk = t * start.z.len() as f64;
                let latent = (walk as usize).min(start.z.len() - 1);
                let phase = std::f64::consts::TAU * walk.fract();
                figure.selection.z[latent] = (start.z[latent] + REACH * phase.sin()).clamp(-3.0, 3.0);
                figure.picture(canvas, side_by_side)
            }
            Motion::History => {
                let run = match &mut run {
                    Some(run) => run,
                    empty => empty.insert(again(&figure.run.snapshot)?),
                };
                // The beginning, where most happens, takes longest.
                let done = (t / (1.0 - REST)).min(1.0).powi(2);
                let last = figure.run.snapshot.step.max(run.end);
                run.advance((done * last as f64).round() as u64).map_err(CliError::Run)?;
                figure.run.snapshot = Arc::new(Snapshot::of(&run.run));
                figure.picture(canvas, side_by_side)
            }
            Motion::Turn => {
                // The first picture chooses where to look from.
                if k == 0 {
                    drop(figure.picture(canvas, space));
                }
                let home = figure.selection.camera.map(|camera| camera.azimuth);
                let picture = figure.picture(canvas, space);
                if let (Some(camera), Some(azimuth)) = (&mut figure.selection.camera, home) {
                    camera.azimuth = (azimuth + TAU / count as f32).rem_euclid(TAU);
                }
                picture
            }
            Motion::Morph => {
                figure.selection.tau = 0.5 - 0.5 * (std::f64::consts::TAU * t).cos();
                figure.picture(canvas, space)
            }
        };
        movie.push(&picture).map_err(input)?;
        bar(u64::from(k) + 1, count.into(), "pictures");
    }
    write(out, movie.finish().map_err(input)?)
}

fn write(out: &Path, finished: Finished) -> Result<(), CliError> {
    match finished {
        Finished::File(bytes) => write_atomically(out, &bytes)?,
        Finished::Frames(frames) => {
            make_folder(out)?;
            for (k, bytes) in frames.iter().enumerate() {
                write_atomically(&out.join(format!("{k:04}.png")), bytes)?;
            }
        }
    }
    Ok(())
}

impl Figure {
    fn picture(&mut self, canvas: &Canvas, show: impl Show) -> crate::paint::Picture {
        self.draw(canvas, show, |offscreen, output| offscreen.paint(canvas, output))
    }
}

fn space(ui: &mut Ui, stages: &[Stage<'_>], selection: &mut Selection, painters: &mut [&mut Painter3]) {
    View::Data.show(ui, &stages[0], selection, painters[0]);
}

/// Latent space beside data space, and the step beneath.
fn side_by_side(ui: &mut Ui, stages: &[Stage<'_>], selection: &mut Selection, painters: &mut [&mut Painter3]) {
    let (stage, painter3) = (&stages[0], &mut *painters[0]);
    let whole = ui.available_rect_before_wrap();
    let (views, line) = whole.split_top_bottom_at_y(whole.max.y - 22.0);
    let (left, right) = views.split_left_right_at_fraction(0.5);
    for (view, rect) in [(View::Latent, left), (View::Data, right)] {
        let builder = eframe::egui::UiBuilder::new().max_rect(rect.shrink2(vec2(4.0, 0.0))).id_salt(view.name());
        ui.scope_builder(builder, |ui| view.show(ui, stage, selection, painter3));
    }
    let builder = eframe::egui::UiBuilder::new().max_rect(line);
    ui.scope_builder(builder, |ui| ui.label(format!("step {}", stage.snapshot.step)));
}

/// A saved run that is made again.
struct Again {
    run: Experiment,
    end: u64,
}

fn again(snapshot: &Snapshot) -> Result<Again, CliError> {
    let mut run = Experiment::new(snapshot.config.as_ref().clone(), Arc::clone(&snapshot.data))?;
    run.plan(&snapshot.log)?;
    Ok(Again { run, end: snapshot.step })
}

impl Again {
    fn advance(&mut self, step: u64) -> Result<(), String> {
        while self.run.state().step < step {
            self.run.step().map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}
