//! An entry of the glossary.

use crate::lesson::{CourseLesson, course};

/// A quantity or a mark: what it is, where that is from, and by which words lessons call it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GlossaryEntry {
    /// Its name.
    pub name: &'static str,
    /// The other names that the window has for it and for its marks.
    pub also: &'static [&'static str],
    /// Markdown with formulas.
    pub definition: &'static str,
    /// The paper and the equation, or the theorem.
    pub source: &'static str,
    /// The words by which lessons are searched; the name if there are none.
    pub words: &'static [&'static str],
}

impl GlossaryEntry {
    /// The built-in lesson that speaks of it most, and the earlier one of two.
    pub(crate) fn lesson(&self) -> Option<&'static CourseLesson> {
        let own = [self.name];
        let words = if self.words.is_empty() { &own } else { self.words };
        let mentions = |lesson: &CourseLesson| words.iter().map(|word| count(lesson.text, word)).sum::<usize>();
        let best = course().iter().rev().map(|lesson| (mentions(lesson), lesson)).max_by_key(|(count, _)| *count);
        best.filter(|(count, _)| *count > 0).map(|(_, lesson)| lesson)
    }

    /// True if it is about what was typed: all typed words stand in its names or its definition.
    pub(crate) fn matches(&self, typed: &str) -> bool {
        let text = [self.name, self.definition, self.source].into_iter().chain(self.also.iter().copied());
        let text = text.collect::<Vec<_>>().join("\n").to_lowercase();
        typed.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    /// True if the window calls it, or a mark of it, by this name.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.also.contains(&name)
    }
}

/// How often a word stands in a text, by itself or with an ending.
fn count(text: &str, word: &str) -> usize {
    let begins = |at: usize| !text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '\\');
    text.match_indices(word).filter(|(at, _)| begins(*at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_where_they_begin() {
        assert_eq!(count("seam, seams and unseaming; a seam", "seam"), 3);
        assert_eq!(count("none", "seam"), 0);
    }

    #[test]
    fn a_lesson_is_found_by_its_text() {
        let entry = |words| GlossaryEntry { name: "x", also: &["curve"], definition: "A line", source: "", words };
        assert!(entry(&["Drag", "z*"]).lesson().is_some());
        assert!(entry(&["no lesson says this"]).lesson().is_none());
        let found = entry(&[]);
        assert!(found.matches("LINE cur") && !found.matches("line q") && found.matches(""));
        assert!(found.is_called("curve") && !found.is_called("line"));
    }
}
