//! Changes the states of the simulated account's resources: jobs stop and end, endpoints come into service.

use sagewarden_events::{Actor, Resource, ResourceKind, Timestamp};
use serde_json::{Value, json};

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::shape::{Document, expect_status, first_status, not_found, resolved, seconds};

const STOPPING: &str = "Stopping";

impl SimulatedAccount {
    /// Points an endpoint to another configuration. CloudTrail's event names the caller, if one is given.
    ///
    /// # Errors
    /// If the endpoint or the configuration does not exist, or the endpoint is on the way already.
    pub fn update_endpoint(
        &self,
        name: &str,
        config: &str,
        caller: Option<&Actor>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let resource = self.resource(ResourceKind::Endpoint, name);
        let request = json!({ "EndpointName": name, "EndpointConfigName": config });
        self.check_references(ResourceKind::Endpoint, &request)?;
        if let Some(caller) = caller {
            self.announce_call("UpdateEndpoint", &resource, &request, caller, now)?;
        }
        self.change(&resource, now, |document| {
            expect_status(document, "EndpointStatus", "InService", "Cannot update in-progress endpoint")?;
            document.insert("EndpointStatus".into(), "Updating".into());
            document.insert("EndpointConfigName".into(), config.into());
            Ok(())
        })
    }

    /// Gives variants of an endpoint other weights or numbers of instances, as `UpdateEndpointWeightsAndCapacities` does.
    ///
    /// # Errors
    /// As the API: only an endpoint in service can be changed.
    pub fn update_weights(&self, request: &Value, caller: &Actor, now: Timestamp) -> Result<Resource, Fault> {
        let name = request.get("EndpointName").and_then(Value::as_str).unwrap_or_default();
        let resource = self.resource(ResourceKind::Endpoint, name);
        self.change(&resource, now, |document| {
            expect_status(document, "EndpointStatus", "InService", "Cannot update in-progress endpoint")?;
            document.insert("EndpointStatus".into(), "Updating".into());
            Ok(())
        })?;
        self.announce_call("UpdateEndpointWeightsAndCapacities", &resource, request, caller, now)?;
        Ok(resource)
    }

    /// Asks a job, notebook instance or pipeline execution to stop.
    ///
    /// # Errors
    /// As the API: only a running job can be stopped.
    pub fn stop_job(&self, job: &Resource, now: Timestamp) -> Result<(), Fault> {
        let Some((field, running)) = first_status(job.kind) else { return Err(not_found(job)) };
        self.change(job, now, |document| {
            let message = format!("The request was rejected because the {} is in status", job.kind);
            expect_status(document, field, running, &message)?;
            document.insert(field.into(), STOPPING.into());
            Ok(())
        })
    }

    /// As [`Self::stop_job`], for callers without a clock. The stop takes effect a second after the last change.
    ///
    /// # Errors
    /// As the API.
    pub fn stop_next(&self, job: &Resource) -> Result<(), Fault> {
        self.stop_job(job, self.next_moment(job)?)
    }

    /// Makes the requested changes of a domain.
    ///
    /// # Errors
    /// If the domain does not exist.
    pub fn finish_update(&self, domain: &Resource, now: Timestamp) -> Result<(), Fault> {
        self.change(domain, now, |document| {
            document.insert("Status".into(), "InService".into());
            Ok(())
        })
    }

    /// The resources that are stopping.
    ///
    /// # Errors
    /// If the store fails.
    pub fn stopping_jobs(&self) -> Result<Vec<Resource>, Fault> {
        let mut jobs = Vec::new();
        for kind in ResourceKind::ALL {
            let Some(field) = kind.status_field() else { continue };
            let is_stopping = |job: &Value| job.get(field).and_then(Value::as_str) == Some(STOPPING);
            let names = self.list(kind)?.into_iter().filter(is_stopping).filter_map(|job| kind.name_in(&job));
            jobs.extend(names.map(|name| self.resource(kind, &name)));
        }
        Ok(jobs)
    }

    /// Ends the jobs that are stopping.
    ///
    /// # Errors
    /// If it is not stopping.
    pub fn finish_stop(&self, job: &Resource, now: Timestamp) -> Result<(), Fault> {
        let Some(field) = job.kind.status_field() else { return Err(not_found(job)) };
        self.change(job, now, |document| {
            expect_status(document, field, STOPPING, "the job is in status")?;
            document.insert(field.into(), "Stopped".into());
            if job.kind == ResourceKind::TrainingJob {
                document.insert("SecondaryStatus".into(), "Stopped".into());
            }
            Ok(())
        })
    }

    /// Lets a training job complete: its artifact is the object at `<S3OutputPath>/<name>/output/model.tar.gz`.
    ///
    /// # Errors
    /// If it is not running.
    pub fn finish_training(&self, job: &Resource, now: Timestamp) -> Result<(), Fault> {
        self.finish_training_with(job, &[], now)
    }

    /// Lets a training job complete, with the last metrics that the algorithm reported.
    ///
    /// # Errors
    /// If it is not running.
    pub fn finish_training_with(
        &self,
        job: &Resource,
        metrics: &[(&str, f64)],
        now: Timestamp,
    ) -> Result<(), Fault> {
        let described = self.load(job)?.ok_or_else(|| not_found(job))?.0;
        let output =
            described.get("OutputDataConfig").and_then(|config| config.get("S3OutputPath")?.as_str());
        let output = output.unwrap_or_default().trim_end_matches('/').to_owned();
        let uri = format!("{output}/{}/output/model.tar.gz", job.name);
        let created = described.get("CreationTime").and_then(Timestamp::from_json).unwrap_or(now);
        let total = (now.millis() - created.millis()) / 1000;
        self.change(job, now, |document| {
            expect_status(document, "TrainingJobStatus", "InProgress", "the training job is in status")?;
            let spot = document.get("EnableManagedSpotTraining") == Some(&Value::Bool(true));
            document.insert("TrainingJobStatus".into(), "Completed".into());
            document.insert("SecondaryStatus".into(), "Completed".into());
            document.insert("ModelArtifacts".into(), json!({ "S3ModelArtifacts": uri }));
            document.insert("TrainingStartTime".into(), seconds(created));
            document.insert("TrainingEndTime".into(), seconds(now));
            document.insert("TrainingTimeInSeconds".into(), total.into());
            // SageMaker bills spot capacity at about a third.
            let billed = if spot { total / 3 } else { total };
            document.insert("BillableTimeInSeconds".into(), billed.into());
            if !metrics.is_empty() {
                let last = metrics.iter().map(
                    |(name, value)| json!({ "MetricName": name, "Value": value, "Timestamp": seconds(now) }),
                );
                document.insert("FinalMetricDataList".into(), last.collect());
            }
            Ok(())
        })
    }

    /// Lets a processing job complete; its outputs are the objects at their locations.
    ///
    /// # Errors
    /// If it is not running.
    pub fn finish_processing(
        &self,
        job: &Resource,
        exit_message: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.change(job, now, |document| {
            expect_status(document, "ProcessingJobStatus", "InProgress", "the processing job is in status")?;
            document.insert("ProcessingJobStatus".into(), "Completed".into());
            let created = document.get("CreationTime").cloned().unwrap_or_else(|| seconds(now));
            document.insert("ProcessingStartTime".into(), created);
            document.insert("ProcessingEndTime".into(), seconds(now));
            if let Some(message) = exit_message {
                document.insert("ExitMessage".into(), message.into());
            }
            Ok(())
        })
    }

    /// Lets a transform job complete; its output is the object at its location.
    ///
    /// # Errors
    /// If it is not running.
    pub fn finish_transform(&self, job: &Resource, now: Timestamp) -> Result<(), Fault> {
        self.change(job, now, |document| {
            expect_status(document, "TransformJobStatus", "InProgress", "the transform job is in status")?;
            document.insert("TransformJobStatus".into(), "Completed".into());
            document.insert("TransformEndTime".into(), seconds(now));
            Ok(())
        })
    }

    /// Lets a tuning or Autopilot job complete; `best` is the job or candidate that it found.
    ///
    /// # Errors
    /// If it is not running.
    pub fn finish_search(&self, job: &Resource, best: &str, now: Timestamp) -> Result<(), Fault> {
        self.change(job, now, |document| {
            let field = job.kind.status_field().unwrap_or_default();
            expect_status(document, field, "InProgress", "the job is in status")?;
            document.insert(field.into(), "Completed".into());
            let (field, value) = match job.kind {
                ResourceKind::AutoMlJob => ("BestCandidate", json!({ "CandidateName": best })),
                _ => ("BestTrainingJob", json!({ "TrainingJobName": best })),
            };
            document.insert(field.into(), value);
            Ok(())
        })
    }

    /// Lets an optimization job complete.
    ///
    /// # Errors
    /// If it is not running.
    pub fn finish_optimization(&self, job: &Resource, now: Timestamp) -> Result<(), Fault> {
        self.change(job, now, |document| {
            let field = "OptimizationJobStatus";
            expect_status(document, field, "INPROGRESS", "the optimization job is in status")?;
            document.insert(field.into(), "COMPLETED".into());
            document.insert("OptimizationEndTime".into(), seconds(now));
            Ok(())
        })
    }

    /// Lets a labeling job complete; `labels` is the manifest that it wrote.
    ///
    /// # Errors
    /// If it is not running.
    pub fn finish_labeling(&self, job: &Resource, labels: &str, now: Timestamp) -> Result<(), Fault> {
        self.change(job, now, |document| {
            let field = "LabelingJobStatus";
            expect_status(document, field, "InProgress", "the labeling job is in status")?;
            document.insert(field.into(), "Completed".into());
            document.insert("LabelingJobOutput".into(), json!({ "OutputDatasetS3Uri": labels }));
            Ok(())
        })
    }

    /// Lets an endpoint come into service: variants get the digests of the images that they run.
    ///
    /// # Errors
    /// If it is not being created or updated.
    pub fn finish_endpoint(&self, endpoint: &Resource, now: Timestamp) -> Result<(), Fault> {
        let described = self.load(endpoint)?.ok_or_else(|| not_found(endpoint))?.0;
        let variants = self.deployed_variants(&described, now)?;
        let capture = self.capture(&described)?;
        self.change(endpoint, now, |document| {
            document.insert("EndpointStatus".into(), "InService".into());
            if let Some(capture) = capture {
                document.insert("DataCaptureConfig".into(), capture);
            }
            document.insert("ProductionVariants".into(), variants);
            Ok(())
        })
    }

    /// The endpoint's summary of its configuration's data capture.
    fn capture(&self, endpoint: &Document) -> Result<Option<Value>, Fault> {
        let config = endpoint.get("EndpointConfigName").and_then(Value::as_str).unwrap_or_default();
        let config = self.describe_document(&self.resource(ResourceKind::EndpointConfig, config))?;
        Ok(config.get("DataCaptureConfig").map(|capture| {
            let mut summary = json!({ "CaptureStatus": "Started" });
            if let Some(summary) = summary.as_object_mut() {
                let of = |field: &str| capture.get(field).cloned();
                let fields = [
                    ("EnableCapture", of("EnableCapture")),
                    ("CurrentSamplingPercentage", of("InitialSamplingPercentage")),
                    ("DestinationS3Uri", of("DestinationS3Uri")),
                    ("KmsKeyId", of("KmsKeyId")),
                ];
                summary
                    .extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
            }
            summary
        }))
    }

    fn deployed_variants(&self, endpoint: &Document, now: Timestamp) -> Result<Value, Fault> {
        let config = endpoint.get("EndpointConfigName").and_then(Value::as_str).unwrap_or_default();
        let config = self.describe_document(&self.resource(ResourceKind::EndpointConfig, config))?;
        let mut variants = Vec::new();
        for variant in config.get("ProductionVariants").and_then(Value::as_array).into_iter().flatten() {
            let mut summary = json!({
                "VariantName": variant.get("VariantName"),
                "CurrentWeight": 1.0,
                "DesiredWeight": 1.0,
                "CurrentInstanceCount": variant.get("InitialInstanceCount"),
                "DesiredInstanceCount": variant.get("InitialInstanceCount"),
            });
            // A variant for inference components names no model.
            if let Some(model) = variant.get("ModelName").and_then(Value::as_str) {
                let model = self.describe_document(&self.resource(ResourceKind::Model, model))?;
                let image =
                    model.pointer("/PrimaryContainer/Image").and_then(Value::as_str).unwrap_or_default();
                summary["DeployedImages"] = json!([{
                    "SpecifiedImage": image,
                    "ResolvedImage": resolved(image),
                    "ResolutionTime": seconds(now),
                }]);
            }
            variants.push(summary);
        }
        Ok(Value::Array(variants))
    }
}
