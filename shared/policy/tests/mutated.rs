//! Descriptions that are not what the API promises: whatever stands there, there is a verdict, and nothing passes because it
//! could not be read.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use cases::{Kept, all, broken, of, strict};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sagewarden_policy::{Bundle, Judgement, Plan, Verdict, intake, join};
use sagewarden_settings::Profile;
use serde_json::{Value, json};

/// With settings that want everything, and with those that are shipped, each with all controls.
static BUNDLES: LazyLock<[Bundle; 2]> =
    LazyLock::new(|| [strict(), Bundle::embedded().unwrap().with_profile(Profile::Strict)]);

/// Every document that passes the controls, and every one that fails some.
static DOCUMENTS: LazyLock<Vec<Kept>> = LazyLock::new(|| {
    let with_changes = |kept: Kept| {
        let changed: Vec<Kept> = kept.cases.iter().map(|case| as_asked(kept.changed(case))).collect();
        std::iter::once(kept).chain(changed)
    };
    all().into_iter().flat_map(with_changes).collect()
});

/// Without answers to questions that nobody would ask after a change.
fn as_asked(mut kept: Kept) -> Kept {
    let (resource, joined) = (kept.resource(), kept.joined());
    let unasked: Vec<String> = joined
        .keys()
        .filter(|operation| join::references(operation, &resource, &kept.document, &joined).is_empty())
        .cloned()
        .collect();
    for operation in unasked {
        kept.answers.insert(operation, json!([]));
    }
    kept
}

/// A place in a description, or in an answer beside it: the operation, and a JSON pointer into its documents.
type Place = (Option<String>, String);

fn at<'a>(kept: &'a Kept, (operation, pointer): &Place) -> &'a Value {
    let document = operation.as_ref().map_or(&kept.document, |operation| &kept.answers[operation]);
    document.pointer(pointer).unwrap()
}

fn put(kept: &mut Kept, (operation, pointer): &Place, value: Value) {
    let document = match operation {
        None => &mut kept.document,
        Some(operation) => &mut kept.answers[operation],
    };
    // A field that an earlier change removed cannot be changed again.
    if let Some(place) = document.pointer_mut(pointer) {
        *place = value;
    }
}

/// Every place there is.
fn places(kept: &Kept) -> Vec<Place> {
    fn walk(value: &Value, pointer: String, found: &mut Vec<String>) {
        match value {
            Value::Array(list) => list
                .iter()
                .enumerate()
                .for_each(|(index, value)| walk(value, format!("{pointer}/{index}"), found)),
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| walk(value, format!("{pointer}/{key}"), found));
            }
            _ => {}
        }
        found.push(pointer);
    }
    let answers = kept.answers.iter().map(|(operation, answer)| (Some(operation.clone()), answer));
    let documents = std::iter::once((None, &kept.document)).chain(answers);
    let of_document = |(operation, document): (Option<String>, &Value)| {
        let mut found = Vec::new();
        walk(document, String::new(), &mut found);
        // The list of an operation's answers is Sagewarden's own.
        found.retain(|pointer| operation.is_none() || !pointer.is_empty());
        found.into_iter().map(move |pointer| (operation.clone(), pointer)).collect::<Vec<_>>()
    };
    documents.flat_map(of_document).collect()
}

/// The places on the way to a control's field, its own included.
fn on_the_way(kept: &Kept, field: &str) -> BTreeSet<Place> {
    let (operation, path) = join::split(field);
    let operation = operation.map(str::to_owned);
    let mut heads = match &operation {
        None => vec![String::new()],
        Some(operation) => {
            let answers = kept.answers.get(operation).and_then(Value::as_array).map_or(0, Vec::len);
            (0..answers).map(|index| format!("/{index}")).collect()
        }
    };
    let mut found: BTreeSet<Place> = heads.iter().map(|head| (operation.clone(), head.clone())).collect();
    for part in path.split('.') {
        let stands = |pointer: String| {
            let place = (operation.clone(), pointer);
            let document = operation.as_ref().map_or(&kept.document, |operation| &kept.answers[operation]);
            document.pointer(&place.1).filter(|value| !value.is_null()).cloned().map(|value| (place, value))
        };
        let mut next = Vec::new();
        let keys = |head: &String| {
            let key = part.trim_end_matches("[]");
            let document = operation.as_ref().map_or(&kept.document, |operation| &kept.answers[operation]);
            let fields = document.pointer(head).and_then(Value::as_object).into_iter().flatten();
            let names = fields.map(|(name, _)| name).filter(|name| match key.strip_prefix('*') {
                Some(end) => name.ends_with(end),
                None => *name == key,
            });
            names.map(|name| format!("{head}/{name}")).collect::<Vec<_>>()
        };
        for (place, value) in heads.iter().flat_map(keys).filter_map(stands) {
            found.insert(place.clone());
            let elements = value.as_array().filter(|_| part.ends_with("[]")).map(Vec::len);
            next.extend(match elements {
                Some(number) => (0..number).map(|index| format!("{}/{index}", place.1)).collect(),
                None => vec![place.1],
            });
        }
        found.extend(next.iter().map(|head| (operation.clone(), head.clone())));
        heads = next;
    }
    found
}

/// Values of every other type. None is empty, because an empty value counts as absent.
fn of_other_types(value: &Value) -> Vec<Value> {
    let types = [json!(5), json!(true), json!("text"), json!([5]), json!({ "x": 5 }), json!(1.5)];
    let differs = |other: &Value| {
        std::mem::discriminant(other) != std::mem::discriminant(value)
            || (value.is_i64() || value.is_u64()) && other.is_f64()
    };
    types.into_iter().filter(differs).collect()
}

/// Properties of every verdict.
fn check(kept: &Kept, verdict: &Verdict) {
    if verdict.outcome != Judgement::Violating {
        assert!(matches!(verdict.plan, Plan::Nothing(_)), "{}: {verdict:#?}", kept.kind);
    }
    for finding in &verdict.findings {
        let said = [&finding.actual, &finding.fix, &finding.wanted].map(String::len);
        assert!(
            said.iter().all(|length| *length <= 2500),
            "{}: {} says {said:?} bytes",
            kept.kind,
            finding.control
        );
    }
}

/// The controls that pass although a value that they speak of has another type than before.
fn passing(kept: &Kept, place: &Place, speaking: &BTreeSet<&str>, bundle: &Bundle) -> Vec<String> {
    let value = at(kept, place).clone();
    let mut passing = Vec::new();
    // In maps of the users' own, a number and a switch are texts without quotation marks.
    let is_own = ["Environment/", "HyperParameters/"].iter().any(|map| place.1.contains(map));
    let is_text = |other: &Value| is_own && (other.is_number() || other.is_boolean());
    for other in of_other_types(&value).into_iter().filter(|other| !is_text(other)) {
        let mut spoilt = kept.clone();
        put(&mut spoilt, place, other.clone());
        let verdict = spoilt.verdict(bundle);
        check(&spoilt, &verdict);
        let found: BTreeSet<&str> = broken(&verdict).into_iter().collect();
        let judged = speaking.iter().filter(|id| verdict.checked.iter().any(|checked| checked == **id));
        passing.extend(judged.filter(|id| !found.contains(**id)).map(|id| {
            format!("{id} passes with {} {} = {other}", place.0.as_deref().unwrap_or(&kept.kind), place.1)
        }));
    }
    passing
}

/// The controls that speak of each place.
fn spoken_of<'a>(kept: &Kept, bundle: &'a Bundle) -> BTreeMap<Place, BTreeSet<&'a str>> {
    let mut spoken: BTreeMap<Place, BTreeSet<&str>> = BTreeMap::new();
    let checked: BTreeSet<String> = kept.verdict(bundle).checked.into_iter().collect();
    for control in bundle.controls().filter(|control| checked.contains(&control.id)) {
        for place in control.fields.iter().flat_map(|field| on_the_way(kept, field)) {
            spoken.entry(place).or_default().insert(&control.id);
        }
    }
    spoken
}

#[test]
fn what_has_another_type_than_the_apis_is_never_passed() {
    let (mut wrong, mut tried) = (BTreeSet::new(), 0);
    for bundle in BUNDLES.iter() {
        for kept in all() {
            let spoken = spoken_of(&kept, bundle);
            tried += spoken.len();
            for (place, speaking) in &spoken {
                wrong.extend(passing(&kept, place, speaking, bundle));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 500, "only {tried} places were spoilt");
}

#[test]
fn what_breaks_a_control_is_not_mended_by_another_type() {
    let mut wrong = BTreeSet::new();
    for kept in DOCUMENTS.iter() {
        let verdict = kept.verdict(&BUNDLES[0]);
        let before: BTreeSet<&str> = broken(&verdict).into_iter().collect();
        for (place, mut speaking) in spoken_of(kept, &BUNDLES[0]) {
            // A change that breaks nothing adds fields that keep their controls: these must not pass spoilt, either.
            speaking.retain(|id| before.is_empty() || before.contains(id));
            // A requirement for high-risk models does not apply to others.
            let of_high_risk = |id: &&str| {
                let setting = BUNDLES[0].control(id).and_then(|control| control.setting.as_deref());
                setting == Some("explainability.high_risk_tag")
            };
            let is_risky =
                kept.answers.get("ListTags").is_none_or(|tags| tags.to_string().contains("\"high\""));
            speaking.retain(|id| is_risky || !of_high_risk(id));
            wrong.extend(passing(kept, &place, &speaking, &BUNDLES[0]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_list_of_ten_thousand_is_judged_and_told_in_a_few_lines() {
    for kept in all() {
        for place in places(&kept) {
            let Some(first) = at(&kept, &place).as_array().and_then(|list| list.first()) else { continue };
            for element in [first.clone(), json!("\u{1f980}".repeat(300)), json!(5)] {
                let mut long = kept.clone();
                put(&mut long, &place, vec![element; 10_000].into());
                check(&long, &long.verdict(&BUNDLES[0]));
            }
        }
    }
}

#[test]
fn hostile_tags_are_only_tags() {
    let longest = "k".repeat(256);
    let hostile = [
        "",
        &longest,
        "\"",
        "'",
        "\\",
        "\u{0}\u{1b}[31m\n",
        "\u{202e}nimda\u{200f}",
        "${}",
        "${aws:PrincipalTag/x}",
        "{key}",
        "permit (principal, action, resource);",
        "\"); permit(principal, action, resource); //",
        "?resource",
        "*",
    ];
    for kept in all().into_iter().filter(|kept| kept.answers.contains_key("ListTags")) {
        let before = kept.verdict(&BUNDLES[0]);
        let mut tagged = kept.clone();
        let tags = tagged.answers["ListTags"][0]["Tags"].as_array_mut().unwrap();
        tags.extend(
            hostile
                .iter()
                .zip(hostile.iter().rev())
                .map(|(key, value)| json!({ "Key": key, "Value": value })),
        );
        assert_eq!(tagged.verdict(&BUNDLES[0]), before, "{}", kept.kind);
    }
}

#[test]
fn a_word_that_the_api_has_learned_is_not_taken_for_a_good_one() {
    let check = |kept: Kept, control: &str| {
        let verdict = kept.verdict(&BUNDLES[0]);
        assert!(broken(&verdict).contains(&control), "{}: {:?}", kept.kind, verdict.findings);
    };
    let word = json!("Perhaps");
    check(
        of("domain").but("/DomainSettings/DockerSettings", json!({ "EnableDockerAccess": "Perhaps" })),
        "DOM-IAM-02",
    );
    check(
        of("domain")
            .but("/DefaultUserSettings/SharingSettings", json!({ "NotebookOutputOption": "Perhaps" })),
        "DOM-ENC-02",
    );
    check(of("space").but("/SpaceSettings/RemoteAccess", word.clone()), "SPC-IAM-01");
    check(of("monitoring-schedule").but("/MonitoringScheduleStatus", word.clone()), "MSC-MON-01");
    check(of("notebook-instance").but("/DirectInternetAccess", word.clone()), "NBK-NET-01");
    check(of("notebook-instance").but("/RootAccess", word), "NBK-IAM-01");
}

/// Examples of values that somebody might send.
fn values() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        "${}",
        "\"",
        "\u{202e}x",
        "\u{0}",
        "arn:aws:kms:",
        "s3://",
        "@sha256:",
        "Unheard-of",
        "ml..",
        ":/:/",
    ];
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(texts.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("x".repeat(100_000))),
    ];
    let nested = plain.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    let deep = (1..120_usize, any::<bool>()).prop_map(|(depth, lists)| {
        let wrap = |inner| if lists { json!([inner]) } else { json!({ "a": inner }) };
        (0..depth).fold(json!("deep"), |inner, _| wrap(inner))
    });
    prop_oneof![8 => nested, 1 => deep]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn whatever_stands_there_there_is_a_verdict(
        document in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), values()), 1..5),
    ) {
        let mut kept = document.get(&DOCUMENTS[..]).clone();
        let places = places(&kept);
        for (place, value) in changes {
            put(&mut kept, place.get(&places[..]), value);
        }
        for bundle in BUNDLES.iter() {
            check(&kept, &kept.verdict(bundle));
        }
    }

    #[test]
    fn any_text_can_be_taken_in(text in any::<String>(), value in values()) {
        let _ = intake::read(&text);
        let _ = intake::read(&value.to_string());
    }

    #[test]
    fn what_is_taken_in_can_be_judged(
        document in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), values()), 0..3),
        form in 0..3_usize,
    ) {
        let mut kept = document.get(&DOCUMENTS[..]).clone();
        kept.answers.clear();
        let places = places(&kept);
        for (place, value) in changes {
            put(&mut kept, place.get(&places[..]), value);
        }
        let text = match form {
            0 => kept.document.to_string(),
            1 => json!({ "detail": { "eventName": "CreateTrainingJob", "requestParameters": kept.document } }).to_string(),
            _ => json!({ "Parameters": kept.document, "Steps": [{ "Name": "t", "Type": "Training", "Arguments": kept.document }] }).to_string(),
        };
        for candidate in intake::read(&text).map(|intake| intake.candidates).unwrap_or_default() {
            let taken = Kept { document: candidate.document, ..kept.clone() };
            check(&taken, &taken.verdict(&BUNDLES[0]));
        }
    }
}
