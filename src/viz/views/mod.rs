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
use super::glossary::entry::GlossaryEntry;
use super::glossary::terms::TERMS;
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

/// The glossary: the argument first, then the metrics in their order.
pub(crate) fn glossary() -> &'static [GlossaryEntry] {
    static TABLE: OnceLock<Vec<GlossaryEntry>> = OnceLock::new();
    TABLE.get_or_init(|| TERMS.into_iter().chain(metrics::glossary_entries()).collect())
}

/// The entry of a command, if it stands in a menu or has a key.
pub fn entry_of(command: &UiCommand) -> Option<&'static CommandEntry> {
    command_table().iter().find(|entry| entry.command == *command)
}

/// The key of a command.
pub fn key_of(command: &UiCommand) -> Option<KeyboardShortcut> {
    entry_of(command)?.shortcut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::draw::formula::typeset::check_formula;
    use crate::viz::draw::prose::text::Prose;

    #[test]
    fn every_formula_of_the_glossary_can_be_shown_and_every_name_is_its_own() {
        let table = glossary();
        for (k, entry) in table.iter().enumerate() {
            for tex in Prose::parse(entry.definition).formulas() {
                check_formula(tex).unwrap_or_else(|reason| panic!("{}: {tex}: {reason}", entry.name));
            }
            assert!(!entry.definition.is_empty() && !entry.source.is_empty(), "{}", entry.name);
            assert!(table[..k].iter().all(|other| other.name != entry.name), "{} stands twice", entry.name);
        }
    }

    /// The names of legends stand in the source as literals.
    #[test]
    fn every_name_of_a_legend_has_an_entry() {
        let sources = [
            include_str!("data/entries.rs"),
            include_str!("densities/ui.rs"),
            include_str!("jacobian/circles.rs"),
            include_str!("jacobian/mod.rs"),
            include_str!("joint/ui.rs"),
            include_str!("latent/plane.rs"),
        ];
        let mut names: Vec<&str> = Vec::new();
        for source in sources {
            for start in
                ["LegendEntry::new(", "LegendEntry::line(", "line(sample,", "line(Sample::", "entry(", "entry(Sample::"]
            {
                for (at, _) in source.match_indices(start) {
                    // The first literal in the call.
                    let literal = source[at..].split('"').nth(1).unwrap_or_default();
                    if literal.len() < 20 && !names.contains(&literal) {
                        names.push(literal);
                    }
                }
            }
        }
        assert!(names.len() > 20, "{names:?}");
        let missing = names.iter().filter(|name| !glossary().iter().any(|entry| entry.is_called(name)));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn every_named_number_and_every_quantity_of_the_map_has_an_entry() {
        use crate::geometry::MapQuantity;
        use crate::viz::number_name as n;
        let numbers = [
            n::CONTRAST_HERE,
            n::MEAN_CONTRAST,
            n::PRIOR_CONTRAST,
            n::GAP_HERE,
            n::MEAN_GAP,
            n::MINIBATCH_ELBO,
            n::RECENT_ELBO,
            n::HELD_OUT_ELBO,
            n::MINIBATCH_OBJECTIVE,
            n::RECENT_OBJECTIVE,
            n::HELD_OUT_OBJECTIVE,
        ];
        for name in numbers.into_iter().map(|number| number.name).chain(MapQuantity::ALL.map(MapQuantity::name)) {
            assert!(glossary().iter().any(|entry| entry.is_called(name)), "{name}");
        }
    }
}
