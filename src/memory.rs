//! The memory that one request may take: a quarter of that of the computer or of the container, unless more is allowed. What would need
//! more is refused before anything is allocated.

use std::fmt::Display;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sysinfo::{MemoryRefreshKind, System};

/// Bytes that were allowed; 0: not asked for.
static ALLOWED: AtomicU64 = AtomicU64::new(0);

/// Allows every later request this many bytes.
pub fn allow(bytes: u64) {
    ALLOWED.store(bytes, Ordering::Relaxed);
}

/// The bytes that a request may take.
pub fn budget() -> u64 {
    match ALLOWED.load(Ordering::Relaxed) {
        0 => quarter_of_memory(),
        allowed => allowed,
    }
}

/// Refuses a request for more.
///
/// # Errors
/// If it needs more; the sentence says what it would need and how to allow it.
pub fn check(needed: u64, what: impl Display) -> Result<(), String> {
    let budget = budget();
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    if needed <= budget {
        return Ok(());
    }
    Err(format!(
        "{what} would need about {:.1} GB of memory, more than {:.1} GB; choose less, or allow more with --memory {:.0}",
        gigabytes(needed),
        gigabytes(budget),
        gigabytes(needed).ceil()
    ))
}

/// 2 GiB where the system does not say how much there is.
fn quarter_of_memory() -> u64 {
    const UNKNOWN: u64 = 2 << 30;
    static QUARTER: OnceLock<u64> = OnceLock::new();
    *QUARTER.get_or_init(|| {
        let Ok(mut system) = System::new() else { return UNKNOWN };
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
        match system.total_memory().min(container) {
            0 => UNKNOWN,
            all => all / 4,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_more_is_refused_with_what_it_needs() {
        assert!(budget() > 100 << 20);
        assert_eq!(check(1 << 20, "a small thing"), Ok(()));
        let sentence = check(7_400_000_000_000, "a model of 9 weights").unwrap_err();
        assert!(sentence.starts_with("a model of 9 weights would need about 7400.0 GB"), "{sentence}");
        assert!(sentence.ends_with("--memory 7400"), "{sentence}");
    }
}
