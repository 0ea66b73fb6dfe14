//! Primitive assembly: a scene projected onto the screen.

use super::dash::dash;
use super::lighting::Light;
use super::primitive::{Ball, Capsule, Owner, Primitive, Skirt, Vertex, position};
use super::projector::Projector;
use super::scene3::{Arrow, Cloud, Curve, Scene3, WireBox};
use super::surface::Surface;
use super::vec3::{Vec3, add, cross, is_finite, length, scale, sub, unit};
use crate::paint::scan::{doubled_area, snap};
use eframe::egui::Color32;
use std::f32::consts::TAU;

/// The primitives of a scene in a viewport of `size` samples, those that may hide others first.
pub(crate) fn project(scene: &Scene3, projector: &Projector, size: [f32; 2], samples_per_point: f32) -> Vec<Primitive> {
    let radius = scene.bounds().map_or(0.0, |b| b.radius());
    let mut assembly =
        PrimitiveAssembly { projector, size, samples_per_point, radius, owner: 0, primitives: Vec::new() };
    scene.clouds.iter().for_each(|cloud| assembly.cloud(cloud));
    scene.boxes.iter().flat_map(|wire| far_edges(wire, projector)).for_each(|edge| assembly.curve(&edge));
    scene.curves.iter().for_each(|curve| assembly.curve(curve));
    scene.arrows.iter().for_each(|arrow| assembly.arrow(arrow));
    let (solid, translucent): (Vec<_>, Vec<_>) = scene.surfaces.iter().partition(|s| s.opacity() == 1.0);
    solid.into_iter().chain(translucent).for_each(|surface| assembly.surface(surface, 0.0));
    assembly.primitives
}

/// The edges of a box that do not meet its nearest corner.
fn far_edges(wire: &WireBox, projector: &Projector) -> Vec<Curve> {
    let depth = |bits: &usize| projector.view(wire.bounds.corner(*bits))[2];
    let nearest = (0..8).min_by(|a, b| depth(a).total_cmp(&depth(b))).unwrap_or(0);
    let edges =
        (0..3).flat_map(|axis| (0..8).filter(move |bits| bits >> axis & 1 == 0).map(move |a| [a, a | 1 << axis]));
    let edge =
        |ends: [usize; 2]| Curve::new(ends.map(|bits| wire.bounds.corner(bits)).to_vec(), wire.color, wire.width);
    edges.filter(|ends| !ends.contains(&nearest)).map(edge).collect()
}

/// The lift of a curve towards the eye, in points and half widths: enough for its rim to clear a steep surface.
const LIFT_POINTS: f32 = 2.0;
const LIFT_HALF_WIDTHS: f32 = 1.5;

/// The lift in parts of the radius of the scene: the distance between a curve and the triangles it lies on.
const LIFT_RADII: f32 = 0.002;

/// The head of an arrow: length and radius in widths of the shaft, and its largest share of the arrow.
const HEAD_LENGTH: f32 = 4.5;
const HEAD_RADIUS: f32 = 1.8;
const HEAD_SHARE: f32 = 0.6;

/// Sides of the cone of an arrow.
const HEAD_SIDES: usize = 20;

/// Primitives collected from a scene.
struct PrimitiveAssembly<'a> {
    projector: &'a Projector,
    size: [f32; 2],
    samples_per_point: f32,
    radius: f32,
    owner: u32,
    primitives: Vec<Primitive>,
}

impl PrimitiveAssembly<'_> {
    fn cloud(&mut self, cloud: &Cloud) {
        let radius = cloud.radius * self.samples_per_point;
        for point in &cloud.points {
            let view = self.projector.view(point.position);
            if let Some(center) = self.projector.screen(view) {
                // A length across the screen and the same length in depth shrink alike.
                let relief = self.projector.magnification(view[2]) / self.projector.pixels_per_unit();
                self.primitives.push(Primitive::Ball(Ball { center, radius, relief, color: point.color }));
            }
        }
    }

    fn curve(&mut self, curve: &Curve) {
        let half_width = 0.5 * curve.width * self.samples_per_point;
        let lift = self.lift(half_width);
        let dashes: Vec<f32> = curve.dashes.iter().map(|d| d * self.samples_per_point).collect();
        self.owner += 1;
        let mut travelled = 0.0;
        for pair in curve.positions.windows(2) {
            let Some([a, b]) = self.segment(pair[0], pair[1], lift) else { continue };
            let (color, owner) = (curve.color, self.owner([a, b], half_width));
            let primitives = &mut self.primitives;
            travelled = dash([a, b], travelled, &dashes, half_width, self.size, |a, b| {
                primitives.push(Primitive::Capsule(Capsule { a, b, half_width, color, owner }));
            });
        }
    }

    fn arrow(&mut self, arrow: &Arrow) {
        let Some(axis) = unit(sub(arrow.to, arrow.from)).filter(|axis| is_finite(*axis)) else { return };
        let half_width = 0.5 * arrow.width * self.samples_per_point;
        // Over the curves that it is tangent to.
        let lift = 2.0 * self.lift(half_width);
        let whole = length(sub(arrow.to, arrow.from));
        let magnification = self.projector.magnification(self.projector.view(arrow.to)[2]);
        let width = 2.0 * half_width / (self.projector.pixels_per_unit() * magnification.max(0.01));
        let head = (HEAD_LENGTH * width).min(HEAD_SHARE * whole);
        let base = sub(arrow.to, scale(axis, head));
        self.owner += 1;
        if let Some([a, b]) = self.segment(arrow.from, base, lift) {
            let (color, owner) = (arrow.color, self.owner([a, b], half_width));
            self.primitives.push(Primitive::Capsule(Capsule { a, b, half_width, color, owner }));
        }
        let cone = cone(base, arrow.to, axis, head * HEAD_RADIUS / HEAD_LENGTH, arrow.color);
        self.surface(&cone, lift);
    }

    /// The current owner, for a line from `a` to `b`; its reach includes the neighbours of the line.
    fn owner(&self, [a, b]: [Vec3; 2], half_width: f32) -> Owner {
        Owner { id: self.owner, reach: self.lift(half_width) + (a[2] - b[2]).abs() }
    }

    /// The lift towards the eye of lines of this width, in depth.
    fn lift(&self, half_width: f32) -> f32 {
        let samples = LIFT_POINTS * self.samples_per_point + LIFT_HALF_WIDTHS * half_width;
        samples / self.projector.pixels_per_unit() + LIFT_RADII * self.radius
    }

    /// The visible part of a segment on the screen.
    fn segment(&self, a: Vec3, b: Vec3, lift: f32) -> Option<[Vec3; 2]> {
        let [a, b] = self.projector.clip_near(self.projector.view(a), self.projector.view(b))?;
        let raised = |p: Vec3| self.projector.screen(p).map(|[x, y, key]| [x, y, key - lift]);
        Some([raised(a)?, raised(b)?])
    }

    fn surface(&mut self, surface: &Surface, lift: f32) {
        let vertices = self.vertices(surface, lift);
        let facing = facing(surface, &vertices);
        self.owner += 1;
        let [rows, columns] = surface.size().map(|n| n.saturating_sub(1));
        for row in 0..rows {
            for column in 0..columns {
                for (triangle, side) in surface.cell(row, column).into_iter().zip(facing.of(row, column)) {
                    if let (Some([a, b, c]), true) = (corners(&vertices, triangle), side != 0) {
                        self.primitives.push(Primitive::Triangle([a, b, c]));
                    }
                }
            }
        }
        self.silhouettes(surface, &vertices, &facing);
    }

    fn vertices(&self, surface: &Surface, lift: f32) -> Vec<Option<Vertex>> {
        let colors = surface.colors().iter();
        let points = surface.positions().iter().zip(surface.normals());
        let vertex = |((position, normal), color): ((&Vec3, &Vec3), &Color32)| {
            let view = self.projector.view(*position);
            let [x, y, key] = self.projector.screen(view)?;
            let at = snap(x, y)?.map(|v| v as i32);
            let light = Light::on(self.projector.turn(*normal), self.projector.towards_eye(view));
            let lit = |channel: u8| (light.apply(f32::from(channel), 255.0) * surface.opacity()).round() as u8;
            let alpha = (255.0 * surface.opacity()).round() as u8;
            let color = Color32::from_rgba_premultiplied(lit(color.r()), lit(color.g()), lit(color.b()), alpha);
            Some(Vertex { at, key: key - lift, color }).filter(|vertex| vertex.key.is_finite())
        };
        points.zip(colors).map(vertex).collect()
    }

    /// Soft edges where the surface ends or turns away from the viewer.
    fn silhouettes(&mut self, surface: &Surface, vertices: &[Option<Vertex>], facing: &Facing) {
        let [rows, columns] = surface.size();
        let [wraps_rows, wraps_columns] = surface.wraps();
        let (Some(last_row), Some(last_column)) = (rows.checked_sub(2), columns.checked_sub(2)) else { return };
        // An edge from a to b; `before` is the side of a triangle that runs along it from a to b, `after` of the other
        // one.
        let mut edge = |a: usize, b: usize, before: i8, after: i8| {
            let outside = match (before, after) {
                (0, 0) => return,
                (side, other) if side != 0 && side != other => -side,
                (0, other) => other,
                _ => return,
            };
            if let (Some(a), Some(b)) = (vertices[a], vertices[b])
                && a.at != b.at
            {
                let owner = self.owner([position(&a), position(&b)], 1.0);
                self.primitives.push(Primitive::Skirt(Skirt { a, b, outside: f32::from(outside), owner }));
            }
        };
        for row in 0..rows {
            for column in 0..columns {
                let here = row * columns + column;
                if column <= last_column && !(wraps_rows && row > last_row) {
                    let below = if row <= last_row { facing.of(row, column)[0] } else { 0 };
                    let above = match row {
                        0 if wraps_rows => facing.of(last_row, column)[1],
                        0 => 0,
                        _ => facing.of(row - 1, column)[1],
                    };
                    edge(here, here + 1, below, above);
                }
                if row <= last_row && !(wraps_columns && column > last_column) {
                    let right = if column <= last_column { facing.of(row, column)[0] } else { 0 };
                    let left = match column {
                        0 if wraps_columns => facing.of(row, last_column)[1],
                        0 => 0,
                        _ => facing.of(row, column - 1)[1],
                    };
                    edge(here + columns, here, right, left);
                }
                if row <= last_row && column <= last_column {
                    let [first, second] = facing.of(row, column);
                    edge(here + 1, here + columns, first, second);
                }
            }
        }
    }
}

/// The orientation of each triangle of a surface on the screen: 1 clockwise, −1 counterclockwise, 0 not drawn.
struct Facing {
    columns: usize,
    sides: Vec<[i8; 2]>,
}

impl Facing {
    fn of(&self, row: usize, column: usize) -> [i8; 2] {
        self.sides[row * self.columns + column]
    }
}

fn facing(surface: &Surface, vertices: &[Option<Vertex>]) -> Facing {
    let [rows, columns] = surface.size().map(|n| n.saturating_sub(1));
    let side =
        |triangle| corners(vertices, triangle).map_or(0, |t| doubled_area(t.map(|v| v.snapped())).signum() as i8);
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let sides = cells.map(|(row, column)| {
        // At a pole one triangle of the cell has no area: it passes on the side of its neighbour.
        match surface.cell(row, column).map(side) {
            [0, second] => [second, second],
            [first, 0] => [first, first],
            both => both,
        }
    });
    Facing { columns, sides: sides.collect() }
}

fn corners(vertices: &[Option<Vertex>], triangle: [usize; 3]) -> Option<[Vertex; 3]> {
    let [a, b, c] = triangle.map(|k| vertices[k]);
    Some([a?, b?, c?])
}

/// A cone with its base, as a closed surface. Its rim appears twice, once for each normal.
fn cone(base: Vec3, tip: Vec3, axis: Vec3, radius: f32, color: Color32) -> Surface {
    let helper = if axis[2].abs() < 0.9 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
    let u = unit(cross(axis, helper)).unwrap_or_default();
    let v = cross(axis, u);
    Surface::from_fn(4, HEAD_SIDES + 1, f32::from(color.a()) / 255.0, |row, column| {
        let (sin, cos) = (TAU * (column % HEAD_SIDES) as f32 / HEAD_SIDES as f32).sin_cos();
        let rim = add(base, add(scale(u, radius * cos), scale(v, radius * sin)));
        ([tip, rim, rim, base][row], color)
    })
}
