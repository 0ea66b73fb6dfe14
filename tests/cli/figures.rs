//! What stands in figures: marks, axes, numbers and legends, readable, and no sentences.

use crate::harness::{Harness, SHORT};

/// A text of an SVG file: place, size, content.
struct Text {
    at: [f64; 2],
    size: f64,
    content: String,
}

/// The texts of an SVG file.
fn texts(svg: &str) -> Vec<Text> {
    let number = |tag: &str, name: &str| -> f64 {
        tag.split_once(&format!(" {name}=\"")).unwrap().1.split_once('"').unwrap().0.parse().unwrap()
    };
    let text = |rest: &str| {
        let (tag, rest) = rest.split_once('>').unwrap();
        let content = rest.split_once("</text>").unwrap().0.to_owned();
        Text { at: [number(tag, "x"), number(tag, "y")], size: number(tag, "font-size"), content }
    };
    svg.split("<text").skip(1).map(text).collect()
}

fn figure(folder: &Harness, view: &str, options: &str) -> String {
    folder.succeed(&format!("render run --view {view} --out figure.svg --no-provenance --force {options}"));
    folder.read("figure.svg")
}

#[test]
fn figures_have_marks_numbers_and_legends_but_no_sentences_or_doubled_labels() {
    let folder = Harness::new();
    folder.succeed(SHORT);
    for view in ["data", "latent", "densities", "rotate", "joint", "factors", "traversals", "posterior", "jacobian"] {
        let found = texts(&figure(&folder, view, ""));
        assert!(found.len() > 4, "{view} has {} texts", found.len());
        for (k, text) in found.iter().enumerate() {
            let words = text.content.split_whitespace().count();
            let is_sentence = words > 10 || text.content.ends_with('.') && !text.content.ends_with("s.d.");
            assert!(!is_sentence, "a sentence in {view}: {}", text.content);
            let is_double =
                |other: &Text| other.content == text.content && (0..2).all(|i| (other.at[i] - text.at[i]).abs() < 3.0);
            assert!(!found[..k].iter().any(is_double), "'{}' is twice in {view}", text.content);
        }
    }
}

#[test]
fn a_slide_has_text_of_eighteen_points() {
    let folder = Harness::new();
    folder.succeed(SHORT);
    let svg = figure(&folder, "spaces", "--size slide");
    assert!(svg.contains("width=\"1280\" height=\"720\" viewBox=\"0 0 853.33 480\""), "{}", &svg[..400]);
    let magnified = 1280.0 / 853.33;
    let smallest = texts(&svg).iter().map(|text| magnified * text.size).fold(f64::INFINITY, f64::min);
    assert!(smallest > 17.99, "{smallest}");
    let usual = figure(&folder, "spaces", "--size 1280x720");
    assert!(usual.contains("viewBox=\"0 0 1280 720\""));
}

#[test]
fn a_caption_is_there_on_request() {
    let folder = Harness::new();
    folder.succeed(SHORT);
    let is_captioned = |options: &str| {
        let found = texts(&figure(&folder, "data", options));
        found.iter().any(|text| text.content.contains("· diagonal · β 1 · σ² 0.02 · step 40 · seed 0"))
    };
    assert!(is_captioned("--caption") && !is_captioned(""));
}

#[test]
fn axes_have_ticks_in_the_units_of_the_file() {
    let folder = Harness::new();
    let row = |i: usize| {
        let [a, b] = [i as f64, (i * i % 17) as f64].map(f64::sin);
        format!("{:.1},{:.2},{:.0}\n", 44.0 + 5.0 * a, 50.0 + 4.0 * b, 48.0 + 5.0 * a * b)
    };
    let rows: String = (0..80).map(row).collect();
    folder.write("bills.csv", format!("bill_length_mm,bill_depth_mm,mass_g\n{rows}"));
    for columns in ["bill_length_mm,bill_depth_mm", "bill_length_mm,bill_depth_mm,mass_g"] {
        folder.run(&format!("train --data bills.csv --columns {columns} --hidden 8 --steps 20 --out run --force"));
        let found = texts(&figure(&folder, "data", ""));
        assert!(found.iter().any(|text| text.content == "bill_length_mm"), "{columns}");
        let numbers: Vec<f64> = found.iter().filter_map(|text| text.content.replace('−', "-").parse().ok()).collect();
        assert!(numbers.len() >= 4 && numbers.iter().all(|x| (35.0..65.0).contains(x)), "{columns}: {numbers:?}");
    }
}
