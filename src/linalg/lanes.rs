//! Small symmetric matrices (m × m, column by column) of eight observations side by side, one in each lane of vector registers.

use pulp::{Arch, Simd};

/// Observations side by side.
pub(crate) const LANES: usize = 8;

/// A number of each of these observations.
pub(crate) type Lanes = [f64; LANES];

/// sum ← sum + a b in each lane.
#[inline(always)]
fn add_product(sum: &mut Lanes, a: &Lanes, b: &Lanes) {
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        *sum += a * b;
    }
}

/// U diag(e) Uᵀ, of which `places` are the entries on and below the diagonal.
#[pulp::with_simd(recompose = Arch::new())]
#[inline(always)]
pub(crate) fn recompose_with<S: Simd>(
    _simd: S,
    u: &[Lanes],
    e: &[Lanes],
    places: &[[usize; 2]],
    to: &mut [Lanes],
    m: usize,
) {
    for [i, j] in places {
        let mut sum = [0.0; LANES];
        for k in 0..m {
            let mut scaled = [0.0; LANES];
            add_product(&mut scaled, &u[i + m * k], &e[k]);
            add_product(&mut sum, &scaled, &u[j + m * k]);
        }
        (to[i + m * j], to[j + m * i]) = (sum, sum);
    }
}

/// to = Uᵀ x.
#[pulp::with_simd(transposed_times = Arch::new())]
#[inline(always)]
pub(crate) fn transposed_times_with<S: Simd>(_simd: S, u: &[Lanes], x: &[Lanes], to: &mut [Lanes], m: usize) {
    for (k, to) in to.iter_mut().enumerate() {
        *to = [0.0; LANES];
        (0..m).for_each(|i| add_product(to, &u[i + m * k], &x[i]));
    }
}

/// M ← U M Uᵀ in the entries of `places`, by way of `half` = U M.
#[pulp::with_simd(congruence = Arch::new())]
#[inline(always)]
pub(crate) fn congruence_with<S: Simd>(
    _simd: S,
    u: &[Lanes],
    matrix: &mut [Lanes],
    half: &mut [Lanes],
    places: &[[usize; 2]],
    m: usize,
) {
    for j in 0..m {
        for i in 0..m {
            let mut sum = [0.0; LANES];
            (0..m).for_each(|k| add_product(&mut sum, &u[i + m * k], &matrix[k + m * j]));
            half[i + m * j] = sum;
        }
    }
    for [i, j] in places {
        let mut sum = [0.0; LANES];
        (0..m).for_each(|k| add_product(&mut sum, &half[i + m * k], &u[j + m * k]));
        matrix[i + m * j] = sum;
    }
}

/// Jacobi's method: leaves the eigenvalues of the symmetric h (m × m) on its diagonal and the eigenvectors in the columns of u.
#[pulp::with_simd(diagonalise = Arch::new())]
#[inline(always)]
pub(crate) fn diagonalise_with<S: Simd>(_simd: S, h: &mut [Lanes], u: &mut [Lanes], m: usize) {
    /// Sweeps converge quadratically; a dozen is never reached by finite matrices.
    const SWEEPS: usize = 12;
    u.fill([0.0; LANES]);
    u.iter_mut().step_by(m + 1).for_each(|x| *x = [1.0; LANES]);
    let mut scale = [0.0; LANES];
    h.iter().for_each(|x| add_product(&mut scale, x, x));
    for _ in 0..SWEEPS {
        let mut off = [0.0; LANES];
        for j in 1..m {
            (0..j).for_each(|i| add_product(&mut off, &h[i + m * j], &h[i + m * j]));
        }
        // False for NaN, which then stays.
        let proceed = off.iter().zip(&scale).any(|(off, scale)| *off > 1e-30 * scale);
        if !proceed {
            return;
        }
        for q in 1..m {
            for p in 0..q {
                rotate(h, u, m, p, q);
            }
        }
    }
}

/// Makes h_pq zero: h ← Gᵀ h G, u ← u G.
#[inline(always)]
fn rotate(h: &mut [Lanes], u: &mut [Lanes], m: usize, p: usize, q: usize) {
    let (mut cos, mut sin) = ([1.0; LANES], [0.0; LANES]);
    for l in 0..LANES {
        let off = h[p + m * q][l];
        let theta = (h[q + m * q][l] - h[p + m * p][l]) / (2.0 * off);
        let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
        let c = 1.0 / (t * t + 1.0).sqrt();
        // Nothing to do where the entry is 0 already.
        (cos[l], sin[l]) = if off == 0.0 { (1.0, 0.0) } else { (c, t * c) };
    }
    let turn = |matrix: &mut [Lanes], i: usize, j: usize| {
        let (mut x, mut y) = (matrix[i], matrix[j]);
        for l in 0..LANES {
            (x[l], y[l]) = (cos[l] * x[l] - sin[l] * y[l], sin[l] * x[l] + cos[l] * y[l]);
        }
        (matrix[i], matrix[j]) = (x, y);
    };
    for k in 0..m {
        turn(h, k + m * p, k + m * q);
        turn(u, k + m * p, k + m * q);
    }
    for k in 0..m {
        turn(h, p + m * k, q + m * k);
    }
}

/// L of A Aᵀ = L Lᵀ, both m × m, column by column. NaN if A is singular.
#[pulp::with_simd(cholesky_of_square = Arch::new())]
#[inline(always)]
pub(crate) fn cholesky_of_square_with<S: Simd>(_simd: S, a: &[Lanes], l: &mut [Lanes], m: usize) {
    for j in 0..m {
        for i in j..m {
            let (mut product, mut known) = ([0.0; LANES], [0.0; LANES]);
            (0..m).for_each(|k| add_product(&mut product, &a[i + m * k], &a[j + m * k]));
            (0..j).for_each(|k| add_product(&mut known, &l[i + m * k], &l[j + m * k]));
            let mut rest = product;
            rest.iter_mut().zip(&known).for_each(|(rest, known)| *rest -= known);
            if i == j {
                l[i + m * i] = rest.map(f64::sqrt);
            } else {
                let diagonal = l[j + m * j];
                rest.iter_mut().zip(&diagonal).for_each(|(rest, diagonal)| *rest /= diagonal);
                l[i + m * j] = rest;
            }
        }
    }
}
