//! Keeps secrets out of the lineage. People put them into hyperparameters, environment variables and arguments, and somebody who may ask
//! for the lineage is not always somebody who may describe the job.

use serde_json::{Map, Value as Json};

use super::names::{REDACTED, holds_token, is_secret, names_secret};
use super::text::redacted_text;

/// The details of a resource without the secrets in them, at any depth.
#[must_use]
pub fn redacted(detail: &Map<String, Json>) -> Map<String, Json> {
    detail.iter().map(|(name, value)| (name.clone(), clean(name, value))).collect()
}

fn clean(name: &str, value: &Json) -> Json {
    match value {
        Json::String(text) if is_secret(name, text) => REDACTED.into(),
        // A document, a command or an address that contains further secrets.
        Json::String(text) => redacted_text(text).text.into(),
        Json::Number(_) if names_secret(name) => REDACTED.into(),
        Json::Object(fields) => Json::Object(redacted(fields)),
        Json::Array(items) => Json::Array(arguments(items)),
        other => other.clone(),
    }
}

/// `--password hunter2` as well as `--password=hunter2`.
fn arguments(items: &[Json]) -> Vec<Json> {
    let mut follows_secret = false;
    let mut cleaned = Vec::new();
    for item in items {
        let Json::String(text) = item else {
            cleaned.push(clean("", item));
            continue;
        };
        let flag = text.starts_with('-');
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let assigned = !value.is_empty() && is_secret(name, value);
        cleaned.push(if assigned {
            format!("{name}={REDACTED}").into()
        } else if (follows_secret && !flag) || holds_token(text) {
            REDACTED.into()
        } else {
            redacted_text(text).text.into()
        });
        follows_secret = flag && value.is_empty() && names_secret(name);
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_of_secrets_are_distinguished_from_names_that_sound_like_them() {
        let check = |name: &str, expect: bool| {
            let detail = json!({ "HyperParameters": { name: "x1" } });
            let cleaned = clean("", &detail);
            let kept = if expect { "[redacted]" } else { "x1" };
            assert_eq!(cleaned, json!({ "HyperParameters": { name: kept } }), "{name}");
        };
        for secret in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "db-passwd",
            "token",
            "HF_TOKEN",
            "hfToken",
            "wandb_api_key",
            "WANDB_API_KEY",
            "apiKey",
            "apikey",
            "secret",
            "client_secret",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "aws_session_token",
            "private_key",
            "ssh-private-key",
            "credentials",
            "passphrase",
        ] {
            check(secret, true);
        }
        for plain in [
            "max_tokens",
            "tokenizer",
            "tokenizer_name",
            "token_count",
            "num_tokens",
            "max_token_length",
            "bos_token",
            "eos_token",
            "pad_token",
            "key_column",
            "primary_key",
            "partition_key",
            "keys",
            "secret_name",
            "secretary",
            "password_policy",
            "passes",
            "max_depth",
            "objective",
            "sagemaker_submit_directory",
            "use_auth",
            "author",
        ] {
            check(plain, false);
        }
    }

    #[test]
    fn values_that_can_be_nothing_else_are_redacted_under_any_name() {
        let secret = [
            "AKIAIOSFODNN7EXAMPLE",
            "https://ghp_0123456789abcdefghij0123456789abcdef@github.com/x/y",
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
        ];
        for value in secret {
            assert_eq!(clean("note", &json!(value)), json!(REDACTED), "{value}");
        }
        for value in ["s3://bucket/key", "the AKIA prefix", "0.1", ""] {
            assert_eq!(clean("note", &json!(value)), json!(value), "{value}");
        }
        assert_eq!(clean("pin_password", &json!(1234)), json!(REDACTED));
    }

    #[test]
    fn a_value_that_holds_more_of_them_is_looked_into() {
        let check = |value: &str, expect: &str| {
            assert_eq!(clean("config", &json!(value)), json!(expect));
            assert_eq!(clean("ContainerArguments", &json!([value])), json!([expect]));
        };
        check(r#"{"db_password": "hunter2", "rows": 5}"#, r#"{"db_password": "[redacted]", "rows": 5}"#);
        check(r#"{"in": "{\"api_key\": \"hunter2\"}"}"#, r#"{"in": "{\"api_key\": \"[redacted]\"}"}"#);
        check("train --password hunter2 --rows 5", "train --password [redacted] --rows 5");
        for same in [r#"{"rows": 5,  "max_tokens": "7"}"#, "0.1", "", "[1, 2]", "s3://bucket/key"] {
            check(same, same);
        }
    }

    #[test]
    fn arguments_are_redacted_behind_their_flag() {
        let arguments = json!([
            "--db-password",
            "hunter2",
            "--rows",
            "100",
            "--api-key=abc",
            "--tokenizer=bert",
            "--token",
            "--verbose",
            "AKIAIOSFODNN7EXAMPLE"
        ]);
        let expect = json!([
            "--db-password",
            REDACTED,
            "--rows",
            "100",
            format!("--api-key={REDACTED}"),
            "--tokenizer=bert",
            "--token",
            "--verbose",
            REDACTED
        ]);
        assert_eq!(clean("ContainerArguments", &arguments), expect);
    }
}
