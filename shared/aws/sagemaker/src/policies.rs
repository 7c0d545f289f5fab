//! The policies of resources, which open them to others.

use aws_sdk_sagemaker::error::ProvideErrorMetadata;
use sagewarden_aws::port_error;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::ports::PortError;
use serde_json::Value;

use crate::capture::Capture;
use crate::{SageMakerAccount, is_not_found, json};

impl SageMakerAccount {
    /// The policy of a resource, as the service wrote it.
    pub(crate) async fn resource_policy(&self, resource: &Resource) -> Result<Option<Value>, PortError> {
        let context = format!("get the policy of {resource}");
        let body = match resource.kind {
            ResourceKind::Endpoint => self.endpoint_policy(&resource.name, &context).await?,
            ResourceKind::ModelPackageGroup => self.group_policy(&resource.name, &context).await?,
            _ => None,
        };
        body.map(|body| json(&context, &body)).transpose()
    }

    async fn group_policy(&self, name: &str, context: &str) -> Result<Option<Vec<u8>>, PortError> {
        let capture = Capture::default();
        let call = self.client.get_model_package_group_policy().model_package_group_name(name).customize();
        match call.interceptor(capture.clone()).send().await {
            Ok(_) => Ok(Some(capture.body())),
            Err(error) if error.as_service_error().is_some_and(has_none) => Ok(None),
            Err(error) => Err(port_error(context, error)),
        }
    }

    /// `GetEndpointPolicy`, which this SDK does not have yet. Its request has the one field of `DescribeEndpoint`, so that another name in the
    /// header, before the request is signed, makes it that call. The answer is read from its body, not through the SDK's types.
    async fn endpoint_policy(&self, name: &str, context: &str) -> Result<Option<Vec<u8>>, PortError> {
        let capture = Capture::default();
        let call =
            self.client.describe_endpoint().endpoint_name(name).customize().mutate_request(|request| {
                request.headers_mut().insert("x-amz-target", "SageMaker.GetEndpointPolicy");
            });
        match call.interceptor(capture.clone()).send().await {
            Ok(_) => Ok(Some(capture.body())),
            Err(error) if error.as_service_error().is_some_and(has_none) => Ok(None),
            Err(error) => Err(port_error(context, error)),
        }
    }
}

/// Whether an error says that there is no policy. A resource without a policy is a validation error ("GetEndpointPolicy", SageMaker API
/// reference), and its name was valid a moment ago. A region that does not know the operation has no such policies.
fn has_none(error: &impl ProvideErrorMetadata) -> bool {
    is_not_found(error) || is_no_policy(error.code())
}

fn is_no_policy(code: Option<&str>) -> bool {
    matches!(code, Some("ValidationException" | "UnknownOperationException"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_policy_is_a_validation_error_and_a_refusal_is_none() {
        assert!(is_no_policy(Some("ValidationException")) && is_no_policy(Some("UnknownOperationException")));
        assert!(!is_no_policy(Some("AccessDeniedException")) && !is_no_policy(None));
    }
}
