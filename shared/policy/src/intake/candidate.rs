//! One thing to judge, and where in its file it stands.

use sagewarden_events::{Resource, ResourceKind, Timestamp, lower_first};
use serde_json::Value as Json;

use super::names::{attribute_of, manifest_name, plan_path};
use crate::join::{Joined, OperationAnswer, POLICY_OPERATIONS, offline, split};
use crate::repository::without_secrets;

/// One thing to judge out of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Which resource it is, or will be.
    pub resource: Resource,
    /// In the shape of the API.
    pub document: Json,
    /// Where in the file it stands, for files of several; such as `Steps[2]` or `Resources.Notebook`.
    pub place: Option<String>,
    /// The path in the file at which the request itself stands; empty for the whole of it.
    pub(super) at: String,
    /// How the file calls the API's fields.
    pub(super) words: Words,
    /// Its name within the file, which other parts of the file may use.
    pub(super) id: Option<String>,
    /// Answers that the same file has beside the document.
    pub(super) known: Joined,
    /// Its kind in the file, if it is judged as another kind.
    pub(super) shown: Option<ResourceKind>,
}

/// How a file calls the API's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// As the API does.
    #[default]
    Api,
    /// With a small first letter, as CloudTrail.
    Trail,
    /// As Terraform's provider does.
    Plan,
    /// As Terraform's provider for Cloud Control does.
    CloudControl,
    /// As the controller of Kubernetes does.
    Manifest,
}

impl Words {
    /// A path of the API's in these words.
    pub(super) fn path(self, path: &str) -> String {
        let each = |name: fn(&str) -> String| path.split('.').map(name).collect::<Vec<_>>().join(".");
        match self {
            Self::Api => path.to_owned(),
            Self::Trail => each(lower_first),
            Self::Plan => plan_path(path),
            Self::CloudControl => each(attribute_of),
            Self::Manifest => each(manifest_name),
        }
    }
}

impl Candidate {
    pub(super) fn new(mut resource: Resource, document: Json) -> Self {
        // A request may hold an address in the place of a name, which the API would refuse.
        resource.name = without_secrets(&resource.name);
        Self {
            resource,
            document,
            place: None,
            at: String::new(),
            words: Words::Api,
            id: None,
            known: Joined::new(),
            shown: None,
        }
    }

    /// At a place of a file of several, where `at` leads to the request itself.
    pub(super) fn standing(self, place: &str, at: &str, words: Words) -> Self {
        Self { place: Some(place.to_owned()), at: at.to_owned(), words, ..self }
    }

    /// The same without the document: which resource it is, and where it stands.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self {
            resource: self.resource.clone(),
            place: self.place.clone(),
            at: self.at.clone(),
            words: self.words,
            shown: self.shown,
            document: Json::Null,
            id: None,
            known: Joined::new(),
        }
    }

    /// Within a part of a file, which has a name and a path.
    pub(super) fn within(mut self, named: &str, path: &str) -> Self {
        let below = |part: &str, own: &str| {
            if own.is_empty() { part.to_owned() } else { format!("{part}.{own}") }
        };
        self.place = Some(below(named, self.place.as_deref().unwrap_or_default()));
        self.at = below(path, &self.at);
        self
    }

    /// When it was created, or changed last where it can be changed; `None` for a request, whatever it says of itself: only a
    /// description has the ARN of the resource.
    #[must_use]
    pub fn changed_at(&self) -> Option<Timestamp> {
        let kind = self.resource.kind;
        let arn = self.document.get(kind.arn_field())?.as_str()?;
        Resource::parse_arn(arn).ok().filter(|own| own.kind == kind)?;
        let time = |field: &str| self.document.get(field).and_then(Timestamp::from_json);
        time("LastModifiedTime").filter(|_| kind.is_mutable()).or_else(|| time("CreationTime"))
    }

    /// The answers that the file itself has.
    #[must_use]
    pub fn joined(&self) -> Joined {
        offline(&self.resource, &self.document, &self.known)
    }

    /// Its kind in the file: a definition of a monitoring job is judged as the schedule that will run it.
    #[must_use]
    pub fn kind(&self) -> ResourceKind {
        self.shown.unwrap_or(self.resource.kind)
    }

    /// Kind (as in the file) and name, in words.
    #[must_use]
    pub fn named(&self) -> String {
        match self.shown {
            Some(kind) => format!("{} `{}`", kind.noun(), self.resource.name),
            None => self.resource.to_string(),
        }
    }

    /// The path of a control's field in its file's own words; `None` for fields of other answers.
    #[must_use]
    pub fn path(&self, field: &str) -> Option<String> {
        let (operation, path) = split(field);
        let is_own = match (operation, self.shown) {
            (Some("ListTags"), _) | (None, None) => true,
            (Some(operation), Some(kind)) => operation == format!("Describe{}", kind.operation()),
            // A request that opens the resource to others has the policy itself.
            (Some(operation), None) => {
                POLICY_OPERATIONS.contains(&operation) && self.known.contains_key(operation)
            }
            (None, Some(_)) => false,
        };
        is_own.then(|| self.own_path(&self.without_star(path)))
    }

    /// A path in which a name with a star in front, for several fields of the API, is the field that the document has.
    fn without_star(&self, path: &str) -> String {
        let described = self.known.values().find_map(|answer| match answer {
            OperationAnswer::Documents(documents) if self.shown.is_some() => documents.first(),
            _ => None,
        });
        let document = described.unwrap_or(&self.document);
        let named = || {
            let (above, end) = path.split_once('*')?;
            let (end, below) = end.split_once('.').unwrap_or((end, ""));
            let fields = at(document, above)?.as_object()?;
            let mut fitting = fields.iter().filter(|(name, _)| !end.is_empty() && name.ends_with(end));
            let whole = fitting.clone().find(|(_, value)| at(value, below).is_some());
            let (name, _) = whole.or_else(|| fitting.next())?;
            let dot = if below.is_empty() { "" } else { "." };
            Some(format!("{above}{name}{dot}{below}"))
        };
        named().unwrap_or_else(|| path.to_owned())
    }

    fn own_path(&self, path: &str) -> String {
        let path = match self.words {
            Words::Plan if path == self.kind().name_field() => "name".to_owned(),
            Words::Plan if path == "KmsKeyId" && self.kind() == ResourceKind::EndpointConfig => {
                "kms_key_arn".to_owned()
            }
            words => words.path(path),
        };
        if self.at.is_empty() { path } else { format!("{}.{path}", self.at) }
    }

    /// The path of what names it, in its file's own words.
    #[must_use]
    pub fn name_path(&self) -> String {
        self.own_path(self.kind().name_field())
    }

    /// Where the request itself stands in the file.
    #[must_use]
    pub fn whole(&self) -> &str {
        &self.at
    }
}

/// The value at a path; of a list, the first element.
fn at<'a>(document: &'a Json, path: &str) -> Option<&'a Json> {
    let mut parts = path.split('.').filter(|part| !part.is_empty());
    parts.try_fold(document, |value, part| match part.strip_suffix("[]") {
        Some(list) => value.get(list)?.get(0),
        None => value.get(part),
    })
}
