//! Threads finish in any order; their results are taken in the order of the work.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A value that is changed by one turn after the other.
pub(crate) struct InOrder<T> {
    state: Mutex<State<T>>,
    moved: Condvar,
}

struct State<T> {
    value: T,
    /// Whose turn it is.
    turn: u64,
    /// A thread will not take its turn any more.
    is_broken: bool,
}

/// A turn that is still to be taken.
pub(crate) struct Turn<'a, T> {
    of: &'a InOrder<T>,
    number: u64,
}

impl<T> InOrder<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { state: Mutex::new(State { value, turn: 0, is_broken: false }), moved: Condvar::new() }
    }

    /// The turn with this number, from 0.
    pub(crate) fn turn(&self, number: u64) -> Turn<'_, T> {
        Turn { of: self, number }
    }

    pub(crate) fn into_inner(self) -> T {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).value
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Turn<'_, T> {
    /// Waits until all turns before are over.
    pub(crate) fn take(self, change: impl FnOnce(&mut T)) {
        let mut state = self.of.lock();
        while state.turn != self.number && !state.is_broken {
            state = self.of.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.is_broken {
            change(&mut state.value);
            state.turn += 1;
        }
        drop(state);
        self.of.moved.notify_all();
    }
}

impl<T> Drop for Turn<'_, T> {
    /// Others do not wait for a thread that panics; the scope that joins it panics as well.
    fn drop(&mut self) {
        if thread::panicking() {
            self.of.lock().is_broken = true;
            self.of.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn turns_are_taken_in_their_order_whoever_is_first() {
        let numbers = InOrder::new(Vec::new());
        thread::scope(|scope| {
            for number in (0..8).rev() {
                let turn = numbers.turn(number);
                scope.spawn(move || turn.take(|numbers| numbers.push(number)));
            }
        });
        assert_eq!(numbers.into_inner(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let numbers = InOrder::new(Vec::new());
        let ended = thread::scope(|scope| {
            let first = numbers.turn(0);
            let second = numbers.turn(1);
            scope.spawn(move || second.take(|numbers| numbers.push(1)));
            let panics = scope.spawn(move || {
                let _owed = first;
                thread::sleep(Duration::from_millis(20));
                panic!("on purpose")
            });
            panics.join().is_err()
        });
        assert!(ended);
        assert!(numbers.into_inner().is_empty());
    }
}
