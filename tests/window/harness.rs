//! Drives the window: pointer, keys, waiting, and a renderer that needs no display.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{
    self, Color32, Event, Key, Modifiers, OutputCommand, PointerButton, Pos2, TexturesDelta, Theme, Vec2, vec2,
};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, TestRenderer};
use unpick::app::{App, FirstRun};
use unpick::data::{Dataset, Scene, generate};
use unpick::experiment::{Config, Origin};
use unpick::paint::{Picture, Rasterizer};
use unpick::viz::workers::Workers;

/// Longer than anything takes, however busy the machine is: what does not come within this time does not come.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// A window under test.
pub(crate) struct WindowTest {
    pub(crate) kittest: Harness<'static, App>,
}

impl WindowTest {
    /// A window of 1280 × 720 points on a scene, trained for so many steps and paused.
    pub(crate) fn paused_at(scene: &str, steps: u64) -> Self {
        Self::sized(scene, steps, vec2(1280.0, 720.0))
    }

    /// The same in another size.
    pub(crate) fn sized(scene: &str, steps: u64, size: Vec2) -> Self {
        let scene = Scene::named(scene).expect("the tests name built-in scenes").clone();
        let data = Arc::new(generate(&scene, 0));
        let config = Config::new(Origin::Scene(Box::new(scene)), 0, data.train.samples());
        let mut test = Self::with_first(FirstRun { config, data, running: false }, size);
        if steps > 0 {
            test.steps(steps);
        }
        test.frames(3);
        test
    }

    /// A window of 1280 × 720 points on a run that has not begun.
    pub(crate) fn of(config: Config, data: Arc<Dataset>) -> Self {
        let mut test = Self::with_first(FirstRun { config, data, running: false }, vec2(1280.0, 720.0));
        test.frames(3);
        test
    }

    fn with_first(first: FirstRun, size: Vec2) -> Self {
        Self::with_workers(first, size, |_| Workers::immediate())
    }

    /// A window whose views are computed by these helpers: at once, or on threads as the program does.
    pub(crate) fn with_workers(first: FirstRun, size: Vec2, workers: impl Fn(&egui::Context) -> Workers) -> Self {
        let kittest = Harness::builder()
            .with_size(size)
            .with_theme(Theme::Light)
            .with_step_dt(1.0 / 60.0)
            .renderer(Renderer(Rasterizer::new(1)))
            .build_eframe(|creation| App::new(&creation.egui_ctx, first, workers(&creation.egui_ctx)));
        let mut test = Self { kittest };
        test.until(|window| window.snapshot().is_some());
        test
    }

    pub(crate) fn app(&mut self) -> &mut App {
        self.kittest.state_mut()
    }

    /// Makes steps in hundreds and ones, by the actions that a person has.
    pub(crate) fn steps(&mut self, steps: u64) {
        use unpick::viz::command::UiCommand;
        self.until(|window| window.snapshot().is_some_and(|s| s.step == 0));
        let mut made = 0;
        while made < steps {
            let (action, count) =
                if steps - made >= 100 { (UiCommand::Steps(100), 100) } else { (UiCommand::Steps(1), 1) };
            self.app().execute(action);
            made += count;
            self.until(|window| window.snapshot().is_some_and(|s| s.step == made));
        }
    }

    /// Gives the window another size, in points of the system: those of the window are as many more as it is zoomed in.
    pub(crate) fn resize(&mut self, size: Vec2) {
        for _ in 0..5 {
            let zoom = self.kittest.ctx.zoom_factor();
            self.kittest.set_size(size / zoom);
            self.kittest.step();
        }
    }

    pub(crate) fn frames(&mut self, count: usize) {
        self.kittest.run_steps(count);
    }

    /// Draws frames until something holds; fails when it does not come.
    pub(crate) fn until(&mut self, holds: impl Fn(&mut App) -> bool) {
        let start = Instant::now();
        loop {
            self.kittest.step();
            if holds(self.kittest.state_mut()) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "it never came to that");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn until_shown(&mut self, label: &str) {
        let start = Instant::now();
        while self.kittest.query_by_label(label).is_none() {
            self.kittest.step();
            assert!(start.elapsed() < PATIENCE, "'{label}' was never shown");
        }
        self.frames(2);
    }

    pub(crate) fn until_gone(&mut self, label: &str) {
        let start = Instant::now();
        while self.kittest.query_by_label(label).is_some() {
            self.kittest.step();
            assert!(start.elapsed() < PATIENCE, "'{label}' never went away");
        }
    }

    /// Draws frames until a text goes to the clipboard.
    pub(crate) fn until_copied(&mut self) -> String {
        let start = Instant::now();
        loop {
            self.kittest.step();
            let commands = &self.kittest.output().platform_output.commands;
            let text = commands.iter().find_map(|command| match command {
                OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            });
            if let Some(text) = text {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "nothing was copied");
        }
    }

    pub(crate) fn press(&mut self, label: &str) {
        self.kittest.get_by_label(label).click();
        self.frames(2);
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.key_with(Modifiers::NONE, key);
    }

    pub(crate) fn key_with(&mut self, modifiers: Modifiers, key: Key) {
        self.kittest.key_press_modifiers(modifiers, key);
        self.frames(2);
    }

    fn pointer(&mut self, event: Event, modifiers: Modifiers) {
        self.kittest.event_modifiers(event, modifiers);
        self.kittest.step();
    }

    fn button(&mut self, pos: Pos2, pressed: bool, modifiers: Modifiers) {
        self.pointer(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers }, modifiers);
    }

    pub(crate) fn click(&mut self, pos: Pos2) {
        self.pointer(Event::PointerMoved(pos), Modifiers::NONE);
        self.button(pos, true, Modifiers::NONE);
        self.button(pos, false, Modifiers::NONE);
        self.frames(2);
    }

    pub(crate) fn double_click(&mut self, pos: Pos2) {
        self.pointer(Event::PointerMoved(pos), Modifiers::NONE);
        for pressed in [true, false, true, false] {
            self.button(pos, pressed, Modifiers::NONE);
        }
        self.frames(2);
    }

    /// Presses at `from` and moves to `to` without letting go.
    pub(crate) fn hold(&mut self, from: Pos2, to: Pos2) {
        self.hold_with(Modifiers::NONE, from, to);
    }

    fn hold_with(&mut self, modifiers: Modifiers, from: Pos2, to: Pos2) {
        self.pointer(Event::PointerMoved(from), modifiers);
        self.button(from, true, modifiers);
        for k in 1..=8 {
            self.pointer(Event::PointerMoved(from.lerp(to, k as f32 / 8.0)), modifiers);
        }
        self.frames(1);
    }

    pub(crate) fn drag(&mut self, from: Pos2, to: Pos2) {
        self.drag_with(Modifiers::NONE, from, to);
    }

    pub(crate) fn drag_with(&mut self, modifiers: Modifiers, from: Pos2, to: Pos2) {
        self.hold_with(modifiers, from, to);
        self.button(to, false, modifiers);
        self.frames(2);
    }

    pub(crate) fn render(&mut self) -> image::RgbaImage {
        self.kittest.render().expect("the rasteriser draws everything")
    }
}

/// The program's own rasteriser as a screen.
struct Renderer(Rasterizer);

impl TestRenderer for Renderer {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.0.update(delta);
        self.0.free(delta);
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<image::RgbaImage, String> {
        let scale = ctx.pixels_per_point();
        let size = (ctx.content_rect().size() * scale).round();
        let mut picture = Picture::filled(size.x as usize, size.y as usize, Color32::TRANSPARENT);
        self.0.paint(&ctx.tessellate(output.shapes.clone(), scale), scale, &mut picture);
        let bytes = picture.pixels.iter().flat_map(|p| p.to_srgba_unmultiplied()).collect();
        image::RgbaImage::from_raw(size.x as u32, size.y as u32, bytes).ok_or_else(|| "no picture".to_owned())
    }
}
