//! The fields and values that a finding shows.

use serde_json::Value as Json;

use crate::buckets::buckets_in;
use crate::config_text::is_config;
use crate::control::Control;
use crate::join::{Joined, OperationAnswer, split};
use crate::later::{beginning, is_later};
use crate::reader::{UnreadablePaths, is_present};
use crate::repository::{json_without_secrets, without_secrets};

/// The values at a field that a list does not allow. For a network, a missing value fails a control as well, so all values are shown.
fn offending(control: &Control, field: &str, unreadable: &UnreadablePaths) -> Vec<String> {
    if control.area == "NET" && !is_config(field) {
        Vec::new()
    } else {
        unreadable.offending(&control.facts, field)
    }
}

/// Values that are shown; more are counted.
const SHOWN: usize = 10;
/// Characters of a value that are shown: users choose some of them.
const LENGTH: usize = 200;

/// The values at a control's fields, looked up in the documents. With one field, only its value; with several, each value has the name of
/// its field.
pub(crate) fn actual(
    document: &Json,
    joined: &Joined,
    control: &Control,
    unreadable: &UnreadablePaths,
) -> String {
    let broke = |field: &str| {
        let offending = offending(control, field, unreadable);
        let mut values = stands(document, joined, field);
        let offending: Vec<String> = offending.iter().map(|one| cut_short(one)).collect();
        values.retain(|value| offending.iter().any(|one| value.ends_with(one)));
        if values.is_empty() { offending } else { values }
    };
    let fields = possible(document, joined, control);
    // Values off the list fail it; if these are known, allowed values are left out.
    let broken: Vec<(&str, Vec<String>)> = fields.iter().map(|field| (*field, broke(field))).collect();
    let told: Vec<(&str, Vec<String>)> = if broken.iter().any(|(_, values)| !values.is_empty()) {
        broken.into_iter().filter(|(_, values)| !values.is_empty()).collect()
    } else {
        // A value that was not asked for may exist: it is not shown as absent.
        let is_asked = |field: &&&str| split(field).0.is_none_or(|operation| joined.contains_key(operation));
        fields.iter().filter(is_asked).map(|field| (*field, stands(document, joined, field))).collect()
    };
    let is_told = |values: &[String]| values.iter().any(|value| !value.ends_with(ABSENT));
    // If several fields may hold the value, the absent ones are left out, unless all are absent.
    let any = told.iter().any(|(_, values)| is_told(values));
    let mut names = fields.iter().map(|field| last(field));
    let of_one_name = names.next().is_some_and(|first| names.all(|name| name == first));
    let alternatives = control.area == "ART" || fields.len() > 4 || of_one_name;
    if !any {
        return ABSENT.to_owned();
    }
    // If several fields have one name, the absent ones are left out beside one with a value.
    let says_nothing = |(at, (field, values)): &(usize, &(&str, Vec<String>))| {
        let others =
            told.iter().enumerate().filter(|(other, (name, _))| other != at && last(name) == last(field));
        !is_told(values)
            && (alternatives || others.into_iter().any(|(other, (_, values))| is_told(values) || other < *at))
    };
    let shown: Vec<&(&str, Vec<String>)> =
        told.iter().enumerate().filter(|each| !says_nothing(each)).map(|(_, each)| each).collect();
    match shown.as_slice() {
        [(_, values)] => shortened(&cut(values)),
        several => {
            let each = several.iter().map(|(field, values)| format!("{}: {}", last(field), cut(values)));
            shortened(&each.collect::<Vec<_>>().join("; "))
        }
    }
}

/// Fields of a control that are always named.
const FEW: usize = 6;

/// The fields in a finding: those with values off the list, else all, or, if there are many, those with a value.
pub(crate) fn concerned(
    document: &Json,
    joined: &Joined,
    control: &Control,
    unreadable: &UnreadablePaths,
) -> String {
    let broken = control.fields.iter().filter(|field| !offending(control, field, unreadable).is_empty());
    let broken: Vec<&str> = broken.map(String::as_str).collect();
    if !broken.is_empty() {
        return each_once(&broken);
    }
    let fields = possible(document, joined, control);
    if fields.len() > FEW {
        let says =
            |field: &&str| stands(document, joined, field).iter().any(|value| !value.ends_with(ABSENT));
        let told: Vec<&str> = fields.iter().copied().filter(says).collect();
        if !told.is_empty() {
            return each_once(&told);
        }
    }
    each_once(&fields)
}

/// Fields in a row. A control names a list and its elements; for people, they are one field.
fn each_once(fields: &[&str]) -> String {
    let is_list = |field: &&&str| !field.ends_with("[]") && fields.contains(&format!("{field}[]").as_str());
    fields.iter().filter(|field| !is_list(field)).copied().collect::<Vec<_>>().join(", ")
}

/// The fields that this resource can have. A schedule has its job definition within it or by name, and a definition has one of four types:
/// of fields with one name, those of documents that are not there are left out beside one whose document is there.
fn possible<'c>(document: &Json, joined: &Joined, control: &'c Control) -> Vec<&'c str> {
    let is_there = |field: &str| match split(field) {
        (Some(operation), _) => {
            matches!(joined.get(operation), Some(OperationAnswer::Documents(found)) if !found.is_empty())
        }
        (None, path) => match path.split('.').collect::<Vec<_>>().as_slice() {
            [first, second, _, ..] => document.get(first).is_some_and(|part| part.get(second).is_some()),
            _ => true,
        },
    };
    let has_answers = control.fields.iter().any(|field| split(field).0.is_some());
    let fields = control.fields.iter().map(String::as_str);
    if !has_answers {
        return fields.collect();
    }
    let found: Vec<&str> = fields.clone().filter(|field| is_there(field)).collect();
    let is_elsewhere = |field: &str| !is_there(field) && found.iter().any(|other| last(other) == last(field));
    fields.filter(|field| !is_elsewhere(field)).collect()
}

/// As much of a text as a finding can hold.
pub(crate) fn shortened(text: &str) -> String {
    const BYTES: usize = 2000;
    match text.get(..text.floor_char_boundary(BYTES)) {
        Some(head) if head.len() < text.len() => format!("{head} …"),
        _ => text.to_owned(),
    }
}

const ABSENT: &str = "absent";

/// As much of a value as is shown.
fn cut_short(value: &str) -> String {
    without_secrets(value).chars().take(LENGTH).collect()
}

fn last(field: &str) -> &str {
    let field = field.strip_suffix(".*").unwrap_or(field);
    field.rsplit(['.', ':']).next().unwrap_or(field)
}

fn cut(values: &[String]) -> String {
    let shown = values.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match values.len() {
        0 => ABSENT.to_owned(),
        number if number > SHOWN => format!("{shown} and {} more", number - SHOWN),
        _ => shown,
    }
}

/// The values at a field; where a list on the way has several elements, each says which it is.
fn stands(document: &Json, joined: &Joined, field: &str) -> Vec<String> {
    let (operation, path) = split(field);
    // A script may hold the very secret that it should not.
    if path.ends_with(".Content") {
        return vec!["(not shown)".to_owned()];
    }
    let documents: Vec<&Json> = match operation.map(|operation| joined.get(operation)) {
        None => vec![document],
        Some(Some(OperationAnswer::Documents(documents))) => documents.iter().collect(),
        Some(_) => Vec::new(),
    };
    let mut told = Vec::new();
    for document in documents {
        let parts: Vec<&str> = path.split('.').collect();
        walk(document, &parts, String::new(), is_free_text(path), &mut told);
    }
    told
}

fn walk(value: &Json, path: &[&str], place: String, free: bool, told: &mut Vec<String>) {
    // Enough to show, and to count: ten values of a list of ten thousand.
    const COUNTED: usize = 10_000;
    if told.len() >= COUNTED {
        return;
    }
    let say = |text: &str| if place.is_empty() { text.to_owned() } else { format!("{place} {text}") };
    let Some((head, rest)) = path.split_first() else {
        // Free texts may hold private words: only the locations in them are shown.
        if free {
            let buckets = texts(value).into_iter().flat_map(buckets_in);
            told.extend(buckets.map(|bucket| say(&format!("s3://{bucket}"))));
            return;
        }
        let text = match value.as_str() {
            Some(text) => text.to_owned(),
            None if is_later(value) => beginning(value)
                .map_or_else(|| "known later".to_owned(), |text| format!("{text}… (known later)")),
            None => json_without_secrets(value).to_string(),
        };
        told.push(say(&cut_short(&text)));
        return;
    };
    let (key, each) = head.strip_suffix("[]").map_or((*head, false), |key| (key, true));
    if let Some(end) = key.strip_prefix('*') {
        let fields = value.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with(end));
        for (name, value) in fields {
            let place = if free && rest.is_empty() { format!("{place}{name}") } else { place.clone() };
            enter(Some(value), name, each, rest, place, free, told);
        }
        return;
    }
    enter(value.get(key), key, each, rest, place, free, told);
}

/// Continues within a field of any name: a user may have chosen the name, such as `*`.
fn enter(
    value: Option<&Json>,
    key: &str,
    each: bool,
    rest: &[&str],
    place: String,
    free: bool,
    told: &mut Vec<String>,
) {
    match value.filter(|value| is_present(value)) {
        // A value in another branch of the document does not count for this one.
        None if place.is_empty() => {}
        None => told.push(format!("{place} {ABSENT}")),
        Some(Json::Array(list)) if each => {
            let several = list.len() > 1 && !rest.is_empty();
            for (index, element) in list.iter().enumerate() {
                let place = if several { format!("{place}{key}[{index}]") } else { place.clone() };
                walk(element, rest, place, free, told);
            }
        }
        Some(value) => walk(value, rest, place, free, told),
    }
}

/// Environments, hyperparameters and arguments hold any text of their users.
fn is_free_text(path: &str) -> bool {
    let is_written = [".*", ".ContainerArguments", ".ContainerEntrypoint", ".Values"]
        .iter()
        .any(|end| path.ends_with(end));
    is_written || is_config(path)
}

/// The texts of a value: itself, or the elements of a list.
fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
