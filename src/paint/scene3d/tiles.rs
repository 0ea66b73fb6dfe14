//! Tiles of the screen, with the primitives that touch each.

use super::primitive::Primitive;
use crate::paint::scan::PixelRect;

/// Width and height of a tile in samples: small enough for its fragments to stay in the cache.
pub(crate) const TILE_WIDTH: usize = 64;
pub(crate) const TILE_HEIGHT: usize = 32;

/// A grid of tiles of whole pixels.
pub(crate) struct Tiles {
    /// Tiles in a row.
    pub(crate) columns: usize,
    /// Width and height of a tile in pixels.
    pub(crate) width: usize,
    pub(crate) height: usize,
    supersample: usize,
    picture: [usize; 2],
    /// Indices of primitives in their order, tile by tile; those of tile k from `starts[k]` to `starts[k + 1]`.
    members: Vec<u32>,
    starts: Vec<u32>,
}

impl Tiles {
    /// Sorts primitives into the tiles of a picture of `width` × `height` pixels.
    pub(crate) fn new(primitives: &[Primitive], width: usize, height: usize, supersample: usize) -> Self {
        let (tile_width, tile_height) = (TILE_WIDTH / supersample, TILE_HEIGHT / supersample);
        let (columns, rows) = (width.div_ceil(tile_width), height.div_ceil(tile_height));
        // First to last tile touched along one axis; saturating casts clamp to the picture.
        let range = |from: f32, to: f32, tile: usize, count: usize| {
            let scale = 1.0 / (tile * supersample) as f32;
            let end = if to >= 0.0 { ((to * scale) as usize).saturating_add(1) } else { 0 };
            ((from * scale) as usize).min(count)..end.min(count)
        };
        let touched = |primitive: &Primitive| {
            let [left, top, right, bottom] = primitive.bounds();
            (range(top, bottom, tile_height, rows), range(left, right, tile_width, columns))
        };
        let touched: Vec<_> = primitives.iter().map(touched).collect();
        // Counting sort with the counts two places on, so that filling leaves the starts in place.
        let mut starts = vec![0_u32; rows * columns + 2];
        for (tile_rows, tile_columns) in &touched {
            for row in tile_rows.clone() {
                for column in tile_columns.clone() {
                    starts[row * columns + column + 2] += 1;
                }
            }
        }
        for k in 1..starts.len() {
            starts[k] += starts[k - 1];
        }
        let mut members = vec![0; starts.last().map_or(0, |n| *n as usize)];
        for (index, (tile_rows, tile_columns)) in touched.iter().enumerate() {
            for row in tile_rows.clone() {
                for column in tile_columns.clone() {
                    let next = &mut starts[row * columns + column + 1];
                    members[*next as usize] = index as u32;
                    *next += 1;
                }
            }
        }
        Self { columns, width: tile_width, height: tile_height, supersample, picture: [width, height], members, starts }
    }

    /// The indices of the primitives that may touch a tile.
    pub(crate) fn members(&self, row: usize, column: usize) -> &[u32] {
        let tile = row * self.columns + column;
        &self.members[self.starts[tile] as usize..self.starts[tile + 1] as usize]
    }

    /// The samples of a tile.
    pub(crate) fn samples(&self, row: usize, column: usize) -> PixelRect {
        let [width, height] = self.picture;
        let range = |index: usize, tile: usize, count: usize| {
            let start = index * tile;
            start * self.supersample..(start + tile).min(count) * self.supersample
        };
        PixelRect::new(range(column, self.width, width), range(row, self.height, height))
    }
}

#[cfg(test)]
mod tests {
    use super::super::primitive::Ball;
    use super::*;
    use eframe::egui::Color32;

    #[test]
    fn a_shape_is_a_member_of_the_tiles_it_touches() {
        let ball = |x: f32, y: f32, radius| {
            Primitive::Ball(Ball { center: [x, y, 0.0], radius, relief: 0.0, color: Color32::RED })
        };
        let shapes = [
            ball(10.0, 10.0, 2.0),
            ball(63.0, 31.0, 2.0),
            ball(-90.0, 10.0, 5.0),
            ball(1e9, 10.0, 5.0),
            ball(100.0, 50.0, 1e9),
        ];
        let tiles = Tiles::new(&shapes, 50, 30, 2);
        assert_eq!((tiles.columns, tiles.width, tiles.height), (2, 32, 16));
        assert_eq!(tiles.members(0, 0), [0, 1, 4]);
        assert_eq!(tiles.members(1, 1), [1, 4]);
        assert_eq!(tiles.members(1, 0), [1, 4]);
        assert_eq!(tiles.samples(1, 1), PixelRect::new(64..100, 32..60));
    }
}
