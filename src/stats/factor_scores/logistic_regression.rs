//! Multinomial logistic regression.

use nalgebra::{DMatrix, DVector};

use super::categories::{Categories, largest};
use crate::linalg::Matrix;

/// Newton steps.
const STEPS: usize = 100;

/// Halvings of a Newton step.
const HALVINGS: usize = 40;

/// A classifier with probabilities proportional to exp(wₖᵀx + bₖ); of two classes the second one has the logistic function of
/// wᵀx + b.
///
/// It minimises −Σᵢ log p(classᵢ | xᵢ) + ½ Σₖ ‖wₖ‖², `LogisticRegression()` of scikit-learn (C = 1, b without penalty), by Newton's
/// method. The objective is convex; where all bₖ may shift together, their mean stays 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LogisticRegression {
    /// Classes that occurred.
    occurring: Categories,
    /// One column (wₖ, bₖ) per class, one in all for two.
    pub(super) weights: DMatrix<f64>,
}

impl LogisticRegression {
    /// Learns the classes of the columns of `x`. Classes that do not occur are never predicted.
    pub(super) fn fit(x: &Matrix<f64>, classes: &[usize]) -> Self {
        let occurring = Categories::of(classes.iter().map(|c| *c as f64));
        let places = occurring.classes(classes.iter().map(|c| *c as f64));
        let outputs = if occurring.count() == 2 { 1 } else { occurring.count() };
        let inputs = DMatrix::from_fn(x.rows() + 1, x.columns(), |r, c| if r < x.rows() { x[(r, c)] } else { 1.0 });
        let mut weights = DMatrix::zeros(x.rows() + 1, outputs);
        if occurring.count() < 2 {
            return Self { occurring, weights };
        }
        let mut value = loss(&weights, &inputs, &places);
        for _ in 0..STEPS {
            let (gradient, hessian) = slopes(&weights, &inputs, &places);
            // The Hessian is positive definite but for rounding.
            let Some(factored) = hessian.cholesky() else { break };
            let step = factored.solve(&gradient);
            let slope = gradient.dot(&step);
            let step = DMatrix::from_column_slice(weights.nrows(), outputs, step.as_slice());
            let mut share = 1.0;
            let lower = (0..HALVINGS).find_map(|_| {
                let trial = &weights - share * &step;
                let there = loss(&trial, &inputs, &places);
                let enough = there <= value - 1e-4 * share * slope;
                share *= 0.5;
                enough.then_some((trial, there))
            });
            let Some((trial, there)) = lower else { break };
            (weights, value) = (trial, there);
            // Half the squared Newton decrement estimates what is left to gain.
            if slope <= 1e-18 * (1.0 + value.abs()) {
                break;
            }
        }
        Self { occurring, weights }
    }

    /// The class of a point.
    pub(super) fn class(&self, x: &[f64]) -> usize {
        let input = DVector::from_iterator(x.len() + 1, x.iter().copied().chain([1.0]));
        let scores = self.weights.tr_mul(&input);
        let place = match scores.as_slice() {
            [score] if self.occurring.count() == 2 => usize::from(*score > 0.0),
            scores => largest(scores.iter().copied()),
        };
        self.occurring.value(place) as usize
    }
}

/// Probabilities of the outputs (outputs × N) and −Σ log p of the classes.
fn probabilities(weights: &DMatrix<f64>, inputs: &DMatrix<f64>, places: &[usize]) -> (DMatrix<f64>, f64) {
    let mut p = weights.tr_mul(inputs);
    let mut surprise = 0.0;
    for (mut column, class) in p.column_iter_mut().zip(places) {
        // Of two classes the first one has score 0.
        let single = column.nrows() == 1;
        let most = column.max().max(if single { 0.0 } else { f64::NEG_INFINITY });
        let own = if single { *class as f64 * column[0] } else { column[*class] };
        column.apply(|score| *score = (*score - most).exp());
        let total = column.sum() + if single { (-most).exp() } else { 0.0 };
        surprise += most + total.ln() - own;
        column /= total;
    }
    (p, surprise)
}

/// The objective.
fn loss(weights: &DMatrix<f64>, inputs: &DMatrix<f64>, places: &[usize]) -> f64 {
    let penalised = weights.rows(0, weights.nrows() - 1);
    probabilities(weights, inputs, places).1 + 0.5 * penalised.norm_squared()
}

/// Gradient and Hessian by all weights, output after output.
fn slopes(weights: &DMatrix<f64>, inputs: &DMatrix<f64>, places: &[usize]) -> (DVector<f64>, DMatrix<f64>) {
    let (width, outputs) = weights.shape();
    let (p, _) = probabilities(weights, inputs, places);
    let single = outputs == 1;
    let mut gradient = DMatrix::zeros(width, outputs);
    let mut hessian = DMatrix::zeros(width * outputs, width * outputs);
    for k in 0..outputs {
        let is = |class: usize| if single { class == 1 } else { class == k };
        let residuals = DVector::from_fn(places.len(), |i, _| p[(k, i)] - f64::from(u8::from(is(places[i]))));
        gradient.set_column(k, &(inputs * residuals));
        for l in 0..=k {
            let mut scaled = inputs.clone();
            for (i, mut column) in scaled.column_iter_mut().enumerate() {
                column *= p[(k, i)] * (f64::from(u8::from(k == l)) - p[(l, i)]);
            }
            let block = scaled * inputs.transpose();
            hessian.view_mut((k * width, l * width), (width, width)).copy_from(&block);
            hessian.view_mut((l * width, k * width), (width, width)).copy_from(&block.transpose());
        }
        for r in 0..width - 1 {
            gradient[(r, k)] += weights[(r, k)];
            hessian[(k * width + r, k * width + r)] += 1.0;
        }
    }
    if !single {
        // All bₖ together cost nothing; a curvature in that direction, where the gradient is 0, makes the step unique.
        for k in 0..outputs {
            for l in 0..outputs {
                hessian[((k + 1) * width - 1, (l + 1) * width - 1)] += 1.0;
            }
        }
    }
    (DVector::from_column_slice(gradient.as_slice()), hessian)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without inputs the probabilities are the shares, whatever their number.
    #[test]
    fn intercepts_are_the_logarithms_of_the_shares() {
        let (x, classes) = (Matrix::zeros(1, 8), [0, 0, 0, 0, 0, 4, 4, 2]);
        let model = LogisticRegression::fit(&x, &classes);
        let b = model.weights.row(1);
        assert!(
            (b[0] - b[1] - 5_f64.ln()).abs() < 1e-9 && (b[2] - b[1] - 2_f64.ln()).abs() < 1e-9 && b.sum().abs() < 1e-9
        );
        assert_eq!(model.class(&[3.0]), 0);
        let two = LogisticRegression::fit(&x, &[1, 1, 1, 1, 1, 1, 3, 3]);
        assert!((two.weights[1] + 3_f64.ln()).abs() < 1e-9 && two.class(&[0.0]) == 1);
    }

    /// The gradient is 0 at the minimum, and the Hessian is its derivative.
    #[test]
    fn the_minimum_is_found() {
        let x = Matrix::from_fn(2, 30, |i, c| ((c * (7 + 4 * i)) % 30) as f64 / 10.0 - 1.5);
        let inputs = DMatrix::from_fn(3, 30, |r, c| if r < 2 { x[(r, c)] } else { 1.0 });
        for count in [2, 3] {
            let classes: Vec<usize> = (0..30).map(|c| (c * c + usize::from(x[(0, c)] > 0.0)) % count).collect();
            let model = LogisticRegression::fit(&x, &classes);
            let (gradient, hessian) = slopes(&model.weights, &inputs, &classes);
            assert!(gradient.amax() < 1e-8, "{gradient}");
            let mut moved = model.weights.clone();
            moved[(1, 0)] += 1e-5;
            let change = (slopes(&moved, &inputs, &classes).0 - gradient) / 1e-5;
            assert!((change - hessian.column(1)).amax() < 1e-4);
        }
    }
}
