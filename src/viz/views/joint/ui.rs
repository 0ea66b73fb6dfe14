//! Does the density on the manifold factorise along the seams, and do arc lengths make coordinates of the data?

use std::sync::Arc;

use eframe::egui::{
    Align2, CursorIcon, EventFilter, Id, Key, Label, Pos2, Rect, RichText, Role, Sense, Stroke, StrokeKind, TextStyle,
    TextWrapMode, Ui, UiBuilder, Vec2, WidgetInfo, WidgetText, pos2, vec2,
};
use egui_plot::{AxisHints, PlotBounds};

use super::query::{Joint, JointQuery};
use super::refusal::{in_short, power, refusal, refuse, tolerances};
use crate::data::Scene;
use crate::viz::argument_query::RANGE;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, bounds_between, grid, still_plot};
use crate::viz::draw::color_bar::signed_bar;
use crate::viz::draw::file_values::length_words;
use crate::viz::draw::hover::{NamedMarks, hover, hover_with_help, significant, values_at};
use crate::viz::draw::labels::{Labels, instead};
use crate::viz::draw::legend::{LegendEntry, Sample, legend_line};
use crate::viz::draw::number::number;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::loop_query::{LoopIntegrals, LoopQuery};
use crate::viz::selection::Selection;
use crate::viz::theme::{POINT_RADIUS, Palette, REACH, SMALLEST_TEXT, dashes, indexed, label_font};

/// The height of a line of numbers, in points.
const LINE: f32 = 18.0;

/// Draws the view; moves the rectangle.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let &[a, b] = selection.shown() else {
        return instead(ui, "One latent has no other to be independent of");
    };
    let plane = [a, b];
    if let Err(reason) = context.snapshot.geometry.independent_in(plane) {
        return instead(ui, &format!("No joint density: {reason}"));
    }
    let answer = ask(context, plane);
    let Some(joint) = answer.as_deref() else {
        return instead(ui, "Computing…");
    };
    let (z, corners) = (selection.z.clone(), selection.corners);
    let around = context.query(&LoopQuery { z, plane, corners });
    let truth = context.snapshot.config.origin.scene().and_then(Scene::truth);
    let refusal = refusal(joint, truth);
    legend_line(ui, context, selection.layers.legend, &entries(ViewContext::palette(ui), refusal.is_none()));
    let area = ui.available_rect_before_wrap();
    // A figure says beneath the map in a few words why there are no samples beside it.
    let reason = refusal.as_ref().filter(|_| context.is_figure()).map(|_| in_short(joint, truth));
    // The numbers of a figure need more lines the narrower it is.
    let words = if reason.is_some() { 2200.0 } else { 1600.0 };
    let lines = if context.is_figure() { (words / area.width()).ceil().clamp(1.0, 6.0) } else { 3.0 };
    let lines = lines * LINE + 2.0;
    let plots = area.with_max_y((area.max.y - lines).max(area.min.y + 80.0));
    // A square, and the rest for the samples.
    let labels = vec2(26.0, 20.0);
    let share = if reason.is_some() { 1.0 } else { 0.48 };
    let side = (share * plots.width() - labels.x).min(plots.height() - labels.y).max(60.0);
    let (left, right) = plots.split_left_right_at_x(plots.min.x + side + labels.x);
    let left = left.with_max_y(left.min.y + side + labels.y);
    ui.scope_builder(UiBuilder::new().max_rect(left).id_salt("map"), |ui| map(ui, context, joint, selection));
    ui.scope_builder(UiBuilder::new().max_rect(right.with_min_x(right.min.x + 8.0)).id_salt("unrolled"), |ui| {
        match refusal {
            Some(_) if context.is_figure() => {}
            Some(reason) => refuse(ui, &reason),
            None => unrolled(ui, context, joint),
        }
    });
    ui.scope_builder(UiBuilder::new().max_rect(area.with_min_y(plots.max.y + 2.0)).id_salt("numbers"), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().interact_size.y = LINE;
        if context.is_figure() {
            return figure_numbers(ui, joint, around.as_deref(), reason);
        }
        numbers(ui, context, joint);
        if let Some(around) = around.as_deref() {
            loops(ui, plane, *around);
        }
    });
    ui.allocate_rect(area, Sense::hover());
}

/// The joint density in a plane through the z* of a run, once it is known.
fn ask(context: &ViewContext<'_>, plane: [usize; 2]) -> Option<Arc<Joint>> {
    context.query(&JointQuery { z: context.probe.z().to_vec(), plane })
}

/// The legend.
fn entries(palette: &Palette, is_unrolled: bool) -> Vec<LegendEntry> {
    let product = "Where the product of the seam densities is larger than the density on the manifold. Colours are shares of the \
                   largest density, as in the scale";
    let joint = "Where the density on the manifold is larger than the product of the seam densities";
    let lines = "The lines through z* parallel to the axes, along which the seam densities are taken";
    let around = "The rectangle that the loop integrals run around: drag on the map for another one";
    let samples = "Samples of the prior in arc-length coordinates: the manifold unrolled";
    let mut entries = vec![
        LegendEntry::new(Sample::Area(palette.plus), "product larger", product),
        LegendEntry::new(Sample::Area(palette.minus), "joint larger", joint),
        LegendEntry::line(1.6, palette.latent, dashes(0), "latent lines", lines),
        LegendEntry::line(1.8, palette.ink, &[], "loop", around),
    ];
    if is_unrolled {
        entries.push(LegendEntry::new(Sample::Dot(palette.image), "samples", samples));
    }
    entries
}

/// The signed difference over the latent plane, with the lines through z* and the rectangle.
fn map(ui: &mut Ui, context: &ViewContext<'_>, joint: &Joint, selection: &mut Selection) {
    let palette = ViewContext::palette(ui);
    let [a, b] = joint.plane;
    let response = still_plot(ui, "product against joint density", context)
        .data_aspect(1.0)
        .show_grid([false, false])
        .x_grid_spacer(grid(5.0))
        .y_grid_spacer(grid(5.0))
        .custom_x_axes(vec![axis(AxisHints::new_x(), "")])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "")])
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([-RANGE; 2], [RANGE; 2])));
    let marks = PlotPainter::new(ui, context, response.transform);
    let difference = &joint.product.difference;
    // One scale for two compared runs. Small differences stay pale: it never shrinks below a tenth of the largest density.
    let has_joint = |other: &&ViewContext<'_>| other.snapshot.geometry.independent_in(joint.plane).is_ok();
    let beside = context.beside.filter(has_joint).and_then(|other| ask(other, joint.plane));
    let scale = largest_difference(joint).max(beside.as_deref().map_or(0.0, largest_difference)).max(0.1);
    let shade = |d: f64| palette.signed(if d.is_finite() { d / scale } else { 0.0 });
    marks.cells(joint.product.side, difference.iter().enumerate().map(|(k, d)| (place(joint, k), shade(*d))));
    let [x, y] = [selection.z[a], selection.z[b]];
    let stroke = Stroke::new(1.6, palette.latent);
    marks.curve([[-RANGE, y], [RANGE, y]].into_iter(), stroke, dashes(a));
    marks.curve([[x, -RANGE], [x, RANGE]].into_iter(), stroke, dashes(b));
    let mut labels = Labels::default();
    rectangle(ui, context, &marks, &response.response, selection, &mut labels);
    let frame = marks.painter.clip_rect();
    let title = format!("{}, {}", indexed("z", a), indexed("z", b));
    let colors = [palette.latent, palette.paper];
    labels.write(&marks.painter, frame.left_top() + vec2(4.0, 2.0), Align2::LEFT_TOP, &title, colors);
    let length = 60.0_f32.min(0.3 * frame.width());
    let bar = Rect::from_min_size(frame.right_bottom() - vec2(length + 8.0, 14.0), vec2(length, 8.0));
    let ends = format!("±{}", number(scale, 2));
    // On a ground of its own: lines and colours of the map run through the corner.
    let width = marks.painter.layout_no_wrap(ends.clone(), label_font(), palette.ink).size().x;
    let ground = Rect::from_min_max(bar.min - vec2(width + 10.0, 5.0), bar.max + vec2(5.0, 5.0));
    marks.painter.rect_filled(ground, 2.0, palette.paper);
    marks.painter.rect_stroke(frame, 0.0, Stroke::new(1.0, palette.rule), StrokeKind::Inside);
    signed_bar(&marks.painter, bar, palette);
    labels.keep_off(ground);
    labels.write(
        &marks.painter,
        bar.left_center() - vec2(5.0, 0.0),
        Align2::RIGHT_CENTER,
        &ends,
        [palette.ink, palette.paper],
    );
    for (sign, mark) in [(1.0, "+"), (-1.0, "−")] {
        let extreme = difference.iter().enumerate().filter(|(_, d)| sign * **d > 0.02);
        if let Some((k, d)) = extreme.max_by(|x, y| (sign * x.1).total_cmp(&(sign * y.1))) {
            let text = format!("{mark}{}", number(d.abs(), 2));
            // Above the place, which may be a speck.
            labels.put(&marks.painter, marks.at(place(joint, k)) - vec2(0.0, 13.0), &text, palette.ink, palette.paper);
        }
    }
    hover(context, response.response, |pointer| {
        let point = marks.point(pointer);
        let cell = point.map(|x| ((x + RANGE) / (2.0 * RANGE) * (joint.product.side - 1) as f64).round() as usize);
        let difference = difference.get(cell[1] * joint.product.side + cell[0]).copied();
        let values = [a, b].into_iter().zip(point).map(|(i, z)| format!("{} = {}", indexed("z", i), significant(z)));
        values
            .chain(difference.map(|d| format!("product − joint = {} of the largest density", significant(d))))
            .collect()
    });
}

/// The largest magnitude of the difference, as a share of the largest density.
fn largest_difference(joint: &Joint) -> f64 {
    joint.product.difference.iter().copied().filter(|d| d.is_finite()).fold(0.0, |m: f64, d| m.max(d.abs()))
}

/// The latents of grid point `k`.
pub(super) fn place(joint: &Joint, k: usize) -> [f64; 2] {
    let side = joint.product.side;
    [k % side, k / side].map(|i| RANGE * (2.0 * i as f64 / (side - 1) as f64 - 1.0))
}

/// The rectangle that the loops run around: drawn anew by dragging on the map, moved by its corners.
fn rectangle(
    ui: &Ui,
    context: &ViewContext<'_>,
    marks: &PlotPainter,
    response: &eframe::egui::Response,
    selection: &mut Selection,
    labels: &mut Labels,
) {
    let palette = ViewContext::palette(ui);
    let inside = |position: Pos2| marks.point(position).map(|x| (20.0 * x.clamp(-RANGE, RANGE)).round() / 20.0);
    let mut held = false;
    for (k, name) in ["First corner of the loop", "Opposite corner of the loop"].into_iter().enumerate() {
        let at = marks.at(selection.corners[k]);
        let id: Id = ui.scope_id().with(("corner", k));
        let handle = ui.interact(Rect::from_center_size(at, Vec2::splat(2.0 * REACH)), id, Sense::drag());
        handle.widget_info(|| WidgetInfo::labeled(Role::Slider, true, name));
        if let Some(position) = handle.interact_pointer_pos().filter(|_| handle.dragged()) {
            selection.corners[k] = inside(position);
            held = true;
        }
        if handle.has_focus() {
            let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, arrows));
            for (key, axis, by) in [
                (Key::ArrowLeft, 0, -0.1),
                (Key::ArrowRight, 0, 0.1),
                (Key::ArrowDown, 1, -0.1),
                (Key::ArrowUp, 1, 0.1),
            ] {
                if ui.input(|i| i.key_pressed(key)) {
                    let value = &mut selection.corners[k][axis];
                    *value = (*value + by).clamp(-RANGE, RANGE);
                }
            }
        }
        let size = if handle.dragged() || handle.has_focus() { 6.0 } else { 4.0 };
        if !context.is_figure() {
            marks.painter.circle(at, size, palette.ink, Stroke::new(1.5, palette.paper));
        }
        handle.on_hover_cursor(CursorIcon::Grab);
    }
    if let Some(position) = response.interact_pointer_pos().filter(|_| response.dragged() && !held) {
        let start = ui.input(|i| i.pointer.press_origin()).unwrap_or(position);
        selection.corners = [inside(start), inside(position)];
    }
    let [from, to] = selection.corners.map(|corner| marks.at(corner));
    let rect = Rect::from_two_pos(from, to);
    marks.painter.rect_stroke(rect, 0.0, Stroke::new(1.8, palette.ink), StrokeKind::Middle);
    // Which way round, and that it can be moved.
    let middle = pos2(rect.center().x, rect.max.y);
    labels.write(&marks.painter, middle, Align2::CENTER_CENTER, "→", [palette.ink, palette.paper]);
}

/// The samples in arc-length coordinates: the manifold unrolled.
fn unrolled(ui: &mut Ui, context: &ViewContext<'_>, joint: &Joint) {
    let palette = ViewContext::palette(ui);
    let mut bounds = PlotBounds::NOTHING;
    for [u, v] in joint.arcs.iter().filter(|arc| arc.iter().all(|x| x.is_finite())) {
        bounds.extend_with_x(*u);
        bounds.extend_with_y(*v);
    }
    bounds.add_relative_margin_x(vec2(0.08, 0.08));
    bounds.add_relative_margin_y(vec2(0.08, 0.08));
    let response = still_plot(ui, "global coordinates", context)
        .data_aspect(1.0)
        .x_grid_spacer(grid(5.0))
        .y_grid_spacer(grid(4.0))
        .custom_x_axes(vec![axis(AxisHints::new_x(), "")])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "")])
        .show(ui, |plot| {
            // Above the samples stands the title.
            let [low, high] = [bounds.min(), bounds.max()];
            plot.set_plot_bounds(bounds_between(low, [high[0], high[1] + 0.15 * (high[1] - low[1])]));
        });
    let marks = PlotPainter::new(ui, context, response.transform);
    marks.cloud(joint.arcs.iter().copied(), POINT_RADIUS + 0.4, palette.image.gamma_multiply(0.6));
    let [a, b] = joint.plane;
    let corner = marks.painter.clip_rect().left_top() + vec2(4.0, 2.0);
    let title = format!("global {}, {} = ∫ sᵢ dzᵢ", indexed("u", a), indexed("u", b));
    marks.label(corner, Align2::LEFT_TOP, &title, palette.image);
    let help = format!("{}{}", tolerances(), length_words(&context.snapshot.data));
    hover_with_help(context, response.response, &help, |pointer| {
        let samples = NamedMarks::new("sample of the prior", joint.arcs.iter().copied());
        values_at(&marks, pointer, [&indexed("u", a), &indexed("u", b)], [samples])
    });
}

/// The numbers alone, as a figure has them: what they mean is said in its caption.
fn figure_numbers(ui: &mut Ui, joint: &Joint, around: Option<&LoopIntegrals>, reason: Option<&str>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        whole(ui, "colours: product − joint, of the largest density".to_owned());
        whole(ui, format!("½∫|product − joint| = {}", number(joint.product.error, 3)));
        whole(ui, format!("distance correlation = {} (chance {})", number(joint.dependence, 3), number(joint.band, 3)));
        if let Some(around) = around {
            for (k, latent) in joint.plane.into_iter().enumerate() {
                let integral = number(around.integrals[k], 3);
                whole(ui, format!("∮ {} d{} = {integral}", indexed("s", latent), indexed("z", latent)));
            }
        }
        if let Some(reason) = reason {
            whole(ui, format!("no global coordinates: {reason}"));
        }
    });
}

/// A text that is not broken unless it is longer than a line: it begins the next line where it does not fit.
fn whole(ui: &mut Ui, text: String) {
    let galley =
        WidgetText::from(text.as_str()).into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, TextStyle::Body);
    if galley.size().x > ui.available_size_before_wrap().x {
        ui.end_row();
    }
    let is_short = galley.size().x <= ui.available_size_before_wrap().x;
    ui.add(if is_short { Label::new(text).extend() } else { Label::new(text).wrap() });
}

fn numbers(ui: &mut Ui, context: &ViewContext<'_>, joint: &Joint) {
    let bernoulli = context.in_fisher_metric();
    let [a, b] = joint.plane;
    let line = |ui: &mut Ui, text: String, value: String, rests: &[String], help: &str| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            ui.label(text).on_hover_text(help);
            ui.label(RichText::new(value).strong()).on_hover_text(help);
            // The first that there is room for: a part of a sentence says nothing.
            let whole = |rest: &String| {
                let rest = WidgetText::from(RichText::new(rest).weak().size(SMALLEST_TEXT));
                rest.into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, TextStyle::Body)
            };
            if let Some(galley) = rests.iter().map(whole).find(|galley| galley.size().x <= ui.available_width()) {
                ui.label(galley).on_hover_text(help);
            }
        });
    };
    line(
        ui,
        format!("product of seam densities {}, {} − joint: ½∫|·| =", indexed("z", a), indexed("z", b)),
        number(joint.product.error, 3),
        &[if bernoulli {
            "0 exactly if it factorises; of x̂ = π, not in the Fisher metric"
        } else {
            "0 exactly if it factorises"
        }
        .to_owned()],
        "p(z_a)/‖J_a‖ · p(z_b)/‖J_b‖ − p(z)/√det JᵀJ. Product of the seam densities through z* minus the density on the manifold, as a share of the largest density; ½∫|·| is the \
         share of mass in the wrong place. Theorem: for two latents it is 0 for every z* exactly when C1 and C2 hold",
    );
    line(
        ui,
        "distance correlation of arc lengths =".to_owned(),
        number(joint.dependence, 3),
        &[
            format!("chance up to {} (95 %); finds {}", number(joint.band, 3), power(joint)),
            format!("chance up to {} (95 %)", number(joint.band, 3)),
            format!("chance {}", number(joint.band, 3)),
        ],
        &format!(
            "Distance correlation of uᵢ = ∫ sᵢ dzᵢ at {} samples of the prior, whose latents are independent, and what re-paired \
             samples stay below in 95 of 100 cases. Empirical. A value below chance does not show independence. The test finds with 80 % probability \
             that one speed changes steadily, by so many % per σ of the other latent: measured by imposing such a change on this run's \
             re-paired arc lengths",
            joint.count
        ),
    );
}

/// A narrower line of loop integrals has a shorter name, and no shares.
const NARROW: f32 = 450.0;

fn loops(ui: &mut Ui, [a, b]: [usize; 2], around: LoopIntegrals) {
    let help = "Integrals of arc length around the rectangle, in units of the data, and as a share of its side. Theorem: 0 for every \
                rectangle exactly when C2 holds, and only then ∫ sᵢ dzᵢ is a coordinate. Drag on the map for another one";
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let is_wide = ui.available_width() >= NARROW;
        ui.label(if is_wide { "loop integrals:" } else { "loops:" }).on_hover_text(help);
        for (k, latent) in [a, b].into_iter().enumerate() {
            let (integral, length) = (around.integrals[k], around.lengths[k]);
            ui.label(format!("∮ {} d{} =", indexed("s", latent), indexed("z", latent))).on_hover_text(help);
            ui.label(RichText::new(number(integral, 3)).strong()).on_hover_text(help);
            if length > 0.0 && is_wide {
                let share = RichText::new(format!("({} %)", number(100.0 * integral.abs() / length, 1)));
                ui.label(share.weak()).on_hover_text(help);
            }
        }
    });
}
