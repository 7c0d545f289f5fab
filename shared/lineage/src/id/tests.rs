use super::*;

fn endpoint(name: &str) -> Resource {
    Resource {
        kind: ResourceKind::Endpoint,
        partition: "aws".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        name: name.into(),
    }
}

#[test]
fn an_endpoint_is_the_same_in_any_case() {
    assert_eq!(NodeId::endpoint(&endpoint("Credit-Prod")), NodeId::endpoint(&endpoint("credit-prod")));
}

#[test]
fn a_deployment_knows_when_its_endpoint_was_created() {
    let (created, config) = (Timestamp::from_millis(7), Timestamp::from_millis(9));
    let id = NodeId::deployment(&endpoint("Prod"), created, "c-1", config);
    assert_eq!((id.endpoint_created_at(), id.created_at()), (Some(created), Some(config)));
    assert_eq!(NodeId::endpoint(&endpoint("prod")).endpoint_created_at(), None);
}

#[test]
fn a_job_name_used_again_is_another_node() {
    let job = endpoint("x").sibling(ResourceKind::TrainingJob, "train");
    let first = NodeId::resource(&job, Timestamp::from_millis(1)).unwrap();
    let second = NodeId::resource(&job, Timestamp::from_millis(2)).unwrap();
    assert_ne!(first, second);
    assert_eq!(first.as_str(), "tjob#111122223333/eu-west-1/train@1");
    assert_eq!(first.kind(), NodeKind::TrainingJob);
    assert_eq!(first.account_and_region(), Some(("111122223333", "eu-west-1")));
    assert_eq!(NodeId::dataset("b", "k/l", "v").account_and_region(), None);
    assert_eq!(NodeId::parse(first.as_str()), Some(first));
}

#[test]
fn an_image_is_named_by_its_digest_and_a_tag_is_marked_as_one() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let pinned = NodeId::image(&format!("1.dkr.ecr.eu-west-1.amazonaws.com/x@{digest}"));
    assert_eq!(pinned.as_str(), format!("img#{digest}"));
    assert_eq!(NodeId::image("r/x:1").as_str(), "img#tag:r/x:1");
    assert_eq!(image_digest("r/x@sha256:short"), None);
    assert_eq!(pinned.image_digest(), Some(digest.as_str()));
    for other in ["img#tag:r/x:1", "img#sha256:short", "ds#sha256:00"] {
        assert_eq!(NodeId::parse(other).unwrap().image_digest(), None, "{other}");
    }
}

#[test]
fn an_identity_names_its_incarnation() {
    let id = |text: &str| NodeId::parse(text).unwrap();
    let job = endpoint("x").sibling(ResourceKind::TrainingJob, "Train");
    assert!(id("tjob#111122223333/eu-west-1/Train@1").is_at(&job));
    assert!(id("ep#111122223333/eu-west-1/prod").is_at(&endpoint("Prod")));
    for other in ["tjob#111122223333/eu-west-1/Train-2@1", "tjob#444455556666/eu-west-1/Train@1"] {
        assert!(!id(other).is_at(&job), "{other}");
    }
}

#[test]
fn an_identity_is_read_in_its_parts() {
    let id = |text: &str| NodeId::parse(text).unwrap();
    let digits = "0123456789abcdef0123456789abcdef01234567";
    let commit = id(&format!("commit#git.host/1/credit@{digits}"));
    assert_eq!((commit.commit_id(), commit.version()), (Some(digits), digits));
    assert_eq!(commit.repository(), Some(("git.host", "credit")));
    let branch = id("ref#git.host/1/credit@refs/heads/a@b/c");
    assert_eq!((branch.commit_id(), branch.repository()), (None, Some(("git.host", "credit"))));
    assert_eq!(id("ds#s3://b/a@b/k@v1").version(), "v1");
    assert_eq!((id("ds#set:00ff").version(), id("ds#set:00ff").set_digest()), ("set:00ff", Some("00ff")));
    assert_eq!(id("ds#s3://b/k@v1").set_digest(), None);
    assert_eq!(id("ds#s3://b/k@v1").repository(), None);
    assert_eq!(id("dep#1/r/prod@7/c-1@9").deployed(), Some(("prod", "c-1")));
    assert_eq!((id("ep#1/r/prod").deployed(), id("tjob#1/r/a@1").deployed()), (None, None));
    assert_eq!(NodeId::image_of_digest("sha256:0").as_str(), "img#sha256:0");
}

#[test]
fn a_foreign_text_is_no_identity() {
    assert_eq!(NodeId::parse("receipt#x"), None);
    assert_eq!(NodeId::parse("tjob#"), None);
}

#[test]
fn every_kind_has_a_word_a_title_and_a_prefix_of_its_own() {
    let kinds: Vec<NodeKind> = NodeKind::all().collect();
    assert_eq!(
        (kinds.len(), kinds.first(), kinds.last()),
        (27, Some(&NodeKind::Commit), Some(&NodeKind::FeatureGroup))
    );
    for kind in kinds {
        let id = NodeId::of(kind, "x");
        assert_eq!((NodeId::parse(id.as_str()).map(|id| id.kind()), id.tail()), (Some(kind), "x"), "{id}");
        assert_eq!(kind.word().replace('-', " "), kind.to_string());
        assert_eq!(NodeKind::all().filter(|other| other.word() == kind.word()).count(), 1, "{kind}");
    }
    assert_eq!(
        (NodeKind::TrainingJob.word(), NodeKind::AutoMlJob.to_string().as_str()),
        ("training-job", "automl job")
    );
}

#[test]
fn resources_of_the_lineage_are_nodes_and_those_that_are_only_judged_are_not() {
    for (kind, prefix) in [
        (ResourceKind::TrainingJob, "tjob"),
        (ResourceKind::ProcessingJob, "pjob"),
        (ResourceKind::TransformJob, "xjob"),
        (ResourceKind::TuningJob, "hjob"),
        (ResourceKind::AutoMlJob, "ajob"),
        (ResourceKind::LabelingJob, "ljob"),
        (ResourceKind::OptimizationJob, "ojob"),
        (ResourceKind::Model, "model"),
        (ResourceKind::ModelPackage, "mpkg"),
        (ResourceKind::EndpointConfig, "epc"),
        (ResourceKind::InferenceComponent, "ic"),
        (ResourceKind::InferenceRouter, "rtr"),
        (ResourceKind::PipelineExecution, "pexe"),
        (ResourceKind::FeatureGroup, "fg"),
        (ResourceKind::Experiment, "exp"),
        (ResourceKind::TrialComponent, "tc"),
    ] {
        let resource = Resource { kind, ..endpoint("Name") };
        let id = NodeId::resource(&resource, Timestamp::from_millis(5)).map(|id| id.to_string());
        assert_eq!(id, Some(format!("{prefix}#111122223333/eu-west-1/Name@5")));
    }
    let id = NodeId::resource(&endpoint("Prod"), Timestamp::from_millis(5));
    assert_eq!(id, Some(NodeId::endpoint(&endpoint("prod"))), "its incarnations share one history");
    let notebook = Resource { kind: ResourceKind::NotebookInstance, ..endpoint("nb") };
    assert_eq!(NodeId::resource(&notebook, Timestamp::from_millis(5)), None);
}

#[test]
fn identities_are_spelled_as_tables_that_exist_have_them() {
    let at = Timestamp::from_millis;
    let repository = Repository { account: "1".into(), region: "r".into(), name: "credit".into() };
    let commit = CommitId::parse("0123456789abcdef0123456789abcdef01234567").unwrap();
    let (prod, job) = (endpoint("Prod"), endpoint("x").sibling(ResourceKind::ProcessingJob, "Run"));
    let schedule = endpoint("x").sibling(ResourceKind::MonitoringSchedule, "Watch");
    let check = |id: NodeId, expect: &str| assert_eq!(id.as_str(), expect);
    check(
        NodeId::commit(&repository, &commit),
        "commit#git-codecommit.r.amazonaws.com/1/credit@0123456789abcdef0123456789abcdef01234567",
    );
    check(
        NodeId::reference(&repository, "refs/heads/main"),
        "ref#git-codecommit.r.amazonaws.com/1/credit@refs/heads/main",
    );
    check(NodeId::dataset("b", "k/l", "v"), "ds#s3://b/k/l@v");
    check(NodeId::dataset_set("00ff"), "ds#set:00ff");
    check(NodeId::artifact("b", "m", "v"), "art#s3://b/m@v");
    check(NodeId::deployment(&prod, at(7), "C-1", at(9)), "dep#111122223333/eu-west-1/prod@7/C-1@9");
    check(NodeId::window(&prod, "Main", at(5)), "viol#111122223333/eu-west-1/window/prod/Main@5");
    check(
        NodeId::silence(&schedule, &prod, "late", at(5)),
        "viol#111122223333/eu-west-1/schedule/Watch/prod/late@5",
    );
    check(NodeId::violation(&job, at(5)), "viol#111122223333/eu-west-1/Run@5");
    check(NodeId::monitoring_execution(&job, at(5)), "mon#111122223333/eu-west-1/Run@5");
    let app = prod.sibling(ResourceKind::MlflowApp, "app-1");
    check(NodeId::mlflow_run(&app, "12", "0a1b"), "mrun#111122223333/eu-west-1/mlflow-app/app-1/12/0a1b");
}

#[test]
fn ids_of_mlflow_cannot_pass_for_other_parts_of_an_identity() {
    let app = endpoint("x").sibling(ResourceKind::MlflowApp, "app-1");
    let id = |experiment: &str, run: &str| NodeId::mlflow_run(&app, experiment, run);
    assert_ne!(id("1/2", "3"), id("1", "2/3"));
    assert_ne!(id("1", "%2f"), id("1", "/"));
    let odd = id("ü", "a@b|c#d");
    assert_eq!(odd.tail(), "111122223333/eu-west-1/mlflow-app/app-1/%c3%bc/a%40b%7cc%23d");
    assert_eq!((odd.kind(), odd.created_at(), odd.as_resource()), (NodeKind::MlflowRun, None, None));
    assert_eq!(odd.account_and_region(), Some(("111122223333", "eu-west-1")));
    let server = app.sibling(ResourceKind::TrackingServer, "app-1");
    assert_ne!(NodeId::mlflow_run(&server, "1", "2"), id("1", "2"));
}

#[test]
fn only_a_version_of_a_data_set_is_one() {
    let id =
        |kind, name: &str| NodeId::hub_dataset(&endpoint("x").sibling(kind, name), Timestamp::from_millis(5));
    let content = |name: &str| id(ResourceKind::HubContent, name);
    let loans = content("credit/DataSet/loans/1.0.0").map(|id| id.to_string());
    assert_eq!(loans.as_deref(), Some("hds#111122223333/eu-west-1/credit/DataSet/loans/1.0.0@5"));
    for name in ["credit/DataSet/loans", "credit/Model/loans/1.0.0", "credit/DataSet/loans/1.0.0/x", "loans"]
    {
        assert_eq!(content(name), None, "{name}");
    }
    assert_eq!(id(ResourceKind::Model, "credit/DataSet/loans/1.0.0"), None);
}

#[test]
fn a_digest_has_sixty_four_hexadecimal_digits() {
    let check = |reference: String, expect: Option<String>| {
        assert_eq!(image_digest(&reference).map(str::to_owned), expect, "{reference}");
    };
    let digest = format!("sha256:{}", "0a".repeat(32));
    check(format!("r/x@{digest}"), Some(digest.clone()));
    check(format!("r/x@{digest}0"), None);
    check(format!("r/x@sha256:{}", "0g".repeat(32)), None);
    check(format!("r/x@sha512:{}", "0a".repeat(32)), None);
    check(digest, None);
}

#[test]
fn a_name_is_the_last_one_of_its_place() {
    let check =
        |text: &str, expect: &str| assert_eq!(NodeId::parse(text).unwrap().last_name(), expect, "{text}");
    check("tjob#1/r/train@5", "train");
    check("dep#1/r/prod@7/c-1@9", "c-1");
    check("ep#1/r/prod", "prod");
    check("ds#s3://b/k/a.csv@v1", "a.csv");
}

#[test]
fn a_creation_time_is_read_where_one_is_part_of_the_identity() {
    let created = |text: &str| NodeId::parse(text).unwrap().created_at().map(Timestamp::millis);
    assert_eq!(
        (created("tjob#1/r/train@5"), created("ep#1/r/prod"), created("ds#s3://b/k@v1")),
        (Some(5), None, None)
    );
    let endpoint = |text: &str| NodeId::parse(text).unwrap().endpoint_created_at().map(Timestamp::millis);
    assert_eq!((endpoint("dep#1/r/prod@7/c-1@9"), endpoint("tjob#1/r/train@5")), (Some(7), None));
}

#[test]
fn only_resources_of_sagemaker_have_an_account_and_a_region() {
    let place = |text: &str| {
        NodeId::parse(text)
            .unwrap()
            .account_and_region()
            .map(|(account, region)| format!("{account} {region}"))
    };
    for text in ["tjob#1/r/train@5", "dep#1/r/prod@7/c-1@9", "viol#1/r/window/prod/main@5"] {
        assert_eq!(place(text).as_deref(), Some("1 r"), "{text}");
    }
    for text in
        ["commit#h/1/credit@0", "ref#h/1/credit@main", "ds#s3://b/k@v", "art#s3://b/m@v", "img#tag:r/x/y"]
    {
        assert_eq!(place(text), None, "{text}");
    }
}
