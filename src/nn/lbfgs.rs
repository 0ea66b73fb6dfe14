//! The quasi-Newton method L-BFGS (Nocedal & Wright 2006, algorithm 7.5), for objectives without noise. It is invariant under
//! rotations of the parameters, and the curvature that it gathers makes up for badly scaled problems.

use std::collections::VecDeque;

/// Steps remembered.
const MEMORY: usize = 20;

/// Decrease that a step must achieve, as a share of that along the tangent (Armijo).
const DECREASE: f64 = 1e-4;

/// Share of the slope that may be left (weak Wolfe condition).
const CURVATURE: f64 = 0.9;

/// Trials of a line search. Bisection is then at 2⁻⁴⁰ of the interval.
const TRIALS: usize = 40;

/// Point in double precision, and differences of the last steps s and of their gradients y.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lbfgs {
    point: Vec<f64>,
    pairs: VecDeque<[Vec<f64>; 2]>,
}

impl Lbfgs {
    /// Forgets all steps: the objective is another one from now on.
    pub fn reset(&mut self) {
        self.pairs.clear();
        self.point.clear();
    }

    /// A memory with this point and these pairs, oldest first.
    pub fn new(point: Vec<f64>, pairs: impl IntoIterator<Item = [Vec<f64>; 2]>) -> Self {
        Self { point, pairs: pairs.into_iter().collect() }
    }

    /// The point; empty before the first step.
    pub fn point(&self) -> &[f64] {
        &self.point
    }

    /// Differences of the last steps s and of their gradients y, oldest first.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = &[Vec<f64>; 2]> {
        self.pairs.iter()
    }

    /// True for a memory of steps of `count` parameters.
    pub fn suits(&self, count: usize) -> bool {
        (self.point.is_empty() || self.point.len() == count)
            && self.pairs.len() <= MEMORY
            && self.pairs.iter().flatten().all(|values| values.len() == count)
    }

    /// Numbers remembered.
    pub fn numbers(&self) -> usize {
        self.point.len() + self.pairs.iter().flatten().map(Vec::len).sum::<usize>()
    }

    /// One step down the loss, from `start` the first time and then from the last point, which is returned; `evaluate` gives the loss
    /// and its gradient. The point stays where no step lowers the loss.
    pub fn descend(&mut self, start: &[f64], evaluate: impl FnMut(&[f64]) -> (f64, Vec<f64>)) -> &[f64] {
        if self.point.len() != start.len() {
            self.point = start.to_vec();
        }
        let mut point = std::mem::take(&mut self.point);
        self.step(&mut point, evaluate);
        self.point = point;
        &self.point
    }

    fn step(&mut self, point: &mut Vec<f64>, mut evaluate: impl FnMut(&[f64]) -> (f64, Vec<f64>)) {
        let (loss, gradient) = evaluate(point);
        let mut direction = self.direction(&gradient);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            self.pairs.clear();
            direction = self.direction(&gradient);
            slope = dot(&direction, &gradient);
        }
        // Bisection between a step that is too short and one that is too long (Lewis & Overton 2013, algorithm 2.6).
        let (mut short, mut long, mut step) = (0.0, f64::INFINITY, 1.0);
        for _ in 0..TRIALS {
            let trial: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let (reached, there) = evaluate(&trial);
            // False for NaN.
            let lower = reached <= loss + DECREASE * step * slope;
            if !lower {
                long = step;
            } else if dot(&direction, &there) < CURVATURE * slope {
                short = step;
            } else {
                self.remember(difference(&trial, point), difference(&there, &gradient));
                *point = trial;
                return;
            }
            step = if long.is_finite() { 0.5 * (short + long) } else { 2.0 * short };
        }
    }

    /// −H g with the approximate inverse Hessian H of the pairs (two loops); the gradient scaled to length one without any.
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let Some([s, y]) = self.pairs.back() else {
            let length = dot(&q, &q).sqrt().max(f64::MIN_POSITIVE);
            q.iter_mut().for_each(|x| *x /= length);
            return q;
        };
        let scale = dot(s, y) / dot(y, y);
        let mut shares = Vec::with_capacity(self.pairs.len());
        for [s, y] in self.pairs.iter().rev() {
            let share = dot(s, &q) / dot(s, y);
            add(&mut q, -share, y);
            shares.push(share);
        }
        q.iter_mut().for_each(|x| *x *= scale);
        for ([s, y], share) in self.pairs.iter().zip(shares.iter().rev()) {
            let back = dot(y, &q) / dot(s, y);
            add(&mut q, share - back, s);
        }
        q
    }

    /// Keeps a pair of positive curvature.
    fn remember(&mut self, s: Vec<f64>, y: Vec<f64>) {
        if dot(&s, &y) > 1e-14 * dot(&y, &y).sqrt() * dot(&s, &s).sqrt() {
            if self.pairs.len() == MEMORY {
                self.pairs.pop_front();
            }
            self.pairs.push_back([s, y]);
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// a ← a + t b
fn add(a: &mut [f64], t: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += t * b);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley and its gradient.
    fn valley(x: &[f64]) -> (f64, Vec<f64>) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        (a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b])
    }

    #[test]
    fn the_end_of_a_curved_valley_is_found() {
        let (mut lbfgs, mut point) = (Lbfgs::default(), vec![-1.2, 1.0]);
        let mut last = f64::INFINITY;
        for _ in 0..60 {
            point = lbfgs.descend(&point, valley).to_vec();
            let now = valley(&point).0;
            assert!(now <= last, "no step goes up");
            last = now;
        }
        assert!((point[0] - 1.0).abs() < 1e-8 && (point[1] - 1.0).abs() < 1e-8, "{point:?}");
        // At the minimum there is no step.
        assert_eq!(Lbfgs::default().descend(&[1.0, 1.0], valley), [1.0, 1.0]);
    }

    #[test]
    fn steps_turn_with_the_parameters() {
        let (sin, cos) = 0.7_f64.sin_cos();
        let turn = |x: &[f64]| vec![cos * x[0] - sin * x[1], sin * x[0] + cos * x[1]];
        let back = |x: &[f64]| vec![cos * x[0] + sin * x[1], cos * x[1] - sin * x[0]];
        let (mut own, mut other) = (Lbfgs::default(), Lbfgs::default());
        let mut point = vec![-1.2, 1.0];
        let mut turned = turn(&point);
        // Rounding grows from step to step in a curved valley.
        for _ in 0..8 {
            point = own.descend(&point, valley).to_vec();
            let next = other.descend(&turned, |x| {
                let (loss, gradient) = valley(&back(x));
                (loss, turn(&gradient))
            });
            turned = next.to_vec();
        }
        let error = difference(&turn(&point), &turned);
        assert!(dot(&error, &error).sqrt() < 1e-9, "{error:?}");
    }
}
