//! A training step allocates nothing, except for rows of the history.
#![expect(unsafe_code, reason = "a counting allocator implements an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Experiment, Origin};
use unpick::vae::Covariance;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract; the counter is a
// thread-local number that is initialised without allocating.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the contract of this function is that of the one called.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the contract of this function is that of the one called.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Number of allocations of `work`.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn a_step_allocates_nothing() {
    for covariance in Covariance::ALL {
        let mut scene = Scene::named("cylinder").unwrap().clone();
        (scene.generator.samples, scene.generator.test_samples) = (1000, 200);
        let data = Arc::new(generate(&scene, 1));
        let mut config = Config::new(Origin::Scene(Box::new(scene)), 1, 1000);
        config.objective.covariance = covariance;
        let mut run = Experiment::new(config, data).unwrap();
        let mut counted = 0;
        for _ in 0..250 {
            let next = run.state().step + 1;
            // A row, or a keyframe.
            let due = run.history().is_due(next) || next.is_multiple_of(100);
            let count = allocations(|| run.step().unwrap());
            // The first step sizes the buffers.
            if run.state().step > 1 && !due {
                assert_eq!(count, 0, "step {} of the {} model", run.state().step, covariance.name());
                counted += 1;
            }
            assert!(!due || count > 0, "a row or a keyframe is allocated, so the counter counts");
        }
        assert!(counted > 200);
    }
}
