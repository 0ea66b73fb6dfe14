//! A training step asks for no memory: only the rows of the history do.
#![expect(unsafe_code, reason = "an allocator that counts can only be one by implementing an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Experiment, Origin};
use unpick::vae::Covariance;

thread_local! {
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on as it came to the system's allocator, which keeps the contract; the counter is a
// thread-local number that is initialised without memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.set(REQUESTS.get() + 1);
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

/// How often `work` asked for memory.
fn requests(work: impl FnOnce()) -> u64 {
    let before = REQUESTS.get();
    work();
    REQUESTS.get() - before
}

#[test]
fn a_step_asks_for_no_memory() {
    for covariance in Covariance::ALL {
        let mut scene = Scene::named("cylinder").unwrap().clone();
        (scene.generator.samples, scene.generator.test_samples) = (1000, 200);
        let data = Arc::new(generate(&scene, 1));
        let mut config = Config::new(Origin::Scene(Box::new(scene)), 1, 1000);
        config.objective.covariance = covariance;
        let mut run = Experiment::new(config, data).unwrap();
        let mut counted = 0;
        for _ in 0..250 {
            let due = run.history().is_due(run.state().step + 1);
            let asked = requests(|| run.step().unwrap());
            // The first step sizes the buffers.
            if run.state().step > 1 && !due {
                assert_eq!(asked, 0, "step {} of the {} model", run.state().step, covariance.name());
                counted += 1;
            }
            assert!(!due || asked > 0, "a row is memory: the counter counts");
        }
        assert!(counted > 200);
    }
}
