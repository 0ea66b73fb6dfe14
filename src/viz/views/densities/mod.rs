//! Push-forward densities of the prior along the seams.

mod query;
mod table;
mod ui;

use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "densities", title: "Push-forward densities", short_title: "Densities" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Decoder,
    region: Region::Densities,
    figure_size: (640.0, 520.0),
    least_size: (360.0, 270.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: ui::show,
    tools: ViewSpec::no_tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table: table::table,
};
