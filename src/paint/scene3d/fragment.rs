//! Fragments of the A-buffer and their colours.

use eframe::egui::Color32;

/// The colour and depth key of a primitive at a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    pub(super) key: f32,
    pub(super) color: Color32,
}

/// A fragment with its sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct SampleFragment {
    pub(super) fragment: Fragment,
    pub(super) sample: u16,
}

/// The last fragment of a curve or silhouette on a sample: its owner and its index in the order of drawing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineFragment {
    pub(super) owner: u32,
    pub(super) drawn: u32,
}

/// Sorts the nearest first, equal depths in the order of drawing.
pub(super) fn sort_by_depth(fragments: &mut [Fragment]) {
    if fragments.len() > 32 {
        return fragments.sort_by(|a, b| a.key.total_cmp(&b.key));
    }
    // Few and often in order: insertion sort beats a call.
    for end in 1..fragments.len() {
        let fragment = fragments[end];
        let mut at = end;
        while at > 0 && fragment.key < fragments[at - 1].key {
            fragments[at] = fragments[at - 1];
            at -= 1;
        }
        fragments[at] = fragment;
    }
}

/// The nearest colour to channels 0–255.
#[inline]
pub(super) fn color32(color: [f32; 4]) -> Color32 {
    let [r, g, b, a] = color.map(byte);
    Color32::from_rgba_premultiplied(r, g, b, a)
}

/// The integer nearest to 0 ≤ v ≤ 255.
#[inline]
pub(super) fn byte(v: f32) -> u8 {
    // Adding 1.5 · 2²³ leaves the integer in the lowest bits. Several channels go in one instruction, unlike in a cast.
    (v + 12_582_912.0).to_bits() as u8
}
