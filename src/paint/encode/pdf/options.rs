//! Page and metadata of a PDF file.

use eframe::egui::{Color32, Vec2};

/// Page and metadata of a PDF file.
#[derive(Clone, Copy, Debug)]
pub struct PdfOptions<'a> {
    /// Width and height in points.
    pub size: Vec2,
    /// The magnification of the shapes.
    pub text_scale: f32,
    /// The colour of the page; `None` for no background.
    pub background: Option<Color32>,
    /// Resolution of shapes that are embedded as pixels. Textures keep their own.
    pub pixels_per_point: f32,
    /// Name and version of the program.
    pub program: &'a str,
    /// The session that makes the figure again, attached as a file.
    pub session: Option<&'a str>,
}
