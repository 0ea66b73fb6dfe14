//! Remarks of views about a figure, as an error or a note.

use super::error::CliError;
use super::output::print_note;
use crate::viz::draw::remark::Remark;

/// Refuses a figure of a view that has nothing to show of any of so many runs; says what was left out of another.
pub(super) fn judge(remarks: &[Remark], runs: usize) -> Result<(), CliError> {
    let nothing = remarks.iter().filter_map(|remark| match remark {
        Remark::Nothing(reason) => Some(plain(reason)),
        Remark::LeftOut(_) => None,
    });
    let reasons: Vec<&str> = nothing.collect();
    if let Some(reason) = reasons.last().filter(|_| reasons.len() == runs) {
        return Err(CliError::Input(format!("there is nothing to draw: {reason}")));
    }
    let mut left_out: Vec<&str> = Vec::new();
    for remark in remarks {
        if let Remark::LeftOut(what) = remark
            && !left_out.contains(what)
        {
            left_out.push(what);
        }
    }
    if !left_out.is_empty() {
        print_note(&format!("there is no room for {}; choose a larger --size to have all", left_out.join(" and ")));
    }
    Ok(())
}

/// The reason for a "–" without the dash and its brackets.
fn plain(reason: &str) -> &str {
    reason.strip_prefix("– (").and_then(|rest| rest.strip_suffix(')')).unwrap_or(reason)
}
