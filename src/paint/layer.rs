//! Layers: named parts of a figure, marked between its shapes.
//!
//! egui's shapes have no names. A layer begins with an invisible shape that carries the name, for formats with layers.
//! A window would pass that shape on to the graphics card, so only figures have layers.

use std::sync::Arc;

use eframe::egui::{PaintCallback, Painter, Rect, Shape};

/// The beginning of a named part, which ends where another of the same or a lower depth begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The number of layers around this one: 0 or 1.
    pub depth: usize,
    /// The name that drawing programs show.
    pub name: String,
}

impl Layer {
    /// Begins a layer with this name on `painter`. Call it only while a figure is drawn.
    pub fn begin(painter: &Painter, depth: usize, name: &str) {
        let callback = Arc::new(Self { depth, name: name.to_owned() });
        painter.add(Shape::Callback(PaintCallback { rect: Rect::ZERO, callback }));
    }

    /// The layer that begins with a shape.
    pub(super) fn of(shape: &Shape) -> Option<&Self> {
        if let Shape::Callback(callback) = shape { callback.callback.downcast_ref() } else { None }
    }
}
