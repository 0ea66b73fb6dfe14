//! Signals that the program was started to ignore.

use std::fs;

/// True if the program ignores this signal from its beginning, as after `nohup`. False where the system does not say.
pub fn ignores_signal(number: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|mask| (1..=64).contains(&number) && mask >> (number - 1) & 1 == 1)
}
