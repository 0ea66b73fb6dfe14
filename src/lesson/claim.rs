//! Claims of a text: links whose destination says what is measured.
//!
//! `[below .035](<c_IMA below 0.035>)` is measured on the run of the step, `[≈ 36°](<degrees off the axes of B near 36 within 3>)` on
//! run B, `[higher](<ELBO of B above A>)` compares both, and `[half](<check ratio of c_IMA>)` names a prediction of `unpick check`.

use std::cmp::Ordering;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::condition::condition;
use super::problem::LessonProblem;
use super::vocabulary::Vocabulary;
use crate::checks::{CheckQuantity, Expected};
use crate::sentence::quoted;

/// A claim of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The words that make it.
    pub words: String,
    /// The destination of the link.
    pub source: String,
    /// Line of the file.
    pub line: usize,
    /// The claim, as it is measured.
    pub kind: ClaimKind,
}

/// Content of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimKind {
    /// A number of run A (0) or B (1).
    Measured(usize, CheckQuantity, Expected),
    /// A number of run A (0) or B (1) is below ([`Ordering::Less`]) or above that of the other.
    Compared(usize, CheckQuantity, Ordering),
    /// A prediction of `unpick check` about the scene, by the name of its number.
    Predicted(String),
}

/// Markdown as lessons use it.
const MARKDOWN: Options = Options::ENABLE_MATH;

impl Claim {
    /// All claims of a text whose first line has this number, in a step with so many runs. Formulas are checked, too.
    pub(super) fn all_in(
        text: &str,
        line: usize,
        runs: usize,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<Self>, LessonProblem> {
        let line_at = |place: usize| line + text[..place].bytes().filter(|byte| *byte == b'\n').count();
        let mut claims = Vec::new();
        let mut open: Option<(String, String)> = None;
        for (event, range) in Parser::new_ext(text, MARKDOWN).into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. }) => open = Some((dest_url.to_string(), String::new())),
                Event::Text(words) | Event::Code(words) => {
                    if let Some((_, said)) = &mut open {
                        said.push_str(&words);
                    }
                }
                Event::End(TagEnd::Link) => {
                    let Some((source, words)) = open.take() else { continue };
                    if source.starts_with("http") || source.starts_with("symbol:") {
                        continue;
                    }
                    let line = line_at(range.start);
                    let kind = kind_of(&source, runs).and_then(|kind| agrees(&words, &kind).map(|()| kind));
                    let kind = kind.map_err(|sentence| LessonProblem::new(line, sentence))?;
                    claims.push(Self { words, source, line, kind });
                }
                Event::Start(Tag::Image { .. }) => {
                    let sentence = "a text shows no picture files; name a view under views";
                    return Err(LessonProblem::new(line_at(range.start), sentence));
                }
                Event::InlineMath(formula) | Event::DisplayMath(formula) => {
                    if let Some(check) = vocabulary.formula
                        && let Err(reason) = check(&formula)
                    {
                        let sentence = format!("the formula {} cannot be set: {reason}", quoted(&formula));
                        return Err(LessonProblem::new(line_at(range.start), sentence));
                    }
                }
                _ => {}
            }
        }
        Ok(claims)
    }
}

fn kind_of(source: &str, runs: usize) -> Result<ClaimKind, String> {
    if let Some(name) = source.strip_prefix("check ") {
        return Ok(ClaimKind::Predicted(name.trim().to_owned()));
    }
    for (word, ordering) in [(" below ", Ordering::Less), (" above ", Ordering::Greater)] {
        if let Some((name, other @ ("A" | "B"))) = source.rsplit_once(word).map(|(name, other)| (name, other.trim())) {
            let (run, quantity) = measured(name, runs)?;
            return match run == usize::from(other == "B") {
                true => Err(format!("{} compares run {other} with itself", quoted(source))),
                false if runs < 2 => Err(NO_RUN_B.to_owned()),
                false => Ok(ClaimKind::Compared(run, quantity, ordering)),
            };
        }
    }
    let (name, expected) = condition(source).ok_or_else(|| {
        format!(
            "{} is no claim; write QUANTITY below X, above X or near X within Y, with 'of B' after the quantity for run B, QUANTITY \
             of B above A, or check NAME",
            quoted(source)
        )
    })?;
    let (run, quantity) = measured(name, runs)?;
    Ok(ClaimKind::Measured(run, quantity, expected))
}

/// The sentence about a run B that a step does not have.
const NO_RUN_B: &str = "there is no run B in this step; beside = { covariance = \"full\" } adds one";

/// A quantity of run A or B.
pub(super) fn measured(name: &str, runs: usize) -> Result<(usize, CheckQuantity), String> {
    let name = name.trim();
    let (name, run) = match (name.strip_suffix(" of A"), name.strip_suffix(" of B")) {
        (Some(name), _) => (name, 0),
        (_, Some(name)) => (name, 1),
        _ => (name, 0),
    };
    if run >= runs {
        return Err(NO_RUN_B.to_owned());
    }
    match name.parse()? {
        CheckQuantity::AngleSinceRotation => {
            Err("degrees since rotation is known to `unpick check` only; use degrees off the axes".to_owned())
        }
        quantity => Ok((run, quantity)),
    }
}

/// The words and the claim say the same number, if the words say one.
fn agrees(words: &str, kind: &ClaimKind) -> Result<(), String> {
    let ClaimKind::Measured(_, _, expected) = kind else { return Ok(()) };
    let claimed = match expected {
        Expected::Below(limit) | Expected::Above(limit) => vec![*limit],
        Expected::Near { value, tolerance } => vec![*value, *tolerance],
    };
    let said = numbers(words);
    let is_said =
        |x: f64| said.iter().any(|said| [1.0, 100.0].iter().any(|unit| (said - unit * x).abs() <= 1e-9 * said.abs()));
    if said.is_empty() || claimed.iter().any(|x| is_said(*x)) {
        return Ok(());
    }
    Err(format!("the words {} say another number than the claim", quoted(words)))
}

/// The numbers in a text, with point or minus sign.
fn numbers(text: &str) -> Vec<f64> {
    let text = text.replace('−', "-");
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
    parts
        .filter(|part| part.contains(|c: char| c.is_ascii_digit()))
        .filter_map(|part| part.trim_end_matches(['.', '-']).parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(text: &str) -> Result<Vec<Claim>, LessonProblem> {
        Claim::all_in(text, 10, 2, &Vocabulary::default())
    }

    #[test]
    fn claims_are_links() {
        let text = "It is [below .035](<c_IMA below 0.035>) and\n[36°](<degrees off the axes of B near 36 within 3>),\n[half](<check ratio of c_IMA>), see [a page](https://example.org).";
        let claims = claims(text).unwrap();
        assert_eq!(claims.iter().map(|claim| claim.line).collect::<Vec<_>>(), [10, 11, 12]);
        assert_eq!(claims[0].kind, ClaimKind::Measured(0, CheckQuantity::ImaContrast, Expected::Below(0.035)));
        let expected = Expected::Near { value: 36.0, tolerance: 3.0 };
        assert_eq!(claims[1].kind, ClaimKind::Measured(1, CheckQuantity::AxisAngle, expected));
        assert_eq!(claims[2].kind, ClaimKind::Predicted("ratio of c_IMA".to_owned()));
    }

    #[test]
    fn words_and_numbers_agree() {
        assert!(claims("[98 %](<MCC above 0.98>)").is_ok() && claims("[almost all](<MCC above 0.98>)").is_ok());
        assert!(claims("[97 %](<MCC above 0.98>)").is_err());
        assert!(claims("[columns](symbol:J)").unwrap().is_empty(), "a symbol claims nothing");
        assert!(claims("![x](y.png)").unwrap_err().sentence.contains("picture"));
        assert!(claims("[x](<luck above 0.98>)").unwrap_err().sentence.contains("luck"));
        assert!(claims("[x](<MCC near 0.9 within -1>)").is_err() && claims("[x](<MCC above inf>)").is_err());
    }

    #[test]
    fn two_runs_are_compared() {
        let kind = |text: &str| claims(text).map(|claims| claims[0].kind.clone());
        let higher = ClaimKind::Compared(1, CheckQuantity::Elbo, Ordering::Greater);
        assert_eq!(kind("[higher](<ELBO of B above A>)"), Ok(higher));
        assert_eq!(
            kind("[less](<s2 below B>)"),
            Ok(ClaimKind::Compared(0, CheckQuantity::SingularValue(1), Ordering::Less))
        );
        assert!(kind("[x](<ELBO of B above B>)").unwrap_err().sentence.contains("itself"));
        let alone = Claim::all_in("[x](<ELBO below B>)", 1, 1, &Vocabulary::default());
        assert!(alone.unwrap_err().sentence.contains("no run B"));
    }
}
