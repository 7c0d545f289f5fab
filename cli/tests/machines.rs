//! Output of the command for other programs: policies for AWS, a log for code scanning.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use run::{failure, out, sagewarden};
use sagewarden_events::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn controls_are_exported_as_policies_that_deny() {
    let output = sagewarden(&["policy", "export", "--as", "scp"]);
    assert!(output.status.success());
    let policies: Value = serde_json::from_str(&out(&output)).unwrap();
    let policy = &policies[0];
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = policy["Statement"].as_array().unwrap();
    assert!(statements.iter().all(|each| each["Effect"] == "Deny" && each["Resource"] == "*"));
    // Every character counts there.
    let line = out(&output).lines().nth(1).unwrap().to_owned();
    assert_eq!(line.trim_end_matches(','), policy.to_string(), "one policy, one line, no white space");
    let notes = String::from_utf8(output.stderr).unwrap();
    for words in [
        "controls that IAM cannot express:",
        "TRN-ART-03  no condition key for container images",
        "TRN-ENC-01  a request that mixes instance types",
    ] {
        assert!(notes.contains(words), "{words} is not in\n{notes}");
    }

    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let file = |name: &str, text: &str| {
        std::fs::write(path(name), text).unwrap();
        path(name).to_str().unwrap().to_owned()
    };
    let subnets = |number: usize| {
        let ids: Vec<String> = (0..number).map(|id| format!("\"subnet-{id:017}\"")).collect();
        let groups: Vec<String> = (0..number).map(|id| format!("\"sg-{id:017}\"")).collect();
        format!(
            "[controls]\nMDL-NET-02 = \"off\"\n[network]\nallowed_subnets = [{}]\nallowed_security_groups = [{}]\n",
            ids.join(", "),
            groups.join(", ")
        )
    };
    let out_folder = path("policies").to_str().unwrap().to_owned();
    let settings = file("many.toml", &subnets(180));
    let output =
        sagewarden(&["policy", "export", "--as", "iam", "--settings", &settings, "--out", &out_folder]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let long = out(&output);
    assert!(long.contains("sagewarden-iam-2.json: ") && long.contains(" of 6144 characters"), "{long}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("controls that are off: MDL-NET-02"));

    // A shorter export removes all files of the longer one, and keeps files that are not its own.
    let own = path("policies/sagewarden-iam-own.json");
    std::fs::write(&own, "mine").unwrap();
    let short = out(&sagewarden(&["policy", "export", "--as", "iam", "--out", &out_folder]));
    assert!(short.lines().count() < long.lines().count(), "{short}");
    assert!(own.exists());
    let files = std::fs::read_dir(path("policies")).unwrap().count();
    assert_eq!(files, short.lines().count() + 1);

    let settings = file("too-many.toml", &subnets(400));
    let (code, text) = failure(&["policy", "export", "--as", "iam", "--settings", &settings]);
    assert_eq!(code, Some(2));
    assert!(text.contains("shorten the list") && text.contains("sagemaker:VpcSubnets"), "{text}");
}

#[test]
fn the_roles_of_a_team_are_exported_with_a_table_of_what_they_may_do() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let settings = root.join("tests/tests/team_roles/settings.toml").to_str().unwrap().to_owned();
    let page = std::fs::read_to_string(root.join("docs/roles.md")).unwrap();
    let folder = TempDir::new().unwrap();
    let out_folder = folder.path().to_str().unwrap();
    for role in ["data-scientist", "mlops", "approver", "auditor", "platform"] {
        let asked = ["policy", "export", "--as", "iam", "--role", role, "--settings", &settings];
        let table = out(&sagewarden(&[&asked[..], &["--format", "markdown"]].concat()));
        assert!(
            page.contains(&table),
            "docs/roles.md has another table of {role}: {}\n{table}",
            asked.join(" ")
        );
        let files = out(&sagewarden(&[&asked[..], &["--out", out_folder]].concat()));
        assert!(files.contains(&format!("sagewarden-iam-{role}-1.json: ")), "{files}");
        for line in files.lines() {
            let text = std::fs::read_to_string(line.split(": ").next().unwrap()).unwrap();
            let policy: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(policy["Version"], "2012-10-17");
        }
    }
    // A role replaces its own files and no others.
    let before = std::fs::read_dir(folder.path()).unwrap().count();
    sagewarden(&["policy", "export", "--as", "iam", "--role", "mlops", "--out", out_folder]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before);

    let bare = sagewarden(&["policy", "export", "--as", "iam", "--role", "data-scientist"]);
    let notes = String::from_utf8(bare.stderr).unwrap();
    assert!(
        notes.contains(
            "`PassExecutionRoles` is left out: the settings list nothing in `access.allowed_roles`"
        ),
        "{notes}"
    );
}

#[test]
fn the_products_of_the_catalogue_pass_the_strict_profile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join("infra/notebook").to_str().unwrap().to_owned();
    let output = sagewarden(&["check", &folder, "--profile", "strict"]);
    let text = out(&output);
    assert!(output.status.success() && !text.contains("FAILED") && !text.contains("UNDECIDED"), "{text}");
    for name in ["notebook instance `Notebook`", "domain `Domain`", "user profile `Profile`", "space `Space`"]
    {
        assert!(text.contains(&format!("{name} compliant")), "{name}: {text}");
    }
}

#[test]
fn a_role_that_cannot_be_exported_is_refused() {
    let (code, text) = failure(&["policy", "export", "--as", "scp", "--role", "auditor"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("export a role with --as iam"), "{text}");
    let (code, text) =
        failure(&["policy", "export", "--as", "iam", "--role", "auditor", "--environment", "prod"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("the settings have no environment `prod`: they name none"), "{text}");
    let (code, text) = failure(&["policy", "export", "--as", "iam", "--environment", "prod"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("--role"), "{text}");
}

#[test]
fn verdicts_go_to_code_scanning() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    // Relative to where it is called, as in a build.
    let sarif = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"));
        let output = command.args(arguments).current_dir(folder.path()).output().unwrap();
        let log: Value = serde_json::from_str(&out(&output)).unwrap();
        (output.status.code(), log["runs"][0].clone())
    };
    file(
        "pipeline.json",
        "{\"Version\": \"2020-12-01\", \"Steps\": [{\n\"Name\": \"train\",\n\"Type\": \"Training\",\n\"Arguments\": {\n\
         \"RoleArn\": \"arn:aws:iam::111122223333:role/r\",\n\"EnableNetworkIsolation\": false\n}},\n\
         {\"Name\": \"wait\", \"Type\": \"Callback\"}]}",
    );
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let day = |days: u64| {
        let millis = since + Duration::from_secs(days * 86_400);
        Timestamp::from_millis(i64::try_from(millis.as_millis()).unwrap()).day()
    };
    let waiver = format!(
        "[controls]\nTRN-ENC-01 = \"off\"\n[[waivers]]\ncontrol = \"TRN-NET-01\"\n\
         resource = \"arn:aws:sagemaker:*:111122223333:training-job/*\"\nreason = \"moves\"\napprover = \"jane\"\n\
         granted = {}\nexpires = {}\n",
        day(0),
        day(300),
    );
    file("settings.toml", &waiver);
    let (code, run) = sarif(&["check", "pipeline.json", "--settings", "settings.toml", "--format", "sarif"]);
    assert_eq!(code, Some(1));
    assert_eq!(run["properties"]["bundle"].as_str().map(str::len), Some(64));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(!rules.iter().any(|rule| rule["id"] == "TRN-ENC-01"), "it was not judged by that one");
    let results = run["results"].as_array().unwrap();
    let of = |id: &str| results.iter().find(|result| result["ruleId"] == id).unwrap();
    let isolation = of("TRN-NET-02");
    let rule = &rules[usize::try_from(isolation["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!(rule["id"], "TRN-NET-02");
    assert_eq!(rule["properties"]["security-severity"], "8.0");
    assert_eq!(rule["defaultConfiguration"]["level"], "error");
    let location = &isolation["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "pipeline.json");
    assert_eq!(location["physicalLocation"]["region"]["startLine"], 6);
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "Steps[0]");
    let message = isolation["message"]["text"].as_str().unwrap();
    assert!(
        message.contains("Actual: false. Wanted: true. To fix it, set EnableNetworkIsolation to true."),
        "{message}"
    );
    assert!(isolation.get("suppressions").is_none());
    let waived = &of("TRN-NET-01")["suppressions"][0];
    assert_eq!(waived["kind"], "external");
    assert_eq!(waived["justification"], format!("moves (approved by jane until {})", day(300)));
    let notes = &run["invocations"][0]["toolExecutionNotifications"];
    assert!(notes[0]["message"]["text"].as_str().unwrap().contains("`Callback`"));

    // Nothing found is a log without results, and what cannot be judged is no log.
    file(
        "model.json",
        "{\"ModelName\": \"m\", \"EnableNetworkIsolation\": true, \"VpcConfig\": {\"Subnets\": [\"subnet-1\"], \
         \"SecurityGroupIds\": [\"sg-1\"]}}",
    );
    let (code, run) = sarif(&["check", "--format", "sarif", "model.json"]);
    assert_eq!((code, run["results"].as_array().map(Vec::len)), (Some(0), Some(0)));
    file("cut.json", "{\"ModelName\": ");
    let cut = folder.path().join("cut.json");
    assert_eq!(failure(&["check", "--format", "sarif", cut.to_str().unwrap()]).0, Some(2));
}
