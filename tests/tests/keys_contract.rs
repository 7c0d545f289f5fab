//! Who manages a key, held by the simulated account and by KMS alike; and how often it is asked.

use std::cell::Cell;

use sagewarden_events::KeyManager;
use sagewarden_govern::KnownKeys;
use sagewarden_govern::ports::{Keys, PortError};
use sagewarden_kms::KmsKeys;
use sagewarden_local::{LocalGit, SimulatedAccount, Store};
use sagewarden_tests::Result;
use sagewarden_tests::aws::REGION;
use sagewarden_tests::emulator::{self, ACCOUNT, Emulator};
use sagewarden_tests::simulator::Simulator;
use serde_json::json;
use tempfile::TempDir;

const GONE: &str = "00000000-0000-0000-0000-000000000000";

fn account() -> Result<SimulatedAccount> {
    Ok(SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION))
}

#[tokio::test]
async fn the_simulated_account_keeps_the_contract() -> Result<()> {
    let account = account()?;
    contract(&account, &account.key_arn(SimulatedAccount::KEY)).await?;
    of_aws(&account, &account).await
}

/// The emulator has no keys that AWS manages: the simulator answers about those, to the same client.
#[tokio::test]
async fn kms_keeps_the_contract() -> Result<()> {
    let emulator = Emulator::start(&[])?;
    let made = emulator.aws()?.call("kms", "create_key", json!({}))?;
    let arn = made.pointer("/KeyMetadata/Arn").and_then(|arn| arn.as_str()).ok_or("a key has an ARN")?;
    contract(&KmsKeys::new(&emulator.config().await), arn).await?;

    let (account, folder) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account.clone(), LocalGit::new(folder.path())?).await?;
    of_aws(&KmsKeys::new(&emulator::config(&simulator.url()).await), &account).await
}

/// `arn` names a customer's key.
async fn contract(keys: &impl Keys, arn: &str) -> Result<()> {
    let id = arn.rsplit('/').next().unwrap_or_default();
    for name in [arn, id] {
        assert_eq!(keys.manager(name).await?, Some(KeyManager::Customer), "{name}");
        assert_eq!(keys.manager(&name.replace(id, GONE)).await?, None, "{name}");
    }
    Ok(())
}

async fn of_aws(keys: &impl Keys, account: &SimulatedAccount) -> Result<()> {
    let arn = account.put_key("5678abcd-12ab-34cd-56ef-1234567890ab", KeyManager::Aws)?;
    assert_eq!(keys.manager(&arn).await?, Some(KeyManager::Aws));
    Ok(())
}

/// Knows a key from the second time on.
#[derive(Default)]
struct Answering(Cell<u32>);

impl Keys for Answering {
    async fn manager(&self, _: &str) -> std::result::Result<Option<KeyManager>, PortError> {
        self.0.set(self.0.get() + 1);
        Ok((self.0.get() > 1).then_some(KeyManager::Aws))
    }
}

#[tokio::test]
async fn a_known_key_is_asked_about_once_and_an_unknown_one_each_time() -> Result<()> {
    let (keys, known) = (Answering::default(), KnownKeys::default());
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(known.manager(&keys, "k").await?);
    }
    assert_eq!(seen, [None, Some(KeyManager::Aws), Some(KeyManager::Aws), Some(KeyManager::Aws)]);
    assert_eq!(keys.0.get(), 2);
    Ok(())
}
