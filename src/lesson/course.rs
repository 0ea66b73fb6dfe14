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
    /// Title and aim, from the first block.
    pub fn title_and_aim(&self) -> (&'static str, &'static str) {
        let value = |key: &str| {
            let line = self.text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
            line.map_or("", |value| value.trim().trim_matches('"'))
        };
        (value("lesson"), value("aim"))
    }
}

/// The lessons in teaching order.
const COURSE: [CourseLesson; 1] =
    [CourseLesson { name: "first-minutes", text: include_str!("../../assets/lessons/first-minutes.md") }];

/// The built-in lessons in teaching order.
pub fn course() -> &'static [CourseLesson] {
    &COURSE
}

/// The built-in lesson of that name.
pub fn course_lesson(name: &str) -> Option<&'static CourseLesson> {
    COURSE.iter().find(|lesson| lesson.name == name)
}
