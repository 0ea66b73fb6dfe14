//! The optimum over β in closed form, and where the run is: codes of two points on their pitchfork, or the KL of each latent on its
//! curve of reverse water-filling.

use std::sync::OnceLock;

use eframe::egui::{Align2, Stroke, Ui, pos2};
use egui_plot::{AxisHints, GridMark, PlotBounds};

use crate::checks::{glued_code, half_distance};
use crate::data::ObservationSource;
use crate::experiment::Snapshot;
use crate::ppca::kl_at_optimum;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, grid, still_plot};
use crate::viz::draw::hover::{NamedMarks, hover, values_at};
use crate::viz::draw::number::two_digits;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::theme::{CURVE_WIDTH, Palette, dashes, indexed};

/// Radius of the dots of the run.
const DOT: f32 = 6.0;

/// Observations that the KL is a mean over.
const OBSERVATIONS: usize = 256;

/// What has a closed form over β.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum BetaPicture {
    /// Two equally frequent points and one latent: their codes.
    Pitchfork {
        /// Half the distance of the points.
        half: f64,
    },
    /// A linear decoder: the KL of each latent.
    WaterFilling {
        /// Eigenvalues of the covariance of the training data, largest first.
        eigenvalues: Vec<f64>,
    },
}

impl BetaPicture {
    /// The picture of a run, if it has a closed form.
    pub(super) fn of(snapshot: &Snapshot) -> Option<Self> {
        let is_known = snapshot.settings.objective.b() > 0.0;
        if let Some(optimum) = snapshot.optimum_training.as_ref().filter(|_| is_known) {
            return Some(Self::WaterFilling { eigenvalues: optimum.eigenvalues.clone() });
        }
        let scene = snapshot.config.origin.scene().filter(|_| is_known && snapshot.latent_dim() == 1)?;
        let ObservationSource::Clusters { centres, frequencies, .. } = &scene.generator.source else { return None };
        let is_even = frequencies.windows(2).all(|pair| pair[0] == pair[1]);
        let half = half_distance(scene, [0, 1]).filter(|_| centres.len() == 2 && is_even)?;
        Some(Self::Pitchfork { half })
    }

    /// Draws it into all of the given space.
    pub(super) fn show(&self, ui: &mut Ui, context: &ViewContext<'_>) {
        match self {
            Self::Pitchfork { half } => pitchfork(ui, context, *half),
            Self::WaterFilling { eigenvalues } => water_filling(ui, context, eigenvalues),
        }
    }
}

/// |μ| of the best code at equidistant b/a²; the same for all pairs of points.
fn best_codes() -> &'static [[f64; 2]] {
    const POINTS: usize = 60;
    static CODES: OnceLock<Vec<[f64; 2]>> = OnceLock::new();
    // Dense towards b = a², where the codes merge with a vertical tangent.
    let ratio = |k: usize| 1.0 - (1.0 - (k as f64 + 0.5) / POINTS as f64).powi(2);
    CODES.get_or_init(|| (0..POINTS).map(ratio).map(|ratio| [ratio, glued_code(ratio)]).chain([[1.0, 0.0]]).collect())
}

/// Mean codes of the observations of both points.
fn mean_codes(snapshot: &Snapshot) -> Option<[f64; 2]> {
    let labels = snapshot.data.test.factors.as_ref()?;
    let mean = |point: f32| {
        let own = (0..snapshot.encodings.columns()).filter(|i| labels[(0, *i)] == point);
        let (sum, count) = own.fold((0.0, 0), |(sum, count), i| (sum + f64::from(snapshot.mean(i)[0]), count + 1));
        sum / f64::from(count)
    };
    Some([0.0, 1.0].map(mean)).filter(|codes| codes.iter().all(|code| code.is_finite()))
}

fn pitchfork(ui: &mut Ui, context: &ViewContext<'_>, half: f64) {
    let (palette, snapshot) = (ViewContext::palette(ui), context.snapshot);
    let objective = &snapshot.settings.objective;
    // β at which b = a².
    let merged = half * half / objective.sigma2;
    let right = 1.25 * merged.max(objective.beta);
    let response = still_plot(ui, "codes over beta", context)
        .x_grid_spacer(grid(5.0))
        .y_grid_spacer(grid(5.0))
        .custom_x_axes(vec![axis(AxisHints::new_x(), "β")])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "code μ")])
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([0.0, -1.35], [right, 1.35])));
    let marks = PlotPainter::new(ui, context, response.transform);
    // Beyond b = a² one code is left.
    marks.curve([[merged, 0.0], [right, 0.0]].into_iter(), Stroke::new(CURVE_WIDTH, palette.ink), &[]);
    let near = || (0..=60).map(|k| 1.0 - (1.0 - f64::from(k) / 60.0).powi(2)).map(|r| [merged * r, (1.0 - r).sqrt()]);
    for sign in [1.0, -1.0] {
        let exact = best_codes().iter().map(|[ratio, code]| [merged * ratio, sign * code]);
        marks.curve(exact, Stroke::new(CURVE_WIDTH, palette.ink), &[]);
        marks.curve(near().map(|[x, y]| [x, sign * y]), Stroke::new(1.6, palette.truth), &[9.0, 3.0, 2.0, 3.0]);
    }
    here(&marks, palette, objective.beta, [-1.35, 1.35]);
    for code in mean_codes(snapshot).into_iter().flatten() {
        run_dot(&marks, [objective.beta, code], palette);
    }
    let corner = marks.painter.clip_rect().right_top();
    for (line, (text, color)) in
        [("optimum (theorem)", palette.ink), ("±√(1 − b/a²) near b = a²", palette.truth), ("● this run", palette.ink)]
            .into_iter()
            .enumerate()
    {
        let at = pos2(corner.x - 5.0, corner.y + 3.0 + 16.0 * line as f32);
        marks.label(at, Align2::RIGHT_TOP, text, color);
    }
    hover(context, response.response, |pointer| {
        let exact =
            [1.0, -1.0].into_iter().flat_map(|s| best_codes().iter().map(move |[r, code]| [merged * r, s * code]));
        values_at(&marks, pointer, ["β", "code"], [NamedMarks::new("optimum", exact)])
    });
}

/// KL per latent, the largest first: a mean over encoded observations.
fn measured_kl(snapshot: &Snapshot) -> Vec<f64> {
    let count = OBSERVATIONS.min(snapshot.encodings.columns());
    let mut kl = vec![0.0; snapshot.latent_dim()];
    for i in 0..count {
        kl.iter_mut()
            .zip(snapshot.posterior(i).kl_per_dim(snapshot.vae.prior))
            .for_each(|(sum, kl)| *sum += kl / count as f64);
    }
    kl.sort_unstable_by(|a, b| b.total_cmp(a));
    kl
}

fn water_filling(ui: &mut Ui, context: &ViewContext<'_>, eigenvalues: &[f64]) {
    let (palette, snapshot) = (ViewContext::palette(ui), context.snapshot);
    let objective = &snapshot.settings.objective;
    let m = snapshot.latent_dim();
    let floor = f64::MIN_POSITIVE;
    let collapse = |lambda: f64| (lambda.max(floor) / objective.sigma2).log10();
    let leading: Vec<f64> = eigenvalues.iter().copied().take(m).filter(|lambda| *lambda > 0.0).collect();
    let (Some(most), Some(least)) = (leading.first(), leading.last()) else { return };
    let now = objective.beta.max(floor).log10();
    // From well before the first collapse to after the last one, and to the run.
    let low = (collapse(*least) - 1.2).max(collapse(*most) - 4.0).min(now - 0.3);
    let high = (collapse(*most) + 0.4).max(now + 0.3);
    let at = |x: f64| kl_at_optimum(eigenvalues, m, 10_f64.powf(x) * objective.sigma2);
    let measured = measured_kl(snapshot);
    let top = 1.1 * measured.iter().copied().chain(at(low)).filter(|x| x.is_finite()).fold(0.2, f64::max);
    let response = still_plot(ui, "KL over beta", context)
        .x_grid_spacer(move |_| {
            let marks = (low.floor() as i32..=high.ceil() as i32).map(f64::from);
            marks.map(|value| GridMark { value, step_size: 1.0 }).collect()
        })
        .y_grid_spacer(grid(5.0))
        .custom_x_axes(vec![
            axis(AxisHints::new_x(), "β").formatter(|mark, _| two_digits(10_f64.powf(mark.value.round()))),
        ])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "KL (nats)")])
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([low, -0.06 * top], [high, top])));
    let marks = PlotPainter::new(ui, context, response.transform);
    let places = || (0..=120).map(|k| low + (high - low) * f64::from(k) / 120.0);
    let curve = |i: usize| places().map(move |x| [x, at(x)[i]]).collect::<Vec<_>>();
    for (i, lambda) in leading.iter().enumerate() {
        // The corner is drawn sharp.
        let mut points = curve(i);
        points.push([collapse(*lambda), 0.0]);
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        marks.curve(points.into_iter(), Stroke::new(CURVE_WIDTH, palette.latent), dashes(i));
        let name = format!("λ{}", indexed("", i));
        marks.label(marks.at([collapse(*lambda), 0.0]), Align2::CENTER_BOTTOM, &name, palette.latent);
    }
    here(&marks, palette, now, [-0.06 * top, top]);
    for kl in measured {
        run_dot(&marks, [now, kl], palette);
    }
    let corner = marks.painter.clip_rect().right_top();
    for (line, text) in ["½ log(λᵢ/b) (theorem)", "● this run"].into_iter().enumerate() {
        let at = pos2(corner.x - 5.0, corner.y + 3.0 + 16.0 * line as f32);
        marks.label(at, Align2::RIGHT_TOP, text, if line == 0 { palette.latent } else { palette.ink });
    }
    hover(context, response.response, |pointer| {
        let optimum =
            (0..leading.len()).map(|i| NamedMarks::new(format!("KL at the optimum, {}", indexed("λ", i)), curve(i)));
        values_at(&marks, pointer, ["log₁₀ β", "nats"], optimum)
    });
}

/// The line of β of the run.
fn here(marks: &PlotPainter, palette: &Palette, at: f64, [low, high]: [f64; 2]) {
    marks.curve([[at, low], [at, high]].into_iter(), Stroke::new(1.2, palette.muted), &[3.0, 3.0]);
}

fn run_dot(marks: &PlotPainter, at: [f64; 2], palette: &Palette) {
    marks.painter.circle(marks.at(at), DOT, palette.ink, Stroke::new(1.2, palette.paper));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scene;
    use crate::viz::query::tests::trained;

    #[test]
    fn linear_runs_lie_on_the_curves_of_water_filling() {
        let (snapshot, _) = trained("linear", 3000);
        let Some(BetaPicture::WaterFilling { eigenvalues }) = BetaPicture::of(&snapshot) else { panic!("no picture") };
        let optimum = kl_at_optimum(&eigenvalues, 2, snapshot.settings.objective.b());
        for (measured, optimum) in measured_kl(&snapshot).into_iter().zip(optimum) {
            // 256 held-out observations.
            assert!((measured - optimum).abs() < 0.15, "{measured} {optimum}");
        }
    }

    #[test]
    fn two_points_lie_on_their_pitchfork() {
        // As long as its scene asks for, within the tolerance of `unpick check`.
        let steps = Scene::named("two-points").unwrap().training.steps as usize;
        let (snapshot, _) = trained("two-points", steps);
        let Some(BetaPicture::Pitchfork { half }) = BetaPicture::of(&snapshot) else { panic!("no picture") };
        let code = glued_code(snapshot.settings.objective.b() / (half * half));
        let [first, second] = mean_codes(&snapshot).unwrap();
        assert!(((first - second).abs() - 2.0 * code).abs() < 0.06, "{first} {second} {code}");
        let drawn = best_codes();
        assert!(drawn.windows(2).all(|pair| pair[1][0] > pair[0][0] && pair[1][1] <= pair[0][1] + 1e-6));
        assert!(BetaPicture::of(&trained("cylinder", 0).0).is_none(), "no closed form");
    }
}
