//! Tiles: small drawings of observations and decodings, as pictures, as points in data space, or as profiles over the columns.

use std::sync::Arc;

use eframe::egui::{
    Color32, ColorImage, Mesh, Painter, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, TextStyle, TextureHandle,
    TextureOptions, Ui, Vec2, pos2, vec2,
};

use super::color_bar::signed_bar;
use super::number::number;
use super::polyline::polyline;
use super::remark::{Remark, remark};
use crate::linalg::Matrix;
use crate::paint::Projector;
use crate::viz::context::ViewContext;
use crate::viz::home_camera::home_camera;
use crate::viz::observations::drawn_observations;
use crate::viz::picture::{PictureFormat, for_texture, signed_picture};
use crate::viz::selection::Selection;
use crate::viz::theme::{POINT_RADIUS, Palette};

/// Form of observations on a tile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TileForm {
    /// As a picture.
    Picture(PictureFormat),
    /// As a point among the data, in up to three dimensions.
    Space,
    /// As a value for each column, all within these ends.
    Profile([f64; 2]),
}

/// Up to so many columns are bars, more are a line.
const MOST_BARS: usize = 24;

/// Observations of the cloud on a tile.
const CLOUD: usize = 160;

impl TileForm {
    /// The form for the data of a run.
    pub(crate) fn of(context: &ViewContext<'_>) -> Self {
        if let Some(format) = &context.projection.pictures {
            return Self::Picture(format.clone());
        }
        if Self::is_space(context) {
            return Self::Space;
        }
        let data = &context.snapshot.data;
        // All but a few values of the held-out data.
        let mut sorted: Vec<f32> = data.test.observations.as_slice().iter().take(100_000).copied().collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let at = |share: f64| f64::from(sorted[((sorted.len() - 1) as f64 * share) as usize]);
        Self::Profile([at(0.005).min(0.0), at(0.995).max(1e-6)])
    }

    /// True if the data of a run are points on the tiles.
    pub(crate) fn is_space(context: &ViewContext<'_>) -> bool {
        context.projection.pictures.is_none() && context.snapshot.data.data_dim() <= 3
    }

    /// Width over height.
    pub(crate) fn aspect(&self) -> f32 {
        match self {
            Self::Picture(PictureFormat { shape: [height, width, _], .. }) => *width as f32 / *height as f32,
            Self::Space => 1.2,
            Self::Profile(_) => 1.4,
        }
    }
}

/// Pictures of one size as one texture, in rows.
#[derive(Clone)]
pub(crate) struct Atlas {
    texture: TextureHandle,
    columns: usize,
    rows: usize,
}

impl Atlas {
    /// The pictures of the columns of `values`, `columns` in a row, on the texture of `before` if there is one.
    pub(crate) fn new(
        ui: &Ui,
        before: Option<&Self>,
        columns: usize,
        count: usize,
        picture: impl Fn(usize) -> ColorImage,
    ) -> Option<Self> {
        let rows = count.div_ceil(columns.max(1));
        let mut all: Option<ColorImage> = None;
        for k in 0..count {
            let one = picture(k);
            let [width, height] = one.size;
            let all = all.get_or_insert_with(|| ColorImage::filled([width * columns, height * rows], Color32::BLACK));
            let (left, top) = (k % columns * width, k / columns * height);
            for (row, pixels) in one.pixels.chunks_exact(width).enumerate() {
                let start = (top + row) * all.size[0] + left;
                all.pixels[start..start + width].copy_from_slice(pixels);
            }
        }
        let image = for_texture(ui.ctx(), all?);
        let options = TextureOptions { magnification: eframe::egui::TextureFilter::Nearest, ..TextureOptions::LINEAR };
        let texture = match before {
            Some(Self { texture, .. }) => {
                let mut texture = texture.clone();
                texture.set(image, options);
                texture
            }
            None => ui.ctx().load_texture("tiles", image, options),
        };
        Some(Self { texture, columns, rows })
    }

    /// Draws picture `k`.
    pub(crate) fn draw(&self, painter: &Painter, place: Rect, k: usize) {
        let size = vec2(1.0 / self.columns as f32, 1.0 / self.rows as f32);
        let corner = pos2((k % self.columns) as f32 * size.x, (k / self.columns) as f32 * size.y);
        painter.image(self.texture.id(), place, Rect::from_min_size(corner, size), Color32::WHITE);
    }
}

/// The picture of signed values with this largest magnitude.
pub(crate) fn difference_picture(
    format: &PictureFormat,
    values: &[f32],
    largest: f64,
    palette: &Palette,
) -> ColorImage {
    signed_picture(values, format.shape, largest, palette)
}

/// Projects data onto the tiles of a view: with the camera of data space in three dimensions. The data and the curves of
/// all tiles fit into each.
pub(crate) struct SpaceTile<'a> {
    context: &'a ViewContext<'a>,
    projector: Projector,
    /// Span of all of them before it is fitted.
    span: Rect,
}

impl<'a> SpaceTile<'a> {
    /// For tiles of this size that show the data and `points`.
    pub(crate) fn new<'b>(
        context: &'a ViewContext<'a>,
        selection: &Selection,
        size: Vec2,
        points: impl Iterator<Item = &'b [f32]>,
    ) -> Self {
        let home = || home_camera(context.projection, context.snapshot.config.origin.scene());
        let projector = selection.camera.unwrap_or_else(home).projector([size.x, size.y]);
        let mut tile = Self { context, projector, span: Rect::NOTHING };
        let mut span = Rect::NOTHING;
        tile.cloud().filter_map(|x| tile.project(x)).for_each(|at| span.extend_with(at));
        points.filter_map(|x| tile.project(x)).for_each(|at| span.extend_with(at));
        tile.span = span;
        tile
    }

    /// The observations on a tile.
    fn cloud(&self) -> impl Iterator<Item = &'a [f32]> {
        let snapshot = self.context.snapshot;
        let every = (snapshot.encodings.columns() / CLOUD).max(1);
        drawn_observations(snapshot).step_by(every)
    }

    /// Place of a point of data space before it is fitted into a tile.
    fn project(&self, point: &[f32]) -> Option<Pos2> {
        let projection = self.context.projection;
        let at = if projection.dims() == 3 {
            let [x, y, _] = self.projector.project(projection.space(point))?;
            pos2(x, y)
        } else {
            let [x, y] = projection.plane(point).map(|x| x as f32);
            pos2(x, -y)
        };
        at.is_finite().then_some(at)
    }

    /// Places of data on a tile.
    fn onto(&self, place: Rect) -> impl Fn(&[f32]) -> Option<Pos2> + '_ {
        let ring = 1.4 * mark_radius(place) + 2.0;
        let room = place.shrink(ring).size().max(vec2(1.0, 1.0));
        let unit = (room / self.span.size().max(Vec2::splat(1e-6))).min_elem();
        move |point: &[f32]| Some(place.center() + unit * (self.project(point)? - self.span.center()))
    }

    /// Draws the data, a curve through them, and a point on it; in a reconstruction the curve leads there from an observation, which has
    /// a ring.
    pub(crate) fn draw(
        &self,
        painter: &Painter,
        place: Rect,
        curve: &Matrix<f32>,
        point: &[f32],
        observation: Option<&[f32]>,
        palette: &Palette,
    ) {
        // Marks grow with the tile: in a small one they hide nothing, in a large one they are seen.
        let side = place.size().min_elem();
        let (dot, radius) = ((side / 80.0).clamp(1.4, 3.0), mark_radius(place));
        let painter = painter.with_clip_rect(place.intersect(painter.clip_rect()));
        let at = self.onto(place);
        let mut mesh = Mesh::default();
        for centre in self.cloud().filter_map(&at) {
            let square = Rect::from_center_size(centre, vec2(dot, dot));
            mesh.add_colored_rect(square, palette.point.gamma_multiply(0.55));
        }
        painter.add(Shape::mesh(mesh));
        let path: Vec<Pos2> = curve.iter_columns().filter_map(&at).collect();
        if path.len() > 1 {
            polyline(&painter, &path, Stroke::new(1.6, palette.image), &[]);
        }
        if let Some(centre) = observation.and_then(&at) {
            painter.circle_stroke(centre, 1.4 * radius, Stroke::new(1.3, palette.ink));
        }
        if let Some(centre) = at(point) {
            painter.circle(centre, radius, palette.image, Stroke::new(1.0, palette.paper));
        }
    }
}

/// The radius of the mark on a tile.
fn mark_radius(place: Rect) -> f32 {
    (0.045 * place.size().min_elem()).clamp(2.0, POINT_RADIUS + 2.2)
}

/// Draws a value for each column: bars from zero, or a line if there are many. `under` is drawn behind in the colour of data.
pub(crate) fn draw_profile(
    painter: &Painter,
    place: Rect,
    [low, high]: [f64; 2],
    values: &[f32],
    under: Option<&[f32]>,
    palette: &Palette,
) {
    let painter = painter.with_clip_rect(place.intersect(painter.clip_rect()));
    let area = place.shrink(2.0);
    let y = |value: f64| {
        let share = ((value - low) / (high - low).max(1e-12)).clamp(-0.05, 1.05);
        area.bottom() - share as f32 * area.height()
    };
    let zero = y(0.0);
    painter.hline(area.x_range(), zero, Stroke::new(1.0, palette.rule));
    let n = values.len();
    let step = area.width() / n.max(1) as f32;
    if n <= MOST_BARS {
        let bar = |k: usize, value: f32, width: f32| {
            let x = area.left() + (k as f32 + 0.5) * step;
            Rect::from_two_pos(pos2(x - 0.5 * width * step, zero), pos2(x + 0.5 * width * step, y(f64::from(value))))
        };
        for (k, value) in under.into_iter().flatten().enumerate() {
            painter.rect_filled(bar(k, *value, 0.9), 0.0, palette.point.gamma_multiply(0.5));
        }
        for (k, value) in values.iter().enumerate() {
            painter.rect_filled(bar(k, *value, 0.5), 0.0, palette.image);
        }
    } else {
        let line = |values: &[f32]| -> Vec<Pos2> {
            let every = (n as f32 / (2.0 * area.width()).max(1.0)).ceil().max(1.0) as usize;
            let x = |k: usize| area.left() + (k as f32 + 0.5) * step;
            values.iter().enumerate().step_by(every).map(|(k, v)| pos2(x(k), y(f64::from(*v)))).collect()
        };
        if let Some(under) = under {
            polyline(&painter, &line(under), Stroke::new(1.0, palette.point), &[]);
        }
        polyline(&painter, &line(values), Stroke::new(1.4, palette.image), &[]);
    }
}

/// The frame of a tile: thick for the one that stands for z\*.
pub(crate) fn draw_frame(painter: &Painter, place: Rect, is_chosen: bool, is_hovered: bool, palette: &Palette) {
    let (stroke, kind) = match (is_chosen, is_hovered) {
        (true, _) => (Stroke::new(2.4, palette.latent), StrokeKind::Outside),
        (_, true) => (Stroke::new(2.0, palette.ink), StrokeKind::Outside),
        _ => (Stroke::new(1.0, palette.rule), StrokeKind::Inside),
    };
    painter.rect_stroke(place, 0.0, stroke, kind);
}

/// The scale of signed pictures: a bar of their colours with its ends, `text` before it. In a narrow place the bar is shorter, then the
/// text goes: a scale that is cut is another scale.
pub(crate) fn signed_legend(ui: &mut Ui, largest: f64, text: &str) {
    let palette = ViewContext::palette(ui);
    let decimals = if largest < 0.1 { 3 } else { 2 };
    let ends = [number(-largest, decimals), format!("+{}", number(largest, decimals))];
    let font = TextStyle::Body.resolve(ui.style());
    let width = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), palette.ink).size().x;
    let gap = ui.spacing().item_spacing.x;
    let room = ui.available_width() - width(&ends[0]) - width(&ends[1]) - 2.0 * gap;
    let with_text = room - width(text) - gap;
    let bar = if with_text >= LEAST_BAR { with_text } else { room };
    if bar < LEAST_BAR {
        return remark(ui, Remark::LeftOut("the scale of differences"));
    }
    if with_text >= LEAST_BAR {
        ui.label(text);
    }
    let [low, high] = ends;
    ui.label(low);
    let (rect, _) = ui.allocate_exact_size(vec2(bar.min(MOST_BAR), 10.0), Sense::hover());
    signed_bar(ui.painter(), rect, palette);
    ui.label(high);
}

/// The width of its bar, in points.
const LEAST_BAR: f32 = 24.0;
const MOST_BAR: f32 = 80.0;

/// A value that is kept in the memory of the window for one widget.
pub(crate) fn remembered<T: Clone + Send + Sync + 'static>(ui: &Ui, id: eframe::egui::Id) -> Option<Arc<T>> {
    ui.data(|data| data.get_temp::<Arc<T>>(id))
}

/// Keeps it.
pub(crate) fn remember<T: Clone + Send + Sync + 'static>(ui: &Ui, id: eframe::egui::Id, value: &Arc<T>) {
    ui.data_mut(|data| data.insert_temp(id, Arc::clone(value)));
}
