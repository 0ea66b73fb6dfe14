//! Lessons: stepping, exact states, questions, tasks, live reload, presenter mode.

use std::path::Path;
use std::{env, fs};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::data::Scene;
use unpick::experiment::Command;
use unpick::io::hash_of_weights;
use unpick::lesson::course;
use unpick::viz::command::UiCommand;

use crate::harness::WindowTest;
use crate::legibility::{faults, texts};

const LESSON: &str = r#"+++
lesson = "Two latents"
aim = "Why a diagonal posterior keeps its axes."
+++

+++
step = "A plane"
scene = "linear"
steps = 200
views = ["latent", "data"]
z = [1, 0]
camera = "x"
notes = "Drag z* first."
+++
The grid is the image of the plane under $\hat x = d(z)$.

+++
step = "Two runs"
beside = { covariance = "full" }
layers = ["data", "curves"]
+++
A is diagonal, B full.

+++
step = "A question"
beside = false
train_to = 320
ask = "How many latents are active?"
choices = ["One", "Two"]
answer = 2
+++
---
Both, as [2](<active units near 2 within 0>) says.

+++
step = "A guess"
views = ["rotate"]
ask = "How long is the longer column?"
guess = "s1"
range = [0, 4]
+++

+++
step = "A task"
goal = ["z1 above 1.5", "beta above 2"]
hint = "Drag the blue cross."
+++
---
Well done.
"#;

/// A window with the lesson at its first step, and the folder of its file.
fn opened(text: &str) -> (WindowTest, tempfile::TempDir) {
    let mut test = WindowTest::paused_at("cylinder", 20);
    let folder = tempfile::tempdir().expect("there is room for a lesson");
    let path = folder.path().join("lesson.md");
    fs::write(&path, text).expect("there is room for a lesson");
    test.app().execute(UiCommand::OpenFile(path));
    at(&mut test, 0);
    (test, folder)
}

/// Every lesson is played from its first step to its last and back, and each step is the same on its second visit. In the window and in
/// presenter mode no text lies over another, none is cut, and none is small. `PICTURES=FOLDER` saves a picture of each presented step.
#[test]
fn every_lesson_plays_to_its_end_and_back() {
    let mut report = Vec::new();
    for lesson in course() {
        let mut test = WindowTest::paused_at("cylinder", 0);
        test.app().execute(UiCommand::SetPace(Some(100_000.0)));
        test.app().execute(UiCommand::OpenLesson(lesson.name));
        let count = test.app().lesson_steps();
        let mut states = Vec::new();
        for step in 0..count {
            at(&mut test, step);
            test.app().execute(UiCommand::SetRunning(false));
            states.push(weights(&mut test));
            for presenting in [false, true] {
                if presenting {
                    test.app().execute(UiCommand::RevealLesson);
                    test.app().execute(UiCommand::SetRunning(false));
                    test.app().execute(UiCommand::TogglePresenter);
                    test.resize(vec2(1280.0, 720.0));
                }
                test.frames(3);
                if let Some(folder) = env::var_os("PICTURES").filter(|_| presenting) {
                    test.frames(30);
                    test.render()
                        .save(Path::new(&folder).join(format!("{}-{:02}.png", lesson.name, step + 1)))
                        .unwrap();
                }
                let mode = if presenting { "presented" } else { "in the window" };
                let found = faults(&texts(&test));
                if presenting && !test.app().shows_whole_text() {
                    report.push(format!("{} {}, presented: the text has to be scrolled", lesson.name, step + 1));
                }
                report.extend(found.into_iter().map(|fault| format!("{} {}, {mode}: {fault}", lesson.name, step + 1)));
            }
            test.app().execute(UiCommand::TogglePresenter);
            test.resize(vec2(1280.0, 720.0));
            if step + 1 < count {
                test.key(Key::PageDown);
            }
        }
        for step in (0..count - 1).rev() {
            test.key(Key::PageUp);
            at(&mut test, step);
            test.app().execute(UiCommand::SetRunning(false));
            assert_eq!(weights(&mut test), states[step], "{} step {}", lesson.name, step + 1);
        }
    }
    assert!(report.is_empty(), "{} faults:\n{}", report.len(), report.join("\n"));
}

/// What a step fixes, whether its runs have begun to train or not: configuration, z* and the keyframe of step 0; the weights where they stand
/// still.
fn weights(test: &mut WindowTest) -> String {
    test.frames(2);
    state(test)
}

/// Waits until a step is shown.
fn at(test: &mut WindowTest, step: usize) {
    test.until(|app| app.lesson_step() == Some(step));
    test.frames(3);
}

/// Everything that a step fixes: weights and log of each run, and what is shown of them.
fn state(test: &mut WindowTest) -> String {
    let app = test.app();
    let run = |snapshot: &unpick::experiment::Snapshot| {
        format!("{} {} {:?}", snapshot.step, hash_of_weights(&snapshot.vae), snapshot.log)
    };
    let first = app.snapshot().map(|snapshot| run(snapshot)).unwrap_or_default();
    let second = app.second_snapshot().map(|snapshot| run(snapshot));
    format!("{first} {second:?} {:?}", app.selection().at_rest())
}

#[test]
fn a_step_is_the_same_state_on_every_visit() {
    let (mut test, _folder) = opened(LESSON);
    let first = state(&mut test);
    assert!(test.app().second_snapshot().is_none() && first.starts_with("200 "), "{first}");
    test.key(Key::PageDown);
    at(&mut test, 1);
    let second = state(&mut test);
    assert!(test.app().second_snapshot().is_some());
    // Play with everything, then come back from either side.
    test.app().selection().z = vec![-1.0, 2.0];
    test.app().execute(UiCommand::Change(Command::Beta(7.0)));
    test.app().execute(UiCommand::Steps(30));
    test.until(|app| app.snapshot().is_some_and(|snapshot| snapshot.step == 230));
    assert_ne!(state(&mut test), second);
    test.press("↺ Back to the step");
    at(&mut test, 1);
    assert_eq!(state(&mut test), second);
    test.key(Key::PageUp);
    at(&mut test, 0);
    assert_eq!(state(&mut test), first);
    test.key(Key::ArrowRight);
    at(&mut test, 1);
    assert_eq!(state(&mut test), second);
}

#[test]
fn a_text_beside_another_scene_says_so() {
    let (mut test, _folder) = opened(LESSON);
    let other = Scene::named("sphere").unwrap();
    let warning = format!("Not of this step: {}", other.title);
    assert!(test.kittest.query_by_label(&warning).is_none());
    test.app().execute(UiCommand::SetScene(Box::new(other.clone())));
    test.until_shown(&warning);
    test.press("↺ Back to the step");
    at(&mut test, 0);
    assert!(test.kittest.query_by_label(&warning).is_none());
}

#[test]
fn the_keyboard_stops_once_at_a_link_of_several_lines() {
    let words =
        "as many latents as there are directions in which the data vary, all of which are active here, which makes 2";
    let text =
        LESSON.replace("A is diagonal", &format!("Found: [{words}](<active units near 2 within 0>). A is diagonal"));
    let (mut test, _folder) = opened(&text);
    test.app().go_to_step(1);
    at(&mut test, 1);
    let links = test.kittest.query_all_by_role(Role::Link).filter(|link| {
        let name = link.accesskit_node().label().unwrap_or_default();
        name.contains("latents") || name.contains("data vary")
    });
    assert_eq!(links.count(), 1);
}

#[test]
fn a_comparison_can_be_ended_and_begun_within_a_lesson() {
    let (mut test, _folder) = opened(LESSON);
    test.key(Key::PageDown);
    at(&mut test, 1);
    let begun = state(&mut test);
    test.key(Key::B);
    test.frames(3);
    assert!(test.app().second_snapshot().is_none(), "only A is left");
    test.press("↺ Back to the step");
    at(&mut test, 1);
    assert_eq!(state(&mut test), begun);
    test.key(Key::PageUp);
    at(&mut test, 0);
    test.key(Key::B);
    test.until(|app| app.second_snapshot().is_some());
    test.frames(3);
}

#[test]
fn numbers_without_meaning_leave_the_lesson_going() {
    let text = LESSON.replace("guess = \"s1\"", "guess = \"codes 1 to 2\"");
    let (mut test, _folder) = opened(&text);
    test.app().go_to_step(3);
    at(&mut test, 3);
    test.key(Key::PageDown);
    test.until_shown("measured: – (undefined for this run)");
    test.key(Key::PageDown);
    at(&mut test, 4);
}

#[test]
fn page_down_steps_while_a_button_has_the_keyboard() {
    let (mut test, _folder) = opened(LESSON);
    for _ in 0..3 {
        test.key(Key::Tab);
    }
    test.key(Key::PageDown);
    at(&mut test, 1);
}

#[test]
fn a_question_covers_the_views_until_it_is_answered() {
    let (mut test, _folder) = opened(LESSON);
    test.app().go_to_step(2);
    at(&mut test, 2);
    assert!(test.kittest.query_by_label("Latent space").is_none(), "the outcome is covered");
    assert!(test.kittest.query_by_label("Two").is_some());
    test.press("One");
    assert!(test.kittest.query_by_label("✖ One (chosen)").is_some() && test.kittest.query_by_label("✔ Two").is_some());
    test.until(|app| app.snapshot().is_some_and(|snapshot| snapshot.step == 320));
    test.frames(2);
    assert!(test.kittest.query_by_label("Latent space").is_some());
    // Forward from a covered outcome reveals it first, without an answer.
    test.app().go_to_step(2);
    at(&mut test, 2);
    test.key(Key::PageDown);
    test.frames(2);
    assert_eq!(test.app().lesson_step(), Some(2));
    assert!(test.kittest.query_by_label("✔ Two").is_some());
    test.key(Key::PageDown);
    at(&mut test, 3);
    test.press("This is my guess");
    test.frames(3);
    assert!(test.kittest.query_by_label("This is my guess").is_none());
}

#[test]
fn a_task_is_recognised_when_all_its_goals_are_reached_at_once() {
    let (mut test, _folder) = opened(LESSON);
    test.app().go_to_step(4);
    at(&mut test, 4);
    test.app().selection().z = vec![2.0, 0.0];
    test.frames(3);
    assert!(test.kittest.query_by_label("✔ z₁ of z* > 1.5").is_some());
    assert!(test.kittest.query_by_label("Done.").is_none());
    test.press("Hint");
    assert!(test.kittest.query_by_label("Drag the blue cross.").is_some());
    test.press("Show the outcome");
    assert!(test.kittest.query_by_label("Well done.").is_some());
    assert!(test.kittest.query_by_label("Done.").is_none(), "shown is not done");
    test.press("↺ Back to the step");
    at(&mut test, 4);
    test.app().selection().z = vec![2.0, 0.0];
    test.app().execute(UiCommand::Change(Command::Beta(3.0)));
    test.until_shown("Done.");
    test.app().selection().z = vec![0.0, 0.0];
    test.frames(3);
    assert!(test.kittest.query_by_label("Done.").is_some(), "done is done");
}

#[test]
fn an_edited_lesson_is_read_again_and_a_mistake_leaves_it_open() {
    let (mut test, folder) = opened(LESSON);
    let path = folder.path().join("lesson.md");
    fs::write(&path, LESSON.replace("A plane", "Another title")).unwrap();
    test.until_shown("Another title");
    fs::write(&path, LESSON.replace("lesson = ", "lessn = ")).unwrap();
    test.until(|app| app.notice().is_some_and(|notice| notice.contains("line 1") && notice.contains("lesson.md")));
    assert_eq!(test.app().lesson_step(), Some(0));
    fs::write(&path, LESSON.replace("scene = \"linear\"\nsteps", "scene = \"nowhere\"\nsteps")).unwrap();
    test.until(|app| app.notice().is_some_and(|notice| notice.contains("no scene 'nowhere'")));
    // It opens as far as it goes.
    fs::write(&path, LESSON.replace("answer = 2", "answer = 5")).unwrap();
    test.until(|app| app.lesson_steps() == 2);
    assert!(test.app().notice().is_some_and(|notice| notice.contains("line 30: answer")), "{:?}", test.app().notice());
    // A shown step stays while it cannot be read.
    fs::write(&path, LESSON).unwrap();
    test.until(|app| app.lesson_steps() == 5);
    test.app().go_to_step(2);
    at(&mut test, 2);
    fs::write(&path, LESSON.replace("train_to = 320", "train_to = 3")).unwrap();
    test.until(|app| app.notice().is_some_and(|notice| notice.contains("train_to")));
    test.frames(3);
    assert_eq!((test.app().lesson_step(), test.app().lesson_steps()), (Some(2), 5));
}

#[test]
fn the_last_step_of_a_lesson_leads_to_the_next_lesson() {
    let mut test = WindowTest::paused_at("cylinder", 0);
    test.app().execute(UiCommand::OpenLesson("03-linear"));
    let last = test.app().lesson_steps() - 1;
    test.app().go_to_step(last);
    at(&mut test, last);
    test.app().execute(UiCommand::RevealLesson);
    test.frames(3);
    test.press("Next lesson ▶");
    at(&mut test, 0);
    let (title, _) = unpick::lesson::course_lesson("04-posteriors").expect("it is built in").title_and_aim();
    assert!(test.kittest.query_by_label(title).is_some(), "{title}");
}

#[test]
fn nothing_trains_behind_a_step_that_is_being_prepared() {
    let mut test = WindowTest::paused_at("cylinder", 20);
    test.app().execute(UiCommand::OpenLesson("07-seams"));
    assert_eq!(test.app().lesson_step(), None, "its run takes a while");
    test.app().execute(UiCommand::RunOrPause);
    assert!(test.app().notice().is_some_and(|notice| notice.contains("being prepared")), "{:?}", test.app().notice());
    at(&mut test, 0);
}

#[test]
fn presenter_mode_shows_views_and_text_alone_and_large() {
    let (mut test, _folder) = opened(LESSON);
    test.key(Key::F11);
    test.resize(vec2(1280.0, 720.0));
    assert!(test.app().is_presenting());
    assert!(test.kittest.query_by_label("File").is_none(), "no menus");
    assert!(test.kittest.ctx.zoom_factor() * 12.0 >= 20.0 - 1e-3, "{}", test.kittest.ctx.zoom_factor());
    test.key(Key::ArrowDown);
    at(&mut test, 1);
    test.key(Key::B);
    let blank = test.render();
    assert!(blank.pixels().all(|pixel| pixel.0[..3] == [0, 0, 0]), "the screen is black");
    assert!(test.app().second_snapshot().is_some(), "B compares nothing here");
    test.key(Key::B);
    assert!(test.render().pixels().any(|pixel| pixel.0[0] > 200));
    test.key(Key::Escape);
    test.frames(4);
    assert!(!test.app().is_presenting() && test.kittest.query_by_label("File").is_some());
    test.key_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(test.app().lesson_step(), Some(1), "with Shift an arrow moves z*");
}

#[test]
fn a_step_of_the_optimiser_is_shown_moment_by_moment_and_then_made() {
    let mut test = WindowTest::paused_at("cylinder", 200);
    let before = state(&mut test);
    test.key(Key::Q);
    assert!(test.kittest.query_by_label("Step 201, slowly").is_some());
    for _ in 0..9 {
        test.key(Key::ArrowRight);
    }
    test.key(Key::ArrowLeft);
    test.key(Key::ArrowRight);
    assert_eq!(state(&mut test), before, "looking changes nothing");
    test.press("Make the step");
    test.until(|app| app.snapshot().is_some_and(|snapshot| snapshot.step == 201));
    test.until_shown("Next step");
    test.press("Next step");
    assert!(test.kittest.query_by_label("Step 202, slowly").is_some());
    test.key(Key::Space);
    test.until(|app| app.snapshot().is_some_and(|snapshot| snapshot.step > 202));
    test.frames(2);
    assert!(test.kittest.query_by_label("Step 202, slowly").is_none(), "a run that goes on has left it");
}

#[test]
fn a_running_run_is_paused_for_a_slow_step_and_stays_paused_when_it_is_closed() {
    let mut test = WindowTest::paused_at("cylinder", 40);
    test.key(Key::Space);
    test.until(|app| app.snapshot().is_some_and(|snapshot| snapshot.step > 60));
    test.key(Key::Q);
    test.until(|app| !app.is_running());
    // Steps that were under way may still be made, before the slow one is shown.
    test.until_shown("✖");
    let made = test.app().snapshot().expect("a run").step;
    assert!(test.kittest.query_by_label(&format!("Step {}, slowly", made + 1)).is_some(), "after step {made}");
    test.key(Key::Escape);
    assert!(test.kittest.query_by_label_contains("slowly").is_none());
    test.frames(20);
    assert!(!test.app().is_running());
    assert_eq!(test.app().snapshot().expect("a run").step, made);
}

#[test]
fn a_digit_answers_the_question_that_covers_the_views() {
    let (mut test, _folder) = opened(LESSON);
    test.app().go_to_step(2);
    at(&mut test, 2);
    test.key(Key::Num7);
    assert!(test.kittest.query_by_label_contains("raised hands").is_some(), "there is no seventh answer");
    test.key(Key::Num2);
    test.until_shown("✔ Two (chosen)");
}
