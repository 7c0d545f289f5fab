//! Questions over the function's URL ("Invoking Lambda function URLs", Lambda developer guide; payload format 2.0): `GET` with the
//! fields of a question as parameters, `POST` with the question as JSON.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sagewarden_govern::Question;
use sagewarden_govern::ports::Table;
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::answer::Format;
use serde_json::{Value as Json, json};

use crate::bounds::Bounds;
use crate::fitting::{fitting, written};
use crate::question::{read, read_form};

/// Answers a request over HTTP; `None` if the payload is not one. A refusal is an answer with an error status. An incomplete answer has the
/// header `x-sagewarden-complete: false`; the `cursor` of `json` continues it.
pub async fn answer_url(table: &impl Table, payload: &Json, bounds: Bounds<'_>) -> Option<Json> {
    payload.pointer("/requestContext/http/method")?;
    Some(respond(table, payload, bounds).await.unwrap_or_else(|error| {
        let status = match error {
            FunctionError::BadRequest(_) => 400,
            FunctionError::NotFound(_) => 404,
            FunctionError::Unavailable(_) => 503,
        };
        response(status, "application/json", &json!({ "error": error.to_string() }).to_string())
    }))
}

async fn respond(table: &impl Table, payload: &Json, bounds: Bounds<'_>) -> Result<Json, FunctionError> {
    let request: LambdaFunctionUrlRequest = serde_json::from_value(payload.clone()).map_err(|error| {
        FunctionError::BadRequest(format!("this is no request of a function URL: {error}"))
    })?;
    let question = Question { now: bounds.now, ..asked(&request)? };
    fitting(table, &question, bounds, |reply| {
        let mut response = response(200, content_type(&question), &written(reply, question.format)?);
        let complete = if reply.is_complete() { "true" } else { "false" };
        if let Some(headers) = response.get_mut("headers").and_then(Json::as_object_mut) {
            headers.insert("x-sagewarden-complete".into(), complete.into());
        }
        Ok(response)
    })
    .await
}

/// The question, from parameters or the body.
fn asked(request: &LambdaFunctionUrlRequest) -> Result<Question, FunctionError> {
    match request.request_context.http.method.as_deref() {
        // The raw query: Lambda's own map joins repeated names with a comma.
        Some("GET") => read_form(request.raw_query_string.as_deref().unwrap_or_default()),
        Some("POST") => {
            let body = request.body.as_deref().unwrap_or_default();
            let decoded = if request.is_base64_encoded { STANDARD.decode(body).ok() } else { None };
            let bytes = decoded.as_deref().unwrap_or(body.as_bytes());
            let json: Json = serde_json::from_slice(bytes).map_err(|error| {
                FunctionError::BadRequest(format!(
                    "the body is not valid JSON: {error}: send `{{\"entity\": \"endpoint/NAME\"}}`"
                ))
            })?;
            read(json)
        }
        _ => Err(FunctionError::BadRequest("ask with GET and parameters, or POST and JSON".to_owned())),
    }
}

fn content_type(question: &Question) -> &'static str {
    match question.format {
        Format::Table if question.ask.is_list() => "text/plain; charset=utf-8",
        Format::Html => "text/html; charset=utf-8",
        Format::Json | Format::Table | Format::CycloneDx | Format::Prov => "application/json",
        Format::OpenLineage | Format::Slsa => "application/x-ndjson",
        Format::Csv => "text/csv; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

fn response(status: u16, content_type: &str, body: &str) -> Json {
    json!({
        "statusCode": status,
        "headers": { "content-type": content_type, "cache-control": "no-store", "x-content-type-options": "nosniff" },
        "body": body,
        "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Each field of a question, as a parameter and as JSON, with values that are not its default.
    fn fields() -> Vec<(&'static str, &'static str, Json)> {
        vec![
            ("ask", "impact", json!("impact")),
            ("entity", "s3%3A%2F%2Fb%2Fa+b%3FversionId%3D1", json!("s3://b/a b?versionId=1")),
            ("with", "model%2Fm", json!("model/m")),
            ("direction", "both", json!("both")),
            ("past", "true", json!(true)),
            ("at", "2026-03-02T10%3A00%3A00%2B01%3A00", json!("2026-03-02T10:00:00+01:00")),
            ("max_depth", "7", json!(7)),
            ("max_nodes", "50", json!(50)),
            ("max_requests", "9", json!(9)),
            ("cursor", "a%2Bb%3D%3D", json!("a+b==")),
            ("format", "cyclonedx", json!("cyclonedx")),
            ("account", "111122223333", json!("111122223333")),
            ("region", "eu-west-1", json!("eu-west-1")),
            ("owner", "ana%40example.com", json!("ana@example.com")),
            ("kind", "training-job", json!("training-job")),
            ("severity", "high", json!("high")),
            ("control", "TRN-ENC-01", json!("TRN-ENC-01")),
            ("since", "7d", json!("7d")),
            ("state", "closed", json!("closed")),
            ("would_have_been_stopped", "true", json!(true)),
            ("by", "owner", json!("owner")),
            ("limit", "50", json!(50)),
        ]
    }

    fn request(method: &str, query: &str, body: Option<&str>) -> LambdaFunctionUrlRequest {
        let request = json!({
            "version": "2.0", "rawPath": "/", "rawQueryString": query, "headers": {}, "body": body,
            "requestContext": { "http": { "method": method }, "timeEpoch": 0 }, "isBase64Encoded": false,
        });
        serde_json::from_value(request).unwrap()
    }

    fn read_question(question: Result<Question, FunctionError>) -> String {
        question.map_or_else(|error| error.to_string(), |question| format!("{question:?}"))
    }

    /// The names of a question's fields, taken from the error for an unknown field.
    fn known() -> BTreeSet<String> {
        let refusal = read(json!({ "no_such_field": 1 })).unwrap_err().to_string();
        let (_, list) = refusal.split_once("expected one of").unwrap();
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_field_of_a_question_is_the_same_by_get_and_by_post() {
        let tested: BTreeSet<String> = fields().into_iter().map(|(name, ..)| name.to_owned()).collect();
        assert_eq!(tested, known());
        for (name, parameter, value) in fields() {
            let (query, body) = match name {
                "entity" => (format!("entity={parameter}"), json!({ "entity": value })),
                _ => (
                    format!("entity=model/m&{name}={parameter}"),
                    json!({ "entity": "model/m", name: value }),
                ),
            };
            let by_get = read_question(asked(&request("GET", &query, None)));
            assert_eq!(by_get, read_question(asked(&request("POST", "", Some(&body.to_string())))), "{name}");
            assert_ne!(by_get, read_question(read(json!({ "entity": "model/m" }))), "{name} says nothing");
        }
    }

    #[test]
    fn a_parameter_that_is_wrong_is_named() {
        let check = |query: &str, expect: &str| {
            let error = asked(&request("GET", query, None)).unwrap_err().to_string();
            assert!(error.starts_with(expect), "{query}: {error}");
        };
        check("entity=model/m&max_nodes=many", "`max_nodes`: invalid digit");
        check("entity=model/m&max_nodes=-1", "`max_nodes`: invalid digit");
        check("entity=model/m&past=yes", "`past`: invalid value: string \"yes\"");
        check("entity=model/m&format=pdf", "`format`: unknown variant `pdf`");
        check("entity=model/m&entity=model/n", "`entity`: unsupported value");
        check("entity=model/m&depth=3", "`depth`: unknown field `depth`");
    }
}
