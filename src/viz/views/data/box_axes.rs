//! The axes of 3-D data space: edges of the box at the border of its picture, with ticks at round numbers in the units of your file.

use eframe::egui::{Painter, Pos2, Stroke, Vec2};

use crate::viz::context::ViewContext;
use crate::viz::draw::axes::round_ticks;
use crate::viz::draw::labels::Labels;
use crate::viz::file_units::FileUnits;
use crate::viz::home_camera::data_bounds;
use crate::viz::theme::{Palette, label_font};

/// An axis that is seen shorter than this, in points, has no ticks: one looks along it.
const SHORTEST: f32 = 36.0;

/// The distance between numbers along an axis, in points, and the length of a tick.
const APART: f32 = 64.0;
const TICK: f32 = 4.0;

/// Names of axes that are nearer to each other would look like one, and the room of numbers beside an axis, in points.
const CROWD: f32 = 40.0;
const BESIDE: f32 = 20.0;

/// An edge of the box on the screen.
struct BoxEdge {
    /// The places of the least and the largest coordinate.
    ends: [Pos2; 2],
    /// From the first to the second.
    along: Vec2,
    /// Away from the box.
    outwards: Vec2,
}

/// Draws the axes where `seen` sees the box, their numbers and names where `labels` leave room.
pub(super) fn draw(
    painter: &Painter,
    context: &ViewContext<'_>,
    seen: impl Fn([f32; 3]) -> Option<Pos2>,
    labels: &mut Labels,
    palette: &Palette,
) {
    let projection = context.projection;
    let units = FileUnits::of(&context.snapshot.data);
    let mut names = Vec::new();
    for axis in 0..projection.dims() {
        let Some(edge) = outer_edge(context, axis, &seen) else { continue };
        painter.line_segment(edge.ends, Stroke::new(1.2, palette.muted));
        let length = (edge.ends[1] - edge.ends[0]).length();
        let [low, high] = projection.extent[axis];
        let of_file = units.as_ref().map_or([0.0, 1.0], |units| units.axis(axis));
        let count = f64::from((length / APART).clamp(2.0, 4.0));
        for (value, number) in round_ticks([low, high], count, of_file) {
            let foot = edge.ends[0].lerp(edge.ends[1], ((value - low) / (high - low)) as f32);
            painter.line_segment([foot, foot + TICK * edge.outwards], Stroke::new(1.2, palette.muted));
            let place = beyond(painter, foot + TICK * edge.outwards, edge.outwards, &number, palette);
            labels.put_if_free(painter, place, &number, palette.muted, palette.paper);
        }
        let name = projection.label(axis);
        let [start, end] = edge.ends;
        let at = |foot: Pos2, direction: Vec2| beyond(painter, foot + 4.0 * direction, direction, &name, palette);
        // Beside the middle, beyond the numbers, where it can belong to no other axis; of the upright one at the end. Where another name
        // is there, at an end.
        let middle = at(start.lerp(end, 0.5) + BESIDE * edge.outwards, edge.outwards);
        let places = if axis == 2 {
            [at(end, edge.along), middle, at(start, -edge.along)]
        } else {
            [middle, at(end, edge.along), at(start, -edge.along)]
        };
        let is_free = |place: &Pos2| names.iter().all(|(other, _): &(Pos2, String)| other.distance(*place) > CROWD);
        if let Some(place) = places.into_iter().find(is_free) {
            names.push((place, name));
        }
    }
    for (place, name) in names {
        labels.put(painter, place, &name, palette.muted, palette.paper);
    }
}

/// The centre of a text next to a place in a direction.
fn beyond(painter: &Painter, place: Pos2, direction: Vec2, text: &str, palette: &Palette) -> Pos2 {
    let half = 0.5 * painter.layout_no_wrap(text.to_owned(), label_font(), palette.muted).size();
    place + direction * (3.0 + direction.x.abs() * half.x + direction.y.abs() * half.y)
}

/// Of the four edges along an axis the outermost one beneath the box, of the upright axis the one at its left.
fn outer_edge(context: &ViewContext<'_>, axis: usize, seen: impl Fn([f32; 3]) -> Option<Pos2>) -> Option<BoxEdge> {
    let bounds = data_bounds(context.projection);
    let corner = |bits: usize| seen(bounds.corner(bits));
    let edge = |bits: usize| {
        let ends = [corner(bits)?, corner(bits | 1 << axis)?];
        let along = (ends[1] - ends[0]).normalized();
        let aside = along.rot90();
        let is_outwards = if axis == 2 { aside.x < 0.0 } else { aside.y > 0.0 };
        Some(BoxEdge { ends, along, outwards: if is_outwards { aside } else { -aside } })
    };
    let edges = (0..8).filter(|bits| bits >> axis & 1 == 0).filter_map(edge);
    let edges = edges.filter(|edge| edge.ends[0].distance(edge.ends[1]) >= SHORTEST);
    let distance = |edge: &BoxEdge| edge.ends[0].lerp(edge.ends[1], 0.5).to_vec2().dot(edge.outwards);
    edges.max_by(|a, b| distance(a).total_cmp(&distance(b)))
}
