//! The objects of a PDF file: one page, its fonts and pictures, and the session as an attachment.

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Color32, Context, Pos2, Rect, Vec2};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Ref, Str, TextStr};

use super::deflate::deflated;
use super::image::write_picture;
use super::page::{PdfPage, opacity_name};
use crate::paint::encode::walker::walk;
use crate::paint::raster::rasterizer::Rasterizer;

/// Page and metadata of a PDF file.
#[derive(Clone, Copy, Debug)]
pub struct PdfOptions<'a> {
    /// Width and height in points.
    pub size: Vec2,
    /// The colour of the page; `None` for no background.
    pub background: Option<Color32>,
    /// Resolution of shapes that are embedded as pixels. Textures keep their own.
    pub pixels_per_point: f32,
    /// Name and version of the program.
    pub program: &'a str,
    /// The session that makes the figure again, attached as a file.
    pub session: Option<&'a str>,
}

/// The PDF file of some shapes, laid out by `context`, whose textures are known to `rasterizer`.
///
/// Paint callbacks (code for a GPU) are left out.
///
/// # Errors
/// If a font cannot be embedded.
pub fn to_pdf(
    context: &Context,
    rasterizer: &Rasterizer,
    shapes: &[ClippedShape],
    options: &PdfOptions<'_>,
) -> Result<Vec<u8>, String> {
    let sheet = Rect::from_min_size(Pos2::ZERO, options.size);
    let mut page = PdfPage::new(context, rasterizer, options.pixels_per_point, sheet, options.background);
    walk(shapes, sheet, rasterizer, &mut page);
    let PdfPage { content, fonts, pictures, opacities, .. } = page;

    let mut last = 0;
    let mut next = || {
        last += 1;
        Ref::new(last)
    };
    let [catalog, pages, page, stream, info] = std::array::from_fn(|_| next());
    let mut pdf = Pdf::new();
    let attachment = options.session.map(|_| next());
    let mut entry = pdf.catalog(catalog);
    entry.pages(pages);
    if let Some(attachment) = attachment {
        entry.names().embedded_files().names().insert(Str(b"session.unpick"), attachment);
    }
    entry.finish();
    pdf.pages(pages).kids([page]).count(1);
    let program = TextStr(options.program);
    pdf.document_info(info).creator(program).producer(program);
    if let (Some(session), Some(attachment)) = (options.session, attachment) {
        let file = next();
        pdf.file_spec(attachment).path(Str(b"session.unpick")).unic_file(TextStr("session.unpick")).embedded_file(file);
        pdf.embedded_file(file, session.as_bytes()).subtype(Name(b"application/json"));
    }

    let fonts: Vec<(String, Ref)> =
        fonts.write(&mut pdf, &mut next).map_err(|e| format!("a font cannot be embedded in the PDF ({e})"))?;
    let pictures: Vec<(String, Ref)> = pictures
        .iter()
        .enumerate()
        .map(|(k, picture)| (format!("P{k}"), write_picture(&mut pdf, &mut next, picture)))
        .collect();
    let mut entry = pdf.page(page);
    entry.parent(pages).media_box(pdf_writer::Rect::new(0.0, 0.0, options.size.x, options.size.y)).contents(stream);
    // Colours are blended as the screen does it.
    entry.group().transparency().isolated(true).color_space().device_rgb();
    let mut resources = entry.resources();
    let mut list = resources.fonts().typed();
    list.pairs(fonts.iter().map(|(name, id)| (Name(name.as_bytes()), *id)));
    list.finish();
    let mut list = resources.x_objects().typed();
    list.pairs(pictures.iter().map(|(name, id)| (Name(name.as_bytes()), *id)));
    list.finish();
    let mut list = resources.ext_g_states();
    for alpha in opacities {
        let mut state =
            list.insert(Name(opacity_name(alpha).as_bytes())).start::<pdf_writer::writers::ExtGraphicsState<'_>>();
        state.non_stroking_alpha(f32::from(alpha) / 255.0).stroking_alpha(f32::from(alpha) / 255.0);
    }
    list.finish();
    resources.finish();
    entry.finish();
    pdf.stream(stream, &deflated(&Content::finish(content))).filter(Filter::FlateDecode);
    Ok(pdf.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::raster::canvas::Canvas;
    use crate::paint::raster::offscreen::Offscreen;
    use crate::paint::raster::offscreen::tests::sample_ui;
    use eframe::egui::vec2;
    use std::io::Read as _;

    fn pdf(session: Option<&str>) -> Vec<u8> {
        let canvas = Canvas::new(vec2(560.0, 360.0));
        let mut offscreen = Offscreen::new(1, |_| ());
        let output = offscreen.settle(&canvas, 0.0, sample_ui);
        let options = PdfOptions {
            size: canvas.size,
            background: Some(Color32::WHITE),
            pixels_per_point: 2.0,
            program: "unpick",
            session,
        };
        to_pdf(offscreen.context(), offscreen.rasterizer(), &output.shapes, &options).unwrap()
    }

    /// Every stream of the file, inflated where it is compressed.
    fn streams(bytes: &[u8]) -> Vec<String> {
        let find =
            |from: usize, word: &[u8]| bytes[from..].windows(word.len()).position(|w| w == word).map(|at| from + at);
        let (mut streams, mut from) = (Vec::new(), 0);
        while let Some(start) = find(from, b"\nstream\n") {
            let end = find(start, b"\nendstream").unwrap();
            let data = &bytes[start + 8..end];
            let mut text = Vec::new();
            if flate2::read::ZlibDecoder::new(data).read_to_end(&mut text).is_err() {
                text = data.to_vec();
            }
            streams.push(String::from_utf8_lossy(&text).into_owned());
            from = end;
        }
        streams
    }

    #[test]
    fn the_same_shapes_give_the_same_bytes_with_text_that_can_be_selected() {
        let bytes = pdf(None);
        assert_eq!(pdf(None), bytes);
        assert!(bytes.starts_with(b"%PDF-1.7") && bytes.ends_with(b"%%EOF"));
        let streams = streams(&bytes);
        let content = streams.iter().find(|s| s.contains(" Tm")).unwrap();
        for operator in [" re\n", " cm\n", " rg\n", "\nS\n", "\nf\n", "TJ\n", "\nW\n"] {
            assert!(content.contains(operator), "{operator:?} is missing");
        }
        // Every letter that is shown can be copied as what it is.
        let maps: String = streams.iter().filter(|s| s.contains("beginbfchar")).map(String::as_str).collect();
        for c in "Controlsβσ²√≤z₁%&<>".chars() {
            let code = format!("<{:04X}>", c as u32);
            assert!(maps.to_uppercase().contains(&code), "{c} has no entry");
        }
        let lines = |operator: &str| content.lines().filter(|line| *line == operator).count();
        assert_eq!((lines("q"), lines("BT")), (lines("Q"), lines("ET")));
    }

    #[test]
    fn a_pdf_carries_its_session() {
        let session = "{\"format\":\"unpick session\",\"schema\":9,\"note\":\"endstream ε\"}";
        let error = crate::io::session_in(&pdf(Some(session))).unwrap_err().to_string();
        assert!(error.contains("schema 9"), "{error}");
    }
}
