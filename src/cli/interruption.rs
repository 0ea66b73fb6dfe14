//! Signals that end a command, which first saves what there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::io::ignores_signal;

/// Ctrl-C, the end that a system asks for, and the end of a terminal.
#[cfg(unix)]
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// The first of these signals, once it has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Interruption {
    number: Arc<AtomicUsize>,
}

impl Interruption {
    /// From now on these signals do not end the program, but the second one does. Those that it was started to ignore, as by `nohup`, stay
    /// ignored.
    pub(super) fn watched() -> Self {
        let interruption = Self::default();
        let is_second = Arc::new(AtomicBool::new(false));
        for signal in SIGNALS.into_iter().filter(|signal| !ignores_signal(*signal)) {
            let number = usize::try_from(signal).unwrap_or_default();
            // In this order: the first signal arms what the second one finds. Where it fails, a signal ends the program, as ever.
            let _registered =
                flag::register_conditional_shutdown(signal, exit_code(signal).into(), Arc::clone(&is_second))
                    .and_then(|_| flag::register(signal, Arc::clone(&is_second)))
                    .and_then(|_| flag::register_usize(signal, Arc::clone(&interruption.number), number));
        }
        interruption
    }

    /// The exit code of a program that ends because of the signal, if one has come.
    pub(super) fn exit_code(&self) -> Option<u8> {
        let number = self.number.load(Ordering::Relaxed);
        (number > 0).then(|| exit_code(number as i32))
    }

    /// True once a signal has come.
    pub(super) fn has_come(&self) -> bool {
        self.exit_code().is_some()
    }
}

/// As a shell reports the end by a signal.
fn exit_code(signal: i32) -> u8 {
    128 + (signal & 127) as u8
}
