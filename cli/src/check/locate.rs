//! Where in a file something stands that was judged: the line of a field, or of what would hold it.

use std::collections::BTreeMap;

use sagewarden_policy::intake::{Candidate, without_mark};
use serde_json::value::RawValue;

/// The line, from 1, of the first of these fields that the request has; else of the part of it that is nearest to one; else of
/// the resource's name. `None` where nothing of that can be found.
///
/// Fields are paths as controls have them, with `name[]` for each element of a list.
pub(crate) fn line(text: &str, candidate: &Candidate, fields: &[&str]) -> Option<i64> {
    let root: &RawValue = serde_json::from_str(without_mark(text)).ok()?;
    let (request, name) = match &candidate.place {
        Some(place) => {
            let step = Found::at(root, place).whole()?;
            (Found::at(step, "Arguments").whole()?, Found::at(step, "Name"))
        }
        None => {
            let request = request(root);
            (request, Found::at(request, candidate.resource.kind.name_field()))
        }
    };
    let found: Vec<Found<'_>> = fields.iter().map(|field| Found::at(request, field)).collect();
    let whole = found.iter().find_map(Found::whole);
    // The last of equals is the first field's when looked at from behind.
    let nearest = || found.iter().rev().filter(|each| each.depth > 0).max_by_key(|each| each.depth);
    let value = whole.or_else(|| nearest().map(|each| each.value)).or_else(|| name.whole())?;
    line_of(text, value)
}

/// The request in a file without steps: the file itself, or the parameters of a CloudTrail record.
fn request(root: &RawValue) -> &RawValue {
    let record = Found::at(root, "detail").whole().unwrap_or(root);
    let is_call = Found::at(record, "eventName").whole().is_some();
    Found::at(record, "requestParameters").whole().filter(|_| is_call).unwrap_or(root)
}

/// How far a path leads.
struct Found<'a> {
    value: &'a RawValue,
    depth: usize,
    is_whole: bool,
}

impl<'a> Found<'a> {
    fn at(value: &'a RawValue, path: &str) -> Self {
        let mut found = Self { value, depth: 0, is_whole: true };
        for part in path.split('.') {
            let (key, index) = match part.split_once('[') {
                Some((key, index)) => (key, Some(index.trim_end_matches(']'))),
                None => (part, None),
            };
            let next = member(found.value, key);
            found.depth += usize::from(next.is_some());
            found.value = next.unwrap_or(found.value);
            let next = match index {
                Some(index) => next.and_then(|list| element(list, index)),
                None => next,
            };
            match next {
                Some(next) => found.value = next,
                None => return Self { is_whole: false, ..found },
            }
        }
        found
    }

    fn whole(&self) -> Option<&'a RawValue> {
        self.is_whole.then_some(self.value)
    }
}

/// CloudTrail writes names with a small first letter.
fn member<'a>(value: &'a RawValue, key: &str) -> Option<&'a RawValue> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(value.get()).ok()?;
    members.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
}

/// An element by its index; without an index the only one, since of several nobody knows which is meant.
fn element<'a>(list: &'a RawValue, index: &str) -> Option<&'a RawValue> {
    let elements: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
    match (index.parse::<usize>(), elements.as_slice()) {
        (Ok(index), elements) => elements.get(index).copied(),
        (Err(_), [only]) => Some(*only),
        (Err(_), _) => None,
    }
}

/// A raw value is a slice of the text that it was read from.
fn line_of(text: &str, value: &RawValue) -> Option<i64> {
    let offset = value.get().as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let before = text.as_bytes().get(..offset)?;
    i64::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).ok()
}

#[cfg(test)]
mod tests {
    use sagewarden_policy::intake;

    use super::line;

    /// The line of the fields in what the text holds last.
    fn check(text: &str, fields: &[&str], expect: Option<i64>) {
        let candidate = intake::read(text).unwrap().candidates.pop().unwrap();
        assert_eq!(line(text, &candidate, fields), expect, "{fields:?}");
    }

    const REQUEST: &str = r#"{
  "TrainingJobName": "t",
  "VpcConfig": {
    "SecurityGroupIds": []
  },
  "InputDataConfig": [
    { "ChannelName": "a" },
    { "ChannelName": "b" }
  ],
  "ResourceConfig": { "InstanceCount": 2 }
}"#;

    #[test]
    fn a_field_stands_where_it_is_written() {
        check(REQUEST, &["ResourceConfig.InstanceCount"], Some(10));
        check(REQUEST, &["EnableNetworkIsolation", "ResourceConfig.InstanceCount"], Some(10));
        check(REQUEST, &["VpcConfig.Subnets", "VpcConfig.SecurityGroupIds"], Some(4));
    }

    #[test]
    fn a_field_that_is_missing_stands_where_it_would_be() {
        check(REQUEST, &["VpcConfig.Subnets"], Some(3));
        check(REQUEST, &["OutputDataConfig.KmsKeyId", "VpcConfig.Subnets"], Some(3));
        check(REQUEST, &["EnableNetworkIsolation"], Some(2));
        // Nobody knows which of the two it is about.
        check(REQUEST, &["InputDataConfig[].DataSource.S3DataSource.S3Uri"], Some(6));
        check(
            &REQUEST.replace(",\n    { \"ChannelName\": \"b\" }", ""),
            &["InputDataConfig[].DataSource"],
            Some(7),
        );
    }

    #[test]
    fn steps_and_calls_are_looked_into() {
        let steps = "{ \"Steps\": [{\n\"Name\": \"wait\", \"Type\": \"Callback\" }, {\n\"Name\": \"train\",\n\"Type\": \"Training\",\n\
                     \"Arguments\": {\n\"EnableNetworkIsolation\": false } }] }";
        check(steps, &["EnableNetworkIsolation"], Some(6));
        check(steps, &["RoleArn"], Some(3));
        let call = "{ \"detail\": { \"eventName\": \"CreateModel\",\n\"requestParameters\": {\n\"modelName\": \"m\",\n\
                    \"enableNetworkIsolation\": false } } }";
        check(call, &["EnableNetworkIsolation"], Some(4));
        check(call, &["VpcConfig.Subnets"], Some(3));
    }
}
