//! The memory that data may take.

use super::file_error::{FileError, Remedy};
use crate::data::FEWEST_ROWS;

/// Bytes that a row needs beside its numbers, measured at 5·10⁷ rows of one number: where it stands in its file, its place in the
/// shuffled order, its code.
pub(in crate::io) const ROW: u64 = 160;

/// Refuses `samples` of `n` numbers, of `width` bytes each, that need more than `room` bytes beside their copy in single precision, in
/// which models are trained.
///
/// # Errors
/// If they need more; the sentence says how many would fit.
pub(in crate::io) fn check_memory(samples: usize, n: usize, width: usize, room: u64) -> Result<(), FileError> {
    let sample = (n as u64).saturating_mul((width + size_of::<f32>()) as u64).saturating_add(ROW);
    let needed = sample.saturating_mul(samples as u64);
    if needed <= room {
        return Ok(());
    }
    let (gigabytes, fit) = (needed as f64 / 1e9, room / sample);
    let larger = format!(
        "{samples} rows of {n} numbers need {gigabytes:.1} GB, more than {:.1} GB (--memory allows more)",
        room as f64 / 1e9
    );
    let error = FileError::new(format_args!("{larger}; use a part, as --rows {fit}"));
    Err(if fit >= FEWEST_ROWS as u64 { error.with_remedy(Remedy::Rows(fit as usize)) } else { error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_said() {
        let row = 784 * 8 + ROW;
        assert_eq!(check_memory(1000, 784, 4, 1000 * row), Ok(()));
        let sentence = check_memory(1000, 784, 4, 1000 * row - 1).unwrap_err().to_string();
        assert!(
            sentence.contains("1000 rows of 784 numbers need 0.0 GB") && sentence.ends_with("--rows 999"),
            "{sentence}"
        );
        let remedy = |room| check_memory(1000, 784, 4, room).unwrap_err().remedy().cloned();
        assert_eq!(remedy(1000 * row - 1), Some(Remedy::Rows(999)));
        assert_eq!(remedy(row), None, "one row is too few to learn from");
        assert!(check_memory(1000, 10, 8, 1000 * 80).is_err());
        // dSprites in 12 GB: bytes, their copy, and rows.
        let sentence = check_memory(737_280, 4096, 1, 12_000_000_000).unwrap_err().to_string();
        assert!(sentence.contains("need 15.2 GB") && sentence.ends_with("--rows 581395"), "{sentence}");
        assert!(check_memory(usize::MAX, usize::MAX / 8, 4, u64::MAX - 1).is_err());
    }
}
