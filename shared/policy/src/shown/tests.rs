use serde_json::json;

use super::*;
use crate::control::{Remedy, Severity};

pub(crate) fn control(area: &str, fields: &[&str]) -> Control {
    Control {
        id: "TRN-NET-01".into(),
        area: area.into(),
        severity: Severity::High,
        profile: sagewarden_settings::Profile::Essential,
        title: "it must be so".into(),
        risk: String::new(),
        cost: String::new(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        wanted: "so".into(),
        fix: "make it so".into(),
        remedy: Remedy::None,
        also: String::new(),
        setting: None,
        facts: std::collections::BTreeSet::new(),
    }
}

/// The actual values of a document at these fields.
#[track_caller]
fn check(document: &Json, fields: &[&str], expect: &str) {
    assert_eq!(
        actual(document, &Joined::new(), &control("NET", fields), &UnreadablePaths::default()),
        expect,
        "{fields:?} of {document}"
    );
}

#[test]
fn one_field_gives_its_value_and_several_name_themselves() {
    let document = json!({ "A": "x", "B": { "C": 5, "D": true }, "E": ["y", "z"], "F": [], "G": null });
    check(&document, &["A"], "x");
    check(&document, &["B.C"], "5");
    check(&document, &["B"], "{\"C\":5,\"D\":true}");
    check(&document, &["E[]"], "y, z");
    check(&document, &["E"], "[\"y\",\"z\"]");
    check(&document, &["A", "B.C"], "A: x; C: 5");
    check(&document, &["A", "B.X"], "A: x; X: absent");
    for nothing in ["F", "F[]", "G", "X", "X.Y"] {
        check(&document, &[nothing], "absent");
    }
    check(&document, &["X", "Y"], "absent");
}

#[test]
fn of_several_elements_each_says_which_it_is() {
    let document = json!({ "L": [{ "K": "a" }, {}, { "K": "c" }], "One": [{ "K": "a" }], "M": [{ "N": [{ "K": 1 }, { "K": 2 }] }] });
    check(&document, &["L[].K"], "L[0] a, L[1] absent, L[2] c");
    check(&document, &["One[].K"], "a");
    check(&document, &["M[].N[].K"], "N[0] 1, N[1] 2");
}

#[test]
fn fields_of_one_name_are_alternatives() {
    let document = json!({ "Old": { "Key": "k" } });
    check(&document, &["Old.Key", "New.Key"], "k");
    check(&document, &["New.Key", "Old.Key"], "k");
    check(&document, &["Old.Key", "New.Key", "Other"], "Key: k; Other: absent");
    check(&json!({ "Other": 1 }), &["Old.Key", "New.Key", "Other"], "Key: absent; Other: 1");
    let both = json!({ "Old": { "Key": "k" }, "New": { "Key": "l" } });
    check(&both, &["Old.Key", "New.Key"], "Key: k; Key: l");
}

#[test]
fn of_many_fields_and_of_artifacts_only_those_are_told_where_something_stands() {
    let document = json!({ "A": "x", "E": "y" });
    let five = ["A", "B", "C", "D", "E"];
    check(&document, &five, "A: x; E: y");
    check(&document, &["A", "B", "C", "E"], "A: x; B: absent; C: absent; E: y");
    let two =
        |area| actual(&document, &Joined::new(), &control(area, &["A", "B"]), &UnreadablePaths::default());
    assert_eq!((two("ART").as_str(), two("NET").as_str()), ("x", "A: x; B: absent"));
}

#[test]
fn another_answer_is_read_where_it_was_given() {
    let check = |answer: Option<OperationAnswer>, expect: &str| {
        let joined: Joined = answer.into_iter().map(|answer| ("DescribeModel".to_owned(), answer)).collect();
        let control = control("NET", &["DescribeModel:VpcConfig.Subnets[]"]);
        assert_eq!(
            actual(
                &json!({ "VpcConfig": { "Subnets": ["own"] } }),
                &joined,
                &control,
                &UnreadablePaths::default()
            ),
            expect,
            "{joined:?}"
        );
    };
    let model = |subnet: &str| json!({ "VpcConfig": { "Subnets": [subnet] } });
    check(Some(OperationAnswer::Documents(vec![model("a"), model("b")])), "a, b");
    check(Some(OperationAnswer::Documents(vec![])), "absent");
    check(Some(OperationAnswer::Unreadable("no".into())), "absent");
    check(None, "absent");
}

#[test]
fn scripts_are_not_shown_and_of_free_texts_only_the_buckets() {
    let document = json!({
        "OnStart": [{ "Content": "cGFzc3dvcmQ=" }],
        "Environment": { "SECRET": "hunter2", "DATA": "s3://b/k and s3://c" },
        "App": { "ContainerArguments": ["--password", "hunter2", "s3://d/x"] },
        "Filter": { "Values": "s3://e" },
    });
    check(&document, &["OnStart[].Content"], "(not shown)");
    check(&document, &["Environment.*"], "DATA s3://b, DATA s3://c");
    check(&document, &["App.ContainerArguments"], "s3://d");
    check(&document, &["Filter.Values"], "s3://e");
}

#[test]
fn fields_that_end_alike_are_all_read() {
    let document = json!({ "FirstConfig": { "Key": "a" }, "SecondConfig": { "Key": "b" }, "Other": { "Key": "c" }, "XList": ["d"] });
    check(&document, &["*Config.Key"], "a, b");
    check(&document, &["*List[]"], "d");
}

#[test]
fn ten_values_are_shown_and_more_are_counted() {
    let list = |number: usize| json!({ "L": (0..number).map(|each| each.to_string()).collect::<Vec<_>>() });
    check(&list(10), &["L[]"], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
    check(&list(11), &["L[]"], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more");
    check(&list(10_001), &["L[]"], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 9990 more");
    let long = json!({ "A": "é".repeat(201) });
    check(&long, &["A"], &"é".repeat(200));
}

#[test]
fn a_text_is_shortened_between_letters() {
    assert_eq!(shortened(&"a".repeat(2_000)), "a".repeat(2_000));
    assert_eq!(shortened(&"a".repeat(2_001)), format!("{} …", "a".repeat(2_000)));
    let odd = format!("a{}", "é".repeat(1_000));
    assert_eq!(shortened(&odd), format!("a{} …", "é".repeat(999)));
}

#[test]
fn a_finding_names_few_fields_and_of_many_those_that_say_something() {
    let names = |document: &Json, fields: &[&str]| {
        concerned(document, &Joined::new(), &control("NET", fields), &UnreadablePaths::default())
    };
    let seven = ["A", "B", "C", "D", "E", "F", "G"];
    assert_eq!(names(&json!({ "A": 1 }), &seven[..6]), "A, B, C, D, E, F");
    assert_eq!(names(&json!({ "A": 1, "G": 2 }), &seven), "A, G");
    assert_eq!(names(&json!({}), &seven), "A, B, C, D, E, F, G");
}

#[test]
fn fields_of_answers_that_are_not_there_are_not_named_beside_one_that_is() {
    let fields = [
        "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringOutputConfig.KmsKeyId",
        "DescribeDataQualityJobDefinition:DataQualityJobOutputConfig.KmsKeyId",
        "DescribeModelQualityJobDefinition:ModelQualityJobOutputConfig.KmsKeyId",
    ];
    let check = |document: &Json, answered: &[&str], expect: &[&str]| {
        let answer = |operation: &&str| {
            ((*operation).to_owned(), OperationAnswer::Documents(vec![json!({ "JobDefinitionName": "d" })]))
        };
        let joined: Joined = answered.iter().map(answer).collect();
        let found = concerned(document, &joined, &control("ENC", &fields), &UnreadablePaths::default());
        assert_eq!(found, expect.join(", "), "{document} {answered:?}");
    };
    let inline = json!({ "MonitoringScheduleConfig": { "MonitoringJobDefinition": { "RoleArn": "r" } } });
    let by_name = json!({ "MonitoringScheduleConfig": { "MonitoringJobDefinitionName": "d" } });
    check(&inline, &[], &fields[..1]);
    check(&by_name, &["DescribeDataQualityJobDefinition"], &fields[1..2]);
    check(&by_name, &["DescribeModelQualityJobDefinition"], &fields[2..]);
    // Nothing is there: nothing says which of them would be.
    check(&by_name, &[], &fields);
}
