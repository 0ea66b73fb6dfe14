//! Sentences for people: whatever they quote from files and arguments, they stay one short line of printable text.
//!
//! A quoted text can hold anything: megabytes, line breaks, or the characters with which a terminal is cleared and its title set.
//! Errors, notes and notices therefore pass through [`sentence`] where they are shown, and a text that is refused is quoted with
//! [`quoted`].

use std::borrow::Cow;
use std::fmt::{Display, Write as _};

/// Characters of a quoted text.
pub const MOST_QUOTED: usize = 60;

/// Characters of a sentence, and of its beginning and end if it is longer. Paths stand at the end.
const MOST: usize = 1500;
const KEPT: [usize; 2] = [1000, 400];

/// Characters of a number in a sentence; a longer one is written as 1e300.
const MOST_DIGITS: usize = 30;

/// A text in quotation marks, printable and with at most [`MOST_QUOTED`] characters.
pub fn quoted(text: &(impl Display + ?Sized)) -> String {
    format!("'{}'", shortened(&printable(text)))
}

/// Text on one line without control characters and without those that turn the direction of writing: they are escaped, as `\u{1b}`.
pub fn printable(text: &(impl Display + ?Sized)) -> String {
    let mut line = Line(String::new());
    // A String takes everything; a `Display` that fails has said what it could.
    let _written = write!(line, "{text}");
    line.0
}

/// Text for figures and tables: marks that turn the direction of writing, with which a name could pass for another, are escaped, as
/// `\u{202e}`.
pub fn without_turns(text: &str) -> Cow<'_, str> {
    if !text.contains(turns_or_breaks) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if turns_or_breaks(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// A sentence on one printable line. Numbers are short, passages in quotation marks have at most [`MOST_QUOTED`] characters, and the
/// middle of a very long sentence is left out.
pub fn sentence(text: &(impl Display + ?Sized)) -> String {
    let short = with_short_numbers(&with_short_quotations(&printable(text)));
    let length = short.chars().count();
    if length <= MOST {
        return short;
    }
    let [beginning, end] = KEPT;
    let place = |k: usize| short.char_indices().nth(k).map_or(short.len(), |(place, _)| place);
    format!("{} … {}", &short[..place(beginning)], &short[place(length - end)..])
}

/// Writes printable text.
struct Line(String);

impl std::fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for c in text.chars() {
            if c.is_control() || turns_or_breaks(c) {
                self.0.extend(c.escape_default());
            } else {
                self.0.push(c);
            }
        }
        Ok(())
    }
}

/// True for marks that turn the direction of writing, and for separators of lines.
pub fn turns_or_breaks(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_QUOTED) {
        None => text.to_owned(),
        Some(_) => text.chars().take(MOST_QUOTED - 1).chain(['…']).collect(),
    }
}

/// Shortens what stands in quotation marks, as libraries quote, too. An apostrophe within or behind a word is none.
fn with_short_quotations(text: &str) -> String {
    let mut short = String::with_capacity(text.len().min(4 * MOST));
    let mut rest = text;
    let mut before = ' ';
    // Marks without a partner further on, so that a text of many marks is read once.
    let mut single: Vec<char> = Vec::new();
    while let Some(mark) = rest.chars().next() {
        let inner = &rest[mark.len_utf8()..];
        let opens = matches!(mark, '\'' | '"' | '`') && !before.is_alphanumeric() && !single.contains(&mark);
        let end = if opens { closing(inner, mark) } else { None };
        if opens && end.is_none() {
            single.push(mark);
        }
        short.push(mark);
        (before, rest) = (mark, inner);
        if let Some(end) = end {
            short.push_str(&shortened(&inner[..end]));
            short.push(mark);
            rest = &inner[end + mark.len_utf8()..];
        }
    }
    short
}

/// Writes long numbers between spaces, brackets and signs of punctuation as 1e300. Names and paths stay.
fn with_short_numbers(text: &str) -> String {
    let short = |word: &str| -> Option<String> {
        let body = word.trim_end_matches([',', ';', ':', ')']);
        let start = body.rfind(['=', '(']).map_or(0, |at| at + 1);
        let digits = &body[start..];
        let is_long =
            digits.len() > MOST_DIGITS && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        let number: f64 = is_long.then(|| digits.parse().ok()).flatten()?;
        number.is_finite().then(|| format!("{}{number:e}{}", &word[..start], &word[body.len()..]))
    };
    text.split(' ').map(|word| short(word).map_or(Cow::Borrowed(word), Cow::Owned)).collect::<Vec<_>>().join(" ")
}

/// The place of the mark that ends a quotation: no word goes on behind it.
fn closing(text: &str, mark: char) -> Option<usize> {
    let ends = |place: &usize| !text[place + mark.len_utf8()..].starts_with(char::is_alphanumeric);
    text.match_indices(mark).map(|(place, _)| place).find(ends)
}

/// A number in subscript digits.
pub(crate) fn subscript(number: usize) -> String {
    let digit = |d: char| char::from_u32(0x2080 + d.to_digit(10).unwrap_or(0)).unwrap_or(d);
    number.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_sentences_stay_as_they_are() {
        for text in [
            "'8,x' is not a list of whole numbers (invalid digit)",
            "Higgins' weight needs --latents; the file's last row isn't one: /home/anna's/x.csv",
            "β = 3 is not between 0 and 2 “as said”",
        ] {
            assert_eq!(sentence(text), text);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        let text = sentence("'1:\u{1b}[2J\u{7}\r\n\u{9b}\u{202e}' is wrong");
        assert_eq!(text, "'1:\\u{1b}[2J\\u{7}\\r\\n\\u{9b}\\u{202e}' is wrong");
    }

    #[test]
    fn quotations_are_short_whoever_quotes() {
        let long = "A".repeat(3_000_000);
        let short = format!("{}…", "A".repeat(MOST_QUOTED - 1));
        assert_eq!(quoted(&long), format!("'{short}'"));
        assert_eq!(sentence(&format!("unknown field `{long}`: x.toml")), format!("unknown field `{short}`: x.toml"));
        assert_eq!(sentence(&format!("'a' and \"{long}\" (it's)")), format!("'a' and \"{short}\" (it's)"));
        let open = sentence(&format!("no end: '{long}: x.toml"));
        assert!(open.chars().count() < MOST && open.starts_with("no end: 'AAA") && open.ends_with("AAA: x.toml"));
    }

    #[test]
    fn numbers_are_short_and_paths_stay() {
        let (huge, tiny, long) = (1e300, -1.5e-300, "7".repeat(40));
        assert_eq!(
            sentence(&format!(
                "at step 3: beta = {huge} (lr={tiny}) is not between 0.00000001 and 1000000: /tmp/{long}/a"
            )),
            format!("at step 3: beta = 1e300 (lr=-1.5e-300) is not between 0.00000001 and 1000000: /tmp/{long}/a")
        );
        assert_eq!(sentence(&u64::MAX), "18446744073709551615");
        assert_eq!(sentence(&0.1234567890123456), "0.1234567890123456");
    }

    #[test]
    fn names_cannot_turn_the_text_around_them() {
        assert_eq!(without_turns("wi\u{202e}dth"), "wi\\u{202e}dth");
        assert!(matches!(without_turns("größe x₁"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn sentences_are_printable_and_short(text in "(['\"`a-z \u{1b}\n\u{202e}é]{0,5}){0,400}") {
            let once = sentence(&text);
            prop_assert!(!once.chars().any(|c| c.is_control() || turns_or_breaks(c)), "{once:?}");
            prop_assert!(once.chars().count() <= MOST);
            prop_assert!(sentence(&once).chars().count() <= MOST);
        }
    }
}
