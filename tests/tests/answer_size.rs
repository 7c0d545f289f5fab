//! Answers of the function and Lambda's limit: an answer that is too large is cut, and its cursor continues it.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use futures::executor::block_on;
use lookup_lineage::{Bounds, RESPONSE_BYTES, answer, answer_url, size_of};
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::Table;
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::node::{ARN, URI, VERSION_ID};
use sagewarden_lineage::table::Attributes;
use sagewarden_local::Store;
use serde_json::{Value, json};

const FORMATS: [&str; 11] =
    ["json", "tree", "table", "html", "csv", "dot", "mermaid", "openlineage", "cyclonedx", "slsa", "prov"];

/// An image and the jobs that ran it, each with an artifact and with a detail that grows when it is escaped.
struct World {
    store: Store,
    image: String,
    nodes: usize,
}

static WORLD: LazyLock<World> = LazyLock::new(|| world(40, 1_500));
/// Its details are read at once, and are more than what may leave.
static LARGE: LazyLock<World> = LazyLock::new(|| world(24, 40_000));

fn world(jobs: i64, words: usize) -> World {
    let store = Store::in_memory().unwrap();
    let mut record = Record::default();
    let image = record.image("registry/train:1");
    for number in 0..jobs {
        let job = NodeId::parse(&format!("tjob#111122223333/eu-west-1/train-{number:03}@{number}")).unwrap();
        let arn = format!("arn:aws:sagemaker:eu-west-1:111122223333:training-job/train-{number:03}");
        let created = Some(Timestamp::from_millis(number));
        record.node(&job, "job", created, Attributes::from([(ARN.into(), arn.into())]));
        record.edge(&job, &InEdge::new(Relation::ContributedTo, "image", image.clone()));
        let detail = json!({ "HyperParameters": { "words": "\"\u{e9}<\n".repeat(words) } });
        record.growing_detail(&job, 0, &detail);
        let key = format!("models/{number}/model.tar.gz");
        let artifact = NodeId::artifact("b", &key, "v1");
        let place = [(URI.into(), format!("s3://b/{key}").into()), (VERSION_ID.into(), "v1".into())];
        record.node(&artifact, &key, None, Attributes::from(place));
        record.edge(&artifact, &InEdge::new(Relation::Produced, "artifact", job));
    }
    block_on(store.write(&record.writes)).unwrap();
    World { store, image: image.to_string(), nodes: 2 * usize::try_from(jobs).unwrap() + 1 }
}

fn question(world: &World, format: &str) -> Value {
    json!({ "entity": world.image, "direction": "downstream", "format": format, "max_requests": 1000 })
}

/// The response to an invocation, or to a request over HTTP, that may have so many bytes.
fn respond(world: &World, question: &Value, http: bool, bytes: usize) -> Result<Value, FunctionError> {
    let bounds = Bounds { bytes, ..Bounds::new(&|| false) };
    if !http {
        return block_on(answer(&world.store, question.clone(), bounds));
    }
    let request = json!({
        "version": "2.0", "rawPath": "/", "rawQueryString": "", "headers": {}, "body": question.to_string(),
        "requestContext": { "http": { "method": "POST" }, "timeEpoch": 0 }, "isBase64Encoded": false,
    });
    let response = block_on(answer_url(&world.store, &request, bounds)).unwrap();
    match response["statusCode"].as_u64() {
        Some(200) => Ok(response),
        _ => Err(FunctionError::BadRequest(response["body"].to_string())),
    }
}

#[test]
fn every_format_is_cut_to_what_may_leave() {
    for format in FORMATS {
        for http in [false, true] {
            let whole = respond(&WORLD, &question(&WORLD, format), http, usize::MAX).unwrap();
            let size = size_of(&whole);
            // To the byte.
            assert_eq!(respond(&WORLD, &question(&WORLD, format), http, size).unwrap(), whole, "{format}");
            for limit in [size - 1, size / 2] {
                let cut = match respond(&WORLD, &question(&WORLD, format), http, limit) {
                    // The nearest nodes come first: without the artifacts, the format has nothing to state.
                    Err(error) if format == "slsa" => {
                        assert!(
                            error.to_string().contains(&format!("the answer has {size} bytes")),
                            "{error}"
                        );
                        continue;
                    }
                    cut => cut.unwrap(),
                };
                assert!(size_of(&cut) <= limit, "{format}: {} of {limit}", size_of(&cut));
                assert!(size_of(&cut) > limit / 3, "{format}: {} of {limit}", size_of(&cut));
                if http {
                    assert_eq!(cut["headers"]["x-sagewarden-complete"], "false", "{format}");
                }
            }
        }
    }
}

#[test]
fn what_lambda_would_refuse_leaves_in_parts() {
    for format in ["json", "html"] {
        let whole = size_of(&respond(&LARGE, &question(&LARGE, format), true, usize::MAX).unwrap());
        assert!(whole > RESPONSE_BYTES, "{format} has {whole} bytes, which is nothing to test");
        let cut = size_of(&respond(&LARGE, &question(&LARGE, format), true, RESPONSE_BYTES).unwrap());
        println!("{format}: {whole} bytes, cut to {cut}");
        assert!(cut <= RESPONSE_BYTES, "{format}");
    }
}

#[test]
fn the_cursor_of_an_answer_that_was_cut_goes_on_to_the_last_node() {
    for http in [false, true] {
        let (mut seen, mut question) = (BTreeSet::new(), question(&WORLD, "json"));
        let mut pages = 0;
        loop {
            pages += 1;
            let page = respond(&WORLD, &question, http, 200_000).unwrap();
            let page = match page["body"].as_str() {
                Some(body) => serde_json::from_str(body).unwrap(),
                None => page,
            };
            let nodes = page["nodes"].as_array().unwrap();
            seen.extend(nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["cursor"].as_str() else { break };
            assert_eq!(page["stopped_by"], "max_bytes");
            question["cursor"] = json!(cursor);
        }
        assert_eq!(seen.len(), WORLD.nodes);
        assert!(pages > 2, "{pages} pages");
    }
}

#[test]
fn what_cannot_be_cut_is_refused_with_its_size() {
    let refused = respond(&WORLD, &question(&WORLD, "html"), false, 1_000).unwrap_err().to_string();
    assert!(
        refused.starts_with("the answer has ") && refused.contains("Lambda's limit is 1000"),
        "{refused}"
    );
}

#[test]
fn a_format_that_has_nothing_to_say_says_so() {
    for (format, http) in [("slsa", false), ("slsa", true), ("openlineage", false), ("openlineage", true)] {
        let upstream = json!({ "entity": WORLD.image, "format": format });
        let refused = respond(&WORLD, &upstream, http, RESPONSE_BYTES).unwrap_err().to_string();
        assert!(refused.contains(&format!("there is nothing to write as `{format}`: no job")), "{refused}");
    }
}
