//! A function with a scope: two projects share data, artifacts, an image and an account, and neither sees a name of the other.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::executor::block_on;
use lookup_lineage::{Bounds, answer, answer_url};
use sagewarden_events::{Actor, Repository, ResourceKind, Timestamp};
use sagewarden_govern::ports::Table as _;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::NodeRow;
use sagewarden_lineage::rows::node::{GAPS, IN_EDGES, NAME, TYPE, gap};
use sagewarden_lineage::scope::Scope;
use sagewarden_lineage::table::{Attributes, Write};
use sagewarden_local::{LocalGit, NewCommit, Store, Story};
use sagewarden_tests::Result;
use sagewarden_tests::local::{endpoint_config, model, training_job};
use sagewarden_tests::played::Played;
use serde_json::{Value, json};

/// A project: its scope, and the word that each of its names has.
struct Project {
    word: &'static str,
    scope: &'static str,
    /// An endpoint of it with a history.
    endpoint: &'static str,
}

const CREDIT: Project =
    Project { word: "credit", scope: "credit-*,*-credit-*", endpoint: "credit-default-prod" };
const CHURN: Project = Project { word: "churn", scope: "churn-*,x-churn-*", endpoint: "churn-prod" };

const PUSHER: &str = "arn:aws:iam::111122223333:user/ana";

/// The story of one project, and another one that shares with it what can be shared.
static SHARED: LazyLock<Played> = LazyLock::new(|| shared().unwrap());

/// When the second project begins: after the story.
fn later(seconds: i64) -> Timestamp {
    Timestamp::from_millis(Story::demo_start().millis() + (5 * 86_400 + seconds) * 1_000)
}

fn image(project: &str) -> String {
    format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/{project}-train@sha256:{}", "0a".repeat(32))
}

fn shared() -> Result<Played> {
    let played = Played::monitored()?;
    let (account, git) = (&played.system.account, &played.system.git);
    let caller = Actor { arn: Some(PUSHER.to_owned()), ..Actor::default() };
    let create = |kind, request: &Value, after| account.create(kind, request, Some(&caller), later(after));
    let mut commits = BTreeMap::new();
    for word in ["credit", "churn"] {
        let repository = format!("{word}-source");
        git.create_repository(&repository)?;
        commits.insert(word, push(&played, &repository)?);
        account.put_object(&format!("{word}-lake"), "in/a.csv", word.as_bytes(), later(0))?;
    }
    for (word, other) in [("credit", "churn"), ("churn", "credit")] {
        let name = |what: &str| format!("{word}-{what}");
        let channel = |channel: &str, project: &str| {
            json!({ "ChannelName": channel, "DataSource": { "S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": format!("s3://{project}-lake/in/") } } })
        };
        let tags = [("CommitId", commits[word].as_str()), ("Repository", &name("source"))];
        let mut request = training_job(&name("late-train"), &tags);
        request["AlgorithmSpecification"]["TrainingImage"] = json!(image(word));
        request["InputDataConfig"] = json!([channel("train", word), channel("more", other)]);
        request["HyperParameters"] =
            json!({ "warm_start": format!("s3://{other}-models/out"), "depth": "7" });
        request["OutputDataConfig"]["S3OutputPath"] = json!(format!("s3://{word}-models/out"));
        let job = create(ResourceKind::TrainingJob, &request, 10)?;
        let artifact = format!("out/{word}-late-train/output/model.tar.gz");
        account.put_object(&format!("{word}-models"), &artifact, word.as_bytes(), later(500))?;
        account.finish_training(&job, later(600))?;
        block_on(played.system.settle())?;
    }
    for (word, other) in [("credit", "churn"), ("churn", "credit")] {
        let name = |what: &str| format!("{word}-{what}");
        let artifact = |word: &str| format!("s3://{word}-models/out/{word}-late-train/output/model.tar.gz");
        let mut request = model(&name("late-model"));
        request.as_object_mut().unwrap().remove("PrimaryContainer");
        request["Containers"] = json!([
            { "Image": image(word), "ModelDataUrl": artifact(word) },
            { "Image": image(word), "ModelDataUrl": artifact(other) },
        ]);
        create(ResourceKind::Model, &request, 700)?;
        create(
            ResourceKind::EndpointConfig,
            &endpoint_config(&name("late-config"), &name("late-model")),
            800,
        )?;
        // In the order of their names, one of the other project lies between two of this one.
        let endpoints =
            if word == "churn" { [CHURN.endpoint, "x-churn-prod"].as_slice() } else { &["credit-late"] };
        for endpoint in endpoints {
            let request = json!({ "EndpointName": endpoint, "EndpointConfigName": name("late-config") });
            let endpoint = create(ResourceKind::Endpoint, &request, 900)?;
            account.finish_endpoint(&endpoint, later(1_000))?;
        }
        block_on(played.system.settle())?;
    }
    Ok(played)
}

fn push(played: &Played, name: &str) -> Result<String> {
    let (git, at) = (&played.system.git, later(0));
    let files = [("train.py", "pass")];
    let author = ("Ana", "ana@example.com");
    let new = NewCommit { branch: "main", files: &files, message: name, author, at };
    let (commit, old) = git.push(name, &new)?;
    let repository =
        Repository { account: Story::ACCOUNT.into(), region: Story::REGION.into(), name: name.into() };
    let event = LocalGit::push_event(&repository, "main", &commit, old.as_ref(), PUSHER, at);
    played.system.account.announce_event(&event)?;
    Ok(commit.to_string())
}

/// How something is asked: by invoking the function, by GET and by POST.
fn ask(project: &Project, question: &Value) -> Vec<(&'static str, String)> {
    let (store, scope): (_, Scope) = (&SHARED.system.store, project.scope.parse().unwrap());
    let bounds = || Bounds::new(&|| false).within(Some(&scope));
    let invoked = block_on(answer(store, question.clone(), bounds()));
    let invoked = invoked.map_or_else(|error| error.to_string(), |document| document.to_string());
    let mut answers = vec![("invoked", invoked)];
    let fields = question.as_object().unwrap().iter();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let query: Vec<String> =
        fields.map(|(name, value)| format!("{name}={}", escaped(&text(value)))).collect();
    for (method, query, body) in
        [("GET", query.join("&"), Value::Null), ("POST", String::new(), json!(question.to_string()))]
    {
        let request = json!({
            "version": "2.0", "rawPath": "/", "rawQueryString": query, "headers": {}, "body": body,
            "requestContext": { "http": { "method": method }, "timeEpoch": 0 }, "isBase64Encoded": false,
        });
        answers.push((method, block_on(answer_url(store, &request, bounds())).unwrap().to_string()));
    }
    answers
}

fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// An answer with what its cursors say.
fn opened(answer: &str) -> String {
    let words = answer.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter));
    let decoded = words.filter_map(|word| String::from_utf8(URL_SAFE_NO_PAD.decode(word).ok()?).ok());
    decoded.filter(|text| text.starts_with('{')).fold(answer.to_lowercase(), |whole, text| whole + &text)
}

const FORMATS: [&str; 11] =
    ["json", "tree", "table", "html", "csv", "dot", "mermaid", "openlineage", "cyclonedx", "slsa", "prov"];

/// Every question that a project can ask about what is its own.
fn questions(project: &Project) -> Vec<Value> {
    let word = project.word;
    let own = [
        format!("training-job/{word}-late-train"),
        format!("model/{word}-late-model"),
        format!("endpoint-config/{word}-late-config"),
        format!("endpoint/{}", project.endpoint),
        format!("s3://{word}-lake/in/a.csv"),
        format!("s3://{word}-models/out/{word}-late-train/output/model.tar.gz"),
        format!("branch/{word}-source/main"),
    ];
    let mut questions = Vec::new();
    for entity in &own {
        for direction in ["upstream", "downstream", "both"] {
            questions.extend(
                FORMATS.map(|format| json!({ "entity": entity, "direction": direction, "format": format })),
            );
            questions.push(json!({ "entity": entity, "direction": direction, "max_nodes": 1 }));
        }
        for format in ["json", "tree", "table"] {
            questions.push(json!({ "ask": "impact", "entity": entity, "format": format }));
            let at = later(2_000).to_string();
            questions.push(json!({ "ask": "impact", "entity": entity, "at": at, "format": format }));
            for nodes in [1, 2] {
                questions
                    .push(json!({ "ask": "impact", "entity": entity, "max_nodes": nodes, "format": format }));
            }
            questions.push(json!({ "ask": "diff", "entity": entity, "with": own[1], "format": format }));
            questions.push(json!({ "ask": "reproduce", "entity": entity, "format": format }));
            questions.push(json!({ "ask": "why", "entity": entity, "format": format }));
        }
    }
    let endpoint = format!("endpoint/{}", project.endpoint);
    for format in ["json", "tree", "table"] {
        questions.push(json!({ "ask": "history", "entity": endpoint, "format": format }));
        questions.push(json!({ "entity": endpoint, "past": true, "format": format }));
    }
    questions
}

#[test]
fn no_answer_bears_a_name_of_the_other_project() {
    let mut leaks = String::new();
    for (project, other) in [(&CREDIT, &CHURN), (&CHURN, &CREDIT)] {
        let (mut answered, mut with_gaps, mut without_scope) = (0, 0, 0);
        for question in questions(project) {
            let whole = block_on(answer(&SHARED.system.store, question.clone(), Bounds::new(&|| false)));
            without_scope += usize::from(whole.is_ok_and(|answer| answer.to_string().contains(other.word)));
            for (how, answer) in ask(project, &question) {
                answered += usize::from(answer.contains(project.word));
                with_gaps += usize::from(answer.contains("outside of this function's scope"));
                if let Some(at) = opened(&answer).find(other.word) {
                    let near: String =
                        opened(&answer).chars().skip(at.saturating_sub(80)).take(160).collect();
                    leaks += &format!("{question} {how}: {near}\n");
                }
            }
        }
        let numbers = format!("{}: {answered}, {with_gaps}, {without_scope}", project.word);
        assert!(answered > 400 && with_gaps > 150 && without_scope > 150, "{numbers}");
    }
    assert!(leaks.is_empty(), "{leaks}");
}

#[test]
fn what_is_outside_is_refused_in_the_same_words_whether_or_not_it_is_there() {
    let commit = block_on(answer(
        &SHARED.system.store,
        json!({ "entity": "branch/churn-source/main" }),
        Bounds::new(&|| false),
    ))
    .unwrap();
    let nodes = commit["nodes"].as_array().unwrap();
    let id = nodes.iter().find(|node| node["kind"] == "commit").unwrap()["id"].as_str().unwrap().to_owned();
    let digits = id.rsplit('@').next().unwrap();
    let job = "arn:aws:sagemaker:eu-west-1:111122223333:training-job";
    for (there, not_there) in [
        ("training-job/churn-late-train".to_owned(), "training-job/churn-none".to_owned()),
        (format!("{job}/churn-late-train"), format!("{job}/churn-none")),
        ("endpoint/churn-prod".to_owned(), "endpoint/churn-none".to_owned()),
        (
            "endpoint/churn-prod@2026-03-08T00:00:00Z".to_owned(),
            "endpoint/churn-none@2026-03-08T00:00:00Z".to_owned(),
        ),
        ("s3://churn-lake/in/a.csv".to_owned(), "s3://churn-lake/in/none.csv".to_owned()),
        (format!("commit/{digits}"), format!("commit/{}", "0".repeat(40))),
        (id.clone(), id.replace(digits, &"0".repeat(40))),
        (format!("sha256:{}", "0a".repeat(32)), format!("sha256:{}", "0b".repeat(32))),
    ] {
        for kind in ["lineage", "impact", "history", "reproduce", "diff"] {
            let asked = |entity: &str| {
                let mut question = json!({ "ask": kind, "entity": entity });
                if kind == "diff" {
                    question = json!({ "ask": kind, "entity": "model/credit-late-model", "with": entity });
                }
                ask(&CREDIT, &question)
                    .into_iter()
                    .map(|(_, text)| text.replace(entity, "<asked>"))
                    .collect::<Vec<_>>()
            };
            let answers = asked(&there);
            assert_eq!(answers, asked(&not_there), "{kind} {there}");
            assert_eq!(answers[0], "`<asked>` is not in the scope of this function", "{kind} {there}");
            assert!(answers[1].contains("\"statusCode\":404"), "{}", answers[1]);
        }
    }
}

#[test]
fn a_project_sees_what_is_its_own_with_what_monitoring_found() {
    let question = json!({ "entity": "endpoint/credit-default-prod" });
    let asked = |scope: Option<&Scope>| {
        block_on(answer(&SHARED.system.store, question.clone(), Bounds::new(&|| false).within(scope)))
            .unwrap()
    };
    let (whole, scoped) = (asked(None), asked(Some(&CREDIT.scope.parse().unwrap())));
    let kinds = |document: &Value| {
        let mut kinds = BTreeMap::new();
        for node in document["nodes"].as_array().unwrap() {
            *kinds.entry(node["kind"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        kinds
    };
    let (whole, scoped) = (kinds(&whole), kinds(&scoped));
    for kind in [
        "endpoint",
        "deployment",
        "model",
        "training-job",
        "commit",
        "dataset",
        "violation",
        "monitoring-execution",
    ] {
        assert!(whole.contains_key(kind), "{kind}: {whole:?}");
        assert_eq!(scoped.get(kind), whole.get(kind), "{kind}: {whole:?}, {scoped:?}");
    }
}

#[test]
fn a_gap_that_something_outside_fills_is_none_and_its_words_are_not_said() -> Result<()> {
    let id = NodeId::parse("model#111122223333/eu-west-1/credit-m@1").ok_or("no identity")?;
    let image = NodeId::image("1.dkr.ecr.eu-west-1.amazonaws.com/churn:1");
    let edge = InEdge::new(Relation::ContributedTo, "image", image);
    let set = |texts: [String; 1]| BTreeSet::from(texts);
    let node = Write::Merge {
        key: NodeRow::key(&id),
        once: Attributes::from([(TYPE.to_owned(), "model".into()), (NAME.to_owned(), "credit-m".into())]),
        union: BTreeMap::from([
            (IN_EDGES.to_owned(), set([edge.to_string()])),
            (GAPS.to_owned(), set([gap("image", "the image churn was not found")])),
        ]),
    };
    let store = Store::in_memory()?;
    block_on(store.write(&[node]))?;
    let scope: Scope = CREDIT.scope.parse()?;
    let question = json!({ "entity": id.as_str() });
    let answer = block_on(answer(&store, question, Bounds::new(&|| false).within(Some(&scope))))
        .map_err(|error| error.to_string())?;
    assert_eq!(answer["missing"], json!(["1 node is outside of this function's scope"]));
    assert_eq!((&answer["complete"], answer.to_string().contains("churn")), (&json!(false), false));
    Ok(())
}
