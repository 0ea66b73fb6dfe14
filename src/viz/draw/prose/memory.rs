//! Texts that are parsed once, as long as they are shown.

use std::sync::Arc;

use eframe::egui::{Id, Ui};

use super::text::Prose;

/// The Markdown as it was read when it was first shown, with its symbols marked.
pub(crate) fn shared_prose(ui: &Ui, markdown: &str) -> Arc<Prose> {
    let id = Id::unique(("prose", markdown));
    let known = ui.data(|data| data.get_temp::<Arc<Prose>>(id));
    known.unwrap_or_else(|| {
        let prose = Arc::new(Prose::parse(markdown).linked());
        ui.data_mut(|data| data.insert_temp(id, Arc::clone(&prose)));
        prose
    })
}
