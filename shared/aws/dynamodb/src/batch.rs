//! Batches. Without an error, the service may leave a part undone, and asks the caller to send that part again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use backon::{BackoffBuilder, ExponentialBuilder};
use sagewarden_aws::port_error;
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_lineage::table::{Attributes, Item, Key};

use crate::DynamoTable;
use crate::value::{from_row, key_row, to_row};

/// The service's limits of `BatchWriteItem` and `BatchGetItem`.
const MAX_WRITES: usize = 25;
const MAX_KEYS: usize = 100;

/// The waits before this sends a remainder again: about three seconds in all.
fn waits() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(25))
        .with_max_times(7)
        .with_jitter()
        .build()
}

impl DynamoTable {
    /// Puts (with attributes) and deletes (without).
    pub(crate) async fn write_whole(
        &self,
        items: &BTreeMap<&Key, Option<&Attributes>>,
    ) -> Result<(), PortError> {
        let context = self.context("write a batch to");
        let invalid = |error: aws_sdk_dynamodb::error::BuildError| {
            PortError::new(PortErrorKind::Invalid, &context, error.to_string())
        };
        let mut requests = Vec::new();
        for (key, attributes) in items {
            let request = WriteRequest::builder();
            requests.push(match attributes {
                Some(attributes) => {
                    let put = PutRequest::builder()
                        .set_item(Some(to_row(key, attributes)))
                        .build()
                        .map_err(invalid)?;
                    request.put_request(put).build()
                }
                None => {
                    let delete =
                        DeleteRequest::builder().set_key(Some(key_row(key))).build().map_err(invalid)?;
                    request.delete_request(delete).build()
                }
            });
        }
        for chunk in requests.chunks(MAX_WRITES) {
            self.write_chunk(chunk.to_vec(), &context).await?;
        }
        Ok(())
    }

    async fn write_chunk(&self, chunk: Vec<WriteRequest>, context: &str) -> Result<(), PortError> {
        let mut left = chunk;
        let mut waits = waits();
        loop {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.table, left)
                .send()
                .await
                .map_err(|error| port_error(context, error))?;
            left = answer.unprocessed_items.unwrap_or_default().remove(&self.table).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            self.wait(&mut waits, context).await?;
        }
    }

    /// Reads strongly consistently. If a key is given twice, it is read once.
    pub(crate) async fn get_all(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        let context = self.context("read a batch from");
        let keys: Vec<&Key> = keys.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut items = Vec::new();
        for chunk in keys.chunks(MAX_KEYS) {
            let mut wanted = KeysAndAttributes::builder().consistent_read(true);
            for key in chunk {
                wanted = wanted.keys(key_row(key));
            }
            let wanted = wanted
                .build()
                .map_err(|error| PortError::new(PortErrorKind::Invalid, &context, error.to_string()))?;
            self.get_chunk(wanted, &context, &mut items).await?;
        }
        Ok(items)
    }

    async fn get_chunk(
        &self,
        wanted: KeysAndAttributes,
        context: &str,
        items: &mut Vec<Item>,
    ) -> Result<(), PortError> {
        let mut left = HashMap::from([(self.table.clone(), wanted)]);
        let mut waits = waits();
        loop {
            let answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(left))
                .send()
                .await
                .map_err(|error| port_error(context, error))?;
            let found = answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default();
            items.extend(found.into_iter().filter_map(from_row));
            left = answer.unprocessed_keys.unwrap_or_default();
            if left.values().all(|keys| keys.keys().is_empty()) {
                return Ok(());
            }
            self.wait(&mut waits, context).await?;
        }
    }

    async fn wait(&self, waits: &mut impl Iterator<Item = Duration>, context: &str) -> Result<(), PortError> {
        let Some(wait) = waits.next() else {
            let message = "a part of the batch was left undone again and again";
            return Err(PortError::new(PortErrorKind::Throttled, context, message));
        };
        tokio::time::sleep(wait).await;
        Ok(())
    }
}
