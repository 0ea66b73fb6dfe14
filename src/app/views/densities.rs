//! Push-forward densities: for each latent p(zᵢ) above in blue, and beneath it in red what becomes of it over the arc
//! length of the seam, with a histogram of decoded samples that uses no derivative.

use std::sync::Arc;

use eframe::egui::{Color32, Id, Rect, Stroke, Ui, UiBuilder, vec2};
use egui_plot::{AxisHints, Plot, PlotBounds};
use rand_distr::{Distribution as _, StandardNormal};

use crate::app::focus::RANGE;
use crate::app::marks::{Sheet, axis, grid};
use crate::app::theme::{Palette, indexed};
use crate::app::{Selection, Stage};
use crate::geometry::{Seam, measured_arcs, normal_density};
use crate::rng::{Purpose, stream};

/// Samples of the histogram.
const SAMPLES: usize = 2000;

/// Bins of the histogram.
const BINS: usize = 40;

/// Draws the view.
pub fn show(ui: &mut Ui, stage: &Stage<'_>, selection: &Selection) {
    let latents = shown(stage, selection);
    let seams: Vec<&Seam> = latents.iter().map(|i| &stage.focus.seams[*i]).collect();
    // One scale for all, so that lengths and heights can be compared.
    let reach = seams.iter().flat_map(|s| [s.arc_at(-3.0).abs(), s.arc_at(3.0).abs()]).fold(1e-6, f64::max);
    let densities: Vec<Vec<f64>> = seams.iter().map(|s| s.density()).collect();
    // A seam that stands still somewhere has an infinite density there; the scale then follows the rest.
    let mut heights: Vec<f64> = densities.iter().flatten().copied().filter(|d| d.is_finite()).collect();
    heights.sort_unstable_by(f64::total_cmp);
    let height = heights.get(heights.len() * 99 / 100).map_or(1.0, |h| 1.25 * h);

    let area = ui.available_rect_before_wrap();
    let width = area.width() / latents.len() as f32;
    for (k, (seam, density)) in seams.iter().zip(&densities).enumerate() {
        let column = Rect::from_min_size(area.min + vec2(width * k as f32, 0.0), vec2(width - 8.0, area.height()));
        let (upper, lower) = column.split_top_bottom_at_fraction(0.42);
        ui.scope_builder(UiBuilder::new().max_rect(upper).id_salt(("prior", k)), |ui| prior(ui, stage, seam));
        ui.scope_builder(UiBuilder::new().max_rect(lower).id_salt(("pushed", k)), |ui| {
            pushed(ui, stage, seam, density, reach, height);
        });
    }
    ui.allocate_rect(area, eframe::egui::Sense::hover());
}

/// Up to three latents: all of them, or those on the axes of the latent view.
fn shown(stage: &Stage<'_>, selection: &Selection) -> Vec<usize> {
    let m = stage.snapshot.latent_dim();
    if m <= 3 { (0..m).collect() } else { selection.shown().to_vec() }
}

fn plot(id: &'static str, palette: &Palette) -> Plot<'static> {
    Plot::new(id)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_x(false)
        .show_y(false)
        .show_grid([true, false])
        .show_axes([true, false])
        .custom_x_axes(vec![axis(AxisHints::new_x(), "")])
        .grid_color(palette.rule)
        .x_grid_spacer(grid(6.0))
}

fn prior(ui: &mut Ui, stage: &Stage<'_>, seam: &Seam) {
    let palette = Stage::palette(ui);
    let name = indexed("z", seam.latent);
    caption(ui, &format!("p({name})"), palette.latent, &format!("over {name}"));
    let response = plot("prior", palette)
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([-RANGE, 0.0], [RANGE, 0.5])));
    let sheet = Sheet::new(ui.painter(), response.transform, palette);
    let curve: Vec<[f64; 2]> = seam.t.iter().map(|t| [*t, normal_density(*t)]).collect();
    area(&sheet, &curve, palette.latent);
    let z = stage.focus.z()[seam.latent];
    marker(&sheet, z, normal_density(z), palette.latent);
}

fn pushed(ui: &mut Ui, stage: &Stage<'_>, seam: &Seam, density: &[f64], reach: f64, height: f64) {
    let palette = Stage::palette(ui);
    let name = format!("p({}) / ‖J{}‖", indexed("z", seam.latent), indexed("", seam.latent));
    let mass = seam.mass();
    caption(ui, &name, palette.image, &format!("∫ = {mass:.4} over arc length"));
    let response = plot("pushed", palette)
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([-reach, 0.0], [reach, height])));
    let sheet = Sheet::new(ui.painter(), response.transform, palette);
    let bars = histogram(ui, stage, seam, reach);
    let steps: Vec<[f64; 2]> = bars.iter().flat_map(|([low, high], share)| [[*low, *share], [*high, *share]]).collect();
    sheet.area(&steps, palette.image.gamma_multiply(0.2));
    let curve: Vec<[f64; 2]> = seam.arc.iter().zip(density).map(|(s, d)| [*s, *d]).collect();
    area(&sheet, &curve, palette.image);
    marker(&sheet, 0.0, normal_density(stage.focus.z()[seam.latent]) / speed_here(stage, seam), palette.image);
}

/// What is drawn, and over what.
fn caption(ui: &mut Ui, name: &str, color: Color32, over: &str) {
    ui.horizontal(|ui| {
        ui.colored_label(color, name);
        ui.add(eframe::egui::Label::new(eframe::egui::RichText::new(over).weak()).truncate());
    });
}

fn speed_here(stage: &Stage<'_>, seam: &Seam) -> f64 {
    stage.focus.jacobian.column(seam.latent).norm()
}

/// A curve with the area beneath it.
fn area(sheet: &Sheet, curve: &[[f64; 2]], color: Color32) {
    sheet.area(curve, color.gamma_multiply(0.14));
    sheet.curve(curve.iter().copied(), Stroke::new(1.8, color), &[]);
}

/// Where z* or its image is.
fn marker(sheet: &Sheet, x: f64, y: f64, color: Color32) {
    sheet.curve([[x, 0.0], [x, y]].into_iter(), Stroke::new(1.4, color), &[]);
    sheet.painter.circle_filled(sheet.at([x, y]), 3.5, color);
}

/// The histogram of decoded samples as density over measured arc length; computed again only when the model or z* has
/// changed.
fn histogram(ui: &Ui, stage: &Stage<'_>, seam: &Seam, reach: f64) -> Vec<([f64; 2], f64)> {
    let id = Id::unique(("arcs of samples", seam.latent));
    let key = stage.focus.key();
    let known: Option<(u64, Arc<Vec<f64>>)> = ui.data(|data| data.get_temp(id));
    let arcs = match known {
        Some((old, arcs)) if old == key => arcs,
        _ => {
            let mut rng = stream(0, Purpose::Analysis, seam.latent as u64);
            let mut t: Vec<f64> = (0..SAMPLES).map(|_| StandardNormal.sample(&mut rng)).collect();
            t.sort_unstable_by(f64::total_cmp);
            let arcs = Arc::new(measured_arcs(stage.focus.model(), stage.focus.z(), seam.latent, &t));
            ui.data_mut(|data| data.insert_temp(id, (key, Arc::clone(&arcs))));
            arcs
        }
    };
    let width = 2.0 * reach / BINS as f64;
    let mut counts = [0_usize; BINS];
    for arc in arcs.iter() {
        let bin = ((arc + reach) / width).floor();
        if bin >= 0.0 && bin < BINS as f64 {
            counts[bin as usize] += 1;
        }
    }
    let bar = |(k, count): (usize, usize)| {
        let low = -reach + width * k as f64;
        ([low, low + width], count as f64 / (SAMPLES as f64 * width))
    };
    counts.into_iter().enumerate().map(bar).collect()
}
