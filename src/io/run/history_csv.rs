//! The history of a run as CSV, in `history.csv` and in session files.

use std::sync::Arc;

use crate::experiment::{Config, LoggedCommand, Row};
use crate::io::file_error::FileError;

/// The rows for `m` latents under a line of names.
pub(super) fn history_csv<'a>(rows: impl Iterator<Item = &'a Row>, m: usize) -> String {
    let lines = std::iter::once(Row::header(m)).chain(rows.map(Row::fields));
    lines.map(|fields| format!("{}\n", fields.join(","))).collect()
}

/// Reads [`history_csv`]. Optimiser and regulariser of a row, and whether σ² is learned, follow from the commands before it.
///
/// # Errors
/// If a line is no row.
pub(super) fn parse_history(
    text: &str,
    m: usize,
    config: &Config,
    log: &[LoggedCommand],
) -> Result<Vec<Arc<Row>>, FileError> {
    let header: Vec<&str> = text.lines().next().unwrap_or_default().split(',').collect();
    let row = |(i, line): (usize, &str)| {
        let fields: Vec<&str> = line.split(',').collect();
        let wrong = || FileError::new(format_args!("line {}: this is no row of a history", i + 1));
        let mut row = Row::read(&header, &fields, m).ok_or_else(wrong)?;
        let before = log.iter().take_while(|logged| logged.step < row.step);
        let settings = before.fold(config.settings(), |settings, logged| logged.command.applied_to(settings));
        row.settings.optimizer.kind = settings.optimizer.kind;
        row.settings.objective.regularizer = settings.objective.regularizer;
        row.settings.objective.learns_sigma2 = settings.objective.learns_sigma2;
        Ok(Arc::new(row))
    };
    text.lines().enumerate().skip(1).map(row).collect()
}
