//! The template and the code, held against each other: a role may do what the ports of its function do, and nothing else.
//!
//! Three lists meet here. Each adapter says what IAM has to allow for each method of its port (`ACTIONS`), and calls nothing else.
//! [`USES`] says which methods each function uses, where. The story, an execution of Model Monitor, the clock and every event in `events/` are played, and no
//! function uses anything that is not in its list.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "permissions/size.rs"]
mod size;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::rc::Rc;

use futures::executor::block_on;
use sagewarden_events::ResourceKind::{self, *};
use sagewarden_events::{Event, Resource, Timestamp, decode};
use sagewarden_govern::ports::PortError;
use sagewarden_govern::{KnownBaselines, Moment, SWEPT, route};
use sagewarden_lineage::fold;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::KINDS;
use sagewarden_local::{Call, Clock, Guard, Guarded, NoticeLog, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_sagemaker::actions;
use sagewarden_tests::calls::{calls_in, snake};
use sagewarden_tests::template::{list, resources, statements, target, texts};
use sagewarden_tests::{Result, files_below, guarded, monitor, root};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The calls of a function, their resources, and the conditions of the template under which it makes them.
struct Use {
    methods: &'static [&'static str],
    place: Place,
    condition: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// No object.
    Elsewhere,
    /// Files in buckets of others that are known by their names.
    Data,
    /// Any file in buckets of others.
    AllData,
    /// The stack's own bucket of rejected records and profiles. Its key admits everybody who may use the bucket.
    Own,
    /// The stack's own bucket of evidence, which may be the same.
    Evidence,
    /// The bucket of policies and settings.
    Bundle,
    /// The bucket that reports are written to.
    Reports,
}

struct Function {
    name: &'static str,
    role: &'static str,
    describes: &'static [ResourceKind],
    uses: &'static [Use],
    /// The partitions of the table that it writes, by [`PARTITIONS`].
    writes: &'static [&'static str],
}

/// The beginnings of the table's partition keys, as [`KINDS`] has them.
const IDENTITY: &str = "<identity>";
const PARTITIONS: [&str; 26] = [
    IDENTITY,
    "E#",
    "G#",
    "K#arrived",
    "K#attempt#",
    "K#call#",
    "K#captured",
    "K#endpoints",
    "K#erased",
    "K#found#",
    "K#git#",
    "K#judged#",
    "K#made#",
    "K#missed",
    "K#name#",
    "K#open",
    "K#quality",
    "K#s3#",
    "K#seen#",
    "K#sweep",
    "K#unindexed",
    "K#waived",
    "K#windows",
    "P#",
    "V#",
    "W#",
];

const fn always(place: Place, methods: &'static [&'static str]) -> Use {
    Use { methods, place, condition: None }
}

const fn when(condition: &'static str, place: Place, methods: &'static [&'static str]) -> Use {
    Use { methods, place, condition: Some(condition) }
}

const TABLE: &[&str] =
    &["Table::write", "Table::get", "Table::query", "Table::claim", "Table::settle", "Table::release"];
const BUNDLE: Use = when("HasBundleBucket", Place::Bundle, &["Objects::versions", "Objects::read"]);
const RECORDED: &[&str] = &["Objects::versions", "Objects::read_version"];

const REMEDIES: &[&str] = &[
    "Remedies::stop",
    "Remedies::change",
    "Remedies::start",
    "Remedies::mark",
    "Remedies::model_use",
    "Remedies::delete_model",
];

const FUNCTIONS: &[Function] = &[
    Function {
        name: "record-commit",
        writes: &[IDENTITY, "E#", "K#git#", "K#name#", "K#unindexed", "P#"],
        role: "RecordCommitRole",
        describes: &[],
        uses: &[
            always(Place::Elsewhere, TABLE),
            always(
                Place::Elsewhere,
                &[
                    "SourceControl::commit",
                    "SourceControl::changes",
                    "SourceControl::content",
                    "SourceControl::post",
                ],
            ),
            always(Place::Elsewhere, &["Bus::publish"]),
            BUNDLE,
        ],
    },
    Function {
        name: "enforce-policy",
        writes: &[IDENTITY, "E#", "K#erased", "K#found#", "K#judged#", "K#open", "K#waived", "V#"],
        role: "EnforcePolicyRole",
        describes: &[
            TrainingJob,
            ProcessingJob,
            TransformJob,
            TuningJob,
            AutoMlJob,
            CompilationJob,
            LabelingJob,
            OptimizationJob,
            RecommendationsJob,
            Job,
            TrainingSession,
            Model,
            ModelPackage,
            ModelPackageGroup,
            EndpointConfig,
            Endpoint,
            InferenceComponent,
            InferenceExperiment,
            InferenceRouter,
            Cluster,
            Hub,
            HubContent,
            PartnerApp,
            CodeRepository,
            TrackingServer,
            MlflowApp,
            MonitoringSchedule,
            DataQualityDefinition,
            ModelQualityDefinition,
            ModelBiasDefinition,
            ModelExplainabilityDefinition,
            NotebookInstance,
            LifecycleConfig,
            StudioLifecycleConfig,
            FeatureGroup,
            Pipeline,
            PipelineExecution,
            Domain,
            UserProfile,
            Space,
            App,
            Trial,
        ],
        uses: &[
            always(Place::Elsewhere, TABLE),
            always(Place::Elsewhere, &["Account::tags", "Account::schedules_of", "Account::policy_of"]),
            always(Place::Elsewhere, REMEDIES),
            // Any bucket, because the buckets that jobs read are not known in advance.
            always(Place::Elsewhere, &["Objects::versioning"]),
            always(Place::Elsewhere, &["SourceControl::commit", "Keys::manager", "Bus::publish"]),
            when("ShouldInspectRoles", Place::Elsewhere, &["Roles::grants"]),
            BUNDLE,
        ],
    },
    Function {
        name: "record-lineage",
        writes: &[
            IDENTITY,
            "K#call#",
            "K#endpoints",
            "K#git#",
            "K#made#",
            "K#name#",
            "K#s3#",
            "K#unindexed",
            "P#",
        ],
        role: "RecordLineageRole",
        describes: &[
            TrainingJob,
            ProcessingJob,
            Model,
            EndpointConfig,
            Endpoint,
            InferenceComponent,
            InferenceRouter,
            Trial,
            TransformJob,
            TuningJob,
            AutoMlJob,
            LabelingJob,
            OptimizationJob,
            ModelPackage,
            FeatureGroup,
            HubContent,
            PipelineExecution,
            MonitoringSchedule,
            Experiment,
            TrialComponent,
        ],
        uses: &[
            always(Place::Elsewhere, &["Table::write", "Table::get", "Table::query"]),
            always(Place::Elsewhere, &["Account::tags", "Account::steps_of", "Account::components_of"]),
            always(Place::Elsewhere, &["SourceControl::commit"]),
            always(Place::Data, RECORDED),
            always(Place::Evidence, &["Objects::keep_manifest"]),
            when("ShouldReadChecksums", Place::AllData, &["Objects::checksum"]),
            when("ShouldWriteBackCommit", Place::Elsewhere, &["Account::annotate"]),
        ],
    },
    Function {
        name: "alert-drift",
        writes: &[
            IDENTITY,
            "E#",
            "K#captured",
            "K#endpoints",
            "K#git#",
            "K#made#",
            "K#name#",
            "K#s3#",
            "K#unindexed",
            "P#",
        ],
        role: "AlertDriftRole",
        describes: &[
            TrainingJob,
            ProcessingJob,
            Model,
            EndpointConfig,
            Endpoint,
            MonitoringSchedule,
            Trial,
            TransformJob,
            TuningJob,
            AutoMlJob,
            ModelPackage,
            FeatureGroup,
            HubContent,
            Experiment,
            TrialComponent,
        ],
        uses: &[
            always(Place::Elsewhere, TABLE),
            always(
                Place::Elsewhere,
                &[
                    "Account::tags",
                    "Account::schedules",
                    "Account::endpoints",
                    "Account::executions_of",
                    "Account::components_of",
                ],
            ),
            always(Place::Elsewhere, &["SourceControl::commit", "Bus::publish"]),
            always(Place::Data, &["Objects::read"]),
            always(Place::Evidence, &["Objects::read"]),
            when("HasReportBucket", Place::Reports, &["Objects::read"]),
            always(Place::Data, RECORDED),
            always(Place::Evidence, &["Objects::keep_manifest"]),
        ],
    },
    Function {
        name: "detect-drift",
        writes: &["E#", "G#", "K#attempt#", "K#captured", "K#quality", "K#windows", "W#"],
        role: "DetectDriftRole",
        describes: &[
            Endpoint,
            EndpointConfig,
            Model,
            ModelPackage,
            MonitoringSchedule,
            DataQualityDefinition,
            ModelQualityDefinition,
            TrainingJob,
        ],
        uses: &[
            always(Place::Elsewhere, TABLE),
            always(Place::Elsewhere, &["Account::schedules_of", "Bus::publish"]),
            always(Place::Data, &["Objects::read", "Objects::entity_tag", "Files::stream"]),
            always(Place::Own, &["Objects::read", "Files::write"]),
            always(Place::Evidence, &["Objects::read", "Objects::entity_tag", "Files::write"]),
            when("ShouldReadTrainingData", Place::AllData, &["Objects::versions", "Files::stream"]),
            when("HasReportBucket", Place::Reports, &["Files::write"]),
        ],
    },
    Function {
        name: "reconcile",
        writes: &[
            IDENTITY,
            "E#",
            "K#arrived",
            "K#endpoints",
            "K#found#",
            "K#git#",
            "K#judged#",
            "K#made#",
            "K#missed",
            "K#name#",
            "K#open",
            "K#s3#",
            "K#seen#",
            "K#sweep",
            "K#unindexed",
            "K#waived",
            "P#",
            "V#",
        ],
        role: "ReconcileRole",
        describes: &ResourceKind::ALL,
        uses: &[
            always(Place::Elsewhere, TABLE),
            always(
                Place::Elsewhere,
                &[
                    "Account::tags",
                    "Account::schedules_of",
                    "Account::policy_of",
                    "Account::steps_of",
                    "Account::components_of",
                ],
            ),
            // For any bucket: the buckets that jobs read are not known beforehand.
            always(Place::Elsewhere, &["Objects::versioning"]),
            always(Place::Elsewhere, &["SourceControl::commit", "Keys::manager", "Bus::publish"]),
            always(Place::Data, RECORDED),
            always(Place::Evidence, &["Objects::keep_manifest"]),
            when("ShouldReadChecksums", Place::AllData, &["Objects::checksum"]),
            when("ShouldInspectRoles", Place::Elsewhere, &["Roles::grants"]),
            when("ShouldRemedyFound", Place::Elsewhere, REMEDIES),
            BUNDLE,
        ],
    },
    Function {
        name: "lookup-lineage",
        writes: &[],
        role: "LookupLineageRole",
        describes: &[],
        uses: &[always(Place::Elsewhere, &["Table::get", "Table::query"])],
    },
];

/// The function that lists every kind.
const SWEEPS: &str = "reconcile";

/// Calls that the template may not allow, and whose answer is optional: `alert-drift` records resources on its way as `record-lineage`
/// does, which makes these calls again.
const IN_VAIN: &[(&str, &str)] = &[("alert-drift", "Objects::checksum Data")];

/// On a queue, and in its log: what Lambda itself does on the function's behalf.
const ON_A_QUEUE: [&str; 3] = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
const IN_A_LOG: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
/// For its traces, where they are asked for.
const IN_A_TRACE: [&str; 2] = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

type Grant = (Option<String>, Place, String);

fn all_actions() -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
    let tables = [
        actions::ACTIONS,
        sagewarden_s3::ACTIONS,
        sagewarden_dynamodb::ACTIONS,
        sagewarden_eventbridge::ACTIONS,
        sagewarden_codecommit::ACTIONS,
        sagewarden_iam::ACTIONS,
        sagewarden_kms::ACTIONS,
    ];
    tables.into_iter().flatten()
}

fn actions_of(method: &str) -> &'static [&'static str] {
    all_actions().find(|(name, _)| *name == method).unwrap().1
}

/// A key belongs to no bucket. The right to use the keys of other buckets is one right; the key of the stack's own bucket needs none.
fn grant(condition: Option<&str>, place: Place, action: &str) -> Option<Grant> {
    let place = match (action, place) {
        ("kms:Decrypt" | "kms:GenerateDataKey", Place::Own | Place::Evidence) => return None,
        ("kms:Decrypt" | "kms:GenerateDataKey", _) => Place::Elsewhere,
        ("s3:ListBucket" | "s3:ListBucketVersions", Place::AllData) => Place::Data,
        (_, place) => place,
    };
    Some((condition.map(str::to_owned), place, action.to_owned()))
}

/// A right without a condition need not be granted under one.
fn without_the_superfluous(grants: BTreeSet<Grant>) -> BTreeSet<Grant> {
    let is_needed = |(condition, place, action): &Grant| {
        condition.is_none() || !grants.contains(&(None, *place, action.clone()))
    };
    grants.iter().filter(|grant| is_needed(grant)).cloned().collect()
}

fn needed(function: &Function) -> BTreeSet<Grant> {
    let described = function.describes.iter().map(|kind| actions::describing(*kind));
    let mut needed: BTreeSet<Grant> =
        described.filter_map(|action| grant(None, Place::Elsewhere, action)).collect();
    if function.name == SWEEPS {
        let listed = SWEPT.iter().flat_map(|kind| actions::listing(*kind));
        needed.extend(listed.filter_map(|action| grant(None, Place::Elsewhere, action)));
    }
    for Use { methods, place, condition } in function.uses {
        let actions = methods.iter().flat_map(|method| actions_of(method));
        needed.extend(actions.filter_map(|action| grant(*condition, *place, action)));
    }
    let mut base: Vec<&str> = IN_A_LOG.to_vec();
    if function.name != "lookup-lineage" {
        base.extend(ON_A_QUEUE);
        needed.extend(
            actions_of("Quarantine::keep").iter().filter_map(|action| grant(None, Place::Own, action)),
        );
    }
    needed.extend(base.into_iter().filter_map(|action| grant(None, Place::Elsewhere, action)));
    let traced =
        IN_A_TRACE.into_iter().filter_map(|action| grant(Some("HasTracing"), Place::Elsewhere, action));
    needed.extend(traced);
    without_the_superfluous(needed)
}

fn place_of(resource: &Value) -> Place {
    let text = resource.to_string();
    let places = [
        ("${DataBuckets}/*\"", Place::AllData),
        ("${DataBuckets}", Place::Data),
        ("${BundleBucket}", Place::Bundle),
        ("${ReportBucket}", Place::Reports),
        // Where it is not a bucket of its own, it is the quarantine.
        ("Evidence", Place::Evidence),
        ("Quarantine", Place::Own),
    ];
    places.into_iter().find(|(name, _)| text.contains(name)).map_or(Place::Elsewhere, |(_, place)| place)
}

fn granted(role: &str) -> BTreeSet<Grant> {
    let mut granted = BTreeSet::new();
    for policy in list(&resources("AWS::IAM::Role")[role]["Policies"]) {
        let condition = policy["Fn::If"][0].as_str();
        if condition.is_some() {
            assert_eq!(target(&policy["Fn::If"][2]), Some("AWS::NoValue"), "{role}");
        }
        for statement in statements(policy).into_iter().filter(|each| each["Effect"] == "Allow") {
            for action in texts(&statement["Action"]) {
                for resource in list(&statement["Resource"]) {
                    granted.insert((condition.map(str::to_owned), place_of(resource), action.to_owned()));
                }
                // Describing a key is not using it.
                if action.starts_with("kms:") && action != "kms:DescribeKey" {
                    let via = &statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Sub"];
                    assert_eq!(
                        via, "s3.${AWS::Region}.amazonaws.com",
                        "{role}: a key is used through S3 alone"
                    );
                }
            }
        }
    }
    granted
}

#[test]
fn a_role_may_do_what_its_function_does_and_nothing_else() {
    let mut wrong = String::new();
    for function in FUNCTIONS {
        let (granted, needed) = (granted(function.role), needed(function));
        for missing in needed.difference(&granted) {
            wrong += &format!("{} lacks {missing:?}\n", function.name);
        }
        for superfluous in granted.difference(&needed) {
            wrong += &format!("{} has no use for {superfluous:?}\n", function.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    // The role of the rules that write to chats is no function's.
    let mut roles: BTreeSet<&str> = resources("AWS::IAM::Role").into_keys().collect();
    assert!(roles.remove("ChatRole"));
    assert_eq!(roles, FUNCTIONS.iter().map(|function| function.role).collect());
}

/// The rights that every write needs.
const WRITES: [&str; 4] =
    ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

/// `dynamodb:LeadingKeys` holds the partition keys of a request ("Using IAM policy conditions for fine-grained access control", DynamoDB
/// developer guide).
#[test]
fn a_role_is_denied_every_partition_that_its_function_never_writes() {
    let starts = KINDS.iter().flat_map(|kind| kind.pk.split(", or ")).map(|pk| match pk.split('<').next() {
        None | Some("") => IDENTITY,
        // Verdicts on resources without a node, and on resources with one.
        Some("V#R#") => "V#",
        Some(start) => start,
    });
    assert_eq!(starts.collect::<BTreeSet<_>>(), PARTITIONS.into());
    for function in FUNCTIONS.iter().filter(|function| function.name != "lookup-lineage") {
        let never = PARTITIONS.into_iter().filter(|start| !function.writes.contains(start));
        let patterns = never.flat_map(|start| match start {
            IDENTITY => NodeKind::all().map(|kind| format!("{}#*", kind.prefix())).collect(),
            whole if !whole.ends_with('#') => vec![whole.to_owned()],
            start => vec![format!("{start}*")],
        });
        let policies = list(&resources("AWS::IAM::Role")[function.role]["Policies"]);
        let all = policies.into_iter().flat_map(statements);
        let denied: Vec<&Value> = all.filter(|each| each["Effect"] == "Deny").collect();
        assert_eq!(denied.len(), 1, "{}", function.name);
        assert_eq!(texts(&denied[0]["Action"]), WRITES, "{}", function.name);
        assert_eq!(target(&denied[0]["Resource"]), Some("Table"));
        let condition = &denied[0]["Condition"]["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"];
        let named: BTreeSet<String> = texts(condition).into_iter().map(str::to_owned).collect();
        assert_eq!(named, patterns.collect(), "{}", function.name);
        assert_eq!(denied[0]["Condition"].as_object().map(serde_json::Map::len), Some(1));
    }
}

/// Every call of an adapter, and no other. S3's operations are not named like its actions.
#[test]
fn an_adapter_declares_what_iam_has_to_allow_for_each_of_its_calls() -> Result<()> {
    let declared = |actions: &mut dyn Iterator<Item = &str>| -> BTreeSet<String> {
        actions.filter_map(|action| Some(snake(action.split_once(':')?.1))).collect()
    };
    let of =
        |table: &'static [(&str, &[&str])]| table.iter().flat_map(|(_, actions)| actions.iter().copied());
    let check = |crate_name: &str, actions: &mut dyn Iterator<Item = &str>| -> Result<()> {
        let mut called = calls_in(&root().join(format!("shared/aws/{crate_name}/src")))?;
        if crate_name == "sagemaker" {
            // The SDK lacks them: they are sent in place of another call (`newer.rs`).
            called.extend(["describe_inference_router", "list_inference_routers"].map(str::to_owned));
        }
        assert_eq!(called, declared(actions), "{crate_name}");
        Ok(())
    };
    check("dynamodb", &mut of(sagewarden_dynamodb::ACTIONS))?;
    check("eventbridge", &mut of(sagewarden_eventbridge::ACTIONS))?;
    check("codecommit", &mut of(sagewarden_codecommit::ACTIONS))?;
    check("iam", &mut of(sagewarden_iam::ACTIONS))?;
    check("kms", &mut of(sagewarden_kms::ACTIONS))?;
    let kinds = ResourceKind::ALL.iter().map(|kind| actions::describing(*kind));
    let lists = ResourceKind::ALL.iter().flat_map(|kind| actions::listing(*kind)).copied();
    check("sagemaker", &mut of(actions::ACTIONS).chain(kinds).chain(lists))?;
    let called = calls_in(&root().join("shared/aws/s3/src"))?;
    let operations =
        ["get_bucket_versioning", "get_object", "head_object", "list_object_versions", "put_object"];
    assert_eq!(called, operations.map(str::to_owned).into());
    Ok(())
}

/// The beginning of a partition key.
fn partition(pk: &str) -> &'static str {
    let begins = |start: &&&str| pk.starts_with(**start);
    match PARTITIONS.iter().filter(begins).max_by_key(|start| start.len()) {
        Some(start) => start,
        None => NodeId::parse(pk).map_or_else(|| unreachable!("{pk}"), |_| IDENTITY),
    }
}

/// The calls of a function, in the words of [`USES`].
#[derive(Default)]
struct Done(RefCell<BTreeSet<String>>);

impl Guard for Done {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        let [evidence, own] =
            [System::EVIDENCE_BUCKET, System::WORKING_BUCKET].map(|bucket| format!("s3://{bucket}/"));
        let place = match call.about {
            about if about.starts_with(&evidence) => " Evidence",
            about if about.starts_with(&own) => " Own",
            about if about.starts_with("s3://") => " Data",
            _ => "",
        };
        let kind = Resource::parse_arn(call.about).ok().filter(|_| call.method == "Account::describe");
        let kind = kind.map(|resource| format!(" {:?}", resource.kind)).unwrap_or_default();
        self.0.borrow_mut().insert(format!("{}{place}{kind}", call.method));
        let written = call.writes.iter().map(|write| fold::key(write).pk.as_str());
        let claimed = [call.about].into_iter().filter(|_| call.method == "Table::claim");
        self.0.borrow_mut().extend(written.chain(claimed).map(|pk| format!("partition {}", partition(pk))));
        Ok(())
    }
}

/// Everything that each function of these does with an event.
struct Watched {
    system: System,
    done: Vec<Rc<Done>>,
}

impl Watched {
    fn deliver(&self, body: &Value) -> Result<()> {
        let now = body["time"].as_str().and_then(Timestamp::from_text).unwrap_or(Story::demo_start());
        let moment = Moment { now, owner: "test".to_owned() };
        let judging = self.system.judging();
        let world = |number: usize| guarded::world(&self.system, &self.done[number]);
        for event in decode(&body.to_string())? {
            if let Event::NotOurs { .. } = event {
                continue;
            }
            // The result does not matter: only the requests count.
            let _ended = block_on(route::record_commit(&world(0), Some(&judging.in_force), &event, &moment));
            let _ended = block_on(route::enforce_policy(&world(1), &judging, &event, &moment));
            // A rule brings it only what the lineage has nodes of.
            if !matches!(&event, Event::ResourceChanged(it) if NodeKind::of_resource(it.resource.kind).is_none())
            {
                let _ended = block_on(route::record_lineage(&world(2), &event, &moment));
            }
            let _ended = block_on(route::alert_drift(&world(3), &event, &moment));
            let known = KnownBaselines::default();
            let _ended = block_on(route::detect_drift(&world(4), &known, &event, &moment));
            let estate = Guarded::behind(self.system.account.clone(), &self.done[5]);
            let own = world(5);
            let all = route::reconcile(&own, &estate, &judging, &event, &moment, &|| false);
            let _ended = block_on(all);
        }
        Ok(())
    }

    fn settle(&self) -> Result<()> {
        loop {
            let events = self.system.account.drain_events()?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                self.deliver(&event)?;
            }
        }
    }
}

/// The same account, as `reconcile` finds it if no event ever arrived.
fn sweep(heard: &System, done: &Rc<Done>) -> Result<()> {
    let store = Store::in_memory()?;
    let account = heard.account.copied(store.clone())?;
    let notices = NoticeLog::new(store.clone()).handing_on_to(&account);
    let system = System { account, notices, store, ..heard.clone() };
    let (world, judging) = (guarded::world(&system, done), system.judging());
    let estate = Guarded::behind(system.account.clone(), done);
    for days in 0..2 {
        let now = Timestamp::from_millis(Story::demo_start().millis() + (10 + days) * 86_400_000);
        let mut waiting = vec![json!({ "source": "aws.events", "detail-type": "Scheduled Event",
            "account": Story::ACCOUNT, "region": Story::REGION, "time": now, "resources": [], "detail": {} })];
        system.account.drain_events()?;
        while let Some(event) = waiting.pop() {
            let moment = Moment { now, owner: format!("sweep-{}", waiting.len()) };
            for event in decode(&event.to_string())? {
                let all = route::reconcile(&world, &estate, &judging, &event, &moment, &|| false);
                let _ended = block_on(all);
            }
            waiting.extend(system.account.drain_events()?);
        }
    }
    Ok(())
}

#[test]
fn a_function_does_nothing_that_is_not_in_its_list() -> Result<()> {
    let git = TempDir::new()?;
    let bundle = Bundle::embedded()?.with_settings(Story::SETTINGS)?;
    let system = System::new(Store::in_memory()?, git.path(), bundle, Story::ACCOUNT, Story::REGION)?;
    let watched = Watched { done: (0..6).map(|_| Rc::default()).collect(), system };
    let system = &watched.system;
    let mut story = Story::new(system.account.clone(), system.git.clone(), Clock::Told(Story::demo_start()));
    for moment in Story::STEPS.iter().flat_map(|step| step.moments) {
        moment(&mut story)?;
        watched.settle()?;
    }
    for moment in monitor::MOMENTS {
        moment(&system.account)?;
        watched.settle()?;
    }
    for days in 0..4 {
        let time = Timestamp::from_millis(Story::demo_start().millis() + days * 86_400_000 + 7_200_000);
        let tick = json!({ "source": "aws.events", "detail-type": "Scheduled Event", "account": Story::ACCOUNT,
            "region": Story::REGION, "time": time, "resources": [], "detail": {} });
        watched.deliver(&tick)?;
        watched.settle()?;
    }
    for path in files_below(&root().join("events/aws.sagemaker"), &["json"])? {
        let event: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        system.account.adopt(&event)?;
        watched.deliver(&event)?;
        watched.settle()?;
    }
    sweep(system, &watched.done[5])?;
    let (mut wrong, mut unseen) = (String::new(), String::new());
    for (function, done) in FUNCTIONS.iter().zip(&watched.done) {
        let done = done.0.take();
        let mut declared: BTreeSet<String> =
            function.describes.iter().map(|kind| format!("Account::describe {kind:?}")).collect();
        for Use { methods, place, .. } in function.uses {
            declared.extend(methods.iter().map(|method| match place {
                Place::Elsewhere if *method == "Objects::versioning" => format!("{method} Data"),
                Place::Elsewhere => (*method).to_owned(),
                Place::Data | Place::AllData => format!("{method} Data"),
                Place::Evidence if *method == "Objects::keep_manifest" => (*method).to_owned(),
                Place::Own | Place::Evidence | Place::Bundle | Place::Reports => {
                    format!("{method} {place:?}")
                }
            }));
        }
        if function.name == SWEEPS {
            declared.insert("Estate::page".to_owned());
        }
        declared.extend(function.writes.iter().map(|start| format!("partition {start}")));
        let in_vain = |asked: &str| IN_VAIN.contains(&(function.name, asked));
        for more in done.difference(&declared).filter(|asked| !in_vain(asked)) {
            wrong += &format!("{} is not in the list of {}\n", more, function.name);
        }
        for never in declared.difference(&done) {
            unseen += &format!("{}: {never}\n", function.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    // Entries of a list that did not occur here: other tests cover them.
    insta::assert_snapshot!(unseen);
    Ok(())
}
