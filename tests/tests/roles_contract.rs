//! The facts about a role's policies, for the simulated account and for IAM; and how often they are read.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::cell::Cell;

use sagewarden_events::Grant;
use sagewarden_govern::ports::{Grants, PortError, PortErrorKind, Roles};
use sagewarden_govern::{Inspected, InspectedRoles};
use sagewarden_iam::IamRoles;
use sagewarden_local::{SimulatedAccount, Store};
use sagewarden_policy::RoleFacts;
use sagewarden_tests::Result;
use sagewarden_tests::aws::Aws;
use sagewarden_tests::aws::REGION;
use sagewarden_tests::emulator::{ACCOUNT, Emulator};
use sagewarden_tests::local::at;
use serde_json::json;

/// How a test makes roles in the account that it looks at.
trait Iam {
    /// Makes a role with these policies; returns its ARN.
    fn make(&mut self, path: &str, name: &str, grants: &[Grant]) -> Result<String>;
}

struct Simulated(SimulatedAccount);

impl Iam for Simulated {
    fn make(&mut self, path: &str, name: &str, grants: &[Grant]) -> Result<String> {
        Ok(self.0.put_role(path, name, grants)?)
    }
}

struct Emulated(Aws);

impl Iam for Emulated {
    fn make(&mut self, path: &str, name: &str, grants: &[Grant]) -> Result<String> {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "sagemaker.amazonaws.com" }, "Action": "sts:AssumeRole",
        }] });
        let asked = json!({ "Path": path, "RoleName": name, "AssumeRolePolicyDocument": trust.to_string() });
        let role = self.0.call("iam", "create_role", asked)?;
        for grant in grants {
            let document = grant.document.to_string();
            let Some(arn) = &grant.arn else {
                let inline =
                    json!({ "RoleName": name, "PolicyName": grant.name, "PolicyDocument": document });
                self.0.call("iam", "put_role_policy", inline)?;
                continue;
            };
            if !arn.contains(":aws:policy/") {
                let policy = json!({ "PolicyName": grant.name, "PolicyDocument": document });
                self.0.call("iam", "create_policy", policy)?;
            }
            self.0.call("iam", "attach_role_policy", json!({ "RoleName": name, "PolicyArn": arn }))?;
        }
        Ok(role["Role"]["Arn"].as_str().unwrap_or_default().to_owned())
    }
}

fn grant(name: &str, arn: Option<&str>, actions: &[&str], resource: &str) -> Grant {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resource }],
    });
    Grant { name: name.to_owned(), arn: arn.map(str::to_owned), document }
}

/// A policy of AWS's own, with the document that it has.
fn s3_full_access() -> Grant {
    let arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
    grant("AmazonS3FullAccess", Some(arn), &["s3:*", "s3-object-lambda:*"], "*")
}

#[tokio::test]
async fn the_simulated_account_keeps_the_contract() -> Result<()> {
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    contract(&account, &mut Simulated(account.clone())).await
}

#[tokio::test]
async fn iam_keeps_the_contract() -> Result<()> {
    let emulator = Emulator::start(&[])?;
    let roles = IamRoles::new(&emulator.config().await);
    contract(&roles, &mut Emulated(emulator.aws()?)).await?;
    a_policy_counts_in_its_default_version(&roles, &mut emulator.aws()?).await
}

async fn contract(roles: &impl Roles, iam: &mut impl Iam) -> Result<()> {
    let own = format!("arn:aws:iam::{ACCOUNT}:policy/data");
    let grants = [
        s3_full_access(),
        grant("data", Some(&own), &["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::ds-\u{e9}+%20*"),
        grant("inline-a", None, &["logs:PutLogEvents"], "*"),
        grant("inline-b", None, &["ecr:GetAuthorizationToken"], "*"),
    ];
    let arn = iam.make("/", "plain", &grants)?;
    assert_eq!(roles.grants(&arn).await?, Grants::Known(grants.to_vec()));
    let deep = iam.make("/service-role/ds/", "deep", &grants[2..])?;
    assert_eq!(deep, format!("arn:aws:iam::{ACCOUNT}:role/service-role/ds/deep"));
    assert_eq!(roles.grants(&deep).await?, Grants::Known(grants[2..].to_vec()));
    let bare = iam.make("/", "bare", &[])?;
    assert_eq!(roles.grants(&bare).await?, Grants::Known(Vec::new()));

    for foreign in [
        "arn:aws:iam::444455556666:role/plain".to_owned(),
        format!("arn:aws:iam::{ACCOUNT}:role/deep"),
        format!("arn:aws:iam::{ACCOUNT}:role/gone"),
    ] {
        let Grants::Unknown(reason) = roles.grants(&foreign).await? else {
            return Err(format!("`{foreign}` is known").into());
        };
        assert!(reason.starts_with(&format!("the account has no role `{foreign}`")), "{reason}");
    }
    Ok(())
}

async fn a_policy_counts_in_its_default_version(roles: &IamRoles, aws: &mut Aws) -> Result<()> {
    let (arn, policy) =
        (format!("arn:aws:iam::{ACCOUNT}:role/plain"), format!("arn:aws:iam::{ACCOUNT}:policy/data"));
    let wider = grant("data", Some(&policy), &["s3:GetObject"], "*");
    let version =
        json!({ "PolicyArn": policy, "PolicyDocument": wider.document.to_string(), "SetAsDefault": true });
    aws.call("iam", "create_policy_version", version)?;
    let Grants::Known(grants) = roles.grants(&arn).await? else { return Err("the role is not known".into()) };
    assert_eq!(grants[1], wider);
    let inspected = InspectedRoles::default();
    let found = inspected.inspect(roles, &arn, at(0)).await?;
    let unrestricted_s3 = vec!["AmazonS3FullAccess".to_owned(), "data".to_owned()];
    assert_eq!(found, Inspected::Known(RoleFacts { sagemaker_full_access: false, unrestricted_s3 }));
    Ok(())
}

/// A service that gives the prepared answer, and counts the requests.
struct Answering {
    answer: Cell<Option<PortErrorKind>>,
    asked: Cell<usize>,
}

impl Roles for Answering {
    async fn grants(&self, _: &str) -> std::result::Result<Grants, PortError> {
        self.asked.set(self.asked.get() + 1);
        match self.answer.get() {
            Some(kind) => Err(PortError::new(kind, "look at role `r`", "no")),
            None => Ok(Grants::Known(vec![s3_full_access()])),
        }
    }
}

#[tokio::test]
async fn a_role_is_looked_at_once_in_ten_minutes() -> Result<()> {
    let roles = Answering { answer: Cell::new(Some(PortErrorKind::Throttled)), asked: Cell::default() };
    let inspected = InspectedRoles::default();
    assert!(inspected.inspect(&roles, "r", at(0)).await.is_err(), "a service that is busy is asked again");
    roles.answer.set(Some(PortErrorKind::Denied));
    let unknown = Inspected::Unknown("look at role `r`: no".to_owned());
    assert_eq!(inspected.inspect(&roles, "r", at(1)).await?, unknown);
    roles.answer.set(None);
    assert_eq!(inspected.inspect(&roles, "r", at(600)).await?, unknown);
    assert_eq!(roles.asked.get(), 2);
    assert!(
        matches!(inspected.inspect(&roles, "r", at(601)).await?, Inspected::Known(facts) if !facts.unrestricted_s3.is_empty())
    );
    inspected.inspect(&roles, "other", at(602)).await?;
    inspected.inspect(&roles, "r", at(1_200)).await?;
    assert_eq!(roles.asked.get(), 4);
    Ok(())
}
