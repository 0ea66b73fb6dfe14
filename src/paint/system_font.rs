//! Fonts of the system, for characters that the fonts of the program lack.

use std::sync::OnceLock;

use eframe::epaint::text::{FallbackRequest, FontInsert, FontProvider as _};
use egui_system_font_provider::SystemFontProvider;

/// A font of the system that has the first character of the request. The fonts are listed once, and only if there is such a character.
pub fn system_font(request: &FallbackRequest<'_>) -> Option<FontInsert> {
    static SYSTEM: OnceLock<SystemFontProvider> = OnceLock::new();
    SYSTEM.get_or_init(SystemFontProvider::new).font_for(request)
}
