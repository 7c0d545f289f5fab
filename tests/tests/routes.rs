//! `sagewarden routes`: its template on an emulator of CloudFormation and EventBridge. A notice reaches those whom it concerns, and nobody else.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use sagewarden_tests::aws::{Aws, REGION};
use sagewarden_tests::emulator::{ACCOUNT, Emulator};
use sagewarden_tests::template::resources;
use sagewarden_tests::{Result, functions, python, text};
use serde_json::{Value, json};
use tempfile::TempDir;

const ROUTES: &str = r#"
[[routes]]
name = "credit"
people = ["Ana", "credit-*"]
email = ["credit@example.com", "risk@example.com"]

[[routes]]
name = "fraud-team"
people = ["kay"]
repositories = ["ds-source-fraud*"]
chat = "slack"
"#;

/// What the command writes for these routes, and what it says about them.
fn template(routes: &str) -> Result<(Value, String)> {
    let folder = TempDir::new()?;
    let file = folder.path().join("routes.toml");
    fs::write(&file, routes)?;
    let output = Command::new(functions::command()?).arg("routes").arg(&file).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    Ok((serde_json::from_slice(&output.stdout)?, said))
}

#[test]
fn a_notice_reads_the_same_wherever_a_rule_sends_it() -> Result<()> {
    let (made, said) =
        template(&format!("{ROUTES}\n[[routes]]\nname = \"all\"\npeople = [\"*\"]\nchat = \"teams\"\n"))?;
    let rules = resources("AWS::Events::Rule");
    let pairs = [("NoticeRule", "CreditRule"), ("SlackRule", "FraudTeamRule"), ("TeamsRule", "AllRule")];
    for (own, exported) in pairs {
        let own = &rules.get(own).ok_or("no rule")?["Targets"][0]["InputTransformer"];
        assert_eq!(
            own, &made["Resources"][exported]["Properties"]["Targets"][0]["InputTransformer"],
            "{exported}"
        );
    }
    let expected = "credit: what concerns ana, credit-* goes to credit@example.com, risk@example.com\n\
                    fraud-team: what concerns kay, repository ds-source-fraud* goes to Slack (parameter FraudTeamSlackWebhook)\n\
                    all: what concerns * goes to Teams (parameter AllTeamsWebhook)\n";
    assert_eq!(said, expected);
    Ok(())
}

#[test]
fn cfn_lint_passes() -> Result<()> {
    let folder = TempDir::new()?;
    let file = folder.path().join("routes.json");
    fs::write(&file, template(ROUTES)?.0.to_string())?;
    let output = python::tool("cfn-lint")?.arg("--template").arg(&file).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// What the routes' stack needs of Sagewarden's: its bus, its key by name, and the name of its topic.
fn foundation() -> Value {
    json!({
        "Resources": {
            "Bus": { "Type": "AWS::Events::EventBus", "Properties": { "Name": { "Ref": "AWS::StackName" } } },
            "Key": { "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": { "Version": "2012-10-17", "Statement": [] } } },
            "KeyAlias": { "Type": "AWS::KMS::Alias", "Properties": { "AliasName": { "Fn::Sub": "alias/${AWS::StackName}" }, "TargetKeyId": { "Ref": "Key" } } },
            "Topic": { "Type": "AWS::SNS::Topic", "Properties": {} },
        },
        "Outputs": { "TopicArn": { "Value": { "Ref": "Topic" }, "Export": { "Name": { "Fn::Sub": "${AWS::StackName}-topic" } } } },
    })
}

fn deploy(aws: &mut Aws, name: &str, template: &Value, parameters: &Value) -> Result<()> {
    let asked = json!({ "StackName": name, "TemplateBody": template.to_string(), "Parameters": parameters, "Capabilities": ["CAPABILITY_IAM"] });
    aws.call("cloudformation", "create_stack", asked)?;
    let began = Instant::now();
    loop {
        let stacks = aws.call("cloudformation", "describe_stacks", json!({ "StackName": name }))?;
        match text(&stacks["Stacks"][0], "StackStatus") {
            "CREATE_COMPLETE" => return Ok(()),
            "CREATE_IN_PROGRESS" if began.elapsed() < Duration::from_secs(60) => {
                std::thread::sleep(Duration::from_millis(100));
            }
            status => return Err(format!("{name}: {status}: {stacks:#}").into()),
        }
    }
}

/// A queue in the place of the people who read their mail.
fn read_by_a_queue(aws: &mut Aws, name: &str, topic: &str) -> Result<String> {
    let queue = aws.call("sqs", "create_queue", json!({ "QueueName": name }))?;
    let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}");
    aws.call("sns", "subscribe", json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": arn }))?;
    Ok(text(&queue, "QueueUrl").to_owned())
}

fn mails(aws: &mut Aws, queue: &str) -> Result<Vec<String>> {
    let asked = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1 });
    let got = aws.call("sqs", "receive_message", asked)?;
    let mut mails = Vec::new();
    for message in got["Messages"].as_array().into_iter().flatten() {
        let body: Value = serde_json::from_str(text(message, "Body"))?;
        mails.push(text(&body, "Message").to_owned());
        let done = json!({ "QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"] });
        aws.call("sqs", "delete_message", done)?;
    }
    Ok(mails)
}

#[test]
fn a_notice_reaches_those_whom_it_concerns() -> Result<()> {
    let emulator = Emulator::start(&[])?;
    let mut aws = emulator.aws()?;
    deploy(&mut aws, "governance", &foundation(), &json!([]))?;
    let own = aws.call("sns", "create_topic", json!({ "Name": "fraud" }))?;
    let own = text(&own, "TopicArn");
    // The emulator's CloudFormation knows no API destinations; `chat.rs` sends messages through them.
    let (made, _) = template(&ROUTES.replace("chat = \"slack\"", &format!("topics = [\"{own}\"]")))?;
    deploy(&mut aws, "routes", &made, &json!([{ "ParameterKey": "Stack", "ParameterValue": "governance" }]))?;

    let resources =
        aws.call("cloudformation", "describe_stack_resources", json!({ "StackName": "routes" }))?;
    let is_topic = |one: &&Value| text(one, "LogicalResourceId") == "CreditTopic";
    let topic = resources["StackResources"].as_array().into_iter().flatten().find(is_topic);
    let topic = text(topic.ok_or("no topic")?, "PhysicalResourceId");
    let subscribed = aws.call("sns", "list_subscriptions_by_topic", json!({ "TopicArn": topic }))?;
    let subscribed = subscribed["Subscriptions"].as_array().into_iter().flatten();
    let addresses: BTreeSet<(&str, &str)> =
        subscribed.map(|one| (text(one, "Protocol"), text(one, "Endpoint"))).collect();
    assert_eq!(addresses, BTreeSet::from([("email", "credit@example.com"), ("email", "risk@example.com")]));

    let credit = read_by_a_queue(&mut aws, "credit", topic)?;
    let fraud = read_by_a_queue(&mut aws, "fraud", own)?;
    let notices = [
        ("for-ana", json!(["ana", "ana@example.com"]), json!([])),
        ("for-credit-ops", json!(["credit-ops"]), json!(["ds-source-credit"])),
        ("for-fraud", json!([]), json!(["ds-source-fraud-2"])),
        ("for-kay-and-ana", json!(["ana", "kay"]), json!([])),
        ("for-nobody", json!([]), json!([])),
        ("for-others", json!(["anabel", "credit"]), json!(["ds-source-credit", "fraud"])),
    ];
    let entry = |(name, people, repositories): &(&str, Value, Value)| {
        let detail = json!({ "text": name, "about": "a", "advice": "b", "people": people, "repositories": repositories });
        json!({ "EventBusName": "governance", "Source": "sagewarden", "DetailType": "Sagewarden Policy Violation", "Detail": detail.to_string() })
    };
    let entries: Vec<Value> = notices.iter().map(entry).collect();
    aws.call("events", "put_events", json!({ "Entries": entries }))?;

    let (mut to_credit, mut to_fraud) = (Vec::new(), Vec::new());
    let began = Instant::now();
    while to_credit.len() + to_fraud.len() < 5 && began.elapsed() < Duration::from_secs(30) {
        to_credit.extend(mails(&mut aws, &credit)?);
        to_fraud.extend(mails(&mut aws, &fraud)?);
    }
    let named = |mails: &[String]| -> Vec<&str> {
        let is_in = |name: &str| mails.iter().any(|mail| mail.contains(&format!("\"{name}\"")));
        notices.iter().map(|(name, ..)| *name).filter(|name| is_in(name)).collect()
    };
    let all = format!("{to_credit:#?} {to_fraud:#?}\n{}", emulator.log());
    assert_eq!(named(&to_credit), ["for-ana", "for-credit-ops", "for-kay-and-ana"], "{all}");
    assert_eq!(named(&to_fraud), ["for-fraud", "for-kay-and-ana"], "{all}");
    assert_eq!((to_credit.len(), to_fraud.len()), (3, 2), "{all}");
    Ok(())
}
