//! Data space: observations, the decoder's surface, the red curves through d(z*), the local basis.

mod angle;
mod box_axes;
mod emphasis;
mod entries;
mod morph;
mod notes;
mod plane;
mod scene;
mod space;
mod table;
mod thumbnails;
mod tools;
mod ui;

use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub const SPEC: ViewSpec = ViewSpec {
    view: View { name: "data", title: "Data space", short_title: "Data" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Decoder,
    region: Region::Data,
    figure_size: (640.0, 520.0),
    least_size: (160.0, 120.0),
    depends_on: &[Dependency::Latent, Dependency::Step, Dependency::Camera, Dependency::Morph],
    ui: ui::show,
    tools: tools::tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ui::is_three_dimensional,
    table: table::table,
};

pub use space::pose_camera;
