//! Calls to AWS from pages.

use std::future::Future;

use sagewarden_govern::ports::{PortError, PortErrorKind};
use tokio::runtime::Handle;

/// An adapter whose calls run on a runtime of their own: a page is made outside of any.
#[derive(Debug)]
pub(crate) struct Remote<A> {
    adapter: A,
    runtime: Handle,
}

impl<A: Clone> Remote<A> {
    pub(crate) fn new(adapter: A, runtime: &Handle) -> Self {
        Self { adapter, runtime: runtime.clone() }
    }

    /// The answer of a call.
    pub(crate) async fn call<T, F>(&self, call: impl FnOnce(A) -> F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, PortError>> + Send + 'static,
    {
        let ended = self.runtime.spawn(call(self.adapter.clone())).await;
        let broken = |error: tokio::task::JoinError| {
            PortError::new(PortErrorKind::Unavailable, "call AWS", error.to_string())
        };
        ended.map_err(broken)?
    }
}
