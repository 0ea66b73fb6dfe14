//! A linear support vector machine on one number.

use nalgebra::{Matrix2, Vector2};

use super::categories::largest;

/// C of the published score.
const C: f64 = 0.01;

/// Newton steps; a piecewise quadratic function takes a few.
const STEPS: usize = 100;

/// Halvings of a Newton step.
const HALVINGS: usize = 40;

/// One line u = (w, b) per class, or one in all for two classes; the class with the largest w x + b wins.
///
/// Each minimises the squared hinge loss of its class against the rest,
/// ½ (w² + b²) + C Σᵢ cᵢ max(0, 1 − yᵢ (w xᵢ + b))², yᵢ = ±1, where b is penalised like w. That is `LinearSVC(C=.01,
/// class_weight="balanced")` of scikit-learn. Its solver LIBLINEAR (Fan et al. 2008) gives the members of a class the weight
/// cᵢ = N / (classes · members); of more than two classes it weighs the rest with 1. The objective is strictly convex, so the
/// solution is unique: found here by Newton's method (Keerthi & DeCoste 2005).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LinearSvm {
    pub(super) lines: Vec<[f64; 2]>,
}

impl LinearSvm {
    /// Learns the classes 0 … `count` − 1 of the numbers `x`. Every class must occur.
    pub(super) fn fit(x: &[f64], classes: &[usize], count: usize) -> Self {
        let members = |class| classes.iter().filter(|c| **c == class).count() as f64;
        let balanced = |class| x.len() as f64 / (count as f64 * members(class));
        let line = |class: usize, rest: f64| {
            let own = C * balanced(class);
            let signs: Vec<(f64, f64)> =
                classes.iter().map(|c| if *c == class { (1.0, own) } else { (-1.0, C * rest) }).collect();
            separating_line(x, &signs)
        };
        let lines = if count == 2 { vec![line(1, balanced(0))] } else { (0..count).map(|k| line(k, 1.0)).collect() };
        Self { lines }
    }

    /// The class of a number.
    pub(super) fn class(&self, x: f64) -> usize {
        let height = |[w, b]: &[f64; 2]| w * x + b;
        match self.lines.as_slice() {
            [line] => usize::from(height(line) > 0.0),
            lines => largest(lines.iter().map(height)),
        }
    }
}

/// The minimum of ½ ‖u‖² + Σᵢ cᵢ max(0, 1 − yᵢ uᵀaᵢ)² with aᵢ = (xᵢ, 1), from pairs (yᵢ, cᵢ).
fn separating_line(x: &[f64], signs: &[(f64, f64)]) -> [f64; 2] {
    // Value, gradient and Hessian.
    let at = |u: &Vector2<f64>| {
        let mut loss = (0.5 * u.norm_squared(), *u, Matrix2::identity());
        for (x, (y, c)) in x.iter().zip(signs) {
            let a = Vector2::new(*x, 1.0);
            let slack = 1.0 - y * u.dot(&a);
            if slack > 0.0 {
                loss.0 += c * slack * slack;
                loss.1 -= 2.0 * c * slack * *y * a;
                loss.2 += 2.0 * c * a * a.transpose();
            }
        }
        loss
    };
    let mut u = Vector2::zeros();
    let (mut value, mut gradient, mut hessian) = at(&u);
    let tolerance = 1e-12 * gradient.norm();
    for _ in 0..STEPS {
        let Some(inverse) = hessian.try_inverse() else { break };
        let step = inverse * gradient;
        let slope = gradient.dot(&step);
        let mut share = 1.0;
        let lower = (0..HALVINGS).find_map(|_| {
            let trial = u - share * step;
            let there = at(&trial);
            let enough = there.0 <= value - 1e-4 * share * slope;
            share *= 0.5;
            enough.then_some((trial, there))
        });
        // No step goes down: the minimum up to rounding.
        let Some((trial, there)) = lower else { break };
        u = trial;
        (value, gradient, hessian) = there;
        if gradient.norm() <= tolerance {
            break;
        }
    }
    [u.x, u.y]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two points ±a with both slacks open: w = 2C·2a c/(1 + 2C·2a² c) with c = 1, and b = 0.
    #[test]
    fn two_points_have_a_closed_form() {
        let a = 3.0;
        let svm = LinearSvm::fit(&[-a, a], &[0, 1], 2);
        let w = 4.0 * C * a / (1.0 + 4.0 * C * a * a);
        let [line] = svm.lines[..] else { panic!("two classes need one line") };
        assert!((line[0] - w).abs() < 1e-12 && line[1].abs() < 1e-12, "{line:?} {w}");
        assert_eq!([-0.1, 0.1].map(|x| svm.class(x)), [0, 1]);
    }

    /// At the minimum the gradient vanishes; near it every other line is worse.
    #[test]
    fn no_other_line_is_better() {
        let x: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 60) / 10.0 - 2.0).collect();
        let classes: Vec<usize> = x.iter().map(|x| usize::from(*x > -0.5) + usize::from(*x > 2.0)).collect();
        let svm = LinearSvm::fit(&x, &classes, 3);
        let own = |class: usize| 60.0 / (3.0 * classes.iter().filter(|c| **c == class).count() as f64);
        let loss = |class: usize, [w, b]: [f64; 2]| {
            let hinge = |(x, c): (&f64, &usize)| {
                let (y, weight) = if *c == class { (1.0, own(class)) } else { (-1.0, 1.0) };
                C * weight * (1.0 - y * (w * x + b)).max(0.0).powi(2)
            };
            0.5 * (w * w + b * b) + x.iter().zip(&classes).map(hinge).sum::<f64>()
        };
        for (class, [w, b]) in svm.lines.iter().enumerate() {
            for (dw, db) in [(1e-4, 0.0), (-1e-4, 0.0), (0.0, 1e-4), (0.0, -1e-4), (1e-4, 1e-4)] {
                assert!(loss(class, [w + dw, b + db]) > loss(class, [*w, *b]), "{class}: {dw} {db}");
            }
        }
    }
}
