//! Activation functions. Slope and curvature are functions of the output, so a layer stores only its output.

use pulp::{Arch, Simd};
use serde::{Deserialize, Serialize};

use crate::linalg::Real;

/// The activation function of a hidden layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// tanh a.
    #[default]
    Tanh,
    /// max(a, 0). Its curvature is zero almost everywhere, so second derivatives are meaningless.
    Relu,
    /// ln(1 + eᵃ).
    Softplus,
    /// a.
    Linear,
}

impl Activation {
    /// All activations, in menu order.
    pub const ALL: [Self; 4] = [Self::Tanh, Self::Relu, Self::Softplus, Self::Linear];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::Softplus => "softplus",
            Self::Linear => "linear",
        }
    }

    /// True if second derivatives exist everywhere.
    pub fn is_smooth(self) -> bool {
        self != Self::Relu
    }

    /// σ′(a), where `output` = σ(a).
    #[inline(always)]
    pub fn slope<T: Real>(self, output: T) -> T {
        match self {
            Self::Tanh => (-output).mul_add(output, T::ONE),
            Self::Relu => {
                if output > T::ZERO {
                    T::ONE
                } else {
                    T::ZERO
                }
            }
            Self::Softplus => T::ONE - (-output).exp(),
            Self::Linear => T::ONE,
        }
    }

    /// σ″(a), where `output` = σ(a); for `Relu` its value away from the kink.
    #[inline(always)]
    pub fn curvature<T: Real>(self, output: T) -> T {
        match self {
            Self::Tanh => -(output + output) * self.slope(output),
            Self::Softplus => (-output).exp() * self.slope(output),
            Self::Relu | Self::Linear => T::ZERO,
        }
    }
}

/// Replaces each column a of a batch by σ(a + bias).
#[pulp::with_simd(activate = Arch::new())]
#[inline(always)]
pub(super) fn activate_with<S: Simd, T: Real>(_simd: S, activation: Activation, a: &mut [T], bias: &[T]) {
    for column in a.chunks_exact_mut(bias.len()) {
        let pairs = column.iter_mut().zip(bias);
        match activation {
            Activation::Tanh => pairs.for_each(|(a, c)| *a = (*a + *c).tanh()),
            Activation::Relu => pairs.for_each(|(a, c)| *a = relu(*a + *c)),
            Activation::Softplus => pairs.for_each(|(a, c)| *a = (*a + *c).softplus()),
            Activation::Linear => pairs.for_each(|(a, c)| *a += *c),
        }
    }
}

/// Multiplies `delta` elementwise by σ′(a), where `output` = σ(a).
#[pulp::with_simd(multiply_by_slope = Arch::new())]
#[inline(always)]
pub(super) fn multiply_by_slope_with<S: Simd, T: Real>(
    _simd: S,
    activation: Activation,
    delta: &mut [T],
    output: &[T],
) {
    let pairs = delta.iter_mut().zip(output);
    match activation {
        Activation::Tanh => pairs.for_each(|(d, h)| *d = *d * (-*h).mul_add(*h, T::ONE)),
        Activation::Relu => pairs.for_each(|(d, h)| *d = if *h > T::ZERO { *d } else { T::ZERO }),
        Activation::Softplus => pairs.for_each(|(d, h)| *d = *d * (T::ONE - (-*h).exp())),
        Activation::Linear => {}
    }
}

/// max(a, 0); NaN for NaN.
#[inline(always)]
fn relu<T: Real>(a: T) -> T {
    if a < T::ZERO { T::ZERO } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(activation: Activation, a: f64) -> f64 {
        let mut a = [a - 1.0];
        activate(activation, &mut a, &[1.0]);
        a[0]
    }

    #[test]
    fn slopes_and_curvatures_are_the_derivatives() {
        let h = 1e-4;
        for activation in Activation::ALL {
            for a in [-3.0, -0.7, 0.3, 1.9] {
                let [low, mid, high] = [a - h, a, a + h].map(|a| value(activation, a));
                // Central differences err by h²/6 and h²/12 times a higher derivative, which is below 2 here; the
                // second difference also divides rounding errors of 10⁻¹⁶ by h².
                assert!((activation.slope(mid) - (high - low) / (2.0 * h)).abs() < h * h);
                assert!((activation.curvature(mid) - (high - 2.0 * mid + low) / (h * h)).abs() < 1e-6);
                let mut delta = [3.0];
                multiply_by_slope(activation, &mut delta, &[mid]);
                assert!((delta[0] - 3.0 * activation.slope(mid)).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn nans_pass_through() {
        for activation in Activation::ALL {
            assert!(value(activation, f64::NAN).is_nan(), "{activation:?} hides a NaN");
        }
    }
}
