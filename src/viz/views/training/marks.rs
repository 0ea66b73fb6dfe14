//! Changes of the settings and cycles of the learning rate, as marks over the steps.

use super::step_axis::StepAxis;
use crate::experiment::Snapshot;
use crate::viz::draw::plot_painter::PlotPainter;

/// The height of the mark of a cycle, in points.
pub(super) const CYCLE: f32 = 9.0;

/// The number and the first step of each later cycle of the learning rate since the last change. (A change begins a first one.)
pub(super) fn cycles(run: &Snapshot) -> impl Iterator<Item = (usize, u64)> {
    run.schedule.later_cycles(run.step).into_iter().enumerate().map(|(k, step)| (k + 2, step))
}

/// The cycle at the mark next to the pointer.
pub(super) fn cycle_near(run: &Snapshot, marks: &PlotPainter, axis_of_steps: StepAxis, x: f32) -> Option<String> {
    let is_near = |step: u64| (marks.at([axis_of_steps.place(step as f64), 0.0]).x - x).abs() < 4.0;
    let (number, step) = cycles(run).find(|(_, step)| is_near(*step))?;
    Some(format!("learning rate cycle {number} begins at step {step}"))
}

/// The change at the mark next to the pointer, old → new.
pub(super) fn change_near(run: &Snapshot, marks: &PlotPainter, axis_of_steps: StepAxis, x: f32) -> Option<String> {
    let mut settings = run.config.settings();
    let mut lines = Vec::new();
    for change in &run.log {
        if (marks.at([axis_of_steps.place(change.step as f64), 0.0]).x - x).abs() < 4.0 {
            lines.push(format!("step {}: {}", change.step, change.command.describe_change(&settings)));
            if run.collapse_jump.is_some_and(|jump| jump.step == change.step) {
                lines.push("a jump near collapse: the result depends on the path".to_owned());
            }
        }
        settings = change.command.applied_to(settings);
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
