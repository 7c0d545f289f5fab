//! The contract of lists of an account, for the simulated account and for SageMaker's adapter, which reads the same account over HTTP; with
//! known defects of SageMaker's answers, and without.

use std::collections::BTreeSet;

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::SWEPT;
use sagewarden_govern::ports::{Estate, ListedResource, PortErrorKind, SEARCHED, Wanted, is_newest_first};
use sagewarden_local::{LocalGit, SimulatedAccount, Store, Story};
use sagewarden_sagemaker::{SageMakerAccount, actions};
use sagewarden_tests::Result;
use sagewarden_tests::aws::{Aws, REGION};
use sagewarden_tests::emulator::{ACCOUNT, config};
use sagewarden_tests::simulator::Simulator;
use serde_json::{Value, json};
use tempfile::TempDir;

/// More than two pages.
const MANY: i64 = 230;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(Story::demo_start().millis() + seconds * 1_000)
}

/// An account with many training jobs and models, and something of every other kind.
fn account(has_defects: bool) -> Result<SimulatedAccount> {
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    for number in 0..MANY {
        let name = format!("t-{number}");
        let tags = json!([{ "Key": "Number", "Value": number.to_string() }]);
        let job = json!({ "TrainingJobName": name, "Tags": tags, "RemoteDebugConfig": { "EnableRemoteDebug": true } });
        account.create(ResourceKind::TrainingJob, &job, None, at(number))?;
        let model = json!({ "ModelName": format!("m-{number}"), "Tags": tags });
        account.create(ResourceKind::Model, &model, None, at(number))?;
    }
    account.create(ResourceKind::Domain, &json!({ "DomainName": "ds" }), None, at(0))?;
    for kind in SWEPT.into_iter().filter(|kind| *kind != ResourceKind::Domain) {
        account.create(kind, &request(kind), None, at(1_000))?;
    }
    Ok(if has_defects { account.with_defects_in_lists() } else { account })
}

fn request(kind: ResourceKind) -> Value {
    match kind {
        ResourceKind::UserProfile => json!({ "DomainId": "d-1", "UserProfileName": "ana" }),
        ResourceKind::Space => json!({ "DomainId": "d-1", "SpaceName": "s" }),
        ResourceKind::App => {
            json!({ "DomainId": "d-1", "SpaceName": "s", "AppType": "JupyterLab", "AppName": "default" })
        }
        ResourceKind::ModelPackage => json!({ "ModelPackageGroupName": "g" }),
        ResourceKind::HubContent => {
            json!({ "HubName": "one", "HubContentType": "Model", "HubContentName": "content" })
        }
        ResourceKind::Job => json!({ "JobName": "one", "JobCategory": "AgentRFT" }),
        ResourceKind::PipelineExecution => json!({ "PipelineName": "p" }),
        kind => json!({ kind.name_field(): "one", "JobDefinitionName": "one" }),
    }
}

#[tokio::test]
async fn the_simulated_account_keeps_the_contract() -> Result<()> {
    for has_defects in [false, true] {
        let account = account(has_defects)?;
        contract(&account, &account).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_aws_adapter_keeps_the_contract() -> Result<()> {
    for has_defects in [false, true] {
        let (account, folder) = (account(has_defects)?, TempDir::new()?);
        let simulator = Simulator::start(account.clone(), LocalGit::new(folder.path())?).await?;
        let estate = SageMakerAccount::new(&config(&simulator.url()).await);
        contract(&account, &estate).await?;
        simulator.refuse_next("SageMaker.Search");
        let refused = estate.page(&wanted(ResourceKind::Model, true), None).await;
        assert_eq!(refused.err().map(|error| error.kind()), Some(PortErrorKind::Denied));
        // Each list makes the call that its permission is for, and no other.
        for kind in SWEPT {
            let allowed = actions::listing(kind);
            for action in allowed {
                let target = action.replace("sagemaker:", "SageMaker.");
                assert!(!simulator.calls(&target).is_empty(), "{kind} never makes {target}");
            }
        }
    }
    Ok(())
}

fn wanted(kind: ResourceKind, by_search: bool) -> Wanted {
    Wanted { kind, since: None, by_search }
}

async fn contract(account: &SimulatedAccount, estate: &impl Estate) -> Result<()> {
    for kind in SWEPT {
        for by_search in [false, true] {
            // Executions are listed pipeline by pipeline, or searched.
            if kind != ResourceKind::PipelineExecution || by_search {
                every_resource_is_listed_once(account, estate, wanted(kind, by_search)).await?;
            }
        }
    }
    a_list_from_a_time_on_has_all_that_are_younger(estate).await?;
    what_search_says_is_what_describe_says(account, estate).await
}

async fn all(estate: &impl Estate, wanted: Wanted) -> Result<Vec<ListedResource>> {
    let (mut found, mut from, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = estate.page(&wanted, from.as_deref()).await?;
        assert!(page.resources.len() <= 100);
        found.extend(page.resources);
        from = page.next;
        pages += 1;
        // Some lists have a part for each category, and each part a first page that is empty.
        assert!(pages < 25, "it does not come to its end");
        if from.is_none() {
            return Ok(found);
        }
    }
}

async fn every_resource_is_listed_once(
    account: &SimulatedAccount,
    estate: &impl Estate,
    wanted: Wanted,
) -> Result<()> {
    let Wanted { kind, by_search, .. } = wanted;
    let found = all(estate, wanted).await?;
    let names: BTreeSet<String> = found.iter().map(|listed| listed.resource.arn()).collect();
    assert_eq!(names.len(), found.len(), "{kind} comes twice");
    let expected = account.list(kind)?;
    // The account keeps pipelines and their executions under one word.
    let is_execution = |document: &&Value| {
        document.get("PipelineExecutionArn").is_some() == (kind == ResourceKind::PipelineExecution)
    };
    let expected = expected.iter().filter(is_execution).filter_map(|document| kind.name_in(document));
    let expected: BTreeSet<String> = expected.map(|name| account.resource(kind, &name).arn()).collect();
    assert_eq!(names, expected, "{kind}, by search: {by_search}");
    assert!(found.iter().all(|listed| listed.created_at.is_some()), "{kind} has no time");
    if is_newest_first(kind) {
        assert!(found.is_sorted_by_key(|listed| std::cmp::Reverse(listed.created_at)), "{kind}");
    }
    Ok(())
}

/// Older ones may come, too: a service has ignored the limit.
async fn a_list_from_a_time_on_has_all_that_are_younger(estate: &impl Estate) -> Result<()> {
    for by_search in [false, true] {
        let since = Some(at(MANY - 30));
        let found = all(estate, Wanted { since, ..wanted(ResourceKind::TrainingJob, by_search) }).await?;
        assert_eq!(found.iter().filter(|listed| listed.created_at >= since).count(), 31);
    }
    Ok(())
}

async fn what_search_says_is_what_describe_says(
    account: &SimulatedAccount,
    estate: &impl Estate,
) -> Result<()> {
    for kind in SEARCHED {
        for listed in all(estate, wanted(kind, true)).await?.iter().take(20) {
            if let Some(document) = &listed.document {
                assert_eq!(*document, account.describe_document(&listed.resource)?);
            }
            if kind == ResourceKind::PipelineExecution {
                assert_eq!(listed.tags, None);
            } else {
                assert_eq!(listed.tags, Some(account.tag_map(&listed.resource)?));
            }
            // A record of a training job lacks what a control reads.
            let is_whole = !matches!(kind, ResourceKind::TrainingJob | ResourceKind::PipelineExecution);
            assert_eq!(listed.document.is_some(), is_whole, "{kind}");
        }
    }
    Ok(())
}

/// An independent client reads the same lists to their ends.
#[tokio::test(flavor = "multi_thread")]
async fn boto3s_paginators_read_the_lists_to_their_ends() -> Result<()> {
    for has_defects in [false, true] {
        let (account, folder) = (account(has_defects)?, TempDir::new()?);
        let simulator = Simulator::start(account, LocalGit::new(folder.path())?).await?;
        let mut aws = Aws::new(&simulator.url())?;
        let mut names = |operation: &str, parameters: Value, path: &str| -> Result<BTreeSet<String>> {
            let (list, name) = path.split_once('/').unwrap_or_default();
            let all = aws.all("sagemaker", operation, parameters)?;
            let entries = all[list].as_array().cloned().unwrap_or_default();
            let found = entries.iter().filter_map(|entry| entry.pointer(&format!("/{name}"))?.as_str());
            Ok(found.map(str::to_owned).collect())
        };
        let searched = names("search", json!({ "Resource": "Model" }), "Results/Model/Model/ModelName")?;
        assert_eq!(searched.len(), usize::try_from(MANY)? + 1);
        assert_eq!(names("list_models", json!({ "MaxResults": 100 }), "Models/ModelName")?, searched);
        let since = json!({ "CreationTimeAfter": at(MANY - 30).to_string() });
        let young = names("list_training_jobs", since.clone(), "TrainingJobSummaries/TrainingJobName")?;
        assert_eq!(young.len(), 31);
        // AWS ignored this filter: a caller that trusts it would count all.
        let changed = json!({ "LastModifiedTimeAfter": at(MANY - 30).to_string() });
        let all = names("list_training_jobs", changed, "TrainingJobSummaries/TrainingJobName")?;
        assert_eq!(all.len(), usize::try_from(MANY)? + 1);
    }
    Ok(())
}
