//! What the window goes on with: a scene, data of one's own, or a run that was saved as session, figure or recipe.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::side::Promise;
use super::{App, Selection};
use crate::cli::{self, OriginArgs, Start};
use crate::data::{Dataset, Scene, generate};
use crate::experiment::{Config, Experiment, Origin};
use crate::io::{Recipe, Session};
use crate::trainer::Request;

impl App {
    /// Starts the run of a scene.
    pub fn open_scene(&mut self, scene: Scene) {
        let (seed, samples) = (self.sides[self.active].draft.config.seed, scene.generator.samples);
        let data = Arc::new(generate(&scene, seed));
        self.replace(Config::new(Origin::Scene(Box::new(scene)), seed, samples), data);
    }

    /// Goes on with a session, a figure, the folder of a run, a scene file, or data of one's own, whatever the file holds.
    /// If it can't be used, everything stays as it is.
    pub fn open_file(&mut self, path: &Path) {
        if self.open_origin(&OriginArgs::of_file(path)) {
            self.remember(path);
        }
    }

    /// Repeats the run that a line of text describes. If that makes no sense, everything stays as it is.
    pub fn open_recipe(&mut self, line: &str) {
        match line.parse::<Recipe>() {
            Ok(recipe) => {
                self.open_origin(&OriginArgs { recipe: Some(recipe), ..OriginArgs::default() });
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// Says whether the run has begun.
    fn open_origin(&mut self, origin: &OriginArgs) -> bool {
        // What is repeated keeps its seed; the rest takes that of the controls.
        let seed = (!origin.is_repeated()).then_some(self.sides[self.active].draft.config.seed);
        match cli::start(origin, "linear", seed) {
            Ok(start) if origin.is_repeated() => self.resume(start),
            Ok(start) => self.replace(start.config, start.data),
            Err(error) => {
                self.notice = Some(error.to_string());
                return false;
            }
        }
        true
    }

    /// Repeats a saved run up to its last step, with every change at its step, and looks at it as it was looked at.
    pub fn resume(&mut self, start: Start) {
        let Start { config, data, log, steps, weights, view } = start;
        let side = &mut self.sides[self.active];
        side.replace(config.clone(), Arc::clone(&data));
        self.selection = restored(&self.selection, &view, &data);
        self.notice = None;
        let changes = log.clone();
        let build = move || {
            let mut run = Experiment::new(config, data).map_err(|e| e.to_string())?;
            run.plan(&changes).map_err(|e| e.to_string())?;
            Ok(run)
        };
        match side.continue_with(build, &self.ctx, self.pace) {
            Ok(()) => {
                side.promise = weights.map(|weights| Promise { log, steps, weights });
                if steps > 0 {
                    side.ask(Request::Steps(steps));
                }
            }
            Err(error) => self.notice = Some(format!("the run cannot be started ({error}); close other programs")),
        }
    }

    fn replace(&mut self, config: Config, data: Arc<Dataset>) {
        self.sides[self.active].replace(config, data);
        self.selection = self.selection.at_start();
        self.notice = None;
        self.start(self.active, true);
    }

    /// The run that the controls belong to, as a session.
    pub fn session(&self) -> Option<Session> {
        self.sides[self.active].snapshot().map(|snapshot| Session::of(snapshot, view_of(&self.selection)))
    }

    /// The run that the controls belong to as one line of text, if its data fit into one.
    pub(super) fn recipe(&self) -> Result<String, String> {
        let snapshot = self.sides[self.active].snapshot().ok_or("there is no run yet")?;
        let z = self.selection.seen_by(snapshot.latent_dim()).z;
        let recipe = Recipe::new(&snapshot.config, &snapshot.log, snapshot.step, &z);
        recipe.map(|recipe| recipe.to_string()).map_err(|e| e.to_string())
    }

    /// Copies the run as one line of text.
    pub(super) fn copy_recipe(&mut self) {
        self.notice = Some(match self.recipe() {
            Ok(line) => {
                self.ctx.copy_text(line.clone());
                format!("copied {line}")
            }
            Err(sentence) => sentence,
        });
    }
}

/// What a session keeps of the window.
pub(crate) fn view_of(selection: &Selection) -> Value {
    json!({ "selection": selection })
}

/// What a session kept. A file may say anything: what does not fit the data is left as it is at the start.
fn restored(now: &Selection, view: &Value, data: &Dataset) -> Selection {
    let Ok(mut kept) = serde_json::from_value::<Selection>(view["selection"].clone()) else { return now.at_start() };
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
    if view["selection"].get("layers").is_none() {
        // A recipe says nothing about them.
        kept.layers = now.layers;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out() {
        let scene = Scene::named("linear").unwrap();
        let data = generate(scene, 0);
        let now = Selection::default();
        let kept = Selection { z: vec![0.5, -1.0], tau: 0.25, color: Some(1), ..Selection::default() };
        assert_eq!(restored(&now, &view_of(&kept), &data), kept);
        let wild = Selection {
            z: vec![1e300, 0.0],
            tau: -4.0,
            color: Some(99),
            camera: Some(crate::paint::Camera { half_height: 0.0, ..crate::paint::Camera::default() }),
            ..Selection::default()
        };
        let tamed = restored(&now, &view_of(&wild), &data);
        assert_eq!((tamed.z, tamed.tau, tamed.color, tamed.camera), (vec![20.0, 0.0], 0.0, None, None));
        for nothing in [Value::Null, json!({}), json!({ "selection": 3 }), json!("x")] {
            assert_eq!(restored(&now, &nothing, &data), now.at_start());
        }
        let hidden = Selection {
            layers: crate::app::Layers { surface: false, ..crate::app::Layers::default() },
            ..Selection::default()
        };
        let recipe = restored(&hidden, &json!({ "selection": { "z": [1.0] } }), &data);
        assert_eq!((recipe.z, recipe.layers), (vec![1.0], hidden.layers));
    }
}
