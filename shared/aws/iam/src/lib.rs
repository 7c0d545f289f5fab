//! The policies of roles through `aws-sdk-iam`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::error::ProvideErrorMetadata;
use percent_encoding::percent_decode_str;
use sagewarden_aws::port_error;
use sagewarden_events::Grant;
use sagewarden_govern::ports::{Grants, PortError, PortErrorKind, Roles};
use serde_json::Value;

/// What IAM must allow for each method. Tests compare this with the roles in the template, and with the calls.
pub const ACTIONS: &[(&str, &[&str])] = &[(
    "Roles::grants",
    &[
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
    ],
)];

/// IAM in the account of the configuration.
#[derive(Clone, Debug)]
pub struct IamRoles {
    client: Client,
    /// Documents of managed policies by the policy's id and version. IAM never uses an id or a version again, so these documents stay
    /// right.
    documents: RefCell<BTreeMap<(String, String), Value>>,
}

/// How many documents are held at once. A role has at most ten managed policies, or twenty if the quota was raised.
const MAX_DOCUMENTS: usize = 200;

impl IamRoles {
    /// A client with this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), documents: RefCell::default() }
    }

    /// Whether the account has a role with exactly this ARN: the same name may exist in another account, or with another path.
    async fn exists(&self, role_arn: &str, name: &str) -> Result<Option<String>, PortError> {
        let context = format!("look at role `{role_arn}`");
        match self.client.get_role().role_name(name).send().await {
            Ok(answer) => {
                let found = answer.role().map(|role| role.arn().to_owned()).unwrap_or_default();
                Ok((found != role_arn)
                    .then(|| format!("the account has no role `{role_arn}`, but `{found}`")))
            }
            Err(error) if is_not_found(&error) => Ok(Some(format!("the account has no role `{role_arn}`"))),
            Err(error) => Err(port_error(context, error)),
        }
    }

    async fn attached(&self, role: &str) -> Result<Vec<Grant>, PortError> {
        let context = || format!("list the policies attached to role `{role}`");
        let pages = self.client.list_attached_role_policies().role_name(role).into_paginator().items().send();
        let attached: Vec<_> =
            pages.collect::<Result<_, _>>().await.map_err(|error| port_error(context(), error))?;
        let mut grants = Vec::new();
        for policy in attached {
            let Some(arn) = policy.policy_arn() else { continue };
            if let Some(document) = self.managed(arn).await? {
                let name = policy.policy_name().unwrap_or_default().to_owned();
                grants.push(Grant { name, arn: Some(arn.to_owned()), document });
            }
        }
        Ok(grants)
    }

    /// The document that a managed policy has now; `None` if it was detached and deleted meanwhile.
    async fn managed(&self, arn: &str) -> Result<Option<Value>, PortError> {
        let context = || format!("read policy `{arn}`");
        let policy = match self.client.get_policy().policy_arn(arn).send().await {
            Ok(answer) => answer.policy,
            Err(error) if is_not_found(&error) => return Ok(None),
            Err(error) => return Err(port_error(context(), error)),
        };
        let part = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let id = part(policy.as_ref().and_then(|policy| policy.policy_id()));
        let version = part(policy.as_ref().and_then(|policy| policy.default_version_id()));
        let key = (id, version);
        if let Some(document) = self.documents.borrow().get(&key) {
            return Ok(Some(document.clone()));
        }
        let document = match self.client.get_policy_version().policy_arn(arn).version_id(&key.1).send().await
        {
            Ok(answer) => answer.policy_version.and_then(|version| version.document),
            Err(error) if is_not_found(&error) => return Ok(None),
            Err(error) => return Err(port_error(context(), error)),
        };
        let document = decode(&document.unwrap_or_default(), context)?;
        let mut held = self.documents.borrow_mut();
        if held.len() >= MAX_DOCUMENTS {
            held.clear();
        }
        held.insert(key, document.clone());
        Ok(Some(document))
    }

    async fn inline(&self, role: &str) -> Result<Vec<Grant>, PortError> {
        let context = || format!("list the inline policies of role `{role}`");
        let pages = self.client.list_role_policies().role_name(role).into_paginator().items().send();
        let names: Vec<String> =
            pages.collect::<Result<_, _>>().await.map_err(|error| port_error(context(), error))?;
        let mut grants = Vec::new();
        for name in names {
            let context = || format!("read inline policy `{name}` of role `{role}`");
            match self.client.get_role_policy().role_name(role).policy_name(&name).send().await {
                Ok(answer) => {
                    let document = decode(answer.policy_document(), context)?;
                    grants.push(Grant { name, arn: None, document });
                }
                Err(error) if is_not_found(&error) => {}
                Err(error) => return Err(port_error(context(), error)),
            }
        }
        Ok(grants)
    }
}

impl Roles for IamRoles {
    async fn grants(&self, role_arn: &str) -> Result<Grants, PortError> {
        let Some(name) = role_name(role_arn) else {
            return Ok(Grants::Unknown(format!("`{role_arn}` is not the ARN of a role")));
        };
        if let Some(reason) = self.exists(role_arn, name).await? {
            return Ok(Grants::Unknown(reason));
        }
        let mut grants = self.attached(name).await?;
        grants.sort_by(|one, other| one.name.cmp(&other.name));
        let mut inline = self.inline(name).await?;
        inline.sort_by(|one, other| one.name.cmp(&other.name));
        grants.append(&mut inline);
        Ok(Grants::Known(grants))
    }
}

/// The name in `arn:<partition>:iam::<account>:role/<path>/<name>`, because the calls take no path.
fn role_name(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let service = (parts.next()?, parts.nth(1)?);
    let role = parts.nth(2)?.strip_prefix("role/")?;
    (service == ("arn", "iam"))
        .then(|| role.rsplit('/').next().unwrap_or(role))
        .filter(|name| !name.is_empty())
}

/// Documents come percent-encoded as RFC 3986 says ("GetPolicyVersion", IAM API reference).
fn decode(document: &str, context: impl Fn() -> String) -> Result<Value, PortError> {
    let unreadable = |reason: String| PortError::new(PortErrorKind::Invalid, context(), reason);
    let text = percent_decode_str(document).decode_utf8().map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
}

fn is_not_found(error: &impl ProvideErrorMetadata) -> bool {
    matches!(error.code(), Some("NoSuchEntity" | "NoSuchEntityException"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_by_the_end_of_its_arn() {
        let check = |arn: &str, expect: Option<&str>| assert_eq!(role_name(arn), expect, "{arn}");
        check("arn:aws:iam::111122223333:role/ds-notebook", Some("ds-notebook"));
        check(
            "arn:aws-cn:iam::111122223333:role/service-role/deep/AmazonSageMaker-1",
            Some("AmazonSageMaker-1"),
        );
        check("arn:aws:iam::111122223333:user/ana", None);
        check("arn:aws:sts::111122223333:assumed-role/r/s", None);
        check("arn:aws:iam::111122223333:role/", None);
        check("r", None);
    }

    #[test]
    fn documents_are_decoded() {
        let check = |text: &str, expect: Option<Value>| {
            assert_eq!(decode(text, String::new).ok(), expect, "{text}");
        };
        check("%7B%22a%22%3A%20%22%2B%20%C3%A9%22%7D", Some(serde_json::json!({ "a": "+ é" })));
        check("{\"a\": \"b+c\"}", Some(serde_json::json!({ "a": "b+c" })));
        check("%7B", None);
    }
}
