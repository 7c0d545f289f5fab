//! The template compared with the workspace, and checks that no linter makes: a queue that nobody may write to, a rule whose failures
//! nobody sees, a permission that is too wide, a pattern that matches nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use sagewarden_events::ResourceKind;
use sagewarden_lambda::METRICS;
use sagewarden_lineage::id::NodeKind;
use sagewarden_sagemaker::actions::listing;
use sagewarden_tests::calls::uses;
use sagewarden_tests::template::{
    TEMPLATE, artefact, list, resources, statements, target, texts, when_asked_for,
};
use sagewarden_tests::{Result, python, root, template};
use serde_json::{Value, json};

/// Every template.
const FILES: [&str; 6] = [
    "infra/template.yaml",
    "infra/lookup.yaml",
    "infra/notebook/notebook.yaml",
    "infra/notebook/portfolio.yaml",
    "infra/notebook/project.yaml",
    "infra/notebook/studio.yaml",
];

#[test]
fn cfn_lint_passes() -> Result<()> {
    let output = python::tool("cfn-lint")?
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .arg("--non-zero-exit-code")
        .arg("informational")
        .args(FILES.map(|file| root().join(file)))
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

#[test]
fn the_functions_are_those_of_the_workspace() -> Result<()> {
    let mut folders = BTreeSet::new();
    for entry in fs::read_dir(root().join("functions"))? {
        folders.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let functions = resources("AWS::Serverless::Function");
    let deployed: BTreeSet<String> =
        functions.values().map(|function| artefact(function).to_owned()).collect();
    assert_eq!(deployed, folders);
    for function in functions.values() {
        assert_eq!(
            function["FunctionName"]["Fn::Sub"],
            format!("${{AWS::StackName}}-{}", artefact(function))
        );
    }
    let globals = &TEMPLATE["Globals"]["Function"];
    assert_eq!((&globals["Runtime"], &globals["Handler"]), (&"provided.al2023".into(), &"bootstrap".into()));
    assert_eq!(texts(&globals["Architectures"]), ["x86_64"]);
    Ok(())
}

#[test]
fn queues_have_dead_letter_queues_and_time_enough() {
    let queues = resources("AWS::SQS::Queue");
    for (id, queue) in &queues {
        assert_eq!(
            target(&queue["KmsMasterKeyId"]),
            Some("Key"),
            "{id} is not encrypted with the stack's key"
        );
        if !id.ends_with("Dlq") {
            let letters = target(&queue["RedrivePolicy"]["deadLetterTargetArn"]);
            assert!(letters.is_some_and(|dlq| queues.contains_key(dlq)), "{id} gives up into nothing");
            assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], 5);
        }
    }
    for (id, function) in resources("AWS::Serverless::Function") {
        for event in function["Events"].as_object().into_iter().flat_map(|events| events.values()) {
            assert_eq!(event["Type"], "SQS", "{id} is reached past its queue");
            let mapping = &event["Properties"];
            assert_eq!(texts(&mapping["FunctionResponseTypes"]), ["ReportBatchItemFailures"], "{id}");
            assert!(mapping["ScalingConfig"]["MaximumConcurrency"].is_u64(), "{id}");
            let queue = queues[target(&mapping["Queue"]).unwrap_or_default()];
            let (visible, timeout) = (queue["VisibilityTimeout"].as_u64(), function["Timeout"].as_u64());
            assert!(
                visible >= timeout.map(|seconds| seconds * 6),
                "{id}: a record comes again while it is handled"
            );
        }
    }
}

#[test]
fn whatever_a_rule_cannot_deliver_is_kept_and_it_may_write_where_it_points() {
    let rules = resources("AWS::Events::Rule");
    let mut writers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for policy in resources("AWS::SQS::QueuePolicy").values() {
        let statement = &policy["PolicyDocument"]["Statement"][0];
        assert_eq!(statement["Principal"]["Service"], "events.amazonaws.com");
        let allowed = list(&statement["Condition"]["ArnEquals"]["aws:SourceArn"])
            .into_iter()
            .map(when_asked_for)
            .filter_map(target)
            .collect();
        let queue = target(&policy["Queues"][0]).unwrap_or_default();
        assert_eq!(target(&statement["Resource"]), Some(queue));
        writers.insert(queue, allowed);
    }
    for (id, rule) in &rules {
        for goal in list(&rule["Targets"]) {
            let letters = target(&goal["DeadLetterConfig"]["Arn"]).unwrap_or_default();
            assert!(
                writers.get(letters).is_some_and(|rules| rules.contains(id)),
                "{id} may not write to `{letters}`"
            );
            let goal = target(&goal["Arn"]).unwrap_or_default();
            let is_chat = resources("AWS::Events::ApiDestination").contains_key(goal);
            let reached =
                is_chat || goal == "Topic" || writers.get(goal).is_some_and(|rules| rules.contains(id));
            assert!(reached, "{id} may not write to `{goal}`");
        }
    }
}

#[test]
fn every_rule_takes_the_events_of_its_own_account_and_region_alone() {
    let patterns: Vec<_> = resources("AWS::Events::Rule")
        .into_iter()
        .filter_map(|(id, rule)| Some((id, rule.get("EventPattern")?)))
        .collect();
    assert!(patterns.len() >= 12, "{}", patterns.len());
    for (id, pattern) in patterns {
        for (field, own) in [("account", "AWS::AccountId"), ("region", "AWS::Region")] {
            assert_eq!(list(&pattern[field]), [&json!({ "Ref": own })], "{id} takes events of any {field}");
        }
    }
}

#[test]
fn an_alarm_rings_when_something_is_given_up_or_fails() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    let watched: BTreeSet<(&str, String)> = alarms
        .values()
        .map(|alarm| {
            assert_eq!(target(&alarm["AlarmActions"][0]), Some("Topic"));
            let value = &alarm["Dimensions"][0]["Value"];
            let value = target(value).or_else(|| value.as_str()).unwrap_or_default();
            (alarm["MetricName"].as_str().unwrap_or_default(), value.to_owned())
        })
        .collect();
    for id in resources("AWS::SQS::Queue").keys().filter(|id| id.ends_with("Dlq")) {
        assert!(
            watched.contains(&("ApproximateNumberOfMessagesVisible", (*id).to_owned())),
            "nobody watches {id}"
        );
    }
    for (id, function) in resources("AWS::Serverless::Function") {
        assert!(watched.contains(&("Errors", id.to_owned())), "nobody watches {id}");
        if function["Events"].is_object() {
            // The dimension is the name under which the function counts.
            assert!(
                watched.contains(&("RecordsRejected", artefact(function).to_owned())),
                "nobody watches what {id} rejects"
            );
        }
        let log = resources("AWS::Logs::LogGroup")
            [target(&function["LoggingConfig"]["LogGroup"]).unwrap_or_default()];
        assert_eq!(target(&log["RetentionInDays"]), Some("LogRetentionDays"), "{id} keeps its log for ever");
        assert_eq!(target(&log["KmsKeyId"]), Some("Key"), "{id}");
    }
}

#[test]
fn traces_are_sent_only_where_they_are_asked_for() {
    assert_eq!(TEMPLATE["Parameters"]["Tracing"]["Default"], "off");
    let tracing = &TEMPLATE["Globals"]["Function"]["Tracing"]["Fn::If"];
    assert_eq!(*tracing, serde_json::json!(["HasTracing", "Active", "PassThrough"]));
    for (id, role) in resources("AWS::IAM::Role") {
        if !is_of_function(id) {
            continue;
        }
        let of_traces = |policy: &&Value| {
            let actions = statements(policy).into_iter().flat_map(|statement| texts(&statement["Action"]));
            actions.collect::<Vec<_>>().contains(&"xray:PutTraceSegments")
        };
        let policies = list(&role["Policies"]).into_iter().filter(of_traces).collect::<Vec<_>>();
        assert_eq!(policies.len(), 1, "{id}");
        assert_eq!(policies[0]["Fn::If"][0], "HasTracing", "{id}");
    }
}

#[test]
fn the_dashboard_shows_every_metric_of_every_function() {
    let dashboard = resources("AWS::CloudWatch::Dashboard")["Dashboard"];
    let body: Value = serde_json::from_str(dashboard["DashboardBody"]["Fn::Sub"].as_str().unwrap()).unwrap();
    let mut shown = BTreeSet::new();
    for widget in list(&body["widgets"]) {
        for metric in list(&widget["properties"]["metrics"]) {
            let texts = texts(metric);
            match texts[0] {
                "Sagewarden" => {
                    assert_eq!(texts[2], "Function", "{metric}");
                    assert!(METRICS.iter().any(|(name, _)| *name == texts[1]), "nobody writes {metric}");
                    shown.insert((texts[1].to_owned(), texts[3].to_owned()));
                }
                "AWS/Lambda" | "AWS/SQS" => {
                    let name = texts[3].trim_matches(['$', '{', '}']).split('.').next().unwrap_or_default();
                    assert!(TEMPLATE["Resources"][name].is_object(), "there is no {name}");
                }
                other => unreachable!("{other}"),
            }
        }
    }
    for (id, function) in resources("AWS::Serverless::Function") {
        if !function["Events"].is_object() {
            continue;
        }
        for (metric, _) in METRICS {
            // Permissions that only the judging function has.
            let judges = matches!(metric, "TimeFromCreation" | "TimeToStop" | "Findings" | "CanaryJudged");
            // What only the function that sweeps has.
            let sweeps = metric.starts_with("Missed")
                || metric.starts_with("Events")
                || metric.starts_with("Resources");
            let function = artefact(function).to_owned();
            let is_others = (judges && function != "enforce-policy") || (sweeps && function != "reconcile");
            assert!(
                is_others || shown.contains(&(metric.to_owned(), function)),
                "nobody sees {metric} of {id}"
            );
        }
    }
}

#[test]
fn prices_are_those_of_the_template() -> Result<()> {
    let cost = fs::read_to_string(root().join("docs/COST.md"))?;
    assert_eq!(TEMPLATE["Globals"]["Function"]["Architectures"], serde_json::json!(["x86_64"]));
    assert!(cost.contains("a GB-second of Lambda on x86-64") && !cost.contains("arm64"), "the architecture");
    for (id, function) in resources("AWS::Serverless::Function") {
        let megabytes = if id == "DetectDrift" { 1_024 } else { 256 };
        assert_eq!(function["MemorySize"], megabytes, "{id}");
    }
    assert!(
        cost.contains("at 256 MB") && cost.contains("x 1 GB x") && !cost.contains("128 MB"),
        "the memory"
    );
    Ok(())
}

#[test]
fn each_function_has_a_role_of_its_own_and_no_wide_permission() {
    // Actions without resource-level permissions (service authorization reference).
    let mut unscoped = vec![
        "sagemaker:ListMonitoringExecutions",
        "sagemaker:ListTrialComponents",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ];
    unscoped.extend(ResourceKind::ALL.iter().flat_map(|kind| listing(*kind)));
    let roles = resources("AWS::IAM::Role");
    let mut used = BTreeSet::new();
    for (id, function) in resources("AWS::Serverless::Function") {
        let role = target(&function["Role"]).unwrap_or_default();
        assert!(used.insert(role), "{id} shares its role");
        let role = roles[role];
        assert_eq!(role["ManagedPolicyArns"], Value::Null, "{id}: managed policies are wider than needed");
        for policy in list(&role["Policies"]).into_iter().map(when_asked_for) {
            for statement in list(&policy["PolicyDocument"]["Statement"]) {
                let actions = texts(&statement["Action"]);
                assert!(actions.iter().all(|action| !action.contains('*')), "{id}: {actions:?}");
                let any = list(&statement["Resource"]).iter().any(|resource| **resource == "*");
                assert!(
                    !any || actions.iter().all(|action| unscoped.contains(action)),
                    "{id}: {actions:?} on everything"
                );
            }
        }
    }
    // The rules of chats have the only other role, which sends to the two destinations alone.
    used.insert("ChatRole");
    assert_eq!(used.len(), roles.len(), "a role is used by nobody");
    let statements = statements(&roles["ChatRole"]["Policies"][0]);
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["Action"], "events:InvokeApiDestination");
    let reached: Vec<_> = list(&statements[0]["Resource"]).into_iter().map(when_asked_for).collect();
    assert_eq!(
        reached.into_iter().filter_map(target).collect::<Vec<_>>(),
        ["SlackDestination", "TeamsDestination"]
    );
    for rule in ["SlackRule", "TeamsRule"] {
        let rule = resources("AWS::Events::Rule")[rule];
        assert_eq!(target(&rule["Targets"][0]["RoleArn"]), Some("ChatRole"));
        assert_eq!(rule["EventPattern"], resources("AWS::Events::Rule")["NoticeRule"]["EventPattern"]);
    }
}

/// Whether a function runs with this role.
fn is_of_function(role: &str) -> bool {
    resources("AWS::Serverless::Function").values().any(|function| target(&function["Role"]) == Some(role))
}

#[test]
fn a_bucket_of_policies_is_read_only_where_one_is_named() {
    let unless_empty = serde_json::json!([{ "Fn::Equals": [{ "Ref": "BundleBucket" }, ""] }]);
    assert_eq!(TEMPLATE["Conditions"]["HasBundleBucket"]["Fn::Not"], unless_empty);
    // The review of a push equals the later verdicts on its jobs, because both use the same bundle.
    for id in ["EnforcePolicy", "RecordCommit", "Reconcile"] {
        let function = resources("AWS::Serverless::Function")[id];
        let place = &function["Environment"]["Variables"]["SAGEWARDEN_BUNDLE"]["Fn::If"];
        assert_eq!((&place[0], &place[2]), (&"HasBundleBucket".into(), &"".into()));
        assert_eq!(place[1]["Fn::Sub"], "s3://${BundleBucket}/${BundlePrefix}");
        let role = resources("AWS::IAM::Role")[format!("{id}Role").as_str()];
        let policies = list(&role["Policies"]);
        let named = policies.iter().find(|policy| policy["Fn::If"][0] == "HasBundleBucket").unwrap();
        assert_eq!(target(&named["Fn::If"][2]), Some("AWS::NoValue"));
        let statements = &named["Fn::If"][1]["PolicyDocument"]["Statement"];
        let statements: Vec<&Value> = list(statements).into_iter().collect();
        assert_eq!(statements[0]["Action"], "s3:ListBucketVersions");
        assert_eq!(target(&statements[0]["Condition"]["StringEquals"]["s3:prefix"]), Some("BundlePrefix"));
        assert_eq!(statements[1]["Action"], serde_json::json!(["s3:GetObject", "s3:ListBucket"]));
        // The bucket itself can only be listed.
        assert!(list(&statements[1]["Resource"]).iter().all(|resource| {
            resource["Fn::Sub"].as_str().is_some_and(|arn| {
                arn.ends_with("${BundleBucket}") || arn.contains("${BundleBucket}/${BundlePrefix}")
            })
        }));
    }
}

/// Every statement of every role.
fn granted() -> Vec<(&'static str, &'static Value)> {
    let roles = resources("AWS::IAM::Role").into_iter();
    let policies =
        roles.flat_map(|(id, role)| list(&role["Policies"]).into_iter().map(move |policy| (id, policy)));
    policies
        .flat_map(|(id, policy)| statements(policy).into_iter().map(move |statement| (id, statement)))
        .collect()
}

#[test]
fn a_strangers_bucket_with_a_name_that_fits_is_refused() {
    let own = json!({ "Fn::If": ["HasDataAccounts", { "Fn::Split": [",", { "Fn::Sub": "${AWS::AccountId},${DataAccounts}" }] }, { "Ref": "AWS::AccountId" }] });
    let mut checked = 0;
    for (id, statement) in granted() {
        let is_s3 = texts(&statement["Action"]).iter().any(|action| action.starts_with("s3:"));
        // The stack's own bucket is named by its ARN.
        let named = list(&statement["Resource"]).into_iter();
        let by_name: Vec<&str> = named
            .filter_map(|place| place["Fn::Sub"].as_str())
            .filter(|arn| arn.contains(":s3:::"))
            .collect();
        if is_s3 && !by_name.is_empty() {
            assert_eq!(
                statement["Condition"]["StringEquals"]["s3:ResourceAccount"], own,
                "{id}: {by_name:?}"
            );
            checked += 1;
        }
    }
    assert!(checked >= 19, "{checked}");
}

#[test]
fn the_right_to_set_tags_moves_nothing_into_another_environment() {
    let may_tag = granted()
        .into_iter()
        .filter(|(_, statement)| texts(&statement["Action"]).contains(&"sagemaker:AddTags"));
    let conditions: Vec<&Value> = may_tag.map(|(_, statement)| &statement["Condition"]).collect();
    // `enforce-policy`, and `reconcile` where it is asked for.
    let own = json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["sagewarden:violation", "sagewarden:finding"] } });
    assert_eq!(conditions, [&own, &own]);
}

/// The folders of a bucket that a statement names, whichever way the template's conditions turn out; an empty one is the whole bucket.
fn below<'a>(bucket: &str, statement: &'a Value) -> Vec<&'a str> {
    let both = |place: &'a Value| match list(&place["Fn::If"]).as_slice() {
        [_, then, otherwise] => vec![*then, *otherwise],
        _ => vec![place],
    };
    let places = list(&statement["Resource"]).into_iter().flat_map(both);
    let arns = places.filter_map(|place| place["Fn::Sub"].as_str());
    let keys = arns.filter_map(|arn| arn.strip_prefix(format!("${{{bucket}.Arn}}/").as_str()));
    keys.filter_map(|key| key.strip_suffix('*')).map(|key| key.trim_end_matches('/')).collect()
}

#[test]
fn a_lock_on_evidence_is_asked_for_and_holds_for_nothing_that_has_to_go() {
    let parameter = &TEMPLATE["Parameters"]["EvidenceLock"];
    assert_eq!(texts(&parameter["AllowedValues"]), ["off", "GOVERNANCE", "COMPLIANCE"]);
    assert_eq!(parameter["Default"], "off", "a lock cannot be taken away");
    let off = json!([{ "Fn::Equals": [{ "Ref": "EvidenceLock" }, "off"] }]);
    assert_eq!(TEMPLATE["Conditions"]["HasEvidenceLock"]["Fn::Not"], off);
    for id in ["Evidence", "EvidencePolicy"] {
        assert_eq!(TEMPLATE["Resources"][id]["Condition"], "HasEvidenceLock", "{id}");
    }
    let bucket = resources("AWS::S3::Bucket")["Evidence"];
    assert_eq!(bucket["ObjectLockEnabled"], true);
    let retention = json!({ "Mode": { "Ref": "EvidenceLock" }, "Days": { "Ref": "EvidenceLockDays" } });
    let rule = json!({ "ObjectLockEnabled": "Enabled", "Rule": { "DefaultRetention": retention } });
    assert_eq!(bucket["ObjectLockConfiguration"], rule);
    let other = resources("AWS::S3::Bucket")["Quarantine"];
    assert!(other["ObjectLockEnabled"].is_null() && other["ObjectLockConfiguration"].is_null());
    for kept_apart in ["BucketEncryption", "PublicAccessBlockConfiguration", "VersioningConfiguration"] {
        assert_eq!(bucket[kept_apart], other[kept_apart], "{kept_apart}");
    }
    // With a lock evidence goes where it holds, without one where it went before; profiles and rejected records never do.
    for (role, statement) in granted() {
        let (locked, open) = (below("Evidence", statement), below("Quarantine", statement));
        for place in &locked {
            assert!(open.contains(place), "{role}: {place} has no place without a lock");
        }
        for place in open.iter().filter(|place| !locked.contains(place)) {
            assert!(*place == "profiles" || place.starts_with("rejected/"), "{role}: {place} is not locked");
        }
    }
    for (id, function) in
        resources("AWS::Serverless::Function").iter().filter(|(_, it)| it["Events"].is_object())
    {
        let variables = &function["Environment"]["Variables"];
        let either = json!({ "Fn::If": ["HasEvidenceLock", { "Ref": "Evidence" }, { "Ref": "Quarantine" }] });
        assert_eq!(variables["SAGEWARDEN_EVIDENCE_BUCKET"], either, "{id}");
        assert_eq!(target(&variables["SAGEWARDEN_QUARANTINE_BUCKET"]), Some("Quarantine"), "{id}");
    }
}

#[test]
fn evidence_is_written_by_those_who_make_it_and_deleted_by_nobody() {
    let locked = ["reports", "baselines", "manifests"];
    for (id, kept, most) in [
        (
            "Quarantine",
            [locked.as_slice(), &["rejected"]].concat(),
            vec!["reports", "baselines", "profiles", "manifests"],
        ),
        ("Evidence", vec![""], locked.to_vec()),
    ] {
        let policy = &resources("AWS::S3::BucketPolicy")[format!("{id}Policy").as_str()]["PolicyDocument"];
        let denied: Vec<&Value> =
            list(&policy["Statement"]).into_iter().filter(|each| each["Effect"] == "Deny").collect();
        let deletion =
            denied.iter().find(|each| texts(&each["Action"]).contains(&"s3:DeleteObjectVersion")).unwrap();
        assert_eq!(below(id, deletion), kept);
        assert!(deletion["Condition"].is_null(), "for nobody");
        let narrowed: Vec<&Value> =
            denied.into_iter().filter(|each| texts(&each["Action"]).contains(&"s3:PutObject")).collect();
        assert_eq!(narrowed.iter().flat_map(|each| below(id, each)).collect::<Vec<_>>(), most);
        // A role that may write to a partition is not denied it.
        for (role, statement) in granted() {
            let writes = texts(&statement["Action"]).contains(&"s3:PutObject");
            for place in below(id, statement).into_iter().filter(|_| writes) {
                for each in narrowed.iter().filter(|each| below(id, each).contains(&place)) {
                    let writers = list(&each["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]);
                    assert!(
                        writers.into_iter().any(|writer| target(writer) == Some(role)),
                        "{role} may not write {place}"
                    );
                }
            }
        }
    }
    let table = resources("AWS::DynamoDB::Table")["Table"];
    assert_eq!(table["DeletionProtectionEnabled"], true);
    for (id, log) in TEMPLATE["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, each)| each["Type"] == "AWS::Logs::LogGroup")
    {
        assert_eq!(
            (&log["DeletionPolicy"], &log["UpdateReplacePolicy"]),
            (&json!("Retain"), &json!("Retain")),
            "{id}"
        );
    }
}

#[test]
fn data_is_read_only_where_checksums_are_asked_for() {
    let asked = serde_json::json!([{ "Ref": "ReadChecksums" }, "true"]);
    assert_eq!(TEMPLATE["Conditions"]["ShouldReadChecksums"]["Fn::Equals"], asked);
    assert_eq!(TEMPLATE["Parameters"]["ReadChecksums"]["Default"], "false");
    let policies = list(&resources("AWS::IAM::Role")["RecordLineageRole"]["Policies"]);
    for policy in policies {
        let on_condition =
            policy["Fn::If"][0] == "ShouldReadChecksums" && policy["Fn::If"][2]["Ref"] == "AWS::NoValue";
        for statement in statements(policy) {
            if texts(&statement["Action"]).contains(&"s3:GetObject") {
                for place in list(&statement["Resource"]) {
                    let place = place["Fn::Sub"].as_str().unwrap();
                    // Permissions to explain a model, and to list its data.
                    let may_be_read = ["/*analysis.json", "/*.manifest", "/*manifest.json"];
                    assert!(on_condition || may_be_read.iter().any(|end| place.ends_with(end)), "{place}");
                }
            }
        }
    }
}

#[test]
fn manifests_do_not_expire_with_rejected_records() {
    let rules = &resources("AWS::S3::Bucket")["Quarantine"]["LifecycleConfiguration"]["Rules"];
    let prefixes: Vec<&Value> = list(rules).iter().map(|rule| &rule["Prefix"]).collect();
    assert_eq!(prefixes, ["profiles/", "reports/", "rejected/"], "nothing else expires");
}

#[test]
fn trial_components_may_be_changed_only_where_it_is_asked_for() {
    let asked = serde_json::json!([{ "Ref": "WriteBackCommit" }, "true"]);
    assert_eq!(TEMPLATE["Conditions"]["ShouldWriteBackCommit"]["Fn::Equals"], asked);
    assert_eq!(TEMPLATE["Parameters"]["WriteBackCommit"]["Default"], "false");
    let mut granted = Vec::new();
    for (id, role) in resources("AWS::IAM::Role") {
        for policy in list(&role["Policies"]) {
            let on_condition = policy["Fn::If"][0] == "ShouldWriteBackCommit"
                && policy["Fn::If"][2]["Ref"] == "AWS::NoValue";
            for statement in statements(policy) {
                if texts(&statement["Action"]).contains(&"sagemaker:UpdateTrialComponent") {
                    granted.push((id, on_condition));
                }
            }
        }
    }
    assert_eq!(granted, [("RecordLineageRole", true)]);
}

#[test]
fn roles_may_be_read_only_where_it_is_asked_for() {
    let asked = serde_json::json!([{ "Ref": "InspectRoles" }, "true"]);
    assert_eq!(TEMPLATE["Conditions"]["ShouldInspectRoles"]["Fn::Equals"], asked);
    assert_eq!(TEMPLATE["Parameters"]["InspectRoles"]["Default"], "false");
    let mut granted = BTreeSet::new();
    for (id, role) in resources("AWS::IAM::Role") {
        for policy in list(&role["Policies"]) {
            let on_condition =
                policy["Fn::If"][0] == "ShouldInspectRoles" && policy["Fn::If"][2]["Ref"] == "AWS::NoValue";
            for statement in statements(policy) {
                for action in texts(&statement["Action"]) {
                    let Some(operation) = action.strip_prefix("iam:") else { continue };
                    assert!(
                        on_condition && ["EnforcePolicyRole", "ReconcileRole"].contains(&id),
                        "{id}: {action}"
                    );
                    granted.insert(operation.to_owned());
                }
            }
        }
    }
    assert_eq!(granted.len(), 6, "{granted:?}");
}

#[test]
fn a_sweep_remedies_only_where_it_is_asked_for_and_can_be_turned_off() {
    let asked = json!([{ "Ref": "RemedyFound" }, "true"]);
    assert_eq!(TEMPLATE["Conditions"]["ShouldRemedyFound"]["Fn::Equals"], asked);
    assert_eq!(TEMPLATE["Parameters"]["RemedyFound"]["Default"], "false");
    for policy in list(&resources("AWS::IAM::Role")["ReconcileRole"]["Policies"]) {
        let on_condition = policy["Fn::If"][0] == "ShouldRemedyFound";
        for action in statements(policy).into_iter().flat_map(|statement| texts(&statement["Action"])) {
            let Some(operation) = action.strip_prefix("sagemaker:") else { continue };
            let reads = ["Describe", "Get", "List", "Search"].iter().any(|verb| operation.starts_with(verb));
            assert!(reads != on_condition, "{action}");
        }
    }
    assert_eq!(TEMPLATE["Parameters"]["HourlySweep"]["Default"], "on");
    let rule = resources("AWS::Events::Rule")["ReconcileClockRule"];
    assert_eq!(rule["State"]["Fn::If"], json!(["ShouldReconcile", "ENABLED", "DISABLED"]));
    // A clock that was turned off on purpose rings no alarm.
    let alarm = resources("AWS::CloudWatch::Alarm")["ReconcileClockRuleMissingAlarm"];
    assert_eq!(alarm["ActionsEnabled"]["Fn::If"], json!(["ShouldReconcile", true, false]));
}

#[test]
fn questions_over_a_url_are_off_unless_asked_for_and_always_signed() {
    assert_eq!(TEMPLATE["Parameters"]["LookupUrl"]["Default"], "off");
    assert_eq!(
        TEMPLATE["Conditions"]["HasLookupUrl"]["Fn::Equals"],
        serde_json::json!([{ "Ref": "LookupUrl" }, "on"])
    );
    let urls = resources("AWS::Lambda::Url");
    assert_eq!(urls.len(), 1);
    for (id, url) in urls {
        assert_eq!(url["AuthType"], "AWS_IAM", "{id}");
        assert_eq!(TEMPLATE["Resources"][id]["Condition"], "HasLookupUrl", "{id}");
    }
}

/// The template of a second function for one project, held against the first one.
#[test]
fn a_function_for_one_project_has_its_scope_its_role_and_one_who_may_ask() -> Result<()> {
    let second = template::load("infra/lookup.yaml")?;
    let (resources, first) = (&second["Resources"], resources("AWS::IAM::Role")["LookupLineageRole"]);
    let function = &resources["ScopedLookup"]["Properties"];
    assert_eq!(artefact(function), "lookup-lineage");
    let variables = &function["Environment"]["Variables"];
    let expected =
        json!({ "SAGEWARDEN_TABLE": { "Ref": "TableName" }, "SAGEWARDEN_LOOKUP_SCOPE": { "Ref": "Scope" } });
    assert_eq!(*variables, expected);
    let scope = &second["Parameters"]["Scope"];
    assert!(scope["Default"].is_null(), "a scope is said, or there is no function");
    assert!(
        !scope["AllowedPattern"].as_str().unwrap_or_default().starts_with('|'),
        "an empty one is everything"
    );
    assert_eq!(target(&function["Role"]), Some("ScopedLookupRole"));
    // The same rights as the first function, on the same two things.
    let role = &resources["ScopedLookupRole"]["Properties"];
    assert_eq!(role["AssumeRolePolicyDocument"], first["AssumeRolePolicyDocument"]);
    let actions = |role: &Value| -> Vec<Value> {
        statements(&role["Policies"][0]).into_iter().map(|statement| statement["Action"].clone()).collect()
    };
    assert_eq!((list(&role["Policies"]).len(), actions(role)), (1, actions(first)));
    let places: Vec<&Value> =
        statements(&role["Policies"][0]).into_iter().map(|statement| &statement["Resource"]).collect();
    let table = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${TableName}";
    assert_eq!(target(places[0]), Some("ScopedLookupLogs"));
    assert_eq!(places[1..], [&json!({ "Fn::Sub": table })]);
    let permission = &resources["ScopedLookupPermission"]["Properties"];
    assert_eq!(permission["Action"], "lambda:InvokeFunction");
    assert_eq!(
        (target(&permission["Principal"]), target(&permission["FunctionName"])),
        (Some("Asker"), Some("ScopedLookup"))
    );
    let kinds = resources.as_object().unwrap().values().map(|each| each["Type"].as_str().unwrap());
    assert!(kinds.clone().all(|kind| kind != "AWS::Lambda::Url"), "{:?}", kinds.collect::<Vec<_>>());
    // The policy of the stack's key admits logs whose names begin with the stack's name.
    let logs = &resources["ScopedLookupLogs"]["Properties"];
    assert_eq!(logs["LogGroupName"]["Fn::Sub"], "/aws/lambda/${Stack}-lookup-${Name}");
    Ok(())
}

#[test]
fn what_is_stored_is_encrypted_kept_and_recoverable() {
    let table = resources("AWS::DynamoDB::Table")["Table"];
    assert_eq!(target(&table["SSESpecification"]["KMSMasterKeyId"]), Some("Key"));
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "ttl");
    for id in ["Table", "Quarantine", "Key"] {
        assert_eq!(TEMPLATE["Resources"][id]["DeletionPolicy"], "Retain", "{id}");
        assert_eq!(TEMPLATE["Resources"][id]["UpdateReplacePolicy"], "Retain", "{id}");
    }
    let bucket = resources("AWS::S3::Bucket")["Quarantine"];
    let rule =
        &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"];
    assert_eq!(target(&rule["KMSMasterKeyID"]), Some("Key"));
    let open = bucket["PublicAccessBlockConfiguration"]
        .as_object()
        .map(|block| block.values().any(|each| *each != true));
    assert_eq!(open, Some(false));
}

#[test]
fn functions_get_the_variables_that_they_read() -> Result<()> {
    let source = |name: &str| fs::read_to_string(root().join("shared/lambda/src").join(name));
    let config = source("config.rs")? + &source("bundle.rs")?;
    for (id, function) in resources("AWS::Serverless::Function") {
        let main = fs::read_to_string(root().join("functions").join(artefact(function)).join("src/main.rs"))?;
        let given: BTreeSet<&str> = function["Environment"]["Variables"]
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys())
            .map(String::as_str)
            .collect();
        let mut read = BTreeSet::from(["SAGEWARDEN_TABLE"]);
        // Everything on a queue keeps what it rejects.
        if function["Events"].is_object() {
            read.extend(["SAGEWARDEN_QUARANTINE_BUCKET", "SAGEWARDEN_EVIDENCE_BUCKET"]);
        }
        for (call, names) in [
            ("Config::bus", ["SAGEWARDEN_BUS"].as_slice()),
            ("Config::home", &["SAGEWARDEN_ACCOUNT"]),
            ("Config::stack", &["SAGEWARDEN_STACK"]),
            ("Config::comments", &["SAGEWARDEN_COMMENTS"]),
            ("Config::lookup_scope", &["SAGEWARDEN_LOOKUP_SCOPE"]),
            ("bundle_in_force", &["SAGEWARDEN_BUNDLE", "SAGEWARDEN_MODE"]),
        ] {
            if uses(&main, call)? {
                read.extend(names);
            }
        }
        assert_eq!(given, read, "{id}");
        assert!(given.iter().all(|name| config.contains(&format!("\"{name}\""))), "{id}: {given:?}");
    }
    Ok(())
}

/// The name in an event of the bucket that the stack keeps evidence in.
const QUARANTINE: &str = "sagewarden-quarantine";

/// Whether an event matches a pattern: every field of the pattern is one of the values listed (or ends like one), and of `$or` one pattern
/// fits. "Creating Amazon EventBridge event patterns", EventBridge user guide, as far as the template goes.
fn matches(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| match name.as_str() {
            "$or" => list(pattern).into_iter().any(|pattern| matches(pattern, event)),
            name => matches(pattern, &event[name]),
        }),
        Value::Array(values) => values.iter().any(|value| match value["suffix"].as_str() {
            Some(suffix) => event.as_str().is_some_and(|text| text.ends_with(suffix)),
            None if value["prefix"].is_string() => {
                let begins =
                    |text: &str| value["prefix"].as_str().is_some_and(|prefix| text.starts_with(prefix));
                event.as_str().is_some_and(begins)
            }
            // The stack's own account or region; a test of its own holds that every rule asks for both.
            None if value["Fn::If"].get(0).is_some_and(|name| name == "HasEvidenceLock") => {
                event == QUARANTINE
            }
            // Without a bucket for reports, there is no such statement.
            None if value["Fn::If"].is_array() => false,
            None if value["Ref"].is_string() => true,
            None if value["anything-but"].is_array() => !list(&value["anything-but"]).contains(&event),
            None => value == event,
        }),
        _ => false,
    }
}

#[test]
fn every_event_reaches_the_functions_that_it_concerns() -> Result<()> {
    let routed = |event: &Value| -> Vec<&str> {
        let rules =
            resources("AWS::Events::Rule").into_iter().filter(|(_, rule)| rule["EventBusName"].is_null());
        // A rule that the clock triggers has its events to itself.
        let is_tick = event["detail-type"] == "Scheduled Event";
        let hit = rules.filter(|(_, rule)| {
            if is_tick {
                rule["ScheduleExpression"].is_string()
            } else {
                matches(&rule["EventPattern"], event)
            }
        });
        hit.filter_map(|(_, rule)| target(&rule["Targets"][0]["Arn"])?.strip_suffix("Queue")).collect()
    };
    let check = |file: &str, expect: &[&str]| -> Result<()> {
        let event: Value = serde_json::from_str(&fs::read_to_string(root().join("events").join(file))?)?;
        assert_eq!(routed(&event), expect, "{file}");
        Ok(())
    };
    check("aws.codecommit/repository-state-change/branch-updated.json", &["RecordCommit"])?;
    check("aws.codecommit/repository-state-change/tag-deleted.json", &["RecordCommit"])?;
    check("aws.sagemaker/training-job-state-change/in-progress.json", &["EnforcePolicy", "RecordLineage"])?;
    check(
        "aws.sagemaker/processing-job-state-change/completed.json",
        &["AlertDrift", "EnforcePolicy", "RecordLineage"],
    )?;
    check("aws.sagemaker/model-state-change/created.json", &["EnforcePolicy", "RecordLineage"])?;
    check("aws.sagemaker/endpoint-config-state-change/created.json", &["EnforcePolicy", "RecordLineage"])?;
    check("aws.sagemaker/endpoint-state-change/in-service.json", &["EnforcePolicy", "RecordLineage"])?;
    for judged_and_recorded in [
        "transform-job-state-change/in-progress",
        "hyperparameter-tuning-job-state-change/in-progress",
        "model-package-state-change/approved",
        "feature-group-state-change/created",
        "ground-truth-labeling-job-state-change/completed",
        "model-building-pipeline-execution-status-change/executing",
    ] {
        check(&format!("aws.sagemaker/{judged_and_recorded}.json"), &["EnforcePolicy", "RecordLineage"])?;
    }
    for only_judged in [
        "notebook-instance-state-change/in-service",
        "monitoring-schedule-state-change/only-the-resource-names-it",
        "api-call-via-cloudtrail/update-domain",
        "api-call-via-cloudtrail/delete-tags",
        "api-call-via-cloudtrail/delete-notebook-instance",
        "api-call-via-cloudtrail/delete-user-profile",
    ] {
        check(&format!("aws.sagemaker/{only_judged}.json"), &["EnforcePolicy"])?;
    }
    let written = |bucket: &str| {
        let object =
            serde_json::json!({ "key": "reports/v/e/sagewarden-data-quality/2026/03/03/10/evaluation.json" });
        let detail = serde_json::json!({ "bucket": { "name": bucket }, "object": object });
        serde_json::json!({ "source": "aws.s3", "detail-type": "Object Created", "detail": detail })
    };
    assert_eq!(routed(&written(QUARANTINE)), ["AlertDrift"]);
    assert_eq!(routed(&written("ds-data")), Vec::<&str>::new(), "anybody may have written it");
    let explained = |bucket: &str| {
        let object = serde_json::json!({ "key": "baselines/111122223333/eu-west-1/t/1/analysis.json" });
        let detail = serde_json::json!({ "bucket": { "name": bucket }, "object": object });
        serde_json::json!({ "source": "aws.s3", "detail-type": "Object Created", "detail": detail })
    };
    assert_eq!(routed(&explained(QUARANTINE)), ["AlertDrift"], "the reasons of a new model");
    assert_eq!(routed(&explained("ds-data")), Vec::<&str>::new());
    let rule = resources("AWS::Events::Rule")["EnforcePolicyCallRule"];
    let routed: BTreeSet<&str> = texts(&rule["EventPattern"]["detail"]["eventName"]).into_iter().collect();
    assert_eq!(routed, sagewarden_events::known_calls().collect());
    for call in ["create-training-job", "delete-training-job", "delete-model"] {
        let path = format!("aws.sagemaker/api-call-via-cloudtrail/{call}.json");
        check(&path, &["EnforcePolicy", "RecordLineage"])?;
    }
    let rule = resources("AWS::Events::Rule")["RecordLineageCallRule"];
    let routed: BTreeSet<&str> = texts(&rule["EventPattern"]["detail"]["eventName"]).into_iter().collect();
    let recorded = sagewarden_events::lineage_calls()
        .filter(|(name, kind)| NodeKind::of_resource(*kind).is_some() && *name != "DeleteEndpoint");
    // The endpoint's own events say when it came and went; the calls say who asked for what it runs.
    assert_eq!(routed, recorded.map(|(name, _)| name).collect());
    check("aws.s3/object-created/violations.json", &["AlertDrift"])?;
    check("aws.s3/object-created/without-version.json", &[])?;
    check(
        "aws.events/scheduled-event/hourly.json",
        &["AlertDrift", "DetectDrift", "EnforcePolicy", "Reconcile"],
    )?;
    check("not-ours/unknown-source.json", &[])?;
    check("not-ours/unknown-detail-type.json", &[])
}

/// A part of a tick reaches the queue of the function that published it, and is not mailed; every other notice is mailed.
#[test]
fn what_a_tick_hands_on_comes_back_to_its_function_and_to_nobody_else() -> Result<()> {
    let routed = |event: &Value| -> Vec<&str> {
        let rules = resources("AWS::Events::Rule").into_iter();
        let own = rules.filter(|(_, rule)| target(&rule["EventBusName"]) == Some("Bus"));
        let hit = own.filter(|(_, rule)| matches(&rule["EventPattern"], event));
        hit.filter_map(|(_, rule)| target(&rule["Targets"][0]["Arn"])).collect()
    };
    let folder = root().join("events/sagewarden/watch-continued");
    for (name, queue) in [
        ("schedules", "AlertDriftQueue"),
        ("the-list-goes-on", "AlertDriftQueue"),
        ("windows", "DetectDriftQueue"),
        ("labels", "DetectDriftQueue"),
        ("account", "ReconcileQueue"),
        ("the-account-goes-on", "ReconcileQueue"),
    ] {
        let event: Value = serde_json::from_str(&fs::read_to_string(folder.join(format!("{name}.json")))?)?;
        assert_eq!(routed(&event), [queue], "{name}");
    }
    let finding = serde_json::json!({ "source": "sagewarden", "detail-type": "Sagewarden Policy Violation" });
    assert_eq!(routed(&finding), ["Topic", "SlackDestination", "TeamsDestination"]);
    // The function that reads baselines needs this.
    assert_eq!(resources("AWS::Serverless::Function")["DetectDrift"]["MemorySize"], 1024);
    // The function that closes windows needs this.
    let clock = resources("AWS::Events::Rule")["DetectDriftClockRule"];
    assert_eq!(clock["ScheduleExpression"], "rate(5 minutes)");
    Ok(())
}

#[test]
fn a_mail_is_made_of_what_every_notice_has() -> Result<()> {
    let rule = resources("AWS::Events::Rule")["NoticeRule"];
    let transformer = &rule["Targets"][0]["InputTransformer"];
    let template = transformer["InputTemplate"].as_str().unwrap_or_default();
    // "InputTransformer", EventBridge API reference.
    assert!((1..=8_192).contains(&template.len()));
    // "For strings, quotes are required": "Common issues with transforming input", EventBridge user guide.
    assert!(
        template
            .lines()
            .all(|line| line.starts_with('"') && line.ends_with('"') && line.matches('"').count() == 2)
    );
    let paths = transformer["InputPathsMap"].as_object().ok_or("there are no paths")?;
    let used: BTreeSet<&str> =
        template.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(name, _)| name).collect();
    assert_eq!(used, paths.keys().map(String::as_str).collect());
    let envelope = ["$.detail-type", "$.account", "$.region", "$.time", "$.id"];
    let own = paths.values().filter_map(Value::as_str).filter(|path| !envelope.contains(path));
    assert_eq!(
        own.collect::<BTreeSet<_>>(),
        BTreeSet::from(["$.detail.about", "$.detail.advice", "$.detail.text"])
    );
    Ok(())
}

#[test]
fn rules_may_use_the_key_and_the_topic_without_a_condition_that_they_cannot_meet() {
    let key = &resources("AWS::KMS::Key")["Key"]["KeyPolicy"];
    let topic = &resources("AWS::SNS::TopicPolicy")["TopicPolicy"]["PolicyDocument"];
    for policy in [key, topic] {
        let events: Vec<&Value> = list(&policy["Statement"])
            .into_iter()
            .filter(|statement| statement["Principal"]["Service"] == "events.amazonaws.com")
            .collect();
        assert_eq!(events.len(), 1, "{policy}");
        assert_eq!(
            events[0]["Condition"],
            Value::Null,
            "EventBridge names no source account to encrypted topics"
        );
    }
}
