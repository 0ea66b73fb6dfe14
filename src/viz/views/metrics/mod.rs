//! Metrics: each number with its history, chance level and optimum, and its definition behind "?".

mod about;
mod definitions;
mod metric;
mod ui;

use definitions::{HOLONOMY, METRICS};

use crate::viz::glossary::entry::GlossaryEntry;
use crate::viz::history_table::history_table;
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "metrics", title: "Metrics", short_title: "Metrics" },
    old_names: &["gauges"],
    is_shared: false,
    needs: Needs::Decoder,
    region: Region::Measurements,
    figure_size: (640.0, 520.0),
    least_size: (360.0, 300.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: ui::show,
    tools: ViewSpec::no_tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table: history_table,
};

/// The metrics as entries of the glossary.
pub(super) fn glossary_entries() -> impl Iterator<Item = GlossaryEntry> {
    METRICS.iter().chain([&HOLONOMY]).map(|metric| GlossaryEntry {
        name: metric.name,
        also: metric.also,
        definition: metric.definition.unwrap_or(metric.formula),
        source: metric.source,
        words: metric.words,
    })
}
