//! Names and values that look like a secret.

use std::ops::Range;

/// The text that replaces a secret. It reveals nothing about the secret, not even its length.
pub const REDACTED: &str = "[redacted]";

/// Prefixes that no text has by chance, each with the least number of characters that follow it, and the marks that may be among them: ids of
/// access keys ("IAM identifiers", IAM user guide), and tokens of code hosts, chats, models and package registries.
const TOKENS: [(&str, usize, &str); 18] = [
    ("AKIA", 16, ""),
    ("ASIA", 16, ""),
    ("ghp_", 36, ""),
    ("gho_", 36, ""),
    ("ghu_", 36, ""),
    ("ghs_", 36, ""),
    ("ghr_", 36, ""),
    ("github_pat_", 22, "_"),
    ("glpat-", 20, "-_"),
    ("xoxb-", 10, "-"),
    ("xoxp-", 10, "-"),
    ("xoxa-", 10, "-"),
    ("xapp-", 10, "-"),
    ("sk-proj-", 20, "-_"),
    ("sk-ant-", 20, "-_"),
    ("sk_live_", 24, ""),
    ("hf_", 34, ""),
    // The head of a JSON Web Token: the first two parts begin with `{"` in base64 (RFC 7519).
    (WEB_TOKEN, 20, ".-_"),
];
const WEB_TOKEN: &str = "eyJ";
pub(super) const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// The last words of names that hold a secret, each split into its parts: `DB_PASSWORD`, `db-password` and `dbPassword` all end in
/// `password`.
const NAMES: [&[&str]; 15] = [
    &["password"],
    &["passwd"],
    &["pwd"],
    &["passphrase"],
    &["secret"],
    &["secret", "key"],
    &["access", "key"],
    &["access", "key", "id"],
    &["api", "key"],
    &["apikey"],
    &["private", "key"],
    &["auth", "token"],
    &["token"],
    &["credential"],
    &["credentials"],
];
/// `bos_token` and its like are pieces of text, not secrets.
const VOCABULARY: [&str; 9] = ["bos", "eos", "pad", "unk", "sep", "cls", "mask", "image", "special"];

/// Whether a text holds the id of an access key, a token of a code host, or a private key.
#[must_use]
pub fn holds_token(text: &str) -> bool {
    text.contains(PRIVATE_KEY) || tokens(text).next().is_some()
}

/// The places of ids of access keys and tokens of code hosts. This reads each letter once to find a prefix, however often the prefix is
/// repeated.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    TOKENS.iter().flat_map(move |(head, length, marks)| {
        let mut seen = 0;
        text.match_indices(head).filter_map(move |(at, _)| {
            if at < seen {
                return None;
            }
            let begin = at + head.len();
            let rest = text.get(begin..)?.as_bytes();
            let is_of_token = |byte: &&u8| byte.is_ascii_alphanumeric() || marks.as_bytes().contains(byte);
            seen = begin + rest.iter().take_while(is_of_token).count();
            let is_whole =
                || *head != WEB_TOKEN || text.get(begin..seen).is_some_and(|rest| rest.contains(".eyJ"));
            (seen - begin >= *length && is_whole()).then_some(at..seen)
        })
    })
}

/// Whether the value under a name looks like a secret.
#[must_use]
pub fn is_secret(name: &str, value: &str) -> bool {
    holds_token(value) || (!value.is_empty() && names_secret(name))
}

/// Whether a name ends in the words of a secret. A name that merely begins with one (`token_count`, `secret_name`) does not.
pub(super) fn names_secret(name: &str) -> bool {
    let words = words(name);
    let is_vocabulary =
        words.len() > 1 && words.iter().rev().nth(1).is_some_and(|word| VOCABULARY.contains(&word.as_str()));
    NAMES.iter().any(|wanted| ends_with(&words, wanted)) && !is_vocabulary
}

fn ends_with(words: &[String], wanted: &[&str]) -> bool {
    words.len() >= wanted.len()
        && words.iter().rev().zip(wanted.iter().rev()).all(|(word, wanted)| word == wanted)
}

/// `DB_PASSWORD`, `db-password` and `dbPassword` in words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && before_lower) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(letter.to_ascii_lowercase());
        }
        before_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}
