//! A diff of a request, with which it passes a control: the fields to add, to remove and to change.
//!
//! ```text
//! - EnableNetworkIsolation: false
//! + EnableNetworkIsolation: true
//! + VpcConfig.Subnets: ["subnet-1","subnet-2"]
//! - Environment.PASSWORD: (not shown)
//! ```
//!
//! Each line names a field of the request that creates the resource. `-` marks the present value, `+` the value that the field should have,
//! in JSON. Elements of lists are numbered; `Tags[]` is one more element of the list. Words in capitals are to be replaced. The rest of the
//! request is left out: nobody has to read it, and it may hold private words.

mod place;
mod volumes;

use std::collections::BTreeMap;

use sagewarden_events::ResourceKind;
use sagewarden_settings::Settings;
use serde_json::{Value as Json, json};

use self::place::{FieldPlace, is_key, places};
use self::volumes::root_volumes;
use super::values::{is_requested, last, requested, value};
use crate::control::Control;
use crate::join::{Joined, OperationAnswer, tags};
use crate::later::is_forged;
use crate::reader::{UnreadablePaths, is_present};
use crate::repository::json_without_secrets;

/// Lines of a diff at most; more are counted.
const MOST: usize = 20;
/// The most characters of a present value that are shown.
const LENGTH: usize = 200;

/// A resource that fails a control.
pub(crate) struct Failed<'a> {
    pub(crate) kind: ResourceKind,
    pub(crate) document: &'a Json,
    pub(crate) joined: &'a Joined,
    pub(crate) settings: &'a Settings,
    pub(crate) unreadable: &'a UnreadablePaths,
}

/// One field, with its present value and the value that it should have.
#[derive(Clone, Debug, PartialEq)]
struct FieldChange {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

impl Failed<'_> {
    /// The diff for a control; empty if its fields belong to other answers, or if the right values are unknown.
    pub(crate) fn diff(&self, control: &Control) -> String {
        if !is_requested(self.kind) || !self.is_whole() {
            return String::new();
        }
        let wanted = self.wanted(control);
        let added = |(field, value): (String, Json)| FieldChange {
            field,
            before: None,
            after: Some(value.to_string()),
        };
        let roots = root_volumes(self.document, control, self.settings).into_iter().map(added).collect();
        let changes = [wanted, roots, self.destination(control), self.removed(control), self.tags(control)];
        let changes = changes.concat();
        let mut lines: Vec<String> = changes.iter().flat_map(lines).collect();
        let more = lines.len().saturating_sub(MOST);
        lines.truncate(MOST);
        lines.extend((more > 0).then(|| format!("… {more} more lines")));
        lines.join("\n")
    }

    /// Whether the resource's own request holds everything that is judged. A schedule may name a job definition, which has a request of its
    /// own.
    fn is_whole(&self) -> bool {
        const DEFINITION: &str = "/MonitoringScheduleConfig/MonitoringJobDefinition";
        self.kind != ResourceKind::MonitoringSchedule
            || self.document.pointer(DEFINITION).is_some_and(is_present)
    }

    /// Fields that should have another value.
    fn wanted(&self, control: &Control) -> Vec<FieldChange> {
        let own = || {
            let own = control.fields.iter().filter(|path| !path.contains([':', '*']));
            own.map(|path| path.trim_end_matches("[]"))
        };
        let mut names: Vec<&str> = Vec::new();
        for name in own().map(name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let of_name = |of| self.named(control, own().filter(|path| name(path) == of).collect());
        names.into_iter().flat_map(of_name).collect()
    }

    /// The fields of one name. If several objects may hold it, those that are there count; if there is none, the first would hold it.
    fn named(&self, control: &Control, mut paths: Vec<&str>) -> Vec<FieldChange> {
        // A list and its elements are one field.
        paths.dedup();
        let each = |path: &&str| {
            // The modes of a capture are a list of objects with one field.
            let shown = path.strip_suffix("[].CaptureMode").unwrap_or(path);
            let path = (*path).to_owned();
            places(self.document, shown).into_iter().map(move |place| (path.clone(), place))
        };
        let mut found: Vec<(String, FieldPlace<'_>)> = paths.iter().flat_map(each).collect();
        if found.iter().any(|(_, place)| place.is_begun) {
            found.retain(|(_, place)| place.is_begun);
        }
        let mut within: BTreeMap<String, Vec<(String, FieldPlace<'_>)>> = BTreeMap::new();
        for (path, place) in found {
            within.entry(place.element.clone()).or_default().push((path, place));
        }
        within.into_values().flat_map(|places| self.of_element(control, &places)).collect()
    }

    fn of_element(&self, control: &Control, places: &[(String, FieldPlace<'_>)]) -> Vec<FieldChange> {
        // Groups that one of several objects names are enough.
        let is_said = |place: &FieldPlace<'_>| place.value.is_some_and(is_present);
        let one_is_enough = places.iter().any(|(path, place)| name(path) == GROUPS && is_said(place));
        let change = |(path, place): &(String, FieldPlace<'_>)| self.change(control, path, place);
        let held = places.iter().filter(|(_, place)| place.is_held && (is_said(place) || !one_is_enough));
        let held: Vec<FieldChange> = held.filter_map(change).collect();
        if !held.is_empty() {
            return held;
        }
        let missing = places.iter().find(|(_, place)| !place.is_held);
        missing.and_then(change).into_iter().collect()
    }

    /// Where captured traffic goes: the API wants a place with every capture.
    fn destination(&self, control: &Control) -> Vec<FieldChange> {
        const PLACE: &str = "DataCaptureConfig.DestinationS3Uri";
        let is_of_capture = |path: &String| path.starts_with("DataCaptureConfig.") && path != PLACE;
        if control.area != "MON" || self.has_capture() || !control.fields.iter().any(is_of_capture) {
            return Vec::new();
        }
        let wanted = value(last(PLACE), &control.area, self.settings);
        let change = |wanted: Json| FieldChange {
            field: PLACE.to_owned(),
            before: None,
            after: Some(wanted.to_string()),
        };
        wanted.map(change).into_iter().collect()
    }

    fn has_capture(&self) -> bool {
        self.document.get("DataCaptureConfig").is_some_and(is_present)
    }

    /// The change at a place; `None` if the present value is right, or if no better value is known.
    fn change(&self, control: &Control, path: &str, place: &FieldPlace<'_>) -> Option<FieldChange> {
        let stands = place.value.filter(|value| is_present(value));
        if stands.is_some_and(is_forged) || self.is_of_ecr(path, place) {
            return None;
        }
        let wanted = self.better(control, path, stands)?;
        Some(FieldChange {
            field: requested(self.kind, &place.field).to_owned(),
            before: stands.map(shown),
            // It may be made of the present value.
            after: Some(json_without_secrets(&wanted).to_string()),
        })
    }

    /// Whether a field says how an image of ECR is loaded: ECR takes no other mode than `Platform`, so that only another registry helps.
    fn is_of_ecr(&self, path: &str, place: &FieldPlace<'_>) -> bool {
        let Some(container) = path.strip_suffix("ImageConfig.RepositoryAccessMode") else { return false };
        let images = places(self.document, &format!("{container}Image"));
        let image = images.iter().find(|image| image.element == place.element).and_then(|image| image.value);
        let registry = image.and_then(Json::as_str).and_then(|image| image.split('/').next());
        registry.is_some_and(|registry| ECR.iter().any(|part| registry.contains(part)))
    }

    /// The value that a path should have instead.
    fn better(&self, control: &Control, path: &str, stands: Option<&Json>) -> Option<Json> {
        let outside = self.unreadable.offending(&control.facts, path);
        let is_outside =
            |value: &Json| value.as_str().is_some_and(|text| outside.iter().any(|one| one == text));
        let (name, area) = (last(path), control.area.as_str());
        let usual = || value(name, area, self.settings);
        match (name, stands) {
            // The captured sides of a call, and the share of calls.
            ("CaptureMode", _) => {
                let modes = json!([{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }]);
                let has = |mode: &Json| stands.and_then(Json::as_array).is_some_and(|all| all.contains(mode));
                (!modes.as_array()?.iter().all(has)).then_some(modes)
            }
            ("InitialSamplingPercentage", _) => {
                let least = self.settings.monitoring.min_sampling_percentage;
                let is_enough = stands.and_then(Json::as_f64).is_some_and(|share| share >= least as f64);
                (!is_enough).then(|| json!(100))
            }
            // Roles of Canvas, which a domain or profile may lack.
            (_, None) if path.contains("CanvasAppSettings.") && area == "IAM" => None,
            // Left out, it is true wherever there is a configuration of the capture; and no key is wrong because of it.
            ("EnableCapture", None) if area != "MON" || self.has_capture() => None,
            // Allowed ones stay.
            ("Subnets" | "SubnetIds" | "SecurityGroupIds" | "SecurityGroups", Some(Json::Array(list))) => {
                let inside: Vec<&Json> = list.iter().filter(|one| !is_outside(one)).collect();
                if inside.len() == list.len() {
                    return None;
                }
                if inside.is_empty() { usual() } else { Some(json!(inside)) }
            }
            ("Image" | "TrainingImage" | "ImageUri", Some(Json::String(image))) if area == "REP" => {
                let name = untagged(image);
                (!image.contains("@sha256:")).then(|| json!(format!("{name}@sha256:DIGEST")))
            }
            ("InitialInstanceCount" | "MaxRuntimeInSeconds", Some(number)) => {
                let wanted = usual()?;
                let is_fine = match name {
                    "InitialInstanceCount" => number.as_i64() >= wanted.as_i64(),
                    _ => number.as_i64() <= wanted.as_i64(),
                };
                (!is_fine).then_some(wanted)
            }
            // These may be missing: only a value that is not allowed is wrong.
            (
                "S3OutputPath" | "DestinationS3Uri" | "Image" | "TrainingImage" | "ImageUri" | "InstanceType",
                None,
            ) if area != "MON" => None,
            (
                "S3OutputPath" | "DestinationS3Uri" | "Image" | "TrainingImage" | "ImageUri" | "InstanceType"
                | "KmsKeyId" | "VolumeKmsKeyId" | "S3KmsKeyId" | "RoleArn" | "ExecutionRoleArn"
                | "ExecutionRole" | "SubnetId" | "ExperimentName" | "CommitId" | "Repository",
                Some(value),
            ) => is_outside(value).then(usual).flatten(),
            _ => usual()
                .filter(|wanted| stands != Some(wanted) && (stands.is_some() || *wanted != json!(false))),
        }
    }

    /// Fields that should not be there.
    fn removed(&self, control: &Control) -> Vec<FieldChange> {
        let own = control.fields.iter().filter(|path| !path.contains(':'));
        let secrets = own.clone().filter_map(|path| {
            let names = self.unreadable.offending(&control.facts, path);
            let secrets: Vec<String> =
                names.iter().filter_map(|name| name.strip_suffix(NOT_SHOWN)).map(str::to_owned).collect();
            path.strip_suffix(".*").filter(|_| !secrets.is_empty()).map(|map| (map, secrets))
        });
        let secrets = secrets.flat_map(|(map, names)| {
            let maps = places(self.document, map);
            let of_map = maps.into_iter().flat_map(move |place| {
                let names = names.clone();
                let held = move |name: &String| place.value.is_some_and(|map| map.get(name).is_some());
                let field = place.field.clone();
                names.into_iter().filter(held).map(move |name| FieldChange {
                    field: below(&field, &name),
                    before: Some(NOT_SHOWN.trim().to_owned()),
                    after: None,
                })
            });
            of_map.collect::<Vec<_>>()
        });
        let deployed = own.filter(|path| path.starts_with("ModelDeployConfig."));
        let deployed = deployed.flat_map(|path| places(self.document, path)).filter_map(|place| {
            let value = place.value.filter(|value| is_present(value))?;
            Some(FieldChange { field: place.field, before: Some(shown(value)), after: None })
        });
        secrets.chain(deployed).collect()
    }

    /// Tags that are missing. Only the team knows their values.
    fn tags(&self, control: &Control) -> Vec<FieldChange> {
        let names = |field: &str| control.fields.iter().any(|own| own == field);
        let is_listed = matches!(self.joined.get("ListTags"), Some(OperationAnswer::Documents(_)));
        if !names("ListTags:Tags[].Key") || !is_listed {
            return Vec::new();
        }
        let held = tags(self.joined);
        let (wanted, folds): (Vec<&str>, bool) = if names("GetCommit:commit.commitId") {
            (vec!["CommitId", "Repository"], true)
        } else {
            (self.settings.traceability.required_tags.iter().map(String::as_str).collect(), false)
        };
        let is_held =
            |key: &str| held.keys().any(|own| *own == key || folds && folded(own).ends_with(&folded(key)));
        let missing = wanted.into_iter().filter(|key| !is_held(key));
        let change = |key: &str| FieldChange {
            field: "Tags[]".to_owned(),
            before: None,
            after: Some(json!({ "Key": key, "Value": "VALUE" }).to_string()),
        };
        missing.map(change).collect()
    }
}

/// Parts of the names of ECR's registries.
const ECR: [&str; 4] = [".dkr.ecr.", ".dkr.ecr-fips.", ".dkr-ecr.", "public.ecr.aws"];
/// What names security groups.
const GROUPS: &str = "SecurityGroupIds";
/// The text in place of the value of a secret.
const NOT_SHOWN: &str = " (not shown)";

/// The name that says what a field is for. Both names of security groups mean the same.
fn name(path: &str) -> &str {
    match last(path) {
        "SecurityGroups" => GROUPS,
        name => name,
    }
}

/// A key as tags mean it, however it is written.
fn folded(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// An image without its tag.
fn untagged(image: &str) -> &str {
    let (folder, name) = image.rsplit_once('/').map_or(("", image), |(folder, name)| (folder, name));
    let name = name.split(':').next().unwrap_or(name);
    let length = if folder.is_empty() { name.len() } else { folder.len() + 1 + name.len() };
    image.get(..length).unwrap_or(image)
}

/// A key of a map, which users choose.
fn below(map: &str, key: &str) -> String {
    if is_key(key) { format!("{map}.{key}") } else { format!("{map}[{}]", json!(key)) }
}

fn shown(value: &Json) -> String {
    let text = json_without_secrets(value).to_string();
    if text.chars().count() > LENGTH {
        text.chars().take(LENGTH).chain("…".chars()).collect()
    } else {
        text
    }
}

fn lines(change: &FieldChange) -> Vec<String> {
    let line = |sign: char, value: &Option<String>| {
        value.as_ref().map(|value| format!("{sign} {}: {value}", change.field))
    };
    [line('-', &change.before), line('+', &change.after)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests;
