//! The view of reconstructions on the screen.

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Button, FontId, Label, Layout, Rect, Role, Sense, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use super::query::{ErrorsQuery, reconstructions, squared_error};
use crate::experiment::Snapshot;
use crate::linalg::Matrix;
use crate::viz::context::ViewContext;
use crate::viz::draw::file_values::{names_of, values_of};
use crate::viz::draw::hover::significant;
use crate::viz::draw::number::{number, tick, two_digits};
use crate::viz::draw::tile::{
    Atlas, SpaceTile, TileForm, difference_picture, draw_frame, draw_profile, remember, remembered, signed_legend,
};
use crate::viz::file_units::unit_length;
use crate::viz::observations::choose;
use crate::viz::observations::grouped;
use crate::viz::selection::{Reconstructions, Selection};
use crate::viz::theme::{Palette, SMALLEST_TEXT};

/// The most observations beside each other.
const MOST: usize = 12;

/// Narrower tiles give way to fewer of them.
const LEAST_TILE: f32 = 44.0;

/// The gap between tiles.
const GAP: f32 = 3.0;

/// The line above the tiles, and the one of errors beneath them.
const LINE: f32 = 20.0;

/// The room for the names of rows.
const NAMES: f32 = 96.0;

/// How tiles fill a view: observations beside each other, in one line or several.
#[derive(Clone, Copy, Debug, PartialEq)]
struct TileRows {
    lines: usize,
    beside: usize,
    /// The height of a tile.
    height: f32,
}

impl TileRows {
    /// As few lines as have some observations beside each other. Pictures keep one line, in which they are largest.
    fn fitting(room: Vec2, form: &TileForm) -> Self {
        const SEVERAL: usize = 4;
        const LEAST_HEIGHT: f32 = 48.0;
        let rows = rows(form).len() as f32;
        let of = |lines: usize| {
            let height = ((room.y / lines as f32 - LINE) / rows - GAP).max(8.0);
            let widest = (height * form.aspect()).max(LEAST_TILE.min(height));
            Self { lines, beside: ((room.x / (widest + GAP)) as usize).clamp(1, MOST), height }
        };
        let most = if matches!(form, TileForm::Picture(_)) { 1 } else { 4 };
        let fits = |tiles: &Self| tiles.lines == 1 || tiles.height >= LEAST_HEIGHT;
        let choices: Vec<Self> = (1..=most).map(of).filter(fits).collect();
        let enough = choices.iter().find(|tiles| tiles.beside >= SEVERAL).or(choices.last());
        enough.copied().unwrap_or_else(|| of(1))
    }
}

/// Drawn observations, with the inputs that they were computed from.
#[derive(Clone)]
struct DrawnObservations {
    snapshot: Arc<Snapshot>,
    chosen: Vec<usize>,
    images: Matrix<f32>,
    form: TileForm,
    /// The largest magnitude of a difference.
    largest: f64,
    palette: &'static Palette,
    atlas: Option<Atlas>,
}

/// Draws the view. A clicked observation is chosen: z\* goes to its posterior mean.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let palette = ViewContext::palette(ui);
    let area = ui.available_rect_before_wrap();
    let form = remembered::<DrawnObservations>(ui, ui.scope_id()).filter(|drawn| is_same_data(drawn, context));
    let form = form.map_or_else(|| TileForm::of(context), |drawn| drawn.form.clone());
    let rows = rows(&form);
    let room = area.size() - vec2(NAMES, LINE);
    let TileRows { lines, beside, height } = TileRows::fitting(room, &form);
    let count = (lines * beside).min(MOST);
    let errors = if selection.reconstructions.worst_first { context.query(&ErrorsQuery) } else { None };
    let order = errors.as_deref().map_or_else(Vec::new, Clone::clone);
    let encoded = context.snapshot.encodings.columns();
    let chosen = if order.is_empty() {
        let first = selection.reconstructions.first.min(encoded.saturating_sub(1));
        (first..encoded).take(count).collect()
    } else {
        chosen(&selection.reconstructions, &order, count)
    };
    let drawn = drawn(ui, context, chosen, form);
    let (head, body) = area.split_top_bottom_at_y(area.min.y + LINE);
    heading(ui, context, &drawn, encoded, &mut selection.reconstructions, head);
    let share = room.x / beside as f32 - GAP;
    let is_picture = matches!(drawn.form, TileForm::Picture(_));
    let size = vec2(if is_picture { share.min(height * drawn.form.aspect()) } else { share }, height);
    let block = (size.y + GAP) * rows.len() as f32 + LINE;
    let font = FontId::proportional(SMALLEST_TEXT + 1.0);
    for line in 0..drawn.chosen.len().div_ceil(beside) {
        let top = body.min.y + block * line as f32;
        for (row, name) in rows.iter().enumerate() {
            let y = top + (size.y + GAP) * row as f32 + 0.5 * size.y;
            ui.painter().text(pos2(body.min.x, y), Align2::LEFT_CENTER, *name, font.clone(), palette.ink);
        }
        let below = pos2(body.min.x, top + block - LINE);
        ui.painter().text(below, Align2::LEFT_TOP, "‖x − x̂‖²", font.clone(), palette.ink);
    }
    let space = matches!(drawn.form, TileForm::Space)
        .then(|| SpaceTile::new(context, selection, size, drawn.images.iter_columns()));
    let mut clicked = None;
    for (k, i) in drawn.chosen.iter().enumerate() {
        let offset = vec2((size.x + GAP) * (k % beside) as f32, block * (k / beside) as f32);
        let corner = body.min + vec2(NAMES, 0.0) + offset;
        let column = Rect::from_min_size(corner, vec2(size.x, (size.y + GAP) * rows.len() as f32 - GAP));
        let response = ui.interact(column, ui.scope_id().with(("column", k)), Sense::click());
        let (x, image) = (context.snapshot.data.test.observations.column(*i), drawn.images.column(k));
        let error = squared_error(x, image);
        let name = format!("held-out observation {}, squared error {}", i + 1, significant(error));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        for row in 0..rows.len() {
            let place = Rect::from_min_size(corner + vec2(0.0, (size.y + GAP) * row as f32), size);
            match &drawn.form {
                TileForm::Picture(_) => {
                    if let Some(atlas) = &drawn.atlas {
                        atlas.draw(ui.painter(), place, row * drawn.chosen.len() + k);
                    }
                }
                TileForm::Space => {
                    let line = [x, image].concat();
                    let line = Matrix::from_columns(x.len(), 2, line);
                    if let Some(space) = &space {
                        space.draw(ui.painter(), place, &line, image, Some(x), palette);
                    }
                }
                TileForm::Profile(ends) if row == 0 => {
                    draw_profile(ui.painter(), place, *ends, image, Some(x), palette);
                }
                TileForm::Profile(_) => {
                    let difference: Vec<f32> = image.iter().zip(x).map(|(image, x)| image - x).collect();
                    let ends = [-drawn.largest, drawn.largest];
                    draw_profile(ui.painter(), place, ends, &difference, None, palette);
                }
            }
            draw_frame(ui.painter(), place, false, false, palette);
        }
        let is_chosen = selection.observation == Some(*i);
        let hovered = !context.is_figure() && (response.hovered() || response.has_focus());
        if is_chosen || hovered {
            draw_frame(ui.painter(), column, is_chosen, hovered, palette);
        }
        let text = ui.painter().layout_no_wrap(two_digits(error), font.clone(), palette.ink);
        // Wider than a narrow column, it stays inside.
        let left = (column.center().x - 0.5 * text.size().x).min(area.right() - text.size().x);
        ui.painter().galley(pos2(left, column.max.y + 2.0), text, palette.ink);
        if response.clicked() {
            clicked = Some(*i);
        }
        if !context.is_figure() {
            response.on_hover_ui(|ui| {
                ui.label(format!("{name}. Click: z* goes to its posterior mean"));
                if !matches!(drawn.form, TileForm::Picture(_)) {
                    let data = &context.snapshot.data;
                    for (x, image) in values_of(data, x).zip(values_of(data, image)) {
                        // The name stands before the observation only.
                        let image = image.rsplit("  ").next().map(str::to_owned).unwrap_or_default();
                        ui.label(format!("{x}, x̂ {image}"));
                    }
                }
            });
        }
    }
    if clicked.is_some() {
        selection.move_to(selection.rest().to_vec());
        choose(context.snapshot, selection, clicked);
    }
    ui.allocate_rect(area, Sense::hover());
}

/// The observations that are shown: from the place of the first on, in the order of the data or of the errors.
pub(super) fn chosen(shown: &Reconstructions, errors: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..errors.len()).collect();
    if shown.worst_first {
        order.sort_by(|a, b| errors[*b].total_cmp(&errors[*a]));
    }
    let first = shown.first.min(order.len().saturating_sub(1));
    order.into_iter().skip(first).take(count).collect()
}

/// The names of the rows of tiles.
fn rows(form: &TileForm) -> &'static [&'static str] {
    match form {
        TileForm::Picture(_) => &["x", "x̂ = d(μ(x))", "x̂ − x"],
        TileForm::Space => &["x ring, x̂ dot"],
        TileForm::Profile(_) => &["x grey, x̂ red", "x̂ − x"],
    }
}

fn is_same_data(drawn: &DrawnObservations, context: &ViewContext<'_>) -> bool {
    Arc::ptr_eq(&drawn.snapshot.data, &context.snapshot.data)
}

/// The reconstructions of this frame: those of the frame before if nothing has changed.
fn drawn(ui: &Ui, context: &ViewContext<'_>, chosen: Vec<usize>, form: TileForm) -> Arc<DrawnObservations> {
    let palette = ViewContext::palette(ui);
    let snapshot = context.probe.snapshot();
    let before = remembered::<DrawnObservations>(ui, ui.scope_id());
    if let Some(known) = &before
        && Arc::ptr_eq(&known.snapshot, snapshot)
        && known.chosen == chosen
        && known.palette == palette
    {
        return Arc::clone(known);
    }
    let images = reconstructions(snapshot, &chosen);
    let observations = &snapshot.data.test.observations;
    let difference = |k: usize| -> Vec<f32> {
        images.column(k).iter().zip(observations.column(chosen[k])).map(|(image, x)| image - x).collect()
    };
    let largest = (0..chosen.len()).flat_map(difference).fold(1e-9_f32, |a, d| a.max(d.abs()));
    let atlas = match &form {
        TileForm::Picture(format) => {
            let before = before.as_ref().and_then(|before| before.atlas.as_ref());
            let count = chosen.len();
            Atlas::new(ui, before, count, 3 * count, |place| {
                let (row, k) = (place / count, place % count);
                match row {
                    0 => format.picture(observations.column(chosen[k])),
                    1 => format.picture(images.column(k)),
                    _ => difference_picture(format, &difference(k), f64::from(largest), palette),
                }
            })
        }
        _ => None,
    };
    let drawn = DrawnObservations {
        snapshot: Arc::clone(snapshot),
        chosen,
        images,
        form,
        largest: f64::from(largest),
        palette,
        atlas,
    };
    let drawn = Arc::new(drawn);
    remember(ui, ui.scope_id(), &drawn);
    drawn
}

/// The width of a heading in whole words.
const ROOMY: f32 = 560.0;

/// The line above the tiles: which observations they are, with paging, and the scale of differences.
fn heading(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    drawn: &DrawnObservations,
    encoded: usize,
    shown: &mut Reconstructions,
    place: Rect,
) {
    let builder = UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(place.intersect(ui.clip_rect()));
        let first = shown.first.min(encoded.saturating_sub(1));
        let (count, end) = (drawn.chosen.len(), first + drawn.chosen.len());
        if !context.is_figure() {
            let mut page = |symbol: &str, help: &str, to: usize, enabled: bool| {
                let button = ui.add_enabled(enabled, Button::new(symbol).small()).on_hover_text(help);
                button.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, help));
                if button.clicked() {
                    shown.first = to;
                }
            };
            page("‹", "Previous observations", first.saturating_sub(count), first > 0);
            page("›", "Next observations", end, end < encoded);
        }
        let all = context.snapshot.data.test.samples();
        let worst = if shown.worst_first { "worst of" } else { "of" };
        // Not all of them are decoded.
        let which = if encoded < all { format!("{worst} the first") } else { worst.to_owned() };
        let what = if place.width() < ROOMY { "held-out" } else { "held-out observations" };
        ui.label(format!("{}–{end} {which} {} {what}", first + 1, grouped(encoded)));
        match &drawn.form {
            TileForm::Picture(_) => signed_legend(ui, drawn.largest, "· x̂ − x:"),
            TileForm::Profile(_) => {
                let names = names_of(&context.snapshot.data);
                let (scale, units) = match unit_length(&context.snapshot.data) {
                    Some(unit) => (tick(unit * drawn.largest, 0.05 * unit * drawn.largest), ""),
                    None => (number(drawn.largest, 2), " standard deviations"),
                };
                ui.add(Label::new(format!("· x̂ − x: −{scale} to +{scale}{units} · {names}")).truncate());
            }
            TileForm::Space => (),
        }
    });
}

/// The tool: order.
pub(super) fn tools(ui: &mut Ui, _: &ViewContext<'_>, selection: &mut Selection) {
    let shown = &mut selection.reconstructions;
    if ui.checkbox(&mut shown.worst_first, "worst first").on_hover_text("The largest squared error first").changed() {
        shown.first = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_fill_the_width_of_any_room() {
        let of = |width, height| TileRows::fitting(vec2(width, height), &TileForm::Space);
        for (width, height) in [(500.0, 420.0), (300.0, 500.0), (900.0, 240.0)] {
            let tiles = of(width, height);
            assert!(tiles.beside * tiles.lines >= 4, "{width} × {height}: {tiles:?}");
            assert!((tiles.height + GAP + LINE) * tiles.lines as f32 <= height + 0.1, "{width} × {height}: {tiles:?}");
        }
        assert_eq!(of(500.0, 60.0).lines, 1, "low tiles stay in one line");
    }
}
