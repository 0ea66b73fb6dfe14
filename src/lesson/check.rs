//! Measures the claims of a lesson.

use std::fmt;

use super::claim::{Claim, ClaimKind};
use super::document::Lesson;
use super::run::LessonRun;
use super::step::LessonStep;
use crate::checks::{Check, CheckOutcome, CheckQuantity, Prediction, Seeds, predictions, run_checks};

/// A claim with its verdict.
#[derive(Clone, Debug)]
pub struct ClaimCheck {
    /// Title of the step.
    pub step: String,
    /// The claim.
    pub claim: Claim,
    /// The measured numbers, in words.
    pub measured: String,
    /// True if the claim holds.
    pub holds: bool,
}

impl fmt::Display for ClaimCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, claim, measured, holds } = self;
        let verdict = if *holds { "holds" } else { "FAILS" };
        write!(f, "line {}: {step}: \"{}\" ({}): {measured}, {verdict}", claim.line, claim.words, claim.source)
    }
}

/// Makes the runs of all claims, each once, and measures. Predictions are checked over `seeds`. `progress` gets the claims that are
/// measured, and all; its error ends the work early.
///
/// # Errors
/// If `progress` returns one.
pub fn check_lesson<E>(
    lesson: &Lesson,
    seeds: Seeds,
    mut progress: impl FnMut(usize, usize) -> Result<(), E>,
) -> Result<Vec<ClaimCheck>, E> {
    let claims = || lesson.steps.iter().flat_map(|step| step.claims.iter().map(move |claim| (step, claim)));
    let all = claims().count();
    // Those that name predictions together, so that no run is made twice.
    let mut named: Vec<Prediction> = Vec::new();
    for (step, claim) in claims() {
        for prediction in predictions_of(step, claim, seeds) {
            if !named.contains(&prediction) {
                named.push(prediction);
            }
        }
    }
    let judged = run_checks(&named, |_, _| progress(0, all))?;
    let mut made: Vec<(LessonRun, Result<CheckOutcome, String>)> = Vec::new();
    let mut checks = Vec::new();
    for (step, claim) in claims() {
        progress(checks.len(), all)?;
        let mut value = |run: usize, quantity: CheckQuantity| {
            let run = step.end().swap_remove(run);
            let known = made.iter().position(|(other, _)| *other == run);
            let place = known.unwrap_or_else(|| {
                let outcome = run.play(|_| true).map(|run| CheckOutcome::of(&run));
                made.push((run, outcome));
                made.len() - 1
            });
            made[place].1.as_ref().map(|outcome| quantity.of(outcome)).map_err(Clone::clone)
        };
        let (measured, holds) = match &claim.kind {
            ClaimKind::Measured(run, quantity, expected) => match value(*run, *quantity) {
                Ok(value) => (format!("{quantity} = {value:.4}"), expected.admits(value)),
                Err(sentence) => (sentence, false),
            },
            ClaimKind::Compared(run, quantity, ordering) => {
                match value(*run, *quantity).and_then(|own| Ok((own, value(1 - *run, *quantity)?))) {
                    Ok((own, other)) => {
                        let [name, others] = if *run == 0 { ["A", "B"] } else { ["B", "A"] };
                        let words = format!("{quantity} = {own:.4} of {name}, {other:.4} of {others}");
                        (words, own.partial_cmp(&other) == Some(*ordering))
                    }
                    Err(sentence) => (sentence, false),
                }
            }
            ClaimKind::Predicted(name) => {
                let asked = predictions_of(step, claim, seeds);
                let own: Vec<&Check> = judged.iter().filter(|check| asked.contains(&check.prediction)).collect();
                let words = own
                    .iter()
                    .map(|check| format!("{name} = {:.4}, expected {}", check.measured, check.prediction.expected));
                let words = words.collect::<Vec<_>>().join("; ");
                let none = || format!("there is no prediction of that name about {}", scene_of(step));
                (if own.is_empty() { none() } else { words }, !own.is_empty() && own.iter().all(|check| check.passed))
            }
        };
        checks.push(ClaimCheck { step: step.title.clone(), claim: claim.clone(), measured, holds });
    }
    progress(all, all)?;
    Ok(checks)
}

fn scene_of(step: &LessonStep) -> &str {
    step.runs[0].scene().map_or("this scene", |scene| &scene.name)
}

/// The predictions of `unpick check` that a claim names.
fn predictions_of(step: &LessonStep, claim: &Claim, seeds: Seeds) -> Vec<Prediction> {
    let (ClaimKind::Predicted(name), Some(scene)) = (&claim.kind, step.runs[0].scene()) else { return Vec::new() };
    let mut named = predictions(scene, seeds);
    named.retain(|prediction| prediction.measured() == *name);
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Vocabulary;

    #[test]
    fn two_runs_are_compared() {
        let text = "+++\nlesson = \"A\"\naim = \"B\"\n+++\n+++\nstep = \"C\"\nscene = \"linear\"\nsteps = 300\nviews = [\"data\"]\nbeside = { beta = 4 }\n+++\n\
                    [less](<KL of B below A>), [more](<KL below B>)\n";
        let lesson = Lesson::parse(text, &Vocabulary::default()).unwrap();
        let checks = check_lesson(&lesson, Seeds { first: 0, count: 1 }, |_, _| Ok::<(), ()>(())).unwrap();
        assert_eq!(checks.iter().map(|check| check.holds).collect::<Vec<_>>(), [true, false], "{checks:?}");
        assert!(checks[0].measured.contains(" of B, "), "{}", checks[0]);
    }

    #[test]
    fn a_wrong_claim_fails() {
        let text = "+++\nlesson = \"A\"\naim = \"B\"\n+++\n+++\nstep = \"C\"\nscene = \"linear\"\nsteps = 300\ntrain_to = 600\nviews = [\"data\"]\n+++\n\
                    [two](<active units near 2 within 0>), [three](<active units near 3 within 0>)\n";
        let lesson = Lesson::parse(text, &Vocabulary::default()).unwrap();
        let seeds = Seeds { first: 0, count: 1 };
        let mut calls = 0;
        let checks = check_lesson(&lesson, seeds, |_, _| {
            calls += 1;
            Ok::<(), ()>(())
        });
        let checks = checks.unwrap();
        assert_eq!(checks.iter().map(|check| check.holds).collect::<Vec<_>>(), [true, false], "{checks:?}");
        assert_eq!(calls, 3, "one for each claim and one at the end");
        assert!(checks[1].to_string().starts_with("line 12: C: \"three\""), "{}", checks[1]);
        assert_eq!(check_lesson(&lesson, seeds, |_, _| Err(7)).unwrap_err(), 7);
    }
}
