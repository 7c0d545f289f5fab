//! Work on many things on all cores, with the results in the order of the things.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

/// The most results of each thread that wait for an earlier result.
const AHEAD: usize = 64;

/// Works on the things in parallel, and hands over the results in order. `each` says whether to continue.
pub(crate) fn in_order<T: Sync, R: Send>(
    things: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut each: impl FnMut(R),
) {
    // Asking for the number of cores reads files of the system, which is more work than many a thing.
    let threads = if things.len() > 1 {
        thread::available_parallelism().map_or(1, NonZero::get).min(things.len())
    } else {
        1
    };
    if threads <= 1 {
        return things.iter().map(work).for_each(each);
    }
    let next = AtomicUsize::new(0);
    let (sender, receiver) = sync_channel(threads * AHEAD);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(thing) = things.get(index) else { return };
                    if sender.send((index, work(thing))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (mut waiting, mut wanted) = (BTreeMap::new(), 0);
        for (index, result) in receiver {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&wanted) {
                each(result);
                wanted += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_things() {
        let things: Vec<u64> = (0..1_000).collect();
        let mut found = Vec::new();
        let work = |thing: &u64| {
            thread::sleep(std::time::Duration::from_micros(thing % 7 * 50));
            thing * 2
        };
        in_order(&things, work, |result| found.push(result));
        assert_eq!(found, things.iter().map(|thing| thing * 2).collect::<Vec<_>>());
    }
}
