//! A control: one `forbid` with annotations that tell people what it is about.

use serde::{Deserialize, Serialize};

/// How bad a violation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Should be mended some time.
    Low,
    /// Should be mended soon.
    Medium,
    /// Must not stand.
    High,
    /// Must not stand for a minute.
    Critical,
}

/// What may be done about a violation, in `enforce` mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Tell only.
    None,
    /// Stop the job.
    Stop,
    /// Delete the model when no endpoint configuration uses it.
    DeleteIfUnused,
}

/// A control as its annotations describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Such as `TRN-NET-01`.
    pub id: String,
    /// The workshop's area: `NET`, `IAM`, `ART`, `ENC`, `TRC`, `XPL`, `MON` or `REP`.
    pub area: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// What should hold.
    pub title: String,
    /// Paths in the Describe answer that it speaks of.
    pub fields: Vec<String>,
    /// What is wanted there, with settings filled in.
    pub wanted: String,
    /// What to change.
    pub fix: String,
    /// What may be done about it.
    pub remedy: Remedy,
    /// What else checks or prevents it; empty when nothing does.
    pub also: String,
}

impl Remedy {
    /// What is done, in words.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Self::None => "tell",
            Self::Stop => "stop the job",
            Self::DeleteIfUnused => "delete the model while no endpoint configuration uses it",
        }
    }
}

/// The workshop's eight areas, and resilience, which some catalogues add.
const AREAS: [&str; 9] = ["NET", "IAM", "ART", "ENC", "TRC", "XPL", "MON", "REP", "RES"];

/// The chapter of the workshop's catalogue that an area stands for.
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
            title: find("title")?,
            fields: find("field")?.split(',').map(|path| path.trim().to_owned()).collect(),
            wanted: find("wanted")?,
            fix: find("fix")?,
            remedy: remedy(&find("remediation")?)?,
            also: find("also").unwrap_or_default(),
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

fn remedy(text: &str) -> Result<Remedy, String> {
    match text {
        "none" => Ok(Remedy::None),
        "stop" => Ok(Remedy::Stop),
        "delete_if_unused" => Ok(Remedy::DeleteIfUnused),
        _ => Err(format!("`@remediation` is `{text}`: it must be none, stop or delete_if_unused")),
    }
}
