//! Operations that the service has and this version of its SDK lacks: inference routers.
//!
//! They have the protocol, the address and the signature of every other operation. So they are sent as a call that the SDK knows, with the
//! name and the body of the wanted one. Of the answer, the SDK reads only the token of the next page: the rest is taken as it came.

use aws_sdk_sagemaker::config::http::HttpRequest;
use sagewarden_aws::port_error;
use sagewarden_govern::ports::PortError;
use serde_json::{Value, json};

use crate::capture::Capture;
use crate::lineage::taken;
use crate::{PAGE, SageMakerAccount, is_not_found};

impl SageMakerAccount {
    /// The description of an inference router.
    pub(crate) async fn describe_router(
        &self,
        name: &str,
        context: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let (capture, body) = (Capture::default(), json!({ "InferenceRouterName": name }));
        let call = self.client.list_tags().resource_arn(name).customize();
        let call = call.mutate_request(move |request| rename(request, "DescribeInferenceRouter", &body));
        match call.interceptor(capture.clone()).send().await {
            Ok(_) => Ok(Some(capture.body())),
            Err(error) if error.as_service_error().is_some_and(is_not_found) => Ok(None),
            Err(error) => Err(port_error(context, error)),
        }
    }

    /// A page of the inference routers.
    pub(crate) async fn list_routers(
        &self,
        context: &str,
        from: Option<String>,
    ) -> Result<(Vec<Value>, Option<String>), PortError> {
        let mut body = json!({ "MaxResults": PAGE });
        if let (Some(from), Some(fields)) = (from, body.as_object_mut()) {
            fields.insert("NextToken".to_owned(), from.into());
        }
        let capture = Capture::default();
        let call = self.client.list_tags().resource_arn("inference-routers").customize();
        let call = call.mutate_request(move |request| rename(request, "ListInferenceRouters", &body));
        let page = call.interceptor(capture.clone()).send().await;
        let page = page.map_err(|error| port_error(context, error))?;
        Ok((taken(context, &capture, "InferenceRouters")?, page.next_token().map(str::to_owned)))
    }
}

/// Makes a request, before it is signed, the request of another operation ("AWS JSON 1.1 protocol").
fn rename(request: &mut HttpRequest, operation: &str, body: &Value) {
    let body = body.to_string();
    request.headers_mut().insert("x-amz-target", ["SageMaker", operation].join("."));
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = body.into();
}
