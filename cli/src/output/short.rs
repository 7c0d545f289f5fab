//! Shortens texts that people rarely need in full: an ARN to its resource, a time to its minute, a digest to its first digits.

/// Hexadecimal digits that make a digest or an id of a commit.
const DIGEST: usize = 32;
/// The digits of a digest that are shown.
const SHOWN: usize = 12;

/// The text with its ARNs, times and digests shortened.
pub(crate) fn shortened(text: &str) -> String {
    text.split_inclusive(is_between).map(part).collect()
}

/// The characters between words; names of resources have none of them.
fn is_between(char: char) -> bool {
    matches!(char, ' ' | '\n' | '"' | '`' | '(' | ')' | ',' | ';')
}

fn part(part: &str) -> String {
    let word = part.trim_end_matches(is_between);
    let between = part.strip_prefix(word).unwrap_or_default();
    let short = arn(word).or_else(|| minute(word)).unwrap_or_else(|| digests(word));
    short + between
}

/// `training-job/NAME`, and `ROLE/SESSION` for a session of a role.
fn arn(word: &str) -> Option<String> {
    let resource = word.strip_prefix("arn:")?.splitn(5, ':').nth(4)?;
    Some(resource.strip_prefix("assumed-role/").unwrap_or(resource).to_owned())
}

/// `2026-03-02 09:10` for `2026-03-02T09:10:11Z`.
fn minute(word: &str) -> Option<String> {
    let (day, time) = word.strip_suffix('Z')?.split_once('T')?;
    let is_digits = |text: &str, mark| text.chars().all(|char| char.is_ascii_digit() || char == mark);
    let is_time = day.len() == 10 && is_digits(day, '-') && time.len() >= 8;
    let minute = time.get(..5).filter(|minute| is_time && is_digits(minute, ':'))?;
    Some(format!("{day} {minute}"))
}

fn digests(word: &str) -> String {
    let mut short = String::new();
    for run in word.split_inclusive(|char: char| !char.is_ascii_hexdigit()) {
        let digits = run.trim_end_matches(|char: char| !char.is_ascii_hexdigit());
        match digits.get(..SHOWN).filter(|_| digits.len() >= DIGEST) {
            Some(first) => {
                short.push_str(first);
                short.push('…');
                short.push_str(run.strip_prefix(digits).unwrap_or_default());
            }
            None => short.push_str(run),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hardly_read_is_shortened() {
        for (text, expect) in [
            (
                "by arn:aws:sts::111122223333:assumed-role/notebook/ana, 2026-03-04T09:00:00.123Z",
                "by notebook/ana, 2026-03-04 09:00",
            ),
            ("`arn:aws-cn:sagemaker:cn-north-1:111122223333:endpoint/prod`", "`endpoint/prod`"),
            (
                "x@sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e",
                "x@sha256:4f8c3bd2a6b1…",
            ),
            (
                "commit 736ed14 \"Take Tokyo-0Z\"\n├── arn:aws",
                "commit 736ed14 \"Take Tokyo-0Z\"\n├── arn:aws",
            ),
            ("endpoint/prod@2026-03-04T09:00:00Z", "endpoint/prod@2026-03-04T09:00:00Z"),
            ("s3://bucket/2026-03-04T09:00:00Z.csv", "s3://bucket/2026-03-04T09:00:00Z.csv"),
        ] {
            assert_eq!(shortened(text), expect);
        }
    }
}
