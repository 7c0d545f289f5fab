//! `sagewarden scan` against accounts over HTTP: the simulated one, and moto, an independent imitation of AWS.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

#[path = "scanning/ended.rs"]
mod ended;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_local::{Clock, LocalGit, SimulatedAccount, Store, Story};
use sagewarden_tests::aws::{Aws, REGION, client_environment};
use sagewarden_tests::emulator::ACCOUNT;
use sagewarden_tests::functions::command_with_sdk;
use sagewarden_tests::local::{SETTINGS, endpoint_config, model, notebook, training_job};
use sagewarden_tests::moto::Moto;
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::{Result, now};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The command, its folder and settings, and where its calls go.
struct Scanner {
    folder: TempDir,
    program: PathBuf,
    url: String,
}

impl Scanner {
    fn new(url: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        let owned = "[access]\nowner_tags = [\"Team\"]\n\n[encryption]";
        fs::write(folder.path().join("settings.toml"), SETTINGS.replace("[encryption]", owned))?;
        let program = command_with_sdk(folder.path())?;
        Ok(Self { folder, program, url: url.to_owned() })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).envs(client_environment(&self.url));
        command.env_remove("AWS_ENDPOINT_URL");
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments).output()?)
    }

    fn scan(&self, more: &[&str]) -> Result<Output> {
        Ok(self.scanning("1000", more).output()?)
    }

    /// A scan at so many calls a second.
    fn scanning(&self, rate: &str, more: &[&str]) -> Command {
        let own = ["scan", "--region", REGION, "--endpoint-url", &self.url, "--settings", "settings.toml"];
        self.command(&[&own, ["--rate", rate, "--out", "out"].as_slice(), more].concat())
    }

    fn file(&self, name: &str) -> Result<String> {
        Ok(fs::read_to_string(Path::new(self.folder.path()).join("out").join(name))?)
    }

    /// The failed controls, by the name of the resource.
    fn failed(&self) -> Result<BTreeMap<String, Vec<String>>> {
        let document: Value = serde_json::from_str(&self.file("findings.json")?)?;
        let items = document["items"].as_array().cloned().unwrap_or_default();
        let controls = |item: &Value| {
            let findings = item["findings"].as_array().cloned().unwrap_or_default();
            let failed = findings.into_iter().filter(|finding| finding["status"] == "violation");
            failed
                .map(|finding| finding["control"].as_str().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        };
        let named =
            items.iter().map(|item| (item["name"].as_str().unwrap_or_default().to_owned(), controls(item)));
        Ok(named.filter(|(_, controls)| !controls.is_empty()).collect())
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// A good job, an open one and one like it that has ended, an endpoint that serves, and many models, for several pages.
fn account() -> Result<SimulatedAccount> {
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION).with_defects_in_lists();
    let ago = |minutes: i64| Timestamp::from_millis(now().millis() - minutes * 60_000);
    let mut open = training_job("open", &[("Team", "credit")]);
    open["VpcConfig"] = Value::Null;
    account.create(ResourceKind::TrainingJob, &training_job("good", &[]), None, ago(60))?;
    account.create(ResourceKind::TrainingJob, &open, None, ago(50))?;
    open["TrainingJobName"] = "ended".into();
    let ended = account.create(ResourceKind::TrainingJob, &open, None, ago(49))?;
    account.finish_training(&ended, ago(46))?;
    account.create(ResourceKind::TrainingJob, &training_job("old", &[]), None, ago(60 * 24 * 30))?;
    for number in 0..120 {
        account.create(ResourceKind::Model, &model(&format!("m-{number}")), None, ago(45))?;
    }
    account.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m-7"), None, ago(40))?;
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
    let endpoint = account.create(ResourceKind::Endpoint, &endpoint, None, ago(35))?;
    account.finish_endpoint(&endpoint, ago(30))?;
    account.drain_events()?;
    Ok(account)
}

#[test]
fn without_credentials_nothing_is_asked_and_the_cure_is_named() -> Result<()> {
    let scanner = Scanner::new("http://127.0.0.1:9")?;
    let mut command = Command::new(&scanner.program);
    command.args(["scan", "--region", REGION]).current_dir(scanner.folder.path());
    command.env_clear().env("HOME", scanner.folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    let output = command.output()?;
    let text = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.starts_with("error: no AWS credentials: "), "{text}");
    assert!(text.contains("--profile") && text.lines().count() == 1 && !text.contains('{'), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_of_the_simulated_account_gives_its_verdicts_and_changes_nothing() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;

    let estimate = said(&scanner.scan(&["--dry-run"])?);
    assert!(estimate.contains("model") && estimate.contains(" at 1000 a second"), "{estimate}");
    assert!(!scanner.folder.path().join("out").exists());

    let output = scanner.scan(&["--no-data", "--since", "7d"])?;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(
        scanner.failed()?,
        BTreeMap::from(["ended", "open"].map(|job| (job.to_owned(), vec!["TRN-NET-01".to_owned()]))),
        "{text}"
    );
    assert!(text.contains("Sagewarden would stop it: 1 resource"), "{text}");
    assert!(text.contains("Sagewarden would have stopped while it ran: 1 job"), "{text}");
    let found = scanner.file("resources.jsonl")?;
    assert_eq!(found.lines().count(), 125, "{text}");
    assert!(!found.contains("training-job/old"), "it is older than the limit");
    let page = scanner.file("report.html")?;
    for piece in ["Posture of 111122223333 in eu-west-1", "lineage/prod.html", "training-job `open`", "m-7"] {
        assert!(page.contains(piece), "{piece}");
    }
    let owned = found.lines().filter(|line| line.contains("\"owner\":\"credit\"")).count();
    assert_eq!(owned, 2, "{found}");
    let table = scanner.file("findings.csv")?;
    assert!(table.lines().any(|row| row.contains("TRN-NET-01") && row.contains("credit")), "{table}");
    let sarif: Value = serde_json::from_str(&scanner.file("findings.sarif")?)?;
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "TRN-NET-01");

    // The store answers as any other.
    let store = ["--store", "out/sagewarden.db"];
    let why = said(&scanner.run(&[["why", "training-job/open"], store].concat())?);
    assert!(why.contains("TRN-NET-01"), "{why}");
    let lineage = said(&scanner.run(&[["lineage", "endpoint/prod"], store].concat())?);
    assert!(lineage.contains("m-7"), "{lineage}");

    let reads = ["List", "Describe", "Search", "Get", "BatchGet"];
    let targets = simulator.targets();
    let changing = targets.iter().filter(|target| {
        let operation = target.split('.').next_back().unwrap_or_default();
        !reads.iter().any(|read| operation.starts_with(read))
    });
    assert_eq!(changing.collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(targets.len() > 20, "{targets:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_finds_the_lineage_of_endpoints_as_far_as_aws_knows_it() -> Result<()> {
    let (git, store) = (TempDir::new()?, Store::in_memory()?);
    let account = SimulatedAccount::new(store, ACCOUNT, REGION);
    let clock = Clock::Told(Timestamp::from_millis(now().millis() - 10 * 86_400_000));
    let mut story = Story::new(account.clone(), LocalGit::new(git.path())?, clock);
    for moment in Story::STEPS.iter().chain([&Story::COMPONENTS]).flat_map(|step| step.moments) {
        moment(&mut story)?;
    }
    account.drain_events()?;
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    let text = said(&scanner.scan(&["--since", "30d"])?);
    let page = scanner.file("report.html")?;
    let row = |endpoint: &str| -> Result<String> {
        let (_, rest) =
            page.split_once(&format!("data-endpoint=\"{endpoint}\"")).ok_or_else(|| text.clone())?;
        Ok(rest.split("</tr>").next().unwrap_or_default().to_owned())
    };
    let behind = row(Story::ENDPOINT)?;
    for piece in [Story::SECOND_MODEL, Story::SECOND_TRAINING_JOB, "<td class=\"number\">0</td>"] {
        assert!(behind.contains(piece), "{piece}: {behind}");
    }
    let component = row(Story::COMPONENT_ENDPOINT)?;
    assert!(component.contains("component advice") && !component.contains("credit-train"), "{component}");
    assert!(page.contains("role ds-user-role-credit-dev") && !page.contains(":role/"), "{text}");
    assert!(!text.contains("undecided"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named_and_the_rest_is_scanned() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    for _ in 0..50 {
        simulator.refuse_next("SageMaker.ListNotebookInstances");
        simulator.refuse_next("SageMaker.Search");
    }
    let text = said(&scanner.scan(&["--no-data", "--since", "7d"])?);
    assert!(
        text.contains("notebook-instance: could not be scanned; needs sagemaker:ListNotebookInstances"),
        "{text}"
    );
    assert!(text.contains("training-job: `Search` was refused"), "{text}");
    assert_eq!(scanner.failed()?.keys().collect::<Vec<_>>(), ["ended", "open"]);
    let document: Value = serde_json::from_str(&scanner.file("findings.json")?)?;
    assert_eq!(document["complete"], false);
    assert!(scanner.file("report.html")?.contains("sagemaker:ListNotebookInstances"));
    // What nobody saw has not passed.
    for _ in 0..50 {
        simulator.refuse_next("SageMaker.ListNotebookInstances");
    }
    let output = scanner.scan(&["--no-data", "--kinds", "notebook-instance"])?;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_could_not_be_judged_is_looked_at_again() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    account.create(ResourceKind::NotebookInstance, &notebook(), None, now())?;
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    for _ in 0..20 {
        simulator.refuse_next("SageMaker.DescribeNotebookInstance");
    }
    let kinds = ["--no-data", "--kinds", "notebook-instance,endpoint"];
    let first = scanner.scan(&kinds)?;
    let text = said(&first);
    assert_eq!(first.status.code(), Some(2), "{text}");
    assert!(text.contains("notebook-instance: 1 (`ana`) not judged: "), "{text}");
    assert!(scanner.file("report.html")?.contains("no: see what is missing"), "{text}");
    // As long as nothing has changed, a second look finds the same gap.
    let again = scanner.scan(&[&kinds[..], &["--resume"]].concat())?;
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    simulator.forgive();
    let healed = scanner.scan(&[&kinds[..], &["--resume"]].concat())?;
    assert_eq!(healed.status.code(), Some(1), "{}", said(&healed));
    assert!(scanner.failed()?.contains_key("ana"), "{}", said(&healed));
    Ok(())
}

#[test]
fn without_a_network_a_scan_says_so_and_ends() -> Result<()> {
    // Nothing listens there.
    let scanner = Scanner::new("http://127.0.0.1:9")?;
    let output = scanner.scan(&["--no-data", "--since", "7d", "--kinds", "model,endpoint,training-job"])?;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    let words = [
        "no answer from 127.0.0.1:9 (",
        "): trying again",
        "endpoint: incomplete; continue with --resume: list the endpoints: no answer from 127.0.0.1:9 in ",
        "not looked at: training-job",
    ];
    for words in words {
        assert!(text.contains(words), "{words}: {text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_service_ends_a_scan_that_names_what_it_did_not_look_at() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    for operation in ["ListDomains", "ListUserProfiles", "ListNotebookInstances"] {
        (0..200).for_each(|_| {
            simulator.refuse_next_with(&format!("SageMaker.{operation}"), "ServiceUnavailable")
        });
    }
    // If another kind can still be listed, the service is not down: the scan goes on.
    let kinds = ["--no-data", "--since", "7d", "--kinds", "endpoint,domain,user-profile,training-job"];
    let output = scanner.scan(&kinds)?;
    assert_eq!(scanner.failed()?.keys().collect::<Vec<_>>(), ["ended", "open"], "{}", said(&output));
    let kinds = "domain,notebook-instance,user-profile,training-job";
    let output = scanner.scan(&["--no-data", "--since", "7d", "--kinds", kinds])?;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    let page = scanner.file("report.html")?;
    assert!(text.contains("the scan did not finish: continue it with --resume"), "{text}");
    assert!(page.contains("not looked at: notebook-instance, training-job; continue"), "{text}");
    Ok(())
}

/// As for AWS's own command line. Otherwise another account is scanned without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_named_profile_counts_before_credentials_in_the_environment() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    let profiles = scanner.folder.path().join("credentials");
    fs::write(&profiles, "[audit]\naws_access_key_id = AUDIT\naws_secret_access_key = x\n")?;
    let scan = |profile: &str| {
        let mut command = Command::new(&scanner.program);
        command.args(["scan", "--region", REGION, "--endpoint-url", &scanner.url, "--rate", "1000"]);
        command.args(["--kinds", "model", "--profile", profile]).current_dir(scanner.folder.path());
        command.envs(client_environment(&scanner.url)).env_remove("AWS_ENDPOINT_URL");
        command.env("AWS_SHARED_CREDENTIALS_FILE", &profiles).env("AWS_ACCESS_KEY_ID", "ENVIRONMENT").output()
    };
    let known = scan("audit")?;
    assert!(matches!(known.status.code(), Some(0 | 1)), "{}", said(&known));
    let unknown = scan("nope")?;
    let error = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert_eq!(unknown.status.code(), Some(2), "{error}");
    assert!(error.starts_with("error: no AWS credentials: ") && error.contains("nope"), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_was_killed_goes_on_where_it_stopped() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    let mut child = scanner
        .scanning("1000", &["--no-data", "--since", "7d"])
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()?;
    // It is killed once the endpoint has been described: in the midst of the kinds.
    while simulator.calls("SageMaker.DescribeEndpoint").is_empty() && child.try_wait()?.is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    let text = said(&scanner.scan(&["--no-data", "--since", "7d", "--resume"])?);
    assert_eq!(scanner.failed()?.keys().collect::<Vec<_>>(), ["ended", "open"], "{text}");
    assert!(scanner.file("report.html")?.contains("lineage/prod.html"), "{text}");
    let wrong = scanner.run(&["scan", "--region", REGION, "--resume", "--out", "other"])?;
    assert!(said(&wrong).contains("no earlier scan in that folder to continue"), "{}", said(&wrong));
    Ok(())
}

#[test]
fn a_scan_of_moto_gives_the_right_verdicts() -> Result<()> {
    let moto = Moto::start()?;
    let mut aws = Aws::new(moto.url())?;
    aws.call(
        "s3",
        "create_bucket",
        json!({ "Bucket": "models", "CreateBucketConfiguration": { "LocationConstraint": REGION } }),
    )?;
    let job = |name: &str, is_open: bool| {
        let mut job = training_job(name, &[("Team", "credit")]);
        job["RoleArn"] = "arn:aws:iam::111122223333:role/ds-user".into();
        job["StoppingCondition"] = json!({ "MaxRuntimeInSeconds": 60 });
        if is_open && let Some(fields) = job.as_object_mut() {
            fields.remove("VpcConfig");
        }
        job
    };
    aws.call("sagemaker", "create_training_job", job("good", false))?;
    aws.call("sagemaker", "create_training_job", job("open", true))?;
    let open = json!({
        "ModelName": "open-model", "PrimaryContainer": { "Image": "repository/image@sha256:4f8c3bd2" },
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
    });
    aws.call("sagemaker", "create_model", model("good-model"))?;
    aws.call("sagemaker", "create_model", open)?;
    aws.call("sagemaker", "create_endpoint_config", endpoint_config("c", "good-model"))?;
    let scanner = Scanner::new(moto.url())?;
    // moto lists some kinds only, and no monitoring schedules, which controls of endpoints ask about.
    let output = scanner.scan(&["--kinds", "endpoint-config,model,training-job,processing-job"])?;
    let (text, failed) = (said(&output), scanner.failed()?);
    assert!(failed["open"].contains(&"TRN-NET-01".to_owned()), "{text}");
    assert!(failed["open-model"].contains(&"MDL-NET-01".to_owned()), "{text}");
    assert!(!failed.contains_key("good"), "{failed:?} {text}");
    // moto forgets that a model is isolated.
    assert_eq!(failed["good-model"], ["MDL-NET-02"], "{text}");
    let found = scanner.file("resources.jsonl")?;
    for name in ["endpoint-config/c", "model/good-model", "training-job/good"] {
        assert!(found.contains(name), "{name}: {text}");
    }
    Ok(())
}
