//! The posteriors of one observation, the learned one beside the optimal ones, in latent space and in data space.

use eframe::egui::{Color32, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2};
use egui_plot::{AxisHints, PlotBounds};

use super::gap::{HEIGHT, gap};
use super::numbers::{KINDS, numbers, standing};
use super::query::{MOST_LATENTS, Outline, PosteriorQuery, Posteriors};
use crate::vae::Prior;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, axis_across, bounds_between, grid, still_plot};
use crate::viz::draw::ellipse::ellipse;
use crate::viz::draw::hover::{NamedMarks, hover, hover_with_help, values_at};
use crate::viz::draw::labels::{Labels, instead};
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::draw::remark::{Remark, remark};
use crate::viz::latent_grid::RANGE;
use crate::viz::selection::Selection;
use crate::viz::symbol::Symbol;
use crate::viz::theme::{POINT_RADIUS, Palette, REACH, indexed};

/// Draws the view.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    if context.snapshot.latent_dim() > MOST_LATENTS {
        return instead(ui, &format!("The best posterior is searched for up to {MOST_LATENTS} latents"));
    }
    if let Some(why) = context.snapshot.settings.without_b() {
        return instead(ui, &format!("Undefined: {why}"));
    }
    // Of two compared runs, one may have fewer observations.
    let chosen = selection.observation.filter(|i| *i < context.snapshot.encodings.columns());
    let Some(observation) = chosen.or(context.probe.nearest) else {
        return instead(ui, "There is no observation");
    };
    let answer = context.query(&PosteriorQuery { observation, plane: selection.axes });
    let posteriors = match answer.as_deref() {
        None => return instead(ui, "Computing…"),
        Some(Err(reason)) => return instead(ui, &format!("Undefined: {reason}")),
        Some(Ok(posteriors)) => posteriors,
    };
    ui.horizontal(|ui| {
        let which = if chosen.is_some() { "chosen" } else { "next to d(z*)" };
        if !context.is_figure() {
            ui.toggle_value(&mut selection.draw, "▶ Draw").on_hover_text("Samples z ~ q(z|x) with their decodings");
        }
        let (word, sentence) = standing(posteriors.expectations);
        ui.weak(word).on_hover_text(sentence);
        if context.in_fisher_metric() {
            ui.weak("·");
        }
        context.say_metric(ui);
        ui.add(eframe::egui::Label::new(format!("· held-out observation {observation}, {which}")).truncate());
    });
    let area = ui.available_rect_before_wrap();
    let table = 5.0 * 18.0 + 8.0;
    // The parts of the gap stand beneath where they leave the plots enough.
    let has_gap = area.height() >= LEAST_PLOTS + table + HEIGHT;
    if !has_gap {
        remark(ui, Remark::LeftOut("the parts of the gap"));
    }
    let gap_height = if has_gap { HEIGHT } else { 0.0 };
    let plots = area.with_max_y((area.max.y - table - gap_height).max(area.min.y + LEAST_PLOTS));
    let below = plots.max.y + table;
    let (left, right) = plots.split_left_right_at_fraction(0.5);
    let newest = selection.draw.then(|| newest_draw(ui));
    ui.scope_builder(UiBuilder::new().max_rect(left.with_max_x(left.max.x - 4.0)).id_salt("latent"), |ui| {
        if posteriors.plane[0] == posteriors.plane[1] {
            line(ui, context, posteriors, newest);
        } else {
            plane(ui, context, selection, posteriors, newest);
        }
    });
    ui.scope_builder(
        UiBuilder::new()
            .max_rect(right.with_min_x(right.min.x + 4.0).with_max_x(right.max.x - LAST_TICK))
            .id_salt("data"),
        |ui| {
            images(ui, context, selection, posteriors, newest);
        },
    );
    let numbers_area = area.with_min_y(plots.max.y + 4.0).with_max_y(below);
    ui.scope_builder(UiBuilder::new().max_rect(numbers_area).id_salt("table"), |ui| numbers(ui, posteriors));
    if has_gap {
        ui.scope_builder(UiBuilder::new().max_rect(area.with_min_y(below)).id_salt("gap"), |ui| {
            gap(ui, context, posteriors);
        });
    }
    ui.allocate_rect(area, Sense::hover());
}

/// The least height of the plots.
const LEAST_PLOTS: f32 = 80.0;

/// Half of the number at the end of an axis.
const LAST_TICK: f32 = 9.0;

/// The place of the newest sample: twelve come a second.
fn newest_draw(ui: &Ui) -> usize {
    ui.request_repaint_after(std::time::Duration::from_millis(40));
    (12.0 * ui.input(|i| i.time)) as usize
}

/// The samples that are shown, the older the fainter.
fn draws(posteriors: &Posteriors, newest: usize) -> impl Iterator<Item = (f32, [[f64; 2]; 2])> {
    const SHOWN: usize = 60;
    let count = posteriors.draws.len();
    (0..SHOWN).map(move |age| {
        let k = (newest + SHOWN - age) % count;
        (1.0 - age as f32 / SHOWN as f32, posteriors.draws[k])
    })
}

/// The magnification, a power of two, at which the ellipses fill the latent view.
fn magnification(posteriors: &Posteriors) -> f64 {
    let centre = posteriors.outlines[0].mean;
    let reach = |outline: &Outline| {
        let length = |k: usize| outline.factor[0][k].hypot(outline.factor[1][k]);
        (0..2).map(|k| (outline.mean[k] - centre[k]).abs() + 1.5 * length(k)).fold(0.0, f64::max)
    };
    let reach = posteriors.outlines.iter().map(reach).fold(0.0, f64::max);
    if reach.is_finite() && reach > 0.0 { (RANGE / reach).log2().floor().clamp(0.0, 10.0).exp2() } else { 1.0 }
}

/// The ellipses in the latent plane, magnified, with the whole plane in a corner.
fn plane(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    selection: &mut Selection,
    posteriors: &Posteriors,
    newest: Option<usize>,
) {
    let palette = ViewContext::palette(ui);
    let [a, b] = posteriors.plane.map(|i| indexed("z", i));
    let zoom = magnification(posteriors);
    let centre = if zoom > 1.0 { posteriors.outlines[0].mean } else { [0.0; 2] };
    let half = RANGE / zoom;
    let response = still_plot(ui, "posterior in latent space", context)
        .data_aspect(1.0)
        .x_grid_spacer(grid(4.0))
        .y_grid_spacer(grid(4.0))
        .custom_x_axes(vec![axis_across("")])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "").min_thickness(32.0)])
        .show(ui, |plot| {
            let [low, high] = [-half, half].map(|d| centre.map(|c| c + d));
            plot.set_plot_bounds(bounds_between(low, high));
        });
    let marks = PlotPainter::new(ui, context, response.transform);
    if zoom == 1.0 {
        rings(&marks, palette);
    }
    let rings = posteriors.outlines.each_ref().map(|o| ellipse(o.mean, o.factor, 1.0).collect::<Vec<_>>());
    marks.inside(posteriors.outlines[0].mean, &rings[0], palette.latent.gamma_multiply(0.14));
    if let Some(newest) = newest {
        for (strength, [z, _]) in draws(posteriors, newest) {
            marks.cloud(
                std::iter::once(z),
                POINT_RADIUS + strength,
                palette.latent.gamma_multiply(0.25 + 0.75 * strength),
            );
        }
    }
    let found = posteriors.found();
    outlines(&marks, &rings, found, palette, (palette.latent, selection.width_of(Symbol::Sigma, 2.2)));
    let reached = |pointer| rings[0].iter().any(|point| marks.at(*point).distance(pointer) <= REACH);
    if response.response.hover_pos().is_some_and(reached) {
        selection.pointed = Some(Symbol::Sigma);
    }
    for ((outline, color), _) in
        posteriors.outlines.iter().zip([palette.latent, palette.ink]).zip(found).filter(|(_, found)| *found)
    {
        marks.painter.circle_filled(marks.at(outline.mean), 2.5, color);
    }
    let frame = marks.painter.clip_rect();
    if zoom > 1.0 {
        whole(ui, frame, posteriors, half, palette);
    }
    let corner = frame.right_top() + vec2(-6.0, 4.0);
    let title = if zoom > 1.0 { format!("{a}, {b}  ×{zoom}") } else { format!("{a}, {b}") };
    marks.label(corner, eframe::egui::Align2::RIGHT_TOP, &title, palette.latent);
    let help = if zoom > 1.0 { "Magnified; the small map shows the whole latent plane" } else { "" };
    hover_with_help(context, response.response, help, |pointer| values_at(&marks, pointer, [&a, &b], named(&rings)));
}

/// The outlines with the names of their posteriors.
fn named(rings: &[Vec<[f64; 2]>; 4]) -> impl Iterator<Item = NamedMarks> {
    KINDS.into_iter().zip(rings).map(|((name, ..), ring)| NamedMarks::new(name, ring.iter().copied()))
}

fn rings(marks: &PlotPainter, palette: &Palette) {
    for r in 1..=3 {
        let unit = [[1.0, 0.0], [0.0, 1.0]];
        marks.curve(ellipse([0.0; 2], unit, f64::from(r)), Stroke::new(1.0, palette.muted.gamma_multiply(0.4)), &[]);
    }
}

/// The whole latent view to scale, with the part that the magnifier shows.
fn whole(ui: &Ui, frame: Rect, posteriors: &Posteriors, half: f64, palette: &Palette) {
    let side = (0.3 * frame.width().min(frame.height())).clamp(36.0, 90.0);
    let map = Rect::from_min_size(frame.left_bottom() + vec2(5.0, -5.0 - side), vec2(side, side));
    let painter = ui.painter().with_clip_rect(map);
    painter.rect(map, 2.0, palette.paper, Stroke::new(1.0, palette.muted), StrokeKind::Inside);
    let scale = side / (2.0 * RANGE as f32);
    let at = |[x, y]: [f64; 2]| map.center() + vec2(x as f32, -y as f32) * scale;
    for r in 1..=3 {
        painter.circle_stroke(map.center(), r as f32 * scale, Stroke::new(1.0, palette.muted.gamma_multiply(0.3)));
    }
    let outline = &posteriors.outlines[0];
    let ring: Vec<_> = ellipse(outline.mean, outline.factor, 1.0).map(at).collect();
    painter.add(eframe::egui::Shape::convex_polygon(ring, palette.latent, Stroke::new(1.0, palette.latent)));
    let window = Rect::from_center_size(at(outline.mean), vec2(2.0, 2.0) * half as f32 * scale);
    painter.rect_stroke(window, 0.0, Stroke::new(1.0, palette.ink), StrokeKind::Outside);
}

/// The learned outline solid and in the colour of its space, the others in ink; those that were not found are left out.
fn outlines(
    marks: &PlotPainter,
    rings: &[Vec<[f64; 2]>; 4],
    found: [bool; 4],
    palette: &Palette,
    (color, width): (Color32, f32),
) {
    for (k, (ring, (_, dashes, _))) in rings.iter().zip(KINDS).enumerate().filter(|(k, _)| found[*k]) {
        let stroke = if k == 0 { Stroke::new(width, color) } else { Stroke::new(1.5, palette.ink) };
        marks.curve(ring.iter().copied(), stroke, dashes);
    }
}

/// One latent: the densities themselves.
fn line(ui: &mut Ui, context: &ViewContext<'_>, posteriors: &Posteriors, newest: Option<usize>) {
    let palette = ViewContext::palette(ui);
    // Densities are wider than ellipses at one standard deviation.
    let zoom = (magnification(posteriors) / 2.0).max(1.0);
    let centre = if zoom > 1.0 { posteriors.outlines[0].mean[0] } else { 0.0 };
    let half = RANGE / zoom;
    let curves = posteriors.outlines.each_ref().map(|o| {
        let sd = o.factor[0][0];
        let density = |k: i32| {
            let z = centre + half * f64::from(k) / 100.0;
            [z, Prior::Normal.density((z - o.mean[0]) / sd) / sd]
        };
        (-100..=100).map(density).collect::<Vec<_>>()
    });
    let height = curves.iter().flatten().map(|[_, y]| *y).filter(|y| y.is_finite()).fold(1e-3, f64::max);
    let response = still_plot(ui, "posterior of one latent", context)
        .show_axes([context.axes, false])
        .x_grid_spacer(grid(4.0))
        .custom_x_axes(vec![axis_across("")])
        .show(ui, |plot| {
            plot.set_plot_bounds(bounds_between([centre - half, 0.0], [centre + half, 1.2 * height]));
        });
    let marks = PlotPainter::new(ui, context, response.transform);
    marks.area(&curves[0], palette.latent.gamma_multiply(0.14));
    if let Some(newest) = newest {
        for (strength, [z, _]) in draws(posteriors, newest) {
            let stroke = Stroke::new(1.0, palette.latent.gamma_multiply(0.2 + 0.8 * strength));
            marks.curve([[z[0], 0.0], [z[0], 0.05 * height]].into_iter(), stroke, &[]);
        }
    }
    outlines(&marks, &curves, posteriors.found(), palette, (palette.latent, 2.2));
    let corner = marks.painter.clip_rect().right_top() + vec2(-6.0, 4.0);
    let title = format!("q(z₁|x)  ×{zoom}");
    marks.label(corner, eframe::egui::Align2::RIGHT_TOP, &title, palette.latent);
    hover(context, response.response, |pointer| values_at(&marks, pointer, ["z₁", "density"], named(&curves)));
}

/// The decoder's images of the ellipses, with the observation.
fn images(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    selection: &Selection,
    posteriors: &Posteriors,
    newest: Option<usize>,
) {
    let palette = ViewContext::palette(ui);
    let bounds = bounds(posteriors);
    let response = still_plot(ui, "posterior in data space", context)
        .data_aspect(1.0)
        .x_grid_spacer(grid(4.0))
        .y_grid_spacer(grid(4.0))
        .custom_x_axes(vec![axis_across("")])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "").min_thickness(32.0)])
        .show(ui, |plot| plot.set_plot_bounds(bounds));
    let marks = PlotPainter::new(ui, context, response.transform);
    let rings = posteriors.outlines.each_ref().map(|o| o.image.clone());
    // The image of an interval is a curve, which has no inside.
    if posteriors.plane[0] != posteriors.plane[1] {
        marks.inside(posteriors.centre, &rings[0], palette.image.gamma_multiply(0.14));
    }
    if let Some(newest) = newest {
        for (strength, [_, x]) in draws(posteriors, newest) {
            marks.cloud(
                std::iter::once(x),
                POINT_RADIUS + strength,
                palette.image.gamma_multiply(0.25 + 0.75 * strength),
            );
        }
    }
    outlines(&marks, &rings, posteriors.found(), palette, (palette.image, selection.width_of(Symbol::Sigma, 2.2)));
    marks.painter.circle_filled(marks.at(posteriors.centre), 2.5, palette.image);
    let x = marks.at(posteriors.target);
    for arm in [vec2(4.0, 4.0), vec2(4.0, -4.0)] {
        marks.painter.line_segment([x - arm, x + arm], Stroke::new(1.8, palette.ink));
    }
    let points: Vec<Pos2> = rings.iter().flatten().map(|point| marks.at(*point)).chain([x]).collect();
    let name = plane_name(context, posteriors);
    let short = name.trim_start_matches("along ");
    if !marks.in_corner(&name, palette.image, &points, 3.0) {
        marks.in_corner(short, palette.image, &points, 0.0);
    }
    let mut labels = Labels::default();
    for mark in [x, marks.at(posteriors.centre)] {
        labels.keep_off(Rect::from_center_size(mark, vec2(9.0, 9.0)));
    }
    // On the side that is away from the image of the mean.
    let away = x - marks.at(posteriors.centre);
    let aside = if away.length() > 1.0 { 13.0 * away.normalized() } else { vec2(9.0, -11.0) };
    labels.put(&marks.painter, x + aside, "x", palette.ink, palette.paper);
    hover(context, response.response, |pointer| values_at(&marks, pointer, ["across", "up"], named(&rings)));
}

/// The name of the plane of the images.
fn plane_name(context: &ViewContext<'_>, posteriors: &Posteriors) -> String {
    let [a, b] = posteriors.plane;
    if posteriors.own_coordinates {
        context.projection.names.join(", ")
    } else if a == b {
        format!("along {} and towards x", indexed("u", a))
    } else {
        format!("along {}, {}", indexed("u", a), indexed("u", b))
    }
}

fn bounds(posteriors: &Posteriors) -> PlotBounds {
    let points = posteriors.outlines.iter().flat_map(|o| &o.image).chain([&posteriors.target, &posteriors.centre]);
    let mut bounds = PlotBounds::NOTHING;
    for point in points.filter(|p| p.iter().all(|x| x.is_finite())) {
        bounds.extend_with_x(point[0]);
        bounds.extend_with_y(point[1]);
    }
    if !bounds.is_valid() {
        return PlotBounds::from_min_max([-1.0; 2], [1.0; 2]);
    }
    bounds.add_relative_margin_x(vec2(0.15, 0.15));
    bounds.add_relative_margin_y(vec2(0.15, 0.15));
    bounds_between(bounds.min(), bounds.max())
}
