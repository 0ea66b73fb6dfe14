//! The view state that a session keeps beside the run: selection, layout, theme.

use eframe::egui::Theme;
use serde_json::{Value, json};

use super::layout::Layout;
use crate::data::Dataset;
use crate::viz::selection::Selection;

/// The state that a figure keeps. Its theme says nothing about that of a window.
pub(crate) fn state_of_figure(selection: &Selection, layout: Option<&Layout>) -> Value {
    let mut state = json!({ "selection": selection.at_rest() });
    if let Some(layout) = layout.and_then(|layout| serde_json::to_value(layout).ok()) {
        state["layout"] = layout;
    }
    state
}

/// The state that a window keeps.
pub(crate) fn state_of_window(selection: &Selection, layout: &Layout, theme: Theme) -> Value {
    let mut state = state_of_figure(selection, Some(layout));
    state["theme"] = if theme == Theme::Dark { "dark" } else { "light" }.into();
    state
}

/// The kept selection. A file may say anything: values that do not fit the data are left as at the start.
pub(crate) fn selection_in(state: &Value, now: &Selection, data: &Dataset) -> Selection {
    let Ok(mut kept) = serde_json::from_value::<Selection>(state["selection"].clone()) else { return now.at_start() };
    kept.z.iter_mut().chain(kept.corners.as_flattened_mut()).for_each(|z| *z = z.clamp(-20.0, 20.0));
    kept.tau = kept.tau.clamp(0.0, 1.0);
    kept.phi = kept.phi.clamp(-180.0, 180.0);
    kept.color = kept.color.filter(|row| *row < data.factor_names.len() + data.labels.len());
    kept.camera = kept.camera.filter(|camera| {
        let numbers = [camera.azimuth, camera.elevation, camera.half_height];
        let [x, y, z] = camera.target;
        let sound = numbers.into_iter().chain([x, y, z]).all(|x| x.abs() < 1e6);
        sound && camera.half_height > 1e-6 && camera.field_of_view.is_none_or(|angle| angle > 0.01 && angle < 3.0)
    });
    if state["selection"].get("layers").is_none() {
        // A recipe says nothing about them.
        kept.layers = now.layers;
    }
    kept
}

/// The kept layout, if it has every view once.
pub(crate) fn layout_in(state: &Value, own: &Layout) -> Option<Layout> {
    let kept: Layout = serde_json::from_value(state["layout"].clone()).ok()?;
    let kept = kept.completed(own);
    kept.is_a_rearranged(own).then_some(kept)
}

/// The kept theme.
pub(crate) fn theme_in(state: &Value) -> Option<Theme> {
    match state["theme"].as_str()? {
        "light" => Some(Theme::Light),
        "dark" => Some(Theme::Dark),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Scene, generate};
    use crate::paint::Camera;
    use crate::viz::layers::Layers;

    #[test]
    fn values_that_do_not_fit_are_left_out() {
        let data = generate(Scene::named("linear").unwrap(), 0);
        let now = Selection::default();
        let layers = Layers { pictures: true, ..Layers::default() };
        let (z, color) = (vec![0.5, -1.0], Some(1));
        let kept = Selection { z, tau: 0.25, color, pairs: true, layers, ..Selection::default() };
        assert_eq!(selection_in(&state_of_figure(&kept, None), &now, &data), kept);
        let camera = Some(Camera { half_height: 0.0, ..Camera::default() });
        let wild = Selection { z: vec![1e300, 0.0], tau: -4.0, color: Some(99), camera, ..Selection::default() };
        let tamed = selection_in(&state_of_figure(&wild, None), &now, &data);
        assert_eq!((tamed.z, tamed.tau, tamed.color, tamed.camera), (vec![20.0, 0.0], 0.0, None, None));
        for nothing in [Value::Null, json!({}), json!({ "selection": 3 }), json!("x")] {
            assert_eq!(selection_in(&nothing, &now, &data), now.at_start());
            assert_eq!((layout_in(&nothing, &Layout::single()), theme_in(&nothing)), (None, None));
        }
        let hidden = Selection { layers: Layers { surface: false, ..Layers::default() }, ..Selection::default() };
        let recipe = selection_in(&json!({ "selection": { "z": [1.0] } }), &hidden, &data);
        assert_eq!((recipe.z, recipe.layers), (vec![1.0], hidden.layers));
    }

    #[test]
    fn layout_and_theme_come_back() {
        let state = state_of_window(&Selection::default(), &Layout::compare(), Theme::Dark);
        assert_eq!(layout_in(&state, &Layout::compare()), Some(Layout::compare()));
        assert_eq!((layout_in(&state, &Layout::single()), theme_in(&state)), (None, Some(Theme::Dark)));
        let figure = state_of_figure(&Selection::default(), Some(&Layout::single()));
        assert_eq!((layout_in(&figure, &Layout::single()).is_some(), theme_in(&figure)), (true, None));
    }
}
