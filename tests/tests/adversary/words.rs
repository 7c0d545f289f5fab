//! Words of others that would be more than words: on a commit, in a mail, a spreadsheet, a build's log, a drawing, a page.

use std::process::Command;

use futures::executor::block_on;
use sagewarden_events::{Actor, ResourceKind};
use sagewarden_govern::{Question, lookup_lineage};
use sagewarden_lineage::answer::{Answer, Format};
use sagewarden_local::{LocalGit, NewCommit, Story};
use sagewarden_policy::Bundle;
use sagewarden_tests::local::{Local, SETTINGS, at, training_job};
use sagewarden_tests::{Result, functions, root};
use sagewarden_view::lineage::{self, FlatTable};
use serde_json::{Value, json};

/// Something for everybody.
const HOSTILE: &str = "[approve](https://evil.example) `x` <img src=x onerror=alert(1)> @team \"q\" \\\n::add-mask::x\n##[error]y\n\
                       ##vso[task.complete]z\n=HYPERLINK(\"https://www.evil.com\")\r\n| a | b |\n# Head\u{1b}[2J\u{202e}\u{9b}";

/// The comment on a commit without its pieces of code, and without its own links: everything that Markdown could turn into markup.
fn outside_of_code(comment: &str) -> String {
    let lines = comment.lines().filter(|line| !is_own_link(line));
    lines.map(|line| line.split('`').step_by(2).collect::<String>() + "\n").collect()
}

/// A line that is the link to a place in a file, in the console. The path of the file is somebody's words, and percent-encoded.
fn is_own_link(line: &str) -> bool {
    const CONSOLE: &str =
        "https://eu-west-1.console.aws.amazon.com/codesuite/codecommit/repositories/r/browse/";
    let link = line.trim_start().strip_prefix("- at: [line ").and_then(|rest| rest.strip_suffix(')'));
    let Some((number, place)) = link.and_then(|link| link.split_once(&format!("]({CONSOLE}"))) else {
        return false;
    };
    let is_safe = |each: char| each.is_ascii_alphanumeric() || "/%-._~?=&".contains(each);
    number.chars().all(|each| each.is_ascii_digit()) && place.chars().all(is_safe)
}

/// The comment on a commit that brought this file, by a bundle.
fn comment(path: &str, content: &str, bundle: Bundle) -> Result<String> {
    let local = Local::with(bundle)?;
    let git = &local.system.git;
    git.create_repository("r")?;
    let new = NewCommit {
        branch: "main",
        files: &[(path, content)],
        message: "m",
        author: ("Ana", "a@b.c"),
        at: at(0),
    };
    let (commit, _) = git.push("r", &new)?;
    let repository = sagewarden_events::Repository {
        account: Story::ACCOUNT.into(),
        region: Story::REGION.into(),
        name: "r".into(),
    };
    let caller = "arn:aws:iam::111122223333:user/ana";
    let event = LocalGit::push_event(&repository, "main", &commit, None, caller, at(0));
    local.deliver(&event.to_string())?;
    Ok(git.comments("r")?.pop().ok_or("there is no comment")?.text)
}

fn is_harmless_markdown(comment: &str) {
    let outside = outside_of_code(comment);
    for piece in ["](", "<", "@", "http", "www", "evil", "\\", "|", "#", "::"] {
        assert!(!outside.contains(piece), "`{piece}` in\n{outside}\nof\n{comment}");
    }
    assert!(!comment.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r']));
    for line in comment.lines() {
        assert_eq!(line.matches('`').count() % 2, 0, "a piece of code is not closed: {line}");
    }
}

#[test]
fn a_link_in_a_request_is_no_link_on_the_commit() -> Result<()> {
    let mut request = training_job(HOSTILE, &[(HOSTILE, HOSTILE)]);
    request["VpcConfig"] = json!({ "Subnets": [HOSTILE], "SecurityGroupIds": [HOSTILE] });
    request["TuningJobArn"] = HOSTILE.into();
    request["ResourceConfig"]["VolumeKmsKeyId"] = HOSTILE.into();
    request["OutputDataConfig"]["S3OutputPath"] = format!("s3://{HOSTILE}").into();
    let bundle = || -> Result<Bundle> { Ok(Bundle::embedded()?.with_settings(SETTINGS)?) };
    let said = comment("jobs/[approve](https:evil) `x` <b> @team.json", &request.to_string(), bundle()?)?;
    assert!(said.contains("evil"), "what was pushed is quoted: {said}");
    is_harmless_markdown(&said);
    for field in ["TuningJobArn", "AutoMLJobArn", "TrainingJobArn"] {
        let mut request = training_job("t", &[]);
        request[field] = "[approve](https://evil.example)".into();
        let said = comment("a.json", &request.to_string(), bundle()?);
        said.iter().for_each(|said| is_harmless_markdown(said));
    }
    let steps = json!([
        { "Name": HOSTILE, "Type": "Training", "Arguments": request }, { "Name": HOSTILE, "Type": HOSTILE, "Arguments": {} },
    ]);
    let pipeline = json!({ "Version": "2020-12-01", "Steps": steps });
    is_harmless_markdown(&comment("p.json", &pipeline.to_string(), bundle()?)?);
    Ok(())
}

#[test]
fn nor_is_one_in_the_texts_of_somebodys_controls() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("policies"))?;
    std::fs::write(folder.path().join("settings.toml"), SETTINGS)?;
    for entry in std::fs::read_dir(root().join("infra/policies"))? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| path.extension().is_none_or(|ending| ending != "json"))
        else {
            continue;
        };
        let text = std::fs::read_to_string(&path)?;
        let link = "x` [approve](https://evil.example) <b> @team `x";
        let text: String = text
            .lines()
            .map(|line| {
                match ["@title(\"", "@fix(\"", "@wanted(\""].iter().find(|head| line.starts_with(**head)) {
                    Some(head) => format!("{head}{link}\")\n"),
                    None => format!("{line}\n"),
                }
            })
            .collect();
        std::fs::write(folder.path().join("policies").join(name), text)?;
    }
    let mut request = training_job("t", &[]);
    request["VpcConfig"] = Value::Null;
    let said = comment("a.json", &request.to_string(), Bundle::from_dir(folder.path())?)?;
    assert!(said.contains("evil"), "{said}");
    is_harmless_markdown(&said);
    Ok(())
}

#[test]
fn a_mail_of_ours_holds_no_link_of_theirs() -> Result<()> {
    let local = Local::new()?;
    let caller = Actor { source_identity: Some(HOSTILE.to_owned()), ..Actor::default() };
    let mut request = training_job("nightly", &[(HOSTILE, HOSTILE)]);
    request["VpcConfig"] = Value::Null;
    request["RoleArn"] = format!("arn:aws:iam::111122223333:role/{HOSTILE}").into();
    request["TuningJobArn"] = HOSTILE.into();
    local.system.account.create(ResourceKind::TrainingJob, &request, Some(&caller), at(0))?;
    local.settle()?;
    let sent = local.sent()?;
    assert!(sent.iter().any(|notice| notice.detail["text"].to_string().contains("evil")), "{sent:?}");
    for notice in sent {
        for line in ["text", "about", "advice"] {
            let text = notice.detail[line].as_str().unwrap();
            for piece in ["https:", "www.", "evil.com", "\"", "\\", "\n", "\r", "\u{1b}", "\u{202e}"] {
                assert!(!text.contains(piece), "`{piece}` in {line}: {text}");
            }
            // As EventBridge puts it between quotation marks.
            assert_eq!(serde_json::from_str::<String>(&format!("\"{text}\""))?, text);
        }
    }
    Ok(())
}

/// The lineage of a job whose every word is hostile, its commit and data included.
fn answer(parameters: &Value) -> Result<Answer> {
    let local = Local::new()?;
    let git = &local.system.git;
    git.create_repository("r")?;
    let message = HOSTILE.replace(['\n', '\r'], " ");
    let author = message.replace(['<', '>', '\u{1b}', '\u{9b}'], "");
    let new = NewCommit {
        branch: "main",
        files: &[("a", "1")],
        message: &message,
        author: (&author, &author),
        at: at(0),
    };
    let (commit, _) = git.push("r", &new)?;
    let mut request = training_job("nightly", &[("CommitId", commit.as_str()), ("Repository", "r")]);
    request["HyperParameters"] = parameters.clone();
    request["InputDataConfig"] = json!([{
        "ChannelName": "train",
        "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": format!("s3://bucket/{HOSTILE}") } },
    }, {
        "ChannelName": "SageMaker.ModelArtifact",
        "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://bucket/other.csv" } },
    }]);
    for key in [HOSTILE, "other.csv"] {
        local.system.account.put_object("bucket", key, b"x", at(0))?;
    }
    let job = local.create(ResourceKind::TrainingJob, &request, 10)?;
    local.settle()?;
    Ok(block_on(lookup_lineage(&local.system.store, &Question::about(format!("training-job/{}", job.name))))?)
}

#[test]
fn no_format_makes_more_of_a_word_than_a_word() -> Result<()> {
    let answer = answer(
        &json!({ HOSTILE: HOSTILE, "=1+1": "=cmd|' /C calc'!A0", "a": "@SUM(1)", "b": "\t=1", "c": "-0.5" }),
    )?;
    let everything = lineage::json(&answer).to_string();
    assert!(everything.contains("evil.example") && everything.contains("=cmd"), "{everything}");

    let tree = lineage::text(&answer, Format::Tree);
    assert!(tree.contains("evil.example"), "{tree}");
    assert!(!tree.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r']));
    assert!(
        tree.lines().all(|line| !line.trim_start().starts_with("::") && !line.starts_with('#')),
        "{tree}"
    );

    let csv = lineage::text(&answer, Format::Csv);
    for cell in csv.split([',', ';', '\t', '\r', '\n']) {
        let begins = cell.trim_start_matches(['"', ' ']);
        let is_number = begins.parse::<f64>().is_ok();
        assert!(is_number || !begins.starts_with(['=', '+', '-', '@']), "{cell} in {csv}");
    }
    assert!(csv.contains("-0.5") && !csv.contains("'-0.5"), "a number stays one: {csv}");
    assert!(csv.lines().all(|line| !line.starts_with("::") && !line.contains("##[")), "{csv}");

    let mermaid = lineage::text(&answer, Format::Mermaid);
    for piece in ["<img", "](", "\u{202e}", "\"q\""] {
        assert!(!mermaid.contains(piece), "`{piece}` in {mermaid}");
    }
    let dot = lineage::text(&answer, Format::Dot);
    assert!(!dot.contains("=\"q\"") && !dot.contains(['\u{1b}', '\u{202e}']), "{dot}");
    assert!(dot.lines().all(|line| line.starts_with(' ') || line.starts_with(['d', '}'])), "{dot}");

    let page = lineage::text(&answer, Format::Html);
    assert!(!page.contains("<img"), "markup of others is in the page");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    Ok(())
}

#[test]
fn a_hyperparameter_takes_the_place_of_nothing_that_was_recorded() -> Result<()> {
    let own = json!({
        "SageMaker.InstanceType": "forged", "SageMaker.InstanceCount": "forged", "DeletedAt": "forged", "commit": "forged",
        "author": "forged", "TopFeatures": "forged", "TrialComponentName": "forged", "train - Value": "forged",
        "HyperParameters.commit": "forged", "eta": "0.2",
    });
    let FlatTable { columns, rows } = lineage::flat(&answer(&own)?);
    for row in &rows {
        for (column, cell) in columns.iter().zip(row) {
            assert!(
                cell.to_string() != "forged" || column.starts_with("HyperParameters."),
                "{column} is forged"
            );
        }
    }
    let cell = |name: &str| {
        let at = columns.iter().position(|column| column == name)?;
        rows.iter().map(|row| row[at].to_string()).find(|cell| !cell.is_empty())
    };
    assert_eq!(cell("SageMaker.InstanceType").as_deref(), Some("ml.m5.xlarge"));
    assert_eq!(cell("eta").as_deref(), Some("0.2"));
    for name in own.as_object().unwrap().keys().filter(|name| *name != "eta") {
        assert_eq!(
            cell(&format!("HyperParameters.{name}")).as_deref(),
            Some("forged"),
            "{name} in {columns:?}"
        );
    }
    let data = cell("Channels.SageMaker.ModelArtifact - Value");
    assert!(data.is_some_and(|place| place.starts_with("s3://bucket/other.csv")), "{columns:?}");
    Ok(())
}

/// The output of `sagewarden check` for a file with hostile names.
fn checked(format: &str, colours: bool) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let mut request = training_job(HOSTILE, &[(HOSTILE, HOSTILE)]);
    request["VpcConfig"] = json!({ "Subnets": [HOSTILE], "SecurityGroupIds": [HOSTILE] });
    let pipeline = json!({ "Version": "2020-12-01", "Steps": [
        { "Name": HOSTILE, "Type": "Training", "Arguments": request }, { "Name": HOSTILE, "Type": HOSTILE },
    ] });
    let names = ["::error::[a](b)\n::add-mask::x.json", "plain.json"];
    std::fs::write(folder.path().join(names[0]), pipeline.to_string())?;
    std::fs::write(folder.path().join(names[1]), request.to_string())?;
    let mut command = Command::new(functions::command()?);
    command.args(["check", "--format", format]).args(names).current_dir(folder.path());
    if colours {
        command.env("CLICOLOR_FORCE", "1");
    }
    let output = command.output()?;
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn a_name_gives_no_command_to_the_build_that_checks_it() -> Result<()> {
    for colours in [false, true] {
        let text = checked("text", colours)?;
        assert!(text.contains("evil.example"), "{text}");
        for line in text.lines() {
            let plain = line.trim_start_matches("\u{1b}[1m").trim_start();
            assert!(!plain.starts_with("::"), "{line:?}");
            assert!(!line.contains("##[") && !line.contains("##vso["), "{line:?}");
            // The quoted text stays on its line.
            assert!(!["=HYPERLINK", "| a", "# Head"].iter().any(|head| plain.starts_with(head)), "{line:?}");
        }
        assert!(!text.contains(['\u{9b}', '\u{202e}']) && !text.contains("\u{1b}[2J"));
    }
    for format in ["json", "sarif"] {
        let text = checked(format, false)?;
        assert!(!text.contains("##[") && !text.contains("##vso["), "{text}");
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
        serde_json::from_str::<Value>(&text)?;
    }
    Ok(())
}

#[test]
fn a_name_is_no_link_in_code_scanning() -> Result<()> {
    let log: Value = serde_json::from_str(&checked("sarif", false)?)?;
    let results = log.pointer("/runs/0/results").and_then(Value::as_array).unwrap();
    assert!(results.iter().any(|result| result["message"]["text"].to_string().contains("evil.example")));
    for result in results {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(!text.contains("](") && !text.contains('\n'), "{text}");
    }
    let notes =
        log.pointer("/runs/0/invocations/0/toolExecutionNotifications").and_then(Value::as_array).unwrap();
    for note in notes {
        assert!(!note["message"]["text"].as_str().unwrap().contains("]("), "{note}");
    }
    Ok(())
}

/// `maud` escapes every text except declared markup, which only the common frame of all pages uses.
#[test]
fn no_page_takes_a_text_for_markup_as_it_is() -> Result<()> {
    let mut folders = vec![root().join("shared"), root().join("functions"), root().join("cli/src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && std::fs::read_to_string(&path)?.contains("PreEscaped")
            {
                found.push(path.strip_prefix(root())?.display().to_string());
            }
        }
    }
    assert_eq!(found, ["shared/view/src/page.rs"]);
    Ok(())
}
