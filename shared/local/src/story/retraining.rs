//! The last chapter. After the drift, the model is trained again, on newer data and with other parameters. The new model replaces the old
//! one.

use sagewarden_events::ResourceKind;
use serde_json::json;

use super::clients::Clients;
use super::parts::bucket;
use super::{DAY, Story, StoryError, XGBOOST, XGBOOST_DIGEST, models};

/// The day after the drift, in seconds from the beginning.
const NEXT: i64 = 2 * DAY;

impl Story {
    pub(super) fn push_retraining_code(&mut self) -> Result<(), StoryError> {
        let files =
            [("train.py", "import xgboost\n# trains the credit-card-default model, slower and longer\n")];
        let message = "Retrain with a smaller learning rate\n\nEDUCATION and LIMIT_BAL have drifted.\n";
        self.training_commit = Some(self.push(&files, message, ("Ana Ruiz", "ana@example.com"), NEXT)?);
        Ok(())
    }

    pub(super) fn prepare_newer_data(&mut self) -> Result<(), StoryError> {
        let table = Clients::newer().table();
        self.put(&bucket("data"), "data/credit_card_default.csv", table.as_bytes(), NEXT + 60)?;
        let commit = self.commit();
        self.preprocess(Self::SECOND_PROCESSING_JOB, &[("CommitId", &commit)], NEXT + 120)
    }

    pub(super) fn finish_newer_data(&mut self) -> Result<(), StoryError> {
        self.finish_preprocessing_of(Self::SECOND_PROCESSING_JOB, &Clients::newer(), NEXT + 300)
    }

    pub(super) fn start_retraining(&mut self) -> Result<(), StoryError> {
        let image = format!("{XGBOOST}@{XGBOOST_DIGEST}");
        let mut request = self.training_request(Self::SECOND_TRAINING_JOB, &image);
        if let Some(parameters) = request.get_mut("HyperParameters").and_then(|found| found.as_object_mut()) {
            parameters.insert("eta".into(), json!("0.1"));
            parameters.insert("num_round".into(), json!("200"));
        }
        self.create(ResourceKind::TrainingJob, &request, NEXT + 600)?;
        Ok(())
    }

    pub(super) fn finish_retraining(&mut self) -> Result<(), StoryError> {
        self.finish_training_of(
            Self::SECOND_TRAINING_JOB,
            &models::second().map_err(StoryError::Model)?,
            0.1791,
            NEXT + 2_400,
        )
    }

    pub(super) fn redeploy(&mut self) -> Result<(), StoryError> {
        let (model, config) = (Self::SECOND_MODEL, "credit-default-config-2");
        self.create(ResourceKind::Model, &Self::model(model, Self::SECOND_TRAINING_JOB), NEXT + 3_060)?;
        self.create(ResourceKind::EndpointConfig, &Self::endpoint_config(config, model), NEXT + 3_070)?;
        let at = self.at(NEXT + 3_080);
        self.account.update_endpoint(Self::ENDPOINT, config, Some(&Self::ana()), at)?;
        Ok(())
    }

    pub(super) fn take_over(&mut self) -> Result<(), StoryError> {
        let endpoint = self.account.resource(ResourceKind::Endpoint, Self::ENDPOINT);
        self.account.finish_endpoint(&endpoint, self.at(NEXT + 3_400))?;
        Ok(())
    }
}
