//! Presenter mode: what it shows, and what lies over the views in it.

use eframe::egui::{Area, Color32, Context, Id, Order, Rect, Sense, Stroke, pos2};

/// What presenter mode shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Presenter {
    /// The screen is black.
    pub(super) is_blank: bool,
    /// All but a circle around the pointer is dark.
    pub(super) has_spotlight: bool,
    /// What was running when everything was held.
    pub(super) frozen: Option<Frozen>,
}

/// What goes on when it is no longer held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frozen {
    pub(super) was_running: bool,
    pub(super) motion: Option<crate::viz::motion::Motion>,
}

/// The radius of the spotlight as a share of the lower side of the window.
const SPOT: f32 = 0.16;

/// Covers the window with black, but for the spotlight. A black screen takes the pointer, too.
pub(super) fn cover(ctx: &Context, presenter: &Presenter) {
    let screen = ctx.content_rect();
    if presenter.is_blank {
        let area = Area::new(Id::unique("blank screen")).order(Order::Tooltip).fixed_pos(screen.min);
        area.show(ctx, |ui| {
            let (place, _) = ui.allocate_exact_size(screen.size(), Sense::click_and_drag());
            ui.painter().rect_filled(place, 0.0, Color32::BLACK);
        });
        return;
    }
    if let Some(pointer) = ctx.pointer_latest_pos().filter(|_| presenter.has_spotlight) {
        let radius = SPOT * screen.size().min_elem();
        // A ring that reaches beyond the window wherever the pointer is.
        let width = 2.0 * screen.size().length();
        let painter = ctx.layer_painter(eframe::egui::LayerId::new(Order::Tooltip, Id::unique("spotlight")));
        let everywhere = Rect::from_min_max(pos2(-width, -width), pos2(2.0 * width, 2.0 * width));
        let painter = painter.with_clip_rect(everywhere);
        painter.circle_stroke(pointer, radius + 0.5 * width, Stroke::new(width, Color32::from_black_alpha(150)));
    }
}
