//! Font subsets of a PDF file: of each font only the glyphs that are shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{FontData, FontDefinitions, FontFamily};
use eframe::epaint::text::FallbackRequest;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish as _, Name, Pdf, Rect, Ref, Str};
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider as _;
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider as _, Tag};
use subsetter::{GlyphRemapper, subset};

use super::deflate::deflated;
use crate::paint::encode::glyph_outline::GlyphOutline;
use crate::paint::system_font::system_font;

/// The fonts of the user interface, with the glyphs that are shown.
pub(super) struct FontSubsets {
    families: BTreeMap<FontFamily, Vec<usize>>,
    fonts: Vec<FontSubset>,
}

struct FontSubset {
    data: Arc<FontData>,
    /// From glyphs of the font to glyphs of the subset.
    glyphs: GlyphRemapper,
    /// The character of each glyph of the subset, and its width in thousandths of the font size.
    shown: BTreeMap<u16, (char, f32)>,
}

/// A glyph of a font subset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SubsetGlyph {
    /// The index of the font.
    pub(super) font: usize,
    /// The index of the glyph in the subset.
    pub(super) glyph: u16,
    /// The width in font sizes.
    pub(super) width: f32,
}

/// The box that egui shows for a character of no font.
const MISSING: char = '◻';

const SYSTEM: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

impl FontSubsets {
    pub(super) fn new(definitions: &FontDefinitions) -> Self {
        let names: Vec<&String> = definitions.font_data.keys().collect();
        let place = |name: &String| names.iter().position(|other| *other == name);
        let families = &definitions.families;
        Self {
            families: families.iter().map(|(f, list)| (f.clone(), list.iter().filter_map(place).collect())).collect(),
            fonts: definitions
                .font_data
                .values()
                .map(|data| FontSubset { data: Arc::clone(data), glyphs: GlyphRemapper::new(), shown: BTreeMap::new() })
                .collect(),
        }
    }

    /// The glyph of a character in the first font that has it. One of no font is a box if it `is_seen`, and otherwise nothing.
    pub(super) fn glyph(&mut self, family: &FontFamily, c: char, is_seen: bool) -> Option<SubsetGlyph> {
        self.glyph_of(family, c).or_else(|| self.glyph_of(family, MISSING).filter(|_| is_seen))
    }

    fn glyph_of(&mut self, family: &FontFamily, c: char) -> Option<SubsetGlyph> {
        let k = self.font_of(family, c)?;
        let font = self.fonts.get_mut(k)?;
        let reference = FontRef::from_index((*font.data.font).as_ref(), font.data.index).ok()?;
        let found = reference.charmap().map(c)?;
        let per_em = f32::from(reference.head().ok()?.units_per_em());
        let metrics = reference.glyph_metrics(Size::unscaled(), LocationRef::default());
        let width = metrics.advance_width(found)? / per_em;
        let glyph = font.glyphs.remap(u16::try_from(found.to_u32()).ok()?);
        font.shown.entry(glyph).or_insert((c, 1000.0 * width));
        Some(SubsetGlyph { font: k, glyph, width })
    }

    /// The outline of a character in a font size, of the same glyph as [`Self::glyph`].
    pub(super) fn outline(&mut self, family: &FontFamily, c: char, size: f32, is_seen: bool) -> Option<GlyphOutline> {
        let c = if is_seen && self.font_of(family, c).is_none() { MISSING } else { c };
        let k = self.font_of(family, c)?;
        GlyphOutline::of(&self.fonts.get(k)?.data, c, size)
    }

    /// The index of the first font of the family that has a character, or of one of the system, which joins the family.
    fn font_of(&mut self, family: &FontFamily, c: char) -> Option<usize> {
        let list = self.families.get_mut(family)?;
        let has = |font: &FontSubset| {
            let reference = FontRef::from_index((*font.data.font).as_ref(), font.data.index).ok()?;
            reference.charmap().map(c)
        };
        let known = list.iter().copied().find(|k| self.fonts.get(*k).and_then(has).is_some());
        if known.is_some() {
            return known;
        }
        let found = system_font(&FallbackRequest { cluster: c.encode_utf8(&mut [0; 4]), family })?;
        let data = Arc::new(found.data);
        let font = FontSubset { data, glyphs: GlyphRemapper::new(), shown: BTreeMap::new() };
        has(&font)?;
        list.push(self.fonts.len());
        self.fonts.push(font);
        Some(self.fonts.len() - 1)
    }

    /// Writes the subset of every font that is shown, under the name that [`name`] gives.
    pub(super) fn write(self, pdf: &mut Pdf, next: &mut impl FnMut() -> Ref) -> Result<Vec<(String, Ref)>, String> {
        let shown = self.fonts.into_iter().enumerate().filter(|(_, font)| !font.shown.is_empty());
        shown.map(|(k, font)| Ok((name(k), font.write(pdf, next)?))).collect()
    }
}

/// The name of a font in the page.
pub(super) fn name(font: usize) -> String {
    format!("F{font}")
}

impl FontSubset {
    /// Six letters that mark a subset: others for other glyphs, so that figures on one page do not take each other's subset for theirs.
    fn tag(&self) -> String {
        // FNV-1a.
        let mix = |hash: u64, c: char| (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3);
        let mut hash = self.shown.values().map(|(c, _)| *c).fold(0xcbf2_9ce4_8422_2325, mix);
        let letter = |_| {
            let letter = char::from(b'A' + (hash % 26) as u8);
            hash /= 26;
            letter
        };
        (0..6).map(letter).collect()
    }

    fn write(self, pdf: &mut Pdf, next: &mut impl FnMut() -> Ref) -> Result<Ref, String> {
        let part = subset((*self.data.font).as_ref(), self.data.index, &self.glyphs).map_err(|e| e.to_string())?;
        let whole = FontRef::from_index((*self.data.font).as_ref(), self.data.index).map_err(|e| e.to_string())?;
        let [id, cid, descriptor, file, map] = std::array::from_fn(|_| next());
        let base = format!("{}+{}", self.tag(), postscript_name(&whole));
        let base = Name(base.as_bytes());

        // PDF embeds only the table CFF of a font with cubic curves.
        let outlines = whole.table_data(Tag::new(b"CFF ")).is_some();
        let bytes = if outlines { table(&part, *b"CFF ").unwrap_or(&part) } else { &part };
        let compressed = deflated(bytes);
        let mut stream = pdf.stream(file, &compressed);
        stream.filter(Filter::FlateDecode);
        if outlines {
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        }
        stream.finish();

        pdf.type0_font(id)
            .base_font(base)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(map);
        let mut font = pdf.cid_font(cid);
        font.subtype(if outlines { CidFontType::Type0 } else { CidFontType::Type2 });
        font.base_font(base).system_info(SYSTEM).font_descriptor(descriptor).default_width(0.0);
        if !outlines {
            font.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        let mut widths = font.widths();
        for (glyph, (_, width)) in &self.shown {
            widths.consecutive(*glyph, [*width]);
        }
        widths.finish();
        font.finish();

        let metrics = whole.metrics(Size::unscaled(), LocationRef::default());
        let scale = 1000.0 / f32::from(metrics.units_per_em.max(1));
        let b = metrics.bounds.unwrap_or_default();
        let bounds = Rect::new(scale * b.x_min, scale * b.y_min, scale * b.x_max, scale * b.y_max);
        let mut entry = pdf.font_descriptor(descriptor);
        entry.name(base).flags(FontFlags::SYMBOLIC).bbox(bounds).italic_angle(0.0).stem_v(80.0);
        entry.ascent(scale * metrics.ascent).descent(scale * metrics.descent);
        entry.cap_height(scale * metrics.cap_height.unwrap_or(metrics.ascent));
        if outlines {
            entry.font_file3(file)
        } else {
            entry.font_file2(file)
        };
        entry.finish();

        let mut unicode = UnicodeCmap::new(Name(b"Custom"), SYSTEM);
        self.shown.iter().for_each(|(glyph, (c, _))| unicode.pair(*glyph, *c));
        pdf.cmap(map, &unicode.finish());
        Ok(id)
    }
}

/// The name of a font in PostScript, of letters that need no escape in a PDF.
fn postscript_name(font: &FontRef<'_>) -> String {
    let names = font.localized_strings(StringId::POSTSCRIPT_NAME);
    let name: String = names.english_or_first().map(|name| name.chars().collect()).unwrap_or_default();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    if name.is_empty() { "Unnamed".to_owned() } else { name }
}

/// A table of a font file: after a head of 12 bytes each has an entry of tag, checksum, offset and length.
fn table(font: &[u8], tag: [u8; 4]) -> Option<&[u8]> {
    let number = |at: usize| Some(u32::from_be_bytes(*font.get(at..)?.first_chunk()?) as usize);
    let count = usize::from(u16::from_be_bytes(*font.get(4..)?.first_chunk()?));
    let entry = (0..count).map(|k| 12 + 16 * k).find(|at| font.get(*at..at + 4) == Some(&tag))?;
    font.get(number(entry + 8)?..)?.get(..number(entry + 12)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the fonts of any system, and without any.
    #[test]
    fn characters_of_every_script_are_drawn() {
        let mut fonts = FontSubsets::new(&FontDefinitions::default());
        let family = FontFamily::Proportional;
        for c in ['宽', '높', 'अ', 'x', '\u{10FFFF}'] {
            let glyph = fonts.glyph(&family, c, true).unwrap();
            let (shown, _) = fonts.fonts[glyph.font].shown[&glyph.glyph];
            let is_known = fonts.font_of(&family, c).is_some();
            assert_eq!(shown, if is_known { c } else { MISSING });
            assert!(glyph.width > 0.0);
        }
        assert_ne!(fonts.glyph(&family, 'x', true), fonts.glyph(&family, '\u{10FFFF}', true));
        assert_eq!(fonts.glyph(&family, '\u{10FFFF}', false), None, "what is not seen is no box");
    }
}
