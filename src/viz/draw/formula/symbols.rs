//! The marks of symbols in the source of a formula: `\htmlClass{name}{…}`.
//!
//! RaTeX does not know this command of KaTeX, but it carries colours through the layout. So each mark becomes a colour that tells its number.

use std::fmt::Write as _;

use ratex_types::color::Color;

const COMMAND: &str = "\\htmlClass{";

/// The source of a formula without its marks.
#[derive(Debug, Default, PartialEq)]
pub(super) struct MarkedSource {
    /// With a colour in place of each mark.
    pub(super) colored: String,
    /// As it reads without marks.
    pub(super) plain: String,
    /// The name at each mark.
    pub(super) names: Vec<String>,
}

impl MarkedSource {
    pub(super) fn new(source: &str) -> Result<Self, String> {
        let mut marked = Self::default();
        marked.read(source)?;
        Ok(marked)
    }

    fn read(&mut self, source: &str) -> Result<(), String> {
        let mut rest = source;
        while let Some(start) = next_mark(rest) {
            let (before, mark) = rest.split_at(start);
            self.push(before);
            let (name, body) = mark[COMMAND.len()..].split_once('}').ok_or("a name in \\htmlClass has no end")?;
            let body = body.trim_start().strip_prefix('{').ok_or("\\htmlClass{name} needs a group {…}")?;
            let end = end_of_group(body).ok_or("the group of \\htmlClass has no end")?;
            let number = u16::try_from(self.names.len()).ok().ok_or("too many marks")?;
            self.names.push(name.trim().to_owned());
            // A string takes all that is written to it.
            _ = write!(self.colored, "\\textcolor{{#01{number:04x}}}{{");
            let is_letter = is_one_token(&body[..end]);
            self.plain.push_str(if is_letter { "" } else { "{" });
            self.read(&body[..end])?;
            self.colored.push('}');
            self.plain.push_str(if is_letter { "" } else { "}" });
            rest = &body[end + 1..];
        }
        self.push(rest);
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.colored.push_str(text);
        self.plain.push_str(text);
    }
}

/// The number of the mark that a colour stands for.
pub(super) fn mark_of(color: Color) -> Option<usize> {
    let byte = |x: f32| (255.0 * x).round() as usize;
    (byte(color.r) == 1).then(|| 256 * byte(color.g) + byte(color.b))
}

/// Where the next mark begins: not after a backslash, which makes a line break of its own.
fn next_mark(text: &str) -> Option<usize> {
    let is_command = |at: &usize| text[..*at].chars().rev().take_while(|c| *c == '\\').count() % 2 == 0;
    text.match_indices(COMMAND).map(|(at, _)| at).find(is_command)
}

/// True for a letter or a command, and for one with a star, which need no group.
fn is_one_token(body: &str) -> bool {
    let name = body.strip_suffix("^*").unwrap_or(body);
    let letters = name.strip_prefix('\\').unwrap_or(name);
    name.chars().count() == 1 || (letters.len() < name.len() && letters.bytes().all(|c| c.is_ascii_alphabetic()))
}

/// The byte of the brace that ends a group.
fn end_of_group(text: &str) -> Option<usize> {
    let (mut depth, mut is_escaped) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_colours_and_names() {
        let marked = MarkedSource::new(r"\htmlClass{J}{J}^\top \htmlClass{Sigma}{\Sigma_{\htmlClass{i}{i}}}").unwrap();
        assert_eq!(marked.colored, r"\textcolor{#010000}{J}^\top \textcolor{#010001}{\Sigma_{\textcolor{#010002}{i}}}");
        assert_eq!(marked.plain, r"J^\top {\Sigma_{i}}");
        assert_eq!(marked.names, ["J", "Sigma", "i"]);
        assert_eq!(mark_of(Color::from_hex("#010102").unwrap()), Some(258));
        assert_eq!(mark_of(Color::BLACK), None);
    }

    #[test]
    fn a_mark_without_its_group_is_refused() {
        for source in [r"\htmlClass{J}", r"\htmlClass{J}{x", r"\htmlClass{J"] {
            assert!(MarkedSource::new(source).is_err(), "{source}");
        }
        assert_eq!(MarkedSource::new(r"a\\htmlClass{b}").unwrap().names.len(), 0);
    }
}
