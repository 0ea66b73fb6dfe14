//! What a session keeps of the window beside the run: z* and what is looked at, where the views are, light or dark.

use eframe::egui::Theme;
use serde_json::{Value, json};

use super::Selection;
use super::layout::Layout;
use crate::data::Dataset;

/// What a figure keeps: its own theme says nothing about that of a window.
pub(super) fn looks_of_figure(selection: &Selection, layout: Option<&Layout>) -> Value {
    let mut looks = json!({ "selection": selection });
    if let Some(layout) = layout.and_then(|layout| serde_json::to_value(layout).ok()) {
        looks["layout"] = layout;
    }
    looks
}

/// What a window keeps.
pub(super) fn looks_of_window(selection: &Selection, layout: &Layout, theme: Theme) -> Value {
    let mut looks = looks_of_figure(selection, Some(layout));
    looks["theme"] = if theme == Theme::Dark { "dark" } else { "light" }.into();
    looks
}

/// The selection that was kept. A file may say anything: what does not fit the data is left as it is at the start.
pub(crate) fn selection_in(looks: &Value, now: &Selection, data: &Dataset) -> Selection {
    let Ok(mut kept) = serde_json::from_value::<Selection>(looks["selection"].clone()) else { return now.at_start() };
    kept.z.iter_mut().chain(kept.corners.as_flattened_mut()).for_each(|z| *z = z.clamp(-20.0, 20.0));
    kept.tau = kept.tau.clamp(0.0, 1.0);
    kept.phi = kept.phi.clamp(-180.0, 180.0);
    kept.color = kept.color.filter(|row| *row < data.factor_names.len());
    kept.camera = kept.camera.filter(|camera| {
        let numbers = [camera.azimuth, camera.elevation, camera.half_height];
        let [x, y, z] = camera.target;
        let sound = numbers.into_iter().chain([x, y, z]).all(|x| x.abs() < 1e6);
        sound && camera.half_height > 1e-6 && camera.field_of_view.is_none_or(|angle| angle > 0.01 && angle < 3.0)
    });
    if looks["selection"].get("layers").is_none() {
        // A recipe says nothing about them.
        kept.layers = now.layers;
    }
    kept
}

/// The layout that was kept, if it has every view once.
pub(super) fn layout_in(looks: &Value, own: &Layout) -> Option<Layout> {
    let kept: Layout = serde_json::from_value(looks["layout"].clone()).ok()?;
    kept.is_a_rearranged(own).then_some(kept)
}

/// The theme that was kept.
pub(super) fn theme_in(looks: &Value) -> Option<Theme> {
    match looks["theme"].as_str()? {
        "light" => Some(Theme::Light),
        "dark" => Some(Theme::Dark),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Layers;
    use crate::data::{Scene, generate};
    use crate::paint::Camera;

    #[test]
    fn what_does_not_fit_is_left_out() {
        let data = generate(Scene::named("linear").unwrap(), 0);
        let now = Selection::default();
        let kept = Selection { z: vec![0.5, -1.0], tau: 0.25, color: Some(1), ..Selection::default() };
        assert_eq!(selection_in(&looks_of_figure(&kept, None), &now, &data), kept);
        let camera = Some(Camera { half_height: 0.0, ..Camera::default() });
        let wild = Selection { z: vec![1e300, 0.0], tau: -4.0, color: Some(99), camera, ..Selection::default() };
        let tamed = selection_in(&looks_of_figure(&wild, None), &now, &data);
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
        let looks = looks_of_window(&Selection::default(), &Layout::compare(), Theme::Dark);
        assert_eq!(layout_in(&looks, &Layout::compare()), Some(Layout::compare()));
        assert_eq!((layout_in(&looks, &Layout::single()), theme_in(&looks)), (None, Some(Theme::Dark)));
        let figure = looks_of_figure(&Selection::default(), Some(&Layout::single()));
        assert_eq!((layout_in(&figure, &Layout::single()).is_some(), theme_in(&figure)), (true, None));
    }
}
