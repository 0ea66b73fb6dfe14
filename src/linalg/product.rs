//! The one place that multiplies fast: `C = A B`.
//!
//! `C` is cut into tiles of two vector registers of rows by six columns, which are summed entirely in registers. Rows
//! of `A` are first packed into panels, contiguous in the order in which they are used and filled up with zeros, which
//! serves a matrix and its transpose alike. Every element is one sum in the order of the inner index, so its value does
//! not depend on the vector width, the tiling or the number of threads.

use pulp::{Arch, Simd, WithSimd};

use super::{Matrix, Real};

/// A matrix as a factor of a product: column-major numbers, perhaps read as their transpose.
#[derive(Clone, Copy, Debug)]
pub struct Factor<'a, T> {
    rows: usize,
    columns: usize,
    data: &'a [T],
    transposed: bool,
}

impl<'a, T> Factor<'a, T> {
    /// The `rows`×`columns` matrix whose columns stand one after the other in `data`.
    pub fn new(rows: usize, columns: usize, data: &'a [T]) -> Self {
        assert_eq!(data.len(), rows * columns, "{rows}×{columns} does not fit {} numbers", data.len());
        Self { rows, columns, data, transposed: false }
    }

    /// The transpose of this matrix.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, transposed: !self.transposed, ..self }
    }
}

impl<'a, T: Real> From<&'a Matrix<T>> for Factor<'a, T> {
    fn from(m: &'a Matrix<T>) -> Self {
        Factor::new(m.rows(), m.columns(), m.as_slice())
    }
}

/// Memory for the packed rows of a factor, to be reused from product to product.
pub type Panel<T> = Vec<T>;

/// Writes `A B` to `c`, column by column.
///
/// # Panics
/// If the shapes do not fit, or nothing is to be summed.
pub fn product<T: Real>(a: Factor<'_, T>, b: Factor<'_, T>, c: &mut [T], panel: &mut Panel<T>) {
    assert_eq!(a.columns, b.rows, "inner dimensions differ");
    assert_ne!(a.columns, 0, "a product over an empty inner dimension");
    assert_eq!(c.len(), a.rows * b.columns, "the result does not have the shape of the product");
    Arch::new().dispatch(Product { a, b, c, panel });
}

/// How many columns a tile has.
const COLUMNS: usize = 6;

struct Product<'a, T> {
    a: Factor<'a, T>,
    b: Factor<'a, T>,
    c: &'a mut [T],
    panel: &'a mut Panel<T>,
}

impl<T: Real> WithSimd for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let lanes = size_of::<T::Lanes<S>>() / size_of::<T>();
        let mut row = 0;
        while row < self.a.rows {
            // The last rows take one register where that is enough.
            if self.a.rows - row > lanes {
                self.rows::<S, 2>(simd, row, lanes);
                row += 2 * lanes;
            } else {
                self.rows::<S, 1>(simd, row, lanes);
                row += lanes;
            }
        }
    }
}

impl<T: Real> Product<'_, T> {
    /// All columns of the `REGISTERS` · `lanes` rows from `row` on.
    #[inline(always)]
    fn rows<S: Simd, const REGISTERS: usize>(&mut self, simd: S, row: usize, lanes: usize) {
        let height = REGISTERS * lanes;
        pack(self.a, row, height, self.panel);
        let (n, mut column) = (self.b.columns, 0);
        while column + COLUMNS <= n {
            self.tile::<S, REGISTERS, COLUMNS>(simd, row, column, height);
            column += COLUMNS;
        }
        match n - column {
            1 => self.tile::<S, REGISTERS, 1>(simd, row, column, height),
            2 => self.tile::<S, REGISTERS, 2>(simd, row, column, height),
            3 => self.tile::<S, REGISTERS, 3>(simd, row, column, height),
            4 => self.tile::<S, REGISTERS, 4>(simd, row, column, height),
            5 => self.tile::<S, REGISTERS, 5>(simd, row, column, height),
            _ => {}
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const N: usize>(&mut self, simd: S, row: usize, column: usize, height: usize) {
        let (inner, data) = (self.b.rows, self.b.data);
        let sums = if self.b.transposed {
            let stride = self.b.columns;
            let rows = data[column..].chunks(stride).map(|r| -> [T; N] { std::array::from_fn(|j| r[j]) });
            sum_products::<T, S, R, N>(simd, T::lanes::<S>(self.panel), rows)
        } else {
            let columns: [&[T]; N] = std::array::from_fn(|j| &data[(column + j) * inner..][..inner]);
            let rows = (0..inner).map(|p| -> [T; N] { std::array::from_fn(|j| columns[j][p]) });
            sum_products::<T, S, R, N>(simd, T::lanes::<S>(self.panel), rows)
        };
        let m = self.a.rows;
        for (j, registers) in sums.iter().enumerate() {
            let column_of_c = &mut self.c[(column + j) * m..][..m];
            if row + height <= m {
                T::lanes_mut::<S>(&mut column_of_c[row..row + height]).copy_from_slice(registers);
            } else {
                store_part::<T, S>(registers, &mut column_of_c[row..]);
            }
        }
    }
}

/// `Σ_p panel_p ⊗ rows_p`: R registers high, N columns wide.
#[inline(always)]
fn sum_products<T: Real, S: Simd, const R: usize, const N: usize>(
    simd: S,
    panel: &[T::Lanes<S>],
    rows: impl Iterator<Item = [T; N]>,
) -> [[T::Lanes<S>; R]; N] {
    let mut sums = [[T::splat(simd, T::ZERO); R]; N];
    for (a, b) in panel.as_chunks::<R>().0.iter().zip(rows) {
        for (sum, b) in sums.iter_mut().zip(b) {
            let b = T::splat(simd, b);
            for (sum, a) in sum.iter_mut().zip(a) {
                *sum = T::lanes_mul_add(simd, *a, b, *sum);
            }
        }
    }
    sums
}

/// Stores the first `run.len()` numbers of the registers.
#[inline(always)]
fn store_part<T: Real, S: Simd>(registers: &[T::Lanes<S>], run: &mut [T]) {
    const LONGEST: usize = 32;
    let mut buffer = [T::ZERO; LONGEST];
    T::lanes_mut::<S>(&mut buffer)[..registers.len()].copy_from_slice(registers);
    run.copy_from_slice(&buffer[..run.len()]);
}

/// Rows `row..row + height` of `a` in the order in which tiles use them: `height` numbers for each inner index, zeros
/// below the last row.
#[inline(always)]
fn pack<T: Real>(a: Factor<'_, T>, row: usize, height: usize, panel: &mut Panel<T>) {
    let rows = height.min(a.rows - row);
    panel.clear();
    panel.resize(height * a.columns, T::ZERO);
    if a.transposed {
        for (r, source) in a.data[row * a.columns..].chunks_exact(a.columns).take(rows).enumerate() {
            for (packed, x) in panel[r..].iter_mut().step_by(height).zip(source) {
                *packed = *x;
            }
        }
    } else {
        for (packed, column) in panel.chunks_exact_mut(height).zip(a.data[row..].chunks(a.rows)) {
            packed[..rows].copy_from_slice(&column[..rows]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use rand::RngExt as _;

    /// Multiplies by the definition.
    fn plain(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
        Matrix::from_fn(a.rows(), b.columns(), |r, c| {
            (0..a.columns()).fold(0.0, |s, p| a[(r, p)].mul_add(b[(p, c)], s))
        })
    }

    fn random(rows: usize, columns: usize, seed: u64) -> Matrix<f64> {
        let mut rng = stream(seed, Purpose::Analysis, 0);
        Matrix::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
    }

    #[test]
    fn products_of_all_shapes_and_transposes_are_exact() {
        let mut panel = Vec::new();
        for m in [1, 2, 3, 7, 8, 9, 16, 17, 31, 33, 64] {
            for n in [1, 2, 5, 6, 7, 13] {
                for k in [1, 3, 20] {
                    let (a, b) = (random(m, k, 1), random(k, n, 2));
                    let expected = plain(&a, &b);
                    let (at, bt) = (a.transpose(), b.transpose());
                    for fa in [Factor::from(&a), Factor::from(&at).transposed()] {
                        for fb in [Factor::from(&b), Factor::from(&bt).transposed()] {
                            let mut c = Matrix::from_fn(m, n, |_, _| f64::NAN);
                            product(fa, fb, c.as_mut_slice(), &mut panel);
                            assert_eq!(c, expected, "{m}×{k} · {k}×{n}: sums are formed in one fixed order");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_vector_unit_does_not_change_a_single_bit() {
        let (a, b) = (random(50, 40, 5).map(|x| x as f32), random(40, 11, 6).map(|x| x as f32));
        let with = |dispatch: &dyn Fn(Product<'_, f32>)| {
            let mut c = vec![0.0; 50 * 11];
            dispatch(Product { a: (&a).into(), b: (&b).into(), c: &mut c, panel: &mut Vec::new() });
            c
        };
        let scalar = with(&|p| p.with_simd(pulp::Scalar));
        assert_eq!(scalar, with(&|p| Arch::new().dispatch(p)));
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = pulp::x86::V3::try_new() {
            assert_eq!(scalar, with(&|p| Simd::vectorize(avx2, p)));
        }
    }
}
