//! The types of the lineage table: keys, items, and the writes that commute.
//!
//! The table has a partition key `pk` and a sort key `sk`, both text, on DynamoDB and in SQLite. Events arrive in any order and more than
//! once. So every write, except a `Put` of immutable facts, is a merge whose result does not depend on the order.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Names one item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    /// A key.
    #[must_use]
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// Its size as DynamoDB counts it, with the names of both keys.
    pub(crate) fn bytes(&self) -> usize {
        "pk".len() + self.pk.len() + "sk".len() + self.sk.len()
    }
}

/// An attribute's value. DynamoDB's `S`, `N` (integers only) and `SS`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `N`
    Number(i64),
    /// `S`
    Text(String),
    /// `SS`: never empty in a stored item.
    Set(BTreeSet<String>),
}

/// Reads it in one pass, because the embedded store reads an item for every node of an answer.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;
        impl<'de> Visitor<'de> for AnyValue {
            type Value = Value;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a text, an integer or a list of texts")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
                i64::try_from(number).map(Value::Number).map_err(E::custom)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
                Ok(Value::Text(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut members = BTreeSet::new();
                while let Some(member) = list.next_element()? {
                    members.insert(member);
                }
                Ok(Value::Set(members))
            }
        }
        deserializer.deserialize_any(AnyValue)
    }
}

/// The attributes of an item without its keys.
pub type Attributes = BTreeMap<String, Value>;

/// A stored item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its key.
    pub key: Key,
    /// Everything else.
    pub attributes: Attributes,
}

impl Item {
    /// The attribute as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The attribute as an integer.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.attributes.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The members of a set attribute, in order; none if the attribute is absent.
    pub fn set(&self, name: &str) -> impl Iterator<Item = &str> {
        match self.attributes.get(name) {
            Some(Value::Set(members)) => Some(members.iter().map(String::as_str)),
            _ => None,
        }
        .into_iter()
        .flatten()
    }

    /// Its size as DynamoDB counts it ("DynamoDB item sizes and formats", developer guide): the bytes of names and values. A
    /// number is "approximately (number of significant digits / 2) + 1".
    #[must_use]
    pub fn bytes(&self) -> usize {
        let attributes = self.attributes.iter();
        let own: usize = attributes.map(|(name, value)| name.len() + value.bytes()).sum();
        own + self.key.bytes()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl Value {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Number(number) => number.to_string().len().div_ceil(2) + 1,
            Self::Text(text) => text.len(),
            Self::Set(members) => members.iter().map(String::len).sum(),
        }
    }
}

/// A change that has the same result if it is applied twice, late, or in another order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// Adds facts. `once` attributes are set if they are absent, and `union` attributes are sets that grow. Creates the item if it does not
    /// exist.
    Merge {
        /// Which item.
        key: Key,
        /// Attributes that depend only on the entity, so that the first writer is as good as any other.
        once: Attributes,
        /// Members to add to set attributes.
        union: BTreeMap<String, BTreeSet<String>>,
    },
    /// A register: sets `attributes` and `version_attribute` if the stored version is absent or smaller in byte order. Creates the item if
    /// it does not exist. The version must decide between any two different contents.
    Newest {
        /// Which item.
        key: Key,
        /// The attribute that holds the version.
        version_attribute: String,
        /// The version of this content.
        version: String,
        /// The content.
        attributes: Attributes,
    },
    /// Writes a whole item. This is only for contents that depend on the key alone, or that are computed from other items and can be
    /// computed again.
    Put(Item),
    /// Removes an item, if it exists.
    Delete(Key),
}

/// Reads items of one partition in the order of their sort keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The partition.
    pub pk: String,
    /// Which sort keys.
    pub range: Range,
    /// From the largest sort key downwards.
    pub descending: bool,
    /// At most this many items. If absent, the store decides how large a page is.
    pub limit: Option<usize>,
    /// Continues after this sort key (in the query's direction).
    pub after: Option<String>,
}

/// A range of sort keys in byte order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// Sort keys that begin with this text.
    Prefix(String),
    /// From the first to the second, both included.
    Between(String, String),
}

impl Query {
    /// Every item whose sort key begins with `prefix`, ascending.
    #[must_use]
    pub fn prefix(pk: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            range: Range::Prefix(prefix.into()),
            descending: false,
            limit: None,
            after: None,
        }
    }

    /// Every item of a partition, ascending.
    #[must_use]
    pub fn whole(pk: impl Into<String>) -> Self {
        Self::prefix(pk, "")
    }

    /// Every item whose sort key lies between two texts, both included, ascending.
    #[must_use]
    pub fn between(pk: impl Into<String>, from: impl Into<String>, until: impl Into<String>) -> Self {
        Self { range: Range::Between(from.into(), until.into()), ..Self::whole(pk) }
    }

    /// The same items from the largest sort key downwards. If sort keys begin with a time, the newest come first.
    #[must_use]
    pub fn newest_first(self) -> Self {
        Self { descending: true, ..self }
    }

    /// At most this many items.
    #[must_use]
    pub fn at_most(self, items: usize) -> Self {
        Self { limit: Some(items), ..self }
    }
}

/// The result of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In the query's order.
    pub items: Vec<Item>,
    /// Where to continue (`Query::after`); absent on the last page.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item() -> Item {
        let set = Value::Set(["b".to_owned(), "a".to_owned()].into());
        let attributes = Attributes::from([
            ("text".into(), "abc".into()),
            ("number".into(), 12.into()),
            ("set".into(), set),
        ]);
        Item { key: Key::new("p", "s"), attributes }
    }

    #[test]
    fn an_attribute_is_read_as_what_it_is_and_as_nothing_else() {
        let item = item();
        assert_eq!((item.text("text"), item.text("number"), item.text("none")), (Some("abc"), None, None));
        assert_eq!((item.number("number"), item.number("text")), (Some(12), None));
        assert_eq!(item.set("set").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((item.set("text").count(), item.set("none").count()), (0, 0));
        assert_eq!(Value::from("a"), Value::from("a".to_owned()));
    }

    #[test]
    fn an_item_survives_being_written_as_json() {
        let written = json!(item());
        assert_eq!(written["attributes"], json!({ "text": "abc", "number": 12, "set": ["a", "b"] }));
        assert_eq!(serde_json::from_value::<Item>(written).unwrap(), item());
        let check = |value: serde_json::Value, expect: Option<Value>| {
            assert_eq!(serde_json::from_value(value.clone()).ok(), expect, "{value}");
            assert_eq!(serde_json::from_str(&value.to_string()).ok(), expect, "{value}");
        };
        check(json!(-3), Some(Value::Number(-3)));
        check(json!(i64::MAX), Some(Value::Number(i64::MAX)));
        check(json!(u64::MAX), None);
        check(json!("a"), Some("a".into()));
        check(json!(["a", 1]), None);
        check(json!(1.5), None);
        check(json!(null), None);
        let error = serde_json::from_value::<Value>(json!(true)).unwrap_err().to_string();
        assert!(error.contains("a text, an integer or a list of texts"), "{error}");
    }

    #[test]
    fn an_item_is_as_large_as_its_names_values_and_keys() {
        let size = |value: Value| value.bytes();
        assert_eq!([1, 12, 123, -12].map(|number| size(Value::Number(number))), [2, 2, 3, 3]);
        assert_eq!((size("äb".into()), size(Value::Set(["ab".to_owned(), "c".to_owned()].into()))), (3, 3));
        assert_eq!(Key::new("abc", "de").bytes(), 2 + 3 + 2 + 2);
        // Keys, then names and values: text, number, set.
        assert_eq!(item().bytes(), 6 + (4 + 3) + (6 + 2) + (3 + 2));
    }

    #[test]
    fn a_query_says_which_keys_from_which_end_and_how_many() {
        let whole = Query::whole("p");
        let expect = Query {
            pk: "p".into(),
            range: Range::Prefix(String::new()),
            descending: false,
            limit: None,
            after: None,
        };
        assert_eq!(whole, expect);
        assert_eq!(Query::prefix("p", "s").range, Range::Prefix("s".into()));
        let between = Query::between("p", "a", "b");
        assert_eq!((between.pk.as_str(), &between.range), ("p", &Range::Between("a".into(), "b".into())));
        let newest = between.clone().newest_first().at_most(3);
        assert_eq!(newest, Query { descending: true, limit: Some(3), ..between });
    }
}
