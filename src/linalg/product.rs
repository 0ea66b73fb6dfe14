//! Fast matrix products, `C = A B`.
//!
//! `C` is cut into tiles of two vector registers of rows by six columns, which are summed entirely in registers. Rows
//! of `A` are first packed into panels, contiguous in the order of use and padded with zeros, unless they can be read
//! in place. Every element is one sum in the order of the inner index, so its value does not depend on the vector
//! width, the tiling or the number of threads.

use pulp::{Arch, Simd, WithSimd};

use super::matrix::Matrix;
use super::real::{BLOCK, Real};

/// A factor of a product: column-major numbers, read as they are or transposed.
#[derive(Clone, Copy, Debug)]
pub struct Factor<'a, T> {
    rows: usize,
    columns: usize,
    data: &'a [T],
    transposed: bool,
}

impl<'a, T> Factor<'a, T> {
    /// The `rows`×`columns` matrix with columns one after the other in `data`.
    pub fn new(rows: usize, columns: usize, data: &'a [T]) -> Self {
        assert_eq!(data.len(), rows * columns, "{rows}×{columns} does not fit {} numbers", data.len());
        Self { rows, columns, data, transposed: false }
    }

    /// The transpose.
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

/// Memory for packed rows, reused from product to product.
pub type Panel<T> = Vec<T>;

/// Writes `A B` to `c`, column by column.
///
/// # Panics
/// If the shapes do not fit or the inner dimension is zero.
pub fn product<T: Real>(a: Factor<'_, T>, b: Factor<'_, T>, c: &mut [T], panel: &mut Panel<T>) {
    assert_eq!(a.columns, b.rows, "inner dimensions differ");
    assert_ne!(a.columns, 0, "a product over an empty inner dimension");
    assert_eq!(c.len(), a.rows * b.columns, "the result does not have the shape of the product");
    // Few rows leave most of a register empty; more columns fill it: Cᵀ = Bᵀ Aᵀ.
    let (a, b, swapped) =
        if a.rows < FEW.min(b.columns) { (b.transposed(), a.transposed(), true) } else { (a, b, false) };
    narrowest(a.rows).dispatch(Product { a, b, c, swapped, panel });
}

/// Below so many rows a good part of the widest registers would be empty.
const FEW: usize = 24;

/// The vector unit for a product with so many rows: half the width takes half the time where it suffices.
fn narrowest(rows: usize) -> Arch {
    match Arch::new() {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(wide) if rows <= 8 => Arch::V3(*wide),
        arch => arch,
    }
}

/// Columns of a tile of two registers of rows, and of one register.
const COLUMNS: usize = 6;
const COLUMNS_OF_ONE: usize = 8;

/// A factor of at most so many numbers is read in place instead of being packed: it stays in the cache.
const SMALL: usize = 1 << 14;

struct Product<'a, T> {
    a: Factor<'a, T>,
    b: Factor<'a, T>,
    /// A B, or (A B)ᵀ if `swapped`.
    c: &'a mut [T],
    swapped: bool,
    panel: &'a mut Panel<T>,
}

impl<T: Real> WithSimd for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let lanes = size_of::<T::Lanes<S>>() / size_of::<T>();
        let mut row = 0;
        while row < self.a.rows {
            // The last rows take one register where it suffices.
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
        let packed = self.a.transposed || self.a.data.len() > SMALL || row + height > self.a.rows;
        if packed {
            pack::<T, S, REGISTERS>(self.a, row, height, self.panel);
        }
        let block = RowBlock { row, height, packed };
        let (n, mut column) = (self.b.columns, 0);
        while REGISTERS == 1 && column + COLUMNS_OF_ONE <= n {
            self.tile::<S, REGISTERS, COLUMNS_OF_ONE>(simd, block, column);
            column += COLUMNS_OF_ONE;
        }
        while column + COLUMNS <= n {
            self.tile::<S, REGISTERS, COLUMNS>(simd, block, column);
            column += COLUMNS;
        }
        match n - column {
            1 => self.tile::<S, REGISTERS, 1>(simd, block, column),
            2 => self.tile::<S, REGISTERS, 2>(simd, block, column),
            3 => self.tile::<S, REGISTERS, 3>(simd, block, column),
            4 => self.tile::<S, REGISTERS, 4>(simd, block, column),
            5 => self.tile::<S, REGISTERS, 5>(simd, block, column),
            _ => {}
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const N: usize>(&mut self, simd: S, block: RowBlock, column: usize) {
        let RowBlock { row, height, packed } = block;
        let (m, n, inner) = (self.a.rows, self.b.columns, self.b.rows);
        let (source, stride) = if packed { (&self.panel[..], height) } else { (&self.a.data[row..], m) };
        let (a, b) = (StridedRows { source, stride, height }, self.b.data);
        // Closures need the attribute: only inlined code is compiled for the vector unit.
        let sums = if self.b.transposed {
            sum_products::<T, S, R, N>(
                simd,
                inner,
                a,
                #[inline(always)]
                |p| b[p * n + column..].as_chunks::<N>().0[0],
            )
        } else {
            let columns: [&[T]; N] = std::array::from_fn(|j| &b[(column + j) * inner..][..inner]);
            sum_products::<T, S, R, N>(
                simd,
                inner,
                a,
                #[inline(always)]
                |p| pick(&columns, p),
            )
        };
        for (j, registers) in (column..).zip(&sums) {
            if self.swapped {
                store_part::<T, S>(registers, self.c[row * n + j..].iter_mut().step_by(n));
            } else if row + height <= m {
                T::lanes_mut::<S>(&mut self.c[j * m + row..][..height]).copy_from_slice(registers);
            } else {
                store_part::<T, S>(registers, self.c[j * m + row..(j + 1) * m].iter_mut());
            }
        }
    }
}

/// Consecutive rows of A.
#[derive(Clone, Copy)]
struct RowBlock {
    /// The first row.
    row: usize,
    /// Number of rows, including padding below the last row of A.
    height: usize,
    /// True if the panel holds them.
    packed: bool,
}

/// A block of rows in memory: `height` numbers per inner index, `stride` numbers apart.
#[derive(Clone, Copy)]
struct StridedRows<'a, T> {
    source: &'a [T],
    stride: usize,
    height: usize,
}

/// Element `p` of each column.
#[inline(always)]
fn pick<T: Real, const N: usize>(columns: &[&[T]; N], p: usize) -> [T; N] {
    let mut row = [T::ZERO; N];
    for (x, column) in row.iter_mut().zip(columns) {
        *x = column[p];
    }
    row
}

/// `Σ_p a(p) ⊗ b(p)`, R registers by N columns.
#[inline(always)]
fn sum_products<T: Real, S: Simd, const R: usize, const N: usize>(
    simd: S,
    inner: usize,
    a: StridedRows<'_, T>,
    b: impl Fn(usize) -> [T; N],
) -> [[T::Lanes<S>; R]; N] {
    let mut sums = [[T::splat(simd, T::ZERO); R]; N];
    for p in 0..inner {
        let registers = T::lanes::<S>(&a.source[p * a.stride..][..a.height]).as_chunks::<R>().0[0];
        let b = b(p);
        for (sum, b) in sums.iter_mut().zip(&b) {
            let b = T::splat(simd, *b);
            for (sum, a) in sum.iter_mut().zip(&registers) {
                *sum = T::lanes_mul_add(simd, *a, b, *sum);
            }
        }
    }
    sums
}

/// Stores the first numbers of the registers, one in each place.
#[inline(always)]
fn store_part<'a, T: Real, S: Simd>(registers: &[T::Lanes<S>], places: impl Iterator<Item = &'a mut T>) {
    const LONGEST: usize = 32;
    let mut buffer = [T::ZERO; LONGEST];
    T::lanes_mut::<S>(&mut buffer)[..registers.len()].copy_from_slice(registers);
    places.zip(&buffer[..size_of_val(registers) / size_of::<T>()]).for_each(|(place, x)| *place = *x);
}

/// Packs rows `row..row + height` of `a` in the order of use: `height` numbers for each inner index, zeros below the
/// last row.
#[inline(always)]
fn pack<T: Real, S: Simd, const R: usize>(a: Factor<'_, T>, row: usize, height: usize, panel: &mut Panel<T>) {
    let rows = height.min(a.rows - row);
    if rows < height {
        panel.clear();
    }
    panel.resize(height * a.columns, T::ZERO);
    if a.transposed {
        pack_transposed(&a.data[row * a.columns..(row + rows) * a.columns], a.columns, height, panel);
        return;
    }
    for (packed, column) in panel.chunks_exact_mut(height).zip(a.data[row..].chunks(a.rows)) {
        if rows == height {
            let registers = T::lanes::<S>(&column[..height]).as_chunks::<R>().0[0];
            T::lanes_mut::<S>(packed).copy_from_slice(&registers);
        } else {
            packed[..rows].copy_from_slice(&column[..rows]);
        }
    }
}

/// Packs rows that are contiguous: `rows` holds row after row, each `inner` long.
#[inline(always)]
fn pack_transposed<T: Real>(rows: &[T], inner: usize, height: usize, panel: &mut [T]) {
    for (r, rows) in (0..).step_by(BLOCK).zip(rows.chunks(BLOCK * inner)) {
        let whole = if rows.len() == BLOCK * inner { inner / BLOCK } else { 0 };
        for (p, places) in panel.chunks_exact_mut(BLOCK * height).take(whole).enumerate() {
            let mut block = [[T::ZERO; BLOCK]; BLOCK];
            for (line, row) in block.iter_mut().zip(rows.chunks_exact(inner)) {
                *line = row.as_chunks().0[p];
            }
            for (place, line) in places.chunks_exact_mut(height).zip(T::transpose(&block)) {
                place[r..r + BLOCK].copy_from_slice(&line);
            }
        }
        // The rest, one by one.
        for (r, row) in (r..).zip(rows.chunks_exact(inner)) {
            for (p, x) in row.iter().enumerate().skip(whole * BLOCK) {
                panel[p * height + r] = *x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use rand::RngExt as _;

    /// The product by its definition.
    fn plain<T: Real>(a: &Matrix<T>, b: &Matrix<T>) -> Matrix<T> {
        Matrix::from_fn(a.rows(), b.columns(), |r, c| {
            (0..a.columns()).fold(T::ZERO, |s, p| a[(r, p)].mul_add(b[(p, c)], s))
        })
    }

    fn random<T: Real>(rows: usize, columns: usize, seed: u64) -> Matrix<T> {
        let mut rng = stream(seed, Purpose::Analysis, 0);
        Matrix::from_fn(rows, columns, |_, _| T::from_f64(rng.random_range(-1.0..1.0)))
    }

    /// Sums have one fixed order for every shape, so the result is exactly that of the definition.
    fn is_exact<T: Real>(m: usize, n: usize, k: usize) {
        let (a, b) = (random::<T>(m, k, 1), random(k, n, 2));
        let expected = plain(&a, &b);
        let (at, bt) = (a.transpose(), b.transpose());
        for fa in [Factor::from(&a), Factor::from(&at).transposed()] {
            for fb in [Factor::from(&b), Factor::from(&bt).transposed()] {
                let mut c = Matrix::from_fn(m, n, |_, _| T::from_f64(f64::NAN));
                product(fa, fb, c.as_mut_slice(), &mut Panel::from([T::from_f64(f64::NAN); 40]));
                assert_eq!(c, expected, "{m}×{k} · {k}×{n}");
            }
        }
    }

    #[test]
    fn products_of_all_shapes_and_transposes_are_exact() {
        for m in [1, 2, 3, 7, 8, 9, 16, 17, 31, 33, 64] {
            for n in [1, 2, 5, 6, 7, 13, 40] {
                for k in [1, 3, 8, 20] {
                    is_exact::<f64>(m, n, k);
                    is_exact::<f32>(m, n, k);
                }
            }
        }
        is_exact::<f32>(257, 9, 70); // too large to be read in place
    }

    #[test]
    fn the_vector_width_changes_no_bit() {
        let (a, b) = (random(50, 40, 5), random(40, 11, 6));
        let with = |dispatch: &dyn Fn(Product<'_, f32>)| {
            let mut c = vec![0.0; 50 * 11];
            dispatch(Product { a: (&a).into(), b: (&b).into(), c: &mut c, swapped: false, panel: &mut Vec::new() });
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
