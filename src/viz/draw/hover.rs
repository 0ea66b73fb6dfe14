//! Values of the marks under the pointer, in all plots alike.

use eframe::egui::{Color32, Pos2, Response, TextStyle, Ui};

use super::number::number;
use super::plot_painter::PlotPainter;
use crate::viz::context::ViewContext;
use crate::viz::theme::REACH;

/// A curve or a cloud that has a name.
pub(crate) struct NamedMarks {
    pub name: String,
    pub points: Vec<[f64; 2]>,
}

impl NamedMarks {
    pub(crate) fn new(name: impl Into<String>, points: impl IntoIterator<Item = [f64; 2]>) -> Self {
        Self { name: name.into(), points: points.into_iter().collect() }
    }
}

/// Shows the lines that `lines` gives for the pointer beside it, while nothing is dragged. Figures have no pointer.
pub(crate) fn hover(
    context: &ViewContext<'_>,
    response: Response,
    lines: impl FnOnce(Pos2) -> Vec<String>,
) -> Response {
    hover_with_help(context, response, "", lines)
}

/// [`hover`] with what the view is about beneath the values, in the same tooltip.
pub(crate) fn hover_with_help(
    context: &ViewContext<'_>,
    response: Response,
    help: &str,
    lines: impl FnOnce(Pos2) -> Vec<String>,
) -> Response {
    let pointer = response.hover_pos().filter(|_| !context.is_figure() && !response.dragged());
    let Some(pointer) = pointer else { return response };
    let lines = lines(pointer);
    if lines.is_empty() && help.is_empty() {
        return response;
    }
    response.on_hover_ui_at_pointer(|ui| {
        let help = Some(help).filter(|help| !help.is_empty());
        // Set, since at the edge of the window what is left of it would be narrow; the whole tooltip then moves inside.
        let widest = lines.iter().map(String::as_str).chain(help).map(|text| text_width(ui, text)).fold(0.0, f32::max);
        ui.set_width(widest.min(WIDEST).min(ui.ctx().content_rect().width() - 40.0));
        for line in &lines {
            ui.label(line);
        }
        if let Some(help) = help {
            ui.weak(help);
        }
    })
}

/// Longer lines of a tooltip are wrapped at this width, in points.
const WIDEST: f32 = 400.0;

/// The width of a text in one line.
fn text_width(ui: &Ui, text: &str) -> f32 {
    let font = TextStyle::Body.resolve(ui.style());
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x.ceil() + 1.0
}

/// The name of the mark next to the pointer and the values there, of which `axes` are the names; without a mark within reach the
/// values at the pointer itself.
pub(crate) fn values_at(
    marks: &PlotPainter,
    pointer: Pos2,
    axes: [&str; 2],
    found: impl IntoIterator<Item = NamedMarks>,
) -> Vec<String> {
    let near = found.into_iter().filter_map(|named| {
        let finite = named.points.into_iter().filter(|point| point.iter().all(|x| x.is_finite()));
        let distances = finite.map(|point| (marks.at(point).distance(pointer), point));
        let (distance, point) =
            distances.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(distance, _)| *distance <= REACH)?;
        Some((distance, named.name, point))
    });
    let near = near.min_by(|a, b| a.0.total_cmp(&b.0));
    let (name, point) = near.map_or_else(|| (None, marks.point(pointer)), |(_, name, point)| (Some(name), point));
    let values = axes.into_iter().zip(point).map(|(axis, value)| format!("{axis} = {}", significant(value)));
    name.into_iter().chain(values).collect()
}

/// Four significant digits.
pub(crate) fn significant(x: f64) -> String {
    if x.abs() < 1e-9 {
        return "0".to_owned();
    }
    number(x, (3.0 - x.abs().max(1e-3).log10().floor()).clamp(0.0, 6.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_four_significant_digits() {
        assert_eq!([0.123_456, -4210.4, 0.0, 12.3].map(significant), ["0.1235", "−4210", "0", "12.30"]);
    }
}
