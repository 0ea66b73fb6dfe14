//! The axis of steps, and the range of it that is shown.

use egui_plot::{GridInput, GridMark};

use super::series::HistoryCurve;
use crate::viz::draw::axes::grid;

/// The axis of steps: as they are, or their square root, which leaves room to what happens first.
#[derive(Clone, Copy)]
pub(super) struct StepAxis {
    pub(super) is_root: bool,
}

impl StepAxis {
    pub(super) fn place(self, step: f64) -> f64 {
        if self.is_root { step.max(0.0).sqrt() } else { step }
    }

    pub(super) fn step(self, place: f64) -> f64 {
        if self.is_root { place.max(0.0).powi(2) } else { place }
    }

    pub(super) fn curve(self, curve: &[[f64; 2]]) -> HistoryCurve {
        curve.iter().map(|[step, y]| [self.place(*step), *y]).collect()
    }

    /// Lines at round steps, as far apart as their numbers need in a plot `width` points wide.
    pub(super) fn grid(self, input: GridInput, width: f32) -> Vec<GridMark> {
        let most = f64::from(width / NUMBER);
        if !self.is_root {
            return grid(most.clamp(1.0, 6.0))(input);
        }
        let [first, last] = [self.step(input.bounds.0), self.step(input.bounds.1)];
        let power = 10_f64.powf(last.max(1.0).log10().floor());
        let round = [0.1, 0.5, 1.0, 2.0, 5.0].map(|k| k * power);
        let lines = std::iter::once(0.0).chain(round).filter(|step| (first..=last).contains(step));
        let apart = (input.bounds.1 - input.bounds.0) / most;
        let mut marks: Vec<GridMark> = Vec::new();
        // The later ones count.
        for value in lines.map(|step| self.place(step)).collect::<Vec<_>>().into_iter().rev() {
            if marks.last().is_none_or(|mark| mark.value - value >= apart) {
                marks.push(GridMark { value, step_size: input.bounds.1 / 6.0 });
            }
        }
        marks
    }
}

/// The width of the number of a step with the gap to the next one, in points.
const NUMBER: f32 = 44.0;

/// The least share of all steps that the plots show.
pub(super) const LEAST_SHARE: f64 = 0.01;

/// The range of steps that is asked for, within all of them.
pub(super) fn range_within(asked: Option<[f64; 2]>, all: [f64; 2]) -> [f64; 2] {
    let Some([low, high]) = asked else { return all };
    let fits = low.is_finite() && high.is_finite() && low < high && low < all[1];
    if fits { [low.max(all[0]), high.min(all[1])] } else { all }
}

/// The step at a place on the axis; `None` at its end, which is the newest step.
pub(super) fn step_at(x: f64, last: u64) -> Option<u64> {
    let step = x.max(0.0).round() as u64;
    (x < 0.99 * last as f64 && step < last).then_some(step)
}

/// 1500 as 1.5k.
pub(super) fn steps(value: f64) -> String {
    // The square of a root is a whole number but for rounding.
    let value = if (value - value.round()).abs() < 1e-6 * value.abs() { value.round() } else { value };
    if value.abs() >= 1000.0 { format!("{}k", value / 1000.0) } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_steps_stand_apart() {
        for (is_root, last) in [(true, 1500.0), (true, 20_000.0), (false, 1500.0), (false, 999.0)] {
            let axis = StepAxis { is_root };
            for width in [120.0_f32, 220.0, 400.0, 900.0] {
                let bounds = (0.0, axis.place(last));
                let mut places: Vec<f64> =
                    axis.grid(GridInput { bounds, base_step_size: 1.0 }, width).iter().map(|mark| mark.value).collect();
                places.sort_by(f64::total_cmp);
                assert!(places.len() >= 2, "{is_root} {last} {width}: {places:?}");
                let per_point = f64::from(width) / bounds.1;
                assert!(
                    places.windows(2).all(|ends| per_point * (ends[1] - ends[0]) > 30.0),
                    "{last} {width}: {places:?}"
                );
            }
        }
    }

    #[test]
    fn a_range_of_another_run_is_not_kept() {
        let all = [0.0, 1000.0];
        assert_eq!(range_within(Some([150.0, 2000.0]), all), [150.0, 1000.0]);
        assert_eq!(range_within(Some([2000.0, 3000.0]), all), all, "of another run");
        assert_eq!(range_within(Some([f64::NAN, 3.0]), all), all);
    }
}
