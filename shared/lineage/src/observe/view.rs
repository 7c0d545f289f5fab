//! Tolerant access to descriptions: the API leaves fields out, or writes null and "".

use sagewarden_events::Timestamp;
use serde_json::Value as Json;

/// A tolerant reader of a description: null, "" and empty are absent, paths are dotted.
#[derive(Clone, Copy)]
pub(crate) struct View<'a>(pub(crate) &'a Json);

/// Whether a model package is only logged, not registered (`ModelPackageRegistrationType`).
#[must_use]
pub fn is_logged(document: &Json) -> bool {
    View(document).is_logged()
}

impl<'a> View<'a> {
    pub(super) fn is_logged(&self) -> bool {
        self.at("ModelPackageRegistrationType").and_then(Json::as_str) == Some("Logged")
    }

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_null_empty_or_of_another_type_is_absent() {
        let document = json!({
            "null": null, "empty": "", "text": "a", "number": 7, "yes": true, "list": [{ "b": "c" }],
            "in": { "deep": { "text": "d" }, "number": 1 },
        });
        let view = View(&document);
        assert_eq!(
            (view.text("text").as_deref(), view.text("in.deep.text").as_deref()),
            (Some("a"), Some("d"))
        );
        for path in ["null", "empty", "number", "missing", "text.deeper", "in.missing.text"] {
            assert_eq!(view.text(path), None, "{path}");
        }
        assert_eq!((view.at("null"), view.at("in.number")), (None, Some(&json!(1))));
        assert_eq!((view.bool("yes"), view.bool("text")), (Some(true), None));
        assert_eq!((view.time("number"), view.time("text")), (Some(Timestamp::from_millis(7_000)), None));
        let listed: Vec<Option<String>> = view.list("list").map(|each| each.text("b")).collect();
        assert_eq!((listed, view.list("text").count()), (vec![Some("c".to_owned())], 0));
        let pairs = json!({ "pairs": { "a": "b", "c": 1, "d": "" } });
        assert_eq!(View(&pairs).strings("pairs").collect::<Vec<_>>(), [("a", "b"), ("d", "")]);
        assert_eq!(view.strings("list").count(), 0);
    }
}
