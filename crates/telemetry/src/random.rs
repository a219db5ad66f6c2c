//! Random numbers for trace and span ids: one is needed for every request, so they must cost nanoseconds, not a
//! system call. They must be unique, not secret. `SipHash` of a counter, under a key that the standard library draws from
//! the operating system for each thread, is both.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

thread_local! {
    static KEY: RandomState = RandomState::new();
    static COUNTER: Cell<u64> = const { Cell::new(0) };
}

/// A random number, never zero: the trace context calls an id of all zeros invalid.
pub(crate) fn random_id() -> u64 {
    loop {
        let count = COUNTER.get();
        COUNTER.set(count.wrapping_add(1));
        let id = KEY.with(|key| key.hash_one(count));
        if id != 0 {
            return id;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_of_many_threads_never_repeat() {
        const THREADS: usize = 4;
        const EACH: usize = 10_000;
        let threads: Vec<_> =
            (0..THREADS).map(|_| std::thread::spawn(|| (0..EACH).map(|_| random_id()).collect::<Vec<_>>())).collect();
        let ids: HashSet<u64> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.len(), THREADS * EACH);
        assert!(!ids.contains(&0));
    }

    #[test]
    fn every_bit_of_an_id_varies() {
        let (mut ones, mut zeros) = (0, 0);
        for _ in 0..1_000 {
            let id = random_id();
            ones |= id;
            zeros |= !id;
        }
        assert_eq!((ones, zeros), (u64::MAX, u64::MAX));
    }
}
