//! A table that answers when a test lets it: two attempts side by side, in any order of their calls.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use sagewarden_govern::ports::{Claim, Claimed, PortError, Table};
use sagewarden_lineage::fold;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};

/// A table whose every call waits until it is polled again, and says meanwhile which keys it will write.
#[derive(Clone, Debug)]
pub struct Stepped<T> {
    table: T,
    next: Rc<RefCell<Vec<Key>>>,
}

impl<T: Table> Stepped<T> {
    /// A table over another one.
    pub fn new(table: T) -> Self {
        Self { table, next: Rc::default() }
    }

    async fn wait(&self, writes: Vec<Key>) {
        *self.next.borrow_mut() = writes;
        let mut asked = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut asked, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl<T: Table> Table for Stepped<T> {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        self.wait(writes.iter().map(fold::key).cloned().collect()).await;
        self.table.write(writes).await
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.wait(Vec::new()).await;
        self.table.get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        self.wait(Vec::new()).await;
        self.table.query(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        self.wait(vec![claim.key.clone()]).await;
        self.table.claim(claim).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        self.wait(vec![claim.key.clone()]).await;
        self.table.settle(claim, attributes).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.wait(vec![claim.key.clone()]).await;
        self.table.release(claim).await
    }
}

/// An attempt on a table; dropping it kills it where it waits.
pub struct Attempt<'a, T> {
    next: Rc<RefCell<Vec<Key>>>,
    work: Pin<Box<dyn Future<Output = T> + 'a>>,
}

impl<'a, T> Attempt<'a, T> {
    /// Begins with the first step.
    pub fn new<B>(table: &Stepped<B>, work: impl Future<Output = T> + 'a) -> Self {
        Self { next: Rc::clone(&table.next), work: Box::pin(work) }
    }

    /// One call more; what came of it when it was the last.
    pub fn step(&mut self) -> Option<T> {
        match self.work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    /// Whether the next call changes anything.
    #[must_use]
    pub fn writes_next(&self) -> bool {
        !self.next.borrow().is_empty()
    }

    /// Goes on until the next call is one that writes such a key; false when it ended before.
    pub fn step_to(&mut self, writes: impl Fn(&Key) -> bool) -> bool {
        loop {
            if self.step().is_some() {
                return false;
            }
            if self.next.borrow().iter().any(&writes) {
                return true;
            }
        }
    }

    /// To the end.
    pub fn finish(mut self) -> T {
        loop {
            if let Some(done) = self.step() {
                return done;
            }
        }
    }
}
