//! The CloudFormation template of the routes.

use sagewarden_settings::{Chat, NoticeRoute};
use serde_json::{Map, Value, json};

use crate::error::CommandError;
use crate::routes::message;

/// The longest event pattern ("PutRule", EventBridge API reference).
const LONGEST_PATTERN: usize = 4_096;

/// The most bytes of a template in a request and in a bucket, and the most resources and parameters ("CloudFormation quotas").
pub(super) const SENT: usize = 51_200;
const STORED: usize = 1_000_000;
const RESOURCES: usize = 500;
const PARAMETERS: usize = 200;

/// The queue of what EventBridge could not deliver.
const DLQ: &str = "UndeliveredNotices";
const CONNECTION: &str = "ChatConnection";
const ROLE: &str = "ChatRole";

/// The template, as JSON.
///
/// # Errors
/// If a route names so much that EventBridge would refuse its rule.
pub(super) fn template(routes: &[NoticeRoute]) -> Result<Value, CommandError> {
    let mut parameters = Map::new();
    parameters.insert(
        "Stack".to_owned(),
        json!({ "Type": "String", "Default": "sagewarden", "Description": "The name of Sagewarden's stack in this account and region." }),
    );
    let mut resources = Map::new();
    for route in routes {
        resources.insert(rule_id(route), rule(route)?);
        if !route.email.is_empty() {
            resources.extend(mail(route));
        }
        if let Some(chat) = route.chat {
            parameters.insert(webhook(route, chat), parameter(route, chat));
            resources.insert(destination_id(route, chat), destination(route, chat));
        }
    }
    let destinations: Vec<String> =
        routes.iter().filter_map(|route| Some(destination_id(route, route.chat?))).collect();
    if !destinations.is_empty() {
        resources.insert(CONNECTION.to_owned(), connection());
        resources.insert(ROLE.to_owned(), role(&destinations));
    }
    resources.extend(undelivered(routes));
    Ok(json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Findings and drift alerts of Sagewarden, to the people and teams that they concern. Made by `sagewarden routes`.",
        "Parameters": parameters,
        "Resources": resources,
    }))
}

/// The template with a line for each parameter and resource: a change of a route is a change of few lines, and a request has room for more
/// of them.
pub(super) fn text(template: &Value) -> String {
    let lines = |value: &Value| {
        let entries = value.as_object().into_iter().flatten();
        entries.map(|(name, value)| format!("    {}: {value}", json!(name))).collect::<Vec<_>>().join(",\n")
    };
    let sections = template.as_object().into_iter().flatten().map(|(name, section)| match section {
        Value::Object(_) => format!("  {}: {{\n{}\n  }}", json!(name), lines(section)),
        _ => format!("  {}: {section}", json!(name)),
    });
    format!("{{\n{}\n}}\n", sections.collect::<Vec<_>>().join(",\n"))
}

/// Which limit of CloudFormation the template exceeds, in words.
pub(super) fn exceeded(template: &Value, text: &str) -> Option<String> {
    let entries = |section: &str| template.get(section).and_then(Value::as_object).map_or(0, Map::len);
    let limits = [
        (text.len(), STORED, "bytes"),
        (entries("Resources"), RESOURCES, "resources"),
        (entries("Parameters"), PARAMETERS, "parameters"),
    ];
    let found = limits.into_iter().find(|(number, most, _)| number > most);
    found.map(|(number, most, what)| format!("{number} {what}, and CloudFormation takes {most}"))
}

/// The parameter for the address of a webhook.
pub(super) fn webhook(route: &NoticeRoute, chat: Chat) -> String {
    format!("{}{}Webhook", route.id(), message::name(chat))
}

fn rule_id(route: &NoticeRoute) -> String {
    format!("{}Rule", route.id())
}

fn topic_id(route: &NoticeRoute) -> String {
    format!("{}Topic", route.id())
}

fn destination_id(route: &NoticeRoute, chat: Chat) -> String {
    format!("{}{}Destination", route.id(), message::name(chat))
}

fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

fn get(resource: &str, attribute: &str) -> Value {
    json!({ "Fn::GetAtt": [resource, attribute] })
}

/// Notices of Sagewarden that concern the people or repositories of the route.
fn pattern(route: &NoticeRoute) -> Value {
    let names = |list: &[String]| -> Value {
        list.iter()
            .map(|name| if name.contains('*') { json!({ "wildcard": name }) } else { json!(name) })
            .collect()
    };
    let detail = match (route.people.as_slice(), route.repositories.as_slice()) {
        (people, []) => json!({ "people": names(people) }),
        ([], repositories) => json!({ "repositories": names(repositories) }),
        (people, repositories) => {
            json!({ "$or": [{ "people": names(people) }, { "repositories": names(repositories) }] })
        }
    };
    json!({
        "source": ["sagewarden"],
        "account": [{ "Ref": "AWS::AccountId" }],
        "region": [{ "Ref": "AWS::Region" }],
        "detail": detail,
    })
}

fn rule(route: &NoticeRoute) -> Result<Value, CommandError> {
    let pattern = pattern(route);
    let length = pattern.to_string().len();
    if length > LONGEST_PATTERN {
        return Err(CommandError::LongRoute { name: route.name.clone(), length, most: LONGEST_PATTERN });
    }
    let mail = |id: String, topic: Value| json!({ "Id": id, "Arn": topic, "DeadLetterConfig": { "Arn": get(DLQ, "Arn") }, "InputTransformer": message::mail() });
    let own = (!route.email.is_empty()).then(|| mail("Mail".to_owned(), json!({ "Ref": topic_id(route) })));
    let topics = route
        .topics
        .iter()
        .enumerate()
        .map(|(index, topic)| mail(format!("Topic{}", index + 1), json!(topic)));
    let chat = route.chat.map(|chat| {
        json!({
            "Id": message::name(chat),
            "Arn": get(&destination_id(route, chat), "Arn"),
            "RoleArn": get(ROLE, "Arn"),
            "DeadLetterConfig": { "Arn": get(DLQ, "Arn") },
            "InputTransformer": message::chat(chat),
        })
    });
    Ok(json!({
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Description": format!("Findings and drift alerts of the route {}.", route.name),
            "EventBusName": { "Ref": "Stack" },
            "EventPattern": pattern,
            "Targets": own.into_iter().chain(topics).chain(chat).collect::<Vec<_>>(),
        },
    }))
}

/// A topic under the key of Sagewarden's stack, which lets EventBridge encrypt, with a subscription for each address.
fn mail(route: &NoticeRoute) -> Vec<(String, Value)> {
    let topic = json!({
        "Type": "AWS::SNS::Topic",
        "Properties": { "DisplayName": format!("Sagewarden {}", route.name), "KmsMasterKeyId": sub("alias/${Stack}") },
    });
    let policy = json!({
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [{ "Ref": topic_id(route) }],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [allow("sns:Publish", json!({ "Ref": topic_id(route) }), &[rule_id(route)])],
            },
        },
    });
    let subscription = |(index, address): (usize, &String)| {
        let subscription = json!({
            "Type": "AWS::SNS::Subscription",
            "Properties": { "TopicArn": { "Ref": topic_id(route) }, "Protocol": "email", "Endpoint": address },
        });
        (format!("{}Mail{}", route.id(), index + 1), subscription)
    };
    let own = [(topic_id(route), topic), (format!("{}Policy", topic_id(route)), policy)];
    own.into_iter().chain(route.email.iter().enumerate().map(subscription)).collect()
}

/// Some rules may do something.
fn allow(action: &str, resource: Value, rules: &[String]) -> Value {
    let rules: Vec<Value> = rules.iter().map(|rule| get(rule, "Arn")).collect();
    json!({
        "Effect": "Allow",
        "Principal": { "Service": "events.amazonaws.com" },
        "Action": action,
        "Resource": resource,
        "Condition": { "ArnEquals": { "aws:SourceArn": rules } },
    })
}

fn parameter(route: &NoticeRoute, chat: Chat) -> Value {
    json!({
        "Type": "String",
        "NoEcho": true,
        "AllowedPattern": "^https://.+$",
        "ConstraintDescription": "an address that begins with https://",
        "Description": format!(
            "The address of the webhook in {} for the route {}. Whoever may describe API destinations in this account can read it.",
            message::name(chat),
            route.name
        ),
    })
}

fn destination(route: &NoticeRoute, chat: Chat) -> Value {
    json!({
        "Type": "AWS::Events::ApiDestination",
        "Properties": {
            "ConnectionArn": get(CONNECTION, "Arn"),
            "HttpMethod": "POST",
            "InvocationEndpoint": { "Ref": webhook(route, chat) },
            // "Rate limits", Slack API: one message a second.
            "InvocationRateLimitPerSecond": 1,
        },
    })
}

/// A connection needs some authorization. The secret is in the address; both services ignore this header.
fn connection() -> Value {
    json!({
        "Type": "AWS::Events::Connection",
        "Properties": {
            "AuthorizationType": "API_KEY",
            "AuthParameters": {
                "ApiKeyAuthParameters": { "ApiKeyName": "X-Sagewarden-Stack", "ApiKeyValue": { "Ref": "AWS::StackName" } },
            },
        },
    })
}

fn role(destinations: &[String]) -> Value {
    let destinations: Vec<Value> = destinations.iter().map(|name| get(name, "Arn")).collect();
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": "events.amazonaws.com" },
                    "Action": "sts:AssumeRole",
                    "Condition": { "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } },
                }],
            },
            "Policies": [{
                "PolicyName": "chat",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{ "Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": destinations }],
                },
            }],
        },
    })
}

/// The queue of what could not be delivered, and an alarm that tells Sagewarden's topic.
fn undelivered(routes: &[NoticeRoute]) -> Vec<(String, Value)> {
    let queue = json!({
        "Type": "AWS::SQS::Queue",
        "Properties": { "KmsMasterKeyId": sub("alias/${Stack}"), "MessageRetentionPeriod": 1_209_600 },
    });
    let rules: Vec<String> = routes.iter().map(rule_id).collect();
    let policy = json!({
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{ "Ref": DLQ }],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [allow("sqs:SendMessage", get(DLQ, "Arn"), &rules)],
            },
        },
    });
    let alarm = json!({
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": "EventBridge could not deliver a notice to a route.",
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{ "Name": "QueueName", "Value": get(DLQ, "QueueName") }],
            "Statistic": "Maximum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{ "Fn::ImportValue": sub("${Stack}-topic") }],
        },
    });
    vec![(DLQ.to_owned(), queue), (format!("{DLQ}Policy"), policy), (format!("{DLQ}Alarm"), alarm)]
}
