//! Cost of a frame of the window on the thread that draws it, while the run trains: our own code, egui's, and the triangles
//! for the graphics card, but not their rasterisation. 3-D scenes, queries, and the probe at a resting z* have threads of
//! their own and are not part of a frame.
//!
//! `cargo bench --bench frames [-- --frames N] [--rounds N] [--only TEXT]` prints tables of processor time at 1280×720 and
//! 2560×1440 pixels: the same window on a screen with twice the resolution. Frames follow each other 60 times per second, so
//! every one finds a newer snapshot and no cache helps.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

mod measure;

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use eframe::egui::{Context, Pos2, RawInput, Rect, Theme, ViewportId, vec2};
use measure::{on_this_thread, percentile};
use unpick::app::{App, FirstRun};
use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Origin};
use unpick::viz::command::UiCommand;
use unpick::viz::views::{all_views, data};
use unpick::viz::workers::Workers;

const FRAME: Duration = Duration::from_micros(16_667);

fn main() -> anyhow::Result<()> {
    let frames = measure::argument("--frames", 150)?;
    let rounds = measure::argument("--rounds", 11)?;
    let only = measure::value("--only").unwrap_or_default();
    println!("Milliseconds of processor time per frame, median / 99th percentile; {}\n", measure::circumstances());
    println!("| view | 1280×720 | 2560×1440 |");
    println!("|---|---|---|");
    let mut worst = Vec::new();
    let mut row = |name: &str, compared: bool, work: &mut dyn FnMut(&mut Window) -> Vec<f64>, scene: &str| {
        if !name.contains(&only) {
            return Ok(());
        }
        let mut cells = Vec::new();
        for pixels_per_point in [1.0, 2.0] {
            let mut window = Window::open(scene, pixels_per_point)?;
            if compared {
                window.app.execute(UiCommand::Compare);
            }
            let times = work(&mut window);
            let [median, slow] = [0.5, 0.99].map(|part| percentile(&times, part));
            cells.push(format!("{median:.2} / {slow:.2}"));
            worst.push((compared, median, slow));
        }
        println!("| {name} | {} |", cells.join(" | "));
        anyhow::Ok(())
    };
    for scene in ["cylinder", "polar", "water-filling"] {
        row(&format!("{scene}: all views as at the start"), false, &mut |w| w.watch(frames, |_, _| ()), scene)?;
        row(&format!("{scene}: the same while z\\* is dragged"), false, &mut |w| w.watch(frames, drag), scene)?;
    }
    for view in all_views() {
        let alone = &mut |w: &mut Window| {
            w.app.execute(UiCommand::ToggleAlone(view));
            w.watch(frames, |_, _| ())
        };
        row(&format!("{} alone", view.title), false, alone, "cylinder")?;
    }
    row(
        "Data space in two dimensions alone",
        false,
        &mut |w| {
            w.app.execute(UiCommand::ToggleAlone(data::SPEC.view));
            w.watch(frames, |_, _| ())
        },
        "polar",
    )?;
    for scene in ["cylinder", "polar"] {
        row(&format!("{scene}: two runs"), true, &mut |w| w.watch(frames, |_, _| ()), scene)?;
        row(&format!("{scene}: two runs while z\\* is dragged"), true, &mut |w| w.watch(frames, drag), scene)?;
    }
    for (name, compared) in [("one run", false), ("two runs", true)] {
        let of = |pick: fn(&(bool, f64, f64)) -> f64| {
            worst.iter().filter(|case| case.0 == compared).map(pick).fold(0.0, f64::max)
        };
        println!("| **worst of {name}** | median {:.2} | 99 % {:.2} |", of(|case| case.1), of(|case| case.2));
    }
    println!("\n{}\n", idle()?);
    println!(
        "| steps per second | unwatched | watched at 60 frames per second | loss | of it the trainer's own work |"
    );
    println!("|---|---|---|---|---|");
    for scene in ["polar", "cylinder"] {
        println!("{}", watched(scene, rounds)?);
    }
    Ok(())
}

/// Moves z* along a circle.
fn drag(app: &mut App, frame: u32) {
    let angle = 0.1 * f64::from(frame);
    for (z, place) in app.selection().z.iter_mut().zip([angle.cos(), angle.sin()]) {
        *z = place;
    }
}

/// Slowdown of training while the window is open: seconds with and without frames alternate in one run. Steps are counted in
/// wall time, so the machine needs two idle processors. The trainer's own work for the window, snapshots, is measured in
/// processor time, which a busy machine does not change.
fn watched(scene: &str, rounds: u32) -> anyhow::Result<String> {
    const TURN: Duration = Duration::from_secs(1);
    let mut window = Window::open(scene, 1.0)?;
    let (mut rates, mut own_rates) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..rounds {
        for (watched, (rates, own_rates)) in rates.iter_mut().zip(&mut own_rates).enumerate() {
            let before = window.step();
            let (begun, own) = (Instant::now(), measure::seconds_of_threads("trainer"));
            while begun.elapsed() < TURN {
                let frame = Instant::now();
                if watched == 1 {
                    window.draw();
                }
                sleep(FRAME.saturating_sub(frame.elapsed()));
            }
            let seconds = begun.elapsed().as_secs_f64();
            let own = own.zip(measure::seconds_of_threads("trainer")).map_or(seconds, |(start, now)| now - start);
            let steps = (window.step() - before) as f64;
            rates.push(steps / seconds);
            own_rates.push(steps / own);
        }
    }
    let loss = |[alone, watched]: [f64; 2]| 100.0 * (1.0 - watched / alone);
    let [rates, own_rates] = [rates, own_rates].map(|rates| rates.map(|rates| percentile(&rates, 0.5)));
    let [alone, watched] = rates;
    Ok(format!("| {scene} | {alone:.0} | {watched:.0} | {:.0} % | {:.0} % |", loss(rates), loss(own_rates)))
}

/// Frames and processor time of a paused window when nothing happens.
fn idle() -> anyhow::Result<String> {
    const QUIET: Duration = Duration::from_millis(500);
    const WATCHED: Duration = Duration::from_secs(3);
    let mut window = Window::open("cylinder", 1.0)?;
    window.app.execute(UiCommand::RunOrPause);
    // Pending pictures and answers request frames.
    let mut drawn = Instant::now();
    let begun = drawn;
    while drawn.elapsed() < QUIET {
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(20), "a paused window is still drawn after 20 s");
        if window.ctx.has_requested_repaint() {
            window.draw();
            drawn = Instant::now();
        }
        sleep(FRAME);
    }
    let watch = measure::Stopwatch::start();
    let mut frames = 0;
    while watch.elapsed().wall < WATCHED.as_secs_f64() {
        sleep(FRAME);
        if window.ctx.has_requested_repaint() {
            frames += 1;
            window.draw();
        }
    }
    let cpu = 100.0 * watch.elapsed().cpu / WATCHED.as_secs_f64();
    Ok(format!("Paused and left alone for {} s: {frames} frames, {cpu:.2} % of a processor.", WATCHED.as_secs()))
}

/// A window without a screen.
struct Window {
    ctx: Context,
    app: App,
    pixels_per_point: f32,
    start: Instant,
}

impl Window {
    /// Opens the window on a training scene.
    fn open(scene: &str, pixels_per_point: f32) -> anyhow::Result<Self> {
        let scene = Scene::named(scene).context("a built-in scene")?.clone();
        let data = Arc::new(generate(&scene, 0));
        let config = Config::new(Origin::Scene(Box::new(scene)), 0, data.train.samples());
        let ctx = Context::default();
        ctx.set_theme(Theme::Light);
        let app = App::new(&ctx, FirstRun { config, data, running: true }, Workers::threaded(&ctx)?);
        let mut window = Self { ctx, app, pixels_per_point, start: Instant::now() };
        while window.app.snapshot().is_none_or(|snapshot| snapshot.step == 0) {
            window.draw();
            sleep(FRAME);
        }
        Ok(window)
    }

    /// Steps made so far.
    fn step(&mut self) -> u64 {
        let seen = |window: &Self| window.app.snapshot().map_or(0, |snapshot| snapshot.step);
        // This frame reads the snapshot that the frame before has requested, and requests the next.
        self.draw();
        let old = seen(self);
        while seen(self) <= old {
            sleep(Duration::from_millis(1));
            self.draw();
        }
        seen(self)
    }

    /// Milliseconds of each frame. `change` is called before each.
    fn watch(&mut self, frames: u32, mut change: impl FnMut(&mut App, u32)) -> Vec<f64> {
        const WARM: u32 = 30;
        let mut times = Vec::new();
        for frame in 0..WARM + frames {
            let begun = Instant::now();
            change(&mut self.app, frame);
            times.push(self.draw().0);
            sleep(FRAME.saturating_sub(begun.elapsed()));
        }
        times.split_off(WARM as usize)
    }

    /// Draws a frame; returns its milliseconds and when it wants to be drawn again.
    fn draw(&mut self) -> (f64, Duration) {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 720.0))),
            max_texture_side: Some(16384),
            time: Some(self.start.elapsed().as_secs_f64()),
            ..RawInput::default()
        };
        input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(self.pixels_per_point);
        let Self { ctx, app, .. } = self;
        let ((primitives, mut output), time) = on_this_thread(|| {
            let mut output = ctx.run_ui(input, |ui| app.frame(ui));
            let shapes = std::mem::take(&mut output.shapes);
            (ctx.tessellate(shapes, output.pixels_per_point), output)
        });
        output.textures_delta.clear();
        drop(primitives);
        let again = output.viewport_output.get(&ViewportId::ROOT).map_or(Duration::MAX, |v| v.repaint_delay);
        (1e3 * time.cpu, again)
    }
}
