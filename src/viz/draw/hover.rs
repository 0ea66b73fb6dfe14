//! Values of the marks under the pointer, in all plots alike.

use eframe::egui::{Pos2, Response};

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
    let pointer = response.hover_pos().filter(|_| !context.is_figure() && !response.dragged());
    let lines = pointer.map_or_else(Vec::new, lines);
    if lines.is_empty() {
        return response;
    }
    response.on_hover_ui_at_pointer(|ui| {
        for line in &lines {
            ui.label(line);
        }
    })
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
