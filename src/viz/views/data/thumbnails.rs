//! The observation under the pointer, and pictures at points that are far apart for observations that are images.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use eframe::egui::{
    Color32, Pos2, Rect, Response, Stroke, StrokeKind, TextureFilter, TextureHandle, TextureOptions, Ui, Vec2, pos2,
    vec2,
};

use crate::data::Dataset;
use crate::viz::context::ViewContext;
use crate::viz::draw::file_values::values_of;
use crate::viz::draw::hover::hover;
use crate::viz::observations::nearest;
use crate::viz::picture::{PictureFormat, for_texture, shrunk};

/// The longer side of a picture at a point, in points.
const SIDE: f32 = 36.0;

/// Pixels along the longer side of a picture at a point: more would not be seen.
const MOST_PIXELS: usize = 64;

/// The longer side of the picture under the pointer, in points.
const LARGE: f32 = 112.0;

/// Pixels are squares where they are drawn large.
const OPTIONS: TextureOptions = TextureOptions {
    magnification: TextureFilter::Nearest,
    minification: TextureFilter::Linear,
    ..TextureOptions::LINEAR
};

/// Textures of observations of one dataset.
#[derive(Clone, Default)]
struct Textures {
    of: Weak<Dataset>,
    list: BTreeMap<usize, TextureHandle>,
}

/// Draws pictures at points that are far apart, as many as fit without covering each other or what is `taken`. `place` gives the
/// place of an observation on the screen.
pub(super) fn draw(
    ui: &Ui,
    context: &ViewContext<'_>,
    rect: Rect,
    place: impl Fn(usize) -> Option<Pos2>,
    taken: &mut Vec<Rect>,
) {
    let Some(format) = &context.projection.pictures else { return };
    let palette = ViewContext::palette(ui);
    let size = size_of(format, SIDE);
    let painter = ui.painter_at(rect);
    for i in context.projection.spread() {
        let Some(at) = place(*i) else { continue };
        let frame = Rect::from_center_size(at, size);
        let room = frame.expand(2.0);
        if !rect.contains_rect(room) || taken.iter().any(|other| other.intersects(room)) {
            continue;
        }
        taken.push(room);
        let texture = texture(ui, context, format, "thumbnails", *i, MOST_PIXELS);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture.id(), frame, whole, Color32::WHITE);
        painter.rect_stroke(frame, 0.0, Stroke::new(1.0, palette.point), StrokeKind::Outside);
    }
}

/// Shows the observation next to the pointer: its picture, or its values.
pub(super) fn observation(
    ui: &Ui,
    context: &ViewContext<'_>,
    response: Response,
    places: impl Iterator<Item = Option<Pos2>>,
) -> Response {
    let Some(format) = context.projection.pictures.as_ref().filter(|_| !context.is_figure()) else {
        return hover(context, response, |pointer| {
            let near = nearest(places, pointer);
            near.map_or_else(Vec::new, |i| {
                let data = &context.snapshot.data;
                let title = format!("held-out observation {i}");
                std::iter::once(title).chain(values_of(data, data.test.observations.column(i))).collect()
            })
        });
    };
    let near = response.hover_pos().filter(|_| !response.dragged()).and_then(|pointer| nearest(places, pointer));
    let Some(i) = near else { return response };
    let texture = texture(ui, context, format, "thumbnail under the pointer", i, usize::MAX);
    response.on_hover_ui_at_pointer(|ui| {
        ui.image((texture.id(), size_of(format, LARGE)));
        ui.label(format!("held-out observation {i}"));
    })
}

/// The size of a picture whose longer side is `side`.
fn size_of(format: &PictureFormat, side: f32) -> Vec2 {
    let [height, width, _] = format.shape.map(|pixels| pixels as f32);
    side / height.max(width).max(1.0) * vec2(width, height)
}

/// The picture of an observation with at most `most` pixels a side, made once. Of pictures in full only the last is kept.
fn texture(
    ui: &Ui,
    context: &ViewContext<'_>,
    format: &PictureFormat,
    name: &str,
    i: usize,
    most: usize,
) -> TextureHandle {
    let data = &context.snapshot.data;
    let id = ui.scope_id().with(name);
    let mut textures: Textures = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    if !std::ptr::eq(textures.of.as_ptr(), Arc::as_ptr(data)) {
        textures = Textures { of: Arc::downgrade(data), list: BTreeMap::new() };
    }
    if let Some(known) = textures.list.get(&i) {
        return known.clone();
    }
    let image = shrunk(&format.picture(data.test.observations.column(i)), most);
    let new = ui.ctx().load_texture(name, for_texture(ui.ctx(), image), OPTIONS);
    if most == usize::MAX {
        textures.list.clear();
    }
    textures.list.insert(i, new.clone());
    ui.data_mut(|data| data.insert_temp(id, textures));
    new
}
