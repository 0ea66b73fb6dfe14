//! Condition C2: the speed ‖Jᵢ‖ of the data along latent i depends on zᵢ alone. Of the jets of data space or of the Fisher metric.

use super::gram::dot;
use super::jet::Jets;
use crate::linalg::Real;

/// Relative change of the speed along latent `i` with latent `j` at latent vector `k`: ∂ⱼ log ‖Jᵢ‖ = Jᵢ·H_ij / ‖Jᵢ‖². Needs
/// second derivatives, which a ReLU decoder does not have.
pub fn coupling<T: Real>(jets: &Jets<T>, k: usize, i: usize, j: usize) -> f64 {
    let column = jets.column(k, i);
    dot(column, jets.hessian(k, i, j)) / dot(column, column)
}

/// Residual of C2 at latent vector `k`, Σ_{i≠j} (∂ⱼ log ‖Jᵢ‖)² over the chosen latents. Given orthogonal columns it is 0
/// exactly when C2 holds. Needs second derivatives.
pub fn c2_residual<T: Real>(jets: &Jets<T>, k: usize, latents: &[usize]) -> f64 {
    let pairs = latents.iter().flat_map(|i| latents.iter().filter(move |j| *j != i).map(move |j| (*i, *j)));
    pairs.map(|(i, j)| coupling(jets, k, i, j).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::jet::Order;
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind, Vae};

    #[test]
    fn residual_is_the_squared_derivative_of_log_lengths() {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![8],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let vae = Vae::<f64>::new(3, architecture, Covariance::Diagonal, &mut stream(2, Purpose::Init, 0));
        let z = [0.4, -0.9];
        let at = |z: [f64; 2], order| Jets::of(&vae, &Matrix::from_columns(2, 1, z.to_vec()), order);
        let log_length = |z, i| at(z, Order::First).jacobian(0).column(i).norm().ln();
        let h = 1e-5;
        let slope = |i: usize, j: usize| {
            let (mut low, mut high) = (z, z);
            low[j] -= h;
            high[j] += h;
            (log_length(high, i) - log_length(low, i)) / (2.0 * h)
        };
        let expected = slope(0, 1).powi(2) + slope(1, 0).powi(2);
        let residual = c2_residual(&at(z, Order::Second), 0, &[0, 1]);
        assert!((residual - expected).abs() < 1e-8 * expected.max(1.0), "{residual} {expected}");
        assert_eq!(c2_residual(&at(z, Order::Second), 0, &[1]), 0.0);
    }
}
