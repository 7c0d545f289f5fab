//! The contract of the account, its remedies and the source control, for the simulated ones and for the AWS adapters, which reach the same
//! account over HTTP.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_codecommit::CodeCommit;
use sagewarden_events::{
    Actor, Change, CommitId, Corrections, Markdown, Repository, Resource, ResourceKind, Timestamp,
};
use sagewarden_govern::ports::{
    Account, ChangedFile, Comment, ModelUse, PortErrorKind, Remedies, SourceControl, Stopped,
};
use sagewarden_local::{LocalGit, NewCommit, SimulatedAccount, Store};
use sagewarden_sagemaker::SageMakerAccount;
use sagewarden_tests::aws::REGION;
use sagewarden_tests::emulator::{ACCOUNT, config};
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::{Result, now};
use serde_json::{Value, json};
use tempfile::TempDir;

struct World {
    account: SimulatedAccount,
    git: LocalGit,
    _folder: TempDir,
}

impl World {
    fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let git = LocalGit::new(folder.path())?;
        let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
        Ok(Self { account, git, _folder: folder })
    }

    fn create(&self, kind: ResourceKind, request: &Value) -> Result<Resource> {
        Ok(self.account.create(kind, request, None, now())?)
    }
}

#[tokio::test]
async fn the_simulated_account_keeps_the_contract() -> Result<()> {
    let world = World::new()?;
    contract(&world, &world.account, &world.git).await
}

#[tokio::test]
async fn the_aws_adapters_keep_the_contract() -> Result<()> {
    let world = World::new()?;
    let simulator = Simulator::start(world.account.clone(), world.git.clone()).await?;
    let config = config(&simulator.url()).await;
    let account = SageMakerAccount::new(&config);
    contract(&world, &account, &CodeCommit::new(&config)).await?;

    // A refusal is not taken for an absence.
    let job = world.account.resource(ResourceKind::TrainingJob, "t");
    simulator.refuse_next("SageMaker.DescribeTrainingJob");
    let error = account.describe(&job).await.err().ok_or("a refused call succeeded")?;
    assert_eq!(error.kind(), PortErrorKind::Denied);
    assert_eq!(error.to_string(), "describe training job `t`: AccessDeniedException: not now");
    Ok(())
}

async fn contract(
    world: &World,
    account: &(impl Account + Remedies),
    source: &impl SourceControl,
) -> Result<()> {
    descriptions_are_the_services_own(world, account).await?;
    a_description_has_the_name_that_its_owner_gave(world, account).await?;
    what_does_not_exist_is_absent(world, account).await?;
    every_kind_is_described(world, account).await?;
    jobs_stop_once(world, account).await?;
    everything_that_runs_can_be_stopped(world, account).await?;
    settings_are_changed_in_place(world, account).await?;
    marks_and_schedules_are_found(world, account).await?;
    executions_are_listed_from_a_time_on(world, account).await?;
    policies_are_found_while_they_are_there(world, account).await?;
    endpoints_are_listed(world, account).await?;
    models_in_use_are_known(world, account).await?;
    commits_are_found(world, source).await?;
    changes_are_listed_and_read(world, source).await?;
    a_comment_is_posted_once(world, source).await
}

async fn descriptions_are_the_services_own(world: &World, account: &impl Account) -> Result<()> {
    let request = json!({
        "TrainingJobName": "t",
        "AlgorithmSpecification": { "TrainingImage": "i", "TrainingInputMode": "File" },
        "HyperParameters": { "Max_Depth": "5" },
        "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30 },
        "OutputDataConfig": { "S3OutputPath": "s3://b/o", "KmsKeyId": "" },
        // Not in any version of the API: what this SDK does not know is not lost.
        "FieldOfTheFuture": { "Value": [1, 2] },
        "Tags": [{ "Key": "CommitId", "Value": "c" }, { "Key": "Empty", "Value": "" }],
    });
    let job = world.create(ResourceKind::TrainingJob, &request)?;
    let described = account.describe(&job).await?.ok_or("the job is not there")?;
    assert_eq!(described.resource, job);
    assert_eq!(described.document, world.account.describe_document(&job)?);
    assert_eq!(described.document["FieldOfTheFuture"]["Value"][1], 2);
    let tags = BTreeMap::from([("CommitId".to_owned(), "c".to_owned()), ("Empty".to_owned(), String::new())]);
    assert_eq!(account.tags(&job).await?, tags);
    Ok(())
}

async fn a_description_has_the_name_that_its_owner_gave(world: &World, account: &impl Account) -> Result<()> {
    let model = json!({ "ModelName": "m", "PrimaryContainer": { "Image": "i" }, "ExecutionRoleArn": "r" });
    world.create(ResourceKind::Model, &model)?;
    let config = json!({ "EndpointConfigName": "c", "ProductionVariants": [{ "VariantName": "v", "ModelName": "m" }] });
    world.create(ResourceKind::EndpointConfig, &config)?;
    world.create(ResourceKind::Endpoint, &json!({ "EndpointName": "Prod", "EndpointConfigName": "c" }))?;
    // Endpoint names ignore case, and ARNs in events may be in lower case.
    let asked = world.account.resource(ResourceKind::Endpoint, "prod");
    let described = account.describe(&asked).await?.ok_or("the endpoint is not there")?;
    assert_eq!(described.resource.name, "Prod");
    Ok(())
}

async fn what_does_not_exist_is_absent(world: &World, account: &impl Account) -> Result<()> {
    for kind in ResourceKind::ALL {
        let name = match kind {
            ResourceKind::UserProfile | ResourceKind::Space => "d-1/nobody",
            ResourceKind::App => "d-1/nobody/JupyterLab/default",
            ResourceKind::PipelineExecution => "p/execution/nobody",
            ResourceKind::Job => "AgentRFT/nobody",
            ResourceKind::HubContent => "h/Model/nobody",
            _ => "nobody",
        };
        let resource = world.account.resource(kind, name);
        assert_eq!(account.describe(&resource).await?, None, "{kind}");
        assert_eq!(account.tags(&resource).await?, BTreeMap::new(), "{kind}");
    }
    Ok(())
}

/// A description of each kind that has controls.
fn documents() -> Result<Vec<(Resource, Value)>> {
    let folder = sagewarden_tests::root().join("shared/policy/tests/documents");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(entry?.path())?)?;
        let text = |field: &str| kept[field].as_str().unwrap_or_default().to_owned();
        let arn = format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:{}/{}", text("kind"), text("name"));
        found.push((Resource::parse_arn(&arn)?, kept["document"].clone()));
    }
    Ok(found)
}

async fn every_kind_is_described(world: &World, account: &impl Account) -> Result<()> {
    let documents = documents()?;
    assert_eq!(documents.len(), 36);
    for (resource, document) in documents {
        world.account.take_in(&resource, &document, &BTreeMap::new())?;
        let described = account.describe(&resource).await?.ok_or("it is not there")?;
        assert_eq!((&described.resource, &described.document), (&resource, &document));
    }
    for kind in [
        ResourceKind::ModelBiasDefinition,
        ResourceKind::ModelQualityDefinition,
        ResourceKind::ModelExplainabilityDefinition,
        ResourceKind::DataQualityDefinition,
    ] {
        let resource = world.account.resource(kind, "d");
        let document =
            json!({ "JobDefinitionName": "d", "JobDefinitionArn": resource.arn(), "RoleArn": "r" });
        world.account.take_in(&resource, &document, &BTreeMap::new())?;
        assert_eq!(account.describe(&resource).await?.map(|found| found.document), Some(document), "{kind}");
    }
    for (kind, field) in [
        (ResourceKind::Pipeline, "PipelineName"),
        (ResourceKind::LifecycleConfig, "NotebookInstanceLifecycleConfigName"),
    ] {
        let resource = world.account.resource(kind, "d");
        let document = json!({ field: "d" });
        world.account.take_in(&resource, &document, &BTreeMap::new())?;
        assert_eq!(account.describe(&resource).await?.map(|found| found.document), Some(document), "{kind}");
    }
    Ok(())
}

async fn everything_that_runs_can_be_stopped(
    world: &World,
    account: &(impl Account + Remedies),
) -> Result<()> {
    let mut stopped = 0;
    for (resource, _) in documents()? {
        match account.stop(&resource).await {
            Ok(answer) => {
                assert_eq!(answer, Stopped::Requested, "{resource}");
                assert_eq!(account.stop(&resource).await?, Stopped::Already, "{resource}");
                let field = resource.kind.status_field().ok_or("what stops has a state")?;
                assert_eq!(world.account.describe_document(&resource)?[field], "Stopping", "{resource}");
                stopped += 1;
            }
            Err(error) => assert_eq!(error.kind(), PortErrorKind::Invalid, "{error}"),
        }
    }
    assert_eq!(stopped, 13, "eleven kinds of job, notebook instances, pipeline executions");
    Ok(())
}

async fn settings_are_changed_in_place(world: &World, account: &(impl Account + Remedies)) -> Result<()> {
    let of = |wanted: ResourceKind| -> Result<(Resource, Value)> {
        let found = documents()?.into_iter().find(|(resource, _)| resource.kind == wanted);
        Ok(found.ok_or("there is no such document")?)
    };
    let changes: [(ResourceKind, &[Change], Value, &str, Value); 6] = [
        (
            ResourceKind::TrainingJob,
            &[Change::DisableRemoteDebug],
            json!({ "RemoteDebugConfig": { "EnableRemoteDebug": true } }),
            "/RemoteDebugConfig/EnableRemoteDebug",
            json!(false),
        ),
        (
            ResourceKind::NotebookInstance,
            &[Change::DisableRootAccess, Change::RequireMetadataV2, Change::ReplacePlatform],
            json!({ "NotebookInstanceStatus": "Stopped", "PlatformIdentifier": "old", "RootAccess": "Enabled" }),
            "/PlatformIdentifier",
            json!("new"),
        ),
        (
            ResourceKind::Domain,
            &[Change::RouteThroughVpc, Change::NameTheUser, Change::PropagateTags, Change::DisableDocker],
            json!({ "DomainSettings": { "DockerSettings": { "EnableDockerAccess": "ENABLED" } } }),
            "/DomainSettings/DockerSettings/EnableDockerAccess",
            json!("DISABLED"),
        ),
        (
            ResourceKind::Space,
            &[Change::DisableRemoteAccess],
            json!({ "SpaceSettings": { "RemoteAccess": "ENABLED" } }),
            "/SpaceSettings/RemoteAccess",
            json!("DISABLED"),
        ),
        (
            ResourceKind::ModelPackage,
            &[Change::WithdrawApproval],
            json!({ "ModelApprovalStatus": "Approved" }),
            "/ModelApprovalStatus",
            json!("PendingManualApproval"),
        ),
        (
            ResourceKind::MonitoringSchedule,
            &[Change::StartSchedule],
            json!({ "MonitoringScheduleStatus": "Stopped" }),
            "/MonitoringScheduleStatus",
            json!("Scheduled"),
        ),
    ];
    for (kind, settings, before, at, expect) in changes {
        let (resource, mut document) = of(kind)?;
        for (field, value) in before.as_object().into_iter().flatten() {
            document[field] = value.clone();
        }
        world.account.take_in(&resource, &document, &BTreeMap::new())?;
        let settings = settings.iter().copied().collect();
        account.change(&resource, &Corrections { settings, platform: Some("new".to_owned()) }).await?;
        assert_eq!(world.account.describe_document(&resource)?.pointer(at), Some(&expect), "{kind}");
    }
    let (domain, _) = of(ResourceKind::Domain)?;
    let docker = Corrections { settings: [Change::DisableDocker].into(), platform: None };
    let error = account.change(&domain, &docker).await.err().ok_or("it is being changed")?;
    assert_eq!(error.kind(), PortErrorKind::Unavailable, "{error}");
    world.account.finish_update(&domain, now())?;
    account.change(&domain, &docker).await?;
    let (notebook, _) = of(ResourceKind::NotebookInstance)?;
    account.start(&notebook).await?;
    assert_eq!(world.account.describe_document(&notebook)?["NotebookInstanceStatus"], "InService");
    assert!(account.start(&notebook).await.is_err(), "what runs cannot be started");
    let (app, _) = of(ResourceKind::App)?;
    let delete = Corrections { settings: [Change::DeleteApp].into(), platform: None };
    account.change(&app, &delete).await?;
    assert_eq!(account.describe(&app).await?, None);
    let (model, _) = of(ResourceKind::Model)?;
    let refused = account.change(&model, &delete).await.err().map(|error| error.kind());
    assert_eq!(refused, Some(PortErrorKind::Invalid), "a model has nothing that could be changed");
    Ok(())
}

async fn marks_and_schedules_are_found(world: &World, account: &(impl Account + Remedies)) -> Result<()> {
    let config = world.account.resource(ResourceKind::EndpointConfig, "c");
    for value in ["one", "two"] {
        account.mark(&config, &[("sagewarden:violation", value), ("sagewarden:finding", "f")]).await?;
    }
    let tags = account.tags(&config).await?;
    assert_eq!(tags.get("sagewarden:violation").map(String::as_str), Some("two"));
    assert_eq!(tags.get("sagewarden:finding").map(String::as_str), Some("f"));
    let endpoint = world.account.resource(ResourceKind::Endpoint, "prod");
    assert_eq!(account.schedules_of(&endpoint).await?, json!({ "MonitoringScheduleSummaries": [] }));
    for name in ["a", "b"] {
        let input =
            json!({ "EndpointInput": { "EndpointName": "prod", "LocalPath": "/opt/ml/processing/input" } });
        let config = json!({ "MonitoringJobDefinition": { "MonitoringInputs": [input] }, "MonitoringType": "DataQuality" });
        let request = json!({ "MonitoringScheduleName": name, "MonitoringScheduleConfig": config });
        world.create(ResourceKind::MonitoringSchedule, &request)?;
    }
    let listed = account.schedules_of(&endpoint).await?;
    let schedules = listed["MonitoringScheduleSummaries"].as_array().ok_or("there is a list")?;
    assert_eq!(schedules.len(), 2);
    assert!(schedules.iter().all(|schedule| schedule["MonitoringScheduleStatus"] == "Scheduled"));
    Ok(())
}

async fn policies_are_found_while_they_are_there(world: &World, account: &impl Account) -> Result<()> {
    let group = json!({ "ModelPackageGroupName": "opened" });
    world.create(ResourceKind::ModelPackageGroup, &group)?;
    let caller = Actor { arn: Some("arn:aws:iam::111122223333:user/ana".to_owned()), ..Actor::default() };
    for (kind, name) in [(ResourceKind::Endpoint, "Prod"), (ResourceKind::ModelPackageGroup, "opened")] {
        let resource = world.account.resource(kind, name);
        assert_eq!(account.policy_of(&resource).await?, None, "{resource}");
        world.account.put_policy(&resource, "{\"Statement\": []}", &caller, now())?;
        let found = account.policy_of(&resource).await?.ok_or("it has a policy")?;
        assert_eq!(found["ResourcePolicy"], "{\"Statement\": []}", "{resource}");
        world.account.delete_policy(&resource, &caller, now())?;
        assert_eq!(account.policy_of(&resource).await?, None, "{resource}");
        assert_eq!(account.policy_of(&world.account.resource(kind, "nobody")).await?, None);
    }
    Ok(())
}

async fn endpoints_are_listed(world: &World, account: &impl Account) -> Result<()> {
    let request = json!({ "EndpointName": "listed", "EndpointConfigName": "c" });
    let endpoint = world.create(ResourceKind::Endpoint, &request)?;
    for status in ["Creating", "InService"] {
        let listed = account.endpoints(None).await?;
        let mut all = listed.summaries.iter();
        let found = all.find(|each| each["EndpointName"] == "listed").ok_or("it is not listed")?;
        assert_eq!(found["EndpointStatus"], status);
        assert!(found["CreationTime"].is_number(), "{found}");
        world.account.finish_endpoint(&endpoint, now())?;
    }
    Ok(())
}

async fn executions_are_listed_from_a_time_on(world: &World, account: &impl Account) -> Result<()> {
    let other = json!({ "MonitoringScheduleName": "of-no-endpoint", "MonitoringScheduleConfig": {} });
    world.create(ResourceKind::MonitoringSchedule, &other)?;
    let listed = account.schedules(None).await?;
    let names: BTreeSet<&str> =
        listed.summaries.iter().filter_map(|schedule| schedule["MonitoringScheduleName"].as_str()).collect();
    assert!(names.is_superset(&BTreeSet::from(["a", "b", "of-no-endpoint"])), "{names:?}");

    let schedule = world.account.resource(ResourceKind::MonitoringSchedule, "a");
    let hour = |number: i64| Timestamp::from_millis((now().millis() / 3_600_000 - number) * 3_600_000);
    assert_eq!(
        account.executions_of(&schedule, hour(9)).await?,
        json!({ "MonitoringExecutionSummaries": [] })
    );
    world.account.fail_execution("a", "Job inputs had no data", hour(3))?;
    let request = json!({ "ProcessingJobName": "run", "MonitoringScheduleArn": schedule.arn() });
    let job = world.account.create(ResourceKind::ProcessingJob, &request, None, hour(1))?;
    world.account.fail_processing(&job, "AlgorithmError", now())?;
    let reasons = async |since: Timestamp| -> Result<Vec<String>> {
        let listed = account.executions_of(&schedule, since).await?;
        let list = listed["MonitoringExecutionSummaries"].as_array().cloned().unwrap_or_default();
        assert!(list.iter().all(|each| each["MonitoringExecutionStatus"] == "Failed"), "{list:?}");
        Ok(list.iter().filter_map(|each| each["FailureReason"].as_str().map(str::to_owned)).collect())
    };
    // The newest first, including the execution that was due at that very time.
    assert_eq!(reasons(hour(9)).await?, ["AlgorithmError", "Job inputs had no data"]);
    assert_eq!(reasons(hour(3)).await?, ["AlgorithmError", "Job inputs had no data"]);
    assert_eq!(reasons(hour(2)).await?, ["AlgorithmError"]);
    let nobody = world.account.resource(ResourceKind::MonitoringSchedule, "nobody");
    assert_eq!(account.executions_of(&nobody, hour(9)).await?, json!({ "MonitoringExecutionSummaries": [] }));
    Ok(())
}

async fn jobs_stop_once(world: &World, account: &impl Remedies) -> Result<()> {
    for (kind, name) in
        [(ResourceKind::TrainingJob, "TrainingJobName"), (ResourceKind::ProcessingJob, "ProcessingJobName")]
    {
        let job = world.create(kind, &json!({ name: "to-be-stopped" }))?;
        assert_eq!(account.stop(&job).await?, Stopped::Requested);
        assert_eq!(account.stop(&job).await?, Stopped::Already);
        world.account.finish_stop(&job, now())?;
        assert_eq!(account.stop(&job).await?, Stopped::Already);
    }
    let model = world.account.resource(ResourceKind::Model, "m");
    let error = account.stop(&model).await.err().ok_or("a model was stopped")?;
    assert_eq!(error.kind(), PortErrorKind::Invalid);
    let gone = world.account.resource(ResourceKind::TrainingJob, "nobody");
    let error = account.stop(&gone).await.err().ok_or("nothing was stopped")?;
    assert!(!error.is_retryable(), "{error}");
    Ok(())
}

async fn models_in_use_are_known(world: &World, account: &impl Remedies) -> Result<()> {
    let model = |name: &str| json!({ "ModelName": name, "PrimaryContainer": { "Image": "i" }, "ExecutionRoleArn": "r" });
    let used = world.create(ResourceKind::Model, &model("used"))?;
    let shadow = world.create(ResourceKind::Model, &model("shadow"))?;
    let unused = world.create(ResourceKind::Model, &model("unused"))?;
    for number in 0..12 {
        let name = format!("other-{number}");
        let config = json!({ "EndpointConfigName": name, "ProductionVariants": [{ "VariantName": "v", "ModelName": "shadow" }] });
        if number < 11 {
            world.create(ResourceKind::Model, &model(&name))?;
            let config = json!({ "EndpointConfigName": name, "ProductionVariants": [{ "VariantName": "v", "ModelName": name }] });
            world.create(ResourceKind::EndpointConfig, &config)?;
        } else {
            let mut config = config;
            config["ProductionVariants"][0]["ModelName"] = "used".into();
            config["ShadowProductionVariants"] = json!([{ "VariantName": "s", "ModelName": "shadow" }]);
            world.create(ResourceKind::EndpointConfig, &config)?;
        }
    }
    assert_eq!(
        account.model_use(&used, Timestamp::from_millis(0), 100).await?,
        ModelUse::UsedBy(vec!["other-11".into()])
    );
    assert_eq!(
        account.model_use(&shadow, Timestamp::from_millis(0), 100).await?,
        ModelUse::UsedBy(vec!["other-11".into()])
    );
    assert_eq!(account.model_use(&unused, Timestamp::from_millis(0), 100).await?, ModelUse::Unused);
    assert_eq!(
        account.model_use(&unused, Timestamp::from_millis(0), 5).await?,
        ModelUse::Unknown { looked_at: 5 }
    );
    let in_a_hundred_years = Timestamp::from_millis(4_926_000_000_000);
    assert_eq!(account.model_use(&used, in_a_hundred_years, 100).await?, ModelUse::Unused);
    account.delete_model(&unused).await?;
    account.delete_model(&unused).await?;
    assert!(world.account.describe_document(&unused).is_err());
    Ok(())
}

fn repository(name: &str) -> Repository {
    Repository { account: ACCOUNT.into(), region: REGION.into(), name: name.into() }
}

/// Pushes these files to a repository of this name.
fn push(world: &World, name: &str, files: &[(&str, &str)]) -> Result<CommitId> {
    world.git.create_repository(name)?;
    let at = Timestamp::from_millis(1_772_442_000_000);
    let new = NewCommit { branch: "main", files, message: "Work\n", author: ("Ana", "ana@example.com"), at };
    Ok(world.git.push(name, &new)?.0)
}

async fn changes_are_listed_and_read(world: &World, source: &impl SourceControl) -> Result<()> {
    let names: Vec<String> = (0..12).map(|number| format!("jobs/{number:02} ä.json")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "one")).collect();
    let first = push(world, "changes", &files)?;
    let second = push(world, "changes", &[("jobs/03 ä.json", "three"), ("new.json", "new"), ("empty", "")])?;
    let repository = repository("changes");
    let paths = |files: &[ChangedFile]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();

    let all = source.changes(&repository, None, &first, 12).await?.ok_or("nothing to compare")?;
    assert_eq!((paths(&all.files), all.complete), (names.clone(), true));
    let some = source.changes(&repository, None, &first, 11).await?.ok_or("nothing to compare")?;
    assert_eq!((paths(&some.files), some.complete), (names[..11].to_vec(), false));
    let between = source.changes(&repository, Some(&first), &second, 9).await?.ok_or("nothing to compare")?;
    assert_eq!(paths(&between.files), ["empty", "jobs/03 ä.json", "new.json"]);
    let back = source.changes(&repository, Some(&second), &first, 9).await?.ok_or("nothing to compare")?;
    assert_eq!(paths(&back.files), ["jobs/03 ä.json"], "what was deleted has no content");
    let same = source.changes(&repository, Some(&first), &first, 9).await?.ok_or("nothing to compare")?;
    assert_eq!((same.files, same.complete), (Vec::new(), true));

    let content = source.content(&repository, &between.files[1], 5).await?;
    assert_eq!(content.as_deref(), Some(b"three".as_slice()));
    assert_eq!(source.content(&repository, &between.files[1], 4).await?, None, "it is larger");
    assert_eq!(source.content(&repository, &between.files[0], 4).await?, Some(Vec::new()));

    let missing = CommitId::parse(&"0".repeat(40))?;
    assert_eq!(source.changes(&repository, Some(&missing), &first, 9).await?, None);
    assert_eq!(source.changes(&repository, None, &missing, 9).await?, None);
    assert_eq!(source.changes(&self::repository("nobody"), None, &first, 9).await?, None);
    let gone = ChangedFile { path: "gone.json".into(), blob: "0".repeat(40) };
    let error = source.content(&repository, &gone, 9).await.err().ok_or("it was read")?;
    assert!(!error.is_retryable(), "{error}");
    Ok(())
}

async fn a_comment_is_posted_once(world: &World, source: &impl SourceControl) -> Result<()> {
    let first = push(world, "comments", &[("a", "1")])?;
    let second = push(world, "comments", &[("a", "2")])?;
    let repository = repository("comments");
    let posted = || -> Result<Vec<(CommitId, String)>> {
        let comments = world.git.comments("comments")?;
        Ok(comments.into_iter().map(|comment| (comment.commit, comment.text)).collect())
    };
    let (text, others) = (Markdown::default().ours("**ä**\n- b"), Markdown::default().ours("other words"));
    let on_first =
        Comment { repository: &repository, parent: None, commit: &first, token: "t-1", text: &text };
    source.post(&on_first).await?;
    source.post(&on_first).await?;
    // With the same token, another text adds no second comment.
    source.post(&Comment { text: &others, ..on_first }).await?;
    assert_eq!(posted()?, [(first.clone(), "**ä**\n- b".to_owned())]);

    let longest = (0..Comment::MAX_CHARACTERS).fold(Markdown::default(), |text, _| text.ours("ä"));
    let on_second =
        Comment { parent: Some(&first), commit: &second, token: "t-2", text: &longest, ..on_first };
    source.post(&on_second).await?;
    assert_eq!(posted()?[1], (second, longest.as_str().to_owned()));
    Ok(())
}

async fn commits_are_found(world: &World, source: &impl SourceControl) -> Result<()> {
    world.git.create_repository("r")?;
    let commit = |message: &'static str, files: &'static [(&'static str, &'static str)]| NewCommit {
        branch: "main",
        files,
        message,
        author: ("Ana Ruiz-Łuk", "ana@example.com"),
        at: Timestamp::from_millis(1_772_442_000_000),
    };
    let (first, _) =
        world.git.push("r", &commit("First\n\nWith a body,\n\n  and its spaces.\n", &[("train.py", "1")]))?;
    let (second, old) = world.git.push("r", &commit("Second\n", &[("train.py", "2")]))?;
    assert_eq!(old.as_ref(), Some(&first));
    let found = source.commit(&repository("r"), &first).await?.ok_or("the commit is not there")?;
    assert_eq!(found.message, "First\n\nWith a body,\n\n  and its spaces.\n");
    assert_eq!(
        (found.author_name.as_str(), found.author_email.as_str()),
        ("Ana Ruiz-Łuk", "ana@example.com")
    );
    assert_eq!(found.authored_at, Some(Timestamp::from_millis(1_772_442_000_000)));
    assert_eq!(found.committed_at, Some(Timestamp::from_millis(1_772_442_000_000)));
    assert_eq!(found.parents, []);
    let found = source.commit(&repository("r"), &second).await?.ok_or("the commit is not there")?;
    assert_eq!(found.parents, std::slice::from_ref(&first));
    let author = ("Ana Ruiz-Łuk", "ana@example.com");
    let at = Timestamp::from_millis(1_772_442_060_000);
    let merge = world.git.commit_onto("r", &[&second, &first], "Merge", author, at)?;
    let found = source.commit(&repository("r"), &merge).await?.ok_or("the merge is not there")?;
    assert_eq!(found.parents, [second.clone(), first], "in git's order");
    let missing = CommitId::parse(&"0".repeat(40))?;
    assert_eq!(source.commit(&repository("r"), &missing).await?, None);
    assert_eq!(source.commit(&repository("nobody"), &second).await?, None);
    Ok(())
}
