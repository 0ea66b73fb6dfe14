//! From TeX to marks at their places, in ems.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use eframe::egui::emath::Rect;
use eframe::egui::{Pos2, Vec2, pos2, vec2};
use ratex_font::{FontId as FormulaFont, get_char_metrics_with_fallback, katex_ttf_glyph_char};
use ratex_layout::{LayoutOptions, layout, to_display_list, validate_layout};
use ratex_types::color::Color;
use ratex_types::display_item::DisplayItem;
use ratex_types::math_style::MathStyle;

use super::area::Area;
use super::symbols::{MarkedSource, mark_of};
use crate::viz::theme::formula_font;

/// A formula that has been laid out. Lengths are in ems, y downwards from the baseline.
#[derive(Debug)]
pub(in crate::viz::draw) struct Typeset {
    pub(super) marks: Vec<FormulaMark>,
    /// The source as it reads without marks of symbols: the accessible name.
    pub(in crate::viz::draw) plain: String,
    pub(in crate::viz::draw) width: f32,
    pub(in crate::viz::draw) ascent: f32,
    pub(in crate::viz::draw) descent: f32,
    pub(super) symbols: Vec<FormulaSymbol>,
}

/// A piece of a formula.
#[derive(Debug)]
pub(super) struct FormulaMark {
    pub(super) ink: FormulaInk,
    /// The innermost symbol that it belongs to.
    pub(super) symbol: Option<usize>,
}

/// Ink of a mark of a formula.
#[derive(Debug)]
pub(super) enum FormulaInk {
    /// A glyph of a font, at a point of its baseline, in a size.
    Glyph { font: &'static str, character: char, at: Pos2, size: f32 },
    /// A bar: of a fraction, above a root.
    Bar(Rect),
    /// A brace, an arrow, a tall delimiter.
    Area(Area),
}

/// A part of a formula that names a symbol.
#[derive(Debug)]
pub(super) struct FormulaSymbol {
    pub(super) name: String,
    /// The box around its ink.
    pub(super) place: Rect,
}

/// A formula in display style or in that of text.
type Typesetting = Result<Arc<Typeset>, String>;

/// Formulas that have been laid out, by source and style.
static TYPESET: LazyLock<Mutex<HashMap<(String, bool), Typesetting>>> = LazyLock::new(Mutex::default);

/// So many formulas are kept.
const MOST_KEPT: usize = 1000;

impl Typeset {
    /// The formula, laid out at its first use.
    pub(in crate::viz::draw) fn of(tex: &str, is_display: bool) -> Typesetting {
        let mut kept = TYPESET.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tex.to_owned(), is_display);
        if let Some(known) = kept.get(&key) {
            return known.clone();
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        let typeset = Self::new(tex, is_display).map(Arc::new);
        kept.insert(key, typeset.clone());
        typeset
    }

    fn new(tex: &str, is_display: bool) -> Result<Self, String> {
        let MarkedSource { colored, plain, names } = MarkedSource::new(tex)?;
        let nodes = ratex_parser::parse(&colored).map_err(|error| error.to_string())?;
        let style = if is_display { MathStyle::Display } else { MathStyle::Text };
        let boxes = layout(&nodes, &LayoutOptions { style, ..LayoutOptions::default() });
        validate_layout(&boxes)?;
        let list = to_display_list(&boxes);
        let baseline = list.height as f32;
        let mut typeset = Self {
            marks: Vec::with_capacity(list.items.len()),
            plain,
            width: list.width as f32,
            ascent: baseline,
            descent: list.depth as f32,
            symbols: names.into_iter().map(|name| FormulaSymbol { name, place: Rect::NOTHING }).collect(),
        };
        for item in list.items {
            typeset.push(item, baseline)?;
        }
        if typeset.marks.is_empty() {
            return Err("the formula shows nothing".to_owned());
        }
        Ok(typeset)
    }

    /// Adds an item, whose heights count from the top.
    fn push(&mut self, item: DisplayItem, baseline: f32) -> Result<(), String> {
        let point = |x: f64, y: f64| pos2(x as f32, y as f32 - baseline);
        match item {
            DisplayItem::GlyphPath { x, y, scale, font, char_code, color } => {
                let found = FormulaFont::parse(&font).filter(|found| formula_font(found.as_str()).is_some());
                let font = found.ok_or_else(|| format!("the font {font} is not part of the program"))?;
                let character = katex_ttf_glyph_char(font, char_code);
                let metrics = get_char_metrics_with_fallback(font, u32::from(character))
                    .ok_or_else(|| format!("the fonts of formulas have no {character}"))?;
                let (at, size) = (point(x, y), scale as f32);
                let above = vec2(0.0, metrics.height as f32);
                let below = vec2((metrics.width + metrics.italic) as f32, metrics.depth as f32);
                let place = Rect::from_min_max(at - size * above, at + size * below);
                self.add(FormulaInk::Glyph { font: font.as_str(), character, at, size }, place, color);
            }
            DisplayItem::Line { x, y, width, thickness, color, dashed } => {
                let (start, width, thickness) = (point(x, y - 0.5 * thickness), width as f32, thickness as f32);
                let dash = if dashed { 4.0 * thickness } else { width };
                let count = if dashed { (width / (2.0 * dash)).ceil() as usize } else { 1 };
                for k in 0..count {
                    let left = 2.0 * dash * k as f32;
                    let size = vec2(dash.min(width - left), thickness);
                    let bar = Rect::from_min_size(start + vec2(left, 0.0), size);
                    self.add(FormulaInk::Bar(bar), bar, color);
                }
            }
            DisplayItem::Rect { x, y, width, height, color } => {
                // A coloured ground would hide what stands on it in one colour.
                if mark_of(color).is_some() || color == Color::BLACK {
                    let bar = Rect::from_min_size(point(x, y), vec2(width as f32, height as f32));
                    self.add(FormulaInk::Bar(bar), bar, color);
                }
            }
            DisplayItem::Path { x, y, commands, fill, color } => {
                let area = Area::new(point(x, y), &commands, fill);
                let place = area.bounds();
                self.add(FormulaInk::Area(area), place, color);
            }
        }
        Ok(())
    }

    fn add(&mut self, ink: FormulaInk, place: Rect, color: Color) {
        let symbol = mark_of(color).filter(|k| *k < self.symbols.len());
        if let Some(symbol) = symbol.and_then(|k| self.symbols.get_mut(k)) {
            symbol.place = symbol.place.union(place);
        }
        self.marks.push(FormulaMark { ink, symbol });
    }

    /// Width and height.
    pub(in crate::viz::draw) fn size(&self) -> Vec2 {
        vec2(self.width, self.ascent + self.descent)
    }

    /// The name of the symbol at a point, or next to it within a small distance.
    pub(in crate::viz::draw) fn symbol_at(&self, point: Pos2) -> Option<&str> {
        const NEAR: f32 = 0.15;
        let area = |symbol: &&FormulaSymbol| symbol.place.area();
        let near = self.symbols.iter().filter(|symbol| symbol.place.expand(NEAR).contains(point));
        near.min_by(|a, b| area(a).total_cmp(&area(b))).map(|symbol| symbol.name.as_str())
    }
}

/// A typeset formula, or the reason why there is none.
///
/// # Errors
/// The reason.
pub fn check_formula(tex: &str) -> Result<(), String> {
    Typeset::of(tex, true).map(|_| ())
}
