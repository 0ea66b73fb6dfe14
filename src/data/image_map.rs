//! Pictures with soft edges as functions of their factors, with exact derivatives. Pixels are row by row, the first row on
//! top; positions are in units of the picture's side, (0, 0) is the upper left corner.

use nalgebra::DMatrix;

/// A pixel and its derivatives by M factors.
type Pixel<const M: usize> = (f64, [f64; M]);

/// A Gaussian blob exp(−½ |(p − c)/w|²) with c = ½ + a·z, each product and quotient by coordinates. Far from the borders
/// `JᵀJ` = diag(`a_x`² (π/2) `w_y`/`w_x`, `a_y`² (π/2) `w_x`/`w_y`)·size², the same everywhere, since sums over pixels are integrals
/// up to errors of order exp(−(2π w size)²/2).
pub(super) fn blob(size: usize, range: [f64; 2], width: [f64; 2], z: [f64; 2]) -> (Vec<f64>, DMatrix<f64>) {
    let centre = [0, 1].map(|k| 0.5 + range[k] * z[k]);
    render(size, |p| {
        let t = [0, 1].map(|k| (p[k] - centre[k]) / width[k]);
        let value = (-0.5 * (t[0] * t[0] + t[1] * t[1])).exp();
        (value, [0, 1].map(|k| value * t[k] * range[k] / width[k]))
    })
}

/// A disc of radius r = `radius` + a₃ z₃ and brightness v = ½ + a₄ z₄ at c = ½ + (a₁ z₁, a₂ z₂), a the `range`. Its edge is a logistic
/// function of the distance: v / (1 + exp((|p − c| − r)/soft)), soft half a pixel.
pub(super) fn disc(size: usize, radius: f64, range: [f64; 4], z: [f64; 4]) -> (Vec<f64>, DMatrix<f64>) {
    let centre = [0, 1].map(|k| 0.5 + range[k] * z[k]);
    let (r, v) = (radius + range[2] * z[2], 0.5 + range[3] * z[3]);
    let soft = 0.5 / size as f64;
    render(size, |p| {
        let d = [0, 1].map(|k| p[k] - centre[k]);
        let distance = d[0].hypot(d[1]);
        let inside = 1.0 / (1.0 + ((distance - r) / soft).exp());
        // ∂/∂r; by the centre it is this times the unit vector from the centre, which has no meaning and no weight in it.
        let rim = v * inside * (1.0 - inside) / soft;
        let away = d.map(|d| if distance > 0.0 { d / distance } else { 0.0 });
        let by_centre = [0, 1].map(|k| rim * away[k] * range[k]);
        (v * inside, [by_centre[0], by_centre[1], rim * range[2], inside * range[3]])
    })
}

/// The picture whose pixels are a function of their centres.
fn render<const M: usize>(size: usize, pixel: impl Fn([f64; 2]) -> Pixel<M>) -> (Vec<f64>, DMatrix<f64>) {
    let place = |k: usize| (k as f64 + 0.5) / size as f64;
    let (values, rows): (Vec<f64>, Vec<[f64; M]>) =
        (0..size * size).map(|k| pixel([place(k % size), place(k / size)])).unzip();
    (values, DMatrix::from_fn(size * size, M, |r, c| rows[r][c]))
}
