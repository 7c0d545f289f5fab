//! Secrets in the addresses of repositories. Everybody who may describe what names an address can read them, so that no finding shows one.

mod escapes;

use std::ops::Range;

use sagewarden_events::{holds_token, is_secret};
use serde_json::Value as Json;

use self::escapes::unescaped;

/// The text in place of a secret.
const NOT_SHOWN: &str = "(not shown)";
/// Names of values in a query that let a caller in, beside those that end in the word of a secret.
const KEYS: [&str; 3] = ["auth", "key", "pat"];
/// Last words of such names: `X-Amz-Signature`.
const ENDS: [&str; 6] = ["bearer", "jwt", "pass", "pw", "sig", "signature"];
/// Last words of names whose value is a user, perhaps with a password behind `:`.
const USERS: [&str; 4] = ["login", "user", "userinfo", "username"];
/// Schemes that are known with a single slash, too.
const SCHEMES: [&str; 6] = ["ftp", "ftps", "git", "http", "https", "ssh"];
/// What users begin with that are tokens, or stand for one.
const TOKENS: [&str; 9] =
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "x-oauth-basic", "x-token-auth"];
/// Letters and digits in a row that no name of a user has by chance.
const RANDOM: usize = 20;

/// Whether an address holds a password or a token: before its host, behind a name in its path, query or fragment, or anywhere in the form of
/// a token.
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
    if !holds_token(&shown) {
        return shown;
    }
    // A token in a path: what stands around it says little.
    let hidden = |word: &str| {
        let end = word.get(word.trim_end().len()..).unwrap_or_default();
        if holds_token(word) { format!("{NOT_SHOWN}{end}") } else { word.to_owned() }
    };
    let words: String = shown.split_inclusive(char::is_whitespace).map(hidden).collect();
    if holds_token(&words) { NOT_SHOWN.to_owned() } else { words }
}

/// A value in JSON without the secrets of the addresses in it. Each text is read alone, before JSON escapes its letters.
pub(crate) fn json_without_secrets(value: &Json) -> Json {
    match value {
        Json::String(text) => without_secrets(text).into(),
        Json::Array(list) => list.iter().map(json_without_secrets).collect(),
        Json::Object(fields) => {
            let each =
                fields.iter().map(|(name, value)| (without_secrets(name), json_without_secrets(value)));
            Json::Object(each.collect())
        }
        other => other.clone(),
    }
}

/// The places of secrets, in order: those in the text itself, and those that are seen once its escapes are resolved.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = plain_secrets(text);
    if let Some((plain, places)) = unescaped(text) {
        let place = |at: usize| places.get(at).copied().unwrap_or(text.len());
        found.extend(plain_secrets(&plain).into_iter().map(|range| place(range.start)..place(range.end)));
    }
    found.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in found {
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

fn plain_secrets(text: &str) -> Vec<Range<usize>> {
    let begins = begins(text);
    let mut found = Vec::new();
    let mut nested_until = 0;
    for (index, (_, begin)) in begins.iter().enumerate() {
        if *begin < nested_until {
            continue;
        }
        // An address in the place of a user: all up to the last host.
        let inner = begins.iter().skip(index + 1).zip(begins.iter().skip(index));
        let nested = inner.take_while(|((scheme, _), (_, outer))| scheme == outer).count();
        let end = begins.get(index + nested + 1).map_or(text.len(), |(scheme, _)| *scheme);
        let rest = text.get(*begin..end).unwrap_or_default();
        let length = if nested > 0 { word(rest).rfind('@') } else { user(rest) };
        if nested > 0 {
            nested_until = end;
        }
        found.extend(length.filter(|length| *length > 0).map(|length| *begin..begin + length));
    }
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let next = begins.get(begins.partition_point(|(_, begin)| *begin < at));
        let has_scheme = next.is_some_and(|(_, begin)| *begin <= at + word.len());
        let own = word.trim_start_matches(['"', '\'', '`', '(', '[', '{', '<']);
        let own = if own.starts_with("//") { own.trim_start_matches('/') } else { own };
        let start = at + word.len() - own.len();
        let length = user_without_scheme(own.trim_end()).filter(|length| !has_scheme && *length > 0);
        found.extend(length.map(|length| start..start + length));
        found.extend(named(word.trim_end()).into_iter().map(|range| at + range.start..at + range.end));
        at += word.len();
    }
    found
}

/// Where the schemes of addresses begin, and what follows each.
fn begins(text: &str) -> Vec<(usize, usize)> {
    let is_slash = |letter: char| matches!(letter, '/' | '\\');
    let is_of_scheme = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.');
    let each = text.match_indices(':').filter_map(|(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let slashes = after.len() - after.trim_start_matches(is_slash).len();
        let scheme = before.get(before.trim_end_matches(is_of_scheme).len()..)?;
        let last = scheme.rsplit('+').next().unwrap_or(scheme).to_ascii_lowercase();
        let is_begin = after.starts_with("//") || slashes > 0 && SCHEMES.contains(&last.as_str());
        is_begin.then_some((at - scheme.len(), at + 1 + slashes))
    });
    each.collect()
}

fn word(text: &str) -> &str {
    text.split(char::is_whitespace).next().unwrap_or(text)
}

fn authority(text: &str) -> &str {
    text.split(|letter: char| letter.is_whitespace() || matches!(letter, '/' | '?' | '#' | '\\'))
        .next()
        .unwrap_or(text)
}

/// How long the user and the password before a host are (RFC 3986, section 3.2).
fn user(rest: &str) -> Option<usize> {
    let authority = authority(rest);
    if let Some(at) = authority.rfind('@') {
        return lets_in(authority.get(..at)?, authority.get(at + 1..)?).then_some(at);
    }
    // The text behind `:` is a password and no port if it is no number, or if `@` and a host follow it.
    let host = authority.rfind(']').map_or(0, |end| end + 1);
    let (name, port) = authority.get(host..)?.split_once(':')?;
    let address = word(rest);
    if !port.bytes().all(|digit| digit.is_ascii_digit()) {
        return address.rfind('@').or_else(|| rest.rfind('@'));
    }
    let is_host = host > 0 || name.contains('.') || name.eq_ignore_ascii_case("localhost");
    let at = address.rfind('@').filter(|_| !is_host)?;
    let (_, end) = self::authority(address.get(at + 1..)?).split(':').next()?.rsplit_once('.')?;
    (end.len() > 1 && end.bytes().all(|letter| letter.is_ascii_alphabetic())).then_some(at)
}

/// `user:password@host` and `ghp_…@host:path`, but neither `git@host:path` nor `image@sha256:digest`.
fn user_without_scheme(word: &str) -> Option<usize> {
    let authority = authority(word);
    let at = authority.rfind('@')?;
    lets_in(authority.get(..at)?, authority.get(at + 1..)?).then_some(at)
}

/// Whether a user lets a caller in: with a password, or as a token. A name alone does not: `https://team@dev.azure.com/…` is how Azure DevOps
/// names repositories.
fn lets_in(user: &str, host: &str) -> bool {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let is_random = |run: &str| {
        let has = |check: fn(&u8) -> bool| run.as_bytes().iter().any(check);
        run.len() >= RANDOM && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    };
    let is_token = holds_token(name)
        || TOKENS.iter().any(|head| name.starts_with(head))
        || name.split(|letter: char| !letter.is_ascii_alphanumeric()).any(is_random);
    !host.starts_with("sha256:") && (!password.is_empty() || is_token)
}

/// The values behind the names of secrets in a query, a fragment or a parameter of a path.
fn named(word: &str) -> Vec<Range<usize>> {
    const MARKS: [char; 4] = ['?', '#', '&', ';'];
    let Some(mut at) = word.find(['?', '#', ';']) else { return Vec::new() };
    let mut found = Vec::new();
    for pair in word.get(at..).unwrap_or_default().split_inclusive(MARKS) {
        let own = pair.trim_end_matches(MARKS);
        if let Some((name, value)) = own.split_once('=')
            && is_named_secret(name, value)
        {
            let start = at + own.len() - value.len();
            found.push(start..start + value.len());
        }
        at += pair.len();
    }
    found
}

fn is_named_secret(name: &str, value: &str) -> bool {
    let name_lower = name.to_ascii_lowercase();
    let last = name_lower.rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
    let password = value.split_once(':').map_or("", |(_, password)| password);
    let is_user = USERS.contains(&last) && !password.is_empty() && !password.starts_with("//");
    let is_key = KEYS.contains(&name_lower.as_str()) || ENDS.contains(&last);
    // What was hidden before stays as it is.
    !value.is_empty() && !value.starts_with("(not") && (is_key || is_user || is_secret(name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (value, shown) in [
            ("https://bob:Hunter2@git.example.com/a", "https://(not shown)@git.example.com/a"),
            ("HTTPS://bob:Hunter2@git.example.com/a", "HTTPS://(not shown)@git.example.com/a"),
            ("https://t:p@h/a, ssh://u:p@h:22/b", "https://(not shown)@h/a, ssh://(not shown)@h:22/b"),
            ("https://u:p,w@h/a", "https://(not shown)@h/a"),
            ("https://u:p'w@h/a", "https://(not shown)@h/a"),
            ("https://u:p\"w@h/a", "https://(not shown)@h/a"),
            ("https://u:p<w@h/a", "https://(not shown)@h/a"),
            ("https://u:p w@h/a", "https://(not shown)@h/a"),
            ("u:p,w@h/a", "(not shown)@h/a"),
            ("https://bob:Hunter2zz%40h.example/a", "https://(not shown)%40h.example/a"),
            ("https://bob%3AHunter2zz@h/a", "https://(not shown)@h/a"),
            ("https%3A%2F%2Fbob%3AHunter2zz%40h%2Fa", "https%3A%2F%2F(not shown)%40h%2Fa"),
            ("https://bob:Hunter2zz\u{ff20}h/a", "https://(not shown)\u{ff20}h/a"),
            ("https:/bob:Hunter2zz@h/a", "https:/(not shown)@h/a"),
            ("https:bob:Hunter2zz@h/a", "(not shown)@h/a"),
            ("https:\\\\bob:Hunter2zz@h/a", "https:\\\\(not shown)@h/a"),
            ("//bob:Hunter2zz@h/a", "//(not shown)@h/a"),
            ("https://bob:12/rest@h.example/a", "https://(not shown)@h.example/a"),
            ("https://https://bob:Hunter2zz@h/x:Hunter2zz@h/x", "https://(not shown)@h/x"),
            ("https://h/a?q=https://bob:Hunter2zz@h/x", "https://h/a?q=https://(not shown)@h/x"),
            ("https://:Hunter2zz@h/a", "https://(not shown)@h/a"),
            ("https://bob:Hunter2zz@[::1]/a", "https://(not shown)@[::1]/a"),
            ("https://ghp_short@h/a", "https://(not shown)@h/a"),
            ("ftp://glpat-short@h/a", "ftp://(not shown)@h/a"),
            ("https://a1b2c3d4e5a1b2c3d4e5@h/a", "https://(not shown)@h/a"),
            ("https://a1b2c3d4e5a1b2c3d4e5:@h/a", "https://(not shown)@h/a"),
            ("a1b2c3d4e5a1b2c3d4e5@h:team/a", "(not shown)@h:team/a"),
            ("https://t:x-oauth-basic@h/a", "https://(not shown)@h/a"),
            ("https://AKIAIOSFODNN7EXAMPLE@h/a", "https://(not shown)@h/a"),
            ("https://h/a?access_token%3DHunter2zz", "https://h/a?access_token%3D(not shown)"),
            ("https://h/a?access%255Ftoken=Hunter2zz", "https://h/a?access%255Ftoken=(not shown)"),
            ("https://h/a?pass=Hunter2zz&pw=Hunter2zz", "https://h/a?pass=(not shown)&pw=(not shown)"),
            ("https://h/a?user=bob:Hunter2zz", "https://h/a?user=(not shown)"),
            ("https://h/a;token=Hunter2zz", "https://h/a;token=(not shown)"),
            (
                "https://h/a?X-Amz-Signature=x1&X-Amz-Credential=x2&X-Amz-Security-Token=x3",
                "https://h/a?X-Amz-Signature=(not shown)&X-Amz-Credential=(not shown)&X-Amz-Security-Token=(not shown)",
            ),
            ("`SecretArn` (`https://u:p@h`) is no ARN", "`SecretArn` (`https://(not shown)@h`) is no ARN"),
            ("the AKIAIOSFODNN7EXAMPLE key", "the (not shown) key"),
            ("https://u:p/w@h/a", "https://(not shown)@h/a"),
            ("https://u:p#w@h/a", "https://(not shown)@h/a"),
            ("https://u:p@w@h/a", "https://(not shown)@h/a"),
            ("u:p@h/a", "(not shown)@h/a"),
            ("u:p@h", "(not shown)@h"),
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
            assert_eq!(without_secrets(shown), shown, "once is enough");
            assert!(holds_secret(value), "{value}");
        }
    }

    #[test]
    fn a_value_in_json_is_read_before_its_letters_are_escaped() {
        let value = json!({ "a": ["https://u:p\"w@h/a", "b@c"], "n": 1 });
        assert_eq!(json_without_secrets(&value), json!({ "a": ["https://(not shown)@h/a", "b@c"], "n": 1 }));
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
            "https://git@github.com/team/credit",
            "https://acme@dev.azure.com/acme/p/_git/x",
            "https://bob:@github.com/team/credit",
            "https://first.last%40example.com@dev.azure.com/acme",
            "codecommit::eu-west-1://profile@ds-credit",
            "ana-at-111122223333@h/a",
            "token@h/a",
            "https://h/a/token/b",
            "https://h/a?user=bob&next=https%3A%2F%2Fh%2Fb",
            "https://[::1]/a@b",
            "https://[::1]:8443/a@b.example",
            "https://h.example:8443/a@b.example",
            "docker://image:1@sha256:00",
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
