//! Share of the peak that the products of a training step reach: `cargo bench --bench products`.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

mod measure;

use unpick::linalg::{Factor, Panel, product};

fn main() {
    let peak = measure::peak::gflops();
    println!("peak {peak:.1} GFLOP/s; rows x inner x columns, GFLOP/s, share");
    for (name, n, a, b, m) in
        [("W1", 3, 64, 64, 2), ("W2", 256, 128, 128, 6), ("W3", 784, 256, 256, 10), ("W4", 4096, 256, 256, 10)]
    {
        let batch = if name == "W1" { 256 } else { 128 };
        let (mut time, mut work) = (0.0, 0.0);
        for (outputs, inputs, first) in
            [(a, n, true), (b, a, false), (2 * m, b, false), (b, m, false), (a, b, false), (n, a, false)]
        {
            for (kind, rows, inner, columns) in [
                ("forward", outputs, inputs, batch),
                ("weights", outputs, batch, inputs),
                ("inputs", inputs, outputs, batch),
            ] {
                if first && kind == "inputs" {
                    continue;
                }
                let numbers = |count: usize| -> Vec<f32> { (0..count).map(|k| (k % 13) as f32 * 0.01).collect() };
                let (x, y, mut c) = (numbers(rows * inner), numbers(inner * columns), vec![0.0; rows * columns]);
                // The weights pass through the cache between two uses.
                let mut others = vec![0.0_f32; 2_000_000];
                let mut panel = Panel::new();
                let flops = 2.0 * (rows * inner * columns) as f64;
                let mut best = f64::INFINITY;
                for _ in 0..(4e9 / flops).clamp(9.0, 200.0) as usize {
                    if name == "W4" {
                        others.iter_mut().for_each(|x| *x += 1.0);
                    }
                    let fa = Factor::new(rows, inner, &x);
                    let at = Factor::new(inner, rows, &x).transposed();
                    let fb = Factor::new(inner, columns, &y);
                    let bt = Factor::new(columns, inner, &y).transposed();
                    let (fa, fb) = match kind {
                        "forward" => (fa, fb),
                        "weights" => (fa, bt),
                        _ => (at, fb),
                    };
                    let watch = measure::Stopwatch::start();
                    product(fa, fb, &mut c, &mut panel);
                    best = best.min(watch.elapsed().wall);
                }
                std::hint::black_box(&others);
                time += best;
                work += flops;
                println!(
                    "{name} {kind:8} {rows:5} x {inner:5} x {columns:5} {:8.1} µs {:6.1} {:5.3}",
                    1e6 * best,
                    flops / best / 1e9,
                    flops / best / 1e9 / peak
                );
            }
        }
        println!("{name} all {:.1} µs, share {:.3}", 1e6 * time, work / time / 1e9 / peak);
    }
}
