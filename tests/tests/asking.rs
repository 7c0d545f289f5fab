//! Questions about the story, and about graphs that are larger than an answer: impact, differences, history, how to
//! repeat it, what happened. And every answer says whether it is whole.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::Table;
use sagewarden_govern::{Ask, NoAnswer, Question, Way, answer};
use sagewarden_lineage::answer::{Answer, EntryKind, Format, Reply};
use sagewarden_lineage::audit::{Ledger, VerdictChain};
use sagewarden_lineage::edge::{IN_FORCE, InEdge, OBSERVED_ON, Relation};
use sagewarden_lineage::graph::{Edge, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::observe::observe;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::Alias;
use sagewarden_lineage::table::Attributes;
use sagewarden_local::{Store, Story};
use sagewarden_tests::played::Played;
use sagewarden_view::lineage as view;
use serde_json::Value;

static STORY: LazyLock<Played> = LazyLock::new(|| Played::new().unwrap());

fn ask(table: &impl Table, question: &Question) -> std::result::Result<Reply, NoAnswer> {
    block_on(answer(table, question, &|| false))
}

fn of_story(question: Question) -> Reply {
    ask(&STORY.system.store, &question).unwrap()
}

fn about(ask: Ask, entity: &str) -> Question {
    Question { ask, ..Question::about(entity) }
}

fn lineage(table: &impl Table, question: &Question) -> Answer {
    match ask(table, question).unwrap() {
        Reply::Lineage(answer) => *answer,
        other => unreachable!("{other:?}"),
    }
}

const PROD: &str = "endpoint/credit-default-prod";

#[test]
fn what_is_affected_now_takes_one_query_for_the_endpoints() {
    let Reply::Impact(impact) = of_story(about(Ask::Impact, "training-job/credit-train-003")) else {
        unreachable!()
    };
    let live = &impact.endpoints[0];
    assert_eq!((impact.endpoints.len(), live.endpoint.as_str()), (1, Story::ENDPOINT));
    assert_eq!(live.configuration, "credit-default-config-2");
    assert_eq!(live.since.unwrap().to_string(), "2026-03-04T09:56:40Z");
    assert!(impact.complete && impact.missing.is_empty());
    // The alias, the index, the deployments without an index, and the facts of the endpoints.
    assert_eq!(impact.requests, 4);

    let Reply::Impact(replaced) = of_story(about(Ask::Impact, "training-job/credit-train-002")) else {
        unreachable!()
    };
    assert!(replaced.endpoints.is_empty() && replaced.complete);
}

#[test]
fn impact_at_a_time_counts_the_deployments_of_that_time() {
    let then = |entity: &str, at: &str| match of_story(Question {
        at: Some(at.into()),
        ..about(Ask::Impact, entity)
    }) {
        Reply::Impact(impact) => {
            assert!(impact.complete, "{impact:?}");
            impact.endpoints.into_iter().map(|live| live.configuration).collect::<Vec<_>>()
        }
        other => unreachable!("{other:?}"),
    };
    let (first, second) = ("training-job/credit-train-002", "training-job/credit-train-003");
    let nothing: Vec<String> = Vec::new();
    assert_eq!(then(first, "2026-03-02T09:56:39Z"), nothing);
    assert_eq!(then(first, "2026-03-02T09:56:40Z"), ["credit-default-config"]);
    assert_eq!(then(second, "2026-03-03T00:00:00Z"), nothing);
    assert_eq!(then(first, "2026-03-04T09:56:40Z"), nothing);
    assert_eq!(then(second, "2026-03-04T09:56:40Z"), ["credit-default-config-2"]);
}

#[test]
fn an_endpoint_is_shown_as_it_was() {
    let names = |question: Question| {
        let answer = lineage(&STORY.system.store, &question);
        assert!(answer.is_complete(), "{:?}", answer.graph.gaps());
        let nodes = answer.graph.nodes.values();
        nodes.map(|node| format!("{}/{}", node.id.kind().word(), node.name())).collect::<BTreeSet<_>>()
    };
    let then = names(Question { at: Some("2026-03-03T00:00:00Z".into()), ..Question::about(PROD) });
    assert!(
        then.contains("training-job/credit-train-002") && !then.contains("training-job/credit-train-003")
    );
    assert!(!then.iter().any(|name| name.starts_with("violation/")), "drift was found later: {then:?}");
    assert_eq!(names(Question::about(format!("{PROD}@2026-03-03T00:00:00Z"))), then);

    let now = names(Question::about(PROD));
    assert!(now.contains("training-job/credit-train-003") && !now.contains("training-job/credit-train-002"));
    let whole = names(Question { past: true, ..Question::about(PROD) });
    assert!(whole.is_superset(&now) && whole.is_superset(&then));
}

#[test]
fn two_models_differ_in_what_was_changed_and_in_nothing_else() {
    let question = Question {
        with: Some("model/credit-default-model-2".into()),
        ..about(Ask::Diff, "model/credit-default-model")
    };
    let Reply::Difference(found) = of_story(question) else { unreachable!() };
    let said: Vec<String> =
        found.changes.iter().map(|change| format!("{}: {}", change.aspect.word(), change.what)).collect();
    assert_eq!(
        said,
        [
            "resource: model",
            "resource: processing job",
            "resource: training job",
            "commit: processing job",
            "commit: training job",
            "data: model model-data/0",
            "data: processing job input/raw-dataset",
            "data: training job channel/train",
            "parameter: training job hyperparameter eta",
            "parameter: training job hyperparameter num_round",
            "setting: training job billable_seconds",
            "setting: training job training_seconds",
            "metric: training job train:error",
            "importance: training job tree_shap label0 AGE",
            "importance: training job tree_shap label0 EDUCATION",
            "importance: training job tree_shap label0 LIMIT_BAL",
            "importance: training job tree_shap label0 PAY_0",
            "importance: training job tree_shap label0 PAY_2",
            "importance: training job tree_shap label0 PAY_AMT1",
            "control: processing job",
        ]
    );
    let eta = found.changes.iter().find(|change| change.what.ends_with("eta")).unwrap();
    assert_eq!(
        (eta.before.as_slice(), eta.after.as_slice()),
        (["0.2".to_owned()].as_slice(), ["0.1".to_owned()].as_slice())
    );
    assert!(found.complete && found.same > 10, "{found:?}");

    let same = Question { with: Some(PROD.into()), ..about(Ask::Diff, PROD) };
    let Reply::Difference(same) = of_story(same) else { unreachable!() };
    assert_eq!(same.changes, []);
    let deployments =
        Question { with: Some(PROD.into()), ..about(Ask::Diff, &format!("{PROD}@2026-03-03T00:00:00Z")) };
    let Reply::Difference(deployments) = of_story(deployments) else { unreachable!() };
    assert!(deployments.changes.iter().any(|change| change.what == "endpoint config"), "{deployments:?}");
}

#[test]
fn a_model_is_repeated_by_a_request_with_everything_pinned() {
    let Reply::Reproduction(found) = of_story(about(Ask::Reproduce, "model/credit-default-model")) else {
        unreachable!()
    };
    let request = |pointer: &str| found.request.pointer(pointer).cloned().unwrap_or_default();
    let image = request("/AlgorithmSpecification/TrainingImage");
    assert!(image.as_str().unwrap().contains("@sha256:4f8c3bd2"), "{image}");
    assert_eq!(request("/TrainingJobName"), "credit-train-002-repeat");
    assert_eq!(request("/HyperParameters/eta"), "0.2");
    assert_eq!(request("/Tags/0/Value"), Value::from(found.pinned.commit.clone().unwrap()));
    assert_eq!(request("/CreationTime"), Value::Null);
    let data = &found.pinned.data[0];
    assert_eq!((data.role.as_str(), data.version_id.is_some()), ("channel/train", true));
    assert!(found.exact && found.complete, "{:?}", found.missing);

    let Reply::Reproduction(forbidden) = of_story(about(Ask::Reproduce, "training-job/credit-train-001"))
    else {
        unreachable!()
    };
    assert!(!forbidden.exact);
    assert!(forbidden.missing.iter().any(|gap| gap.contains("named by a tag")), "{:?}", forbidden.missing);

    let refused = ask(&STORY.system.store, &about(Ask::Reproduce, "commit/4f545b7")).unwrap_err().to_string();
    assert!(refused.contains("no training job"), "{refused}");
}

#[test]
fn a_history_has_deployments_drift_and_findings_with_the_newest_first() {
    let tell = |question: Question| match of_story(question) {
        Reply::History(history) => {
            let kinds: Vec<String> = history
                .entries
                .iter()
                .map(|entry| {
                    format!("{} {}", entry.time.to_string().split('T').next().unwrap(), entry.kind.word())
                })
                .filter(|entry| !entry.ends_with("monitoring"))
                .collect();
            (kinds, history.complete)
        }
        other => unreachable!("{other:?}"),
    };
    let whole = ["2026-03-04 deployment", "2026-03-03 drift", "2026-03-02 deployment", "2026-03-02 finding"];
    assert_eq!(tell(about(Ask::History, PROD)), (whole.map(str::to_owned).to_vec(), true));
    for cut in [
        Question { max_nodes: Some(1), ..Question::default() },
        Question { max_depth: Some(1), ..Question::default() },
    ] {
        let question =
            Question { max_nodes: cut.max_nodes, max_depth: cut.max_depth, ..about(Ask::History, PROD) };
        assert!(!tell(question).1, "models and jobs are cut off");
    }
    let Reply::History(history) = of_story(about(Ask::History, PROD)) else { unreachable!() };
    let drift = history.entries.iter().find(|entry| entry.kind.word() == "drift").unwrap();
    assert!(
        drift.text.ends_with(": EDUCATION 0.4396 (threshold 0.01), LIMIT_BAL 0.2646 (threshold 0.01)"),
        "{}",
        drift.text
    );
    // Each verdict names its place in the chain that `sagewarden verify` makes.
    let mut ledger = Ledger::default();
    STORY.system.store.each(|row| ledger.add(&row.unwrap())).unwrap();
    let audit = ledger.finish();
    assert!(audit.is_whole());
    for entry in &history.entries {
        let chain = audit.chains().get(&entry.subject).filter(|_| entry.kind == EntryKind::Finding);
        assert_eq!(
            (entry.digest, entry.previous),
            (chain.and_then(VerdictChain::head), None),
            "{}",
            entry.text
        );
    }
    let until = Question { at: Some("2026-03-02T12:00:00Z".into()), ..about(Ask::History, PROD) };
    assert_eq!(tell(until), (whole[2..].iter().map(|entry| (*entry).to_owned()).collect(), true));
}

#[test]
fn a_job_has_a_history_of_its_own_with_what_was_done_about_it() {
    let tell = |question: Question| match of_story(question) {
        Reply::History(history) => {
            assert!(history.complete, "{:?}", history.missing);
            history
                .entries
                .into_iter()
                .map(|entry| format!("{}: {}", entry.kind.word(), entry.text))
                .collect()
        }
        other => unreachable!("{other:?}"),
    };
    let stopped: Vec<String> = tell(about(Ask::History, &format!("training-job/{}", Story::FORBIDDEN_JOB)));
    for words in [
        "state: created by arn:aws:sts::",
        "state: became Stopped",
        "finding: training job credit-train-001 was judged ",
        "finding: StopTrainingJob: stop requested",
    ] {
        assert!(stopped.iter().any(|entry| entry.starts_with(words)), "{words}: {stopped:#?}");
    }
    // A job that passes all controls was judged, too.
    let kept: Vec<String> = tell(about(Ask::History, &format!("training-job/{}", Story::TRAINING_JOB)));
    assert!(kept.iter().any(|entry| entry.contains("was judged compliant")), "{kept:#?}");
    assert!(kept.iter().any(|entry| entry == "state: became Completed"), "{kept:#?}");
    // As of an hour in which it was not there, nothing had happened.
    let before = Question {
        at: Some("2026-03-02T09:00:00Z".into()),
        ..about(Ask::History, &format!("training-job/{}", Story::TRAINING_JOB))
    };
    assert_eq!(tell(before), Vec::<String>::new());
}

/// Two variants with so many windows each; every third window has an execution beside it that found something at the same time.
fn watched(windows: i64) -> (Store, usize) {
    let store = Store::in_memory().unwrap();
    let endpoint = Resource::in_region(ResourceKind::Endpoint, "1", "r", "prod");
    let id = NodeId::endpoint(&endpoint);
    let mut record = Record::default();
    record.node(&id, "prod", None, Attributes::new());
    record.alias(Alias::name("endpoint", "prod"), &id);
    let mut number = 0;
    for hour in 0..windows {
        let [start, end] = [hour, hour + 1].map(|hour| Timestamp::from_millis(hour * 3_600_000));
        let mut found = vec![
            (NodeId::window(&endpoint, "Blue", start), "Blue"),
            (NodeId::window(&endpoint, "Green", start), "Green"),
        ];
        if hour % 3 == 0 {
            let job =
                Resource::in_region(ResourceKind::ProcessingJob, "1", "r", &format!("run-{}", hour % 7));
            found.push((NodeId::violation(&job, start), "run"));
        }
        for (node, name) in found {
            let facts = Attributes::from([("violations".to_owned(), 1.into())]);
            record.node(&node, &format!("{name} {hour}"), Some(end), facts);
            record.observed(&node, OBSERVED_ON, &id, end);
            number += 1;
        }
    }
    block_on(store.write(&record.writes)).unwrap();
    (store, number)
}

#[test]
fn a_history_of_two_variants_goes_back_to_the_first_window_of_both() {
    let (store, number) = watched(500);
    let mut question = about(Ask::History, "endpoint/prod");
    let mut seen: Vec<(Timestamp, String)> = Vec::new();
    for page in 1.. {
        let Reply::History(history) = ask(&store, &question).unwrap() else { unreachable!() };
        assert_eq!(history.complete, history.cursor.is_none(), "what is cut is not whole");
        let times: Vec<Timestamp> = history.entries.iter().map(|entry| entry.time).collect();
        assert!(times.is_sorted_by(|one, other| one >= other), "the newest first");
        assert!(seen.last().is_none_or(|(last, _)| times.iter().all(|time| time < last)));
        // Each hour on a page has both variants.
        let of = |variant: &str| {
            let entries = history.entries.iter().filter(|entry| entry.subject.contains(variant));
            entries.map(|entry| entry.time).collect::<Vec<_>>()
        };
        assert_eq!(of("/Blue@"), of("/Green@"));
        seen.extend(history.entries.into_iter().map(|entry| (entry.time, entry.subject)));
        match history.cursor {
            Some(cursor) => question.cursor = Some(cursor),
            None => {
                assert!(page > 10, "{page} pages");
                break;
            }
        }
    }
    assert_eq!(seen.len(), number);
    assert_eq!(seen.iter().map(|(_, subject)| subject).collect::<BTreeSet<_>>().len(), number);
}

#[test]
fn an_endpoint_shows_the_newest_findings_of_every_variant() {
    let (store, number) = watched(200);
    let question = Question::about("endpoint/prod");
    let answer = lineage(&store, &question);
    let names: BTreeSet<&str> = answer.graph.of_kind(NodeKind::Violation).map(Node::name).collect();
    assert!(
        names.contains("Blue 199") && names.contains("Green 199") && !names.contains("Blue 1"),
        "{names:?}"
    );
    assert!(names.len() < number && !answer.is_complete());
    // As of the third hour there are the windows that had ended by then, however many came later.
    let then = Question { at: Some(Timestamp::from_millis(3 * 3_600_000).to_string()), ..question };
    let refused = ask(&store, &then).unwrap_err().to_string();
    assert!(refused.contains("before the first deployment"), "{refused}");
}

#[test]
fn drift_is_shown_under_the_deployment_that_was_in_force_when_its_window_began() {
    let answer = lineage(&STORY.system.store, &Question::about(PROD));
    let graph = &answer.graph;
    let drift = graph.of_kind(NodeKind::Violation).find(|node| node.number("violations") > Some(0)).unwrap();
    let under: Vec<&Edge> = graph.into_node(&drift.id).filter(|edge| edge.role == IN_FORCE).collect();
    assert_eq!(under.len(), 1);
    let current = graph.edges.iter().find(|edge| edge.role == "current").unwrap();
    assert_ne!(under[0].from, current.from, "it has been replaced by the model that was trained anew");
    assert!(graph.nodes.contains_key(&under[0].from), "it is named in the answer");
    let tree = view::tree(&answer);
    let line = format!(
        "while deployment {} was in force, which has been replaced since",
        graph.nodes[&under[0].from].name()
    );
    assert!(tree.contains(&line), "{tree}");
    let page = view::html(&answer);
    assert!(page.contains("<li>in-force: <a href="), "the page links both");
    assert!(answer.is_complete(), "{:?}", graph.gaps());
}

#[test]
fn a_time_behind_an_endpoint_counts_in_every_question_or_is_refused() {
    let question = |ask, at: &str| Question { ask, ..Question::about(format!("{PROD}@{at}")) };
    let asked = |ask, at: &str| block_on(answer(&STORY.system.store, &question(ask, at), &|| false));
    let day = |at: &str| match asked(Ask::History, at).unwrap() {
        Reply::History(history) => history.entries.first().map(|entry| entry.time.day()),
        other => panic!("{other:?}"),
    };
    assert_eq!(day("2026-03-03"), Some("2026-03-03".to_owned()));
    assert_eq!(day("2026-03-02"), Some("2026-03-02".to_owned()));
    let time = |at: &str| match asked(Ask::Impact, at).unwrap() {
        Reply::Impact(impact) => impact.at,
        other => panic!("{other:?}"),
    };
    assert_eq!(time("2026-03-03T10:00:00Z"), Timestamp::from_text("2026-03-03T10:00:00Z"));
    for ask in [Ask::Why, Ask::Gap] {
        let refused = asked(ask, "2026-03-03").unwrap_err().to_string();
        assert!(refused.contains("a time behind `@` is for `lineage`"), "{refused}");
    }
}

#[test]
fn downstream_of_a_commit_is_what_was_built_from_it_named_or_not() {
    let answer = lineage(
        &STORY.system.store,
        &Question { direction: Way::Downstream, ..Question::about("commit/4f545b7") },
    );
    let kinds: BTreeSet<&str> = answer.graph.nodes.keys().map(|id| id.kind().word()).collect();
    // The commit of the processing job was inferred: it is found through the branch.
    for kind in ["processing-job", "training-job", "artifact", "model", "endpoint-config", "deployment"] {
        assert!(kinds.contains(kind), "{kind} is missing in {kinds:?}");
    }
    assert!(answer.is_complete(), "{:?}", answer.graph.gaps());
}

/// A commit with many children, each with a child of its own; and a chain of as many links.
fn large(children: usize) -> (Store, NodeId, NodeId) {
    let store = Store::in_memory().unwrap();
    let id = |text: String| NodeId::parse(&text).unwrap();
    let hub = id("commit#host/1/r@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned());
    let mut record = Record::default();
    record.node(&hub, "hub", None, Attributes::new());
    let mut last = hub.clone();
    for number in 0..children {
        let job = id(format!("tjob#1/r/j{number}@{number}"));
        let model = id(format!("art#s3://b/{number}@1"));
        record.node(&job, "job", None, Attributes::new());
        record.node(&model, "model", None, Attributes::new());
        record.edge(&job, &InEdge::new(Relation::ContributedTo, "source/tag", hub.clone()));
        record.edge(&model, &InEdge::new(Relation::Produced, "artifact", job));
        let link = id(format!("ds#s3://b/chain/{number:05}@1"));
        record.node(&link, "link", None, Attributes::new());
        record.edge(&link, &InEdge::new(Relation::ContributedTo, "member", last));
        last = link;
    }
    block_on(store.write(&record.writes)).unwrap();
    (store, hub, last)
}

/// Asks on with the cursor until the answer is whole; returns the nodes of all answers.
fn pages(table: &impl Table, mut question: Question) -> (Vec<NodeId>, usize) {
    let mut seen = Vec::new();
    for page in 1..500 {
        let answer = lineage(table, &question);
        seen.extend(answer.graph.nodes.keys().cloned());
        match answer.cursor {
            Some(cursor) => {
                assert!(!answer_is_whole(&question, table), "an answer with a cursor is not whole");
                question.cursor = Some(cursor);
            }
            None => return (seen, page),
        }
    }
    unreachable!("the cursor never comes to an end")
}

fn answer_is_whole(question: &Question, table: &impl Table) -> bool {
    lineage(table, question).is_complete()
}

#[test]
fn a_cursor_continues_an_answer_until_it_is_whole_and_names_no_node_twice() {
    let (store, hub, last) = large(150);
    let check = |question: Question, expected: usize, at_least: usize| {
        let (seen, number) = pages(&store, question.clone());
        let once: BTreeSet<&NodeId> = seen.iter().collect();
        assert_eq!((seen.len(), once.len()), (expected, expected), "{question:?}");
        assert!(number >= at_least, "{number} pages for {question:?}");
    };
    let down =
        Question { direction: Way::Downstream, max_depth: Some(64), ..Question::about(hub.to_string()) };
    // The hub, its jobs, their artifacts, the chain.
    check(Question { max_nodes: Some(40), ..down.clone() }, 451, 11);
    check(Question { max_nodes: Some(1), max_requests: Some(20), ..down.clone() }, 451, 451);
    check(Question { max_requests: Some(70), ..down.clone() }, 451, 3);
    check(down, 451, 2);
    let up = Question { max_depth: Some(10), ..Question::about(last.to_string()) };
    check(up.clone(), 151, 13);
    check(Question { max_requests: Some(4), ..up }, 151, 40);
}

#[test]
fn an_answer_says_which_limit_cut_it() {
    let (store, hub, last) = large(150);
    let cut = |question: Question| {
        let answer = lineage(&store, &question);
        assert!(!answer.is_complete());
        answer.graph.stopped_by.unwrap()
    };
    let up = Question::about(last.to_string());
    assert_eq!(cut(up.clone()), StoppedBy::MaxDepth);
    assert_eq!(cut(Question { max_nodes: Some(3), ..up.clone() }), StoppedBy::MaxNodes);
    assert_eq!(cut(Question { max_requests: Some(5), ..up.clone() }), StoppedBy::MaxRequests);
    let down =
        Question { direction: Way::Downstream, max_nodes: Some(10), ..Question::about(hub.to_string()) };
    assert_eq!(cut(down), StoppedBy::MaxNodes);

    let left = Cell::new(6);
    let is_over = || {
        left.set(left.get() - 1);
        left.get() < 0
    };
    let Reply::Lineage(answer) = block_on(answer(&store, &up, &is_over)).unwrap() else { unreachable!() };
    assert_eq!(answer.graph.stopped_by, Some(StoppedBy::Deadline));
    assert!(answer.cursor.is_some());
}

#[test]
fn a_question_that_cannot_be_asked_is_refused_by_field() {
    let check = |question: Question, words: &str| {
        let refused = ask(&STORY.system.store, &question).unwrap_err().to_string();
        assert!(refused.contains(words), "{question:?}: {refused}");
    };
    check(about(Ask::Diff, PROD), "`with` is missing");
    check(Question { with: Some(PROD.into()), ..Question::about(PROD) }, "`with` is only for `diff`");
    check(Question { at: Some("yesterday".into()), ..Question::about(PROD) }, "`at` is `yesterday`");
    check(
        Question { at: Some("2026-03-01T00:00:00Z".into()), ..Question::about(PROD) },
        "`at` is before the first",
    );
    check(
        Question { at: Some("2026-03-01T00:00:00Z".into()), ..Question::about("model/credit-default-model") },
        "`at` is before",
    );
    check(Question::about(format!("{PROD}@noon")), "`entity` is `noon`");
    check(Question { max_depth: Some(65), ..Question::about(PROD) }, "`max_depth` is 65");
    check(Question { max_requests: Some(0), ..Question::about(PROD) }, "`max_requests` is 0");
    check(Question { cursor: Some("x".into()), ..Question::about(PROD) }, "`cursor` is not");
    check(Question { format: Format::Html, ..about(Ask::Impact, PROD) }, "`format` is only for `lineage`");
    check(Question { direction: Way::Both, ..about(Ask::Impact, PROD) }, "`direction` is only");
    check(Question::about("s3://nowhere/x?versionId=1"), "nothing is recorded");
    let elsewhere = lineage(
        &STORY.system.store,
        &Question { max_nodes: Some(2), ..Question::about("model/credit-default-model") },
    );
    check(Question { cursor: elsewhere.cursor, ..Question::about(PROD) }, "belongs to another question");
}

#[test]
fn an_object_is_addressed_with_or_without_its_version() {
    let uri = "s3://ds-data-bucket-credit-dev-7f3a/secure-sagemaker-demo/data/credit_card_default.csv";
    let newest = lineage(&STORY.system.store, &Question::about(uri)).root;
    let first = lineage(
        &STORY.system.store,
        &Question::about(format!("{uri}?versionId=0d8a1d6ae4e9734a7ee68af0420f4514")),
    )
    .root;
    assert_ne!(newest, first);
    assert!(first.as_str().ends_with("@0d8a1d6ae4e9734a7ee68af0420f4514"), "{first}");
}

#[test]
fn an_answer_that_is_too_large_says_so_and_its_parts_are_whole() {
    let store = Store::in_memory().unwrap();
    let mut record = Record::default();
    let image = record.image("registry/train:1");
    let jobs: BTreeSet<NodeId> =
        (0..60).map(|number| NodeId::parse(&format!("tjob#1/r/{number:02}@1")).unwrap()).collect();
    for job in &jobs {
        record.node(job, "job", None, Attributes::new());
        record.edge(job, &InEdge::new(Relation::ContributedTo, "image", image.clone()));
        record.growing_detail(
            job,
            0,
            &serde_json::json!({ "HyperParameters": { "x": "y".repeat(100_000) } }),
        );
    }
    block_on(store.write(&record.writes)).unwrap();
    let down = Question { direction: Way::Downstream, ..Question::about(image.as_str()) };
    assert_eq!(lineage(&store, &down).graph.stopped_by, Some(StoppedBy::MaxBytes));

    let mut told = BTreeSet::new();
    let mut cursor = None;
    for _page in 0..7 {
        let part = lineage(&store, &Question { max_nodes: Some(10), cursor, ..down.clone() });
        assert_ne!(part.graph.stopped_by, Some(StoppedBy::MaxBytes));
        told.extend(part.details.into_keys());
        cursor = part.cursor;
    }
    assert_eq!((cursor, told), (None, jobs));
}

#[test]
fn whatever_has_an_arn_or_a_digest_is_addressed_by_it() {
    let mut asked = 0;
    for item in STORY.system.store.items().unwrap().iter().filter(|item| item.key.sk == "#") {
        let Some(id) = NodeId::parse(&item.key.pk) else { continue };
        let addresses: Vec<String> = match id.kind() {
            NodeKind::Image if id.tail().starts_with("sha256:") => vec![id.tail().to_owned()],
            // Its ARN is the endpoint's, and its own is an execution's.
            NodeKind::Deployment | NodeKind::Violation => continue,
            // Events may have them in lower case.
            _ => item.text("arn").map(|arn| vec![arn.to_owned(), arn.to_lowercase()]).unwrap_or_default(),
        };
        for address in addresses {
            assert_eq!(lineage(&STORY.system.store, &Question::about(&address)).root, id, "{address}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked} addresses");
}

#[test]
fn an_arn_names_the_newest_of_its_own_account_and_region() {
    let store = Store::in_memory().unwrap();
    let mut record = Record::default();
    let places = [("1", "r1", 5), ("1", "r1", 10), ("1", "r2", 20), ("2", "r1", 30)];
    for (account, region, created) in places {
        let job = Resource::in_region(ResourceKind::TrainingJob, account, region, "Train");
        let document = serde_json::json!({ "CreationTime": created });
        record.observation(&observe(&job, &document, &BTreeMap::new()).unwrap());
    }
    // A name that begins like it.
    let longer = Resource::in_region(ResourceKind::TrainingJob, "1", "r1", "Train-2");
    let document = serde_json::json!({ "CreationTime": 40 });
    record.observation(&observe(&longer, &document, &BTreeMap::new()).unwrap());
    block_on(store.write(&record.writes)).unwrap();
    let root = |address: &str| lineage(&store, &Question::about(address)).root.to_string();
    assert_eq!(root("training-job/train"), "tjob#2/r1/Train@30000");
    assert_eq!(root("arn:aws:sagemaker:r1:1:training-job/Train"), "tjob#1/r1/Train@10000");
    assert_eq!(root("arn:aws:sagemaker:r2:1:training-job/train"), "tjob#1/r2/Train@20000");
    assert_eq!(root("arn:aws:sagemaker:r1:2:training-job/train"), "tjob#2/r1/Train@30000");
    let nowhere = ask(&store, &Question::about("arn:aws:sagemaker:r2:2:training-job/train")).unwrap_err();
    assert!(matches!(nowhere, NoAnswer::Unknown(_)), "{nowhere}");
}

#[test]
fn an_answer_of_many_identities_lists_them() {
    let store = Store::in_memory().unwrap();
    let mut record = Record::default();
    for repository in ["one", "two"] {
        let id =
            NodeId::parse(&format!("commit#host/1/{repository}@abcdef0123456789abcdef0123456789abcdef01"))
                .unwrap();
        record.node(&id, "c", None, Attributes::new());
        record.alias(Alias::Commit { digits: id.version().to_owned() }, &id);
    }
    block_on(store.write(&record.writes)).unwrap();
    let refused = ask(&store, &Question::about("commit/abcdef01")).unwrap_err();
    assert!(matches!(&refused, NoAnswer::Ambiguous { candidates, .. } if candidates.len() == 2), "{refused}");
    assert!(
        ask(&store, &Question::about("commit#host/1/one@abcdef0123456789abcdef0123456789abcdef01")).is_ok()
    );
}
