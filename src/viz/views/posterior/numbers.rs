//! The posteriors in numbers: what each loses against the best one, with its error.

use eframe::egui::{Grid, RichText, Stroke, Ui};

use super::query::{ExpectationMethod, Posteriors};
use crate::viz::context::ViewContext;
use crate::viz::draw::legend::sample_line;
use crate::viz::draw::number::{number, with_error};
use crate::viz::theme::SMALLEST_TEXT;

/// Name, dash pattern and meaning of the four posteriors, in the order of [`Posteriors::all`].
pub(super) const KINDS: [(&str, &[f32], &str); 4] = [
    ("learned", &[], "What the encoder says. Empirical: the training may not have ended"),
    (
        "optimal, full",
        &[8.0, 4.0],
        "The best Gaussian for this decoder. Theorem: Σ⁻¹ = I + E_q[∇²‖x − d‖²/2]/b with b = βσ², and μ = −E_q[∇‖x − d‖²/2]/b; \
         solved with expectations as the word above says. It is at least as good as the learned and the best diagonal one. Bernoulli: \
         Σ log(1 + e^η) − x η in place of ‖x − d‖²/2, b = β",
    ),
    (
        "I + JᵀJ/b (approx.)",
        &[9.0, 3.0, 2.0, 3.0],
        "Σ = (I + JᵀJ/b)⁻¹ at the learned mean. An approximation: the curvature of the decoder is left out, so it is exact for \
         linear decoders with a Gaussian likelihood only",
    ),
    (
        "best diagonal",
        &[2.0, 3.0],
        "The best Gaussian with diagonal Σ. Theorem: 1/σᵢ² = Λᵢᵢ, the diagonal of its precision Λ = I + E_q[∇²‖x − d‖²/2]/b, \
         not of its covariance; solved with expectations as the word above says",
    ),
];

/// How the expectations were found, as a word and a sentence.
pub(super) fn standing(expectations: ExpectationMethod) -> (&'static str, &'static str) {
    match expectations {
        ExpectationMethod::Exact => (
            "exact",
            "The decoder is affine and the likelihood Gaussian: the best posteriors and their objectives are exact up to rounding",
        ),
        ExpectationMethod::Quadrature => (
            "numerical",
            "Expectations are numerical integrals (Gauss–Hermite quadrature: weighted sums over a grid of latents). ± is half the difference of two rules, left out where it does not show",
        ),
        ExpectationMethod::Sampled => (
            "± 1 s.e.",
            "Expectations by quasi-Monte-Carlo (scrambled Sobol points). ± is one standard error, from eight independent rules that \
             the search has not seen; a difference has less of it than its terms, since both share the nodes",
        ),
    }
}

/// Name, KL to the optimum and what is lost against it.
pub(super) fn numbers(ui: &mut Ui, posteriors: &Posteriors) {
    let palette = ViewContext::palette(ui);
    let divergences = posteriors.divergences();
    let decimals = posteriors.expectations.decimals();
    let small = |text: String| RichText::new(text).monospace().size(SMALLEST_TEXT);
    Grid::new("posteriors").num_columns(4).spacing([9.0, 1.0]).min_row_height(17.0).show(ui, |ui| {
        ui.label("");
        // Of one latent the densities themselves are drawn.
        let (outline, help) = if posteriors.plane[0] == posteriors.plane[1] {
            ("image: ±1 s.d.", "The image of each posterior from one standard deviation below its mean to one above")
        } else {
            ("outline: 1 s.d.", "The outlines in both plots stand at one standard deviation")
        };
        ui.label(RichText::new(outline).weak().size(SMALLEST_TEXT)).on_hover_text(help);
        for (name, help) in [
            (
                "KL",
                "KL(q ‖ optimal): divergence from the best Gaussian found, in closed form, in nats. Where expectations are sampled, \
                 the best Gaussian itself is known to about two digits",
            ),
            ("ΔELBO", "The objective against that of the best Gaussian found for this observation, in nats, with its error"),
        ] {
            ui.label(RichText::new(name).weak().size(SMALLEST_TEXT)).on_hover_text(help);
        }
        ui.end_row();
        for (k, (name, dashes, help)) in KINDS.into_iter().enumerate() {
            let color = if k == 0 { palette.latent } else { palette.ink };
            if posteriors.found()[k] {
                sample_line(ui, Stroke::new(if k == 0 { 2.2 } else { 1.5 }, color), dashes);
            } else {
                ui.label("");
            }
            // Of a linear decoder it is exact.
            let is_exact = posteriors.expectations == ExpectationMethod::Exact;
            ui.label(name.trim_end_matches(if is_exact { " (approx.)" } else { "" })).on_hover_text(help);
            let found = posteriors.full.converged;
            if k == 1 {
                ui.monospace(if found { "0" } else { "not found" }).on_hover_text("By definition");
                let itself = format!("ELBO {} nats for this observation", with_error(posteriors.elbos[k], 4));
                ui.monospace(if found { "0" } else { "" }).on_hover_text(itself);
            } else if found {
                ui.label(small(number(divergences[k], decimals))).on_hover_text(help);
                let itself = format!("ELBO {} nats. {help}", with_error(posteriors.elbos[k], 4));
                ui.label(small(with_error(posteriors.losses[k], decimals))).on_hover_text(itself);
            } else {
                for _ in 0..2 {
                    ui.weak("–").on_hover_text("The best Gaussian was not found, so there is nothing to compare with");
                }
            }
            ui.end_row();
        }
    });
}
