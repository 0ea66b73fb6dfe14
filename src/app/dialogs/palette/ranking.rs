//! Scores of texts against typed words.

/// The scores of a match of one word, the best first.
const START: u32 = 0;
const WORD: u32 = 10;
const INSIDE: u32 = 20;
const SCATTERED: u32 = 30;

/// The letters that a scattered match may leave out.
const MOST_GAPS: u32 = 12;

/// The score of a text that is found by its help alone is higher by this.
const HELP: u32 = 100;

/// The score of a text with words of help for what was typed, smaller for a better match: each typed word begins the text, or a word in it,
/// stands inside, or has its letters scattered in this order from the beginning of a word on. `None` if a typed word is not there.
pub(super) fn rank(typed: &str, text: &str, help: &str) -> Option<u32> {
    let (typed, text) = (folded(typed), folded(text));
    score(&typed, &text, true).or_else(|| Some(HELP + score(&typed, &folded(help), false)?))
}

fn score(typed: &str, text: &str, may_scatter: bool) -> Option<u32> {
    typed.split_whitespace().try_fold(0, |sum, word| Some(sum + word_score(word, text, may_scatter)?))
}

fn word_score(word: &str, text: &str, may_scatter: bool) -> Option<u32> {
    if text.starts_with(word) {
        return Some(START);
    }
    if starts(text).any(|start| text[start..].starts_with(word)) {
        return Some(WORD);
    }
    if text.contains(word) {
        return Some(INSIDE);
    }
    let scattered = || starts(text).filter_map(|start| gaps(word, &text[start..])).min();
    may_scatter.then(scattered)?.filter(|gaps| *gaps <= MOST_GAPS).map(|gaps| SCATTERED + gaps)
}

/// The beginnings of words.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    let before = std::iter::once(' ').chain(text.chars());
    text.char_indices()
        .zip(before)
        .filter(|((_, c), before)| c.is_alphanumeric() && !before.is_alphanumeric())
        .map(|((at, _), _)| at)
}

/// The letters of the text between those of the word, if it begins the text and all its letters come in their order.
fn gaps(word: &str, text: &str) -> Option<u32> {
    let mut letters = text.chars();
    let mut gaps = 0;
    for (k, wanted) in word.chars().enumerate() {
        let skipped = letters.position(|c| c == wanted)?;
        if k == 0 && skipped > 0 {
            return None;
        }
        gaps += u32::try_from(skipped).unwrap_or(u32::MAX);
    }
    Some(gaps)
}

/// In small letters, with Greek ones as they are typed on most keyboards.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.to_lowercase().chars() {
        match c {
            'β' => folded.push_str("beta"),
            'σ' => folded.push_str("sigma"),
            'φ' => folded.push_str("phi"),
            'τ' => folded.push_str("tau"),
            '²' => folded.push('2'),
            '−' => folded.push('-'),
            '₀'..='₉' => folded.extend(char::from_digit(u32::from(c) - u32::from('₀'), 10)),
            c => folded.push(c),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_is_better_than_a_word_and_a_word_than_letters() {
        let score = |text: &str| rank("re", text, "");
        let scores = ["Restart", "Copy recipe", "Fire", "Run one"].map(score);
        assert_eq!(scores, [Some(START), Some(WORD), Some(INSIDE), Some(SCATTERED + 5)]);
        assert_eq!(rank("rd", "Restart with the same seed", ""), None, "too far apart");
        assert_eq!(rank("xyz", "Restart", "Start again"), None);
    }

    #[test]
    fn every_typed_word_has_to_be_there() {
        assert_eq!(rank("seed next", "Restart with the next seed", ""), Some(2 * WORD));
        assert_eq!(rank("seed x", "Restart with the next seed", ""), Some(WORD + INSIDE));
        assert_eq!(rank("seed q", "Restart with the next seed", ""), None);
        assert_eq!(rank("again", "Restart", "Start again"), Some(HELP + WORD));
        assert_eq!(rank("BETA", "Which β…", ""), Some(WORD));
    }

    #[test]
    fn letters_may_be_left_out_but_not_the_first_of_a_word() {
        assert!(rank("rstrt", "Restart", "").is_some());
        assert_eq!(rank("estrt", "Restart", ""), None);
        assert_eq!(rank("restartt", "Restart", ""), None);
    }
}
