//! The assignment problem.
//
// By hand: `pathfinding` 4.16 needs ordered numbers and no more rows than columns, may loop for ever on a NaN, and
// resolves ties within rounding differently, which would swap latents; `lapjv` needs square matrices and a second array
// crate.

/// The matching of rows with columns that maximises the sum of `gain`: the column of each row. Each column serves at
/// most one row; with fewer columns than rows some rows get `None`.
///
/// The Hungarian method with potentials (Kuhn 1955), as shortest augmenting paths in O(rows²·columns). A NaN counts as
/// a gain of zero.
pub fn best_assignment(rows: usize, columns: usize, gain: impl Fn(usize, usize) -> f64) -> Vec<Option<usize>> {
    // Dummy columns of zero gain give every row a partner.
    let width = rows.max(columns);
    let cost = |r: usize, c: usize| if c < columns { -gain(r, c) } else { 0.0 };
    let cost = |r: usize, c: usize| Some(cost(r, c)).filter(|c| !c.is_nan()).unwrap_or(0.0);
    // Index 0 is a sentinel; rows and columns count from 1.
    let (mut row_potential, mut column_potential) = (vec![0.0; rows + 1], vec![0.0; width + 1]);
    let mut partner = vec![0_usize; width + 1];
    for row in 1..=rows {
        partner[0] = row;
        let (mut slack, mut previous) = (vec![f64::INFINITY; width + 1], vec![0_usize; width + 1]);
        let mut visited = vec![false; width + 1];
        let mut column = 0;
        while partner[column] != 0 {
            visited[column] = true;
            let (r, mut delta, mut next) = (partner[column], f64::INFINITY, 0);
            for c in (1..=width).filter(|c| !visited[*c]) {
                let reduced = cost(r - 1, c - 1) - row_potential[r] - column_potential[c];
                if reduced < slack[c] {
                    (slack[c], previous[c]) = (reduced, column);
                }
                if slack[c] < delta {
                    (delta, next) = (slack[c], c);
                }
            }
            for c in 0..=width {
                if visited[c] {
                    row_potential[partner[c]] += delta;
                    column_potential[c] -= delta;
                } else {
                    slack[c] -= delta;
                }
            }
            column = next;
        }
        while column != 0 {
            partner[column] = partner[previous[column]];
            column = previous[column];
        }
    }
    let mut assignment = vec![None; rows];
    for c in (1..=columns).filter(|c| partner[*c] != 0) {
        assignment[partner[c] - 1] = Some(c - 1);
    }
    assignment
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The largest sum over all matchings, by enumeration.
    fn best_by_enumeration(rows: usize, columns: usize, gain: &dyn Fn(usize, usize) -> f64, used: u32) -> f64 {
        let Some(row) = rows.checked_sub(1) else { return 0.0 };
        let left_out = if rows > columns - used.count_ones() as usize {
            best_by_enumeration(row, columns, gain, used)
        } else {
            f64::NEG_INFINITY
        };
        (0..columns)
            .filter(|c| used & (1 << c) == 0)
            .fold(left_out, |best, c| best.max(gain(row, c) + best_by_enumeration(row, columns, gain, used | 1 << c)))
    }

    proptest! {
        #[test]
        fn no_other_matching_has_a_larger_sum(rows in 0_usize..5, columns in 0_usize..5,
                                       numbers in prop::collection::vec(0.0..1.0, 25)) {
            let gain = |r: usize, c: usize| numbers[5 * r + c];
            let found = best_assignment(rows, columns, gain);
            let mut taken: Vec<usize> = found.iter().flatten().copied().collect();
            prop_assert_eq!(taken.len(), rows.min(columns));
            let sum: f64 = found.iter().enumerate().filter_map(|(r, c)| Some(gain(r, (*c)?))).sum();
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), rows.min(columns), "a column serves two rows");
            prop_assert!((sum - best_by_enumeration(rows, columns, &gain, 0)).abs() < 1e-12);
        }
    }

    #[test]
    fn nans_do_not_loop() {
        assert_eq!(best_assignment(2, 2, |_, _| f64::NAN).iter().flatten().count(), 2);
    }
}
