//! What of data space belongs to symbols in formulas.

use eframe::egui::Pos2;

use crate::viz::symbol::Symbol;

/// The symbols of the arrows at d(z*): columns of J, which are sᵢ uᵢ where they are orthogonal.
pub(super) const ARROWS: [Symbol; 3] = [Symbol::J, Symbol::U, Symbol::S];

/// The distance of the pointer from an arrow, in points.
pub(super) fn distance_to_arrow(foot: Pos2, tip: Pos2, pointer: Pos2) -> f32 {
    let along = tip - foot;
    let share = ((pointer - foot).dot(along) / along.length_sq().max(1e-6)).clamp(0.0, 1.0);
    (foot + share * along).distance(pointer)
}

#[cfg(test)]
mod tests {
    use eframe::egui::pos2;

    use super::*;

    #[test]
    fn an_arrow_is_near_along_its_length() {
        let distance = |x, y| distance_to_arrow(pos2(0.0, 0.0), pos2(10.0, 0.0), pos2(x, y));
        assert_eq!([distance(5.0, 3.0), distance(13.0, 4.0), distance(-3.0, 4.0)], [3.0, 5.0, 5.0]);
        assert_eq!(distance_to_arrow(pos2(1.0, 1.0), pos2(1.0, 1.0), pos2(1.0, 3.0)), 2.0);
    }
}
