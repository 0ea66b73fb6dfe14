//! Scrolls to what has the keyboard.

use eframe::egui::{Response, Ui};

/// Scrolls what has just got the keyboard into sight; to be called at the end of what a scroll area contains.
pub(crate) fn keep_focus_in_sight(ui: &Ui) {
    let focused = ui.memory(|memory| memory.focused());
    let response = focused.and_then(|id| ui.ctx().read_response(id));
    let Some(response) = response.filter(Response::gained_focus) else { return };
    let is_inside = response.layer_id == ui.layer_id() && ui.min_rect().contains_rect(response.rect);
    if is_inside && !ui.clip_rect().contains_rect(response.rect) {
        ui.scroll_to_rect(response.rect.expand(MARGIN), None);
    }
}

/// The room that is left around it, in points.
const MARGIN: f32 = 8.0;
