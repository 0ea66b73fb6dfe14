//! Labels: text with a halo, and several of them without overlap.

use std::sync::Arc;

use eframe::egui::{Align, Align2, Color32, Label, Painter, Pos2, Rect, RichText, Ui, Vec2, vec2};

use super::remark::{Remark, remark};
use crate::viz::theme::label_font;

/// Text with a halo of the background's colour.
pub(crate) fn label(painter: &Painter, position: Pos2, anchor: Align2, text: &str, color: Color32, halo: Color32) {
    if text.is_empty() {
        return;
    }
    let galley = painter.layout_no_wrap(text.to_owned(), label_font(), color);
    let corner = anchor.anchor_size(position, galley.size()).min;
    for k in 0..8 {
        let offset = 1.7 * Vec2::angled(std::f32::consts::TAU * k as f32 / 8.0);
        painter.galley_with_override_text_color(corner + offset, Arc::clone(&galley), halo);
    }
    painter.galley(corner, galley, color);
}

/// Says in the middle of a view why there is nothing to see; a figure of that view alone is refused.
pub(crate) fn instead(ui: &mut Ui, sentence: &str) {
    remark(ui, Remark::Nothing(sentence.to_owned()));
    ui.vertical_centered(|ui| {
        ui.add_space(0.42 * ui.available_height());
        ui.add(Label::new(RichText::new(sentence).weak()).wrap().halign(Align::Center));
    });
}

/// The labels of one picture, of which none covers another.
#[derive(Default)]
pub(crate) struct Labels {
    taken: Vec<Rect>,
}

impl Labels {
    /// Labels stay away from this place.
    pub(crate) fn keep_off(&mut self, place: Rect) {
        self.taken.push(place);
    }

    /// Writes at a fixed place, of which other labels stay away.
    pub(crate) fn write(
        &mut self,
        painter: &Painter,
        position: Pos2,
        anchor: Align2,
        text: &str,
        [color, halo]: [Color32; 2],
    ) {
        let size = painter.layout_no_wrap(text.to_owned(), label_font(), color).size();
        self.keep_off(anchor.anchor_size(position, size));
        label(painter, position, anchor, text, color, halo);
    }

    /// Labels stay away from an arrow but for its foot, where arrows meet.
    pub(crate) fn keep_off_arrow(&mut self, from: Pos2, tip: Pos2) {
        const SIDE: f32 = 8.0;
        let count = (from.distance(tip) / SIDE).ceil().clamp(1.0, 200.0);
        for k in (0..=count as usize).filter(|k| *k as f32 >= 0.25 * count) {
            self.keep_off(Rect::from_center_size(from.lerp(tip, k as f32 / count), Vec2::splat(SIDE)));
        }
    }

    /// Labels stay away from a curve, as far as it is near the picture.
    pub(crate) fn keep_off_curve(&mut self, points: impl IntoIterator<Item = Pos2>) {
        const SIDE: f32 = 4.0;
        const MOST: f32 = 500.0;
        let mut points = points.into_iter().filter(|point| point.is_finite());
        let Some(mut from) = points.next() else { return };
        for to in points {
            let count = (from.distance(to) / SIDE).ceil().clamp(1.0, MOST);
            let place = |k: usize| Rect::from_center_size(from.lerp(to, k as f32 / count), Vec2::splat(SIDE));
            self.taken.extend((0..=count as usize).map(place));
            from = to;
        }
    }

    /// Writes around a position if that place is free and in sight.
    pub(crate) fn put_if_free(&mut self, painter: &Painter, position: Pos2, text: &str, color: Color32, halo: Color32) {
        let size = painter.layout_no_wrap(text.to_owned(), label_font(), color).size() + vec2(4.0, -2.0);
        let place = Rect::from_center_size(position, size);
        if painter.clip_rect().contains_rect(place) && !self.taken.iter().any(|taken| taken.intersects(place)) {
            self.taken.push(place);
            label(painter, position, Align2::CENTER_CENTER, text, color, halo);
        }
    }

    /// Writes around a position, or at the free place that is next to it, if there is one.
    pub(crate) fn put(&mut self, painter: &Painter, position: Pos2, text: &str, color: Color32, halo: Color32) {
        let size = painter.layout_no_wrap(text.to_owned(), label_font(), color).size() + vec2(4.0, -2.0);
        // A long one has to go farther to pass by the same thing.
        let stretch = vec2((size.x / 40.0).max(1.0), 1.0);
        let ring = |k: u8| {
            let spoke = move |i: u8| stretch * Vec2::angled(std::f32::consts::TAU * f32::from(i) / 12.0);
            (0..12).map(move |i| position + 7.0 * f32::from(k) * spoke(i))
        };
        let places = std::iter::once(position).chain((1..=7).flat_map(ring));
        // A name at the edge of the picture moves inside; one far outside stays there.
        let area = painter.clip_rect().shrink(2.0);
        let inside = |place: Rect| {
            let beyond = vec2(
                (area.left() - place.left()).max(0.0) + (area.right() - place.right()).min(0.0),
                (area.top() - place.top()).max(0.0) + (area.bottom() - place.bottom()).min(0.0),
            );
            if beyond.length() < place.width() + place.height() { place.translate(beyond) } else { place }
        };
        let places = places.map(|centre| inside(Rect::from_center_size(centre, size)));
        let free = |place: &Rect| !self.taken.iter().any(|taken| taken.intersects(*place));
        // Without a name a mark is still seen; a name over another hides both.
        let Some(place) = places.into_iter().find(free) else { return };
        self.taken.push(place);
        label(painter, place.center(), Align2::CENTER_CENTER, text, color, halo);
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::Context;

    use super::*;

    #[test]
    fn labels_make_way_for_each_other() {
        let ctx = Context::default();
        crate::viz::theme::install(&ctx);
        let mut labels = Labels::default();
        let mut output = ctx.run_ui(eframe::egui::RawInput::default(), |ui| {
            for _ in 0..3 {
                labels.put(ui.painter(), Pos2::new(200.0, 200.0), "s₁u₁", Color32::RED, Color32::WHITE);
            }
        });
        // Nothing is painted.
        output.textures_delta.clear();
        let [a, b, c] = labels.taken.as_slice() else { panic!("three labels") };
        assert!(!a.intersects(*b) && !b.intersects(*c) && !a.intersects(*c));
        assert!((c.center() - a.center()).length() < 30.0, "and stay near");
    }
}
