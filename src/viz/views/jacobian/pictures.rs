//! The columns of J and the left singular vectors of images, as signed pictures.

use std::sync::{Arc, Weak};

use eframe::egui::{
    Color32, Rect, Role, Sense, Stroke, StrokeKind, TextureFilter, TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};
use nalgebra::DMatrix;

use crate::viz::context::ViewContext;
use crate::viz::draw::color_bar::signed_bar;
use crate::viz::draw::number::number;
use crate::viz::picture::{PictureFormat, for_texture, signed_picture};
use crate::viz::probe::Probe;
use crate::viz::theme::{Palette, indexed};

/// Latents whose pictures there is room for.
const MOST: usize = 16;

/// The sides of a picture, in points.
const SIDES: [f32; 2] = [40.0, 64.0];

/// The width of the scale under them, and the space between two rows beside each other.
const SCALE: f32 = 290.0;
const BETWEEN: f32 = 14.0;

/// ColumnTextures of the columns of J and of U at a probe, with the end of the scale of each.
#[derive(Clone)]
struct ColumnTextures {
    of: Weak<Probe>,
    /// The colours they were made in.
    palette: &'static Palette,
    rows: [(f64, Vec<TextureHandle>); 2],
}

/// Draws Jᵢ and uᵢ of every latent, each row on one scale. Without images it draws nothing.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>) {
    let Some(format) = &context.projection.pictures else { return };
    let palette = ViewContext::palette(ui);
    let rows = textures(ui, context, format, palette);
    let count = rows[0].1.len().max(1) as f32;
    let (room, gap) = (ui.available_width(), ui.spacing().item_spacing.x);
    // Both rows beside each other where there is room.
    let is_wide = 0.5 * room - BETWEEN > (count * (SIDES[0] + gap) + gap).max(SCALE);
    let side = ((if is_wide { 0.5 * room - gap - BETWEEN } else { room }) / count - gap).clamp(SIDES[0], SIDES[1]);
    let [height, width, _] = format.shape.map(|pixels| pixels as f32);
    let size = side / height.max(width).max(1.0) * vec2(width, height);
    let draw = |ui: &mut Ui| {
        for (name, (largest, pictures)) in NAMES.into_iter().zip(&rows) {
            ui.vertical(|ui| row(ui, name, *largest, pictures, size, palette));
            if is_wide {
                ui.add_space(BETWEEN);
            }
        }
    };
    if is_wide {
        ui.horizontal(draw);
    } else {
        ui.vertical(draw);
    }
    ui.add_space(2.0);
}

/// The letter of each row, and its help.
const NAMES: [(&str, &str); 2] = [
    ("J", "Columns of J as pictures: what a small step along each latent adds to an image, all on one scale"),
    (
        "u",
        "Left singular vectors as pictures: the directions sᵢ uᵢ in data space without their lengths, all on one scale",
    ),
];

/// The pictures of a row, as many in a line as fit, over their scale.
fn row(
    ui: &mut Ui,
    (letter, help): (&str, &str),
    largest: f64,
    pictures: &[TextureHandle],
    size: Vec2,
    palette: &Palette,
) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (i, picture) in pictures.iter().enumerate() {
            ui.vertical(|ui| {
                let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
                let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                ui.painter().image(picture.id(), rect, whole, Color32::WHITE);
                ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, palette.rule), StrokeKind::Inside);
                let name = indexed(letter, i);
                response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name} as a picture")));
                response.on_hover_text(help);
                ui.label(name);
            });
        }
    });
    scale(ui, letter, largest, palette);
}

/// The scale of a row: from minus its largest entry to the largest.
fn scale(ui: &mut Ui, letter: &str, largest: f64, palette: &Palette) {
    ui.horizontal(|ui| {
        let decimals = (2.0 - largest.max(1e-6).log10().floor()).clamp(0.0, 6.0) as usize;
        ui.weak(format!("entries of {letter}: {}", number(-largest, decimals)));
        let (bar, _) = ui.allocate_exact_size(vec2(90.0, 9.0), Sense::hover());
        signed_bar(ui.painter(), bar, palette);
        ui.weak(number(largest, decimals));
    });
}

/// The textures of the probe, made once for each.
fn textures(
    ui: &Ui,
    context: &ViewContext<'_>,
    format: &PictureFormat,
    palette: &'static Palette,
) -> [(f64, Vec<TextureHandle>); 2] {
    let id = ui.scope_id().with("pictures of J");
    let probe = context.probe;
    let known: Option<ColumnTextures> = ui.data(|data| data.get_temp(id));
    if let Some(known) = &known
        && std::ptr::eq(known.of.as_ptr(), Arc::as_ptr(probe))
        && known.palette == palette
    {
        return known.rows.clone();
    }
    let rows = [("J", &probe.jacobian), ("u", &probe.svd.u)]
        .map(|(name, matrix)| textures_of(ui, format, name, matrix, palette));
    let new = ColumnTextures { of: Arc::downgrade(probe), palette, rows: rows.clone() };
    ui.data_mut(|data| data.insert_temp(id, new));
    rows
}

/// The end of the scale of a matrix, and a texture for each of its columns.
fn textures_of(
    ui: &Ui,
    format: &PictureFormat,
    name: &str,
    matrix: &DMatrix<f64>,
    palette: &Palette,
) -> (f64, Vec<TextureHandle>) {
    /// Pixels are squares where they are drawn larger.
    const OPTIONS: TextureOptions = TextureOptions {
        magnification: TextureFilter::Nearest,
        minification: TextureFilter::Linear,
        ..TextureOptions::LINEAR
    };
    let columns = matrix.ncols().min(MOST);
    let entries = matrix.columns(0, columns);
    let largest = entries.iter().filter(|x| x.is_finite()).fold(1e-9_f64, |largest, x| largest.max(x.abs()));
    let texture = |column: usize| {
        let values: Vec<f32> = matrix.column(column).iter().map(|x| *x as f32).collect();
        let image = for_texture(ui.ctx(), signed_picture(&values, format.shape, largest, palette));
        ui.ctx().load_texture(name, image, OPTIONS)
    };
    (largest, (0..columns).map(texture).collect())
}
