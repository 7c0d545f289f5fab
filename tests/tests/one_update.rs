//! A remedy changes a resource in one call: a resource that is being changed refuses another call.

use sagewarden_events::{Change, Corrections, Resource, ResourceKind};
use sagewarden_govern::ports::{PortErrorKind, Remedies};
use sagewarden_local::{LocalGit, SimulatedAccount, Store};
use sagewarden_sagemaker::SageMakerAccount;
use sagewarden_tests::aws::REGION;
use sagewarden_tests::emulator::{ACCOUNT, config};
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::{Result, now};
use serde_json::{Value, json};
use tempfile::TempDir;

const DOMAIN: [Change; 4] =
    [Change::RouteThroughVpc, Change::NameTheUser, Change::PropagateTags, Change::DisableDocker];
const NOTEBOOK: [Change; 3] = [Change::DisableRootAccess, Change::RequireMetadataV2, Change::ReplacePlatform];

struct World {
    account: SimulatedAccount,
    simulator: Simulator,
    remedies: SageMakerAccount,
    _folder: TempDir,
}

impl World {
    async fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
        let simulator = Simulator::start(account.clone(), LocalGit::new(folder.path())?).await?;
        let remedies = SageMakerAccount::new(&config(&simulator.url()).await);
        Ok(Self { account, simulator, remedies, _folder: folder })
    }

    fn domain(&self) -> Result<Resource> {
        let open = json!({ "DomainName": "credit", "AppNetworkAccessType": "PublicInternetOnly" });
        Ok(self.account.create(ResourceKind::Domain, &open, None, now())?)
    }

    fn calls(&self, operation: &str) -> Vec<Value> {
        let calls = self.simulator.calls(&format!("SageMaker.{operation}"));
        calls.into_iter().map(|call| call.body).collect()
    }
}

fn all(changes: &[Change]) -> Corrections {
    Corrections { settings: changes.iter().copied().collect(), platform: Some("new".to_owned()) }
}

#[tokio::test]
async fn all_corrections_of_a_resource_are_one_call() -> Result<()> {
    let world = World::new().await?;
    let domain = world.domain()?;
    world.remedies.change(&domain, &all(&DOMAIN)).await?;
    let everything = json!({
        "DomainId": domain.name,
        "AppNetworkAccessType": "VpcOnly",
        "TagPropagation": "ENABLED",
        "DomainSettingsForUpdate": {
            "ExecutionRoleIdentityConfig": "USER_PROFILE_NAME",
            "DockerSettings": { "EnableDockerAccess": "DISABLED" },
        },
    });
    assert_eq!(world.calls("UpdateDomain"), [everything]);

    let notebook = json!({ "NotebookInstanceName": "ana" });
    let notebook = world.account.create(ResourceKind::NotebookInstance, &notebook, None, now())?;
    world.account.stop_job(&notebook, now())?;
    world.account.finish_stop(&notebook, now())?;
    world.remedies.change(&notebook, &all(&NOTEBOOK)).await?;
    let everything = json!({
        "NotebookInstanceName": "ana",
        "RootAccess": "Disabled",
        "PlatformIdentifier": "new",
        "InstanceMetadataServiceConfiguration": { "MinimumInstanceMetadataServiceVersion": "2" },
    });
    assert_eq!(world.calls("UpdateNotebookInstance"), [everything]);
    Ok(())
}

/// Which code AWS gives while apps run is not written down; the two that it gives for refused updates are both taken for it.
#[tokio::test]
async fn what_running_apps_forbid_keeps_nothing_else_from_being_changed() -> Result<()> {
    for (code, kind) in
        [("ResourceInUse", PortErrorKind::Unavailable), ("ValidationException", PortErrorKind::Invalid)]
    {
        let world = World::new().await?;
        let domain = world.domain()?;
        world.simulator.refuse_next_with("SageMaker.UpdateDomain", code);
        let error = world.remedies.change(&domain, &all(&DOMAIN)).await.err().ok_or("a part was refused")?;
        assert_eq!(error.kind(), kind, "{error}");
        let document = world.account.describe_document(&domain)?;
        assert_eq!(document["DomainSettings"]["DockerSettings"]["EnableDockerAccess"], "DISABLED");
        assert_eq!(document["TagPropagation"], "ENABLED");
        assert_eq!(document["AppNetworkAccessType"], "PublicInternetOnly");
        assert_eq!(world.calls("UpdateDomain").len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_domain_that_is_being_changed_comes_again() -> Result<()> {
    let world = World::new().await?;
    let domain = world.domain()?;
    world.remedies.change(&domain, &all(&[Change::DisableDocker])).await?;
    let error = world.remedies.change(&domain, &all(&[Change::PropagateTags])).await.err();
    let error = error.ok_or("a domain that is `Updating` was changed")?;
    assert_eq!(error.kind(), PortErrorKind::Unavailable, "{error}");
    world.account.finish_update(&domain, now())?;
    world.remedies.change(&domain, &all(&[Change::PropagateTags])).await?;
    Ok(())
}
