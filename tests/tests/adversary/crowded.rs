//! Hiding a request among other files of a push.

use sagewarden_events::Repository;
use sagewarden_local::{LocalGit, NewCommit, Story};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, training_job};

const REPOSITORY: &str = "r";

/// Pushes these files to a new repository; returns the comment on the commit.
fn comment(files: &[(&str, &str)]) -> Result<Option<String>> {
    let local = Local::new()?;
    let git = &local.system.git;
    git.create_repository(REPOSITORY)?;
    let author = ("Ana", "ana@example.com");
    let new = NewCommit { branch: "main", files, message: "Work", author, at: at(0) };
    let (commit, old) = git.push(REPOSITORY, &new)?;
    let repository =
        Repository { account: Story::ACCOUNT.into(), region: Story::REGION.into(), name: REPOSITORY.into() };
    let caller = "arn:aws:iam::111122223333:user/ana";
    local.deliver(
        &LocalGit::push_event(&repository, "main", &commit, old.as_ref(), caller, at(0)).to_string(),
    )?;
    Ok(git.comments(REPOSITORY)?.pop().map(|comment| comment.text))
}

/// A request that breaks controls.
fn forbidden() -> String {
    let mut request = training_job("t", &[]);
    request.as_object_mut().unwrap().remove("VpcConfig");
    request.to_string()
}

const NOTHING: &str = "**Sagewarden**: nothing to judge in what was looked at, and not everything was\n";

#[test]
fn a_request_behind_three_hundred_files_of_nothing_is_not_passed_over_in_silence() -> Result<()> {
    let names: Vec<String> = (0..300).map(|number| format!("a-{number:03}.json")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "{}")).collect();
    assert_eq!(comment(&files)?, None, "all of them were looked at");
    let forbidden = forbidden();
    files.push(("z.json", &forbidden));
    let text = comment(&files)?.ok_or("no comment")?;
    assert!(text.starts_with(NOTHING), "{text}");
    assert!(text.contains("- not read: 1 JSON file beyond the first 300\n"), "{text}");
    Ok(())
}

#[test]
fn a_request_that_is_padded_beyond_what_is_read_is_named() -> Result<()> {
    let padded = forbidden() + &" ".repeat(256 * 1024);
    let text = comment(&[("train.json", &padded)])?.ok_or("no comment")?;
    assert!(text.starts_with(NOTHING), "{text}");
    assert!(text.contains("- not read, larger than 256 KB: `train.json`\n"), "{text}");
    Ok(())
}

#[test]
fn a_request_behind_more_files_than_are_listed_is_not_passed_over_in_silence() -> Result<()> {
    let names: Vec<String> = (0..3_000).map(|number| format!("a-{number:04}.txt")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let forbidden = forbidden();
    files.push(("z.json", &forbidden));
    let text = comment(&files)?.ok_or("no comment")?;
    assert!(text.starts_with(NOTHING), "{text}");
    assert!(text.contains("- the push changed more files than were listed"), "{text}");
    Ok(())
}
