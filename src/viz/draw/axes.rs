//! Plots with their axes, ticks and grid lines.

use std::ops::RangeInclusive;

use eframe::egui::{FontId, Rangef, Ui, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, Plot, PlotBounds};

use super::number::tick;
use crate::viz::context::ViewContext;
use crate::viz::theme::SMALLEST_TEXT;

/// An axis of a plot named `name`, with labels close enough that a small plot still has some.
pub(crate) fn axis<'a>(hints: AxisHints<'a>, name: &str) -> AxisHints<'a> {
    let hints = hints.label_spacing(Rangef::new(14.0, 20.0)).tick_label_font(FontId::proportional(SMALLEST_TEXT));
    let hints = hints.formatter(|mark, seen| within(&mark, seen, || tick(mark.value, mark.step_size)));
    if name.is_empty() { hints } else { hints.label(name) }
}

/// [`axis`] across, without a number at its beginning, which would meet that of the axis upwards in a small plot.
pub(crate) fn axis_across(name: &str) -> AxisHints<'_> {
    const BEGINNING: f64 = 0.08;
    axis(AxisHints::new_x(), name).formatter(|mark, seen| {
        let is_first = mark.value < seen.start() + BEGINNING * (seen.end() - seen.start());
        if is_first { String::new() } else { within(&mark, seen, || tick(mark.value, mark.step_size)) }
    })
}

/// The number of a mark, unless it would reach beyond the end of its axis.
fn within(mark: &GridMark, seen: &RangeInclusive<f64>, number: impl FnOnce() -> String) -> String {
    const END: f64 = 0.02;
    let is_last = mark.value > seen.end() - END * (seen.end() - seen.start());
    if is_last { String::new() } else { number() }
}

/// [`axis`] with labels in units of their own: centre + scale · value.
pub(crate) fn axis_in<'a>(hints: AxisHints<'a>, name: &str, [centre, scale]: [f64; 2]) -> AxisHints<'a> {
    axis(hints, name)
        .formatter(move |mark, seen| within(&mark, seen, || tick(centre + scale * mark.value, scale * mark.step_size)))
}

/// [`grid`] with lines that are round in units of their own.
pub(crate) fn grid_in(count: f64, [centre, scale]: [f64; 2]) -> impl Fn(GridInput) -> Vec<GridMark> {
    let round = grid(count);
    move |input| {
        let (low, high) = input.bounds;
        let marks = round(GridInput { bounds: (centre + scale * low, centre + scale * high), ..input });
        let back =
            |mark: GridMark| GridMark { value: (mark.value - centre) / scale, step_size: mark.step_size / scale };
        marks.into_iter().map(back).collect()
    }
}

/// Round values between two ends, about `count` of them, each with its number: both in units of their own (centre + scale · value).
pub(crate) fn round_ticks([low, high]: [f64; 2], count: f64, units: [f64; 2]) -> Vec<(f64, String)> {
    let marks = grid_in(count, units)(GridInput { bounds: (low, high), base_step_size: 1.0 });
    let [centre, scale] = units;
    marks.into_iter().map(|mark| (mark.value, tick(centre + scale * mark.value, scale * mark.step_size))).collect()
}

/// Bounds between two corners, wide enough that double precision tells their points apart: those of what lies 10³⁶ from zero are 10²⁷ wide.
/// From −1 to 1 where a corner is not finite.
pub(crate) fn bounds_between(low: [f64; 2], high: [f64; 2]) -> PlotBounds {
    const LEAST_SHARE: f64 = 1e-9;
    let mut ends = [low, high];
    if !ends.as_flattened().iter().all(|x| x.is_finite()) {
        ends = [[-1.0; 2], [1.0; 2]];
    }
    let [mut low, mut high] = ends;
    for (low, high) in low.iter_mut().zip(&mut high) {
        let missing = LEAST_SHARE * low.abs().max(high.abs()) - (*high - *low);
        if missing > 0.0 {
            *low -= missing;
            *high += missing;
        }
    }
    PlotBounds::from_min_max(low, high)
}

/// Grid lines at multiples of 1, 2 or 5 times a power of ten, about `count` of them and at least two: one number tells no scale.
pub(crate) fn grid(count: f64) -> impl Fn(GridInput) -> Vec<GridMark> {
    move |input| {
        let (low, high) = input.bounds;
        let rough = ((high - low) / count).max(1e-12);
        let power = 10_f64.powf(rough.log10().floor());
        let lines = |step: f64| {
            let first = (low / step).ceil();
            let marks = (0..=(4.0 * count) as usize).map(|k| (first + k as f64) * step);
            marks.take_while(|value| *value <= high).map(|value| GridMark { value, step_size: step }).collect()
        };
        let steps = [10.0, 5.0, 2.0, 1.0, 0.5, 0.2].map(|k| k * power);
        let widest = steps.iter().rposition(|step| *step >= 0.75 * rough).unwrap_or(0);
        let enough = steps[widest..].iter().map(|step| lines(*step)).find(|marks: &Vec<GridMark>| marks.len() > 1);
        enough.unwrap_or_else(|| lines(steps[widest]))
    }
}

/// A plot whose axes and grid lines can be left out and are a layer of their own.
pub(crate) fn plot(ui: &Ui, id: &str, context: &ViewContext<'_>) -> Plot<'static> {
    context.layer(ui.painter(), 1, "axes");
    Plot::new(id.to_owned())
        .show_axes(context.axes)
        .show_grid(context.axes)
        .show_x(false)
        .show_y(false)
        .grid_color(ViewContext::palette(ui).rule)
}

/// A plot that stays as it is: nothing in it moves by dragging or scrolling.
pub(crate) fn still_plot(ui: &Ui, id: &str, context: &ViewContext<'_>) -> Plot<'static> {
    plot(ui, id, context)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .min_size(vec2(40.0, 30.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_never_narrower_than_numbers_can_tell() {
        let far = bounds_between([6e36, 0.0], [6e36, 1.0]);
        assert!(far.is_valid() && far.width() < 1e-8 * 6e36 && far.min()[0] < 6e36 && 6e36 < far.max()[0]);
        assert_eq!((far.min()[1], far.max()[1]), (0.0, 1.0), "what is wide enough stays");
        for low in [f64::NAN, f64::INFINITY] {
            assert_eq!(bounds_between([low, 0.0], [1.0; 2]), PlotBounds::from_min_max([-1.0; 2], [1.0; 2]));
        }
    }

    #[test]
    fn ticks_are_round_in_units_of_their_own() {
        let ticks = round_ticks([-1.9, 2.1], 5.0, [44.0, 5.5]);
        let numbers: Vec<&str> = ticks.iter().map(|(_, number)| number.as_str()).collect();
        assert_eq!(numbers, ["35", "40", "45", "50", "55"]);
        assert!(ticks.iter().all(|(place, number)| (44.0 + 5.5 * place - number.parse::<f64>().unwrap()).abs() < 1e-9));
        assert_eq!(round_ticks([-1.0, 1.0], 2.0, [0.0, 1.0]).len(), 3);
    }

    #[test]
    fn grids_have_round_lines_inside_the_bounds() {
        for (bounds, expected) in [
            ((-0.3, 3.2), vec![0.0, 1.0, 2.0, 3.0]),
            ((0.0, 0.09), vec![0.0, 0.02, 0.04, 0.06, 0.08]),
            ((0.9, 1.9), vec![1.0, 1.2, 1.4, 1.6, 1.8]),
        ] {
            let marks = grid(4.0)(GridInput { bounds, base_step_size: 1.0 });
            assert_eq!(marks.len(), expected.len(), "{marks:?}");
            assert!(marks.iter().zip(expected).all(|(mark, value)| (mark.value - value).abs() < 1e-12));
        }
        // A step of 1 would leave one line.
        let marks = grid(1.3)(GridInput { bounds: (0.1, 1.4), base_step_size: 1.0 });
        assert_eq!(marks.iter().map(|mark| mark.value).collect::<Vec<_>>(), [0.5, 1.0]);
    }
}
