//! Endpoints, monitoring schedules and their executions.

use aws_sdk_sagemaker::primitives::DateTime;
use aws_sdk_sagemaker::types::{MonitoringExecutionSortKey, SortOrder};
use sagewarden_aws::port_error;
use sagewarden_events::{Resource, Timestamp};
use sagewarden_govern::ports::PortError;
use serde_json::{Value, json};

use crate::capture::Capture;
use crate::lineage::taken;
use crate::{SageMakerAccount, is_not_found};

impl SageMakerAccount {
    pub(crate) async fn list_schedules(&self, endpoint: Option<&str>) -> Result<Value, PortError> {
        let context = match endpoint {
            Some(endpoint) => format!("list the monitoring schedules of endpoint `{endpoint}`"),
            None => "list the monitoring schedules".to_owned(),
        };
        let (mut schedules, mut token) = (Vec::new(), None);
        loop {
            let capture = Capture::default();
            let call = self.client.list_monitoring_schedules().set_endpoint_name(endpoint.map(str::to_owned));
            let call = call.set_next_token(token).customize().interceptor(capture.clone());
            let page = call.send().await.map_err(|error| port_error(&context, error))?;
            schedules.extend(taken(&context, &capture, "MonitoringScheduleSummaries")?);
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(json!({ "MonitoringScheduleSummaries": schedules }));
            }
        }
    }

    pub(crate) async fn list_endpoints(&self) -> Result<Value, PortError> {
        let context = "list the endpoints";
        let (mut endpoints, mut token) = (Vec::new(), None);
        loop {
            let capture = Capture::default();
            let call = self.client.list_endpoints().max_results(100).set_next_token(token);
            let call = call.customize().interceptor(capture.clone());
            let page = call.send().await.map_err(|error| port_error(context, error))?;
            endpoints.extend(taken(context, &capture, "Endpoints")?);
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(json!({ "Endpoints": endpoints }));
            }
        }
    }

    pub(crate) async fn list_executions(
        &self,
        schedule: &Resource,
        since: Timestamp,
    ) -> Result<Value, PortError> {
        let context = format!("list the executions of {schedule}");
        // The service's `After` need not include the time itself.
        let after = DateTime::from_millis(since.millis() - 1);
        let (mut executions, mut token) = (Vec::new(), None);
        loop {
            let capture = Capture::default();
            let call = self.client.list_monitoring_executions().monitoring_schedule_name(&schedule.name);
            let call = call.scheduled_time_after(after).set_next_token(token);
            let call =
                call.sort_by(MonitoringExecutionSortKey::ScheduledTime).sort_order(SortOrder::Descending);
            let page = match call.customize().interceptor(capture.clone()).send().await {
                Ok(page) => page,
                Err(error) if error.as_service_error().is_some_and(is_not_found) => {
                    return Ok(json!({ "MonitoringExecutionSummaries": [] }));
                }
                Err(error) => return Err(port_error(&context, error)),
            };
            executions.extend(taken(&context, &capture, "MonitoringExecutionSummaries")?);
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(json!({ "MonitoringExecutionSummaries": executions }));
            }
        }
    }
}
