//! Dense column-major matrices. A batch is features × samples, so a sample is a contiguous column.

use super::real::Real;

/// A dense matrix whose columns are contiguous.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix<T> {
    rows: usize,
    columns: usize,
    data: Vec<T>,
}

impl<T: Copy> Matrix<T> {
    /// The matrix with columns one after the other in `data`.
    ///
    /// # Panics
    /// If `data` does not hold `rows · columns` numbers.
    pub fn from_columns(rows: usize, columns: usize, data: Vec<T>) -> Self {
        assert_eq!(data.len(), rows * columns, "{rows}×{columns} does not fit {} numbers", data.len());
        Self { rows, columns, data }
    }

    /// The matrix of `element(row, column)`.
    pub fn from_fn(rows: usize, columns: usize, mut element: impl FnMut(usize, usize) -> T) -> Self {
        let data = (0..columns).flat_map(|c| (0..rows).map(move |r| (r, c))).map(|(r, c)| element(r, c)).collect();
        Self { rows, columns, data }
    }

    /// Number of rows: the features of a batch.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns: the samples of a batch.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Column `c`.
    pub fn column(&self, c: usize) -> &[T] {
        &self.data[c * self.rows..][..self.rows]
    }

    /// Column `c`, mutable.
    pub fn column_mut(&mut self, c: usize) -> &mut [T] {
        &mut self.data[c * self.rows..][..self.rows]
    }

    /// The columns in order.
    pub fn iter_columns(&self) -> impl ExactSizeIterator<Item = &[T]> + Clone {
        (0..self.columns).map(|c| self.column(c))
    }

    /// Row `r`, gathered from the columns.
    pub fn row(&self, r: usize) -> impl Iterator<Item = T> + '_ {
        assert!(r < self.rows, "row {r} of {}", self.rows);
        self.data.iter().skip(r).step_by(self.rows).copied()
    }

    /// All numbers, column by column.
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    /// All numbers, column by column, mutable.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// All numbers, column by column, without a copy.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }

    /// The matrix of these columns, in this order.
    pub fn select_columns(&self, columns: impl IntoIterator<Item = usize>) -> Self {
        let mut data = Vec::new();
        let mut count = 0;
        for c in columns {
            data.extend_from_slice(self.column(c));
            count += 1;
        }
        Self { rows: self.rows, columns: count, data }
    }

    /// Applies `convert` to every element.
    pub fn map<U>(&self, convert: impl FnMut(T) -> U) -> Matrix<U> {
        Matrix { rows: self.rows, columns: self.columns, data: self.data.iter().copied().map(convert).collect() }
    }

    /// The transpose.
    pub fn transpose(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |r, c| self[(c, r)])
    }
}

impl<T: Real> Matrix<T> {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, data: vec![T::ZERO; rows * columns] }
    }

    /// Changes the shape; the elements are lost. Allocates only beyond the largest shape so far.
    pub fn reshape(&mut self, rows: usize, columns: usize) {
        self.data.resize(rows * columns, T::ZERO);
        (self.rows, self.columns) = (rows, columns);
    }
}

impl<T> std::ops::Index<(usize, usize)> for Matrix<T> {
    type Output = T;

    fn index(&self, (r, c): (usize, usize)) -> &T {
        assert!(r < self.rows, "row {r} of {}", self.rows);
        &self.data[c * self.rows + r]
    }
}

impl<T> std::ops::IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (r, c): (usize, usize)) -> &mut T {
        assert!(r < self.rows, "row {r} of {}", self.rows);
        &mut self.data[c * self.rows + r]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_sample() {
        let x = Matrix::from_fn(2, 3, |r, c| 10.0 * r as f64 + c as f64);
        assert_eq!(x.column(1), [1.0, 11.0]);
        assert_eq!(x.row(1).collect::<Vec<_>>(), [10.0, 11.0, 12.0]);
        assert_eq!(x.transpose()[(2, 1)], 12.0);
        assert_eq!(x.select_columns([2, 0]).as_slice(), [2.0, 12.0, 0.0, 10.0]);
    }
}
