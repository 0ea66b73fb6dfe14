//! Floating-point numbers of a model, `f32` and `f64`, with their vector operations and elementary functions.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use pulp::Simd;

/// Side of the square block that is transposed in registers.
pub(super) const BLOCK: usize = 8;

/// A real number: `f32` for training, `f64` for derivatives and metrics.
///
/// Sums have one fixed order and use fused multiply-add. The elementary functions of `f32` and the tanh of `f64` are
/// polynomials of this crate. So results do not depend on the vector width.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// A vector register of these numbers.
    type Lanes<S: Simd>: Copy;
    /// `x` in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Lanes<S>;
    /// `a · b + c` in each lane, with one rounding.
    fn lanes_mul_add<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>, c: Self::Lanes<S>) -> Self::Lanes<S>;
    /// The slice as whole registers, without the rest.
    fn lanes<S: Simd>(slice: &[Self]) -> &[Self::Lanes<S>];
    /// The slice as whole registers, mutable.
    fn lanes_mut<S: Simd>(slice: &mut [Self]) -> &mut [Self::Lanes<S>];

    /// The transpose of a square block.
    #[inline(always)]
    fn transpose(rows: &[[Self; BLOCK]; BLOCK]) -> [[Self; BLOCK]; BLOCK] {
        transpose_one_by_one(rows)
    }

    /// `x` rounded to this type.
    fn from_f64(x: f64) -> Self;
    /// Exact conversion to `f64`.
    fn to_f64(self) -> f64;
    /// `self · a + b` with one rounding.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// The larger of two numbers.
    fn max(self, other: Self) -> Self;
    /// eˣ.
    fn exp(self) -> Self;
    /// tanh x.
    fn tanh(self) -> Self;
    /// ln(1 + eˣ).
    fn softplus(self) -> Self;
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    type Lanes<S: Simd> = S::f32s;
    #[inline(always)]
    fn splat<S: Simd>(simd: S, x: Self) -> S::f32s {
        simd.splat_f32s(x)
    }
    #[inline(always)]
    fn lanes_mul_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        simd.mul_add_f32s(a, b, c)
    }
    #[inline(always)]
    fn lanes<S: Simd>(slice: &[Self]) -> &[S::f32s] {
        S::as_simd_f32s(slice).0
    }
    #[inline(always)]
    fn lanes_mut<S: Simd>(slice: &mut [Self]) -> &mut [S::f32s] {
        S::as_mut_simd_f32s(slice).0
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn transpose(rows: &[[Self; BLOCK]; BLOCK]) -> [[Self; BLOCK]; BLOCK] {
        let Some(pulp::x86::V3 { avx, .. }) = pulp::x86::V3::try_new() else {
            return transpose_one_by_one(rows);
        };
        // Merge pairs of rows, then fours, within the halves of registers; exchange the halves last.
        let rows: [std::arch::x86_64::__m256; BLOCK] = pulp::cast(*rows);
        let mut pairs = rows;
        for k in [0, 2, 4, 6] {
            pairs[k] = avx._mm256_unpacklo_ps(rows[k], rows[k + 1]);
            pairs[k + 1] = avx._mm256_unpackhi_ps(rows[k], rows[k + 1]);
        }
        let mut fours = pairs;
        for k in [0, 4] {
            for i in [0, 1] {
                fours[k + 2 * i] = avx._mm256_shuffle_ps::<0x44>(pairs[k + i], pairs[k + i + 2]);
                fours[k + 2 * i + 1] = avx._mm256_shuffle_ps::<0xEE>(pairs[k + i], pairs[k + i + 2]);
            }
        }
        let mut columns = fours;
        for k in 0..4 {
            columns[k] = avx._mm256_permute2f128_ps::<0x20>(fours[k], fours[k + 4]);
            columns[k + 4] = avx._mm256_permute2f128_ps::<0x31>(fours[k], fours[k + 4]);
        }
        pulp::cast(columns)
    }
    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x as Self
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self as f64
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
    #[inline(always)]
    fn exp(self) -> Self {
        elementary::exp(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        elementary::tanh(self)
    }
    #[inline(always)]
    fn softplus(self) -> Self {
        elementary::softplus(self)
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    type Lanes<S: Simd> = S::f64s;
    #[inline(always)]
    fn splat<S: Simd>(simd: S, x: Self) -> S::f64s {
        simd.splat_f64s(x)
    }
    #[inline(always)]
    fn lanes_mul_add<S: Simd>(simd: S, a: S::f64s, b: S::f64s, c: S::f64s) -> S::f64s {
        simd.mul_add_f64s(a, b, c)
    }
    #[inline(always)]
    fn lanes<S: Simd>(slice: &[Self]) -> &[S::f64s] {
        S::as_simd_f64s(slice).0
    }
    #[inline(always)]
    fn lanes_mut<S: Simd>(slice: &mut [Self]) -> &mut [S::f64s] {
        S::as_mut_simd_f64s(slice).0
    }

    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
    fn exp(self) -> Self {
        self.exp()
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        elementary::tanh_f64(self)
    }
    fn softplus(self) -> Self {
        self.max(0.0) + (-self.abs()).exp().ln_1p()
    }
}

#[inline(always)]
fn transpose_one_by_one<T: Copy>(rows: &[[T; BLOCK]; BLOCK]) -> [[T; BLOCK]; BLOCK] {
    std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]))
}

/// Elementary functions as branch-free polynomials, which compile to vector code. Unlike the system's mathematics
/// library they give the same results on every machine.
mod elementary {
    use super::Real;

    /// The polynomial with coefficients `c`, lowest power first, by Horner's rule.
    #[inline(always)]
    fn polynomial<T: Real, const N: usize>(x: T, c: [T; N]) -> T {
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

    /// tanh |x| = u / (u + 2) with u = e^2|x| − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1) and |r| ≤ ½ ln 2, the series of eʳ − 1 to
    /// r¹⁴; clamped beyond 20, where tanh rounds to ±1. Off by at most two units in the last place, like the system's.
    #[inline(always)]
    pub(super) fn tanh_f64(x: f64) -> f64 {
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
        let y = 2.0 * x.abs();
        let y = if y > 40.0 { 40.0 } else { y };
        let rounded = y.mul_add(std::f64::consts::LOG2_E, ROUND);
        let n = rounded - ROUND;
        let r = n.mul_add(-LN2[1], n.mul_add(-LN2[0], y));
        let power = f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52);
        let u = power.mul_add((r * r).mul_add(polynomial(r, C), r), power - 1.0);
        (u / (u + 2.0)).copysign(x)
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
        let power = f32::from_bits((((n as i32) + 127) << 23) as u32);
        polynomial(r, C) * power
    }

    /// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), the logarithm by the series of 2 artanh(u / (2 + u)). Error below
    /// 5·10⁻⁷ max(1, |x|).
    #[inline(always)]
    pub(super) fn softplus(x: f32) -> f32 {
        const C: [f32; 7] = [2.0, 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0, 2.0 / 13.0];
        let u = exp(-x.abs());
        let s = u / (2.0 + u);
        let positive = if x < 0.0 { 0.0 } else { x };
        s.mul_add(polynomial(s * s, C), positive)
    }

    #[cfg(test)]
    mod tests {
        /// The largest error of `f` against `exact`, relative to `scale`.
        fn worst(range: f64, f: fn(f32) -> f32, exact: fn(f64) -> f64, scale: fn(f64) -> f64) -> f64 {
            (-400_000..=400_000)
                .map(|i| (range * i as f64 / 400_000.0) as f32)
                .map(|x| (f(x) as f64 - exact(x as f64)).abs() / scale(exact(x as f64)))
                .fold(0.0, f64::max)
        }

        #[test]
        fn elementary_functions_are_within_their_stated_error() {
            assert!(worst(12.0, super::tanh, f64::tanh, f64::abs_plus_tiny) < 5e-7);
            assert!(worst(87.0, super::exp, f64::exp, f64::abs_plus_tiny) < 3e-7);
            let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
            assert!(worst(20.0, super::softplus, softplus, |y| y.max(1.0)) < 5e-7);
        }

        #[test]
        fn tanh_in_double_precision_agrees_with_the_system() {
            let tiny = (1..=300).flat_map(|k| [1.0, 1.7, -3.3].map(|x| x * 10_f64.powi(-k)));
            let usual = (-400_000..=400_000).map(|i| 25.0 * f64::from(i) / 400_000.0);
            for x in tiny.chain(usual).chain([f64::INFINITY, f64::NEG_INFINITY, 1e300]) {
                let (found, expected) = (super::tanh_f64(x), x.tanh());
                // Two units in the last place of each.
                assert!((found - expected).abs() <= 9e-16 * expected.abs(), "tanh {x}: {found} for {expected}");
            }
            assert!(super::tanh_f64(-0.0).is_sign_negative());
        }

        #[test]
        fn nans_pass_through() {
            assert!(super::tanh_f64(f64::NAN).is_nan());
            assert!(super::tanh(f32::NAN).is_nan() && super::exp(f32::NAN).is_nan());
            assert!(super::softplus(f32::NAN).is_nan());
        }

        trait AbsPlusTiny {
            fn abs_plus_tiny(self) -> f64;
        }
        impl AbsPlusTiny for f64 {
            /// |x| without 0 / 0 at the origin.
            fn abs_plus_tiny(self) -> f64 {
                self.abs() + 1e-300
            }
        }
    }
}
