//! Views, camera and selection of a step of a lesson, in the window and in figures.

use super::layout::Layout;
use crate::lesson::{LessonStep, StepCamera, StepScene};
use crate::viz::command::CameraPose;
use crate::viz::layers::Layers;
use crate::viz::selection::Selection;
use crate::viz::view::View;
use crate::viz::views::view_named;

/// The views of a step, for one run or two.
pub(crate) fn layout_of(step: &LessonStep, runs: usize) -> Layout {
    let row = |names: &Vec<String>| -> Vec<View> { names.iter().filter_map(|name| view_named(name)).collect() };
    Layout::of_views(&step.views.iter().map(row).collect::<Vec<_>>(), runs)
}

/// The camera that a step asks for; `None`: that of the scene.
pub(crate) fn pose_of(step: &LessonStep) -> Option<CameraPose> {
    step.scene.camera.map(|camera| match camera {
        StepCamera::Home => CameraPose::Home,
        StepCamera::Axis(0) => CameraPose::X,
        StepCamera::Axis(1) => CameraPose::Y,
        StepCamera::Axis(_) => CameraPose::Z,
        StepCamera::Tangent => CameraPose::Tangent,
    })
}

/// The selection of a step: as at the start, but for what the step names. Whether there is a legend is left as it is `now`.
pub(crate) fn selection_of(step: &LessonStep, now: &Selection) -> Selection {
    let StepScene { layers, morph, phi, observation, unit_arrows, plane, color, heat, .. } = &step.scene;
    let legend = now.layers.legend;
    let mut selection = Selection { layers: Layers { legend, ..Layers::default() }, ..now.at_start() };
    if let Some(names) = layers {
        for (name, _, is_on) in selection.layers.list() {
            *is_on = names.iter().any(|on| on == name);
        }
        selection.layers.legend |= legend;
    }
    if !step.z.is_empty() {
        selection.z.clone_from(&step.z);
    }
    selection.tau = morph.unwrap_or(selection.tau);
    selection.phi = phi.unwrap_or(selection.phi);
    selection.observation = observation.map(|number| number - 1);
    selection.unit_arrows = *unit_arrows;
    selection.axes = plane.unwrap_or(selection.axes);
    (selection.color, selection.heat) = (*color, *heat);
    selection
}
