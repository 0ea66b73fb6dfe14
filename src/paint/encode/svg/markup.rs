//! SVG markup: elements, numbers and colours.

use eframe::egui::{Color32, Pos2, Stroke};

use crate::sentence::turns_or_breaks;

/// An element being written: first its attributes, then its end.
pub(super) struct Element<'a> {
    out: &'a mut String,
    name: &'static str,
}

impl<'a> Element<'a> {
    pub(super) fn new(out: &'a mut String, name: &'static str) -> Self {
        out.push('<');
        out.push_str(name);
        Self { out, name }
    }

    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.attribute(name, |out| escape(out, value))
    }

    pub(super) fn number(self, name: &str, value: f32) -> Self {
        self.attribute(name, |out| number(out, value))
    }

    /// Several attributes that are numbers.
    pub(super) fn numbers<const N: usize>(self, pairs: [(&str, f32); N]) -> Self {
        pairs.into_iter().fold(self, |element, (name, value)| element.number(name, value))
    }

    /// An attribute whose value `write` appends, without escaping.
    pub(super) fn attribute(self, name: &str, write: impl FnOnce(&mut String)) -> Self {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        write(self.out);
        self.out.push('"');
        self
    }

    /// A colour and its opacity; egui's additive colours (no alpha) become those they make on black.
    pub(super) fn color(self, name: &str, color: Color32) -> Self {
        let [r, g, b, a] = color.to_array();
        if color == Color32::TRANSPARENT {
            return self.text(name, "none");
        }
        let alpha = if a == 0 { r.max(g).max(b) } else { a };
        let [r, g, b, _] = Color32::from_rgba_premultiplied(r, g, b, alpha).to_srgba_unmultiplied();
        let element = self.attribute(name, |out| {
            out.push('#');
            for byte in [r, g, b] {
                out.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')));
            }
        });
        if alpha == 255 {
            return element;
        }
        element.attribute(&format!("{name}-opacity"), |out| fraction(out, f32::from(alpha) / 255.0, 1000))
    }

    pub(super) fn stroke(self, stroke: Stroke) -> Self {
        if stroke.is_empty() {
            return self;
        }
        self.color("stroke", stroke.color).number("stroke-width", stroke.width)
    }

    /// A rotation by `angle` radians clockwise about a point.
    pub(super) fn rotated(self, angle: f32, about: Pos2) -> Self {
        if angle == 0.0 {
            return self;
        }
        self.attribute("transform", |out| {
            out.push_str("rotate(");
            fraction(out, angle.to_degrees(), 1000);
            for v in [about.x, about.y] {
                out.push(' ');
                number(out, v);
            }
            out.push(')');
        })
    }

    /// Ends an element without content.
    pub(super) fn close(self) {
        self.out.push_str("/>\n");
    }

    /// Ends an element that holds text.
    pub(super) fn content(self, text: &str) {
        self.out.push('>');
        escape(self.out, text);
        self.out.push_str("</");
        self.out.push_str(self.name);
        self.out.push_str(">\n");
    }

    /// Ends the opening tag of an element that holds others.
    pub(super) fn open(self) {
        self.out.push_str(">\n");
    }
}

/// Appends a length, rounded to hundredths of a point.
pub(super) fn number(out: &mut String, value: f32) {
    fraction(out, value, 100);
}

/// Appends a point, x before y.
pub(super) fn point(out: &mut String, p: Pos2) {
    number(out, p.x);
    out.push(' ');
    number(out, p.y);
}

/// Appends a factor, rounded to millionths.
pub(super) fn factor(out: &mut String, value: f32) {
    fraction(out, value, 1_000_000);
}

/// Appends `value` rounded to 1/`unit`, a power of ten; zero if it is not finite.
fn fraction(out: &mut String, value: f32, unit: i64) {
    let rounded = (f64::from(value) * unit as f64).round() as i64;
    if rounded < 0 {
        out.push('-');
    }
    let magnitude = rounded.unsigned_abs();
    let unit = unit as u64;
    out.push_str(&(magnitude / unit).to_string());
    let digits = (unit + magnitude % unit).to_string();
    let decimals = digits[1..].trim_end_matches('0');
    if !decimals.is_empty() {
        out.push('.');
        out.push_str(decimals);
    }
}

/// Appends text as XML or HTML, without the characters that XML 1.0 forbids, and without marks that turn the direction of writing: they have no
/// glyph, and a name must not turn the text around it.
pub fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') || turns_or_breaks(c) => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (-0.001, "0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (7.1249, "7.12"),
            (10.049, "10.05"),
            (-0.05, "-0.05"),
        ];
        for (value, text) in cases {
            assert_eq!(written(|out| number(out, value)), text);
        }
        assert_eq!(written(|out| number(out, f32::NAN)), "0");
    }

    #[test]
    fn colours_are_not_premultiplied_and_text_is_escaped() {
        let element = |color| written(|out| Element::new(out, "g").color("fill", color).close());
        assert_eq!(element(Color32::from_rgb(1, 160, 255)), "<g fill=\"#01a0ff\"/>\n");
        assert_eq!(
            element(Color32::from_rgba_premultiplied(51, 0, 0, 51)),
            "<g fill=\"#ff0000\" fill-opacity=\"0.2\"/>\n"
        );
        assert_eq!(element(Color32::from_rgb_additive(51, 0, 0)), "<g fill=\"#ff0000\" fill-opacity=\"0.2\"/>\n");
        assert_eq!(element(Color32::TRANSPARENT), "<g fill=\"none\"/>\n");
        assert_eq!(written(|out| escape(out, "a<b & \"c\"\u{1}\u{202e}\u{301}")), "a&lt;b &amp; &quot;c&quot;\u{301}");
    }
}
