//! Decoded pictures pinned along the curves through z\*: the strip of a traversal lies on the manifold and in latent space.

use std::sync::Arc;

use eframe::egui::{Pos2, Rect, Stroke, StrokeKind, Ui, Vec2, vec2};

use super::tile::{Atlas, remember, remembered};
use crate::geometry::Seam;
use crate::viz::context::ViewContext;
use crate::viz::probe::Probe;

/// The longer side of a picture, in points.
const SIDE: f32 = 34.0;

/// Values of the latent at which pictures are pinned, those near the middle first: they keep their place.
const VALUES: [f64; 7] = [0.0, -0.8, 0.8, -1.6, 1.6, -2.4, 2.4];

/// The pictures of one probe.
#[derive(Clone)]
struct Pinned {
    probe: Arc<Probe>,
    atlas: Atlas,
}

/// Draws the pictures of these latents where they cover neither each other nor what is `taken`; `place` gives the place of a point
/// of a seam. Draws nothing if the data are no pictures.
pub(crate) fn draw(
    ui: &Ui,
    context: &ViewContext<'_>,
    rect: Rect,
    latents: &[usize],
    place: impl Fn(&Seam, usize) -> Option<Pos2>,
    taken: &mut Vec<Rect>,
) {
    let Some(format) = &context.projection.pictures else { return };
    let palette = ViewContext::palette(ui);
    let seams: Vec<&Seam> = latents.iter().filter_map(|i| context.probe.seams.get(*i)).collect();
    let at = |k: usize| {
        let seam = seams[k / VALUES.len()];
        let point = seam.t.partition_point(|t| *t < VALUES[k % VALUES.len()]).min(seam.t.len() - 1);
        (seam, point)
    };
    let id = ui.scope_id().with("pinned pictures");
    let before = remembered::<Pinned>(ui, id);
    let known = before.as_ref().filter(|pinned| Arc::ptr_eq(&pinned.probe, context.probe)).cloned();
    let made = || {
        let count = seams.len() * VALUES.len();
        let atlas = Atlas::new(ui, before.as_deref().map(|before| &before.atlas), VALUES.len(), count, |k| {
            let (seam, point) = at(k);
            let values: Vec<f32> = seam.points.column(point).iter().map(|x| *x as f32).collect();
            format.picture(&values)
        });
        let pinned = Arc::new(Pinned { probe: Arc::clone(context.probe), atlas: atlas? });
        remember(ui, id, &pinned);
        Some(pinned)
    };
    let Some(pinned) = known.or_else(made) else { return };
    let [height, width, _] = format.shape.map(|pixels| pixels as f32);
    let size: Vec2 = SIDE / height.max(width).max(1.0) * vec2(width, height);
    let painter = ui.painter_at(rect);
    // Column by column, so that each curve has its middle before another has its ends.
    for value in 0..VALUES.len() {
        for row in 0..seams.len() {
            let k = row * VALUES.len() + value;
            let (seam, point) = at(k);
            let Some(centre) = place(seam, point) else { continue };
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
