//! Questions that are asked before one sees the answer, and tasks that the program recognises as done.

use toml::Value;

use super::blocks::LessonBlock;
use super::claim::measured;
use super::goal::Goal;
use super::problem::LessonProblem;
use crate::checks::CheckQuantity;

/// A question or task of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// A question with choices. The views are covered until it is answered.
    Choose {
        /// Question.
        question: String,
        /// Answers to choose from.
        choices: Vec<String>,
        /// Index of the right one.
        answer: usize,
    },
    /// A number to guess by dragging. The views are covered until then.
    Guess {
        /// Question.
        question: String,
        /// The run (0 or 1) and the number that is measured at the end of the step.
        number: (usize, CheckQuantity),
        /// Smallest and largest guess.
        range: [f64; 2],
        /// Unit behind the number.
        unit: String,
    },
    /// The curve of what a rotation costs, to be drawn by hand. The views are covered until then.
    Sketch {
        /// Question.
        question: String,
        /// The run (0 or 1) whose curve it is.
        run: usize,
        /// Smallest and largest value of the axis, in nats.
        range: [f64; 2],
    },
    /// Something to do with the dials.
    Try {
        /// All of this is reached at the end.
        goals: Vec<Goal>,
        /// A hint, on request.
        hint: String,
    },
}

impl Task {
    /// The task of a step with so many runs and latents of the first run, if it has one.
    pub(super) fn of(block: &mut LessonBlock, runs: usize, m: usize) -> Result<Option<Self>, LessonProblem> {
        let line = block.line_of("ask");
        if let Some(question) = block.words("ask")? {
            let task = if block.has("guess") {
                guess(block, question, runs)
            } else if block.has("sketch") {
                sketch(block, question, runs)
            } else {
                choose(block, question, line)
            };
            return task.map(Some);
        }
        for [key, owner, what] in [
            ["choices", "ask", "question"],
            ["answer", "ask", "question"],
            ["guess", "ask", "question"],
            ["sketch", "ask", "question"],
            ["range", "ask", "question"],
            ["unit", "ask", "question"],
            ["hint", "goal", "task"],
        ] {
            if block.has(key) && !block.has(owner) {
                let sentence = format_args!("{key} belongs to a {what}: add {owner} = \"…\"");
                return Err(LessonProblem::new(block.line_of(key), sentence));
            }
        }
        let Some((line, value)) = block.take("goal") else { return Ok(None) };
        let wrong = |sentence: String| LessonProblem::new(line, sentence);
        let goals = match &value {
            Value::String(_) => std::slice::from_ref(&value),
            Value::Array(goals) if !goals.is_empty() => goals,
            _ => return Err(wrong("goal must be what is to be reached, as \"collapsed 2\"".to_owned())),
        };
        let goal = |value: &Value| value.as_str().unwrap_or_default().parse::<Goal>().map_err(wrong);
        let goals = goals.iter().map(goal).collect::<Result<Vec<Goal>, _>>()?;
        if let Some(goal) = goals.iter().find(|goal| goal.latents() > m) {
            return Err(wrong(format!("the goal \"{goal}\" needs {} latents; the run has {m}", goal.latents())));
        }
        let hint = block.words("hint")?.unwrap_or_default();
        Ok(Some(Self::Try { goals, hint }))
    }

    /// The angles, in degrees, at which a sketched curve is measured.
    pub const ANGLES: [f64; 13] = [0.0, 7.5, 15.0, 22.5, 30.0, 37.5, 45.0, 52.5, 60.0, 67.5, 75.0, 82.5, 90.0];

    /// The run (0 or 1) and the numbers that it asks for, which are measured at the end of the step.
    pub fn numbers(&self) -> (usize, Vec<CheckQuantity>) {
        match self {
            Self::Guess { number: (run, quantity), .. } => (*run, vec![*quantity]),
            Self::Sketch { run, .. } => (*run, Self::ANGLES.map(CheckQuantity::RotatedLoss).to_vec()),
            Self::Choose { .. } | Self::Try { .. } => (0, Vec::new()),
        }
    }

    /// True if the outcome is covered until there is an answer.
    pub fn covers(&self) -> bool {
        !matches!(self, Self::Try { .. })
    }
}

fn choose(block: &mut LessonBlock, question: String, line: usize) -> Result<Task, LessonProblem> {
    let Some((at, choices)) = block.take("choices") else {
        return Err(LessonProblem::new(
            line,
            "ask needs choices = [\"…\", \"…\"] and answer = 1, or guess = \"c_IMA\"",
        ));
    };
    let texts = choices.as_array().and_then(|choices| choices.iter().map(|c| c.as_str().map(str::to_owned)).collect());
    let texts: Option<Vec<String>> = texts;
    let choices = texts
        .filter(|choices| (2..=5).contains(&choices.len()))
        .ok_or_else(|| LessonProblem::new(at, "choices must be two to five answers in quotation marks"))?;
    let (at, answer) = block.take("answer").unwrap_or((line, Value::Boolean(false)));
    let index =
        answer.as_integer().and_then(|answer| usize::try_from(answer).ok()).filter(|i| (1..=choices.len()).contains(i));
    let most = choices.len();
    let wrong = || LessonProblem::new(at, format_args!("answer must be the number of the right choice, 1 to {most}"));
    Ok(Task::Choose { answer: index.ok_or_else(wrong)? - 1, question, choices })
}

fn guess(block: &mut LessonBlock, question: String, runs: usize) -> Result<Task, LessonProblem> {
    let line = block.line_of("guess");
    let name = block.words("guess")?.unwrap_or_default();
    let number = measured(&name, runs).map_err(|e| LessonProblem::new(line, e))?;
    let range = range(block, line)?;
    let unit = block.words("unit")?.unwrap_or_default();
    Ok(Task::Guess { question, number, range, unit })
}

fn sketch(block: &mut LessonBlock, question: String, runs: usize) -> Result<Task, LessonProblem> {
    let line = block.line_of("sketch");
    let run = match block.words("sketch")?.as_deref() {
        Some("loss" | "loss of A") => 0,
        Some("loss of B") if runs > 1 => 1,
        _ => {
            let sentence =
                "sketch can be \"loss\", what a rotation costs, of run A, or \"loss of B\" if there is a run B";
            return Err(LessonProblem::new(line, sentence));
        }
    };
    Ok(Task::Sketch { question, run, range: range(block, line)? })
}

/// Two ends of an axis.
fn range(block: &mut LessonBlock, line: usize) -> Result<[f64; 2], LessonProblem> {
    let (at, range) = block.take("range").unwrap_or((line, Value::Boolean(false)));
    let ends = range.as_array().filter(|ends| ends.len() == 2).and_then(|ends| {
        let end = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|x| x as f64));
        end(&ends[0]).zip(end(&ends[1])).filter(|(low, high)| low < high && low.is_finite() && high.is_finite())
    });
    let (low, high) =
        ends.ok_or_else(|| LessonProblem::new(at, "a guess or sketch needs range = [smallest, largest]"))?;
    Ok([low, high])
}
