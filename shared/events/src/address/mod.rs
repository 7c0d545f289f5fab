//! Finds addresses within texts, in any of their forms: their places, and the name that each one has in the lineage.
//!
//! Authors decide how long a text is. So this reads each letter a fixed number of times, however many addresses begin there.

mod escapes;

use std::ops::Range;

pub use escapes::decodings;

/// How addresses begin, in upper or lower case. An address may begin within another one.
const BEGINNINGS: [&str; 4] = ["codecommit::", "git-codecommit.", "git-codecommit-fips.", ARN];
/// The same, if two slashes follow.
const SCHEMES: [&str; 4] = ["s3:", "s3a:", "s3n:", "codecommit:"];
/// The text after the account in the name of a registry.
const REGISTRIES: [&str; 3] = [".dkr.ecr.", ".dkr.ecr-fips.", ".dkr-ecr."];
const ARN: &str = "arn:";
/// The end of the names of AWS's hosts; in China `.cn` follows.
const AWS: &str = ".amazonaws.com";

/// The place that an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameIn<'a> {
    /// Neither an object nor a resource that the lineage knows.
    Nothing,
    /// A resource, a repository, or a thing of S3 other than a bucket, such as an access point; empty if unreadable.
    Name(&'a str),
    /// The bucket of an object; empty if unreadable.
    Bucket(&'a str),
}

impl<'a> NameIn<'a> {
    /// The name in an address as [`plain`] writes it.
    #[must_use]
    pub fn by(address: &'a str) -> Self {
        if let Some(arn) = address.strip_prefix(ARN) {
            Self::by_arn(arn)
        } else if REGISTRIES.iter().any(|registry| address.starts_with(registry)) {
            Self::Name(repository_of(address).unwrap_or_default())
        } else if address.starts_with("git-codecommit") {
            let path = address.split_once("/repos/").map(|(_, path)| path);
            Self::Name(path.map(|path| until(path, &['/', '@', '?'])).unwrap_or_default())
        } else if let Some((scheme, place)) = address.split_once("://") {
            // `codecommit::<region>://<profile>@<repository>`
            let is_code = scheme.starts_with("codecommit:") || scheme == "codecommit";
            let place = place.split_once('@').filter(|_| is_code).map_or(place, |(_, place)| place);
            let name = until(place, &['/']);
            if is_code { Self::Name(name) } else { Self::Bucket(name) }
        } else {
            Self::by_host(address)
        }
    }

    /// `<partition>:<service>:<region>:<account>:<what>`
    fn by_arn(arn: &'a str) -> Self {
        let mut parts = arn.splitn(5, ':').skip(1);
        let (service, what) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
        Self::Name(match (service, until(what, &['/'])) {
            ("s3", bucket) if bucket != "accesspoint" => return Self::Bucket(bucket),
            ("s3", access_point) => access_point,
            ("sagemaker", _) => what.split('/').nth(1).unwrap_or_default(),
            ("codecommit", _) => what,
            ("ecr", _) => what.strip_prefix("repository/").unwrap_or_default(),
            _ => return Self::Nothing,
        })
    }

    /// `<bucket>.s3.<region>.amazonaws.com/<key>`, or `s3.<region>.amazonaws.com/<bucket>/<key>`.
    fn by_host(address: &'a str) -> Self {
        let (host, path) = address.split_at(address.find(['/', ':', '?']).unwrap_or(address.len()));
        let name = match s3_in(host).and_then(|label| host.get(..label)) {
            None => return Self::Nothing,
            Some("") => match path.split_once('/').map_or("", |(_, path)| until(path, &['/', '?'])) {
                "" => return Self::Nothing,
                name => name,
            },
            Some(name) => name.trim_end_matches('.'),
        };
        // An endpoint of S3 in a VPC, or of its control plane, names no bucket.
        let is_endpoint =
            |label: &str| label == "vpce" || label.starts_with("vpce-") || label.starts_with("s3-control");
        if host.split('.').any(is_endpoint) { Self::Name(name) } else { Self::Bucket(name) }
    }

    /// The bucket, if it names one.
    #[must_use]
    pub fn bucket(self) -> Option<&'a str> {
        match self {
            Self::Bucket(bucket) => Some(bucket),
            Self::Name(_) | Self::Nothing => None,
        }
    }
}

/// The repository in the name of an image, `<registry>/<repository>[:<tag>][@<digest>]`.
#[must_use]
pub fn repository_of(reference: &str) -> Option<&str> {
    let (_, path) = reference.split_once('/')?;
    path.split(['@', ':']).next()
}

fn until<'a>(text: &'a str, ends: &[char]) -> &'a str {
    text.split(ends).next().unwrap_or(text)
}

/// An address in lower case, with plain slashes in place of escaped ones.
#[must_use]
pub fn plain(address: &str) -> String {
    let mut plain = String::with_capacity(address.len());
    let mut at = 0;
    while let Some(letter) = address.get(at..).and_then(|rest| rest.chars().next()) {
        let slash = escaped_slash(address, at);
        plain.push(if slash.is_some() { '/' } else { letter.to_ascii_lowercase() });
        at += slash.unwrap_or(letter.len_utf8());
    }
    plain
}

/// The places of addresses, in order. Each ends at the end of a word, or earlier, if another address begins there.
#[must_use]
pub fn addresses(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut begun) = (Vec::new(), None);
    let (mut at, mut before) = (0, None);
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let slash = escaped_slash(text, at);
        let ends = slash.is_none() && ends_an_address(letter);
        let begins = begins(text, at, before);
        if (ends || begins)
            && let Some(start) = begun.take()
        {
            found.push(start..at);
        }
        if begins {
            begun = Some(at);
        }
        before = Some(letter);
        at += slash.unwrap_or_else(|| if letter == '\\' { backslashes(text, at) } else { letter.len_utf8() });
    }
    found.extend(begun.map(|start| start..text.len()));
    found
}

/// Whether an address begins here, directly after another letter.
fn begins(text: &str, at: usize, before: Option<char>) -> bool {
    let here = |word: &&&str| starts_with(text, at, word);
    // `warn:` is not an ARN.
    let is_word = || before.is_none_or(|before| !before.is_alphanumeric());
    BEGINNINGS.iter().find(here).is_some_and(|word| *word != ARN || is_word())
        || REGISTRIES.iter().any(|word| here(&word))
        || SCHEMES.iter().find(here).is_some_and(|scheme| has_two_slashes(text, at + scheme.len()))
        || is_s3_host(text, at, before)
}

/// Whether the name of a host of S3 begins here. This looks no further than a name may reach.
fn is_s3_host(text: &str, at: usize, before: Option<char>) -> bool {
    if before.is_some_and(is_of_host) {
        return false;
    }
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| is_of_host(char::from(**byte))).count();
    text.get(at..at + length).and_then(s3_in).is_some()
}

/// The place of the label of S3 in the name of a host; after the bucket, if the name has one.
fn s3_in(host: &str) -> Option<usize> {
    let end = host.to_ascii_lowercase();
    let labels = end.get(..end.rfind(AWS)?)?;
    let mut starts = std::iter::once(0).chain(labels.match_indices('.').map(|(dot, _)| dot + 1));
    let is_s3 = |start: &usize| {
        let label = labels.get(*start..).map(|rest| until(rest, &['.'])).unwrap_or_default();
        label == "s3" || label.starts_with("s3-") || label.starts_with("s3express-")
    };
    starts.rfind(is_s3)
}

fn is_of_host(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_')
}

fn starts_with(text: &str, at: usize, word: &str) -> bool {
    let here = text.as_bytes().get(at..at + word.len());
    here.is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
}

fn has_two_slashes(text: &str, at: usize) -> bool {
    slash(text, at).is_some_and(|first| slash(text, at + first).is_some())
}

/// The length of the slash at this place, escaped or not.
fn slash(text: &str, at: usize) -> Option<usize> {
    if starts_with(text, at, "/") { Some(1) } else { escaped_slash(text, at) }
}

/// The length of a slash as JSON may write it, `\/` or `\u002f`; each document around it doubles the backslashes.
fn escaped_slash(text: &str, at: usize) -> Option<usize> {
    let marks = backslashes(text, at);
    let behind = ["/", "u002f"].into_iter().find(|written| starts_with(text, at + marks, written))?;
    (marks > 0).then_some(marks + behind.len())
}

fn backslashes(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    rest.iter().take_while(|byte| **byte == b'\\').count()
}

fn ends_an_address(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '<' | '>' | '\\' | '|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_known_by_each_of_its_addresses_and_by_nothing_else() {
        for (address, bucket) in [
            ("s3://b/k", Some("b")),
            ("S3A://b", Some("b")),
            (r"s3:\/\/b\/k", Some("b")),
            ("s3://", Some("")),
            ("arn:aws:s3:::b/k", Some("b")),
            ("b.s3.eu-west-1.amazonaws.com/k", Some("b")),
            ("s3.eu-west-1.amazonaws.com/b/k", Some("b")),
            ("s3.eu-west-1.amazonaws.com", None),
            ("arn:aws:sagemaker:eu-west-1:111122223333:model/m", None),
            ("1.dkr.ecr.eu-west-1.amazonaws.com/r:1", None),
            ("codecommit://profile@r", None),
            ("bucket.vpce-0a1b2c3d-5e6f.s3.eu-west-1.vpce.amazonaws.com", None),
            ("vpce-0a1b2c3d-5e6f.s3.eu-west-1.vpce.amazonaws.com/b", None),
            ("111122223333.s3-control.eu-west-1.amazonaws.com", None),
            ("arn:aws:s3:eu-west-1:111122223333:accesspoint/ds-ap", None),
        ] {
            assert_eq!(NameIn::by(&plain(address)).bucket(), bucket, "{address}");
        }
    }
}
