//! Meshes in vector formats.

use eframe::egui::epaint::{Mesh, WHITE_UV};
use eframe::egui::{Color32, Pos2, TextureId};

/// A mesh that would need more bytes than this as vectors is painted as pixels.
const MAX_VECTOR_BYTES: usize = 200_000;

/// Bytes of a triangle, and of the element around triangles of one colour.
const TRIANGLE_BYTES: usize = 36;
const PATH_BYTES: usize = 60;

/// Triangles of one colour that may be painted as one path.
pub(super) struct Patch {
    pub(super) color: Color32,
    pub(super) triangles: Vec<[Pos2; 3]>,
}

/// The mesh as patches of plain colours in their order, or `None` if it is textured, shaded or too large.
///
/// Opaque triangles of one colour that follow each other make one patch, translucent ones only while they share
/// corners: one path blends an area only once, which would hide how densely translucent points lie.
pub(super) fn patches(mesh: &Mesh) -> Option<Vec<Patch>> {
    let plain = mesh.texture_id == TextureId::default() && mesh.vertices.iter().all(|v| v.uv == WHITE_UV);
    if !plain || mesh.indices.len() / 3 * TRIANGLE_BYTES > MAX_VECTOR_BYTES {
        return None;
    }
    let mut patches: Vec<Patch> = Vec::new();
    let mut previous = [u32::MAX; 3];
    for indices in mesh.triangles() {
        let [a, b, c] = indices.map(|k| mesh.vertices.get(k as usize));
        let (a, b, c) = (a?, b?, c?);
        if a.color != b.color || b.color != c.color {
            return None;
        }
        let connected = a.color.is_opaque() || indices.iter().any(|k| previous.contains(k));
        previous = indices;
        let triangle = clockwise([a.pos, b.pos, c.pos]);
        match patches.last_mut() {
            Some(patch) if patch.color == a.color && connected => patch.triangles.push(triangle),
            _ => patches.push(Patch { color: a.color, triangles: vec![triangle] }),
        }
    }
    let bytes = patches.iter().map(|patch| PATH_BYTES + patch.triangles.len() * TRIANGLE_BYTES).sum::<usize>();
    (bytes <= MAX_VECTOR_BYTES).then_some(patches)
}

/// The triangle with its corners clockwise: triangles of a path that turn differently would cancel where they overlap.
fn clockwise([a, b, c]: [Pos2; 3]) -> [Pos2; 3] {
    let area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
    if area < 0.0 { [a, c, b] } else { [a, b, c] }
}
