//! Clipping of segments, before they are cut into dashes.

/// The part of the segment from `a` to `b` inside the rectangle from `low` to `high`, as shares of its length (Liang & Barsky 1984).
pub fn visible_part([a, b]: [[f64; 2]; 2], [low, high]: [[f64; 2]; 2]) -> Option<[f64; 2]> {
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let (low, high, step) = (low[axis] - a[axis], high[axis] - a[axis], b[axis] - a[axis]);
        if step == 0.0 {
            if low > 0.0 || high < 0.0 {
                return None;
            }
        } else {
            let (enter, leave) = if step > 0.0 { (low / step, high / step) } else { (high / step, low / step) };
            (from, to) = (from.max(enter), to.min(leave));
        }
    }
    (from <= to).then_some([from, to])
}
