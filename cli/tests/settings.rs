//! Which settings `sagewarden check` judges by, and which profile.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "run/judged.rs"]
mod judged;

use std::fs;
use std::process::Output;

use judged::{Folder, errors, model};
use serde_json::json;

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_settings_that_lie_above_a_file_hold_and_are_named() {
    let folder = Folder::new();
    folder.file("jobs/deep/m.json", model(true).to_string());
    let first = |output: &Output| out(output).lines().next().unwrap().to_owned();
    let output = folder.check(&["jobs/deep/m.json"]);
    assert!(
        first(&output).starts_with("judged with the built-in settings, which allow any VPC"),
        "{}",
        out(&output)
    );
    folder.file("infra/settings.toml", "[network]\nallowed_subnets = [\"subnet-9\"]\n");
    let output = folder.check(&["jobs/deep/m.json"]);
    assert!(first(&output).contains("infra/settings.toml (profile strict, bundle "), "{}", out(&output));
    assert!(out(&output).contains("wanted  subnets subnet-9"), "{}", out(&output));
    folder.file("jobs/sagewarden.toml", "");
    assert_eq!(folder.check(&["jobs/deep/m.json"]).status.code(), Some(0), "the nearest counts");
    let document = folder.json(&["jobs/deep/m.json"]);
    assert!(document["settings"].as_str().unwrap().ends_with("jobs/sagewarden.toml"), "{document}");
    let digest = document["bundle"].as_str().unwrap();
    for format in ["text", "json", "sarif", "junit", "github", "markdown"] {
        let said = out(&folder.check(&["jobs/deep/m.json", "--format", format]));
        assert!(
            said.contains("jobs/sagewarden.toml") && said.contains(digest.get(..12).unwrap()),
            "{format}: {said}"
        );
    }
    // The settings of another repository around it do not count.
    fs::remove_file(folder.0.path().join("jobs/sagewarden.toml")).unwrap();
    fs::create_dir(folder.0.path().join("jobs/.git")).unwrap();
    assert!(folder.json(&["jobs/deep/m.json"])["settings"].is_null());
}

#[test]
fn the_profile_is_the_settings_and_can_be_chosen_at_the_call() {
    let folder = Folder::new();
    folder.file("m.json", model(false).to_string());
    let breaks = |arguments: &[&str]| {
        let document = folder.json(&[&["m.json"], arguments].concat());
        let findings = document.pointer("/files/0/subjects/0/findings").unwrap().as_array().unwrap();
        let controls: Vec<String> =
            findings.iter().map(|finding| finding["control"].as_str().unwrap().to_owned()).collect();
        (document["profile"].as_str().unwrap().to_owned(), controls.join(" "))
    };
    let is = |arguments: &[&str], profile: &str, broken: &str| {
        assert_eq!(breaks(arguments), (profile.to_owned(), broken.to_owned()));
    };
    is(&[], "recommended", "MDL-NET-02");
    is(&["--profile", "essential"], "essential", "");
    folder.file("sagewarden.toml", "profile = \"essential\"\n");
    is(&[], "essential", "");
    is(&["--profile", "strict"], "strict", "MDL-NET-02");
    folder.file("sagewarden.toml", "[controls]\nMDL-NET-02 = \"off\"\n");
    let output = folder.check(&["m.json", "--profile", "essential"]);
    assert!(errors(&output).contains("note: the mode of MDL-NET-02 changes nothing"), "{}", errors(&output));
}

#[test]
fn a_whole_bundle_can_be_named_and_one_in_a_bucket_needs_the_sdk() {
    let folder = Folder::new();
    folder.file("m.json", model(false).to_string());
    let infra = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let infra = infra.to_str().unwrap();
    let output = folder.check(&["m.json", "--bundle", infra]);
    assert!(
        out(&output).starts_with(&format!("judged with {infra} (profile recommended")),
        "{}",
        out(&output)
    );
    assert_eq!(output.status.code(), Some(1));
    for (arguments, expect) in [
        (vec!["--bundle", infra, "--digest", "000000000000"], "has the digest "),
        (vec!["--bundle", infra, "--digest", "0"], "a digest has at least 12 digits"),
        (
            vec!["--bundle", "nowhere"],
            "the bundle in `nowhere` cannot be used: settings.toml:1:1: cannot be read",
        ),
        (vec!["--bundle", "s3://"], "`s3://` is not a place in a bucket"),
        (
            vec!["--bundle", "s3://b/p"],
            "this build cannot read the bucket `s3://b/p/`: install the command with `cargo",
        ),
        (vec!["--bundle", infra, "--settings", "x"], "cannot be used with"),
    ] {
        let output = folder.check(&[vec!["m.json"], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(errors(&output).contains(expect), "{}", errors(&output));
    }
}

#[test]
fn each_file_is_judged_by_the_settings_nearest_to_it() {
    let folder = Folder::new();
    for name in ["a/m.json", "b/deep/m.json", "c/m.json", "d/m.json"] {
        folder.file(name, model(false).to_string());
    }
    folder.file("a/sagewarden.toml", "[controls]\nMDL-NET-02 = \"off\"\n");
    folder.file("b/.sagewarden/settings.toml", "profile = \"strict\"\n");
    folder.file("d/sagewarden.toml", "nonsense = 1\n");
    for arguments in [vec!["a", "b", "c", "d"], vec!["a/m.json", "b/deep/m.json", "c/m.json", "d/m.json"]] {
        let output = folder.check(&arguments);
        let said = out(&output);
        let parts: Vec<&str> = ["a/m.json\n", "b/deep/m.json\n", "c/m.json\n"]
            .iter()
            .map(|name| said.split(name).nth(1).unwrap().split(".json\n").next().unwrap())
            .collect();
        assert!(!parts[0].contains("FAILED") && !parts[0].contains("note: judged"), "{said}");
        assert!(parts[1].contains("FAILED MDL-NET-02"), "{said}");
        assert!(parts[1].contains("b/.sagewarden/settings.toml (profile strict, bundle "), "{said}");
        assert!(parts[2].contains("note: judged with the built-in settings, which allow any VPC"), "{said}");
        let fault = "d/sagewarden.toml:1:1: unknown field `nonsense`";
        assert!(errors(&output).contains(fault), "{}", errors(&output));
        // What is broken counts, and what cannot be judged does not hide it.
        assert_eq!(output.status.code(), Some(1));
    }
    let named = out(&folder.check(&["a", "b", "c", "d", "--settings", "a/sagewarden.toml"]));
    assert!(!named.contains("FAILED") && !named.contains("note: judged"), "{named}");
    // The folder before `..` is not above the file.
    let mut command = folder.command(&["../c/m.json"]);
    let output = command.current_dir(folder.0.path().join("a")).output().unwrap();
    assert!(out(&output).starts_with("judged with the built-in settings"), "{}", out(&output));
}

#[test]
fn a_value_of_run_time_is_not_said_to_need_the_account() {
    let folder = Folder::new();
    let model =
        json!({ "ModelName": "m", "VpcConfig": { "Get": "Parameters.Vpc" }, "EnableNetworkIsolation": true });
    let step = json!({ "Name": "make", "Type": "Model", "Arguments": model });
    let pipeline = json!({ "Version": "2020-12-01", "Parameters": [{ "Name": "Vpc", "Type": "String" }], "Steps": [step] });
    folder.file("pipeline.json", pipeline.to_string());
    let said = out(&folder.check(&["pipeline.json", "--profile", "strict"]));
    let run = "not checked here (needs a value that is known only at run time): ";
    let listed = said.lines().find_map(|line| line.trim().strip_prefix(run)).unwrap_or_default();
    assert!(listed.contains("MDL-NET-01"), "{said}");
    let document = folder.json(&["pipeline.json"]);
    let subject = document.pointer("/files/0/subjects/0").unwrap();
    assert_eq!(subject["at_run_time"], json!(["MDL-NET-01"]), "{document:#}");
}
