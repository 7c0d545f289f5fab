//! The world of the use cases: everything outside that they may see and touch, each part behind a port.
//!
//! A use case takes a [`World`], or the one port that it needs. A process builds its world once, from [`Ports`]: a Lambda function from the
//! adapters in `shared/aws`, the command from the adapters in `shared/local`, a test from test doubles that fail as it chooses. A port that
//! a process does not need is [`Absent`]: the function then neither links that adapter nor has its permissions.

use sagewarden_events::Home;
use sagewarden_settings::Settings;

use crate::ports::{
    Account, Bus, Files, Keys, Metrics, Objects, PortError, PortErrorKind, Remedies, Roles, SourceControl,
    Table,
};

mod absent;

/// One associated type per port, and the settings of the process.
pub trait World {
    /// Describes the account's SageMaker resources.
    type Account: Account;
    /// Stops, changes and deletes them.
    type Remedies: Remedies;
    /// Lists and reads objects in S3.
    type Objects: Objects;
    /// Streams large objects, and writes Sagewarden's own.
    type Files: Files;
    /// Reads commits, and comments on them.
    type Source: SourceControl;
    /// Reads what IAM roles may do.
    type Roles: Roles;
    /// Says who manages KMS keys.
    type Keys: Keys;
    /// Holds the lineage, verdicts and receipts.
    type Table: Table;
    /// Takes findings and alerts.
    type Bus: Bus;
    /// Takes the metrics of judged windows.
    type Metrics: Metrics;

    /// The SageMaker account.
    fn account(&self) -> &Self::Account;
    /// The changes that Sagewarden may make to its resources.
    fn remedies(&self) -> &Self::Remedies;
    /// The objects in S3.
    fn objects(&self) -> &Self::Objects;
    /// The same objects, as files.
    fn files(&self) -> &Self::Files;
    /// The repositories.
    fn source(&self) -> &Self::Source;
    /// The IAM roles.
    fn roles(&self) -> &Self::Roles;
    /// The KMS keys.
    fn keys(&self) -> &Self::Keys;
    /// The table.
    fn table(&self) -> &Self::Table;
    /// The system's own event bus.
    fn bus(&self) -> &Self::Bus;
    /// CloudWatch, or nothing.
    fn metrics(&self) -> &Self::Metrics;
    /// The settings that the process was started with. Judging uses the settings of the bundle in force instead.
    fn settings(&self) -> &Settings;
    /// The bucket that the system keeps evidence in: reports, baselines and manifests. It may have a lock.
    fn evidence_bucket(&self) -> &str;
    /// The bucket for profiles, which can be made again and may expire. It may be the same bucket.
    fn working_bucket(&self) -> &str;
    /// The account and region whose events it handles; `None` for events of any, played on one machine.
    fn home(&self) -> Option<&Home>;
    /// The name of the deployed stack, so that a notice can name commands that ask it; `None` if the process belongs to no stack, or does
    /// not know it.
    fn stack(&self) -> Option<&str>;
}

/// A port that a process does not have. Every call is refused with [`PortErrorKind::Invalid`], so that a record that needs the
/// port ends in quarantine with a reason: a mistake in wiring is seen, and nothing is retried in vain. Metrics alone are dropped:
/// on one machine, no one reads them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Absent;

impl Absent {
    fn refusal<T>(port: &str) -> Result<T, PortError> {
        let message = "this process was started without that port";
        Err(PortError::new(PortErrorKind::Invalid, format!("use the port for {port}"), message))
    }
}

/// A world put together from its ports.
#[derive(Clone, Debug)]
pub struct Ports<Account, Remedies, Objects, Files, Source, Roles, Keys, Table, Bus, Metrics> {
    /// See [`World::account`].
    pub account: Account,
    /// See [`World::remedies`].
    pub remedies: Remedies,
    /// See [`World::objects`].
    pub objects: Objects,
    /// See [`World::files`].
    pub files: Files,
    /// See [`World::source`].
    pub source: Source,
    /// See [`World::roles`].
    pub roles: Roles,
    /// See [`World::keys`].
    pub keys: Keys,
    /// See [`World::table`].
    pub table: Table,
    /// See [`World::bus`].
    pub bus: Bus,
    /// See [`World::metrics`].
    pub metrics: Metrics,
    /// The start settings of the process.
    pub given: Given,
}

/// The start settings of a process.
#[derive(Clone, Debug)]
pub struct Given {
    /// See [`World::settings`].
    pub settings: Settings,
    /// See [`World::evidence_bucket`].
    pub evidence_bucket: String,
    /// See [`World::working_bucket`].
    pub working_bucket: String,
    /// See [`World::home`].
    pub home: Option<Home>,
    /// See [`World::stack`].
    pub stack: Option<String>,
}

impl<A, M, O, F, S, R, Y, T, B, K> World for Ports<A, M, O, F, S, R, Y, T, B, K>
where
    A: Account,
    M: Remedies,
    O: Objects,
    F: Files,
    S: SourceControl,
    R: Roles,
    Y: Keys,
    T: Table,
    B: Bus,
    K: Metrics,
{
    type Account = A;
    type Remedies = M;
    type Objects = O;
    type Files = F;
    type Source = S;
    type Roles = R;
    type Keys = Y;
    type Table = T;
    type Bus = B;
    type Metrics = K;

    fn account(&self) -> &A {
        &self.account
    }

    fn remedies(&self) -> &M {
        &self.remedies
    }

    fn objects(&self) -> &O {
        &self.objects
    }

    fn files(&self) -> &F {
        &self.files
    }

    fn source(&self) -> &S {
        &self.source
    }

    fn roles(&self) -> &R {
        &self.roles
    }

    fn keys(&self) -> &Y {
        &self.keys
    }

    fn table(&self) -> &T {
        &self.table
    }

    fn bus(&self) -> &B {
        &self.bus
    }

    fn metrics(&self) -> &K {
        &self.metrics
    }

    fn settings(&self) -> &Settings {
        &self.given.settings
    }

    fn evidence_bucket(&self) -> &str {
        &self.given.evidence_bucket
    }

    fn working_bucket(&self) -> &str {
        &self.given.working_bucket
    }

    fn home(&self) -> Option<&Home> {
        self.given.home.as_ref()
    }

    fn stack(&self) -> Option<&str> {
        self.given.stack.as_deref()
    }
}

/// The same world with one port replaced: a test makes that port fail, a benchmark counts its calls.
impl<A, M, O, F, S, R, Y, T, B, K> Ports<A, M, O, F, S, R, Y, T, B, K> {
    /// With another table.
    pub fn with_table<Other>(self, table: Other) -> Ports<A, M, O, F, S, R, Y, Other, B, K> {
        let Self { account, remedies, objects, files, source, roles, keys, bus, metrics, given, .. } = self;
        Ports { account, remedies, objects, files, source, roles, keys, table, bus, metrics, given }
    }

    /// With other objects.
    pub fn with_objects<Other, Streamed>(
        self,
        objects: Other,
        files: Streamed,
    ) -> Ports<A, M, Other, Streamed, S, R, Y, T, B, K> {
        let Self { account, remedies, source, roles, keys, table, bus, metrics, given, .. } = self;
        Ports { account, remedies, objects, files, source, roles, keys, table, bus, metrics, given }
    }

    /// With other remedies.
    pub fn with_remedies<Other>(self, remedies: Other) -> Ports<A, Other, O, F, S, R, Y, T, B, K> {
        let Self { account, objects, files, source, roles, keys, table, bus, metrics, given, .. } = self;
        Ports { account, remedies, objects, files, source, roles, keys, table, bus, metrics, given }
    }

    /// With another source control.
    pub fn with_source<Other>(self, source: Other) -> Ports<A, M, O, F, Other, R, Y, T, B, K> {
        let Self { account, remedies, objects, files, roles, keys, table, bus, metrics, given, .. } = self;
        Ports { account, remedies, objects, files, source, roles, keys, table, bus, metrics, given }
    }

    /// With other metrics.
    pub fn with_metrics<Other>(self, metrics: Other) -> Ports<A, M, O, F, S, R, Y, T, B, Other> {
        let Self { account, remedies, objects, files, source, roles, keys, table, bus, given, .. } = self;
        Ports { account, remedies, objects, files, source, roles, keys, table, bus, metrics, given }
    }
}
