//! Policies and settings from a bucket: a change takes effect within a minute or two, a mistake changes nothing and is published.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::cell::Cell;
use std::sync::Arc;

use futures::executor::block_on;
use sagewarden_events::{Event, Repository, ResourceKind, Timestamp};
use sagewarden_govern::ports::{Listing, ObjectVersion, Objects, PortError, PortErrorKind};
use sagewarden_govern::route::{self, Judging};
use sagewarden_govern::{
    Absent, BUNDLE_REFUSED, BundleInForce, BundlePlace, Failure, Moment, POLICY_VIOLATION, Ports,
};
use sagewarden_lineage::s3::Checksum;
use sagewarden_local::{Call, Guard, Guarded, LocalGit, NewCommit, SentNotice, SimulatedAccount, Story};
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use sagewarden_tests::Result;
use sagewarden_tests::functions::policies;
use sagewarden_tests::local::{Local, at, training_job};
use serde_json::{Value, json};
use tokio::task::yield_now;

type Answer<T> = std::result::Result<T, PortError>;

const BUCKET: &str = "governance";
const OBSERVE: &str = "mode = \"observe\"\n[controls]\nTRN-IAM-01 = \"observe\"\n";

/// A function that judges: its objects, the rest of its world, and what it keeps.
struct Function {
    objects: Guarded<SimulatedAccount, Watch>,
    judging: Judging,
}

/// Counts requests, in place of a service that can be made to fail.
#[derive(Default)]
struct Watch {
    lists: Cell<usize>,
    reads: Cell<usize>,
    failing: Cell<Option<PortErrorKind>>,
}

impl Guard for Watch {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        match (call.method, self.failing.get()) {
            ("Objects::read", _) => self.reads.set(self.reads.get() + 1),
            ("Objects::versions", failing) => {
                self.lists.set(self.lists.get() + 1);
                if let Some(kind) = failing {
                    return Err(PortError::new(kind, "list the versions", "no"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A bucket with the repository's own policies, and a job that breaks a control.
struct World {
    local: Local,
    event: Event,
}

impl World {
    fn new() -> Result<Self> {
        let local = Local::new()?;
        let world = Self { event: forbidden_job(&local)?, local };
        for (name, text) in policies()? {
            world.put(&name, &text, -600)?;
        }
        world.put("settings.toml", OBSERVE, -600)?;
        // No part of the bundle.
        world.put("README.md", "how to upload", -600)?;
        world.put("policies/drafts/model.cedar", "forbid", -600)?;
        Ok(world)
    }

    fn put(&self, name: &str, text: &str, seconds: i64) -> Result<()> {
        self.local.system.account.put_object(
            BUCKET,
            &format!("prod/{name}"),
            text.as_bytes(),
            at(seconds),
        )?;
        Ok(())
    }

    /// A function that has just started.
    fn function(&self) -> Result<Function> {
        self.function_in(None)
    }

    fn function_in(&self, mode: Option<Mode>) -> Result<Function> {
        let place = BundlePlace::parse("s3://governance/prod").ok_or("this is a place")?;
        let in_force = BundleInForce::new(Arc::new(Bundle::embedded()?), Some(place), mode);
        let objects = Guarded::new(self.local.system.account.clone(), Watch::default());
        Ok(Function { objects, judging: Judging::new(in_force) })
    }

    /// Delivers the job's event; returns the outcome in words.
    async fn deliver(&self, function: &Function, seconds: i64) -> std::result::Result<String, Failure> {
        let moment = Moment { now: at(seconds), owner: format!("second {seconds}") };
        let world = self.local.system.world().with_objects(function.objects.clone(), Absent);
        let outcome = route::enforce_policy(&world, &function.judging, &self.event, &moment).await;
        let done = outcome.unwrap_or_else(|| Err(Failure::Reject("the event is not for it".to_owned())))?;
        Ok(done.text().to_owned())
    }

    fn sent(&self, detail_type: &str) -> Result<Vec<SentNotice>> {
        Ok(self.local.sent()?.into_iter().filter(|notice| notice.detail_type == detail_type).collect())
    }

    /// The bundles that the job has been judged by so far.
    fn judged_by(&self) -> Result<Vec<String>> {
        let sent = self.sent(POLICY_VIOLATION)?;
        Ok(sent
            .iter()
            .map(|notice| notice.detail["bundle"].as_str().unwrap_or_default().to_owned())
            .collect())
    }
}

fn forbidden_job(local: &Local) -> Result<Event> {
    let mut request = training_job("t", &[]);
    request["VpcConfig"] = Value::Null;
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    let event = local.system.account.drain_events()?.pop().ok_or("nothing was announced")?;
    Ok(sagewarden_events::decode(&event.to_string())?.remove(0))
}

/// Pushes a file to a branch, and delivers that to a process that has just started.
async fn push(world: &World, function: &Function, file: (&str, &str), seconds: i64) -> Result<String> {
    let git = &world.local.system.git;
    git.create_repository("r")?;
    let author = ("Ana", "ana@example.com");
    let new = NewCommit { branch: "main", files: &[file], message: "Work", author, at: at(seconds) };
    let (commit, old) = git.push("r", &new)?;
    let [account, region] = [Story::ACCOUNT, Story::REGION].map(str::to_owned);
    let repository = Repository { account, region, name: "r".to_owned() };
    let event = LocalGit::push_event(&repository, "main", &commit, old.as_ref(), "ana", at(seconds));
    let event = sagewarden_events::decode(&event.to_string())?.remove(0);
    let moment = Moment { now: at(seconds), owner: format!("second {seconds}") };
    let local = world.local.system.world().with_objects(function.objects.clone(), Absent);
    let done = route::record_commit(&local, Some(&function.judging.in_force), &event, &moment).await;
    Ok(done.ok_or("a push is recorded")??.text().to_owned())
}

#[tokio::test]
async fn a_push_is_reviewed_by_the_bundle_that_enforces() -> Result<()> {
    let world = World::new()?;
    let function = world.function()?;
    // No function judges anything: none reads the bucket, or waits for it.
    function.objects.guard.failing.set(Some(PortErrorKind::Unavailable));
    push(&world, &function, ("train.py", ""), 0).await?;
    assert_eq!(function.objects.guard.lists.get(), 0);
    function.objects.guard.failing.set(None);

    // The packaged bundle has this control on.
    world.put("settings.toml", &format!("{OBSERVE}TRN-NET-01 = \"off\"\n"), -500)?;
    let request = |name: &str| {
        let mut request = training_job(name, &[]);
        request["VpcConfig"] = Value::Null;
        request.to_string()
    };
    push(&world, &function, ("train.json", &request("t")), 10).await?;
    world.put("settings.toml", OBSERVE, 20)?;
    push(&world, &function, ("train.json", &request("u")), 100).await?;
    let comments = world.local.system.git.comments("r")?;
    let objections: Vec<bool> = comments.iter().map(|comment| comment.text.contains("TRN-NET-01")).collect();
    assert_eq!(objections, [false, true]);
    Ok(())
}

#[tokio::test]
async fn the_bundle_is_read_once_and_looked_at_once_a_minute() -> Result<()> {
    let world = World::new()?;
    let function = world.function()?;
    for second in 0..60 {
        world.deliver(&function, second).await?;
    }
    // The policies, the schema, the settings; not the drafts, not the text beside them.
    let files = policies()?.len() + 1;
    assert_eq!((function.objects.guard.lists.get(), function.objects.guard.reads.get()), (1, files));
    world.deliver(&function, 60).await?;
    assert_eq!((function.objects.guard.lists.get(), function.objects.guard.reads.get()), (2, files));
    assert_ne!(world.judged_by()?, [Bundle::embedded()?.hash()]);
    assert_eq!(world.sent(BUNDLE_REFUSED)?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_change_is_judged_by_a_minute_later() -> Result<()> {
    let world = World::new()?;
    let function = world.function()?;
    world.deliver(&function, 0).await?;
    world.put("settings.toml", &OBSERVE.replace("observe", "enforce"), 5)?;
    let text = world.deliver(&function, 30).await?;
    assert!(text.contains("the mode is observe"), "{text}");
    let text = world.deliver(&function, 61).await?;
    assert!(text.contains("stop requested"), "{text}");
    let judged_by = world.judged_by()?;
    assert_eq!(judged_by.len(), 2);
    assert_ne!(judged_by[0], judged_by[1]);
    Ok(())
}

#[tokio::test]
async fn an_upload_that_may_not_be_complete_is_left_alone() -> Result<()> {
    let world = World::new()?;
    let function = world.function()?;
    world.deliver(&function, 0).await?;
    world.put("settings.toml", "[controls]\nTRN-NEW-01 = \"observe\"\n", 55)?;
    world.deliver(&function, 60).await?;
    // One that has nothing better waits.
    let started = world.function()?;
    let error = world.deliver(&started, 60).await.err().ok_or("it was judged")?;
    assert!(error.to_string().ends_with("the upload may still be under way"), "{error}");
    assert_eq!(world.sent(BUNDLE_REFUSED)?.len(), 0);
    assert_eq!(world.judged_by()?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_wrong_bundle_is_refused_and_published_once_and_the_last_good_one_stays() -> Result<()> {
    let world = World::new()?;
    let functions = [world.function()?, world.function()?];
    for function in &functions {
        world.deliver(function, 0).await?;
    }
    let good = world.judged_by()?;
    world.put("settings.toml", "mode = \"observe\"\n\n[netwrok]\n", 10)?;
    for second in (70..400).step_by(30) {
        for function in &functions {
            world.deliver(function, second).await?;
        }
    }
    // Read by each once, not each minute.
    let files = policies()?.len() + 1;
    assert_eq!(functions[0].objects.guard.reads.get(), 2 * files);
    assert_eq!(world.judged_by()?, good);
    let refused = world.sent(BUNDLE_REFUSED)?;
    assert_eq!(refused.len(), 1);
    let detail = &refused[0].detail;
    assert_eq!((&detail["place"], &detail["about"]), (&json!("s3://governance/prod/"), &detail["place"]));
    let reason = detail["reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("settings.toml:3:2: unknown field `netwrok`"), "{reason}");
    assert_eq!(detail["in_force"], json!({ "bundle": good[0], "source": "the last good one" }));
    let mark: String = good[0].chars().take(12).collect();
    assert_eq!(
        detail["text"],
        format!(
            "the policy bundle in s3://governance/prod/ is refused: {reason}; bundle {mark} (the last good one) stays in force"
        )
    );

    // The fault is corrected, and the bundle is in force again. The same fault later is a new one.
    world.put("settings.toml", &OBSERVE.replace("observe", "enforce"), 400)?;
    let text = world.deliver(&functions[0], 460).await?;
    assert!(text.contains("stop requested"), "{text}");
    world.put("settings.toml", "mode = \"observe\"\n\n[netwrok]\n", 500)?;
    world.deliver(&functions[0], 560).await?;
    assert_eq!(world.sent(BUNDLE_REFUSED)?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_function_that_starts_beside_a_wrong_bundle_judges_by_the_packaged_one_and_says_so() -> Result<()> {
    let world = World::new()?;
    world.put("policies/model.cedar", "forbid (principal, action, resource);\n", -300)?;
    let function = world.function_in(Some(Mode::Enforce))?;
    let text = world.deliver(&function, 0).await?;
    assert!(text.contains("stop requested"), "the stack's mode stands above the file's: {text}");
    assert_eq!(world.judged_by()?, [Bundle::embedded()?.hash()]);
    let refused = world.sent(BUNDLE_REFUSED)?;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].detail["in_force"]["source"], "the packaged one");
    assert_eq!(
        refused[0].detail["reason"],
        "policies/model.cedar:1:1: a policy of this file has no annotation `@id`"
    );
    Ok(())
}

#[tokio::test]
async fn a_prefix_without_a_whole_bundle_is_refused() -> Result<()> {
    let world = World::new()?;
    let account = &world.local.system.account;
    let reason = async |function: &Function, seconds: i64| -> Result<Value> {
        world.deliver(function, seconds).await?;
        let last = world.sent(BUNDLE_REFUSED)?.pop().ok_or("nothing was told")?;
        Ok(last.detail["reason"].clone())
    };
    account.put_object(BUCKET, "prod/policies/base.cedar", b"// ok\n// \xff", at(-500))?;
    assert_eq!(reason(&world.function()?, 0).await?, "policies/base.cedar:2:4: the text is not UTF-8");
    world.put("policies/base.cedar", "", 10)?;
    account.delete_object(BUCKET, "prod/settings.toml", at(10))?;
    assert_eq!(reason(&world.function()?, 70).await?, "settings.toml:1:1: the file is missing");
    Ok(())
}

/// Objects that let others go on before they answer, as a service does.
#[derive(Clone)]
struct Waiting<O>(O);

impl<O: Objects> Objects for Waiting<O> {
    async fn entity_tag(&self, bucket: &str, key: &str) -> std::result::Result<Option<String>, PortError> {
        self.0.entity_tag(bucket, key).await
    }

    async fn versioning(&self, bucket: &str) -> Answer<Option<String>> {
        self.0.versioning(bucket).await
    }

    async fn versions(&self, bucket: &str, prefix: &str, as_of: Timestamp, most: usize) -> Answer<Listing> {
        let answer = self.0.versions(bucket, prefix, as_of, most).await;
        yield_now().await;
        answer
    }

    async fn read(&self, bucket: &str, key: &str, most: u64) -> Answer<Option<Vec<u8>>> {
        let answer = self.0.read(bucket, key, most).await;
        yield_now().await;
        answer
    }

    async fn read_version(&self, b: &str, object: &ObjectVersion, most: u64) -> Answer<Option<Vec<u8>>> {
        self.0.read_version(b, object, most).await
    }

    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Answer<Option<Checksum>> {
        self.0.checksum(bucket, object).await
    }

    async fn keep_manifest(&self, digest: &str, text: &str) -> Answer<Option<String>> {
        self.0.keep_manifest(digest, text).await
    }
}

#[tokio::test]
async fn records_of_a_batch_look_at_the_bucket_once() -> Result<()> {
    let world = World::new()?;
    let function = world.function()?;
    let local = world.local.system.world().with_objects(Waiting(function.objects.clone()), Absent);
    let records = (0..8).map(|record| {
        let (local, function, event) = (&local, &function, &world.event);
        async move {
            let moment = Moment { now: at(record), owner: format!("record {record}") };
            route::enforce_policy(local, &function.judging, event, &moment).await
        }
    });
    let outcomes = futures::future::join_all(records).await;
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Some(Ok(_)))), "{outcomes:?}");
    assert_eq!(function.objects.guard.lists.get(), 1);
    assert_eq!(function.objects.guard.reads.get(), policies()?.len() + 1);
    Ok(())
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_is_asked_again_and_one_that_refuses_is_published() -> Result<()> {
    let world = World::new()?;
    let function = world.function()?;
    function.objects.guard.failing.set(Some(PortErrorKind::Unavailable));
    assert!(matches!(world.deliver(&function, 0).await, Err(Failure::Retry(_))), "nothing was read yet");
    function.objects.guard.failing.set(None);
    world.deliver(&function, 1).await?;
    function.objects.guard.failing.set(Some(PortErrorKind::Unavailable));
    world.deliver(&function, 70).await?;
    assert_eq!(world.sent(BUNDLE_REFUSED)?.len(), 0);

    function.objects.guard.failing.set(Some(PortErrorKind::Denied));
    for second in (140..700).step_by(70) {
        world.deliver(&function, second).await?;
    }
    let refused = world.sent(BUNDLE_REFUSED)?;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].detail["reason"], "list the versions: no");
    assert_eq!(refused[0].detail["in_force"]["source"], "the last good one");
    // A day later it still lasts.
    world.deliver(&function, 86_400).await?;
    assert_eq!(world.sent(BUNDLE_REFUSED)?.len(), 2);
    assert_eq!(world.judged_by()?.len(), 1);
    Ok(())
}

/// A bus that does not answer until the test repairs it.
#[derive(Default)]
struct Silent {
    is_mended: Cell<bool>,
}

impl Guard for Silent {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if self.is_mended.get() || call.about != BUNDLE_REFUSED {
            return Ok(());
        }
        Err(PortError::new(PortErrorKind::Unavailable, "publish", "the bus is silent"))
    }
}

#[test]
fn a_refusal_that_cannot_be_published_is_in_the_log_and_published_by_the_next_event() -> Result<()> {
    let world = World::new()?;
    world.put("settings.toml", "mode = 7", -600)?;
    let function = world.function()?;
    let system = &world.local.system;
    let bus = Guarded::new(system.notices.clone(), Silent::default());
    let deliver = |seconds: i64| -> Result<String> {
        let ports = system.world().with_objects(function.objects.clone(), Absent);
        let ports = Ports {
            bus: bus.clone(),
            account: ports.account,
            remedies: ports.remedies,
            objects: ports.objects,
            files: ports.files,
            source: ports.source,
            roles: ports.roles,
            keys: ports.keys,
            table: ports.table,
            metrics: ports.metrics,
            given: ports.given,
        };
        let moment = Moment { now: at(seconds), owner: format!("second {seconds}") };
        let outcome = block_on(route::enforce_policy(&ports, &function.judging, &world.event, &moment));
        Ok(outcome
            .ok_or("the event is not for it")?
            .map_err(|failure| format!("{failure:?}"))?
            .text()
            .to_owned())
    };
    let text = deliver(30)?;
    let unpublished = "that the policy bundle in s3://governance/prod/ is refused could not be published: ";
    assert!(text.contains(unpublished) && text.contains("settings.toml"), "{text}");
    assert_eq!(world.sent(BUNDLE_REFUSED)?.len(), 0);
    bus.guard.is_mended.set(true);
    // Not a minute later: with the next event.
    let text = deliver(31)?;
    assert!(!text.contains(unpublished), "{text}");
    assert_eq!(world.sent(BUNDLE_REFUSED)?.len(), 1);
    Ok(())
}
