//! What every benchmark measures with.

use std::fs;
use std::time::Instant;

/// Wall time and the processor time of this process since its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: Option<f64>,
}

/// Seconds between two moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed {
    /// On the wall.
    pub(crate) wall: f64,
    /// Of all threads of this process together; the same as `wall` where the system does not tell.
    pub(crate) cpu: f64,
}

impl Stopwatch {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), cpu: processor_seconds() }
    }

    /// Seconds since the start.
    pub(crate) fn elapsed(&self) -> Elapsed {
        let wall = self.wall.elapsed().as_secs_f64();
        let cpu = self.cpu.zip(processor_seconds()).map_or(wall, |(start, now)| now - start);
        Elapsed { wall, cpu }
    }
}

/// The time that the scheduler gave to the threads of this process, on Linux.
fn processor_seconds() -> Option<f64> {
    // Each falls behind: one forgets threads that have ended, the other counts hundredths of a second.
    Some(living_seconds()?.max(all_seconds()?))
}

/// Of the threads that are alive. It speaks of nanoseconds and is brought up to date at every tick, so a measurement
/// should last a good part of a second.
fn living_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(nanoseconds * 1e-9)
}

/// Of all threads there were: the 14th and 15th field of `stat`, in hundredths of a second, counted from behind the name
/// in brackets, which is the second.
fn all_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let after_the_name = text.rsplit_once(')')?.1;
    let mut fields = after_the_name.split_whitespace().skip(11);
    let mut hundredths = || fields.next()?.parse::<f64>().ok();
    Some(0.01 * (hundredths()? + hundredths()?))
}
