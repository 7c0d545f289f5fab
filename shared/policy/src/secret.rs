//! Secrets in the scripts of lifecycle configurations. Anybody who may describe a configuration can read its scripts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sagewarden_events::holds_token;

/// Words that a secret is assigned to.
const NAMES: [&str; 6] =
    ["aws_secret_access_key", "password", "passwd", "secret_key", "api_key", "auth_token"];

/// Whether a script holds something that looks like a secret. `content` is in base64, as the API has it; text that cannot be decoded is
/// read directly.
pub(crate) fn holds_secret(content: &str) -> bool {
    let decoded = STANDARD.decode(content.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let script = decoded.as_deref().unwrap_or(content);
    holds_token(script) || script.lines().any(assigns_secret)
}

/// `password=hunter2`, but not `password=$(aws secretsmanager …)`, `password=${PASSWORD}` or an empty value.
fn assigns_secret(line: &str) -> bool {
    let lower = line.to_lowercase();
    NAMES.iter().any(|name| {
        lower.match_indices(name).any(|(at, _)| {
            let rest = lower.get(at + name.len()..).unwrap_or_default().trim_start();
            let value =
                rest.strip_prefix(['=', ':']).map(|value| value.trim().trim_start_matches(['"', '\'']));
            value.is_some_and(|value| value.starts_with(|first: char| first.is_ascii_alphanumeric()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_what_fetches_them() {
        let check = |script: &str, expect: bool| {
            assert_eq!(holds_secret(&STANDARD.encode(script)), expect, "{script}");
            assert_eq!(holds_secret(script), expect, "{script}");
        };
        check("#!/bin/bash\npip install pandas", false);
        check("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", true);
        check("the AKIA prefix", false);
        check("DB_PASSWORD=\"hunter2\"", true);
        check("DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id db)", false);
        check("password: ${PASSWORD}", false);
        check("git clone https://ghp_0123456789abcdefghij0123456789abcdef@github.com/x/y", true);
        check("-----BEGIN RSA PRIVATE KEY-----", true);
    }
}
