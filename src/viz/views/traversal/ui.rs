//! The traversal view on the screen.

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Button, Checkbox, Color32, DragValue, FontId, Label, Layout, Painter, Rect, Response, Role, Sense,
    Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use super::strips::{FIGURE_COLUMNS, Strip, Strips, WINDOW_COLUMNS};
use crate::experiment::Snapshot;
use crate::linalg::Matrix;
use crate::viz::context::ViewContext;
use crate::viz::draw::file_values::{names_of, values_of};
use crate::viz::draw::labels::instead;
use crate::viz::draw::number::number;
use crate::viz::draw::tile::{
    Atlas, SpaceTile, TileForm, difference_picture, draw_frame, draw_profile, remember, remembered, signed_legend,
};
use crate::viz::motion::Motion;
use crate::viz::selection::Selection;
use crate::viz::theme::{Palette, SMALLEST_TEXT, indexed};
use crate::viz::traversal::{RangeRule, RowOrder, Traversal, decode_along};

/// The room for the label of a row.
const LABEL: f32 = 122.0;

/// The height of a line of it.
const LABEL_LINE: f32 = SMALLEST_TEXT + 4.5;

/// Rows of this height have room for two lines of it: what overhangs is between the rows.
const TWO_LINES: f32 = 1.8 * LABEL_LINE;

/// A label narrower than this takes a line for each number where the row is high enough.
const NARROW_LABEL: f32 = 100.0;

/// The line above the tiles.
const HEADER: f32 = 20.0;

/// Narrower tiles give way to fewer columns.
const LEAST_TILE: f32 = 30.0;

/// The gap between tiles.
const GAP: f32 = 3.0;

/// Drawn strips, with the inputs that they were computed from.
#[derive(Clone)]
struct DrawnRows {
    snapshot: Arc<Snapshot>,
    z: Vec<f64>,
    traversal: Traversal,
    observation: Option<usize>,
    columns: usize,
    strips: Strips,
    form: TileForm,
    lengths: Vec<f64>,
    /// The lengths are those at this z*, and not yet those of the one before.
    is_measured: bool,
    /// The largest magnitude of differences that the pictures were made for, and the colours.
    shown: Option<(f64, &'static Palette)>,
    atlas: Option<Atlas>,
}

impl DrawnRows {
    fn is_for(&self, context: &ViewContext<'_>, selection: &Selection, columns: usize) -> bool {
        let traversal = Traversal { phase: None, ..selection.traversal };
        let before = Traversal { phase: None, ..self.traversal };
        Arc::ptr_eq(&self.snapshot, context.probe.snapshot())
            && (self.z.as_slice(), before, self.observation, self.columns)
                == (selection.rest(), traversal, selection.observation, columns)
    }
}

/// Draws the view. A hovered tile is previewed everywhere, a clicked one takes z\* there.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let area = ui.available_rect_before_wrap();
    let form = remembered::<DrawnRows>(ui, ui.scope_id()).map(|drawn| drawn.form.clone());
    let form = form.unwrap_or_else(|| TileForm::of(context));
    let playing = selection.traversal.phase.is_some();
    let columns = columns(context, &form, area, selection.rest().len(), playing);
    let drawn = match drawn(ui, context, selection, columns) {
        Ok(drawn) => drawn,
        Err(sentence) => return instead(ui, sentence),
    };
    let (head, body) = area.split_top_bottom_at_y(area.min.y + HEADER);
    heading(ui, context, selection, &drawn, head);
    let rows = drawn.strips.rows.len();
    let extra = f32::from(u8::from(playing));
    let label = label_width(area, &drawn.form, rows);
    let across = (body.width() - label - GAP) / (columns as f32 + extra * 1.2) - GAP;
    let down = body.height() / rows as f32 - GAP;
    let size = match drawn.form {
        TileForm::Picture(_) => {
            let height = down.min(across / drawn.form.aspect());
            vec2(height * drawn.form.aspect(), height)
        }
        _ => vec2(across.min(1.8 * down), down.min(across / UPRIGHT)),
    };
    let size = size.max(vec2(4.0, 4.0));
    let left = body.min.x + label;
    let moving = selection.traversal.phase.map(|phase| moving(ui, context, selection, &drawn, phase));
    let rest = selection.rest().to_vec();
    let (mut hovered, mut clicked) = (None, None);
    let palette = ViewContext::palette(ui);
    let space = matches!(drawn.form, TileForm::Space).then(|| {
        let curves = drawn.strips.rows.iter().flat_map(|strip| strip.curve.iter_columns());
        SpaceTile::new(context, selection, size, curves)
    });
    let scene = TileScene { context, selection, drawn: &drawn, space: space.as_ref(), palette };
    let label_size = vec2(label - 6.0, size.y);
    let has_lengths = (0..rows).all(|row| has_room_for_length(ui, &drawn, row, label_size));
    for (row, strip) in drawn.strips.rows.iter().enumerate() {
        let y = body.min.y + (size.y + GAP) * row as f32;
        let place = Rect::from_min_size(pos2(body.min.x, y), label_size);
        row_label(ui, context, &drawn, row, place, has_lengths);
        for (column, value) in strip.values.iter().enumerate() {
            let place = Rect::from_min_size(pos2(left + (size.x + GAP) * column as f32, y), size);
            let response = tile(ui, &scene, [row, column], place);
            let response = describe(response, context, &drawn, [row, column]);
            let mut z = rest.clone();
            z[strip.latent] = *value;
            if response.clicked() {
                clicked = Some(z);
            } else if response.hovered() || response.has_focus() {
                hovered = Some(z);
            }
        }
        if let Some((values, atlas)) = &moving {
            let corner = pos2(left + (size.x + GAP) * columns as f32 + 0.2 * size.x, y);
            let place = Rect::from_min_size(corner, size);
            let picture = atlas.as_ref().map(|atlas| (atlas, row));
            content(ui.painter(), &scene, row, values.column(row), place, picture);
            draw_frame(ui.painter(), place, false, true, palette);
        }
    }
    if let Some(z) = clicked {
        selection.move_to(z);
        if selection.traversal.range != RangeRule::PosteriorSd {
            selection.observation = None;
        }
    } else if let Some(z) = hovered.filter(|_| !context.is_figure()) {
        selection.preview(z);
    }
    ui.allocate_rect(area, Sense::hover());
}

/// The room for the labels of rows: where pictures are so low that they leave a row one line, it holds all on that line.
fn label_width(area: Rect, form: &TileForm, rows: usize) -> f32 {
    let height = (area.height() - HEADER) / rows as f32 - GAP;
    let narrow = area.width() < 420.0;
    match form {
        TileForm::Picture(_) if height < TWO_LINES && area.width() > 640.0 => 1.9 * LABEL,
        _ if narrow => 0.85 * LABEL,
        _ if area.width() > 700.0 => 1.25 * LABEL,
        _ => LABEL,
    }
}

/// An odd number of columns that leaves the tiles wide enough.
fn columns(context: &ViewContext<'_>, form: &TileForm, area: Rect, rows: usize, playing: bool) -> usize {
    let most = if context.is_figure() { FIGURE_COLUMNS } else { WINDOW_COLUMNS };
    let room = area.width() - label_width(area, form, rows.clamp(1, 16)) - if playing { 1.4 * LEAST_TILE } else { 0.0 };
    let height = (area.height() - HEADER) / rows.clamp(1, 16) as f32;
    // Pictures are no wider than their rows are high.
    let least =
        if matches!(form, TileForm::Picture(_)) { LEAST_TILE.min(height * form.aspect()) } else { 1.4 * LEAST_TILE };
    let fitting = if context.is_figure() { most } else { (room / (least + GAP)) as usize };
    let fitting = (fitting.clamp(3, most) - 1) / 2 * 2 + 1;
    // Rather fewer tiles than small ones with room beneath them.
    let aspect = if matches!(form, TileForm::Picture(_)) { form.aspect() } else { UPRIGHT };
    let fills = |columns: &usize| room / *columns as f32 - GAP >= FILLED * height * aspect;
    (FEWEST..=fitting).rev().step_by(2).find(fills).unwrap_or(fitting.min(FEWEST))
}

/// The least number of columns, and the share of the height that tiles fill before there are more.
const FEWEST: usize = 5;
const FILLED: f32 = 0.75;

/// The least width of a point or profile, as a share of its height.
const UPRIGHT: f32 = 0.9;

/// The strips of this frame: those of the frame before if nothing has changed.
fn drawn(
    ui: &Ui,
    context: &ViewContext<'_>,
    selection: &Selection,
    columns: usize,
) -> Result<Arc<DrawnRows>, &'static str> {
    let before = remembered::<DrawnRows>(ui, ui.scope_id());
    let palette = ViewContext::palette(ui);
    // While another latent is previewed the Jacobian at z* is the one from before.
    let here = context.probe.z() == selection.rest();
    let lengths_here = || context.probe.fisher.column_iter().map(|column| column.norm()).collect::<Vec<f64>>();
    let known = before.as_ref().filter(|drawn| drawn.is_for(context, selection, columns));
    let known = known.filter(|drawn| drawn.is_measured || !here);
    let mut now = if let Some(known) = known {
        DrawnRows::clone(known)
    } else {
        let strips = Strips::new(context.snapshot, selection, columns)?;
        let same_data = before.as_ref().filter(|b| Arc::ptr_eq(&b.snapshot.data, &context.snapshot.data));
        let lengths = same_data.filter(|_| !here).map_or_else(lengths_here, |before| before.lengths.clone());
        DrawnRows {
            snapshot: Arc::clone(context.probe.snapshot()),
            z: selection.rest().to_vec(),
            traversal: selection.traversal,
            observation: selection.observation,
            columns,
            strips,
            form: TileForm::of(context),
            lengths,
            is_measured: here,
            shown: None,
            atlas: before.as_ref().and_then(|before| before.atlas.clone()),
        }
    };
    // One scale for both of two compared runs.
    let largest = if selection.traversal.difference { largest(context, selection, &now) } else { 0.0 };
    if known.is_none() || now.shown != Some((largest, palette)) {
        let strips = &now.strips;
        if let TileForm::Picture(format) = &now.form {
            let place = |k: usize| (k / columns, k % columns);
            now.atlas = Atlas::new(ui, now.atlas.as_ref(), columns, columns * strips.rows.len(), |k| {
                let (row, column) = place(k);
                if selection.traversal.difference {
                    difference_picture(format, &strips.difference(row, column), largest, palette)
                } else {
                    format.picture(strips.decoding(row, column))
                }
            });
        }
        now.shown = Some((largest, palette));
        let now = Arc::new(now);
        remember(ui, ui.scope_id(), &now);
        return Ok(now);
    }
    Ok(before.unwrap_or_else(|| Arc::new(now)))
}

/// The largest magnitude of all differences, of both runs where two are compared.
fn largest(context: &ViewContext<'_>, selection: &Selection, drawn: &DrawnRows) -> f64 {
    let own = drawn.strips.largest_difference();
    let beside = context.beside.and_then(|beside| {
        let selection = selection.seen_by(beside.snapshot.latent_dim());
        Strips::new(beside.snapshot, &selection, drawn.columns).ok()
    });
    beside.map_or(own, |strips| own.max(strips.largest_difference())).max(1e-9)
}

/// The line above the tiles: the rule of the range, and the scale of differences or the names of the columns.
fn heading(ui: &mut Ui, context: &ViewContext<'_>, selection: &Selection, drawn: &DrawnRows, place: Rect) {
    let builder = UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(place.intersect(ui.clip_rect()));
        if let (TileForm::Picture(_), true) = (&drawn.form, selection.traversal.difference) {
            signed_legend(ui, drawn.shown.map_or(1.0, |(largest, _)| largest), "x − d(z*):");
        }
        let rule = selection.traversal.rule();
        let rows = if context.is_figure() {
            format!("{rule}, middle: z*")
        } else {
            format!("Each row: one latent, {rule}; middle: z*")
        };
        let mut words = vec![rows];
        if drawn.strips.left_out > 0 {
            words.push(format!("{} of {} latents", drawn.strips.rows.len(), drawn.z.len()));
        }
        if let TileForm::Profile(_) = &drawn.form {
            words.push(names_of(&context.snapshot.data));
        }
        ui.add(Label::new(words.join(" · ")).truncate());
    });
}

/// KL of a latent, and the length of its column of the Jacobian.
fn numbers_of(drawn: &DrawnRows, strip: &Strip) -> [String; 2] {
    let short = |value: f64| number(value, 1 + usize::from(value < 10.0));
    let kl = if strip.kl.is_finite() { format!("KL {}", short(strip.kl)) } else { "KL –".to_owned() };
    let length = drawn.lengths.get(strip.latent).map_or_else(String::new, |length| format!("‖J‖ {}", short(*length)));
    [kl, length]
}

/// True if the label of a row has room for the length of the column: all rows have it or none.
fn has_room_for_length(ui: &Ui, drawn: &DrawnRows, row: usize, room: Vec2) -> bool {
    let strip = &drawn.strips.rows[row];
    let [kl, length] = numbers_of(drawn, strip);
    let words = if room.y >= 3.0 * LABEL_LINE && room.x < NARROW_LABEL {
        length
    } else if room.y >= TWO_LINES {
        format!("{kl}  {length}")
    } else {
        format!("{}  {kl}  {length}", indexed("z", strip.latent))
    };
    let font = FontId::proportional(SMALLEST_TEXT + 1.0);
    ui.painter().layout_no_wrap(words, font, Color32::PLACEHOLDER).size().x <= room.x
}

/// Name, KL, length of the column of the Jacobian, and the closest factor.
fn row_label(ui: &mut Ui, context: &ViewContext<'_>, drawn: &DrawnRows, row: usize, place: Rect, has_length: bool) {
    let palette = ViewContext::palette(ui);
    let strip = &drawn.strips.rows[row];
    let name = indexed("z", strip.latent);
    let [kl, length] = numbers_of(drawn, strip);
    let named = |(k, r): (usize, f64)| {
        let factor = context.snapshot.data.factor_names.get(k).map_or("", String::as_str);
        // With a colon: beside other numbers a factor named x would look like a times.
        format!("{factor}: {}", number(r, 2))
    };
    let factor = if strip.is_active { strip.factor.map(named) } else { Some("collapsed".to_owned()) };
    let mark = if strip.is_active { palette.ink } else { palette.muted };
    let font = FontId::proportional(SMALLEST_TEXT + 1.0);
    let line = LABEL_LINE;
    let meaning = factor.as_deref().unwrap_or_default();
    // In a narrow place the number of the factor goes.
    let titles =
        [format!("{name}  {meaning}"), format!("{name}  {}", meaning.rsplit_once(": ").map_or("", |(f, _)| f))];
    let width = |text: &String| ui.painter().layout_no_wrap(text.clone(), font.clone(), mark).size().x;
    let title = titles.into_iter().find(|text| width(text) <= place.width()).unwrap_or_else(|| name.clone());
    // As many of these as there is room for: a number that is cut is another number.
    let fitting = |parts: &[&str]| {
        let lines = (1..=parts.len()).map(|count| parts[..count].join("  "));
        lines.take_while(|text| width(text) <= place.width()).last().unwrap_or_default()
    };
    let shown = if has_length { length.as_str() } else { "" };
    let lines = if place.height() >= 3.0 * line && place.width() < NARROW_LABEL {
        vec![(title, mark), (fitting(&[&kl]), palette.ink), (shown.to_owned(), palette.ink)]
    } else if place.height() >= TWO_LINES {
        vec![(title, mark), (fitting(&[&kl, shown]), palette.ink)]
    } else {
        let parts = if has_length { vec![&*name, &*kl, shown, meaning] } else { vec![&*name, &*kl, meaning] };
        vec![(fitting(&parts), palette.ink)]
    };
    let painter = ui.painter().with_clip_rect(place.expand2(vec2(2.0, 8.0)).intersect(ui.clip_rect()));
    let top = place.center().y - 0.5 * line * lines.len() as f32;
    for (k, (text, color)) in lines.into_iter().enumerate() {
        let corner = pos2(place.left(), top + line * k as f32);
        painter.text(corner, Align2::LEFT_TOP, text, font.clone(), color);
    }
    let response = ui.interact(place, ui.scope_id().with(("row", row)), Sense::hover());
    let closest = factor.map_or_else(String::new, |factor| format!(", {factor}"));
    let all = format!("{name}: {kl}, {length}{closest}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &all));
    let count = context.snapshot.measured_observations();
    response.on_hover_text(format!(
        "{all}\nKL in nats, the mean over the first {count} held-out observations; ‖J‖ at z* (Bernoulli: in the Fisher metric); the correlation of the posterior mean \
         with the factor over the same observations"
    ));
}

/// Draws a tile and gives its response.
fn tile(ui: &Ui, scene: &TileScene<'_>, [row, column]: [usize; 2], place: Rect) -> Response {
    let DrawnRows { strips, columns, atlas, .. } = scene.drawn;
    let response = ui.interact(place, ui.scope_id().with(("tile", row, column)), Sense::click());
    let picture = atlas.as_ref().map(|atlas| (atlas, row * columns + column));
    content(ui.painter(), scene, row, strips.decoding(row, column), place, picture);
    let hovered = !scene.context.is_figure() && (response.hovered() || response.has_focus());
    draw_frame(ui.painter(), place, column == columns / 2, hovered, scene.palette);
    response
}

/// Draws a decoding that belongs to a row; a picture is number `k` of the atlas.
fn content(
    painter: &Painter,
    scene: &TileScene<'_>,
    row: usize,
    decoding: &[f32],
    place: Rect,
    picture: Option<(&Atlas, usize)>,
) {
    let TileScene { selection, drawn, space, palette, .. } = *scene;
    let DrawnRows { strips, columns, .. } = drawn;
    match drawn.form {
        TileForm::Picture(_) => {
            if let Some((atlas, k)) = picture {
                atlas.draw(painter, place, k);
            }
        }
        TileForm::Space => {
            if let Some(space) = space {
                space.draw(painter, place, &strips.rows[row].curve, decoding, None, palette);
            }
        }
        TileForm::Profile(ends) => {
            let centre = strips.decoding(row, columns / 2);
            draw_profile(painter, place, ends, decoding, selection.traversal.difference.then_some(centre), palette);
        }
    }
}

/// Inputs of the drawing of a tile.
#[derive(Clone, Copy)]
struct TileScene<'a> {
    context: &'a ViewContext<'a>,
    selection: &'a Selection,
    drawn: &'a DrawnRows,
    space: Option<&'a SpaceTile<'a>>,
    palette: &'static Palette,
}

/// Names a tile for screen readers and tooltips.
fn describe(response: Response, context: &ViewContext<'_>, drawn: &DrawnRows, [row, column]: [usize; 2]) -> Response {
    let Strip { latent, values, .. } = &drawn.strips.rows[row];
    let name = format!("{} = {}", indexed("z", *latent), number(values[column], 2));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if context.is_figure() {
        return response;
    }
    response.on_hover_ui(|ui| {
        ui.label(format!("{name}. Click: z* goes here"));
        if let TileForm::Profile(_) | TileForm::Space = drawn.form {
            for line in values_of(&context.snapshot.data, drawn.strips.decoding(row, column)) {
                ui.label(line);
            }
        }
    })
}

/// The decodings of all rows at a phase, and their pictures.
fn moving(
    ui: &Ui,
    context: &ViewContext<'_>,
    selection: &Selection,
    drawn: &DrawnRows,
    phase: f64,
) -> (Matrix<f32>, Option<Atlas>) {
    let places = drawn.strips.rows.iter().map(|strip| (strip.latent, Traversal::value_at(strip.ends, phase)));
    let values = decode_along(context.snapshot, selection.rest(), places);
    let TileForm::Picture(format) = &drawn.form else { return (values, None) };
    let id = ui.scope_id().with("moving");
    let before = remembered::<Atlas>(ui, id);
    let atlas = Atlas::new(ui, before.as_deref(), 1, values.columns(), |row| format.picture(values.column(row)));
    if let Some(atlas) = &atlas {
        remember(ui, id, &Arc::new(atlas.clone()));
    }
    (values, atlas)
}

/// The tools: order, range, differences, playback.
pub(super) fn tools(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let traversal = &mut selection.traversal;
    ui.menu_button("rows ▾", |ui| {
        for order in RowOrder::ALL {
            ui.radio_value(&mut traversal.order, order, order.title());
        }
        ui.separator();
        for range in RangeRule::ALL {
            ui.radio_value(&mut traversal.range, range, range.title());
        }
        ui.horizontal(|ui| {
            let label = ui.label("reach");
            let k = DragValue::new(&mut traversal.reach).range(0.5..=6.0).speed(0.05).suffix(" sd");
            let k = ui.add_enabled(traversal.range != RangeRule::PriorQuantiles, k);
            k.labelled_by(label.id).on_hover_text("Standard deviations from the middle to the ends of a row");
        });
        ui.separator();
        let difference = Checkbox::new(&mut traversal.difference, "difference");
        ui.add_enabled(!TileForm::is_space(context), difference)
            .on_hover_text("Show the signed difference from the middle column")
            .on_disabled_hover_text("Points in up to three dimensions have no pixels or columns to compare");
    });
    let playing = selection.motion == Some(Motion::TraverseRows);
    let help = "Play all rows in phase";
    let button = Button::new(if playing { "■" } else { "▶" }).small();
    let button = ui.add(button).on_hover_text(help);
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, help));
    if button.clicked() {
        selection.play(Motion::TraverseRows);
    }
}
