//! The judged controls: the controls of the profile, and single ones that the settings add or remove.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

mod cases;

use std::collections::BTreeMap;

use cases::of;
use sagewarden_policy::Bundle;
use sagewarden_settings::Profile;
use serde_json::json;

/// The shipped controls with settings of a test's own.
fn with(settings: &str) -> Bundle {
    Bundle::embedded().unwrap().with_settings(settings).unwrap()
}

fn refused(settings: &str) -> String {
    Bundle::embedded().unwrap().with_settings(settings).unwrap_err().to_string()
}

/// Whether a control of training jobs is judged.
fn is_judged(bundle: &Bundle, control: &str) -> bool {
    let verdict = of("training-job").verdict(bundle);
    verdict.checked.iter().chain(&verdict.skipped).any(|id| id == control)
}

#[test]
fn a_profile_has_its_controls_and_those_of_lower_ones() {
    let [essential, recommended, strict] =
        Profile::ALL.map(|profile| with(&format!("profile = \"{}\"", profile.name())));
    let judged = |id: &str| [&essential, &recommended, &strict].map(|bundle| is_judged(bundle, id));
    assert_eq!(judged("TRN-NET-01"), [true, true, true]);
    assert_eq!(judged("TRN-NET-02"), [false, true, true]);
    assert_eq!(judged("TRN-REP-01"), [false, false, true]);
    assert_eq!(with("").settings().profile, Profile::Strict, "a file that names none leaves nothing out");
    let shipped = Bundle::embedded().unwrap();
    assert_eq!(shipped.settings().profile, Profile::Recommended);
    let mut numbers = BTreeMap::new();
    shipped.controls().for_each(|control| *numbers.entry(control.profile).or_insert(0) += 1);
    assert_eq!(
        numbers,
        [(Profile::Essential, 222), (Profile::Recommended, 60), (Profile::Strict, 15)].into()
    );
}

#[test]
fn what_a_setting_asks_for_is_essential() {
    let bundle = Bundle::embedded().unwrap();
    let left_out = bundle
        .controls()
        .filter(|control| control.setting.is_some() && control.profile != Profile::Essential);
    let left_out: Vec<&str> = left_out.map(|control| control.id.as_str()).collect();
    assert!(left_out.is_empty(), "whoever fills in the setting wants them: {left_out:?}");
}

#[test]
fn a_mode_of_its_own_adds_a_control_or_takes_it_out() {
    let bundle = with(
        "mode = \"enforce\"\nprofile = \"essential\"\n[controls]\nTRN-NET-02 = \"observe\"\nTRN-NET-01 = \"off\"\n",
    );
    assert!(is_judged(&bundle, "TRN-NET-02") && !is_judged(&bundle, "TRN-NET-01"));
    let open = of("training-job").but("/EnableNetworkIsolation", json!(false));
    assert_eq!(cases::broken(&open.clone().verdict(&bundle)), ["TRN-NET-02"]);
    assert!(format!("{:?}", open.verdict(&bundle).plan).contains("only published"), "it is only observed");
}

#[test]
fn an_environment_can_have_a_profile_of_its_own() {
    let settings = "profile = \"essential\"\n[[environments]]\nname = \"prod\"\naccounts = [\"111122223333\"]\nprofile = \"strict\"\n";
    assert!(is_judged(&with(settings), "TRN-REP-01"));
    assert!(!is_judged(&with(&settings.replace("1111", "9999")), "TRN-REP-01"));
    let lowered = with(settings).with_profile(Profile::Essential);
    assert!(!is_judged(&lowered, "TRN-REP-01"), "what is chosen at the call holds in every environment");
    assert_ne!(lowered.hash(), with(settings).hash());
}

#[test]
fn what_is_said_of_a_control_outside_the_profile_is_not_silent() {
    let waiver = "[[waivers]]\ncontrol = \"TRN-REP-01\"\nresource = \"arn:aws:sagemaker:*:111122223333:training-job/x\"\n\
                  reason = \"r\"\napprover = \"a\"\ngranted = 2026-01-01\nexpires = 2026-12-31\n";
    let of = |profile: &str, more: &str| format!("profile = \"{profile}\"\n{more}{waiver}");
    let reason = refused(&of("recommended", ""));
    assert!(reason.starts_with("settings.toml:3:12: the waiver of TRN-REP-01 changes nothing"), "{reason}");
    assert!(reason.contains("belongs to the profile `strict`"), "{reason}");
    with(&of("strict", ""));
    with(&of("recommended", "[controls]\nTRN-REP-01 = \"observe\"\n"));
    let prod = "[[environments]]\nname = \"prod\"\naccounts = [\"111122223333\"]\nprofile = \"strict\"\n";
    with(&of("recommended", prod));
    let off = "[controls]\nTRN-REP-01 = \"off\"\n";
    let reason = refused(&format!("profile = \"essential\"\n{off}"));
    assert!(reason.starts_with("settings.toml:3:1: the mode of TRN-REP-01 changes nothing"), "{reason}");
    with(off);
    // With a profile from the command line, no settings file is refused for naming another profile's controls.
    let idle = with(&of("strict", "")).with_profile(Profile::Essential).idle();
    assert!(matches!(idle.as_slice(), [one] if one.starts_with("the waiver of TRN-REP-01")), "{idle:?}");
}
