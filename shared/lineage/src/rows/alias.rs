//! Other names under which a node is found.

use super::kind::RowKind;
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Write};

const ID: &str = "id";
const NAMES: &str = "K#name#";
const COMMITS: &str = "K#git#";
const OBJECTS: &str = "K#s3#";
/// How many digits of a commit are in the partition key.
const SHORT: usize = 7;

/// Another name of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alias {
    /// The name of a resource, or the path of a branch or tag. Names of endpoints ignore case, and so do the names in `resources` of
    /// events. So all names are stored in lower case.
    Name {
        /// The type in ARNs, or `branch`, or `tag`.
        kind: String,
        /// The name.
        name: String,
    },
    /// The first digits of a commit.
    Commit {
        /// Seven digits or more; the first seven count.
        digits: String,
    },
    /// A version of an object.
    Object {
        /// Its bucket.
        bucket: String,
        /// Its key.
        key: String,
        /// Its version, as in identities.
        version: String,
    },
}

impl Alias {
    /// The name of a resource, or the path of a branch or tag.
    #[must_use]
    pub fn name(kind: &str, name: &str) -> Self {
        Self::Name { kind: kind.to_owned(), name: name.to_lowercase() }
    }
}

/// An alias and the node that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasRow {
    /// The other name.
    pub alias: Alias,
    /// The identity of the node.
    pub id: NodeId,
}

impl AliasRow {
    pub(super) const NAMING: [&str; 1] = [ID];

    /// The kind of row for a name, as ARCHITECTURE.md describes it.
    pub const NAME: RowKind = RowKind {
        row: "AliasRow",
        says: "a node under its name; an ARN is found by the name in it",
        pk: "K#name#<kind>/<name in lower case>",
        sk: "<identity>",
    };
    /// The kind of row for a commit, as ARCHITECTURE.md describes it.
    pub const COMMIT: RowKind = RowKind {
        row: "AliasRow",
        says: "a commit under its first seven digits",
        pk: "K#git#<seven digits>",
        sk: "<identity>",
    };
    /// The kind of row for an object, as ARCHITECTURE.md describes it.
    pub const OBJECT: RowKind = RowKind {
        row: "AliasRow",
        says: "a version of an object under its bucket and key",
        pk: "K#s3#<bucket>/<key>",
        sk: "<object version>#<identity>",
    };

    /// The beginnings of the partitions of names, commits and objects. A search for a part of a name reads all of
    /// them.
    pub const PARTITIONS: [&str; 3] = [NAMES, COMMITS, OBJECTS];

    /// All nodes of a name.
    #[must_use]
    pub fn named(kind: &str, name: &str) -> Query {
        Query::whole(Self::name_pk(kind, name))
    }

    /// All commits that may begin with these digits; `None` if there are fewer than seven digits.
    #[must_use]
    pub fn commits(digits: &str) -> Option<Query> {
        digits.get(..SHORT).map(|short| Query::whole(format!("{COMMITS}{short}")))
    }

    /// The beginning of the partitions of all commits that begin with these digits; `None` if a commit cannot, or if fewer than four digits
    /// would find too many.
    #[must_use]
    pub fn commit_partitions(digits: &str) -> Option<String> {
        const FEWEST: usize = 4;
        let are_digits = digits.len() >= FEWEST && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let begin = digits.get(..SHORT).unwrap_or(digits);
        are_digits.then(|| format!("{COMMITS}{}", begin.to_lowercase()))
    }

    /// All versions of an object.
    #[must_use]
    pub fn versions(bucket: &str, key: &str) -> Query {
        Query::whole(Self::object_pk(bucket, key))
    }

    /// One version of an object.
    #[must_use]
    pub fn version(bucket: &str, key: &str, version: &str) -> Query {
        Query::prefix(Self::object_pk(bucket, key), format!("{version}#"))
    }

    /// Whether a key belongs to an alias.
    #[must_use]
    pub fn is(key: &Key) -> bool {
        [NAMES, COMMITS, OBJECTS].iter().any(|prefix| key.pk.starts_with(prefix))
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let id = self.id.to_string();
        match &self.alias {
            Alias::Name { kind, name } => Key::new(Self::name_pk(kind, name), id),
            Alias::Commit { digits } => {
                Key::new(format!("{COMMITS}{}", digits.get(..SHORT).unwrap_or(digits)), id)
            }
            Alias::Object { bucket, key, version } => {
                Key::new(Self::object_pk(bucket, key), format!("{version}#{id}"))
            }
        }
    }

    /// The write.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Put(self.item())
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(ID.into(), self.id.to_string().into())]);
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let Key { pk, sk } = &item.key;
        let id = NodeId::parse(item.text(ID)?)?;
        let alias = if let Some(rest) = pk.strip_prefix(NAMES) {
            let (kind, name) = rest.split_once('/')?;
            Alias::name(kind, name)
        } else if let Some(digits) = pk.strip_prefix(COMMITS) {
            Alias::Commit { digits: digits.to_owned() }
        } else {
            let (bucket, key) = pk.strip_prefix(OBJECTS)?.split_once('/')?;
            let version = sk.strip_suffix(id.as_str())?.strip_suffix('#')?;
            Alias::Object { bucket: bucket.into(), key: key.into(), version: version.into() }
        };
        Some(Self { alias, id })
    }

    fn name_pk(kind: &str, name: &str) -> String {
        format!("{NAMES}{kind}/{}", name.to_lowercase())
    }

    fn object_pk(bucket: &str, key: &str) -> String {
        format!("{OBJECTS}{bucket}/{key}")
    }
}
