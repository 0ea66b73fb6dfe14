//! Exact scan conversion: the pixels whose centres lie in a triangle, and interpolation over them.

use std::ops::Range;

/// Vertices are snapped to this fraction of a pixel.
pub(crate) const SUBPIXELS: f32 = 256.0;
const SUB: i64 = 256;

/// Coordinates are clamped to this many pixels, so that their products fit 64 bits.
const FAR: f32 = 2_097_152.0;

/// Pixels x0 ≤ x < x1, y0 ≤ y < y1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PixelRect {
    pub(crate) x0: i32,
    pub(crate) y0: i32,
    pub(crate) x1: i32,
    pub(crate) y1: i32,
}

impl PixelRect {
    /// The given columns and rows of a picture.
    #[expect(clippy::cast_possible_wrap, reason = "a picture of 2³¹ rows or columns does not fit into memory")]
    pub(crate) fn new(x: Range<usize>, y: Range<usize>) -> Self {
        Self { x0: x.start as i32, y0: y.start as i32, x1: x.end as i32, y1: y.end as i32 }
    }

    pub(crate) fn intersect(self, other: Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.x0 >= self.x1 || self.y0 >= self.y1
    }
}

/// A vertex in 1/256 pixel.
pub(crate) type Snapped = [i64; 2];

/// The vertex nearest to a point in pixels; `None` if the point is not finite.
pub(crate) fn snap(x: f32, y: f32) -> Option<Snapped> {
    let snap = |v: f32| (v.clamp(-FAR, FAR) * SUBPIXELS).round() as i64;
    (x.is_finite() && y.is_finite()).then(|| [snap(x), snap(y)])
}

/// Twice the area of a triangle in squares of 1/256 pixel; positive if its vertices run clockwise on the screen.
pub(crate) fn doubled_area([a, b, c]: [Snapped; 3]) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
}

/// Calls `span(y, x0, x1)` for every row of the triangle within `clip`: the centres of the pixels x0 ≤ x < x1 lie
/// inside.
///
/// Centres on an edge belong to the triangle whose left or top edge it is, computed in integers, so triangles that
/// share an edge cover every pixel along it exactly once.
pub(crate) fn spans(triangle: [Snapped; 3], clip: PixelRect, mut span: impl FnMut(i32, i32, i32)) {
    let [mut a, mut b, mut c] = triangle;
    if a[1] > b[1] {
        (a, b) = (b, a);
    }
    if b[1] > c[1] {
        (b, c) = (c, b);
    }
    if a[1] > b[1] {
        (a, b) = (b, a);
    }
    let area = doubled_area([a, b, c]);
    if area == 0 {
        return;
    }
    let (top, middle, bottom) = (first_center(a[1]), first_center(b[1]), first_center(c[1]));
    let (first, last) = (top.max(i64::from(clip.y0)), bottom.min(i64::from(clip.y1)));
    if first >= last {
        return;
    }
    let mut long = Edge::new(a, c, first);
    // The middle vertex lies to the right of the long edge, or to its left.
    let short_is_right = area > 0;
    for (from, to, y0, y1) in [(a, b, first, last.min(middle)), (b, c, first.max(middle), last)] {
        if y0 >= y1 {
            continue;
        }
        let mut short = Edge::new(from, to, y0);
        for y in y0..y1 {
            let (left, right) = if short_is_right { (long.x, short.x) } else { (short.x, long.x) };
            let (x0, x1) = (left.max(i64::from(clip.x0)) as i32, right.min(i64::from(clip.x1)) as i32);
            if x0 < x1 {
                span(y as i32, x0, x1);
            }
            long.step();
            short.step();
        }
    }
}

/// Attributes that vary linearly over a triangle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planes<const N: usize> {
    x: f32,
    y: f32,
    values: [f32; N],
    dx: [f32; N],
    dy: [f32; N],
}

impl<const N: usize> Planes<N> {
    /// The values at the centre of a pixel.
    pub(crate) fn at(&self, x: i32, y: i32) -> [f32; N] {
        let (x, y) = (x as f32 - self.x, y as f32 - self.y);
        std::array::from_fn(|k| self.values[k] + x * self.dx[k] + y * self.dy[k])
    }

    /// The largest change of each value from a pixel to its neighbour.
    pub(crate) fn slopes(&self) -> [f32; N] {
        std::array::from_fn(|k| self.dx[k].abs().max(self.dy[k].abs()))
    }
}

/// The geometry of a triangle, for interpolating values that are given at its vertices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interpolator {
    x: f32,
    y: f32,
    /// From the first vertex to the others, over twice the area.
    edges: [[f32; 2]; 2],
}

impl Interpolator {
    /// `None` for a triangle without area.
    pub(crate) fn new(triangle: [Snapped; 3]) -> Option<Self> {
        let area = doubled_area(triangle);
        let [a, b, c] = triangle;
        // Pixels times pixels over square pixels: one factor of 256 remains.
        let scale = SUBPIXELS / area as f32;
        let edge = |to: Snapped| [0, 1].map(|k| (to[k] - a[k]) as f32 * scale);
        let center = |v: i64| v as f32 / SUBPIXELS - 0.5;
        (area != 0).then(|| Self { x: center(a[0]), y: center(a[1]), edges: [edge(b), edge(c)] })
    }

    /// The planes through the values at the three vertices.
    pub(crate) fn planes<const N: usize>(&self, [a, b, c]: [[f32; N]; 3]) -> Planes<N> {
        let [[bx, by], [cx, cy]] = self.edges;
        let dx = std::array::from_fn(|k| (b[k] - a[k]) * cy - (c[k] - a[k]) * by);
        let dy = std::array::from_fn(|k| (c[k] - a[k]) * bx - (b[k] - a[k]) * cx);
        Planes { x: self.x, y: self.y, values: a, dx, dy }
    }
}

/// The first pixel whose centre is not before the coordinate.
fn first_center(v: i64) -> i64 {
    (v + SUB / 2 - 1).div_euclid(SUB)
}

/// An edge walked row by row: `x` is the first pixel of the row whose centre is not left of it.
///
/// In the row y the edge is at X = x₀ + (256 y + 128 − y₀) Δx/Δy, so x = ⌈(X − 128)/256⌉, a fraction of denominator
/// 256 Δy kept as quotient and remainder.
struct Edge {
    x: i64,
    remainder: i64,
    step: i64,
    step_remainder: i64,
    denominator: i64,
}

impl Edge {
    fn new(from: Snapped, to: Snapped, row: i64) -> Self {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let denominator = SUB * dy;
        let numerator = (from[0] - SUB / 2) * dy + (SUB * row + SUB / 2 - from[1]) * dx + denominator - 1;
        Self {
            x: numerator.div_euclid(denominator),
            remainder: numerator.rem_euclid(denominator),
            step: dx.div_euclid(dy),
            step_remainder: SUB * dx.rem_euclid(dy),
            denominator,
        }
    }

    fn step(&mut self) {
        self.x += self.step;
        self.remainder += self.step_remainder;
        if self.remainder >= self.denominator {
            self.remainder -= self.denominator;
            self.x += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLIP: PixelRect = PixelRect { x0: 0, y0: 0, x1: 24, y1: 20 };

    fn cover(counts: &mut [u8], triangle: [Snapped; 3]) {
        spans(triangle, CLIP, |y, x0, x1| (x0..x1).for_each(|x| counts[(y * CLIP.x1 + x) as usize] += 1));
    }

    fn inside(triangle: [Snapped; 3], x: i64, y: i64) -> bool {
        let p = [SUB * x + SUB / 2, SUB * y + SUB / 2];
        let [a, b, c] = triangle;
        let signs = [doubled_area([a, b, p]), doubled_area([b, c, p]), doubled_area([c, a, p])];
        signs.iter().all(|s| *s > 0) || signs.iter().all(|s| *s < 0)
    }

    fn vertex() -> impl Strategy<Value = Snapped> {
        // Half of the vertices on pixel centres, where the rule for edges decides.
        let coordinate = || prop_oneof![-2000_i64..8000, (-4_i64..30).prop_map(|k| SUB * k + SUB / 2)];
        [coordinate(), coordinate()]
    }

    proptest! {
        #[test]
        fn every_pixel_strictly_inside_is_covered_and_none_outside(t in [vertex(), vertex(), vertex()]) {
            let mut counts = [0_u8; 24 * 20];
            cover(&mut counts, t);
            let [a, b, c] = t;
            for y in 0..20 {
                for x in 0..24 {
                    let count = counts[(y * 24 + x) as usize];
                    let p = [SUB * x + SUB / 2, SUB * y + SUB / 2];
                    let on_edge = [[a, b, p], [b, c, p], [c, a, p]].iter().any(|t| doubled_area(*t) == 0);
                    prop_assert!(on_edge || count == u8::from(inside(t, x, y)), "({x}, {y}): {count}");
                    prop_assert!(count <= 1);
                }
            }
        }

        #[test]
        fn a_fan_of_triangles_covers_each_pixel_once(center in [1000_i64..4000, 1000_i64..4000]) {
            let corners = [[-300, -300], [3072, -300], [6500, -300], [6500, 5500], [-300, 5500]];
            let mut counts = [0_u8; 24 * 20];
            for k in 0..corners.len() {
                cover(&mut counts, [center, corners[k], corners[(k + 1) % corners.len()]]);
            }
            prop_assert!(counts.iter().all(|c| *c == 1));
        }
    }

    #[test]
    fn a_plane_passes_through_its_vertices() {
        let triangle = [[128, 128], [128 + 256 * 10, 128 + 256 * 2], [128 + 256 * 3, 128 + 256 * 9]];
        let plane = Interpolator::new(triangle).unwrap().planes([[1.0], [5.0], [-2.0]]);
        for ((x, y), value) in [((0, 0), 1.0), ((10, 2), 5.0), ((3, 9), -2.0)] {
            assert!((plane.at(x, y)[0] - value).abs() < 1e-5);
        }
        assert!(Interpolator::new([[0, 0], [256, 256], [512, 512]]).is_none());
    }

    #[test]
    fn points_that_are_nowhere_do_not_snap() {
        assert_eq!(snap(f32::NAN, 0.0), None);
        assert_eq!(snap(1.5, -0.25), Some([384, -64]));
        let far = [snap(-1e30, -1e30).unwrap(), snap(1e30, -1e30).unwrap(), snap(0.0, 1e30).unwrap()];
        let mut counts = [0_u8; 24 * 20];
        cover(&mut counts, far);
        assert!(counts.iter().all(|c| *c == 1));
    }
}
