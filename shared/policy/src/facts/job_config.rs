//! What is not known of the configuration of a job of a category.
//!
//! A text that is no JSON, and a version of the schema that nobody has looked at, leave the controls undecided, unless a value in the text
//! breaks them for certain.

use super::context::Context;
use crate::config_text::ConfigText;
use crate::later::is_later;

const PATH: &str = "JobConfigDocument";
const VERSION: &str = "JobConfigSchemaVersion";
/// The first number of the versions whose documents are read as the rest of the API.
const KNOWN: &str = "1";

/// Notes why the configuration of a job cannot be read, or not whole.
pub(super) fn note_unknown_config(context: &Context<'_>) {
    let reader = context.reader();
    let Some(text) = reader.text(PATH) else {
        // A description always has it, and so has a request, unless it is filled in later.
        if !context.document.get(PATH).is_some_and(is_later) {
            reader.expected(PATH);
        }
        return;
    };
    let unknown = match ConfigText::parse(text) {
        Ok(config) => config.unknown,
        Err(reason) => Some(reason),
    };
    if let Some(reason) = unknown {
        reader.undecided(PATH, reason);
    }
    match reader.text(VERSION) {
        Some(version) if is_known(version) => {}
        Some(version) => {
            reader.undecided(
                PATH,
                format!("has the schema version `{version}`, which Sagewarden does not know"),
            );
        }
        None => reader.undecided(PATH, "has no schema version".to_owned()),
    }
}

/// `<major>.<minor>.<patch>` ("DescribeJobSchemaVersion", SageMaker API reference).
fn is_known(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number) && parts.first() == Some(&KNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_schema_have_three_numbers() {
        for (version, expect) in [
            ("1.0.0", true),
            ("1.12.3", true),
            ("2.0.0", false),
            ("1.0", false),
            ("1.0.x", false),
            ("", false),
            ("1..0", false),
        ] {
            assert_eq!(is_known(version), expect, "{version}");
        }
    }
}
