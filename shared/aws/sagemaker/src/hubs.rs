//! Lists that the service gives in parts: contents by hub and type, jobs by category.

use aws_sdk_sagemaker::primitives::DateTime;
use aws_sdk_sagemaker::types::{HubContentType, HubSortBy, JobCategory, SortBy, SortOrder};
use sagewarden_aws::port_error;
use sagewarden_events::Resource;
use sagewarden_govern::ports::{PortError, PortErrorKind};
use serde_json::Value;

use crate::capture::Capture;
use crate::lineage::taken;
use crate::{PAGE, SageMakerAccount, describe, is_not_found};

/// "HubContentType", SageMaker API reference.
const TYPES: [&str; 5] = ["Model", "ModelReference", "Notebook", "DataSet", "JsonDoc"];
/// "JobCategory", SageMaker API reference.
const CATEGORIES: [&str; 5] = [
    "AgentRFT",
    "AgentRFTEvaluation",
    "SyntheticDataGeneration",
    "DataQualityEvaluation",
    "DataTransformation",
];

/// A page, and where the next one begins.
type Raw = Result<(Vec<Value>, Option<String>), PortError>;

/// Where a page of a list in parts begins: the part, and the service's token within it.
struct Place {
    part: usize,
    token: Option<String>,
}

impl Place {
    fn read(context: &str, from: Option<&str>) -> Result<Self, PortError> {
        let Some(from) = from else { return Ok(Self { part: 0, token: None }) };
        let wrong = || PortError::new(PortErrorKind::Invalid, context, format!("`{from}` begins no page"));
        let (part, token) = from.split_once('|').ok_or_else(wrong)?;
        let part = part.parse().map_err(|_| wrong())?;
        Ok(Self { part, token: Some(token.to_owned()).filter(|token| !token.is_empty()) })
    }

    /// Where the next page begins, if this one was the last of its part or not, and there are so many parts.
    fn next(&self, token: Option<&str>, parts: usize) -> Option<String> {
        match token {
            Some(token) => Some(format!("{}|{token}", self.part)),
            None => (self.part + 1 < parts).then(|| format!("{}|", self.part + 1)),
        }
    }
}

impl SageMakerAccount {
    /// Content of a hub has the name `<hub>/<type>/<name>`, and a version if it was named with one.
    pub(crate) async fn describe_content(
        &self,
        content: &Resource,
        context: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let parts: Vec<&str> = content.name.split('/').collect();
        let (hub, of, name, version) = match parts.as_slice() {
            [hub, of, name] => (hub, of, name, None),
            [hub, of, name, version] => (hub, of, name, Some(*version)),
            _ => {
                let reason = "its name does not belong to anything in a hub";
                return Err(PortError::new(PortErrorKind::Invalid, context, reason));
            }
        };
        let call = self.client.describe_hub_content().hub_name(*hub).hub_content_name(*name);
        let call = call.hub_content_type(HubContentType::from(*of));
        describe!(context, call.set_hub_content_version(version.map(str::to_owned)))
    }

    /// A page of the contents of all hubs of the account.
    pub(crate) async fn list_contents(&self, context: &str, from: Option<String>) -> Raw {
        let place = Place::read(context, from.as_deref())?;
        let hubs = self.own_hubs(context).await?;
        let (hub, of) = (place.part / TYPES.len(), place.part % TYPES.len());
        // A hub may be deleted while its contents are listed.
        let (Some(hub), Some(of)) = (hubs.get(hub), TYPES.get(of)) else { return Ok((Vec::new(), None)) };
        let call = self.client.list_hub_contents().hub_name(hub).hub_content_type(HubContentType::from(*of));
        let capture = Capture::default();
        let call = call.max_results(PAGE).set_next_token(place.token.clone()).customize();
        let page = match call.interceptor(capture.clone()).send().await {
            Ok(page) => page,
            Err(error) if error.as_service_error().is_some_and(is_not_found) => {
                return Ok((Vec::new(), place.next(None, hubs.len() * TYPES.len())));
            }
            Err(error) => return Err(port_error(context, error)),
        };
        let next = place.next(page.next_token(), hubs.len() * TYPES.len());
        Ok((taken(context, &capture, "HubContentSummaries")?, next))
    }

    /// The names of the hubs, in a fixed order. The public hub of AWS is listed, too: its account is no number.
    async fn own_hubs(&self, context: &str) -> Result<Vec<String>, PortError> {
        let call = self.client.list_hubs().sort_by(HubSortBy::HubName).sort_order(SortOrder::Ascending);
        let mut token = None;
        let mut names = Vec::new();
        loop {
            let page = call.clone().max_results(PAGE).set_next_token(token).send().await;
            let page = page.map_err(|error| port_error(context, error))?;
            let own = page.hub_summaries().iter().filter(|hub| {
                let arn = hub.hub_arn().and_then(|arn| Resource::parse_arn(arn).ok());
                arn.is_some_and(|arn| arn.account != "aws")
            });
            names.extend(own.filter_map(|hub| hub.hub_name()).map(str::to_owned));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    /// A page of the jobs of all categories.
    pub(crate) async fn list_jobs(
        &self,
        context: &str,
        since: Option<DateTime>,
        from: Option<String>,
    ) -> Raw {
        let place = Place::read(context, from.as_deref())?;
        let Some(category) = CATEGORIES.get(place.part) else { return Ok((Vec::new(), None)) };
        let call = self.client.list_jobs().job_category(JobCategory::from(*category)).max_results(PAGE);
        let call = call.sort_by(SortBy::CreationTime).sort_order(SortOrder::Descending);
        let call = call.set_creation_time_after(since).set_next_token(place.token.clone());
        let capture = Capture::default();
        let page = call.customize().interceptor(capture.clone()).send().await;
        let page = page.map_err(|error| port_error(context, error))?;
        let next = place.next(page.next_token(), CATEGORIES.len());
        Ok((taken(context, &capture, "JobSummaries")?, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_parts_goes_on_in_its_part_and_then_with_the_next() {
        let first = Place::read("list", None).unwrap();
        assert_eq!(first.next(Some("a|b"), 2).as_deref(), Some("0|a|b"));
        let more = Place::read("list", Some("0|a|b")).unwrap();
        assert_eq!((more.part, more.token.as_deref()), (0, Some("a|b")));
        assert_eq!(more.next(None, 2).as_deref(), Some("1|"));
        let second = Place::read("list", Some("1|")).unwrap();
        assert_eq!((second.part, second.token.as_deref(), second.next(None, 2)), (1, None, None));
        for wrong in ["", "x", "x|y", "-1|"] {
            assert!(Place::read("list", Some(wrong)).is_err(), "{wrong}");
        }
    }
}
