//! A port behind a guard, for tests and benchmarks. The guard is asked first. It may count a call, refuse it, or let something else happen
//! meanwhile.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::pending;
use std::rc::Rc;

use sagewarden_events::{CommitId, Corrections, KeyManager, Repository, Resource, Timestamp};
use sagewarden_govern::ports::{
    Account, Bus, ChangedFile, Changes, Claim, Claimed, Comment, Commit, Description, Estate, EstatePage,
    Files, Grants, Keys, Listing, ModelUse, Notice, ObjectVersion, Objects, PortError, Remedies, Roles,
    SourceControl, Stopped, SummaryPage, Table, Wanted,
};
use sagewarden_lineage::s3::Checksum;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use serde_json::Value;

/// A call of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// The port's method, such as `Objects::read`.
    pub method: &'static str,
    /// Its subject: an ARN, `s3://<bucket>/<key>`, a commit, the partition of a query; empty for several.
    pub about: &'a str,
    /// How many bytes it writes into an object.
    pub bytes: usize,
    /// The rows that it writes into the table.
    pub writes: &'a [Write],
}

impl Call<'_> {
    /// Whether it reads the newest content of an object, or a version piece by piece.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self.method, "Objects::read" | "Files::stream")
    }
}

/// The reaction of the guard to a call, before the call reaches the port or after the port has answered.
#[derive(Debug)]
pub enum Fate {
    /// The call continues.
    Goes,
    /// The caller gets this error. If the port has acted already, that stays.
    Fails(PortError),
    /// The call never answers. A test that polls the call and then drops it has killed the process at this point.
    Dies,
}

impl From<Result<(), PortError>> for Fate {
    fn from(answer: Result<(), PortError>) -> Self {
        answer.map_or_else(Self::Fails, |()| Self::Goes)
    }
}

impl Fate {
    async fn happen(self) -> Result<(), PortError> {
        match self {
            Self::Goes => Ok(()),
            Self::Fails(error) => Err(error),
            Self::Dies => pending().await,
        }
    }
}

/// Decides what happens to each call of a port.
pub trait Guard {
    /// A caller calls the port.
    ///
    /// # Errors
    /// The error to answer instead.
    fn ask(&self, _call: Call<'_>) -> Result<(), PortError> {
        Ok(())
    }

    /// Decides about a call before it reaches the port.
    fn before(&self, call: Call<'_>) -> Fate {
        self.ask(call).into()
    }

    /// Decides about the answer of a call that succeeded.
    fn after(&self, _call: Call<'_>) -> Fate {
        Fate::Goes
    }
}

/// How often each method was called.
#[derive(Debug, Default)]
pub struct Counts(RefCell<BTreeMap<&'static str, u64>>);

impl Counts {
    /// The calls that were counted since the last time.
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

/// A port with its guard. Clones share the guard.
#[derive(Debug)]
pub struct Guarded<P, G> {
    /// The port, which answers the calls that the guard lets through.
    pub port: P,
    /// The guard, which is asked first.
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

    /// A port behind a guard that other ports share.
    pub fn behind(port: P, guard: &Rc<G>) -> Self {
        Self { port, guard: Rc::clone(guard) }
    }

    async fn guarded<T>(
        &self,
        call: Call<'_>,
        answer: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        self.guard.before(call).happen().await?;
        let answer = answer.await?;
        self.guard.after(call).happen().await?;
        Ok(answer)
    }

    async fn call<T>(
        &self,
        method: &'static str,
        about: &str,
        answer: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        self.guarded(Call { method, about, bytes: 0, writes: &[] }, answer).await
    }

    async fn call_on_object<T>(
        &self,
        method: &'static str,
        bucket: &str,
        key: &str,
        answer: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        self.call(method, &format!("s3://{bucket}/{key}"), answer).await
    }
}

impl<P: Account, G: Guard> Account for Guarded<P, G> {
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError> {
        self.call("Account::describe", &resource.arn(), self.port.describe(resource)).await
    }

    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        self.call("Account::tags", &resource.arn(), self.port.tags(resource)).await
    }

    async fn schedules_of(&self, endpoint: &Resource) -> Result<Value, PortError> {
        self.call("Account::schedules_of", &endpoint.arn(), self.port.schedules_of(endpoint)).await
    }

    async fn policy_of(&self, resource: &Resource) -> Result<Option<Value>, PortError> {
        self.call("Account::policy_of", &resource.arn(), self.port.policy_of(resource)).await
    }

    async fn schedules(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        self.call("Account::schedules", "", self.port.schedules(from)).await
    }

    async fn endpoints(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        self.call("Account::endpoints", "", self.port.endpoints(from)).await
    }

    async fn executions_of(&self, schedule: &Resource, since: Timestamp) -> Result<Value, PortError> {
        self.call("Account::executions_of", &schedule.arn(), self.port.executions_of(schedule, since)).await
    }

    async fn steps_of(&self, execution: &Resource) -> Result<Option<Value>, PortError> {
        self.call("Account::steps_of", &execution.arn(), self.port.steps_of(execution)).await
    }

    async fn components_of(&self, job: &Resource) -> Result<Value, PortError> {
        self.call("Account::components_of", &job.arn(), self.port.components_of(job)).await
    }

    async fn annotate(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        self.call("Account::annotate", &component.arn(), self.port.annotate(component, parameters)).await
    }
}

impl<P: Estate, G: Guard> Estate for Guarded<P, G> {
    async fn page(&self, wanted: &Wanted, from: Option<&str>) -> Result<EstatePage, PortError> {
        self.call("Estate::page", wanted.kind.segment(), self.port.page(wanted, from)).await
    }
}

impl<P: Remedies, G: Guard> Remedies for Guarded<P, G> {
    async fn stop(&self, resource: &Resource) -> Result<Stopped, PortError> {
        self.call("Remedies::stop", &resource.arn(), self.port.stop(resource)).await
    }

    async fn change(&self, resource: &Resource, corrections: &Corrections) -> Result<(), PortError> {
        self.call("Remedies::change", &resource.arn(), self.port.change(resource, corrections)).await
    }

    async fn start(&self, notebook: &Resource) -> Result<(), PortError> {
        self.call("Remedies::start", &notebook.arn(), self.port.start(notebook)).await
    }

    async fn mark(&self, resource: &Resource, tags: &[(&str, &str)]) -> Result<(), PortError> {
        self.call("Remedies::mark", &resource.arn(), self.port.mark(resource, tags)).await
    }

    async fn model_use(
        &self,
        model: &Resource,
        since: Timestamp,
        at_most: usize,
    ) -> Result<ModelUse, PortError> {
        self.call("Remedies::model_use", &model.arn(), self.port.model_use(model, since, at_most)).await
    }

    async fn delete_model(&self, model: &Resource) -> Result<(), PortError> {
        self.call("Remedies::delete_model", &model.arn(), self.port.delete_model(model)).await
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
        let answer = self.port.versions(bucket, prefix, as_of, at_most);
        self.call_on_object("Objects::versions", bucket, prefix, answer).await
    }

    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError> {
        self.call_on_object("Objects::versioning", bucket, "", self.port.versioning(bucket)).await
    }

    async fn read(&self, bucket: &str, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, PortError> {
        self.call_on_object("Objects::read", bucket, key, self.port.read(bucket, key, at_most)).await
    }

    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let answer = self.port.read_version(bucket, object, at_most);
        self.call_on_object("Objects::read_version", bucket, &object.key, answer).await
    }

    async fn entity_tag(&self, bucket: &str, key: &str) -> Result<Option<String>, PortError> {
        self.call_on_object("Objects::entity_tag", bucket, key, self.port.entity_tag(bucket, key)).await
    }

    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        self.call_on_object("Objects::checksum", bucket, &object.key, self.port.checksum(bucket, object))
            .await
    }

    async fn keep_manifest(&self, digest: &str, text: &str) -> Result<Option<String>, PortError> {
        self.call("Objects::keep_manifest", digest, self.port.keep_manifest(digest, text)).await
    }
}

impl<P: Files, G: Guard> Files for Guarded<P, G> {
    async fn stream(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, PortError> {
        self.call_on_object("Files::stream", bucket, &object.key, self.port.stream(bucket, object, take))
            .await
    }

    async fn write(&self, bucket: &str, key: &str, content_type: &str, body: &[u8]) -> Result<(), PortError> {
        let about = &format!("s3://{bucket}/{key}");
        let call = Call { method: "Files::write", about, bytes: body.len(), writes: &[] };
        self.guarded(call, self.port.write(bucket, key, content_type, body)).await
    }
}

impl<P: SourceControl, G: Guard> SourceControl for Guarded<P, G> {
    async fn commit(&self, repository: &Repository, id: &CommitId) -> Result<Option<Commit>, PortError> {
        self.call("SourceControl::commit", id.as_str(), self.port.commit(repository, id)).await
    }

    async fn changes(
        &self,
        repository: &Repository,
        before: Option<&CommitId>,
        after: &CommitId,
        at_most: usize,
    ) -> Result<Option<Changes>, PortError> {
        let answer = self.port.changes(repository, before, after, at_most);
        self.call("SourceControl::changes", after.as_str(), answer).await
    }

    async fn content(
        &self,
        repository: &Repository,
        file: &ChangedFile,
        at_most: usize,
    ) -> Result<Option<Vec<u8>>, PortError> {
        self.call("SourceControl::content", &file.path, self.port.content(repository, file, at_most)).await
    }

    async fn post(&self, comment: &Comment<'_>) -> Result<(), PortError> {
        self.call("SourceControl::post", comment.commit.as_str(), self.port.post(comment)).await
    }
}

impl<P: Roles, G: Guard> Roles for Guarded<P, G> {
    async fn grants(&self, role_arn: &str) -> Result<Grants, PortError> {
        self.call("Roles::grants", role_arn, self.port.grants(role_arn)).await
    }
}

impl<P: Keys, G: Guard> Keys for Guarded<P, G> {
    async fn manager(&self, key: &str) -> Result<Option<KeyManager>, PortError> {
        self.call("Keys::manager", key, self.port.manager(key)).await
    }
}

impl<P: Table, G: Guard> Table for Guarded<P, G> {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        let call = Call { method: "Table::write", about: "", bytes: 0, writes };
        self.guarded(call, self.port.write(writes)).await
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.call("Table::get", "", self.port.get(keys)).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        self.call("Table::query", &query.pk, self.port.query(query)).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        self.call("Table::claim", &claim.key.pk, self.port.claim(claim)).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        self.call("Table::settle", &claim.key.pk, self.port.settle(claim, attributes)).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.call("Table::release", &claim.key.pk, self.port.release(claim)).await
    }
}

impl<P: Bus, G: Guard> Bus for Guarded<P, G> {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        self.call("Bus::publish", notice.detail_type, self.port.publish(notice)).await
    }
}
