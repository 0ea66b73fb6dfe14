//! Animations: a traversal of each latent, the morph from latent plane to manifold, the training, an orbit of the camera. Each
//! ends where it begins, or rests at its end, so that it can loop.

use std::f64::consts::TAU;
use std::ops::ControlFlow;
use std::sync::Arc;

use eframe::egui::{Color32, Ui, UiBuilder};

use super::content::FigureContent;
use super::still::{Figure, Show};
use crate::experiment::{Experiment, Snapshot};
use crate::paint::{Canvas, Finished, Movie, MovieFormat, Pace};
use crate::viz::context::ViewContext;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::selection::Selection;
use crate::viz::view_spec::Dependency;
use crate::viz::views::{data, spec_of, traversal, view_named};

/// A kind of animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Animation {
    /// z* goes along each latent in turn, to both sides and back.
    Traversal,
    /// The latent plane becomes the decoder's surface and turns back.
    Morph,
    /// The run from its first step to the one that is shown.
    History,
    /// The camera goes once around.
    Turn,
    /// The rows of the traversal view go to both ends and back, in phase.
    Rows,
}

/// The reach of a traversal, in prior standard deviations.
const REACH: f64 = 2.5;

/// The share of a history that shows its end.
const REST: f64 = 0.15;

impl Animation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Traversal, Self::Morph, Self::History, Self::Turn, Self::Rows];

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Traversal => "Traversal",
            Self::Morph => "Morph",
            Self::History => "Training history",
            Self::Turn => "Camera turn",
            Self::Rows => "Traversal rows",
        }
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Traversal => "traversal",
            Self::Morph => "morph",
            Self::History => "history",
            Self::Turn => "turn",
            Self::Rows => "rows",
        }
    }

    /// The usual content.
    pub fn usual(self) -> FigureContent {
        match self {
            Self::Traversal | Self::History => FigureContent::Spaces,
            Self::Morph | Self::Turn => FigureContent::One(data::SPEC.view),
            Self::Rows => FigureContent::One(traversal::SPEC.view),
        }
    }

    /// True if the content moves in this animation.
    pub fn moves(self, content: FigureContent) -> bool {
        let dependency = match self {
            Self::Traversal => Dependency::Latent,
            Self::Morph => Dependency::Morph,
            Self::History => Dependency::Step,
            Self::Turn => Dependency::Camera,
            Self::Rows => Dependency::Rows,
        };
        match content {
            FigureContent::All => true,
            FigureContent::Spaces => self != Self::Rows,
            FigureContent::Few(preset) => {
                let mut views = preset.rows().iter().copied().flatten().filter_map(|name| view_named(name));
                views.any(|view| spec_of(view).depends_on.contains(&dependency))
            }
            FigureContent::One(view) => spec_of(view).depends_on.contains(&dependency),
        }
    }

    /// Why it can't be made of these runs, if it can't.
    pub fn refusal<'a>(self, mut runs: impl Iterator<Item = &'a Snapshot>) -> Option<&'static str> {
        let (possible, reason) = match self {
            Self::Traversal | Self::History | Self::Rows => return None,
            Self::Morph => (
                runs.any(|run| run.latent_dim() >= 2 && run.data_dim() >= 2),
                "only a model of two latents or more, of data of two dimensions or more, has a plane that bends",
            ),
            Self::Turn => {
                (runs.any(|run| run.data_dim() >= 3), "only data of three dimensions or more have a camera to orbit")
            }
        };
        (!possible).then_some(reason)
    }

    /// Draws with `show`, and the step beneath a training history.
    pub fn captioned(self, mut show: impl Show) -> impl Show {
        move |ui: &mut Ui, contexts: &[ViewContext<'_>], selection: &mut Selection| {
            if self != Self::History {
                return show(ui, contexts, selection);
            }
            let whole = ui.available_rect_before_wrap();
            let (views, line) = whole.split_top_bottom_at_y(whole.max.y - LINE);
            ui.scope_builder(UiBuilder::new().max_rect(views), |ui| show(ui, contexts, selection));
            let steps: Vec<u64> = contexts.iter().map(|context| context.snapshot.step).collect();
            let text = match steps.as_slice() {
                [a, b] if a != b => format!("{} step {a} · {} step {b}", RUN_NAMES[0], RUN_NAMES[1]),
                [step, ..] => format!("step {step}"),
                [] => String::new(),
            };
            ui.scope_builder(UiBuilder::new().max_rect(line), |ui| ui.label(text));
        }
    }
}

/// The height of the line under a history.
const LINE: f32 = 22.0;

/// An animation and how it becomes a movie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnimationSpec {
    /// A kind of animation.
    pub animation: Animation,
    /// The format of the file.
    pub format: MovieFormat,
    /// The duration.
    pub seconds: f64,
    /// Pictures a second, 1 to 50.
    pub rate: u16,
}

impl AnimationSpec {
    /// The number of pictures.
    ///
    /// # Errors
    /// If they are too few or too many.
    pub fn count(&self) -> Result<u32, String> {
        let Self { seconds, rate, .. } = self;
        let count = (seconds * f64::from(*rate)).round();
        let possible = (2.0..=5000.0).contains(&count);
        possible.then_some(count as u32).ok_or_else(|| {
            format!("{seconds} seconds of {rate} pictures are not 2 to 5000 pictures; change one of the two")
        })
    }

    /// The number of pictures, if the animation can be made.
    ///
    /// # Errors
    /// If it can't be made of these runs, on this background, or at this rate.
    pub fn check(&self, figure: &Figure, canvas: &Canvas) -> Result<u32, String> {
        if let Some(reason) = self.animation.refusal(figure.all().map(|shown| &*shown.snapshot)) {
            return Err(reason.to_owned());
        }
        if self.format == MovieFormat::Mp4 && canvas.background == Color32::TRANSPARENT {
            return Err("MP4 knows no transparency; choose another background, or GIF or APNG".to_owned());
        }
        self.count()
    }

    /// Draws with `show` and makes a movie of it. After each picture, and after each step of a run that is repeated,
    /// `go_on` hears how many there are and may stop the making: then there is no movie.
    ///
    /// # Errors
    /// If it can't be made, or a picture can't be encoded.
    pub fn make(
        &self,
        figure: &mut Figure,
        canvas: &Canvas,
        session: Option<&str>,
        show: impl Show,
        mut go_on: impl FnMut(u32) -> ControlFlow<()>,
    ) -> Result<Option<Finished>, String> {
        let count = self.check(figure, canvas)?;
        let pace = Pace { rate: self.rate, count, pixels_per_point: canvas.pixels_per_point };
        let mut movie = Movie::new(self.format, canvas.pixels(), pace, session)?;
        let mut show = self.animation.captioned(show);
        if self.animation == Animation::Turn && figure.selection.camera.is_none() {
            // The first picture chooses where to look from.
            drop(figure.picture(canvas, &mut show));
        }
        let mut take = Take::new(self.animation, figure)?;
        for k in 0..count {
            let stopped = take.pose(figure, f64::from(k) / f64::from(count), &mut || go_on(k))?.is_break();
            if stopped || go_on(k).is_break() {
                return Ok(None);
            }
            movie.push(&figure.picture(canvas, &mut show))?;
        }
        if go_on(count).is_break() { Ok(None) } else { movie.finish().map(Some) }
    }
}

/// The start of an animation.
struct Take {
    animation: Animation,
    selection: Selection,
    /// The runs that are repeated, and up to which step.
    runs: Vec<(Experiment, u64)>,
}

impl Take {
    fn new(animation: Animation, figure: &Figure) -> Result<Self, String> {
        let repeated = figure.all().filter(|_| animation == Animation::History).map(|run| restart_of(&run.snapshot));
        Ok(Self { animation, selection: figure.selection.clone(), runs: repeated.collect::<Result<_, _>>()? })
    }

    /// Makes the figure what it is at time `t` of 0 to 1, unless `go_on` stops it.
    fn pose(
        &mut self,
        figure: &mut Figure,
        t: f64,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, String> {
        let (start, selection) = (&self.selection, &mut figure.selection);
        match self.animation {
            Animation::Traversal => {
                selection.z.clone_from(&start.z);
                let walk = t * start.z.len() as f64;
                let latent = (walk as usize).min(start.z.len() - 1);
                selection.z[latent] = (start.z[latent] + REACH * (TAU * walk.fract()).sin()).clamp(-3.0, 3.0);
            }
            Animation::Rows => selection.traversal.phase = Some(t),
            Animation::Morph => selection.tau = 0.5 - 0.5 * (TAU * t).cos(),
            Animation::Turn => {
                if let (Some(camera), Some(home)) = (&mut selection.camera, &start.camera) {
                    camera.azimuth = (home.azimuth + (TAU * t) as f32).rem_euclid(TAU as f32);
                }
            }
            Animation::History => {
                // The beginning, where most happens, takes longest.
                let share = (t / (1.0 - REST)).min(1.0).powi(2);
                let last = self.runs.iter().map(|(_, last)| *last).max().unwrap_or(0);
                let step = (share * last as f64).round() as u64;
                for (shown, (run, last)) in figure.all_mut().zip(&mut self.runs) {
                    let played = run.play_to(step.min(*last), |_| go_on());
                    if played.map_err(|divergence| divergence.to_string())?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    shown.snapshot = Arc::new(Snapshot::of(run));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// The run of a snapshot at step 0, its log scheduled, and the snapshot's step.
fn restart_of(snapshot: &Snapshot) -> Result<(Experiment, u64), String> {
    let mut run = Experiment::new(snapshot.config.as_ref().clone(), Arc::clone(&snapshot.data))
        .map_err(|error| error.to_string())?;
    run.schedule_log(&snapshot.log).map_err(|error| error.to_string())?;
    // It is gone through once.
    run.keep_within(0);
    Ok((run, snapshot.step))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use eframe::egui::vec2;

    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Command, Config, Origin};
    use crate::paint::Camera;
    use crate::viz::background_runs::BackgroundRuns;
    use crate::viz::views::latent;

    /// A run of 30 steps that was changed on the way, and one of 20.
    fn run(scene: &str, steps: u64) -> Experiment {
        let scene = Scene::named(scene).unwrap().clone();
        let data = Arc::new(generate(&scene, 3));
        let mut config = Config::new(Origin::Scene(Box::new(scene)), 3, data.train.samples());
        config.architecture.hidden = vec![4];
        let mut run = Experiment::new(config, data).unwrap();
        for step in 0..steps {
            if step == 12 {
                run.apply(Command::Beta(3.0)).unwrap();
            }
            run.step().unwrap();
        }
        run
    }

    fn figure(scene: &str) -> Figure {
        of_runs(&run(scene, 30), None)
    }

    fn of_runs(run: &Experiment, beside: Option<&Experiment>) -> Figure {
        let newest = |run: &Experiment| Arc::new(Snapshot::of(run)).into();
        Figure::new(newest(run), beside.map(newest), &Selection::default(), BackgroundRuns::default())
    }

    fn spec(animation: Animation) -> AnimationSpec {
        AnimationSpec { animation, format: MovieFormat::Frames, seconds: 0.8, rate: 50 }
    }

    /// The source of each picture of an animation was drawn from.
    fn pictures<T: Clone>(
        animation: Animation,
        figure: &mut Figure,
        seen: impl Fn(&[ViewContext<'_>], &Selection) -> T,
    ) -> Vec<T> {
        let (last, all) = (RefCell::new(None), RefCell::new(Vec::new()));
        let show = |_: &mut Ui, contexts: &[ViewContext<'_>], selection: &mut Selection| {
            last.replace(Some(seen(contexts, selection)));
        };
        let go_on = |made| {
            if made as usize > all.borrow().len() {
                all.borrow_mut().extend(last.borrow().clone());
            }
            ControlFlow::Continue(())
        };
        let canvas = Canvas::new(vec2(20.0, 30.0));
        let Some(Finished::Frames(frames)) = spec(animation).make(figure, &canvas, None, show, go_on).unwrap() else {
            panic!("it was stopped")
        };
        let all = all.into_inner();
        assert_eq!((frames.len(), all.len()), (40, 40));
        all
    }

    #[test]
    fn a_history_is_the_same_run_from_its_first_step_and_rests_at_its_last() {
        let mut figure = of_runs(&run("linear", 30), Some(&run("linear", 20)));
        let ends = [&figure.run, figure.beside.as_ref().unwrap()].map(|run| run.newest.vae.parameters.clone());
        let seen = |contexts: &[ViewContext<'_>], _: &Selection| {
            [0, 1].map(|i| {
                (contexts[i].snapshot.step, contexts[i].newest.step, contexts[i].snapshot.vae.parameters.clone())
            })
        };
        let pictures = pictures(Animation::History, &mut figure, seen);
        assert_eq!(pictures[0].each_ref().map(|run| run.0), [0, 0]);
        assert!(pictures.iter().all(|[a, b]| b.0 == a.0.min(20) && (a.1, b.1) == (30, 20)), "at the same step");
        assert!(pictures.is_sorted_by_key(|runs| runs[0].0));
        for picture in &pictures[35..] {
            assert_eq!(picture.each_ref().map(|run| run.2.clone()), ends, "to the last bit");
        }
    }

    #[test]
    fn a_traversal_takes_one_latent_after_the_other_to_both_sides() {
        let mut figure = figure("linear");
        let start = figure.selection.z.clone();
        let pictures = pictures(Animation::Traversal, &mut figure, |_, selection| selection.z.clone());
        assert_eq!(pictures[0], start);
        for (i, half) in pictures.chunks(20).enumerate() {
            assert!(half.iter().all(|z| z[1 - i] == start[1 - i]), "the other one stays");
            let walked = |f: fn(f64, f64) -> f64| half.iter().map(|z| z[i]).reduce(f).unwrap() - start[i];
            assert!(walked(f64::max) > 2.3 && walked(f64::min) < -2.3);
        }
    }

    #[test]
    fn a_turn_goes_once_around_and_a_morph_there_and_back() {
        let mut figure = figure("linear");
        figure.selection.camera = Some(Camera { azimuth: 6.0, ..Camera::default() });
        let angles = pictures(Animation::Turn, &mut figure, |_, selection| selection.camera.unwrap().azimuth);
        assert_eq!(angles[0], 6.0);
        for pair in angles.windows(2) {
            let step = (pair[1] - pair[0]).rem_euclid(TAU as f32);
            assert!((step - TAU as f32 / 40.0).abs() < 1e-5, "{step}");
        }
        let tau = pictures(Animation::Morph, &mut figure, |_, selection| selection.tau);
        assert!(tau[0] == 0.0 && (tau[20] - 1.0).abs() < 1e-12 && (tau[39] - tau[1]).abs() < 1e-12);
    }

    #[test]
    fn a_film_stops_when_it_is_told_to_even_between_two_pictures() {
        let draw = |_: &mut Ui, _: &[ViewContext<'_>], _: &mut Selection| {};
        let canvas = Canvas::new(vec2(20.0, 30.0));
        for patience in [0, 1, 5] {
            let mut asked = 0;
            let go_on = |_| {
                asked += 1;
                if asked > patience { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            // Two pictures: all steps lie between them.
            let spec = AnimationSpec { rate: 2, seconds: 1.0, ..spec(Animation::History) };
            assert_eq!(spec.make(&mut figure("linear"), &canvas, None, draw, go_on), Ok(None));
            assert_eq!(asked, patience + 1);
        }
    }

    #[test]
    fn what_cannot_be_filmed_is_refused_with_a_reason() {
        let canvas = Canvas::new(vec2(20.0, 30.0));
        let refused = |spec: AnimationSpec, scene, canvas: &Canvas| spec.check(&figure(scene), canvas).unwrap_err();
        assert!(refused(spec(Animation::Turn), "polar", &canvas).contains("three dimensions"));
        assert!(refused(spec(Animation::Morph), "parabola", &canvas).contains("two latents"));
        assert!(
            refused(AnimationSpec { seconds: 0.02, ..spec(Animation::Turn) }, "linear", &canvas).contains("2 to 5000")
        );
        assert!(AnimationSpec { seconds: f64::NAN, ..spec(Animation::Turn) }.count().is_err());
        let clear = Canvas { background: Color32::TRANSPARENT, ..canvas };
        let movie = AnimationSpec { format: MovieFormat::Mp4, ..spec(Animation::Turn) };
        assert!(refused(movie, "linear", &clear).contains("transparency"));
        assert_eq!(movie.check(&figure("linear"), &canvas), Ok(40));
    }

    #[test]
    fn what_usually_shows_a_film_moves_in_it() {
        for animation in Animation::ALL {
            assert!(animation.moves(animation.usual()) && animation.moves(FigureContent::All));
        }
        assert!(
            !Animation::Turn.moves(FigureContent::One(latent::SPEC.view))
                && !Animation::Traversal.moves(FigureContent::One(view_named("training").unwrap()))
        );
    }
}
