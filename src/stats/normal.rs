//! The standard normal distribution.

/// The z below which a standard normal variable lies with probability `p`. −∞ at 0, ∞ at 1, NaN outside [0, 1]. The
/// relative error is below 2·10⁻⁹ (Acklam's rational approximation, 2003).
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416, 1.0];
    /// Where the tails begin.
    const TAIL: f64 = 0.02425;
    let polynomial = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    if p < TAIL {
        let q = (-2.0 * p.ln()).sqrt();
        if q.is_infinite() { f64::NEG_INFINITY } else { polynomial(&C, q) / polynomial(&D, q) }
    } else if p > 1.0 - TAIL {
        -normal_quantile(1.0 - p)
    } else {
        let q = p - 0.5;
        q * polynomial(&A, q * q) / polynomial(&B, q * q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(Z < z) by Simpson's rule on [0, z].
    fn probability(z: f64) -> f64 {
        let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        let (count, step) = (2000, z / 2000.0);
        let weight = |k: i32| {
            if k == 0 || k == count {
                1.0
            } else if k % 2 == 1 {
                4.0
            } else {
                2.0
            }
        };
        0.5 + (0..=count).map(|k| weight(k) * density(f64::from(k) * step)).sum::<f64>() * step / 3.0
    }

    #[test]
    fn quantiles_undo_the_integral_of_the_density() {
        for p in [0.001, 0.02, 0.024, 0.025, 0.1, 0.3, 0.5, 0.77, 0.975, 0.98, 0.999] {
            let z = normal_quantile(p);
            // dp = φ(z) dz.
            assert!((probability(z) - p).abs() < 1e-8, "{p}: {z} {}", probability(z));
        }
        assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(1.1).is_nan());
    }
}
