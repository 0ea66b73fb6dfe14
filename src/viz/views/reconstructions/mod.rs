//! Reconstructions: held-out observations, their reconstructions d(μ(x)) and the differences.

mod query;
mod table;
mod ui;

use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "reconstructions", title: "Reconstructions", short_title: "Reconstructions" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Encoder,
    region: Region::Densities,
    figure_size: (860.0, 330.0),
    least_size: (360.0, 240.0),
    depends_on: &[Dependency::Step],
    ui: ui::show,
    tools: ui::tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table: table::table,
};
