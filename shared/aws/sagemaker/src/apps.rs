//! Apps of Studio. An ARN (`app/<domain>/<owner>/<type>/<name>`) does not say whether the owner is a user profile or a space, and both may
//! have one name: somebody may give a space the name of a colleague's profile. This must neither hide an app behind the colleague's app,
//! nor get the colleague's app deleted.

use aws_sdk_sagemaker::types::AppType;
use sagewarden_aws::port_error;
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{PortError, PortErrorKind};
use serde_json::Value;

use crate::{Capture, SageMakerAccount, describe, is_not_found, json};

/// An app by the parts of its ARN: domain, owner, type and name.
type Parts<'a> = [&'a str; 4];

/// The service's descriptions of the apps with a name: the app of the user profile, and the app of the space.
struct Found {
    of_user: Option<Vec<u8>>,
    of_space: Option<Vec<u8>>,
}

impl SageMakerAccount {
    /// The description of an app. If there are two, the newer one.
    pub(crate) async fn describe_app(
        &self,
        app: Parts<'_>,
        context: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let Found { of_user, of_space } = self.find_app(app, context).await?;
        let made_at = |body: &Option<Vec<u8>>| -> Result<Option<Timestamp>, PortError> {
            let Some(body) = body else { return Ok(None) };
            Ok(json(context, body)?.get("CreationTime").and_then(Timestamp::from_json))
        };
        let (user, space) = (made_at(&of_user)?, made_at(&of_space)?);
        Ok(if of_space.is_none() || (of_user.is_some() && user > space) { of_user } else { of_space })
    }

    /// Deletes an app. If a user profile and a space both have an app of that name, deletes neither.
    pub(crate) async fn delete_app(&self, app: Parts<'_>, context: &str) -> Result<(), PortError> {
        let [domain, owner, app_type, name] = app;
        let call = self.client.delete_app().domain_id(domain).app_name(name);
        let call = call.app_type(AppType::from(app_type));
        let deleted = match self.find_app(app, context).await? {
            Found { of_user: Some(_), of_space: Some(_) } => {
                let reason = format!(
                    "a user profile and a space are both called `{}`, and each has such an app: delete the right one by hand",
                    owner
                );
                return Err(PortError::new(PortErrorKind::Invalid, context, reason));
            }
            Found { of_user: Some(_), .. } => call.user_profile_name(owner).send().await,
            Found { of_space: Some(_), .. } => call.space_name(owner).send().await,
            // If it is already gone, that is as good.
            Found { .. } => return Ok(()),
        };
        match deleted {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(is_not_found) => Ok(()),
            Err(error) => Err(port_error(context, error)),
        }
    }

    /// SageMaker describes apps for a while after their deletion ("DescribeApp", SageMaker API reference). Such an app does not count.
    async fn find_app(&self, app: Parts<'_>, context: &str) -> Result<Found, PortError> {
        let [domain, owner, app_type, name] = app;
        let call = || {
            let call = self.client.describe_app().domain_id(domain).app_name(name);
            call.app_type(AppType::from(app_type))
        };
        let of_user: Result<Option<Vec<u8>>, PortError> = describe!(context, call().user_profile_name(owner));
        let of_space: Result<Option<Vec<u8>>, PortError> = describe!(context, call().space_name(owner));
        let alive = |body: Option<Vec<u8>>| -> Result<Option<Vec<u8>>, PortError> {
            let Some(body) = body else { return Ok(None) };
            let status = json(context, &body)?;
            Ok(Some(body).filter(|_| status.get("Status").and_then(Value::as_str) != Some("Deleted")))
        };
        Ok(Found { of_user: alive(of_user?)?, of_space: alive(of_space?)? })
    }
}
