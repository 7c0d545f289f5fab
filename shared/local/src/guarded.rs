//! A port behind somebody who is asked first, and may count, refuse, or let something happen meanwhile: for tests and benchmarks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use sagewarden_events::{CommitId, Corrections, Repository, Resource, Timestamp};
use sagewarden_govern::ports::{
    Account, Bus, ChangedFile, Changes, Claim, Claimed, Comment, Commit, Description, Files, Grants, Listing,
    ModelUse, Notice, ObjectVersion, Objects, PortError, Remedies, Roles, SourceControl, Stopped,
    SummaryPage, Table,
};
use sagewarden_lineage::s3::Checksum;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use serde_json::Value;

/// A call of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// The port's method, such as `Objects::read`.
    pub method: &'static str,
    /// What it is about: an ARN, `s3://<bucket>/<key>`, a commit, the partition of a query; nothing where it is about several.
    pub about: &'a str,
    /// How many bytes it writes into an object.
    pub bytes: usize,
}

impl Call<'_> {
    /// Whether the newest content of an object is read, or that of a version piece by piece.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self.method, "Objects::read" | "Files::stream")
    }
}

/// Is asked before the port is.
pub trait Guard {
    /// Somebody calls.
    ///
    /// # Errors
    /// What is answered instead.
    fn ask(&self, call: Call<'_>) -> Result<(), PortError>;
}

/// How often each method was called.
#[derive(Debug, Default)]
pub struct Counts(RefCell<BTreeMap<&'static str, u64>>);

impl Counts {
    /// What was counted since the last time.
    #[must_use]
    pub fn take(&self) -> BTreeMap<&'static str, u64> {
        self.0.take()
    }
}

impl Guard for Counts {
    fn ask(&self, call: Call<'_>) -> Result<(), PortError> {
        *self.0.borrow_mut().entry(call.method).or_default() += 1;
        Ok(())
    }
}

/// A port with its guard. Clones have one guard.
#[derive(Debug)]
pub struct Guarded<P, G> {
    /// Answers what the guard lets through.
    pub port: P,
    /// Is asked first.
    pub guard: Rc<G>,
}

impl<P: Clone, G> Clone for Guarded<P, G> {
    fn clone(&self) -> Self {
        Self { port: self.port.clone(), guard: Rc::clone(&self.guard) }
    }
}

impl<P, G: Guard> Guarded<P, G> {
    /// A port behind a guard of its own.
    pub fn new(port: P, guard: G) -> Self {
        Self::behind(port, &Rc::new(guard))
    }

    /// A port behind a guard that other ports have, too.
    pub fn behind(port: P, guard: &Rc<G>) -> Self {
        Self { port, guard: Rc::clone(guard) }
    }

    fn ask(&self, method: &'static str, about: &str) -> Result<&P, PortError> {
        self.guard.ask(Call { method, about, bytes: 0 }).map(|()| &self.port)
    }

    fn ask_of_object(&self, method: &'static str, bucket: &str, key: &str) -> Result<&P, PortError> {
        self.ask(method, &format!("s3://{bucket}/{key}"))
    }
}

impl<P: Account, G: Guard> Account for Guarded<P, G> {
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError> {
        self.ask("Account::describe", &resource.arn())?.describe(resource).await
    }

    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        self.ask("Account::tags", &resource.arn())?.tags(resource).await
    }

    async fn schedules_of(&self, endpoint: &Resource) -> Result<Value, PortError> {
        self.ask("Account::schedules_of", &endpoint.arn())?.schedules_of(endpoint).await
    }

    async fn schedules(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        self.ask("Account::schedules", "")?.schedules(from).await
    }

    async fn endpoints(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        self.ask("Account::endpoints", "")?.endpoints(from).await
    }

    async fn executions_of(&self, schedule: &Resource, since: Timestamp) -> Result<Value, PortError> {
        self.ask("Account::executions_of", &schedule.arn())?.executions_of(schedule, since).await
    }

    async fn steps_of(&self, execution: &Resource) -> Result<Option<Value>, PortError> {
        self.ask("Account::steps_of", &execution.arn())?.steps_of(execution).await
    }

    async fn components_of(&self, job: &Resource) -> Result<Value, PortError> {
        self.ask("Account::components_of", &job.arn())?.components_of(job).await
    }

    async fn annotate(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        self.ask("Account::annotate", &component.arn())?.annotate(component, parameters).await
    }
}

impl<P: Remedies, G: Guard> Remedies for Guarded<P, G> {
    async fn stop(&self, resource: &Resource) -> Result<Stopped, PortError> {
        self.ask("Remedies::stop", &resource.arn())?.stop(resource).await
    }

    async fn change(&self, resource: &Resource, corrections: &Corrections) -> Result<(), PortError> {
        self.ask("Remedies::change", &resource.arn())?.change(resource, corrections).await
    }

    async fn start(&self, notebook: &Resource) -> Result<(), PortError> {
        self.ask("Remedies::start", &notebook.arn())?.start(notebook).await
    }

    async fn mark(&self, resource: &Resource, key: &str, value: &str) -> Result<(), PortError> {
        self.ask("Remedies::mark", &resource.arn())?.mark(resource, key, value).await
    }

    async fn model_use(&self, model: &Resource, at_most: usize) -> Result<ModelUse, PortError> {
        self.ask("Remedies::model_use", &model.arn())?.model_use(model, at_most).await
    }

    async fn delete_model(&self, model: &Resource) -> Result<(), PortError> {
        self.ask("Remedies::delete_model", &model.arn())?.delete_model(model).await
    }
}

impl<P: Objects, G: Guard> Objects for Guarded<P, G> {
    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError> {
        let port = self.ask_of_object("Objects::versions", bucket, prefix)?;
        port.versions(bucket, prefix, as_of, at_most).await
    }

    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError> {
        self.ask_of_object("Objects::versioning", bucket, "")?.versioning(bucket).await
    }

    async fn read(&self, bucket: &str, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, PortError> {
        self.ask_of_object("Objects::read", bucket, key)?.read(bucket, key, at_most).await
    }

    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let port = self.ask_of_object("Objects::read_version", bucket, &object.key)?;
        port.read_version(bucket, object, at_most).await
    }

    async fn entity_tag(&self, bucket: &str, key: &str) -> Result<Option<String>, PortError> {
        self.ask_of_object("Objects::entity_tag", bucket, key)?.entity_tag(bucket, key).await
    }

    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        self.ask_of_object("Objects::checksum", bucket, &object.key)?.checksum(bucket, object).await
    }

    async fn keep_manifest(&self, digest: &str, text: &str) -> Result<Option<String>, PortError> {
        self.ask("Objects::keep_manifest", digest)?.keep_manifest(digest, text).await
    }
}

impl<P: Files, G: Guard> Files for Guarded<P, G> {
    async fn stream(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, PortError> {
        self.ask_of_object("Files::stream", bucket, &object.key)?.stream(bucket, object, take).await
    }

    async fn write(&self, bucket: &str, key: &str, content_type: &str, body: &[u8]) -> Result<(), PortError> {
        let about = &format!("s3://{bucket}/{key}");
        self.guard.ask(Call { method: "Files::write", about, bytes: body.len() })?;
        self.port.write(bucket, key, content_type, body).await
    }
}

impl<P: SourceControl, G: Guard> SourceControl for Guarded<P, G> {
    async fn commit(&self, repository: &Repository, id: &CommitId) -> Result<Option<Commit>, PortError> {
        self.ask("SourceControl::commit", id.as_str())?.commit(repository, id).await
    }

    async fn changes(
        &self,
        repository: &Repository,
        before: Option<&CommitId>,
        after: &CommitId,
        at_most: usize,
    ) -> Result<Option<Changes>, PortError> {
        let port = self.ask("SourceControl::changes", after.as_str())?;
        port.changes(repository, before, after, at_most).await
    }

    async fn content(
        &self,
        repository: &Repository,
        file: &ChangedFile,
        at_most: usize,
    ) -> Result<Option<Vec<u8>>, PortError> {
        self.ask("SourceControl::content", &file.path)?.content(repository, file, at_most).await
    }

    async fn post(&self, comment: &Comment<'_>) -> Result<(), PortError> {
        self.ask("SourceControl::post", comment.commit.as_str())?.post(comment).await
    }
}

impl<P: Roles, G: Guard> Roles for Guarded<P, G> {
    async fn grants(&self, role_arn: &str) -> Result<Grants, PortError> {
        self.ask("Roles::grants", role_arn)?.grants(role_arn).await
    }
}

impl<P: Table, G: Guard> Table for Guarded<P, G> {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        self.ask("Table::write", "")?.write(writes).await
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.ask("Table::get", "")?.get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        self.ask("Table::query", &query.pk)?.query(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        self.ask("Table::claim", &claim.key.pk)?.claim(claim).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        self.ask("Table::settle", &claim.key.pk)?.settle(claim, attributes).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.ask("Table::release", &claim.key.pk)?.release(claim).await
    }
}

impl<P: Bus, G: Guard> Bus for Guarded<P, G> {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        self.ask("Bus::publish", notice.detail_type)?.publish(notice).await
    }
}
