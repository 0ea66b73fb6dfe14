//! The pointer while the zoom changes, and a ring around the control that has the keyboard.

use eframe::egui::{Context, Event, Id, LayerId, Order, Pos2, Stroke, StrokeKind};

use crate::viz::theme::Palette;

/// Places of the pointer in points of a zoom that is over: until it moves, the system tells them as they were.
#[derive(Clone, Copy, Debug)]
pub(super) struct PointerScale {
    zoom: f32,
    /// Factor from the places that are told to those in the present zoom.
    factor: f32,
}

impl Default for PointerScale {
    fn default() -> Self {
        Self { zoom: 1.0, factor: 1.0 }
    }
}

impl PointerScale {
    /// Mends the events of a frame: a click that follows a change of zoom hits what is under the pointer now.
    pub(super) fn mend(&mut self, zoom: f32, events: &mut Vec<Event>, pointer: Option<Pos2>) {
        let mut moved = None;
        if zoom != self.zoom {
            self.factor *= self.zoom / zoom;
            moved = pointer.map(|at| Event::PointerMoved((at.to_vec2() * (self.zoom / zoom)).to_pos2()));
            self.zoom = zoom;
        }
        for event in events.iter_mut() {
            match event {
                Event::PointerMoved(_) => self.factor = 1.0,
                Event::PointerButton { pos, .. } => *pos = (pos.to_vec2() * self.factor).to_pos2(),
                _ => {}
            }
        }
        events.splice(0..0, moved);
    }
}

/// A ring around the control that has the keyboard, also around those that have no frame of their own. A text has a caret.
pub(super) fn focus_ring(ctx: &Context) {
    let Some(response) = ctx.memory(|memory| memory.focused()).and_then(|id| ctx.read_response(id)) else { return };
    let seen = response.interact_rect;
    if ctx.text_edit_focused() || !seen.is_positive() {
        return;
    }
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("focus ring")));
    let ring = Stroke::new(1.5, Palette::of(&ctx.global_style().visuals).ink);
    painter.rect_stroke(seen.expand(1.0), 3.0, ring, StrokeKind::Outside);
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Modifiers, PointerButton, pos2};

    use super::*;

    fn click(pos: Pos2) -> Event {
        Event::PointerButton { pos, button: PointerButton::Primary, pressed: true, modifiers: Modifiers::NONE }
    }

    #[test]
    fn a_click_after_a_change_of_zoom_is_where_the_pointer_is() {
        let mut scale = PointerScale::default();
        let place = pos2(300.0, 20.0);
        let mut events = vec![click(place)];
        scale.mend(2.0, &mut events, Some(place));
        let there = pos2(150.0, 10.0);
        assert_eq!(events, [Event::PointerMoved(there), click(there)]);
        // Until it moves, the system tells the old place.
        let mut events = vec![click(place)];
        scale.mend(2.0, &mut events, Some(there));
        assert_eq!(events, [click(there)]);
        let mut events = vec![Event::PointerMoved(place), click(place)];
        scale.mend(2.0, &mut events, Some(there));
        assert_eq!(events, [Event::PointerMoved(place), click(place)]);
    }
}
