//! In windows of every size and zoom, no text lies over another, none is cut, none is small, and nothing jumps while a run trains.

use std::collections::BTreeMap;

use eframe::egui::{FontFamily, Pos2, Rect, Shape, Vec2, epaint::ClippedShape, pos2, vec2};
use unpick::paint::OUTLINED_FAMILY;
use unpick::viz::command::UiCommand;
use unpick::viz::preset::Preset;
use unpick::viz::views::all_views;

use crate::harness::WindowTest;

/// A row of text on the screen.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    words: String,
    /// The place of its ink, in points.
    place: Rect,
    /// The part of the screen that it is drawn in.
    clip: Rect,
    /// Height of its smallest letters' font, in pixels.
    font: f32,
    /// A sign of a typeset formula, whose indices are small and stand close.
    is_formula: bool,
}

impl Text {
    fn seen(&self) -> Rect {
        self.place.intersect(self.clip)
    }
}

/// All text that is at least partly seen. The copies that make the halo of a label are one text.
pub(crate) fn texts(test: &WindowTest) -> Vec<Text> {
    let pixels_per_point = test.kittest.ctx.pixels_per_point();
    let mut all = Vec::new();
    for ClippedShape { clip_rect, shape, .. } in &test.kittest.output().shapes {
        collect(shape, *clip_rect, pixels_per_point, &mut all);
    }
    let mut kept: Vec<Text> = Vec::new();
    for text in all {
        let is_copy =
            |other: &Text| other.words == text.words && other.place.center().distance(text.place.center()) < 4.0;
        let seen = text.seen();
        if seen.width() > 1.0 && seen.height() > 1.0 && !kept.iter().any(is_copy) {
            kept.push(text);
        }
    }
    kept
}

fn collect(shape: &Shape, clip: Rect, pixels_per_point: f32, all: &mut Vec<Text>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, pixels_per_point, all)),
        Shape::Text(text) if text.opacity_factor > 0.0 => {
            let fonts = text.galley.job.sections.iter().map(|section| section.format.font_id.size * pixels_per_point);
            let font = fonts.fold(f32::INFINITY, f32::min);
            for row in &text.galley.rows {
                let words = row.text();
                let ink = row.visuals.mesh_bounds.translate(row.pos.to_vec2());
                let place = turned(ink, text.angle).translate(text.pos.to_vec2());
                let is_formula = text.galley.job.sections.iter().any(|section| match &section.format.font_id.family {
                    FontFamily::Name(name) => name.starts_with(OUTLINED_FAMILY),
                    _ => false,
                });
                if !words.trim().is_empty() {
                    all.push(Text { words, place, clip, font, is_formula });
                }
            }
        }
        _ => {}
    }
}

fn turned(rect: Rect, angle: f32) -> Rect {
    let corners = [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()];
    let (sin, cos) = angle.sin_cos();
    let turn = |p: Pos2| pos2(cos * p.x - sin * p.y, sin * p.x + cos * p.y);
    Rect::from_points(&corners.map(turn))
}

/// What is wrong with the text on the screen. Text may leave the top or bottom of a list that is scrolled, and a bar of tabs is scrolled
/// to the tab in front.
pub(crate) fn faults(texts: &[Text]) -> Vec<String> {
    const SLACK: f32 = 1.5;
    let mut faults = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let Text { words, place, clip, font, is_formula } = text;
        if *font < 11.99 && !is_formula {
            faults.push(format!("{words:?} is {font:.1} px high"));
        }
        let cut = [clip.left() - place.left(), place.right() - clip.right()].into_iter().fold(0.0, f32::max);
        if cut > SLACK && !is_tab(text) {
            faults.push(format!("{words:?} at {place:.0?} is cut by {cut:.0} points at {clip:.0?}"));
        }
        for other in &texts[..i] {
            let common = text.seen().intersect(other.seen());
            let is_one_formula = *is_formula && other.is_formula;
            if common.width() > SLACK && common.height() > SLACK && !is_one_formula {
                faults.push(format!("{words:?} lies over {:?} at {:.0?}", other.words, common));
            }
        }
    }
    faults
}

/// True for the name of a tab.
fn is_tab(text: &Text) -> bool {
    text.clip.height() > 2.0 * text.place.height() && all_views().iter().any(|view| view.short_title == text.words)
}

/// Sizes of windows in points of the system.
const SIZES: [Vec2; 5] =
    [vec2(800.0, 600.0), vec2(1024.0, 768.0), vec2(1280.0, 720.0), vec2(1366.0, 768.0), vec2(1920.0, 1080.0)];

/// Looks at every view in one window, as a tab and alone.
fn look(test: &mut WindowTest, about: &str, found: &mut BTreeMap<String, Vec<String>>) {
    let note = |test: &WindowTest, view: &str, found: &mut BTreeMap<String, Vec<String>>| {
        for fault in faults(&texts(test)) {
            let places = found.entry(fault).or_default();
            places.push(format!("{about}, {view}"));
        }
    };
    test.frames(3);
    note(test, "all views", found);
    for view in all_views() {
        // As a tab, where it is one.
        let tab = texts(test).into_iter().find(|text| text.words == view.short_title);
        if let Some(tab) = tab {
            test.click(tab.seen().center());
            test.frames(2);
            note(test, view.name, found);
        }
        test.app().execute(UiCommand::SetAlone(Some(view)));
        test.frames(3);
        note(test, &format!("{} alone", view.name), found);
        test.app().execute(UiCommand::SetAlone(None));
        test.frames(2);
    }
    for preset in Preset::ALL {
        test.app().execute(UiCommand::TogglePreset(preset));
        test.frames(3);
        note(test, preset.name(), found);
        test.app().execute(UiCommand::TogglePreset(preset));
    }
}

fn report(found: &BTreeMap<String, Vec<String>>) -> String {
    found.iter().map(|(fault, places)| format!("{fault}\n    {} times, first: {}\n", places.len(), places[0])).collect()
}

fn in_every_size(scene: &str, compared: bool) -> BTreeMap<String, Vec<String>> {
    in_sizes(scene, compared, &SIZES, &[1.0, 1.5, 2.0])
}

fn in_sizes(scene: &str, compared: bool, sizes: &[Vec2], zooms: &[f32]) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut test = WindowTest::paused_at(scene, 60);
    if compared {
        test.press("Compare A | B");
        test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 60));
    }
    for size in sizes {
        for zoom in zooms {
            test.app().execute(UiCommand::Zoom(None));
            test.app().execute(UiCommand::Zoom(Some(zoom - 1.0)));
            test.resize(*size);
            let about = format!("{} × {} at {zoom}", size.x, size.y);
            look(&mut test, &about, &mut found);
        }
    }
    found
}

#[test]
fn no_text_overlaps_is_cut_or_small() {
    let found = in_every_size("cylinder", false);
    assert!(found.is_empty(), "{} faults\n{}", found.len(), report(&found));
}

#[test]
fn no_text_of_two_runs_overlaps_is_cut_or_small() {
    let found = in_every_size("cylinder", true);
    assert!(found.is_empty(), "{} faults\n{}", found.len(), report(&found));
}

#[test]
fn no_text_about_pictures_overlaps_is_cut_or_small() {
    let found = in_every_size("sprites", false);
    assert!(found.is_empty(), "{} faults\n{}", found.len(), report(&found));
}

/// Scenes whose curves and loops are small, steep or far from the middle, in some sizes only.
#[test]
fn no_text_about_linear_and_clustered_data_overlaps_is_cut_or_small() {
    for scene in ["water-filling", "clusters"] {
        let found = in_sizes(scene, false, &[SIZES[0], SIZES[3]], &[1.0]);
        assert!(found.is_empty(), "{scene}: {} faults\n{}", found.len(), report(&found));
    }
}

#[test]
fn a_longer_label_is_found() {
    let place = |x: f32, width: f32| Rect::from_min_size(pos2(x, 10.0), vec2(width, 12.0));
    let clip = Rect::from_min_size(Pos2::ZERO, vec2(200.0, 100.0));
    let text = |words: &str, x, width| Text {
        words: words.to_owned(),
        place: place(x, width),
        clip,
        font: 13.0,
        is_formula: false,
    };
    let fits = [text("step", 10.0, 30.0), text("seed", 50.0, 30.0)];
    assert!(faults(&fits).is_empty());
    assert!(faults(&[text("step of the run", 10.0, 90.0), text("seed", 50.0, 30.0)])[0].contains("lies over"));
    assert!(faults(&[text("step", 190.0, 30.0)])[0].contains("is cut by 20 points"));
    assert!(faults(&[Text { font: 11.0, ..text("step", 10.0, 30.0) }])[0].contains("11.0 px"));
}

#[test]
fn nothing_jumps_while_a_run_trains() {
    let mut test = WindowTest::paused_at("cylinder", 60);
    test.app().execute(UiCommand::SetPace(None));
    // Buttons, sliders and names; only what is inside the views moves.
    let fixed =
        ["Restart", "speed", "β", "σ²", "z₁", "z₂", "seed", "Data space", "Latent space", "Training", "Metrics"];
    let places = |test: &WindowTest| -> Vec<(String, Rect)> {
        // Not the names of marks, which move with z* and the model.
        let is_mark = |text: &Text| text.words.starts_with('z') && text.place.left() > 248.0;
        let is_fixed =
            |text: &Text| fixed.iter().any(|name| text.words.contains(name) && text.words.len() < 14) && !is_mark(text);
        texts(test).into_iter().filter(is_fixed).map(|text| (text.words.clone(), text.place)).collect()
    };
    let still = places(&test);
    assert!(still.len() >= fixed.len(), "{still:?}");
    test.app().execute(UiCommand::SetRunning(true));
    test.until(|window| window.is_running());
    let faces = |words: &str| words.contains("Run") || words.contains("Pause");
    for _ in 0..100 {
        test.kittest.step();
        let now = places(&test);
        for (words, place) in still.iter().filter(|(words, _)| !faces(words)) {
            let there = now.iter().any(|(other, at)| other == words && at.min.distance(place.min) < 0.6);
            assert!(there, "{words:?} was at {place:.1?}: {:?}", now.iter().find(|(other, _)| other == words));
        }
    }
    assert!(test.app().snapshot().unwrap().step > 100);
}
