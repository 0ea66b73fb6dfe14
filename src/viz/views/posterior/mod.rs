//! The posteriors of one observation: learned, optimal, second order, best diagonal, and the exact gap to log p(x).

mod gap;
mod gap_query;
mod numbers;
pub mod query;
mod table;
mod ui;

use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub const SPEC: ViewSpec = ViewSpec {
    view: View { name: "posterior", title: "Posterior", short_title: "Posterior" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Encoder,
    region: Region::Measurements,
    figure_size: (640.0, 600.0),
    least_size: (360.0, 300.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: ui::show,
    tools: ViewSpec::no_tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table: table::table,
};
