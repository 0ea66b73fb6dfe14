//! An allocator that counts what one thread holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn grow(size: isize) {
    HELD.set(HELD.get() + size);
    MOST.set(MOST.get().max(HELD.get()));
}

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract; the counters are thread-local numbers
// that are initialised without allocating.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size().cast_signed());
        // SAFETY: the contract of this function is that of the one called.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        grow(-layout.size().cast_signed());
        // SAFETY: the contract of this function is that of the one called.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts from here on.
pub(crate) fn begin() {
    HELD.set(0);
    MOST.set(0);
}

/// The most bytes that this thread has held more than when counting began.
pub(crate) fn most() -> usize {
    MOST.get().unsigned_abs()
}
