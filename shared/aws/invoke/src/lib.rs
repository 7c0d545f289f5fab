//! Questions to the function `lookup-lineage` of a deployed stack, through `aws-sdk-lambda`.

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use sagewarden_aws::port_error;
use sagewarden_govern::Question;
use sagewarden_govern::ports::{PortError, PortErrorKind};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// The actions that IAM must allow to callers.
pub const ACTIONS: &[(&str, &[&str])] = &[
    ("LookupFunction::ask", &["lambda:InvokeFunction"]),
    ("StackPlaces::of_stack", &["lambda:GetFunctionConfiguration"]),
];

/// Where a stack keeps what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackPlaces {
    /// The lineage table.
    pub table: String,
    /// The bucket of evidence.
    pub evidence: String,
}

impl StackPlaces {
    /// Reads them from the environment of the stack's function `detect-drift`, as the template sets it.
    ///
    /// # Errors
    /// If there is no such stack, or Lambda does not answer.
    pub async fn of_stack(config: &SdkConfig, stack: &str) -> Result<Self, NoReply> {
        let function = format!("{stack}-detect-drift");
        let context = format!("read the configuration of `{function}`");
        let call = Client::new(config).get_function_configuration().function_name(&function);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                return Err(NoReply::NoFunction(function));
            }
            Err(error) => return Err(port_error(context, error).into()),
        };
        let variables = answer.environment().and_then(|environment| environment.variables());
        let variable = |name: &str| {
            let value = variables.and_then(|variables| variables.get(name)).cloned();
            let missing = || format!("it has no variable {name}: is it a function of Sagewarden?");
            value.ok_or_else(|| PortError::new(PortErrorKind::Invalid, context.clone(), missing()))
        };
        Ok(Self { table: variable("SAGEWARDEN_TABLE")?, evidence: variable("SAGEWARDEN_EVIDENCE_BUCKET")? })
    }
}

/// Why a stack has no answer.
#[derive(Debug, Error)]
pub enum NoReply {
    /// The function refused the question: no entity has that name, or a field is wrong.
    #[error("{message}")]
    Refused {
        /// The function's word for it: `NotFound`, `BadRequest` or `Unavailable`.
        kind: String,
        /// Why, in a sentence.
        message: String,
    },
    /// There is no such stack in this account and region.
    #[error(
        "there is no function `{0}` in this account and region: compare `--stack` with the name of the stack, and `--region` and \
         `--profile` with where it is deployed"
    )]
    NoFunction(String),
    /// Lambda did not answer, or may not be asked.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The function of a stack that answers questions.
#[derive(Clone, Debug)]
pub struct LookupFunction {
    client: Client,
    name: String,
}

/// The error of a function, as Lambda passes it on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionFault {
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error_message: String,
}

impl LookupFunction {
    /// The function of the stack of this name, in the account and region of the configuration.
    #[must_use]
    pub fn of_stack(config: &SdkConfig, stack: &str) -> Self {
        Self { client: Client::new(config), name: format!("{stack}-lookup-lineage") }
    }

    /// Asks a question; returns the function's answer, a JSON document (docs/questions.md).
    ///
    /// # Errors
    /// If the function refuses the question, does not exist, or cannot be reached.
    pub async fn ask(&self, question: &Question) -> Result<Value, NoReply> {
        let context = || format!("ask `{}`", self.name);
        let invalid =
            |error: serde_json::Error| PortError::new(PortErrorKind::Invalid, context(), error.to_string());
        let payload = Blob::new(serde_json::to_vec(question).map_err(invalid)?);
        let call = self.client.invoke().function_name(&self.name).payload(payload);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                return Err(NoReply::NoFunction(self.name.clone()));
            }
            Err(error) => return Err(port_error(context(), error).into()),
        };
        let bytes = answer.payload().map(AsRef::as_ref).unwrap_or_default();
        if answer.function_error().is_some() {
            let fault: FunctionFault = serde_json::from_slice(bytes).map_err(invalid)?;
            return Err(NoReply::Refused { kind: fault.error_type, message: fault.error_message });
        }
        Ok(serde_json::from_slice(bytes).map_err(invalid)?)
    }
}
