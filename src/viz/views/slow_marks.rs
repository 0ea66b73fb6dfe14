//! The marks of a step that is shown slowly, in latent space and in data space.

use eframe::egui::{Align2, Painter, Pos2, Rect, Stroke, vec2};

use crate::viz::context::ViewContext;
use crate::viz::draw::ellipse::ellipse;
use crate::viz::draw::labels::label;
use crate::viz::draw::plot_painter::{PlotPainter, ring};
use crate::viz::slow_step::StepMoment;
use crate::viz::theme::{ARROW_WIDTH, CURVE_WIDTH, HANDLE_RADIUS, Palette};

/// The length of the longest arrow of a pull, in prior standard deviations.
const PULL: f64 = 0.8;

/// In a plane of latent space: μ, the posterior, the sample, and what pulls at both.
pub(super) fn in_latent_space(marks: &PlotPainter, context: &ViewContext<'_>, [a, b]: [usize; 2], palette: &Palette) {
    let Some((step, moment)) = context.slow_step else { return };
    let at = |z: &[f64]| [z[a], if a == b { 0.0 } else { z[b] }];
    let mean = at(step.posterior.mean.as_slice());
    let name = |point: [f64; 2], text: &str, aside: f32, anchor: Align2| {
        marks.label(marks.at(point) + vec2(-10.0, aside), anchor, text, palette.ink);
    };
    marks.layer("slow step");
    if moment >= StepMoment::Encode {
        marks.dot(mean, palette.ink, false);
        name(mean, "μ", 10.0, Align2::RIGHT_TOP);
    }
    if moment >= StepMoment::Posterior && a != b {
        let factor = step.posterior.marginal_factor([a, b]);
        for deviations in [1.0, 2.0] {
            marks.curve(ellipse(mean, factor, deviations), Stroke::new(CURVE_WIDTH, palette.ink), &[]);
        }
    }
    if moment == StepMoment::Draw {
        // ε has the units of the prior, in which latent space is drawn.
        let noise: Vec<f64> = step.next.noise.iter().map(|x| f64::from(*x)).collect();
        marks.arrow([0.0; 2], at(&noise), palette.muted, "ε");
    }
    if moment >= StepMoment::Sample {
        let z = at(&step.z);
        marks.curve([mean, z].into_iter(), Stroke::new(CURVE_WIDTH, palette.ink), &[4.0, 3.0]);
        marks.dot(z, palette.latent, true);
        // Above, since it may lie on μ.
        name(z, "z", -10.0, Align2::RIGHT_BOTTOM);
    }
    if moment >= StepMoment::Gradient {
        let (data, prior) = (at(&step.data_pull), at(&step.prior_pull));
        let longest = [data, prior].iter().map(|v| v[0].hypot(v[1])).fold(1e-300, f64::max);
        let z = at(&step.z);
        for (from, pull, text) in [(z, data, "data"), (mean, prior, "prior")] {
            let to = [from[0] + PULL * pull[0] / longest, from[1] + PULL * pull[1] / longest];
            marks.arrow(from, to, palette.alarm, text);
        }
    }
}

/// In data space: x, the decoded sample, and the error between them. `seen` is where a point is on the screen.
pub(super) fn in_data_space(
    painter: &Painter,
    place: Rect,
    context: &ViewContext<'_>,
    seen: impl Fn(&[f64]) -> Option<Pos2>,
    palette: &Palette,
) {
    let Some((step, moment)) = context.slow_step else { return };
    context.layer(painter, 1, "slow step");
    let painter = painter.with_clip_rect(place.intersect(painter.clip_rect()));
    let (x, decoded) = (seen(&step.x), seen(&step.decoded));
    let named = |at: Pos2, text: &str, up: f32| {
        let (corner, anchor) = (at + vec2(10.0, up), Align2::LEFT_CENTER);
        label(&painter, corner, anchor, text, palette.ink, palette.paper);
    };
    if let (Some(x), Some(decoded)) = (x, decoded.filter(|_| moment >= StepMoment::Error)) {
        painter.line_segment([decoded, x], Stroke::new(ARROW_WIDTH, palette.alarm));
    }
    if let Some(x) = x {
        ring(&painter, x, HANDLE_RADIUS, palette.ink, palette.paper);
        named(x, "x", -12.0);
    }
    if let Some(decoded) = decoded.filter(|_| moment >= StepMoment::Decode) {
        ring(&painter, decoded, HANDLE_RADIUS, palette.image, palette.paper);
        named(decoded, "x̂", 12.0);
    }
}
