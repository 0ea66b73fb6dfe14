//! Hands and eyes for the window: pointer, keys, patience, and a renderer that needs no display.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Color32, Event, Key, Modifiers, PointerButton, Pos2, TexturesDelta, Theme, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, TestRenderer};
use unpick::app::{Analyst, App, Opening, Painter3};
use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Origin};
use unpick::paint::{Picture, Rasterizer};

/// A window of 1280 × 720 points and what is done to it.
pub(crate) struct Stagehand {
    pub(crate) harness: Harness<'static, App>,
}

impl Stagehand {
    /// The window on a scene, trained for so many steps and paused.
    pub(crate) fn paused_at(scene: &str, steps: u64) -> Self {
        let scene = Scene::named(scene).expect("the tests name built-in scenes").clone();
        let data = Arc::new(generate(&scene, 0));
        let config = Config::new(Origin::Scene(Box::new(scene)), 0, data.train.samples());
        let opening = Opening { config, data, running: false };
        let harness = Harness::builder()
            .with_size(vec2(1280.0, 720.0))
            .with_theme(Theme::Light)
            .with_step_dt(1.0 / 60.0)
            .renderer(Renderer(Rasterizer::new(1)))
            .build_eframe(|creation| {
                App::new(&creation.egui_ctx, opening, Painter3::immediate(), Analyst::immediate())
            });
        let mut hand = Self { harness };
        hand.until(|window| window.snapshot().is_some());
        if steps > 0 {
            hand.steps(steps);
        }
        hand.frames(3);
        hand
    }

    pub(crate) fn window(&mut self) -> &mut App {
        self.harness.state_mut()
    }

    /// Makes steps in hundreds and ones, by the actions that a person has.
    pub(crate) fn steps(&mut self, steps: u64) {
        use unpick::app::Action;
        self.until(|window| window.snapshot().is_some_and(|s| s.step == 0));
        let mut made = 0;
        while made < steps {
            let (action, count) = if steps - made >= 100 { (Action::ManySteps, 100) } else { (Action::Step, 1) };
            self.window().act(action);
            made += count;
            self.until(|window| window.snapshot().is_some_and(|s| s.step == made));
        }
    }

    pub(crate) fn frames(&mut self, count: usize) {
        self.harness.run_steps(count);
    }

    /// Draws frames until something holds; fails when a person would have lost patience.
    pub(crate) fn until(&mut self, holds: impl Fn(&mut App) -> bool) {
        let start = Instant::now();
        loop {
            self.harness.step();
            if holds(self.harness.state_mut()) {
                return;
            }
            assert!(start.elapsed() < Duration::from_mins(1), "it never came to that");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn until_shown(&mut self, label: &str) {
        let start = Instant::now();
        while self.harness.query_by_label(label).is_none() {
            self.harness.step();
            assert!(start.elapsed() < Duration::from_mins(1), "'{label}' was never shown");
        }
        self.frames(2);
    }

    pub(crate) fn until_gone(&mut self, label: &str) {
        let start = Instant::now();
        while self.harness.query_by_label(label).is_some() {
            self.harness.step();
            assert!(start.elapsed() < Duration::from_mins(1), "'{label}' never went away");
        }
    }

    pub(crate) fn press(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.frames(2);
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.key_with(Modifiers::NONE, key);
    }

    pub(crate) fn key_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.frames(2);
    }

    fn pointer(&mut self, event: Event, modifiers: Modifiers) {
        self.harness.event_modifiers(event, modifiers);
        self.harness.step();
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
        self.harness.render().expect("the rasteriser draws everything")
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
