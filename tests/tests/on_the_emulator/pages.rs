//! The explorer of the deployed stack: `site --stack` reads its table and its evidence from outside, as an auditor would.

use std::fs;
use std::process::Command;

use sagewarden_local::Story;
use sagewarden_tests::Result;
use sagewarden_tests::aws::client_environment;
use sagewarden_tests::deployed::Deployed;
use sagewarden_tests::functions::command_with_sdk;
use sagewarden_tests::stack::NAME;
use tempfile::TempDir;

pub(super) fn a_stack_has_the_pages_of_a_store(world: &Deployed) -> Result<()> {
    let folder = TempDir::new()?;
    let program = command_with_sdk(folder.path())?;
    let site = |stack: &str| {
        let mut command = Command::new(&program);
        command.args(["site", "--out", "site", "--stack", stack]).current_dir(folder.path());
        command.envs(client_environment(world.emulator.url())).output()
    };
    let output = site(NAME)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}\n{}", world.emulator.log());

    // The name of a page's file begins with the name of the thing.
    let page = |name: &str| -> Result<String> {
        let (place, begins) = name.rsplit_once('/').unwrap_or(("", name));
        for entry in fs::read_dir(folder.path().join("site").join(place))? {
            let path = entry?.path();
            if path.is_file()
                && path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(begins))
            {
                return Ok(fs::read_to_string(path)?);
            }
        }
        Err(format!("there is no page {name}").into())
    };
    let has = |name: &str, words: &[&str]| -> Result<()> {
        let text = page(name)?;
        words.iter().for_each(|words| assert!(text.contains(words), "{name} lacks `{words}`:\n{text}"));
        Ok(())
    };
    has("index", &[Story::ENDPOINT, "live endpoints"])?;
    has("inventory", &[Story::ENDPOINT, Story::SECOND_MODEL])?;
    has("findings", &[Story::FORBIDDEN_JOB, "TRN-NET-01"])?;
    has(
        &format!("endpoint/{}", Story::ENDPOINT),
        &["InService", "became InService", "credit-default-config-2"],
    )?;
    has(&format!("graph/{}", Story::ENDPOINT), &["<svg", Story::ENDPOINT])?;
    // The evidence of the window, and the page that monitoring wrote about it.
    has(&format!("drift/{}", Story::ENDPOINT), &["LIMIT_BAL", "report_html"])?;
    has("controls", &["TRN-NET-01"])?;

    let unknown = site("nobodys")?;
    assert_eq!(unknown.status.code(), Some(2));
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert!(
        said.contains("there is no function `nobodys-detect-drift` in this account and region"),
        "{said}"
    );
    Ok(())
}
