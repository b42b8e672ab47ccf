//! Symmetric positive definite systems of a few unknowns, by Cholesky's factor.

/// A square matrix, row by row.
pub(super) type Matrix<const D: usize> = [[f64; D]; D];

/// Cholesky's lower factor; `None` unless the matrix is positive definite.
pub(super) struct Factor<const D: usize>(Matrix<D>);

impl<const D: usize> Factor<D> {
    pub(super) fn of(matrix: &Matrix<D>) -> Option<Self> {
        let mut lower = [[0.0; D]; D];
        for row in 0..D {
            for column in 0..=row {
                let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
                let rest = matrix[row][column] - known;
                lower[row][column] = if row == column { positive_root(rest)? } else { rest / lower[column][column] };
            }
        }
        Some(Self(lower))
    }

    /// The *x* of *matrix · x = right*.
    pub(super) fn solve(&self, right: &[f64; D]) -> [f64; D] {
        let lower = &self.0;
        let mut x = *right;
        for row in 0..D {
            let known: f64 = (0..row).map(|k| lower[row][k] * x[k]).sum();
            x[row] = (x[row] - known) / lower[row][row];
        }
        for row in (0..D).rev() {
            let known: f64 = (row + 1..D).map(|k| lower[k][row] * x[k]).sum();
            x[row] = (x[row] - known) / lower[row][row];
        }
        x
    }

    pub(super) fn ln_determinant(&self) -> f64 {
        (0..D).map(|entry| 2.0 * self.0[entry][entry].ln()).sum()
    }

    pub(super) fn inverse(&self) -> Matrix<D> {
        // Symmetric, so the columns are the rows.
        std::array::from_fn(|column| self.solve(&std::array::from_fn(|row| if row == column { 1.0 } else { 0.0 })))
    }
}

/// *xᵀ · matrix · x*.
pub(super) fn quadratic<const D: usize>(matrix: &Matrix<D>, x: &[f64; D]) -> f64 {
    matrix.iter().zip(x).map(|(row, own)| own * dot(row, x)).sum()
}

pub(super) fn dot<const D: usize>(one: &[f64; D], other: &[f64; D]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn positive_root(value: f64) -> Option<f64> {
    (value.is_finite() && value > 0.0).then(|| value.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_inverts() {
        let matrix = [[4.0, 2.0, 0.6], [2.0, 5.0, 1.0], [0.6, 1.0, 3.0]];
        let factor = Factor::of(&matrix).unwrap();
        let x = factor.solve(&[1.0, 2.0, 3.0]);
        let back: [f64; 3] = std::array::from_fn(|row| dot(&matrix[row], &x));
        assert!(back.iter().zip([1.0, 2.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
        assert!((factor.ln_determinant() - 44.6_f64.ln()).abs() < 1e-12, "{}", factor.ln_determinant().exp());
        assert!((dot(&factor.inverse()[1], &[1.0, 2.0, 3.0]) - x[1]).abs() < 1e-12);
        assert!((quadratic(&matrix, &[1.0, 0.0, 1.0]) - 8.2).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        assert!(Factor::of(&[[1.0, 2.0], [2.0, 1.0]]).is_none());
        assert!(Factor::of(&[[f64::NAN]]).is_none());
    }
}
