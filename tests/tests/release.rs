//! The release workflow: the scripts that it runs exist, and its rights are no wider than needed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use cargo_metadata::MetadataCommand;
use sagewarden_tests::{Result, root, template};
use serde_json::Value;

const WORKFLOW: &str = ".github/workflows/release.yml";

/// The steps of a job.
fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().into_iter().flatten()
}

/// The commands of all jobs, line by line.
fn commands(workflow: &Value) -> Vec<String> {
    let jobs = workflow["jobs"].as_object().into_iter().flatten();
    let scripts = jobs.flat_map(|(_, job)| steps(job)).filter_map(|step| step["run"].as_str());
    scripts.flat_map(str::lines).map(str::to_owned).collect()
}

#[test]
fn scripts_and_packages_of_the_release_are_there() -> Result<()> {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec()?;
    let packages: BTreeSet<&str> =
        metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    let (mut scripts, mut named) = (BTreeSet::new(), 0);
    for command in commands(&template::load(WORKFLOW)?) {
        let words: Vec<&str> = command.split_whitespace().collect();
        for word in words.iter().filter(|word| word.ends_with(".sh")) {
            let mode =
                fs::metadata(root().join(word)).map_err(|error| format!("{word}: {error}"))?.permissions();
            assert!(mode.mode() & 0o111 != 0, "{word} cannot be executed");
            scripts.insert((*word).to_owned());
        }
        for pair in words.windows(2).filter(|pair| pair[0] == "--package" || pair[0] == "-p") {
            assert!(packages.contains(pair[1]), "{} is no package of the workspace", pair[1]);
            named += 1;
        }
    }
    assert_eq!(scripts, ["cli/package.sh", "docs/book.sh"].map(str::to_owned).into());
    assert!(named > 0, "no package is named");
    Ok(())
}

#[test]
fn what_is_uploaded_is_what_the_scripts_make() -> Result<()> {
    let workflow = template::load(WORKFLOW)?;
    for (job, script) in [("packages", "cli/package.sh"), ("book", "docs/book.sh")] {
        let script = fs::read_to_string(root().join(script))?;
        let uploaded = steps(&workflow["jobs"][job]).filter_map(|step| step["with"]["path"].as_str());
        let uploaded: Vec<&str> = uploaded.collect();
        assert_eq!(uploaded.len(), 1, "{job}");
        for folder in uploaded {
            assert!(script.contains(folder.trim_end_matches('/')), "{job} makes no {folder}");
        }
    }
    // Both scripts say which targets they know, and the licences are looked up for all of them.
    let notices = fs::read_to_string(root().join("infra/notices/about.toml"))?;
    let package = fs::read_to_string(root().join("cli/package.sh"))?;
    let targets =
        workflow["jobs"]["packages"]["strategy"]["matrix"]["target"].as_array().into_iter().flatten();
    let targets: Vec<&str> = targets.filter_map(Value::as_str).collect();
    assert!(targets.len() > 1, "{targets:?}");
    for target in targets {
        assert!(notices.contains(&format!("\"{target}\"")) && package.contains(target), "{target}");
    }
    Ok(())
}

#[test]
fn only_the_release_may_write_and_every_action_has_a_version() -> Result<()> {
    let workflow = template::load(WORKFLOW)?;
    assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }));
    for (name, job) in workflow["jobs"].as_object().into_iter().flatten() {
        let may_write = job["permissions"]["contents"] == "write";
        assert_eq!(may_write, name == "release", "{name}");
        for uses in steps(job).filter_map(|step| step["uses"].as_str()) {
            let (action, version) = uses.split_once('@').unwrap_or_default();
            let is_commit = version.len() == 40 && version.chars().all(|digit| digit.is_ascii_hexdigit());
            let is_version = version.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
            assert!(action.starts_with("actions/") && (is_commit || is_version), "{uses}");
        }
    }
    let release = &workflow["jobs"]["release"];
    assert_eq!(release["if"], "github.ref_type == 'tag'");
    assert_eq!(release["needs"], serde_json::json!(["packages", "book"]));
    Ok(())
}
