//! Shapes: the factors and value ranges of dSprites (Matthey et al. 2017), drawn here. A binary picture of 64×64 pixels shows a
//! square, an ellipse or a heart in 6 sizes, 40 orientations and 32×32 places: 737,280 pictures.

use std::f64::consts::TAU;

use crate::rng::{Purpose, stream};

/// Pixels of a side.
pub const SHAPES_SIZE: usize = 64;

/// Number of all pictures.
pub const SHAPES_COUNT: usize = 3 * 6 * 40 * 32 * 32;

/// Names of the factors.
pub const SHAPES_FACTORS: [&str; 5] = ["shape", "scale", "orientation", "x", "y"];

/// One of the pictures, by the index of the value of each factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapePicture {
    /// Indices of shape, scale, orientation, x, y.
    pub classes: [usize; 5],
}

impl ShapePicture {
    /// The number of values of each factor: shape, scale, orientation, x, y.
    pub const VALUES: [usize; 5] = [3, 6, 40, 32, 32];

    /// Picture `index` in the order of dSprites: y runs fastest, shape slowest.
    ///
    /// # Panics
    /// If there are no more than `index` pictures.
    pub fn new(mut index: usize) -> Self {
        assert!(index < SHAPES_COUNT, "there are {SHAPES_COUNT} pictures");
        let mut classes = [0; 5];
        for (class, count) in classes.iter_mut().zip(Self::VALUES).rev() {
            (*class, index) = (index % count, index / count);
        }
        Self { classes }
    }

    /// So many pictures without repetition, drawn by the seed, in the order of dSprites.
    ///
    /// # Panics
    /// If there are fewer pictures.
    pub fn sample(count: usize, seed: u64) -> Vec<Self> {
        let mut rng = stream(seed, Purpose::Data, 0);
        let mut chosen = rand::seq::index::sample(&mut rng, SHAPES_COUNT, count).into_vec();
        chosen.sort_unstable();
        chosen.into_iter().map(Self::new).collect()
    }

    /// Values of the factors: shape 1 to 3, scale 0.5 to 1, orientation 0 to 2π (both included), x and y 0 to 1.
    pub fn values(&self) -> [f64; 5] {
        let [shape, scale, orientation, x, y] = self.classes.map(|class| class as f64);
        [1.0 + shape, 0.5 + 0.1 * scale, orientation * TAU / 39.0, x / 31.0, y / 31.0]
    }

    /// Draws the picture, row by row: 1 inside the shape, 0 outside. A pixel is inside if its centre is.
    ///
    /// # Panics
    /// If `pixels` has not 64×64 elements.
    pub fn draw<T: Copy + From<u8>>(&self, pixels: &mut [T]) {
        assert_eq!(pixels.len(), SHAPES_SIZE * SHAPES_SIZE);
        pixels.fill(T::from(0));
        let [_, scale, orientation, x, y] = self.values();
        let (sin, cos) = orientation.sin_cos();
        // The centre moves pixel by pixel, and no shape reaches the border.
        let centre = [x, y].map(|place| 16.5 + 31.0 * place);
        let near = |c: f64| (c - REACH) as usize..=(c + REACH) as usize;
        for row in near(centre[1]) {
            for column in near(centre[0]) {
                let [dx, dy] = [column as f64 + 0.5 - centre[0], row as f64 + 0.5 - centre[1]];
                let own = [cos * dx + sin * dy, cos * dy - sin * dx].map(|d| d / (REACH * scale));
                if inside(self.classes[0], own) {
                    pixels[row * SHAPES_SIZE + column] = T::from(1);
                }
            }
        }
    }
}

/// No point of a shape is farther from its centre, in pixels.
const REACH: f64 = 15.0;

/// True if a point belongs to a shape that lies in the unit circle; v points down.
fn inside(shape: usize, [u, v]: [f64; 2]) -> bool {
    match shape {
        0 => u.abs().max(v.abs()) <= 0.7,
        1 => u * u + (v / 0.55).powi(2) <= 1.0,
        _ => {
            // (x² + y² − 1)³ ≤ x²y³ (y up), which reaches 1.24 from the centre of the unit circle.
            let [x, y] = [1.25 * u, -1.25 * v];
            let r = x * x + y * y - 1.0;
            r * r * r <= x * x * y * y * y
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(picture: ShapePicture) -> Vec<u8> {
        let mut pixels = vec![7; SHAPES_SIZE * SHAPES_SIZE];
        picture.draw(&mut pixels);
        pixels
    }

    /// Area, and centre of mass of the pixels.
    fn moments(pixels: &[u8]) -> (f64, [f64; 2]) {
        let area = pixels.iter().map(|p| f64::from(*p)).sum::<f64>();
        let mean = |coordinate: fn(usize) -> usize| {
            pixels.iter().enumerate().map(|(k, p)| f64::from(*p) * (coordinate(k) as f64 + 0.5)).sum::<f64>() / area
        };
        (area, [mean(|k| k % SHAPES_SIZE), mean(|k| k / SHAPES_SIZE)])
    }

    #[test]
    fn every_index_is_another_picture_in_the_order_of_dsprites() {
        assert_eq!(ShapePicture::new(0).classes, [0; 5]);
        assert_eq!(ShapePicture::new(1).classes, [0, 0, 0, 0, 1]);
        assert_eq!(ShapePicture::new(32 * 32).classes, [0, 0, 1, 0, 0]);
        assert_eq!(ShapePicture::new(SHAPES_COUNT - 1).classes, [2, 5, 39, 31, 31]);
        let last = ShapePicture::new(SHAPES_COUNT - 1).values();
        assert!(last.iter().zip([3.0, 1.0, TAU, 1.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn shapes_are_binary_and_never_touch_the_border() {
        for shape in 0..3 {
            for orientation in 0..40 {
                for place in [0, 31] {
                    let pixels = drawn(ShapePicture { classes: [shape, 5, orientation, place, 31 - place] });
                    assert!(pixels.iter().all(|p| *p <= 1));
                    let border = (0..SHAPES_SIZE).flat_map(|k| [k, 63 * 64 + k, 64 * k, 64 * k + 63]);
                    assert!(border.into_iter().all(|k| pixels[k] == 0));
                }
            }
        }
    }

    #[test]
    fn areas_and_places_follow_the_factors() {
        // Areas: (1.4)², 0.55 π and that of the heart, 3.661972/1.25² (Mathworld's curve, by quadrature), times (15 scale)²; a
        // pixel more or less along an outline of some 90 pixels errs by about its square root.
        for (shape, area) in [(0, 1.96), (1, 0.55 * std::f64::consts::PI), (2, 3.661_972 / 1.5625)] {
            for (class, scale) in [(0, 0.5), (5, 1.0)] {
                let at = |x, y| moments(&drawn(ShapePicture { classes: [shape, class, 7, x, y] }));
                let expected = area * (REACH * scale * 1.0_f64).powi(2);
                let (found, here) = at(10, 20);
                assert!((found - expected).abs() < 12.0, "{shape}: {found} for {expected}");
                // A step of x or y moves every pixel by exactly one.
                let (same, there) = at(13, 19);
                assert!((same - found).abs() < 0.5);
                assert!((there[0] - here[0] - 3.0).abs() < 1e-9 && (there[1] - here[1] + 1.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn orientation_turns_the_shape() {
        let picture = |orientation| drawn(ShapePicture { classes: [1, 5, orientation, 15, 15] });
        // A turn of 2π is none: the first and the last orientation are one, as in dSprites.
        assert_eq!(picture(0), picture(39));
        let width = |pixels: &[u8]| {
            let columns = |c: usize| (0..SHAPES_SIZE).any(|r| pixels[r * SHAPES_SIZE + c] == 1);
            (0..SHAPES_SIZE).filter(|c| columns(*c)).count()
        };
        assert!(width(&picture(0)) >= 29 && width(&picture(10)) <= 18);
    }
}
