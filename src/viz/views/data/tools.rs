//! The header tools of data space: layers and the morph.

use eframe::egui::{Button, Role, Slider, Ui, WidgetInfo};

use crate::viz::context::ViewContext;
use crate::viz::motion::Motion;
use crate::viz::selection::Selection;

/// Draws the tools.
pub(super) fn tools(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    layers(ui, context, selection);
    morph(ui, selection);
}

/// The room for the buttons of a header.
const BUTTONS: f32 = 46.0;

/// The menu of layers.
fn layers(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let three = context.projection.dims() == 3;
    ui.menu_button("layers ▾", |ui| {
        let has_truth = context.probe.truth().is_some();
        let has_pictures = context.projection.pictures.is_some();
        for (name, help, on) in selection.layers.list() {
            let is_missing = match name {
                "surface" => !three,
                "truth" => !has_truth,
                "ellipses" => !context.probe.has_surface(),
                "decodings" | "thumbnails" => !has_pictures,
                _ => false,
            };
            if is_missing {
                continue;
            }
            ui.checkbox(on, name).on_hover_text(help);
        }
        ui.separator();
        ui.checkbox(&mut selection.unit_arrows, "unit arrows")
            .on_hover_text("Draw unit vectors uᵢ instead of sᵢ uᵢ, the true effect of one standard deviation");
    });
}

/// From the latent plane to the manifold.
fn morph(ui: &mut Ui, selection: &mut Selection) {
    let room = ui.available_width() - BUTTONS;
    if room < 24.0 {
        return;
    }
    let playing = selection.motion == Some(Motion::Morph);
    let help = "Play how the latent plane becomes the manifold";
    let button = ui.add(Button::new(if playing { "■" } else { "▶" }).small()).on_hover_text(help);
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, help));
    if button.clicked() {
        selection.play(Motion::Morph);
    }
    let room = ui.available_width() - BUTTONS;
    if room < 40.0 {
        return;
    }
    ui.spacing_mut().slider_width = (room - 24.0).clamp(30.0, 70.0);
    let slider = Slider::new(&mut selection.tau, 0.0..=1.0).show_value(false).text("τ");
    ui.add(slider).on_hover_text("0: the latent plane, laid on the tangent plane at d(z*); 1: the manifold");
}
