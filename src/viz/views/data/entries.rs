//! The legend of data space.

use eframe::egui::Stroke;

use crate::viz::context::ViewContext;
use crate::viz::draw::legend::{LegendEntry, Sample};
use crate::viz::observations::share_drawn;
use crate::viz::selection::Selection;
use crate::viz::theme::{CURVE_WIDTH, Palette, TRUTH_DASHES, dashes};

/// The width of the images of latent circles, in points.
pub(super) const ELLIPSE_WIDTH: f32 = 1.3;

/// The kinds of marks that are shown, the most important first.
pub(super) fn entries(context: &ViewContext<'_>, selection: &Selection, palette: &Palette) -> Vec<LegendEntry> {
    let layers = selection.layers;
    let three = context.projection.dims() == 3;
    let is_model = context.snapshot.config.origin.model().is_some();
    let has_truth = layers.truth && context.probe.truth().is_some();
    let line = LegendEntry::new;
    let points = if is_model { "samples" } else { "held-out" };
    let points_help = if is_model {
        "Samples of the model, x = d(z)"
    } else {
        "Held-out observations. Click one: z* goes to its posterior mean"
    };
    [
        layers.seams.then(|| {
            let sample = Sample::Line(Stroke::new(CURVE_WIDTH, palette.image), dashes(0));
            line(sample, "image lines", "Images of the blue lines through z* under the decoder: they meet at d(z*)")
        }),
        layers.data.then(|| LegendEntry {
            count: share_drawn(context.snapshot),
            ..line(Sample::Dot(palette.point), points, points_help)
        }),
        (layers.surface && three && context.probe.has_surface()).then(|| {
            line(Sample::Area(palette.surface), "decoder", "The decoder's image of the latent plane through z*")
        }),
        (layers.ellipses && context.probe.has_surface()).then(|| {
            let sample = Sample::Line(Stroke::new(ELLIPSE_WIDTH, palette.image), &[]);
            line(sample, "ellipses", "Images J δz of latent circles, with the semi-axes r sᵢ along uᵢ")
        }),
        has_truth.then(|| {
            let sample = Sample::Line(Stroke::new(CURVE_WIDTH + 1.0, palette.truth), TRUTH_DASHES);
            line(sample, "truth", "True seams of the map that generated the data, each with the name of its factor")
        }),
        (layers.grid && !three && context.probe.has_surface()).then(|| {
            let sample = Sample::Line(Stroke::new(1.2, palette.surface), &[]);
            line(sample, "decoder grid", "Images of the lines of a latent grid, one prior standard deviation apart")
        }),
        Some(line(Sample::Ring(palette.image), "d(z*)", "The image of z*")),
    ]
    .into_iter()
    .flatten()
    .collect()
}
