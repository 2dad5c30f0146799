//! What several connections need and one of them reads.

use std::sync::{Mutex, OnceLock, PoisonError};

/// A value that is read when it is asked for first. Who else asks meanwhile waits for it.
#[derive(Debug)]
pub(crate) struct ReadOnce<T> {
    value: OnceLock<T>,
    reading: Mutex<()>,
}

impl<T> Default for ReadOnce<T> {
    fn default() -> Self {
        Self { value: OnceLock::new(), reading: Mutex::new(()) }
    }
}

impl<T> ReadOnce<T> {
    /// What was read before, else what is read now.
    ///
    /// # Errors
    /// Those of `read`, which is tried again whenever the value is asked for.
    pub(crate) fn get(&self, read: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<&T> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        match self.value.get() {
            Some(value) => Ok(value),
            None => read().map(|read| self.value.get_or_init(|| read)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn two_who_ask_together_have_it_read_once() {
        let (value, reads, together) = (ReadOnce::default(), AtomicU32::new(0), Barrier::new(2));
        let ask = || {
            together.wait();
            let read = || Ok(reads.fetch_add(1, Ordering::SeqCst) + 7);
            value.get(read).copied().expect("a value")
        };
        let both = std::thread::scope(|threads| {
            let other = threads.spawn(ask);
            [ask(), other.join().expect("the other one has asked")]
        });
        assert_eq!((both, reads.into_inner()), ([7, 7], 1));
    }

    #[test]
    fn what_could_not_be_read_is_tried_again() {
        let value = ReadOnce::default();
        assert!(value.get(|| Err(anyhow::anyhow!("a broken cell"))).is_err());
        assert_eq!(value.get(|| Ok(7)).copied().ok(), Some(7));
    }
}
