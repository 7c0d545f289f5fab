//! Answers and refusals of `lookup-lineage`.

use lookup_lineage::{Bounds, answer, answer_url};
use sagewarden_events::{ResourceKind, Status, Timestamp};
use sagewarden_govern::ports::Table as _;
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::StatusMark;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::NodeRow;
use sagewarden_lineage::table::{Attributes, Item, Key, Write};
use sagewarden_local::Store;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, endpoint_config, model};
use serde_json::{Value, json};

fn recorded() -> Result<Local> {
    let local = Local::new()?;
    local.create(ResourceKind::Model, &model("m"), 0)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 1)?;
    local.settle()?;
    Ok(local)
}

async fn refused(local: &Local, request: Value) -> (&'static str, String) {
    match answer(&local.system.store, request, Bounds::new(&|| false)).await {
        Ok(answer) => ("answered", answer.to_string()),
        Err(FunctionError::BadRequest(text)) => ("BadRequest", text),
        Err(FunctionError::NotFound(text)) => ("NotFound", text),
        Err(FunctionError::Unavailable(text)) => ("Unavailable", text),
    }
}

#[tokio::test]
async fn an_answer_has_the_form_that_was_asked_for() -> Result<()> {
    let local = recorded()?;
    let ask = async |format: &str| {
        answer(
            &local.system.store,
            json!({ "entity": "endpoint-config/c", "format": format }),
            Bounds::new(&|| false),
        )
        .await
    };
    let document = ask("json").await?;
    assert_eq!(document.get("complete"), Some(&json!(true)));
    assert_eq!(
        document.get("nodes").and_then(Value::as_array).map(Vec::len),
        Some(3),
        "configuration, model, image"
    );
    let table = ask("table").await?;
    assert!(table.get("columns").is_some() && table.get("rows").is_some(), "{table}");
    for format in ["tree", "html"] {
        let text = ask(format).await?;
        assert!(
            text.get("text").and_then(Value::as_str).is_some_and(|text| text.contains("model")),
            "{text}"
        );
        assert_eq!(text.get("complete"), Some(&json!(true)));
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_question_is_refused_with_the_field() -> Result<()> {
    let local = recorded()?;
    let check = async |request: Value, kind: &str, words: &str| {
        let (refused, text) = refused(&local, request.clone()).await;
        assert!(refused == kind && text.contains(words), "{request}: {refused}: {text}");
    };
    check(json!({}), "BadRequest", "`entity` is missing").await;
    check(json!({ "entity": "model/m", "max_depth": -1 }), "BadRequest", "`max_depth`: ").await;
    check(json!({ "entity": 7 }), "BadRequest", "`entity`: invalid type: integer `7`").await;
    check(json!({ "entity": "model/m", "formt": "tree" }), "BadRequest", "unknown field `formt`").await;
    check(json!({ "entity": "model/m", "format": "pdf" }), "BadRequest", "unknown variant `pdf`").await;
    check(json!({ "entity": "model/m", "max_nodes": 0 }), "BadRequest", "`max_nodes` is 0").await;
    check(json!({ "entity": "m" }), "BadRequest", "write `<kind>/<name>`").await;
    check(json!({ "entity": "model/none" }), "NotFound", "nothing is recorded about `model/none`").await;
    check(json!("model/m"), "BadRequest", "invalid type").await;
    Ok(())
}

#[tokio::test]
async fn an_answer_that_was_cut_says_so() -> Result<()> {
    let local = recorded()?;
    let document = answer(
        &local.system.store,
        json!({ "entity": "endpoint-config/c", "max_nodes": 2 }),
        Bounds::new(&|| false),
    )
    .await?;
    assert_eq!(document.get("complete"), Some(&json!(false)));
    assert!(document.get("stopped_by").is_some_and(|why| !why.is_null()), "{document}");
    Ok(())
}

/// A request as a function URL passes it on ("Invoking Lambda function URLs", Lambda developer guide).
fn over_http(method: &str, parameters: Value, body: Option<&str>) -> Value {
    let pairs = parameters.as_object().into_iter().flatten();
    let pairs = pairs.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    let query = pairs.collect::<Vec<_>>().join("&");
    json!({
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": query,
        "headers": { "content-type": "application/json" },
        "queryStringParameters": parameters,
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "url",
            "authorizer": { "iam": {
                "accessKey": "AKIAIOSFODNN7EXAMPLE", "accountId": "111122223333", "callerId": "AIDA",
                "cognitoIdentity": null, "principalOrgId": null,
                "userArn": "arn:aws:iam::111122223333:user/ana", "userId": "AIDA",
            } },
            "domainName": "url.lambda-url.eu-west-1.on.aws",
            "domainPrefix": "url",
            "http": { "method": method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "10.0.0.1", "userAgent": "curl" },
            "requestId": "1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "02/Mar/2026:09:00:00 +0000",
            "timeEpoch": 1_772_442_000_000_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

#[tokio::test]
async fn a_question_can_be_asked_over_the_functions_url() -> Result<()> {
    let local = recorded()?;
    let ask = async |payload: Value| -> Result<(u64, String, String)> {
        let answered =
            answer_url(&local.system.store, &payload, Bounds::new(&|| false)).await.ok_or("no request")?;
        let text =
            |pointer: &str| answered.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let status = answered.get("statusCode").and_then(Value::as_u64).unwrap_or_default();
        Ok((status, text("/headers/content-type"), text("/body")))
    };
    let (status, kind, body) =
        ask(over_http("GET", json!({ "entity": "endpoint-config/c", "max_nodes": "50" }), None)).await?;
    let document: Value = serde_json::from_str(&body)?;
    assert_eq!((status, kind.as_str()), (200, "application/json"));
    assert_eq!(document.get("complete"), Some(&json!(true)));

    let page = json!({ "entity": "endpoint-config/c", "format": "html" });
    let (status, kind, body) = ask(over_http("GET", page, None)).await?;
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    assert!(body.starts_with("<!DOCTYPE html>"));

    let question = r#"{"ask":"impact","entity":"model/m"}"#;
    let (status, _, body) = ask(over_http("POST", json!({}), Some(question))).await?;
    assert!(status == 200 && body.contains("\"endpoints\""), "{body}");

    for (payload, expected, words) in [
        (over_http("GET", json!({ "entity": "model/none" }), None), 404, "nothing is recorded"),
        (
            over_http("GET", json!({ "entity": "model/m", "max_nodes": "many" }), None),
            400,
            "`max_nodes`: invalid digit",
        ),
        (over_http("GET", json!({}), None), 400, "`entity` is missing"),
        (over_http("POST", json!({}), Some("{")), 400, "the body is not valid JSON"),
        (over_http("DELETE", json!({}), None), 400, "ask with GET"),
    ] {
        let (status, _, body) = ask(payload.clone()).await?;
        assert!(status == expected && body.contains(words), "{payload}: {status}: {body}");
    }
    let invoked = json!({ "entity": "model/m" });
    assert!(
        answer_url(&local.system.store, &invoked, Bounds::new(&|| false)).await.is_none(),
        "no request over HTTP"
    );
    Ok(())
}

/// A pipeline execution that fails is retried under its own ARN.
#[tokio::test]
async fn the_state_of_something_that_is_retried_is_the_newest_and_the_one_of_a_time() -> Result<()> {
    let id = NodeId::parse("pexe#1/r/p/e@0000000000100").ok_or("no identity")?;
    let mark = |status: &str, at: i64, reason: Option<&str>| StatusMark {
        status: Status::parse(status),
        at: Timestamp::from_millis(at),
        reason: reason.map(str::to_owned),
    };
    let marks = [
        mark("Executing", 1_000, None),
        mark("Failed", 2_000, Some("no capacity")),
        mark("Executing", 3_000, None),
        mark("Failed", 4_000, Some("out of memory")),
        mark("Succeeded", 5_000, None),
    ];
    let mut stored = Vec::new();
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 1, 4, 0, 2], [1, 3, 0, 2, 4]] {
        let store = Store::in_memory()?;
        let mut record = Record::default();
        record.node(&id, "e", Some(Timestamp::from_millis(100)), Attributes::new());
        for mark in order.into_iter().filter_map(|index| marks.get(index)) {
            record.status(&id, mark);
        }
        store.write(&record.writes).await?;
        let shown = async |at: Option<&str>| -> Result<(Value, Value)> {
            let request = json!({ "entity": id.as_str(), "format": "json", "at": at });
            let document = answer(&store, request, Bounds::new(&|| false)).await?;
            let node = document.pointer("/nodes/0").ok_or("no node")?;
            Ok((node["status"].clone(), node["failure_reason"].clone()))
        };
        let then = async |at: &str| shown(Some(&format!("1970-01-01T00:00:0{at}Z"))).await;
        assert_eq!(shown(None).await?, (json!("Succeeded"), Value::Null), "{order:?}");
        assert_eq!(then("1.500").await?, (json!("Executing"), Value::Null));
        assert_eq!(then("3.500").await?, (json!("Executing"), Value::Null));
        assert_eq!(then("4.500").await?, (json!("Failed"), json!("out of memory")));
        stored.push(store.get(&[NodeRow::key(&id)]).await?);
    }
    stored.dedup();
    assert_eq!(stored.len(), 1, "{stored:?}");
    Ok(())
}

#[tokio::test]
async fn a_deployment_whose_upstream_is_no_longer_too_large_is_no_longer_marked() -> Result<()> {
    let local = Local::new()?;
    let endpoint = local.serve()?;
    let told = local.system.settle().await?;
    let store = &local.system.store;
    let pointer = Key::new(NodeId::endpoint(&endpoint).as_str(), "C");
    let pointer = store.get(&[pointer]).await?.pop().ok_or("the endpoint has no deployment")?;
    let mark = Key::new("K#unindexed", pointer.text("dep").ok_or("the endpoint has no deployment")?);
    store.write(&[Write::Put(Item { key: mark.clone(), attributes: Attributes::new() })]).await?;
    for (event, _) in told {
        local.system.deliver(&event.to_string(), Timestamp::from_millis(0)).await?;
    }
    assert_eq!(store.get(&[mark]).await?, []);
    Ok(())
}
