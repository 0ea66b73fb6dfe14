//! Draws a 3-D scene into a texture, beside the thread of the window. The newest request wins.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use eframe::egui::{Color32, Context, Rect, TextureHandle, TextureOptions, Ui, pos2};

use crate::paint::{Camera, Frame, Picture, Scene3, Worker, render};
use crate::viz::picture::for_texture;

/// The source of a 3-D scene, cheap to make and to compare: the scene itself is built on the render thread.
pub trait SceneSource: Any + Debug + Send + Sync {
    /// Builds the scene.
    fn scene(&self) -> Scene3;

    /// True if the other source gives the same scene.
    fn is_same(&self, other: &dyn SceneSource) -> bool;

    /// True if the other source, an older one, may be seen until this one is drawn.
    fn continues(&self, other: &dyn SceneSource) -> bool;
}

/// A scene to be drawn.
#[derive(Clone, Debug)]
pub struct SceneRequest {
    /// The things.
    pub source: Arc<dyn SceneSource>,
    /// The camera.
    pub camera: Camera,
    /// The place in the window.
    pub rect: Rect,
    /// The colour behind the things.
    pub background: Color32,
}

impl SceneRequest {
    fn is_same(&self, other: &Self) -> bool {
        (self.camera, self.rect, self.background) == (other.camera, other.rect, other.background)
            && self.source.is_same(&*other.source)
    }
}

/// Draws scenes into a texture.
pub struct ScenePainter {
    /// `None`: draw at once, as figures need it.
    worker: Option<Worker<(SceneRequest, Picture)>>,
    asked: Option<(SceneRequest, f32)>,
    texture: Option<TextureHandle>,
    /// What the texture shows.
    shown: Option<SceneRequest>,
}

impl Debug for ScenePainter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScenePainter").field("worker", &self.worker).finish_non_exhaustive()
    }
}

impl ScenePainter {
    /// Draws at once.
    pub fn immediate() -> Self {
        Self { worker: None, asked: None, texture: None, shown: None }
    }

    /// Draws on a thread of its own. `wake` is called whenever a picture is ready.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn threaded(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        Ok(Self { worker: Some(Worker::spawn(wake)?), ..Self::immediate() })
    }

    /// Shows the newest picture, and asks for a newer one if anything changed. Gives what the picture is of: what is written on it has
    /// to be of the same time point and camera. Before the first picture of its data that is the request itself.
    pub fn paint(&mut self, ui: &Ui, request: SceneRequest) -> SceneRequest {
        let pixels_per_point = ui.pixels_per_point();
        let rect = request.rect;
        let changed =
            self.asked.as_ref().is_none_or(|(old, scale)| !old.is_same(&request) || *scale != pixels_per_point);
        if changed {
            match &self.worker {
                Some(worker) => {
                    let job = request.clone();
                    worker.submit(move |supersample, threads| {
                        (job.clone(), draw(&job, pixels_per_point, supersample, threads))
                    });
                }
                None => self.show(ui.ctx(), request.clone(), draw(&request, pixels_per_point, 2, 2)),
            }
            self.asked = Some((request.clone(), pixels_per_point));
        }
        if let Some((shown, picture)) = self.worker.as_ref().and_then(Worker::take) {
            self.show(ui.ctx(), shown, picture);
        }
        // A scene of other data, or on another ground, is not shown beneath the names of these.
        let continues =
            |shown: &SceneRequest| shown.background == request.background && request.source.continues(&*shown.source);
        let shown = self.shown.clone().filter(continues);
        if let Some(texture) = self.texture.as_ref().filter(|_| shown.is_some()) {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            ui.painter_at(rect).image(texture.id(), rect, whole, Color32::WHITE);
        }
        shown.unwrap_or(request)
    }

    fn show(&mut self, ctx: &Context, shown: SceneRequest, picture: Picture) {
        self.shown = Some(shown);
        let image = for_texture(ctx, picture.into());
        match &mut self.texture {
            Some(texture) => texture.set(image, TextureOptions::LINEAR),
            None => self.texture = Some(ctx.load_texture("data space", image, TextureOptions::LINEAR)),
        }
    }
}

fn draw(request: &SceneRequest, pixels_per_point: f32, supersample: usize, threads: usize) -> Picture {
    let pixels = |points: f32| (points * pixels_per_point).round().max(1.0) as usize;
    let frame = Frame {
        width: pixels(request.rect.width()),
        height: pixels(request.rect.height()),
        pixels_per_point,
        supersample,
        threads,
        background: request.background,
    };
    render(&request.source.scene(), &request.camera, &frame)
}
