//! Pictures embedded in SVG.

use super::markup::{Element, factor, point};
use super::path::rectangle;
use crate::paint::encode::png::encode_png;
use crate::paint::encode::quad::TexturedQuad;
use crate::paint::picture::Picture;
use crate::paint::raster::texture::Texture;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use eframe::egui::epaint::textures::TextureFilter;
use eframe::egui::{Pos2, Rect};

/// Writes a picture that covers `rect`.
pub(super) fn write_picture(out: &mut String, rect: Rect, picture: &Picture) {
    embed(rectangle(Element::new(out, "image"), rect), picture);
}

/// Writes a part of a texture; `false` if the texture has no texels there.
pub(super) fn write_quad(out: &mut String, quad: &TexturedQuad, texture: &Texture) -> bool {
    let Some(picture) = quad.picture(texture) else { return false };
    let TexturedQuad { corner, along, down, .. } = *quad;
    // A unit square mapped by the two edges; upright pictures get away without a matrix.
    let element = Element::new(out, "image");
    let element = if along.y == 0.0 && down.x == 0.0 && along.x > 0.0 && down.y > 0.0 {
        let Pos2 { x, y } = corner;
        element.numbers([("x", x), ("y", y), ("width", along.x), ("height", down.y)])
    } else {
        let (along, down) = (along / picture.width as f32, down / picture.height as f32);
        let size = [("width", picture.width as f32), ("height", picture.height as f32)];
        element.numbers(size).attribute("transform", |out| {
            out.push_str("matrix(");
            for v in [along.x, along.y, down.x, down.y] {
                factor(out, v);
                out.push(' ');
            }
            point(out, corner);
            out.push(')');
        })
    };
    let nearest = texture.magnification() == TextureFilter::Nearest;
    let element = if nearest { element.text("image-rendering", "pixelated") } else { element };
    embed(element, &picture);
    true
}

fn embed(element: Element<'_>, picture: &Picture) {
    // Only a picture without pixels cannot be encoded, and that shows nothing.
    let png = encode_png(picture, 1.0, &[]).unwrap_or_default();
    element
        .text("preserveAspectRatio", "none")
        .attribute("xlink:href", |out| {
            out.push_str("data:image/png;base64,");
            BASE64.encode_string(&png, out);
        })
        .close();
}
