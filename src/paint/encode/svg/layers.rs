//! Layers as nested SVG groups with names.

use super::markup::Element;
use crate::paint::layer::Layer;
use std::collections::BTreeMap;

/// The layers of an SVG file being written.
#[derive(Default)]
pub(super) struct LayerStack {
    open: Vec<LayerGroup>,
    /// The number of layers that have begun under each id.
    ids: BTreeMap<String, usize>,
}

/// An open layer.
struct LayerGroup {
    id: String,
    /// The byte at which its tag starts.
    start: usize,
    /// The byte after its tag. A group without content is removed.
    content: usize,
}

impl LayerStack {
    /// Begins a group with the name of the layer, inside the group of the layer that it is part of.
    pub(super) fn open(&mut self, out: &mut String, layer: &Layer) {
        let own = identifier(&layer.name);
        let id = self.open.last().map_or_else(|| own.clone(), |outer| format!("{}-{own}", outer.id));
        let count = self.ids.entry(id.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { id } else { format!("{id}-{count}") };
        let start = out.len();
        Element::new(out, "g")
            .text("id", &id)
            .text("inkscape:groupmode", "layer")
            .text("inkscape:label", &layer.name)
            .open();
        self.open.push(LayerGroup { id, start, content: out.len() });
    }

    /// Ends the groups of layers of this depth and more.
    pub(super) fn close(&mut self, out: &mut String, depth: usize) {
        while self.open.len() > depth
            && let Some(group) = self.open.pop()
        {
            if out.len() == group.content {
                out.truncate(group.start);
            } else {
                out.push_str("</g>\n");
            }
        }
    }
}

/// The letters and digits of a name, joined by hyphens, as an id may have them.
fn identifier(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id = words.collect::<Vec<_>>().join("-").to_lowercase();
    if id.starts_with(|c: char| c.is_ascii_alphabetic()) { id } else { format!("layer-{id}") }
}
