//! What a monkey does with a window in one go, at random.

use eframe::egui::{Key, Modifiers, PointerButton, Pos2, Theme, Vec2, pos2, vec2};
use rand::{Rng, RngExt as _};
use unpick::data::Scene;
use unpick::experiment::Command;
use unpick::geometry::Rotation;
use unpick::io::ModelOptions;
use unpick::lesson::course;
use unpick::nn::{Activation, OptimizerKind};
use unpick::vae::{Architecture, Covariance, DecoderKind, Likelihood, PosteriorFactor};
use unpick::viz::command::{Arrangement, CameraPose, Direction, UiCommand};
use unpick::viz::layers::Layers;
use unpick::viz::preset::Preset;
use unpick::viz::views::{all_views, command_table};

use crate::files::Files;

/// Something that a hand does, or that a control asks for.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Move(Pos2),
    /// Presses and lets go so many times.
    Click(Pos2, PointerButton, u8, Modifiers),
    /// Presses at the first point, moves to the others and lets go.
    Drag(Vec<Pos2>, Modifiers),
    Wheel(Pos2, Vec2, Modifiers),
    Leave,
    Key(Key, Modifiers),
    Write(&'static str),
    Paste(&'static str),
    /// Clicks what a screen reader can see: a share of the way through its list.
    Press(f64),
    Ask(Box<UiCommand>),
    Resize(Vec2),
    /// Nothing for so many seconds.
    Wait(f64),
}

/// What is written into fields: numbers at the borders of ranges, paths, no numbers.
const TEXTS: [&str; 22] = [
    "0",
    "-1",
    "1",
    "nan",
    "inf",
    "1e308",
    "-1e-320",
    "64",
    "4096",
    "99999999999",
    "0.5,",
    "16, 8",
    "abc",
    "..",
    "",
    "β 4",
    "lesson",
    "/",
    "none.csv",
    "work/figure.svg",
    "σ² = 0.1",
    "\u{202e}\u{1b}[2J",
];

const RECIPES: [&str; 6] = [
    "unpick:scene=cylinder;seed=3;beta=2;at=20:covariance=full;steps=50;z=0.5,-1",
    "unpick:scene=sphere;latent_dim=3;hidden=;activation=softplus;decoder=linear;covariance=full;beta=0.1;sigma2=0.3;steps=1",
    "unpick:scene=linear;at=5:rotate=30:1,2;steps=9",
    "unpick:scene=nowhere;steps=9",
    "unpick:scene=linear;z=nan;steps=9",
    "a text of another program",
];

/// Keys that mean something to a field, a list or a dialog; those of commands come from their table.
const KEYS: [Key; 22] = [
    Key::Escape,
    Key::Escape,
    Key::Escape,
    Key::Tab,
    Key::Tab,
    Key::Enter,
    Key::Space,
    Key::Backspace,
    Key::Delete,
    Key::Home,
    Key::End,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::PageUp,
    Key::PageDown,
    Key::A,
    Key::Num1,
    Key::Num3,
    Key::X,
    Key::F10,
];

/// Sizes of windows from the smallest that the program allows on.
const SIZES: [[f32; 2]; 7] = [
    [1280.0, 720.0],
    [1280.0, 720.0],
    [800.0, 500.0],
    [1920.0, 1080.0],
    [801.0, 900.0],
    [1500.0, 500.0],
    [2560.0, 600.0],
];

fn one_of<T: Clone>(rng: &mut impl Rng, all: &[T]) -> T {
    all[rng.random_range(0..all.len())].clone()
}

/// A number with a uniform logarithm.
fn logarithmic(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    rng.random_range(low.ln()..=high.ln()).exp()
}

/// A point of a window of this size, or a little beside it.
fn point(rng: &mut impl Rng, size: Vec2) -> Pos2 {
    let margin = if rng.random_bool(0.05) { 30.0 } else { 0.0 };
    pos2(rng.random_range(-margin..=size.x + margin), rng.random_range(-margin..=size.y + margin))
}

fn modifiers(rng: &mut impl Rng) -> Modifiers {
    let none = [Modifiers::NONE; 5];
    one_of(rng, &[&none[..], &[Modifiers::SHIFT, Modifiers::COMMAND, Modifiers::ALT]].concat())
}

impl Deed {
    /// Any of them, in a window of this size.
    pub(crate) fn random(rng: &mut impl Rng, size: Vec2, files: &Files) -> Self {
        match rng.random_range(0..100) {
            0..8 => Self::Move(point(rng, size)),
            8..22 => {
                let buttons = [PointerButton::Primary; 8];
                let buttons = [&buttons[..], &[PointerButton::Secondary, PointerButton::Middle]].concat();
                Self::Click(point(rng, size), one_of(rng, &buttons), one_of(rng, &[1, 1, 1, 2, 3]), modifiers(rng))
            }
            22..34 => {
                let points = rng.random_range(2..6);
                Self::Drag((0..points).map(|_| point(rng, size)).collect(), modifiers(rng))
            }
            34..42 => {
                let delta = vec2(rng.random_range(-1.0..=1.0), rng.random_range(-1.0..=1.0));
                Self::Wheel(point(rng, size), delta * one_of(rng, &[10.0, 100.0, 5000.0]), modifiers(rng))
            }
            42..43 => Self::Leave,
            43..53 => Self::Key(one_of(rng, &KEYS), modifiers(rng)),
            53..58 => Self::Write(one_of(rng, &TEXTS)),
            58..59 => Self::Paste(one_of(rng, &[&RECIPES[..], &TEXTS].concat())),
            59..79 => Self::Press(rng.random_range(0.0..1.0)),
            79..88 => match one_of(rng, command_table()) {
                entry if rng.random_bool(0.5) => Self::Ask(Box::new(entry.command)),
                entry => entry.shortcut.map_or(Self::Leave, |key| Self::Key(key.logical_key, key.modifiers)),
            },
            88..96 => Self::Ask(Box::new(command(rng, files))),
            96..98 => Self::Resize(one_of(rng, &SIZES).into()),
            _ => Self::Wait(one_of(rng, &[0.1, 1.0, 40.0])),
        }
    }
}

/// A command with something random in it, as controls, views, lessons and the palette ask for.
fn command(rng: &mut impl Rng, files: &Files) -> UiCommand {
    use UiCommand as C;
    let [k, j] = [0, 1].map(|_| one_of(rng, &[0, 1, 1, 2, 3, 7]));
    let view = one_of(rng, &all_views());
    match rng.random_range(0..33) {
        0..3 => C::OpenFile(files.path(one_of(rng, &files.names))),
        3 => C::OpenModel(
            files.path("model.safetensors"),
            ModelOptions { activation: one_of(rng, &[None, Some(Activation::Tanh)]), ..Default::default() },
        ),
        4 => C::StartImport,
        5 => C::OpenRecent(k),
        6 => C::OpenRecipe(one_of(rng, &RECIPES).to_owned()),
        7 => one_of(rng, &[C::RestoreSession, C::ForgetSession, C::AskBeta, C::CloseDialogs]),
        8 => C::FileSaved(files.path(one_of(rng, &files.names))),
        9 => one_of(
            rng,
            &[
                C::Steps(7),
                C::Steps(100),
                C::StepsTo(50),
                C::SetPace(Some(1.0)),
                C::SetPace(None),
                C::SetRunning(true),
                C::SetRunning(false),
            ],
        ),
        10 => C::SetSeed(one_of(rng, &[0, 1, i64::MAX as u64])),
        11 => C::SetNetwork(Box::new(architecture(rng))),
        12..14 => {
            let scenes: Vec<&Scene> = Scene::built_in().iter().collect();
            C::SetScene(Box::new(one_of(rng, &scenes).clone()))
        }
        14..18 => C::Change(change(rng)),
        18 => C::RotateLatents(Rotation { degrees: rng.random_range(-400.0..400.0), plane: [k, j] }),
        19 => one_of(rng, &[C::SetCompared(true), C::SetCompared(false), C::SelectRun(k), C::SwapRuns]),
        20 => one_of(rng, &[C::RunFromHere, C::SwitchBranch(k, j as u32), C::CloseBranch(k, j as u32)]),
        21 => one_of(rng, &[C::TrainSeeds, C::AdoptSeed(k), C::CloseSeeds, C::RunChecks, C::StopChecks]),
        22 => one_of(rng, &[C::ToggleAlone(view), C::SetAlone(Some(view)), C::SetAlone(None)]),
        23 => C::TogglePreset(one_of(rng, &Preset::ALL)),
        24 => C::Arrange(Box::new(arrangement(rng, 3))),
        25 => one_of(
            rng,
            &[CameraPose::X, CameraPose::Y, CameraPose::Z, CameraPose::Tangent, CameraPose::Home].map(C::SetCamera),
        ),
        26 => one_of(rng, &[C::PlayMorph, C::PlayTraversal, C::Nudge(Direction::Up), C::Nudge(Direction::Left)]),
        27 => {
            let (length, reach) = (one_of(rng, &[0, 1, 2, 3, 64, 70]), one_of(rng, &[1.0, 30.0, 1e6]));
            C::MoveTo((0..length).map(|_| rng.random_range(-reach..reach)).collect())
        }
        28 => {
            let names = Layers::default().list().map(|(name, _, _)| name);
            C::ToggleLayer(one_of(rng, &names))
        }
        29 => C::SetPhi(rng.random_range(-720.0..720.0)),
        30 => {
            let names: Vec<_> = course().iter().map(|lesson| lesson.name).collect();
            let name = one_of(rng, &names);
            one_of(
                rng,
                &[C::OpenLesson(name), C::AnswerLesson(k), C::RevealLesson, C::StepLesson(true), C::CloseLesson],
            )
        }
        31 => one_of(
            rng,
            &[
                C::SetTheme(Theme::Dark),
                C::SetTheme(Theme::Light),
                C::Zoom(Some(0.1)),
                C::Zoom(Some(-0.1)),
                C::Zoom(None),
            ],
        ),
        _ => {
            let term = one_of(rng, &["ELBO", "β", "DtO", "no term"]);
            one_of(
                rng,
                &[C::ShowTerm(term), C::ToggleGlossary, C::CloseNotice, C::StepMoment(true), C::StepMoment(false)],
            )
        }
    }
}

fn architecture(rng: &mut impl Rng) -> Architecture {
    let hidden: [&[usize]; 5] = [&[], &[1], &[4], &[16, 8], &[3, 3, 3, 3]];
    Architecture {
        latent_dim: one_of(rng, &[1, 1, 2, 2, 2, 3, 5, 9, 64]),
        hidden: one_of(rng, &hidden).to_vec(),
        activation: one_of(rng, &Activation::ALL),
        decoder: one_of(rng, &DecoderKind::ALL),
        factor: one_of(rng, &PosteriorFactor::ALL),
        likelihood: one_of(rng, &[Likelihood::Gaussian, Likelihood::Gaussian, Likelihood::Bernoulli]),
        decoder_hidden: one_of(rng, &[None, None, Some(vec![5])]),
    }
}

/// A change, over the whole range and beyond it.
fn change(rng: &mut impl Rng) -> Command {
    match rng.random_range(0..8) {
        0 => Command::Beta(one_of(rng, &[0.0, 1e-6, 1.0, 1e6, 1e9])),
        1 => Command::Sigma2(logarithmic(rng, 1e-9, 1e7)),
        2 => Command::Covariance(one_of(rng, &Covariance::ALL)),
        3 => Command::Optimizer(one_of(rng, &OptimizerKind::ALL)),
        4 => Command::Lr(logarithmic(rng, 1e-9, 1e3)),
        5 => Command::Batch(one_of(rng, &[0, 1, 2, 64, 1_000_000])),
        6 => {
            let words = ["kl", "factor:5", "laplace", "tc-mws", "tc-mss:2,0.5", "capacity:3,100", "none"];
            Command::Regularizer(one_of(rng, &words).parse().expect("the words are those of the program"))
        }
        _ => Command::Rotate(Rotation { degrees: rng.random_range(-180.0..180.0), plane: [0, 1] }),
    }
}

fn arrangement(rng: &mut impl Rng, depth: u32) -> Arrangement {
    let shares = |rng: &mut _| (0..2).map(|_| (one_of(rng, &[0.2, 1.0, 3.0]), arrangement(rng, depth - 1))).collect();
    match rng.random_range(0..4) {
        0 if depth > 0 => Arrangement::Row(shares(rng)),
        1 if depth > 0 => Arrangement::Column(shares(rng)),
        2 if depth > 0 => Arrangement::Tabs((0..2).map(|_| arrangement(rng, depth - 1)).collect()),
        // The second run is there in a comparison only.
        _ => Arrangement::View(one_of(rng, &all_views()), 0),
    }
}
