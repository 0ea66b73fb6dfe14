//! The dial of φ, and the rotation of the living run.

use eframe::egui::{
    CursorIcon, EventFilter, Key, Pos2, Rect, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, vec2,
};

use crate::viz::command::UiCommand;
use crate::viz::context::ViewContext;
use crate::viz::draw::polyline::polyline;
use crate::viz::selection::Selection;
use crate::viz::theme::{HANDLE_RADIUS, REACH};

/// A ring with the latent axes and a handle on the rotated ones.
pub(super) fn dial(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection, side: f32) {
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
    let_go(context, selection, &response);

    let painter = ui.painter();
    painter.circle_stroke(centre, radius, Stroke::new(1.0, palette.muted));
    for k in 0..24 {
        let length = if k % 3 == 0 { 6.0 } else { 3.0 };
        let degrees = 15.0 * f64::from(k);
        painter.line_segment([at(degrees, radius), at(degrees, radius - length)], Stroke::new(1.0, palette.muted));
    }
    let line = |degrees: f64, stroke: Stroke, dashes: &[f32]| {
        polyline(painter, &[at(degrees + 180.0, radius), at(degrees, radius)], stroke, dashes);
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
        turn(selection, f64::from((-arm.y).atan2(arm.x).to_degrees()));
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

/// The dial is dragged to an angle, of which whole degrees are taken.
pub(super) fn turn(selection: &mut Selection, degrees: f64) {
    selection.phi = folded(degrees.round());
    selection.is_turning = true;
}

/// Rotates the living run when the dial is let go, if that is wanted.
pub(super) fn let_go(context: &ViewContext<'_>, selection: &mut Selection, dragged: &Response) {
    if dragged.drag_stopped() && selection.rotates_on_release && selection.phi != 0.0 {
        rotate(context, selection);
    }
}

/// Rotates the living run by φ.
pub(super) fn rotate(context: &ViewContext<'_>, selection: &mut Selection) {
    context.send(UiCommand::RotateLatents(selection.rotation()));
    // From now on angles are counted from the rotated latents: the mark shows where the run is.
    selection.phi = 0.0;
}

/// The same axes within ±90°.
fn folded(degrees: f64) -> f64 {
    degrees - 180.0 * (degrees / 180.0).round()
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
