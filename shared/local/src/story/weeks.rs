//! Events after the story: three weeks of traffic, and other things that an account has. A real account has more than
//! one endpoint and one day.

use sagewarden_events::{Actor, ResourceKind};
use serde_json::{Value, json};

use super::clients::Clients;
use super::parts::{bucket, key, session, tags, uri, vpc};
use super::{DAY, Step, Story, StoryError, XGBOOST, XGBOOST_DIGEST, models};

const HOUR: i64 = 3_600;
const WEEK: i64 = 7 * DAY;
/// The day after the end of the story.
const LATER: i64 = 3 * DAY;

impl Story {
    /// The second endpoint, which no monitor watches.
    pub const SECOND_ENDPOINT: &str = "fraud-score-prod";
    /// An endpoint that is tried and deleted.
    pub const TRIED_ENDPOINT: &str = "credit-default-canary";
    /// A job that has a waiver.
    pub const WAIVED_JOB: &str = "legacy-pricing-003";
    /// How many days of traffic there are ([`Self::later_day`]).
    pub const LATER_DAYS: i64 = 21;
    /// Other things that an account has beside the endpoint of the story.
    pub const ACCOUNT_LIFE: Step = Step {
        title: "others work in the account: a search for parameters, a second endpoint, a canary, a waiver, an approval",
        moments: &[
            Self::search_parameters,
            Self::finish_search,
            Self::run_waived,
            Self::register,
            Self::deploy_second,
            Self::serve_second,
            Self::try_canary,
            Self::delete_canary,
            Self::open_notebook,
        ],
    };
    /// The settings that these chapters need in addition: the waiver.
    pub const LATER_SETTINGS: &str = r#"
[[waivers]]
control = "TRN-NET-01"
resource = "arn:aws:sagemaker:*:111122223333:training-job/legacy-*"
reason = "moves into the network by the end of the quarter"
approver = "jane.doe@example.com"
granted = 2026-01-15
expires = 2026-06-30
"#;

    /// A day of traffic after the story, counted from 0: its window is captured and closed, labels come, and the
    /// predictions are measured. From the second week on, more and more calls come from the other system.
    ///
    /// # Errors
    /// If the account refuses, or its store fails.
    pub fn later_day(&mut self, day: i64) -> Result<(), StoryError> {
        let begun = LATER + day * DAY;
        let shifted = 35 + (day - 8).clamp(0, 11) * 5;
        let clients = Clients::of_day(day.unsigned_abs(), shifted.unsigned_abs());
        self.capture_in(&self.at(begun).hour_path(), &clients, begun + 720)?;
        self.tick(begun + HOUR + 16 * 60)?;
        self.label(&clients, begun + 720, begun + 5 * HOUR)?;
        self.tick(begun + 13 * HOUR + 16 * 60)
    }

    fn person(who: &str) -> Actor {
        Actor { arn: Some(session(who)), ..Self::ana() }
    }

    /// Six trials of one image on the same data.
    fn search_parameters(&mut self) -> Result<(), StoryError> {
        for (number, depth) in (1..=6).zip(["3", "4", "5", "6", "7", "8"]) {
            let mut request = self.training_request(&trial(number), &format!("{XGBOOST}@{XGBOOST_DIGEST}"));
            if let Some(parameters) = request.get_mut("HyperParameters").and_then(Value::as_object_mut) {
                parameters.insert("max_depth".into(), json!(depth));
            }
            self.account.create(
                ResourceKind::TrainingJob,
                &request,
                Some(&Self::person("ben")),
                self.at(LATER + number * 60),
            )?;
        }
        Ok(())
    }

    fn finish_search(&mut self) -> Result<(), StoryError> {
        let artifact = models::second().map_err(StoryError::Model)?;
        for number in 1..=6 {
            let error = 0.19 - f64::from(i32::try_from(number).unwrap_or_default()) * 0.002;
            self.finish_training_of(&trial(number), &artifact, error, LATER + HOUR + number * 60)?;
        }
        Ok(())
    }

    /// A job of the old platform, outside of the network.
    fn run_waived(&mut self) -> Result<(), StoryError> {
        let mut request = self.training_request(Self::WAIVED_JOB, &format!("{XGBOOST}@{XGBOOST_DIGEST}"));
        if let Some(request) = request.as_object_mut() {
            request.remove("VpcConfig");
        }
        self.account.create(
            ResourceKind::TrainingJob,
            &request,
            Some(&Self::person("carla")),
            self.at(LATER + 3 * HOUR),
        )?;
        Ok(())
    }

    fn register(&mut self) -> Result<(), StoryError> {
        let by = |who: &str| json!({ "IamIdentity": { "Arn": session(who), "PrincipalId": format!("AROA:{who}") } });
        let request = json!({
            "ModelPackageGroupName": "credit-models",
            "ModelPackageDescription": "the model of the second week",
            "ModelApprovalStatus": "Approved",
            "ApprovalDescription": "reviewed with the risk committee",
            "CreatedBy": by("ana"),
            "LastModifiedBy": by("carla"),
            "SecurityConfig": { "KmsKeyId": key() },
            "MetadataProperties": {
                "CommitId": self.git.head(Self::REPOSITORY, "main")?.map(|commit| commit.to_string()),
                "Repository": Self::REPOSITORY,
                "GeneratedBy": self.account.resource(ResourceKind::TrainingJob, Self::SECOND_TRAINING_JOB).arn(),
            },
            "DriftCheckBaselines": { "ModelDataQuality": { "Constraints": {
                "ContentType": "application/json",
                "S3Uri": uri(&bucket("model"), "quality/constraints.json"),
            } } },
            "InferenceSpecification": { "Containers": [{
                "Image": format!("{XGBOOST}@{XGBOOST_DIGEST}"),
                "ImageDigest": XGBOOST_DIGEST,
                "ModelDataETag": "5d41402abc4b2a76b9719d911017c592",
                "ModelDataUrl": Self::model("m", Self::SECOND_TRAINING_JOB).pointer("/PrimaryContainer/ModelDataUrl").cloned(),
            }] },
            "Tags": tags(&[]),
        });
        self.account.create(
            ResourceKind::ModelPackage,
            &request,
            Some(&Self::ana()),
            self.at(LATER + DAY),
        )?;
        Ok(())
    }

    fn deploy_second(&mut self) -> Result<(), StoryError> {
        let begun = LATER + 2 * DAY;
        let (model, config) = ("fraud-score-model", "fraud-score-config");
        let request = Self::model(model, &trial(6));
        self.account.create(ResourceKind::Model, &request, Some(&Self::person("ben")), self.at(begun))?;
        let mut request = Self::endpoint_config(config, model);
        if let Some(request) = request.as_object_mut() {
            request.remove("DataCaptureConfig");
        }
        self.account.create(
            ResourceKind::EndpointConfig,
            &request,
            Some(&Self::person("ben")),
            self.at(begun + 60),
        )?;
        self.endpoint(Self::SECOND_ENDPOINT, config, begun + 120)
    }

    fn serve_second(&mut self) -> Result<(), StoryError> {
        self.finish(Self::SECOND_ENDPOINT, LATER + 2 * DAY + 400)
    }

    fn try_canary(&mut self) -> Result<(), StoryError> {
        let begun = LATER + WEEK;
        self.endpoint(Self::TRIED_ENDPOINT, "credit-default-config-2", begun)?;
        self.finish(Self::TRIED_ENDPOINT, begun + 400)
    }

    fn delete_canary(&mut self) -> Result<(), StoryError> {
        let at = self.at(LATER + WEEK + 2 * DAY);
        let endpoint = self.account.resource(ResourceKind::Endpoint, Self::TRIED_ENDPOINT);
        let request = json!({ "EndpointName": Self::TRIED_ENDPOINT });
        self.account.announce_call("DeleteEndpoint", &endpoint, &request, &Self::person("ben"), at)?;
        self.account.delete(&endpoint, at)?;
        Ok(())
    }

    /// A notebook instance whose user is root, and which reaches the internet.
    fn open_notebook(&mut self) -> Result<(), StoryError> {
        let network = vpc();
        let request = json!({
            "NotebookInstanceName": "ben-scratch",
            "InstanceType": "ml.t3.medium",
            "SubnetId": network.pointer("/Subnets/0"),
            "SecurityGroupIds": network.get("SecurityGroupIds"),
            "RoleArn": super::parts::role(),
            "DirectInternetAccess": "Enabled",
            "RootAccess": "Enabled",
            "Tags": tags(&[]),
        });
        self.account.create(
            ResourceKind::NotebookInstance,
            &request,
            Some(&Self::person("ben")),
            self.at(LATER + 10 * DAY),
        )?;
        Ok(())
    }

    fn endpoint(&self, name: &str, config: &str, after: i64) -> Result<(), StoryError> {
        let request = json!({
            "EndpointName": name,
            "EndpointConfigName": config,
            "Tags": tags(&[("Repository", Self::REPOSITORY)]),
        });
        self.account.create(ResourceKind::Endpoint, &request, Some(&Self::person("ben")), self.at(after))?;
        Ok(())
    }

    fn finish(&self, endpoint: &str, after: i64) -> Result<(), StoryError> {
        let endpoint = self.account.resource(ResourceKind::Endpoint, endpoint);
        self.account.finish_endpoint(&endpoint, self.at(after))?;
        Ok(())
    }
}

fn trial(number: i64) -> String {
    format!("credit-search-{number:03}")
}
