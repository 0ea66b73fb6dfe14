//! The built-in lessons.

/// A built-in lesson: its name on the command line, and its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourseLesson {
    /// Name.
    pub name: &'static str,
    /// Text of the file.
    pub text: &'static str,
}

impl CourseLesson {
    /// Its title with the number that its name begins with, as `3. The linear case`; the others have none.
    pub fn numbered_title(&self) -> String {
        let title = self.title_and_aim().0;
        let number = self
            .name
            .split_once('-')
            .and_then(|(number, _)| number.strip_prefix('0').unwrap_or(number).parse::<u8>().ok());
        number.filter(|number| *number <= 12).map_or_else(|| title.to_owned(), |number| format!("{number}. {title}"))
    }

    /// Title and aim, from the first block.
    pub fn title_and_aim(&self) -> (&'static str, &'static str) {
        let value = |key: &str| {
            let line = self.text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
            line.map_or("", |value| value.trim().trim_matches('"'))
        };
        (value("lesson"), value("aim"))
    }
}

/// A built-in lesson of this name, which is that of its file.
macro_rules! lesson {
    ($name:literal) => {
        CourseLesson { name: $name, text: include_str!(concat!("../../assets/lessons/", $name, ".md")) }
    };
}

/// The lessons in teaching order.
const COURSE: [CourseLesson; 14] = [
    lesson!("first-minutes"),
    lesson!("20-minutes"),
    lesson!("01-traversals"),
    lesson!("02-vae"),
    lesson!("03-linear"),
    lesson!("04-posteriors"),
    lesson!("05-step-a"),
    lesson!("06-densities"),
    lesson!("07-seams"),
    lesson!("08-c2"),
    lesson!("09-beta"),
    lesson!("10-identifiability"),
    lesson!("11-images-again"),
    lesson!("12-open-questions"),
];

/// The built-in lessons in teaching order.
pub fn course() -> &'static [CourseLesson] {
    &COURSE
}

/// The built-in lesson after that of this name.
pub fn next_course_lesson(name: &str) -> Option<&'static CourseLesson> {
    COURSE.iter().skip_while(|lesson| lesson.name != name).nth(1)
}

/// The built-in lesson of that name.
pub fn course_lesson(name: &str) -> Option<&'static CourseLesson> {
    COURSE.iter().find(|lesson| lesson.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_have_the_number_of_their_file_and_follow_each_other() {
        let numbers: Vec<String> = COURSE.iter().skip(2).map(CourseLesson::numbered_title).collect();
        for (k, title) in numbers.iter().enumerate() {
            assert!(title.starts_with(&format!("{}. ", k + 1)), "{title}");
        }
        assert!(!course_lesson("20-minutes").unwrap().numbered_title().starts_with("20"));
        assert_eq!(next_course_lesson("11-images-again").map(|lesson| lesson.name), Some("12-open-questions"));
        assert_eq!((next_course_lesson("12-open-questions"), next_course_lesson("none")), (None, None));
    }
}
