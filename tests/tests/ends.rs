//! Ends of the lineage: data sets of hubs with their feature groups, what inference routers lead to, and input that others make up.
#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test ends where something is missing")]

use futures::executor::block_on;
use sagewarden_events::{Actor, Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::Table;
use sagewarden_govern::{Ask, Failure, Question, Way, answer};
use sagewarden_lineage::answer::{Answer, Reply};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::{Alias, ComponentRow};
use sagewarden_lineage::table::{Attributes, Write};
use sagewarden_local::{Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, endpoint_config, model, training_job};
use serde_json::{Value, json};

const LOANS: &str = "credit/DataSet/loans/1.0.0";

fn caller() -> Actor {
    Actor { arn: Some("arn:aws:iam::111122223333:user/ana".to_owned()), ..Actor::default() }
}

fn lineage(system: &System, question: &Question) -> Answer {
    let reply = block_on(answer(&system.store, question, &|| false));
    let Ok(Reply::Lineage(answer)) = reply else { panic!("no lineage of {}: {reply:?}", question.entity) };
    *answer
}

/// The names of the nodes of a kind in the lineage of an entity.
fn names(system: &System, entity: &str, after: Option<i64>, kind: &str) -> Vec<String> {
    let answer = lineage(
        system,
        &Question { at: after.map(|after| at(after).to_string()), ..Question::about(entity) },
    );
    let nodes = answer.graph.nodes.values().filter(|node| node.id.kind().word() == kind);
    let mut names: Vec<String> = nodes.map(|node| node.name().to_owned()).collect();
    names.sort();
    names
}

fn call(name: &str, seconds: i64, request: &Value) -> String {
    json!({
        "id": format!("{name}-{seconds}"), "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "eu-west-1", "time": at(seconds), "resources": [],
        "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": name, "eventTime": at(seconds),
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
            "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana" },
            "requestParameters": request, "responseElements": null,
        },
    })
    .to_string()
}

/// A feature group, a data set that was extracted from it, and a training job that reads the data set; nothing is delivered.
fn extracted() -> Result<(Local, Resource)> {
    let local = Local::new()?;
    let group = json!({ "FeatureGroupName": "customers", "RecordIdentifierFeatureName": "id", "EventTimeFeatureName": "at" });
    let group = local.create(ResourceKind::FeatureGroup, &group, 0)?;
    local.system.account.put_object("data", "athena/q.csv", b"rows", at(5))?;
    let document = json!({
        "DatasetType": "AGENT_GENERATED", "DatasetS3Bucket": "data", "DatasetS3Prefix": "athena/q.csv",
        "ContentMetadata": { "SourceFeatureGroups": [group.arn()], "ExtractionMethod": "FeatureStoreDatasetBuilder" },
    });
    let content = json!({
        "HubName": "credit", "HubContentType": "DataSet", "HubContentName": "loans", "HubContentVersion": "1.0.0",
        "DocumentSchemaVersion": "2.0.0", "HubContentDocument": document.to_string(),
    });
    let content = local.create(ResourceKind::HubContent, &content, 10)?;
    assert_eq!(content.name, LOANS);
    let mut request = training_job("train", &[]);
    request["InputDataConfig"] = json!([{
        "ChannelName": "train", "DataSource": { "DatasetSource": { "DatasetArn": content.arn() } },
    }]);
    local.create(ResourceKind::TrainingJob, &request, 20)?;
    Ok((local, content))
}

#[test]
fn a_feature_group_leads_through_a_data_set_of_a_hub_to_the_job_that_reads_it() -> Result<()> {
    let (local, content) = extracted()?;
    local.settle()?;
    let of_job = local.inputs("training-job/train", "training-job")?;
    assert!(of_job.contains(&("channel/train".to_owned(), LOANS.to_owned())), "{of_job:?}");
    let mut of_dataset = local.inputs("training-job/train", "hub-dataset")?;
    of_dataset.sort();
    let expect = [("data", "athena/q.csv"), ("feature-group/customers", "customers")];
    assert_eq!(of_dataset, expect.map(|(role, name)| (role.to_owned(), name.to_owned())));
    // It is found as people name it, and stays when the hub has it no more.
    local.system.account.delete(&content, at(100))?;
    for entity in [format!("hub-content/{LOANS}"), content.arn()] {
        assert_eq!(names(&local.system, &entity, None, "feature-group"), ["customers"], "{entity}");
    }
    Ok(())
}

#[test]
fn a_data_set_that_is_gone_before_its_job_is_recorded_is_a_gap() -> Result<()> {
    let (local, content) = extracted()?;
    local.system.account.delete(&content, at(30))?;
    local.settle()?;
    let gaps = local.lineage("training-job/train")?["missing"].to_string();
    let words = format!("content of a hub `{LOANS}` was deleted before it could be recorded");
    assert!(gaps.contains(&words), "{gaps}");
    Ok(())
}

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:sagemaker:eu-west-1:111122223333:{kind}/{name}")
}

fn targets(arns: &[String]) -> Value {
    let destinations: Vec<Value> = arns.iter().map(|arn| json!({ "ResourceArn": arn })).collect();
    json!([{ "Name": "credit", "Destinations": destinations }])
}

/// The endpoint `prod` serves `m`, and a router sends requests to these places.
fn routed(arns: &[String]) -> Result<(Local, Resource)> {
    let local = Local::new()?;
    local.serve()?;
    local.create(ResourceKind::Model, &model("other"), 110)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c2", "other"), 111)?;
    let request = json!({ "InferenceRouterName": "credit", "RoutingTargets": targets(arns) });
    let router = local.create(ResourceKind::InferenceRouter, &request, 150)?;
    local.settle()?;
    Ok((local, router))
}

const ROUTER: &str = "inference-router/credit";

#[test]
fn a_router_leads_to_what_its_endpoint_runs_now_and_then() -> Result<()> {
    let (local, _) = routed(&[arn("endpoint", "prod")])?;
    let system = &local.system;
    assert_eq!(names(system, ROUTER, None, "model"), ["m"]);
    system.account.update_endpoint("prod", "c2", Some(&caller()), at(300))?;
    let endpoint = system.account.resource(ResourceKind::Endpoint, "prod");
    system.account.finish_endpoint(&endpoint, at(310))?;
    local.settle()?;
    assert_eq!(names(system, ROUTER, None, "model"), ["other"], "the router did not change");
    assert_eq!(names(system, ROUTER, Some(250), "model"), ["m"]);
    system.account.delete(&endpoint, at(400))?;
    local.settle()?;
    assert_eq!(names(system, ROUTER, None, "model"), Vec::<String>::new());
    assert_eq!(names(system, ROUTER, Some(350), "model"), ["other"]);
    Ok(())
}

#[test]
fn an_endpoint_leads_to_the_routers_that_send_requests_to_it_now() -> Result<()> {
    let (local, router) = routed(&[arn("endpoint", "prod")])?;
    let system = &local.system;
    let downstream = |entity: &str| -> Vec<String> {
        let question = Question { direction: Way::Downstream, ..Question::about(entity) };
        let answer = lineage(system, &question);
        let routers = answer.graph.nodes.values().filter(|node| node.id.kind().word() == "inference-router");
        routers.map(|node| node.id.to_string()).collect()
    };
    let first = format!("rtr#111122223333/eu-west-1/credit@{}", at(150).millis());
    assert_eq!(downstream("endpoint/prod"), [first.as_str()]);
    assert_eq!(downstream("model/m"), [first.as_str()]);

    let changed = json!({ "RoutingTargets": targets(&[arn("endpoint", "elsewhere")]) });
    system.account.update(&router, &changed, at(500))?;
    local.deliver(&call("UpdateInferenceRouter", 500, &json!({ "inferenceRouterName": "credit" })))?;
    assert_eq!(downstream("endpoint/prod"), Vec::<String>::new(), "it sends them elsewhere");
    assert_eq!(names(system, ROUTER, None, "model"), Vec::<String>::new());
    assert_eq!(names(system, ROUTER, Some(450), "model"), ["m"], "the revision of that time");
    assert_eq!(names(system, &first, None, "model"), ["m"], "an identity names one revision");

    system.account.update(
        &router,
        &json!({ "RoutingTargets": targets(&[arn("endpoint", "prod")]) }),
        at(600),
    )?;
    local.deliver(&call("UpdateInferenceRouter", 600, &json!({ "inferenceRouterName": "credit" })))?;
    assert_eq!(downstream("endpoint/prod").len(), 1);
    system.account.delete(&router, at(700))?;
    local.deliver(&call("DeleteInferenceRouter", 700, &json!({ "inferenceRouterName": "credit" })))?;
    assert_eq!(downstream("endpoint/prod"), Vec::<String>::new(), "it is gone");
    Ok(())
}

#[test]
fn a_router_leads_to_what_its_component_runs_now_and_then() -> Result<()> {
    let (local, _) = routed(&[arn("inference-component", "challenger")])?;
    let system = &local.system;
    assert_eq!(names(system, ROUTER, None, "model"), Vec::<String>::new(), "the component is not there yet");
    let component = json!({
        "InferenceComponentName": "challenger", "EndpointName": "prod", "VariantName": "AllTraffic",
        "Specification": { "ModelName": "m" }, "RuntimeConfig": { "CopyCount": 1 },
    });
    let component = local.create(ResourceKind::InferenceComponent, &component, 140)?;
    system.account.finish_component(&component, true, at(145))?;
    // The same router, once the component is there.
    let router = system.account.resource(ResourceKind::InferenceRouter, "credit");
    system.account.update(&router, &json!({ "RoutingTargets": targets(&[component.arn()]) }), at(160))?;
    local.settle()?;
    local.deliver(&call("UpdateInferenceRouter", 160, &json!({ "inferenceRouterName": "credit" })))?;
    assert_eq!(names(system, ROUTER, None, "model"), ["m"]);

    let request =
        json!({ "InferenceComponentName": "challenger", "Specification": { "ModelName": "other" } });
    system.account.update_component("UpdateInferenceComponent", &request, &caller(), at(300))?;
    system.account.finish_component(&component, true, at(310))?;
    local.settle()?;
    assert_eq!(names(system, ROUTER, None, "model"), ["other"], "the router did not change");
    assert_eq!(names(system, ROUTER, Some(250), "model"), ["m"]);
    system.account.delete_component("challenger", &caller(), at(400))?;
    local.settle()?;
    assert_eq!(names(system, ROUTER, None, "model"), Vec::<String>::new());
    assert_eq!(names(system, ROUTER, None, "inference-component"), ["challenger"], "it is still named");
    Ok(())
}

#[test]
fn a_destination_elsewhere_is_a_gap_and_no_node() -> Result<()> {
    let elsewhere = "arn:aws:sagemaker:eu-west-1:444455556666:endpoint/prod";
    let region = "arn:aws:sagemaker:eu-central-1:111122223333:endpoint/prod";
    let (local, _) = routed(&[elsewhere.to_owned(), region.to_owned(), arn("model", "m")])?;
    assert_eq!(names(&local.system, ROUTER, None, "endpoint"), Vec::<String>::new());
    let gaps = local.lineage(ROUTER)?["missing"].to_string();
    for place in [elsewhere, region] {
        let words =
            format!("target/credit: `{place}` lies in another account or region: nothing is recorded of it");
        assert!(gaps.contains(&words), "{gaps}");
    }
    assert!(gaps.contains("model/m` is neither an endpoint nor a component"), "{gaps}");
    Ok(())
}

#[test]
fn a_call_that_is_reported_before_its_resource_can_be_described_is_tried_again() -> Result<()> {
    let local = Local::new()?;
    local.serve()?;
    local.settle()?;
    let component = json!({
        "inferenceComponentName": "early", "endpointName": "prod", "variantName": "AllTraffic",
        "specification": { "modelName": "m" },
    });
    let of_router = json!({ "inferenceRouterName": "credit", "routingTargets": [] });
    let retries = |body: &str, seconds: i64| -> Result<bool> {
        let handled = block_on(local.system.deliver(body, at(seconds)))?;
        let own = handled.iter().find(|each| each.function == "record-lineage").unwrap();
        Ok(matches!(own.outcome, Err(Failure::Retry(_))))
    };
    for body in
        [call("CreateInferenceComponent", 200, &component), call("CreateInferenceRouter", 200, &of_router)]
    {
        assert!(retries(&body, 210)?, "{body}");
        assert_eq!(local.lineage("endpoint/prod")?["missing"].to_string().matches("early").count(), 0);
    }
    // Minutes later it is taken for gone.
    assert!(!retries(&call("CreateInferenceComponent", 200, &component), 600)?);
    assert!(local.lineage("endpoint/prod")?["missing"].to_string().contains("`early` was deleted before"));
    assert!(!retries(&call("CreateInferenceRouter", 200, &of_router), 600)?);
    Ok(())
}

#[test]
fn other_partitions_are_recorded_and_found_by_their_own_arns() -> Result<()> {
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        let git = tempfile::TempDir::new()?;
        let bundle = Bundle::embedded()?.with_settings(SETTINGS)?;
        let system = System::new(Store::in_memory()?, git.path(), bundle, Story::ACCOUNT, region)?;
        let create =
            |kind, request: &Value, after| system.account.create(kind, request, Some(&caller()), at(after));
        create(ResourceKind::Model, &model("m"), 0)?;
        create(ResourceKind::Model, &model("other"), 0)?;
        create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 1)?;
        let request = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
        let endpoint = create(ResourceKind::Endpoint, &request, 2)?;
        system.account.finish_endpoint(&endpoint, at(50))?;
        let component = json!({
            "InferenceComponentName": "challenger", "EndpointName": "prod", "VariantName": "AllTraffic",
            "Specification": { "ModelName": "other" }, "RuntimeConfig": { "CopyCount": 1 },
        });
        let component = create(ResourceKind::InferenceComponent, &component, 60)?;
        system.account.finish_component(&component, true, at(61))?;
        let request =
            json!({ "InferenceRouterName": "credit", "RoutingTargets": targets(&[endpoint.arn()]) });
        let router = create(ResourceKind::InferenceRouter, &request, 70)?;
        block_on(system.settle())?;
        assert!(router.arn().starts_with(&format!("arn:{partition}:sagemaker:{region}:")), "{router:?}");
        for entity in [endpoint.arn(), router.arn()] {
            assert_eq!(names(&system, &entity, None, "model"), ["m", "other"], "{entity}");
        }
        assert_eq!(names(&system, &component.arn(), None, "model"), ["other"]);
    }
    Ok(())
}

/// Every question stays within its limits, and says so if it could not read everything.
#[test]
fn a_thousand_components_on_one_endpoint_are_read_within_the_limits_of_an_answer() -> Result<()> {
    let local = Local::new()?;
    local.serve()?;
    local.settle()?;
    let endpoint = NodeId::endpoint(&local.system.account.resource(ResourceKind::Endpoint, "prod"));
    let mut record = Record::default();
    record.fact(&endpoint, "components", "true".into());
    for number in 0..1_000 {
        let component =
            local.system.account.resource(ResourceKind::InferenceComponent, &format!("c{number:04}"));
        let since = Timestamp::from_millis(at(200).millis() + number);
        let version = NodeId::resource(&component, since).unwrap();
        let facts = Attributes::from([("ep".to_owned(), endpoint.to_string().into())]);
        record.node(&version, &component.name, Some(since), facts);
        record.alias(Alias::name("inference-component", &component.name), &version);
        let row = ComponentRow { endpoint: endpoint.clone(), version };
        record.writes.push(Write::Put(row.item()));
    }
    block_on(local.system.store.write(&record.writes))?;
    let answer = lineage(&local.system, &Question::about("endpoint/prod"));
    let components = answer.graph.nodes.keys().filter(|id| id.kind().word() == "inference-component").count();
    assert_eq!((components, answer.graph.stopped_by), (1_000, None));
    assert!(answer.requests <= 40, "{} requests", answer.requests);
    let few = lineage(&local.system, &Question { max_nodes: Some(50), ..Question::about("endpoint/prod") });
    assert!(few.graph.nodes.len() <= 50 && few.graph.stopped_by.is_some(), "{:?}", few.graph.stopped_by);
    // One more is recorded.
    let one = json!({
        "InferenceComponentName": "last", "EndpointName": "prod", "VariantName": "AllTraffic",
        "Specification": { "ModelName": "m" }, "RuntimeConfig": { "CopyCount": 1 },
    });
    local.create(ResourceKind::InferenceComponent, &one, 300)?;
    local.settle()?;
    let question = Question { ask: Ask::Impact, ..Question::about("model/m") };
    let Reply::Impact(impact) = block_on(answer_of(&local, &question))? else { panic!("no impact") };
    assert!(impact.endpoints.iter().any(|live| live.component.as_deref() == Some("last")), "{impact:?}");
    Ok(())
}

async fn answer_of(local: &Local, question: &Question) -> Result<Reply> {
    Ok(answer(&local.system.store, question, &|| false).await?)
}
