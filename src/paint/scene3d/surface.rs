//! Surfaces on a grid, with smooth normals.

use super::bounds::Bounds;
use super::vec3::{Vec3, add, cross, is_finite, length, sub, unit};
use eframe::egui::Color32;

/// A lit surface on a grid, with smooth normals.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    rows: usize,
    columns: usize,
    positions: Vec<Vec3>,
    normals: Vec<Vec3>,
    colors: Vec<Color32>,
    opacity: f32,
    wraps_rows: bool,
    wraps_columns: bool,
}

/// Opposite edges of the grid nearer to each other than this part of its size are the same edge, as on a cylinder.
const SEAM: f32 = 1e-4;

impl Surface {
    /// The surface whose grid point (row, column) has the position and colour given by `vertex`. Its `opacity`, 0–1,
    /// replaces that of the colours.
    ///
    /// Opposite edges that coincide are joined. Each cell is drawn as two triangles.
    pub fn from_fn(
        rows: usize,
        columns: usize,
        opacity: f32,
        mut vertex: impl FnMut(usize, usize) -> ([f32; 3], Color32),
    ) -> Self {
        let grid = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let (positions, colors): (Vec<_>, Vec<_>) = grid
            .map(|(row, column)| vertex(row, column))
            // Colours are made opaque in linear light, which is slow and rarely needed.
            .map(|(position, color)| (position, if color.is_opaque() { color } else { color.to_opaque() }))
            .unzip();
        let size = Bounds::around(positions.iter().copied()).map_or(0.0, |b| b.radius());
        let same = |a: Vec3, b: Vec3| length(sub(a, b)) <= SEAM * size;
        let at = |row: usize, column: usize| positions[row * columns + column];
        let wraps_rows = rows > 2 && columns > 1 && (0..columns).all(|c| same(at(0, c), at(rows - 1, c)));
        let wraps_columns = columns > 2 && rows > 1 && (0..rows).all(|r| same(at(r, 0), at(r, columns - 1)));
        let opacity = if opacity.is_finite() { opacity.clamp(0.0, 1.0) } else { 1.0 };
        let normals = Vec::new();
        let is_pole = |row: usize| (1..columns).all(|c| same(at(row, 0), at(row, c)));
        let poles: Vec<usize> = (0..rows).filter(|row| (*row == 0 || row + 1 == rows) && is_pole(*row)).collect();
        let mut surface = Self { rows, columns, positions, normals, colors, opacity, wraps_rows, wraps_columns };
        surface.normals = surface.smooth_normals(&poles);
        surface
    }

    /// Rows and columns of the grid.
    pub fn size(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// The grid points row by row.
    pub fn positions(&self) -> &[[f32; 3]] {
        &self.positions
    }

    /// The unit normals at the grid points; zero where there is none.
    pub fn normals(&self) -> &[[f32; 3]] {
        &self.normals
    }

    /// The colours at the grid points.
    pub fn colors(&self) -> &[Color32] {
        &self.colors
    }

    /// Opacity, 0–1.
    pub fn opacity(&self) -> f32 {
        self.opacity
    }

    /// True if the first and last row are joined; true if the first and last column are.
    pub(crate) fn wraps(&self) -> [bool; 2] {
        [self.wraps_rows, self.wraps_columns]
    }

    /// The grid points of the two triangles of a cell, both turning the same way.
    pub(crate) fn cell(&self, row: usize, column: usize) -> [[usize; 3]; 2] {
        let a = row * self.columns + column;
        let (b, c) = (a + 1, a + self.columns);
        [[a, b, c], [b, c + 1, c]]
    }

    /// The mean of the normals of the triangles around each grid point, weighted by area.
    fn smooth_normals(&self, poles: &[usize]) -> Vec<Vec3> {
        let (rows, columns) = (self.rows, self.columns);
        let mut sums = vec![[0.0; 3]; self.positions.len()];
        for row in 1..rows {
            for column in 1..columns {
                for triangle in self.cell(row - 1, column - 1) {
                    let [a, b, c] = triangle.map(|k| self.positions[k]);
                    let normal = cross(sub(b, a), sub(c, a));
                    if is_finite(normal) {
                        for k in triangle {
                            sums[k] = add(sums[k], normal);
                        }
                    }
                }
            }
        }
        let mut join = |indices: &mut dyn Iterator<Item = usize>| {
            let indices: Vec<usize> = indices.collect();
            let sum = indices.iter().fold([0.0; 3], |sum, k| add(sum, sums[*k]));
            for k in indices {
                sums[k] = sum;
            }
        };
        if self.wraps_rows {
            (0..columns).for_each(|c| join(&mut [c, (rows - 1) * columns + c].into_iter()));
        }
        if self.wraps_columns {
            (0..rows).for_each(|r| join(&mut [r * columns, (r + 1) * columns - 1].into_iter()));
        }
        // A row that is a single point, such as the pole of a sphere, has one normal.
        for row in poles {
            join(&mut (row * columns..(row + 1) * columns));
        }
        sums.into_iter().map(|sum| unit(sum).unwrap_or_default()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::vec3::dot;
    use super::*;
    use std::f32::consts::{PI, TAU};

    #[test]
    fn the_normals_of_a_sphere_are_its_radii() {
        let sphere = Surface::from_fn(41, 61, 1.0, |row, column| {
            let (sin, cos) = (PI * row as f32 / 40.0).sin_cos();
            let (s, c) = (TAU * column as f32 / 60.0).sin_cos();
            ([sin * c, sin * s, cos], Color32::GRAY)
        });
        assert_eq!(sphere.wraps(), [false, true]);
        for (p, n) in sphere.positions().iter().zip(sphere.normals()) {
            // A cell spans 6°; by symmetry the mean of its normals is off by much less than half of that.
            assert!(dot(*p, *n).abs() > (2.0_f32).to_radians().cos(), "{p:?} {n:?}");
        }
    }

    #[test]
    fn a_torus_wraps_both_ways_and_a_sheet_does_not() {
        let grid = |f: &dyn Fn(f32, f32) -> Vec3| {
            Surface::from_fn(21, 31, 0.5, |r, c| (f(TAU * r as f32 / 20.0, TAU * c as f32 / 30.0), Color32::GRAY))
                .wraps()
        };
        assert_eq!(grid(&|u, v| [(2.0 + u.cos()) * v.cos(), (2.0 + u.cos()) * v.sin(), u.sin()]), [true, true]);
        assert_eq!(grid(&|u, v| [u, v, 0.0]), [false, false]);
        assert_eq!(grid(&|u, v| [u, v.cos(), v.sin()]), [false, true]);
    }

    #[test]
    fn a_hole_in_the_data_does_not_spoil_its_neighbours() {
        let surface = Surface::from_fn(5, 5, 1.0, |r, c| {
            let z = if (r, c) == (2, 2) { f32::NAN } else { 0.0 };
            ([c as f32, r as f32, z], Color32::GRAY)
        });
        assert_eq!(surface.normals()[0], [0.0, 0.0, 1.0]);
        assert_eq!(surface.normals()[2 * 5 + 1], [0.0, 0.0, 1.0]);
        assert_eq!(surface.normals()[2 * 5 + 2], [0.0; 3]);
    }

    #[test]
    fn grids_without_cells_are_allowed() {
        for (rows, columns) in [(0, 0), (0, 4), (4, 0), (1, 5), (5, 1), (2, 2)] {
            let surface = Surface::from_fn(rows, columns, 0.5, |r, c| ([r as f32, c as f32, 0.0], Color32::GRAY));
            assert_eq!((surface.size(), surface.normals().len()), ([rows, columns], rows * columns));
        }
    }
}
