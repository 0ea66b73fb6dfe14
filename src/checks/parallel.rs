//! Independent jobs on all cores.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread::{available_parallelism, scope};

/// Does `work`, which itself takes `each` threads, for each of `jobs` on all cores, in any order. `done` gets each result on
/// this thread as soon as it is there; its error ends the work early, after the jobs in progress.
///
/// # Errors
/// If `done` returns one.
pub fn in_parallel<J: Sync, R: Send, E>(
    jobs: &[J],
    each: usize,
    work: impl Fn(&J) -> R + Sync,
    mut done: impl FnMut(&J, R) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let cores = available_parallelism().map_or(1, NonZero::get);
    let threads = (cores / each.max(1)).max(1).min(jobs.len());
    let (sender, receiver) = channel();
    scope(|scope| {
        for _ in 0..threads {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // After an error there is no receiver any more.
                    if sender.send((job, work(job))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        receiver.into_iter().try_for_each(|(job, result)| done(job, result))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_done_once() {
        let jobs: Vec<u64> = (0..50).collect();
        let mut results = Vec::new();
        let outcome: Result<(), ()> = in_parallel(
            &jobs,
            1,
            |x| x * x,
            |job, square| {
                results.push((*job, square));
                Ok(())
            },
        );
        results.sort_unstable();
        assert_eq!(outcome, Ok(()));
        assert_eq!(results, jobs.iter().map(|x| (*x, x * x)).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_ends_the_work() {
        let mut count = 0;
        let outcome = in_parallel(
            &[1; 1000],
            2,
            |x| *x,
            |_, _| {
                count += 1;
                if count < 3 { Ok(()) } else { Err("full") }
            },
        );
        assert_eq!((outcome, count), (Err("full"), 3));
    }
}
