//! The 3-D scene of data space: cheap to describe in the frame, built on the render thread.

use std::any::Any;
use std::sync::Arc;

use eframe::egui::Color32;

use super::angle::{AngleArc, angle_arc};
use super::emphasis::ARROWS;
use super::entries::ELLIPSE_WIDTH;
use super::morph::Morph;
use crate::paint::{Arrow, Cloud, CloudPoint, Curve, Scene3, Surface, WireBox};
use crate::viz::context::ViewContext;
use crate::viz::draw::colors::ObservationColors;
use crate::viz::draw::heat::Heat;
use crate::viz::draw::indicatrix::Indicatrices;
use crate::viz::draw::singular::singular_curves;
use crate::viz::home_camera::data_bounds;
use crate::viz::latent_grid::{SURFACE_POINTS, grid_lines, surface_place};
use crate::viz::layers::Layers;
use crate::viz::observations::to_f64;
use crate::viz::probe::Probe;
use crate::viz::projection::Projection;
use crate::viz::scene_painter::{SceneRequest, SceneSource};
use crate::viz::selection::Selection;
use crate::viz::singular_query::SingularCurves;
use crate::viz::symbol::Symbol;
use crate::viz::theme::{ARROW_WIDTH, CURVE_WIDTH, POINT_RADIUS, Palette, TRUTH_DASHES, dashes, indexed};

/// A time point of a run with the shown layers.
#[derive(Clone, Debug)]
pub(super) struct DataScene {
    probe: Arc<Probe>,
    projection: Arc<Projection>,
    layers: Layers,
    unit_arrows: bool,
    emphasised: Option<Symbol>,
    tau: f64,
    color: Option<usize>,
    heat: Option<Heat>,
    singular: Option<Arc<SingularCurves>>,
    ellipses: Option<Indicatrices>,
    axes: bool,
    palette: &'static Palette,
}

/// A name in the scene.
pub(super) struct Name {
    pub at: [f32; 3],
    /// The foot of the arrow that ends there.
    pub foot: Option<[f32; 3]>,
    pub text: String,
    pub color: Color32,
}

impl PartialEq for DataScene {
    /// The same scene, told without building it.
    fn eq(&self, other: &Self) -> bool {
        let shown = |s: &Self| (s.layers, s.unit_arrows, s.emphasised, s.tau, s.color, s.axes, s.palette);
        Arc::ptr_eq(&self.probe, &other.probe)
            && Arc::ptr_eq(&self.projection, &other.projection)
            && self.heat == other.heat
            && self.ellipses == other.ellipses
            && self.singular.as_ref().map(Arc::as_ptr) == other.singular.as_ref().map(Arc::as_ptr)
            && shown(self) == shown(other)
    }
}

impl SceneSource for DataScene {
    fn scene(&self) -> Scene3 {
        self.build()
    }

    fn is_same(&self, other: &dyn SceneSource) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref() == Some(self)
    }

    fn continues(&self, other: &dyn SceneSource) -> bool {
        let other: &dyn Any = other;
        let data = |scene: &Self| Arc::clone(&scene.probe.snapshot().data);
        other.downcast_ref().is_some_and(|other| Arc::ptr_eq(&data(other), &data(self)))
    }
}

impl DataScene {
    pub(super) fn new(context: &ViewContext<'_>, selection: &Selection, palette: &'static Palette) -> Self {
        let layers = selection.layers;
        let heated = layers.surface && context.probe.has_surface();
        Self {
            probe: Arc::clone(context.probe),
            projection: Arc::clone(context.projection),
            layers,
            unit_arrows: selection.unit_arrows,
            emphasised: selection.highlighted,
            tau: selection.tau,
            color: selection.color,
            heat: if heated { Heat::new(context, selection, selection.axes) } else { None },
            singular: singular_curves(context, selection),
            ellipses: Indicatrices::new(context, selection, selection.axes),
            axes: context.axes,
            palette,
        }
    }

    fn morph(&self) -> Morph<'_> {
        Morph::new(&self.probe, &self.projection, self.tau)
    }

    fn build(&self) -> Scene3 {
        let mut scene = Scene3::default();
        if self.axes {
            scene.boxes.push(self.frame());
        }
        if self.layers.data {
            scene.clouds.push(self.observations());
        }
        if self.probe.has_surface() {
            self.surface(&mut scene);
        }
        if self.layers.truth && self.tau >= 1.0 {
            for seam in self.probe.truth().into_iter().flat_map(|truth| &truth.seams) {
                let positions = seam.points.iter_columns().map(|x| self.projection.space(x)).collect();
                scene.curves.push(Curve::new(positions, self.palette.truth, CURVE_WIDTH + 1.0).dashed(TRUTH_DASHES));
            }
        }
        let morph = self.morph();
        let color = morph.color(self.palette);
        if self.layers.seams {
            for (seam, places) in self.probe.seams.iter().zip(self.probe.seam_places()) {
                let at = |k: usize| morph.space(|| self.probe.seam_latent(seam, k), || places[k]);
                let positions = (0..seam.t.len()).map(at).collect();
                scene.curves.push(Curve::new(positions, color, CURVE_WIDTH).dashed(dashes(seam.latent)));
            }
        }
        for (_, ring) in self.ellipses.iter().flat_map(Indicatrices::in_data_space) {
            let positions = ring.into_iter().map(|(z, place)| morph.space(|| z, || place)).collect();
            scene.curves.push(Curve::new(positions, color, ELLIPSE_WIDTH));
        }
        for curve in self.singular.iter().flat_map(|found| &found.curves) {
            let at = |k: usize| {
                morph.space(|| curve.latents.column(k).to_vec(), || self.projection.space(curve.points.column(k)))
            };
            let positions = (0..curve.length.len()).map(at).collect();
            let width = if self.emphasised == Some(Symbol::V) { 2.0 * CURVE_WIDTH } else { CURVE_WIDTH };
            scene.curves.push(Curve::new(positions, color, width));
        }
        let from = self.image();
        let is_emphasised = self.emphasised.is_some_and(|symbol| ARROWS.contains(&symbol));
        let width = if is_emphasised { 2.0 * ARROW_WIDTH } else { ARROW_WIDTH };
        let arrow = |(to, _)| Arrow { from, to, color: self.palette.image, width };
        scene.arrows.extend(self.arrows().map(arrow));
        let arc = self.arc();
        if !arc.is_empty() {
            scene.curves.push(Curve::new(arc, self.palette.ink, 1.6));
        }
        scene
    }

    /// The scene of a request for a picture, if it is one of data space.
    pub(super) fn of(request: &SceneRequest) -> Option<&Self> {
        let source: &dyn Any = &*request.source;
        source.downcast_ref()
    }

    /// The time point that is shown, with what is known at z*.
    pub(super) fn probe(&self) -> &Probe {
        &self.probe
    }

    /// The colours of the sheet.
    pub(super) fn heat(&self) -> Option<&Heat> {
        self.heat.as_ref()
    }

    /// True once the latent plane has become the manifold.
    pub(super) fn is_manifold(&self) -> bool {
        self.tau >= 1.0
    }

    /// The names of what is in the scene.
    pub(super) fn names(&self) -> Vec<Name> {
        let (palette, morph) = (self.palette, self.morph());
        let mut names = Vec::new();
        if self.layers.truth && morph.is_done() {
            for (i, seam) in self.probe.truth().into_iter().flat_map(|truth| &truth.seams).enumerate() {
                let at = self.projection.space(seam.points.column(seam.points.columns() - 20));
                names.push(Name { at, foot: None, text: self.probe.factor_name(i), color: palette.truth });
            }
        }
        if self.layers.seams {
            let named = self.probe.named();
            let seams = self.probe.seams.iter().zip(self.probe.seam_places());
            // The name of a curve that is hardly seen, of a collapsed latent, would seem that of another.
            let extent = self.projection.extent.iter().map(|[low, high]| (high - low) as f32).fold(0.0, f32::max);
            for (seam, places) in seams.filter(|(seam, _)| named.contains(&seam.latent)) {
                let steps = places.windows(2).map(|ends| [0, 1, 2].map(|k| ends[1][k] - ends[0][k]));
                let length: f32 = steps.map(|by| by.iter().map(|x| x * x).sum::<f32>().sqrt()).sum();
                if length < 0.03 * extent {
                    continue;
                }
                let end = seam.t.partition_point(|t| *t <= 2.7).min(seam.t.len() - 1);
                let at = morph.space(|| self.probe.seam_latent(seam, end), || places[end]);
                names.push(Name { at, foot: None, text: indexed("z", seam.latent), color: morph.color(palette) });
            }
        }
        for curve in self.singular.iter().flat_map(|found| &found.curves) {
            let end = curve.label();
            let at =
                morph.space(|| curve.latents.column(end).to_vec(), || self.projection.space(curve.points.column(end)));
            names.push(Name { at, foot: None, text: indexed("v", curve.latent), color: morph.color(palette) });
        }
        if let Some(arc) = self.angle() {
            names.push(Name { at: self.beside_image(&arc.beyond), foot: None, text: arc.name, color: palette.ink });
        }
        let foot = Some(self.image());
        names.extend(self.arrows().map(|(at, text)| Name { at, foot, text, color: palette.image }));
        names
    }

    /// A box around the data; its axes are drawn on it.
    fn frame(&self) -> WireBox {
        WireBox { bounds: data_bounds(&self.projection), color: self.palette.rule, width: 1.0 }
    }

    fn observations(&self) -> Cloud {
        let (snapshot, morph) = (self.probe.snapshot(), self.morph());
        let plain = self.palette.point.gamma_multiply(0.7);
        let colors = ObservationColors::new(snapshot, self.color, self.palette).map(|by| by.colors);
        let places = self.projection.places().iter().take(snapshot.encodings.columns());
        let points = places.enumerate().map(|(i, place)| {
            let position = morph.space(|| to_f64(snapshot.mean(i)), || *place);
            CloudPoint { position, color: colors.as_ref().map_or(plain, |colors| colors[i]) }
        });
        Cloud { points: points.collect(), radius: POINT_RADIUS }
    }

    /// The image of the latent plane, and of the grid in it.
    fn surface(&self, scene: &mut Scene3) {
        let (probe, palette, morph) = (&self.probe, self.palette, self.morph());
        let places = probe.surface_places();
        let vertex = |k: usize| morph.space(|| probe.surface_latent(k), || places[k]);
        if self.layers.surface {
            let shade = |k: usize| match &self.heat {
                Some(heat) => heat.color(surface_place(k), palette),
                None => palette.surface,
            };
            let corner = |row: usize, column: usize| {
                let k = row * SURFACE_POINTS + column;
                (vertex(k), shade(k))
            };
            scene.surfaces.push(Surface::from_fn(SURFACE_POINTS, SURFACE_POINTS, 0.55, corner));
        }
        if self.layers.grid {
            for line in grid_lines() {
                scene.curves.push(Curve::new(line.map(vertex).collect(), palette.muted.gamma_multiply(0.4), 0.8));
            }
        }
    }

    /// d(z*).
    pub(super) fn image(&self) -> [f32; 3] {
        self.projection.space(&self.probe.image)
    }

    /// d(z*) + offset (n).
    fn beside_image(&self, offset: &[f64]) -> [f32; 3] {
        let (from, to) = (self.image(), self.projection.direction(offset));
        [0, 1, 2].map(|axis| from[axis] + to[axis])
    }

    /// The points of the arc between the columns, if it is shown.
    pub(super) fn arc(&self) -> Vec<[f32; 3]> {
        self.angle().map_or_else(Vec::new, |arc| arc.points.iter().map(|offset| self.beside_image(offset)).collect())
    }

    /// The angle between the columns, where the curves and the basis are shown.
    fn angle(&self) -> Option<AngleArc> {
        let shown = self.layers.basis && self.layers.seams && self.tau >= 1.0;
        if shown { angle_arc(&self.probe, &self.projection) } else { None }
    }

    /// Tips and names of the arrows of the local basis. All begin at d(z*).
    fn arrows(&self) -> impl Iterator<Item = ([f32; 3], String)> {
        let from = self.image();
        let shown = self.layers.basis && self.tau >= 1.0;
        self.probe.named().into_iter().filter(move |_| shown).map(move |i| {
            let (vector, name) = self.probe.basis_vector(i, self.unit_arrows);
            let direction = self.projection.direction(&vector);
            ([0, 1, 2].map(|axis| from[axis] + direction[axis]), name)
        })
    }
}
