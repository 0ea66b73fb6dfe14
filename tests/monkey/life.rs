//! One life of a monkey: a window on some scene, deeds, and at the end the question whether the window still answers.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use eframe::egui::{Key, Theme, vec2};
use egui_kittest::kittest::NodeT as _;
use rand::{Rng, RngExt as _};
use unpick::app::{App, FirstRun};
use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Origin};
use unpick::rng::{Purpose, stream};
use unpick::sentence::sentence;
use unpick::viz::command::UiCommand;
use unpick::viz::workers::Workers;

use crate::amount::seed;
use crate::deed::Deed;
use crate::files::Files;
use crate::harness::WindowTest;
use crate::{PATIENCE, with_diary};

/// Characters of a notice.
const MOST_CHARACTERS: usize = 1410;

/// The time of a frame.
const FRAME: Duration = Duration::from_millis(16);

/// Does so many deeds in a new window; says what went wrong.
pub(crate) fn live(life: u64, deeds: u64, files: &Files) -> Result<(), String> {
    let mut rng = stream(seed(), Purpose::Analysis, life);
    let mut test = window(&mut rng);
    // In every second life helpers have time to answer.
    let frames = if rng.random_bool(0.5) { 3 } else { 0 };
    test.app().set_folder(&files.path("saved"));
    test.app().keep_in(&files.path("state"));
    for k in 0..deeds {
        let deed = Deed::random(&mut rng, test.kittest.ctx.content_rect().size(), files);
        with_diary(|diary| diary.deeds.push(format!("{deed:?}")));
        test.act(&deed);
        for _ in 0..frames {
            sleep(FRAME);
            test.frames(1);
        }
        with_diary(|diary| diary.last = Some(Instant::now()));
        if k % 40 == 0 {
            test.render();
        }
        fault(&mut test)?;
    }
    answers(&mut test)
}

/// A window on any scene. Its views are computed on threads, as those of the program are: at once, pictures would take minutes.
fn window(rng: &mut impl Rng) -> WindowTest {
    let scenes = Scene::built_in();
    let scene = scenes[rng.random_range(0..scenes.len())].clone();
    let data = Arc::new(generate(&scene, 0));
    let config = Config::new(Origin::Scene(Box::new(scene)), 0, data.train.samples());
    let running = rng.random_bool(0.5);
    WindowTest::with_workers(FirstRun { config, data, running }, vec2(1280.0, 720.0), |ctx| {
        Workers::threaded(ctx).expect("there are threads to give")
    })
}

/// What is wrong with the state of the window, if anything is.
fn fault(test: &mut WindowTest) -> Result<(), String> {
    if let Some(panic) = with_diary(|diary| diary.panics.first().cloned()) {
        return Err(panic);
    }
    let app = test.app();
    for snapshot in [app.snapshot(), app.second_snapshot(), app.shown(), app.second_shown()].into_iter().flatten() {
        if snapshot.vae.parameters.iter().any(|p| !p.is_finite()) {
            return Err(format!("a weight is not finite at step {}", snapshot.step));
        }
    }
    if let Some(said) = app.notice().map(|notice| sentence(&notice))
        && (said.is_empty() || said.chars().count() > MOST_CHARACTERS || said.chars().any(char::is_control))
    {
        return Err(format!("a notice of {} characters: {said:?}", said.chars().count()));
    }
    let selection = app.selection();
    let numbers = [selection.tau, selection.phi, selection.phase].into_iter();
    let numbers = numbers.chain(selection.z.iter().copied()).chain(selection.corners.concat());
    let numbers = numbers.chain(selection.latent_window.iter().flatten().flatten().copied());
    if let Some(number) = numbers.chain(selection.step_range.into_iter().flatten()).find(|x| !x.is_finite()) {
        return Err(format!("the selection has {number}: {selection:?}"));
    }
    match selection.camera {
        Some(camera) if format!("{camera:?}").to_lowercase().contains("nan") => {
            Err(format!("the camera is {camera:?}"))
        }
        _ => Ok(()),
    }
}

/// Notes that a frame has ended.
fn note_frame() {
    with_diary(|diary| diary.last = Some(Instant::now()));
}

/// Frames until something holds, or what never came.
fn wait(test: &mut WindowTest, what: &str, holds: impl Fn(&mut App) -> bool) -> Result<(), String> {
    let start = Instant::now();
    while !holds(test.app()) {
        test.frames(1);
        note_frame();
        if start.elapsed() > PATIENCE {
            let focused = test.kittest.root().children_recursive().find(|node| node.accesskit_node().is_focused());
            let focused =
                focused.map(|node| format!("{:?} {:?}", node.accesskit_node().role(), node.accesskit_node().label()));
            return Err(format!("at the end {what}; the keyboard has {focused:?}"));
        }
    }
    fault(test)
}

/// After Escape a key switches the theme, a new run begins, and Space pauses it.
fn answers(test: &mut WindowTest) -> Result<(), String> {
    with_diary(|diary| diary.deeds.push("the end: is there an answer?".to_owned()));
    test.resize(vec2(1280.0, 720.0));
    for _ in 0..12 {
        test.key(Key::Escape);
        note_frame();
    }
    test.app().execute(UiCommand::CloseLesson);
    test.frames(3);
    note_frame();
    let theme = test.kittest.ctx.theme();
    test.key(Key::D);
    note_frame();
    let other = if theme == Theme::Dark { Theme::Light } else { Theme::Dark };
    if test.kittest.ctx.theme() != other {
        return Err("at the end the key D does not switch the theme".to_owned());
    }
    // A scene is opened in the active run, which may be the second.
    test.app().execute(UiCommand::SetCompared(false));
    // At full speed it could come to its end, and pause, before Space is pressed, which would then let it go on.
    test.app().execute(UiCommand::SetPace(Some(60.0)));
    let scene = Scene::named("linear").expect("it is built in").clone();
    test.app().execute(UiCommand::SetScene(Box::new(scene)));
    wait(test, "no run begins", |app| {
        app.snapshot().is_some_and(|s| s.step > 0 && s.config.origin.name() == "linear")
    })?;
    if !test.app().is_running() {
        test.key(Key::Space);
        wait(test, "Space does not go on", |app| app.is_running())?;
    }
    test.key(Key::Space);
    wait(test, "Space does not pause", |app| !app.is_running())?;
    test.render();
    test.app().close();
    Ok(())
}
