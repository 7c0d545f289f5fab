//! Endpoints, monitoring schedules and their executions.

use aws_sdk_sagemaker::primitives::DateTime;
use aws_sdk_sagemaker::types::{
    EndpointSortKey, MonitoringExecutionSortKey, MonitoringScheduleSortKey, OrderKey, SortOrder,
};
use sagewarden_aws::port_error;
use sagewarden_events::{Resource, Timestamp};
use sagewarden_govern::ports::{PortError, SummaryPage};
use serde_json::{Value, json};

use crate::capture::Capture;
use crate::lineage::taken;
use crate::{PAGE, SageMakerAccount, is_not_found};

impl SageMakerAccount {
    pub(crate) async fn schedules_of_endpoint(&self, endpoint: &str) -> Result<Value, PortError> {
        let context = format!("list the monitoring schedules of endpoint `{endpoint}`");
        let (mut schedules, mut token) = (Vec::new(), None);
        loop {
            let page = self.schedule_page(&context, Some(endpoint), token).await?;
            schedules.extend(page.summaries);
            token = page.next;
            if token.is_none() {
                return Ok(json!({ "MonitoringScheduleSummaries": schedules }));
            }
        }
    }

    pub(crate) async fn schedule_page(
        &self,
        context: &str,
        endpoint: Option<&str>,
        from: Option<String>,
    ) -> Result<SummaryPage, PortError> {
        let capture = Capture::default();
        let call = self.client.list_monitoring_schedules().set_endpoint_name(endpoint.map(str::to_owned));
        let call = call.sort_by(MonitoringScheduleSortKey::CreationTime).sort_order(SortOrder::Ascending);
        let call = call.max_results(PAGE).set_next_token(from).customize().interceptor(capture.clone());
        let page = call.send().await.map_err(|error| port_error(context, error))?;
        let summaries = taken(context, &capture, "MonitoringScheduleSummaries")?;
        Ok(SummaryPage { summaries, next: page.next_token })
    }

    pub(crate) async fn endpoint_page(&self, from: Option<String>) -> Result<SummaryPage, PortError> {
        let (context, capture) = ("list the endpoints", Capture::default());
        let call = self.client.list_endpoints().sort_by(EndpointSortKey::CreationTime);
        let call = call.sort_order(OrderKey::Ascending).max_results(PAGE).set_next_token(from);
        let page = call.customize().interceptor(capture.clone()).send().await;
        let page = page.map_err(|error| port_error(context, error))?;
        Ok(SummaryPage { summaries: taken(context, &capture, "Endpoints")?, next: page.next_token })
    }

    pub(crate) async fn list_executions(
        &self,
        schedule: &Resource,
        since: Timestamp,
    ) -> Result<Value, PortError> {
        let context = format!("list the executions of {schedule}");
        // The service's `After` may exclude the time itself.
        let after = DateTime::from_millis(since.millis() - 1);
        let (mut executions, mut token) = (Vec::new(), None);
        loop {
            let capture = Capture::default();
            let call = self.client.list_monitoring_executions().monitoring_schedule_name(&schedule.name);
            let call = call.scheduled_time_after(after).max_results(PAGE).set_next_token(token);
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
