//! The values of a document that a list of the settings is about.

use std::borrow::Cow;

use crate::buckets::buckets_in;
use crate::config_text::{ConfigText, is_config};
use crate::later::SUBSTITUTION;
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
            let parts = known_parts(document, path).into_iter().map(Cow::Owned);
            return values.into_iter().map(Cow::Borrowed).chain(parts).collect();
        }
        _ if is_config(path) => {
            let values =
                |text: &str| ConfigText::parse(text).map_or_else(|_| Vec::new(), |it| it.values(list));
            let known = document.texts(path).into_iter().flat_map(values);
            let open = document.wholes(path).into_iter().flat_map(values);
            let literal = open.filter(|value| !value.contains(SUBSTITUTION));
            return known.chain(literal).map(Cow::Owned).collect();
        }
        _ => document.texts(path),
    };
    plain.into_iter().map(Cow::Borrowed).collect()
}

/// The literal texts of configurations of which only some values are known; of a text with an unknown end, up to the last slash that is
/// known.
fn known_parts(document: &Reader<'_>, path: &str) -> Vec<String> {
    let wholes = document.wholes(path).into_iter().filter_map(|text| ConfigText::parse(text).ok());
    let parts = wholes.flat_map(ConfigText::into_texts).filter_map(|text| {
        let Some((known, _)) = text.split_once(SUBSTITUTION) else { return Some(text) };
        let (known, _) = known.rsplit_once('/')?;
        buckets_in(known).iter().all(|bucket| !bucket.is_empty()).then(|| known.to_owned())
    });
    parts.collect()
}
