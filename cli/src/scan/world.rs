//! The world of a scan: the account is AWS's, and everything that is written is on this machine.

use sagewarden_codecommit::CodeCommit;
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{Listing, ObjectVersion, Objects, PortError, PortErrorKind};
use sagewarden_govern::{Absent, Given, Ports};
use sagewarden_iam::IamRoles;
use sagewarden_kms::KmsKeys;
use sagewarden_lineage::s3::Checksum;
use sagewarden_local::{NoticeLog, Store};
use sagewarden_policy::Bundle;
use sagewarden_s3::S3Objects;
use sagewarden_sagemaker::SageMakerAccount;

/// The ports of a scan.
pub(super) type ScanWorld = Ports<
    SageMakerAccount,
    Absent,
    ScannedObjects,
    Absent,
    CodeCommit,
    IamRoles,
    KmsKeys,
    Store,
    NoticeLog,
    Absent,
>;

/// The world over an account and a store. Remedies are absent: nothing can be stopped from here.
pub(super) fn world(
    config: &sagewarden_aws::SdkConfig,
    store: &Store,
    bundle: &Bundle,
    asks_data: bool,
) -> ScanWorld {
    Ports {
        account: SageMakerAccount::new(config),
        remedies: Absent,
        objects: ScannedObjects { s3: asks_data.then(|| S3Objects::new(config)) },
        files: Absent,
        source: CodeCommit::new(config),
        roles: IamRoles::new(config),
        keys: KmsKeys::new(config),
        table: store.clone(),
        bus: NoticeLog::new(store.clone()),
        metrics: Absent,
        given: Given {
            settings: bundle.settings().clone(),
            evidence_bucket: String::new(),
            working_bucket: String::new(),
            home: None,
            stack: None,
        },
    }
}

/// The versions of objects in S3, without their content: a scan reads no data, and writes nothing there.
#[derive(Debug)]
pub(super) struct ScannedObjects {
    s3: Option<S3Objects>,
}

impl ScannedObjects {
    fn s3(&self) -> Result<&S3Objects, PortError> {
        self.s3.as_ref().ok_or_else(|| left_out("--no-data leaves S3 out"))
    }
}

fn left_out(why: &str) -> PortError {
    PortError::new(PortErrorKind::Invalid, "ask S3", why)
}

impl Objects for ScannedObjects {
    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError> {
        self.s3()?.versions(bucket, prefix, as_of, at_most).await
    }

    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError> {
        self.s3()?.versioning(bucket).await
    }

    async fn read(&self, _: &str, _: &str, _: u64) -> Result<Option<Vec<u8>>, PortError> {
        Err(left_out("a scan reads no content"))
    }

    async fn entity_tag(&self, _: &str, _: &str) -> Result<Option<String>, PortError> {
        Err(left_out("a scan reads no content"))
    }

    async fn read_version(&self, _: &str, _: &ObjectVersion, _: u64) -> Result<Option<Vec<u8>>, PortError> {
        Err(left_out("a scan reads no content"))
    }

    async fn checksum(&self, _: &str, _: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        Ok(None)
    }

    async fn keep_manifest(&self, _: &str, _: &str) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}
