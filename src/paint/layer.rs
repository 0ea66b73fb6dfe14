//! Names for the parts of a figure, said between its shapes.
//!
//! egui's shapes have no names. A layer begins with a shape that nothing draws and that carries the name; formats with layers
//! look for it. A window would pass it on to the graphics card, so names are said only where a file is made.

use std::sync::Arc;

use eframe::egui::{Context, Id, PaintCallback, Painter, Rect, Shape};

/// The beginning of a named part, which ends where another one of this or a lower depth begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// How many layers this one is in: 0 or 1.
    pub depth: usize,
    /// The name, for people.
    pub name: String,
}

impl Layer {
    /// From now on what is drawn with `context` has names.
    pub fn keep_names(context: &Context) {
        context.data_mut(|data| data.insert_temp(Self::id(), true));
    }

    /// Whether a figure is being drawn.
    pub fn are_kept(context: &Context) -> bool {
        context.data(|data| data.get_temp(Self::id()).unwrap_or(false))
    }

    /// What follows on `painter` belongs to a layer of that name.
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
