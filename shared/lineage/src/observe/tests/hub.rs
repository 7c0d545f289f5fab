use super::*;
use crate::record::NEVER_FILLED;

const LOANS: &str = "arn:aws:sagemaker:eu-west-1:111122223333:hub-content/credit/DataSet/loans/1.0.0";

fn group(name: &str) -> String {
    format!("arn:aws:sagemaker:eu-west-1:111122223333:feature-group/{name}")
}

fn gaps(words: &[&str]) -> Vec<(String, String)> {
    words.iter().map(|words| (NEVER_FILLED.to_owned(), (*words).to_owned())).collect()
}

/// A version of a data set with this document.
fn dataset(schema: &str, document: &str) -> Observation {
    let content = json!({
        "DocumentSchemaVersion": schema, "HubContentDocument": document, "CreationTime": seconds_after(0),
    });
    let resource = Resource::parse_arn(LOANS).unwrap();
    observe(&resource, &content, &BTreeMap::new()).unwrap()
}

/// The document as `DatasetBuilder` of SageMaker's Python SDK 3 has it made.
fn extracted(groups: &Json) -> String {
    json!({
        "DatasetType": "AGENT_GENERATED", "DatasetRoleArn": "arn:aws:iam::111122223333:role/r",
        "DatasetS3Bucket": "data", "DatasetS3Prefix": "athena/q.csv", "DatasetContextS3Uri": "\"\"",
        "ConversationId": "c", "ConversationCheckpointId": "p", "Dependencies": [],
        "ContentMetadata": {
            "SourceFeatureGroups": groups, "ExtractionMethod": "FeatureStoreDatasetBuilder", "AthenaQueryExecutionId": "q",
        },
    })
    .to_string()
}

fn channel(dataset: &str) -> Observation {
    let channel =
        json!({ "ChannelName": "train", "DataSource": { "DatasetSource": { "DatasetArn": dataset } } });
    seen(ResourceKind::TrainingJob, json!({ "InputDataConfig": [channel] }))
}

#[test]
fn a_channel_names_a_version_of_a_data_set() {
    let job = channel(LOANS);
    assert_eq!(
        job.sources,
        [source("channel/train", ResourceKind::HubContent, "credit/DataSet/loans/1.0.0")]
    );
    assert_eq!((job.gaps, job.inputs), (vec![], vec![]));
}

#[test]
fn a_data_set_that_cannot_be_known_is_a_gap() {
    let check = |arn: &str, problem: &str| {
        let job = channel(arn);
        assert_eq!(job.gaps, gaps(&[&format!("channel/train: `{arn}` {problem}")]));
        assert_eq!(job.sources, []);
    };
    let content = "arn:aws:sagemaker:eu-west-1:111122223333:hub-content";
    check(
        &format!("{content}/credit/DataSet/loans"),
        "is named without its version: which one was read is unknown",
    );
    check("loans", "is no data set of a hub");
    check(&group("loans"), "is no data set of a hub");
    for place in ["eu-west-1:aws", "eu-west-1:444455556666", "eu-central-1:111122223333"] {
        let arn = format!("arn:aws:sagemaker:{place}:hub-content/credit/DataSet/loans/1.0.0");
        check(&arn, "lies in another account or region: nothing is recorded of it");
    }
}

#[test]
fn a_data_set_names_its_file_and_the_feature_groups_that_it_was_extracted_from() {
    let found = dataset("2.0.0", &extracted(&json!([group("customers"), group("loans")])));
    assert_eq!(
        found.id.as_str(),
        format!("hds#111122223333/eu-west-1/credit/DataSet/loans/1.0.0@{}", at(0).millis())
    );
    assert_eq!(found.inputs, [read("data", "s3://data/athena/q.csv", true, None)]);
    let sources = [
        source("feature-group/customers", ResourceKind::FeatureGroup, "customers"),
        source("feature-group/loans", ResourceKind::FeatureGroup, "loans"),
    ];
    assert_eq!((found.sources.as_slice(), found.gaps), (sources.as_slice(), vec![]));
    let folder = json!({ "DatasetS3Bucket": "data", "DatasetS3Prefix": "sets/" }).to_string();
    assert_eq!(dataset("2.0.0", &folder).inputs, [read("data", "s3://data/sets/", false, None)]);
}

#[test]
fn a_document_of_another_form_is_not_read() {
    let document = extracted(&json!([group("customers")]));
    let check = |schema: &str, document: &str, words: &str| {
        let found = dataset(schema, document);
        assert_eq!((found.gaps, found.inputs, found.sources), (gaps(&[words]), vec![], vec![]), "{document}");
    };
    check("2.0.1", &document, "its document has the schema version `2.0.1`, which is not read");
    check("", &document, "its document has the schema version ``, which is not read");
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for text in ["", "{", "[]", "\"text\"", document.trim_start_matches('{'), &nested] {
        check("2.0.0", text, "its document is no JSON object, and is not read");
    }
}

#[test]
fn a_document_leads_only_to_feature_groups_of_its_own_account_and_region() {
    let check = |groups: Json, words: &[&str]| {
        let found = dataset("2.0.0", &extracted(&groups));
        assert_eq!((found.gaps, found.sources), (gaps(words), vec![]), "{groups}");
    };
    let elsewhere = "arn:aws:sagemaker:eu-west-1:444455556666:feature-group/customers";
    check(
        json!([elsewhere]),
        &[&format!("it was extracted from `{elsewhere}`, which lies in another account or region")],
    );
    let none = "its document names a source that is no feature group";
    for odd in [
        json!(7),
        json!(null),
        json!(LOANS),
        json!(group("a|b")),
        json!(group("a\tb")),
        json!(group(&"a".repeat(300))),
    ] {
        check(json!([odd]), &[none]);
    }
    check(json!("customers"), &[]);
    check(json!([]), &[]);
}

#[test]
fn a_document_leads_to_so_many_feature_groups_and_says_how_many_there_are() {
    let groups: Vec<String> = (0..1_000).map(|number| group(&format!("g{number}"))).collect();
    let found = dataset("2.0.0", &extracted(&json!(groups)));
    assert_eq!(found.sources.len(), 20);
    assert_eq!(found.gaps, gaps(&["its document names 1000 feature groups: 20 were read"]));
}

#[test]
fn a_document_names_no_bucket_that_cannot_be_one() {
    for bucket in ["a/b", "", "ä", "a b"] {
        let document = json!({ "DatasetS3Bucket": bucket, "DatasetS3Prefix": "x" }).to_string();
        assert_eq!(dataset("2.0.0", &document).inputs, [], "{bucket}");
    }
}

#[test]
fn other_contents_of_hubs_have_no_place_in_the_lineage() {
    for name in ["credit/Model/m/1.0.0", "credit/DataSet/loans"] {
        let resource = resource(ResourceKind::HubContent, name);
        let refused = observe(&resource, &json!({ "CreationTime": seconds_after(0) }), &BTreeMap::new());
        assert!(matches!(refused, Err(Unreadable::NoNode { .. })), "{name}");
    }
}
