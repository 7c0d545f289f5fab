//! A control: one `forbid` with annotations that explain it to people.

use std::collections::BTreeSet;

use sagewarden_events::Change;
use sagewarden_settings::Profile;
use serde::{Deserialize, Serialize};

/// How bad a violation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Should be fixed some time.
    Low,
    /// Should be fixed soon.
    Medium,
    /// Must not stand.
    High,
    /// Somebody must act within a minute.
    Critical,
}

/// The possible remedies of a violation, in `enforce` mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Report only.
    None,
    /// Mark the resource with a tag that names the control.
    Tag,
    /// Stop the job, notebook instance or pipeline execution.
    Stop,
    /// Delete the model when no endpoint configuration uses it.
    DeleteIfUnused,
    /// Change the setting in place.
    Change(Change),
}

/// Each change as written in an annotation, and in words.
const CHANGES: [(Change, &str, &str); 12] = [
    (Change::DisableRemoteDebug, "disable_remote_debug", "switch remote debugging off"),
    (Change::DisableRootAccess, "disable_root_access", "stop it, take root access away, start it again"),
    (
        Change::RequireMetadataV2,
        "require_metadata_v2",
        "stop it, require version 2 of the metadata service, start it again",
    ),
    (Change::ReplacePlatform, "replace_platform", "stop it, move it to an allowed platform, start it again"),
    (Change::RouteThroughVpc, "route_through_vpc", "route its traffic through the VPC, while no app runs"),
    (Change::NameTheUser, "name_the_user", "let sessions carry the name of the user profile"),
    (Change::PropagateTags, "propagate_tags", "let tags go on to what is started in it"),
    (Change::DisableDocker, "disable_docker", "switch Docker off"),
    (Change::DisableRemoteAccess, "disable_remote_access", "switch remote access off"),
    (Change::DeleteApp, "delete_app", "delete the app; its home volume stays"),
    (Change::WithdrawApproval, "withdraw_approval", "set its approval back to pending"),
    (Change::StartSchedule, "start_schedule", "start it again"),
];

/// A control as its annotations describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Such as `TRN-NET-01`.
    pub id: String,
    /// The workshop's area: `NET`, `IAM`, `ART`, `ENC`, `TRC`, `XPL`, `MON` or `REP`.
    pub area: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// The lowest profile that it belongs to.
    pub profile: Profile,
    /// The rule.
    pub title: String,
    /// The risk of failing it; empty if nothing is known.
    pub risk: String,
    /// The cost of passing it; empty if nothing is known.
    pub cost: String,
    /// Paths that it reads: in the resource's own description, or in another answer as `<operation>:<path>`.
    pub fields: Vec<String>,
    /// The wanted value, with settings filled in.
    pub wanted: String,
    /// The fix.
    pub fix: String,
    /// The possible remedies.
    pub remedy: Remedy,
    /// Other checks that cover it; empty if there are none.
    pub also: String,
    /// The setting that it depends on, such as `artifacts.allowed_buckets`. Without this setting, every resource passes.
    pub setting: Option<String>,
    /// The facts that its condition names.
    pub facts: BTreeSet<String>,
}

impl Remedy {
    /// The remedy, in words.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Self::None => "publish it",
            Self::Tag => "publish it, and mark it with a tag",
            Self::Stop => "stop it",
            Self::DeleteIfUnused => "delete the model while no endpoint configuration uses it",
            Self::Change(change) => {
                CHANGES.iter().find(|(known, ..)| *known == change).map_or("change it", |(.., words)| words)
            }
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let plain = [
            ("none", Self::None),
            ("tag", Self::Tag),
            ("stop", Self::Stop),
            ("delete_if_unused", Self::DeleteIfUnused),
        ];
        let changes = CHANGES.map(|(change, word, _)| (word, Self::Change(change)));
        let known: Vec<_> = plain.into_iter().chain(changes).collect();
        let found = known.iter().find(|(word, _)| *word == text).map(|(_, remedy)| *remedy);
        found.ok_or_else(|| {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            format!("`@remediation` is `{text}`: it must be one of {}", words.join(", "))
        })
    }
}

/// The workshop's eight areas, and resilience, which some catalogues add.
const AREAS: [&str; 9] = ["NET", "IAM", "ART", "ENC", "TRC", "XPL", "MON", "REP", "RES"];

/// The chapter of the workshop's catalogue for an area.
fn chapter(area: &str) -> &'static str {
    match area {
        "NET" => "compute and network isolation",
        "IAM" => "authentication and access management",
        "ART" => "artifact management",
        "ENC" => "data encryption",
        "TRC" => "traceability and auditability",
        "XPL" => "explainability",
        "MON" => "real-time model monitoring",
        "REP" => "reproducibility",
        _ => "resilience",
    }
}

impl Control {
    /// The chapter of the workshop's catalogue that it belongs to.
    #[must_use]
    pub fn chapter(&self) -> &'static str {
        chapter(&self.area)
    }

    /// Reads annotations.
    ///
    /// # Errors
    /// A sentence about the annotation that is missing or wrong.
    pub(crate) fn read<'a>(
        annotations: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Result<Self, String> {
        let find = |name: &str| {
            let found = annotations.clone().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
            found
                .filter(|value| !value.is_empty())
                .ok_or_else(|| format!("the annotation `@{name}` is missing"))
        };
        let area = find("area")?;
        if !AREAS.contains(&area.as_str()) {
            return Err(format!("`@area` is `{area}`: it must be one of {}", AREAS.join(", ")));
        }
        Ok(Self {
            id: find("id")?,
            area,
            severity: severity(&find("severity")?)?,
            profile: profile(&find("profile")?)?,
            title: find("title")?,
            risk: find("risk").unwrap_or_default(),
            cost: find("cost").unwrap_or_default(),
            fields: find("field")?.split(',').map(|path| path.trim().to_owned()).collect(),
            wanted: find("wanted")?,
            fix: find("fix")?,
            remedy: Remedy::parse(&find("remediation")?)?,
            also: find("also").unwrap_or_default(),
            setting: find("setting").ok(),
            facts: BTreeSet::new(),
        })
    }
}

fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "info" => Ok(Severity::Info),
        "low" => Ok(Severity::Low),
        "medium" => Ok(Severity::Medium),
        "high" => Ok(Severity::High),
        "critical" => Ok(Severity::Critical),
        _ => Err(format!("`@severity` is `{text}`: it must be critical, high, medium, low or info")),
    }
}

fn profile(text: &str) -> Result<Profile, String> {
    let found = Profile::ALL.into_iter().find(|profile| profile.name() == text);
    found.ok_or_else(|| format!("`@profile` is `{text}`: it must be essential, recommended or strict"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ANNOTATIONS: [(&str, &str); 10] = [
        ("id", "TRN-NET-01"),
        ("area", "NET"),
        ("severity", "high"),
        ("profile", "recommended"),
        ("title", "it must be so"),
        ("field", "VpcConfig.Subnets[], DescribeModel:VpcConfig"),
        ("wanted", "so"),
        ("fix", "make it so"),
        ("remediation", "stop"),
        ("also", "an SCP"),
    ];

    /// The annotations, one of them changed or, without a value, left out.
    fn read(name: &str, value: Option<&str>) -> Result<Control, String> {
        let mut all: Vec<(&str, &str)> = ANNOTATIONS.into_iter().filter(|(key, _)| *key != name).collect();
        all.extend(value.map(|value| (name, value)));
        Control::read(all.into_iter())
    }

    #[test]
    fn a_control_is_read_from_its_annotations() {
        let control = read("setting", Some("artifacts.allowed_buckets")).unwrap();
        assert_eq!(
            (control.id.as_str(), control.area.as_str(), control.severity),
            ("TRN-NET-01", "NET", Severity::High)
        );
        assert_eq!(control.profile, Profile::Recommended);
        assert_eq!(control.fields, ["VpcConfig.Subnets[]", "DescribeModel:VpcConfig"]);
        assert_eq!(
            (control.title.as_str(), control.wanted.as_str(), control.fix.as_str()),
            ("it must be so", "so", "make it so")
        );
        assert_eq!((control.remedy, control.also.as_str()), (Remedy::Stop, "an SCP"));
        assert_eq!(control.setting.as_deref(), Some("artifacts.allowed_buckets"));
        let read_of = |name: &str| read(name, Some("so much")).unwrap();
        assert_eq!((read_of("risk").risk.as_str(), read_of("cost").cost.as_str()), ("so much", "so much"));
        let without = read("also", None).unwrap();
        assert_eq!((without.risk.as_str(), without.cost.as_str()), ("", ""));
        assert_eq!((without.also.as_str(), without.setting), ("", None));
    }

    #[test]
    fn an_annotation_that_is_missing_or_wrong_is_named() {
        for name in ["id", "area", "severity", "profile", "title", "field", "wanted", "fix", "remediation"] {
            let missing = format!("the annotation `@{name}` is missing");
            assert_eq!(read(name, None).unwrap_err(), missing);
            assert_eq!(read(name, Some("")).unwrap_err(), missing);
        }
        let wrong = |name: &str| read(name, Some("odd")).unwrap_err();
        assert!(
            wrong("area").starts_with("`@area` is `odd`: it must be one of NET, IAM"),
            "{}",
            wrong("area")
        );
        assert!(wrong("severity").starts_with("`@severity` is `odd`: it must be"), "{}", wrong("severity"));
        assert_eq!(wrong("profile"), "`@profile` is `odd`: it must be essential, recommended or strict");
        let remedies = wrong("remediation");
        assert!(
            remedies.starts_with("`@remediation` is `odd`: it must be one of none, tag, stop"),
            "{remedies}"
        );
        assert!(remedies.ends_with("start_schedule"), "{remedies}");
    }

    #[test]
    fn each_area_is_a_chapter_and_each_severity_a_rank() {
        let chapters: BTreeSet<&str> =
            AREAS.iter().map(|area| read("area", Some(area)).unwrap().chapter()).collect();
        assert_eq!(chapters.len(), AREAS.len());
        assert_eq!(read("area", Some("MON")).unwrap().chapter(), "real-time model monitoring");
        let rank = |word: &str| read("severity", Some(word)).unwrap().severity;
        let words = ["info", "low", "medium", "high", "critical"];
        assert!(words.iter().zip(&words[1..]).all(|(low, high)| rank(low) < rank(high)));
    }

    #[test]
    fn each_remedy_has_a_word_and_says_what_it_does() {
        let remedy = |word: &str| read("remediation", Some(word)).unwrap().remedy;
        let plain = [
            ("none", Remedy::None),
            ("tag", Remedy::Tag),
            ("stop", Remedy::Stop),
            ("delete_if_unused", Remedy::DeleteIfUnused),
        ];
        let changes = CHANGES.map(|(change, word, _)| (word, Remedy::Change(change)));
        let all: Vec<(&str, Remedy)> = plain.into_iter().chain(changes).collect();
        for (word, expect) in &all {
            assert_eq!(remedy(word), *expect, "{word}");
        }
        let told: BTreeSet<&str> = all.iter().map(|(_, remedy)| remedy.explain()).collect();
        assert_eq!(told.len(), all.len());
        assert_eq!(Remedy::Change(Change::DisableDocker).explain(), "switch Docker off");
        assert_eq!((Remedy::Stop.explain(), Remedy::None.explain()), ("stop it", "publish it"));
    }
}
