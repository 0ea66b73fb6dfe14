//! The identity of a view: its names. What it draws stands in its `ViewSpec`.

use serde::{Serialize, Serializer};

/// A view, told from the others by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct View {
    /// The name in files and on the command line.
    pub name: &'static str,
    /// The name on the screen.
    pub title: &'static str,
    /// The name where there is little room.
    pub short_title: &'static str,
}

impl Serialize for View {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}
