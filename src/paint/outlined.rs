//! Fonts that nobody has installed.

/// Font families whose name begins so are written to SVG as outlines: their text would be unreadable in any other font.
pub const OUTLINED_FAMILY: &str = "outlined ";
