//! What moves: a walk along each latent, the latent plane becoming the decoder's surface, the training, a turn of the
//! camera. Each ends where it begins, or rests at its end, so that it can be repeated for ever.

use std::f64::consts::TAU;
use std::ops::ControlFlow;
use std::sync::Arc;

use eframe::egui::{Color32, Ui, UiBuilder};

use super::views::View;
use super::{Figure, Painter3, SIDES, Selection, Show, Stage, What};
use crate::experiment::{Experiment, Snapshot};
use crate::paint::{Canvas, Finished, Movie, MovieFormat, Pace};

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Film {
    /// z* goes along each latent in turn, to both sides and back.
    Traversal,
    /// The latent plane becomes the decoder's surface and turns back.
    Morph,
    /// The run from its first step to the one that is shown.
    History,
    /// The camera goes once around.
    Turn,
}

/// How far a traversal goes, in prior standard deviations.
const REACH: f64 = 2.5;

/// The share of a history that shows its end.
const REST: f64 = 0.15;

impl Film {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Traversal, Self::Morph, Self::History, Self::Turn];

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Traversal => "Traversal",
            Self::Morph => "Morph",
            Self::History => "Training history",
            Self::Turn => "Camera turn",
        }
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Traversal => "traversal",
            Self::Morph => "morph",
            Self::History => "history",
            Self::Turn => "turn",
        }
    }

    /// What usually shows it.
    pub fn usual(self) -> What {
        match self {
            Self::Traversal | Self::History => What::Spaces,
            Self::Morph | Self::Turn => What::One(View::Data),
        }
    }

    /// Whether anything of this moves in it.
    pub fn moves(self, what: What) -> bool {
        match (self, what) {
            (_, What::All | What::Spaces) => true,
            (Self::Morph | Self::Turn, What::One(view)) => view == View::Data,
            (Self::Traversal, What::One(view)) => !view.is_shared(),
            (Self::History, What::One(view)) => !matches!(view, View::Seeds | View::Certificates),
        }
    }

    /// Why it can't be made of these runs, if it can't.
    pub fn refusal<'a>(self, mut runs: impl Iterator<Item = &'a Snapshot>) -> Option<&'static str> {
        let (possible, reason) = match self {
            Self::Traversal | Self::History => return None,
            Self::Morph => (
                runs.any(|run| run.latent_dim() >= 2 && run.data_dim() >= 2),
                "only a model of two latents or more, of data of two dimensions or more, has a plane that bends",
            ),
            Self::Turn => (runs.any(|run| run.data_dim() >= 3), "only data of three dimensions or more can be turned"),
        };
        (!possible).then_some(reason)
    }

    /// What `show` draws, and under the training the step.
    pub fn captioned(self, mut show: impl Show) -> impl Show {
        move |ui: &mut Ui, stages: &[Stage<'_>], selection: &mut Selection, painters: &mut [&mut Painter3]| {
            if self != Self::History {
                return show(ui, stages, selection, painters);
            }
            let whole = ui.available_rect_before_wrap();
            let (views, line) = whole.split_top_bottom_at_y(whole.max.y - LINE);
            ui.scope_builder(UiBuilder::new().max_rect(views), |ui| show(ui, stages, selection, painters));
            let steps: Vec<u64> = stages.iter().map(|stage| stage.snapshot.step).collect();
            let text = match steps.as_slice() {
                [a, b] if a != b => format!("{} step {a} · {} step {b}", SIDES[0], SIDES[1]),
                [step, ..] => format!("step {step}"),
                [] => String::new(),
            };
            ui.scope_builder(UiBuilder::new().max_rect(line), |ui| ui.label(text));
        }
    }
}

/// The height of the line under a history.
const LINE: f32 = 22.0;

/// A film and how it becomes a movie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reel {
    /// What moves.
    pub film: Film,
    /// The format of the file.
    pub format: MovieFormat,
    /// How long it takes.
    pub seconds: f64,
    /// Pictures a second, 1 to 50.
    pub rate: u16,
}

impl Reel {
    /// How many pictures there will be.
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

    /// Says what stands against making it, and how many pictures there will be.
    ///
    /// # Errors
    /// If it can't be made of these runs, on this sheet, or at this pace.
    pub fn check(&self, figure: &Figure, canvas: &Canvas) -> Result<u32, String> {
        if let Some(reason) = self.film.refusal(figure.all().map(|shown| &*shown.snapshot)) {
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
        let mut show = self.film.captioned(show);
        if self.film == Film::Turn && figure.selection.camera.is_none() {
            // The first picture chooses where to look from.
            drop(figure.picture(canvas, &mut show));
        }
        let mut set = Set::new(self.film, figure)?;
        for k in 0..count {
            let stopped = set.pose(figure, f64::from(k) / f64::from(count), &mut || go_on(k))?.is_break();
            if stopped || go_on(k).is_break() {
                return Ok(None);
            }
            movie.push(&figure.picture(canvas, &mut show))?;
        }
        if go_on(count).is_break() { Ok(None) } else { movie.finish().map(Some) }
    }
}

/// What a film begins with.
struct Set {
    film: Film,
    selection: Selection,
    /// The runs that are repeated, and up to which step.
    runs: Vec<(Experiment, u64)>,
}

impl Set {
    fn new(film: Film, figure: &Figure) -> Result<Self, String> {
        let repeated = figure.all().filter(|_| film == Film::History).map(|shown| again(&shown.snapshot));
        Ok(Self { film, selection: figure.selection.clone(), runs: repeated.collect::<Result<_, _>>()? })
    }

    /// Makes the figure what it is at time `t` of 0 to 1, unless `go_on` stops it.
    fn pose(
        &mut self,
        figure: &mut Figure,
        t: f64,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, String> {
        let (start, selection) = (&self.selection, &mut figure.selection);
        match self.film {
            Film::Traversal => {
                selection.z.clone_from(&start.z);
                let walk = t * start.z.len() as f64;
                let latent = (walk as usize).min(start.z.len() - 1);
                selection.z[latent] = (start.z[latent] + REACH * (TAU * walk.fract()).sin()).clamp(-3.0, 3.0);
            }
            Film::Morph => selection.tau = 0.5 - 0.5 * (TAU * t).cos(),
            Film::Turn => {
                if let (Some(camera), Some(home)) = (&mut selection.camera, &start.camera) {
                    camera.azimuth = (home.azimuth + (TAU * t) as f32).rem_euclid(TAU as f32);
                }
            }
            Film::History => {
                // The beginning, where most happens, takes longest.
                let share = (t / (1.0 - REST)).min(1.0).powi(2);
                let last = self.runs.iter().map(|(_, last)| *last).max().unwrap_or(0);
                let step = (share * last as f64).round() as u64;
                for (shown, (run, last)) in figure.all_mut().zip(&mut self.runs) {
                    while run.state().step < step.min(*last) {
                        if go_on().is_break() {
                            return Ok(ControlFlow::Break(()));
                        }
                        run.step().map_err(|divergence| divergence.to_string())?;
                    }
                    shown.snapshot = Arc::new(Snapshot::of(run));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// The run that has led to a moment, at its first step, and how many it is to make.
fn again(moment: &Snapshot) -> Result<(Experiment, u64), String> {
    let mut run =
        Experiment::new(moment.config.as_ref().clone(), Arc::clone(&moment.data)).map_err(|error| error.to_string())?;
    run.schedule_log(&moment.log).map_err(|error| error.to_string())?;
    // It is gone through once.
    run.keep_within(0);
    Ok((run, moment.step))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use eframe::egui::vec2;

    use super::*;
    use crate::app::Background;
    use crate::data::{Scene, generate};
    use crate::experiment::{Command, Config, Origin};
    use crate::paint::Camera;

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
        let moments = |run: &Experiment| Arc::new(Snapshot::of(run)).into();
        Figure::new(moments(run), beside.map(moments), &Selection::default(), Background::default())
    }

    fn reel(film: Film) -> Reel {
        Reel { film, format: MovieFormat::Frames, seconds: 0.8, rate: 50 }
    }

    /// What each picture of a film was drawn from.
    fn pictures<T: Clone>(film: Film, figure: &mut Figure, seen: impl Fn(&[Stage<'_>], &Selection) -> T) -> Vec<T> {
        let (last, all) = (RefCell::new(None), RefCell::new(Vec::new()));
        let show = |_: &mut Ui, stages: &[Stage<'_>], selection: &mut Selection, _: &mut [&mut Painter3]| {
            last.replace(Some(seen(stages, selection)));
        };
        let go_on = |made| {
            if made as usize > all.borrow().len() {
                all.borrow_mut().extend(last.borrow().clone());
            }
            ControlFlow::Continue(())
        };
        let canvas = Canvas::new(vec2(20.0, 30.0));
        let Some(Finished::Frames(frames)) = reel(film).make(figure, &canvas, None, show, go_on).unwrap() else {
            panic!("it was stopped")
        };
        let all = all.into_inner();
        assert_eq!((frames.len(), all.len()), (40, 40));
        all
    }

    #[test]
    fn a_history_is_the_same_run_from_its_first_step_and_rests_at_its_last() {
        let mut figure = of_runs(&run("linear", 30), Some(&run("linear", 20)));
        let ends = [&figure.run, figure.beside.as_ref().unwrap()].map(|shown| shown.now.vae.parameters.clone());
        let seen = |stages: &[Stage<'_>], _: &Selection| {
            [0, 1].map(|i| (stages[i].snapshot.step, stages[i].now.step, stages[i].snapshot.vae.parameters.clone()))
        };
        let pictures = pictures(Film::History, &mut figure, seen);
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
        let pictures = pictures(Film::Traversal, &mut figure, |_, selection| selection.z.clone());
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
        let angles = pictures(Film::Turn, &mut figure, |_, selection| selection.camera.unwrap().azimuth);
        assert_eq!(angles[0], 6.0);
        for pair in angles.windows(2) {
            let step = (pair[1] - pair[0]).rem_euclid(TAU as f32);
            assert!((step - TAU as f32 / 40.0).abs() < 1e-5, "{step}");
        }
        let tau = pictures(Film::Morph, &mut figure, |_, selection| selection.tau);
        assert!(tau[0] == 0.0 && (tau[20] - 1.0).abs() < 1e-12 && (tau[39] - tau[1]).abs() < 1e-12);
    }

    #[test]
    fn a_film_stops_when_it_is_told_to_even_between_two_pictures() {
        let draw = |_: &mut Ui, _: &[Stage<'_>], _: &mut Selection, _: &mut [&mut Painter3]| {};
        let canvas = Canvas::new(vec2(20.0, 30.0));
        for patience in [0, 1, 5] {
            let mut asked = 0;
            let go_on = |_| {
                asked += 1;
                if asked > patience { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            // Two pictures: all steps lie between them.
            let reel = Reel { rate: 2, seconds: 1.0, ..reel(Film::History) };
            assert_eq!(reel.make(&mut figure("linear"), &canvas, None, draw, go_on), Ok(None));
            assert_eq!(asked, patience + 1);
        }
    }

    #[test]
    fn what_cannot_be_filmed_is_refused_with_a_reason() {
        let canvas = Canvas::new(vec2(20.0, 30.0));
        let refused = |reel: Reel, scene, canvas: &Canvas| reel.check(&figure(scene), canvas).unwrap_err();
        assert!(refused(reel(Film::Turn), "polar", &canvas).contains("three dimensions"));
        assert!(refused(reel(Film::Morph), "parabola", &canvas).contains("two latents"));
        assert!(refused(Reel { seconds: 0.02, ..reel(Film::Turn) }, "linear", &canvas).contains("2 to 5000"));
        assert!(Reel { seconds: f64::NAN, ..reel(Film::Turn) }.count().is_err());
        let clear = Canvas { background: Color32::TRANSPARENT, ..canvas };
        let movie = Reel { format: MovieFormat::Mp4, ..reel(Film::Turn) };
        assert!(refused(movie, "linear", &clear).contains("transparency"));
        assert_eq!(movie.check(&figure("linear"), &canvas), Ok(40));
    }

    #[test]
    fn what_usually_shows_a_film_moves_in_it() {
        for film in Film::ALL {
            assert!(film.moves(film.usual()) && film.moves(What::All));
        }
        assert!(!Film::Turn.moves(What::One(View::Latent)) && !Film::Traversal.moves(What::One(View::Training)));
    }
}
