//! Sentences about an import as the dialog says them: options of the command line become its controls.

/// Options in sentences, and the words for them here. The first that fits counts.
const WORDS: [(&str, &str); 17] = [
    ("leave it out (--leave-out ", "leave it out ("),
    ("leave them out (--leave-out ", "leave them out ("),
    ("leave it out with --missing drop", "drop incomplete rows"),
    ("leave them out with --missing drop", "drop incomplete rows"),
    ("leave these rows out with --missing drop", "drop incomplete rows"),
    ("(--scale columns)", "(scaling “per column”)"),
    ("--columns can include it", "its role can be changed"),
    ("choose some with --columns", "choose some as dimensions"),
    ("choose it with --label", "choose the role “label”"),
    ("choose it with --factors", "choose the role “factor”"),
    ("--header no reads it as numbers", "without “Header line” it is read as numbers"),
    ("--header yes reads it as names", "with “Header line” it is read as names"),
    ("use a part, as --rows ", "use a part, as rows: "),
    ("choose one, as --key ", "choose one, as "),
    ("resize them, as --resize ", "resize them, as "),
    ("give it with --test", "give it on the command line"),
    ("--", ""),
];

/// A sentence in the words of the dialog.
pub(super) fn in_words(sentence: &str) -> String {
    WORDS.iter().fold(sentence.to_owned(), |text, (option, words)| text.replace(option, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImportOptions, Scaling};
    use crate::io::parse_table;

    #[test]
    fn no_option_of_the_command_line_is_named() {
        let rows = |cells: &str| (0..24).map(|i| format!("{i}.5,{cells}\n")).collect::<String>();
        let options = ImportOptions { scale: Scaling::One, ..ImportOptions::guessed() };
        let texts = [
            rows("NA"),
            format!("{}1,oops\n", rows("1")),
            format!("{},2\n", rows("1")),
            format!("2001,2002\n{}", rows("7")),
        ];
        for text in texts {
            let said = match parse_table(text.as_bytes(), "csv", &options, 0) {
                Ok(file) => file.notes.iter().map(|note| format!("{note} ")).collect(),
                Err(error) => error.to_string(),
            };
            assert!(!said.is_empty() && !in_words(&said).contains("--"), "{}", in_words(&said));
        }
        assert_eq!(
            in_words("1 row has missing values (line 3); fill it in, or leave it out with --missing drop"),
            "1 row has missing values (line 3); fill it in, or drop incomplete rows"
        );
    }
}
