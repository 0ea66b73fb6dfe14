//! Ellipses as polylines.

/// The outline of an ellipse given by its centre and the columns of a 2×2 factor L: centre + r L (cos t, sin t).
pub(crate) fn ellipse(centre: [f64; 2], factor: [[f64; 2]; 2], r: f64) -> impl Iterator<Item = [f64; 2]> {
    (0..=64).map(move |k| {
        let (sin, cos) = (std::f64::consts::TAU * f64::from(k) / 64.0).sin_cos();
        [0, 1].map(|i| centre[i] + r * (factor[0][i] * cos + factor[1][i] * sin))
    })
}
