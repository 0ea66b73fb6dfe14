//! The standard normal distribution.

use std::f64::consts::SQRT_2;

use statrs::function::erf::{erfc, erfc_inv};

/// The quantile function Φ⁻¹(p) = −√2 erfc⁻¹(2p) of N(0, 1): −∞ at 0, ∞ at 1, NaN outside [0, 1].
pub fn normal_quantile(p: f64) -> f64 {
    // Adding 0 makes the median 0 instead of −0.
    if (0.0..=1.0).contains(&p) { -SQRT_2 * erfc_inv(2.0 * p) + 0.0 } else { f64::NAN }
}

/// The distribution function Φ(z) = ½ erfc(−z/√2) of N(0, 1).
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against Wichura's algorithm AS 241, accurate to 10⁻¹⁶.
    #[test]
    fn quantiles_agree_with_published_values() {
        for (p, z) in [
            (0.001, -3.090_232_306_167_813),
            (0.02, -2.053_748_910_631_822),
            (0.3, -0.524_400_512_708_040_7),
            (0.77, 0.738_846_849_185_213_9),
            (0.975, 1.959_963_984_540_054),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-14, "{p}: {} instead of {z}", normal_quantile(p));
            // The series of erfc ends at a relative 10⁻¹⁰.
            assert!((normal_cdf(z) - p).abs() < 1e-10 * p, "{z}: {} instead of {p}", normal_cdf(z));
        }
        assert!(normal_quantile(0.5) == 0.0 && normal_quantile(0.5).is_sign_positive());
        assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(1.1).is_nan());
    }
}
