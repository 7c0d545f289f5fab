//! Places outside of the explorer where people look on: the console of AWS.

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_lineage::answer::Entity;
use sagewarden_lineage::rows::node::{ARN, URI, VERSION_ID};
use sagewarden_lineage::s3::S3Location;

/// The part of the console's address before the name of a resource.
const PLACES: [(ResourceKind, &str); 7] = [
    (ResourceKind::TrainingJob, "jobs"),
    (ResourceKind::ProcessingJob, "processing-jobs"),
    (ResourceKind::TransformJob, "transform-jobs"),
    (ResourceKind::TuningJob, "hyper-tuning-jobs"),
    (ResourceKind::Model, "models"),
    (ResourceKind::EndpointConfig, "endpointConfig"),
    (ResourceKind::Endpoint, "endpoints"),
];

/// The links of an entity, each with its words.
pub(super) fn links(entity: &Entity) -> Vec<(String, &'static str)> {
    let Some(answer) = &entity.lineage else { return Vec::new() };
    let Some(node) = answer.graph.nodes.get(&answer.root) else { return Vec::new() };
    let resource = node.text(ARN).and_then(|arn| Resource::parse_arn(arn).ok());
    let object = node.text(URI).and_then(S3Location::parse);
    let version = node.text(VERSION_ID);
    let console = resource.and_then(|resource| console(&resource)).map(|url| (url, "In the console of AWS"));
    let bucket = object.map(|object| (in_s3(&object, version), "In the console of S3"));
    console.into_iter().chain(bucket).collect()
}

fn console(resource: &Resource) -> Option<String> {
    let (_, place) = PLACES.iter().find(|(kind, _)| *kind == resource.kind)?;
    let Resource { region, name, .. } = resource;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // Others than the public regions have a console of another address.
    let is_public =
        !region.starts_with("cn-") && !region.starts_with("us-gov-") && !region.starts_with("us-iso");
    (is_public && is_plain(region) && is_plain(name)).then(|| {
        format!("https://{region}.console.aws.amazon.com/sagemaker/home?region={region}#/{place}/{name}")
    })
}

fn in_s3(object: &S3Location, version: Option<&str>) -> String {
    let encoded = |text: &str| {
        text.bytes().fold(String::new(), |mut url, byte| {
            let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
            if is_plain {
                url.push(char::from(byte))
            } else {
                url.push_str(&format!("%{byte:02X}"))
            }
            url
        })
    };
    let version = version.map(|version| format!("&versionId={}", encoded(version))).unwrap_or_default();
    format!(
        "https://s3.console.aws.amazon.com/s3/object/{}?prefix={}{version}",
        encoded(&object.bucket),
        encoded(&object.key)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_no_address() {
        let object = S3Location { bucket: "b".to_owned(), key: "a b/\"><x>?&#".to_owned() };
        assert_eq!(
            in_s3(&object, Some("v/1&")),
            "https://s3.console.aws.amazon.com/s3/object/b?prefix=a%20b/%22%3E%3Cx%3E%3F%26%23&versionId=v/1%26"
        );
        let resource = Resource::in_region(ResourceKind::TrainingJob, "111122223333", "eu-west-1", "job-1");
        assert!(console(&resource).unwrap().ends_with("#/jobs/job-1"));
        let elsewhere = Resource { region: "cn-north-1".to_owned(), ..resource };
        assert_eq!(console(&elsewhere), None);
    }
}
