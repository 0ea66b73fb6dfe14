//! The argument as lamps: diagonal Σ ⇒ columns orthogonal ⇒ density factorises ⇒ disentangled, each judged of a run by the thresholds
//! of the checks.

use super::argument_query::ArgumentNumbers;
use super::draw::number::number;
use super::preset::Preset;
use crate::checks::Standing;
use crate::checks::{
    CLEARLY, MCC_TOLERANCE, MOST_C2_RESIDUAL, ORTHOGONAL_CURVED, ORTHOGONAL_LINEAR, most_misplaced_mass,
};
use crate::experiment::Snapshot;
use crate::geometry::{Measured, Undefined};
use crate::vae::Covariance;

/// A link of the argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArgumentLink {
    /// The posterior is diagonal.
    Diagonal,
    /// The columns of the Jacobian are orthogonal.
    Orthogonal,
    /// The density on the manifold factorises along the seams.
    Factorises,
    /// The latents follow the true factors.
    Disentangled,
}

/// Lamp of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lamp {
    /// Within its threshold.
    Lit,
    /// Beyond it, but not clearly.
    Partly,
    /// Clearly beyond it.
    Out,
    /// Not defined in this run.
    Undefined,
    /// Being computed.
    Waiting,
}

impl Lamp {
    /// The mark that tells it from others without colour.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Lit => "●",
            Self::Partly => "◐",
            Self::Out => "○",
            Self::Undefined => "–",
            Self::Waiting => "…",
        }
    }

    /// The same in a word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Lit => "lit",
            Self::Partly => "partly lit",
            Self::Out => "out",
            Self::Undefined => "undefined",
            Self::Waiting => "being computed",
        }
    }

    /// Of a number that should be below its limit.
    fn below(limit: f64, number: f64) -> Self {
        match number {
            _ if number.is_nan() => Self::Undefined,
            _ if number <= limit => Self::Lit,
            _ if number < CLEARLY * limit => Self::Partly,
            _ => Self::Out,
        }
    }

    /// Of two numbers that both should hold.
    fn and(self, other: Self) -> Self {
        const WORST_FIRST: [Lamp; 5] = [Lamp::Out, Lamp::Undefined, Lamp::Waiting, Lamp::Partly, Lamp::Lit];
        WORST_FIRST.into_iter().find(|lamp| [self, other].contains(lamp)).unwrap_or(self)
    }
}

/// A link in a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LinkState {
    /// Its lamp.
    pub lamp: Lamp,
    /// Its numbers; empty where there is none to tell.
    pub numbers: String,
    /// The most telling one of them.
    pub short: String,
    /// Why a number is undefined, if one is.
    pub reason: Option<Undefined>,
}

impl ArgumentLink {
    /// The links in the order of the argument.
    pub(crate) const ALL: [Self; 4] = [Self::Diagonal, Self::Orthogonal, Self::Factorises, Self::Disentangled];

    /// The name on the screen.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Diagonal => "diagonal Σ",
            Self::Orthogonal => "columns orthogonal",
            Self::Factorises => "density factorises",
            Self::Disentangled => "disentangled",
        }
    }

    /// The views that prove it.
    pub(crate) fn preset(self) -> Preset {
        match self {
            Self::Diagonal => Preset::Premise,
            Self::Orthogonal => Preset::StepA,
            Self::Factorises => Preset::StepB,
            Self::Disentangled => Preset::Outcome,
        }
    }

    /// On what it is founded, given the link before; `None` for the premise, and where another objective than that with β KL leaves it
    /// without a foundation.
    pub(crate) fn standing(self, snapshot: &Snapshot) -> Option<Standing> {
        match self {
            Self::Diagonal => None,
            Self::Orthogonal if !snapshot.settings.objective.regularizer.is_kl() => None,
            Self::Orthogonal if snapshot.vae.architecture.has_closed_forms() => Some(Standing::Theorem),
            Self::Orthogonal => Some(Standing::Approximation),
            Self::Factorises => Some(Standing::Theorem),
            Self::Disentangled => Some(Standing::Empirical),
        }
    }

    /// Its numbers, and the limits of its lamp.
    pub(crate) fn help(self, snapshot: &Snapshot) -> String {
        match self {
            Self::Diagonal => {
                "Lit while the posteriors are diagonal. This is the premise: it is chosen, not found".to_owned()
            }
            Self::Orthogonal => format!(
                "The angle at which two columns have the mean contrast c_IMA of this run; with other than two latents that contrast itself. \
                 Lit up to a contrast of {} nats, the threshold of the checks, and out from {CLEARLY} times that on",
                most_contrast(snapshot)
            ),
            Self::Factorises => format!(
                "The residual of condition C2, and the share of mass that the product of the seam densities through z* has in the wrong place. \
                 Theorem: both are 0 exactly where orthogonal columns make the density factorise (two latents). Lit up to {} and {}, and \
                 as the link before; out from {CLEARLY} times one of them on",
                number(MOST_C2_RESIDUAL, 3),
                number(most_misplaced_mass(), 3)
            ),
            Self::Disentangled => format!(
                "Mean correlation with the true factors, and what random rotations of the latents reach. Lit if it lacks at most 1/{CLEARLY} of \
                 what chance lacks of the ceiling (or of 1), or {MCC_TOLERANCE}; out if it is no better than chance. Orthogonal does not \
                 mean identified"
            ),
        }
    }

    /// The widest numbers that it may have in this run.
    pub(crate) fn widest(self, snapshot: &Snapshot) -> &'static str {
        match self {
            Self::Diagonal => "",
            Self::Orthogonal if has_angle(snapshot) => "∠ 88.8°",
            Self::Orthogonal => "c_IMA 8.888",
            Self::Factorises => "C2 8.888, ½∫|p − Πpᵢ| 8.888",
            Self::Disentangled => "MCC 0.888, chance 0.888",
        }
    }

    /// The same of the most telling one.
    pub(crate) fn widest_short(self, snapshot: &Snapshot) -> &'static str {
        match self {
            Self::Factorises => "½∫|·| 8.888",
            Self::Disentangled => "MCC 0.888",
            Self::Diagonal | Self::Orthogonal => self.widest(snapshot),
        }
    }

    /// The link in a run; `None` in the place of numbers that are being computed.
    pub(crate) fn state(self, snapshot: &Snapshot, numbers: Option<&ArgumentNumbers>) -> LinkState {
        let geometry = &snapshot.geometry;
        match self {
            Self::Diagonal if snapshot.vae.is_deterministic => LinkState::undefined(Undefined::PointMass),
            Self::Diagonal => {
                let is_diagonal = snapshot.settings.objective.covariance == Covariance::Diagonal;
                let lamp = if is_diagonal { Lamp::Lit } else { Lamp::Out };
                LinkState { lamp, numbers: String::new(), short: String::new(), reason: None }
            }
            Self::Orthogonal => LinkState::of(geometry.ima_contrast, |contrast| {
                let text = if has_angle(snapshot) {
                    // Two columns at this angle have this contrast.
                    format!("∠ {}°", number((-contrast).exp().min(1.0).asin().to_degrees(), 1))
                } else {
                    format!("c_IMA {}", short(contrast))
                };
                (Lamp::below(most_contrast(snapshot), contrast), text)
            }),
            Self::Factorises => {
                let c2 = LinkState::of(geometry.c2_residual, |c2| {
                    (Lamp::below(MOST_C2_RESIDUAL, c2), format!("C2 {}", short(c2)))
                });
                let mass = numbers.map_or(Err(None), |numbers| numbers.misplaced.map_err(Some));
                let product = match mass {
                    Err(None) => LinkState { lamp: Lamp::Waiting, ..LinkState::told("½∫|p − Πpᵢ| …") },
                    Err(Some(reason)) => LinkState::undefined(reason),
                    Ok(mass) => LinkState {
                        lamp: Lamp::below(most_misplaced_mass(), mass),
                        short: format!("½∫|·| {}", short(mass)),
                        ..LinkState::told(&format!("½∫|p − Πpᵢ| {}", short(mass)))
                    },
                };
                // Without second derivatives C1 and the product tell.
                let both = if c2.reason == Some(Undefined::NotSmooth) { product } else { c2.beside(product) };
                // Theorem: it factorises only where the columns are orthogonal.
                let skewed = Self::Orthogonal.state(snapshot, None).lamp;
                LinkState { lamp: both.lamp.and(skewed), ..both }
            }
            Self::Disentangled => LinkState::of(snapshot.mcc(), |mcc| {
                let text = format!("MCC {}", number(mcc, 3));
                match numbers.map(|numbers| numbers.chance) {
                    None => (Lamp::Waiting, format!("{text}, chance …")),
                    Some(Err(_)) => (Lamp::Undefined, format!("{text}, chance –")),
                    Some(Ok(chance)) => {
                        let ceiling = snapshot.mcc_ceiling().unwrap_or(1.0);
                        (better_than_chance(mcc, chance, ceiling), format!("{text}, chance {}", number(chance, 3)))
                    }
                }
            })
            .explained_by(numbers.and_then(|numbers| numbers.chance.err())),
        }
    }
}

impl LinkState {
    fn of(measured: Measured, told: impl FnOnce(f64) -> (Lamp, String)) -> Self {
        match measured {
            Ok(number) => {
                let (lamp, numbers) = told(number);
                Self { lamp, ..Self::told(&numbers) }
            }
            Err(reason) => Self::undefined(reason),
        }
    }

    /// Numbers, the first of which is the most telling.
    fn told(numbers: &str) -> Self {
        let first = numbers.split(", ").next().unwrap_or_default();
        Self { lamp: Lamp::Waiting, numbers: numbers.to_owned(), short: first.to_owned(), reason: None }
    }

    fn undefined(reason: Undefined) -> Self {
        Self { lamp: Lamp::Undefined, reason: Some(reason), ..Self::told("") }
    }

    /// Both hold, or not; the second is the more telling.
    fn beside(self, other: Self) -> Self {
        let lamp = self.lamp.and(other.lamp);
        let texts = [self.numbers, other.numbers];
        let numbers: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        Self { lamp, numbers: numbers.join(", "), short: other.short, reason: self.reason.or(other.reason) }
    }

    fn explained_by(self, reason: Option<Undefined>) -> Self {
        Self { reason: self.reason.or(reason.filter(|_| self.lamp == Lamp::Undefined)), ..self }
    }
}

/// The contrast up to which columns count as orthogonal.
fn most_contrast(snapshot: &Snapshot) -> f64 {
    if snapshot.vae.architecture.has_closed_forms() { ORTHOGONAL_LINEAR } else { ORTHOGONAL_CURVED }
}

/// True if the contrast is that of an angle.
fn has_angle(snapshot: &Snapshot) -> bool {
    snapshot.latent_dim() == 2
}

fn better_than_chance(mcc: f64, chance: f64, ceiling: f64) -> Lamp {
    let [lacks, by_chance] = [mcc, chance].map(|reached| ceiling - reached);
    match lacks {
        _ if lacks <= MCC_TOLERANCE.max(by_chance / CLEARLY) => Lamp::Lit,
        _ if lacks < by_chance => Lamp::Partly,
        _ => Lamp::Out,
    }
}

/// Three decimals, or none of a large number.
fn short(x: f64) -> String {
    if x < 9.9995 { number(x, 3) } else { number(x, 0) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Config, Experiment, Origin};
    use crate::vae::Vae;
    use crate::viz::argument_query::ArgumentQuery;
    use crate::viz::query::Query as _;

    fn states(scene: &str, covariance: Covariance, seed: u64, steps: u64) -> [LinkState; 4] {
        let scene = Scene::named(scene).unwrap().clone();
        let data = Arc::new(generate(&scene, seed));
        let mut config = Config::new(Origin::Scene(Box::new(scene)), seed, data.train.samples());
        config.objective.covariance = covariance;
        config.cycle = Some(steps);
        let mut run = Experiment::new(config, data).unwrap();
        for _ in 0..steps {
            run.step().unwrap();
        }
        let snapshot = Snapshot::of(&run);
        let model: Vae<f64> = snapshot.vae.cast();
        let query = ArgumentQuery { z: vec![0.6, -0.5], plane: [0, 1] };
        let numbers = (snapshot.latent_dim() > 1).then(|| query.answer(&snapshot, &model));
        ArgumentLink::ALL.map(|link| link.state(&snapshot, numbers.as_ref()))
    }

    #[test]
    fn a_diagonal_run_lights_the_lamps_and_a_full_one_does_not() {
        let lamps = |states: &[LinkState; 4]| [0, 1, 2, 3].map(|k: usize| states[k].lamp);
        let diagonal = states("linear", Covariance::Diagonal, 1, 3000);
        assert_eq!(lamps(&diagonal), [Lamp::Lit; 4], "{diagonal:?}");
        let full = states("linear", Covariance::Full, 1, 3000);
        // Whether one full run happens to follow the factors is up to its seed.
        assert_eq!(lamps(&full)[..3], [Lamp::Out; 3], "{full:?}");
        assert!(full.iter().all(|state| state.lamp != Lamp::Undefined), "{full:?}");
        for (link, state) in ArgumentLink::ALL.into_iter().zip(&diagonal) {
            assert!(state.numbers.is_empty() == (link == ArgumentLink::Diagonal), "{state:?}");
        }
    }

    #[test]
    fn what_is_undefined_says_why() {
        let [premise, orthogonal, factorises, disentangled] = states("parabola", Covariance::Diagonal, 1, 200);
        assert_eq!(premise.lamp, Lamp::Lit);
        assert_eq!((orthogonal.lamp, orthogonal.reason), (Lamp::Undefined, Some(Undefined::OneActiveLatent)));
        // Nobody has asked for the other numbers.
        assert_eq!((factorises.lamp, disentangled.lamp), (Lamp::Undefined, Lamp::Waiting));
    }

    #[test]
    fn lamps_follow_the_thresholds() {
        let of = |number| Lamp::below(0.035, number);
        assert_eq!([0.0, 0.035, 0.06, 0.08, f64::NAN].map(of), {
            use Lamp::{Lit, Out, Partly, Undefined};
            [Lit, Lit, Partly, Out, Undefined]
        });
        assert_eq!(Lamp::Lit.and(Lamp::Partly), Lamp::Partly);
        assert_eq!(Lamp::Waiting.and(Lamp::Out), Lamp::Out);
        let mcc = |mcc| better_than_chance(mcc, 0.9, 1.0);
        assert_eq!([0.98, 0.93, 0.88].map(mcc), [Lamp::Lit, Lamp::Partly, Lamp::Out]);
        assert_eq!(better_than_chance(0.975, 0.975, 0.982), Lamp::Lit, "at its ceiling, whatever chance reaches");
        let marks = [Lamp::Lit, Lamp::Partly, Lamp::Out, Lamp::Undefined, Lamp::Waiting].map(Lamp::mark);
        assert!(marks.iter().enumerate().all(|(k, mark)| !marks[..k].contains(mark)), "told without colour");
    }
}
