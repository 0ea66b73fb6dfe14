//! Gradient boosting of small regression trees.

use super::categories::largest;
use super::regression_tree::{RegressionTree, SortedCodes};

/// Stages.
const STAGES: usize = 100;

/// Share of a tree that is added.
const RATE: f64 = 0.1;

/// A sum of trees F(z) that predicts a number, or one F per class (one in all for two classes) whose softmax (logistic function)
/// are the probabilities.
///
/// Gradient boosting (Friedman 2001) with the defaults of scikit-learn's `GradientBoostingRegressor` and
/// `GradientBoostingClassifier`: 100 stages of trees of depth three, rate .1, all observations and latents at every split, so it
/// is deterministic. Trees are fitted to the negative gradients of ½ (w − F)² or −log p(class), their leaves are Newton steps, of
/// K > 2 classes times (K − 1)/K; F starts at the mean or at the logarithms of the shares.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BoostedTrees {
    starts: Vec<f64>,
    /// By stage and class.
    trees: Vec<Vec<RegressionTree>>,
    /// Factor of a tree's value.
    rate: f64,
    /// m: the share of each latent in the fall of N · variance over all splits; zeros without a split.
    pub(super) importances: Vec<f64>,
}

impl BoostedTrees {
    /// Learns to predict numbers.
    pub(super) fn of_numbers(codes: &SortedCodes, numbers: &[f64]) -> Self {
        let ones = vec![1.0; numbers.len()];
        let start = numbers.iter().sum::<f64>() / numbers.len() as f64;
        Self::boost(codes, vec![start], RATE, |f| {
            vec![(numbers.iter().zip(&f[0]).map(|(w, f)| w - f).collect(), ones.clone())]
        })
    }

    /// Learns to predict the classes 0 … `count` − 1, each of which must occur.
    pub(super) fn of_classes(codes: &SortedCodes, classes: &[usize], count: usize) -> Self {
        let share = |k: usize| classes.iter().filter(|c| **c == k).count() as f64 / classes.len() as f64;
        if count == 2 {
            let start = (share(1) / share(0)).ln();
            return Self::boost(codes, vec![start], RATE, |f| {
                let p = f[0].iter().map(|f| 1.0 / (1.0 + (-f).exp()));
                vec![classes.iter().zip(p).map(|(c, p)| (f64::from(u8::from(*c == 1)) - p, p * (1.0 - p))).unzip()]
            });
        }
        let starts = (0..count).map(|k| share(k).ln()).collect();
        let rate = RATE * (count as f64 - 1.0) / count as f64;
        Self::boost(codes, starts, rate, |f| {
            let mut slopes = vec![(Vec::new(), Vec::new()); count];
            for (sample, class) in classes.iter().enumerate() {
                let most = f.iter().map(|f| f[sample]).fold(f64::NEG_INFINITY, f64::max);
                let total: f64 = f.iter().map(|f| (f[sample] - most).exp()).sum();
                for (k, (slope, curvature)) in slopes.iter_mut().enumerate() {
                    let p = (f[k][sample] - most).exp() / total;
                    slope.push(f64::from(u8::from(*class == k)) - p);
                    curvature.push(p * (1.0 - p));
                }
            }
            slopes
        })
    }

    /// Adds stages: `slopes` gives from F (by class and observation) minus the slopes and the curvatures of the loss.
    fn boost(
        codes: &SortedCodes,
        starts: Vec<f64>,
        rate: f64,
        slopes: impl Fn(&[Vec<f64>]) -> Vec<(Vec<f64>, Vec<f64>)>,
    ) -> Self {
        let mut f: Vec<Vec<f64>> = starts.iter().map(|start| vec![*start; codes.len()]).collect();
        let mut importances = vec![0.0; codes.latent_count()];
        let stage = |_| {
            let of_class = |(f, (slope, curvature)): (&mut Vec<f64>, (Vec<f64>, Vec<f64>))| {
                let fitted = RegressionTree::fit(codes, &slope, &curvature);
                f.iter_mut().zip(&fitted.values).for_each(|(f, value)| *f += rate * value);
                importances.iter_mut().zip(&fitted.gains).for_each(|(sum, gain)| *sum += gain);
                fitted.tree
            };
            let slopes = slopes(&f);
            f.iter_mut().zip(slopes).map(of_class).collect()
        };
        let trees = (0..STAGES).map(stage).collect();
        let total: f64 = importances.iter().sum();
        if total > 0.0 {
            importances.iter_mut().for_each(|i| *i /= total);
        }
        Self { starts, trees, rate, importances }
    }

    /// F of a code.
    fn sums(&self, code: &[f64]) -> Vec<f64> {
        let mut sums = self.starts.clone();
        for stage in &self.trees {
            sums.iter_mut().zip(stage).for_each(|(sum, tree)| *sum += self.rate * tree.value(code));
        }
        sums
    }

    /// The number predicted for a code.
    pub(super) fn number(&self, code: &[f64]) -> f64 {
        self.sums(code)[0]
    }

    /// The class predicted for a code.
    pub(super) fn class(&self, code: &[f64]) -> usize {
        match self.sums(code).as_slice() {
            [f] => usize::from(*f > 0.0),
            f => largest(f.iter().copied()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;

    fn grid() -> Matrix<f64> {
        Matrix::from_fn(2, 64, |i, c| if i == 0 { (c % 8) as f64 } else { (c / 8) as f64 })
    }

    /// Each stage of steps that a tree of depth three fits exactly leaves 1 − .1 of the rest: .9¹⁰⁰ = 2.7e-5.
    #[test]
    fn steps_are_approached_at_the_rate() {
        let codes = grid();
        let numbers: Vec<f64> = codes.iter_columns().map(|z| (z[1] / 2.0).floor()).collect();
        let model = BoostedTrees::of_numbers(&SortedCodes::new(&codes), &numbers);
        assert_eq!(model.importances, [0.0, 1.0]);
        for (z, w) in codes.iter_columns().zip(&numbers) {
            let expected = w + (1.5 - w) * 0.9_f64.powi(100);
            assert!((model.number(z) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn classes_are_learned() {
        let codes = grid();
        let sorted = SortedCodes::new(&codes);
        for count in [2, 3] {
            let classes: Vec<usize> = codes.iter_columns().map(|z| (z[0] as usize * count) / 8).collect();
            let model = BoostedTrees::of_classes(&sorted, &classes, count);
            assert!(codes.iter_columns().zip(&classes).all(|(z, class)| model.class(z) == *class));
            assert!(model.importances[0] > 0.999, "{count}: {:?}", model.importances);
        }
    }
}
