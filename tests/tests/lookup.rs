//! What `lookup-lineage` answers, and how it refuses.

use lookup_lineage::answer;
use sagewarden_events::ResourceKind;
use sagewarden_lambda::FunctionError;
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
    match answer(&local.system.store, request, &|| false).await {
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
        answer(&local.system.store, json!({ "entity": "endpoint-config/c", "format": format }), &|| false)
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
async fn a_question_that_is_wrong_is_told_which_field() -> Result<()> {
    let local = recorded()?;
    let check = async |request: Value, kind: &str, words: &str| {
        let (refused, text) = refused(&local, request.clone()).await;
        assert!(refused == kind && text.contains(words), "{request}: {refused}: {text}");
    };
    check(json!({}), "BadRequest", "missing field `entity`").await;
    check(json!({ "entity": 7 }), "BadRequest", "invalid type: integer `7`").await;
    check(json!({ "entity": "model/m", "formt": "tree" }), "BadRequest", "unknown field `formt`").await;
    check(json!({ "entity": "model/m", "format": "pdf" }), "BadRequest", "unknown variant `pdf`").await;
    check(json!({ "entity": "model/m", "max_nodes": 0 }), "BadRequest", "`max_nodes` is 0").await;
    check(json!({ "entity": "m" }), "BadRequest", "write `<kind>/<name>`").await;
    check(json!({ "entity": "model/none" }), "NotFound", "nothing is recorded of `model/none`").await;
    check(json!("model/m"), "BadRequest", "invalid type").await;
    Ok(())
}

#[tokio::test]
async fn an_answer_that_was_cut_says_so() -> Result<()> {
    let local = recorded()?;
    let document =
        answer(&local.system.store, json!({ "entity": "endpoint-config/c", "max_nodes": 2 }), &|| false)
            .await?;
    assert_eq!(document.get("complete"), Some(&json!(false)));
    assert!(document.get("stopped_by").is_some_and(|why| !why.is_null()), "{document}");
    Ok(())
}
