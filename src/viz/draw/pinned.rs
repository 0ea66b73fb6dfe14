//! Decoded pictures pinned along the curves through z\*: the strip of a traversal lies on the manifold and in latent space.

use std::sync::Arc;

use eframe::egui::{Pos2, Rect, Stroke, StrokeKind, Ui, Vec2, vec2};

use super::tile::{Atlas, remember, remembered};
use crate::viz::context::ViewContext;
use crate::viz::picture::PictureFormat;
use crate::viz::probe::Probe;
use crate::viz::traversal::decode_along;

/// The longer side of a picture, in points, and its share of the shorter side of the view where that is small.
const SIDE: [f32; 2] = [34.0, 0.1];

/// Values of the latent at which pictures are pinned where there is room for them. Those near the middle come first and so keep
/// their place; those between them fill gaps.
const VALUES: [f64; 13] = [0.0, -0.8, 0.8, -1.6, 1.6, -2.4, 2.4, -0.4, 0.4, -1.2, 1.2, -2.0, 2.0];

/// The pictures of one probe.
#[derive(Clone)]
struct Pinned {
    probe: Arc<Probe>,
    /// The latents and values at which they are decoded.
    places: Vec<(usize, f64)>,
    atlas: Atlas,
}

/// Draws the pictures of these latents where they cover neither each other nor what is `taken`, which grows by their places; `place`
/// gives the place of a value of a latent. Draws nothing if the data are no pictures.
pub(crate) fn draw(
    ui: &Ui,
    context: &ViewContext<'_>,
    rect: Rect,
    latents: &[usize],
    place: impl Fn(usize, f64) -> Option<Pos2>,
    taken: &mut Vec<Rect>,
) {
    let Some(format) = &context.projection.pictures else { return };
    let [height, width, _] = format.shape.map(|pixels| pixels as f32);
    let side = SIDE[0].min(SIDE[1] * rect.width().min(rect.height()));
    let size: Vec2 = side / height.max(width).max(1.0) * vec2(width, height);
    let mut frames = Vec::new();
    // Value by value, so that each curve has its middle before another has its ends.
    for (value, latent) in VALUES.into_iter().flat_map(|value| latents.iter().map(move |latent| (value, *latent))) {
        let Some(centre) = place(latent, value) else { continue };
        let frame = Rect::from_center_size(centre, size);
        let room = frame.expand(1.5);
        if rect.contains_rect(room) && !taken.iter().any(|other| other.intersects(room)) {
            taken.push(room);
            frames.push(((latent, value), frame));
        }
    }
    let places: Vec<(usize, f64)> = frames.iter().map(|(place, _)| *place).collect();
    let Some(pinned) = pinned(ui, context, format, places) else { return };
    let (painter, palette) = (ui.painter_at(rect), ViewContext::palette(ui));
    for (k, (_, frame)) in frames.into_iter().enumerate() {
        pinned.atlas.draw(&painter, frame, k);
        painter.rect_stroke(frame, 0.0, Stroke::new(1.2, palette.image), StrokeKind::Outside);
    }
}

/// The pictures at these places: those of the frame before if nothing has changed.
fn pinned(
    ui: &Ui,
    context: &ViewContext<'_>,
    format: &PictureFormat,
    places: Vec<(usize, f64)>,
) -> Option<Arc<Pinned>> {
    let id = ui.scope_id().with("pinned pictures");
    let before = remembered::<Pinned>(ui, id);
    let is_current = |pinned: &&Arc<Pinned>| Arc::ptr_eq(&pinned.probe, context.probe) && pinned.places == places;
    if let Some(known) = before.as_ref().filter(is_current) {
        return Some(Arc::clone(known));
    }
    let decodings = decode_along(context.probe.snapshot(), context.probe.z(), places.iter().copied());
    let before = before.as_deref().map(|before| &before.atlas);
    let atlas = Atlas::new(ui, before, VALUES.len(), decodings.columns(), |k| format.picture(decodings.column(k)))?;
    let pinned = Arc::new(Pinned { probe: Arc::clone(context.probe), places, atlas });
    remember(ui, id, &pinned);
    Some(pinned)
}
