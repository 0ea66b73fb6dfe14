//! What a core can multiply and add.

use std::hint::black_box;

use pulp::{Arch, Simd, WithSimd};

use super::Stopwatch;

/// Independent sums: enough to keep every unit busy while one waits for its last result.
const SUMS: usize = 16;

/// Rounds of one measurement, some milliseconds.
const ROUNDS: usize = 400_000;

/// Billions of single-precision multiplications and additions a second, with all numbers in registers: the best of some measurements.
pub(crate) fn gflops() -> f64 {
    (0..5).map(|_| Arch::new().dispatch(Peak)).fold(0.0, f64::max)
}

struct Peak;

impl WithSimd for Peak {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (a, b) = (simd.splat_f32s(black_box(0.999)), simd.splat_f32s(black_box(0.001)));
        let mut sums = [simd.splat_f32s(black_box(1.0)); SUMS];
        let watch = Stopwatch::start();
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, a, b);
            }
        }
        let seconds = watch.elapsed().cpu;
        black_box(sums);
        (2 * S::F32_LANES * SUMS * ROUNDS) as f64 / seconds / 1e9
    }
}
