//! Layouts by name: a few views, large. Those of the argument show what proves one of its links.

use eframe::egui::Key;

use super::layers::Layers;

/// A few views, large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// The drawing of the post: latent plane beside data space, and nothing else.
    Figure,
    /// What a diagonal posterior is.
    Premise,
    /// A diagonal posterior makes columns orthogonal.
    StepA,
    /// Orthogonal columns make the density factorise.
    StepB,
    /// A density that factorises and the true factors.
    Outcome,
}

impl Preset {
    /// All of them, in the order of menu and keys.
    pub const ALL: [Self; 5] = [Self::Figure, Self::Premise, Self::StepA, Self::StepB, Self::Outcome];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Figure => "figure",
            Self::Premise => "premise",
            Self::StepA => "step-a",
            Self::StepB => "step-b",
            Self::Outcome => "outcome",
        }
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Figure => "Figures 2, 3",
            Self::Premise => "Diagonal Σ",
            Self::StepA => "Step A",
            Self::StepB => "Step B",
            Self::Outcome => "Disentangled",
        }
    }

    /// Description, in one sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::Figure => "Latent plane beside data space as figures 2 and 3 of the post draw them, and nothing else",
            Self::Premise => "Posterior and latent plane: what a diagonal posterior is",
            Self::StepA => "Posterior, Jacobian and rotation: diagonal Σ makes columns orthogonal",
            Self::StepB => "Joint density and seam densities: orthogonal columns make the density factorise",
            Self::Outcome => "True factors and metrics: whether latents follow the true factors",
        }
    }

    /// Its key.
    pub fn key(self) -> Key {
        match self {
            Self::Figure => Key::Num4,
            Self::Premise => Key::Num5,
            Self::StepA => Key::Num6,
            Self::StepB => Key::Num7,
            Self::Outcome => Key::Num8,
        }
    }

    /// The names of its views, in rows.
    pub fn rows(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Figure => &[&["latent", "data"]],
            Self::Premise => &[&["latent", "posterior"]],
            Self::StepA => &[&["posterior", "jacobian", "rotate"]],
            Self::StepB => &[&["joint", "densities"]],
            Self::Outcome => &[&["factors", "metrics"]],
        }
    }

    /// The number of views beside each other.
    pub fn columns(self) -> usize {
        self.rows().iter().map(|row| row.len()).max().unwrap_or(1)
    }

    /// The layers that it is drawn with, where `chosen` are those of other layouts.
    pub fn layers(self, chosen: Layers) -> Layers {
        match self {
            Self::Figure => Layers {
                data: false,
                codes: false,
                surface: true,
                grid: true,
                ellipses: false,
                seams: true,
                basis: true,
                // Of a model whose latents are no axes they are the seams.
                singular: chosen.singular_with_model,
                singular_with_model: chosen.singular_with_model,
                truth: false,
                axes: false,
                legend: false,
                pictures: false,
                pinned: false,
            },
            _ => chosen,
        }
    }

    /// The sentence that its views prove, with the equation, as Markdown; `None` where they prove nothing.
    pub fn sentence(self) -> Option<&'static str> {
        match self {
            Self::Figure => None,
            Self::Premise => Some(
                r"A diagonal posterior has a variance for each latent and no correlations, and the best one has the diagonal of the precision: $1/\sigma_i^2 = \Lambda_{ii}$ with $\Lambda \approx I + J^\top J/\beta\sigma^2$.",
            ),
            Self::StepA => Some(
                r"What a diagonal posterior loses against a full one is a price on columns that are not orthogonal: $\frac{\beta}{2}\big(\sum_i\log\Lambda_{ii} - \log\det\Lambda\big) \ge 0$, and 0 exactly where $J^\top J$ is diagonal.",
            ),
            Self::StepB => Some(
                r"With orthogonal columns (C1), each as long as its own latent says (C2), the density on the manifold is the product of those along the seams: $p(z)\big/\sqrt{\det J^\top J} = \prod_i p(z_i)\big/\|J_i\|$.",
            ),
            Self::Outcome => Some(
                r"A density that factorises need not be that of the true factors $f_k$: whether each has a latent of its own is observed, $\mathrm{MCC} = \frac1K\sum_k |\mathrm{corr}(f_k, \mu_{\pi(k)})|$ beside its chance level.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::draw::formula::typeset::check_formula;
    use crate::viz::draw::prose::text::Prose;
    use crate::viz::views::view_named;

    #[test]
    fn every_preset_names_views_and_has_few_words() {
        for (k, preset) in Preset::ALL.into_iter().enumerate() {
            let names: Vec<&str> = preset.rows().iter().copied().flatten().copied().collect();
            assert!((2..=3).contains(&names.len()) && names.iter().all(|name| view_named(name).is_some()), "{names:?}");
            assert!(view_named(preset.name()).is_none(), "a view has the name {}", preset.name());
            assert!(preset.title().split_whitespace().count() <= 3);
            let before = &Preset::ALL[..k];
            assert!(before.iter().all(|other| other.name() != preset.name() && other.key() != preset.key()));
            for tex in Prose::parse(preset.sentence().unwrap_or_default()).formulas() {
                check_formula(tex).unwrap();
            }
        }
    }
}
