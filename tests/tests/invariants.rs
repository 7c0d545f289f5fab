//! The invariants in `ARCHITECTURE.md`, checked on the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use sagewarden_tests::{Result, files_below, root};

const PURE: [&str; 10] = [
    "sagewarden-events",
    "sagewarden-settings",
    "sagewarden-measure",
    "sagewarden-explain",
    "sagewarden-policy",
    "sagewarden-lineage",
    "sagewarden-monitor",
    "sagewarden-outcomes",
    "sagewarden-view",
    "sagewarden-govern",
];

/// The functions that judge. All others are built without the policy engine.
const JUDGING: [&str; 3] = ["enforce-policy", "reconcile", "record-commit"];

fn workspace() -> Result<Metadata> {
    Ok(MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()?)
}

/// The packages that a package is built with, itself included: its normal dependencies and theirs.
fn closure(metadata: &Metadata, name: &str) -> Result<BTreeSet<String>> {
    let resolve = metadata.resolve.as_ref().ok_or("cargo resolved nothing")?;
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let package = package(metadata, name)?;
    let (mut found, mut todo) = (BTreeSet::new(), vec![&package.id]);
    while let Some(id) = todo.pop() {
        let Some(node) = nodes.get(id).filter(|_| found.insert(id.clone())) else { continue };
        let normal = |kinds: &[cargo_metadata::DepKindInfo]| {
            kinds.iter().any(|each| each.kind == DependencyKind::Normal)
        };
        todo.extend(node.deps.iter().filter(|dep| normal(&dep.dep_kinds)).map(|dep| &dep.pkg));
    }
    let names = metadata.packages.iter().filter(|package| found.contains(&package.id));
    Ok(names.map(|package| package.name.to_string()).collect())
}

fn package<'a>(metadata: &'a Metadata, name: &str) -> Result<&'a Package> {
    metadata
        .packages
        .iter()
        .find(|package| package.name == name)
        .ok_or_else(|| format!("there is no package `{name}`").into())
}

/// Names of normal dependencies that a package declares itself.
fn declared(package: &Package) -> impl Iterator<Item = &str> {
    package.dependencies.iter().filter(|dep| dep.kind == DependencyKind::Normal).map(|dep| dep.name.as_str())
}

fn members(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    metadata.packages.iter().filter(|package| metadata.workspace_members.contains(&package.id))
}

/// The folder of a package below the root.
fn folder(package: &Package) -> Result<String> {
    let manifest = package.manifest_path.as_std_path();
    let folder =
        manifest.parent().ok_or("a manifest lies in a folder")?.strip_prefix(root().canonicalize()?)?;
    Ok(folder.to_string_lossy().into_owned())
}

#[test]
fn pure_crates_know_no_aws_no_runtime_and_no_clock() -> Result<()> {
    let metadata = workspace()?;
    for name in PURE {
        for dependency in closure(&metadata, name)? {
            assert!(
                !dependency.starts_with("aws-") && dependency != "tokio",
                "{name} is built with {dependency}"
            );
        }
        let sources = root().join(folder(package(&metadata, name)?)?).join("src");
        for (path, text) in files(&sources)? {
            for word in ["SystemTime", "Instant::now", "Timestamp::now", "Zoned::now"] {
                assert!(!text.contains(word), "{} reads the clock: `{word}`", path);
            }
        }
    }
    Ok(())
}

#[test]
fn each_sdk_has_one_crate() -> Result<()> {
    let metadata = workspace()?;
    let mut users: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for package in members(&metadata) {
        for sdk in declared(package).filter(|name| name.starts_with("aws-sdk-")) {
            users.entry(sdk).or_default().push(folder(package)?);
        }
    }
    let expected: BTreeMap<&str, Vec<String>> =
        ["codecommit", "dynamodb", "eventbridge", "iam", "invoke", "kms", "s3", "sagemaker"]
            .into_iter()
            .map(|service| (sdk(service), vec![format!("shared/aws/{service}")]))
            .collect();
    assert_eq!(users, expected);
    // The command that a newcomer builds first needs none of them.
    let command = closure(&metadata, "sagewarden")?;
    assert!(!command.iter().any(|name| name.starts_with("aws-")), "{command:?}");
    Ok(())
}

fn sdk(service: &str) -> &'static str {
    match service {
        "codecommit" => "aws-sdk-codecommit",
        "dynamodb" => "aws-sdk-dynamodb",
        "eventbridge" => "aws-sdk-eventbridge",
        "iam" => "aws-sdk-iam",
        "invoke" => "aws-sdk-lambda",
        "kms" => "aws-sdk-kms",
        "s3" => "aws-sdk-s3",
        _ => "aws-sdk-sagemaker",
    }
}

#[test]
fn dependencies_point_downwards() -> Result<()> {
    let metadata = workspace()?;
    let level = |folder: &str| match folder {
        "shared/events" | "shared/measure" | "shared/explain" => Some(0),
        "shared/settings" | "shared/lineage" | "shared/monitor" => Some(1),
        "shared/policy" | "shared/outcomes" => Some(2),
        "shared/view" => Some(3),
        "shared/govern" => Some(4),
        "shared/local" | "shared/lambda" | "shared/aws/sdk" => Some(5),
        "cli" => Some(7),
        "tests" => Some(8),
        other if other.starts_with("shared/aws/") => Some(6),
        other if other.starts_with("functions/") => Some(7),
        _ => None,
    };
    for package in members(&metadata) {
        let own = folder(package)?;
        let above = level(&own).ok_or_else(|| format!("`{own}` has no place in the house"))?;
        for name in declared(package) {
            let Some(other) = members(&metadata).find(|member| member.name == name) else { continue };
            let below = level(&folder(other)?).unwrap_or(i32::MAX);
            assert!(below < above, "{own} depends on {name}, which is not below it");
        }
    }
    Ok(())
}

/// Pages and formats are for functions that answer questions. Functions that record, judge or alert start sooner without them.
/// `detect-drift` writes the page of its verdict, and has only that page. `termtree` comes with the other formats.
#[test]
fn one_function_links_all_views_and_one_the_page_of_drift() -> Result<()> {
    let metadata = workspace()?;
    let (mut linked, mut all) = (BTreeSet::new(), BTreeSet::new());
    for package in members(&metadata) {
        let own = folder(package)?;
        let Some(function) = own.strip_prefix("functions/") else { continue };
        let tree = tree(&package.name)?;
        if tree.contains("sagewarden-view") {
            linked.insert(function.to_owned());
        }
        if tree.contains("termtree") {
            all.insert(function.to_owned());
        }
    }
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!((linked, all), (named(&["detect-drift", "lookup-lineage"]), named(&["lookup-lineage"])));
    // Only the views use the crate that writes HTML.
    for package in members(&metadata).filter(|package| package.name != "sagewarden-view") {
        assert!(!declared(package).any(|name| name == "maud"), "{} writes HTML", package.name);
    }
    Ok(())
}

/// Models of strangers are read by the function that explains them, and by no other.
#[test]
fn one_function_explains_models() -> Result<()> {
    let metadata = workspace()?;
    let mut linked = BTreeSet::new();
    for package in members(&metadata) {
        let own = folder(package)?;
        let Some(function) = own.strip_prefix("functions/") else { continue };
        if tree(&package.name)?.contains("sagewarden-explain") {
            linked.insert(function.to_owned());
        }
    }
    assert_eq!(linked, BTreeSet::from(["detect-drift".to_owned()]));
    Ok(())
}

#[test]
fn a_function_has_one_name() -> Result<()> {
    let metadata = workspace()?;
    let mut functions = 0;
    for package in members(&metadata) {
        let own = folder(package)?;
        let Some(name) = own.strip_prefix("functions/") else { continue };
        functions += 1;
        assert_eq!(package.name, name);
        let binaries: Vec<&str> = package
            .targets
            .iter()
            .filter(|target| target.is_bin())
            .map(|target| target.name.as_str())
            .collect();
        assert_eq!(binaries, [name]);
    }
    assert_eq!(functions, 7);
    Ok(())
}

#[test]
fn only_functions_that_judge_are_built_with_the_policy_engine() -> Result<()> {
    let metadata = workspace()?;
    let mut built_with_it = BTreeSet::new();
    for package in members(&metadata) {
        if folder(package)?.starts_with("functions/") && tree(&package.name)?.contains("cedar-policy") {
            built_with_it.insert(package.name.as_str());
        }
    }
    assert_eq!(built_with_it, BTreeSet::from(JUDGING));
    Ok(())
}

/// The packages that a function is linked from when it is built alone: features that another package of the workspace turns on
/// do not count, as they would in the metadata of the whole.
fn tree(package: &str) -> Result<BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["tree", "--locked", "--edges=normal", "--prefix=none", "--package", package])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let lines = String::from_utf8(output.stdout)?;
    let names: BTreeSet<String> =
        lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    // Whatever else it is: a function. An answer in another form would let everything pass.
    assert!(names.contains(package) && names.contains("lambda_runtime"), "{package}: {names:?}");
    Ok(names)
}

#[test]
fn there_is_one_tls_stack() -> Result<()> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock"))?;
    let packages = |name: &str| lock.matches(&format!("name = \"{name}\"\n")).count();
    assert_eq!(
        packages("rustls"),
        1,
        "the SDK's legacy TLS stack is back: a crate lost its `default-features = false`"
    );
    assert_eq!(packages("openssl"), 0);
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<(String, String)>> {
    let paths = files_below(folder, &["rs"])?;
    paths.iter().map(|path| Ok((path.display().to_string(), std::fs::read_to_string(path)?))).collect()
}

/// The adapters of the ports: port and type, from lines such as `impl Objects for S3Objects {`.
fn adapters() -> Result<BTreeSet<(String, String)>> {
    let ports: BTreeSet<String> = files(&root().join("shared/govern/src/ports"))?
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| line.strip_prefix("pub trait ")?.strip_suffix(" {").map(str::to_owned))
        .collect();
    let mut found = BTreeSet::new();
    for folder in ["shared/aws", "shared/local/src", "shared/lambda/src"] {
        for (_, text) in files(&root().join(folder))? {
            let own = text.split("#[cfg(test)]").next().unwrap_or_default();
            for line in own.lines().filter_map(|line| line.strip_prefix("impl ")) {
                let Some((port, adapter)) = line.trim_end_matches(" {").split_once(" for ") else { continue };
                if ports.contains(port) {
                    found.insert((port.to_owned(), adapter.to_owned()));
                }
            }
        }
    }
    Ok(found)
}

#[test]
fn every_adapter_has_a_contract() -> Result<()> {
    let contracts: Vec<(String, String)> = files(&root().join("tests/tests"))?
        .into_iter()
        .filter(|(path, _)| path.ends_with("_contract.rs"))
        .collect();
    let adapters = adapters()?;
    assert!(adapters.len() > 15, "{adapters:?}");
    let mut without = Vec::new();
    for (port, adapter) in adapters {
        let is_held = contracts.iter().any(|(_, text)| {
            let words = |name: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == name);
            words(&port) && words(&adapter)
        });
        if !is_held {
            without.push(format!("{port} for {adapter}"));
        }
    }
    assert!(without.is_empty(), "no contract test names {without:?}");
    Ok(())
}

/// Unasked, SageMaker gives ten to a page. Tags have a limit of their own: fifty, and a resource has no more.
#[test]
fn every_list_of_sagemaker_is_asked_for_a_hundred_at_once() -> Result<()> {
    let mut lists = 0;
    for entry in fs::read_dir(root().join("shared/aws/sagemaker/src"))? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        // The code between the name of a call and its sending, which `listed!` generates for many calls.
        let ends =
            |call: &str| ["send()", "set_next_token(from)"].iter().filter_map(|end| call.find(end)).min();
        let calls = text.split(".list_").skip(1).filter_map(|call| Some(call.split_at(ends(call)?).0));
        for call in calls {
            let is_own = call.starts_with("tags") || call.contains("fn ");
            if is_own {
                continue;
            }
            lists += 1;
            let asks = call.contains("max_results(PAGE)") || call.contains("max_results(100)");
            assert!(asks, "{}: {call}", path.display());
        }
    }
    // Schedules, endpoints, executions, steps, components, configurations; and the lists of everything, domains and hubs twice.
    assert_eq!(lists, 6 + 41);
    Ok(())
}
