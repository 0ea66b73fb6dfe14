//! The heat map of a quantity over the latent plane and its image, on one scale for both runs.

use std::sync::Arc;

use eframe::egui::{Align2, Color32, Painter, Rect, pos2, vec2};

use super::color_bar::color_bar;
use super::labels::label;
use super::number::number;
use super::plot_painter::PlotPainter;
use crate::viz::context::ViewContext;
use crate::viz::field_query::{Field, FieldQuery, SIDE};
use crate::viz::latent_grid::{RANGE, grid_values};
use crate::viz::selection::Selection;
use crate::viz::theme::{Palette, label_font};

/// The height of the scale with its name, in points.
pub(crate) const SCALE_HEIGHT: f32 = 32.0;

/// A map with the end of its scale.
#[derive(Clone, Debug)]
pub(crate) struct Heat {
    fields: Arc<Vec<Field>>,
    /// The place of the plane's among them.
    place: usize,
    /// The field has the axes the other way round.
    is_swapped: bool,
    high: f64,
}

impl Heat {
    /// The map of a plane that was chosen, if there is one yet. All shown planes have the same scale.
    pub(crate) fn new(context: &ViewContext<'_>, selection: &Selection, plane: [usize; 2]) -> Option<Self> {
        let quantity = selection.heat?;
        let ask = |context: &ViewContext<'_>| {
            let z = context.probe.z().to_vec();
            let planes = selection.planes(z.len());
            let latents = quantity.latents(&context.snapshot.geometry).ok()?.to_vec();
            let objective = context.snapshot.settings.objective;
            let fits = planes.iter().flatten().all(|i| *i < z.len());
            fits.then(|| context.query(&FieldQuery { z, planes, quantity, latents, objective }))?
        };
        let is_chosen = |fields: &Arc<Vec<Field>>| fields.iter().all(|field| field.quantity == quantity);
        let fields = ask(context).filter(is_chosen)?;
        let [a, b] = plane;
        let place = fields.iter().position(|field| field.plane == [a, b] || field.plane == [b, a])?;
        let is_swapped = fields[place].plane != plane;
        let beside = context.beside.and_then(ask).filter(is_chosen);
        let all = fields.iter().chain(beside.iter().flat_map(|fields| fields.iter()));
        let high = all.map(|field| field.high).fold(f64::MIN, f64::max);
        Some(Self { fields, place, is_swapped, high })
    }

    fn field(&self) -> &Field {
        &self.fields[self.place]
    }

    /// Why the map that was chosen is undefined, if it is.
    pub(crate) fn refusal(context: &ViewContext<'_>, selection: &Selection) -> Option<String> {
        let quantity = selection.heat?;
        let reason = quantity.latents(&context.snapshot.geometry).err()?.to_string();
        // The reason without its explanation, for which there is no room.
        Some(format!("{} – {}", quantity.name(), reason.split(':').next().unwrap_or_default()))
    }

    /// The colour at a point of the plane.
    pub(crate) fn color(&self, [x, y]: [f64; 2], palette: &Palette) -> Color32 {
        let at = if self.is_swapped { [y, x] } else { [x, y] };
        palette.signed(self.field().share(at, self.high))
    }

    /// Colours the plane, and says which colour means what.
    pub(crate) fn draw(&self, marks: &PlotPainter, palette: &Palette) {
        let places: Vec<[f64; 2]> =
            grid_values(RANGE, SIDE).flat_map(|y| grid_values(RANGE, SIDE).map(move |x| [x, y])).collect();
        marks.cells(SIDE, places.into_iter().map(|at| (at, self.color(at, palette))));
    }

    /// The scale, in the lower left corner of `frame`. Gives its place.
    pub(crate) fn legend(&self, painter: &Painter, frame: Rect, palette: &Palette) -> Rect {
        let bar = Rect::from_min_size(pos2(frame.left() + 8.0, frame.bottom() - 16.0), vec2(90.0, 9.0));
        Self::bar(painter, bar, palette);
        let (corner, name) = (bar.left_top() + vec2(0.0, -3.0), self.scale_name());
        let size = painter.layout_no_wrap(name.clone(), label_font(), palette.ink).size();
        label(painter, corner, Align2::LEFT_BOTTOM, &name, palette.ink, palette.paper);
        bar.union(Rect::from_min_size(corner - vec2(0.0, size.y), size))
    }

    /// The colours of the scale.
    pub(crate) fn bar(painter: &Painter, bar: Rect, palette: &Palette) {
        color_bar(painter, bar, palette, |share| palette.signed(share));
    }

    /// The quantity with the ends of its scale.
    pub(crate) fn scale_name(&self) -> String {
        let quantity = self.field().quantity;
        let low = quantity.least();
        let decimals = if self.high - low < 0.1 { 3 } else { 2 };
        format!("map: {} {} to {}", quantity.name(), number(low, 0), number(self.high, decimals))
    }
}

impl PartialEq for Heat {
    /// The same answer on the same scale.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.fields, &other.fields)
            && (self.place, self.is_swapped) == (other.place, other.is_swapped)
            && self.high == other.high
    }
}
