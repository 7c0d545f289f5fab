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

/// A request that fails controls.
fn forbidden() -> String {
    let mut request = training_job("t", &[]);
    request.as_object_mut().unwrap().remove("VpcConfig");
    request.to_string()
}

const NOTHING: &str = "**Sagewarden**: nothing to judge in the files that were read; some were not read\n";

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
    assert!(text.contains("- the push changed more files than CodeCommit lists"), "{text}");
    Ok(())
}

#[test]
fn a_file_that_cannot_be_read_as_json_is_named() -> Result<()> {
    let forbidden = forbidden();
    let body = forbidden.trim_start_matches('{');
    // Python's `json` reads all of these, the first with `utf-8-sig`.
    let deep = format!("{{\"notes\": {}1{}, {body}", "[".repeat(200), "]".repeat(200));
    for (how, text) in [
        ("a byte order mark", format!("\u{feff}{forbidden}")),
        ("half a surrogate", format!("{{\"notes\": \"\\ud800\", {body}")),
        ("no number", format!("{{\"notes\": NaN, {body}")),
        ("depth", deep),
        ("a list", format!("[{forbidden}]")),
        ("a wrapper", format!("{{\"job\": {forbidden}}}")),
        ("an event beside it", format!("{{\"eventName\": \"DeleteModel\", {body}")),
    ] {
        let text = comment(&[("train.json", &text)])?.ok_or_else(|| format!("no comment: {how}"))?;
        assert!(text.contains("`train.json`"), "{how}: {text}");
    }
    Ok(())
}

#[test]
fn steps_that_nobody_judges_are_said_where_there_is_nothing_else() -> Result<()> {
    let step = serde_json::json!({ "Name": "any", "Type": "EMRContainers", "Arguments": {} });
    let definition = serde_json::json!({ "Version": "2020-12-01", "Steps": [step] }).to_string();
    let text = comment(&[("pipeline.json", &definition)])?.ok_or("no comment")?;
    assert!(text.contains("no controls for steps of type"), "{text}");
    Ok(())
}

#[test]
fn a_push_whose_every_value_is_known_later_has_one_note_a_file() -> Result<()> {
    let asked = vec![r#"{"Get":"Parameters.P"}"#; 2_000].join(",");
    let parameters = r#"[{"Name":"P","Type":"String"}]"#;
    let file = format!(
        r#"{{"Parameters":{parameters},"Steps":[{{"Type":"Training","Name":"t","Arguments":{{"Tags":[{asked}]}}}}]}}"#
    );
    let text = comment(&[("a.json", &file), ("b.json", &file), ("c.json", &file)])?.ok_or("no comment")?;
    assert!(text.contains("- `a.json`: `'Parameters.P' is known only when the pipeline runs`"), "{text}");
    assert_eq!(text.matches("is known only when the pipeline runs").count(), 3, "{text}");
    Ok(())
}

#[test]
fn a_push_of_more_requests_than_are_judged_says_so() -> Result<()> {
    let steps = vec![r#"{"Type":"Model","Name":"m","Arguments":{}}"#; 600].join(",");
    let file = format!(r#"{{"Steps":[{steps}]}}"#);
    let text = comment(&[("a.json", &file), ("b.json", &file)])?.ok_or("no comment")?;
    assert!(text.starts_with("**Sagewarden**: 1000 requests in 2 files: "), "{text}");
    assert!(text.contains("- not judged: 200 requests beyond the first 1000\n"), "{text}");
    Ok(())
}
