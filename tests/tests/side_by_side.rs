//! Attempts at recording one resource, alone or side by side, one of which dies: once its record has come again, the closure of the running
//! deployment holds everything that they changed, and there is no other closure.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::sync::LazyLock;

use futures::executor::block_on;
use sagewarden_events::{Event, ResourceKind, decode};
use sagewarden_govern::ports::Table;
use sagewarden_govern::{Moment, Outcome, route};
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::{NodeRow, PendingRow};
use sagewarden_lineage::table::{Attributes, Item, Key, Write};
use sagewarden_local::{LocalGit, NewCommit, Store, System};
use sagewarden_measure::Chance;
use sagewarden_tests::local::{Local, at, endpoint_config, model, training_job};
use sagewarden_tests::stepped::{Attempt, Stepped};
use serde_json::{Value, json};
use tempfile::TempDir;

const REPOSITORY: &str = "credit";
const JOB: &str = "p";

/// An endpoint runs a model whose training job names a commit that is not confirmed yet, and read data of a processing job that is not
/// recorded yet. The processing job runs the same commit. So it changes two other nodes in the endpoint's closure: the commit when it
/// begins, and the data when it ends.
struct Scene {
    system: System,
    begun: Event,
    ended: Option<Event>,
}

/// The start of every scene, and the folder of its repositories.
static START: LazyLock<(Scene, Local)> = LazyLock::new(|| {
    let local = Local::new().unwrap();
    let begun = begin(&local);
    (Scene { system: local.system.clone(), begun, ended: None }, local)
});

/// The change of a resource that was announced.
fn change(announced: &[Value]) -> Event {
    let mut events = announced.iter().flat_map(|event| decode(&event.to_string()).unwrap());
    events.find(|event| matches!(event, Event::ResourceChanged(_))).unwrap()
}

fn push(git: &LocalGit) -> String {
    git.create_repository(REPOSITORY).unwrap();
    let files = [("train.py", "train()")];
    let author = ("Ana", "ana@example.com");
    let new = NewCommit { branch: "main", files: &files, message: "first", author, at: at(0) };
    git.push(REPOSITORY, &new).unwrap().0.to_string()
}

/// The job begins, and the model that depends on it is deployed; returns the job's event, which was not delivered.
fn begin(local: &Local) -> Event {
    let account = &local.system.account;
    let commit = push(&local.system.git);
    let tags = [("CommitId", commit.as_str()), ("Repository", REPOSITORY)];
    account.put_object("data", "train/a.csv", b"1", at(10)).unwrap();
    let place = json!({ "S3Uri": "s3://data/train", "LocalPath": "/o", "S3UploadMode": "EndOfJob" });
    let request = json!({
        "ProcessingJobName": JOB,
        "AppSpecification": { "ImageUri": "i@sha256:1" },
        "ProcessingOutputConfig": { "Outputs": [{ "OutputName": "train", "S3Output": place }] },
        "Tags": tags.map(|(key, value)| json!({ "Key": key, "Value": value })),
    });
    local.create(ResourceKind::ProcessingJob, &request, 1).unwrap();
    let begun = change(&account.drain_events().unwrap());
    deploy(local, &tags);
    begun
}

impl Scene {
    fn new() -> Self {
        let (start, _) = &*START;
        let store = Store::in_memory().unwrap();
        let items = start.system.store.items().unwrap().into_iter().map(Write::Put);
        block_on(store.write(&items.collect::<Vec<_>>())).unwrap();
        let account = start.system.account.copied(store.clone()).unwrap();
        let system = System { account, store, ..start.system.clone() };
        Self { system, begun: start.begun.clone(), ended: None }
    }

    /// The job ends.
    fn end(&mut self) -> Event {
        let account = &self.system.account;
        let job = account.resource(ResourceKind::ProcessingJob, JOB);
        account.finish_processing(&job, None, at(20)).unwrap();
        let ended = change(&account.drain_events().unwrap());
        self.ended = Some(ended.clone());
        ended
    }

    fn table(&self) -> Stepped<Store> {
        Stepped::new(self.system.store.clone())
    }

    /// An attempt at an event, so many seconds into the story.
    fn attempt(&self, event: &Event, owner: &str, seconds: i64) -> Attempt<'static, Outcome> {
        let (table, event) = (self.table(), event.clone());
        let world = self.system.world().with_table(table.clone());
        let moment = Moment { now: at(seconds), owner: owner.to_owned() };
        Attempt::new(&table, async move { route::record_lineage(&world, &event, &moment).await.unwrap() })
    }

    fn deliver(&self, event: &Event, owner: &str, seconds: i64) {
        self.attempt(event, owner, seconds).finish().unwrap();
    }

    /// Every item but the lists of what is left to do, in words.
    fn items(&self) -> Vec<String> {
        let items = self.system.store.items().unwrap();
        items
            .iter()
            .filter(|item| PendingRow::parse(item).is_none())
            .map(|item| format!("{item:?}"))
            .collect()
    }

    fn left(&self) -> Vec<PendingRow> {
        self.system.store.items().unwrap().iter().filter_map(PendingRow::parse).collect()
    }
}

/// Everything but the job is delivered, while the repository has no commit yet.
fn deploy(local: &Local, tags: &[(&str, &str)]) {
    let mut request = training_job("t", tags);
    let input = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/train/" } });
    let channels = json!([{ "ChannelName": "train", "DataSource": input }]);
    request.as_object_mut().unwrap().insert("InputDataConfig".to_owned(), channels);
    let account = &local.system.account;
    let job = local.create(ResourceKind::TrainingJob, &request, 30).unwrap();
    account.put_object("models", "out/t/output/model.tar.gz", b"m", at(35)).unwrap();
    account.finish_training(&job, at(40)).unwrap();
    let mut model = model("m");
    *model.pointer_mut("/PrimaryContainer").unwrap() = json!({
        "Image": "repository/image@sha256:4f8c3bd2", "ModelDataUrl": "s3://models/out/t/output/model.tar.gz",
    });
    local.create(ResourceKind::Model, &model, 50).unwrap();
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 51).unwrap();
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
    let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 52).unwrap();
    account.finish_endpoint(&endpoint, at(100)).unwrap();
    let folder = TempDir::new().unwrap();
    let git = LocalGit::new(folder.path()).unwrap();
    git.create_repository(REPOSITORY).unwrap();
    let without_commit = System { git, ..local.system.clone() };
    block_on(without_commit.settle()).unwrap();
}

/// How it ends when one record comes after the other.
static STRAIGHT: LazyLock<Scene> = LazyLock::new(|| {
    let mut scene = Scene::new();
    let begun = scene.begun.clone();
    scene.deliver(&begun, "one", 200);
    let ended = scene.end();
    scene.deliver(&ended, "two", 201);
    scene
});

/// Seconds after which every attempt has ended.
const LATER: i64 = 2_000;

/// The differences between two states, in both directions.
fn differences(scene: &Scene) -> Vec<String> {
    let (here, there) = (scene.items(), STRAIGHT.items());
    let more = here.iter().filter(|item| !there.contains(item)).map(|item| format!("+ {item}"));
    more.chain(there.iter().filter(|item| !here.contains(item)).map(|item| format!("- {item}"))).collect()
}

/// The state that must hold when every record has ended, and when one comes again much later.
fn check(scene: &Scene, what: &str) {
    assert_eq!(differences(scene), Vec::<String>::new(), "{what}");
    scene.deliver(scene.ended.as_ref().unwrap(), "much later", LATER);
    assert_eq!(differences(scene), Vec::<String>::new(), "{what}");
    assert_eq!(scene.left(), Vec::new(), "{what}");
}

fn is_list(key: &Key) -> bool {
    let item = Item { key: key.clone(), attributes: Attributes::new() };
    PendingRow::parse(&item).is_some()
}

fn is_data(key: &Key) -> bool {
    NodeRow::id_of(key).is_some_and(|id| id.kind() == NodeKind::Dataset)
}

#[test]
fn what_an_attempt_has_yet_to_refresh_is_not_deleted_by_one_that_ends() {
    let mut scene = Scene::new();
    let mut first = scene.attempt(&scene.begun, "one", 200);
    assert!(first.step_to(is_list));
    first.step();
    let ended = scene.end();
    let mut second = scene.attempt(&ended, "two", 201);
    assert!(second.step_to(is_list), "it has read the first one's list");
    second.step();
    first.finish().unwrap();
    assert!(second.step_to(is_data));
    second.step();
    drop(second);
    scene.deliver(&ended, "three", 202);
    assert_eq!(differences(&scene), Vec::<String>::new());
    assert_eq!(scene.left().len(), 1, "the second one may be alive for all that anybody knows");
    check(&scene, "");
}

#[test]
fn what_an_attempt_is_about_to_change_is_not_deleted_by_one_that_refreshed_it_before() {
    let mut scene = Scene::new();
    let begun = scene.begun.clone();
    scene.deliver(&begun, "zero", 199);
    let mut first = scene.attempt(&begun, "one", 200);
    // It has the description of a job that has not ended.
    first.step();
    let ended = scene.end();
    let mut second = scene.attempt(&ended, "two", 201);
    assert!(second.step_to(is_list));
    second.step();
    first.finish().unwrap();
    assert!(second.step_to(is_data));
    second.step();
    drop(second);
    scene.deliver(&ended, "three", 202);
    check(&scene, "");
}

/// Meetings that are tried.
const SEEDS: u64 = 150;

/// Plays the steps of some attempts in some order; each may die at any of them, and its record comes again at the end.
fn play_by_chance(seed: u64) -> Scene {
    let mut scene = Scene::new();
    let mut chance = Chance::new(seed);
    let begun = scene.begun.clone();
    if chance.below(2) == 0 {
        scene.deliver(&begun, "zero", 199);
    }
    let mut attempts = vec![(begun.clone(), scene.attempt(&begun, "one", 200))];
    let mut again = Vec::new();
    while !attempts.is_empty() || scene.ended.is_none() {
        if scene.ended.is_none() && (attempts.is_empty() || chance.below(3) == 0) {
            let ended = scene.end();
            attempts.push((ended.clone(), scene.attempt(&ended, "two", 201)));
        }
        let chosen = usize::try_from(chance.below(attempts.len() as u64)).unwrap();
        for _ in 0..chance.below(30) {
            // A row that was written and not refreshed is the one that can be lost.
            let deaths = if attempts[chosen].1.writes_next() { 15 } else { 1 };
            if let Some(done) = attempts[chosen].1.step() {
                done.unwrap();
                attempts.remove(chosen);
                break;
            }
            if chance.below(100) < deaths {
                again.push(attempts.remove(chosen).0);
                break;
            }
        }
    }
    for (event, seconds) in again.iter().zip(300..) {
        scene.deliver(event, "again", seconds);
    }
    scene
}

#[test]
fn however_attempts_meet_and_wherever_they_die_the_closures_are_right_when_their_records_have_come_again() {
    for seed in 0..SEEDS {
        check(&play_by_chance(seed), &format!("seed {seed}"));
    }
}

/// The endpoint is updated to another configuration, or deleted; returns its event.
fn end_of_deployment(scene: &Scene, is_updated: bool) -> Event {
    let account = &scene.system.account;
    let endpoint = account.resource(ResourceKind::Endpoint, "prod");
    if is_updated {
        account.create(ResourceKind::Model, &model("n"), None, at(300)).unwrap();
        account.create(ResourceKind::EndpointConfig, &endpoint_config("d", "n"), None, at(301)).unwrap();
        account.update_endpoint("prod", "d", None, at(302)).unwrap();
        account.drain_events().unwrap();
        account.finish_endpoint(&endpoint, at(400)).unwrap();
    } else {
        account.delete(&endpoint, at(400)).unwrap();
    }
    change(&account.drain_events().unwrap())
}

#[test]
fn wherever_an_attempt_dies_that_ends_a_deployment_nothing_stays_of_its_closure() {
    for is_updated in [true, false] {
        let straight = Scene::new();
        let event = end_of_deployment(&straight, is_updated);
        straight.deliver(&event, "one", 500);
        for steps in 1.. {
            let scene = Scene::new();
            let event = end_of_deployment(&scene, is_updated);
            let mut attempt = scene.attempt(&event, "one", 500);
            if (0..steps).any(|_| attempt.step().is_some()) {
                assert!(steps > 10, "only {steps} calls");
                break;
            }
            drop(attempt);
            scene.deliver(&event, "two", 501);
            assert_eq!(scene.items(), straight.items(), "dead after {steps} calls, updated: {is_updated}");
        }
    }
}
