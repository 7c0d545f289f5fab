//! The rights to run Sagewarden's stack: one row for each sort of resource in its template.

use super::row::{Row, always, everything};
use super::scope::Scope;
use crate::export::condition::all_of;
use crate::export::document::Effect::Allow;

pub(super) const STACK: Row = Row {
    sid: "DeployStack",
    effect: Allow,
    meaning: "creates, changes and deletes Sagewarden's stack",
    calls: &[
        "cloudformation:CreateChangeSet",
        "cloudformation:CreateStack",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DeleteStack",
        "cloudformation:DescribeChangeSet",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:GetTemplate",
        "cloudformation:UpdateStack",
    ],
    place: "the stack, and stacks whose names begin with its name",
    on: |scope| {
        let transform = "arn:aws:cloudformation:*:aws:transform/Serverless-2016-10-31".to_owned();
        [scope.stack(), vec![transform]].concat()
    },
    when: always,
};

pub(super) const TEMPLATES: Row = Row {
    sid: "ReadTemplates",
    effect: Allow,
    meaning: "validates templates",
    calls: &[
        "cloudformation:GetTemplateSummary",
        "cloudformation:ListStacks",
        "cloudformation:ValidateTemplate",
    ],
    place: "CloudFormation",
    on: everything,
    when: always,
};

pub(super) const FUNCTIONS: Row = Row {
    sid: "RunFunctions",
    effect: Allow,
    meaning: "changes the functions of the stack, and calls them",
    calls: &[
        "lambda:AddPermission",
        "lambda:CreateFunction",
        "lambda:CreateFunctionUrlConfig",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionUrlConfig",
        "lambda:GetFunction",
        "lambda:GetFunctionConfiguration",
        "lambda:InvokeFunction",
        "lambda:ListTags",
        "lambda:RemovePermission",
        "lambda:TagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:UpdateFunctionUrlConfig",
    ],
    place: "functions of the stack",
    on: |scope| vec![scope.of_stack("arn:aws:lambda:*:*:function:")],
    when: always,
};

pub(super) const SOURCES: Row = Row {
    sid: "RunSources",
    effect: Allow,
    meaning: "connects these functions with their queues",
    calls: &[
        "lambda:CreateEventSourceMapping",
        "lambda:DeleteEventSourceMapping",
        "lambda:UpdateEventSourceMapping",
    ],
    place: "sources of functions of the stack",
    on: everything,
    when: |scope| {
        let function = scope.of_stack("arn:aws:lambda:*:*:function:");
        all_of(&[("ArnLike", "lambda:FunctionArn", &function)])
    },
};

pub(super) const MESSAGES: Row = Row {
    sid: "RunMessages",
    effect: Allow,
    meaning: "changes queues, rules, the bus and the topic of the stack, and sends records again",
    calls: &[
        "events:CreateEventBus",
        "events:DeleteEventBus",
        "events:DeleteRule",
        "events:DescribeEventBus",
        "events:DescribeRule",
        "events:DisableRule",
        "events:EnableRule",
        "events:ListTargetsByRule",
        "events:PutRule",
        "events:PutTargets",
        "events:RemoveTargets",
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:GetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sqs:CreateQueue",
        "sqs:DeleteMessage",
        "sqs:DeleteQueue",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        "sqs:SetQueueAttributes",
        "sqs:StartMessageMoveTask",
    ],
    place: "queues, rules, bus and topic of the stack",
    on: |scope| {
        let mut names = scope.named("arn:aws:events:*:*:event-bus/").to_vec();
        let of_bus = format!("arn:aws:events:*:*:rule/{}/*", scope.name());
        let own = ["arn:aws:events:*:*:rule/", "arn:aws:sns:*:*:", "arn:aws:sqs:*:*:"];
        names.extend(own.map(|before| scope.of_stack(before)));
        names.push(of_bus);
        names
    },
    when: always,
};

pub(super) const ALARMS: Row = Row {
    sid: "RunAlarms",
    effect: Allow,
    meaning: "changes the alarms and the dashboard of the stack",
    calls: &[
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DeleteDashboards",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetDashboard",
        "cloudwatch:PutDashboard",
        "cloudwatch:PutMetricAlarm",
    ],
    place: "alarms and dashboard of the stack",
    on: |scope| {
        [scope.named("arn:aws:cloudwatch:*:*:alarm:"), scope.named("arn:aws:cloudwatch::*:dashboard/")]
            .concat()
    },
    when: always,
};

pub(super) const STORES: Row = Row {
    sid: "RunStores",
    effect: Allow,
    meaning: "changes the table and the buckets of the stack: policies, templates of products and wheels lie there",
    calls: &[
        "dynamodb:CreateTable",
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:TagResource",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTable",
        "dynamodb:UpdateTimeToLive",
        "s3:CreateBucket",
        "s3:GetBucket*",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutBucket*",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:PutObject",
    ],
    place: "what the stack names after itself",
    on: |scope| {
        let bucket = scope.of_stack("arn:aws:s3:::");
        vec![scope.of_stack("arn:aws:dynamodb:*:*:table/"), format!("{bucket}/*"), bucket]
    },
    when: always,
};

pub(super) const NEW_KEYS: Row = Row {
    sid: "MakeKeys",
    effect: Allow,
    meaning: "creates keys for the stack",
    calls: &["kms:CreateKey", "kms:TagResource"],
    place: "KMS",
    on: everything,
    when: |scope| all_of(&[("StringEquals", "aws:RequestTag/aws:cloudformation:stack-name", scope.name())]),
};

pub(super) const STACK_KEYS: Row = Row {
    sid: "RunKeys",
    effect: Allow,
    meaning: "changes the key of the stack",
    calls: &[
        "kms:DescribeKey",
        "kms:EnableKeyRotation",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
        "kms:PutKeyPolicy",
        "kms:UpdateKeyDescription",
    ],
    place: "the key of the stack",
    on: |_| vec!["arn:aws:kms:*:*:key/*".to_owned()],
    when: Scope::is_of_stack,
};

pub(super) const ALIASES: Row = Row {
    sid: "NameKeys",
    effect: Allow,
    meaning: "names the key of the stack",
    calls: &["kms:CreateAlias", "kms:UpdateAlias"],
    place: "keys and the alias of the stack",
    on: |scope| vec![format!("arn:aws:kms:*:*:alias/{}", scope.name()), "arn:aws:kms:*:*:key/*".to_owned()],
    when: always,
};

pub(super) const LOG_GROUPS: Row = Row {
    sid: "RunLogGroups",
    effect: Allow,
    meaning: "reads and keeps the logs of the functions",
    calls: &[
        "logs:AssociateKmsKey",
        "logs:CreateLogGroup",
        "logs:FilterLogEvents",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
    ],
    place: "log groups of the stack",
    on: |scope| vec![scope.of_stack("arn:aws:logs:*:*:log-group:/aws/lambda/")],
    when: always,
};

pub(super) const LOG_LISTS: Row = Row {
    sid: "ListLogGroups",
    effect: Allow,
    meaning: "lists log groups",
    calls: &["logs:DescribeLogGroups"],
    place: "CloudWatch Logs",
    on: everything,
    when: always,
};
