//! Traversals: a row of decodings for each latent, which alone differs along it; z\* is the middle column.

mod strips;
mod table;
mod ui;

use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub const SPEC: ViewSpec = ViewSpec {
    view: View { name: "traversals", title: "Traversals", short_title: "Traversals" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Decoder,
    region: Region::Densities,
    figure_size: (860.0, 480.0),
    least_size: (360.0, 200.0),
    depends_on: &[Dependency::Latent, Dependency::Step, Dependency::Rows],
    ui: ui::show,
    tools: ui::tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table: table::table,
};
