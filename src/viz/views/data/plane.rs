//! Data space in two dimensions.

use eframe::egui::{Pos2, Rect, Stroke, Ui, vec2};
use egui_plot::AxisHints;

use crate::app::focus::{SURFACE_POINTS, grid_lines};
use crate::app::heat::Heat;
use crate::app::marks::{Labels, Sheet, axis, factor_colors, grid as ticks, plot};
use crate::app::morph::Morph;
use crate::app::theme::{CURVE_WIDTH, POINT_RADIUS, Palette, REACH, dashes, indexed};
use crate::app::{Focus, Selection, Stage};
use crate::experiment::Snapshot;

/// Draws the view.
pub fn show(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection) {
    let palette = Stage::palette(ui);
    let projection = stage.projection;
    let name = |axis: usize| projection.names.get(axis).cloned().unwrap_or_default();
    let [x, y] = [0, 1].map(|axis| projection.extent.get(axis).copied().unwrap_or([-1.0, 1.0]));
    let response = plot(ui, "data space", stage)
        .data_aspect(1.0)
        .include_x(x[0])
        .include_x(x[1])
        .include_y(y[0])
        .include_y(y[1])
        .set_margin_fraction(vec2(0.04, 0.04))
        .x_grid_spacer(ticks(8.0))
        .y_grid_spacer(ticks(8.0))
        .custom_x_axes(vec![axis(AxisHints::new_x(), &name(0))])
        .custom_y_axes(vec![axis(AxisHints::new_y(), &name(1))])
        .show(ui, |_| ());
    let sheet = Sheet::new(ui.painter(), response.transform, palette);
    let layers = selection.layers;
    let morph = Morph::new(stage.focus, stage.projection, selection.tau);
    let color = morph.color(palette);
    let heat = Heat::new(stage, selection);
    sheet.layer("surface");
    if let Some(heat) = heat.as_ref().filter(|_| layers.surface) {
        let surface = stage.focus.surface();
        let at = |k: usize| morph.plane(|| stage.focus.surface_latent(k), surface.column(k));
        let shade = |k: usize| heat.color(Focus::surface_place(k), palette).gamma_multiply(0.85);
        sheet.cells(SURFACE_POINTS, (0..surface.columns()).map(|k| (at(k), shade(k))));
    }
    sheet.layer("observations");
    if layers.data {
        let code = |i: usize| to_f64(stage.snapshot.mean(i));
        let points = observations(stage.snapshot).enumerate().map(|(i, x)| morph.plane(|| code(i), x));
        match factor_colors(stage.snapshot, selection.color, palette) {
            Some(colors) => sheet.colored_cloud(points.zip(colors), POINT_RADIUS),
            None => sheet.cloud(points, POINT_RADIUS, palette.point.gamma_multiply(0.55)),
        }
    }
    sheet.layer("grid");
    if layers.grid {
        grid(&sheet, palette, stage, &morph);
    }
    let mut ends = Vec::new();
    sheet.layer("true seams");
    if layers.truth && morph.is_done() {
        for (i, seam) in stage.focus.truth().into_iter().flat_map(|truth| &truth.seams).enumerate() {
            let stroke = Stroke::new(CURVE_WIDTH + 1.5, palette.truth.gamma_multiply(0.7));
            sheet.curve(seam.points.iter_columns().map(|x| projection.plane(x)), stroke, &[]);
            let end = projection.plane(seam.points.column(seam.points.columns() - 1));
            ends.push((end, format!("true {}", i + 1), palette.truth));
        }
    }
    sheet.layer("curves");
    if layers.seams {
        for seam in &stage.focus.seams {
            let at = |k: usize| morph.plane(|| stage.focus.seam_latent(seam, k), seam.points.column(k));
            sheet.curve((0..seam.t.len()).map(at), Stroke::new(CURVE_WIDTH, color), dashes(seam.latent));
            let end = seam.t.partition_point(|t| *t <= 2.5).min(seam.t.len() - 1);
            ends.push((at(end), indexed("z", seam.latent), color));
        }
    }
    let mut labels = Labels::default();
    let image = sheet.at(projection.plane(&stage.focus.image));
    labels.keep_off(Rect::from_center_size(image, vec2(18.0, 18.0)));
    sheet.layer("basis");
    if layers.basis && morph.is_done() {
        basis(&sheet, palette, stage, selection.unit_arrows, &mut labels);
    }
    sheet.handle(projection.plane(&stage.focus.image), color, false);
    sheet.layer("names");
    for (end, name, color) in ends {
        labels.put(&sheet.painter, sheet.at(end) + vec2(12.0, -12.0), &name, color, palette.paper);
    }
    if let Some(heat) = heat.filter(|_| layers.surface) {
        heat.legend(ui, &sheet, *response.transform.frame(), palette);
    }
    if response.response.clicked()
        && let Some(position) = response.response.interact_pointer_pos()
    {
        let places = observations(stage.snapshot).map(|x| Some(sheet.at(projection.plane(x))));
        choose(stage, selection, nearest(places, position));
    }
}

/// The observations that are drawn.
pub(in crate::app) fn observations(snapshot: &Snapshot) -> impl Iterator<Item = &[f32]> {
    snapshot.data.test.observations.iter_columns().take(snapshot.encodings.columns())
}

/// The place next to a click, if one is within reach.
pub(super) fn nearest(places: impl Iterator<Item = Option<Pos2>>, position: Pos2) -> Option<usize> {
    let near = places.enumerate().filter_map(|(i, p)| Some((i, p?.distance(position)))).filter(|(_, d)| *d <= REACH);
    near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
}

/// Sends z* to the code of an observation.
pub(super) fn choose(stage: &Stage<'_>, selection: &mut Selection, observation: Option<usize>) {
    if let Some(i) = observation {
        selection.observation = Some(i);
        selection.z = stage.snapshot.mean(i).iter().map(|z| f64::from(*z)).collect();
    }
}

/// The images of the lines of a latent grid.
fn grid(sheet: &Sheet, palette: &Palette, stage: &Stage<'_>, morph: &Morph<'_>) {
    let (focus, stroke) = (stage.focus, Stroke::new(1.0, palette.surface));
    let mut images = focus.grid().iter_columns();
    for line in grid_lines() {
        let at = |(k, x): (usize, &[f32])| morph.plane(|| focus.surface_latent(k), x);
        sheet.curve(line.zip(&mut images).map(at), stroke, &[]);
    }
}

/// The local basis at d(z*): true lengths sᵢ uᵢ, or unit vectors.
fn basis(sheet: &Sheet, palette: &Palette, stage: &Stage<'_>, unit: bool, labels: &mut Labels) {
    let from = stage.projection.plane(&stage.focus.image);
    let arrow = |i: usize| {
        let (vector, name) = basis_vector(stage.focus, i, unit);
        let to: Vec<f64> = stage.focus.image.iter().zip(&vector).map(|(x, v)| x + v).collect();
        (stage.projection.plane(&to), name)
    };
    let arrows: Vec<_> = (0..stage.snapshot.latent_dim()).map(arrow).collect();
    for (to, _) in &arrows {
        sheet.arrow(from, *to, palette.image, "");
        labels.keep_off_arrow(sheet.at(from), sheet.at(*to));
    }
    for (to, name) in &arrows {
        let [foot, tip] = [from, *to].map(|point| sheet.at(point));
        let beyond = tip + 18.0 * (tip - foot).normalized();
        labels.put(&sheet.painter, beyond, name, palette.image, palette.paper);
    }
}

/// uᵢ or sᵢ uᵢ with its name.
pub(in crate::app) fn basis_vector(focus: &Focus, i: usize, unit: bool) -> (Vec<f64>, String) {
    let svd = &focus.svd;
    let length = if unit { 1.0 } else { svd.singular_values[i] };
    let name = if unit { indexed("u", i) } else { format!("{}{}", indexed("s", i), indexed("u", i)) };
    (svd.u.column(i).iter().map(|u| u * length).collect(), name)
}

pub(in crate::app) fn to_f64(x: &[f32]) -> Vec<f64> {
    x.iter().map(|x| f64::from(*x)).collect()
}
