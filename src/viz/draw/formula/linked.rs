//! Marks the symbols in a formula that is written without marks, so that they can be pointed at.

use super::typeset::check_formula;
use crate::viz::symbol::Symbol;

/// Commands whose groups are words or letters of another meaning: their number.
const VERBATIM: [(&str, usize); 12] = [
    ("\\htmlClass", 2),
    ("\\textcolor", 2),
    ("\\begin", 1),
    ("\\end", 1),
    ("\\text", 1),
    ("\\textbf", 1),
    ("\\mathrm", 1),
    ("\\mathcal", 1),
    ("\\mathbb", 1),
    ("\\operatorname", 1),
    ("\\tag", 1),
    ("\\label", 1),
];

/// Commands that take the next letter as their argument.
const TAKES_LETTER: [&str; 12] = [
    "\\hat",
    "\\tilde",
    "\\bar",
    "\\vec",
    "\\dot",
    "\\ddot",
    "\\frac",
    "\\tfrac",
    "\\dfrac",
    "\\sqrt",
    "\\mathbf",
    "\\widehat",
];

/// The formula with a mark around each J, U, S, V, Σ, b, $s_i$, $u_i$, $v_i$ and $z^*$. A formula that could then not be shown stays
/// as it is.
pub(in crate::viz::draw) fn linked(tex: &str) -> String {
    let marked = marked(tex);
    if marked != tex && check_formula(&marked).is_ok() { marked } else { tex.to_owned() }
}

fn marked(tex: &str) -> String {
    let mut out = String::with_capacity(2 * tex.len());
    let mut at = 0;
    // A mark in the place of an argument needs a group of its own.
    let mut is_argument = false;
    while let Some(c) = tex[at..].chars().next() {
        let rest = &tex[at..];
        if c == '\\' {
            let letters = rest[1..].bytes().take_while(u8::is_ascii_alphabetic).count();
            let length = 1 + if letters > 0 { letters } else { rest[1..].chars().next().map_or(0, char::len_utf8) };
            let command = &rest[..length];
            if command == "\\Sigma" {
                push(&mut out, Symbol::Sigma, command, is_argument);
            } else {
                let groups = VERBATIM.iter().find(|(name, _)| *name == command).map_or(0, |(_, groups)| *groups);
                let end = (0..groups).fold(length, |end, _| end + group_length(&rest[end..]));
                out.push_str(&rest[..end]);
                at += end;
                is_argument = TAKES_LETTER.contains(&command);
                continue;
            }
            at += length;
            is_argument = false;
            continue;
        }
        if let Some((symbol, length)) = symbol_at(tex, at) {
            push(&mut out, symbol, &rest[..length], is_argument);
            at += length;
        } else {
            out.push(c);
            at += c.len_utf8();
        }
        is_argument = matches!(c, '^' | '_') || (is_argument && c == ' ');
    }
    out
}

/// The symbol that begins at a letter, and the length of its mark.
fn symbol_at(tex: &str, at: usize) -> Option<(Symbol, usize)> {
    let letter = tex[at..].chars().next()?;
    let after = &tex[at + letter.len_utf8()..];
    let (before, next) = (tex[..at].chars().next_back(), after.chars().next());
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    let is_of_product = |c: Option<char>| !is_letter(c) || c.is_some_and(|c| "JUSV".contains(c));
    // The letters of a command before it are no neighbours.
    let word = tex[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map(|start| &tex[start..at]);
    let stands_alone = !is_letter(before) || word.is_some_and(|word| word.starts_with('\\'));
    let capital = is_of_product(before) && is_of_product(next) && !after.starts_with(['(', '[']);
    let small = stands_alone && !is_letter(next);
    let symbol = match letter {
        'J' if capital || next == Some('(') => Symbol::J,
        'U' if capital => Symbol::U,
        'S' if capital => Symbol::S,
        'V' if capital => Symbol::V,
        'b' if small => Symbol::B,
        's' if small && next == Some('_') => Symbol::S,
        'u' if small && next == Some('_') => Symbol::U,
        'v' if small && next == Some('_') => Symbol::V,
        'z' if stands_alone => {
            let star = ["^*", "^{*}"].into_iter().find(|star| after.starts_with(star))?;
            let has_index = after[star.len()..].starts_with('_');
            return Some((Symbol::ZStar, 1 + if has_index { 0 } else { star.len() }));
        }
        _ => return None,
    };
    Some((symbol, letter.len_utf8()))
}

fn push(out: &mut String, symbol: Symbol, body: &str, is_argument: bool) {
    let (start, end) = if is_argument { ("{", "}") } else { ("", "") };
    out.extend([start, "\\htmlClass{", symbol.name(), "}{", body, "}", end]);
}

/// The length of a group with the space before it; 0 if there is none.
fn group_length(text: &str) -> usize {
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with('{') {
        return 0;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices().skip(start) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::course;
    use crate::viz::draw::formula::symbols::MarkedSource;
    use crate::viz::draw::prose::text::Prose;

    /// The formula with short marks: `<J>`.
    fn short(tex: &str) -> String {
        let mut text = linked(tex);
        for symbol in Symbol::ALL {
            text = text.replace(&format!("\\htmlClass{{{}}}", symbol.name()), &format!("<{}>", symbol.name()));
        }
        text
    }

    #[test]
    fn the_symbols_of_the_argument_are_marked() {
        for (tex, marked) in [
            ("J = U S V^\\top", "<J>{J} = <U>{U} <S>{S} <V>{V}^\\top"),
            ("J=USV^\\top", "<J>{J}=<U>{U}<S>{S}<V>{V}^\\top"),
            ("s_i = \\|J_i\\|", "<S>{s}_i = \\|<J>{J}_i\\|"),
            ("b = \\beta\\sigma^2", "<b>{b} = \\beta\\sigma^2"),
            (
                "\\Sigma^{-1} \\approx I + \\frac{J^\\top J}{b}",
                "<Sigma>{\\Sigma}^{-1} \\approx I + \\frac{<J>{J}^\\top <J>{J}}{<b>{b}}",
            ),
            ("d(z^*)", "d(<z*>{z^*})"),
            ("J_{z^*}", "<J>{J}_{<z*>{z^*}}"),
            ("\\hat J", "\\hat {<J>{J}}"),
            ("x_b", "x_{<b>{b}}"),
        ] {
            assert_eq!(short(tex), marked);
        }
    }

    #[test]
    fn other_letters_are_left_alone() {
        for tex in [
            "\\text{bJS} + \\mathrm{Var}",
            "\\oint p\\,dz",
            "\\mathcal{S} \\mathbb{V}",
            "\\htmlClass{J}{J}",
            "abc",
            "z_i",
            "s = 1",
            "x \\sim U(0, 1)",
        ] {
            assert_eq!(linked(tex), tex);
        }
    }

    #[test]
    fn every_formula_of_the_lessons_can_still_be_shown_and_reads_as_before() {
        let mut count = 0;
        for lesson in course() {
            for tex in Prose::parse(lesson.text).formulas() {
                let marked = linked(tex);
                let plain = MarkedSource::new(&marked).unwrap().plain;
                let bare = |text: &str| text.replace(['{', '}'], "");
                assert_eq!(bare(&plain), bare(tex));
                count += usize::from(marked != tex);
            }
        }
        assert!(count > 0);
    }
}
