//! A lesson as its file says.

use toml::Value;

use super::blocks::{LessonBlock, blocks};
use super::problem::LessonProblem;
use super::step::LessonStep;
use super::vocabulary::Vocabulary;

/// A lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Title.
    pub title: String,
    /// Aim, in one line.
    pub aim: String,
    /// Steps, up to the first that cannot be read.
    pub steps: Vec<LessonStep>,
    /// The mistake at which reading ended.
    pub problem: Option<LessonProblem>,
}

impl Lesson {
    /// Reads a lesson file as far as it goes.
    ///
    /// # Errors
    /// If it has no title or no step that can be read.
    pub fn parse(text: &str, vocabulary: &Vocabulary) -> Result<Self, LessonProblem> {
        let (blocks, mut problem) = blocks(text);
        let mut blocks = blocks.into_iter();
        let Some(head) = blocks.next() else {
            return Err(problem.unwrap_or_else(|| LessonProblem::new(1, "the file has no lesson")));
        };
        let (title, aim) = head_of(head)?;
        let mut steps: Vec<LessonStep> = Vec::new();
        for block in blocks {
            match LessonStep::of(block, steps.last(), vocabulary) {
                Ok(step) => steps.push(step),
                Err(mistake) => {
                    problem = Some(mistake);
                    break;
                }
            }
        }
        if steps.is_empty() {
            return Err(problem.unwrap_or_else(|| {
                LessonProblem::new(
                    1,
                    "the lesson has no step; write a line +++, step = \"its title\", scene = …, and a line +++",
                )
            }));
        }
        Ok(Self { title, aim, steps, problem })
    }
}

fn head_of(mut head: LessonBlock) -> Result<(String, String), LessonProblem> {
    if let Some(at) = head.text.lines().position(|line| !line.trim().is_empty()) {
        let sentence = "text belongs to a step: write a line +++, step = \"its title\" and a line +++ above it";
        return Err(LessonProblem::new(head.text_line + at, sentence));
    }
    let mut words = |key: &str, example: &str| match head.take(key) {
        Some((_, Value::String(words))) if !words.trim().is_empty() => Ok(words),
        Some((line, _)) => Err(LessonProblem::new(line, format_args!("{key} must be words in quotation marks"))),
        None => Err(LessonProblem::new(head.line, format_args!("{key} is missing: the first block needs {example}"))),
    };
    let title = words("lesson", "lesson = \"its title\"")?;
    let aim = words("aim", "aim = \"what one knows at the end\"")?;
    match head.unknown() {
        Some((key, line)) => Err(LessonProblem::new(
            line,
            format_args!(
                "'{key}' is not known here; the first block has lesson and aim, steps follow in blocks of their own"
            ),
        )),
        None => Ok((title, aim)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::MapQuantity;

    const HEAD: &str = "+++\nlesson = \"Planes\"\naim = \"Why axes matter.\"\n+++\n";

    fn parse(steps: &str) -> Result<Lesson, LessonProblem> {
        let vocabulary = Vocabulary {
            views: Some(vec!["data", "latent", "rotate"]),
            layers: Some(vec!["data", "seams"]),
            formula: None,
        };
        Lesson::parse(&format!("{HEAD}{steps}"), &vocabulary)
    }

    #[test]
    fn a_step_keeps_what_the_one_before_it_says() {
        let lesson = parse(
            "+++\nstep = \"One\"\nscene = \"cylinder\"\nbeta = 2\nseed = 3\nsteps = 500\nviews = [[\"data\", \"latent\"]]\nz = [1, 0]\n+++\nText\n\
             +++\nstep = \"Two\"\nbeside = { covariance = \"full\" }\n+++\n\
             +++\nstep = \"Three\"\nscene = \"linear\"\nviews = [\"rotate\"]\n+++\n",
        )
        .unwrap();
        assert!(lesson.problem.is_none());
        let [one, two, three] = &lesson.steps[..] else { panic!("three steps") };
        assert_eq!((one.runs.len(), two.runs.len(), three.runs.len()), (1, 2, 1));
        assert_eq!(one.runs[0], two.runs[0]);
        assert_ne!(two.runs[0], two.runs[1]);
        assert_eq!(
            (one.z.as_slice(), two.z.as_slice(), three.z.as_slice()),
            (&[1.0, 0.0][..], &[1.0, 0.0][..], &[][..])
        );
        assert_eq!((two.views.clone(), three.views.clone()), (one.views.clone(), vec![vec!["rotate".to_owned()]]));
        assert_eq!((one.text.as_str(), two.text.as_str()), ("Text", ""));
    }

    #[test]
    fn plane_colour_and_heat_stay_until_they_are_changed() {
        let lesson = parse(
            "+++\nstep = \"One\"\nscene = \"cylinder\"\nlatent_dim = 3\nviews = [\"latent\"]\nplane = [3, 1]\ncolor = \"height\"\n\
             heat = \"c_IMA\"\n+++\n+++\nstep = \"Two\"\nplane = [1, 2]\n+++\n+++\nstep = \"Three\"\ncolor = \"none\"\nheat = \"none\"\n+++\n",
        )
        .unwrap();
        assert!(lesson.problem.is_none(), "{:?}", lesson.problem);
        let shown: Vec<_> =
            lesson.steps.iter().map(|step| (step.scene.plane, step.scene.color, step.scene.heat)).collect();
        let contrast = Some(MapQuantity::Contrast);
        assert_eq!(
            shown,
            [(Some([2, 0]), Some(1), contrast), (Some([0, 1]), Some(1), contrast), (Some([0, 1]), None, None)]
        );
    }

    #[test]
    fn a_mistake_has_line_and_reason_and_the_steps_before_it_stay() {
        let good = "+++\nstep = \"One\"\nscene = \"linear\"\nviews = [\"data\"]\n+++\nText\n";
        let after = good.lines().count() + HEAD.lines().count();
        for (block, line, words) in [
            ("+++\nstep = \"Two\"\nscene = \"nowhere\"\n+++\n", 3, "no scene 'nowhere'"),
            ("+++\nscene = \"linear\"\n+++\n", 1, "step is missing"),
            ("+++\nstep = \"Two\"\nviews = [\"dada\"]\n+++\n", 3, "'dada' is no view"),
            ("+++\nstep = \"Two\"\nlayers = [\"fog\"]\n+++\n", 3, "'fog' is no layer"),
            ("+++\nstep = \"Two\"\nbeta = -1\n+++\n", 3, "beta = -1"),
            ("+++\nstep = \"Two\"\nbta = 1\n+++\n", 3, "'bta'"),
            ("+++\nstep = \"Two\"\nz = [1, 2, 3]\n+++\n", 3, "z"),
            ("+++\nstep = \"Two\"\nz = [1, \"x\"]\n+++\n", 3, "z"),
            ("+++\nstep = \"Two\"\nplane = [1, 3]\n+++\n", 3, "2 latents"),
            ("+++\nstep = \"Two\"\ncolor = \"taste\"\n+++\n", 3, "a factor of the scene: factor 1"),
            ("+++\nstep = \"Two\"\nheat = \"love\"\n+++\n", 3, "heat must be"),
            ("+++\nstep = \"Two\"\n+++\nIt is [below .1](<c_IMA under 0.1>).\n", 4, "c_IMA under 0.1"),
            ("+++\nstep = \"Two\"\n+++\nIt is [below .2](<c_IMA below 0.1>).\n", 4, ".2"),
            ("+++\nstep = \"Two\"\nask = \"Which?\"\nchoices = [\"a\", \"b\"]\nanswer = 3\n+++\n", 5, "answer"),
            ("+++\nstep = \"Two\"\ngoal = [\"win\"]\n+++\n", 3, "win"),
            ("+++\nstep = \"Two\"\ngoal = \"active 9\"\n+++\n", 3, "has 2"),
            ("+++\nstep = \"Two\"\n+++\n[large](<s9 above 1>)\n", 4, "no s9"),
            ("+++\nstep = \"Two\"\nchoices = [\"a\", \"b\"]\n+++\n", 3, "add ask"),
            ("+++\nstep = \"Two\"\nhint = \"drag\"\n+++\n", 3, "add goal"),
            ("+++\nstep = \"Two\"\n", 1, "second line +++"),
        ] {
            let lesson = parse(&format!("{good}{block}")).unwrap();
            let problem = lesson.problem.unwrap_or_else(|| panic!("no mistake in {block}"));
            assert_eq!((lesson.steps.len(), problem.line), (1, after + line), "{block}: {problem}");
            assert!(problem.sentence.contains(words), "{block}: {problem}");
        }
        assert!(parse("").unwrap_err().sentence.contains("no step"));
        let early = parse("\nWelcome.\n").unwrap_err();
        assert!(early.line == 6 && early.sentence.contains("belongs to a step"), "{early}");
        let first = parse("+++\nstep = \"One\"\nviews = [\"data\"]\n+++\n").unwrap_err();
        assert!(first.sentence.contains("scene is missing"), "{first}");
    }
}
