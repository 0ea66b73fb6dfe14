//! Layers: named parts of a figure, marked between its shapes.
//!
//! egui's shapes have no names. A layer begins with an invisible shape that carries the name, for formats with layers.
//! A window would pass that shape on to the graphics card, so layers begin only where a file is made.

use std::sync::Arc;

use eframe::egui::{Context, Id, PaintCallback, Painter, Rect, Shape};

/// The beginning of a named part, which ends where another of the same or a lower depth begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The number of layers around this one: 0 or 1.
    pub depth: usize,
    /// The name that drawing programs show.
    pub name: String,
}

impl Layer {
    /// Lets all that is drawn with `context` from now on have names.
    pub fn keep_names(context: &Context) {
        context.data_mut(|data| data.insert_temp(Self::id(), true));
    }

    /// True while a figure is being drawn with `context`.
    pub fn are_kept(context: &Context) -> bool {
        context.data(|data| data.get_temp(Self::id()).unwrap_or(false))
    }

    /// Begins a layer with this name on `painter`.
    pub fn begin(painter: &Painter, depth: usize, name: &str) {
        if Self::are_kept(painter.ctx()) {
            let callback = Arc::new(Self { depth, name: name.to_owned() });
            painter.add(Shape::Callback(PaintCallback { rect: Rect::ZERO, callback }));
        }
    }

    /// The layer that begins with a shape.
    pub(super) fn of(shape: &Shape) -> Option<&Self> {
        if let Shape::Callback(callback) = shape { callback.callback.downcast_ref() } else { None }
    }

    fn id() -> Id {
        Id::unique("figures have layers")
    }
}
