//! The objective over φ beside its dial, with the price of rotating by φ.

use std::sync::Arc;

use eframe::egui::{Button, ComboBox, DragValue, Rect, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::beta::BetaPicture;
use super::curve::{RANGE, columns, curve, entries, legend, nats};
use super::dial::{dial, let_go, rotate, turn};
use super::query::{RotateQuery, RotationCurve};
use crate::nn::OptimizerKind;
use crate::vae::Covariance;
use crate::viz::context::ViewContext;
use crate::viz::draw::labels::instead;
use crate::viz::draw::number::number;
use crate::viz::draw::remark::{Remark, remark};
use crate::viz::selection::Selection;
use crate::viz::theme::indexed;

/// A dip below this many nats is flat.
const FLAT: f64 = 0.002;

/// V counts as aligned with the axes while the least loss is within so many degrees of φ = 0.
const ALIGNED: f64 = 5.0;

/// Learning rate after a rotation (`experiment/schedule.rs`).
const RATE_AFTER_ROTATION: &str = "As any change, a rotation begins another cycle of the learning rate, at its full height, for \
                                   diagonal and full posteriors alike";

/// Draws the view; moves φ and rotates the living run.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    if let Some(picture) = BetaPicture::of(context.snapshot).filter(|_| selection.over_beta || is_single(context)) {
        return picture.show(ui, context);
    }
    if is_single(context) {
        return instead(ui, "Needs at least two latents");
    }
    // Prices rest on b = βσ² and the KL. The latents can be rotated nevertheless.
    let undefined = context.snapshot.settings.without_b();
    let query = RotateQuery { plane: selection.rotated };
    let answer = if undefined.is_none() { context.query(&query) } else { None };
    let found = answer.as_deref();
    if context.is_figure() {
        if let Some(why) = undefined {
            return instead(ui, &format!("Undefined: {why}"));
        }
        if let Some(found) = found {
            curve_and_legend(ui, context, found, selection, ui.available_rect_before_wrap());
        }
        return;
    }
    let room = ui.available_rect_before_wrap();
    if room.height() < LOW {
        return low(ui, context, found, selection);
    }
    // The dial beside the curve, or above it.
    let beside = room.width() > 1.5 * room.height();
    let side = (0.36 * room.width()).min(0.36 * room.height()).clamp(84.0, 190.0);
    let place = if beside { room.with_max_x(room.min.x + (side + CONTROLS).max(200.0)) } else { room };
    let head = ui.scope_builder(UiBuilder::new().max_rect(place).id_salt("dial"), |ui| {
        let words = |ui: &mut Ui, phi: f64| {
            if let Some(found) = found {
                price(ui, context, found, phi);
            }
        };
        if beside {
            ui.horizontal(|ui| {
                dial(ui, context, selection, side);
                ui.vertical(|ui| controls(ui, context, selection));
            });
            words(ui, selection.phi);
        } else {
            ui.horizontal(|ui| {
                dial(ui, context, selection, side);
                ui.vertical(|ui| {
                    controls(ui, context, selection);
                    words(ui, selection.phi);
                });
            });
        }
    });
    let Some(found) = found else { return no_curve(ui, context) };
    let area = if beside {
        room.with_min_x(place.max.x.max(head.response.rect.max.x) + 6.0)
    } else {
        room.with_min_y(head.response.rect.max.y + ui.spacing().item_spacing.y)
    };
    curve_and_legend(ui, context, found, selection, area);
    ui.allocate_rect(room, Sense::hover());
}

/// Below this height the dial would leave the curve no room; its line can be dragged, too.
const LOW: f32 = 290.0;

/// The curve with φ and the button above it.
fn low(ui: &mut Ui, context: &ViewContext<'_>, found: Option<&RotationCurve>, selection: &mut Selection) {
    ui.horizontal(|ui| {
        angle(ui, context, selection);
        pair(ui, context.snapshot.latent_dim(), selection);
        button(ui, context, selection);
    });
    match found {
        Some(found) => {
            let area = ui.available_rect_before_wrap();
            curve_and_legend(ui, context, found, selection, area);
        }
        None => no_curve(ui, context),
    }
}

/// Says why there is no curve, or not yet.
fn no_curve(ui: &mut Ui, context: &ViewContext<'_>) {
    match context.snapshot.settings.without_b() {
        Some(why) => instead(ui, &format!("Undefined: {why}")),
        None => instead(ui, "Computing…"),
    }
}

/// True if there are no two latents that could be rotated.
fn is_single(context: &ViewContext<'_>) -> bool {
    context.snapshot.latent_dim() < 2
}

/// Chooses between φ and β across.
pub(super) fn tools(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    if !is_single(context) && BetaPicture::of(context.snapshot).is_some() {
        let help = "The same valley with β across: what the optimum does as β changes, and where the run is";
        ui.toggle_value(&mut selection.over_beta, "over β").on_hover_text(help);
    }
}

/// The width of what stands beside the dial.
const CONTROLS: f32 = 120.0;

/// Below this height the legend would leave the curve too little, and the widths of a legend beside it and of the least curve.
const LOW_CURVE: f32 = 230.0;
const LEGEND: f32 = 194.0;
const LEAST_CURVE: f32 = 220.0;

/// The objective over the angle with its legend beneath, which is all that a figure shows. Dragging its upright line turns the dial.
fn curve_and_legend(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    found: &RotationCurve,
    selection: &mut Selection,
    area: Rect,
) {
    // The name of the upright axis reaches a little over its edge, as the last number of the other does.
    let area = Rect::from_min_max(area.min + vec2(3.0, 0.0), area.max - vec2(4.0, 0.0));
    let others = context.beside.and_then(|other| others_curve(other, found.plane));
    let compared = others.is_some();
    // With a line that says why there are no searched posteriors.
    let lines = entries(context, found, compared, selection.phi).max(4).div_ceil(columns(area.width()))
        + usize::from(found.searched.is_empty());
    let lines = lines as f32 * 17.0 + if found.searched.is_empty() { 6.0 } else { 2.0 };
    // In a low place the legend stands beside the curve, or is left out: hovering names the curves.
    let (is_low, is_wide) = (area.height() < LOW_CURVE, area.width() > LEGEND + LEAST_CURVE);
    let (place, names) = match (is_low, is_wide) {
        (true, true) => {
            let (left, right) = area.split_left_right_at_x(area.max.x - LEGEND);
            (left, Some(right.with_min_x(right.min.x + 8.0)))
        }
        (true, false) if lines > 0.35 * area.height() => {
            remark(ui, Remark::LeftOut("the legend"));
            (area, None)
        }
        _ => {
            let place = area.with_max_y((area.max.y - lines).max(area.min.y + 60.0));
            (place, Some(area.with_min_y(place.max.y)))
        }
    };
    ui.scope_builder(UiBuilder::new().max_rect(place).id_salt("curve"), |ui| {
        let (plot, phi) = curve(ui, context, found, others.as_deref(), selection.phi);
        if let Some(phi) = phi {
            turn(selection, phi);
        }
        let_go(context, selection, &plot);
    });
    let Some(names) = names else { return };
    ui.scope_builder(UiBuilder::new().max_rect(names).id_salt("legend"), |ui| {
        legend(ui, context, found, compared, selection.phi);
    });
}

/// The curve of the run that this one is compared with, if it has one in this plane.
fn others_curve(other: &ViewContext<'_>, plane: [usize; 2]) -> Option<Arc<RotationCurve>> {
    let has_plane = plane.iter().all(|latent| *latent < other.snapshot.latent_dim());
    if !has_plane || other.snapshot.config.without_b(&other.snapshot.settings).is_some() {
        return None;
    }
    other.query(&RotateQuery { plane })
}

/// φ as a number, the pair of latents, and the button that rotates them.
fn controls(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    ui.horizontal(|ui| angle(ui, context, selection));
    ui.horizontal(|ui| pair(ui, context.snapshot.latent_dim(), selection));
    button(ui, context, selection);
    if context.snapshot.settings.optimizer.kind != OptimizerKind::Lbfgs {
        ui.weak("restarts the learning rate").on_hover_text(RATE_AFTER_ROTATION);
    }
}

/// φ as a number.
fn angle(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let label = ui.label("φ");
    let drag = DragValue::new(&mut selection.phi).range(-RANGE..=RANGE).speed(0.5).max_decimals(1).suffix("°");
    let response = ui.add(drag).labelled_by(label.id).on_hover_text("Rotates the first latent towards the second");
    selection.is_turning |= response.dragged();
    let_go(context, selection, &response);
}

/// The button that rotates the living run, and the switch that does without it.
fn button(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let [a, b] = selection.rotated;
    let text = format!("Rotate by {}°", number(selection.phi, 0));
    let help = format!(
        "Rotates {} and {} of the living run, in decoder and encoder: its decodings stay the same. A diagonal posterior loses \
         by it, so training turns it back. A full one loses nothing (theorem), and equivariant Adam with the factor exp 2H prefers \
         no axes (theorem). Plain Adam, which treats coordinates one by one, slowly walks it to the axes, too. \
         {RATE_AFTER_ROTATION}",
        indexed("z", a),
        indexed("z", b)
    );
    if ui.add_enabled(selection.phi != 0.0, Button::new(text)).on_hover_text(help).clicked() {
        rotate(context, selection);
    }
    let help = "Letting go of the dial, or of the line in the plot, rotates the run at once";
    ui.checkbox(&mut selection.rotates_on_release, "on release").on_hover_text(help);
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
        let about = if found.unconverged() > 0 { "about " } else { "" };
        ui.label(RichText::new(format!("{about}{} nats", nats(loss))).strong());
        ui.label(format!("against a full one{approximate}."));
        context.say_metric(ui);
    })
    .response
    .on_hover_text(format!(
        "Mean over {} held-out observations, factor β included: to second order the β gap of the rotated latents",
        found.observations
    ));
    let (unconverged, all) = (found.unconverged(), found.observations);
    if unconverged > 0 {
        let sentence = format!("Not converged for {unconverged} of {all} observations: dots are lower bounds.");
        let text = RichText::new(sentence).color(ViewContext::palette(ui).alarm);
        ui.add(eframe::egui::Label::new(text).wrap()).on_hover_text(
            "The most at one angle. A search ended before its posterior was stationary, so the true loss may be smaller (or larger, \
             where the full one did not converge). Sharp decoders have many optima: raise β or σ², or train longer",
        );
        return;
    }
    let least = (0..90).min_by(|a, b| found.loss(f64::from(*a)).total_cmp(&found.loss(f64::from(*b)))).unwrap_or(0);
    let collapsed = context.snapshot.geometry.compared_in(found.plane).is_err();
    let family = context.snapshot.settings.objective.covariance;
    let equivariant = context.snapshot.vae.is_equivariant(context.snapshot.settings.optimizer.kind);
    let verdict = verdict(worst - best, f64::from(least), collapsed, family, equivariant);
    ui.add(eframe::egui::Label::new(RichText::new(verdict).weak()).wrap());
}

/// Sentence about this run from the depth of the dip, the angle in [0°, 90°) with the least loss, the family, and whether
/// training commutes with rotations.
fn verdict(depth: f64, least: f64, collapsed: bool, family: Covariance, equivariant: bool) -> String {
    if depth < FLAT && collapsed {
        "Flat: one of the two latents, or both, has collapsed to the prior.".to_owned()
    } else if depth < FLAT {
        "Flat: the singular values are nearly equal, so no angle is preferred.".to_owned()
    } else if equivariant {
        "This run's posterior is full: its objective does not change with φ, and its training commutes with rotations."
            .to_owned()
    } else if family == Covariance::Full {
        "This run's posterior is full: its objective does not change with φ. Its optimiser or factor has axes and may slowly \
         walk it to them."
            .to_owned()
    } else if least.min(90.0 - least) < ALIGNED {
        "45° exactly is an unstable balance: chance decides.".to_owned()
    } else {
        format!("The loss is least at φ = {}°.", number(least, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_at_45_degrees_is_named_only_where_the_axes_are_the_best() {
        use Covariance::{Diagonal, Full};
        for least in [0.0, 3.0, 88.0] {
            assert!(verdict(0.05, least, false, Diagonal, false).contains("unstable"), "{least}");
        }
        assert_eq!(verdict(0.05, 30.0, false, Diagonal, false), "The loss is least at φ = 30°.");
        assert!(verdict(0.05, 0.0, false, Full, false).contains("has axes"));
        assert!(verdict(0.05, 0.0, false, Full, true).contains("commutes"));
        for family in [Diagonal, Full] {
            assert!(verdict(0.001, 0.0, false, family, false).contains("nearly equal"));
            assert!(verdict(0.001, 0.0, true, family, false).contains("collapsed"));
        }
    }
}
