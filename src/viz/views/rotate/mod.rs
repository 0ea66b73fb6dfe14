//! The objective over the angle by which the latents are rotated, and the rotation of the living run; or the optimum over β.

pub(crate) mod angle;
mod beta;
mod curve;
mod dial;
pub mod query;
mod table;
mod ui;

use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub const SPEC: ViewSpec = ViewSpec {
    view: View { name: "rotate", title: "Rotate", short_title: "Rotate" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Objective,
    region: Region::Measurements,
    figure_size: (640.0, 520.0),
    least_size: (360.0, 270.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: ui::show,
    tools: ui::tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table: table::table,
};
