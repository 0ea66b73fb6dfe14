//! The posteriors in numbers: what each loses against the best one, and how far that one can be trusted.

use eframe::egui::{Grid, RichText, Stroke, Ui};

use super::query::Posteriors;
use crate::experiment::is_linear;
use crate::geometry::FINE_QUADRATURE;
use crate::viz::context::ViewContext;
use crate::viz::draw::legend::sample_line;
use crate::viz::draw::number::number;
use crate::viz::theme::SMALLEST_TEXT;

/// Name, dash pattern and meaning of the four posteriors, in the order of [`Posteriors::all`].
pub(super) const KINDS: [(&str, &[f32], &str); 4] = [
    ("learned", &[], "What the encoder says. Empirical: the training may not have ended"),
    (
        "optimal, full",
        &[8.0, 4.0],
        "The best Gaussian for this decoder. Theorem: Σ⁻¹ = I + E_q[∇²‖x − d‖²/2]/b with b = βσ², and μ = −E_q[∇‖x − d‖²/2]/b; \
         solved with the expectations by quadrature",
    ),
    (
        "I + JᵀJ/b (approx.)",
        &[9.0, 3.0, 2.0, 3.0],
        "Σ = (I + JᵀJ/b)⁻¹ at the learned mean. An approximation: the curvature of the decoder is left out, so it is exact for \
         linear decoders only",
    ),
    (
        "best diagonal",
        &[2.0, 3.0],
        "The best Gaussian with diagonal Σ. Theorem: 1/σᵢ² = Λᵢᵢ, the diagonal of its precision Λ = I + E_q[∇²‖x − d‖²/2]/b, \
         not of its covariance; solved with the expectations by quadrature",
    ),
];

/// Why the optimum and all that is compared with it are approximate, if they are.
pub(super) fn caution(context: &ViewContext<'_>) -> Option<String> {
    let m = context.snapshot.latent_dim();
    if m <= FINE_QUADRATURE || is_linear(&context.snapshot.vae.architecture) {
        return None;
    }
    let nodes = if m == 3 {
        "four nodes per dimension: errors of a few hundredths of a nat"
    } else {
        "two nodes per dimension: errors of a nat or more"
    };
    Some(format!(
        "With {m} latents the quadrature has only {nodes}. The optimal and the best diagonal posterior are approximate, and so are \
         KL and ΔELBO. They are accurate for one and two latents, and for linear decoders"
    ))
}

/// Name, KL to the optimum and what is lost against it.
pub(super) fn numbers(ui: &mut Ui, posteriors: &Posteriors) {
    let palette = ViewContext::palette(ui);
    let divergences = posteriors.divergences();
    Grid::new("posteriors").num_columns(4).spacing([8.0, 1.0]).min_row_height(17.0).show(ui, |ui| {
        ui.label("");
        ui.label(RichText::new("one standard deviation").weak().size(SMALLEST_TEXT));
        for (name, help) in [
            ("KL (nats)", "KL(q ‖ optimal): divergence from the best Gaussian found, in closed form, in nats"),
            (
                "ΔELBO",
                "The objective against that of the best Gaussian found for this observation, by quadrature, in nats",
            ),
        ] {
            ui.label(RichText::new(name).weak().size(SMALLEST_TEXT)).on_hover_text(help);
        }
        ui.end_row();
        for (k, (name, dashes, help)) in KINDS.into_iter().enumerate() {
            let color = if k == 0 { palette.latent } else { palette.ink };
            sample_line(ui, Stroke::new(if k == 0 { 2.2 } else { 1.5 }, color), dashes);
            ui.label(name).on_hover_text(help);
            let found = posteriors.full.converged;
            if k == 1 {
                ui.monospace(if found { "0" } else { "not found" }).on_hover_text("By definition");
                let itself = format!("ELBO {} nats for this observation", number(posteriors.full.elbo, 4));
                ui.monospace(if found { "0" } else { "" }).on_hover_text(itself);
            } else if found {
                ui.monospace(number(divergences[k], 4)).on_hover_text(help);
                ui.monospace(number(posteriors.elbos[k] - posteriors.full.elbo, 4)).on_hover_text(help);
            } else {
                for _ in 0..2 {
                    ui.weak("–").on_hover_text("The best Gaussian was not found, so there is nothing to compare with");
                }
            }
            ui.end_row();
        }
    });
}
