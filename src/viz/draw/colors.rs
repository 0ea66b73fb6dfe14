//! Colours of observations by a known factor or a label, and their legend.

use eframe::egui::{Align2, Color32, Painter, Rect, pos2, vec2};

use super::color_bar::color_bar;
use super::labels::label;
use super::number::tick;
use crate::data::Dataset;
use crate::experiment::Snapshot;
use crate::viz::theme::Palette;

/// Categories in a legend; more are counted.
const MOST_CATEGORIES: usize = 8;

/// The names by which observations can be coloured: factors, then labels.
pub(crate) fn color_names(data: &Dataset) -> Vec<&str> {
    let labels = data.labels.iter().map(|label| &*label.name);
    data.factor_names.iter().map(String::as_str).chain(labels).collect()
}

/// The colour of each encoded observation, and what the colours mean.
#[derive(Clone, Debug)]
pub(crate) struct ObservationColors {
    /// The colours.
    pub colors: Vec<Color32>,
    name: String,
    key: ColorKey,
}

/// Meaning of the colours of observations.
#[derive(Clone, Debug)]
enum ColorKey {
    /// The ends of a scale.
    Scale([f64; 2]),
    /// Categories.
    Categories(Vec<(String, Color32)>),
}

impl ObservationColors {
    /// The colours by the factor or label that was chosen, an index of [`color_names`], if one was.
    pub(crate) fn new(snapshot: &Snapshot, chosen: Option<usize>, palette: &Palette) -> Option<Self> {
        let (data, count) = (&snapshot.data, snapshot.encodings.columns());
        let chosen = chosen?;
        let name = (*color_names(data).get(chosen)?).to_owned();
        if let Some(k) = chosen.checked_sub(data.factor_names.len()) {
            let categories = data.labels[k].categories.iter().enumerate();
            let key: Vec<_> = categories.map(|(i, name)| (name.clone(), palette.category(i))).collect();
            let colors = data.test.labels.get(k)?.iter().take(count).map(|c| palette.category(*c as usize)).collect();
            return Some(Self { colors, name, key: ColorKey::Categories(key) });
        }
        let values: Vec<f64> = data.test.factors.as_ref()?.row(chosen).take(count).map(f64::from).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        // A few outliers should not use up the scale.
        let at = |share: f64| sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize).copied();
        let (low, high) = (at(0.02).unwrap_or(0.0), at(0.98).unwrap_or(1.0));
        let range = (high - low).max(1e-12);
        let colors = values.iter().map(|v| palette.scale((v - low) / range)).collect();
        Some(Self { colors, name, key: ColorKey::Scale([low, high]) })
    }

    /// Draws the legend into the upper right corner of `frame`.
    pub(crate) fn legend(&self, painter: &Painter, frame: Rect, palette: &Palette) {
        const LINE: f32 = 15.0;
        let corner = frame.right_top() + vec2(-8.0, 6.0);
        let write = |line: usize, indent: f32, text: &str| {
            let place = corner + vec2(-indent, LINE * line as f32);
            label(painter, place, Align2::RIGHT_TOP, text, palette.ink, palette.paper);
        };
        write(0, 0.0, &self.name);
        match &self.key {
            ColorKey::Scale([low, high]) => {
                let bar = Rect::from_min_size(pos2(corner.x - 90.0, corner.y + LINE + 2.0), vec2(90.0, 9.0));
                color_bar(painter, bar, palette, |share| palette.scale(share));
                let [low, high] = [*low, *high].map(|end| tick(end, 0.05 * (high - low)));
                write(2, 0.0, &format!("{low} to {high}"));
            }
            ColorKey::Categories(categories) => {
                for (k, (name, color)) in categories.iter().take(MOST_CATEGORIES).enumerate() {
                    write(k + 1, 13.0, name);
                    let centre = corner + vec2(-4.0, LINE * (k as f32 + 1.5) - 0.5);
                    painter.circle_filled(centre, 4.0, *color);
                }
                if let Some(more @ 1..) = categories.len().checked_sub(MOST_CATEGORIES) {
                    write(MOST_CATEGORIES + 1, 0.0, &format!("and {more} more"));
                }
            }
        }
    }
}
