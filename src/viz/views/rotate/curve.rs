//! Draws the objective over φ, with a legend.

use eframe::egui::{Align2, CursorIcon, Grid, Pos2, Response, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, pos2};
use egui_plot::{AxisHints, PlotBounds};

use super::angle::AxisAngleQuery;
use super::query::{MOST_LATENTS, OBSERVATIONS, RotationCurve};
use crate::geometry::RotatedElbo;
use crate::vae::Covariance;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, grid, still_plot};
use crate::viz::draw::hover::{NamedMarks, hover, values_at};
use crate::viz::draw::legend::{sample_ball, sample_dot, sample_line};
use crate::viz::draw::number::{number, two_digits};
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::theme::{Palette, label_font};

/// Rotating further only flips latents.
pub(super) const RANGE: f64 = 90.0;

/// The objective over the angle off the axes, where V of the model is; φ is counted from there. Gives the response of the plot, whose
/// upright line can be dragged, and the φ under the pointer while it is.
pub(super) fn curve(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    found: &RotationCurve,
    others: Option<&RotationCurve>,
    phi: f64,
) -> (Response, Option<f64>) {
    let palette = ViewContext::palette(ui);
    let full = found.full().unwrap_or(0.0);
    let origin = found.origin();
    let degrees = || (-60..=60).map(|k| 1.5 * f64::from(k));
    // The other run has best full posteriors, and a level, of its own.
    let others_full = others.and_then(RotationCurve::full).unwrap_or(full);
    let others_loss = |d: f64| others.map_or(0.0, |others| full - others_full + others.loss(d - others.origin()));
    // One scale for both runs.
    let extents = [Some(found), others].into_iter().flatten().map(extent);
    let [low, high] = extents.reduce(|[a, b], [low, high]| [a.min(low), b.max(high)]).unwrap_or([-1.0, 1.0]);
    let margin = 0.15 * (high - low);
    let bounds = PlotBounds::from_min_max([-1.14 * RANGE, low - margin], [1.14 * RANGE, high + margin]);
    // Without a search the level of the best full posteriors is not known: 0 stands for it.
    let over = format!("ELBO of {OBSERVATIONS} (nats)");
    let height = if found.searched.is_empty() { "−loss (nats), 2nd order" } else { &over };
    // A low plot has room for the unit alone.
    let font = TextStyle::Body.resolve(ui.style());
    let length = ui.painter().layout_no_wrap(height.to_owned(), font, palette.ink).size().x;
    let height = if length + ACROSS > ui.available_height() { "nats" } else { height };
    let response = still_plot(ui, "objective over the angle", context)
        .x_grid_spacer(|_| {
            let step = |k: i32| if k % 3 == 0 { 45.0 } else { 15.0 };
            (-6..=6).map(|k| egui_plot::GridMark { value: 15.0 * f64::from(k), step_size: step(k) }).collect()
        })
        .y_grid_spacer(grid(4.0))
        // Where V is free to rotate, there is nothing but φ to count.
        .custom_x_axes(vec![
            axis(AxisHints::new_x(), if found.angle.is_ok() { "degrees off the axes" } else { "φ" }).formatter(
                |mark, _| {
                    if mark.value.rem_euclid(45.0) == 0.0 {
                        format!("{}°", number(mark.value, 0))
                    } else {
                        String::new()
                    }
                },
            ),
        ])
        .custom_y_axes(vec![axis(AxisHints::new_y(), height).min_thickness(48.0)])
        .show(ui, |plot| plot.set_plot_bounds(bounds));
    let marks = PlotPainter::new(ui, context, response.transform);
    let [second, optimum, diagonal, family] = strokes(palette);
    marks.curve([[-RANGE, full], [RANGE, full]].into_iter(), family.0, family.1);
    if others.is_some_and(|others| others.searched.is_empty() || others.unconverged() == 0) {
        marks.layer("other run");
        marks.curve(degrees().map(|d| [d, full - others_loss(d)]), other_run(palette), OTHER_RUN);
        marks.layer("this run");
    }
    if found.at_optimum.is_some() {
        // The optimum has its V on the axes.
        let price = |d: f64| found.price_at_optimum(d).unwrap_or(f64::NAN);
        marks.curve(degrees().map(|d| [d, full - price(d)]), optimum.0, optimum.1);
    }
    marks.curve(degrees().map(|d| [d, full - found.price(d - origin)]), second.0, second.1);
    if !found.searched.is_empty() {
        // Between lower bounds no curve is drawn.
        if found.unconverged() == 0 {
            marks.curve(degrees().map(|d| [d, full - found.loss(d - origin)]), diagonal.0, diagonal.1);
        }
        // The curve repeats with every quarter turn.
        let turned = |p: &RotatedElbo| {
            [-180.0, -90.0, 0.0, 90.0].map(|by| RotatedElbo { degrees: p.degrees + origin + by, ..*p })
        };
        let dots: Vec<RotatedElbo> =
            found.searched.iter().flat_map(turned).filter(|p| p.degrees.abs() <= RANGE).collect();
        let (sure, lower): (Vec<RotatedElbo>, Vec<RotatedElbo>) = dots.into_iter().partition(|p| p.unconverged == 0);
        marks.cloud(sure.iter().map(|p| [p.degrees, p.diagonal]), 2.6, palette.ink);
        for p in lower {
            marks.painter.circle(marks.at([p.degrees, p.diagonal]), HOLLOW, palette.paper, hollow(palette));
        }
    }
    let [low, high] = [bounds.min()[1], bounds.max()[1]];
    let at = within(origin + phi);
    marks.curve([[at, low], [at, high]].into_iter(), Stroke::new(1.2, palette.latent), &[]);
    marks.painter.circle(marks.at([at, full - found.loss(phi)]), 5.0, palette.latent, Stroke::new(1.5, palette.paper));
    let outline = Stroke::new(1.8, palette.ink);
    if let Some((others, there)) = others.zip(context.beside)
        && let Some(ball) = ball(there, others)
    {
        marks.painter.circle(marks.at([ball.degrees, others_full - ball.loss]), BALL - 0.9, palette.paper, outline);
    }
    if let Some(ball) = ball(context, found) {
        marks.layer("ball");
        marks.painter.circle(
            marks.at([ball.degrees, full - ball.loss]),
            BALL,
            palette.ink,
            Stroke::new(1.2, palette.paper),
        );
    }
    let about = if found.unconverged() > 0 { "≈" } else { "=" };
    let loss = format!("loss {about} {} nats", nats(found.loss(phi)));
    let angle = angle_in_words(found.angle.ok().map(|_| at), phi);
    angle_and_loss(&marks, marks.at([at, low]), &angle, phi > 15.0, &loss, palette);
    let plot = ui.interact(*response.transform.frame(), ui.scope_id().with("line of φ"), Sense::DRAG);
    plot.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "Line of φ"));
    let dragged = plot.interact_pointer_pos().filter(|_| plot.dragged() && !context.is_figure());
    let phi = dragged.map(|pointer| (marks.point(pointer)[0].clamp(-RANGE, RANGE) - origin).clamp(-RANGE, RANGE));
    let plot = if context.is_figure() { plot } else { plot.on_hover_cursor(CursorIcon::ResizeHorizontal) };
    let plot = hover(context, plot, |pointer| {
        let second = NamedMarks::new("second order", degrees().map(|d| [d, full - found.price(d - origin)]));
        let diagonal = NamedMarks::new("best diagonal", degrees().map(|d| [d, full - found.loss(d - origin)]));
        let full = NamedMarks::new("best full", degrees().map(|d| [d, full]));
        let searched = !found.searched.is_empty();
        let known = [diagonal, full].into_iter().filter(|_| searched);
        values_at(&marks, pointer, ["degrees off the axes", "nats"], known.chain([second]))
    });
    (plot, phi)
}

/// The lowest and the highest value of the curves of a run.
fn extent(found: &RotationCurve) -> [f64; 2] {
    let level = found.full().unwrap_or(0.0);
    let degrees = (-60..=60).map(|k| 1.5 * f64::from(k));
    let losses = degrees.flat_map(|d| [found.loss(d), found.price(d), found.price_at_optimum(d).unwrap_or(0.0)]);
    // A small dip is seen, the noise of a flat one is not.
    const LEAST: f64 = 5e-4;
    [level - losses.filter(|x| x.is_finite()).fold(LEAST, f64::max), level]
}

/// The height of the axis across with its name.
const ACROSS: f32 = 40.0;

/// Radius of a ball.
const BALL: f32 = 7.0;

/// The curve of the run that it is compared with.
fn other_run(palette: &Palette) -> Stroke {
    Stroke::new(1.8, palette.muted)
}

/// Its dash pattern.
const OTHER_RUN: &[f32] = &[14.0, 4.0];

/// Where a run lies on its objective.
struct RunBall {
    degrees: f64,
    /// What its posteriors lose against the best full ones. The objective of full ones does not change with the angle.
    loss: f64,
}

/// The measured angle of the run of a context, on the curve `found` of it, which may be a little older.
fn ball(context: &ViewContext<'_>, found: &RotationCurve) -> Option<RunBall> {
    let origin = found.angle.ok()?;
    let degrees = (*context.query(&AxisAngleQuery { plane: found.plane })?).ok()?;
    let loss = match context.snapshot.settings.objective.covariance {
        Covariance::Diagonal => found.loss(degrees - origin),
        Covariance::Full => 0.0,
    };
    Some(RunBall { degrees, loss })
}

/// The same axes within ±90°.
fn within(degrees: f64) -> f64 {
    if degrees.abs() <= RANGE { degrees } else { degrees - 2.0 * RANGE * (degrees / (2.0 * RANGE)).round() }
}

/// A loss with three decimals, or two digits of a smaller one.
pub(super) fn nats(loss: f64) -> String {
    if loss.abs() < 0.01 { two_digits(loss) } else { number(loss, 3) }
}

/// φ, and where it has brought the run on the axis, if that angle means something: two countings, each named.
fn angle_in_words(at: Option<f64>, phi: f64) -> String {
    let degrees = |x: f64| format!("{}°", number(x, 1));
    match at {
        Some(at) if phi == 0.0 => format!("at {}", degrees(at)),
        Some(at) => format!("φ = {} → {}", degrees(phi), degrees(at)),
        None => format!("φ = {}", degrees(phi)),
    }
}

/// Writes angle and loss beside the line of φ, where there is room, at its left rather if `to_left`; in a narrow plot the loss alone.
fn angle_and_loss(marks: &PlotPainter, foot: Pos2, angle: &str, to_left: bool, loss: &str, palette: &Palette) {
    let frame = marks.painter.clip_rect().shrink(4.0);
    let width = |text: &str| marks.painter.layout_no_wrap(text.to_owned(), label_font(), palette.latent).size().x;
    let both = format!("{angle}, {loss}");
    // Right or left of the line, never across it; if need be the loss alone.
    let beside = |text: &str| {
        let (right, left) = (foot.x + 8.0, foot.x - 8.0 - width(text));
        let [fits_right, fits_left] = [right + width(text) <= frame.right(), left >= frame.left()];
        if to_left && fits_left { Some(left) } else { fits_right.then_some(right).or(fits_left.then_some(left)) }
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
pub(super) fn legend(ui: &mut Ui, context: &ViewContext<'_>, found: &RotationCurve, compared: bool, phi: f64) {
    let palette = ViewContext::palette(ui);
    let [second, optimum, diagonal, full] = strokes(palette);
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
    }
    let help = "Flat by a theorem: the prior is isotropic and a rotated full posterior is a full posterior, so the best \
                objective does not change with φ (Rolínek et al. 2019). Where training goes depends on the optimiser, too";
    entries.push((full, "best full", help.to_owned()));
    if found.linear {
        let help =
            "Closed form for this decoder: (β/2)(Σ log (RΛRᵀ)ᵢᵢ − log det Λ), Λ = I + JᵀJ/b. Exact, since it is linear";
        entries.push((second, "closed form (exact)", help.to_owned()));
        let help = "Closed form, exact, at the linear optimum for the held-out covariance: (β/2) log(1 + sin²2φ (λ₁ − λ₂)²/4λ₁λ₂)";
        entries.push((optimum, "held-out optimum", help.to_owned()));
    } else {
        let help = "(β/2)(Σ log (RΛRᵀ)ᵢᵢ − log det Λ) with Λ = I + JᵀJ/b at the posterior means; exact for linear decoders with a Gaussian likelihood only";
        entries.push((second, "second order (approx.)", help.to_owned()));
    }
    if compared {
        let help = "Best diagonal posteriors of the run that this one is compared with, and its ball";
        entries.push(((other_run(palette), OTHER_RUN), "other run", help.to_owned()));
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
            if found.angle.is_ok() {
                sample_ball(ui, BALL - 2.0, palette.ink);
                ui.label("this run").on_hover_text(
                    "The run as it is: the measured angle of V off the nearest axes, a mean over held-out observations. With \
                     diagonal posteriors it lies on their curve and rolls up to the axes as it trains; with full ones on the flat \
                     line, where an optimiser without axes leaves it",
                );
            }
            if has_dot(context, found, phi) {
                sample_ball(ui, BALL - 2.0, palette.latent);
                let why = found.angle.err().map_or_else(String::new, |why| format!(". It has no angle off the axes: {why}"));
                ui.label("at φ").on_hover_text(format!("What the best diagonal posteriors of the run turned by φ reach{why}"));
            }
        },
    );
    if found.searched.is_empty() {
        let help = format!(
            "The best posteriors are searched for with at most {MOST_LATENTS} latents. Drawn is minus the second-order price; the dashed line, 0, is the level of the best full posteriors"
        );
        ui.weak(format!("second order: more than {MOST_LATENTS} latents")).on_hover_text(help);
    }
}

/// The number of legend entries beside each other.
pub(super) fn columns(width: f32) -> usize {
    match width {
        ..330.0 => 1,
        ..640.0 => 2,
        ..780.0 => 4,
        _ => 6,
    }
}

/// True unless the dot at φ lies under the ball of the run.
fn has_dot(context: &ViewContext<'_>, found: &RotationCurve, phi: f64) -> bool {
    let is_full = context.snapshot.settings.objective.covariance == Covariance::Full;
    found.angle.is_err() || phi != 0.0 || is_full
}

/// The number of entries of the legend.
pub(super) fn entries(context: &ViewContext<'_>, found: &RotationCurve, compared: bool, phi: f64) -> usize {
    let searched = usize::from(!found.searched.is_empty());
    let ball = usize::from(found.angle.is_ok()) + usize::from(has_dot(context, found, phi));
    // Best full posteriors, then closed forms.
    searched + 1 + if found.linear { 2 } else { 1 } + usize::from(compared) + ball
}

#[cfg(test)]
mod tests {
    use super::*;

    /// φ counts from the run, the axis from the latent axes.
    #[test]
    fn both_countings_of_angles_are_named() {
        assert_eq!(angle_in_words(Some(-21.94), 0.0), "at −21.9°");
        assert_eq!(angle_in_words(Some(8.0), 30.0), "φ = 30.0° → 8.0°");
        assert_eq!(angle_in_words(None, 0.0), "φ = 0.0°");
        assert_eq!([0.00017, 0.0573, 1.5].map(nats), ["1.7e−4", "0.057", "1.500"]);
    }
}
