//! Questions over the function's URL ("Invoking Lambda function URLs", Lambda developer guide; payload format 2.0): `GET` with the
//! fields of a question as parameters, `POST` with the question as JSON.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sagewarden_govern::ports::Table;
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::answer::Format;
use sagewarden_view::reply;
use serde_json::{Map, Value as Json, json};

use crate::question::{ask, read};

/// Answers a request over HTTP; `None` when the payload is none. A refusal is an answer with its status.
pub async fn answer_url(table: &impl Table, payload: &Json, is_over: &dyn Fn() -> bool) -> Option<Json> {
    payload.pointer("/requestContext/http/method")?;
    Some(match respond(table, payload, is_over).await {
        Ok((content_type, body)) => response(200, content_type, &body),
        Err(error) => {
            let status = match error {
                FunctionError::BadRequest(_) => 400,
                FunctionError::NotFound(_) => 404,
                FunctionError::Unavailable(_) => 503,
            };
            response(status, "application/json", &json!({ "error": error.to_string() }).to_string())
        }
    })
}

async fn respond(
    table: &impl Table,
    payload: &Json,
    is_over: &dyn Fn() -> bool,
) -> Result<(&'static str, String), FunctionError> {
    let request: LambdaFunctionUrlRequest = serde_json::from_value(payload.clone()).map_err(|error| {
        FunctionError::BadRequest(format!("this is no request of a function URL: {error}"))
    })?;
    let question = read(asked(&request)?)?;
    let reply = ask(table, &question, is_over).await?;
    Ok((content_type(question.format), reply::text(&reply, question.format)))
}

/// The fields of the question, from parameters or the body.
fn asked(request: &LambdaFunctionUrlRequest) -> Result<Json, FunctionError> {
    const NUMBERS: [&str; 3] = ["max_depth", "max_nodes", "max_requests"];
    match request.request_context.http.method.as_deref() {
        Some("GET") => {
            let mut question = Map::new();
            for (name, value) in &request.query_string_parameters {
                let number = NUMBERS.contains(&name.as_str()).then(|| value.parse::<usize>().ok()).flatten();
                question.insert(name.clone(), number.map_or_else(|| json!(value), |number| json!(number)));
            }
            Ok(Json::Object(question))
        }
        Some("POST") => {
            let body = request.body.as_deref().unwrap_or_default();
            let decoded = if request.is_base64_encoded { STANDARD.decode(body).ok() } else { None };
            let bytes = decoded.as_deref().unwrap_or(body.as_bytes());
            serde_json::from_slice(bytes).map_err(|error| {
                FunctionError::BadRequest(format!(
                    "the body is no JSON: {error}: send `{{\"entity\": \"endpoint/NAME\"}}`"
                ))
            })
        }
        _ => Err(FunctionError::BadRequest("ask with GET and parameters, or POST and JSON".to_owned())),
    }
}

fn content_type(format: Format) -> &'static str {
    match format {
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
