//! Distance correlation, a measure of dependence that vanishes only for independent variables (Székely et al. 2007), in
//! O(n log n) for samples of numbers (Huo & Székely 2016).

use rand::Rng;
use rand::seq::SliceRandom as _;

/// Distance correlation of paired samples, in [0, 1]; NaN if one of them is constant. O(n log n).
pub fn distance_correlation(x: &[f64], y: &[f64]) -> f64 {
    let order: Vec<usize> = (0..x.len()).collect();
    Distances::of(x).correlation(&Distances::of(y), &order)
}

/// Distance correlation and its `level` quantile under random permutations of one sample: the value that independent
/// samples of this size reach by chance.
pub fn distance_correlation_band(
    x: &[f64],
    y: &[f64],
    permutations: usize,
    level: f64,
    rng: &mut impl Rng,
) -> (f64, f64) {
    let (a, b) = (Distances::of(x), Distances::of(y));
    let mut order: Vec<usize> = (0..x.len()).collect();
    let found = a.correlation(&b, &order);
    let mut chance: Vec<f64> = (0..permutations)
        .map(|_| {
            order.shuffle(rng);
            a.correlation(&b, &order)
        })
        .collect();
    chance.sort_unstable_by(f64::total_cmp);
    let rank = (level * (permutations.max(1) - 1) as f64).round() as usize;
    (found, chance.get(rank).copied().unwrap_or(f64::NAN))
}

/// The distances |xᵢ − xⱼ| of a sample, by what sums over them need.
struct Distances {
    /// The sample minus its mean.
    x: Vec<f64>,
    /// Places of the sample in ascending order.
    order: Vec<usize>,
    /// Rank of each.
    rank: Vec<usize>,
    /// Σ_j |xᵢ − xⱼ|.
    sums: Vec<f64>,
    /// Squared distance variance: the mean of the squares of the doubly centred distances.
    variance: f64,
}

impl Distances {
    fn of(sample: &[f64]) -> Self {
        let n = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / n;
        let x: Vec<f64> = sample.iter().map(|x| x - mean).collect();
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
        let (mut rank, mut sums) = (vec![0; x.len()], vec![0.0; x.len()]);
        let total: f64 = x.iter().sum();
        let mut below = 0.0;
        for (k, i) in order.iter().enumerate() {
            rank[*i] = k;
            // k values are below this one, and n − k − 1 above.
            sums[*i] = (2.0 * k as f64 - n + 1.0) * x[*i] + total - x[*i] - 2.0 * below;
            below += x[*i];
        }
        let mut distances = Self { x, order, rank, sums, variance: 0.0 };
        let squares = 2.0 * n * distances.x.iter().map(|x| x * x).sum::<f64>() - 2.0 * total * total;
        distances.variance = distances.centred(&distances, squares, |i| i);
        distances
    }

    /// Mean product of doubly centred distances, from the sum of the products of the distances themselves; pairs `i` with
    /// `place(i)`.
    fn centred(&self, other: &Self, products: f64, place: impl Fn(usize) -> usize) -> f64 {
        let n = self.x.len() as f64;
        let sum = |of: &Self| of.sums.iter().sum::<f64>();
        let rows: f64 = self.sums.iter().enumerate().map(|(i, sum)| sum * other.sums[place(i)]).sum();
        products / n.powi(2) - 2.0 * rows / n.powi(3) + sum(self) * sum(other) / n.powi(4)
    }

    /// Distance correlation of xᵢ with y at `place[i]`.
    fn correlation(&self, other: &Self, place: &[usize]) -> f64 {
        let covariance = self.centred(other, self.products(other, place), |i| place[i]);
        (covariance.max(0.0) / (self.variance * other.variance).sqrt()).sqrt()
    }

    /// Σᵢⱼ |xᵢ − xⱼ| |yᵢ − yⱼ|. In ascending order of x each point is paired with those before it: with yᵢ below yⱼ the product
    /// is (xⱼ − xᵢ)(yⱼ − yᵢ), with yᵢ above it is minus that, and both sums follow from the count and the sums of xᵢ, yᵢ, xᵢyᵢ.
    fn products(&self, other: &Self, place: &[usize]) -> f64 {
        let mut before = PrefixSums::new(self.x.len());
        let mut all = [0.0; 4];
        let mut sum = 0.0;
        for i in &self.order {
            let (x, y, rank) = (self.x[*i], other.x[place[*i]], other.rank[place[*i]]);
            let below = before.up_to(rank);
            let signed = |k: usize| 2.0 * below[k] - all[k];
            sum += signed(0) * x * y - signed(1) * y - signed(2) * x + signed(3);
            let entry = [1.0, x, y, x * y];
            before.add(rank, entry);
            all.iter_mut().zip(entry).for_each(|(sum, e)| *sum += e);
        }
        2.0 * sum
    }
}

/// Sums of entries by rank, each read and changed in O(log n) (Fenwick 1994).
struct PrefixSums {
    tree: Vec<[f64; 4]>,
}

impl PrefixSums {
    fn new(n: usize) -> Self {
        Self { tree: vec![[0.0; 4]; n + 1] }
    }

    fn add(&mut self, rank: usize, entry: [f64; 4]) {
        let mut k = rank + 1;
        while k < self.tree.len() {
            self.tree[k].iter_mut().zip(entry).for_each(|(sum, e)| *sum += e);
            k += k & k.wrapping_neg();
        }
    }

    /// Sum over ranks below this one.
    fn up_to(&self, rank: usize) -> [f64; 4] {
        let mut sum = [0.0; 4];
        let mut k = rank;
        while k > 0 {
            sum.iter_mut().zip(self.tree[k]).for_each(|(sum, e)| *sum += e);
            k &= k - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use nalgebra::DMatrix;
    use rand::RngExt as _;

    /// The definition: doubly centred matrices of distances, multiplied entry by entry.
    fn by_definition(x: &[f64], y: &[f64]) -> f64 {
        let centred = |x: &[f64]| {
            let d = DMatrix::from_fn(x.len(), x.len(), |i, j| (x[i] - x[j]).abs());
            let rows = d.column_mean();
            DMatrix::from_fn(x.len(), x.len(), |i, j| d[(i, j)] - rows[i] - rows[j] + d.mean())
        };
        let (a, b) = (centred(x), centred(y));
        (a.dot(&b).max(0.0) / (a.norm() * b.norm())).sqrt()
    }

    #[test]
    fn the_fast_sums_are_those_of_the_definition() {
        let mut rng = stream(5, Purpose::Analysis, 0);
        for n in [2, 3, 10, 101] {
            let x: Vec<f64> = (0..n).map(|_| rng.random_range(-1.0..1.0)).collect();
            let y: Vec<f64> = x.iter().map(|x| x.cos() + rng.random_range(-0.2..0.2)).collect();
            // Rounded samples have ties.
            let tied: Vec<f64> = y.iter().map(|y| (8.0 * y).round()).collect();
            for y in [&y, &tied] {
                let (fast, exact) = (distance_correlation(&x, y), by_definition(&x, y));
                assert!((fast - exact).abs() < 1e-7 || (fast.is_nan() && exact.is_nan()), "{n}: {fast} {exact}");
            }
        }
    }

    #[test]
    fn linear_dependence_is_one_and_a_constant_is_undefined() {
        let x: Vec<f64> = (0..50).map(|i| f64::from(i * i % 17)).collect();
        let y: Vec<f64> = x.iter().map(|x| 3.0 - 2.0 * x).collect();
        assert!((distance_correlation(&x, &y) - 1.0).abs() < 1e-12);
        assert!(distance_correlation(&x, &[1.0; 50]).is_nan());
    }

    /// Table of theory §3: a uniform square rotated by 0, 15, 22.5 and 45°, n = 1,500.
    #[test]
    fn a_rotated_square_has_the_dependence_of_the_table() {
        let mut rng = stream(1, Purpose::Analysis, 0);
        let points: Vec<[f64; 2]> = (0..1500).map(|_| [0, 1].map(|_| rng.random_range(-1.0..1.0))).collect();
        for (degrees, expected) in [(0.0_f64, 0.03), (15.0, 0.107), (22.5, 0.134), (45.0, 0.148)] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (x, y): (Vec<f64>, Vec<f64>) =
                points.iter().map(|[a, b]| (cos * a - sin * b, sin * a + cos * b)).unzip();
            // The spread from sample to sample is about 0.01 at this size.
            assert!((distance_correlation(&x, &y) - expected).abs() < 0.03, "{degrees}°");
        }
    }

    #[test]
    fn the_chance_level_separates_dependence_from_independence() {
        let mut rng = stream(2, Purpose::Analysis, 0);
        let [x, noise] = [0, 1].map(|_| (0..200).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>());
        let square: Vec<f64> = x.iter().map(|x| x * x).collect();
        let (dependent, band) = distance_correlation_band(&x, &square, 60, 0.95, &mut rng);
        assert!(dependent > 1.5 * band, "{dependent} {band}");
        let (independent, band) = distance_correlation_band(&x, &noise, 60, 0.95, &mut rng);
        assert!(independent < 1.3 * band, "{independent} {band}");
    }
}
