//! A parallel loop, for pictures cut into bands of rows.

use std::sync::{Mutex, PoisonError};

/// Calls `work` once for every item, on up to `threads` threads including that of the caller.
///
/// Each thread has its own scratch space, made by `scratch`. Threads take items in order as they become free, so
/// results must not depend on the thread.
pub(crate) fn for_each<T: Send, S>(
    threads: usize,
    items: impl ExactSizeIterator<Item = T> + Send,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) + Sync,
) {
    let helpers = threads.min(items.len()).saturating_sub(1);
    let queue = Mutex::new(items);
    let run = || {
        let mut space = scratch();
        loop {
            // The lock ends with this statement, before the work begins.
            let item = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(item) = item else { return };
            work(&mut space, item);
        }
    };
    if helpers == 0 {
        return run();
    }
    std::thread::scope(|scope| {
        for k in 0..helpers {
            // If the system has no more threads, the others do the work.
            if std::thread::Builder::new().name(format!("paint {k}")).spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in [0, 1, 2, 7] {
            let mut data = vec![1_u32; 100];
            for_each(
                threads,
                data.chunks_mut(7).enumerate(),
                || (),
                |(), (k, chunk)| {
                    for x in chunk {
                        *x += k as u32;
                    }
                },
            );
            let expected: Vec<u32> = (0..100).map(|i| 1 + i / 7).collect();
            assert_eq!(data, expected);
        }
    }
}
