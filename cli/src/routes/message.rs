//! The messages of notices, in the forms in which the rules of `infra/template.yaml` send them: a test compares both.

use std::collections::BTreeMap;

use sagewarden_settings::Chat;
use serde_json::{Value, json};

/// The name of a chat, in names of resources too.
pub(super) fn name(chat: Chat) -> &'static str {
    match chat {
        Chat::Slack => "Slack",
        Chat::Teams => "Teams",
    }
}

/// The parts of a notice that every message shows.
const SHOWN: [(&str, &str); 4] = [
    ("title", "$.detail-type"),
    ("text", "$.detail.text"),
    ("about", "$.detail.about"),
    ("advice", "$.detail.advice"),
];

fn transformer(more: &[(&str, &str)], template: &str) -> Value {
    let paths: BTreeMap<&str, &str> = SHOWN.iter().chain(more).copied().collect();
    json!({ "InputPathsMap": paths, "InputTemplate": template })
}

/// Lines of text that people can read as they are. EventBridge demands quotation marks around each line.
pub(super) fn mail() -> Value {
    let more = [("account", "$.account"), ("region", "$.region"), ("time", "$.time"), ("id", "$.id")];
    transformer(
        &more,
        r#""<title>"
"<text>"
"About: <about>"
"What to do: <advice>"
"Event <id> on the bus of account <account>, <region>, <time>""#,
    )
}

/// Plain text: a name from the account is no markup, and mentions nobody.
pub(super) fn chat(chat: Chat) -> Value {
    transformer(
        &[],
        match chat {
            Chat::Slack => SLACK,
            Chat::Teams => TEAMS,
        },
    )
}

const SLACK: &str = r#"{
  "text": <title>,
  "blocks": [
    { "type": "header", "text": { "type": "plain_text", "text": <title>, "emoji": false } },
    { "type": "section", "text": { "type": "plain_text", "text": <text>, "emoji": false } },
    { "type": "section", "text": { "type": "plain_text", "text": <about>, "emoji": false } },
    { "type": "section", "text": { "type": "plain_text", "text": <advice>, "emoji": false } }
  ]
}"#;

const TEAMS: &str = r#"{
  "type": "message",
  "attachments": [
    {
      "contentType": "application/vnd.microsoft.card.adaptive",
      "content": {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
          { "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "weight": "bolder", "text": <title> }] },
          { "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": <text> }] },
          { "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": <about> }] },
          { "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": <advice> }] }
        ]
      }
    }
  ]
}"#;
