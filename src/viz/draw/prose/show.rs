//! A text in a user interface.

use std::sync::{Arc, PoisonError};

use eframe::egui::{
    Color32, CornerRadius, Id, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::layout::{BlockLines, CODE_MARGIN, ProseLayout, ProseRun, ProseSheet, RunContent, galley};
use super::markdown::{BlockContent, PieceStyle, ProseBlock, SYMBOL};
use super::text::Prose;
use crate::viz::draw::formula::paint::{emphasis, paint};
use crate::viz::draw::formula::widget::{FormulaStyle, formula};
use crate::viz::draw::polyline::polyline;
use crate::viz::theme::{Palette, SMALLEST_TEXT};

/// Lengths in text sizes: the indent of a list and of a quotation; space above a paragraph, an item and a heading.
const LIST: f32 = 1.6;
const QUOTE: f32 = 1.0;
const PARAGRAPH: f32 = 0.6;
const ITEM: f32 = 0.3;
const HEADING: f32 = 0.9;

/// Size and emphasis of a text.
#[derive(Clone, Copy, Debug)]
pub struct ProseStyle<'a> {
    /// The size of its text, in points. No text is smaller than the smallest of the theme.
    pub size: f32,
    /// The name of the symbol that formulas and links draw in the accent colour with a line below it.
    pub emphasised: Option<&'a str>,
    /// Text for screen readers, in its place.
    pub spoken: Option<&'a str>,
}

impl ProseStyle<'_> {
    /// Text of a size, in points.
    pub fn new(size: f32) -> Self {
        Self { size, emphasised: None, spoken: None }
    }
}

/// Response of a drawn text.
#[derive(Debug)]
pub struct ProseResponse<'a> {
    /// The whole text.
    pub response: Response,
    /// The link under the pointer, or the one that has the keyboard.
    pub hovered: Option<ProseLink<'a>>,
    /// The link that was clicked.
    pub clicked: Option<ProseLink<'a>>,
    /// The name of the symbol under the pointer, in a formula or of a link.
    pub symbol: Option<String>,
}

/// A link that has been drawn.
#[derive(Clone, Debug)]
pub struct ProseLink<'a> {
    /// Its destination.
    pub destination: &'a str,
    /// The part of it under the pointer.
    pub response: Response,
}

impl Prose {
    /// Draws the text, in lines as wide as there is room.
    pub fn show(&self, ui: &mut Ui, style: ProseStyle<'_>) -> ProseResponse<'_> {
        let size = style.size.max(SMALLEST_TEXT);
        let sheet =
            ProseSheet { width: ui.available_width().floor(), size, pixels_per_point: ui.ctx().pixels_per_point() };
        let layout = self.laid_out(ui, sheet);
        let shown = ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut is_spoken = false;
            let mut teller = LinkTeller {
                prose: self,
                id: ui.unique_id(),
                hovered: None,
                clicked: None,
                symbol: None,
                focused: None,
                begun: None,
            };
            for (k, (block, lines)) in self.blocks.iter().zip(&layout.blocks).enumerate() {
                if k > 0 {
                    ui.add_space(size * space_above(block));
                }
                let left = indent(block, size);
                match &block.content {
                    BlockContent::Text(_) => {
                        let height = lines.height;
                        let (place, response) = ui.allocate_exact_size(vec2(sheet.width, height), Sense::hover());
                        let words = match style.spoken {
                            None => Some(lines.plain.as_str()),
                            Some(spoken) => Some(spoken).filter(|_| !std::mem::replace(&mut is_spoken, true)),
                        };
                        if let Some(words) = words {
                            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
                        }
                        if ui.is_rect_visible(place) {
                            let corner = pos2(place.left() + left, place.top());
                            marker(ui, block, corner, lines, size);
                            teller.block(ui, lines, corner, style);
                        }
                        quote(ui, block, place, size);
                    }
                    BlockContent::Formula(tex) => {
                        let style = FormulaStyle { size, is_display: true, emphasised: style.emphasised };
                        let area = ui.horizontal(|ui| {
                            ui.spacing_mut().item_spacing.x = 0.0;
                            ui.add_space(left);
                            ui.vertical(|ui| formula(ui, tex, style)).inner.symbol
                        });
                        teller.symbol = teller.symbol.take().or(area.inner);
                        quote(ui, block, area.response.rect, size);
                    }
                    BlockContent::Rule => {
                        let (place, _) = ui.allocate_exact_size(vec2(sheet.width, 1.0), Sense::hover());
                        let color = Palette::of(ui.visuals()).muted;
                        ui.painter().hline(place.x_range(), place.center().y, Stroke::new(1.0, color));
                    }
                }
            }
            teller
        });
        let LinkTeller { hovered, focused, clicked, symbol, .. } = shown.inner;
        ProseResponse { response: shown.response, hovered: hovered.or(focused), clicked, symbol }
    }

    /// The lines for this sheet, broken anew only when it has changed.
    fn laid_out(&self, ui: &Ui, sheet: ProseSheet) -> Arc<ProseLayout> {
        let mut kept = self.layout.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(layout) = kept.as_ref().filter(|layout| layout.sheet == sheet) {
            return Arc::clone(layout);
        }
        let indent = |block: &ProseBlock| indent(block, sheet.size);
        let layout = Arc::new(ProseLayout::new(ui.ctx(), &self.blocks, sheet, indent));
        *kept = Some(Arc::clone(&layout));
        layout
    }
}

fn indent(block: &ProseBlock, size: f32) -> f32 {
    size * (LIST * f32::from(block.lists) + QUOTE * f32::from(block.quotes))
}

fn space_above(block: &ProseBlock) -> f32 {
    match block.content {
        // A displayed formula has a margin of its own.
        BlockContent::Formula(_) => 0.0,
        _ if block.heading.is_some() => HEADING,
        _ if block.is_near => ITEM,
        _ => PARAGRAPH,
    }
}

/// The marker of an item, left of its text.
fn marker(ui: &Ui, block: &ProseBlock, corner: Pos2, lines: &BlockLines, size: f32) {
    let Some(marker) = &block.marker else { return };
    let font = eframe::egui::FontId::proportional(size);
    let galley = galley(ui.ctx(), marker, &font, PieceStyle::default());
    let x = corner.x - 0.45 * size - galley.size().x;
    put_galley(ui, galley, pos2(x, corner.y + lines.first_baseline), ui.visuals().text_color());
}

/// The bars left of a quotation.
fn quote(ui: &Ui, block: &ProseBlock, place: Rect, size: f32) {
    let color = Palette::of(ui.visuals()).muted;
    let top = place.top() - if block.is_near { ITEM * size } else { 0.0 };
    for k in 0..block.quotes {
        let x = place.left() + size * (QUOTE * f32::from(k) + 0.3);
        ui.painter().vline(x, top..=place.bottom(), Stroke::new(2.0, color));
    }
}

/// Draws a galley of one line on a baseline.
fn put_galley(ui: &Ui, galley: Arc<eframe::egui::Galley>, at: Pos2, color: Color32) {
    let Some(row) = galley.rows.first() else { return };
    let above = row.pos.y + row.row.glyphs.first().map_or(0.0, |glyph| glyph.pos.y);
    ui.painter().add(Shape::galley(pos2(at.x, at.y - above), galley, color));
}

/// Draws blocks, and learns what the pointer and the keyboard do with their links.
struct LinkTeller<'a> {
    prose: &'a Prose,
    id: Id,
    hovered: Option<ProseLink<'a>>,
    focused: Option<ProseLink<'a>>,
    clicked: Option<ProseLink<'a>>,
    symbol: Option<String>,
    /// The link whose first part was drawn last.
    begun: Option<usize>,
}

impl LinkTeller<'_> {
    fn block(&mut self, ui: &Ui, lines: &BlockLines, corner: Pos2, style: ProseStyle<'_>) {
        let place = |run: &ProseRun| {
            let left = corner + vec2(run.x, run.baseline);
            Rect::from_min_max(left - vec2(0.0, run.ascent), left + vec2(run.width, run.descent))
        };
        // The parts of one link in one line belong together.
        let joined = |a: &ProseRun, b: &ProseRun| a.link == b.link && a.link.is_some() && a.baseline == b.baseline;
        for part in lines.runs.chunk_by(joined) {
            let Some(first) = part.first() else { continue };
            let whole = part.iter().fold(Rect::NOTHING, |whole, run| whole.union(place(run)));
            let ink = first.link.map(|link| {
                let words: Vec<&str> = lines.runs.iter().filter(|run| run.link == first.link).map(name).collect();
                self.link(ui, link, &words.join(" "), whole, [first.baseline, corner.y], style)
            });
            for run in part {
                self.run(ui, run, place(run), corner.y + run.baseline, ink, style);
            }
        }
    }

    /// Lets a part of a link be used, draws its line, and gives its colour.
    fn link(
        &mut self,
        ui: &Ui,
        link: usize,
        words: &str,
        place: Rect,
        [baseline, top]: [f32; 2],
        style: ProseStyle<'_>,
    ) -> Color32 {
        let palette = Palette::of(ui.visuals());
        let destination = self.prose.destination(link);
        let id = self.id.with(("link", link, baseline.to_bits()));
        // The keyboard stops once at a link, however many lines it takes.
        let is_first = self.begun.replace(link) != Some(link);
        let response = ui.interact(place, id, if is_first { Sense::click() } else { Sense::CLICK });
        if is_first {
            response.widget_info(|| WidgetInfo::labeled(Role::Link, true, words));
        }
        let symbol = destination.strip_prefix(SYMBOL);
        let found = ProseLink { destination, response };
        let y = top + baseline + 3.0;
        let ends = [pos2(place.left(), y), pos2(place.right(), y)];
        let is_used = found.response.hovered() || found.response.has_focus();
        if symbol.is_some() && symbol == style.emphasised {
            emphasis(
                ui.painter(),
                Rect::from_min_max(place.min, pos2(place.right(), top + baseline + 1.0)),
                palette.latent,
            );
        } else {
            let dashes: &[f32] = if is_used { &[] } else { &[1.5, 2.0] };
            polyline(ui.painter(), &ends, Stroke::new(1.2, palette.latent), dashes);
        }
        if found.response.has_focus() {
            let stroke = Stroke::new(2.0, palette.ink);
            ui.painter().rect_stroke(place.expand(1.0), 2.0, stroke, StrokeKind::Outside);
            self.focused = Some(found.clone());
        }
        if found.response.hovered() {
            self.symbol = symbol.map(str::to_owned).or_else(|| self.symbol.take());
            self.hovered = Some(found.clone());
        }
        if found.response.clicked() {
            self.clicked = Some(found);
        }
        palette.latent
    }

    fn run(
        &mut self,
        ui: &Ui,
        run: &ProseRun,
        place: Rect,
        baseline: f32,
        link: Option<Color32>,
        style: ProseStyle<'_>,
    ) {
        let palette = Palette::of(ui.visuals());
        let ink = link.unwrap_or_else(|| ui.visuals().text_color());
        match &run.content {
            RunContent::Formula { typeset, em } => {
                let start = pos2(place.left(), baseline);
                let accent = style.emphasised.map(|name| (name, palette.latent));
                paint(ui.painter(), typeset, start, *em, ink, accent);
                let pointer =
                    ui.ctx().pointer_hover_pos().filter(|at| ui.rect_contains_pointer(place) && place.contains(*at));
                let symbol = pointer.and_then(|at| typeset.symbol_at(((at - start) / *em).to_pos2()));
                self.symbol = symbol.map(str::to_owned).or_else(|| self.symbol.take());
            }
            RunContent::Text { text, font } | RunContent::Broken { text, font, .. } => {
                let mut left = place.left();
                if run.style.is_code {
                    let (fill, edge) = (ui.visuals().extreme_bg_color, Stroke::new(1.0, palette.rule));
                    let ground = Rect::from_x_y_ranges(place.x_range(), place.y_range()).shrink2(vec2(0.5, 0.5));
                    ui.painter().rect(ground, CornerRadius::same(3), fill, edge, StrokeKind::Inside);
                    left += CODE_MARGIN;
                }
                let color = if matches!(run.content, RunContent::Broken { .. }) { palette.alarm } else { ink };
                put_galley(ui, galley(ui.ctx(), text, font, run.style), pos2(left, baseline), color);
                if let RunContent::Broken { reason, .. } = &run.content {
                    let id = self.id.with(("broken", place.min.x.to_bits(), place.min.y.to_bits()));
                    ui.interact(place, id, Sense::hover()).on_hover_text(reason);
                }
            }
        }
    }
}

/// A run as it is read aloud.
fn name(run: &ProseRun) -> &str {
    match &run.content {
        RunContent::Formula { typeset, .. } => &typeset.plain,
        RunContent::Text { text, .. } | RunContent::Broken { text, .. } => text,
    }
}
