//! A formula in a user interface.

use eframe::egui::{Pos2, Response, RichText, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::paint::paint;
use super::typeset::Typeset;
use crate::viz::theme::{Palette, SMALLEST_TEXT, text_metrics};

/// An em of a formula in sizes of the text around it: the letters of both look equally large.
pub(in crate::viz::draw) const EM: f32 = 1.2;

/// A formula that is wider than its column shrinks to this share, not further.
pub(in crate::viz::draw) const LEAST_SHRINKAGE: f32 = 0.75;

/// The space above and below a displayed formula, in text sizes.
const DISPLAY_MARGIN: f32 = 0.45;

/// Size and emphasis of a formula.
#[derive(Clone, Copy, Debug)]
pub struct FormulaStyle<'a> {
    /// The size of the text around it, in points.
    pub size: f32,
    /// On a line of its own, in the middle, with large operators.
    pub is_display: bool,
    /// The name of the symbol that is drawn in the accent colour with a line below it.
    pub emphasised: Option<&'a str>,
}

impl FormulaStyle<'_> {
    /// In a line of text of this size.
    pub fn inline(size: f32) -> Self {
        Self { size, is_display: false, emphasised: None }
    }

    /// On a line of its own, in text of this size.
    pub fn display(size: f32) -> Self {
        Self { size, is_display: true, emphasised: None }
    }

    fn em(&self) -> f32 {
        EM * self.size.max(SMALLEST_TEXT)
    }
}

/// Response of a drawn formula.
#[derive(Clone, Debug)]
pub struct FormulaResponse {
    /// The whole formula.
    pub response: Response,
    /// The name of the symbol under the pointer.
    pub symbol: Option<String>,
}

/// Draws a formula. Its accessible name is its source; a source that is no formula is shown as it is, in the colour of alarm.
pub fn formula(ui: &mut Ui, tex: &str, style: FormulaStyle<'_>) -> FormulaResponse {
    let typeset = match Typeset::of(tex, style.is_display) {
        Ok(typeset) => typeset,
        Err(reason) => {
            let source = RichText::new(tex).size(style.size.max(SMALLEST_TEXT)).color(Palette::of(ui.visuals()).alarm);
            let response = ui.label(source).on_hover_text(reason);
            return FormulaResponse { response, symbol: None };
        }
    };
    if style.is_display { displayed(ui, &typeset, style) } else { inline(ui, &typeset, style) }
}

/// Width and height of a formula that has room, in points.
///
/// # Errors
/// If the source is no formula.
pub fn formula_size(tex: &str, style: FormulaStyle<'_>) -> Result<Vec2, String> {
    Typeset::of(tex, style.is_display).map(|typeset| style.em() * typeset.size())
}

/// A formula in a row of other widgets: its baseline is that of a label of the same size in this row.
fn inline(ui: &mut Ui, typeset: &Typeset, style: FormulaStyle<'_>) -> FormulaResponse {
    let em = style.em();
    let (ascent, height) = text_metrics(ui.ctx(), style.size.max(SMALLEST_TEXT));
    // A row centres its widgets, so the formula grows to both sides.
    let over = (em * typeset.ascent - ascent).max(em * typeset.descent - (height - ascent)).max(0.0);
    let (place, response) = ui.allocate_exact_size(vec2(em * typeset.width, height + 2.0 * over), Sense::hover());
    draw(ui, typeset, style, pos2(place.left(), place.top() + over + ascent), em, response)
}

/// A formula in the middle of the column, smaller if the column is narrow; a column that is still too narrow scrolls.
fn displayed(ui: &mut Ui, typeset: &Typeset, style: FormulaStyle<'_>) -> FormulaResponse {
    let margin = DISPLAY_MARGIN * style.size;
    let column = ui.available_width();
    let whole = style.em() * typeset.width;
    let share = (column / whole.max(1.0)).clamp(LEAST_SHRINKAGE, 1.0);
    let em = share * style.em();
    let size = em * typeset.size();
    let add = |ui: &mut Ui| {
        let width = if column.is_finite() { column.max(size.x) } else { size.x };
        let (place, response) = ui.allocate_exact_size(vec2(width, size.y + 2.0 * margin), Sense::hover());
        let left = place.center().x - 0.5 * size.x;
        draw(ui, typeset, style, pos2(left, place.top() + margin + em * typeset.ascent), em, response)
    };
    if size.x <= column + 0.5 {
        return add(ui);
    }
    let id = ui.next_auto_id();
    ScrollArea::horizontal().id_salt(id).auto_shrink([false, true]).show(ui, add).inner
}

fn draw(
    ui: &Ui,
    typeset: &Typeset,
    style: FormulaStyle<'_>,
    baseline: Pos2,
    em: f32,
    response: Response,
) -> FormulaResponse {
    let palette = Palette::of(ui.visuals());
    if ui.is_rect_visible(response.rect) {
        let accent = style.emphasised.map(|name| (name, palette.latent));
        paint(ui.painter(), typeset, baseline, em, ui.visuals().text_color(), accent);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &typeset.plain));
    let symbol = response.hover_pos().and_then(|pointer| typeset.symbol_at(((pointer - baseline) / em).to_pos2()));
    FormulaResponse { symbol: symbol.map(str::to_owned), response }
}
