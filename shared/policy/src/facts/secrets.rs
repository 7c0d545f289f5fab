//! Secrets in environments, hyperparameters and arguments, which everybody who may describe a resource can read.

use sagewarden_events::{ResourceKind, holds_token, is_secret};
use serde_json::Value as Json;

use super::context::Context;
use crate::reader::Reader;

/// Where users write names and values of their own.
const MAPS: &[(ResourceKind, &[&str])] = &[
    (ResourceKind::TrainingJob, &["HyperParameters", "Environment"]),
    (ResourceKind::ProcessingJob, &["Environment"]),
    (ResourceKind::TransformJob, &["Environment"]),
    (
        ResourceKind::OptimizationJob,
        &[
            "OptimizationEnvironment",
            "OptimizationConfigs[].ModelQuantizationConfig.OverrideEnvironment",
            "OptimizationConfigs[].ModelCompilationConfig.OverrideEnvironment",
            "OptimizationConfigs[].ModelShardingConfig.OverrideEnvironment",
        ],
    ),
    (
        ResourceKind::TuningJob,
        &[
            "TrainingJobDefinition.StaticHyperParameters",
            "TrainingJobDefinitions[].StaticHyperParameters",
            "TrainingJobDefinition.Environment",
            "TrainingJobDefinitions[].Environment",
        ],
    ),
    (
        ResourceKind::InferenceComponent,
        &["Specification.Container.Environment", "Specifications[].Container.Environment"],
    ),
    (ResourceKind::Model, &["PrimaryContainer.Environment", "Containers[].Environment"]),
    (
        ResourceKind::ModelPackage,
        &[
            "InferenceSpecification.Containers[].Environment",
            "AdditionalInferenceSpecifications[].Containers[].Environment",
            "ValidationSpecification.ValidationProfiles[].TransformJobDefinition.Environment",
        ],
    ),
    (
        ResourceKind::MonitoringSchedule,
        &[
            "MonitoringScheduleConfig.MonitoringJobDefinition.Environment",
            "DescribeDataQualityJobDefinition:DataQualityAppSpecification.Environment",
            "DescribeModelQualityJobDefinition:ModelQualityAppSpecification.Environment",
            "DescribeModelBiasJobDefinition:ModelBiasAppSpecification.Environment",
            "DescribeModelExplainabilityJobDefinition:ModelExplainabilityAppSpecification.Environment",
        ],
    ),
];

/// Where users write the arguments of a command.
const COMMANDS: &[(ResourceKind, &[&str])] = &[
    (
        ResourceKind::TrainingJob,
        &["AlgorithmSpecification.ContainerEntrypoint", "AlgorithmSpecification.ContainerArguments"],
    ),
    (
        ResourceKind::ProcessingJob,
        &["AppSpecification.ContainerEntrypoint", "AppSpecification.ContainerArguments"],
    ),
    (
        ResourceKind::MonitoringSchedule,
        &[
            "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringAppSpecification.ContainerEntrypoint",
            "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringAppSpecification.ContainerArguments",
            "DescribeDataQualityJobDefinition:DataQualityAppSpecification.ContainerEntrypoint",
            "DescribeDataQualityJobDefinition:DataQualityAppSpecification.ContainerArguments",
            "DescribeModelQualityJobDefinition:ModelQualityAppSpecification.ContainerEntrypoint",
            "DescribeModelQualityJobDefinition:ModelQualityAppSpecification.ContainerArguments",
        ],
    ),
];

/// The name of the fact.
const FACT: &str = "secretsInTheClear";
/// JSON within JSON that is looked into.
const DEEPEST: usize = 8;

/// Prefixes of values that name the place of a secret, and are not secrets.
const REFERENCES: [&str; 11] = [
    "arn:",
    "s3://",
    "ssm:",
    "secretsmanager:",
    "{{resolve:",
    "file:",
    "/run/",
    "/var/",
    "/etc/",
    "/mnt/",
    "/opt/",
];

/// Whether a kind has such maps.
pub(super) fn can_hold(kind: ResourceKind) -> bool {
    MAPS.iter().any(|(of, _)| *of == kind)
}

impl Context<'_> {
    /// Whether a map or a command holds a value that looks like a secret. The finding shows the name of the value, and never the value.
    pub(super) fn secrets_in_the_clear(&self) -> bool {
        let found = self.secrets_in_maps() + self.secrets_in_commands() > 0;
        if found {
            self.unreadable.decides(FACT);
        }
        found
    }

    fn secrets_in_maps(&self) -> usize {
        let kind = self.resource.kind;
        let maps = MAPS.iter().filter(|(of, _)| *of == kind).flat_map(|(_, paths)| *paths);
        let found = maps.map(|map| {
            let each = format!("{map}.*");
            let (documents, path) = self.documents(map);
            let (_, each) = crate::join::split(&each);
            let mut found = 0;
            for document in &documents {
                document.has_text(each);
                for (name, value) in document.parts(path).iter().flat_map(|part| part.pairs()) {
                    if holds_secret(name, &value, DEEPEST) {
                        document.offends(FACT, each, &not_shown(name));
                        found += 1;
                    }
                }
            }
            found
        });
        found.sum()
    }

    fn secrets_in_commands(&self) -> usize {
        let kind = self.resource.kind;
        let commands = COMMANDS.iter().filter(|(of, _)| *of == kind).flat_map(|(_, paths)| *paths);
        let found = commands.map(|command| {
            let (documents, path) = self.documents(command);
            let in_document = |document: &Reader<'_>| {
                let arguments = document.texts(&format!("{path}[]"));
                let found = secret_argument(&arguments, DEEPEST);
                found.iter().for_each(|name| document.offends(FACT, path, &not_shown(name)));
                found.is_some()
            };
            documents.iter().filter(|document| in_document(document)).count()
        });
        found.sum()
    }
}

fn not_shown(name: &str) -> String {
    format!("{name} (not shown)")
}

/// Whether the value of this name is a secret, or holds one: a document, a command and an address may.
fn holds_secret(name: &str, value: &str, left: usize) -> bool {
    // The training toolkit's hyperparameters are JSON in a text.
    let bare = value.trim().trim_matches(['"', '\'']);
    if holds_token(bare) || has_password(bare) {
        return true;
    }
    let parsed = serde_json::from_str::<Json>(value.trim()).ok();
    match parsed.filter(|parsed| left > 0 && !(parsed.is_number() || parsed.is_boolean() || parsed.is_null()))
    {
        Some(document) => within(name, &document, left - 1),
        None if is_plain(name, bare) || is_reference(bare) => false,
        None if is_secret(name, bare) => true,
        None => {
            let words: Vec<&str> = bare.split_whitespace().collect();
            left > 0 && words.len() > 1 && secret_argument(&words, left - 1).is_some() || in_prose(&words)
        }
    }
}

/// Whether a part of a document is a secret. Elements of a list have the name of the list.
fn within(name: &str, value: &Json, left: usize) -> bool {
    match value {
        Json::String(text) => holds_secret(name, text, left),
        Json::Number(number) => holds_secret(name, &number.to_string(), left),
        Json::Array(list) => {
            let texts: Vec<&str> = list.iter().filter_map(Json::as_str).collect();
            list.iter().any(|one| within(name, one, left)) || secret_argument(&texts, left).is_some()
        }
        Json::Object(fields) => fields.iter().any(|(name, value)| within(name, value, left)),
        Json::Bool(_) | Json::Null => false,
    }
}

/// Whether a text names a password in words: `password: hunter2`. Prose speaks of passwords without naming one (`password: required`), so
/// that only a word with letters and digits counts, and only behind a name that means nothing else: `token: llama2` is no secret.
fn in_prose(words: &[&str]) -> bool {
    const NAMES: [&str; 7] = ["password", "passwd", "pwd", "passphrase", "apikey", "secretkey", "accesskey"];
    let is_name = |word: &str| {
        let name: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        NAMES.iter().any(|end| name.to_ascii_lowercase().ends_with(end))
    };
    let is_value = |word: &str| {
        let word = word.trim_matches(|letter: char| "\"'`,;.".contains(letter)).trim_end_matches([')', ']']);
        let has = |of: fn(&char) -> bool| word.chars().any(|letter| of(&letter));
        let is_mixed = has(char::is_ascii_alphabetic) && has(char::is_ascii_digit);
        word.len() >= SHORTEST_IN_PROSE && is_mixed && !is_reference(word)
    };
    words.iter().enumerate().any(|(index, word)| {
        let Some((name, value)) = word.split_once(':') else { return false };
        let next = || words.get(index + 1).copied().unwrap_or_default();
        is_name(name) && is_value(if value.is_empty() { next() } else { value })
    })
}

/// Letters of a password in prose: a shorter word is a version, such as `v2`.
const SHORTEST_IN_PROSE: usize = 6;

/// The name of the first secret in a command: `--password hunter2`, `--password=hunter2` or `PASSWORD=hunter2`.
fn secret_argument(arguments: &[&str], left: usize) -> Option<String> {
    let name_of = |flag: &str| flag.trim_start_matches('-').to_owned();
    let mut before: Option<&str> = None;
    for argument in arguments {
        let argument = argument.trim_matches(['"', '\'']);
        let flag = before.filter(|_| !argument.starts_with('-')).map(name_of);
        let (name, value) = match argument.split_once('=') {
            // An address has a query, and a name has no blanks.
            Some((name, value)) if !name.contains(['/', ' ', ':', '{']) => (name_of(name), value),
            _ => (flag.unwrap_or_default(), argument),
        };
        if holds_secret(&name, value, left) {
            return Some(if name.is_empty() { "an argument".to_owned() } else { name });
        }
        before = Some(argument).filter(|argument| argument.starts_with('-') && !argument.contains('='));
    }
    None
}

/// A number, a switch or nothing. Of the names of secrets, only those of passwords have numbers: a token may be that of a vocabulary.
fn is_plain(name: &str, bare: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let of_password =
        ["password", "passwd", "pwd", "passphrase", "secret"].iter().any(|end| name.ends_with(end));
    let is_number = bare.parse::<f64>().is_ok() && !(of_password && bare.len() >= SHORTEST);
    is_number || ["true", "false", "null", "none"].contains(&bare.to_ascii_lowercase().as_str())
}

/// Digits of a password; a shorter number says how long one is, or how often it is tried.
const SHORTEST: usize = 4;

/// A text that says where the secret is: a location, a variable, a template's own words, or the path of a parameter
/// ("Parameter Store", Systems Manager user guide).
fn is_reference(bare: &str) -> bool {
    let is_enclosed = [("${", "}"), ("$(", ")"), ("<", ">"), ("{{", "}}"), ("%(", ")s")]
        .iter()
        .any(|(head, end)| bare.starts_with(head) && bare.ends_with(end));
    let is_word = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let is_variable = bare.strip_prefix('$').is_some_and(|name| !name.is_empty() && is_word(name));
    let is_tag = bare.starts_with('<') && bare.contains('>');
    REFERENCES.iter().any(|head| bare.starts_with(head))
        || is_enclosed
        || is_variable
        || is_tag
        || is_path(bare)
}

/// Characters of a part of a path; a longer one is rather a part of a key in base64.
const LONGEST_PART: usize = 32;

fn is_path(bare: &str) -> bool {
    let parts: Vec<&str> = bare.strip_prefix('/').map(|rest| rest.split('/').collect()).unwrap_or_default();
    let is_part = |part: &&str| {
        let letters = part.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
        !part.is_empty() && part.len() <= LONGEST_PART && letters
    };
    parts.len() > 1 && parts.iter().all(is_part)
}

/// Whether an address within a text names a password: `postgresql://user:hunter2@host`.
fn has_password(text: &str) -> bool {
    let marks = |letter: char| letter.is_whitespace() || matches!(letter, '/' | '?' | '#' | '"' | '\'' | ',');
    text.match_indices("://").any(|(at, mark)| {
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        let authority = rest.split(marks).next().unwrap_or(rest);
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        let password = user.and_then(|user| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| !password.is_empty() && !is_reference(password))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_from_what_says_where_it_is() {
        let check = |name: &str, value: &str, expect: bool| {
            assert_eq!(holds_secret(name, value, DEEPEST), expect, "{name}={value}");
        };
        check("DB_PASSWORD", "hunter2", true);
        check("DB_PASSWORD", "$ecret!1", true);
        check("DB_PASSWORD", "/x", true);
        check("PASSWORD", "12345678", true);
        check("api_key", "\"x1\"", true);
        check("anything", "AKIAIOSFODNN7EXAMPLE", true);
        check("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG", true);
        check("DB_PASSWORD", "", false);
        check("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:1:secret:x", false);
        check("DB_PASSWORD", "{{resolve:secretsmanager:x}}", false);
        check("DB_PASSWORD", "${DB_PASSWORD}", false);
        check("DB_PASSWORD", "$DB_PASSWORD", false);
        check("DB_PASSWORD", "<your password>", false);
        check("DB_PASSWORD", "/run/secrets/db", false);
        check("DB_PASSWORD", "/prod/db/password", false);
        check("SAGEMAKER_TOKEN", "None", false);
        check("eos_token", "</s>", false);
        check("token", "7", false);
        check("stop_token", "128009", false);
        check("min_password", "8", false);
        check("use_auth_token", "true", false);
        check("max_tokens", "many", false);
    }

    #[test]
    fn a_secret_is_found_within_documents_commands_and_addresses() {
        let check = |value: &str, expect: bool| {
            assert_eq!(holds_secret("config", value, DEEPEST), expect, "{value}");
        };
        check("postgresql://user:hunter2@db.example/x", true);
        check("see jdbc:mysql://u:p@h, please", true);
        check("postgresql://user@db.example/x", false);
        check("postgresql://user:${DB_PASSWORD}@db.example/x", false);
        check("https://example.com/a:b@c", false);
        check(r#"{"db": {"password": "hunter2"}}"#, true);
        check(r#"{"db": "{\"password\": \"hunter2\"}"}"#, true);
        check(r#"{"db": {"password": "${DB_PASSWORD}", "rows": 5, "max_tokens": "7"}}"#, false);
        check("train --password hunter2 --rows 5", true);
        check("train --password=hunter2", true);
        check("PASSWORD=hunter2 train.sh", true);
        check("train --password $DB_PASSWORD --token-count 5", false);
        check("no password here", false);
        // In prose, a word with letters and digits behind the name of a password is one.
        check("password: hunter2", true);
        check("password:hunter2", true);
        check("The user is x, and the Password: \"hunter2\".", true);
        check("db: x\ndb_password: hunter2\nrows: 5", true);
        check("api-key: a1b2c3d4", true);
        check("the password hunter2", false);
        check("password: required", false);
        check("password: see the vault", false);
        check("password: correct horse battery", false);
        check("password: 8-64 characters", false);
        check("password: v2", false);
        check("password: ${DB_PASSWORD1}", false);
        check("password: arn:aws:secretsmanager:eu-west-1:1:secret:x1", false);
        check("password: {{resolve:secretsmanager:x1}}", false);
        check("token: llama2-7b", false);
        check("tokenizer: bert2bert", false);
        check("secret: sauce2000", false);
        check("ratio: 3a4b5c6d", false);
        // Nobody looks into documents for ever.
        let mut text = "{\"password\": \"x1\"}".to_owned();
        for _ in 0..DEEPEST {
            text = serde_json::json!({ "a": text }).to_string();
        }
        check(&text, false);
    }

    #[test]
    fn a_secret_is_found_among_arguments_behind_its_name() {
        let check = |arguments: &[&str], expect: Option<&str>| {
            assert_eq!(secret_argument(arguments, DEEPEST).as_deref(), expect, "{arguments:?}");
        };
        check(&["--rows", "5", "--db-password", "hunter2"], Some("db-password"));
        check(&["--db-password=hunter2"], Some("db-password"));
        check(&["--url", "postgresql://u:hunter2@h"], Some("url"));
        check(&["postgresql://u:hunter2@h"], Some("an argument"));
        check(&["sh", "-c", "train --token abc"], Some("c"));
        check(&["--password", "--rows", "5"], None);
        check(&["--token", "/prod/hub/token", "--tokenizer", "bert"], None);
        check(&["s3://b/x?password=1"], None);
    }
}
