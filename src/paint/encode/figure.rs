//! Figures as files that carry the session they are made from.

use eframe::egui::{Color32, FullOutput};

use super::pdf::document::to_pdf;
use super::pdf::options::PdfOptions;
use super::png::encode_png;
use super::svg::document::{SvgOptions, to_svg};
use crate::io::program;
use crate::io::provenance::KEYWORD;
use crate::paint::raster::canvas::Canvas;
use crate::paint::raster::offscreen::Offscreen;

/// A format of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Vectors and text that can be edited.
    Svg,
    /// Vectors and text for print.
    Pdf,
    /// Pixels.
    Png,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Svg, Self::Pdf, Self::Png];

    /// The ending of file names.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Png => "png",
        }
    }

    /// The format for an ending of file names, in upper or lower case.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| extension.eq_ignore_ascii_case(format.extension()))
    }
}

/// The file of a frame of a user interface. A transparent canvas gives a transparent sheet. `session` is stored in the
/// file (see [`crate::io::provenance`]).
///
/// # Errors
/// If the figure has no pixels, or a font cannot be embedded.
pub fn encode_figure(
    offscreen: &Offscreen,
    canvas: &Canvas,
    output: &FullOutput,
    format: Format,
    session: Option<&str>,
) -> Result<Vec<u8>, String> {
    let program = program();
    let mut texts = vec![("Software", program.as_str())];
    texts.extend(session.map(|session| (KEYWORD, session)));
    let background = Some(canvas.background).filter(|color| *color != Color32::TRANSPARENT);
    let Canvas { size, text_scale, .. } = *canvas;
    let pixels_per_point = canvas.layout_scale();
    match format {
        Format::Png => {
            let picture = offscreen.paint(canvas, output);
            encode_png(&picture, canvas.pixels_per_point, &texts).map_err(|e| e.to_string())
        }
        Format::Svg => {
            let options = SvgOptions { size, text_scale, background, pixels_per_point, texts: &texts };
            Ok(to_svg(offscreen.context(), offscreen.rasterizer(), &output.shapes, &options).into_bytes())
        }
        Format::Pdf => {
            let options = PdfOptions { size, text_scale, background, pixels_per_point, program: &program, session };
            to_pdf(offscreen.context(), offscreen.rasterizer(), &output.shapes, &options)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{pos2, vec2};

    #[test]
    fn twenty_thousand_points_stay_small() {
        let canvas = Canvas::new(vec2(560.0, 360.0));
        let mut offscreen = Offscreen::new(1, |_| ());
        let color = Color32::from_rgba_unmultiplied(90, 100, 114, 140);
        let output = offscreen.settle(&canvas, 0.0, |ui| {
            for k in 0..20_000_u32 {
                let at = pos2((k * 7919 % 56_000) as f32 / 100.0, (k * 104_729 % 36_000) as f32 / 100.0);
                ui.painter().circle_filled(at, 2.0, color);
            }
        });
        for format in Format::ALL {
            let bytes = encode_figure(&offscreen, &canvas, &output, format, None).unwrap();
            assert!((10_000..3_000_000).contains(&bytes.len()), "{format:?}: {} bytes", bytes.len());
        }
    }
}
