//! Drawing: axes, marks, labels and heat maps of plots; formulas and prose.

pub(crate) mod axes;
pub(crate) mod color_bar;
pub(crate) mod colors;
pub(crate) mod ellipse;
pub(crate) mod file_values;
pub(crate) mod focus_in_sight;
pub mod formula;
pub(crate) mod heat;
pub(crate) mod hover;
pub(crate) mod indicatrix;
pub(crate) mod labels;
pub(crate) mod legend;
pub(crate) mod matrix;
pub(crate) mod number;
pub(crate) mod pinned;
pub(crate) mod plot_painter;
pub(crate) mod points;
pub(crate) mod polyline;
pub mod prose;
pub(crate) mod remark;
pub(crate) mod singular;
pub(crate) mod tile;
pub(crate) mod zoom;
