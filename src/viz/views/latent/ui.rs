//! Latent space in one plane, or all pairs of latents as small planes.

use eframe::egui::{Align2, FontId, Rect, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use super::plane::{self, Plane, words};
use crate::viz::context::ViewContext;
use crate::viz::draw::heat::Heat;
use crate::viz::draw::indicatrix::Indicatrices;
use crate::viz::selection::{MOST_IN_PAIRS, Selection};
use crate::viz::theme::{SMALLEST_TEXT, indexed};

/// True if there is more than one pair of latents, and room for all.
pub(super) fn has_pairs(m: usize) -> bool {
    (3..=MOST_IN_PAIRS).contains(&m)
}

/// Draws the view.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let m = context.snapshot.latent_dim();
    if selection.shows_pairs(m) {
        pairs(ui, context, selection, m);
    } else {
        let plane = Plane { axes: selection.axes, is_small: false };
        plane::show(ui, context, selection, plane);
    }
}

/// Room for the names at the left and beneath, in points.
const NAMES: f32 = 20.0;

/// Room between planes.
const GAP: f32 = 4.0;

/// All pairs: one column for each latent but the last, one row for each but the first, so that a pair is there once.
fn pairs(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection, m: usize) {
    let palette = ViewContext::palette(ui);
    let space = ui.available_rect_before_wrap();
    let count = (m - 1) as f32;
    let grid = Rect::from_min_max(space.min + vec2(NAMES, 0.0), space.max - vec2(0.0, NAMES));
    let size = (grid.size() - vec2(GAP, GAP) * (count - 1.0)) / count;
    let cell = |column: usize, row: usize| {
        let offset = vec2(column as f32 * (size.x + GAP), row as f32 * (size.y + GAP));
        Rect::from_min_size(grid.min + offset, size)
    };
    for row in 0..m - 1 {
        for column in 0..=row {
            let axes = [column, row + 1];
            let place = cell(column, row);
            let mut inner = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("latent plane", axes)));
            inner.set_clip_rect(place.intersect(ui.clip_rect()));
            plane::show(&mut inner, context, selection, Plane { axes, is_small: true });
            let is_chosen = selection.axes == axes || selection.axes == [axes[1], axes[0]];
            let stroke = if is_chosen { Stroke::new(1.6, palette.ink) } else { Stroke::new(1.0, palette.rule) };
            ui.painter().rect_stroke(place, 0.0, stroke, StrokeKind::Inside);
        }
    }
    ui.advance_cursor_after_rect(space);
    let font = FontId::proportional(SMALLEST_TEXT);
    let name = |at, anchor, latent: usize| {
        ui.painter().text(at, anchor, indexed("z", latent), font.clone(), palette.latent);
    };
    for k in 0..m - 1 {
        let (beneath, beside) = (cell(k, m - 2), cell(0, k));
        name(pos2(beneath.center().x, space.bottom() - 0.5 * NAMES), Align2::CENTER_CENTER, k);
        name(pos2(space.left() + 0.5 * NAMES, beside.center().y), Align2::CENTER_CENTER, k + 1);
    }

    // The upper right corner is free.
    let heat = Heat::new(context, selection, [0, 1]);
    let corner = cell(1, 0).left_top() + vec2(4.0, 2.0);
    let mut lines: Vec<String> = words(context, selection, heat.is_some()).into_iter().map(str::to_owned).collect();
    lines.extend(Indicatrices::new(context, selection, [0, 1]).as_ref().map(Indicatrices::latent_scale));
    lines.extend(heat.as_ref().map(Heat::scale_name).or_else(|| Heat::refusal(context, selection)));
    for (line, text) in lines.iter().enumerate() {
        let at = corner + vec2(0.0, 16.0 * line as f32);
        ui.painter().text(at, Align2::LEFT_TOP, text, font.clone(), palette.muted);
    }
    if heat.is_some() {
        let bar = Rect::from_min_size(corner + vec2(0.0, 16.0 * lines.len() as f32 + 2.0), vec2(90.0, 9.0));
        Heat::bar(ui.painter(), bar, palette);
    }
}
