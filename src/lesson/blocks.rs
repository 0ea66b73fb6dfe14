//! Blocks of a lesson file: TOML between two lines `+++`, and the Markdown beneath.

use std::collections::BTreeMap;

use toml::{Spanned, Value};

use super::problem::LessonProblem;

/// The line above and below the TOML of a block.
const FENCE: &str = "+++";

/// A block: values with their lines, and text.
#[derive(Debug)]
pub(super) struct LessonBlock {
    /// The line of its first fence, counted from 1.
    pub(super) line: usize,
    values: BTreeMap<String, (usize, Value)>,
    /// The Markdown.
    pub(super) text: String,
    /// The line of its first character.
    pub(super) text_line: usize,
}

impl LessonBlock {
    /// Takes a value out of the block, with its line.
    pub(super) fn take(&mut self, key: &str) -> Option<(usize, Value)> {
        self.values.remove(key)
    }

    /// Takes words out of the block.
    pub(super) fn words(&mut self, key: &str) -> Result<Option<String>, LessonProblem> {
        match self.take(key) {
            None => Ok(None),
            Some((_, Value::String(words))) if !words.trim().is_empty() => Ok(Some(words)),
            Some((line, _)) => Err(LessonProblem::new(line, format_args!("{key} must be words in quotation marks"))),
        }
    }

    /// The line of a value, or of the block.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.values.get(key).map_or(self.line, |(line, _)| *line)
    }

    /// True if the block has this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// The keys that nobody has taken.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The first key that nobody has taken.
    pub(super) fn unknown(&self) -> Option<(&str, usize)> {
        self.values.iter().map(|(key, (line, _))| (key.as_str(), *line)).min_by_key(|(_, line)| *line)
    }
}

/// Splits a file into blocks.
///
/// # Errors
/// About the first block that cannot be read, with those before it.
pub(super) fn blocks(text: &str) -> (Vec<LessonBlock>, Option<LessonProblem>) {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(text).lines().collect();
    let is_fence = |line: &&str| line.trim_end() == FENCE;
    let Some(mut at) = lines.iter().position(|line| is_fence(line) || !line.trim().is_empty()) else {
        return (found, Some(LessonProblem::new(1, "the file is empty; a lesson begins with a line +++")));
    };
    if !is_fence(&lines[at]) {
        return (
            found,
            Some(LessonProblem::new(at + 1, "a lesson begins with a line +++, then lesson = \"its title\"")),
        );
    }
    while at < lines.len() {
        let Some(length) = lines[at + 1..].iter().position(is_fence) else {
            return (found, Some(LessonProblem::new(at + 1, "there is no second line +++ to this one")));
        };
        let (first, end) = (at + 1, at + 1 + length);
        let values = match values(&lines[first..end], first + 1) {
            Ok(values) => values,
            Err(problem) => return (found, Some(problem)),
        };
        let next = lines[end + 1..].iter().position(is_fence).map_or(lines.len(), |length| end + 1 + length);
        let text = lines[end + 1..next].join("\n");
        found.push(LessonBlock { line: at + 1, values, text, text_line: end + 2 });
        at = next;
    }
    (found, None)
}

/// Reads TOML whose first line has number `first`.
fn values(lines: &[&str], first: usize) -> Result<BTreeMap<String, (usize, Value)>, LessonProblem> {
    let text = lines.join("\n");
    let line_at = |place: usize| first + text.bytes().take(place).filter(|byte| *byte == b'\n').count();
    let values: BTreeMap<String, Spanned<Value>> = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(first, |span| line_at(span.start));
        LessonProblem::new(line, error.message().replace('\n', "; "))
    })?;
    Ok(values
        .into_iter()
        .map(|(key, value)| {
            let line = line_at(value.span().start);
            (key, (line, value.into_inner()))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_lines() {
        let text = "\n+++\nlesson = \"A\"\n+++\n\n+++\nstep = \"B\"\nz = [\n 1,\n 2]\n+++\nText\n\nmore\n";
        let (mut blocks, problem) = blocks(text);
        assert!(problem.is_none());
        assert_eq!(blocks.iter().map(|block| block.line).collect::<Vec<_>>(), [2, 6]);
        let block = &mut blocks[1];
        assert_eq!((block.text.as_str(), block.text_line, block.line_of("z")), ("Text\n\nmore", 12, 8));
        assert_eq!(block.take("step"), Some((7, Value::String("B".to_owned()))));
        assert_eq!(block.unknown(), Some(("z", 8)));
    }

    #[test]
    fn mistakes_have_a_line() {
        for (text, line) in [
            ("", 1),
            ("\n# A", 2),
            ("+++\nlesson = 1", 1),
            ("+++\na = 1\nb = = 2\n+++\n", 3),
            ("+++\na = 1\na = 2\n+++", 3),
        ] {
            assert_eq!(blocks(text).1.map(|problem| problem.line), Some(line), "{text}");
        }
    }
}
