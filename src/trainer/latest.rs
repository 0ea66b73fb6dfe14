//! The newest value of something, handed from the thread that makes it to whoever looks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A cell that holds the newest value only. The reader says that it wants one by reading; the writer makes one only if
/// it is wanted. Neither ever waits for the other for longer than it takes to exchange a pointer.
#[derive(Debug)]
pub struct Latest<T> {
    value: Mutex<Option<Arc<T>>>,
    wanted: AtomicBool,
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self { value: Mutex::new(None), wanted: AtomicBool::new(true) }
    }
}

impl<T> Latest<T> {
    /// The newest value, if there has been one, and a request for a newer one.
    pub fn read(&self) -> Option<Arc<T>> {
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.wanted.store(true, Ordering::Release);
        value
    }

    /// Whether somebody has read since the last call.
    pub fn take_request(&self) -> bool {
        self.wanted.swap(false, Ordering::Acquire)
    }

    /// Replaces the value.
    pub fn publish(&self, value: Arc<T>) {
        let mut slot = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let old = slot.replace(value);
        drop(slot);
        // Outside the lock: freeing a large value takes longer than a reader should wait.
        drop(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_counts_and_only_if_wanted() {
        let latest = Latest::default();
        assert!(latest.take_request(), "the first value is always wanted");
        assert!(!latest.take_request());
        assert!(latest.read().is_none());
        latest.publish(Arc::new(1));
        latest.publish(Arc::new(2));
        assert!(latest.take_request());
        assert_eq!(latest.read().as_deref(), Some(&2));
        assert!(latest.take_request() && !latest.take_request());
    }
}
