//! Latent space: posterior means, the prior's rings, the blue lines through z*, and z* to be dragged, in the plane of one pair of
//! latents or of every pair.

mod plane;
mod table;
mod tools;
mod ui;

use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub const SPEC: ViewSpec = ViewSpec {
    view: View { name: "latent", title: "Latent space", short_title: "Latent" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Decoder,
    region: Region::Latent,
    figure_size: (640.0, 520.0),
    least_size: (160.0, 120.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: ui::show,
    tools: tools::tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table: table::table,
};

pub use plane::nudge;
