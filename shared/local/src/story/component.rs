//! A chapter about an endpoint that runs inference components. Its configuration names no model: calls put models onto it, one by one, and no
//! event of SageMaker's own says so.

use sagewarden_events::ResourceKind;
use serde_json::{Value, json};

use super::parts::{bucket, key, role, tags, uri, vpc};
use super::{DAY, Step, Story, StoryError, XGBOOST};

const HOUR: i64 = 3_600;
/// An afternoon after the second model has taken over.
const BEGUN: i64 = 2 * DAY + 6 * HOUR;
const CONFIG: &str = "credit-advice-config";
const FOREIGN: &str = "experiments/challenger/model.tar.gz";

impl Story {
    /// The endpoint whose models are components.
    pub const COMPONENT_ENDPOINT: &str = "credit-advice-prod";
    /// The component that changes.
    pub const COMPONENT: &str = "advice";
    /// The chapter.
    pub const COMPONENTS: Step = Step {
        title: "on another endpoint, one call replaces the model by an artifact of unknown origin; the configuration stays the same",
        moments: &[
            Self::make_room,
            Self::open_room,
            Self::put_model,
            Self::serve_component,
            Self::put_foreign_artifact,
            Self::serve_component_again,
        ],
    };

    /// The artifact that no job of the account made, as a place in S3.
    #[must_use]
    pub fn foreign_artifact() -> String {
        uri(&bucket("model"), FOREIGN)
    }

    /// An endpoint without a model.
    fn make_room(&mut self) -> Result<(), StoryError> {
        let mut config = Self::endpoint_config(CONFIG, "");
        if let Some(fields) = config.as_object_mut() {
            let variant = json!({ "VariantName": "AllTraffic", "InitialInstanceCount": 2, "InstanceType": "ml.m5.xlarge" });
            fields.insert("ProductionVariants".into(), json!([variant]));
            fields.insert("ExecutionRoleArn".into(), role().into());
            fields.insert("VpcConfig".into(), vpc());
            fields.insert("EnableNetworkIsolation".into(), true.into());
            fields.insert("KmsKeyId".into(), key().into());
        }
        self.create(ResourceKind::EndpointConfig, &config, BEGUN)?;
        let endpoint = json!({
            "EndpointName": Self::COMPONENT_ENDPOINT,
            "EndpointConfigName": CONFIG,
            "Tags": tags(&[("Repository", Self::REPOSITORY)]),
        });
        self.create(ResourceKind::Endpoint, &endpoint, BEGUN + 10)?;
        Ok(())
    }

    fn open_room(&mut self) -> Result<(), StoryError> {
        let endpoint = self.account.resource(ResourceKind::Endpoint, Self::COMPONENT_ENDPOINT);
        self.account.finish_endpoint(&endpoint, self.at(BEGUN + 300))?;
        Ok(())
    }

    fn put_model(&mut self) -> Result<(), StoryError> {
        let request = json!({
            "InferenceComponentName": Self::COMPONENT,
            "EndpointName": Self::COMPONENT_ENDPOINT,
            "VariantName": "AllTraffic",
            "Specification": Self::runs(&[("ModelName", json!(Self::SECOND_MODEL))]),
            "RuntimeConfig": { "CopyCount": 1 },
            "Tags": tags(&[("CommitId", &self.commit()), ("Repository", Self::REPOSITORY)]),
        });
        self.create(ResourceKind::InferenceComponent, &request, BEGUN + 600)?;
        Ok(())
    }

    fn serve_component(&mut self) -> Result<(), StoryError> {
        self.finish_component_at(BEGUN + 700)
    }

    fn put_foreign_artifact(&mut self) -> Result<(), StoryError> {
        self.put(&bucket("model"), FOREIGN, b"weights from somewhere else", BEGUN + 2 * HOUR - 60)?;
        let container = json!({
            "Image": format!("{XGBOOST}:1.7-1"),
            "ArtifactUrl": Self::foreign_artifact(),
        });
        let request = json!({
            "InferenceComponentName": Self::COMPONENT,
            "Specification": Self::runs(&[("Container", container)]),
        });
        let at = self.at(BEGUN + 2 * HOUR);
        self.account.update_component("UpdateInferenceComponent", &request, &Self::ana(), at)?;
        Ok(())
    }

    fn serve_component_again(&mut self) -> Result<(), StoryError> {
        self.finish_component_at(BEGUN + 2 * HOUR + 100)
    }

    fn finish_component_at(&self, after: i64) -> Result<(), StoryError> {
        let component = self.account.resource(ResourceKind::InferenceComponent, Self::COMPONENT);
        self.account.finish_component(&component, true, self.at(after))?;
        Ok(())
    }

    fn runs(what: &[(&str, Value)]) -> Value {
        let needs = json!({ "NumberOfCpuCoresRequired": 1.0, "MinMemoryRequiredInMb": 1024 });
        let fields = what.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Value::Object(fields.chain([("ComputeResourceRequirements".to_owned(), needs)]).collect())
    }
}
