//! The values of a document that a list of the settings is about.

use std::borrow::Cow;

use crate::buckets::buckets_in;
use crate::config_text::{ConfigText, is_config};
use crate::lists::List;
use crate::reader::Reader;

/// The values at a path. A location, and each location within a text, names its bucket also where its end is known later; a configuration in
/// JSON holds values of several lists.
pub(crate) fn values<'a>(document: &Reader<'a>, list: List, path: &str) -> Vec<Cow<'a, str>> {
    let plain: Vec<&str> = match list {
        List::Locations => document.locations(path),
        List::Texts => {
            let mut values = document.texts(path);
            let begun = document.beginnings(path).into_iter();
            values.extend(begun.filter(|text| buckets_in(text).iter().all(|bucket| !bucket.is_empty())));
            values
        }
        _ if is_config(path) => {
            let configs = document.texts(path).into_iter().filter_map(|text| ConfigText::parse(text).ok());
            return configs.flat_map(|config| config.values(list)).map(Cow::Owned).collect();
        }
        _ => document.texts(path),
    };
    plain.into_iter().map(Cow::Borrowed).collect()
}
