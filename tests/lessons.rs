//! The claims of every built-in lesson, measured on its runs, and the numbers in its texts.
#![expect(clippy::unwrap_used, reason = "a lesson that cannot be read is a failed test")]

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use unpick::checks::Seeds;
use unpick::lesson::{Lesson, Task, Vocabulary, check_lesson, course};

fn lessons() -> Vec<(&'static str, Lesson)> {
    course().iter().map(|entry| (entry.name, Lesson::parse(entry.text, &Vocabulary::default()).unwrap())).collect()
}

#[test]
fn every_claim_of_every_lesson_holds() {
    let (waiting, failed) = (Mutex::new(VecDeque::from(lessons())), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, |n| n.get().min(4)) {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().pop_front();
                    let Some((name, lesson)) = next else { return };
                    let seeds = Seeds { first: 0, count: 3 };
                    let checks = check_lesson(&lesson, seeds, |_, _| Ok::<(), ()>(())).unwrap();
                    let wrong = checks.iter().filter(|check| !check.holds).map(|check| format!("{name}: {check}"));
                    failed.lock().unwrap().extend(wrong.collect::<Vec<_>>());
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_course_is_complete_and_asks_before_it_shows() {
    let lessons = lessons();
    assert_eq!(lessons.len(), 14);
    for (name, lesson) in &lessons {
        assert!(lesson.problem.is_none(), "{name}: {:?}", lesson.problem);
        let count = lesson.steps.len();
        assert!(
            if *name == "20-minutes" { (12..=18).contains(&count) } else { (3..=8).contains(&count) },
            "{name}: {count}"
        );
        let asks = lesson.steps.iter().any(|step| step.task.as_ref().is_some_and(Task::covers));
        assert!(asks || *name == "first-minutes", "{name} asks nothing");
        for step in &lesson.steps {
            let words = step.text.split_whitespace().count();
            assert!(words <= 90, "{name}, {}: {words} words", step.title);
            assert!(!step.notes.is_empty(), "{name}, {} has no notes", step.title);
        }
    }
}
