//! The caption of a figure: what it is a figure of, in a line for each run.

use eframe::egui::{Align2, Rect, Ui, UiBuilder, pos2};

use crate::experiment::Snapshot;
use crate::vae::Likelihood;
use crate::viz::context::ViewContext;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::theme::label_font;

/// The height of a line.
const LINE: f32 = 17.0;

/// Scene or file, covariance, β, σ², step and seed.
fn caption(snapshot: &Snapshot) -> String {
    let (config, objective) = (&snapshot.config, &snapshot.settings.objective);
    let name = config.origin.scene().map_or(config.origin.name(), |scene| &scene.title);
    let mut words = vec![name.to_owned(), objective.covariance.name().to_owned(), format!("β {}", objective.beta)];
    // A Bernoulli likelihood has no σ².
    match config.architecture.likelihood {
        Likelihood::Gaussian if objective.learns_sigma2 => words.push(format!("σ² {:.3e} learned", objective.sigma2)),
        Likelihood::Gaussian => words.push(format!("σ² {}", objective.sigma2)),
        Likelihood::Bernoulli => words.push("Bernoulli".to_owned()),
    }
    words.extend([format!("step {}", snapshot.step), format!("seed {}", config.seed)]);
    words.join(" · ")
}

/// Draws with `show` above the caption.
pub(super) fn captioned(ui: &mut Ui, contexts: &[ViewContext<'_>], show: impl FnOnce(&mut Ui)) {
    let whole = ui.available_rect_before_wrap();
    let end = whole.max.y - LINE * contexts.len() as f32;
    let views: Rect = whole.with_max_y(end - 4.0);
    ui.scope_builder(UiBuilder::new().max_rect(views), show);
    let color = ViewContext::palette(ui).muted;
    for (run, context) in contexts.iter().enumerate() {
        context.layer(ui.painter(), 0, "caption");
        let letter = if contexts.len() > 1 { format!("{}: ", RUN_NAMES[run]) } else { String::new() };
        let text = format!("{letter}{}", caption(context.snapshot));
        let corner = pos2(whole.min.x, end + LINE * run as f32);
        ui.painter().text(corner, Align2::LEFT_TOP, text, label_font(), color);
    }
    ui.allocate_rect(whole, eframe::egui::Sense::hover());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;

    #[test]
    fn a_caption_says_which_run_it_is() {
        let (snapshot, _) = trained("polar", 20);
        let text = caption(&snapshot);
        let sigma2 = snapshot.settings.objective.sigma2;
        assert!(text.contains(&format!(" · diagonal · β 1 · σ² {sigma2} · step 20 · seed ")), "{text}");
        assert!(text.starts_with(&snapshot.config.origin.scene().unwrap().title), "{text}");
    }
}
