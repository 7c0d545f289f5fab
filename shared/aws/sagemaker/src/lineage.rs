//! Facts that only the lineage needs: the steps of a pipeline's execution, and the trial components of a job.

use std::collections::BTreeMap;

use aws_sdk_sagemaker::types::TrialComponentParameterValue;
use sagewarden_aws::port_error;
use sagewarden_events::Resource;
use sagewarden_govern::ports::PortError;
use serde_json::{Value, json};

use crate::capture::Capture;
use crate::{PAGE, SageMakerAccount, is_not_found, json as parse};

impl SageMakerAccount {
    pub(crate) async fn pipeline_steps(&self, execution: &Resource) -> Result<Option<Value>, PortError> {
        let (client, context) = (&self.client, format!("list the steps of {execution}"));
        let (mut steps, mut token) = (Vec::new(), None);
        loop {
            let capture = Capture::default();
            let call = client.list_pipeline_execution_steps().pipeline_execution_arn(execution.arn());
            let call = call.max_results(PAGE).set_next_token(token).customize().interceptor(capture.clone());
            let page = match call.send().await {
                Ok(page) => page,
                Err(error) if error.as_service_error().is_some_and(is_not_found) => return Ok(None),
                Err(error) => return Err(port_error(&context, error)),
            };
            steps.extend(taken(&context, &capture, "PipelineExecutionSteps")?);
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(Some(json!({ "PipelineExecutionSteps": steps })));
            }
        }
    }

    pub(crate) async fn trial_components(&self, job: &Resource) -> Result<Value, PortError> {
        let (client, context) = (&self.client, format!("list the trial components of {job}"));
        let (mut components, mut token) = (Vec::new(), None);
        loop {
            let capture = Capture::default();
            let call = client.list_trial_components().source_arn(job.arn());
            let call = call.max_results(PAGE).set_next_token(token).customize().interceptor(capture.clone());
            let page = match call.send().await {
                Ok(page) => Some(page),
                Err(error) if error.as_service_error().is_some_and(is_not_found) => None,
                Err(error) => return Err(port_error(&context, error)),
            };
            if page.is_some() {
                components.extend(taken(&context, &capture, "TrialComponentSummaries")?);
            }
            token = page.as_ref().and_then(|page| page.next_token()).map(str::to_owned);
            if token.is_none() {
                return Ok(json!({ "TrialComponentSummaries": components }));
            }
        }
    }

    pub(crate) async fn put_parameters(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        let client = &self.client;
        let mut call = client.update_trial_component().trial_component_name(&component.name);
        for (name, text) in parameters {
            call = call.parameters(name, TrialComponentParameterValue::StringValue(text.clone()));
        }
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(port_error(format!("put parameters on {component}"), error)),
        }
    }
}

/// The list in a page.
pub(crate) fn taken(context: &str, capture: &Capture, field: &str) -> Result<Vec<Value>, PortError> {
    let mut body = parse(context, &capture.body())?;
    Ok(match body.get_mut(field).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    })
}
