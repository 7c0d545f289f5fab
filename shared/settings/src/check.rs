//! Checks the values of a settings file. A list of allowed values with a typo would forbid everything, or nothing, so it is refused.

use sagewarden_events::{ResourceKind, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub(super) fn subnets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "a subnet id such as `subnet-0a1b2c3d`", |text| is_id(text, "subnet-"))
}

pub(super) fn security_groups<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "a security group id such as `sg-0a1b2c3d`", |text| is_id(text, "sg-"))
}

pub(super) fn role_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "the ARN of a role such as `arn:aws:iam::111122223333:role/ds-*`";
    checked(deserializer, wanted, |text| text.starts_with("arn:") && text.contains(":role/"))
}

pub(super) fn bucket_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-*?".contains(&byte);
    checked(deserializer, "the name of a bucket such as `ds-data-*`", |text| {
        !text.is_empty() && text.bytes().all(is_name)
    })
}

/// "CreateFileSystem", FSx and EFS API references; `fc-` is a cache of files, and the names of hosts have an `i` as well (`ClusterDnsName`,
/// SageMaker API reference).
pub(super) fn file_system_patterns<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let is_id = |byte: u8| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase() || b"*?".contains(&byte);
    checked(deserializer, "the id of a file system such as `fs-0123456789abcdef0`", |text| {
        let id = ["fs-", "fc-", "fsi-", "fci-"].iter().find_map(|head| text.strip_prefix(head));
        id.is_some_and(|id| !id.is_empty() && id.bytes().all(is_id))
    })
}

/// `ModelName` of the SageMaker API, with `*` and `?`.
pub(super) fn model_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-*?".contains(&byte);
    checked(deserializer, "the name of a model such as `on-demand-*`", |text| {
        !text.is_empty() && text.bytes().all(is_name)
    })
}

pub(super) fn image_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "an image without tag and digest such as `111122223333.dkr.ecr.*.amazonaws.com/*`";
    checked(deserializer, wanted, |text| text.contains('/') && !text.contains('@'))
}

pub(super) fn content_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "the ARN of content of a hub such as `arn:aws:sagemaker:*:111122223333:hub-content/approved/*`, where `/*` stands for all content of the hub";
    checked(deserializer, wanted, |text| {
        let content = text.strip_prefix("arn:").and_then(|rest| rest.split_once(":hub-content/"));
        // Content has a hub, a type and a name: a pattern with less fits none.
        content.is_some_and(|(_, content)| content.contains('*') || content.split('/').count() > 2)
    })
}

pub(super) fn repository_patterns<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let wanted = "a repository, with its host in lower case, and without scheme, user and last slash, such as `git-codecommit.*.amazonaws.com/v1/repos/*`";
    checked(deserializer, wanted, |text| {
        let (host, path) = text.split_once('/').unwrap_or_default();
        let is_whole = !path.is_empty() && !path.ends_with('/');
        host.contains('.')
            && host == host.to_lowercase()
            && is_whole
            && !text.contains("://")
            && !text.contains('@')
    })
}

const STAGE: &str =
    "the name of a stage such as `Production`, without spaces around it and without `*` and `?`";

fn is_stage(text: &str) -> bool {
    !text.is_empty() && text == text.trim() && !text.contains(['*', '?'])
}

pub(super) fn stage_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let stage = String::deserialize(deserializer)?;
    if is_stage(&stage) {
        Ok(Some(stage))
    } else {
        Err(D::Error::custom(format!("`{stage}` is not {STAGE}")))
    }
}

pub(super) fn stage_names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let stages = checked(deserializer, STAGE, is_stage)?;
    let twice =
        stages.iter().enumerate().find(|(index, stage)| stages.iter().take(*index).any(|one| one == *stage));
    match twice {
        Some((_, stage)) => Err(D::Error::custom(format!("the stage `{stage}` stands there twice"))),
        None => Ok(stages),
    }
}

/// "Regions", AWS general reference: `eu-west-1`, `us-gov-west-1`.
pub(super) fn regions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    checked(deserializer, "a region such as `eu-central-1`", |text| {
        // A zone ends in a letter.
        let ends = text.ends_with(|last: char| last.is_ascii_digit());
        ends && text.bytes().all(is_part) && text.split('-').filter(|part| !part.is_empty()).count() > 2
    })
}

pub(super) fn accounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "an account of 12 digits", |text| {
        text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
    })
}

pub(super) fn key_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "the ARN of a key or alias such as `arn:aws:kms:eu-west-1:111122223333:alias/ds-*`";
    checked(deserializer, wanted, |text| {
        text.starts_with("arn:") && (text.contains(":key/") || text.contains(":alias/"))
    })
}

pub(super) fn principal_patterns<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let wanted = "the ARN of a principal such as `arn:aws:sts::111122223333:assumed-role/approver/*`";
    checked(deserializer, wanted, |text| text.starts_with("arn:"))
}

pub(super) fn instance_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "an instance type such as `ml.m5.*`", |text| text.starts_with("ml."))
}

/// `MonitoringType` of the SageMaker API.
const MONITORING_TYPES: [&str; 4] = ["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"];

pub(super) fn monitoring_types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "one of DataQuality, ModelQuality, ModelBias and ModelExplainability";
    checked(deserializer, wanted, |text| MONITORING_TYPES.contains(&text))
}

pub(super) fn tag_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "the key of a tag", |text| !text.trim().is_empty() && text.chars().count() <= 128)
}

pub(super) fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let percent = i64::deserialize(deserializer)?;
    if (0..=100).contains(&percent) {
        Ok(percent)
    } else {
        Err(D::Error::custom(format!("`{percent}` is not a percentage between 0 and 100")))
    }
}

pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let seconds = i64::deserialize(deserializer)?;
    if seconds > 0 {
        Ok(Some(seconds))
    } else {
        Err(D::Error::custom(format!("`{seconds}` is not a number of seconds")))
    }
}

pub(super) fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    /// A year: after that, receipts may have expired.
    const MOST: i64 = 8_760;
    let hours = i64::deserialize(deserializer)?;
    if (0..=MOST).contains(&hours) {
        Ok(hours)
    } else {
        Err(D::Error::custom(format!("`{hours}` is not a number of hours between 0 and {MOST}")))
    }
}

pub(super) fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    /// A day: every schedule of SageMaker is due at least once in it.
    const MOST: i64 = 1_440;
    let minutes = i64::deserialize(deserializer)?;
    if (0..=MOST).contains(&minutes) {
        Ok(minutes)
    } else {
        Err(D::Error::custom(format!("`{minutes}` is not a number of minutes between 0 and {MOST}")))
    }
}

/// Windows begin and end with the hours in capture keys, and divide a day evenly.
pub(super) fn hours_of_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let hours = i64::deserialize(deserializer)?;
    if hours > 0 && 24 % hours == 0 {
        Ok(hours)
    } else {
        Err(D::Error::custom(format!("`{hours}` is not 1, 2, 3, 4, 6, 8, 12 or 24 hours")))
    }
}

pub(super) fn folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let uri = words(deserializer)?;
    let bucket = uri.strip_prefix("s3://").and_then(|rest| rest.split('/').next());
    if bucket.is_some_and(|bucket| !bucket.is_empty()) {
        Ok(Some(uri))
    } else {
        Err(D::Error::custom(format!(
            "`{uri}` is not a folder such as `s3://ds-model-bucket/baselines/credit`"
        )))
    }
}

/// Other faults are reported when it is read.
pub(super) fn row_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let path = words(deserializer)?;
    if path.starts_with('/') && path.matches("/*").count() <= 1 {
        Ok(Some(path))
    } else {
        Err(D::Error::custom(format!(
            "`{path}` is not a path of rows such as `/instances/*/features`, with one `*` at most"
        )))
    }
}

/// A number is always a value: nobody could distinguish a number that means a missing value.
pub(super) fn missing_texts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    let wanted =
        "a text that can stand for a missing value: it must be no number, no truth value and not empty";
    let is_value =
        |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite) || ["true", "false"].contains(&text);
    checked(deserializer, wanted, |text| !text.trim().is_empty() && !is_value(text.trim())).map(Some)
}

/// Every answer would contain an empty phrase.
pub(super) fn phrases<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    checked(deserializer, "a phrase: it must not be empty", |text| !text.trim().is_empty()).map(Some)
}

pub(super) fn checked<'de, D: Deserializer<'de>>(
    deserializer: D,
    wanted: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(deserializer)?;
    match list.iter().find(|text| !is_right(text)) {
        Some(wrong) => Err(D::Error::custom(format!("`{wrong}` is not {wanted}"))),
        None => Ok(list),
    }
}

pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(D::Error::custom("it must not be empty")) } else { Ok(text) }
}

/// A pattern without an account or a kind would waive resources that nobody meant. A pattern that fits no resource would waive nothing.
pub(super) fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = words(deserializer)?;
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let is_account = |account: &str| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_kind = |kind: &str| ResourceKind::from_segment(kind).is_some();
    let names_both = match parts.as_slice() {
        ["arn", _, "sagemaker", _, account, resource] => {
            is_account(account)
                && resource.split_once('/').is_some_and(|(kind, name)| is_kind(kind) && !name.is_empty())
        }
        _ => false,
    };
    if names_both {
        Ok(text)
    } else {
        Err(D::Error::custom(format!(
            "`{text}` is not an ARN with an account and a kind, such as `arn:aws:sagemaker:*:111122223333:training-job/legacy-*`"
        )))
    }
}

pub(super) fn beginning_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    day(deserializer, "T00:00:00.000Z")
}

pub(super) fn end_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    day(deserializer, "T23:59:59.999Z")
}

fn day<'de, D: Deserializer<'de>>(deserializer: D, time: &str) -> Result<Timestamp, D::Error> {
    let date = toml::value::Datetime::deserialize(deserializer)?;
    let moment = Timestamp::from_text(&format!("{date}{time}")).filter(|_| date.time.is_none());
    moment.ok_or_else(|| D::Error::custom(format!("`{date}` is not a day such as 2026-12-31")))
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
