//! Every latent against every factor as a small scatter.

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{Align2, Color32, Mesh, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::experiment::FactorCorrelation;
use crate::linalg::Matrix;
use crate::viz::context::ViewContext;
use crate::viz::draw::colors::ObservationColors;
use crate::viz::draw::hover::hover;
use crate::viz::draw::labels::label;
use crate::viz::draw::number::number;
use crate::viz::draw::remark::{Remark, remark};
use crate::viz::selection::Selection;
use crate::viz::theme::{SMALLEST_TEXT, indexed, label_font};

/// More latents or factors than this are not shown.
pub(super) const MOST: usize = 6;

/// Points in each scatter: more only fill it.
const POINTS: usize = 700;

/// A row for each latent, a column for each factor.
pub(super) fn scatters(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    selection: &Selection,
    factors: &Matrix<f32>,
    correlation: &FactorCorrelation,
) {
    let palette = ViewContext::palette(ui);
    // A collapsed latent is matched with nothing.
    let pairs = correlation.matches(&context.snapshot.geometry.active);
    let correlation = &correlation.factors;
    let k = correlation.ncols().min(MOST);
    let latents = chosen(correlation.nrows(), &pairs, &context.snapshot.geometry.active);
    let m = latents.len();
    let area = ui.available_rect_before_wrap();
    let (gutter, header) = (26.0, 18.0);
    let cell = vec2((area.width() - gutter) / k as f32, (area.height() - header) / m as f32);
    let colors = ObservationColors::new(context.snapshot, selection.color, palette).map(|by| by.colors);
    let names = &context.snapshot.data.factor_names;
    for column in 0..k {
        let x = area.min.x + gutter + cell.x * (column as f32 + 0.5);
        let name = names.get(column).map_or("", String::as_str);
        let font = eframe::egui::FontId::proportional(SMALLEST_TEXT + 1.0);
        let mut job = LayoutJob::simple_singleline(name.to_owned(), font, palette.truth);
        job.wrap = TextWrapping::truncate_at_width(cell.x - 4.0);
        let text = ui.painter().layout_job(job);
        ui.painter().galley(pos2(x - 0.5 * text.size().x, area.min.y), text, palette.truth);
    }
    for (row, latent) in latents.into_iter().enumerate() {
        let y = area.min.y + header + cell.y * (row as f32 + 0.5);
        let font = eframe::egui::FontId::proportional(SMALLEST_TEXT + 1.0);
        let is_active = context.snapshot.geometry.active.contains(&latent);
        let color = if is_active { palette.latent } else { palette.muted };
        ui.painter().text(pos2(area.min.x, y), Align2::LEFT_CENTER, indexed("z", latent), font, color);
        for column in 0..k {
            let corner = area.min + vec2(gutter + cell.x * column as f32, header + cell.y * row as f32);
            let place = Rect::from_min_size(corner, cell).shrink(3.0);
            let value = correlation[(latent, column)];
            let matched = pairs.get(column) == Some(&Some(latent));
            let name = format!(
                "{} against {}: correlation {}{}",
                indexed("z", latent),
                names.get(column).map_or("", String::as_str),
                number(value, 2),
                if matched { ", matched" } else { "" }
            );
            let response = ui.allocate_rect(place, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
            let axes = "across the factor, up the posterior mean, each over three standard deviations or as far as there are observations";
            hover(context, response, |_| vec![name.clone(), axes.to_owned()]);
            cloud(ui, place, context, factors, [latent, column], colors.as_deref());
            let stroke = if matched { Stroke::new(2.2, palette.ink) } else { Stroke::new(1.0, palette.rule) };
            ui.painter().rect_stroke(place, 2.0, stroke, StrokeKind::Inside);
            let painter = ui.painter();
            // The frame tells a match, too.
            let texts = [if matched { " ✓" } else { "" }, ""].map(|mark| format!("{}{mark}", number(value, 2)));
            let width = |text: &String| painter.layout_no_wrap(text.clone(), label_font(), palette.ink).size().x;
            // All numbers or none: a minus must not make the difference.
            if width(&"−0.00".to_owned()) >= place.width() - 8.0 {
                if [row, column] == [0, 0] {
                    remark(ui, Remark::LeftOut("the correlations"));
                }
                continue;
            }
            let Some(text) = texts.into_iter().find(|text| width(text) < place.width() - 8.0) else { continue };
            let position = place.left_top() + vec2(6.0, 4.0);
            let color = if matched { palette.ink } else { palette.muted };
            label(painter, position, Align2::LEFT_TOP, &text, color, palette.paper);
        }
    }
    ui.allocate_rect(area, Sense::hover());
}

/// The latents of the rows, in their order: where there are too many, those that a factor is matched with come first, then active ones.
fn chosen(count: usize, pairs: &[Option<usize>], active: &[usize]) -> Vec<usize> {
    let mut latents: Vec<usize> = (0..count).collect();
    let rank = |latent: &usize| (!pairs.contains(&Some(*latent)), !active.contains(latent));
    latents.sort_by_key(rank);
    latents.truncate(MOST);
    latents.sort_unstable();
    latents
}

/// Posterior means of one latent over one factor, as one mesh of small squares. Both axes show three standard deviations, or all
/// observations where some are farther away.
fn cloud(
    ui: &Ui,
    place: Rect,
    context: &ViewContext<'_>,
    factors: &Matrix<f32>,
    [latent, column]: [usize; 2],
    colors: Option<&[Color32]>,
) {
    let palette = ViewContext::palette(ui);
    let snapshot = context.snapshot;
    let count = snapshot.encodings.columns().min(factors.columns());
    let spread = |values: &mut dyn Iterator<Item = f64>| {
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values {
            (n, sum, squares) = (n + 1.0, sum + v, squares + v * v);
            (least, most) = (least.min(v), most.max(v));
        }
        let mean: f64 = sum / n;
        let usual = 3.0 * (squares / n - mean * mean).max(1e-12).sqrt();
        (mean, usual.max(1.02 * (most - mean).max(mean - least)))
    };
    let (middle, reach) = spread(&mut (0..count).map(|i| f64::from(factors[(column, i)])));
    let most =
        (0..count).map(|i| f64::from(snapshot.mean(i)[latent]).abs()).filter(|z| z.is_finite()).fold(0.0, f64::max);
    let height = f64::max(3.2, 1.02 * most);
    let area = place.shrink(3.0);
    // Points grow with their cell.
    let dot = (place.size().min_elem() / 90.0).clamp(1.8, 3.6);
    let mut mesh = Mesh::default();
    // Strides of a prime, so that what comes at regular places is neither left out nor all that is shown.
    const PRIME: usize = 7919;
    for i in (0..count.min(POINTS)).map(|k| k * PRIME % count) {
        let x = (f64::from(factors[(column, i)]) - middle) / reach;
        let y = f64::from(snapshot.mean(i)[latent]) / height;
        let at = area.center() + 0.5 * vec2(x as f32 * area.width(), -(y as f32) * area.height());
        if area.contains(at) {
            let color = colors.and_then(|c| c.get(i)).copied().unwrap_or(palette.point.gamma_multiply(0.6));
            mesh.add_colored_rect(Rect::from_center_size(at, vec2(dot, dot)), color);
        }
    }
    ui.painter().with_clip_rect(place).add(Shape::mesh(mesh));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten latents, of which the third, the ninth and the tenth are active, and two are matched.
    #[test]
    fn of_many_latents_those_that_mean_something_are_shown() {
        let pairs = [Some(8), None, Some(9)];
        assert_eq!(chosen(10, &pairs, &[2, 8, 9]), [0, 1, 2, 3, 8, 9]);
        assert_eq!(chosen(3, &pairs, &[2]), [0, 1, 2]);
    }
}
