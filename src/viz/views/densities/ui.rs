//! Push-forward densities: for each latent p(zᵢ) above in blue, and beneath it in red what becomes of it over the arc
//! length of the seam from zᵢ = 0, linked slice by slice, with a histogram of decoded samples that uses no derivative and the same seam
//! at other values of the other latents. With the layer "truth" on, the same of the map that generated the data.

use eframe::egui::{Align2, Color32, Mesh, Rect, Shape, Stroke, Ui, UiBuilder, pos2, vec2};
use egui_plot::{AxisHints, Plot, PlotBounds};

use super::query::{Ghost, GhostsQuery, spread};
use crate::geometry::Seam;
use crate::vae::Prior;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, axis_across, grid, still_plot};
use crate::viz::draw::file_values::length_words;
use crate::viz::draw::hover::{NamedMarks, hover, hover_with_help, values_at};
use crate::viz::draw::legend::{LegendEntry, Sample, legend_line};
use crate::viz::draw::number::{number, two_digits};
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::latent_grid::RANGE;
use crate::viz::selection::Selection;
use crate::viz::theme::{Palette, TRUTH_DASHES, TRUTH_GHOST_DASHES, dashes, indexed, label_font};

/// Bins of the histogram.
const BINS: usize = 40;

/// Draws the view.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let latents = shown_latents(context, selection);
    let palette = ViewContext::palette(ui);
    let has_truth = selection.layers.truth && context.probe.truth().is_some();
    legend_line(ui, context, selection.layers.legend, &entries(context, &latents, palette, has_truth));
    let answer = context.query(&ghosts_query(context, &latents));
    let ghosts = answer.as_deref();
    // One scale for all, so that lengths and heights can be compared, also with the run beside.
    let scale = std::iter::once(context).chain(context.beside).map(|context| DensityScale::of(context, &latents));
    let scale = scale.reduce(DensityScale::larger).unwrap_or(DensityScale { reach: 1.0, height: 1.0 }).rounded();
    let area = ui.available_rect_before_wrap();
    let width = area.width() / latents.len() as f32;
    for (k, latent) in latents.iter().enumerate() {
        let seam = &context.probe.seams[*latent];
        let column = Rect::from_min_size(area.min + vec2(width * k as f32, 0.0), vec2(width - 8.0, area.height()));
        let (upper, lower) = column.split_top_bottom_at_fraction(0.4);
        let prior = ui.scope_builder(UiBuilder::new().max_rect(upper).id_salt(("prior", k)), |ui| {
            prior(ui, context, seam, scale)
        });
        let lower = lower.with_min_y(lower.min.y + STRIP);
        let found = ghosts.and_then(|ghosts| {
            let place = ghosts.of_seams.iter().position(|(i, _)| i == latent)?;
            Some(Found { ghosts: &ghosts.of_seams[place].1, spread: ghosts.spread[place], arcs: &ghosts.arcs[place] })
        });
        let pushed = ui.scope_builder(UiBuilder::new().max_rect(lower).id_salt(("pushed", k)), |ui| {
            let truth = selection.layers.truth.then(|| Truth::beside(context, *latent)).flatten();
            pushed(ui, context, seam, scale, found.as_ref(), truth.as_ref())
        });
        links(ui, seam, &prior.inner, &pushed.inner);
    }
    ui.allocate_rect(area, eframe::egui::Sense::hover());
}

/// The legend of what is drawn: a single latent has no others to move, and collapsed ones have only a spike.
fn entries(context: &ViewContext<'_>, latents: &[usize], palette: &Palette, has_truth: bool) -> Vec<LegendEntry> {
    let has_curves = latents.iter().any(|latent| !is_collapsed(context, *latent));
    let mut entries = vec![
        LegendEntry::line(1.8, palette.latent, &[], "prior", "p(zᵢ), in ten slices of equal mass"),
        LegendEntry::line(
            2.0,
            palette.image,
            &[],
            "its image",
            "p(zᵢ)/‖Jᵢ‖ over arc length along the red curve through d(z*)",
        ),
    ];
    if has_curves {
        let help = "A histogram of arc lengths of decoded samples, measured without a derivative";
        entries.push(LegendEntry::new(Sample::Line(histogram_stroke(palette), &[]), "decoded samples", help));
    }
    if has_curves && context.snapshot.latent_dim() > 1 {
        let help = "The same density at other values of the other latents: they coincide exactly when C2 holds";
        entries.push(LegendEntry::line(1.1, palette.ink.gamma_multiply(0.7), dashes(1), "ghosts", help));
    }
    if has_truth && has_curves {
        let help = "The density of the factor that the latent stands for";
        entries.push(LegendEntry::line(1.8, palette.truth, TRUTH_DASHES, "truth", help));
        let help = "The same at other values of the other factors";
        entries.push(LegendEntry::line(1.2, palette.truth, TRUTH_GHOST_DASHES, "true ghosts", help));
    }
    entries
}

/// The stairs of decoded samples, which lie over darker slices.
fn histogram_stroke(palette: &Palette) -> Stroke {
    Stroke::new(1.2, palette.image.gamma_multiply(0.75))
}

/// The answer about one seam.
struct Found<'a> {
    ghosts: &'a [Ghost],
    spread: f64,
    /// Arc lengths of decoded samples.
    arcs: &'a [f64],
}

/// The room between the two plots of a latent, beneath the labels of the upper one.
const STRIP: f32 = 12.0;

/// Up to three latents: all of them, or those on the axes of the latent view.
pub(super) fn shown_latents(context: &ViewContext<'_>, selection: &Selection) -> Vec<usize> {
    let m = context.snapshot.latent_dim();
    if m <= 3 { (0..m).collect() } else { selection.shown().to_vec() }
}

/// The ghosts that are wanted: a few values of every other latent.
pub(super) fn ghosts_query(context: &ViewContext<'_>, latents: &[usize]) -> GhostsQuery {
    let values = if context.snapshot.latent_dim() == 2 { vec![-1.5, -0.75, 0.75, 1.5] } else { vec![-1.25, 1.25] };
    GhostsQuery { z: context.probe.z().to_vec(), latents: latents.to_vec(), values }
}

/// The common scale of the lower plots.
#[derive(Clone, Copy)]
struct DensityScale {
    /// Arc length on either side of the point of zᵢ = 0.
    reach: f64,
    /// The largest density.
    height: f64,
}

/// The height of a plot as a share of its highest curve: the lines above that leave it free.
const HEADROOM: f64 = 1.9;

/// The share of a plot above its highest curve.
const FREE: f32 = 1.0 - 1.0 / HEADROOM as f32;

impl DensityScale {
    fn of(context: &ViewContext<'_>, latents: &[usize]) -> Self {
        // A collapsed latent moves nothing, so its seam has no scale.
        let seams =
            || latents.iter().filter(|i| !is_collapsed(context, **i)).filter_map(|i| context.probe.seams.get(*i));
        let ends = |s: &Seam| [-3.0, 3.0].map(|t| (s.arc_at(t) - s.arc_at(0.0)).abs());
        let reach = seams().flat_map(ends).fold(0.0, f64::max);
        // A seam that stands still somewhere has an infinite density there; the scale then follows the rest.
        let mut heights: Vec<f64> = seams().flat_map(|s| s.density()).filter(|d| d.is_finite()).collect();
        let high = heights.len() * 99 / 100;
        let height =
            if heights.is_empty() { 1.0 } else { HEADROOM * *heights.select_nth_unstable_by(high, f64::total_cmp).1 };
        Self { reach: if reach > 0.0 { reach } else { 1.0 }, height }
    }

    /// The next round numbers: while z* moves the scale stays.
    fn rounded(self) -> Self {
        Self { reach: round_up(self.reach), height: round_up(self.height) }
    }

    /// The range of the prior. Where lengths allow it a unit is as wide in red as in blue, so that one sees what is stretched.
    fn range(self) -> f64 {
        if self.has_one_unit() { self.reach.max(RANGE) } else { RANGE }
    }

    /// The range of arc lengths.
    fn reach(self) -> f64 {
        if self.has_one_unit() { self.range() } else { self.reach }
    }

    fn has_one_unit(self) -> bool {
        (0.3 * RANGE..=3.0 * RANGE).contains(&self.reach)
    }

    fn larger(self, other: Self) -> Self {
        Self { reach: self.reach.max(other.reach), height: self.height.max(other.height) }
    }
}

/// The next of ten round numbers in each power of ten.
fn round_up(x: f64) -> f64 {
    const STEPS: [f64; 11] = [1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0, 10.0];
    let power = 10_f64.powf(x.log10().floor());
    STEPS.into_iter().map(|step| step * power).find(|step| *step >= x).unwrap_or(x)
}

fn is_collapsed(context: &ViewContext<'_>, latent: usize) -> bool {
    context.snapshot.vae.has_encoder && context.snapshot.geometry.is_collapsed(latent)
}

/// The room for the labels of the upward axes, the same in blue and in red.
const AXIS: f32 = 30.0;

/// The height of a plot that has room for the name of its axis, in points.
const ROOMY: f32 = 110.0;

fn plot(ui: &Ui, id: &str, across: &'static str, context: &ViewContext<'_>) -> Plot<'static> {
    let across = if ui.available_height() > ROOMY { across } else { "" };
    still_plot(ui, id, context)
        .show_grid([false, false])
        .show_axes([context.axes, context.axes])
        .custom_x_axes(vec![axis_across(across)])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "").min_thickness(AXIS)])
        .x_grid_spacer(grid(6.0))
        .y_grid_spacer(grid(3.0))
}

fn prior(ui: &mut Ui, context: &ViewContext<'_>, seam: &Seam, scale: DensityScale) -> PlotPainter {
    let range = scale.range();
    let palette = ViewContext::palette(ui);
    let (name, p) = (indexed("z", seam.latent), seam.prior);
    let height = 1.25 * p.density(0.0);
    let response = plot(ui, "prior", "", context)
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([-range, 0.0], [range, height])));
    let marks = PlotPainter::new(ui, context, response.transform);
    let curve: Vec<[f64; 2]> = seam.t.iter().map(|t| [*t, p.density(*t)]).collect();
    slices(&marks, seam, &curve, palette.latent);
    marks.curve(curve.into_iter(), Stroke::new(1.8, palette.latent), &[]);
    let z = context.probe.z()[seam.latent];
    marker(&marks, z, p.density(z), palette.latent);
    Captions::of(&marks, palette).put(&format!("p({name}) over {name}"), palette.latent);
    hover(context, response.response, |pointer| {
        let density = NamedMarks::new("prior", seam.t.iter().map(|t| [*t, p.density(*t)]));
        values_at(&marks, pointer, [&name, "density"], [density])
    });
    marks
}

/// The seam of the factor that a latent stands for, in the true map, and what it is at other values of the other factors.
struct Truth {
    /// The name of the factor.
    factor: String,
    seam: Seam,
    ghosts: Vec<Ghost>,
}

impl Truth {
    fn beside(context: &ViewContext<'_>, latent: usize) -> Option<Self> {
        let truth = context.probe.truth()?;
        let correlation = &context.snapshot.correlation.as_ref()?.factors;
        let factors = truth.factors.len();
        let with = |k: usize| correlation[(latent, k)];
        let k = (0..factors).max_by(|a, b| with(*a).abs().total_cmp(&with(*b).abs()))?;
        // A latent may run against its factor.
        let directed = |mut seam: Seam| {
            if with(k) < 0.0 {
                seam.arc.iter_mut().for_each(|s| *s = -*s);
            }
            seam
        };
        let others = (0..factors).filter(|other| *other != k);
        let ghost = |(other, value)| Ghost { other, value, seam: directed(truth.ghost(k, other, value)) };
        let values = [-1.5, -0.75, 0.75, 1.5];
        let ghosts = others.flat_map(|other| values.map(|value| (other, value))).map(ghost).collect();
        Some(Self { factor: context.probe.factor_name(k), seam: directed(truth.seams[k].clone()), ghosts })
    }

    fn draw(&self, marks: &PlotPainter, palette: &Palette) {
        for ghost in &self.ghosts {
            marks.curve(curve(&ghost.seam).into_iter(), Stroke::new(1.2, palette.truth), TRUTH_GHOST_DASHES);
        }
        marks.curve(curve(&self.seam).into_iter(), Stroke::new(1.8, palette.truth), TRUTH_DASHES);
    }

    /// The caption with the spread of its ghosts.
    fn caption(&self) -> Option<String> {
        let spread = 100.0 * spread(&self.seam, &self.ghosts);
        (!self.ghosts.is_empty()).then(|| format!("true {}: ghosts ±{} %", self.factor, number(spread, 0)))
    }
}

fn pushed(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    seam: &Seam,
    scale: DensityScale,
    found: Option<&Found<'_>>,
    truth: Option<&Truth>,
) -> PlotPainter {
    let palette = ViewContext::palette(ui);
    let (reach, height) = (scale.reach(), scale.height);
    let zero = seam.arc_at(0.0);
    let response = plot(ui, "pushed", "arc length", context)
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([-reach, 0.0], [reach, height])));
    let marks = PlotPainter::new(ui, context, response.transform);
    if is_collapsed(context, seam.latent) {
        return spike(context, &marks, seam, height, palette);
    }
    let curve = curve(seam);
    // The slices are those of the prior: cut where the seam is at the same z.
    slices(&marks, seam, &curve, palette.image);
    if let Some(Found { ghosts, arcs, .. }) = found {
        let bars = histogram(arcs.iter().map(|arc| arc - zero), arcs.len(), reach);
        let steps = bars.iter().flat_map(|([low, high], share)| [[*low, *share], [*high, *share]]);
        marks.curve(steps, histogram_stroke(palette), &[]);
        draw_ghosts(&marks, ghosts, palette);
    }
    if let Some(truth) = truth {
        truth.draw(&marks, palette);
    }
    marks.curve(curve.iter().copied(), Stroke::new(2.0, palette.image), &[]);
    let (z, speed) = (context.probe.z()[seam.latent], speed_here(context, seam));
    marker(&marks, seam.arc_at(z) - zero, seam.prior.density(z) / speed, palette.image);
    let length = length_name(context, seam.latent);
    let mut captions = Captions::of(&marks, palette);
    captions
        .put(&format!("p({}) / {length}  ∫ = {}", indexed("z", seam.latent), number(seam.mass(), 4)), palette.image);
    let here = if speed < 0.1 { two_digits(speed) } else { number(speed, 2) };
    captions.put(&format!("at z*: × {length} = {here}, height ÷ {here}"), palette.image);
    if let Some(Found { ghosts, spread, .. }) = found.filter(|found| !found.ghosts.is_empty()) {
        let elsewhere = if context.snapshot.latent_dim() == 2 {
            format!(" at other {}", indexed("z", ghosts[0].other))
        } else {
            String::new()
        };
        captions.put(&format!("ghosts{elsewhere} ±{} %", number(100.0 * *spread, 0)), palette.muted);
    }
    if let Some(text) = truth.and_then(Truth::caption) {
        captions.put(&text, palette.truth);
    }
    if context.in_fisher_metric() {
        captions.put("of x̂ = π", palette.muted);
    }
    let values = |pointer| {
        let image = NamedMarks::new(format!("image of p({})", indexed("z", seam.latent)), curve.iter().copied());
        let ghosts = found.into_iter().flat_map(|found| found.ghosts).map(|ghost| {
            let name = format!("ghost at {} = {}", indexed("z", ghost.other), number(ghost.value, 2));
            NamedMarks::new(name, self::curve(&ghost.seam))
        });
        let truth = truth.map(|truth| NamedMarks::new(format!("true {}", truth.factor), self::curve(&truth.seam)));
        values_at(&marks, pointer, ["arc length", "density"], std::iter::once(image).chain(truth).chain(ghosts))
    };
    let help = format!(
        "Density over arc length from the point of zᵢ = 0, in the same ten slices. Theorem: p(zᵢ)/‖Jᵢ‖, for any smooth decoder. The stairs are \
         decoded samples, measured without a derivative. Thin lines: the same seam at other values of the other latents; they \
         coincide exactly when C2 holds. ∫: the mass under the curve. ×: how far the decoder stretches the line at z*; the height of the density \
         is divided by as much. ±: root mean square of log ‖Jᵢ‖ between them and this seam{}",
        length_words(&context.snapshot.data)
    );
    hover_with_help(context, response.response, &help, values);
    marks
}

/// The name of the length of a column of J: densities are over arc lengths in data space, also where J is measured in the Fisher metric.
fn length_name(context: &ViewContext<'_>, latent: usize) -> String {
    if context.in_fisher_metric() {
        format!("‖∂π/∂{}‖", indexed("z", latent))
    } else {
        format!("‖J{}‖", indexed("", latent))
    }
}

/// The density over arc length from the point of zᵢ = 0.
fn curve(seam: &Seam) -> Vec<[f64; 2]> {
    let zero = seam.arc_at(0.0);
    seam.arc.iter().zip(seam.density()).map(|(s, d)| [s - zero, d]).collect()
}

/// The density of a collapsed latent: nearly all on one point.
fn spike(context: &ViewContext<'_>, marks: &PlotPainter, seam: &Seam, height: f64, palette: &Palette) -> PlotPainter {
    // An arrow, since it has no height; beneath the captions.
    marks.arrow([0.0, 0.0], [0.0, 0.95 * height / HEADROOM], palette.image, "");
    let name = indexed("z", seam.latent);
    let mut captions = Captions::of(marks, palette);
    captions.put(&format!("{name} has collapsed"), palette.image);
    captions.put(&format!("p({name}) lands nearly on one point"), palette.image);
    let length = two_digits(speed_here(context, seam));
    captions.put(&format!("at z*: {} = {length}", length_name(context, seam.latent)), palette.image);
    marks.clone()
}

/// The seam's density elsewhere, in the dash pattern of the latent that is moved.
fn draw_ghosts(marks: &PlotPainter, ghosts: &[Ghost], palette: &Palette) {
    for ghost in ghosts {
        marks.curve(
            curve(&ghost.seam).into_iter(),
            Stroke::new(1.1, palette.ink.gamma_multiply(0.7)),
            dashes(ghost.other),
        );
    }
}

/// The area beneath a curve given at values of t, every other slice of equal mass darker.
fn slices(marks: &PlotPainter, seam: &Seam, curve: &[[f64; 2]], color: Color32) {
    let t = &seam.t;
    let at = |edge: f64| {
        let k = t.partition_point(|t| *t < edge).clamp(1, t.len() - 1);
        let share = (edge - t[k - 1]) / (t[k] - t[k - 1]);
        [0, 1].map(|i| curve[k - 1][i] * (1.0 - share) + curve[k][i] * share)
    };
    for (k, [low, high]) in edges(seam.prior).enumerate() {
        let inside = &curve[t.partition_point(|t| *t <= low)..t.partition_point(|t| *t < high)];
        let part = [&[at(low)], inside, &[at(high)]].concat();
        marks.area(&part, color.gamma_multiply(if k % 2 == 0 { 0.10 } else { 0.34 }));
    }
}

/// The ten slices of equal mass.
fn edges(prior: Prior) -> impl Iterator<Item = [f64; 2]> {
    let end = move |k: u8| prior.quantile(f64::from(k) / 10.0).clamp(-RANGE, RANGE);
    (0..10).map(move |k| [end(k), end(k + 1)])
}

/// Bands from each slice of the prior to its image on the seam, from the upper plot to the lower one.
fn links(ui: &Ui, seam: &Seam, prior: &PlotPainter, pushed: &PlotPainter) {
    let palette = ViewContext::palette(ui);
    let zero = seam.arc_at(0.0);
    let (above, below) = (prior.painter.clip_rect(), pushed.painter.clip_rect());
    let painter = ui.painter().with_clip_rect(Rect::from_x_y_ranges(below.x_range(), above.bottom()..=below.bottom()));
    for (k, ends) in edges(seam.prior).enumerate() {
        let top = ends.map(|t| pos2(prior.at([t, 0.0]).x, above.bottom()));
        let middle = ends.map(|t| pos2(pushed.at([seam.arc_at(t) - zero, 0.0]).x, below.top()));
        let strength = if k % 2 == 0 { 0.05 } else { 0.2 };
        let colors = [palette.latent, palette.image].map(|color| color.gamma_multiply(strength));
        let mut mesh = Mesh::default();
        for (points, color) in [(top, colors[0]), (middle, colors[1])] {
            for point in points {
                mesh.colored_vertex(point, color);
            }
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(1, 3, 2);
        if mesh.vertices.iter().all(|v| v.pos.x.is_finite()) {
            painter.add(Shape::mesh(mesh));
        }
    }
    for [_, t] in edges(seam.prior).take(9) {
        for (marks, x) in [(prior, t), (pushed, seam.arc_at(t) - zero)] {
            let at = marks.at([x, 0.0]);
            marks.painter.vline(at.x, at.y - 4.0..=at.y, Stroke::new(1.0, palette.ink));
        }
    }
}

/// Captions in the upper left corner, one beneath the other, where there is room: not cut at the side, and above the highest curve.
struct Captions<'a> {
    marks: &'a PlotPainter,
    paper: Color32,
    lines: usize,
}

impl<'a> Captions<'a> {
    fn of(marks: &'a PlotPainter, palette: &Palette) -> Self {
        Self { marks, paper: palette.paper, lines: 0 }
    }

    fn put(&mut self, text: &str, color: Color32) {
        let painter = &self.marks.painter;
        let room = painter.clip_rect().size() - vec2(8.0, 0.0);
        let size_of = |text: &str| painter.layout_no_wrap(text.to_owned(), label_font(), color).size();
        // The first line names the curve; what follows is left out in a narrow plot.
        let is_cut = self.lines == 0 && size_of(text).x > room.x;
        let text = if is_cut { text.split("  ").next().unwrap_or(text) } else { text };
        let line = self.lines as f32;
        if self.lines > 0 && (size_of(text).x > room.x || 17.0 * (line + 1.0) > FREE * room.y) {
            return;
        }
        let corner = painter.clip_rect().left_top() + vec2(5.0, 2.0 + 17.0 * line);
        // A spike may reach up to it.
        let ground = Rect::from_min_size(corner, size_of(text)).expand2(vec2(2.0, -1.0));
        self.marks.painter.rect_filled(ground, 2.0, self.paper.gamma_multiply(0.8));
        self.marks.label(corner, Align2::LEFT_TOP, text, color);
        self.lines += 1;
    }
}

fn speed_here(context: &ViewContext<'_>, seam: &Seam) -> f64 {
    context.probe.jacobian.column(seam.latent).norm()
}

/// The mark of z* or its image.
fn marker(marks: &PlotPainter, x: f64, y: f64, color: Color32) {
    marks.curve([[x, 0.0], [x, y]].into_iter(), Stroke::new(1.4, color), &[]);
    marks.painter.circle_filled(marks.at([x, y]), 3.5, color);
}

/// The histogram of arc lengths as a density.
fn histogram(arcs: impl Iterator<Item = f64>, all: usize, reach: f64) -> Vec<([f64; 2], f64)> {
    let width = 2.0 * reach / BINS as f64;
    let mut counts = [0_usize; BINS];
    for arc in arcs {
        let bin = ((arc + reach) / width).floor();
        if bin >= 0.0 && bin < BINS as f64 {
            counts[bin as usize] += 1;
        }
    }
    let bar = |(k, count): (usize, usize)| {
        let low = -reach + width * k as f64;
        ([low, low + width], count as f64 / (all as f64 * width))
    };
    counts.into_iter().enumerate().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_have_equal_mass() {
        // Simpson's rule on 200 intervals errs by less than 10⁻⁸ here; the outermost slices end at ±3.5, not at infinity.
        let mass = |[low, high]: [f64; 2]| {
            let step = (high - low) / 200.0;
            let weight = |k: usize| if k == 0 || k == 200 { 1.0 } else { 2.0 + 2.0 * (k % 2) as f64 };
            (0..=200).map(|k| weight(k) * Prior::Normal.density(low + step * k as f64)).sum::<f64>() * step / 3.0
        };
        let masses: Vec<f64> = edges(Prior::Normal).map(mass).collect();
        assert_eq!(masses.len(), 10);
        assert!(masses[1..9].iter().all(|m| (m - 0.1).abs() < 1e-8), "{masses:?}");
        assert!([masses[0], masses[9]].iter().all(|m| (m - 0.1).abs() < 3e-4), "{masses:?}");
    }
}
