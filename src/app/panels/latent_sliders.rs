//! The sliders of z\*.

use eframe::egui::{Button, RichText, Role, Slider, SliderClamping, Ui, WidgetInfo};

use super::slider::{returns, typed};
use crate::experiment::Snapshot;
use crate::viz::draw::number::number;
use crate::viz::motion::Motion;
use crate::viz::selection::Selection;
use crate::viz::theme::indexed;

/// The width of a minus sign, in points, and a little more.
const SIGN: f32 = 12.0;

/// One slider a latent, in prior standard deviations.
pub(super) fn latent_sliders(ui: &mut Ui, selection: &mut Selection, snapshot: Option<&Snapshot>) {
    let mut play = None;
    let mut button = |ui: &mut Ui, motion: Motion, help: &str, moving: Option<Motion>| {
        let symbol = if moving == Some(motion) { "■" } else { "▶" };
        let response = ui.add(Button::new(symbol).small()).on_hover_text(help);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, help));
        if response.clicked() {
            play = Some(motion);
        }
    };
    ui.horizontal(|ui| {
        ui.heading("z*").on_hover_text("The chosen point of latent space, in prior standard deviations");
        button(ui, Motion::TraverseAll, "Move all latents through the prior, in phase", selection.motion);
    });
    let Some(snapshot) = snapshot else { return };
    for i in 0..snapshot.latent_dim().min(selection.z.len()) {
        let changed = ui
            .horizontal(|ui| {
                // The sign of a value needs room, too.
                ui.spacing_mut().slider_width -= SIGN;
                let slider = Slider::new(&mut selection.z[i], -3.0..=3.0)
                    .clamping(SliderClamping::Never)
                    .update_while_editing(false)
                    .custom_parser(typed)
                    .fixed_decimals(2)
                    .custom_formatter(|z, _| number(z, 2))
                    .text(indexed("z", i));
                let slider = ui.add(slider).on_hover_text("A double click returns to 0");
                let changed = returns(ui, &slider, &mut selection.z[i], 0.0) || slider.changed();
                button(
                    ui,
                    Motion::Traverse(i),
                    &format!("Move {} through the prior", indexed("z", i)),
                    selection.motion,
                );
                changed
            })
            .inner;
        if changed {
            selection.observation = None;
            selection.z[i] = if selection.z[i].is_finite() { selection.z[i].clamp(-20.0, 20.0) } else { 0.0 };
        }
        let kl = snapshot.newest_row().and_then(|row| row.kl_per_dim.get(i)).copied();
        let length = snapshot.geometry.column_norms.get(i).copied().unwrap_or(f64::NAN);
        let is_collapsed = snapshot.vae.has_encoder && snapshot.geometry.is_collapsed(i);
        let state = if is_collapsed { " · collapsed" } else { "" };
        let kl = match kl {
            Some(kl) if kl.is_finite() => format!("minibatch KL {kl:.2} · "),
            _ if snapshot.vae.has_encoder => "minibatch KL – · ".to_owned(),
            _ => String::new(),
        };
        ui.label(RichText::new(format!("    {kl}mean ‖J‖ {length:.2}{state}")).small().weak()).on_hover_text(
            "KL divergence of this latent in nats, and how far one standard deviation moves the data, on average (Bernoulli: in the Fisher metric). With full \
             covariance KL is split over the rows of the Cholesky factor of Σ, so it depends on the order of the latents",
        );
    }
    if let Some(motion) = play {
        selection.play(motion);
    }
}
