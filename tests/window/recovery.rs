//! The autosave, and what a crash leaves.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;
use unpick::experiment::{Command, LoggedCommand};
use unpick::io::{Autosave, Session, open_session, save_session};
use unpick::viz::command::UiCommand;

use crate::harness::WindowTest;

/// A window that makes one step and saves its session.
fn saved_in(folder: &Path, session: &str) -> WindowTest {
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().keep_in(folder);
    test.frames(2);
    test.key(Key::Period);
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 1));
    save_now(&mut test, &folder.join(session));
    test
}

/// Half a minute later.
fn save_now(test: &mut WindowTest, path: &Path) {
    let before = std::fs::read(path).ok();
    let later = test.kittest.input().time.unwrap_or_default().max(test.kittest.ctx.input(|i| i.time)) + 40.0;
    test.kittest.input_mut().time = Some(later);
    test.until(|_| std::fs::read(path).ok() != before);
    // The thread that has put the file in its place holds the lock for a moment longer.
    while std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten().any(|task| is_saving(&task.path())) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// True of a thread that saves.
fn is_saving(task: &Path) -> bool {
    std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "autosave")
}

fn next_window(folder: &Path) -> WindowTest {
    let mut next = WindowTest::paused_at("cylinder", 0);
    next.app().keep_in(folder);
    next.frames(3);
    next
}

fn has(test: &WindowTest, label: &str) -> bool {
    test.kittest.query_by_label(label).is_some()
}

#[test]
fn the_last_session_is_offered_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    // A program that is killed closes nothing.
    drop(saved_in(folder.path(), "autosave.unpick"));
    // An offer without an answer stands.
    let mut ignored = next_window(folder.path());
    assert!(has(&ignored, "Restore"));
    ignored.app().close();
    drop(ignored);
    let mut next = next_window(folder.path());
    next.press("Restore");
    next.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "linear" && s.step == 1));
    assert!(!has(&next, "Restore"));
    drop(next);
    let mut last = next_window(folder.path());
    last.press("Forget");
    assert!(!has(&last, "Forget"));
    drop(last);
    assert!(!has(&next_window(folder.path()), "Restore"), "it is forgotten");
}

#[test]
fn who_closed_the_window_is_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = saved_in(folder.path(), "autosave.unpick");
    test.app().close();
    drop(test);
    assert!(!has(&next_window(folder.path()), "Restore"));
    drop(saved_in(folder.path(), "autosave.unpick"));
    let mut next = next_window(folder.path());
    next.press("Restore");
    next.until(|window| window.snapshot().is_some_and(|s| s.step == 1));
    next.app().close();
    drop(next);
    assert!(!has(&next_window(folder.path()), "Restore"), "nor for what was restored before");
}

#[test]
fn a_long_run_is_not_replaced_by_its_half_repeated_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("autosave.unpick");
    let mut test = WindowTest::paused_at("linear", 10);
    let log = vec![LoggedCommand { step: 900_000, command: Command::Beta(2.0) }];
    let session = test.app().session().unwrap();
    let long = Session { log, steps: 1_000_000, weights: Some("00ff".to_owned()), parameters: None, ..session };
    save_session(&path, &long).unwrap();

    let mut next = next_window(folder.path());
    next.press("Restore");
    next.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "linear" && s.step > 0));
    next.key(Key::Space);
    next.until(|window| !window.is_running());
    assert!(next.app().snapshot().unwrap().step < long.steps, "half of it is repeated");
    save_now(&mut next, &folder.path().join("autosave-2.unpick"));
    // The second crash.
    drop(next);
    assert_eq!(open_session(&path).unwrap(), long);
    let (_autosave, left, _) = Autosave::open(folder.path()).unwrap();
    assert_eq!(left.len(), 2);
    for session in left.iter().map(|left| left.session()) {
        assert_eq!((session.steps, &session.log, &session.weights), (long.steps, &long.log, &long.weights));
    }
}

#[test]
fn what_was_restored_goes_once_it_is_verified_and_saved_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("autosave.unpick");
    drop(saved_in(folder.path(), "autosave.unpick"));
    let mut next = next_window(folder.path());
    next.press("Restore");
    next.until_shown("✔ verified");
    assert!(path.exists());
    save_now(&mut next, &folder.path().join("autosave-2.unpick"));
    next.until(|_| !path.exists());
    assert_eq!(open_session(&folder.path().join("autosave-2.unpick")).unwrap().steps, 1);
}

#[test]
fn the_autosave_goes_on_while_the_offer_stands_and_in_several_windows() {
    let folder = tempfile::tempdir().unwrap();
    drop(saved_in(folder.path(), "autosave.unpick"));
    let first = saved_in(folder.path(), "autosave-2.unpick");
    assert!(has(&first, "Restore"));
    let second = saved_in(folder.path(), "autosave-3.unpick");
    assert!(!has(&second, "Restore"), "the first window offers it, and lives itself");
    drop(second);
    let third = next_window(folder.path());
    assert!(has(&third, "Restore"), "the second one crashed");
}

/// Crashes at any moment of a repetition: half an autosave later, while it is paused, before it has begun. Every session that is left is
/// of the whole run, and the one that is at last repeated to its end has the same weights to the last bit.
#[test]
fn crash_and_restore_in_turn_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().keep_in(folder.path());
    test.app().execute(UiCommand::StepsTo(2_000));
    test.app().execute(UiCommand::Change(Command::Beta(2.0)));
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 2_000 && !s.log.is_empty()));
    save_now(&mut test, &folder.path().join("autosave.unpick"));
    let whole = Arc::clone(test.app().snapshot().unwrap());
    drop(test);
    for round in 0..6 {
        let mut next = next_window(folder.path());
        next.press("Restore");
        match round % 3 {
            0 => next.until(|window| window.snapshot().is_some_and(|s| s.step > 100 * round)),
            1 => {
                // Not by its key: once all is repeated that would train on.
                next.app().execute(UiCommand::SetRunning(false));
                next.until(|window| !window.is_running());
            }
            _ => {}
        }
        let later = next.kittest.ctx.input(|i| i.time) + 40.0;
        next.kittest.input_mut().time = Some(later);
        next.frames(5);
        drop(next);
        // What is still being saved is not another window's.
        let left = sessions_left(folder.path(), 1);
        for session in &left {
            assert_eq!((session.steps, &session.log), (whole.step, &whole.log), "round {round}");
        }
    }
    let mut last = next_window(folder.path());
    last.press("Restore");
    last.until_shown("✔ verified");
    last.until(|window| window.snapshot().is_some_and(|s| s.step == whole.step));
    assert_eq!(last.app().snapshot().unwrap().vae, whole.vae);
}

/// The sessions that windows have left, once there are as many.
fn sessions_left(folder: &Path, count: usize) -> Vec<Session> {
    let start = Instant::now();
    loop {
        let (place, left, damaged) = Autosave::open(folder).expect("the folder is the test's own");
        assert!(damaged.is_empty(), "{damaged:?}");
        place.close();
        if left.len() >= count {
            return left.iter().map(|left| left.session().clone()).collect();
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{} of {count} sessions are left", left.len());
    }
}

#[test]
fn two_windows_at_once_restore_what_two_windows_left() {
    let folder = tempfile::tempdir().unwrap();
    let first = saved_in(folder.path(), "autosave.unpick");
    let mut second = WindowTest::paused_at("sphere", 0);
    second.app().keep_in(folder.path());
    second.frames(2);
    second.key(Key::Period);
    second.until(|window| window.snapshot().is_some_and(|s| s.step == 1));
    save_now(&mut second, &folder.path().join("autosave-2.unpick"));
    drop((first, second));
    assert_eq!(sessions_left(folder.path(), 2).len(), 2);

    let name = |window: &mut WindowTest| window.app().snapshot().unwrap().config.origin.name().to_owned();
    let restored = |folder: &Path| {
        let mut window = next_window(folder);
        window.press("Restore");
        window.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() != "cylinder" && s.step == 1));
        window
    };
    let mut first = restored(folder.path());
    let mut second = restored(folder.path());
    let mut names = [name(&mut first), name(&mut second)];
    names.sort();
    assert_eq!(names, ["linear", "sphere"], "each restores one");
    // Both crash, and again nothing is lost.
    drop((first, second));
    let left = sessions_left(folder.path(), 2);
    let mut names: Vec<&str> = left.iter().map(|session| session.config.origin.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["linear", "sphere"]);
}
