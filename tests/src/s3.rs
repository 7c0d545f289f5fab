//! Objects of the simulated account over S3's REST protocol, in path style, as the clients in a notebook call it. Every bucket exists.

use axum::body::Bytes;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{ObjectVersion, Objects as _, PortError};
use sagewarden_local::SimulatedAccount;

/// The most objects on a page, and the most bytes of an object.
const KEYS: usize = 1_000;
const BYTES: u64 = 64 << 20;

/// A request: the method, the path, and the query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectRequest<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) body: &'a Bytes,
}

/// Answers a request.
pub(crate) async fn answer(
    account: &SimulatedAccount,
    request: ObjectRequest<'_>,
    now: Timestamp,
) -> Response {
    let path = percent_decode_str(request.path.trim_start_matches('/')).decode_utf8_lossy().into_owned();
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    let answered = match (request.method.as_str(), key) {
        ("HEAD" | "PUT", "") => Ok(StatusCode::OK.into_response()),
        ("GET", "") if asks(request.query, "versioning") => versioning(account, bucket).await,
        ("GET", "") if asks(request.query, "versions") => versions(account, bucket, request.query),
        ("GET", "") => list(account, bucket, request.query, now).await,
        ("GET" | "HEAD", key) => get(account, bucket, key).await,
        ("PUT", key) => put(account, (bucket, key), request.body, now),
        _ => Ok(refusal(StatusCode::NOT_IMPLEMENTED, "NotImplemented", &path)),
    };
    answered.unwrap_or_else(|error| {
        refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &error.to_string())
    })
}

/// Whether the query names a subresource, such as `?versions`.
fn asks(query: &str, subresource: &str) -> bool {
    query.split('&').any(|part| part.split('=').next() == Some(subresource))
}

fn prefix(query: &str) -> String {
    let prefix = query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or_default();
    percent_decode_str(prefix).decode_utf8_lossy().into_owned()
}

async fn versioning(account: &SimulatedAccount, bucket: &str) -> Result<Response, PortError> {
    let status = account.versioning(bucket).await?;
    let status = status.map(|status| format!("<Status>{status}</Status>")).unwrap_or_default();
    Ok(xml(StatusCode::OK, &format!("<VersioningConfiguration>{status}</VersioningConfiguration>")))
}

/// Everything on one page, as far as the account has less than S3 puts on one.
fn versions(account: &SimulatedAccount, bucket: &str, query: &str) -> Result<Response, PortError> {
    let prefix = prefix(query);
    let found = account.history(bucket, &prefix)?;
    if found.len() > KEYS {
        return Ok(refusal(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "more versions than fit on a page",
        ));
    }
    let mut last = None;
    let entry = |(object, is_marker): &(ObjectVersion, bool)| {
        let is_latest = last.replace(object.key.clone()).as_ref() != Some(&object.key);
        let name = if *is_marker { "DeleteMarker" } else { "Version" };
        let content = format!("<ETag>&quot;{}&quot;</ETag><Size>{}</Size>", object.etag, object.size);
        format!(
            "<{name}><Key>{}</Key><VersionId>{}</VersionId><IsLatest>{is_latest}</IsLatest><LastModified>{}</LastModified>{}</{name}>",
            escaped(&object.key),
            object.version_id.as_deref().unwrap_or("null"),
            object.modified_at,
            if *is_marker { "" } else { &content },
        )
    };
    let entries: String = found.iter().map(entry).collect();
    Ok(xml(
        StatusCode::OK,
        &format!(
            "<ListVersionsResult><Name>{}</Name><Prefix>{}</Prefix><MaxKeys>{KEYS}</MaxKeys><IsTruncated>false</IsTruncated>\
             {entries}</ListVersionsResult>",
            escaped(bucket),
            escaped(&prefix)
        ),
    ))
}

async fn list(
    account: &SimulatedAccount,
    bucket: &str,
    query: &str,
    now: Timestamp,
) -> Result<Response, PortError> {
    let prefix = prefix(query);
    let found = account.versions(bucket, &prefix, now, KEYS).await?;
    let content = |object: &ObjectVersion| {
        format!(
            "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size></Contents>",
            escaped(&object.key),
            object.modified_at,
            object.etag,
            object.size
        )
    };
    let contents: String = found.objects.iter().map(content).collect();
    let (bucket, prefix, count) = (escaped(bucket), escaped(&prefix), found.objects.len());
    let cut = !found.complete;
    Ok(xml(
        StatusCode::OK,
        &format!(
            "<ListBucketResult><Name>{bucket}</Name><Prefix>{prefix}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{KEYS}</MaxKeys>\
             <IsTruncated>{cut}</IsTruncated>{contents}</ListBucketResult>"
        ),
    ))
}

async fn get(account: &SimulatedAccount, bucket: &str, key: &str) -> Result<Response, PortError> {
    let Some(body) = account.read(bucket, key, BYTES).await? else {
        return Ok(refusal(StatusCode::NOT_FOUND, "NoSuchKey", key));
    };
    let tag = account.entity_tag(bucket, key).await?.unwrap_or_default();
    Ok(([(header::ETAG, format!("\"{tag}\""))], body).into_response())
}

fn put(
    account: &SimulatedAccount,
    (bucket, key): (&str, &str),
    body: &Bytes,
    now: Timestamp,
) -> Result<Response, PortError> {
    let version = account.put_object(bucket, key, body, now)?;
    Ok([("x-amz-version-id", version.unwrap_or_else(|| "null".to_owned()))].into_response())
}

fn refusal(status: StatusCode, code: &str, about: &str) -> Response {
    xml(status, &format!("<Error><Code>{code}</Code><Message>{}</Message></Error>", escaped(about)))
}

pub(crate) fn xml(status: StatusCode, document: &str) -> Response {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{document}");
    (status, [(header::CONTENT_TYPE, "application/xml")], text).into_response()
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
