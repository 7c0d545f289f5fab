//! Addresses of pages. An address holds the whole state of a page, so everybody who opens it sees the same.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sagewarden_lineage::id::{NodeId, NodeKind};

/// Characters that a part of a path must encode (`pchar`, RFC 3986).
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// Characters that a value in a query must encode.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'/')
    .remove(b'@');

/// The address of a page: the parts of its path and its query, both decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    path: Vec<String>,
    query: Vec<(String, String)>,
}

impl Address {
    /// The page at this path.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        Self { path: parts.into_iter().map(str::to_owned).collect(), query: Vec::new() }
    }

    /// Reads the target of a request, path and query; `None` if its encoding is invalid.
    #[must_use]
    pub fn parse(target: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
        let path: Option<Vec<String>> =
            path.strip_prefix('/')?.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query: Option<Vec<(String, String)>> = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?))
            })
            .collect();
        Some(Self { path: path?, query: query? })
    }

    /// The parts of the path.
    #[must_use]
    pub fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// The path alone, as a link writes it.
    #[must_use]
    pub fn path_text(&self) -> String {
        let part = |part: &String| format!("/{}", utf8_percent_encode(part, PATH));
        let text: String = self.path.iter().map(part).collect();
        if text.is_empty() { "/".to_owned() } else { text }
    }

    /// The first value of a name in the query; an empty one counts as absent, because an empty field of a form sends one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let named = self.query.iter().find(|(known, value)| known == name && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.query.iter().filter(move |(known, value)| known == name && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }

    /// The names and values of the query.
    pub fn query(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same page with this value of a name instead of any other.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// The same page with one more value of a name.
    #[must_use]
    pub fn and(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.query.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The same page without any value of a name.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.query.retain(|(known, _)| known != name);
        other
    }

    /// The same page without one value of a name.
    #[must_use]
    pub fn less(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.query.retain(|(known, held)| known != name || held != value);
        other
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path_text())?;
        let encoded = |text: &str| utf8_percent_encode(text, QUERY).to_string();
        for (place, (name, value)) in self.query.iter().enumerate() {
            let sign = if place == 0 { '?' } else { '&' };
            write!(f, "{sign}{}={}", encoded(name), encoded(value))?;
        }
        Ok(())
    }
}

/// The page of a node: its kind, and what distinguishes it from others of the kind.
#[must_use]
pub fn node_page(id: &NodeId) -> Address {
    below(&[id.kind().word()], id.tail())
}

/// The page of a resource that has verdicts, but no lineage.
#[must_use]
pub fn resource_page(arn: &str) -> Address {
    Address::of(["resource", arn])
}

/// The picture around a node.
#[must_use]
pub fn graph_of(id: &NodeId) -> Address {
    below(&["graph", id.kind().word()], id.tail())
}

/// How the traffic of an endpoint drifts.
#[must_use]
pub fn drift_of(endpoint: &str) -> Address {
    Address::of(["drift", endpoint])
}

/// The parts of a text as parts of a path. A path cannot have an empty part between the two slashes of `s3://`, so the second slash belongs
/// to the next part.
fn below(first: &[&str], tail: &str) -> Address {
    let mut path: Vec<String> = first.iter().map(|part| (*part).to_owned()).collect();
    let mut slashes = String::new();
    for part in tail.split('/') {
        if part.is_empty() {
            slashes.push('/');
        } else {
            path.push(format!("{}{part}", std::mem::take(&mut slashes)));
        }
    }
    if let Some(last) = path.last_mut() {
        last.push_str(&slashes);
    }
    Address { path, query: Vec::new() }
}

/// The entity of a question, from the parts of an address: a kind, and a name or the rest of an identity.
#[must_use]
pub fn asked_entity(kind: &str, rest: &[&str]) -> String {
    let rest = rest.join("/");
    let node = NodeKind::all().find(|known| known.word() == kind);
    let is_identity = node.is_some_and(|node| match node {
        NodeKind::Dataset | NodeKind::Artifact => {
            rest.starts_with("set:") || (rest.starts_with("s3://") && rest.contains('@'))
        }
        NodeKind::Image => rest.starts_with("sha256:") || rest.starts_with("tag:"),
        NodeKind::Commit | NodeKind::Reference => rest.contains('@'),
        // Account, region, name.
        _ => {
            rest.split('/')
                .next()
                .is_some_and(|part| part.len() == 12 && part.bytes().all(|digit| digit.is_ascii_digit()))
                && rest.matches('/').count() >= 2
        }
    });
    match node.filter(|_| is_identity) {
        Some(node) => format!("{}#{rest}", node.prefix()),
        None if kind == "resource" || rest.starts_with("s3://") || rest.starts_with("arn:") => rest,
        None => format!("{kind}/{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for id in [
            "ds#s3://bucket/a key/with #?%41 & \u{e9}<b>.csv@v1",
            "tjob#111122223333/eu-west-1/credit-train-001@1772442600000",
            "ds#s3://bucket/folder//@v1",
            "img#tag:141502667201.dkr.ecr.eu-west-1.amazonaws.com/x:1",
            "commit#git-codecommit.eu-west-1.amazonaws.com/111122223333/repo@4f545b76c64c67832522b8c9288cadcc86fe0e84",
        ] {
            let id = NodeId::parse(id).unwrap();
            let address = node_page(&id).with("at", "2026-03-02T12:00:00Z").and("open", id.as_str());
            let text = address.to_string();
            let path = address.path_text();
            assert!(!path.contains("//") && !path.contains(['#', '?', ' ', '<']), "{text}");
            let read = Address::parse(&text).unwrap();
            assert_eq!(read.get("open"), Some(id.as_str()), "{text}");
            let path = read.path();
            assert_eq!(asked_entity(path[0], &path[1..]), id.as_str(), "{text}");
        }
    }

    #[test]
    fn what_is_no_identity_is_a_name() {
        for (path, entity) in [
            ("/endpoint/credit-default-prod", "endpoint/credit-default-prod"),
            ("/model-package/group/3", "model-package/group/3"),
            ("/commit/1a2b3c4", "commit/1a2b3c4"),
            ("/dataset/s3:/%2Fbucket/key", "s3://bucket/key"),
            (
                "/resource/arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance%2Fana",
                "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/ana",
            ),
        ] {
            let address = Address::parse(path).unwrap();
            let path = address.path();
            assert_eq!(asked_entity(path[0], &path[1..]), entity);
        }
        assert_eq!(Address::parse("/a/%ff"), None);
        assert_eq!(Address::parse("a"), None);
    }
}
