//! Lessons: Markdown files whose steps are exact states of runs.
//!
//! A step names its run (scene, settings, seed, steps), what is shown of it, and its text. [`Lesson::parse`] reads a file as far as it
//! goes; [`LessonRun::play`] makes the run of a step; [`check_lesson`] measures the claims of the texts.

mod blocks;
mod check;
mod claim;
mod condition;
mod course;
mod document;
mod goal;
mod problem;
mod run;
mod step;
mod task;
mod vocabulary;

pub use check::{ClaimCheck, check_lesson};
pub use claim::{Claim, ClaimKind};
pub use course::{CourseLesson, course, course_lesson, next_course_lesson};
pub use document::Lesson;
pub use goal::{Goal, GoalState};
pub use problem::LessonProblem;
pub use run::LessonRun;
pub use step::{LessonStep, StepCamera, StepScene};
pub use task::Task;
pub use vocabulary::{FormulaCheck, Vocabulary};
