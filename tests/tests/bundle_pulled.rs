//! The command judges by the bundle of a bucket, or by a copy of it, and says which.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sagewarden_tests::Result;
use sagewarden_tests::aws::client_environment;
use sagewarden_tests::bucket::{make_bucket, upload};
use sagewarden_tests::emulator::Emulator;
use sagewarden_tests::functions::{command_with_sdk, policies};
use serde_json::json;

struct World {
    emulator: Emulator,
    folder: tempfile::TempDir,
    program: std::path::PathBuf,
}

impl World {
    fn run(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).envs(client_environment(self.emulator.url()));
        Ok(command.output()?)
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

#[test]
fn a_bundle_is_judged_by_where_it_lies_and_as_a_copy() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = command_with_sdk(folder.path())?;
    let world = World { emulator: Emulator::start(&[])?, folder, program };
    let mut aws = world.emulator.aws()?;
    make_bucket(&mut aws, "governance")?;
    let mut texts = policies()?;
    texts.insert(
        "settings.toml".to_owned(),
        "profile = \"essential\"\n[controls]\nMDL-NET-02 = \"observe\"\n".to_owned(),
    );
    upload(&mut aws, "governance", "prod/", &texts)?;
    let model =
        json!({ "ModelName": "m", "VpcConfig": { "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] } });
    fs::write(world.folder.path().join("m.json"), model.to_string())?;

    let pulled = world.run(&["policy", "pull", "s3://governance/prod", "--out", "copy"])?;
    let text = said(&pulled);
    assert!(text.starts_with("pulled: 297 controls, profile essential, bundle "), "{text}");
    let digest = text.trim().rsplit(' ').next().unwrap_or_default().to_owned();
    for place in ["s3://governance/prod/", "copy"] {
        let output = world.run(&["check", "m.json", "--bundle", place, "--digest", &digest])?;
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        let first = format!(
            "judged with {place} (profile essential, bundle {})",
            digest.get(..12).unwrap_or_default()
        );
        assert!(text.starts_with(&first) && text.contains("FAILED MDL-NET-02"), "{text}");
    }
    // A change to the copy, or to the bucket, is noticed.
    fs::write(world.folder.path().join("copy/settings.toml"), "mode = \"observe\"\n")?;
    let output = world.run(&["check", "m.json", "--bundle", "copy", "--digest", &digest])?;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("the bundle in `copy` has the digest "), "{}", said(&output));

    let refused = |arguments: &[&str], expect: &str| -> Result<()> {
        let output = world.run(arguments)?;
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(expect), "{}", said(&output));
        Ok(())
    };
    refused(&["policy", "pull", "s3://governance/prod", "--out", "copy"], "`copy` exists already")?;
    refused(
        &["policy", "pull", "s3://governance/prod", "--out", "new", "--digest", "000000000000"],
        "has the digest ",
    )?;
    assert!(!Path::new(&world.folder.path().join("new")).exists(), "nothing of it is written");
    refused(
        &["check", "m.json", "--bundle", "s3://governance/none/"],
        "there is no settings.toml and no policies/",
    )?;
    texts.insert("settings.toml".to_owned(), "mode = \"on\"\n".to_owned());
    upload(&mut aws, "governance", "prod/", &texts)?;
    refused(
        &["check", "m.json", "--bundle", "s3://governance/prod/"],
        "cannot be used: settings.toml:1:8: unknown variant `on`",
    )?;
    Ok(())
}
