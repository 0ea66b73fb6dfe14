//! The grid in the latent plane through z\*, in prior standard deviations.

/// Latent views and seams reach this far.
pub(crate) const RANGE: f64 = 3.5;

/// Points along each side of the surface.
pub(crate) const SURFACE_POINTS: usize = 61;

/// The surface reaches this far.
pub(crate) const SURFACE_RANGE: f64 = 2.5;

/// Equidistant values on [−range, range].
pub(crate) fn grid_values(range: f64, points: usize) -> impl Iterator<Item = f64> + Clone {
    (0..points).map(move |k| range * (2.0 * k as f64 / (points - 1) as f64 - 1.0))
}

/// The latent coordinates of point `k` of the surface; the first shown latent runs fastest.
pub(crate) fn surface_place(k: usize) -> [f64; 2] {
    [k % SURFACE_POINTS, k / SURFACE_POINTS]
        .map(|i| SURFACE_RANGE * (2.0 * i as f64 / (SURFACE_POINTS - 1) as f64 - 1.0))
}

/// The lines of a latent grid, half a standard deviation apart, as indices of surface points.
pub(crate) fn grid_lines() -> impl Iterator<Item = Box<dyn Iterator<Item = usize>>> {
    const EVERY: usize = 6;
    let lines = (0..SURFACE_POINTS).step_by(EVERY);
    lines.flat_map(|k| {
        let along: Box<dyn Iterator<Item = usize>> = Box::new((0..SURFACE_POINTS).map(move |j| k * SURFACE_POINTS + j));
        let across: Box<dyn Iterator<Item = usize>> =
            Box::new((0..SURFACE_POINTS).map(move |j| j * SURFACE_POINTS + k));
        [along, across]
    })
}
