//! Small regression trees.

use crate::linalg::Matrix;

/// Splits from the root to a leaf, at most.
const DEPTH: usize = 3;

/// Values of a latent that are nearer to each other are not told apart.
const LEAST_STEP: f64 = 1e-7;

/// Impurity of a node that is not split.
const PURE: f64 = f64::EPSILON;

/// Gains that differ by less than this share are equal: rounding must not choose between splits.
const EQUAL_GAINS: f64 = 1e-10;

/// Codes (m × N) with the order of each latent, which many trees share.
#[derive(Clone, Debug)]
pub(super) struct SortedCodes {
    /// The values of each latent.
    rows: Vec<Vec<f64>>,
    /// Observations by ascending value of each latent.
    orders: Vec<Vec<usize>>,
}

impl SortedCodes {
    pub(super) fn new(codes: &Matrix<f64>) -> Self {
        let rows: Vec<Vec<f64>> = (0..codes.rows()).map(|i| codes.row(i).collect()).collect();
        let order = |row: &Vec<f64>| {
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|a, b| row[*a].total_cmp(&row[*b]));
            order
        };
        Self { orders: rows.iter().map(order).collect(), rows }
    }

    /// N.
    pub(super) fn len(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// m.
    pub(super) fn latent_count(&self) -> usize {
        self.rows.len()
    }
}

/// A binary tree of depth three: each node asks whether a latent is at most a threshold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RegressionTree {
    nodes: Vec<TreeNode>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum TreeNode {
    Leaf(f64),
    Branch { latent: usize, threshold: f64, below: usize, above: usize },
}

/// A tree on the observations that it was fitted to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FittedTree {
    pub(super) tree: RegressionTree,
    /// N: the value of the leaf of each observation.
    pub(super) values: Vec<f64>,
    /// m: the sum over the splits at a latent of the fall of N · variance of the targets. Latents that split a node equally well
    /// share its fall, so their order does not matter.
    pub(super) gains: Vec<f64>,
}

/// The best split of a node so far.
#[derive(Clone, Debug)]
struct BestSplit {
    /// nₗ nᵣ / n · (meanₗ − meanᵣ)², the fall of n · variance.
    gain: f64,
    threshold: f64,
    /// Latents with a split of this gain; the threshold is that of the first.
    latents: Vec<usize>,
}

/// An open node, and the observations left of the place that is looked at.
#[derive(Clone, Debug, Default)]
struct OpenNode {
    node: usize,
    count: usize,
    sum: f64,
    best: Option<BestSplit>,
    left_count: usize,
    left_sum: f64,
    last: f64,
}

impl RegressionTree {
    /// Fits the targets by least squares: every node splits where the variance falls most, of equal places at the first latent and
    /// the lowest threshold. The value of a leaf is Σ target / Σ curvature over its observations, a Newton step of a loss with
    /// these slopes and curvatures; with curvatures of 1 it is the mean.
    pub(super) fn fit(codes: &SortedCodes, targets: &[f64], curvatures: &[f64]) -> FittedTree {
        let mut nodes = vec![TreeNode::Leaf(0.0)];
        let mut node_of = vec![0; codes.len()];
        let mut gains = vec![0.0; codes.latent_count()];
        let mut open = vec![0];
        for _ in 0..DEPTH {
            let splits = best_splits(codes, targets, &node_of, &open, nodes.len());
            open.clear();
            for (node, BestSplit { gain, threshold, latents }) in splits {
                latents.iter().for_each(|latent| gains[*latent] += gain / latents.len() as f64);
                let latent = latents[0];
                let (below, above) = (nodes.len(), nodes.len() + 1);
                nodes[node] = TreeNode::Branch { latent, threshold, below, above };
                nodes.extend([TreeNode::Leaf(0.0); 2]);
                open.extend([below, above]);
            }
            for (sample, node) in node_of.iter_mut().enumerate() {
                if let TreeNode::Branch { latent, threshold, below, above } = nodes[*node] {
                    *node = if codes.rows[latent][sample] <= threshold { below } else { above };
                }
            }
        }
        let mut sums = vec![[0.0; 2]; nodes.len()];
        for (sample, node) in node_of.iter().enumerate() {
            sums[*node][0] += targets[sample];
            sums[*node][1] += curvatures[sample];
        }
        for (node, [slope, curvature]) in nodes.iter_mut().zip(sums) {
            if let TreeNode::Leaf(value) = node {
                *value = if curvature > 0.0 { slope / curvature } else { 0.0 };
            }
        }
        let values = node_of.iter().map(|node| if let TreeNode::Leaf(value) = nodes[*node] { value } else { 0.0 });
        FittedTree { values: values.collect(), gains, tree: Self { nodes } }
    }

    /// The value of the leaf of a code.
    pub(super) fn value(&self, code: &[f64]) -> f64 {
        let mut node = 0;
        loop {
            match self.nodes[node] {
                TreeNode::Leaf(value) => return value,
                TreeNode::Branch { latent, threshold, below, above } => {
                    node = if code[latent] <= threshold { below } else { above };
                }
            }
        }
    }
}

/// The best split of each open node that can be split, in the order of the nodes.
fn best_splits(
    codes: &SortedCodes,
    targets: &[f64],
    node_of: &[usize],
    open: &[usize],
    nodes: usize,
) -> Vec<(usize, BestSplit)> {
    let mut place = vec![None; nodes];
    for (at, node) in open.iter().enumerate() {
        place[*node] = Some(at);
    }
    let mut states: Vec<OpenNode> = open.iter().map(|node| OpenNode { node: *node, ..OpenNode::default() }).collect();
    let mut squares = vec![0.0; open.len()];
    for (sample, node) in node_of.iter().enumerate() {
        if let Some(at) = place[*node] {
            states[at].count += 1;
            states[at].sum += targets[sample];
        }
    }
    for (sample, node) in node_of.iter().enumerate() {
        if let Some(at) = place[*node] {
            let OpenNode { sum, count, .. } = states[at];
            squares[at] += (targets[sample] - sum / count as f64).powi(2);
        }
    }
    // Pure nodes are closed.
    for (at, state) in states.iter().enumerate() {
        if squares[at] <= PURE * state.count as f64 {
            place[state.node] = None;
        }
    }
    for (latent, (row, order)) in codes.rows.iter().zip(&codes.orders).enumerate() {
        for state in &mut states {
            (state.left_count, state.left_sum) = (0, 0.0);
        }
        for sample in order {
            let Some(at) = place[node_of[*sample]] else { continue };
            let (state, x) = (&mut states[at], row[*sample]);
            if state.left_count > 0 && x > state.last + LEAST_STEP {
                state.consider(latent, x);
            }
            state.left_count += 1;
            state.left_sum += targets[*sample];
            state.last = x;
        }
    }
    states.into_iter().filter_map(|state| Some((state.node, state.best?))).collect()
}

impl OpenNode {
    /// The split between the last value and `x`.
    fn consider(&mut self, latent: usize, x: f64) {
        let (left, right) = (self.left_count as f64, (self.count - self.left_count) as f64);
        let apart = self.left_sum / left - (self.sum - self.left_sum) / right;
        let gain = left * right / self.count as f64 * apart * apart;
        match &mut self.best {
            Some(best) if gain <= best.gain * (1.0 + EQUAL_GAINS) => {
                if gain >= best.gain * (1.0 - EQUAL_GAINS) && !best.latents.contains(&latent) {
                    best.latents.push(latent);
                }
            }
            best => {
                let middle = 0.5 * self.last + 0.5 * x;
                let threshold = if middle < x { middle } else { self.last };
                *best = Some(BestSplit { gain, threshold, latents: vec![latent] });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of 2 × 2 cells is a tree of depth two, whose leaves are the means of the cells.
    #[test]
    fn a_table_is_fitted_exactly() {
        let codes = Matrix::from_fn(2, 40, |i, c| if i == 0 { (c % 2) as f64 } else { (c / 2 % 2) as f64 });
        let targets: Vec<f64> = (0..40).map(|c| 4.0 * (c % 2) as f64 + (c / 2 % 2) as f64).collect();
        let found = RegressionTree::fit(&SortedCodes::new(&codes), &targets, &[1.0; 40]);
        assert!(found.values.iter().zip(&targets).all(|(a, b)| (a - b).abs() < 1e-14));
        // The variances of the two parts are 4 and ¼.
        assert!((found.gains[0] - 160.0).abs() < 1e-12 && (found.gains[1] - 10.0).abs() < 1e-12, "{:?}", found.gains);
        assert!((found.tree.value(&[1.0, 0.4]) - 4.0).abs() < 1e-14);
        assert!((found.tree.value(&[0.5, 9.0]) - 1.0).abs() < 1e-14, "the threshold belongs to the lower side");
    }

    #[test]
    fn a_leaf_is_a_newton_step() {
        let codes = Matrix::from_columns(1, 4, vec![0.0, 0.0, 1.0, 1.0]);
        let found = RegressionTree::fit(&SortedCodes::new(&codes), &[1.0, 2.0, -1.0, -3.0], &[0.5, 0.5, 0.25, 0.25]);
        assert_eq!(found.values, [3.0, 3.0, -8.0, -8.0]);
    }

    #[test]
    fn equal_latents_share_their_gain_and_a_constant_is_no_split() {
        let codes = Matrix::from_columns(2, 4, vec![0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 1.0, 3.0]);
        let sorted = SortedCodes::new(&codes);
        let found = RegressionTree::fit(&sorted, &[0.1, 0.1, 0.7, 0.7], &[1.0; 4]);
        // The variance is .09.
        assert!((found.gains[0] - 0.18).abs() < 1e-15 && found.gains[0] == found.gains[1]);
        assert_eq!(RegressionTree::fit(&sorted, &[0.1; 4], &[1.0; 4]).gains, [0.0, 0.0]);
    }
}
