//! egui without a window.

use super::canvas::Canvas;
use super::rasterizer::Rasterizer;
use crate::paint::picture::Picture;
use eframe::egui::{Context, Event, FullOutput, Pos2, RawInput, Rect, TextureId, TexturesDelta, Ui, ViewportId};

/// An egui context with a rasteriser for a screen. It paints the same user interface as a window, without display, GPU
/// or clock.
#[derive(Debug)]
pub struct Offscreen {
    context: Context,
    rasterizer: Rasterizer,
    /// Textures that the last output may still use.
    freed: Vec<TextureId>,
}

/// Frames until a layout has settled: panels and plots use the measurements of the frame before.
const SETTLING_FRAMES: usize = 3;

/// The largest font atlas, as on common graphics cards.
const MAX_TEXTURE_SIDE: usize = 16384;

impl Offscreen {
    /// A context prepared by `setup` (fonts, styles, images) that paints on `threads` threads. Animations are off: a
    /// picture shows their end.
    pub fn new(threads: usize, setup: impl FnOnce(&Context)) -> Self {
        let context = Context::default();
        context.all_styles_mut(|style| style.animation_time = 0.0);
        setup(&context);
        Self { context, rasterizer: Rasterizer::new(threads), freed: Vec::new() }
    }

    /// egui's context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The rasteriser, which knows the textures.
    pub fn rasterizer(&self) -> &Rasterizer {
        &self.rasterizer
    }

    /// Runs one frame of the user interface at the given time in seconds.
    ///
    /// The rasteriser has taken the textures of the output. Its shapes can be painted until the next frame.
    pub fn run(&mut self, canvas: &Canvas, time: f64, events: Vec<Event>, ui: impl FnMut(&mut Ui)) -> FullOutput {
        let mut freed = TexturesDelta::default();
        self.freed.drain(..).for_each(|id| freed.free(id));
        self.rasterizer.free(&mut freed);

        self.context.set_theme(canvas.theme);
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, canvas.layout_size())),
            max_texture_side: Some(MAX_TEXTURE_SIDE),
            time: Some(time),
            events,
            ..RawInput::default()
        };
        input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(canvas.layout_scale());
        let mut output = self.context.run_ui(input, ui);
        self.rasterizer.update(&mut output.textures_delta);
        self.freed = output.textures_delta.free.drain().collect();
        output
    }

    /// Runs frames at one time until the layout has settled, and returns the last one.
    pub fn settle(&mut self, canvas: &Canvas, time: f64, mut ui: impl FnMut(&mut Ui)) -> FullOutput {
        for _ in 1..SETTLING_FRAMES {
            // The rasteriser keeps the textures; only the last frame is needed.
            drop(self.run(canvas, time, Vec::new(), &mut ui));
        }
        self.run(canvas, time, Vec::new(), ui)
    }

    /// Paints the shapes of a frame.
    pub fn paint(&self, canvas: &Canvas, output: &FullOutput) -> Picture {
        let [width, height] = canvas.pixels();
        let mut picture = Picture::filled(width, height, canvas.background);
        let primitives = self.context.tessellate(output.shapes.clone(), canvas.layout_scale());
        self.rasterizer.paint(&primitives, canvas.layout_scale(), &mut picture);
        picture
    }

    /// A picture of the settled user interface.
    pub fn picture(&mut self, canvas: &Canvas, time: f64, ui: impl FnMut(&mut Ui)) -> Picture {
        let output = self.settle(canvas, time, ui);
        self.paint(canvas, &output)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use eframe::egui::{
        CentralPanel, Color32, ColorImage, Panel, PointerButton, ProgressBar, RichText, Slider, TextureOptions, Theme,
        pos2, vec2,
    };
    use egui_plot::{Legend, Line, Plot, PlotPoints, Points};

    /// A user interface with a bit of everything.
    pub(crate) fn sample_ui(ui: &mut Ui) {
        Panel::left("controls").default_size(170.0).show(ui, |ui| {
            ui.heading("Controls & <marks>");
            ui.horizontal(|ui| {
                ui.button("Train").clicked();
                ui.selectable_label(true, "chosen").clicked();
            });
            ui.label("A paragraph that is long enough to be broken into several rows of text.");
            ui.label(RichText::new("struck").strikethrough().color(Color32::RED));
            ui.label(RichText::new(" code √x ≤ σ² ").monospace().background_color(Color32::YELLOW));
            ui.add(Slider::new(&mut 0.3, 0.0..=1.0).text("β"));
            ui.checkbox(&mut true, "checked");
            ui.add(ProgressBar::new(0.4).text("40 %"));
            ui.collapsing("closed", |ui| ui.label("unseen"));
        });
        CentralPanel::default().show(ui, |ui| {
            let plot =
                Plot::new("plot").data_aspect(1.0).legend(Legend::default()).x_axis_label("z₁").y_axis_label("density");
            plot.show(ui, |plot| {
                let wave: Vec<[f64; 2]> = (0..200).map(|k| [0.05 * k as f64, (0.05 * k as f64).sin()]).collect();
                plot.line(Line::new("wave", PlotPoints::from(wave.clone())).width(2.0));
                plot.points(Points::new("samples", wave.into_iter().step_by(20).collect::<Vec<_>>()).radius(4.0));
            });
        });
    }

    fn canvas(pixels_per_point: f32) -> Canvas {
        Canvas { pixels_per_point, ..Canvas::new(vec2(560.0, 360.0)) }
    }

    #[test]
    fn a_picture_does_not_depend_on_the_number_of_threads_or_the_run() {
        let picture = |threads| Offscreen::new(threads, |_| ()).picture(&canvas(1.5), 0.0, sample_ui);
        let one = picture(1);
        assert_eq!((one.width, one.height), (840, 540));
        let colors: std::collections::BTreeSet<_> = one.pixels.iter().map(Color32::to_array).collect();
        assert!(colors.len() > 100, "something is painted");
        assert_eq!(picture(4), one);
        assert_eq!(picture(1), one);
    }

    #[test]
    fn one_context_serves_several_resolutions() {
        let mut offscreen = Offscreen::new(2, |_| ());
        let first = offscreen.picture(&canvas(1.0), 0.0, sample_ui);
        assert_eq!(offscreen.picture(&canvas(3.0), 0.0, sample_ui).width, 3 * first.width);
        assert_eq!(offscreen.picture(&canvas(1.0), 0.0, sample_ui), first);
    }

    #[test]
    fn the_theme_changes_the_picture_and_events_reach_the_widgets() {
        let mut offscreen = Offscreen::new(1, |_| ());
        let light = offscreen.picture(&canvas(1.0), 0.0, sample_ui);
        let dark = offscreen.picture(&Canvas { theme: Theme::Dark, ..canvas(1.0) }, 0.0, sample_ui);
        assert!(light.get(5, 300).intensity() > 0.8 && dark.get(5, 300).intensity() < 0.2);

        let mut clicks = 0;
        let at = pos2(40.0, 20.0);
        let press = |pressed| Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Default::default(),
        };
        for (k, event) in [Event::PointerMoved(at), press(true), press(false)].into_iter().enumerate() {
            drop(offscreen.run(&canvas(1.0), 0.1 * k as f64, vec![event], |ui| {
                clicks += usize::from(ui.button("A rather long label to hit").clicked());
            }));
        }
        assert_eq!(clicks, 1);
    }

    #[test]
    fn an_image_that_is_dropped_after_the_frame_is_still_painted() {
        let mut offscreen = Offscreen::new(1, |_| ());
        let picture = offscreen.picture(&canvas(1.0), 0.0, |ui| {
            let image = ColorImage::filled([8, 8], Color32::from_rgb(1, 200, 3));
            let texture = ui.ctx().load_texture("short-lived", image, TextureOptions::NEAREST);
            ui.image((texture.id(), vec2(300.0, 200.0)));
        });
        assert_eq!(picture.get(100, 100), Color32::from_rgb(1, 200, 3));
    }
}
