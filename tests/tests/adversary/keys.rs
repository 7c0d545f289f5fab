//! A key that AWS manages, in place of the company's own: by its id or ARN it looks like any other.

use std::rc::Rc;

use futures::executor::block_on;
use sagewarden_events::{KeyManager, ResourceKind};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_govern::{Moment, route};
use sagewarden_local::{Call, Guard};
use sagewarden_tests::local::{Local, at, training_job};
use sagewarden_tests::{Result, guarded};
use serde_json::{Value, json};

const ID: &str = "5678abcd-12ab-34cd-56ef-1234567890ab";
const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/5678abcd-12ab-34cd-56ef-1234567890ab";

/// The state of a job whose storage volume is encrypted with this key, and the findings about it.
fn judged(key: &str, manager: Option<KeyManager>) -> Result<(Value, Vec<(String, String)>)> {
    let local = Local::new()?;
    if let Some(manager) = manager {
        local.system.account.put_key(ID, manager)?;
    }
    let mut request = training_job("t", &[]);
    request["ResourceConfig"]["VolumeKmsKeyId"] = json!(key);
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    let notices = local.sent()?;
    let findings = notices.iter().flat_map(|notice| notice.detail["findings"].as_array().cloned());
    let named = findings.flatten().map(|finding| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        (text("control"), text("status"))
    });
    let status = local.system.account.list(ResourceKind::TrainingJob)?[0]["TrainingJobStatus"].clone();
    Ok((status, named.collect()))
}

#[test]
fn a_key_that_aws_manages_is_known_by_its_id_and_its_arn() -> Result<()> {
    for key in [ID, ARN] {
        let (status, findings) = judged(key, Some(KeyManager::Aws))?;
        assert_eq!(status, "Stopping", "{key}");
        assert_eq!(findings.first(), Some(&("TRN-ENC-01".to_owned(), "violation".to_owned())), "{key}");
        assert_eq!(judged(key, Some(KeyManager::Customer))?, (json!("InProgress"), Vec::new()), "{key}");
    }
    Ok(())
}

#[test]
fn a_key_that_nobody_knows_is_undecided_and_nothing_is_stopped() -> Result<()> {
    let (status, findings) = judged(ARN, None)?;
    assert_eq!(status, "InProgress");
    assert_eq!(findings, [("TRN-ENC-01".to_owned(), "unknown".to_owned())]);
    Ok(())
}

/// The policy of this key names only its creator: KMS refuses to describe it.
struct Closed;

impl Guard for Closed {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if call.method == "Keys::manager" && call.about.contains(CLOSED) {
            return Err(PortError::new(PortErrorKind::Denied, "look at a key", "not authorized"));
        }
        Ok(())
    }
}

const CLOSED: &str = "00000000-12ab-34cd-56ef-1234567890ab";

#[test]
fn a_key_that_kms_says_nothing_of_does_not_hide_one_that_aws_manages() -> Result<()> {
    let local = Local::new()?;
    local.system.account.put_key(ID, KeyManager::Aws)?;
    let mut request = training_job("t", &[]);
    request["ResourceConfig"]["VolumeKmsKeyId"] = json!(ID);
    // Asked about first, in the order of their names.
    request["OutputDataConfig"]["KmsKeyId"] = json!(CLOSED);
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    let event = local.system.account.drain_events()?.pop().ok_or("nothing was announced")?.to_string();
    let event = sagewarden_events::decode(&event)?.remove(0);
    let world = guarded::world(&local.system, &Rc::new(Closed));
    let moment = Moment { now: at(5), owner: "test".to_owned() };
    let outcome = block_on(route::enforce_policy(&world, &local.system.judging(), &event, &moment));
    assert!(matches!(outcome, Some(Ok(_))), "{outcome:?}");
    let sent = local.sent()?;
    let findings = sent[0].detail["findings"].as_array().ok_or("no findings")?;
    let of_volume = findings.iter().find(|finding| finding["control"] == "TRN-ENC-01").ok_or("not told")?;
    assert_eq!(of_volume["status"], "violation", "{findings:#?}");
    Ok(())
}
