//! Polylines through many points, reduced to the points that can be seen.

use std::sync::Arc;

use eframe::egui::{Painter, Pos2, Rect, Shape, Stroke, Vec2};

use crate::experiment::Row;
use crate::paint::visible_part;

/// Draws a polyline as far as it is in sight. Of a line that leaves the picture far behind, only the rest is cut into dashes.
pub(crate) fn polyline(painter: &Painter, path: &[Pos2], stroke: Stroke, dashes: &[f32]) {
    let (on, off): (Vec<f32>, Vec<f32>) = dashes.as_chunks::<2>().0.iter().map(|[on, off]| (*on, *off)).unzip();
    let period: f32 = dashes.iter().sum();
    for run in runs_in_sight(path, painter.clip_rect().expand(stroke.width + 2.0), f64::from(period)) {
        if on.is_empty() || period <= 0.0 {
            painter.add(Shape::line(run, stroke));
        } else {
            painter.extend(Shape::dashed_line_with_offset(&run, stroke, &on, &off, 0.0));
        }
    }
}

/// The parts of a path inside a rectangle. Each begins up to a `period` of the dashes before its edge, where a dash begins.
fn runs_in_sight(path: &[Pos2], sight: Rect, period: f64) -> Vec<Vec<Pos2>> {
    let mut runs: Vec<Vec<Pos2>> = Vec::new();
    let (mut travelled, mut goes_on) = (0.0, false);
    let corners = [sight.min, sight.max].map(|corner| [f64::from(corner.x), f64::from(corner.y)]);
    for [a, b] in path.array_windows() {
        let ends = [a, b].map(|p| [f64::from(p.x), f64::from(p.y)]);
        let [[ax, ay], [bx, by]] = ends;
        let length = (bx - ax).hypot(by - ay);
        let at = |share: f64| Pos2::new((ax + share * (bx - ax)) as f32, (ay + share * (by - ay)) as f32);
        let part = if length.is_finite() { visible_part(ends, corners) } else { None };
        if let Some([from, to]) = part {
            if !goes_on || from > 0.0 {
                let place: f64 = travelled + from * length;
                let dash = if period > 0.0 { (place / period).floor() * period } else { place };
                let begin = if length > 0.0 { ((dash - travelled) / length).clamp(0.0, from) } else { 0.0 };
                runs.push(vec![at(begin)]);
            }
            if let Some(run) = runs.last_mut() {
                run.push(at(to));
            }
        }
        goes_on = part.is_some_and(|[_, to]| to >= 1.0);
        travelled += if length.is_finite() { length } else { 0.0 };
    }
    runs
}

/// Of a curve over increasing x the lowest and the highest point in every column two points wide, in their order, and both
/// ends: what a noisy curve with more points than that looks like anyway (after Jugel et al. 2014).
pub(crate) fn thinned(path: &[Pos2]) -> Vec<Pos2> {
    const WIDTH: f32 = 2.0;
    let mut thin: Vec<Pos2> = path.first().copied().into_iter().collect();
    for column in path.chunk_by(|a, b| (a.x / WIDTH).floor() == (b.x / WIDTH).floor()) {
        let places = 0..column.len();
        let low = places.clone().min_by(|a, b| column[*a].y.total_cmp(&column[*b].y)).unwrap_or(0);
        let high = places.max_by(|a, b| column[*a].y.total_cmp(&column[*b].y)).unwrap_or(0);
        thin.extend([column[low.min(high)], column[low.max(high)]]);
    }
    thin.extend(path.last());
    thin.dedup();
    thin
}

/// Fewer points of a polyline that passes all of them nearer than can be seen. Every corner costs as much again when it
/// is drawn, and even more in a dashed line.
///
/// A piece ends before the first point whose direction from its beginning is outside the wedge of those that pass near all
/// points so far (Williams 1978), or that turns back.
pub(crate) fn simplified(path: &[Pos2]) -> Vec<Pos2> {
    const NEAR: f32 = 0.05;
    let mut kept: Vec<Pos2> = path.first().copied().into_iter().collect();
    let cross = |a: Vec2, b: Vec2| a.x * b.y - a.y * b.x;
    // The borders of the wedge, and the square of how far the last point is away.
    let mut wedge: Option<(Vec2, Vec2, f32)> = None;
    for [before, point] in path.array_windows() {
        let mut v = *point - kept[kept.len() - 1];
        let goes_on =
            |(low, high, far): (Vec2, Vec2, f32)| cross(low, v) >= 0.0 && cross(v, high) >= 0.0 && v.length_sq() >= far;
        if !wedge.is_none_or(goes_on) {
            kept.push(*before);
            (v, wedge) = (*point - *before, None);
        }
        let far = v.length_sq();
        if far > NEAR * NEAR {
            // A vector times `rot90` of itself is negative.
            let aside = NEAR / far.sqrt() * v.rot90();
            let (low, high) = (v + aside, v - aside);
            wedge = Some(match wedge {
                Some((old_low, old_high, _)) => (
                    if cross(low, old_low) > 0.0 { old_low } else { low },
                    if cross(old_high, high) > 0.0 { old_high } else { high },
                    far,
                ),
                None => (low, high, far),
            });
        }
    }
    kept.extend(path.get(1..).and_then(<[Pos2]>::last));
    kept
}

/// At most one row per point of width, the last one always among them.
pub(crate) fn seldom(rows: &[Arc<Row>], width: f32) -> impl Iterator<Item = &Row> {
    let every = rows.len().div_ceil(width.max(50.0) as usize).max(1);
    let last = rows.len().saturating_sub(1);
    rows.iter().enumerate().filter(move |(i, _)| i % every == 0 || *i == last).map(|(_, row)| &**row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_sight_is_drawn_and_dashes_stay_where_they_were() {
        let sight = Rect::from_min_max(Pos2::ZERO, Pos2::new(100.0, 50.0));
        let path = [[-1e9, 10.0], [1e9, 10.0], [1e9, f32::NAN], [50.0, 20.0], [50.0, 1e30]].map(Pos2::from);
        let runs = runs_in_sight(&path, sight, 10.0);
        assert_eq!(runs.len(), 2);
        assert!(runs[0][0].x > -11.0 && runs[0][0].x <= 0.0 && runs[0][1].x <= 101.0, "{runs:?}");
        assert_eq!(runs[1], [[50.0, 20.0], [50.0, 50.0]].map(Pos2::from));
        let corner = [[10.0, 10.0], [20.0, 10.0], [20.0, 20.0]].map(Pos2::from);
        assert_eq!(runs_in_sight(&corner, sight, 10.0), [corner.to_vec()]);
        let (near, far) = ([[-7.0, 5.0], [80.0, 5.0]].map(Pos2::from), [[-1007.0, 5.0], [80.0, 5.0]].map(Pos2::from));
        let first = |path: &[Pos2]| runs_in_sight(path, sight, 10.0)[0][0].x;
        assert_eq!((first(&near), first(&far)), (-7.0, -7.0), "a period begins there in both");
    }

    #[test]
    fn a_thinned_curve_keeps_its_ends_and_its_extremes() {
        let noise = |k: usize| (0.618 * k as f32).fract() + if k == 777 { 5.0 } else { 0.0 };
        let path: Vec<Pos2> = (0..2000).map(|k| Pos2::new(0.1 * k as f32, noise(k))).collect();
        let thin = thinned(&path);
        assert!(thin.len() <= 2 * 101 + 2, "{}", thin.len());
        assert_eq!((thin[0], thin[thin.len() - 1]), (path[0], path[1999]));
        assert!(thin.contains(&path[777]) && thin.iter().all(|p| path.contains(p)));
        assert!(thin.is_sorted_by(|a, b| a.x < b.x));
        assert_eq!(thinned(&path[..3]), path[..3]);
    }

    #[test]
    fn a_simplified_curve_passes_all_its_points_with_fewer_corners() {
        let circle: Vec<Pos2> =
            (0..=500).map(|k| (80.0 * Vec2::angled(std::f32::consts::TAU * k as f32 / 500.0)).to_pos2()).collect();
        let there_and_back = [0.0, 1.0, 2.0, 5.0, 3.0, 1.0].map(|x| Pos2::new(x, 0.5 * x));
        let corner = [[0.0, 0.0], [4.0, 0.0], [8.0, 0.0], [8.0, 4.0], [8.0, 8.0]].map(Pos2::from);
        // An arc is as high as `NEAR` above a chord of √(8 · 80 · 0.05) = 5.7, which is five of the 500.
        for (path, corners) in [(&circle[..], 101), (&there_and_back, 3), (&corner, 3), (&corner[..1], 1), (&[], 0)] {
            let few = simplified(path);
            assert!(few.len() <= corners, "{} corners", few.len());
            assert_eq!((few.first(), few.last()), (path.first(), path.last()));
            let distance = |p: Pos2, ends: &[Pos2]| {
                let along = ends[1] - ends[0];
                let share = ((p - ends[0]).dot(along) / along.length_sq()).clamp(0.0, 1.0);
                p.distance(ends[0] + share * along)
            };
            for p in path.iter().filter(|_| few.len() > 1) {
                let nearest = few.windows(2).map(|ends| distance(*p, ends)).fold(f32::INFINITY, f32::min);
                assert!(nearest < 0.06, "{p:?} is {nearest} away");
            }
        }
        assert_eq!(simplified(&there_and_back)[1], there_and_back[3], "where it turns back");
    }
}
