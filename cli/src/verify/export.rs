//! DynamoDB JSON: an export to S3 has an item a line (`{"Item": {...}}`, "DynamoDB table export output format", developer guide),
//! the answer of `aws dynamodb scan` a list of them (`{"Items": [...]}`). One item is in memory at a time.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;

use sagewarden_lineage::table::{Attributes, Item, Key, Value};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

/// Hands over each item; of one whose keys alone can be read, these.
pub(crate) fn read(
    input: impl Read,
    each: &mut dyn FnMut(Result<Item, Key>),
) -> Result<(), serde_json::Error> {
    let mut documents = serde_json::Deserializer::from_reader(input);
    loop {
        match documents.end() {
            Ok(()) => return Ok(()),
            // Something follows.
            Err(error) if error.classify() == Category::Syntax => {
                Document(each).deserialize(&mut documents)?
            }
            Err(error) => return Err(error),
        }
    }
}

/// A line of an export, or the answer of a scan.
struct Document<'a>(&'a mut dyn FnMut(Result<Item, Key>));

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("lines of `{\"Item\": ...}`, or one `{\"Items\": [...]}`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_items = false;
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "Item" => (self.0)(map.next_value::<DynamoItem>()?.row()),
                "Items" => map.next_value_seed(Items(&mut *self.0))?,
                "LastEvaluatedKey" | "NextToken" => {
                    let more = map.next_value::<Option<IgnoredAny>>()?;
                    if more.is_some() {
                        return Err(A::Error::custom("the scan was cut: it has more pages"));
                    }
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            }
            has_items = true;
        }
        if has_items {
            return Ok(());
        }
        Err(A::Error::custom(
            "it has neither `Item` nor `Items`; of exports, full ones in DynamoDB JSON are read",
        ))
    }
}

/// The list of a scan.
struct Items<'a>(&'a mut dyn FnMut(Result<Item, Key>));

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element::<DynamoItem>()? {
            (self.0)(item.row());
        }
        Ok(())
    }
}

/// An item with its keys, if all of its attributes have types that the table uses.
struct DynamoItem {
    key: Key,
    attributes: Attributes,
    /// Whether one of its attributes is of another type.
    is_foreign: bool,
}

impl DynamoItem {
    fn row(self) -> Result<Item, Key> {
        let Self { key, attributes, is_foreign } = self;
        if is_foreign { Err(key) } else { Ok(Item { key, attributes }) }
    }
}

impl<'de> Deserialize<'de> for DynamoItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyItem;
        impl<'de> Visitor<'de> for AnyItem {
            type Value = DynamoItem;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an item")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DynamoItem, A::Error> {
                let (mut attributes, mut is_foreign) = (Attributes::new(), false);
                while let Some((name, DynamoValue(value))) = map.next_entry::<String, _>()? {
                    is_foreign |= value.is_none();
                    attributes.extend(value.map(|value| (name, value)));
                }
                let mut key = |name: &str| match attributes.remove(name) {
                    Some(Value::Text(text)) => Ok(text),
                    _ => Err(A::Error::custom(format!("an item has no text `{name}`: it is another table"))),
                };
                let key = Key { pk: key("pk")?, sk: key("sk")? };
                Ok(DynamoItem { key, attributes, is_foreign })
            }
        }
        deserializer.deserialize_map(AnyItem)
    }
}

/// A value under its type, such as `{"S": "text"}`; `None` of types that the table has not.
struct DynamoValue(Option<Value>);

impl<'de> Deserialize<'de> for DynamoValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;
        impl<'de> Visitor<'de> for AnyValue {
            type Value = DynamoValue;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a value under its type, such as `{\"S\": \"text\"}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DynamoValue, A::Error> {
                let mut value = None;
                while let Some(kind) = map.next_key::<String>()? {
                    value = match kind.as_str() {
                        "S" => Some(Value::Text(map.next_value()?)),
                        "N" => map.next_value::<String>()?.parse().ok().map(Value::Number),
                        "SS" => Some(Value::Set(map.next_value::<BTreeSet<String>>()?)),
                        _ => map.next_value::<IgnoredAny>().map(|_| None)?,
                    };
                }
                Ok(DynamoValue(value))
            }
        }
        deserializer.deserialize_map(AnyValue)
    }
}
