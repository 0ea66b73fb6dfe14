//! Scores that compare the latent that tells most about a factor with the second one.

use nalgebra::DMatrix;

use super::undefined_score::UndefinedScore;

/// The mean over factors of the gap between the best two latents.
#[derive(Clone, Debug, PartialEq)]
pub struct GapScore {
    /// Mean of the gaps.
    pub score: f64,
    /// K: (A₍₁₎ₖ − A₍₂₎ₖ) / Mₖ, the gap between the largest two entries of a column over the largest possible one.
    pub per_factor: Vec<f64>,
    /// m × K: Aᵢₖ, what latent i tells about factor k.
    pub attributions: DMatrix<f64>,
}

impl GapScore {
    /// From what each latent tells about each factor, and the most that there is to tell about each.
    pub(super) fn new(attributions: DMatrix<f64>, most: &[f64]) -> Result<Self, UndefinedScore> {
        if attributions.nrows() < 2 {
            return Err(UndefinedScore::OneLatent);
        }
        let gap = |(k, most): (usize, &f64)| {
            let [mut first, mut second] = [f64::NEG_INFINITY; 2];
            for a in &attributions.column(k) {
                second = second.max(a.min(first));
                first = first.max(*a);
            }
            (first - second) / most
        };
        let per_factor: Vec<f64> = most.iter().enumerate().map(gap).collect();
        Ok(Self { score: per_factor.iter().sum::<f64>() / per_factor.len() as f64, per_factor, attributions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_is_between_the_best_two() {
        let attributions = DMatrix::from_row_slice(3, 2, &[0.2, 1.0, 0.9, 0.0, 0.5, 1.0]);
        let found = GapScore::new(attributions, &[1.0, 2.0]).unwrap();
        assert!((found.per_factor[0] - 0.4).abs() < 1e-15 && found.per_factor[1] == 0.0);
        assert!((found.score - 0.2).abs() < 1e-15);
        assert_eq!(GapScore::new(DMatrix::zeros(1, 2), &[1.0, 1.0]), Err(UndefinedScore::OneLatent));
    }
}
