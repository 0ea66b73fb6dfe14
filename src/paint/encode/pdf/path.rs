//! Outlines as the operators of a PDF path.

use crate::paint::encode::backend::RoundedRect;
use eframe::egui::emath::Rot2;
use eframe::egui::{Pos2, Rect, Vec2, vec2};
use pdf_writer::Content;

/// Cubic curves are nearest to a quarter of a circle with handles of this length (Goldapp 1991).
const QUARTER: f32 = 0.551_915;

pub(super) fn rectangle(content: &mut Content, rect: Rect) {
    content.rect(rect.min.x, rect.min.y, rect.width(), rect.height());
}

/// A polyline through the points that are finite.
pub(super) fn polyline(content: &mut Content, points: &[Pos2], closed: bool) {
    for (k, p) in points.iter().filter(|p| p.is_finite()).enumerate() {
        if k == 0 {
            content.move_to(p.x, p.y)
        } else {
            content.line_to(p.x, p.y)
        };
    }
    if closed {
        content.close_path();
    }
}

pub(super) fn bezier(content: &mut Content, [a, b, c, d]: [Pos2; 4], closed: bool) {
    content.move_to(a.x, a.y).cubic_to(b.x, b.y, c.x, c.y, d.x, d.y);
    if closed {
        content.close_path();
    }
}

pub(super) fn ellipse(content: &mut Content, center: Pos2, radius: Vec2, angle: f32) {
    let rotation = Rot2::from_angle(angle);
    let at = |x: f32, y: f32| center + rotation * vec2(x * radius.x, y * radius.y);
    let start = at(1.0, 0.0);
    content.move_to(start.x, start.y);
    for (x, y) in [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)] {
        // From (x, y) to (−y, x), a quarter on.
        let (b, c, d) = (at(x - QUARTER * y, y + QUARTER * x), at(QUARTER * x - y, QUARTER * y + x), at(-y, x));
        content.cubic_to(b.x, b.y, c.x, c.y, d.x, d.y);
    }
    content.close_path();
}

pub(super) fn rounded(content: &mut Content, rect: &RoundedRect) {
    let RoundedRect { edge, angle, .. } = *rect;
    let (center, rotation) = (edge.center(), Rot2::from_angle(angle));
    let at = |p: Pos2| center + rotation * (p - center);
    let most = 0.5 * edge.size().min_elem();
    let corners = [edge.left_top(), edge.right_top(), edge.right_bottom(), edge.left_bottom()];
    // The directions towards a corner and away from it.
    let ways = [vec2(0.0, -1.0), vec2(1.0, 0.0), vec2(0.0, 1.0), vec2(-1.0, 0.0), vec2(0.0, -1.0)];
    for (k, (corner, radius)) in corners.into_iter().zip(rect.radii()).enumerate() {
        let radius = radius.min(most);
        let (to, away) = (ways[k] * radius, ways[k + 1] * radius);
        let (a, b) = (at(corner - to), at(corner - to * (1.0 - QUARTER)));
        let (c, d) = (at(corner + away * (1.0 - QUARTER)), at(corner + away));
        if k == 0 {
            content.move_to(a.x, a.y)
        } else {
            content.line_to(a.x, a.y)
        };
        if radius > 0.0 {
            content.cubic_to(b.x, b.y, c.x, c.y, d.x, d.y);
        }
    }
    content.close_path();
}
