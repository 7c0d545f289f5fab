//! Tolerant access to descriptions: the API leaves fields out, or writes null and "".

use sagewarden_events::Timestamp;
use serde_json::Value as Json;

/// A tolerant reader of a description: null, "" and empty are absent, paths are dotted.
#[derive(Clone, Copy)]
pub(crate) struct View<'a>(pub(crate) &'a Json);

impl<'a> View<'a> {
    pub(super) fn at(&self, path: &str) -> Option<&'a Json> {
        path.split('.').try_fold(self.0, |value, key| value.get(key)).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, path: &str) -> Option<String> {
        self.at(path)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn bool(&self, path: &str) -> Option<bool> {
        self.at(path)?.as_bool()
    }

    pub(crate) fn time(&self, path: &str) -> Option<Timestamp> {
        Timestamp::from_json(self.at(path)?)
    }

    pub(crate) fn list(&self, path: &str) -> impl Iterator<Item = View<'a>> + use<'a> {
        self.at(path).and_then(Json::as_array).into_iter().flatten().map(View)
    }

    pub(super) fn strings(&self, path: &str) -> impl Iterator<Item = (&'a str, &'a str)> + Clone + use<'a> {
        self.at(path)
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }
}
