//! Waivers, as `settings.toml` grants them.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use sagewarden_events::{Resource, Timestamp};
use sagewarden_settings::{Settings, Waiver};

fn read(resource: &str, granted: &str, expires: &str, more: &str) -> Result<Vec<Waiver>, String> {
    let text = format!(
        "{more}\n[[waivers]]\ncontrol = \"TRN-NET-01\"\nresource = \"{resource}\"\nreason = \"until the network is there\"\n\
         approver = \"ana\"\ngranted = {granted}\nexpires = {expires}\n"
    );
    Settings::from_text(&text).map(|settings| settings.waivers).map_err(|error| error.to_string())
}

const LEGACY: &str = "arn:aws:sagemaker:*:111122223333:training-job/legacy-*";

fn job(name: &str) -> Resource {
    Resource::parse_arn(&format!("arn:aws:sagemaker:eu-west-1:111122223333:training-job/{name}")).unwrap()
}

#[test]
fn a_waiver_covers_its_control_on_the_resources_of_its_pattern_from_the_first_to_the_last_moment_of_its_days()
{
    let [waiver] = read(LEGACY, "2026-01-31", "2026-02-01", "").unwrap().try_into().unwrap();
    assert_eq!(Timestamp::from_text("2026-01-31T00:00:00.000Z"), Some(waiver.granted));
    assert_eq!(Timestamp::from_text("2026-02-01T23:59:59.999Z"), Some(waiver.expires));
    assert!(waiver.concerns("TRN-NET-01", &job("legacy-1")));
    assert!(!waiver.concerns("TRN-NET-01", &job("new-1")));
    assert!(!waiver.concerns("TRN-NET-02", &job("legacy-1")));
}

#[test]
fn a_waiver_lasts_for_as_many_days_as_the_settings_allow() {
    for (granted, expires, more, wrong) in [
        ("2026-01-01", "2026-01-01", "", None),
        ("2026-01-01", "2027-01-01", "", None),
        ("2026-01-01", "2027-01-02", "", Some("lasts 366 days: `longest_waiver_days` is 365")),
        ("2026-01-01", "2026-01-31", "longest_waiver_days = 30", None),
        ("2026-01-01", "2026-02-01", "longest_waiver_days = 30", Some("lasts 31 days")),
        ("2026-01-02", "2026-01-01", "", Some("expires before it is granted")),
    ] {
        match (read(LEGACY, granted, expires, more), wrong) {
            (Ok(_), None) => {}
            (Err(error), Some(wrong)) => {
                assert!(error.contains(&format!("the waiver of TRN-NET-01 {wrong}")), "{error}");
            }
            (read, _) => panic!("{granted} to {expires}: {read:?}"),
        }
    }
}

#[test]
fn a_pattern_names_an_account_and_a_kind() {
    for wrong in [
        "*",
        "arn:aws:sagemaker:*:*:training-job/legacy-*",
        "arn:aws:sagemaker:*:11112222333:training-job/legacy-*",
        "arn:aws:sagemaker:*:111122223333:training-job/",
        "arn:aws:sagemaker:*:111122223333:training-job",
        "arn:aws:sagemaker:*:111122223333:trainings/legacy-*",
        "arn:aws:s3:*:111122223333:training-job/legacy-*",
        "urn:aws:sagemaker:*:111122223333:training-job/legacy-*",
    ] {
        let error = read(wrong, "2026-01-01", "2026-01-02", "").unwrap_err();
        assert!(error.contains(&format!("`{wrong}` is not an ARN with an account and a kind")), "{error}");
    }
    assert!(read("arn:aws-cn:sagemaker:*:111122223333:endpoint/a", "2026-01-01", "2026-01-02", "").is_ok());
}

#[test]
fn a_day_has_no_time_and_none_is_yet_to_come() {
    let error = read(LEGACY, "2026-01-01T10:00:00Z", "2026-01-02", "").unwrap_err();
    assert!(error.contains("is not a day such as 2026-12-31"), "{error}");
    let text = format!(
        "[[waivers]]\ncontrol = \"TRN-NET-01\"\nresource = \"{LEGACY}\"\nreason = \"r\"\napprover = \"a\"\n\
         granted = 2026-05-02\nexpires = 2026-05-03\n"
    );
    let settings = Settings::from_text(&text).unwrap();
    let at = |moment: &str| settings.granted_by(Timestamp::from_text(moment).unwrap());
    assert!(at("2026-05-02T00:00:00.000Z").is_ok());
    let error = at("2026-05-01T23:59:59.999Z").unwrap_err().to_string();
    assert!(error.contains("is granted on 2026-05-02, which is in the future"), "{error}");
}
