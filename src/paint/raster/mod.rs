//! Rasterisation of egui's triangles on the CPU, and egui without a window.

pub(super) mod canvas;
pub(super) mod offscreen;
pub(super) mod rasterizer;
pub(super) mod texture;
