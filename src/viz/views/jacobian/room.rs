//! Parts of the view that fit whole where nothing is scrolled: in figures and presented.

use eframe::egui::Vec2;

use super::circles;

/// The parts beneath the title and the pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct JacobianParts {
    /// The side of the circles, and whether the numbers stand beside them.
    pub(super) circles: Option<(f32, bool)>,
    pub(super) lengths: bool,
    pub(super) matrices: bool,
}

/// The numbers: of how many latents, and whether the row of c_IMA and β gap is among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct JacobianNumbers {
    pub(super) latents: usize,
    pub(super) has_prices: bool,
    /// A line says why one of them is undefined.
    pub(super) has_reason: bool,
}

/// Heights in points: a row of lengths and the space beneath all of them; the title of a matrix and a row of it; a row of angles or
/// prices; the axis beneath the circles.
const LENGTH: f32 = 18.0;
const LENGTHS_END: f32 = 6.0;
const TITLE: f32 = 20.0;
const CELL: f32 = 19.0;
const ROW: f32 = 20.0;
const AXIS: f32 = 16.0;

/// The width of the numbers with the axes of the circles, in points.
const NUMBERS: f32 = 340.0;

/// The most latents whose matrices stand beside each other.
pub(super) const BESIDE: usize = 3;

impl JacobianNumbers {
    fn lengths(self) -> f32 {
        LENGTH * self.latents as f32 + LENGTHS_END
    }

    fn matrices(self) -> f32 {
        let matrix = TITLE + CELL * self.latents as f32;
        let rows = 1.0 + f32::from(u8::from(self.has_prices)) + f32::from(u8::from(self.has_reason));
        if self.latents <= BESIDE { matrix + rows * ROW } else { 2.0 * matrix + rows * ROW }
    }
}

impl JacobianParts {
    /// All parts that every number of latents has.
    pub(super) const ALL: Self = Self { circles: None, lengths: true, matrices: true };

    /// With `scrolls` all of it, otherwise what fits whole: circles before lengths, and matrices before both.
    pub(super) fn within(room: Vec2, has_circles: bool, numbers: JacobianNumbers, scrolls: bool) -> Self {
        let (lengths, matrices) = (numbers.lengths(), numbers.matrices());
        let half = 0.5 * room.x - 6.0;
        let is_wide = has_circles && room.x > 1.5 * room.y && room.x > NUMBERS + 2.0 * circles::SMALLEST;
        let beside = (0.5 * (room.x - NUMBERS)).min(room.y / 0.9 - AXIS);
        let height = |needed: f32| room.y - needed - AXIS;
        // Where both have room, the larger circles.
        let is_larger = scrolls || beside >= half.min(height(lengths + matrices));
        if is_wide && is_larger && (scrolls || beside >= circles::SMALLEST && matrices <= room.y) {
            let has_lengths = scrolls || lengths + matrices <= room.y;
            return Self { circles: Some((beside, true)), lengths: has_lengths, matrices: true };
        }
        if scrolls {
            let circles = has_circles.then_some((half.min(0.5 * room.y), false));
            return Self { circles, lengths: true, matrices: true };
        }
        let fits = |needed: f32| has_circles && height(needed) >= circles::SMALLEST && half >= circles::SMALLEST;
        let above = |needed: f32| Some((half.min(height(needed)), false));
        if fits(lengths + matrices) {
            Self { circles: above(lengths + matrices), lengths: true, matrices: true }
        } else if fits(matrices) {
            Self { circles: above(matrices), lengths: false, matrices: true }
        } else {
            Self { circles: None, lengths: lengths + matrices <= room.y, matrices: matrices <= room.y }
        }
    }

    /// True if it has all parts that the other has.
    pub(super) fn has_as_much(self, other: Self) -> bool {
        let parts = |of: Self| (of.circles.is_some(), of.lengths, of.matrices);
        parts(self) == parts(other)
    }

    /// True unless something was left out.
    pub(super) fn is_whole(self, has_circles: bool) -> bool {
        self.lengths && self.matrices && self.circles.is_some() == has_circles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::vec2;

    #[test]
    fn what_is_shown_fits_whole() {
        let numbers = JacobianNumbers { latents: 2, has_prices: true, has_reason: false };
        let within = |x: f32, y: f32| JacobianParts::within(vec2(x, y), true, numbers, false);
        assert_eq!(within(460.0, 250.0), JacobianParts { circles: Some((94.0, false)), lengths: true, matrices: true });
        assert_eq!(within(460.0, 235.0).circles, Some((121.0, false)), "without lengths the circles have their room");
        assert_eq!(within(460.0, 150.0), JacobianParts { circles: None, lengths: true, matrices: true });
        assert_eq!(within(460.0, 60.0), JacobianParts { circles: None, lengths: false, matrices: false });
        assert!(matches!(within(900.0, 300.0).circles, Some((_, true))));
        let all = JacobianParts::within(vec2(300.0, 60.0), true, numbers, true);
        assert!(all.is_whole(true) && !within(460.0, 150.0).is_whole(true), "what is scrolled is whole");
        let many = JacobianNumbers { latents: 8, has_prices: true, has_reason: false };
        assert!(JacobianParts::within(vec2(640.0, 560.0), false, many, false).is_whole(false));
    }
}
