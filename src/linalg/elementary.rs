//! Elementary functions as branch-free polynomials, which compile to vector code. Unlike the system's mathematics
//! library they give the same results on every machine.

/// The polynomial with coefficients `c`, lowest power first, by Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let mut sum = c[N - 1];
    for i in (0..N - 1).rev() {
        sum = sum.mul_add(x, c[i]);
    }
    sum
}

/// tanh x = x P(x²) / Q(x²), clamped beyond 8.5, where tanh rounds to ±1. Absolute and relative error below 5·10⁻⁷.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    const P: [f32; 5] = [1.0, 0.134_132_52, 0.003_534_033_4, 2.125_115_3e-5, 1.426_937_8e-8];
    const Q: [f32; 5] = [1.0, 0.467_465_76, 0.026_022_777, 0.000_334_887_55, 8.145_185_6e-7];
    // Comparisons instead of `clamp`, so that a NaN stays a NaN and training stops.
    let x = if x > 8.5 { 8.5 } else { x };
    let x = if x < -8.5 { -8.5 } else { x };
    let y = x * x;
    x * polynomial(y, P) / polynomial(y, Q)
}

/// 2ⁿ and eʳ − 1 of eʸ = 2ⁿ eʳ with |r| ≤ ½ ln 2, the series of eʳ − 1 to r¹⁴. For |y| ≤ 700.
#[inline(always)]
fn factors_of_exp(y: f64) -> [f64; 2] {
    // Adding 1.5·2⁵² leaves the nearest integer in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    // ln 2 in two parts, the first with zeros at its end.
    const LN2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    // 1/2!, 1/3!, …: (eʳ − 1 − r) / r².
    const C: [f64; 13] = {
        let mut c = [0.5; 13];
        let mut k = 1;
        while k < c.len() {
            c[k] = c[k - 1] / (k + 2) as f64;
            k += 1;
        }
        c
    };
    let rounded = y.mul_add(std::f64::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN2[1], n.mul_add(-LN2[0], y));
    let power = f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52);
    let mut series = C[C.len() - 1];
    for c in C[..C.len() - 1].iter().rev() {
        series = series.mul_add(r, *c);
    }
    [power, (r * r).mul_add(series, r)]
}

/// tanh |x| = u / (u + 2) with u = e^2|x| − 1; clamped beyond 20, where tanh rounds to ±1. Off by at most two units in the last
/// place, like the system's.
#[inline(always)]
pub(super) fn tanh_f64(x: f64) -> f64 {
    let y = 2.0 * x.abs();
    let y = if y > 40.0 { 40.0 } else { y };
    let [power, rest] = factors_of_exp(y);
    let u = power.mul_add(rest, power - 1.0);
    (u / (u + 2.0)).copysign(x)
}

/// eˣ within two units in the last place, like the system's; clamped beyond ±700.
#[inline(always)]
pub(crate) fn exp_f64(x: f64) -> f64 {
    let x = if x > 700.0 { 700.0 } else { x };
    let x = if x < -700.0 { -700.0 } else { x };
    let [power, rest] = factors_of_exp(x);
    power.mul_add(rest, power)
}

/// eˣ = 2ⁿ eʳ with |r| ≤ ½ ln 2. Relative error below 3·10⁻⁷ for |x| ≤ 87, clamped beyond.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Adding and taking away 1.5·2²³ rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, so that n·ln 2 is exact enough for every n.
    const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const C: [f32; 7] = [1.0, 1.0, 0.5, 0.166_666_67, 0.041_666_67, 0.008_333_334, 0.001_388_888_9];
    let x = if x > 87.0 { 87.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let n = x.mul_add(std::f32::consts::LOG2_E, ROUND) - ROUND;
    let r = n.mul_add(-LN2[1], n.mul_add(-LN2[0], x));
    // Wrapping, since checks of overflow in debug builds are no vector code.
    let power = f32::from_bits(((n as i32).wrapping_add(127) << 23) as u32);
    polynomial(r, C) * power
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), the logarithm by the series of 2 artanh(u / (2 + u)). Error below
/// 5·10⁻⁷ max(1, |x|).
#[inline(always)]
pub(super) fn softplus(x: f32) -> f32 {
    log_of_one_plus(exp(-x.abs()), x)
}

/// ln(1 + eˣ) and its slope 1/(1 + e⁻ˣ), of relative error below 5·10⁻⁷ for |x| ≤ 87.
#[inline(always)]
pub(super) fn softplus_with_slope(x: f32) -> (f32, f32) {
    let u = exp(-x.abs());
    let numerator = if x < 0.0 { u } else { 1.0 };
    (log_of_one_plus(u, x), numerator / (1.0 + u))
}

/// ln(1 + eˣ) from u = e^−|x|.
#[inline(always)]
fn log_of_one_plus(u: f32, x: f32) -> f32 {
    const C: [f32; 7] = [2.0, 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0, 2.0 / 13.0];
    let s = u / (2.0 + u);
    let positive = if x < 0.0 { 0.0 } else { x };
    s.mul_add(polynomial(s * s, C), positive)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest error of `f` against `exact`, relative to `scale`.
    fn worst(range: f64, f: fn(f32) -> f32, exact: fn(f64) -> f64, scale: fn(f64) -> f64) -> f64 {
        (-400_000..=400_000)
            .map(|i| (range * i as f64 / 400_000.0) as f32)
            .map(|x| (f(x) as f64 - exact(x as f64)).abs() / scale(exact(x as f64)))
            .fold(0.0, f64::max)
    }

    #[test]
    fn elementary_functions_are_within_their_stated_error() {
        // Relative errors, without 0 / 0 at the origin.
        assert!(worst(12.0, tanh, f64::tanh, |y| y.abs() + 1e-300) < 5e-7);
        assert!(worst(87.0, exp, f64::exp, |y| y.abs() + 1e-300) < 3e-7);
        let exact = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        assert!(worst(20.0, softplus, exact, |y| y.max(1.0)) < 5e-7);
        assert!(worst(87.0, |x| softplus_with_slope(x).1, |x| 1.0 / (1.0 + (-x).exp()), |y| y) < 5e-7);
        assert!([-30.0, -0.4, 0.0, 2.0, 50.0].iter().all(|x| softplus_with_slope(*x).0 == softplus(*x)));
    }

    #[test]
    fn tanh_in_double_precision_agrees_with_the_system() {
        let tiny = (1..=300).flat_map(|k| [1.0, 1.7, -3.3].map(|x| x * 10_f64.powi(-k)));
        let usual = (-400_000..=400_000).map(|i| 25.0 * f64::from(i) / 400_000.0);
        for x in tiny.chain(usual).chain([f64::INFINITY, f64::NEG_INFINITY, 1e300]) {
            let (found, expected) = (tanh_f64(x), x.tanh());
            // Two units in the last place of each.
            assert!((found - expected).abs() <= 9e-16 * expected.abs(), "tanh {x}: {found} for {expected}");
        }
        assert!(tanh_f64(-0.0).is_sign_negative());
    }

    #[test]
    fn exp_in_double_precision_agrees_with_the_system() {
        for x in (-400_000..=400_000).map(|i| 700.0 * f64::from(i) / 400_000.0).chain([0.0, 1e-300, -1e-9]) {
            let (found, expected) = (exp_f64(x), x.exp());
            assert!((found - expected).abs() <= 5e-16 * expected, "exp {x}: {found} for {expected}");
        }
        assert!(exp_f64(f64::NEG_INFINITY) < 1e-300 && exp_f64(-1e9) < 1e-300);
    }

    #[test]
    fn nans_pass_through() {
        assert!(tanh_f64(f64::NAN).is_nan() && exp_f64(f64::NAN).is_nan());
        assert!(tanh(f32::NAN).is_nan() && exp(f32::NAN).is_nan());
        assert!(softplus(f32::NAN).is_nan());
        let (value, slope) = softplus_with_slope(f32::NAN);
        assert!(value.is_nan() && slope.is_nan());
    }
}
