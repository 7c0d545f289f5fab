use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use sagewarden_events::{Resource, ResourceKind, Status, Timestamp};
use serde_json::json;

use super::*;
use crate::edge::Relation;
use crate::fold::{apply, key as key_of};
use crate::id::{NodeId, NodeKind};
use crate::table::{Attributes, Item, Key, Query, Range, Value, Write};

const DIGITS: &str = "0123456789abcdef0123456789abcdef01234567";
const BUNDLE: &str = "feedfacecafe0123";

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn id(text: &str) -> NodeId {
    NodeId::parse(text).unwrap()
}

fn resource(kind: ResourceKind, name: &str) -> Resource {
    Resource::in_region(kind, "1", "r", name)
}

fn endpoint() -> NodeId {
    id("ep#1/r/prod")
}

fn deployment() -> NodeId {
    id("dep#1/r/prod@7/c-1@9")
}

fn branch() -> NodeId {
    id("ref#git.host/1/credit@refs/heads/main")
}

fn commit() -> NodeId {
    id(&format!("commit#git.host/1/credit@{DIGITS}"))
}

fn texts(members: &[&str]) -> BTreeSet<String> {
    members.iter().map(|text| (*text).to_owned()).collect()
}

/// The item that a write leaves behind in an empty table.
fn stored(write: &Write) -> Item {
    let mut attributes = None;
    apply(&mut attributes, write);
    Item { key: key_of(write).clone(), attributes: attributes.unwrap() }
}

/// A row with the key that it must have for ever, because tables with these bytes exist.
struct Golden {
    kind: RowKind,
    item: Item,
    pk: &'static str,
    sk: &'static str,
}

/// A row that makes an item is read back unchanged.
macro_rules! golden {
    ($kind:expr, $type:ident, $row:expr, $pk:expr, $sk:expr) => {{
        let row: $type = $row;
        let item = row.item();
        assert_eq!($type::parse(&item), Some(row), "{item:?}");
        Golden { kind: $kind, item, pk: $pk, sk: $sk }
    }};
}

fn goldens() -> Vec<Golden> {
    let mut all = nodes();
    all.extend(endpoints());
    all.extend(names());
    all.extend(judged());
    all.extend(listed());
    all.extend(captured());
    all.extend(swept());
    all.extend(receipts());
    all
}

fn nodes() -> Vec<Golden> {
    let facts = Attributes::from([(node::NAME.into(), "a".into())]);
    let job = id("tjob#1/r/a@5");
    let edge = OutEdgeRow {
        source: id("img#sha256:0"),
        relation: Relation::ContributedTo,
        role: "container/a#b".into(),
        destination: job.clone(),
    };
    let approval = ApprovalRow {
        package: id("mpkg#1/r/g/1@5"),
        at: at(6),
        state: "Approved".into(),
        by: Some("me".into()),
        description: Some("fine".into()),
    };
    vec![
        golden!(NodeRow::KIND, NodeRow, NodeRow { id: job.clone(), attributes: facts }, "tjob#1/r/a@5", "#"),
        golden!(DetailRow::KIND, DetailRow, DetailRow::of(&job, &json!({ "a": 1 })), "tjob#1/r/a@5", "$"),
        golden!(
            ExplanationRow::KIND,
            ExplanationRow,
            ExplanationRow { id: job.clone(), version: "v1".into(), json: "{}".into() },
            "tjob#1/r/a@5",
            "X#v1"
        ),
        golden!(
            OutEdgeRow::KIND,
            OutEdgeRow,
            edge,
            "img#sha256:0",
            "O#ContributedTo:container/a#b#tjob#1/r/a@5"
        ),
        golden!(ApprovalRow::KIND, ApprovalRow, approval, "mpkg#1/r/g/1@5", "Y#000000000000006#Approved"),
        golden!(
            PendingRow::KIND,
            PendingRow,
            PendingRow {
                subject: job,
                at: at(7),
                owner: "request/message".into(),
                nodes: BTreeSet::from([commit()])
            },
            "P#tjob#1/r/a@5",
            "000000000000007#request/message"
        ),
    ]
}

fn endpoints() -> Vec<Golden> {
    let reached = ReachedState::of(&Status::InService, at(1_772_532_000_000));
    let state = StateRow { endpoint: endpoint(), reached, reason: Some("why".into()) };
    let revision = RevisionRow { endpoint: endpoint(), at: at(11), deployment: Some(deployment()) };
    let gone = RevisionRow { endpoint: endpoint(), at: at(12), deployment: None };
    let current = stored(&revision.writes()[1]);
    let read = CurrentRow { endpoint: endpoint(), since: at(11), deployment: Some(deployment()) };
    assert_eq!(CurrentRow::parse(&current), Some(read));
    let facts = Attributes::from([(node::CREATED.into(), Value::Number(3))]);
    let one = ClosureNode { distance: 2, id: commit(), attributes: facts };
    let two = ClosureNode { distance: 3, id: id("img#x"), attributes: Attributes::new() };
    let closure = ClosureRow { deployment: deployment(), band: 1, number: 2, nodes: vec![one, two] };
    let item = closure.item();
    let head = item.text("0").unwrap();
    assert_eq!((head, item.text("1")), (format!("2#{}", commit()).as_str(), Some("3#img#x")));
    assert_eq!(ClosureRow::members(&item).collect::<Vec<_>>(), [commit(), id("img#x")]);
    assert_eq!(ClosureRow::parse(item.clone()), Some(closure));
    let live = LiveRow { ancestor: commit(), deployment: deployment(), endpoint: endpoint() };
    let found = ObservationRow {
        endpoint: endpoint(),
        role: "observed-on".into(),
        at: at(1_772_532_000_000),
        node: id("viol#1/r/window/prod/v@5"),
    };
    vec![
        golden!(
            ObservationRow::KIND,
            ObservationRow,
            found,
            "ep#1/r/prod",
            "N#observed-on#001772532000000#viol#1/r/window/prod/v@5"
        ),
        golden!(StateRow::KIND, StateRow, state, "ep#1/r/prod", "S#001772532000000#2#InService"),
        golden!(
            RevisionRow::KIND,
            RevisionRow,
            revision,
            "ep#1/r/prod",
            "R#000000000000011#dep#1/r/prod@7/c-1@9"
        ),
        golden!(RevisionRow::KIND, RevisionRow, gone, "ep#1/r/prod", "R#000000000000012#deleted"),
        Golden { kind: CurrentRow::KIND, item: current, pk: "ep#1/r/prod", sk: "C" },
        golden!(
            ComponentRow::KIND,
            ComponentRow,
            ComponentRow { endpoint: endpoint(), version: id("ic#1/r/c@13") },
            "ep#1/r/prod",
            "I#ic#1/r/c@13"
        ),
        golden!(
            TrafficRow::KIND,
            TrafficRow,
            TrafficRow {
                endpoint: endpoint(),
                at: at(14),
                asked: "a 0.9, b 0.1".into(),
                by: Some("me".into())
            },
            "ep#1/r/prod",
            "T#000000000000014#7efb2350d13065dc"
        ),
        Golden { kind: ClosureRow::KIND, item, pk: "dep#1/r/prod@7/c-1@9", sk: "A#001#0002" },
        golden!(
            LiveRow::KIND,
            LiveRow,
            live,
            "commit#git.host/1/credit@0123456789abcdef0123456789abcdef01234567",
            "L#dep#1/r/prod@7/c-1@9"
        ),
        golden!(
            UnindexedRow::KIND,
            UnindexedRow,
            UnindexedRow { deployment: deployment() },
            "K#unindexed",
            "dep#1/r/prod@7/c-1@9"
        ),
    ]
}

fn names() -> Vec<Golden> {
    let object = Alias::Object { bucket: "b".into(), key: "a/k#1".into(), version: "v1".into() };
    let head = HeadRow {
        reference: branch(),
        at: at(20),
        commit: Some(commit()),
        before: Some(DIGITS.into()),
        forced: Some(true),
        pushers: texts(&["ana"]),
        cut: texts(&["more"]),
    };
    let gone = HeadRow {
        at: at(21),
        commit: None,
        before: None,
        forced: None,
        pushers: BTreeSet::new(),
        cut: BTreeSet::new(),
        ..head.clone()
    };
    let job = resource(ResourceKind::TrainingJob, "A");
    let creation = CallRow {
        pk: CallRow::partition(&job),
        effect: CallEffect::Created,
        at: at(30),
        by: Some("arn:me".into()),
        asserted: Some(DIGITS.into()),
        configuration: None,
    };
    let deletion = CallRow { effect: CallEffect::Deleted, by: None, asserted: None, ..creation.clone() };
    let deploying = CallRow {
        pk: CallRow::partition(&resource(ResourceKind::Endpoint, "Prod")),
        configuration: Some("c-1".into()),
        ..creation.clone()
    };
    vec![
        golden!(
            AliasRow::NAME,
            AliasRow,
            AliasRow { alias: Alias::name("endpoint", "Prod"), id: endpoint() },
            "K#name#endpoint/prod",
            "ep#1/r/prod"
        ),
        golden!(
            AliasRow::COMMIT,
            AliasRow,
            AliasRow { alias: Alias::Commit { digits: "0123456".into() }, id: commit() },
            "K#git#0123456",
            "commit#git.host/1/credit@0123456789abcdef0123456789abcdef01234567"
        ),
        golden!(
            AliasRow::OBJECT,
            AliasRow,
            AliasRow { alias: object, id: id("ds#s3://b/a/k#1@v1") },
            "K#s3#b/a/k#1",
            "v1#ds#s3://b/a/k#1@v1"
        ),
        golden!(
            HeadRow::KIND,
            HeadRow,
            head,
            "ref#git.host/1/credit@refs/heads/main",
            "H#000000000000020#0123456789abcdef0123456789abcdef01234567"
        ),
        golden!(
            HeadRow::KIND,
            HeadRow,
            gone,
            "ref#git.host/1/credit@refs/heads/main",
            "H#000000000000021#deleted"
        ),
        golden!(
            FollowerRow::KIND,
            FollowerRow,
            FollowerRow { reference: branch(), created_at: at(22), id: id("tjob#1/r/a@22") },
            "ref#git.host/1/credit@refs/heads/main",
            "J#000000000000022#tjob#1/r/a@22"
        ),
        golden!(
            CallRow::CREATION,
            CallRow,
            creation,
            "K#call#training-job/1/r/A",
            "C#000000000000030#arn:me"
        ),
        golden!(
            CallRow::CREATION,
            CallRow,
            deploying,
            "K#call#endpoint/1/r/prod",
            "C#000000000000030#arn:me#c-1"
        ),
        golden!(CallRow::DELETION, CallRow, deletion, "K#call#training-job/1/r/A", "D#000000000000030#"),
    ]
}

fn judged() -> Vec<Golden> {
    let notebook = resource(ResourceKind::NotebookInstance, "Nb");
    let pk = VerdictRow::partition(&notebook, at(40));
    let verdict = VerdictRow {
        pk: pk.clone(),
        bundle: BUNDLE.into(),
        modified_at: at(41),
        judged_at: at(43),
        is_known: true,
        findings_mark: "00ff".into(),
        outcome: "compliant".into(),
        findings: "[]".into(),
        checked: "a b".into(),
    };
    let as_of = stored(&verdict.write());
    assert_eq!(as_of.text(VerdictRow::AS_OF), Some("000000000000041#000000000000043#1#00ff"));
    let job = resource(ResourceKind::TrainingJob, "a");
    assert_eq!(VerdictRow::partition(&job, at(5)), "tjob#1/r/a@5", "that of the node");
    vec![
        golden!(
            JudgementRow::KIND,
            JudgementRow,
            JudgementRow(verdict.clone()),
            "V#R#notebook-instance#1/r/Nb@40",
            "VJ#feedfacecafe#1#00ff"
        ),
        golden!(VerdictRow::KIND, VerdictRow, verdict, "V#R#notebook-instance#1/r/Nb@40", "V#feedfacecafe"),
        golden!(
            ComplianceRow::KIND,
            ComplianceRow,
            ComplianceRow { pk: pk.clone(), bundle: bundle_mark(BUNDLE).into(), kept_at: at(42) },
            "V#R#notebook-instance#1/r/Nb@40",
            "VK#feedfacecafe"
        ),
        golden!(
            HistoryRow::KIND,
            HistoryRow,
            HistoryRow { subject: "tjob#1/r/a@5".into(), until: at(43) },
            "V#tjob#1/r/a@5",
            "VH"
        ),
        golden!(
            JudgedRow::KIND,
            JudgedRow,
            JudgedRow::of(&notebook, &pk, Some("prod")),
            "K#judged#arn:aws:sagemaker:r:1:notebook-instance/nb",
            "#"
        ),
    ]
}

/// A verdict with a finding of each status.
fn verdict_with_findings(pk: &str) -> VerdictRow {
    let waiver = json!({ "approver": "me", "reason": "old", "expires": "1970-01-01T00:00:01Z" });
    let finding = |control: &str, severity: &str, status: &str| json!({ "control": control, "severity": severity, "status": status });
    let mut waived = finding("C", "critical", "waived");
    waived["waiver"] = waiver;
    let findings = json!([
        finding("B", "low", "unknown"),
        finding("A", "high", "violation"),
        waived,
        finding("WAIVER-EXPIRED", "info", "violation")
    ]);
    VerdictRow {
        pk: pk.into(),
        bundle: BUNDLE.into(),
        modified_at: at(41),
        judged_at: at(43),
        is_known: true,
        findings_mark: "00ff".into(),
        outcome: "violating".into(),
        findings: findings.to_string(),
        checked: "A B C".into(),
    }
}

fn listed() -> Vec<Golden> {
    let job = resource(ResourceKind::TrainingJob, "a");
    let pk = VerdictRow::partition(&job, at(40));
    let verdict = verdict_with_findings(&pk);
    let open = OpenFindingRow::of_verdict(&verdict, Some("ana")).unwrap();
    let waived = WaivedRow::of_verdict(&verdict, None).unwrap();
    let found = FoundRow::of_verdict(&verdict, "observe", Some("stop")).unwrap();
    let (open_item, waived_item) = (open.item().unwrap(), waived.item().unwrap());
    assert_eq!(OpenFindingRow::parse(&open_item), Some(open));
    assert_eq!(WaivedRow::parse(&waived_item), Some(waived));
    let revision = RevisionRow { endpoint: endpoint(), at: at(11), deployment: Some(deployment()) };
    let result = NewestResult { at: at(12), rank: 2, node: id("viol#1/r/window/prod/all/bias@6") };
    let mut served = stored(&EndpointRow::write(&revision));
    let earlier = NewestResult { rank: 1, ..result.clone() };
    served.attributes.extend(
        [&earlier, &result, &earlier]
            .into_iter()
            .fold(None, |mut attributes, result| {
                apply(&mut attributes, &result.write(&endpoint(), "ModelBias"));
                attributes
            })
            .unwrap(),
    );
    let read = EndpointRow {
        endpoint: endpoint(),
        since: at(11),
        deployment: Some(deployment()),
        results: vec![result],
    };
    assert_eq!(EndpointRow::parse(&served), Some(read));
    let made = MadeRow::of(&id("tjob#1/r/a@40"), at(40)).unwrap();
    let erased = ErasedRow {
        at: at(44),
        arn: "arn:aws:sagemaker:r:1:training-job/a".into(),
        call: "DeleteTrainingJob".into(),
        by: Some("ana".into()),
    };
    vec![
        Golden { kind: EndpointRow::KIND, item: served, pk: "K#endpoints", sk: "1/r/prod" },
        golden!(MadeRow::KIND, MadeRow, made, "K#made#training-job", "000000000000040#tjob#1/r/a@40"),
        Golden {
            kind: OpenFindingRow::KIND,
            item: open_item,
            pk: "K#open",
            sk: "4#1/r/#000000000000040#tjob#1/r/a@40",
        },
        Golden {
            kind: WaivedRow::KIND,
            item: waived_item,
            pk: "K#waived",
            sk: "1/r/#000000000000040#tjob#1/r/a@40",
        },
        golden!(
            FoundRow::KIND,
            FoundRow,
            found,
            "K#found#high",
            "000000000000041#tjob#1/r/a@40#feedfacecafe#1#00ff"
        ),
        golden!(
            DeletedRow::KIND,
            DeletedRow,
            DeletedRow::of(&job, at(44)),
            "K#judged#arn:aws:sagemaker:r:1:training-job/a",
            "D#000000000000044"
        ),
        golden!(
            ErasedRow::KIND,
            ErasedRow,
            erased,
            "K#erased",
            "000000000000044#arn:aws:sagemaker:r:1:training-job/a"
        ),
    ]
}

fn captured() -> Vec<Golden> {
    let (start, end) = (at(1_772_532_000_000), at(1_772_539_200_000));
    let variant = "main".to_owned();
    let prod = resource(ResourceKind::Endpoint, "Prod");
    let window = OpenWindowRow { endpoint: prod.clone(), variant, start, end };
    let partition = window.partition();
    let file = CapturedFileRow {
        window: partition.clone(),
        bucket: "b".into(),
        key: "2026/a.jsonl".into(),
        version_id: Some("v1".into()),
        etag: "e".into(),
        size: 12,
        modified_at: at(50),
        sequencer: Some("00A".into()),
    };
    let last = stored(&LastCaptureRow::write(&prod, end));
    assert_eq!(
        LastCaptureRow::parse(&last),
        Some(LastCaptureRow { endpoint: "1/r/prod".into(), until: end })
    );
    let listening = stored(&ListeningRow { since: start }.write());
    assert_eq!(ListeningRow::parse(&listening), Some(ListeningRow { since: start }));
    let mark = |mark| WindowMarkRow { window: partition.clone(), mark };
    let closed = ClosedWindowRow { window: partition.clone(), count: 2, files: "0a1b".into() };
    assert_eq!(stored(&closed.write()), closed.item());
    const WINDOW: &str = "W#1/r/prod/main@1772532000000+2";
    const LABELS: &str = "G#labels/credit";
    let labels = LabelFileRow::new("labels/credit", start, file.clone());
    let labelled = LabelledWindowRow { place: "labels/credit".into(), window: window.clone(), until: at(99) };
    let due = DueWindowRow { due: end, window: window.clone() };
    let attempt =
        AttemptRow { subject: "s3://b/constraints.json".into(), at: at(7), owner: "request/message".into() };
    vec![
        golden!(
            AttemptRow::KIND,
            AttemptRow,
            attempt,
            "K#attempt#e7f14cecd65854caa99f3bd5d3149c981eab5a0c6a1f5ecb3d285e1590300330",
            "000000000000007#request/message"
        ),
        golden!(
            OpenWindowRow::KIND,
            OpenWindowRow,
            window,
            "K#windows",
            "1772539200000#W#1/r/prod/main@1772532000000+2"
        ),
        golden!(CapturedFileRow::KIND, CapturedFileRow, file, WINDOW, "F#2026/a.jsonl@v1"),
        golden!(ClosedWindowRow::KIND, ClosedWindowRow, closed, WINDOW, "Z"),
        golden!(WindowMarkRow::METRICS, WindowMarkRow, mark(WindowMark::MetricsPublished), WINDOW, "M"),
        golden!(WindowMarkRow::QUALITY, WindowMarkRow, mark(WindowMark::QualityPublished), WINDOW, "MQ"),
        golden!(WindowMarkRow::GIVEN_UP, WindowMarkRow, mark(WindowMark::GivenUp), WINDOW, "U"),
        golden!(LabelFileRow::KIND, LabelFileRow, labels, LABELS, "T#1772532000000#2026/a.jsonl@v1"),
        golden!(
            LabelledWindowRow::KIND,
            LabelledWindowRow,
            labelled,
            LABELS,
            "W#1772539200000#W#1/r/prod/main@1772532000000+2"
        ),
        golden!(
            DueWindowRow::KIND,
            DueWindowRow,
            due,
            "K#quality",
            "1772539200000#W#1/r/prod/main@1772532000000+2"
        ),
        Golden { kind: LastCaptureRow::KIND, item: last, pk: "K#captured", sk: "1/r/prod" },
        Golden { kind: ListeningRow::KIND, item: listening, pk: "K#captured", sk: "#" },
    ]
}

fn swept() -> Vec<Golden> {
    let sweep = SweepRow {
        kind: ResourceKind::TrainingJob,
        region: "r".into(),
        began: at(70),
        since: Some(at(60)),
        pages: 2,
        listed: 200,
        empty: 1,
        gone: 3,
        down_to: Some(at(62)),
        by_search: true,
        cursor: Some("token".into()),
        tally: SweepTally {
            first: Some(at(1)),
            from: Some(at(50)),
            until: Some(at(69)),
            again_since: Some(at(49)),
            arrived: 4,
            oldest_open: Some(at(61)),
            hop: 1,
            moved_at: Some(at(71)),
            is_reported: false,
            month: "2026-03".into(),
            month_arrived: 5,
            month_missed: 1,
        },
    };
    assert_eq!(stored(&sweep.write()), sweep.item());
    let tally = SweepTally { is_reported: true, ..sweep.tally.clone() };
    let reported = SweepRow { cursor: None, tally, ..sweep.clone() };
    assert_eq!(SweepRow::parse(&stored(&reported.write())), Some(reported.clone()));
    let asked_for = SweepRow { tally: SweepTally::default(), ..sweep.clone() };
    assert_eq!(SweepRow::parse(&stored(&asked_for.write())), Some(asked_for.clone()));
    // The end counts more than the last page, and the next page more than the end.
    let version = |row: &SweepRow| row.item().text("as_of").map(str::to_owned);
    assert!(version(&sweep) < version(&reported));
    assert!(version(&reported) < version(&SweepRow { pages: 3, ..sweep.clone() }));
    let seen = SeenRow {
        resource: resource(ResourceKind::Model, "A"),
        created_at: at(5),
        gone_seen_at: Some(at(71)),
    };
    assert_eq!(SeenRow::parse(&stored(&seen.write_gone(at(71)))), Some(seen.clone()));
    let missed =
        MissedRow { resource: resource(ResourceKind::TrainingJob, "A"), created_at: at(5), found_at: at(70) };
    assert_eq!(stored(&missed.write()), missed.item());
    let arrived = ArrivedRow {
        month: "2026-03".into(),
        kind: ResourceKind::PipelineExecution,
        region: "r".into(),
        until: at(69),
        arrived: 12,
        missed: 1,
    };
    assert_eq!(arrived.writes().map(|write| stored(&write)), [arrived.item(), arrived.beside()]);
    assert_eq!(ArrivedRow::parse(&arrived.beside()), Some(arrived.clone()));
    vec![
        Golden { kind: ArrivedRow::BESIDE, item: arrived.beside(), pk: "K#open", sk: "~r#PipelineExecution" },
        golden!(SweepRow::KIND, SweepRow, sweep, "K#sweep", "TrainingJob#r"),
        golden!(
            SeenRow::KIND,
            SeenRow,
            seen,
            "K#seen#model",
            "000000000000005#arn:aws:sagemaker:r:1:model/A"
        ),
        golden!(
            MissedRow::KIND,
            MissedRow,
            missed,
            "K#missed",
            "000000000000005#arn:aws:sagemaker:r:1:training-job/A"
        ),
        golden!(ArrivedRow::KIND, ArrivedRow, arrived, "K#arrived", "2026-03#r#PipelineExecution"),
    ]
}

fn receipts() -> Vec<Golden> {
    let claimed = ReceiptRow {
        cause: "finding#tjob#1/r/a@5".into(),
        set: None,
        state: ReceiptState::Claimed { owner: "o".into(), until: at(60) },
        expires: None,
        published: BTreeSet::new(),
    };
    let set = ReceiptRow {
        cause: ReceiptRow::period("drift", "1/r/prod", at(61)),
        set: Some("00ff".into()),
        state: ReceiptState::Done,
        expires: Some(62),
        published: texts(&["0|check|age"]),
    };
    let owed = NoticeRow {
        arn: "arn:aws:sagemaker:r:1:training-job/a".into(),
        cause: "finding#tjob#1/r/a@5".into(),
        state: ReceiptState::Claimed { owner: "o".into(), until: at(60) },
        owed: Some("{}".into()),
    };
    vec![
        golden!(
            NoticeRow::KIND,
            NoticeRow,
            owed,
            "K#judged#arn:aws:sagemaker:r:1:training-job/a",
            "E#finding#tjob#1/r/a@5"
        ),
        golden!(ReceiptRow::KIND, ReceiptRow, claimed, "E#finding#tjob#1/r/a@5", "#"),
        golden!(ReceiptRow::OF_SET, ReceiptRow, set, "E#drift#1/r/prod#000000000000061", "00ff"),
    ]
}

#[test]
fn keys_are_those_of_tables_that_exist() {
    for Golden { item, pk, sk, .. } in goldens() {
        assert_eq!(item.key, Key::new(pk, sk));
    }
}

#[test]
fn every_kind_is_listed_and_its_rows_look_as_it_says() {
    let goldens = goldens();
    for kind in KINDS {
        assert!(goldens.iter().any(|golden| golden.kind == kind), "{kind:?} has no row here");
    }
    for Golden { kind, pk, sk, .. } in goldens {
        assert_eq!(KINDS.iter().filter(|listed| **listed == kind).count(), 1, "{kind:?}");
        assert!(fits(kind.pk, pk), "`{pk}` is no {}", kind.pk);
        assert!(fits(kind.sk, sk), "`{sk}` is no {}", kind.sk);
    }
}

/// Whether a key has the literal parts of one form of a pattern, in their order and with the same beginning and end.
fn fits(pattern: &str, key: &str) -> bool {
    pattern.split(", or ").any(|form| {
        let mut literals = form.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest));
        let Some(mut rest) = literals.next().and_then(|first| key.strip_prefix(first)) else { return false };
        let literals: Vec<&str> = literals.collect();
        for literal in &literals {
            match rest.split_once(literal) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        // The last variable part takes the rest.
        literals.last().is_none_or(|last| last.is_empty()) || rest.is_empty()
    })
}

#[test]
fn a_row_is_read_by_its_own_type_alone() {
    type Reader = fn(&Item) -> bool;
    let readers: [(&str, Reader); 46] = [
        ("NodeRow", |item| NodeRow::parse(item).is_some()),
        ("DetailRow", |item| DetailRow::parse(item).is_some()),
        ("ExplanationRow", |item| ExplanationRow::parse(item).is_some()),
        ("OutEdgeRow", |item| OutEdgeRow::parse(item).is_some()),
        ("ObservationRow", |item| ObservationRow::parse(item).is_some()),
        ("StateRow", |item| StateRow::parse(item).is_some()),
        ("ApprovalRow", |item| ApprovalRow::parse(item).is_some()),
        ("PendingRow", |item| PendingRow::parse(item).is_some()),
        ("RevisionRow", |item| RevisionRow::parse(item).is_some()),
        ("CurrentRow", |item| CurrentRow::parse(item).is_some()),
        ("ComponentRow", |item| ComponentRow::parse(item).is_some()),
        ("TrafficRow", |item| TrafficRow::parse(item).is_some()),
        ("ClosureRow", |item| ClosureRow::parse(item.clone()).is_some()),
        ("LiveRow", |item| LiveRow::parse(item).is_some()),
        ("UnindexedRow", |item| UnindexedRow::parse(item).is_some()),
        ("AliasRow", |item| AliasRow::parse(item).is_some()),
        ("HeadRow", |item| HeadRow::parse(item).is_some()),
        ("FollowerRow", |item| FollowerRow::parse(item).is_some()),
        ("CallRow", |item| CallRow::parse(item).is_some()),
        ("VerdictRow", |item| VerdictRow::parse(item).is_some()),
        ("JudgementRow", |item| JudgementRow::parse(item).is_some()),
        ("ComplianceRow", |item| ComplianceRow::parse(item).is_some()),
        ("HistoryRow", |item| HistoryRow::parse(item).is_some()),
        ("JudgedRow", |item| JudgedRow::parse(item).is_some()),
        ("OpenWindowRow", |item| OpenWindowRow::parse(item).is_some()),
        ("CapturedFileRow", |item| CapturedFileRow::parse(item).is_some()),
        ("ClosedWindowRow", |item| ClosedWindowRow::parse(item).is_some()),
        ("WindowMarkRow", |item| WindowMarkRow::parse(item).is_some()),
        ("LabelFileRow", |item| LabelFileRow::parse(item).is_some()),
        ("LabelledWindowRow", |item| LabelledWindowRow::parse(item).is_some()),
        ("DueWindowRow", |item| DueWindowRow::parse(item).is_some()),
        ("AttemptRow", |item| AttemptRow::parse(item).is_some()),
        ("LastCaptureRow", |item| LastCaptureRow::parse(item).is_some()),
        ("SweepRow", |item| SweepRow::parse(item).is_some()),
        ("SeenRow", |item| SeenRow::parse(item).is_some()),
        ("MissedRow", |item| MissedRow::parse(item).is_some()),
        ("ArrivedRow", |item| ArrivedRow::parse(item).is_some()),
        ("ReceiptRow", |item| ReceiptRow::parse(item).is_some()),
        ("NoticeRow", |item| NoticeRow::parse(item).is_some()),
        ("EndpointRow", |item| EndpointRow::parse(item).is_some()),
        ("MadeRow", |item| MadeRow::parse(item).is_some()),
        ("OpenFindingRow", |item| OpenFindingRow::parse(item).is_some()),
        ("WaivedRow", |item| WaivedRow::parse(item).is_some()),
        ("FoundRow", |item| FoundRow::parse(item).is_some()),
        ("DeletedRow", |item| DeletedRow::parse(item).is_some()),
        ("ErasedRow", |item| ErasedRow::parse(item).is_some()),
    ];
    for Golden { kind, item, .. } in goldens() {
        let read = readers.iter().filter(|(_, reads)| reads(&item)).map(|(name, _)| *name);
        let read: Vec<&str> = read.chain(ListeningRow::parse(&item).map(|_| "ListeningRow")).collect();
        assert_eq!(read, [kind.row], "{item:?}");
    }
}

#[test]
fn a_text_that_is_an_identity_stands_where_nodes_are_named() {
    let mut seen = 0;
    for Golden { item, .. } in goldens() {
        for (name, value) in &item.attributes {
            let is_identity = matches!(value, Value::Text(text) if NodeId::parse(text).is_some());
            assert!(!is_identity || naming(&item).contains(&name.as_str()), "{name} of {item:?}");
            seen += usize::from(is_identity);
        }
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn what_is_written_is_what_the_item_says() {
    let check = |write: Write, item: Item| assert_eq!(stored(&write), item);
    for Golden { item, .. } in goldens() {
        if let Some(row) = ApprovalRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = PendingRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = HeadRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = RevisionRow::parse(&item) {
            check(row.writes()[0].clone(), item.clone());
        }
        if let Some(row) = VerdictRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = JudgementRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = ComplianceRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = HistoryRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = JudgedRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = CallRow::parse(&item) {
            check(row.write(), item.clone());
        }
        if let Some(row) = FoundRow::parse(&item) {
            check(row.write(), item.clone());
        }
    }
}

#[test]
fn what_was_done_about_a_verdict_stands_beside_it() {
    let key = VerdictRow::key("R#x", BUNDLE);
    let writes = [
        VerdictRow::write_actor(key.clone(), "{}"),
        VerdictRow::write_remedy(key.clone(), "StopTrainingJob", "stopped", Some(7)),
        VerdictRow::write_changed(key.clone(), at(2)),
        VerdictRow::write_marked(key.clone(), at(3), "a b"),
        VerdictRow::write_marked_again(key.clone(), at(6)),
        VerdictRow::write_stopped(key.clone(), at(3), at(4), true),
        VerdictRow::write_stopped(key.clone(), at(3), at(4), false),
        VerdictRow::write_stopped(key.clone(), at(3), at(4), true),
        VerdictRow::write_stopped(key.clone(), at(3), at(5), true),
        VerdictRow::write_stopped(key, at(3), at(5), false),
    ];
    let mut attributes = None;
    writes.iter().for_each(|write| apply(&mut attributes, write));
    let expected = [
        ("actor", "{}".into()),
        ("remedy", "StopTrainingJob".into()),
        ("remedy_after_ms", 7.into()),
        ("remedy_changed", Value::Set(texts(&["000000000000002"]))),
        ("remedy_marked", "a b".into()),
        ("remedy_marked_again", Value::Set(texts(&["000000000000006"]))),
        ("remedy_marked_as_of", "000000000000003#a b".into()),
        ("remedy_result", "stopped".into()),
        ("stopped_as_of", "000000000000003#000000000000005#1".into()),
        ("stopped_to_change", Value::from("no")),
    ];
    assert_eq!(attributes, Some(expected.map(|(name, value)| (name.to_owned(), value)).into()));
}

#[test]
fn details_that_are_too_large_leave_a_mark() {
    let large = DetailRow::of(&endpoint(), &json!({ "a": "x".repeat(300_000) }));
    assert_eq!((large.json.clone(), large.omitted_bytes), (None, 300_008));
    assert_eq!(DetailRow::parse(&large.item()), Some(large.clone()));
    let newest = stored(&large.newest("7"));
    let read = DetailRow { json: Some("{}".into()), ..large };
    assert_eq!(DetailRow::parse(&newest), Some(read));
    assert_eq!(newest.text("jsonv"), Some("7"));
}

#[test]
fn an_explanation_is_found_by_the_register_that_names_it() {
    let version = ExplanationRow::register_version(at(5), "v#1");
    assert_eq!(version, "000000000000005#v#1");
    let key = ExplanationRow::key(&endpoint(), "v#1");
    assert_eq!(ExplanationRow::key_of_newest(&endpoint(), &version), Some(key));
    assert_eq!(ExplanationRow::written_at(&version), Some(at(5)));
}

#[test]
fn a_register_names_each_attribute_once_and_none_of_another() {
    let names =
        node::REGISTERS.iter().flat_map(|register| register.content.iter().chain([&register.version]));
    let names: Vec<&str> = names.copied().collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn a_gap_is_read_as_subject_and_words() {
    assert_eq!(node::parse_gap(&node::gap("source", "no commit")), Some(("source", "no commit")));
    assert_eq!(node::parse_gap("no gap"), None);
}

/// The items that a query finds in a table.
fn find(query: &Query, items: &[Item]) -> Vec<Item> {
    let within = |sk: &str| match &query.range {
        Range::Prefix(prefix) => sk.starts_with(prefix),
        Range::Between(from, until) => (from.as_str()..=until.as_str()).contains(&sk),
    };
    let found = items.iter().filter(|item| item.key.pk == query.pk && within(&item.key.sk));
    let mut found: Vec<Item> = found.cloned().collect();
    found.sort_by(|one, other| one.key.sk.cmp(&other.key.sk));
    if query.descending {
        found.reverse();
    }
    found.truncate(query.limit.unwrap_or(usize::MAX));
    found
}

/// The times of the rows that a query finds.
fn times<T>(
    query: &Query,
    items: &[Item],
    parse: impl Fn(&Item) -> Option<T>,
    time: impl Fn(&T) -> Timestamp,
) -> Vec<i64> {
    let rows = find(query, items).iter().map(|item| parse(item).unwrap()).collect::<Vec<_>>();
    rows.iter().map(|row| time(row).millis()).collect()
}

const LAST: i64 = 999_999_999_999_999;

proptest! {
    #[test]
    fn times_sort_as_texts(one in 0..=LAST, other in 0..=LAST) {
        prop_assert_eq!(one.cmp(&other), millis(at(one)).cmp(&millis(at(other))));
        prop_assert_eq!(one.cmp(&other), earliest(at(other)).cmp(&earliest(at(one))));
        prop_assert_eq!(leading_time(&millis(at(one))), Some(at(one)));
    }

    #[test]
    fn revisions_are_found_by_their_times(all in prop::collection::btree_set(0_i64..40, 0..12), from in 0_i64..40, length in 0_i64..20) {
        let row = |time: i64| RevisionRow {
            endpoint: endpoint(),
            at: at(time),
            deployment: (time % 3 > 0).then(deployment),
        };
        let mut items: Vec<Item> = all.iter().map(|time| row(*time).item()).collect();
        items.extend(goldens().into_iter().map(|golden| golden.item).filter(|item| RevisionRow::parse(item).is_none()));
        let found = |query: Query| times(&query, &items, RevisionRow::parse, |row| row.at);
        let until = from + length;
        let fitting = |fits: &dyn Fn(i64) -> bool| all.iter().copied().filter(|time| fits(*time)).collect::<Vec<_>>();
        let mut newest_first = fitting(&|time| time <= from);
        newest_first.reverse();
        prop_assert_eq!(found(RevisionRow::until(&endpoint(), at(from))), newest_first);
        prop_assert_eq!(found(RevisionRow::between(&endpoint(), at(from), at(until))), fitting(&|time| from <= time && time <= until));
        prop_assert_eq!(found(RevisionRow::since(&endpoint(), at(from))), fitting(&|time| from <= time));
        prop_assert_eq!(found(RevisionRow::of(&endpoint())), fitting(&|_| true));
    }

    #[test]
    fn heads_and_followers_are_found_by_their_times(all in prop::collection::btree_set(0_i64..40, 0..12), from in 0_i64..40, length in 0_i64..20) {
        let head = |time: i64| HeadRow {
            reference: branch(),
            at: at(time),
            commit: (time % 3 > 0).then(commit),
            before: None,
            forced: None,
            pushers: BTreeSet::new(),
            cut: BTreeSet::new(),
        };
        let follower = |time: i64| FollowerRow { reference: branch(), created_at: at(time), id: id("tjob#1/r/a@22") };
        let mut items: Vec<Item> = all.iter().map(|time| head(*time).item()).collect();
        items.extend(all.iter().map(|time| follower(*time).item()));
        let heads = |query: Query| times(&query, &items, HeadRow::parse, |row| row.at);
        let followers = |query: Query| times(&query, &items, FollowerRow::parse, |row| row.created_at);
        let fitting = |fits: &dyn Fn(i64) -> bool| all.iter().copied().filter(|time| fits(*time)).collect::<Vec<_>>();
        let mut newest_first = fitting(&|time| time <= from);
        newest_first.reverse();
        prop_assert_eq!(heads(HeadRow::until(&branch(), at(from))), newest_first);
        prop_assert_eq!(heads(HeadRow::after(&branch(), at(from))), fitting(&|time| from < time));
        prop_assert_eq!(heads(HeadRow::of(&branch())), fitting(&|_| true));
        let until = from + length;
        prop_assert_eq!(followers(FollowerRow::between(&branch(), at(from), Some(at(until)))), fitting(&|time| from <= time && time < until));
        prop_assert_eq!(followers(FollowerRow::between(&branch(), at(from), None)), fitting(&|time| from <= time));
    }

    #[test]
    fn windows_that_ended_before_a_time_are_found_the_newest_first(all in prop::collection::btree_set(0_i64..40, 0..12), before in 0_i64..40) {
        let window = |end: i64| OpenWindowRow {
            endpoint: resource(ResourceKind::Endpoint, "prod"),
            variant: "main".into(),
            start: at(0),
            end: at(end),
        };
        let items: Vec<Item> = all.iter().map(|end| window(*end).item()).collect();
        let found = times(&OpenWindowRow::ended(at(before)), &items, OpenWindowRow::parse, |row| row.end);
        prop_assert_eq!(found, all.iter().copied().rev().filter(|end| *end < before).collect::<Vec<_>>());
    }
}

#[test]
fn queries_by_prefix_find_no_neighbours() {
    let items: Vec<Item> = goldens().into_iter().map(|golden| golden.item).collect();
    let kinds = |query: Query, kind: RowKind, number: usize| {
        let found = find(&query, &items);
        assert_eq!(found.len(), number, "{query:?}");
        let same = goldens().into_iter().filter(|golden| golden.kind == kind);
        let same: Vec<Item> = same.map(|golden| golden.item).collect();
        assert!(found.iter().all(|item| same.contains(item)), "{query:?}: {found:?}");
    };
    let job = resource(ResourceKind::TrainingJob, "A");
    kinds(CallRow::creations(&job), CallRow::CREATION, 1);
    assert_eq!(find(&CallRow::of(&job), &items).len(), 2);
    kinds(VerdictRow::of("R#notebook-instance#1/r/Nb@40"), VerdictRow::KIND, 1);
    kinds(JudgementRow::of("R#notebook-instance#1/r/Nb@40"), JudgementRow::KIND, 1);
    kinds(NoticeRow::about(&job), NoticeRow::KIND, 1);
    kinds(StateRow::of(&endpoint()), StateRow::KIND, 1);
    kinds(ApprovalRow::of(&id("mpkg#1/r/g/1@5")), ApprovalRow::KIND, 1);
    kinds(ClosureRow::of(&deployment()), ClosureRow::KIND, 1);
    kinds(LiveRow::under(&commit()), LiveRow::KIND, 1);
    kinds(UnindexedRow::all(), UnindexedRow::KIND, 1);
    kinds(AliasRow::named("endpoint", "PROD"), AliasRow::NAME, 1);
    kinds(AliasRow::commits(DIGITS).unwrap(), AliasRow::COMMIT, 1);
    assert_eq!(AliasRow::commits("012345"), None, "too few digits for a partition");
    kinds(AliasRow::versions("b", "a/k#1"), AliasRow::OBJECT, 1);
    kinds(AliasRow::version("b", "a/k#1", "v1"), AliasRow::OBJECT, 1);
    kinds(AliasRow::version("b", "a/k#1", "v"), AliasRow::OBJECT, 0);
    kinds(CapturedFileRow::of("W#1/r/prod/main@1772532000000+2"), CapturedFileRow::KIND, 1);
    kinds(ReceiptRow::sets("drift#1/r/prod#000000000000061"), ReceiptRow::OF_SET, 1);
    let image = id("img#sha256:0");
    kinds(OutEdgeRow::out_of(&image), OutEdgeRow::KIND, 1);
    kinds(OutEdgeRow::in_role(&image, Relation::ContributedTo, "container/a#b"), OutEdgeRow::KIND, 1);
    kinds(OutEdgeRow::in_role(&image, Relation::ContributedTo, "cont"), OutEdgeRow::KIND, 0);
    kinds(OutEdgeRow::in_role(&image, Relation::Produced, "container/a#b"), OutEdgeRow::KIND, 0);
}

#[test]
fn a_partition_of_verdicts_says_which_resource_it_is_about() {
    for kind in ResourceKind::ALL {
        let name = match kind {
            ResourceKind::PipelineExecution => "p/execution/e",
            ResourceKind::Endpoint => "prod",
            _ => "D-1/A b",
        };
        let resource = resource(kind, name);
        let pk = VerdictRow::partition(&resource, at(40));
        assert_eq!(VerdictRow::resource(&pk), Some(resource), "{pk}");
    }
    for pk in
        ["", "R#", "R#nothing#1/r/a@5", "R#notebook-instance#1/r", "commit#git.host/1/credit@0", "tjob#x"]
    {
        assert_eq!(VerdictRow::resource(pk), None, "{pk}");
    }
}

#[test]
fn a_list_of_findings_has_what_nobody_waived_and_a_list_of_waivers_the_rest() {
    let verdict = verdict_with_findings("tjob#1/r/a@40");
    let open = OpenFindingRow::of_verdict(&verdict, None).unwrap();
    let words: Vec<String> = open.controls.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["A:high:violation", "B:low:unknown"]);
    assert_eq!(FoundControl::worst(&open.controls), Some("high"));
    let waived = WaivedRow::of_verdict(&verdict, None).unwrap();
    let words: Vec<&str> = waived.waived.iter().map(|each| each.control.as_str()).collect();
    assert_eq!(words, ["C"]);
    let compliant = VerdictRow { findings: "[]".into(), ..verdict };
    assert_eq!(OpenFindingRow::of_verdict(&compliant, None), None);
    assert_eq!(WaivedRow::of_verdict(&compliant, None), None);
    assert_eq!(FoundRow::of_verdict(&compliant, "enforce", None), None);
}

#[test]
fn of_two_judgements_of_one_state_the_one_that_would_do_more_stays_in_the_list() {
    let verdict = verdict_with_findings("tjob#1/r/a@40");
    let row = |mode: &str, would: Option<&str>| FoundRow::of_verdict(&verdict, mode, would).unwrap();
    let (less, more) = (row("observe", None), row("enforce", Some("stop")));
    for order in [[&less, &more], [&more, &less]] {
        let mut attributes = None;
        order.iter().for_each(|row| apply(&mut attributes, &row.write()));
        let item = Item { key: less.key(), attributes: attributes.unwrap() };
        assert_eq!(FoundRow::parse(&item), Some(more.clone()));
    }
}

proptest! {
    #[test]
    fn entries_of_lists_are_found_by_their_times(all in prop::collection::btree_set(0_i64..40, 0..12), from in 0_i64..40, length in 0_i64..20) {
        let until = from + length;
        let made: Vec<Item> = all.iter().map(|time| MadeRow { at: at(*time), id: id(&format!("tjob#1/r/a@{time}")) }.item()).collect();
        let found: Vec<Item> = all.iter().map(|time| {
            let verdict = VerdictRow { modified_at: at(*time), ..verdict_with_findings("tjob#1/r/a@40") };
            FoundRow::of_verdict(&verdict, "enforce", None).unwrap().item()
        }).collect();
        let fitting = |from: i64, until: i64| all.iter().copied().rev().filter(|time| from <= *time && *time <= until).collect::<Vec<_>>();
        let (some, since, whole) = ((Some(at(from)), Some(at(until))), (Some(at(from)), None), (None, None));
        for ((begin, end), expect) in [(some, fitting(from, until)), (since, fitting(from, LAST)), (whole, fitting(0, LAST))] {
            let query = MadeRow::between(NodeKind::TrainingJob, begin, end);
            prop_assert_eq!(times(&query, &made, MadeRow::parse, |row| row.at), expect.clone());
            let query = FoundRow::between("high", begin, end);
            prop_assert_eq!(times(&query, &found, FoundRow::parse, |row| row.at), expect);
        }
    }
}

/// The table in ARCHITECTURE.md.
fn table() -> String {
    let forms = |pattern: &str| {
        pattern.split(", or ").map(|form| format!("`{form}`")).collect::<Vec<_>>().join(", or ")
    };
    let mut text = "| what a row says | pk | sk | type in `rows` |\n|---|---|---|---|\n".to_owned();
    for RowKind { row, says, pk, sk } in KINDS {
        text.push_str(&format!("| {says} | {} | {} | `{row}` |\n", forms(pk), forms(sk)));
    }
    text
}

#[test]
fn the_table_of_architecture_is_made_from_this_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(&table()), "ARCHITECTURE.md must hold this table:\n\n{}", table());
}
