//! The Python package in a notebook: boto3's requests are judged before they reach the service.

use std::process::Command;

use sagewarden_local::{LocalGit, SimulatedAccount, Store};
use sagewarden_tests::aws::REGION;
use sagewarden_tests::emulator::ACCOUNT;
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::{Result, functions, python, root};
use serde_json::{Value, json};
use tempfile::TempDir;

fn git(folder: &TempDir, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=n", "-c", "user.email=n@example.com"])
        .args(arguments)
        .output()?;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A checkout as a notebook has it, with one commit.
fn checkout() -> Result<(TempDir, String)> {
    let folder = TempDir::new()?;
    git(&folder, &["init", "-q", "-b", "main"])?;
    git(
        &folder,
        &["remote", "add", "origin", "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/credit"],
    )?;
    std::fs::write(folder.path().join("src.py"), "pass\n")?;
    git(&folder, &["add", "."])?;
    git(&folder, &["commit", "-qm", "first"])?;
    let commit = git(&folder, &["rev-parse", "HEAD"])?;
    Ok((folder, commit))
}

/// The results of the script; the simulator stays as long as the script runs.
async fn found() -> Result<(Value, String)> {
    let folder = TempDir::new()?;
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    let simulator = Simulator::start(account, LocalGit::new(folder.path())?).await?;
    let (checkout, commit) = checkout()?;
    let binary = functions::command()?;
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "mode = \"observe\"\n[traceability]\nrefuse_uncommitted = true\n")?;
    let mut script = python::script("guard.py")?;
    script
        .arg(&settings)
        .arg(&binary)
        .current_dir(&checkout)
        .env("PYTHONPATH", root().join("python"))
        .env("SAGEWARDEN_BINARY", &binary)
        .envs([
            ("AWS_ENDPOINT_URL", simulator.url().as_str()),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "x"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ]);
    let output = tokio::task::spawn_blocking(move || script.output()).await??;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Ok((serde_json::from_slice(&output.stdout)?, commit))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notebook_hears_before_a_request_is_sent() -> Result<()> {
    let (found, commit) = found().await?;
    let outcome = |case: &str| found[case]["outcome"].as_str().unwrap_or_default().to_owned();
    let said = |case: &str| found[case]["said"].to_string();

    // A request that passes the controls is sent, with the tags that lead to its code.
    assert_eq!((outcome("compliant"), said("compliant")), ("sent".into(), "[]".into()));
    assert_eq!(found["tags"], json!({ "CommitId": commit, "Repository": "credit" }));
    assert!(
        found["verdict"].as_str().is_some_and(|text| text.starts_with("training-job/good: compliant")),
        "{found:#}"
    );
    // The user's own tags stay, and the guard does not add a tag that is there already.
    assert_eq!(found["own_tags_are"], json!({ "git-commit": "mine", "Repository": "credit" }));

    // A request that fails is never sent.
    let refused = outcome("refused");
    for words in [
        "refused: CreateTrainingJob was not sent:",
        "FAILED TRN-NET-01 (high)",
        "field:  VpcConfig.Subnets, VpcConfig.SecurityGroupIds",
        "fix:    pass a VpcConfig",
        "diff:   + VpcConfig.Subnets: [\"SUBNET_ID\"]\n            + VpcConfig.SecurityGroupIds: ",
        "code:   create_training_job(..., VpcConfig={\"",
    ] {
        assert!(refused.contains(words), "{refused}");
    }
    assert_eq!(outcome("not_sent"), "AWS: ValidationException");
    // A waiver is asked for by a tag, and for these requests alone.
    assert_eq!(outcome("asked"), "sent");
    assert!(said("asked").contains("you ask for a waiver: moves next week"), "{}", said("asked"));
    assert_eq!(found["asked_tags"]["sagewarden:waiver-asked"], "TRN-NET-01: moves next week  see  12");
    assert!(outcome("after_asking").starts_with("refused: "), "{}", outcome("after_asking"));

    // AWS's own errors are raised as usual, and requests without controls are ignored.
    assert_eq!(outcome("wrong_types"), "AWS's own check of the parameters");
    assert_eq!(outcome("aws_error"), "AWS: ResourceInUse");
    assert_eq!((outcome("no_controls"), said("no_controls")), ("sent".into(), "[]".into()));
    // The settings want every change committed.
    assert!(outcome("dirty").contains("files are not committed (src.py): commit"), "{}", outcome("dirty"));
    let untracked = outcome("untracked");
    assert!(
        untracked.contains("files are not committed (new0.py, new1.py, new2.py and 2 more)"),
        "{untracked}"
    );
    assert_eq!((outcome("copies"), said("copies")), ("sent".into(), "[]".into()));
    // The API takes 50 tags: the guard adds those that fit, and says which do not.
    assert_eq!((outcome("many_tags"), &found["many_tags_are"]), ("sent".into(), &json!(["CommitId"])));
    assert!(
        said("many_tags").contains("no tag Repository, because it has 49 of at most 50"),
        "{}",
        said("many_tags")
    );
    // Controls are named in any case. Those that do not exist are named, and each has its place in the tag.
    assert_eq!(outcome("misspelt"), "sent");
    for words in
        ["allow('TRN-NET-1') asks for nothing", "did you mean TRN-NET-01?", "allow('X')", "are shortened"]
    {
        assert!(said("misspelt").contains(words), "{}", said("misspelt"));
    }
    let tag = found["misspelt_tags"]["sagewarden:waiver-asked"].as_str().unwrap_or_default();
    for words in ["TRN-NET-01: moves next week / ", "TRN-NET-1: because", "X: because"] {
        assert!(tag.contains(words) && tag.len() <= 256, "{tag}");
    }

    // Without the guard, and with one that only says it.
    assert_eq!((outcome("removed"), said("removed")), ("sent".into(), "[]".into()));
    assert_eq!(outcome("warned"), "sent");
    assert!(
        said("warned").contains("TRN-NET-01")
            && said("warned").contains(
                "CreateTrainingJob of `warned` fails 1 control of this account; the guard does not stop it:"
            ),
        "{}",
        said("warned")
    );
    assert_eq!(found["warned_tags"], json!({}));

    // A process that died is started again; without a command nothing is judged.
    assert_eq!(found["after_death"], 1);
    assert_eq!(outcome("no_binary_warn"), "sent");
    assert!(said("no_binary_warn").contains("has no verdict: "), "{}", said("no_binary_warn"));
    assert!(
        outcome("no_binary_raise").contains("it could not be judged: SAGEWARDEN_BINARY names"),
        "{found:#}"
    );

    // Documents and pipelines.
    assert_eq!((&found["pipeline"], &found["document"]), (&json!([["training-job", false]]), &json!(true)));
    assert!(
        found["html"].as_str().is_some_and(|html| html.contains("&lt;b&gt;") && !html.contains("<b>:")),
        "{found:#}"
    );
    assert!(
        found["nothing"].as_str().is_some_and(|text| text.starts_with("no SageMaker resource")),
        "{found:#}"
    );
    assert!(found["no_json"].as_str().is_some_and(|text| text.starts_with("not valid JSON")), "{found:#}");
    assert!(
        found["no_session"].as_str().is_some_and(|text| text.contains("a session or a client of boto3")),
        "{found:#}"
    );
    Ok(())
}

#[test]
fn bad_input_is_named_and_awss_own_errors_stay() -> Result<()> {
    let folder = TempDir::new()?;
    let settings = folder.path().join("settings.toml");
    std::fs::write(
        &settings,
        "mode = \"observe\"\nprofile = \"essential\"\n[traceability]\nrefuse_uncommitted = true\n",
    )?;
    let place = folder.path().join("notebook");
    std::fs::create_dir(&place)?;
    // Nothing listens there: there is no network.
    let output = python::script("guard_bad_input.py")?
        .arg(&settings)
        .current_dir(&place)
        .env("PYTHONPATH", root().join("python"))
        .env("SAGEWARDEN_BINARY", functions::command()?)
        .envs([("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_EC2_METADATA_DISABLED", "true")])
        .envs(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].map(|name| (name, "/dev/null")))
        .env_remove("AWS_DEFAULT_REGION")
        .env_remove("AWS_REGION")
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout)?;
    let has = |pointer: &str, words: &str| {
        let cell = found.pointer(pointer).map(Value::to_string).unwrap_or_default();
        assert!(cell.contains(words), "{pointer}: {words}: {cell}");
    };
    let no_network = "EndpointConnectionError";
    let cases = [
        ("outside_git", "the current folder has no commit of git", no_network, "FAILED TRN-NET-01"),
        (
            "uncommitted",
            "is not in a checkout of git with a commit: run it in one",
            no_network,
            "is not in a checkout of git",
        ),
        ("no_settings", "nowhere.toml` cannot be read", no_network, "it could not be judged: "),
        ("broken_settings", "broken.toml:1:8: ", no_network, "it could not be judged: "),
        ("no_region", "", "NoRegionError", "NoRegionError"),
        // Nothing is wrong with the request: AWS's own errors come as ever.
        ("no_network", "[]", no_network, no_network),
        ("no_remote", "the checkout has no remote `origin`", no_network, no_network),
        ("checked_types", "[]", "ParamValidationError", "ParamValidationError"),
        ("wrong_types", "UNDECIDED TRN-ENC-01", no_network, "UNDECIDED TRN-ENC-01"),
        ("foreign_binary", "has no verdict: `", no_network, "cannot be run on this machine"),
        (
            "no_binary",
            "has no verdict: SAGEWARDEN_BINARY names",
            no_network,
            "it could not be judged: SAGEWARDEN_BINARY",
        ),
    ];
    for (case, said, sent, stopped) in cases {
        has(&format!("/warn/{case}/said"), said);
        has(&format!("/warn/{case}/got"), sent);
        has(&format!("/raise/{case}/got"), stopped);
    }
    for (case, words) in [
        ("/mode/got", "ValueError: mode is 'warn' or 'raise', not 'loud'"),
        ("/settings/got", "TypeError: "),
        ("/profile/got", "TypeError: profile= takes text"),
        ("/wrong_types", "UNDECIDED TRN-ENC-01"),
        ("/document", "JudgeError: no SageMaker resource with controls"),
        ("/no_operation", "JudgeError: no controls for `CreateFoo`"),
        (
            "/other_operation",
            "JudgeError: `CreateModel` is not about what `TrainingJobName` names: that is `CreateTrainingJob`",
        ),
        ("/operation", "TypeError: operation= takes the name of an operation"),
        ("/steps", "JudgeError: Steps[0]: no controls for steps of type `Fail`"),
        (
            "/at_once/said",
            "no request can be judged: the process that judges has ended: the settings cannot be used: ",
        ),
        ("/text", "JudgeError: not valid JSON"),
        ("/pipeline", "PipelineDefinition: the definition is not valid JSON"),
        ("/step", "UNDECIDED UNREADABLE"),
        ("/other_client", "TypeError: a client of SageMaker is needed, not of s3"),
        ("/no_reason", "ValueError: name the controls and the reason"),
        ("/default_session", "eu-north-1 mine"),
        ("/entity", "TypeError: an entity is text"),
        ("/no_store", "NoAnswer: no store at `nowhere.db`"),
        ("/no_frame", "TypeError: a data frame is needed"),
    ] {
        has(case, words);
    }
    Ok(())
}

#[test]
fn what_interrupts_or_changes_a_question_gives_no_wrong_verdict() -> Result<()> {
    let folder = TempDir::new()?;
    let output = python::script("guard_hard.py")?
        .current_dir(&folder)
        .env("PYTHONPATH", root().join("python"))
        .env("SAGEWARDEN_BINARY", functions::command()?)
        .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap_or(folder.path()))
        .envs([("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_EC2_METADATA_DISABLED", "true")])
        .envs(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].map(|name| (name, "/dev/null")))
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout)?;
    // Whoever interrupts a question, or forks while a thread asks, gets the verdicts on their own requests.
    assert_eq!(found["interrupted"], json!([["second"], ["third"]]));
    assert_eq!(found["fork"], 0);
    // A version of a group takes no tags.
    assert_eq!(found["package_tags"], json!([null]), "{found:#}");
    assert!(found["package"].to_string().contains("a version of a group takes no tags"), "{found:#}");
    // A handler that takes the network away after the verdict changes the verdict.
    assert!(found["changed"][0].as_str().is_some_and(|text| text.contains("FAILED TRN-NET-01")), "{found:#}");
    assert_eq!(found["pickled"], json!(["CreateTrainingJob", ["TRN-ENC-01"], true]));
    assert_eq!(found["tasks"], json!([["TRN-NET-01"], ["TRN-ENC-01"], ["TRN-ENC-02"], []]));
    assert_eq!(found["many_waivers"], json!([true, "TRN-NET-18", true]));
    // The settings of the folder, as they are now.
    assert_eq!(found["settings"], json!([true, true]));
    // Each of three jobs has its warning, at the user's own line.
    assert_eq!(found["each_warns"], json!([3, "guard_hard.py"]));
    assert!(found["errors"].as_str().is_some_and(|text| text.ends_with("the guard does not stop it:")));
    for (case, words) in [
        ("garbage", "does not answer as this package's command does: 'hello'"),
        ("other_json", "is not the command of this package"),
        ("stuck", "the question was not read within 2 seconds"),
        ("talking", "EndpointConnectionError"),
        ("gone", "EndpointConnectionError"),
        ("UpdateEndpoint", "`UpdateEndpoint` is not about what `TrainingJobName` names"),
        ("UpdateDomain", "`UpdateDomain` is not about what `TrainingJobName` names"),
    ] {
        assert!(found[case].to_string().contains(words), "{case}: {}", found[case]);
    }
    assert_eq!(found["names"], json!(["credit", "credit", "credit", "credit"]));
    assert_eq!(found["git"], json!(["one", "other", ["new.py"]]));
    let frame = json!({
        "large": ["Int64", "9007199254740993"],
        "too_large": ["string", "99999999999999999999"],
        "hash": ["string", "12e34567"],
        "code": ["string", "007"],
        "share": ["float64", "0.5"],
        "whole": ["Int64", "3"],
    });
    assert_eq!(found["frame"], frame);
    assert_eq!(found["threads"], true);
    Ok(())
}

#[test]
fn mlflow_tracks_beneath_a_guard_what_it_tracks_without_one() -> Result<()> {
    let (checkout, _) = checkout()?;
    std::fs::write(checkout.path().join("src.py"), "# not committed\n")?;
    let settings = checkout.path().join("settings.toml");
    std::fs::write(
        &settings,
        "mode = \"observe\"\nprofile = \"recommended\"\n[traceability]\nrefuse_uncommitted = true\n",
    )?;
    let output = python::tracking_script("guard_mlflow.py")?
        .arg(&settings)
        .current_dir(&checkout)
        .env("PYTHONPATH", root().join("python"))
        .env("SAGEWARDEN_BINARY", functions::command()?)
        .envs([("AWS_DEFAULT_REGION", REGION), ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")])
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // MLflow prints, too.
    let printed = String::from_utf8(output.stdout)?;
    let found: Value = serde_json::from_str(printed.lines().last().unwrap_or_default())?;
    let tracked = found["bare"].as_array().cloned().unwrap_or_default();
    let calls: Vec<&str> = tracked.iter().filter_map(|each| each["call"].as_str()).collect();
    for call in ["POST runs/create", "POST runs/log-parameter", "POST runs/log-metric", "POST runs/set-tag"] {
        assert!(calls.contains(&call), "{call}: {calls:?}");
    }
    assert!(tracked.iter().all(|each| each["signed"] == true), "{found:#}");
    for mode in ["warn", "raise"] {
        let told =
            |case: &str| (found[mode][case]["outcome"].as_str(), found[mode][case]["said"].to_string());
        assert_eq!(found[mode]["tracked"], found["bare"], "{mode}: nothing is lost");
        // What has no controls is sent, from a checkout with changes, too. A server has controls.
        assert_eq!(told("address"), (Some("sent"), "[]".to_owned()), "{mode}");
        assert_eq!(found[mode]["sent"][0]["body"], json!({ "TrackingServerName": "credit" }), "{mode}");
        let (outcome, said) = told("server");
        assert!(
            format!("{outcome:?} {said}").contains("CreateMlflowTrackingServer"),
            "{mode}: {outcome:?} {said}"
        );
    }
    assert_eq!(found["warn"]["job"]["outcome"], "sent");
    assert_eq!(found["warn"]["sent"][2]["body"]["Environment"]["MLFLOW_EXPERIMENT_NAME"], "credit");
    assert!(found["raise"]["job"]["outcome"].as_str().is_some_and(|text| text.contains("not committed")));
    // MLflow's variables are no secrets and no places of data. Only `MlflowConfig` names the experiment to SageMaker.
    let controls = |key: &str| found[key].to_string();
    assert!(!controls("checked").contains("Environment") && controls("checked").contains("TRN-TRC-01"));
    assert!(!controls("named").contains("TRN-TRC-01"), "{found:#}");
    Ok(())
}

#[test]
fn the_commit_of_a_checkout_is_known_however_head_moves() -> Result<()> {
    let folder = TempDir::new()?;
    let output = python::script("guard_git.py")?
        .current_dir(&folder)
        .env("PYTHONPATH", root().join("python"))
        .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap_or(folder.path()))
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn every_job_that_can_be_stopped_is_known_by_its_description() -> Result<()> {
    let output = python::model_script("guard_stopped.py")?.output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(serde_json::from_slice::<Vec<String>>(&output.stdout)?, Vec::<String>::new());
    Ok(())
}
