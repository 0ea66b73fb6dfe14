//! Legends: what the marks of a view are, in a line above them.

use eframe::egui::{Color32, Id, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::polyline::polyline;
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

/// A kind of marks: a sample, a name of at most three words, and what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LegendEntry {
    pub sample: Sample,
    pub name: &'static str,
    pub help: &'static str,
}

impl LegendEntry {
    pub(crate) fn new(sample: Sample, name: &'static str, help: &'static str) -> Self {
        Self { sample, name, help }
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

/// Names the marks in a line of its own, so that it never covers data. What does not fit is left out, the last first, and in small
/// views all of it. A click on a name opens the glossary there.
pub(crate) fn legend_line(ui: &mut Ui, context: &ViewContext<'_>, is_on: bool, entries: &[LegendEntry]) {
    let area = ui.available_rect_before_wrap();
    if !is_on || area.width() < LEAST[0] || area.height() < LEAST[1] {
        return;
    }
    let palette = ViewContext::palette(ui);
    let (line, _) = ui.allocate_exact_size(vec2(area.width(), HEIGHT), Sense::hover());
    context.layer(ui.painter(), 1, "legend");
    let mut left = line.left() + 4.0;
    for entry in entries {
        let name = ui.painter().layout_no_wrap(entry.name.to_owned(), label_font(), palette.ink);
        let place = Rect::from_min_size(Pos2::new(left, line.top()), vec2(SAMPLE + 4.0 + name.size().x, HEIGHT));
        if place.right() > line.right() {
            return;
        }
        left = place.right() + GAP;
        draw_sample(ui, Rect::from_min_size(place.min, vec2(SAMPLE, HEIGHT)), entry.sample);
        let at = Pos2::new(place.left() + SAMPLE + 4.0, place.center().y - 0.5 * name.size().y);
        ui.painter().galley(at, name, palette.ink);
        let id: Id = ui.scope_id().with(("legend", entry.name));
        let response = ui.interact(place, id, Sense::CLICK);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, entry.name));
        if response.on_hover_text(format!("{}. A click opens the glossary", entry.help)).clicked() {
            context.send(UiCommand::ShowTerm(entry.name));
        }
    }
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
pub(crate) fn sample_ball(ui: &mut Ui, radius: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), radius, ViewContext::palette(ui).ink);
}

/// A hollow dot in the same room.
pub(crate) fn sample_dot(ui: &mut Ui, radius: f32, stroke: Stroke) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    ui.painter().circle_stroke(rect.center(), radius, stroke);
}
