//! The pages of a deployed stack, from its table and its bucket of evidence, with the reader's own credentials.

use std::future::Future;

use sagewarden_dynamodb::DynamoTable;
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_invoke::StackPlaces;
use sagewarden_policy::Bundle;
use sagewarden_s3::S3Objects;
use tokio::runtime::{Handle, Runtime};

use crate::ask::stack::config;
use crate::command::serve::ExploredOptions;
use crate::error::CommandError;
use crate::serve::explorer::Explorer;
use crate::serve::source::{Evidence, Rows};

/// An adapter whose calls run on a runtime of their own: a page is made outside of any.
#[derive(Debug)]
pub(crate) struct Remote<A> {
    adapter: A,
    runtime: Handle,
}

impl<A: Clone> Remote<A> {
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

/// The pages of a stack, and the runtime that has to live as long as they are asked for.
pub(crate) fn explorer(
    stack: &str,
    options: &ExploredOptions,
    bundle: Bundle,
) -> Result<(Explorer, Runtime), CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (config, places) = runtime.block_on(async {
        let config = config(options.region.as_deref(), &options.answering).await?;
        let places = StackPlaces::of_stack(&config, stack).await?;
        Ok::<_, CommandError>((config, places))
    })?;
    let handle = runtime.handle();
    let rows = Remote { adapter: DynamoTable::new(&config, places.table), runtime: handle.clone() };
    let evidence = Remote { adapter: S3Objects::new(&config), runtime: handle.clone() };
    let explorer = Explorer {
        rows: Rows::Stack(rows),
        evidence: Evidence::Stack(evidence),
        evidence_bucket: places.evidence,
        bundle,
        is_live: true,
    };
    Ok((explorer, runtime))
}
