//! A bundle that is wrong is refused with file, line and reason; one that is right is the one that is built in.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod shipped;

use std::fs;

use sagewarden_policy::Bundle;
use sagewarden_settings::{DriftSettings, Mode};
use shipped::shipped;

/// Replaces text in a shipped file and says how the bundle is refused.
fn check(file: &str, from: &str, to: &str, expect: &str) {
    let mut files = shipped();
    let text = files.get(file).unwrap();
    assert!(text.contains(from), "`{from}` is not in {file}");
    let spoilt = text.replacen(from, to, 1);
    files.insert(file.to_owned(), spoilt);
    let error = Bundle::from_files(&files).unwrap_err().to_string();
    assert!(error.starts_with(expect), "{error}\nis not\n{expect}");
}

#[test]
fn what_is_shipped_is_what_is_built_in() {
    let shipped = Bundle::from_files(&shipped()).unwrap();
    let embedded = Bundle::embedded().unwrap();
    assert_eq!(shipped.hash(), embedded.hash());
    assert_eq!(embedded.settings().mode, Mode::Observe, "a first deployment stops nothing");
    assert_eq!(embedded.controls().count(), 297);
}

#[test]
fn the_note_beside_the_shipped_policies_is_about_them() {
    let noted = shipped::folder().join(Bundle::NOTE);
    assert_eq!(
        fs::read_to_string(noted).unwrap(),
        Bundle::from_files(&shipped()).unwrap().note(),
        "cargo run -p sagewarden -- policy validate infra --note"
    );
}

#[test]
fn a_packaged_policy_that_was_changed_after_its_note_is_validated_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    for (name, text) in shipped() {
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::copy(shipped::folder().join(Bundle::NOTE), folder.path().join(Bundle::NOTE)).unwrap();
    let packaged = Bundle::packaged(folder.path()).unwrap();
    assert_eq!(packaged.hash(), Bundle::from_files(&shipped()).unwrap().hash());

    let file = folder.path().join("policies/model.cedar");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("resource.networkIsolation", "resource.isolation", 1)).unwrap();
    let error = Bundle::packaged(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("policies/model.cedar:"), "{error}");
}

#[test]
fn a_setting_that_is_wrong_is_named_with_its_line() {
    check("settings.toml", "mode = \"observe\"", "mode = \"on\"", "settings.toml:6:8: unknown variant `on`");
    check("settings.toml", "[network]", "[newtork]", "settings.toml:15:2: unknown field `newtork`");
    check("settings.toml", "allowed_subnets = []", "allowed_subnets = [\"vpc-1\"]", "settings.toml:18:");
    check("settings.toml", "allowed_subnets = []", "allowed_subnets = 3", "settings.toml:18:");
    check(
        "settings.toml",
        "allowed_key_accounts = []",
        "allowed_key_accounts = [\"12\"]",
        "settings.toml:26:",
    );
    check("settings.toml", "branch = \"main\"", "branch = \"main", "settings.toml:109:");
}

#[test]
fn what_is_set_of_drift_is_checked() {
    let wrong = |from: &str, to: &str, expect: &str| check("settings.toml", from, to, expect);
    wrong(
        "execution_grace_minutes = 30",
        "execution_grace_minutes = -1",
        "settings.toml:114:27: `-1` is not a number of minutes",
    );
    wrong(
        "quiet_hours_after_alert = 24",
        "quiet_hours_after_alert = 9000",
        "settings.toml:117:27: `9000` is not a number of hours",
    );
    wrong(
        "suggest_retraining_from = \"high\"",
        "suggest_retraining_from = \"low\"",
        "settings.toml:120:27: unknown variant `low`",
    );
    wrong(
        "retraining_cooldown_hours = 24",
        "retraining_cooldown = 24",
        "settings.toml:121:1: unknown field `retraining_cooldown`",
    );
    for value in ["-999", "1e3", "true", " "] {
        wrong(
            "alert_mode = \"exact\"",
            &format!("missing_texts = [\"nan\", \"{value}\"]"),
            &format!("settings.toml:134:17: `{value}` is not a text that can stand for a missing value"),
        );
    }
    wrong(
        "alert_mode = \"exact\"",
        "refusals = [\"I cannot help\", \" \"]",
        "settings.toml:134:12: ` ` is not a phrase: it must not be empty",
    );
    for (value, said) in [("-0.1", "-0.1"), ("1.5", "1.5"), ("nan", "NaN"), ("inf", "inf")] {
        wrong(
            "[drift.training]",
            &format!(
                "[[drift.detect.endpoints]]\nendpoint = \"a\"\nthresholds = {{ amount = {value} }}\n[drift.training]"
            ),
            &format!("settings.toml:195:25: `{said}` is not a distance from 0 to 1"),
        );
    }
    let drift = Bundle::embedded().unwrap().settings().drift.clone();
    assert_eq!(drift, DriftSettings::default(), "what is shipped is the default");
}

#[test]
fn a_mode_or_waiver_that_would_change_nothing_is_refused() {
    let file = "settings.toml";
    let more = |text: &str| format!("branch = \"main\"\n\n{text}");
    let refused = |text: &str, expect: &str| check(file, "branch = \"main\"", &more(text), expect);
    refused("[controls]\nTRN-NET-99 = \"off\"", "settings.toml:112:1: there is no control `TRN-NET-99`");
    refused("[controls]\nTRN-NET-01 = \"on\"", "settings.toml:112:14: unknown variant `on`");
    let waiver = |field: &str, value: &str| {
        let mut fields = [
            ("control", "\"TRN-NET-01\""),
            ("resource", "\"arn:aws:sagemaker:*:111122223333:training-job/*\""),
            ("reason", "\"r\""),
            ("approver", "\"a\""),
            ("granted", "2026-01-01"),
            ("expires", "2026-12-31"),
        ];
        fields.iter_mut().filter(|(name, _)| *name == field).for_each(|each| each.1 = value);
        let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        format!("[[waivers]]\n{}", lines.join("\n"))
    };
    let empty = "[[environments]]\nname = \"prod\"\nmode = \"observe\"";
    refused(empty, "settings.toml:112:9: the environment `prod` is empty");
    let elsewhere = "[[environments]]\nname = \"p\"\ntag = \"prod\"";
    refused(elsewhere, "settings.toml:113:7: `prod` is not `key=value`");
    refused(&waiver("control", "\"TRN-NET-1\""), "settings.toml:112:12: there is no control `TRN-NET-1`");
    refused(
        &waiver("resource", "\"my-job\""),
        "settings.toml:113:12: `my-job` is not an ARN with an account",
    );
    for wide in [
        "arn:*",
        "training-job/*",
        "arn:aws:sagemaker:*:*:training-job/*",
        "arn:aws:sagemaker:*:111122223333:*",
        "arn:aws:sagemaker:*:111122223333:training-*/x",
        "arn:aws:*:*:111122223333:training-job/x",
        "arn:aws:sagemaker:*:111122223333:training-job/",
    ] {
        let expect = format!("settings.toml:113:12: `{wide}` is not an ARN with an account and a kind");
        refused(&waiver("resource", &format!("\"{wide}\"")), &expect);
    }
    let forever = "settings.toml:113:13: the waiver of TRN-NET-01 lasts 355";
    refused(&waiver("expires", "2999-01-01"), forever);
    refused(
        &waiver("expires", "2027-01-02"),
        "settings.toml:113:13: the waiver of TRN-NET-01 lasts 366 days: `longest_waiver_days` is 365",
    );
    refused(
        &waiver("expires", "2025-12-31"),
        "settings.toml:113:13: the waiver of TRN-NET-01 expires before it is granted",
    );
    refused(&waiver("reason", "\" \""), "settings.toml:114:10: it must not be empty");
    refused(&waiver("granted", "\"soon\""), "settings.toml:116:11:");
    refused(&waiver("expires", "\"soon\""), "settings.toml:117:11:");
    refused(&waiver("expires", "2026-13-01"), "settings.toml:117:");
}

#[test]
fn a_policy_that_is_wrong_is_named_with_its_line() {
    let file = "policies/training_job.cedar";
    check(
        file,
        "resource.networkIsolation",
        "resource.netwrokIsolation",
        "policies/training_job.cedar:30:10: attribute `netwrokIsolation`",
    );
    check(file, "forbid (", "forbidd (", "policies/training_job.cedar:15:1:");
    check(
        file,
        "@severity(\"high\")",
        "@severity(\"huge\")",
        "policies/training_job.cedar:3:1: `@severity` is `huge`",
    );
    check(
        file,
        "@fix(\"set EnableNetworkIsolation to true\")\n",
        "",
        "policies/training_job.cedar:18:1: the annotation `@fix` is missing",
    );
    check(
        file,
        "@id(\"TRN-NET-02\")",
        "@id(\"TRN-NET-01\")",
        "policies/training_job.cedar:18:1: the id `TRN-NET-01` is used twice",
    );
    check(
        file,
        "forbid (principal,",
        "forbid (principal == ?principal,",
        "policies/training_job.cedar:1:1: a template",
    );
    check("policies/schema.cedarschema", "entity Account;", "entity Account", "policies/schema.cedarschema:");
}

#[test]
fn a_schema_that_gives_a_fact_another_type_is_refused_before_anything_is_judged() {
    let file = "policies/schema.cedarschema";
    check(file, "highRisk: Bool", "highRisk: Long", "policies/schema.cedarschema:1:1: ");
    check(file, "  highRisk: Bool,\n", "", "policies/schema.cedarschema:1:1: ");
    let group = "policies/schema.cedarschema:1:1: `Action::\"all\"` is a group of actions";
    check(file, "action run appliesTo", "action all;\naction run in [all] appliesTo", group);
}

#[test]
fn a_file_that_is_missing_is_named() {
    for missing in ["settings.toml", "policies/schema.cedarschema"] {
        let mut files = shipped();
        files.remove(missing);
        let error = Bundle::from_files(&files).unwrap_err().to_string();
        assert_eq!(error, format!("{missing}:1:1: the file is missing"));
    }
    let mut files = shipped();
    files.retain(|name, _| name.contains("schema") || name.contains("base") || name.contains("settings"));
    let error = Bundle::from_files(&files).unwrap_err().to_string();
    assert!(error.ends_with("there is no control, so nothing would be judged"), "{error}");
}

#[test]
fn a_folder_is_read_like_the_built_in_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let error = Bundle::from_dir(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("settings.toml:1:1: cannot be read in `"), "{error}");
    fs::create_dir(folder.path().join("policies")).unwrap();
    for (name, text) in shipped() {
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::write(folder.path().join("policies/notes.txt"), "not a policy").unwrap();
    assert_eq!(Bundle::from_dir(folder.path()).unwrap().hash(), Bundle::embedded().unwrap().hash());
}

#[test]
fn settings_count_in_the_hash() {
    let with = |text: &str| Bundle::embedded().unwrap().with_settings(text).unwrap().hash().to_owned();
    assert_ne!(with("mode = \"enforce\""), with("mode = \"observe\""));
    assert_eq!(with("mode = \"enforce\""), with("mode = \"enforce\""));
}

#[test]
fn commits_are_written_back_only_where_the_settings_say_so() {
    assert!(!Bundle::embedded().unwrap().settings().lineage.write_back_commit);
    let with = |text: &str| Bundle::embedded().unwrap().with_settings(text);
    let on = with("mode = \"observe\"\n[lineage]\nwrite_back_commit = true\n").unwrap();
    assert!(on.settings().lineage.write_back_commit);
    assert!(!with("mode = \"observe\"\n").unwrap().settings().lineage.write_back_commit);
    assert!(with("mode = \"observe\"\n[lineage]\nwrite_back_commit = \"yes\"\n").is_err());
}
