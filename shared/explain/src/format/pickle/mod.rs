//! Boosters that Python's `pickle` wrote: the built-in algorithm of SageMaker until 1.2, and many scripts. A pickle is a program that makes
//! objects. Here it is read by a machine that makes none: classes and calls become names, and of all that is looked for one thing, a
//! `handle` of bytes (XGBoost) or text (LightGBM, since version 4 under `_handle`).

mod machine;
mod steps;
mod value;

use crate::error::NoModel;
use crate::format::pickle::machine::Machine;
use crate::format::pickle::value::Value;

/// Objects with a `handle` that are looked into.
const HANDLES: usize = 16;

/// The parts of a booster's object that matter here.
#[derive(Debug)]
pub(super) struct Pickled {
    /// The serialized model.
    pub(super) handle: Vec<u8>,
    pub(super) feature_names: Vec<String>,
}

pub(super) fn booster(bytes: &[u8]) -> Result<Pickled, NoModel> {
    let machine = Machine::run(bytes)?;
    let is = |place, name: &str| machine.text(place).is_some_and(|text| text == name);
    // At most this many objects with such a name are examined: each may be as long as the file.
    let is_handle = |key| is(key, "handle") || is(key, "_handle");
    let mut handles = machine.items().filter(|(_, key, _)| is_handle(*key)).take(HANDLES);
    let handle = handles.find_map(|(dict, _, value)| Some((dict, machine.bytes(value)?)));
    let (dict, handle) = handle.ok_or(NoModel::NoBooster)?;
    let names = machine.items().find(|(of, key, _)| *of == dict && is(*key, "feature_names"));
    let names = names.and_then(|(_, _, value)| match machine.value(value) {
        Some(Value::List(entries)) => {
            entries.iter().map(|entry| machine.text(*entry).map(Into::into)).collect::<Option<Vec<String>>>()
        }
        _ => None,
    });
    Ok(Pickled { handle: handle.into_owned(), feature_names: names.unwrap_or_default() })
}
