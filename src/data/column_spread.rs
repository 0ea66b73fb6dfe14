//! Spread of a column: variance, rows far outside, and a hash by which equal columns are found.

use super::numbers::Numbers;
use crate::linalg::Matrix;

/// A number is far outside its column when it is so many interquartile ranges beyond the quartiles: 14 standard deviations of a
/// normal distribution.
const FAR: f64 = 10.0;

/// Rows are outliers when they are at most this share of all (or one row) and hold more than half of the squared deviations of their
/// column from its median. Columns with long tails have many rows far outside, but none of them decides their scale.
const FEW: f64 = 0.01;

/// A summary of a column.
#[derive(Debug)]
pub(super) struct ColumnSpread {
    pub variance: f64,
    pub is_constant: bool,
    /// Far rows, if they are few and hold most of the spread.
    pub far: Vec<usize>,
    /// Equal for equal columns.
    pub hash: u64,
}

/// The summaries of all coordinates. Samples lie one after the other, so a coordinate alone would be read with a jump for each number:
/// of bytes all are counted in one pass, of other numbers a few coordinates are copied at a time.
pub(super) fn column_spreads(values: &Numbers) -> Vec<ColumnSpread> {
    match values {
        Numbers::Bytes(values) => of_bytes(values),
        Numbers::Single(values) => of_blocks(values),
        Numbers::Double(values) => of_blocks(values),
    }
}

/// The next state of a hash.
fn mix(hash: u64, bits: u64) -> u64 {
    (hash ^ bits).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

/// The place of a quantile among `count` sorted numbers.
fn place(count: usize, share: f64) -> usize {
    ((count - 1) as f64 * share).round() as usize
}

/// The limits beyond which a number is far outside.
fn limits([low, high]: [f64; 2]) -> Option<[f64; 2]> {
    let reach = FAR * (high - low);
    (reach > 0.0).then_some([low - reach, high + reach])
}

/// True if so many far rows of all are few and hold most of the spread.
fn decide(far: usize, count: usize, held: f64, whole: f64) -> bool {
    far <= ((FEW * count as f64) as usize).max(1) && held > 0.5 * whole
}

fn of_bytes(values: &Matrix<u8>) -> Vec<ColumnSpread> {
    const VALUES: usize = 256;
    let (n, count) = (values.rows(), values.columns());
    let mut counts = vec![0_u64; VALUES * n];
    let mut hashes = vec![0; n];
    for sample in values.iter_columns() {
        for (r, x) in sample.iter().enumerate() {
            counts[VALUES * r + usize::from(*x)] += 1;
            hashes[r] = mix(hashes[r], u64::from(*x));
        }
    }
    let summary = |(r, (counts, hash)): (usize, (&[u64], u64))| {
        let found =
            || (0..).zip(counts).filter(|(_, count)| **count > 0).map(|(x, count)| (f64::from(x as u8), *count));
        let sum = |of: &dyn Fn(f64) -> f64| found().map(|(x, count)| of(x) * count as f64).sum::<f64>();
        let quantile = |share| {
            let mut passed = 0;
            let at = found().find(|(_, count)| {
                passed += *count;
                passed > place(count_of(counts), share) as u64
            });
            at.map_or(f64::NAN, |(x, _)| x)
        };
        let mean = sum(&|x| x) / count as f64;
        let [low, median, high] = [0.25, 0.5, 0.75].map(quantile);
        let limits = limits([low, high]);
        let is_far = |x: f64| limits.is_some_and(|[low, high]| x < low || x > high);
        let far = found().filter(|(x, _)| is_far(*x)).map(|(_, count)| count as usize).sum();
        let held = sum(&|x| if is_far(x) { (x - median).powi(2) } else { 0.0 });
        let decides = far > 0 && decide(far, count, held, sum(&|x| (x - median).powi(2)));
        let far =
            if decides { (0..count).filter(|c| is_far(f64::from(values[(r, *c)]))).collect() } else { Vec::new() };
        ColumnSpread {
            variance: sum(&|x| (x - mean).powi(2)) / count as f64,
            is_constant: found().count() == 1,
            far,
            hash,
        }
    };
    counts.chunks_exact(VALUES).zip(hashes).enumerate().map(summary).collect()
}

/// All that was counted.
fn count_of(counts: &[u64]) -> usize {
    counts.iter().sum::<u64>() as usize
}

fn of_blocks<T: Copy + Into<f64>>(values: &Matrix<T>) -> Vec<ColumnSpread> {
    /// Numbers that are copied at a time.
    const BLOCK: usize = 1 << 22;
    let (n, count) = (values.rows(), values.columns());
    let width = (BLOCK / count.max(1)).clamp(1, 64);
    let mut copied: Vec<f64> = Vec::new();
    let mut summaries = Vec::with_capacity(n);
    for first in (0..n).step_by(width) {
        let width = width.min(n - first);
        copied.clear();
        copied.resize(width * count, 0.0);
        for (c, sample) in values.iter_columns().enumerate() {
            for (k, x) in sample[first..first + width].iter().enumerate() {
                copied[k * count + c] = (*x).into();
            }
        }
        summaries.extend(copied.chunks_exact_mut(count).map(of_column));
    }
    summaries
}

/// The summary of one column, whose order is lost.
fn of_column(values: &mut [f64]) -> ColumnSpread {
    let count = values.len();
    let mean = values.iter().sum::<f64>() / count as f64;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count as f64;
    let is_constant = values.iter().all(|x| *x == values[0]);
    // −0 is 0.
    let hash = values.iter().fold(0, |hash, x| mix(hash, (x + 0.0).to_bits()));
    let mut sorted = values.to_vec();
    let (mut rest, mut passed) = (sorted.as_mut_slice(), 0);
    let [low, median, high] = [0.25, 0.5, 0.75].map(|share| {
        let at = place(count, share);
        // What is left of a quantile is not looked at again.
        let (_, found, _) = rest.select_nth_unstable_by(at - passed, f64::total_cmp);
        let found = *found;
        rest = &mut std::mem::take(&mut rest)[at - passed..];
        passed = at;
        found
    });
    let limits = limits([low, high]);
    let is_far = |x: f64| limits.is_some_and(|[low, high]| x < low || x > high);
    let far: Vec<usize> = (0..count).filter(|c| is_far(values[*c])).collect();
    let square = |x: f64| (x - median).powi(2);
    let held: f64 = far.iter().map(|c| square(values[*c])).sum();
    let decides = decide(far.len(), count, held, values.iter().copied().map(square).sum());
    ColumnSpread { variance, is_constant, far: if decides { far } else { Vec::new() }, hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixels with a few bright ones, an outlier, a constant column, and one that repeats another.
    fn bytes(r: usize, c: usize) -> u8 {
        match r {
            0 | 3 => ((c * c) % 11) as u8,
            1 => 7,
            2 if c == 40 => 250,
            2 => (c % 3) as u8,
            _ => ((c * 31) % 251) as u8,
        }
    }

    #[test]
    fn counts_and_copies_agree() {
        for count in [1, 2, 50, 301] {
            let counted = column_spreads(&Numbers::Bytes(Matrix::from_fn(70, count, bytes)));
            let copied = column_spreads(&Numbers::Double(Matrix::from_fn(70, count, |r, c| f64::from(bytes(r, c)))));
            let single = column_spreads(&Numbers::Single(Matrix::from_fn(70, count, |r, c| f32::from(bytes(r, c)))));
            for (a, (b, c)) in counted.iter().zip(copied.iter().zip(&single)) {
                assert!((a.variance - b.variance).abs() <= 1e-9 * b.variance, "{a:?} {b:?}");
                assert_eq!((a.is_constant, &a.far), (b.is_constant, &b.far));
                assert_eq!((b.variance, b.hash, &b.far), (c.variance, c.hash, &c.far));
            }
            for summaries in [&counted, &copied] {
                assert_eq!(summaries[0].hash, summaries[3].hash);
                assert!(summaries[1].is_constant && (count < 3 || summaries[0].hash != summaries[4].hash));
            }
            assert_eq!(counted[2].far, if count > 40 { vec![40] } else { Vec::new() });
        }
    }
}
