//! Three-dimensional pictures inside the window: drawn beside the thread of the window, the newest request wins.

use std::sync::Arc;

use eframe::egui::{Color32, ColorImage, Context, Rect, TextureHandle, TextureOptions, Ui, pos2};

use super::subject::Subject;
use crate::paint::{Camera, Frame, Picture, Worker, render};

/// What is to be drawn where.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// The things. The scene is made of them where it is drawn, which takes longer than most views.
    pub subject: Subject,
    /// From where they are seen.
    pub camera: Camera,
    /// The place in the window.
    pub rect: Rect,
    /// The colour behind them.
    pub background: Color32,
}

/// Turns scenes into a texture.
pub struct Painter3 {
    /// `None`: draw at once, as pictures without a window need it.
    worker: Option<Worker>,
    drawn: Option<(Arc<Sight>, f32)>,
    texture: Option<TextureHandle>,
}

impl std::fmt::Debug for Painter3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Painter3").field("worker", &self.worker).finish_non_exhaustive()
    }
}

impl Painter3 {
    /// Draws at once.
    pub fn immediate() -> Self {
        Self { worker: None, drawn: None, texture: None }
    }

    /// Draws on a thread of its own and asks the window to look when something is done.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn threaded(ctx: &Context) -> std::io::Result<Self> {
        let ctx = ctx.clone();
        let worker = Worker::spawn(move || ctx.request_repaint())?;
        Ok(Self { worker: Some(worker), drawn: None, texture: None })
    }

    /// One more of the same kind.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn another(&self, ctx: &Context) -> std::io::Result<Self> {
        if self.worker.is_some() { Self::threaded(ctx) } else { Ok(Self::immediate()) }
    }

    /// Shows the newest picture that there is, and asks for a newer one if anything changed.
    pub fn paint(&mut self, ui: &Ui, sight: Sight) {
        let pixels_per_point = ui.pixels_per_point();
        let rect = sight.rect;
        let changed = self.drawn.as_ref().is_none_or(|(old, scale)| **old != sight || *scale != pixels_per_point);
        if changed {
            let sight = Arc::new(sight);
            match &self.worker {
                Some(worker) => {
                    let job = Arc::clone(&sight);
                    worker.submit(move |supersample, threads| draw(&job, pixels_per_point, supersample, threads));
                }
                None => self.show(ui.ctx(), draw(&sight, pixels_per_point, 2, 2)),
            }
            self.drawn = Some((sight, pixels_per_point));
        }
        if let Some(picture) = self.worker.as_ref().and_then(Worker::take) {
            self.show(ui.ctx(), picture);
        }
        if let Some(texture) = &self.texture {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            ui.painter_at(rect).image(texture.id(), rect, whole, Color32::WHITE);
        }
    }

    fn show(&mut self, ctx: &Context, picture: Picture) {
        let image: ColorImage = picture.into();
        match &mut self.texture {
            Some(texture) => texture.set(image, TextureOptions::LINEAR),
            None => self.texture = Some(ctx.load_texture("data space", image, TextureOptions::LINEAR)),
        }
    }
}

fn draw(sight: &Sight, pixels_per_point: f32, supersample: usize, threads: usize) -> Picture {
    let pixels = |points: f32| (points * pixels_per_point).round().max(1.0) as usize;
    let frame = Frame {
        width: pixels(sight.rect.width()),
        height: pixels(sight.rect.height()),
        pixels_per_point,
        supersample,
        threads,
        background: sight.background,
    };
    render(&sight.subject.scene(), &sight.camera, &frame)
}
