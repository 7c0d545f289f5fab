//! The world as a sweep sees it: an answer that a list or a call gave a moment ago is not asked for again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use sagewarden_events::{CommitId, Repository, Resource, Timestamp};
use sagewarden_lineage::s3::Checksum;
use sagewarden_settings::Settings;
use serde_json::Value;

use crate::ports::{
    Account, ChangedFile, Changes, Comment, Commit, Description, ListedResource, Listing, ObjectVersion,
    Objects, PortError, SourceControl, SummaryPage,
};
use crate::world::World;

/// The most answers in memory. Answers beyond this number are asked for again.
const MOST: usize = 1_000;

/// Answers by their question.
#[derive(Debug)]
struct Answers<T>(RefCell<BTreeMap<String, T>>);

impl<T: Clone> Answers<T> {
    fn empty() -> Self {
        Self(RefCell::default())
    }

    fn get(&self, asked: &str) -> Option<T> {
        self.0.borrow().get(asked).cloned()
    }

    fn hold(&self, asked: String, answer: &T) {
        let mut held = self.0.borrow_mut();
        if held.len() >= MOST {
            held.clear();
        }
        held.insert(asked, answer.clone());
    }
}

/// A world whose account, buckets and commits are asked once. The answers about resources end with a page of the list; those about buckets
/// and commits, which do not change with each resource, last as long as the sweep.
pub(super) struct HeldWorld<'a, W: World> {
    world: &'a W,
    account: HeldAccount<'a, W::Account>,
    objects: HeldObjects<'a, W::Objects>,
    source: HeldSource<'a, W::Source>,
}

impl<'a, W: World> HeldWorld<'a, W> {
    pub(super) fn new(world: &'a W) -> Self {
        Self {
            world,
            account: HeldAccount {
                port: world.account(),
                descriptions: Answers::empty(),
                tags: Answers::empty(),
            },
            objects: HeldObjects {
                port: world.objects(),
                versioning: Answers::empty(),
                is_patient: Cell::new(false),
            },
            source: HeldSource { port: world.source(), commits: Answers::empty() },
        }
    }

    /// From now on, an answer about buckets and objects that does not come is one that is refused: a finding is undecided then, and the rest
    /// of the resource is judged.
    pub(super) fn go_on_without_objects(&self) {
        self.objects.is_patient.set(true);
    }

    /// Forgets the resources of the page before, and takes the facts that the list gives about the next ones.
    pub(super) fn turn_to(&self, page: &[ListedResource]) {
        let HeldAccount { descriptions, tags, .. } = &self.account;
        descriptions.0.borrow_mut().clear();
        tags.0.borrow_mut().clear();
        for listed in page {
            let arn = listed.resource.arn();
            if let Some(found) = &listed.tags {
                tags.hold(arn.clone(), found);
            }
            if let Some(document) = &listed.document {
                descriptions.hold(arn, &Some(Description::new(&listed.resource, document.clone())));
            }
        }
    }
}

impl<'a, W: World> World for HeldWorld<'a, W> {
    type Account = HeldAccount<'a, W::Account>;
    type Remedies = W::Remedies;
    type Objects = HeldObjects<'a, W::Objects>;
    type Files = W::Files;
    type Source = HeldSource<'a, W::Source>;
    type Roles = W::Roles;
    type Keys = W::Keys;
    type Table = W::Table;
    type Bus = W::Bus;
    type Metrics = W::Metrics;

    fn account(&self) -> &Self::Account {
        &self.account
    }

    fn remedies(&self) -> &W::Remedies {
        self.world.remedies()
    }

    fn objects(&self) -> &Self::Objects {
        &self.objects
    }

    fn files(&self) -> &W::Files {
        self.world.files()
    }

    fn source(&self) -> &Self::Source {
        &self.source
    }

    fn roles(&self) -> &W::Roles {
        self.world.roles()
    }

    fn keys(&self) -> &W::Keys {
        self.world.keys()
    }

    fn table(&self) -> &W::Table {
        self.world.table()
    }

    fn bus(&self) -> &W::Bus {
        self.world.bus()
    }

    fn metrics(&self) -> &W::Metrics {
        self.world.metrics()
    }

    fn settings(&self) -> &Settings {
        self.world.settings()
    }

    fn evidence_bucket(&self) -> &str {
        self.world.evidence_bucket()
    }

    fn working_bucket(&self) -> &str {
        self.world.working_bucket()
    }

    fn home(&self) -> Option<&sagewarden_events::Home> {
        self.world.home()
    }

    fn stack(&self) -> Option<&str> {
        self.world.stack()
    }
}

/// The account, as far as it was described for this page.
pub(super) struct HeldAccount<'a, A> {
    port: &'a A,
    descriptions: Answers<Option<Description>>,
    tags: Answers<BTreeMap<String, String>>,
}

impl<A: Account> Account for HeldAccount<'_, A> {
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError> {
        let arn = resource.arn();
        if let Some(held) = self.descriptions.get(&arn) {
            return Ok(held);
        }
        let found = self.port.describe(resource).await?;
        self.descriptions.hold(arn, &found);
        Ok(found)
    }

    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        let arn = resource.arn();
        if let Some(held) = self.tags.get(&arn) {
            return Ok(held);
        }
        let found = self.port.tags(resource).await?;
        self.tags.hold(arn, &found);
        Ok(found)
    }

    async fn schedules_of(&self, endpoint: &Resource) -> Result<Value, PortError> {
        self.port.schedules_of(endpoint).await
    }

    async fn policy_of(&self, resource: &Resource) -> Result<Option<Value>, PortError> {
        self.port.policy_of(resource).await
    }

    async fn schedules(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        self.port.schedules(from).await
    }

    async fn endpoints(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        self.port.endpoints(from).await
    }

    async fn executions_of(&self, schedule: &Resource, since: Timestamp) -> Result<Value, PortError> {
        self.port.executions_of(schedule, since).await
    }

    async fn steps_of(&self, execution: &Resource) -> Result<Option<Value>, PortError> {
        self.port.steps_of(execution).await
    }

    async fn components_of(&self, job: &Resource) -> Result<Value, PortError> {
        self.port.components_of(job).await
    }

    async fn annotate(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        self.port.annotate(component, parameters).await
    }
}

/// The objects; whether a bucket keeps versions is asked once.
pub(super) struct HeldObjects<'a, O> {
    port: &'a O,
    versioning: Answers<Option<String>>,
    is_patient: Cell<bool>,
}

impl<O> HeldObjects<'_, O> {
    fn or_refused<T>(&self, answer: Result<T, PortError>) -> Result<T, PortError> {
        answer.map_err(|error| match error.is_transient() && self.is_patient.get() {
            true => error.as_refused(),
            false => error,
        })
    }
}

impl<O: Objects> Objects for HeldObjects<'_, O> {
    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError> {
        self.or_refused(self.port.versions(bucket, prefix, as_of, at_most).await)
    }

    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError> {
        if let Some(held) = self.versioning.get(bucket) {
            return Ok(held);
        }
        let found = self.or_refused(self.port.versioning(bucket).await)?;
        self.versioning.hold(bucket.to_owned(), &found);
        Ok(found)
    }

    async fn read(&self, bucket: &str, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, PortError> {
        self.or_refused(self.port.read(bucket, key, at_most).await)
    }

    async fn entity_tag(&self, bucket: &str, key: &str) -> Result<Option<String>, PortError> {
        self.or_refused(self.port.entity_tag(bucket, key).await)
    }

    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        self.or_refused(self.port.read_version(bucket, object, at_most).await)
    }

    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        self.or_refused(self.port.checksum(bucket, object).await)
    }

    async fn keep_manifest(&self, digest: &str, text: &str) -> Result<Option<String>, PortError> {
        self.port.keep_manifest(digest, text).await
    }
}

/// The repositories; a commit is asked for once.
pub(super) struct HeldSource<'a, S> {
    port: &'a S,
    commits: Answers<Option<Commit>>,
}

impl<S: SourceControl> SourceControl for HeldSource<'_, S> {
    async fn commit(&self, repository: &Repository, id: &CommitId) -> Result<Option<Commit>, PortError> {
        let Repository { account, region, name } = repository;
        let asked = format!("{account}/{region}/{name}/{id}");
        if let Some(held) = self.commits.get(&asked) {
            return Ok(held);
        }
        let found = self.port.commit(repository, id).await?;
        self.commits.hold(asked, &found);
        Ok(found)
    }

    async fn changes(
        &self,
        repository: &Repository,
        before: Option<&CommitId>,
        after: &CommitId,
        at_most: usize,
    ) -> Result<Option<Changes>, PortError> {
        self.port.changes(repository, before, after, at_most).await
    }

    async fn content(
        &self,
        repository: &Repository,
        file: &ChangedFile,
        at_most: usize,
    ) -> Result<Option<Vec<u8>>, PortError> {
        self.port.content(repository, file, at_most).await
    }

    async fn post(&self, comment: &Comment<'_>) -> Result<(), PortError> {
        self.port.post(comment).await
    }
}
