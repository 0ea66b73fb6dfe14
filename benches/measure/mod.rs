//! Stopwatch, percentiles and arguments of the benchmarks.
#![allow(dead_code, reason = "each benchmark compiles this module and uses a part of it")]

pub(crate) mod peak;

use std::time::Instant;

use anyhow::Context as _;

/// Measures wall time and the processor time of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: Option<f64>,
}

/// Elapsed seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed {
    /// Wall time.
    pub(crate) wall: f64,
    /// Processor time of all threads of this process, or of one; equal to `wall` where the system does not tell.
    pub(crate) cpu: f64,
}

impl Stopwatch {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), cpu: clock::process_seconds() }
    }

    /// Seconds since the start.
    pub(crate) fn elapsed(&self) -> Elapsed {
        Elapsed::since(self.wall, self.cpu, clock::process_seconds())
    }
}

impl Elapsed {
    fn since(wall: Instant, start: Option<f64>, now: Option<f64>) -> Self {
        let wall = wall.elapsed().as_secs_f64();
        Self { wall, cpu: start.zip(now).map_or(wall, |(start, now)| now - start) }
    }
}

/// Time that the calling thread spends on `work`.
pub(crate) fn on_this_thread<T>(work: impl FnOnce() -> T) -> (T, Elapsed) {
    let (wall, start) = (Instant::now(), clock::thread_seconds());
    let done = work();
    (done, Elapsed::since(wall, start, clock::thread_seconds()))
}

/// Processor time of the threads of this name, on Linux. The system updates it at every tick, so a measurement should last a
/// good part of a second.
pub(crate) fn seconds_of_threads(name: &str) -> Option<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let thread = thread.ok()?.path();
        if std::fs::read_to_string(thread.join("comm")).ok()?.trim() == name {
            let text = std::fs::read_to_string(thread.join("schedstat")).ok()?;
            nanoseconds += text.split_whitespace().next()?.parse::<f64>().ok()?;
        }
    }
    Some(nanoseconds * 1e-9)
}

/// Value below which this share of all values lies.
pub(crate) fn percentile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((part * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Whole number after an argument of the benchmark.
pub(crate) fn argument(name: &str, usual: u32) -> anyhow::Result<u32> {
    value(name).map_or(Ok(usual), |value| value.parse()).with_context(|| format!("{name} needs a whole number"))
}

/// Text after an argument of the benchmark.
pub(crate) fn value(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// Name of the processor, for the line above a table.
pub(crate) fn circumstances() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", model.unwrap_or(std::env::consts::ARCH))
}

#[cfg(unix)]
mod clock {
    use rustix::time::{ClockId, clock_gettime};

    fn seconds(id: ClockId) -> f64 {
        let time = clock_gettime(id);
        time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
    }

    #[expect(clippy::unnecessary_wraps, reason = "other systems have no such clock")]
    pub(super) fn process_seconds() -> Option<f64> {
        Some(seconds(ClockId::ProcessCPUTime))
    }

    #[expect(clippy::unnecessary_wraps, reason = "other systems have no such clock")]
    pub(super) fn thread_seconds() -> Option<f64> {
        Some(seconds(ClockId::ThreadCPUTime))
    }
}

#[cfg(not(unix))]
mod clock {
    pub(super) fn process_seconds() -> Option<f64> {
        None
    }

    pub(super) fn thread_seconds() -> Option<f64> {
        None
    }
}
