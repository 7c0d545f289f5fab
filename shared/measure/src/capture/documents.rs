//! Bodies of several JSON documents: one per line (JSON Lines), or one after the other.

use serde_json::value::RawValue;

use super::json::Items;
use super::path::{RowPath, follow, is_list_of_containers};
use crate::issues::IssueKind;

/// The rows of all documents as one list. `None` if the text is not a sequence of documents.
///
/// A path leads to the rows of each document; a path that begins with `*` treats the documents as the elements of a
/// list.
pub(super) fn rows(text: &str, path: Option<&RowPath>) -> Option<Result<String, IssueKind>> {
    let documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let documents: Vec<&str> =
        documents.map(|document| document.ok().map(RawValue::get)).collect::<Option<_>>()?;
    if documents.is_empty() {
        return None;
    }
    let mut rows = String::with_capacity(text.len() + 2);
    for document in documents {
        if let Err(kind) = of_document(document, path, &mut rows) {
            return Some(Err(kind));
        }
    }
    rows.insert(0, '[');
    rows.push(']');
    Some(Ok(rows))
}

fn of_document(document: &str, path: Option<&RowPath>, rows: &mut String) -> Result<(), IssueKind> {
    let to_list = path.map(|path| path.to_list.as_slice()).unwrap_or_default();
    let at = follow(document, 0, to_list).ok_or(IssueKind::NothingAtPath)?;
    let within = path.and_then(|path| path.within.as_deref());
    let bytes = document.as_bytes();
    let is_list = match within {
        None => is_list_of_containers(bytes, at),
        Some(_) if to_list.is_empty() => is_list_of_containers(bytes, at),
        Some(_) if bytes.get(at) == Some(&b'[') => true,
        Some(_) => return Err(IssueKind::NothingAtPath),
    };
    let within = within.unwrap_or_default();
    if !is_list {
        return push(document, at, within, rows);
    }
    let mut items = Items::of(at);
    while let Some(element) = items.element(bytes) {
        push(document, element.start, within, rows)?;
    }
    Ok(())
}

/// Appends the value that the names lead to.
fn push(document: &str, at: usize, within: &[String], rows: &mut String) -> Result<(), IssueKind> {
    let start = follow(document, at, within).ok_or(IssueKind::NothingAtPath)?;
    let end = super::json::value_end(document.as_bytes(), start).ok_or(IssueKind::BodyNotJson)?;
    if !rows.is_empty() {
        rows.push(',');
    }
    rows.push_str(document.get(start..end).ok_or(IssueKind::BodyNotJson)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &str, expect: Option<Result<&str, IssueKind>>) {
        let path = (!path.is_empty()).then(|| path.parse().unwrap());
        assert_eq!(rows(text, path.as_ref()), expect.map(|rows| rows.map(str::to_owned)), "{text}");
    }

    #[test]
    fn documents_one_behind_the_other_are_a_list_of_rows() {
        check("{\"a\":1}\n{\"a\":2}\n", "", Some(Ok(r#"[{"a":1},{"a":2}]"#)));
        check("{\"a\":1} {\"a\":2}{\"a\":3}", "", Some(Ok(r#"[{"a":1},{"a":2},{"a":3}]"#)));
        check("[1,2]\n[3,4]", "", Some(Ok("[[1,2],[3,4]]")));
        check("0.5\n0.25", "", Some(Ok("[0.5,0.25]")));
        check("[[1],[2]]\n[[3]]", "", Some(Ok("[[1],[2],[3]]")));
        for broken in ["", "{\"a\":1}\n{\"a\"", "1,2", "{\"a\":1}\nx"] {
            check(broken, "", None);
        }
    }

    #[test]
    fn a_path_leads_to_the_rows_of_each_document() {
        let lines = "{\"features\":[1,2]}\n{\"features\":[3,4]}";
        check(lines, "/features", Some(Ok("[[1,2],[3,4]]")));
        check(lines, "/*/features", Some(Ok("[[1,2],[3,4]]")));
        check("[{\"f\":[1]},{\"f\":[2]}]\n[{\"f\":[3]}]", "/*/f", Some(Ok("[[1],[2],[3]]")));
        let batches = "{\"p\":[{\"s\":1},{\"s\":2}]}\n{\"p\":[{\"s\":3}]}";
        check(batches, "/p/*/s", Some(Ok("[1,2,3]")));
        check(batches, "/p/*", Some(Ok(r#"[{"s":1},{"s":2},{"s":3}]"#)));
        check(batches, "/p", Some(Ok(r#"[{"s":1},{"s":2},{"s":3}]"#)));
        for nowhere in ["/q", "/p/*/t", "/p/0/s/*"] {
            check(batches, nowhere, Some(Err(IssueKind::NothingAtPath)));
        }
    }
}
