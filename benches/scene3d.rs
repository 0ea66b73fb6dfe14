//! Time to rasterise a 3-D scene: a translucent surface of 60×60 cells, 5,000 points near it and 8 curves on it, at 1000×700
//! pixels, orbited a little from frame to frame.
//!
//! `cargo bench --bench scene3d [-- --frames N]` prints a table. A frame takes as long as its busiest thread: processor time
//! shows it on a busy machine, too, wall time on an idle one only.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

mod measure;

use std::hint::black_box;

use eframe::egui::Color32;
use measure::{Elapsed, Stopwatch, on_this_thread, percentile};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::paint::{Camera, Cloud, CloudPoint, Curve, Frame, Scene3, Surface, render};
use unpick::rng::{Purpose, stream};

/// Grid points along each side of the surface.
const SIDE: usize = 61;
const POINTS: usize = 5000;
/// Curves along each axis of the surface.
const CURVES: usize = 4;

fn main() -> anyhow::Result<()> {
    let frames = measure::argument("--frames", 200)?;
    let scene = scene();
    println!(
        "| 3-D scene, 1000×700 | threads | CPU time of the busiest thread | of all threads | wall, fastest tenth | wall, median |"
    );
    println!("|---|---|---|---|---|---|");
    for (name, supersample) in [("while it moves", 1), ("at rest (2×2 samples)", 2)] {
        for threads in [1, 2] {
            let draw = |k: u32| {
                let camera = Camera { azimuth: -1.0 + 0.01 * k as f32, half_height: 2.2, ..Camera::default() };
                let background = Color32::WHITE;
                let frame = Frame { width: 1000, height: 700, pixels_per_point: 1.0, supersample, threads, background };
                black_box(render(black_box(&scene), &camera, &frame));
            };
            (0..10).for_each(draw);
            let all = Stopwatch::start();
            let own: Vec<Elapsed> = (0..frames).map(|k| on_this_thread(|| draw(k)).1).collect();
            let all = all.elapsed().cpu;
            let own_cpu: f64 = own.iter().map(|frame| frame.cpu).sum();
            // With two threads the other one did the rest.
            let [busiest, all] = [own_cpu.max(all - own_cpu), all].map(|seconds| 1e3 * seconds / f64::from(frames));
            let walls: Vec<f64> = own.iter().map(|frame| 1e3 * frame.wall).collect();
            let [fast, median] = [0.1, 0.5].map(|part| percentile(&walls, part));
            println!("| {name} | {threads} | {busiest:.1} ms | {all:.1} ms | {fast:.1} ms | {median:.1} ms |");
        }
    }
    Ok(())
}

fn height(x: f32, y: f32) -> f32 {
    0.6 * (1.7 * x).sin() * (1.3 * y).cos() + 0.2 * x * y
}

fn scene() -> Scene3 {
    let place = |k: usize| 3.0 * k as f32 / (SIDE - 1) as f32 - 1.5;
    let on_the_surface = |x: f32, y: f32| [x, y, height(x, y)];
    let sheet = Color32::from_rgb(150, 190, 230);
    let surface = Surface::from_fn(SIDE, SIDE, 0.62, |row, column| (on_the_surface(place(column), place(row)), sheet));
    let mut rng = stream(1, Purpose::Data, 0);
    let mut normal = || -> f32 { StandardNormal.sample(&mut rng) };
    let points = (0..POINTS).map(|_| {
        let (x, y) = ((0.6 * normal()).clamp(-1.5, 1.5), (0.6 * normal()).clamp(-1.5, 1.5));
        CloudPoint { position: [x, y, height(x, y) + 0.1 * normal()], color: Color32::from_rgb(70, 90, 110) }
    });
    let cloud = Cloud { points: points.collect(), radius: 2.0 };
    let curves = (0..2 * CURVES).map(|k| {
        let fixed = 2.4 * (k / 2) as f32 / (CURVES - 1) as f32 - 1.2;
        let at = |t: f32| if k % 2 == 0 { on_the_surface(t, fixed) } else { on_the_surface(fixed, t) };
        let line = Curve::new((0..=280).map(|i| at(3.0 * i as f32 / 280.0 - 1.5)).collect(), Color32::RED, 2.0);
        if k % 2 == 0 { line } else { line.dashed(&[8.0, 5.0]) }
    });
    Scene3 { surfaces: vec![surface], clouds: vec![cloud], curves: curves.collect(), ..Scene3::default() }
}
