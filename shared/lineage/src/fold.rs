//! Folds writes that are sent together. If several of them change one item, they become one write, which is paid once.

use std::collections::{BTreeMap, BTreeSet};

use crate::table::{Attributes, Item, Key, Value, Write};

/// Folds the writes of each item. Writes of different items have no order.
///
/// Writes of one item take effect in their order. A write before a `Put` or `Delete` is lost, and a write after it is applied to it.
/// `Merge`s become one `Merge`. If a register has two `Newest`, the newer stays.
#[must_use]
pub fn fold(writes: &[Write]) -> Vec<Write> {
    by_item(writes).into_iter().flatten().collect()
}

/// The folded writes of each item: a `Put` or `Delete` by itself, or a `Merge` and `Newest`s.
#[must_use]
pub fn by_item(writes: &[Write]) -> Vec<Vec<Write>> {
    let mut items: BTreeMap<&Key, Vec<Write>> = BTreeMap::new();
    for write in writes {
        add(items.entry(key(write)).or_default(), write);
    }
    items.into_values().collect()
}

/// Whether one update can carry out several merges of an item, if every register is newer than the stored one. It can if no two of them set
/// the same attribute.
#[must_use]
pub fn is_one_update(writes: &[Write]) -> bool {
    let mut named = BTreeSet::new();
    writes.iter().all(|write| match write {
        Write::Merge { once, union, .. } => once.keys().chain(union.keys()).all(|name| named.insert(name)),
        Write::Newest { version_attribute, attributes, .. } => {
            let content = attributes.keys().filter(|name| *name != version_attribute);
            content.chain([version_attribute]).all(|name| named.insert(name))
        }
        Write::Put(_) | Write::Delete(_) => false,
    })
}

/// The item that a write is about.
#[must_use]
pub fn key(write: &Write) -> &Key {
    match write {
        Write::Merge { key, .. } | Write::Newest { key, .. } | Write::Delete(key) => key,
        Write::Put(item) => &item.key,
    }
}

/// Applies a write to the attributes of its item; `None` stands for an item that does not exist.
pub fn apply(attributes: &mut Option<Attributes>, write: &Write) {
    match write {
        Write::Merge { once, union, .. } => {
            let attributes = attributes.get_or_insert_default();
            for (name, value) in once {
                attributes.entry(name.clone()).or_insert_with(|| value.clone());
            }
            // The table holds no empty sets.
            for (name, members) in union.iter().filter(|(_, members)| !members.is_empty()) {
                let entry = attributes.entry(name.clone()).or_insert_with(|| Value::Set(members.clone()));
                if let Value::Set(set) = entry {
                    set.extend(members.iter().cloned());
                }
            }
        }
        Write::Newest { version_attribute, version, attributes: content, .. } => {
            let attributes = attributes.get_or_insert_default();
            let stored = attributes.get(version_attribute);
            if matches!(stored, Some(Value::Text(stored)) if stored >= version) {
                return;
            }
            attributes.extend(content.clone());
            attributes.insert(version_attribute.clone(), Value::Text(version.clone()));
        }
        Write::Put(item) => {
            let mut whole = item.attributes.clone();
            whole.retain(|_, value| !matches!(value, Value::Set(set) if set.is_empty()));
            *attributes = Some(whole);
        }
        Write::Delete(_) => *attributes = None,
    }
}

fn add(folded: &mut Vec<Write>, write: &Write) {
    if matches!(write, Write::Put(_) | Write::Delete(_)) {
        *folded = vec![write.clone()];
        return;
    }
    for earlier in folded.iter_mut() {
        if take_in(earlier, write) {
            return;
        }
    }
    folded.push(write.clone());
}

/// Makes `earlier` also do what `write` does; false if both writes are needed.
fn take_in(earlier: &mut Write, write: &Write) -> bool {
    match (&mut *earlier, write) {
        (Write::Put(Item { attributes, .. }), _) => {
            let mut whole = Some(std::mem::take(attributes));
            apply(&mut whole, write);
            *attributes = whole.unwrap_or_default();
            true
        }
        (Write::Delete(key), _) => {
            let mut whole = None;
            apply(&mut whole, write);
            let key = key.clone();
            *earlier = Write::Put(Item { key, attributes: whole.unwrap_or_default() });
            true
        }
        (Write::Merge { once, union, .. }, Write::Merge { once: more, union: members, .. }) => {
            for (name, value) in more {
                once.entry(name.clone()).or_insert_with(|| value.clone());
            }
            for (name, members) in members {
                union.entry(name.clone()).or_default().extend(members.iter().cloned());
            }
            true
        }
        (
            Write::Newest { version_attribute, version, attributes, .. },
            Write::Newest { version_attribute: same, version: other, attributes: content, .. },
        ) if version_attribute == same && attributes.keys().eq(content.keys()) => {
            if *version < *other {
                version.clone_from(other);
                attributes.clone_from(content);
            }
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn merge(sk: &str, name: &str, member: &str) -> Write {
        Write::Merge {
            key: Key::new("p", sk),
            once: Attributes::from([("name".into(), Value::Text(name.into()))]),
            union: BTreeMap::from([("ins".to_owned(), BTreeSet::from([member.to_owned()]))]),
        }
    }

    fn newest(sk: &str, version: &str) -> Write {
        Write::Newest {
            key: Key::new("p", sk),
            version_attribute: "v".into(),
            version: version.into(),
            attributes: Attributes::from([("head".into(), Value::Text(format!("h{version}")))]),
        }
    }

    fn put(sk: &str) -> Write {
        let attributes = Attributes::from([("whole".into(), Value::Number(1))]);
        Write::Put(Item { key: Key::new("p", sk), attributes })
    }

    #[test]
    fn many_edges_of_a_node_are_one_write() {
        let writes = [
            merge("one", "x", "a"),
            newest("one", "1"),
            merge("one", "x", "b"),
            newest("one", "2"),
            put("other"),
        ];
        let folded = fold(&writes);
        assert_eq!(folded.len(), 3, "{folded:?}");
    }

    #[test]
    fn merges_of_one_item_are_one_update_unless_they_set_the_same() {
        let name = Write::Newest {
            key: Key::new("p", "one"),
            version_attribute: "v2".into(),
            version: "1".into(),
            attributes: Attributes::from([("name".into(), Value::Number(1))]),
        };
        assert!(is_one_update(&[merge("one", "x", "a"), newest("one", "1")]));
        assert!(!is_one_update(&[merge("one", "x", "a"), name.clone()]));
        assert!(!is_one_update(&[newest("one", "1"), newest("one", "2")]));
        assert!(is_one_update(&[newest("one", "1"), name]));
        assert!(!is_one_update(&[put("one")]));
    }

    #[test]
    fn of_two_contents_of_one_version_the_first_stays() {
        let mut other = newest("one", "1");
        if let Write::Newest { attributes, .. } = &mut other {
            *attributes = Attributes::from([("head".into(), Value::Text("other".into()))]);
        }
        assert_eq!(
            fold(&[newest("one", "1"), other]),
            [newest("one", "1")],
            "as if they had gone out one by one"
        );
    }

    /// Every sequence of up to four of these writes, applied to every item that one of them leaves behind.
    #[test]
    fn folded_writes_do_what_they_would_do_one_after_the_other() {
        let all = [
            merge("one", "x", "a"),
            merge("one", "y", "b"),
            newest("one", "1"),
            newest("one", "2"),
            put("one"),
            Write::Delete(Key::new("p", "one")),
        ];
        let run = |start: &Option<Attributes>, writes: &[Write]| {
            let mut item = start.clone();
            writes.iter().for_each(|write| apply(&mut item, write));
            item
        };
        let mut starts = vec![None];
        starts.extend(all.iter().map(|write| run(&None, std::slice::from_ref(write))));
        let mut sequences: Vec<Vec<Write>> = vec![Vec::new()];
        for _ in 0..4 {
            let longer = sequences.iter().flat_map(|sequence| {
                all.iter().map(|write| [sequence.as_slice(), std::slice::from_ref(write)].concat())
            });
            sequences = longer.collect();
            for (start, sequence) in
                starts.iter().flat_map(|start| sequences.iter().map(move |each| (start, each)))
            {
                assert_eq!(run(start, &fold(sequence)), run(start, sequence), "{start:?} {sequence:?}");
            }
        }
    }

    #[test]
    fn a_merge_keeps_the_first_fact_and_every_member_and_makes_no_empty_set() {
        let mut item = None;
        apply(&mut item, &merge("one", "x", "a"));
        apply(&mut item, &merge("one", "y", "b"));
        let members = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let expect = [("ins".to_owned(), Value::Set(members)), ("name".to_owned(), Value::Text("x".into()))];
        assert_eq!(item, Some(Attributes::from(expect)));
        let empty = Write::Merge {
            key: Key::new("p", "one"),
            once: Attributes::new(),
            union: BTreeMap::from([("ins".to_owned(), BTreeSet::new())]),
        };
        let mut nothing = None;
        apply(&mut nothing, &empty);
        assert_eq!(nothing, Some(Attributes::new()));
        let set = |members: &[&str]| Value::Set(members.iter().map(|member| (*member).to_owned()).collect());
        let attributes = Attributes::from([("none".into(), set(&[])), ("some".into(), set(&["a"]))]);
        apply(&mut nothing, &Write::Put(Item { key: Key::new("p", "one"), attributes }));
        assert_eq!(nothing, Some(Attributes::from([("some".into(), set(&["a"]))])));
    }

    #[test]
    fn a_register_takes_only_what_is_newer() {
        let after = |versions: &[&str]| {
            let mut item = None;
            versions.iter().for_each(|version| apply(&mut item, &newest("one", version)));
            item.unwrap().get("head").cloned()
        };
        for order in [["1", "2"], ["2", "1"], ["2", "2"]] {
            assert_eq!(after(&order), Some(Value::Text("h2".into())), "{order:?}");
        }
    }

    #[test]
    fn a_write_is_about_the_item_of_its_key() {
        for write in
            [merge("one", "x", "a"), newest("one", "1"), put("one"), Write::Delete(Key::new("p", "one"))]
        {
            assert_eq!(key(&write), &Key::new("p", "one"));
        }
        let items = by_item(&[put("one"), put("two"), newest("one", "1")]);
        assert_eq!(items.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn of_one_register_the_newer_content_goes_out_and_another_content_goes_beside_it() {
        let folded = |versions: [&str; 2]| fold(&versions.map(|version| newest("one", version)));
        assert_eq!(
            (folded(["1", "2"]), folded(["2", "1"])),
            (vec![newest("one", "2")], vec![newest("one", "2")])
        );
        let mut other = newest("one", "2");
        if let Write::Newest { version_attribute, .. } = &mut other {
            *version_attribute = "w".into();
        }
        assert_eq!(fold(&[newest("one", "1"), other]).len(), 2);
    }
}
