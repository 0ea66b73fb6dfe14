//! Rows that set something, or say why not.

use super::row::{PaletteContext, PaletteRow, RowAction};
use crate::experiment::Command;
use crate::viz::command::UiCommand;

/// A row with a command and its value in words, or with the reason why there is none.
pub(super) fn one(
    context: &PaletteContext<'_>,
    label: &str,
    read: Result<(String, UiCommand), String>,
) -> Vec<PaletteRow> {
    vec![match read {
        Ok((value, command)) => context.row(format!("{label} {value}"), String::new(), "", command),
        Err(reason) => refused(label, reason),
    }]
}

/// A row that does nothing, for a reason.
pub(super) fn refused(label: &str, reason: String) -> PaletteRow {
    PaletteRow { label: label.to_owned(), note: String::new(), help: String::new(), action: RowAction::Refuse(reason) }
}

/// The row of a change of the active run, checked as the run will check it.
pub(super) fn change(context: &PaletteContext<'_>, [name, label]: [&str; 2], value: &str) -> Vec<PaletteRow> {
    let decimal = if ["rotate", "regularizer"].contains(&name) { value.to_owned() } else { value.replace(',', ".") };
    let read = || {
        let command: Command =
            format!("{name}={decimal}").replace('−', "-").parse().map_err(|error| format!("{error}"))?;
        command.check(context.architecture).map_err(|error| error.to_string())?;
        let settings = command.applied_to(*context.settings);
        settings.validate(context.samples).map_err(|error| error.to_string())?;
        settings.check_regularizer(context.architecture, context.threads).map_err(|error| error.to_string())?;
        if let Command::Rotate(rotation) = command {
            return Ok((format!("by {}°", rotation.degrees), UiCommand::RotateLatents(rotation)));
        }
        let before = command.current(context.settings).map_or(String::new(), Command::value);
        Ok((format!("{before} → {}", command.value()), UiCommand::Change(command)))
    };
    one(context, label, read())
}
