//! The pages of a deployed stack, from its table and its bucket of evidence, with the reader's own credentials.

use sagewarden_dynamodb::DynamoTable;
use sagewarden_invoke::StackPlaces;
use sagewarden_policy::Bundle;
use sagewarden_s3::S3Objects;
use tokio::runtime::Runtime;

use crate::ask::stack::config;
use crate::command::serve::ExploredOptions;
use crate::error::CommandError;
use crate::serve::explorer::Explorer;
use crate::serve::remote::Remote;
use crate::serve::source::{Evidence, ReadTable};

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
    let rows = Remote::new(DynamoTable::new(&config, places.table), handle);
    let evidence = Remote::new(S3Objects::new(&config), handle);
    let explorer = Explorer {
        rows: ReadTable::Stack(rows),
        evidence: Evidence::Stack(evidence),
        evidence_bucket: places.evidence,
        bundle,
        is_live: true,
        gathering: Default::default(),
        file: None,
    };
    Ok((explorer, runtime))
}
