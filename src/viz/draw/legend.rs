//! Legends: what the marks of a view are, in a line above them.

use std::sync::Arc;

use eframe::egui::{Color32, Galley, Id, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::polyline::polyline;
use super::remark::{Remark, remark};
use crate::viz::command::UiCommand;
use crate::viz::context::ViewContext;
use crate::viz::theme::label_font;

/// A piece of a mark.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sample {
    /// A line with its dashes.
    Line(Stroke, &'static [f32]),
    /// An area.
    Area(Color32),
    /// A point.
    Dot(Color32),
    /// A hollow handle.
    Ring(Color32),
}

/// A kind of marks: a sample, a name of at most three words, how many of how many there are where some are left out, and what it is.
#[derive(Clone, Debug)]
pub(crate) struct LegendEntry {
    pub sample: Sample,
    pub name: &'static str,
    pub count: Option<String>,
    pub help: &'static str,
}

impl LegendEntry {
    pub(crate) fn new(sample: Sample, name: &'static str, help: &'static str) -> Self {
        Self { sample, name, count: None, help }
    }

    /// The name with the count.
    fn text(&self) -> String {
        self.count.as_ref().map_or_else(|| self.name.to_owned(), |count| format!("{} ({count})", self.name))
    }

    /// The entry of a line.
    pub(crate) fn line(
        width: f32,
        color: Color32,
        dashes: &'static [f32],
        name: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(Sample::Line(Stroke::new(width, color), dashes), name, help)
    }
}

/// The height of the line, in points.
const HEIGHT: f32 = 17.0;

/// The room of a sample, and the gap after its name.
const SAMPLE: f32 = 22.0;
const GAP: f32 = 9.0;

/// A view that is lower or narrower than this has no room for a legend.
const LEAST: [f32; 2] = [180.0, 210.0];

/// A view that is as high as this has room for a second line.
const TWO_LINES: f32 = 300.0;

/// Names the marks in a line of its own, or two, so that it never covers data. What does not fit is left out, the last first, and in
/// small views all of it. A click on a name opens the glossary there.
pub(crate) fn legend_line(ui: &mut Ui, context: &ViewContext<'_>, is_on: bool, entries: &[LegendEntry]) {
    if let Some(lines) = LegendLines::reserve(ui, is_on, entries) {
        lines.fill(ui, context, entries);
    }
}

/// The place of a legend whose marks are decided beneath it.
pub(crate) struct LegendLines {
    place: Rect,
    count: usize,
}

impl LegendLines {
    /// The place of at most these entries; `None` where there is no legend.
    pub(crate) fn reserve(ui: &mut Ui, is_on: bool, entries: &[LegendEntry]) -> Option<Self> {
        let area = ui.available_rect_before_wrap();
        if !is_on || area.width() < LEAST[0] || area.height() < LEAST[1] {
            return None;
        }
        let needed = entries.iter().map(|entry| width(&name(ui, entry)) + GAP).sum::<f32>() - GAP;
        let count = if area.height() >= TWO_LINES && needed > area.width() - 4.0 { 2 } else { 1 };
        let (place, _) = ui.allocate_exact_size(vec2(area.width(), HEIGHT * count as f32), Sense::hover());
        Some(Self { place, count })
    }

    /// Names the marks.
    pub(crate) fn fill(self, ui: &Ui, context: &ViewContext<'_>, entries: &[LegendEntry]) {
        let Self { place: lines, count } = self;
        context.layer(ui.painter(), 1, "legend");
        let (mut left, mut line) = (lines.left() + 4.0, 0);
        for entry in entries {
            let name = name(ui, entry);
            if left + width(&name) > lines.right() {
                (left, line) = (lines.left() + 4.0, line + 1);
            }
            let top = lines.top() + HEIGHT * line as f32;
            let place = Rect::from_min_size(Pos2::new(left, top), vec2(width(&name), HEIGHT));
            if line == count || place.right() > lines.right() {
                return remark(ui, Remark::LeftOut("the whole legend"));
            }
            left = place.right() + GAP;
            draw_sample(ui, Rect::from_min_size(place.min, vec2(SAMPLE, HEIGHT)), entry.sample);
            let at = Pos2::new(place.left() + SAMPLE + 4.0, place.center().y - 0.5 * name.size().y);
            ui.painter().galley(at, name, ViewContext::palette(ui).ink);
            let id: Id = ui.scope_id().with(("legend", entry.name));
            let response = ui.interact(place, id, Sense::CLICK);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, entry.name));
            if response.on_hover_text(format!("{}. A click opens the glossary", entry.help)).clicked() {
                context.send(UiCommand::ShowTerm(entry.name));
            }
        }
    }
}

/// The name of an entry, laid out.
fn name(ui: &Ui, entry: &LegendEntry) -> Arc<Galley> {
    ui.painter().layout_no_wrap(entry.text(), label_font(), ViewContext::palette(ui).ink)
}

/// The width of an entry.
fn width(name: &Galley) -> f32 {
    SAMPLE + 4.0 + name.size().x
}

fn draw_sample(ui: &Ui, place: Rect, sample: Sample) {
    let (painter, centre) = (ui.painter(), place.center());
    match sample {
        Sample::Line(stroke, dashes) => {
            polyline(painter, &[place.left_center(), place.right_center()], stroke, dashes);
        }
        Sample::Area(color) => {
            painter.rect_filled(Rect::from_center_size(centre, vec2(14.0, 9.0)), 1.0, color);
        }
        Sample::Dot(color) => {
            for offset in [vec2(-5.0, 2.0), vec2(0.0, -2.5), vec2(5.0, 1.0)] {
                painter.circle_filled(centre + offset, 1.8, color);
            }
        }
        Sample::Ring(color) => {
            painter.circle_stroke(centre, 4.5, Stroke::new(2.0, color));
        }
    }
}

/// A short piece of a line, as legends have it.
pub(crate) fn sample_line(ui: &mut Ui, stroke: Stroke, dashes: &[f32]) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    polyline(ui.painter(), &[rect.left_center(), rect.right_center()], stroke, dashes);
}

/// A full dot in the same room.
pub(crate) fn sample_ball(ui: &mut Ui, radius: f32, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), radius, color);
}

/// A hollow dot in the same room.
pub(crate) fn sample_dot(ui: &mut Ui, radius: f32, stroke: Stroke) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    ui.painter().circle_stroke(rect.center(), radius, stroke);
}
