//! Items as the service writes them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use sagewarden_lineage::table::{Attributes, Item, Key, Value};

/// The attribute that holds the partition key.
pub(crate) const PK: &str = "pk";
/// The attribute that holds the sort key.
pub(crate) const SK: &str = "sk";

/// An item of the SDK.
pub(crate) type Row = HashMap<String, AttributeValue>;

pub(crate) fn key_row(key: &Key) -> Row {
    Row::from([
        (PK.to_owned(), AttributeValue::S(key.pk.clone())),
        (SK.to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

pub(crate) fn to_row(key: &Key, attributes: &Attributes) -> Row {
    let mut row = key_row(key);
    // The table holds no empty sets.
    let stored = attributes.iter().filter(|(_, value)| !matches!(value, Value::Set(set) if set.is_empty()));
    row.extend(stored.map(|(name, value)| (name.clone(), to_value(value))));
    row
}

pub(crate) fn to_value(value: &Value) -> AttributeValue {
    match value {
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::Text(text) => AttributeValue::S(text.clone()),
        Value::Set(members) => AttributeValue::Ss(members.iter().cloned().collect()),
    }
}

/// `None` for a row without our keys. Leaves out attributes of other types: somebody else wrote them.
pub(crate) fn from_row(mut row: Row) -> Option<Item> {
    let mut text = |name: &str| match row.remove(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    };
    let key = Key { pk: text(PK)?, sk: text(SK)? };
    let attributes = row.into_iter().filter_map(|(name, value)| Some((name, from_value(value)?))).collect();
    Some(Item { key, attributes })
}

fn from_value(value: AttributeValue) -> Option<Value> {
    match value {
        AttributeValue::S(text) => Some(Value::Text(text)),
        AttributeValue::N(number) => number.parse().ok().map(Value::Number),
        AttributeValue::Ss(members) => Some(Value::Set(members.into_iter().collect())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_comes_back_as_it_went() {
        let key = Key::new("p", "s");
        let attributes = Attributes::from([
            ("text".into(), Value::Text(String::new())),
            ("number".into(), Value::Number(-7)),
            ("set".into(), Value::Set(["b".to_owned(), "a".to_owned()].into())),
        ]);
        let mut row = to_row(&key, &attributes);
        row.insert("theirs".into(), AttributeValue::Bool(true));
        assert_eq!(from_row(row), Some(Item { key, attributes }));
        assert_eq!(from_row(Row::new()), None);
    }
}
