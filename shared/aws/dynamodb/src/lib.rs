//! The lineage table through `aws-sdk-dynamodb`. Each write is a merge of one item, there are no transactions, and reads are strongly
//! consistent.

mod batch;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use futures::{StreamExt, TryStreamExt, stream};
use sagewarden_aws::port_error;
use sagewarden_govern::ports::{Claim, Claimed, PortError, PortErrorKind, Table};
use sagewarden_lineage::fold::{by_item, is_one_update, key};
use sagewarden_lineage::rows::ReceiptRow;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Range, Write};

use crate::value::{PK, Row, SK, from_row, key_row, to_row, to_value};

/// What IAM must allow for each method. Tests compare this with the roles in the template, and with the calls.
pub const ACTIONS: &[(&str, &[&str])] = &[
    ("Table::write", &["dynamodb:BatchWriteItem", "dynamodb:UpdateItem"]),
    ("Table::get", &["dynamodb:BatchGetItem"]),
    ("Table::query", &["dynamodb:Query"]),
    ("Table::claim", &["dynamodb:UpdateItem"]),
    ("Table::settle", &["dynamodb:PutItem"]),
    ("Table::release", &["dynamodb:DeleteItem", "dynamodb:PutItem"]),
];

/// A table with the partition key `pk` and the sort key `sk`, both text.
#[derive(Clone, Debug)]
pub struct DynamoTable {
    client: Client,
    table: String,
}

/// Single-item updates in flight at once.
const CONCURRENCY: usize = 8;

impl DynamoTable {
    /// A client with this configuration for this table.
    #[must_use]
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into() }
    }

    fn context(&self, what: &str) -> String {
        format!("{what} table `{}`", self.table)
    }
}

impl Table for DynamoTable {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        // A batch must not name a key twice. Also, writes that are folded into one are paid once.
        let items = by_item(writes);
        let mut whole: BTreeMap<&Key, Option<&Attributes>> = BTreeMap::new();
        let mut merged = Vec::new();
        for writes in &items {
            match writes.as_slice() {
                [Write::Put(Item { key, attributes })] => {
                    whole.insert(key, Some(attributes));
                }
                [Write::Delete(key)] => {
                    whole.insert(key, None);
                }
                writes => merged.push(writes),
            }
        }
        stream::iter(merged)
            .map(|writes| self.merge(writes))
            .buffer_unordered(CONCURRENCY)
            .try_collect::<()>()
            .await?;
        self.write_whole(&whole).await
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.get_all(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        let mut call = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .scan_index_forward(!query.descending)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", AttributeValue::S(query.pk.clone()));
        let mut condition = "#pk = :pk".to_owned();
        let text = |text: &String| AttributeValue::S(text.clone());
        match &query.range {
            // The service refuses an empty prefix.
            Range::Prefix(prefix) if prefix.is_empty() => {}
            Range::Prefix(prefix) => {
                condition += " AND begins_with(#sk, :low)";
                call = call
                    .expression_attribute_names("#sk", SK)
                    .expression_attribute_values(":low", text(prefix));
            }
            // The service refuses an empty text for a key, here as well.
            Range::Between(low, high) if low.is_empty() => {
                condition += " AND #sk <= :high";
                call = call
                    .expression_attribute_names("#sk", SK)
                    .expression_attribute_values(":high", text(high));
            }
            Range::Between(low, high) => {
                condition += " AND #sk BETWEEN :low AND :high";
                call = call
                    .expression_attribute_names("#sk", SK)
                    .expression_attribute_values(":low", text(low))
                    .expression_attribute_values(":high", text(high));
            }
        }
        if let Some(limit) = query.limit {
            call = call.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        }
        if let Some(after) = &query.after {
            call = call.set_exclusive_start_key(Some(key_row(&Key::new(&query.pk, after))));
        }
        let answer = call
            .key_condition_expression(condition)
            .send()
            .await
            .map_err(|error| port_error(self.context("query"), error))?;
        let next = answer.last_evaluated_key().and_then(|key| key.get(SK)?.as_s().ok().cloned());
        let items = answer.items.unwrap_or_default().into_iter().filter_map(from_row).collect();
        Ok(Page { items, next })
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        // The owner's own claim is granted again: if an answer is lost, the SDK asks twice.
        let mut update = Update::of(&claim.key);
        for (name, value) in ReceiptRow::claimed(&claim.owner, claim.until) {
            let (name, value) = update.bind(&name, to_value(&value));
            update.set.push(format!("{name} = {value}"));
        }
        if let Some(owed) = &claim.owed {
            let once = Attributes::from([
                (ReceiptRow::OWED.to_owned(), owed.as_str().into()),
                (ReceiptRow::OWED_BY.to_owned(), claim.owner.as_str().into()),
            ]);
            update.merge(&once, &BTreeMap::new());
        }
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_update_expression(update.expression())
            .set_key(Some(update.key))
            .set_expression_attribute_names(Some(update.names.into_iter().collect()))
            .set_expression_attribute_values(Some(update.values.into_iter().collect()))
            .condition_expression(
                "attribute_not_exists(#pk) OR (#st = :claimed AND (#until < :now OR #owner = :owner))",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#st", ReceiptRow::STATE)
            .expression_attribute_names("#until", ReceiptRow::UNTIL)
            .expression_attribute_names("#owner", ReceiptRow::OWNER)
            .expression_attribute_values(":claimed", AttributeValue::S(ReceiptRow::CLAIMED.into()))
            .expression_attribute_values(":now", AttributeValue::N(claim.now.millis().to_string()))
            .expression_attribute_values(":owner", AttributeValue::S(claim.owner.clone()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match call.send().await {
            Ok(answer) => {
                let text = |name| answer.attributes().and_then(|old| old.get(name)?.as_s().ok());
                let is_own = text(ReceiptRow::OWED_BY) == Some(&claim.owner);
                return Ok(Claimed::Mine { owed: text(ReceiptRow::OWED).filter(|_| !is_own).cloned() });
            }
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(held)) => {
                let state = held.item().and_then(|item| item.get(ReceiptRow::STATE)?.as_s().ok());
                let is_done = state.is_some_and(|state| state == ReceiptRow::DONE);
                Ok(if is_done { Claimed::Done } else { Claimed::Busy })
            }
            _ => Err(port_error(self.context("claim a receipt in"), error)),
        }
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        if self.replace_own(claim, &ReceiptRow::done(attributes)).await? {
            return Ok(());
        }
        let context = format!("settle `{}`", claim.key.pk);
        Err(PortError::new(PortErrorKind::Unavailable, context, "the claim has expired"))
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        if let Some(owed) = &claim.owed {
            return self.replace_own(claim, &ReceiptRow::given_back(owed)).await.map(drop);
        }
        let call = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key_row(&claim.key)))
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", ReceiptRow::OWNER)
            .expression_attribute_values(":owner", AttributeValue::S(claim.owner.clone()));
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(is_condition) => Ok(()),
            Err(error) => Err(port_error(self.context("release a receipt in"), error)),
        }
    }
}

impl DynamoTable {
    /// Replaces a receipt by these attributes. Answers whether the claim still belonged to the owner.
    async fn replace_own(&self, claim: &Claim, attributes: &Attributes) -> Result<bool, PortError> {
        let call = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_row(&claim.key, attributes)))
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", ReceiptRow::OWNER)
            .expression_attribute_values(":owner", AttributeValue::S(claim.owner.clone()));
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(is_condition) => Ok(false),
            Err(error) => Err(port_error(self.context("settle a receipt in"), error)),
        }
    }
}

/// An `UpdateItem` with placeholders, because attribute names may be reserved words.
struct Update {
    key: Row,
    set: Vec<String>,
    add: Vec<String>,
    conditions: Vec<String>,
    names: BTreeMap<String, String>,
    values: BTreeMap<String, AttributeValue>,
}

impl Update {
    fn of(key: &Key) -> Self {
        Self {
            key: key_row(key),
            set: Vec::new(),
            add: Vec::new(),
            conditions: Vec::new(),
            names: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    }

    /// Adds a merge or a register; `Put` and `Delete` go out in batches.
    fn add(&mut self, write: &Write) {
        match write {
            Write::Merge { once, union, .. } => self.merge(once, union),
            Write::Newest { version_attribute, version, attributes, .. } => {
                self.newest(version_attribute, version, attributes);
            }
            Write::Put(_) | Write::Delete(_) => {}
        }
    }

    fn merge(&mut self, once: &Attributes, union: &BTreeMap<String, BTreeSet<String>>) {
        for (name, value) in once {
            let (name, value) = self.bind(name, to_value(value));
            self.set.push(format!("{name} = if_not_exists({name}, {value})"));
        }
        // The table holds no empty sets.
        for (name, members) in union.iter().filter(|(_, members)| !members.is_empty()) {
            let (name, value) = self.bind(name, AttributeValue::Ss(members.iter().cloned().collect()));
            self.add.push(format!("{name} {value}"));
        }
    }

    fn newest(&mut self, version_attribute: &str, version: &str, attributes: &Attributes) {
        for (name, value) in attributes.iter().filter(|(name, _)| *name != version_attribute) {
            let (name, value) = self.bind(name, to_value(value));
            self.set.push(format!("{name} = {value}"));
        }
        let (name, value) = self.bind(version_attribute, AttributeValue::S(version.to_owned()));
        self.set.push(format!("{name} = {value}"));
        self.conditions.push(format!("(attribute_not_exists({name}) OR {name} < {value})"));
    }

    fn bind(&mut self, name: &str, value: AttributeValue) -> (String, String) {
        let number = self.names.len();
        let placeholders = (format!("#a{number}"), format!(":a{number}"));
        self.names.insert(placeholders.0.clone(), name.to_owned());
        self.values.insert(placeholders.1.clone(), value);
        placeholders
    }

    fn expression(&self) -> Option<String> {
        let clauses = [("SET", &self.set), ("ADD", &self.add)];
        let text: Vec<String> = clauses
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(word, parts)| format!("{word} {}", parts.join(", ")))
            .collect();
        // Without an expression, the item has only its key.
        (!text.is_empty()).then(|| text.join(" "))
    }
}

impl DynamoTable {
    /// Writes the merges and registers of one item in one update, which is paid once, unless the table already has a newer version of a
    /// register.
    async fn merge(&self, writes: &[Write]) -> Result<(), PortError> {
        let Some(first) = writes.first() else { return Ok(()) };
        if writes.len() > 1 && is_one_update(writes) {
            let mut update = Update::of(key(first));
            writes.iter().for_each(|write| update.add(write));
            if self.update(update).await? {
                return Ok(());
            }
        }
        for write in writes {
            let mut update = Update::of(key(write));
            update.add(write);
            self.update(update).await?;
        }
        Ok(())
    }

    /// Whether the update took place: false if the table already has a newer version.
    async fn update(&self, update: Update) -> Result<bool, PortError> {
        let expression = update.expression();
        let condition = (!update.conditions.is_empty()).then(|| update.conditions.join(" AND "));
        let bound = !update.names.is_empty();
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(update.key))
            .set_update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(bound.then(|| update.names.into_iter().collect()))
            .set_expression_attribute_values(bound.then(|| update.values.into_iter().collect()));
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(is_condition) => Ok(false),
            Err(error) => Err(port_error(self.context("update"), error)),
        }
    }
}

fn is_condition(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

#[cfg(test)]
mod tests {
    use sagewarden_lineage::table::Value;

    use super::*;

    fn update(writes: &[Write]) -> Update {
        let mut update = Update::of(&Key::new("p", "s"));
        writes.iter().for_each(|write| update.add(write));
        update
    }

    fn merge(once: Attributes, union: BTreeMap<String, BTreeSet<String>>) -> Write {
        Write::Merge { key: Key::new("p", "s"), once, union }
    }

    fn register() -> Write {
        Write::Newest {
            key: Key::new("p", "s"),
            version_attribute: "v".into(),
            version: "2".into(),
            attributes: Attributes::from([("commit".into(), Value::Text("c".into()))]),
        }
    }

    #[test]
    fn a_merge_sets_what_is_absent_and_grows_sets() {
        let once = Attributes::from([("name".into(), Value::Text("x".into()))]);
        let union = BTreeMap::from([
            ("in".to_owned(), BTreeSet::from(["a".to_owned()])),
            ("none".to_owned(), BTreeSet::new()),
        ]);
        let update = update(&[merge(once, union)]);
        assert_eq!(update.expression().unwrap(), "SET #a0 = if_not_exists(#a0, :a0) ADD #a1 :a1");
        assert_eq!(update.names.values().collect::<Vec<_>>(), ["name", "in"]);
    }

    #[test]
    fn a_register_is_guarded_by_its_version() {
        let update = update(&[register()]);
        assert_eq!(update.expression().unwrap(), "SET #a0 = :a0, #a1 = :a1");
        assert_eq!(update.conditions, ["(attribute_not_exists(#a1) OR #a1 < :a1)"]);
    }

    #[test]
    fn a_merge_and_a_register_are_one_update_under_the_registers_condition() {
        let once = Attributes::from([("name".into(), Value::Text("x".into()))]);
        let update = update(&[merge(once, BTreeMap::new()), register()]);
        assert_eq!(update.expression().unwrap(), "SET #a0 = if_not_exists(#a0, :a0), #a1 = :a1, #a2 = :a2");
        assert_eq!(update.conditions, ["(attribute_not_exists(#a2) OR #a2 < :a2)"]);
    }

    #[test]
    fn an_item_may_have_nothing_but_its_key() {
        assert_eq!(update(&[merge(Attributes::new(), BTreeMap::new())]).expression(), None);
    }
}
