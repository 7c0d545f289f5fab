//! Findings in Slack and Teams: the rules of the template deliver them through API destinations, on an emulator that sends them over HTTP.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use sagewarden_tests::emulator::Emulator;
use sagewarden_tests::template::resources;
use sagewarden_tests::{Result, text};
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Received = Arc<Mutex<Vec<(String, String)>>>;

async fn receive(Path(chat): Path<String>, State(received): State<Received>, body: String) {
    if let Ok(mut received) = received.lock() {
        received.push((chat, body));
    }
}

/// Words that would be markup, a mention or the end of a text, if they were not plain.
const HOSTILE: &str = "job \"<!channel>\" *bold* [link](https://x)\n\\ {\"a\": 1} é";

/// The rule of a chat service from the template, on the default bus of the emulator.
fn make(emulator: &Emulator, chat: &str, address: &str) -> Result<()> {
    let (rules, connections) = (resources("AWS::Events::Rule"), resources("AWS::Events::Connection"));
    let found = |all: &BTreeMap<&'static str, &'static Value>, name: &str| {
        all.get(name).copied().ok_or_else(|| format!("the template has no {name}"))
    };
    let (rule, connection) = (found(&rules, &format!("{chat}Rule"))?, found(&connections, "ChatConnection")?);
    let key = &connection["AuthParameters"]["ApiKeyAuthParameters"];
    let mut aws = emulator.aws()?;
    let made = aws.call(
        "events",
        "create_connection",
        json!({
            "Name": chat,
            "AuthorizationType": connection["AuthorizationType"],
            "AuthParameters": { "ApiKeyAuthParameters": { "ApiKeyName": key["ApiKeyName"], "ApiKeyValue": "sagewarden" } },
        }),
    )?;
    let destination = aws.call(
        "events",
        "create_api_destination",
        json!({ "Name": chat, "ConnectionArn": text(&made, "ConnectionArn"), "InvocationEndpoint": address, "HttpMethod": "POST" }),
    )?;
    let pattern = json!({ "source": rule["EventPattern"]["source"], "detail-type": rule["EventPattern"]["detail-type"] });
    aws.call("events", "put_rule", json!({ "Name": chat, "EventPattern": pattern.to_string() }))?;
    let target = &rule["Targets"][0];
    aws.call(
        "events",
        "put_targets",
        json!({
            "Rule": chat,
            "Targets": [{
                "Id": chat,
                "Arn": text(&destination, "ApiDestinationArn"),
                "RoleArn": "arn:aws:iam::000000000000:role/chat",
                "InputTransformer": target["InputTransformer"],
            }],
        }),
    )?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_reaches_slack_and_teams_as_plain_text() -> Result<()> {
    let received = Received::default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/{chat}", post(receive)).with_state(received.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let emulator = Emulator::start(&[])?;
    for chat in ["Slack", "Teams"] {
        make(&emulator, chat, &format!("{url}/{chat}"))?;
    }

    let detail =
        json!({ "text": HOSTILE, "about": "training job `x`", "advice": "set VpcConfig", "other": 1 });
    let entry =
        |kind: &str| json!({ "Source": "sagewarden", "DetailType": kind, "Detail": detail.to_string() });
    let entries = [entry("Sagewarden Watch Continued"), entry("Sagewarden Policy Violation")];
    emulator.aws()?.call("events", "put_events", json!({ "Entries": entries }))?;
    let began = Instant::now();
    let all = || received.lock().map(|received| received.clone()).unwrap_or_default();
    while all().len() < 2 && began.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let all = all();
    assert_eq!(all.len(), 2, "{all:#?}\n{}", emulator.log());
    let body = |chat: &str| -> Result<Value> {
        let (_, body) = all.iter().find(|(to, _)| to == chat).ok_or("no message")?;
        Ok(serde_json::from_str(body).map_err(|error| format!("{error}: {body}"))?)
    };
    let (slack, teams) = (body("Slack")?, body("Teams")?);
    let blocks = slack["blocks"].as_array().ok_or("no blocks")?;
    let texts: Vec<&str> = blocks.iter().map(|block| text(&block["text"], "text")).collect();
    assert_eq!(texts, ["Sagewarden Policy Violation", HOSTILE, "training job `x`", "set VpcConfig"]);
    assert!(blocks.iter().all(|block| text(&block["text"], "type") == "plain_text"), "{slack:#}");
    let cards = &teams["attachments"][0]["content"]["body"];
    let runs: Vec<&Value> =
        cards.as_array().into_iter().flatten().map(|block| &block["inlines"][0]).collect();
    assert_eq!(runs.iter().map(|run| text(run, "text")).collect::<Vec<_>>(), texts);
    assert!(runs.iter().all(|run| text(run, "type") == "TextRun"), "{teams:#}");
    Ok(())
}
