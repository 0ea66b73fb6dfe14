//! Dialogs are modal: the keyboard stays in them, Enter confirms, Escape closes the topmost thing, what lies behind rests.
#![expect(clippy::unwrap_used, reason = "a test that cannot write its file has failed")]

use std::fs;
use std::path::Path;
use std::time::Instant;

use eframe::egui::{Key, LayerId, Modifiers, Order, Popup};
use egui_kittest::kittest::Queryable as _;
use unpick::io::to_safetensors;
use unpick::viz::command::UiCommand;

use crate::harness::{PATIENCE, WindowTest};

/// The layer of what has the focus.
fn focus(test: &WindowTest) -> Option<LayerId> {
    let ctx = &test.kittest.ctx;
    let id = ctx.memory(|memory| memory.focused())?;
    ctx.read_response(id).map(|response| response.layer_id)
}

/// A decoder whose file does not say its activation.
fn silent_model(test: &mut WindowTest, path: &Path) {
    let mut vae = test.app().snapshot().unwrap().vae.clone();
    vae.has_encoder = false;
    fs::write(path, to_safetensors(&vae, "{}").unwrap()).unwrap();
}

#[test]
fn the_keyboard_starts_and_stays_in_every_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (folder.path().join("own.csv"), folder.path().join("own.safetensors"));
    let rows: String = (0..60).map(|i| format!("{},{}\n", i % 7, i * i % 11)).collect();
    fs::write(&table, format!("left,right\n{rows}1,\n")).unwrap();
    let mut test = WindowTest::paused_at("cylinder", 10);
    silent_model(&mut test, &model);
    let openings = [
        UiCommand::ShowOpenDialog,
        UiCommand::ShowFolderDialog,
        UiCommand::OpenFile(table),
        UiCommand::OpenFile(model),
        UiCommand::SaveSession,
        UiCommand::SaveRun,
        UiCommand::SaveScreenshot,
        UiCommand::ExportFigure(None),
        UiCommand::AskBeta,
        UiCommand::TogglePalette,
    ];
    for opening in openings {
        test.app().execute(opening.clone());
        // Some dialogs wait for a thread.
        let start = Instant::now();
        let first = loop {
            let before = focus(&test);
            test.frames(30);
            match focus(&test) {
                Some(first) if before == Some(first) => break first,
                _ => assert!(start.elapsed() < PATIENCE, "nothing has the focus: {opening:?}"),
            }
        };
        assert_eq!(first.order, Order::Middle, "{opening:?}");
        let keys = [(Modifiers::NONE, 25), (Modifiers::SHIFT, 25)];
        for (modifiers, count) in keys {
            for _ in 0..count {
                test.key_with(modifiers, Key::Tab);
                test.frames(1);
                assert_eq!(focus(&test), Some(first), "{opening:?}");
            }
        }
        test.key(Key::Escape);
        test.frames(2);
        assert_eq!(test.kittest.ctx.memory(|memory| memory.top_modal_layer()), None, "{opening:?}");
    }
}

#[test]
fn what_lies_behind_a_dialog_rests() {
    let mut test = WindowTest::paused_at("cylinder", 10);
    let run = test.kittest.get_by_label("▶ Run").rect().center();
    test.app().execute(UiCommand::AskBeta);
    test.frames(5);
    test.click(run);
    test.key_with(Modifiers::COMMAND, Key::R);
    test.key_with(Modifiers::COMMAND, Key::O);
    test.frames(5);
    assert!(!test.app().is_running());
    assert_eq!(test.app().snapshot().unwrap().step, 10);
    assert!(test.kittest.query_by_label("Open a file").is_none());
    test.press("Close");
    test.click(run);
    test.until(|window| window.is_running());
}

#[test]
fn escape_closes_the_topmost_thing_only() {
    let mut test = WindowTest::paused_at("cylinder", 10);
    test.app().execute(UiCommand::ExportFigure(None));
    test.frames(5);
    test.key(Key::F1);
    test.frames(3);
    test.key(Key::Escape);
    assert!(test.kittest.query_by_label("Keyboard and mouse").is_none());
    assert!(test.kittest.query_by_label("Export figure").is_some());
    test.press("what");
    test.frames(3);
    assert!(Popup::is_any_open(&test.kittest.ctx), "the list is open");
    test.key(Key::Escape);
    test.frames(3);
    assert!(!Popup::is_any_open(&test.kittest.ctx));
    assert!(test.kittest.query_by_label("Export figure").is_some());
    test.key(Key::Escape);
    assert!(test.kittest.query_by_label("Export figure").is_none());
}

#[test]
fn enter_confirms_unless_a_button_has_the_focus() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.safetensors");
    let mut test = WindowTest::paused_at("cylinder", 10);
    silent_model(&mut test, &path);
    test.app().execute(UiCommand::OpenFile(path.clone()));
    test.until_shown("Open model");
    test.kittest.get_by_label("Cancel").focus();
    test.frames(2);
    test.key(Key::Enter);
    assert!(test.kittest.query_by_label("Open model").is_none(), "Cancel was pressed");
    assert!(test.app().snapshot().unwrap().config.origin.model().is_none());
    test.app().execute(UiCommand::OpenFile(path));
    test.until_shown("Open model");
    test.key(Key::Enter);
    test.until(|window| window.snapshot().is_some_and(|s| s.config.origin.model().is_some()));
}

#[test]
fn a_dialog_keeps_its_upper_edge() {
    let mut test = WindowTest::paused_at("cylinder", 10);
    test.app().execute(UiCommand::AskBeta);
    test.until_shown("Use β and σ²");
    test.until_shown("cross entropy");
    test.frames(20);
    let place = |test: &WindowTest| test.kittest.get_by_label("cross entropy").rect().min;
    let before = place(&test);
    for choice in ["cross entropy", "β_norm", "½ (x − x̂)²/σ²"] {
        test.press(choice);
        test.frames(5);
        assert_eq!(place(&test), before, "{choice}");
    }
}
