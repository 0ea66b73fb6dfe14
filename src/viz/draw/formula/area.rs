//! Areas inside closed curves as triangles: braces, arrows and tall delimiters.

use eframe::egui::emath::Rect;
use eframe::egui::{Pos2, pos2};
use ratex_types::path_command::PathCommand;

/// The number of straight pieces of a curve.
const PIECES: u8 = 8;

/// An area or a line, in ems.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) contours: Vec<Vec<Pos2>>,
    /// The inside; empty for a line.
    pub(super) triangles: Vec<[Pos2; 3]>,
}

impl Area {
    /// What the commands draw, from a corner on.
    pub(super) fn new(corner: Pos2, commands: &[PathCommand], is_filled: bool) -> Self {
        let contours = flattened(corner, commands);
        let triangles = if is_filled { inside(&contours) } else { Vec::new() };
        Self { contours, triangles }
    }

    pub(super) fn bounds(&self) -> Rect {
        self.contours.iter().flatten().fold(Rect::NOTHING, |bounds, p| bounds.union(Rect::from_pos(*p)))
    }
}

/// The curves as polygons.
fn flattened(corner: Pos2, commands: &[PathCommand]) -> Vec<Vec<Pos2>> {
    let point = |x: f64, y: f64| corner + pos2(x as f32, y as f32).to_vec2();
    let mut contours: Vec<Vec<Pos2>> = Vec::new();
    for command in commands {
        if let PathCommand::MoveTo { x, y } = *command {
            contours.push(vec![point(x, y)]);
            continue;
        }
        let Some(contour) = contours.last_mut() else { continue };
        let Some(start) = contour.last().copied() else { continue };
        let steps = (1..=PIECES).map(|k| f32::from(k) / f32::from(PIECES));
        match *command {
            PathCommand::MoveTo { .. } | PathCommand::Close => {}
            PathCommand::LineTo { x, y } => contour.push(point(x, y)),
            PathCommand::QuadTo { x1, y1, x, y } => {
                let (control, end) = (point(x1, y1), point(x, y));
                contour.extend(steps.map(|t| start.lerp(control, t).lerp(control.lerp(end, t), t)));
            }
            PathCommand::CubicTo { x1, y1, x2, y2, x, y } => {
                let (a, b, end) = (point(x1, y1), point(x2, y2), point(x, y));
                contour.extend(steps.map(|t| {
                    let [from, middle, to] = [start.lerp(a, t), a.lerp(b, t), b.lerp(end, t)];
                    from.lerp(middle, t).lerp(middle.lerp(to, t), t)
                }));
            }
        }
    }
    contours
}

/// The side of a polygon, from its upper to its lower end.
struct Side {
    upper: Pos2,
    lower: Pos2,
    /// 1 if the polygon goes down it, −1 if up.
    winding: i32,
}

impl Side {
    fn x(&self, y: f32) -> f32 {
        let share = (y - self.upper.y) / (self.lower.y - self.upper.y);
        self.upper.x + share * (self.lower.x - self.upper.x)
    }
}

/// The inside (where polygons wind around) as trapezoids between the heights of neighbouring corners, each of two triangles.
fn inside(contours: &[Vec<Pos2>]) -> Vec<[Pos2; 3]> {
    let mut sides = Vec::new();
    for contour in contours {
        for (k, a) in contour.iter().enumerate() {
            let b = &contour[(k + 1) % contour.len()];
            if a.y < b.y {
                sides.push(Side { upper: *a, lower: *b, winding: 1 });
            } else if b.y < a.y {
                sides.push(Side { upper: *b, lower: *a, winding: -1 });
            }
        }
    }
    let mut heights: Vec<f32> = contours.iter().flatten().map(|p| p.y).collect();
    heights.sort_unstable_by(f32::total_cmp);
    heights.dedup();
    let mut triangles = Vec::new();
    for band in heights.windows(2) {
        let (top, bottom) = (band[0], band[1]);
        let middle = 0.5 * (top + bottom);
        let mut crossed: Vec<&Side> =
            sides.iter().filter(|side| side.upper.y <= top && bottom <= side.lower.y).collect();
        crossed.sort_by(|a, b| a.x(middle).total_cmp(&b.x(middle)));
        let mut winding = 0;
        for pair in crossed.windows(2) {
            winding += pair[0].winding;
            if winding != 0 {
                let [left, right] = [pair[0], pair[1]];
                let corners = [
                    pos2(left.x(top), top),
                    pos2(right.x(top), top),
                    pos2(right.x(bottom), bottom),
                    pos2(left.x(bottom), bottom),
                ];
                triangles.push([corners[0], corners[1], corners[2]]);
                triangles.push([corners[0], corners[2], corners[3]]);
            }
        }
    }
    triangles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(triangles: &[[Pos2; 3]]) -> f32 {
        let area = |[a, b, c]: &[Pos2; 3]| 0.5 * ((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)).abs();
        triangles.iter().map(area).sum()
    }

    #[test]
    fn the_inside_is_filled_and_holes_are_not() {
        let square = |a: f32, b: f32| vec![pos2(a, a), pos2(b, a), pos2(b, b), pos2(a, b)];
        let hole = |a, b| square(a, b).into_iter().rev().collect::<Vec<_>>();
        assert!((area(&inside(&[square(0.0, 4.0), hole(1.0, 2.0)])) - 15.0).abs() < 1e-5);
        // An arrow head, which is not convex.
        let arrow = vec![pos2(0.0, 0.0), pos2(4.0, 2.0), pos2(0.0, 4.0), pos2(1.0, 2.0)];
        assert!((area(&inside(&[arrow])) - 6.0).abs() < 1e-5);
    }

    #[test]
    fn curves_end_where_they_should() {
        let commands = [
            PathCommand::MoveTo { x: 0.0, y: 0.0 },
            PathCommand::QuadTo { x1: 1.0, y1: 0.0, x: 1.0, y: 1.0 },
            PathCommand::CubicTo { x1: 1.0, y1: 2.0, x2: 0.0, y2: 2.0, x: 0.0, y: 1.0 },
            PathCommand::Close,
        ];
        let area = Area::new(pos2(5.0, 5.0), &commands, true);
        assert_eq!(area.contours[0].last(), Some(&pos2(5.0, 6.0)));
        assert!(area.bounds().contains(pos2(5.5, 6.5)) && !area.triangles.is_empty());
    }
}
