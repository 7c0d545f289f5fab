//! What reads like a secret by itself, wherever it stands.

/// Beginnings of what is never in a text by chance, each with the number of characters that follow: ids of access keys
/// ("IAM identifiers", IAM user guide) and tokens of code hosts.
const TOKENS: [(&str, usize); 4] = [("AKIA", 16), ("ASIA", 16), ("ghp_", 36), ("glpat-", 20)];

/// Whether a text holds the id of an access key, a token of a code host, or a private key.
#[must_use]
pub fn holds_token(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
        || TOKENS.iter().any(|(head, length)| {
            text.match_indices(head).any(|(at, _)| {
                let rest = text.get(at + head.len()..).unwrap_or_default();
                rest.chars().take_while(char::is_ascii_alphanumeric).count() >= *length
            })
        })
}
