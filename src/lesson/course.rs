//! The built-in lessons.

/// A built-in lesson: its name on the command line, and its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourseLesson {
    /// Name.
    pub name: &'static str,
    /// Text of the file.
    pub text: &'static str,
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
