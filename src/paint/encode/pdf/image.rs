//! Pictures embedded in PDF.

use super::deflate::deflated;
use crate::paint::picture::Picture;
use eframe::egui::Color32;
use pdf_writer::{Filter, Finish as _, Pdf, Ref};

/// Writes a picture as an image of colours and a mask of opacities.
pub(super) fn write_picture(pdf: &mut Pdf, next: &mut impl FnMut() -> Ref, picture: &Picture) -> Ref {
    let (id, mask) = (next(), next());
    let colors: Vec<[u8; 4]> = picture.pixels.iter().map(Color32::to_srgba_unmultiplied).collect();
    let (width, height) = (picture.width as i32, picture.height as i32);
    let rgb: Vec<u8> = colors.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
    let rgb = deflated(&rgb);
    let mut image = pdf.image_xobject(id, &rgb);
    image.width(width).height(height).bits_per_component(8).filter(Filter::FlateDecode);
    image.color_space().device_rgb();
    image.s_mask(mask);
    image.finish();
    let alpha = deflated(&colors.iter().map(|[.., a]| *a).collect::<Vec<u8>>());
    let mut image = pdf.image_xobject(mask, &alpha);
    image.width(width).height(height).bits_per_component(8).filter(Filter::FlateDecode);
    image.color_space().device_gray();
    image.finish();
    id
}
