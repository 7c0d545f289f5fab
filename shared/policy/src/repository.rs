//! Secrets in the addresses of repositories. Everybody who may describe what names an address can read them, so that no finding shows one.

use std::ops::Range;

use sagewarden_events::{holds_token, is_secret};

/// The text in place of a secret.
const NOT_SHOWN: &str = "(not shown)";
/// Names of values in a query that let a caller in, beside those that end in the word of a secret.
const KEYS: [&str; 7] = ["auth", "bearer", "jwt", "key", "pat", "sig", "signature"];

/// Whether an address holds a password or a token: before its host, in its query or fragment, or anywhere in the form of a token.
pub(crate) fn holds_secret(address: &str) -> bool {
    holds_token(address) || !secrets(address).is_empty()
}

/// A text without the secrets of the addresses in it.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut shown = String::new();
    let mut told = 0;
    for secret in secrets(text) {
        shown.push_str(text.get(told..secret.start).unwrap_or_default());
        shown.push_str(NOT_SHOWN);
        told = secret.end;
    }
    shown.push_str(text.get(told..).unwrap_or_default());
    // A token in a path: what stands around it says little.
    if holds_token(&shown) { NOT_SHOWN.to_owned() } else { shown }
}

/// The places of secrets, in order.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let is_between = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | '<' | '>');
    let mut at = 0;
    let mut found = Vec::new();
    for word in text.split_inclusive(is_between) {
        let of_word = of_word(word.trim_end_matches(is_between));
        found.extend(of_word.into_iter().map(|range| at + range.start..at + range.end));
        at += word.len();
    }
    found
}

fn of_word(word: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let begins: Vec<usize> = word.match_indices("://").map(|(at, mark)| at + mark.len()).collect();
    for begin in &begins {
        let scheme = word.get(..begin - "://".len()).unwrap_or_default();
        let is_web =
            scheme.to_ascii_lowercase().ends_with("http") || scheme.to_ascii_lowercase().ends_with("https");
        let length = word.get(*begin..).and_then(|rest| user(rest, is_web)).unwrap_or_default();
        found.extend((length > 0).then_some(*begin..begin + length));
    }
    if begins.is_empty() {
        let length = user_without_scheme(word).unwrap_or_default();
        found.extend((length > 0).then_some(0..length));
    }
    let said = found.last().map_or(0, |user| user.end);
    found.extend(queried(word, said));
    found
}

/// How long the user and the password before a host are (RFC 3986, section 3.2). Web hosts take tokens in either place, so that a user alone
/// counts there, too; over SSH, a user alone is a name.
fn user(rest: &str, is_web: bool) -> Option<usize> {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    if let Some(at) = authority.rfind('@') {
        let user = authority.get(..at)?;
        return (is_web || user.contains(':')).then_some(at);
    }
    // A password with a slash: what looks like a port is no number, and `@` follows.
    let port = authority.split_once(':').map(|(_, port)| port)?;
    let is_port = port.bytes().all(|digit| digit.is_ascii_digit());
    if is_port { None } else { rest.rfind('@') }
}

/// `user:password@host` and `token@host/path`, but neither `git@host:path` nor `image@sha256:digest`.
fn user_without_scheme(word: &str) -> Option<usize> {
    let authority = word.split(['/', '?', '#', '\\']).next().unwrap_or(word);
    let at = authority.rfind('@')?;
    let (user, host) = (authority.get(..at)?, authority.get(at + 1..)?);
    let is_digest = host.starts_with("sha256:");
    let is_alone = user != "git" && !host.contains(':') && authority.len() < word.len();
    (!is_digest && (user.contains(':') || is_alone)).then_some(at)
}

/// The values behind the names of secrets in a query or a fragment.
fn queried(word: &str, from: usize) -> Vec<Range<usize>> {
    let Some(begin) = word.get(from..).and_then(|rest| rest.find(['?', '#'])) else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = from + begin;
    for pair in word.get(at..).unwrap_or_default().split_inclusive(['?', '#', '&', ';']) {
        let own = pair.trim_end_matches(['?', '#', '&', ';']);
        if let Some((name, value)) = own.split_once('=') {
            let name = unescaped(name);
            let is_key = !value.is_empty() && KEYS.contains(&name.to_ascii_lowercase().as_str());
            if is_key || is_secret(&name, value) {
                let start = at + own.len() - value.len();
                found.push(start..start + value.len());
            }
        }
        at += pair.len();
    }
    found
}

/// A name of a query, whose letters may stand there as escapes: `private%5Ftoken`.
fn unescaped(name: &str) -> String {
    let mut letters = name.split('%');
    let mut text = letters.next().unwrap_or_default().to_owned();
    for rest in letters {
        let code = rest.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok()).filter(u8::is_ascii);
        match code {
            Some(code) => {
                text.push(char::from(code));
                text.push_str(rest.get(2..).unwrap_or_default());
            }
            None => {
                text.push('%');
                text.push_str(rest);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (value, shown) in [
            ("https://bob:Hunter2@git.example.com/a", "https://(not shown)@git.example.com/a"),
            ("HTTPS://bob:Hunter2@git.example.com/a", "HTTPS://(not shown)@git.example.com/a"),
            ("https://token@h/a, ssh://u:p@h:22/b", "https://(not shown)@h/a, ssh://(not shown)@h:22/b"),
            ("https://u:p/w@h/a", "https://(not shown)@h/a"),
            ("https://u:p#w@h/a", "https://(not shown)@h/a"),
            ("https://u:p@w@h/a", "https://(not shown)@h/a"),
            ("u:p@h/a", "(not shown)@h/a"),
            ("u:p@h", "(not shown)@h"),
            ("token@h/a", "(not shown)@h/a"),
            ("https://h/a?private_token=x1&ref=main", "https://h/a?private_token=(not shown)&ref=main"),
            ("https://h/a?ref=main&access_token=x1", "https://h/a?ref=main&access_token=(not shown)"),
            ("https://h/a?ACCESS-TOKEN=x1", "https://h/a?ACCESS-TOKEN=(not shown)"),
            ("https://h/a?private%5Ftoken=x1", "https://h/a?private%5Ftoken=(not shown)"),
            ("https://h/a#access_token=x=1", "https://h/a#access_token=(not shown)"),
            ("https://u:p@h/a?token=t;x=y", "https://(not shown)@h/a?token=(not shown);x=y"),
            ("https://h/glpat-abcdefghij1234567890/a", "(not shown)"),
            ("[\"https://u:p@h/a\",\"b\"]", "[\"https://(not shown)@h/a\",\"b\"]"),
        ] {
            assert_eq!(without_secrets(value), shown);
            assert!(holds_secret(value), "{value}");
        }
    }

    #[test]
    fn a_name_is_no_secret() {
        for value in [
            "credit",
            "https://h/a@b",
            "https://h:8443/a@b",
            "https://h/a?ref=main&tokens=5&token=",
            "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/ds-credit",
            "git@github.com:team/credit.git",
            "ssh://git@github.com/team/credit",
            "s3://bucket/key",
            "ana@example.com",
            "arn:aws:sts::111122223333:assumed-role/ds/ana@example.com",
            "registry:5000/x:1@sha256:00",
            "x:1@sha256:00",
            "https://h/a%zz?x%5=1",
            "",
        ] {
            assert_eq!(without_secrets(value), value);
            assert!(!holds_secret(value), "{value}");
        }
    }
}
