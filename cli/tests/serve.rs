//! The server and its files: its answers, its refusals, and its end. The pages themselves are seen in a browser
//! (`tests/tests/explorer.rs`).
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use futures::executor::block_on;
use run::{failure, out, sagewarden};
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::Table as _;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::{Alias, EndpointRow, NodeRow, RevisionRow, node};
use sagewarden_lineage::table::{Attributes, Item};
use sagewarden_local::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

/// One demo for all tests.
static DEMO: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("demo");
    assert!(sagewarden(&["demo", "--out", out.to_str().unwrap()]).status.success());
    (folder, out.join("sagewarden.db"))
});

/// A server, which ends with the test.
struct Served {
    child: Child,
    /// Host and port.
    host: String,
    /// The query of the printed address.
    rest: String,
}

struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Served {
    fn of(store: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"));
        command.args(["serve", "--port", "0", "--no-open", "--store"]).arg(store).args(more);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().split_once("http://").unwrap().1;
        let (host, rest) = url.split_once('/').unwrap();
        Self { child, host: host.to_owned(), rest: rest.to_owned() }
    }

    fn get(&self, target: &str) -> Got {
        self.ask("GET", target, &self.host, "")
    }

    fn ask(&self, method: &str, target: &str, host: &str, more: &str) -> Got {
        let port = self.host.rsplit_once(':').unwrap().1;
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        write!(stream, "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n")
            .unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Got { status, head: head.to_lowercase(), body: body.to_owned() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The requests to the table that a page says it took.
fn requests(got: &Got) -> usize {
    got.body.split("data-requests=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
}

#[test]
fn every_address_has_the_right_status_and_says_what_is_wrong() {
    let served = Served::of(&DEMO.1, &[]);
    let long = format!("/endpoint/{}", "x".repeat(40_000));
    for (target, status, says) in [
        ("/", 200, "live endpoints"),
        ("/findings", 200, "TRN-NET-01"),
        ("/findings?state=all&by=owner", 200, "ana"),
        ("/findings?by=colour", 400, "owner, control, kind or week"),
        ("/findings?severity=awful", 400, "critical"),
        ("/findings?would_have_been_stopped=yes", 200, "complete"),
        ("/findings?would=maybe", 400, "write yes or no"),
        ("/findings?severty=high", 400, "did you mean `severity`?"),
        ("/findings?colour=red", 400, "`colour` is no parameter of this page"),
        ("/findings?kind=traning-job", 400, "`kind`"),
        ("/findings?control=TRN-NET-91", 400, "neither a control nor in the store"),
        ("/findings?at=2026-03-02", 400, "leave out `at`"),
        ("/model/credit-default-model?depth=2", 400, "no parameter"),
        ("/controls?show=all", 400, "write broken"),
        ("/endpiont/credit-default-prod", 404, "href=\"/endpoint/credit-default-prod\""),
        ("/training-job/credit-trian-00%C4%B0", 404, "credit-train-00"),
        ("/endpiont/none", 404, "did you mean the kind `endpoint`?"),
        ("/search?q=endpiont/credit-default-prod", 200, "href=\"/endpoint/credit-default-prod\""),
        ("/search?q=4f8c3bd2&format=json", 200, "image/sha256:4f8c3bd2"),
        ("/search?q=sha256:4f8c3bd2&format=json", 200, "image/sha256:4f8c3bd2"),
        ("/search?q=credit&format=json", 200, "training-job/"),
        ("/findings", 200, "storage volume must be encrypted with an allowed customer key"),
        ("/findings?by=control", 200, "storage volume must be encrypted with an allowed customer key"),
        ("/search?q=ana&format=json", 200, "created "),
        ("/inventory", 200, "credit-default-model-2"),
        ("/inventory?at=2026-03-03", 200, "credit-default-model"),
        ("/controls?show=broken", 200, "TRN-NET-01"),
        ("/training-job/credit-train-001", 200, "pass a VpcConfig"),
        ("/training-job/credit-trian-001", 404, "training-job/credit-train-001"),
        ("/endpoint/credit-default-prod?at=2026-03-02", 200, "credit-default-config"),
        ("/endpoint/credit-default-prod?at=yesterday", 400, "write a day"),
        ("/endpoint/credit-default-prod?at=9999-99-99", 400, "write a day"),
        ("/endpoint/credit-default-prod?at=1999-01-01", 400, "before"),
        ("/endpoint/credit-default-prod?format=pdf", 400, "html, json or csv"),
        ("/graph/endpoint/credit-default-prod?depth=2", 200, "credit-default-config-2"),
        ("/graph/endpoint/credit-default-prod?depth=many", 400, "`depth`"),
        ("/graph/endpoint/credit-default-prod?open=nothing", 404, "nothing"),
        ("/diff/model/credit-default-model/model/credit-default-model-2", 200, "hyperparameter eta"),
        ("/diff/model/credit-default-model/model/none", 404, "none"),
        ("/drift/credit-default-prod", 200, "LIMIT_BAL"),
        ("/drift/none", 404, "none"),
        ("/search?q=no+such+thing", 200, "Nothing is recorded"),
        ("/kind-of-thing/x", 404, "unknown entity"),
        ("/nothing", 404, "no page"),
        ("/%ff", 400, "encoded"),
        ("/report/sagewarden/reports/evaluation.json", 404, "no report"),
        ("/report/sagewarden/../../../../etc/passwd", 404, "no report"),
        (&long, 400, "too long"),
    ] {
        let got = served.get(target);
        assert_eq!(got.status, status, "{target}\n{}", got.body);
        assert!(got.body.contains(says), "{target} does not say `{says}`\n{}", got.body);
        assert!(got.body.len() <= 200_000, "{target} weighs {}", got.body.len());
    }
}

#[test]
fn names_are_text_and_nothing_else_can_be_done_than_reading() {
    let served = Served::of(&DEMO.1, &[]);
    for target in
        ["/model/%3Cscript%3Ealert(1)%3C/script%3E", "/search?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"]
    {
        let got = served.get(target);
        assert!(!got.body.contains("<script>alert") && !got.body.contains("<img"), "{target}");
        assert!(got.body.contains("&lt;"), "{target}");
    }
    let head = served.ask("HEAD", "/controls", &served.host, "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.head.contains("x-frame-options: deny") && head.head.contains("nosniff"), "{}", head.head);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let got = served.ask(method, "/", &served.host, "Content-Length: 0\r\n");
        assert_eq!(got.status, 405, "{method}");
        assert!(got.head.contains("allow: get, head"), "{}", got.head);
    }
    // A name of another site that leads to this machine.
    assert_eq!(served.ask("GET", "/", "evil.example", "").status, 403);
    let port = served.host.rsplit_once(':').unwrap().1;
    assert_eq!(served.ask("GET", "/", &format!("localhost:{port}"), "").status, 200);
    // A page that somebody else wrote can frame no site, and runs no script.
    let drift = served.get("/drift/credit-default-prod").body;
    let report = drift.split("href=\"/report/").nth(1).unwrap().split('"').next().unwrap();
    let got = served.get(&format!("/report/{report}"));
    assert!(got.status == 200 && got.head.contains("content-security-policy: sandbox;"), "{}", got.head);
}

#[test]
fn a_page_is_a_document_and_a_table_as_well() {
    let served = Served::of(&DEMO.1, &[]);
    for page in [
        "/?",
        "/findings?",
        "/inventory?",
        "/controls?",
        "/endpoint/credit-default-prod?",
        "/drift/credit-default-prod?",
        "/graph/endpoint/credit-default-prod?",
        "/diff/model/credit-default-model/model/credit-default-model-2?",
        "/search?q=credit&",
        "/model/none?",
    ] {
        let got = served.get(&format!("{page}format=json"));
        assert!(got.head.contains("content-type: application/json"), "{}", got.head);
        let document: Value =
            serde_json::from_str(&got.body).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(document.is_object(), "{page}");
        let got = served.get(&format!("{page}format=csv"));
        assert!(got.head.contains("text/csv") && got.body.lines().count() > 1, "{page}\n{}", got.body);
    }
    let why = serde_json::from_str::<Value>(&served.get("/training-job/credit-train-001?format=json").body)
        .unwrap();
    assert_eq!(why["why"]["verdict"]["outcome"], "violating");
}

#[test]
fn a_page_takes_few_requests_to_the_table() {
    let served = Served::of(&DEMO.1, &[]);
    let commit = commit();
    for (target, most) in [
        ("/endpoint/credit-default-prod", 4),
        ("/training-job/credit-train-002", 4),
        ("/model/credit-default-model", 4),
        ("/endpoint/111122223333/eu-west-1/credit-default-prod", 4),
        ("/drift/credit-default-prod", 4),
        (commit.as_str(), 4),
        ("/image/sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e", 4),
        ("/findings", 1),
        ("/inventory", 10),
        ("/inventory?at=2026-03-02", 15),
        ("/", 4),
    ] {
        let taken = requests(&served.get(target));
        assert!(taken <= most, "{target} takes {taken}");
    }
}

/// The page of a commit of the demo.
fn commit() -> String {
    let store = Store::open(&DEMO.1).unwrap();
    let mut found = None;
    let first = |item: Item| {
        found = NodeRow::id_of(&item.key).and_then(|id| id.commit_id().map(|hash| format!("/commit/{hash}")));
        found.is_none()
    };
    store.each_within(&NodeRow::partitions(NodeKind::Commit), first).unwrap();
    found.unwrap()
}

#[test]
fn a_search_finds_what_was_written_after_the_server_had_begun() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("growing.db");
    let store = Store::create(&place).unwrap();
    let add = |names: std::ops::Range<usize>| {
        let mut record = Record::default();
        for number in names {
            let name = format!("shop-{number:03}");
            let id = NodeId::parse(&format!("ep#111122223333/eu-west-1/{name}")).unwrap();
            record.node(&id, &name, None, Default::default());
            record.alias(Alias::name("endpoint", &name), &id);
        }
        block_on(store.write(&record.writes)).unwrap();
    };
    add(0..3);
    let served = Served::of(&place, &[]);
    let found = |words: &str| -> Value {
        serde_json::from_str(&served.get(&format!("/search?q={words}&format=json")).body).unwrap()
    };
    let names = |found: &Value| -> Vec<String> {
        found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&found("HOP-0")), ["shop-000", "shop-001", "shop-002"]);
    assert_eq!(
        found("shop-00x")["did_you_mean"],
        json!(["endpoint/shop-000", "endpoint/shop-001", "endpoint/shop-002"])
    );
    add(3..150);
    assert_eq!(names(&found("hop-")).len(), 100);
    assert_eq!((&found("hop-")["complete"], &found("hop-09")["complete"]), (&json!(false), &json!(true)));
    assert_eq!(names(&found("hop-14")).len(), 10);
    assert_eq!(names(&found("endpoint/shop-149")), ["shop-149"]);
}

/// Thirty live endpoints, and a newest result of two monitors on each. Of three, the result has violations.
fn watched(folder: &TempDir) -> PathBuf {
    let place = folder.path().join("watched.db");
    let store = Store::create(&place).unwrap();
    let mut record = Record::default();
    for number in 0..30 {
        let name = format!("shop-{number:02}");
        let endpoint = NodeId::parse(&format!("ep#111122223333/eu-west-1/{name}")).unwrap();
        let deployment = format!("dep#111122223333/eu-west-1/{name}@1000/config@900");
        let deployment = NodeId::parse(&deployment).unwrap();
        record.node(&endpoint, &name, None, Default::default());
        record.node(&deployment, &name, None, Default::default());
        let revision =
            RevisionRow { endpoint: endpoint.clone(), at: at(2_000), deployment: Some(deployment) };
        record.writes.push(EndpointRow::write(&revision));
        for (monitor, violations) in [("DataQuality", i64::from(number < 3)), ("ModelQuality", 0)] {
            let id = format!("viol#111122223333/eu-west-1/window/{name}/all/{monitor}@3000");
            let id = NodeId::parse(&id).unwrap();
            let facts = Attributes::from([
                (node::VIOLATIONS.into(), violations.into()),
                (node::FOUND.into(), "age".into()),
                (node::SEVERITY.into(), "high".into()),
                (node::MONITORING_TYPE.into(), monitor.into()),
            ]);
            record.node(&id, &name, Some(at(6_000)), facts);
            let rank = u8::try_from(violations).unwrap();
            record.newest_result(&endpoint, monitor, at(6_000), rank, &id);
        }
    }
    block_on(store.write(&record.writes)).unwrap();
    place
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn the_requests_of_the_overview_do_not_grow_with_the_endpoints() {
    let folder = TempDir::new().unwrap();
    let served = Served::of(&watched(&folder), &[]);
    let overview = served.get("/");
    assert!(requests(&overview) <= 6, "{}", requests(&overview));
    let document: Value = serde_json::from_str(&served.get("/?format=json").body).unwrap();
    assert_eq!(
        (&document["live"], document["endpoints"]["items"].as_array().unwrap().len()),
        (&json!(30), 20)
    );
    let drifting = document["drifting"].as_array().unwrap();
    let names: Vec<&str> = drifting.iter().map(|each| each["endpoint"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop-00", "shop-01", "shop-02"]);
    assert!(drifting.iter().all(|each| each["severity"] == "high" && each["found"] == "age"), "{drifting:?}");
    // A closure and a walk for each endpoint, because this store has no closures; a look back for each whose last window is well.
    let inventory: Value = serde_json::from_str(&served.get("/inventory?format=json").body).unwrap();
    let items = inventory["items"].as_array().unwrap();
    assert_eq!(items.len(), 30);
    let monitored = json!(["DataQuality", "ModelQuality"]);
    let of = |name: &str| items.iter().find(|item| item["endpoint"] == name).unwrap();
    assert_eq!(
        (&of("shop-00")["last_drift_severity"], &of("shop-00")["monitored"]),
        (&json!("high"), &monitored)
    );
}

/// An image that ten thousand jobs ran.
fn crowded(folder: &TempDir) -> PathBuf {
    let place = folder.path().join("crowded.db");
    let store = Store::create(&place).unwrap();
    let image =
        NodeId::image_of_digest("sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e");
    let mut record = Record::default();
    record.node(&image, "hub", None, Default::default());
    for number in 0..10_000 {
        let job = NodeId::parse(&format!("tjob#111122223333/eu-west-1/job-{number:05}@{number}")).unwrap();
        record.node(&job, &format!("job-{number:05}"), None, Default::default());
        record.edge(&job, &InEdge::new(Relation::ContributedTo, "image", image.clone()));
    }
    block_on(store.write(&record.writes)).unwrap();
    place
}

#[test]
fn ten_thousand_neighbours_are_a_page_of_the_usual_weight() {
    let folder = TempDir::new().unwrap();
    let served = Served::of(&crowded(&folder), &[]);
    let hub = "image/sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e";
    let got = served.get(&format!("/{hub}"));
    assert!(
        got.status == 200 && got.body.len() < 200_000 && requests(&got) <= 5,
        "{} {}",
        got.status,
        got.body.len()
    );
    assert!(got.body.contains("neighbours more are recorded"), "{}", got.body);
    let got = served.get(&format!("/graph/{hub}"));
    assert!(got.status == 200 && got.body.len() < 2_000_000, "{} {}", got.status, got.body.len());
    assert!(
        got.body.contains("more</text>") && got.body.contains("This is not all"),
        "one box stands for all of them"
    );
}

#[test]
fn what_is_no_store_is_refused_and_one_of_another_version_is_a_page() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("none.db");
    let (code, text) = failure(&["serve", "--no-open", "--store", missing.to_str().unwrap()]);
    assert!(code == Some(2) && text.contains("no store at"), "{text}");
    let text = folder.path().join("text.db");
    fs::write(&text, "this is no database at all, whatever its name says. ".repeat(40)).unwrap();
    let (code, text) = failure(&["serve", "--no-open", "--store", text.to_str().unwrap()]);
    assert!(code == Some(2) && text.contains("is not a Sagewarden store"), "{text}");
    // The beginning of SQLite's file format: a store by its mark, without the tables of this version.
    let other = folder.path().join("other.db");
    let mut bytes = fs::read(&DEMO.1).unwrap();
    let name = b"CREATE TABLE lineage";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    bytes[at..at + name.len()].copy_from_slice(b"CREATE TABLE lineagX");
    fs::write(&other, bytes).unwrap();
    let served = Served::of(&other, &[]);
    let got = served.get("/endpoint/credit-default-prod");
    assert_eq!(got.status, 503, "{}", got.body);
    assert!(got.body.contains("The store cannot be read"), "{}", got.body);
}

#[test]
fn others_need_the_token_once() {
    let served = Served::of(&DEMO.1, &["--bind", "0.0.0.0"]);
    assert_eq!(served.get("/").status, 403);
    assert_eq!(served.get("/?token=00000000000000000000000000000000").status, 403);
    assert!(served.rest.starts_with("?token="), "{}", served.rest);
    let got = served.get(&format!("/{}", served.rest));
    assert!(got.status == 303 && got.head.contains("location: /\r\n"), "{}", got.head);
    let cookie = got.head.split("set-cookie: ").nth(1).unwrap().split(';').next().unwrap();
    assert!(got.head.contains("httponly; samesite=strict"), "{}", got.head);
    assert_eq!(served.ask("GET", "/", "other.example", &format!("Cookie: {cookie}\r\n")).status, 200);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_without_a_fault() {
    let mut served = Served::of(&DEMO.1, &[]);
    assert_eq!(served.get("/controls").status, 200);
    let pid = served.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_site_has_every_page_that_another_leads_to() {
    let folder = TempDir::new().unwrap();
    let site = folder.path().join("site");
    let output = sagewarden(&["site", "--store", DEMO.1.to_str().unwrap(), "--out", site.to_str().unwrap()]);
    assert!(out(&output).contains("pages written"), "{output:?}");
    let pages = files(&site);
    assert!(pages.len() > 50, "{}", pages.len());
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        assert!(!text.contains("<form class=\"search\""), "{} has a search", page.display());
        for link in text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(!link.starts_with('/'), "{}: {link}", page.display());
            let target = link.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") {
                assert!(page.parent().unwrap().join(target).is_file(), "{}: {link}", page.display());
            }
        }
    }
    let index = fs::read_to_string(site.join("index.html")).unwrap();
    assert!(index.contains("live endpoints") && index.contains("credit-default-prod"));
    let write = |folder: &Path| {
        sagewarden(&["site", "--store", DEMO.1.to_str().unwrap(), "--out", folder.to_str().unwrap()])
    };
    assert!(write(&site).status.success(), "a site replaces an earlier one");
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    fs::write(own.join("index.html"), "mine").unwrap();
    let refused = write(&own);
    assert!(!refused.status.success(), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("holds no earlier site"), "{refused:?}");
    assert_eq!(fs::read_to_string(own.join("index.html")).unwrap(), "mine");
}

#[test]
fn a_store_that_was_deleted_or_replaced_is_not_answered_from() {
    let folder = TempDir::new().unwrap();
    let store = folder.path().join("sagewarden.db");
    fs::copy(&DEMO.1, &store).unwrap();
    let served = Served::of(&store, &[]);
    assert_eq!(served.get("/").status, 200);
    let wrong = served.get("/controls?severity=foo");
    assert!(wrong.status == 400 && wrong.body.contains("write one of"), "{}", wrong.body);
    assert_eq!(served.get("/controls?severity=&chapter=").status, 200);
    let other = folder.path().join("other.db");
    fs::copy(&DEMO.1, &other).unwrap();
    fs::rename(&other, &store).unwrap();
    let replaced = served.get("/findings");
    assert!(replaced.status == 503 && replaced.body.contains("deleted or replaced"), "{}", replaced.body);
    fs::remove_file(&store).unwrap();
    assert_eq!(served.get("/").status, 503);
}
