//! Pushes: which commits each brings, who pushed them, where branches and tags point, and that it does not matter which form
//! of the event reports it, when and how often.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::BTreeSet;
use std::process::Command;

use futures::executor::block_on;
use proptest::prelude::*;
use proptest::sample::Index;
use sagewarden_events::{CommitId, Event, RefKind, Repository, ResourceKind, Timestamp, decode};
use sagewarden_govern::{Absent, Given, Ports, record_commit};
use sagewarden_lineage::closure;
use sagewarden_lineage::table::Item;
use sagewarden_local::{LocalGit, MovedReference, Store, Story};
use sagewarden_settings::Settings;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, endpoint_config, model, training_job};
use serde_json::{Value, json};
use tempfile::TempDir;

const REPOSITORY: &str = "ds-source-credit-dev";
const ANA: &str = "arn:aws:iam::111122223333:user/ana";
const BEN: &str = "arn:aws:iam::111122223333:user/ben";

/// A repository, and a table that records its pushes.
struct Pushes {
    git: LocalGit,
    store: Store,
    _folder: TempDir,
}

fn repository() -> Repository {
    Repository { account: Story::ACCOUNT.into(), region: Story::REGION.into(), name: REPOSITORY.into() }
}

impl Pushes {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let git = LocalGit::new(folder.path()).unwrap();
        git.create_repository(REPOSITORY).unwrap();
        Self { git, store: Store::in_memory().unwrap(), _folder: folder }
    }

    /// A commit that no reference points to yet.
    fn commit(&self, parents: &[&CommitId], message: &str, seconds: i64) -> CommitId {
        self.git.commit_onto(REPOSITORY, parents, message, ("Ana", "ana@example.com"), at(seconds)).unwrap()
    }

    /// Commits on top of one another.
    fn line(&self, onto: Option<&CommitId>, count: i64, from: i64) -> Vec<CommitId> {
        let mut line: Vec<CommitId> = Vec::new();
        for number in 0..count {
            let parents: Vec<&CommitId> = line.last().or(onto).into_iter().collect();
            let next = self.commit(&parents, &format!("{from}+{number}"), from + number);
            line.push(next);
        }
        line
    }

    /// Moves a reference, and delivers the event.
    fn push(&self, moved: &MovedReference<'_>, caller: &str, seconds: i64) -> String {
        self.git.set_reference(REPOSITORY, moved).unwrap();
        self.tell(&moved.event(&repository(), caller, at(seconds)))
    }

    fn tell(&self, event: &Value) -> String {
        tell(&self.git, &self.store, event)
    }

    fn branch(&self, commit: &CommitId, old: Option<&CommitId>, caller: &str, seconds: i64) -> String {
        self.push(&main(Some(commit), old), caller, seconds)
    }

    fn items(&self) -> Vec<Item> {
        self.store.items().unwrap()
    }

    /// The commits that are recorded, in their own order.
    fn recorded(&self) -> BTreeSet<String> {
        nodes(&self.store, "commit#")
            .iter()
            .filter_map(|item| item.text("commit").map(str::to_owned))
            .collect()
    }

    fn pushers(&self, commit: &CommitId) -> Vec<String> {
        let nodes = nodes(&self.store, "commit#");
        let node = nodes.iter().find(|item| item.text("commit") == Some(commit.as_str())).unwrap();
        node.set("pushers").map(str::to_owned).collect()
    }

    /// The rows of the heads of `main`, in the order of time.
    fn heads(&self) -> Vec<Item> {
        let items = self.items().into_iter();
        items
            .filter(|item| item.key.pk.ends_with("@refs/heads/main") && item.key.sk.starts_with("H#"))
            .collect()
    }

    fn reference(&self) -> Item {
        nodes(&self.store, "ref#").pop().unwrap()
    }
}

fn main<'a>(commit: Option<&'a CommitId>, old: Option<&'a CommitId>) -> MovedReference<'a> {
    MovedReference { kind: RefKind::Branch, name: "main", commit, old }
}

fn tell(git: &LocalGit, store: &Store, event: &Value) -> String {
    let events = decode(&event.to_string()).unwrap();
    let world = Ports {
        account: Absent,
        remedies: Absent,
        objects: Absent,
        files: Absent,
        source: git.clone(),
        roles: Absent,
        keys: Absent,
        table: store.clone(),
        bus: Absent,
        metrics: Absent,
        given: Given {
            settings: Settings::default(),
            evidence_bucket: String::new(),
            working_bucket: String::new(),
            home: None,
            stack: None,
        },
    };
    let told: Vec<String> = events
        .iter()
        .map(|event| {
            let Event::ReferenceChanged(push) = event else { unreachable!("{event:?} is no push") };
            match block_on(record_commit(&world, push)) {
                Ok(recorded) => recorded.done.text().to_owned(),
                Err(failure) => format!("{failure:?}"),
            }
        })
        .collect();
    told.join("; ")
}

fn nodes(store: &Store, kind: &str) -> Vec<Item> {
    let items = store.items().unwrap();
    items.into_iter().filter(|item| item.key.sk == "#" && item.key.pk.starts_with(kind)).collect()
}

fn all(commits: &[CommitId]) -> BTreeSet<String> {
    commits.iter().map(ToString::to_string).collect()
}

/// The same push as a repository trigger reports it.
fn trigger(commit: &CommitId, caller: &str, seconds: i64) -> Value {
    json!({ "Records": [{
        "awsRegion": Story::REGION,
        "codecommit": { "references": [{ "commit": commit.as_str(), "ref": "refs/heads/main" }] },
        "eventSource": "aws:codecommit",
        "eventSourceARN": format!("arn:aws:codecommit:{}:{}:{REPOSITORY}", Story::REGION, Story::ACCOUNT),
        "eventTime": at(seconds),
        "userIdentityARN": caller,
    }] })
}

#[test]
fn every_commit_of_a_push_is_recorded_with_who_pushed_it() {
    let pushes = Pushes::new();
    let first = pushes.line(None, 1, 0);
    pushes.branch(&first[0], None, ANA, 10);
    let three = pushes.line(Some(&first[0]), 3, 20);
    let told = pushes.branch(&three[2], Some(&first[0]), BEN, 30);
    assert!(told.ends_with("ds-source-credit-dev/main, and 2 before it"), "{told}");
    assert_eq!(pushes.recorded(), all(&[first.clone(), three.clone()].concat()));
    assert_eq!(pushes.pushers(&first[0]), [ANA]);
    for commit in &three {
        assert_eq!(pushes.pushers(commit), [BEN]);
    }
    let heads = pushes.heads();
    assert_eq!(heads.len(), 2);
    assert_eq!((heads[0].text("before"), heads[0].number("forced")), (None, None));
    assert_eq!((heads[1].text("before"), heads[1].number("forced")), (Some(first[0].as_str()), Some(0)));
}

#[test]
fn a_merge_brings_what_branched_off_long_before_the_head_and_nothing_that_was_there() {
    let pushes = Pushes::new();
    let main = pushes.line(None, 6, 0);
    pushes.branch(&main[5], None, ANA, 10);
    let before = pushes.recorded();
    // From the second commit, with dates on both sides of the head's.
    let side: Vec<CommitId> = {
        let first = pushes.commit(&[&main[1]], "side 1", 3);
        let second = pushes.commit(&[&first], "side 2", 20);
        vec![first, second]
    };
    let merge = pushes.commit(&[&main[5], &side[1]], "Merge", 30);
    pushes.branch(&merge, Some(&main[5]), BEN, 40);
    let new: BTreeSet<String> = pushes.recorded().difference(&before).cloned().collect();
    assert_eq!(new, all(&[side[0].clone(), side[1].clone(), merge.clone()]));
    let nodes = nodes(&pushes.store, "commit#");
    let merged: Vec<_> = nodes.iter().filter(|item| item.number("merge") == Some(2)).collect();
    assert_eq!(merged.len(), 1);
    assert_eq!(merged[0].text("parents"), Some(format!("{} {}", main[5], side[1]).as_str()));
    assert_eq!(pushes.pushers(&main[5]), [ANA], "it was there before");
}

#[test]
fn a_forced_push_is_distinguished_from_one_that_only_adds() {
    let pushes = Pushes::new();
    let line = pushes.line(None, 3, 0);
    pushes.branch(&line[2], None, ANA, 10);
    let other = pushes.commit(&[&line[1]], "instead", 20);
    let told = pushes.branch(&other, Some(&line[2]), BEN, 30);
    assert!(told.contains("pushed by force"), "{told}");
    // The branch goes back to an earlier commit: nothing is new, and this push did not bring that commit.
    pushes.branch(&line[0], Some(&other), BEN, 40);
    let forced: Vec<Option<i64>> = pushes.heads().iter().map(|row| row.number("forced")).collect();
    assert_eq!(forced, [None, Some(1), Some(1)]);
    assert_eq!(pushes.pushers(&other), [BEN]);
    assert_eq!(pushes.pushers(&line[0]), Vec::<String>::new());
}

#[test]
fn a_branch_and_a_tag_are_found_by_name_with_the_commit_they_point_to() -> Result<()> {
    let local = Local::new()?;
    let (git, store) = (&local.system.git, &local.system.store);
    git.create_repository(REPOSITORY)?;
    let commit = |message: &str, parents: &[&CommitId]| {
        git.commit_onto(REPOSITORY, parents, message, ("Ana", "ana@example.com"), at(0)).unwrap()
    };
    let first = commit("first", &[]);
    let second = commit("second", &[&first]);
    let push = |kind, name, commit, old, seconds| {
        let moved = MovedReference { kind, name, commit, old };
        git.set_reference(REPOSITORY, &moved).unwrap();
        tell(git, store, &moved.event(&repository(), ANA, at(seconds)))
    };
    push(RefKind::Branch, "Feature/x", Some(&first), None, 10);
    push(RefKind::Branch, "Feature/x", Some(&second), Some(&first), 20);
    push(RefKind::Tag, "v1.0", Some(&first), None, 30);
    let head = |entity: &str| -> Result<Vec<(String, String)>> { local.inputs(entity, "reference") };
    let at_commit = |id: &CommitId| vec![("head".to_owned(), id.short().to_owned())];
    assert_eq!(head("branch/ds-source-credit-dev/feature/X")?, at_commit(&second), "whatever the case");
    assert_eq!(head("tag/ds-source-credit-dev/v1.0")?, at_commit(&first));
    let lineage = local.lineage("tag/ds-source-credit-dev/v1.0")?;
    assert_eq!(lineage["complete"], true, "{lineage}");
    assert_eq!(lineage["nodes"][0]["name"], "ds-source-credit-dev/v1.0");
    assert_eq!(lineage["nodes"][0]["reference_type"], "tag");
    // From the commit's side both are found.
    let out = store.items()?.into_iter().filter(|item| item.key.sk.starts_with("O#AssociatedWith:head#ref#"));
    assert_eq!(out.filter(|item| item.key.pk.ends_with(first.as_str())).count(), 2);

    push(RefKind::Branch, "Feature/x", None, Some(&second), 40);
    assert_eq!(head("branch/ds-source-credit-dev/Feature/x")?, []);
    let lineage = local.lineage("branch/ds-source-credit-dev/Feature/x")?;
    assert_eq!(lineage["nodes"][0]["head"], "deleted", "{lineage}");
    // An earlier event of it arrives late: the branch stays deleted.
    push(RefKind::Branch, "Feature/x", Some(&second), Some(&first), 20);
    assert_eq!(head("branch/ds-source-credit-dev/Feature/x")?, []);
    Ok(())
}

#[test]
fn a_tag_that_names_no_commit_is_kept_and_says_so_and_a_branch_is_rejected() -> Result<()> {
    let local = Local::new()?;
    let (git, store) = (&local.system.git, &local.system.store);
    let path = git.create_repository(REPOSITORY)?;
    let commit = git.commit_onto(REPOSITORY, &[], "first", ("Ana", "ana@example.com"), at(0))?;
    // The object of an annotated tag is not a commit, though it leads to one.
    let text = format!(
        "object {commit}\ntype commit\ntag v1\ntagger Ana <ana@example.com> 1772442000 +0000\n\nOne\n"
    );
    std::fs::write(path.join("tag.txt"), text)?;
    let made = Command::new("git")
        .current_dir(&path)
        .args(["hash-object", "-t", "tag", "-w", "tag.txt"])
        .output()?;
    let object = CommitId::parse(String::from_utf8(made.stdout)?.trim())?;
    let moved = |kind, name| MovedReference { kind, name, commit: Some(&object), old: None };
    let told = tell(git, store, &moved(RefKind::Branch, "main").event(&repository(), ANA, at(10)));
    assert!(told.contains("has no commit"), "{told}");
    tell(git, store, &moved(RefKind::Tag, "v1").event(&repository(), ANA, at(20)));
    let lineage = local.lineage("tag/ds-source-credit-dev/v1")?;
    assert!(lineage["missing"].to_string().contains("the object of an annotated tag"), "{lineage}");
    assert_eq!(lineage["nodes"][1]["confirmed"], false, "{lineage}");
    Ok(())
}

#[test]
fn what_is_cut_off_is_marked() {
    let pushes = Pushes::new();
    let words = |item: &Item, name: &str| item.set(name).map(str::to_owned).collect::<Vec<_>>();
    let line = pushes.line(None, 130, 0);
    pushes.branch(&line[20], None, ANA, 200);
    assert_eq!(pushes.recorded(), all(&line[1..=20]), "20 of 21");
    let cut = words(&pushes.heads()[0], "cut");
    assert!(cut[0].starts_with("more than 20 commits are behind it"), "{cut:?}");
    assert_eq!(pushes.pushers(&line[20]), [ANA]);
    assert_eq!(
        pushes.pushers(&line[19]),
        Vec::<String>::new(),
        "whoever made the branch need not have pushed it"
    );

    pushes.branch(&line[129], Some(&line[20]), BEN, 300);
    let row = pushes.heads().pop().unwrap();
    assert!(words(&row, "cut")[0].starts_with("a push has more than 100 commits"), "{row:?}");
    assert_eq!(row.number("forced"), None, "nobody knows");
    assert_eq!(pushes.recorded().len(), 20 + 99, "all but the call for the head before");
    assert_eq!(words(&pushes.reference(), "gaps").len(), 2);
    // As many more pushes as there may be, the words are the same.
    pushes.branch(&line[20], Some(&line[129]), BEN, 400);
    pushes.branch(&line[129], Some(&line[20]), BEN, 500);
    assert_eq!(words(&pushes.reference(), "gaps").len(), 2);
}

#[test]
fn a_head_that_is_gone_leaves_open_what_was_pushed() {
    let pushes = Pushes::new();
    let line = pushes.line(None, 2, 0);
    let gone = CommitId::parse(&"0".repeat(40)).unwrap();
    pushes.branch(&line[1], Some(&gone), ANA, 10);
    let row = pushes.heads().pop().unwrap();
    assert_eq!((row.number("forced"), row.text("before")), (None, Some(gone.as_str())));
    assert_eq!(pushes.recorded(), all(&line));
    assert_eq!(pushes.pushers(&line[0]), Vec::<String>::new());
    assert!(row.set("cut").next().is_some_and(|words| words.contains("is gone")), "{row:?}");
}

#[test]
fn both_forms_of_a_push_in_any_order_end_in_the_same_state() {
    let pushes = Pushes::new();
    let line = pushes.line(None, 40, 0);
    let event = |new: usize, old: Option<usize>, seconds| {
        main(Some(&line[new]), old.map(|old| &line[old])).event(&repository(), ANA, at(seconds))
    };
    let events = [
        event(0, None, 100),
        event(39, Some(0), 110),
        trigger(&line[39], ANA, 110),
        trigger(&line[39], BEN, 110),
        main(None, Some(&line[39])).event(&repository(), BEN, at(120)),
    ];
    let ends = |order: &[usize]| {
        let store = Store::in_memory().unwrap();
        for index in order {
            tell(&pushes.git, &store, &events[*index]);
        }
        store.state_hash().unwrap()
    };
    let straight = ends(&[0, 1, 2, 3, 4]);
    for order in [[4, 3, 2, 1, 0], [2, 1, 0, 4, 3], [1, 2, 3, 0, 4], [3, 0, 2, 4, 1]] {
        assert_eq!(ends(&order), straight, "{order:?}");
        assert_eq!(ends(&[order, order].concat()), straight, "{order:?} twice");
    }
    // The trigger alone does not know where the branch was.
    let store = Store::in_memory().unwrap();
    tell(&pushes.git, &store, &events[2]);
    let rows = store.items().unwrap();
    let row = rows.iter().find(|item| item.key.sk.starts_with("H#")).unwrap();
    assert_eq!((row.text("before"), row.number("forced")), (None, None));
    assert_eq!(
        nodes(&store, "commit#").iter().filter(|item| item.set("pushers").next().is_some()).count(),
        1
    );
}

#[test]
fn a_claim_is_confirmed_in_the_closure_by_a_push_that_brings_the_commit_among_others() -> Result<()> {
    let local = Local::new()?;
    let (git, account) = (&local.system.git, &local.system.account);
    git.create_repository(REPOSITORY)?;
    let commit = |message: &str, parents: &[&CommitId]| {
        git.commit_onto(REPOSITORY, parents, message, ("Ana", "ana@example.com"), at(0)).unwrap()
    };
    // Named before it can be seen: its repository gets it later.
    let claimed = {
        let elsewhere = Pushes::new();
        elsewhere.git.commit_onto(REPOSITORY, &[], "claimed", ("Ana", "ana@example.com"), at(0))?
    };
    let tags = [("ProjectName", "credit"), ("EnvironmentType", "dev"), ("CommitId", claimed.as_str())];
    let mut request = training_job("t", &tags);
    request["OutputDataConfig"]["S3OutputPath"] = json!("s3://models/out");
    let job = local.create(ResourceKind::TrainingJob, &request, 10)?;
    account.put_object("models", "out/t/output/model.tar.gz", b"model", at(20))?;
    account.finish_training(&job, at(30))?;
    let mut served = model("m");
    served["PrimaryContainer"]["ModelDataUrl"] = json!("s3://models/out/t/output/model.tar.gz");
    local.create(ResourceKind::Model, &served, 40)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 41)?;
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
    let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 42)?;
    account.finish_endpoint(&endpoint, at(100))?;
    local.settle()?;
    let confirmed = |local: &Local| -> Result<Vec<Value>> {
        let lineage = local.lineage("endpoint/prod")?;
        let nodes = lineage["nodes"].as_array().cloned().unwrap_or_default();
        Ok(nodes
            .iter()
            .filter(|node| node["kind"] == "commit")
            .map(|node| node["confirmed"].clone())
            .collect())
    };
    assert_eq!(confirmed(&local)?, [json!(false)]);

    assert_eq!(commit("claimed", &[]), claimed, "the same commit");
    let next = commit("next", &[&claimed]);
    let moved = main(Some(&next), None);
    git.set_reference(REPOSITORY, &moved)?;
    tell(git, &local.system.store, &moved.event(&repository(), ANA, at(200)));
    assert_eq!(confirmed(&local)?, [json!(true)]);
    let mut closure = local.system.store.items()?;
    closure.retain(|item| item.key.sk.starts_with("A#"));
    let graph = closure::read(closure);
    let commit = graph.nodes.values().find(|node| node.id.as_str().ends_with(claimed.as_str()));
    assert!(commit.is_some_and(|node| node.text("message").is_some()), "the closure was refreshed");
    Ok(())
}

/// The commits that git itself lists behind `new` and not behind `old`.
fn rev_list(git: &LocalGit, new: &CommitId, old: &CommitId) -> BTreeSet<String> {
    let path = git.path(REPOSITORY);
    let range = format!("{old}..{new}");
    let said = Command::new("git").current_dir(path).args(["rev-list", &range]).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn is_ancestor(git: &LocalGit, old: &CommitId, new: &CommitId) -> bool {
    let arguments = ["merge-base", "--is-ancestor", old.as_str(), new.as_str()];
    Command::new("git").current_dir(git.path(REPOSITORY)).args(arguments).status().unwrap().success()
}

/// For each commit: which earlier ones are its parents, and how many seconds it is younger than the youngest of them.
fn histories() -> impl Strategy<Value = Vec<(Vec<Index>, i64)>> {
    prop::collection::vec((prop::collection::vec(any::<Index>(), 0..3), 0_i64..4), 2..14)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_push_brings_what_git_says_it_does(
        history in histories(), new in any::<Index>(), old in any::<Index>(),
    ) {
        let pushes = Pushes::new();
        let mut made: Vec<(CommitId, i64)> = Vec::new();
        for (number, (parents, younger)) in history.iter().enumerate() {
            let mut parents: Vec<usize> =
                parents.iter().filter(|_| number > 0).map(|parent| parent.index(number)).collect();
            parents.sort_unstable();
            parents.dedup();
            let seconds = parents.iter().map(|parent| made[*parent].1).max().unwrap_or(0) + younger;
            let parents: Vec<&CommitId> = parents.iter().map(|parent| &made[*parent].0).collect();
            let commit = pushes.commit(&parents, &number.to_string(), seconds);
            made.push((commit, seconds));
        }
        let (new, old) = (&made[new.index(made.len())].0, &made[old.index(made.len())].0);
        pushes.branch(new, Some(old), ANA, 100);
        let brought: BTreeSet<String> = nodes(&pushes.store, "commit#")
            .iter()
            .filter(|item| item.set("pushers").next() == Some(ANA))
            .filter_map(|item| item.text("commit").map(str::to_owned))
            .collect();
        prop_assert_eq!(brought, rev_list(&pushes.git, new, old));
        let forced = pushes.heads()[0].number("forced");
        prop_assert_eq!(forced, Some(i64::from(!is_ancestor(&pushes.git, old, new))));
    }
}

#[test]
fn a_time_of_a_commit_is_when_it_was_committed() {
    let pushes = Pushes::new();
    let commit = pushes.commit(&[], "one", 5);
    let found = pushes.git.find(REPOSITORY, &commit).unwrap().unwrap();
    assert_eq!(found.committed_at, Some(Timestamp::from_millis(at(5).millis())));
}
