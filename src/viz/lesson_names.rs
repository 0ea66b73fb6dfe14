//! The names that lessons may use for what is drawn.

use super::draw::formula::typeset::check_formula;
use super::layers::Layers;
use super::views::VIEWS;
use crate::lesson::Vocabulary;

/// The names of views and layers.
pub fn vocabulary() -> Vocabulary {
    Vocabulary {
        views: Some(VIEWS.iter().map(|spec| spec.view.name).collect()),
        layers: Some(Layers::default().list().iter().map(|(name, _, _)| *name).collect()),
        formula: Some(check_formula),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::{Lesson, course};

    #[test]
    fn every_built_in_lesson_is_read_to_its_end() {
        for entry in course() {
            let lesson = Lesson::parse(entry.text, &vocabulary());
            let lesson = lesson.unwrap_or_else(|problem| panic!("{}: {problem}", entry.name));
            assert!(lesson.problem.is_none(), "{}: {}", entry.name, lesson.problem.unwrap());
        }
    }
}
