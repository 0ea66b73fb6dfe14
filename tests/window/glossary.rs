//! The glossary, and the symbols that formulas share with marks.

use std::fs;

use eframe::egui::{Event, Key, Modifiers, Pos2, pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use unpick::viz::command::UiCommand;
use unpick::viz::symbol::Symbol;

use crate::harness::WindowTest;

fn point_at(test: &mut WindowTest, at: Pos2) {
    test.kittest.event_modifiers(Event::PointerMoved(at), Modifiers::NONE);
    test.frames(3);
}

#[test]
fn the_glossary_is_searched_and_leads_to_lessons() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.key(Key::F2);
    test.frames(3);
    assert!(test.kittest.query_by_label("push-forward").is_some());
    test.kittest.event(Event::Text("pitchfork".to_owned()));
    test.frames(3);
    test.kittest.get_by_label("Nothing here speaks of this.");
    for _ in 0.."pitchfork".len() {
        test.key(Key::Backspace);
    }
    test.kittest.event(Event::Text("z* decoder drag".to_owned()));
    test.frames(3);
    assert!(test.kittest.query_by_label("push-forward").is_none());
    let lesson =
        test.kittest.get_all_by_label_contains("Lesson ").next().expect("a lesson speaks of z*").rect().center();
    test.click(lesson);
    test.until(|app| app.lesson_steps() > 0);
    // Escape closes the glossary, not the lesson.
    test.key(Key::Escape);
    test.frames(2);
    assert!(test.kittest.query_by_label("search").is_none() && test.app().lesson_steps() > 0);
}

#[test]
fn the_glossary_opens_where_a_metric_is_explained() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.press("About DtO");
    test.press("Glossary");
    test.frames(6);
    assert!(test.kittest.get_all_by_label("DtO").count() > 1, "in the view and in the glossary");
}

/// A lesson whose only formula names J.
const LESSON: &str = r#"+++
lesson = "Symbols"
aim = "Formulas point at marks."
+++

+++
step = "The Jacobian"
scene = "linear"
steps = 50
views = ["data", "jacobian"]
+++
$$J\,z^*$$
"#;

#[test]
fn a_symbol_in_a_lesson_emphasises_its_marks_and_a_mark_its_symbol() {
    let mut test = WindowTest::paused_at("linear", 20);
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let path = folder.path().join("lesson.md");
    fs::write(&path, LESSON).expect("the folder can be written to");
    test.app().execute(UiCommand::OpenFile(path));
    test.until(|app| app.lesson_step() == Some(0));
    test.frames(5);
    let plain = test.render();
    let formula = test.kittest.get_by_label(r"J\,z^*").rect();
    let mut found = Vec::new();
    for k in 0..120 {
        let x = formula.left() + formula.width() * k as f32 / 120.0;
        point_at(&mut test, pos2(x, formula.center().y));
        let symbol = test.app().selection().highlighted;
        if symbol.is_some() && !found.contains(&symbol) {
            found.push(symbol);
            assert_ne!(test.render(), plain, "{symbol:?} is drawn like everything else");
        }
    }
    assert_eq!(found, [Some(Symbol::J), Some(Symbol::ZStar)]);
    point_at(&mut test, pos2(5.0, 5.0));
    assert_eq!(test.app().selection().highlighted, None);
    let matrix = test.kittest.get_by_label_contains("JᵀJ: ").rect().center();
    point_at(&mut test, matrix + vec2(1.0, 1.0));
    assert_eq!(test.app().selection().highlighted, Some(Symbol::J));
}
