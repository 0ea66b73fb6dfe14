//! Panes of a layout: a view of one of the runs.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::viz::view::View;
use crate::viz::views::view_named;

/// A view of one of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pane {
    /// The view.
    #[serde(deserialize_with = "read_view")]
    pub view: View,
    /// The run: 0, or 1 for the second one of two.
    #[serde(rename = "side")]
    pub run: usize,
}

/// Reads a view by its name.
fn read_view<'de, D: Deserializer<'de>>(deserializer: D) -> Result<View, D::Error> {
    let name = String::deserialize(deserializer)?;
    view_named(&name).ok_or_else(|| D::Error::custom(format_args!("there is no view '{name}'")))
}

/// Reads a view by its name, if there is one.
pub(super) fn read_optional_view<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<View>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    let view =
        |name: String| view_named(&name).ok_or_else(|| D::Error::custom(format_args!("there is no view '{name}'")));
    name.map(view).transpose()
}
