//! Decoded pictures pinned along the curves through z\*: the strip of a traversal lies on the manifold and in latent space.

use std::sync::Arc;

use eframe::egui::{Pos2, Rect, Stroke, StrokeKind, Ui, Vec2, vec2};

use super::tile::{Atlas, remember, remembered};
use crate::linalg::Matrix;
use crate::viz::context::ViewContext;
use crate::viz::probe::Probe;
use crate::viz::traversal::decode_along;

/// The longer side of a picture, in points.
const SIDE: f32 = 34.0;

/// Values of the latent at which pictures are pinned, those near the middle first: they keep their place.
const VALUES: [f64; 7] = [0.0, -0.8, 0.8, -1.6, 1.6, -2.4, 2.4];

/// The pictures of one probe.
#[derive(Clone)]
struct Pinned {
    probe: Arc<Probe>,
    latents: Vec<usize>,
    /// Decodings (n), latent by latent.
    decodings: Matrix<f32>,
    atlas: Atlas,
}

/// Draws the pictures of these latents where they cover neither each other nor what is `taken`; `place` gives the place of a
/// value of a latent with its decoding (n). Draws nothing if the data are no pictures.
pub(crate) fn draw(
    ui: &Ui,
    context: &ViewContext<'_>,
    rect: Rect,
    latents: &[usize],
    place: impl Fn(usize, f64, &[f32]) -> Option<Pos2>,
    taken: &mut Vec<Rect>,
) {
    let Some(format) = &context.projection.pictures else { return };
    let palette = ViewContext::palette(ui);
    let id = ui.scope_id().with("pinned pictures");
    let before = remembered::<Pinned>(ui, id);
    let is_current = |pinned: &&Arc<Pinned>| Arc::ptr_eq(&pinned.probe, context.probe) && pinned.latents == latents;
    let known = before.as_ref().filter(is_current).cloned();
    let made = || {
        let places = latents.iter().flat_map(|i| VALUES.map(|value| (*i, value)));
        let decodings = decode_along(context.probe.snapshot(), context.probe.z(), places);
        let before = before.as_deref().map(|before| &before.atlas);
        let atlas = Atlas::new(ui, before, VALUES.len(), decodings.columns(), |k| format.picture(decodings.column(k)));
        let (probe, latents) = (Arc::clone(context.probe), latents.to_vec());
        let pinned = Arc::new(Pinned { probe, latents, decodings, atlas: atlas? });
        remember(ui, id, &pinned);
        Some(pinned)
    };
    let Some(pinned) = known.or_else(made) else { return };
    let [height, width, _] = format.shape.map(|pixels| pixels as f32);
    let size: Vec2 = SIDE / height.max(width).max(1.0) * vec2(width, height);
    let painter = ui.painter_at(rect);
    // Column by column, so that each curve has its middle before another has its ends.
    for (column, value) in VALUES.into_iter().enumerate() {
        for (row, latent) in latents.iter().enumerate() {
            let k = row * VALUES.len() + column;
            let Some(centre) = place(*latent, value, pinned.decodings.column(k)) else { continue };
            let frame = Rect::from_center_size(centre, size);
            let room = frame.expand(1.5);
            if !rect.contains_rect(room) || taken.iter().any(|other| other.intersects(room)) {
                continue;
            }
            taken.push(room);
            pinned.atlas.draw(&painter, frame, k);
            painter.rect_stroke(frame, 0.0, Stroke::new(1.2, palette.image), StrokeKind::Outside);
        }
    }
}
