//! Floating-point numbers of a model, `f32` and `f64`, with their vector operations and elementary functions.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use pulp::Simd;

use super::elementary::{exp, softplus, softplus_with_slope, tanh, tanh_f64};

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
    /// ln(1 + eˣ) and its slope 1/(1 + e⁻ˣ), from one exponential.
    fn softplus_with_slope(self) -> (Self, Self);
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
        exp(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        tanh(self)
    }
    #[inline(always)]
    fn softplus(self) -> Self {
        softplus(self)
    }
    #[inline(always)]
    fn softplus_with_slope(self) -> (Self, Self) {
        softplus_with_slope(self)
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
        tanh_f64(self)
    }
    fn softplus(self) -> Self {
        self.max(0.0) + (-self.abs()).exp().ln_1p()
    }
    fn softplus_with_slope(self) -> (Self, Self) {
        let u = (-self.abs()).exp();
        (if self < 0.0 { 0.0 } else { self } + u.ln_1p(), if self < 0.0 { u } else { 1.0 } / (1.0 + u))
    }
}

#[inline(always)]
fn transpose_one_by_one<T: Copy>(rows: &[[T; BLOCK]; BLOCK]) -> [[T; BLOCK]; BLOCK] {
    std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]))
}
