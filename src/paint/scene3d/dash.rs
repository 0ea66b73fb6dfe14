//! Dash patterns, measured along the screen.

use super::vec3::{Vec3, lerp};
use crate::paint::visible_part;

/// Calls `piece` for the dashes of a segment that may be visible, and returns the length travelled at its end.
///
/// `travelled` is the length of the line before the segment; `pattern` holds lengths of dash, gap, dash, gap …. Every
/// dash is shortened by `cap` at both ends, since round caps lengthen it again, but not below zero. Lengths and the
/// `size` of the viewport are in samples.
pub(crate) fn dash(
    [a, b]: [Vec3; 2],
    travelled: f32,
    pattern: &[f32],
    cap: f32,
    size: [f32; 2],
    mut piece: impl FnMut(Vec3, Vec3),
) -> f32 {
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    let end = travelled + length;
    let Some((from, to)) = visible([a, b], size, cap + 1.0) else { return end };
    let period: f32 = pattern.iter().sum();
    if !(period > 0.0 && pattern.iter().all(|d| *d >= 0.0)) {
        piece(a, b);
        return end;
    }
    // An odd pattern swaps dashes and gaps in every other period.
    let doubled = [pattern, if pattern.len() % 2 == 1 { pattern } else { &[] }];
    let period = if pattern.len() % 2 == 1 { 2.0 * period } else { period };
    let (first, last) = (travelled + from * length, travelled + to * length);
    let mut start = (first / period).floor() * period;
    // Rounding of huge lengths could stop the walk.
    while start <= last && start + period > start {
        let mut at = start;
        for (k, extent) in doubled.iter().copied().flatten().enumerate() {
            if k % 2 == 0 {
                let middle = at + 0.5 * extent;
                let half = (0.5 * extent - cap).max(0.0);
                let (low, high) = ((middle - half).max(travelled), (middle + half).min(end));
                if low <= high && length > 0.0 {
                    let at = |s: f32| lerp(a, b, (s - travelled) / length);
                    piece(at(low), at(high));
                }
            }
            at += extent;
        }
        start += period;
    }
    end
}

/// The part of a segment within `margin` of the viewport, as fractions of its length.
fn visible(ends: [Vec3; 2], size: [f32; 2], margin: f32) -> Option<(f32, f32)> {
    let ends = ends.map(|[x, y, _]| [f64::from(x), f64::from(y)]);
    let corners = [[-margin; 2], size.map(|side| side + margin)].map(|corner| corner.map(f64::from));
    visible_part(ends, corners).map(|[from, to]| (from as f32, to as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(points: &[Vec3], pattern: &[f32], cap: f32) -> Vec<[f32; 2]> {
        let mut pieces = Vec::new();
        let mut travelled = 0.0;
        for pair in points.windows(2) {
            travelled =
                dash([pair[0], pair[1]], travelled, pattern, cap, [1000.0, 100.0], |a, b| pieces.push([a[0], b[0]]));
        }
        pieces
    }

    fn line(xs: &[f32]) -> Vec<Vec3> {
        xs.iter().map(|x| [*x, 10.0, 0.0]).collect()
    }

    #[test]
    fn dashes_go_on_over_corners() {
        assert_eq!(pieces(&line(&[0.0, 8.0, 20.0]), &[6.0, 4.0], 0.0), [[0.0, 6.0], [10.0, 16.0], [20.0, 20.0]]);
        assert_eq!(pieces(&line(&[0.0, 3.0, 12.0]), &[6.0, 4.0], 0.0), [[0.0, 3.0], [3.0, 6.0], [10.0, 12.0]]);
    }

    #[test]
    fn caps_are_part_of_a_dash() {
        assert_eq!(pieces(&line(&[0.0, 12.0]), &[6.0, 4.0], 1.0), [[1.0, 5.0], [11.0, 12.0]]);
        assert_eq!(pieces(&line(&[0.0, 9.0]), &[2.0, 4.0], 5.0), [[1.0, 1.0], [7.0, 7.0]]);
    }

    #[test]
    fn odd_patterns_alternate_and_empty_ones_are_solid() {
        assert_eq!(pieces(&line(&[0.0, 12.0]), &[4.0], 0.0), [[0.0, 4.0], [8.0, 12.0]]);
        assert_eq!(pieces(&line(&[0.0, 12.0]), &[], 0.0), [[0.0, 12.0]]);
        assert_eq!(pieces(&line(&[0.0, 12.0]), &[0.0, 0.0], 0.0), [[0.0, 12.0]]);
        assert_eq!(pieces(&line(&[0.0, 12.0]), &[-1.0, 3.0], 0.0), [[0.0, 12.0]]);
    }

    #[test]
    fn only_dashes_in_sight_are_made_and_they_stay_where_they_were() {
        let far = pieces(&line(&[-1e6, 1e6]), &[60.0, 40.0], 0.0);
        assert!(far.len() <= 12, "{}", far.len());
        let near = pieces(&line(&[-1000.0, 2000.0]), &[60.0, 40.0], 0.0);
        assert!(near.iter().all(|[a, b]| a.rem_euclid(100.0) < 1e-3 && (b - a - 60.0).abs() < 1e-3));
        assert_eq!(pieces(&[[0.0, -50.0, 0.0], [900.0, -50.0, 0.0]], &[6.0, 4.0], 1.0), [[0.0; 2]; 0]);
    }
}
