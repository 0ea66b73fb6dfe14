//! Draws the objective over φ with a dial, and rotates the living run.

use eframe::egui::{
    Align2, Button, ComboBox, CursorIcon, DragValue, EventFilter, Grid, Key, Pos2, Rect, Response, RichText, Role,
    Sense, Stroke, Ui, UiBuilder, Vec2, WidgetInfo, vec2,
};
use egui_plot::{AxisHints, PlotBounds};

use super::query::{MOST_LATENTS, OBSERVATIONS, RotateQuery, RotationCurve};
use crate::geometry::Rotation;
use crate::vae::Covariance;
use crate::viz::command::UiCommand;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, grid, still_plot};
use crate::viz::draw::labels::instead;
use crate::viz::draw::legend::sample_line;
use crate::viz::draw::number::number;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::draw::polyline::polyline;
use crate::viz::selection::Selection;
use crate::viz::theme::{HANDLE_RADIUS, Palette, REACH, indexed};

/// Rotating further only flips latents.
const RANGE: f64 = 90.0;

/// A dip below this many nats is flat.
const FLAT: f64 = 0.002;

/// Draws the view; moves φ and rotates the living run.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    if context.snapshot.latent_dim() < 2 {
        return instead(ui, "Needs at least two latents");
    }
    let answer = context.query(&RotateQuery { plane: selection.rotated });
    let found = answer.as_deref();
    let room = ui.available_rect_before_wrap();
    // The dial beside the curve, or above it.
    let beside = room.width() > 1.5 * room.height();
    let place = if beside { room.with_max_x(room.min.x + 200.0) } else { room };
    let head = ui.scope_builder(UiBuilder::new().max_rect(place).id_salt("dial"), |ui| {
        let side = (0.36 * room.width()).min(0.36 * room.height()).clamp(84.0, 190.0);
        let words = |ui: &mut Ui, phi: f64| {
            if let Some(found) = found {
                price(ui, context, found, phi);
            }
        };
        if beside {
            ui.horizontal(|ui| {
                dial(ui, selection, side);
                ui.vertical(|ui| controls(ui, context, selection));
            });
            words(ui, selection.phi);
        } else {
            ui.horizontal(|ui| {
                dial(ui, selection, side);
                ui.vertical(|ui| {
                    controls(ui, context, selection);
                    words(ui, selection.phi);
                });
            });
        }
    });
    let Some(found) = found else { return instead(ui, "Computing…") };
    let area = if beside {
        room.with_min_x(place.max.x + 6.0)
    } else {
        room.with_min_y(head.response.rect.max.y + ui.spacing().item_spacing.y)
    };
    let lines = 4_usize.div_ceil(columns(area.width())) as f32 * 17.0 + 2.0;
    let place = area.with_max_y((area.max.y - lines).max(area.min.y + 60.0));
    ui.scope_builder(UiBuilder::new().max_rect(place).id_salt("curve"), |ui| curve(ui, context, found, selection.phi));
    ui.scope_builder(UiBuilder::new().max_rect(area.with_min_y(place.max.y)).id_salt("legend"), |ui| {
        legend(ui, found);
    });
    ui.allocate_rect(room, Sense::hover());
}

/// A ring with the latent axes and a handle on the rotated ones.
fn dial(ui: &mut Ui, selection: &mut Selection, side: f32) {
    let palette = ViewContext::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    let (centre, radius) = (rect.center(), 0.5 * side - HANDLE_RADIUS - 3.0);
    let at = |degrees: f64, r: f32| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        centre + r * vec2(cos as f32, -sin as f32)
    };
    let handle = at(selection.phi, radius);
    let response =
        ui.interact(Rect::from_center_size(handle, Vec2::splat(2.0 * REACH)), ui.scope_id().with("φ"), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "Angle of the rotated latents"));
    drag_angle(ui, &response, selection, centre);

    let painter = ui.painter();
    painter.circle_stroke(centre, radius, Stroke::new(1.0, palette.muted));
    for k in 0..24 {
        let length = if k % 3 == 0 { 6.0 } else { 3.0 };
        let degrees = 15.0 * f64::from(k);
        painter.line_segment([at(degrees, radius), at(degrees, radius - length)], Stroke::new(1.0, palette.muted));
    }
    let line = |degrees: f64, stroke: Stroke, dashes: &[f32]| {
        painter.extend(polyline(vec![at(degrees + 180.0, radius), at(degrees, radius)], stroke, dashes));
    };
    let phi = selection.phi;
    for quarter in [0.0, 90.0] {
        line(quarter, Stroke::new(1.3, palette.latent), &[5.0, 4.0]);
        line(quarter + phi, Stroke::new(2.0, palette.ink), &[]);
    }
    let held = response.dragged() || response.has_focus();
    let size = if held { HANDLE_RADIUS + 2.0 } else { HANDLE_RADIUS };
    painter.circle(at(phi, radius), size, palette.latent, Stroke::new(2.0, palette.paper));
    response.on_hover_cursor(CursorIcon::Grab).on_hover_text("Drag, or use the arrow keys once it has the focus");
}

/// The pointer and the arrow keys move φ.
fn drag_angle(ui: &Ui, response: &Response, selection: &mut Selection, centre: Pos2) {
    if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let arm = pointer - centre;
        selection.phi = folded(f64::from((-arm.y).atan2(arm.x).to_degrees()).round());
    }
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        for (key, by) in [(Key::ArrowLeft, -1.0), (Key::ArrowDown, -1.0), (Key::ArrowRight, 1.0), (Key::ArrowUp, 1.0)] {
            if ui.input(|i| i.key_pressed(key)) {
                selection.phi = folded(selection.phi + by);
            }
        }
    }
}

/// The same axes within ±90°.
fn folded(degrees: f64) -> f64 {
    degrees - 180.0 * (degrees / 180.0).round()
}

/// φ as a number, the pair of latents, and the button that rotates them.
fn controls(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    ui.horizontal(|ui| {
        let label = ui.label("φ");
        let drag = DragValue::new(&mut selection.phi).range(-RANGE..=RANGE).speed(0.5).max_decimals(1).suffix("°");
        ui.add(drag).labelled_by(label.id).on_hover_text("Rotates the first latent towards the second");
        pair(ui, context.snapshot.latent_dim(), selection);
    });
    let [a, b] = selection.rotated;
    let text = format!("Rotate by {}°", number(selection.phi, 0));
    let help = format!(
        "Rotates {} and {} of the living run, in decoder and encoder: its decodings stay the same. With diagonal covariance \
         watch it turn back, with full covariance it stays",
        indexed("z", a),
        indexed("z", b)
    );
    if !context.is_figure() && ui.add_enabled(selection.phi != 0.0, Button::new(text)).on_hover_text(help).clicked() {
        context.send(UiCommand::RotateLatents(Rotation { degrees: selection.phi, plane: selection.rotated }));
        // From now on angles are counted from the rotated latents: the mark shows where the run is.
        selection.phi = 0.0;
    }
}

/// The menus of the two rotated latents, for three latents or more.
fn pair(ui: &mut Ui, m: usize, selection: &mut Selection) {
    if m < 3 {
        return;
    }
    for (k, name) in ["rotated", "towards"].into_iter().enumerate() {
        let mut chosen = selection.rotated[k];
        ComboBox::new(("rotated latent", k), "")
            .width(44.0)
            .selected_text(indexed("z", chosen))
            .show_ui(ui, |ui| {
                for i in 0..m {
                    ui.selectable_value(&mut chosen, i, indexed("z", i));
                }
            })
            .response
            .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, name));
        if chosen != selection.rotated[k] {
            // Choosing the other one swaps them.
            if chosen == selection.rotated[1 - k] {
                selection.rotated.swap(0, 1);
            } else {
                selection.rotated[k] = chosen;
            }
        }
    }
}

/// The price of rotating by φ, in words.
fn price(ui: &mut Ui, context: &ViewContext<'_>, found: &RotationCurve, phi: f64) {
    let loss = found.loss(phi);
    let best = (0..90).map(|k| found.loss(f64::from(k))).fold(f64::INFINITY, f64::min);
    let worst = (0..90).map(|k| found.loss(f64::from(k))).fold(0.0, f64::max);
    let approximate = if found.searched.is_empty() { " (second order)" } else { "" };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label("At φ a diagonal posterior loses");
        ui.label(RichText::new(format!("{} nats", number(loss, 3))).strong());
        ui.label(format!("against a full one{approximate}."));
    });
    let verdict = if worst - best < FLAT {
        "Flat: the singular values are nearly equal, so no angle is preferred."
    } else if context.snapshot.settings.objective.covariance == Covariance::Full {
        "This run's posterior is full: nothing turns it back."
    } else {
        "45° exactly is an unstable balance: chance decides."
    };
    ui.add(eframe::egui::Label::new(RichText::new(verdict).weak()).wrap());
}

/// The objective over φ.
fn curve(ui: &mut Ui, context: &ViewContext<'_>, found: &RotationCurve, phi: f64) {
    let palette = ViewContext::palette(ui);
    let full = found.full();
    let degrees = || (-60..=60).map(|k| 1.5 * f64::from(k));
    let worst = degrees()
        .flat_map(|d| [found.loss(d), found.price(d), found.price_at_optimum(d).unwrap_or(0.0)])
        .filter(|x| x.is_finite())
        .fold(0.02, f64::max);
    let bounds = PlotBounds::from_min_max([-1.08 * RANGE, full - 1.15 * worst], [1.08 * RANGE, full + 0.18 * worst]);
    let response = still_plot(ui, "objective over the angle", context)
        .x_grid_spacer(|_| {
            let step = |k: i32| if k % 3 == 0 { 45.0 } else { 15.0 };
            (-6..=6).map(|k| egui_plot::GridMark { value: 15.0 * f64::from(k), step_size: step(k) }).collect()
        })
        .y_grid_spacer(grid(4.0))
        .custom_x_axes(vec![axis(AxisHints::new_x(), "").formatter(|mark, _| {
            if mark.value.rem_euclid(45.0) == 0.0 { format!("{}°", number(mark.value, 0)) } else { String::new() }
        })])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "ELBO (nats)").min_thickness(48.0)])
        .show(ui, |plot| plot.set_plot_bounds(bounds));
    let marks = PlotPainter::new(ui, context, response.transform);
    let [second, optimum, diagonal, family] = strokes(palette);
    marks.curve([[-RANGE, full], [RANGE, full]].into_iter(), family.0, family.1);
    if found.at_optimum.is_some() {
        let price = |d: f64| found.price_at_optimum(d).unwrap_or(f64::NAN);
        marks.curve(degrees().map(|d| [d, full - price(d)]), optimum.0, optimum.1);
    }
    marks.curve(degrees().map(|d| [d, full - found.price(d)]), second.0, second.1);
    if !found.searched.is_empty() {
        marks.curve(degrees().map(|d| [d, full - found.loss(d)]), diagonal.0, diagonal.1);
        let points = found.searched.iter().flat_map(|p| [[p.degrees, p.diagonal], [p.degrees - 90.0, p.diagonal]]);
        marks.cloud(points.chain([[90.0, found.searched[0].diagonal]]), 2.6, palette.ink);
    }
    let [low, high] = [bounds.min()[1], bounds.max()[1]];
    marks.curve([[phi, low], [phi, high]].into_iter(), Stroke::new(1.2, palette.latent), &[]);
    let here = [phi, full - found.loss(phi)];
    marks.painter.circle(marks.at(here), 5.0, palette.latent, Stroke::new(1.5, palette.paper));
    let (anchor, side) = if phi > 40.0 { (Align2::RIGHT_BOTTOM, -8.0) } else { (Align2::LEFT_BOTTOM, 8.0) };
    marks.label(marks.at([phi, low]) + vec2(side, -3.0), anchor, &format!("φ = {}°", number(phi, 1)), palette.latent);
}

/// Stroke and dash pattern of a curve.
type Line = (Stroke, &'static [f32]);

/// Stroke and dashes of the second order, the optimum, the best diagonal and the best full posteriors.
fn strokes(palette: &Palette) -> [Line; 4] {
    [
        (Stroke::new(1.6, palette.muted), &[2.0, 3.0]),
        (Stroke::new(1.6, palette.truth), &[9.0, 3.0, 2.0, 3.0]),
        (Stroke::new(2.0, palette.ink), &[]),
        (Stroke::new(1.8, palette.ink), &[8.0, 4.0]),
    ]
}

/// The legend: name, standing and source of each line.
fn legend(ui: &mut Ui, found: &RotationCurve) {
    let [second, optimum, diagonal, full] = strokes(ViewContext::palette(ui));
    let mut entries: Vec<(Line, &str, String)> = Vec::new();
    if !found.searched.is_empty() {
        let help = format!(
            "The decoder rotated by φ with the best posteriors of the family for {OBSERVATIONS} held-out observations, searched for \
             at the dots. Empirical: depends on the decoder as it is"
        );
        entries.push((diagonal, "best diagonal", help));
        let help = "Flat by a theorem: with any Gaussian posterior and an isotropic prior the objective does not feel a \
                    rotation (Rolínek et al. 2019)";
        entries.push((full, "best full", help.to_owned()));
    }
    if found.linear {
        let help =
            "Closed form for this decoder: (β/2)(Σ log (RΛRᵀ)ᵢᵢ − log det Λ), Λ = I + JᵀJ/b. Exact, since it is linear";
        entries.push((second, "closed form (exact)", help.to_owned()));
        let help =
            "Closed form at the linear optimum for the held-out covariance: (β/2) log(1 + sin²2φ (λ₁ − λ₂)²/4λ₁λ₂)";
        entries.push((optimum, "at the optimum (exact)", help.to_owned()));
    } else {
        let help = "(β/2)(Σ log (RΛRᵀ)ᵢᵢ − log det Λ) with Λ = I + JᵀJ/b at the posterior means; exact for linear decoders only";
        entries.push((second, "second order (approx.)", help.to_owned()));
    }
    let columns = columns(ui.available_width());
    Grid::new("lines").num_columns(2 * columns).min_col_width(0.0).spacing([7.0, 0.0]).min_row_height(17.0).show(
        ui,
        |ui| {
            for (k, (line, name, help)) in entries.into_iter().enumerate() {
                sample_line(ui, line.0, line.1);
                ui.label(name).on_hover_text(help);
                if (k + 1) % columns == 0 {
                    ui.end_row();
                }
            }
            if found.searched.is_empty() {
                ui.weak(format!("searched for up to {MOST_LATENTS} latents"));
            }
        },
    );
}

/// The number of legend entries beside each other.
fn columns(width: f32) -> usize {
    if width > 540.0 { 4 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_folded_to_the_same_axes() {
        for (degrees, expected) in [(30.0, 30.0), (170.0, -10.0), (-95.0, 85.0), (180.0, 0.0)] {
            assert_eq!(folded(degrees), expected);
        }
    }
}
