//! Newest value, passed from the thread that makes it to its reader.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Cell that holds the newest value only. Reading requests a newer one; the writer makes one only on request. Neither waits
/// for the other longer than the exchange of a pointer.
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
    /// Newest value, if there is one, and a request for a newer one.
    pub fn read(&self) -> Option<Arc<T>> {
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.wanted.store(true, Ordering::Release);
        value
    }

    /// True if the value was read since the last call.
    pub fn take_request(&self) -> bool {
        self.wanted.swap(false, Ordering::Acquire)
    }

    /// Replaces the value.
    pub fn publish(&self, value: Arc<T>) {
        let mut slot = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let old = slot.replace(value);
        drop(slot);
        // Outside the lock, because freeing a large value takes longer than a reader should wait.
        drop(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_gives_the_newest_value_and_requests_another() {
        let latest = Latest::default();
        assert!(latest.take_request(), "the first value is requested from the start");
        assert!(!latest.take_request());
        assert!(latest.read().is_none());
        latest.publish(Arc::new(1));
        latest.publish(Arc::new(2));
        assert!(latest.take_request());
        assert_eq!(latest.read().as_deref(), Some(&2));
        assert!(latest.take_request() && !latest.take_request());
    }
}
