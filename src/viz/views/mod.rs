//! The views. Adding one is a folder (or file) with its `SPEC`, and a line in [`VIEWS`].

mod checks;
pub mod data;
mod densities;
mod factors;
mod jacobian;
pub mod joint;
pub mod latent;
mod metrics;
pub mod posterior;
mod reconstructions;
pub mod rotate;
mod seeds;
mod slow_marks;
mod training;
pub mod traversal;

use std::sync::OnceLock;

use eframe::egui::KeyboardShortcut;

use super::command::{CommandEntry, UiCommand, commands};
use super::view::View;
use super::view_spec::ViewSpec;

/// All views, in the order of menus, tabs and the command line.
pub const VIEWS: [&ViewSpec; 14] = [
    &data::SPEC,
    &latent::SPEC,
    &densities::SPEC,
    &joint::SPEC,
    &factors::SPEC,
    &traversal::SPEC,
    &reconstructions::SPEC,
    &metrics::SPEC,
    &jacobian::SPEC,
    &posterior::SPEC,
    &rotate::SPEC,
    &training::SPEC,
    &seeds::SPEC,
    &checks::SPEC,
];

/// The identities of all views.
pub fn all_views() -> [View; VIEWS.len()] {
    VIEWS.map(|spec| spec.view)
}

/// The specification of a view.
pub fn spec_of(view: View) -> &'static ViewSpec {
    VIEWS.into_iter().find(|spec| spec.view == view).unwrap_or(VIEWS[0])
}

/// True for views that turn while the dial of φ is dragged.
pub fn turns(view: View) -> bool {
    [data::SPEC.view, latent::SPEC.view, jacobian::SPEC.view].contains(&view)
}

/// The view of that name, also of a name that older files use.
pub fn view_named(name: &str) -> Option<View> {
    VIEWS.into_iter().find(|spec| spec.view.name == name || spec.old_names.contains(&name)).map(|spec| spec.view)
}

/// The table of commands, with an entry for each view.
pub fn command_table() -> &'static [CommandEntry] {
    static TABLE: OnceLock<Vec<CommandEntry>> = OnceLock::new();
    TABLE.get_or_init(|| commands(&all_views()))
}

/// The entry of a command, if it stands in a menu or has a key.
pub fn entry_of(command: &UiCommand) -> Option<&'static CommandEntry> {
    command_table().iter().find(|entry| entry.command == *command)
}

/// The key of a command.
pub fn key_of(command: &UiCommand) -> Option<KeyboardShortcut> {
    entry_of(command)?.shortcut
}
