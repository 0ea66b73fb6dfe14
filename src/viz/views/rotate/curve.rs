//! Draws the objective over φ, with a legend.

use eframe::egui::{Align2, Grid, Pos2, Stroke, Ui, pos2};
use egui_plot::{AxisHints, PlotBounds};

use super::query::{MOST_LATENTS, OBSERVATIONS, RotationCurve};
use crate::geometry::RotatedElbo;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, grid, still_plot};
use crate::viz::draw::hover::{NamedMarks, hover, values_at};
use crate::viz::draw::legend::{sample_dot, sample_line};
use crate::viz::draw::number::number;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::theme::{Palette, label_font};

/// Rotating further only flips latents.
pub(super) const RANGE: f64 = 90.0;

/// The objective over φ.
pub(super) fn curve(ui: &mut Ui, context: &ViewContext<'_>, found: &RotationCurve, phi: f64) {
    let palette = ViewContext::palette(ui);
    let full = found.full().unwrap_or(0.0);
    let degrees = || (-60..=60).map(|k| 1.5 * f64::from(k));
    let worst = degrees()
        .flat_map(|d| [found.loss(d), found.price(d), found.price_at_optimum(d).unwrap_or(0.0)])
        .filter(|x| x.is_finite())
        .fold(0.02, f64::max);
    let bounds = PlotBounds::from_min_max([-1.14 * RANGE, full - 1.15 * worst], [1.14 * RANGE, full + 0.18 * worst]);
    // Without a search the level of the best full posteriors is not known: 0 stands for it.
    let height = if found.searched.is_empty() { "−loss (nats), 2nd order" } else { "ELBO (nats)" };
    let response = still_plot(ui, "objective over the angle", context)
        .x_grid_spacer(|_| {
            let step = |k: i32| if k % 3 == 0 { 45.0 } else { 15.0 };
            (-6..=6).map(|k| egui_plot::GridMark { value: 15.0 * f64::from(k), step_size: step(k) }).collect()
        })
        .y_grid_spacer(grid(4.0))
        .custom_x_axes(vec![axis(AxisHints::new_x(), "").formatter(|mark, _| {
            if mark.value.rem_euclid(45.0) == 0.0 { format!("{}°", number(mark.value, 0)) } else { String::new() }
        })])
        .custom_y_axes(vec![axis(AxisHints::new_y(), height).min_thickness(48.0)])
        .show(ui, |plot| plot.set_plot_bounds(bounds));
    let marks = PlotPainter::new(ui, context, response.transform);
    let [second, optimum, diagonal, family] = strokes(palette);
    marks.curve([[-RANGE, full], [RANGE, full]].into_iter(), family.0, family.1);
    if found.at_optimum.is_some() {
        let price = |d: f64| found.price_at_optimum(d).unwrap_or(f64::NAN);
        marks.curve(degrees().map(|d| [d, full - price(d)]), optimum.0, optimum.1);
    }
    marks.curve(degrees().map(|d| [d, full - found.price(d)]), second.0, second.1);
    if !found.searched.is_empty() {
        // Between lower bounds no curve is drawn.
        if found.unconverged() == 0 {
            marks.curve(degrees().map(|d| [d, full - found.loss(d)]), diagonal.0, diagonal.1);
        }
        let again = RotatedElbo { degrees: 90.0, ..found.searched[0] };
        let earlier = found.searched.iter().map(|p| RotatedElbo { degrees: p.degrees - 90.0, ..*p });
        let dots: Vec<RotatedElbo> = found.searched.iter().copied().chain(earlier).chain([again]).collect();
        let (sure, lower): (Vec<RotatedElbo>, Vec<RotatedElbo>) = dots.into_iter().partition(|p| p.unconverged == 0);
        marks.cloud(sure.iter().map(|p| [p.degrees, p.diagonal]), 2.6, palette.ink);
        for p in lower {
            marks.painter.circle(marks.at([p.degrees, p.diagonal]), HOLLOW, palette.paper, hollow(palette));
        }
    }
    let [low, high] = [bounds.min()[1], bounds.max()[1]];
    marks.curve([[phi, low], [phi, high]].into_iter(), Stroke::new(1.2, palette.latent), &[]);
    let here = [phi, full - found.loss(phi)];
    marks.painter.circle(marks.at(here), 5.0, palette.latent, Stroke::new(1.5, palette.paper));
    let about = if found.unconverged() > 0 { "≈" } else { "=" };
    let loss = format!("loss {about} {} nats", number(found.loss(phi), 3));
    angle_and_loss(&marks, marks.at([phi, low]), phi, &loss, palette);
    hover(context, response.response, |pointer| {
        let second = NamedMarks::new("second order", degrees().map(|d| [d, full - found.price(d)]));
        let diagonal = NamedMarks::new("best diagonal", degrees().map(|d| [d, full - found.loss(d)]));
        let full = NamedMarks::new("best full", degrees().map(|d| [d, full]));
        let searched = !found.searched.is_empty();
        let known = [diagonal, full].into_iter().filter(|_| searched);
        values_at(&marks, pointer, ["φ in degrees", "nats"], known.chain([second]))
    });
}

/// Writes angle and loss beside the line of φ, where there is room; in a narrow plot the loss alone.
fn angle_and_loss(marks: &PlotPainter, foot: Pos2, phi: f64, loss: &str, palette: &Palette) {
    let frame = marks.painter.clip_rect().shrink(4.0);
    let width = |text: &str| marks.painter.layout_no_wrap(text.to_owned(), label_font(), palette.latent).size().x;
    let both = format!("φ = {}°, {loss}", number(phi, 1));
    // Right or left of the line, never across it; if need be the loss alone.
    let beside = |text: &str| {
        let (right, left) = (foot.x + 8.0, foot.x - 8.0 - width(text));
        let [fits_right, fits_left] = [right + width(text) <= frame.right(), left >= frame.left()];
        if phi > 15.0 && fits_left { Some(left) } else { fits_right.then_some(right).or(fits_left.then_some(left)) }
    };
    let place = |text: &str| beside(text).map(|left| (text.to_owned(), left));
    let Some((text, left)) = place(&both).or_else(|| place(loss)) else { return };
    marks.label(pos2(left, foot.y - 3.0), Align2::LEFT_BOTTOM, &text, palette.latent);
}

/// Radius of a dot that is a lower bound.
const HOLLOW: f32 = 3.4;

/// Its outline.
fn hollow(palette: &Palette) -> Stroke {
    Stroke::new(1.5, palette.alarm)
}

/// Stroke and dash pattern of a curve.
type Line = (Stroke, &'static [f32]);

/// Stroke and dashes of the second order, the optimum, the best diagonal and the best full posteriors.
fn strokes(palette: &Palette) -> [Line; 4] {
    [
        (Stroke::new(1.6, palette.muted), &[2.0, 3.0]),
        (Stroke::new(1.6, palette.truth), &[9.0, 3.0, 2.0, 3.0]),
        (Stroke::new(2.0, palette.ink), &[]),
        (Stroke::new(1.8, palette.ink), &[8.0, 4.0]),
    ]
}

/// The legend: name, standing and source of each line.
pub(super) fn legend(ui: &mut Ui, found: &RotationCurve) {
    let [second, optimum, diagonal, full] = strokes(ViewContext::palette(ui));
    let mut entries: Vec<(Line, &str, String)> = Vec::new();
    if !found.searched.is_empty() {
        let caution = if found.approximate {
            ". With three latents the numerical integral has only four nodes per dimension: the optimum is approximate"
        } else {
            ""
        };
        let help = format!(
            "The decoder rotated by φ with the best posteriors of the family for {OBSERVATIONS} held-out observations, searched for \
             at the dots by numerical integration, from the learned posterior and from others: never below the learned one. Where a search \
             ends before it converges, the dot is hollow and a lower bound. Empirical: depends on the decoder as it is{caution}"
        );
        let name = if found.unconverged() == 0 { "best diagonal" } else { "best diagonal, at least" };
        entries.push((diagonal, name, help));
        let help = "Flat by a theorem: the prior is isotropic and a rotated full posterior is a full posterior, so the best \
                    objective does not change with φ (Rolínek et al. 2019). Where training goes depends on the optimiser, too";
        entries.push((full, "best full", help.to_owned()));
    }
    if found.linear {
        let help =
            "Closed form for this decoder: (β/2)(Σ log (RΛRᵀ)ᵢᵢ − log det Λ), Λ = I + JᵀJ/b. Exact, since it is linear";
        entries.push((second, "closed form (exact)", help.to_owned()));
        let help =
            "Closed form at the linear optimum for the held-out covariance: (β/2) log(1 + sin²2φ (λ₁ − λ₂)²/4λ₁λ₂)";
        entries.push((optimum, "optimum (exact)", help.to_owned()));
    } else {
        let help = "(β/2)(Σ log (RΛRᵀ)ᵢᵢ − log det Λ) with Λ = I + JᵀJ/b at the posterior means; exact for linear decoders with a Gaussian likelihood only";
        entries.push((second, "second order (approx.)", help.to_owned()));
    }
    let columns = columns(ui.available_width());
    Grid::new("lines").num_columns(2 * columns).min_col_width(0.0).spacing([7.0, 0.0]).min_row_height(17.0).show(
        ui,
        |ui| {
            for (k, (line, name, help)) in entries.into_iter().enumerate() {
                // Hollow dots stand without a curve; theirs is the first entry.
                if k == 0 && found.unconverged() > 0 {
                    sample_dot(ui, HOLLOW, hollow(ViewContext::palette(ui)));
                } else {
                    sample_line(ui, line.0, line.1);
                }
                ui.label(name).on_hover_text(help);
                if (k + 1) % columns == 0 {
                    ui.end_row();
                }
            }
        },
    );
    if found.searched.is_empty() {
        let help = "Drawn is minus the second-order price; 0 is the level of the best full posteriors";
        ui.weak(format!("searched for up to {MOST_LATENTS} latents")).on_hover_text(help);
    }
}

/// The number of legend entries beside each other.
pub(super) fn columns(width: f32) -> usize {
    match width {
        ..400.0 => 1,
        ..640.0 => 2,
        _ => 4,
    }
}
