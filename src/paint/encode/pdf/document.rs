//! The objects of a PDF file: one page, its fonts and pictures, and the session as an attachment.

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Context, Pos2, Rect};
use pdf_writer::writers::Resources;
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Ref, Str, TextStr};

use super::deflate::deflated;
use super::image::write_picture;
use super::options::PdfOptions;
use super::page::{PdfPage, opacity_name};
use crate::paint::encode::walker::walk;
use crate::paint::raster::rasterizer::Rasterizer;
use std::collections::BTreeSet;

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
    let sheet = Rect::from_min_size(Pos2::ZERO, options.size / options.text_scale);
    let mut page = PdfPage::new(context, rasterizer, options, sheet);
    walk(shapes, sheet, rasterizer, &mut page);
    let PdfPage { content, fonts, pictures, opacities, .. } = page;

    let mut last = 0;
    let mut next = || {
        last += 1;
        Ref::new(last)
    };
    let [catalog, pages, page, stream, info] = std::array::from_fn(|_| next());
    let mut pdf = Pdf::new();
    // All that is used here is in 1.5, which LaTeX takes without a warning.
    pdf.set_version(1, 5);
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
    let pictures_have_alpha = pictures.iter().any(|picture| picture.pixels.iter().any(|pixel| !pixel.is_opaque()));
    let pictures: Vec<(String, Ref)> = pictures
        .iter()
        .enumerate()
        .map(|(k, picture)| (format!("P{k}"), write_picture(&mut pdf, &mut next, picture)))
        .collect();
    let frame = pdf_writer::Rect::new(0.0, 0.0, options.size.x, options.size.y);
    let drawing = deflated(&Content::finish(content));
    let is_translucent = opacities.iter().any(|alpha| *alpha < 255) || pictures_have_alpha;
    let form = is_translucent.then(&mut next);
    let mut entry = pdf.page(page);
    entry.parent(pages).media_box(frame).contents(stream);
    if let Some(form) = form {
        entry.resources().x_objects().pair(FORM, form);
        entry.finish();
        let mut shown = Content::new();
        shown.x_object(FORM);
        pdf.stream(stream, &Content::finish(shown));
        let mut object = pdf.form_xobject(form, &drawing);
        object.filter(Filter::FlateDecode);
        object.bbox(frame);
        // Colours are blended as the screen does it. The group is the drawing's, not the page's: LaTeX warns of two pages with groups.
        object.group().transparency().isolated(true).color_space().device_rgb();
        write_resources(&mut object.resources(), &fonts, &pictures, &opacities);
    } else {
        write_resources(&mut entry.resources(), &fonts, &pictures, &opacities);
        entry.finish();
        pdf.stream(stream, &drawing).filter(Filter::FlateDecode);
    }
    Ok(pdf.finish())
}

/// The name of the drawing where the page shows it as one object.
const FORM: Name<'static> = Name(b"Drawing");

/// Names of the fonts, pictures and opacities of a drawing.
fn write_resources(
    resources: &mut Resources<'_>,
    fonts: &[(String, Ref)],
    pictures: &[(String, Ref)],
    opacities: &BTreeSet<u8>,
) {
    let mut list = resources.fonts().typed();
    list.pairs(fonts.iter().map(|(name, id)| (Name(name.as_bytes()), *id)));
    list.finish();
    let mut list = resources.x_objects().typed();
    list.pairs(pictures.iter().map(|(name, id)| (Name(name.as_bytes()), *id)));
    list.finish();
    let mut list = resources.ext_g_states();
    for alpha in opacities.iter().copied() {
        let mut state =
            list.insert(Name(opacity_name(alpha).as_bytes())).start::<pdf_writer::writers::ExtGraphicsState<'_>>();
        state.non_stroking_alpha(f32::from(alpha) / 255.0).stroking_alpha(f32::from(alpha) / 255.0);
    }
    list.finish();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::raster::canvas::Canvas;
    use crate::paint::raster::offscreen::Offscreen;
    use crate::paint::raster::offscreen::tests::sample_ui;
    use eframe::egui::{Color32, vec2};
    use std::io::Read as _;

    fn pdf(session: Option<&str>) -> Vec<u8> {
        let canvas = Canvas::new(vec2(560.0, 360.0));
        let mut offscreen = Offscreen::new(1, |_| ());
        let output = offscreen.settle(&canvas, 0.0, sample_ui);
        let options = PdfOptions {
            size: canvas.size,
            text_scale: 1.0,
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
        assert!(bytes.starts_with(b"%PDF-1.5") && bytes.ends_with(b"%%EOF"));
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

    /// The part of the file from one mark to the next one.
    fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
        text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap().0
    }

    #[test]
    fn the_page_has_no_group_and_fonts_have_their_names() {
        let bytes = pdf(None);
        let text = String::from_utf8_lossy(&bytes);
        let page = between(&text, "/Type /Page\n", "endobj");
        assert!(!page.contains("/Group"), "{page}");
        // The sample has translucent marks, which are blended in a group of the drawing.
        assert_eq!(text.matches("/S /Transparency").count(), 1);
        let names: Vec<&str> =
            text.split("/BaseFont /").skip(1).map(|rest| rest.split_whitespace().next().unwrap()).collect();
        assert!(names.iter().any(|name| name.ends_with("+Ubuntu-Light")), "{names:?}");
        let tag = |name: &str| name.split_once('+').is_some_and(|(tag, _)| tag.len() == 6);
        assert!(names.iter().all(|name| tag(name)), "{names:?}");
    }

    #[test]
    fn what_is_opaque_has_no_group_and_a_halo_is_no_text() {
        use eframe::egui::{FontId, Shape, pos2};
        let canvas = Canvas::new(vec2(200.0, 100.0));
        let mut offscreen = Offscreen::new(1, |_| ());
        let output = offscreen.settle(&canvas, 0.0, |ui| {
            let painter = ui.painter();
            let galley = painter.layout_no_wrap("s₁".to_owned(), FontId::proportional(13.0), Color32::BLACK);
            painter.galley_with_override_text_color(pos2(51.7, 60.0), std::sync::Arc::clone(&galley), Color32::WHITE);
            painter.galley(pos2(50.0, 60.0), galley, Color32::BLACK);
        });
        assert!(output.shapes.iter().any(|shape| matches!(shape.shape, Shape::Text(_))));
        let options = PdfOptions {
            size: canvas.size,
            text_scale: 1.0,
            background: None,
            pixels_per_point: 1.0,
            program: "unpick",
            session: None,
        };
        let bytes = to_pdf(offscreen.context(), offscreen.rasterizer(), &output.shapes, &options).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("/Transparency"));
        let content = streams(&bytes).into_iter().find(|stream| stream.contains(" Tm")).unwrap();
        // "s" and "₁" may be of two fonts.
        assert!((1..=2).contains(&content.matches(" Tm").count()), "{content}");
        assert!(content.contains(" c\n") && content.contains("\nS\n"), "the halo: {content}");
    }

    #[test]
    fn a_pdf_carries_its_session() {
        let session = "{\"format\":\"unpick session\",\"schema\":9,\"note\":\"endstream ε\"}";
        let error = crate::io::session_in(&pdf(Some(session))).unwrap_err().to_string();
        assert!(error.contains("schema 9"), "{error}");
    }
}
