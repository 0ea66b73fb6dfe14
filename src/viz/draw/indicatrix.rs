//! Ellipses of G = JᵀJ in latent space and the images of latent circles in data space, on one scale for both runs.

use std::f64::consts::TAU;
use std::sync::Arc;

use super::hover::significant;
use super::number::number;
use crate::viz::context::ViewContext;
use crate::viz::indicatrix_query::{GridPoint, IndicatrixField, IndicatrixQuery, LONGEST, SPACING};
use crate::viz::selection::Selection;

/// The radius of the latent circles: neither they nor their images at one point meet those at the next.
const RADIUS: f64 = 0.4 * SPACING;

/// The dashes of an ellipse that is longer than drawn.
pub(crate) const CUT: &[f32] = &[4.0, 3.0];

/// Corners of an outline.
const CORNERS: u32 = 64;

/// A point of a latent circle, all its latents, and the place in space of its image.
type ImagePoint = (Vec<f64>, [f32; 3]);

/// The ellipses of a plane.
#[derive(Clone, Debug)]
pub(crate) struct Indicatrices {
    fields: Arc<Vec<IndicatrixField>>,
    /// The place of the plane's among them.
    place: usize,
    /// ‖J δz‖ on the ellipses of latent space.
    radius: f64,
    in_fisher_metric: bool,
}

impl Indicatrices {
    /// Those of a plane of two latents, if their layer is on and they are known. All shown planes have the same scale.
    pub(crate) fn new(context: &ViewContext<'_>, selection: &Selection, plane: [usize; 2]) -> Option<Self> {
        let ask = |context: &ViewContext<'_>| {
            let z = context.probe.z().to_vec();
            let planes = selection.planes(z.len());
            let fits = !planes.is_empty() && planes.iter().flatten().all(|i| *i < z.len());
            fits.then(|| context.query(&IndicatrixQuery::new(z, planes)))?
        };
        let fields = selection.layers.ellipses.then(|| ask(context))??;
        let [a, b] = plane;
        let place = fields.iter().position(|field| field.plane == [a, b] || field.plane == [b, a])?;
        let beside = context.beside.and_then(ask);
        let all = fields.iter().chain(beside.iter().flat_map(|fields| fields.iter()));
        let radius = rounded(all.map(|field| field.fitting).fold(f64::INFINITY, f64::min));
        Some(Self { fields, place, radius, in_fisher_metric: context.in_fisher_metric() })
    }

    fn field(&self) -> &IndicatrixField {
        &self.fields[self.place]
    }

    /// The points of the grid over the plane, whose first latent is `first`, with the outline there in latent space, and whether
    /// it is longer than drawn.
    pub(crate) fn in_latent_space(&self, first: usize) -> impl Iterator<Item = (&GridPoint, Vec<[f64; 2]>, bool)> {
        let is_swapped = self.field().plane[0] != first;
        self.field().points.iter().map(move |point| {
            let ([a, b], is_cut) = point.indicatrix.semi_axes(self.radius, LONGEST);
            let outline = circle().map(|[cos, sin]| {
                let [x, y] = [0, 1].map(|i| point.at[i] + a[i] * cos + b[i] * sin);
                if is_swapped { [y, x] } else { [x, y] }
            });
            (point, outline.collect(), is_cut)
        })
    }

    /// The latent circles around points of the grid that lie on the surface, each point as its latents and its image to first order:
    /// z + δz and d(z) + J δz.
    pub(crate) fn in_data_space(&self) -> impl Iterator<Item = (&GridPoint, Vec<ImagePoint>)> {
        let plane = self.field().plane;
        self.field().points.iter().filter(|point| point.is_on_surface()).map(move |point| {
            let at = |unit: [f64; 2]| {
                let step = unit.map(|x| RADIUS * x);
                let mut z = point.z.clone();
                (0..2).for_each(|i| z[plane[i]] += step[i]);
                let [j, k] = point.columns;
                let moved = |axis: usize| point.image[axis] + step[0] as f32 * j[axis] + step[1] as f32 * k[axis];
                (z, [0, 1, 2].map(moved))
            };
            (point, circle().map(at).collect())
        })
    }

    /// The scale in latent space.
    pub(crate) fn latent_scale(&self) -> String {
        let j = if self.in_fisher_metric { "F^½ J" } else { "J" };
        format!("ellipses: ‖{j} δz‖ = {}", short(self.radius))
    }

    /// The scale in data space.
    pub(crate) fn data_scale() -> String {
        format!("ellipses: J δz, ‖δz‖ = {}", short(RADIUS))
    }
}

impl GridPoint {
    /// The metric here: its singular values and the angle of its long axis with the first latent of the plane.
    pub(crate) fn words(&self, names: [&str; 2], is_block: bool) -> Vec<String> {
        let [s, t] = self.indicatrix.singular_values;
        let [high, low] = [s.max(t), s.min(t)].map(significant);
        let angle = number(self.indicatrix.angle(), 0);
        let mut words = vec![format!("ellipse: s = {high} and {low}, long axis at {angle}° to {}", names[0])];
        if is_block {
            words.push(format!("G: its 2×2 block for {} and {}", names[0], names[1]));
        }
        words
    }
}

impl PartialEq for Indicatrices {
    /// The same answer on the same scale.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.fields, &other.fields) && self.place == other.place && self.radius == other.radius
    }
}

/// The unit circle.
fn circle() -> impl Iterator<Item = [f64; 2]> {
    (0..=CORNERS).map(|k| {
        let (sin, cos) = (TAU * f64::from(k) / f64::from(CORNERS)).sin_cos();
        [cos, sin]
    })
}

/// The largest of 1, 1.5, 2, 3, 5 and 7 times a power of ten that is not larger; 1 for what is no length.
fn rounded(x: f64) -> f64 {
    if !(x > 0.0 && x.is_finite()) {
        return 1.0;
    }
    let power = 10_f64.powf(x.log10().floor());
    let digit = [7.0, 5.0, 3.0, 2.0, 1.5].into_iter().find(|digit| digit * power <= x * (1.0 + 1e-9));
    digit.unwrap_or(1.0) * power
}

/// A rounded number without zeros at its end.
fn short(x: f64) -> String {
    format!("{}", (x * 1e9).round() / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_numbers_that_fit() {
        for (x, expected) in [(0.46, 0.3), (1.0, 1.0), (0.0199, 0.015), (0.0201, 0.02), (740.0, 700.0), (0.3, 0.3)] {
            assert!((rounded(x) / expected - 1.0).abs() < 1e-9, "{x}: {}", rounded(x));
            assert!(rounded(x) <= x * (1.0 + 1e-9));
        }
        assert_eq!([f64::NAN, 0.0, f64::INFINITY].map(rounded), [1.0; 3]);
        assert_eq!([rounded(0.31), rounded(0.0199), 0.4].map(short), ["0.3", "0.015", "0.4"]);
    }
}
