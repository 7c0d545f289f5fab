//! Modes, profiles, and the settings of some accounts or of resources with a tag.
#![expect(clippy::panic, reason = "a test ends where something is missing")]

use std::collections::BTreeMap;

use sagewarden_settings::{ControlMode, Mode, Profile, Settings};

fn read(text: &str) -> Settings {
    Settings::from_text(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_control_has_its_own_mode_or_that_of_the_profile_and_a_stack_that_observes_enforces_none() {
    use ControlMode::{Enforce, Observe, Off};
    let text = "profile = \"recommended\"\n[controls]\nA = \"off\"\nB = \"enforce\"\nC = \"observe\"\n";
    let enforcing = read(&format!("mode = \"enforce\"\n{text}"));
    let observing = read(&format!("mode = \"observe\"\n{text}"));
    for (id, lowest, when_enforcing, when_observing) in [
        ("A", Profile::Essential, Off, Off),
        ("B", Profile::Strict, Enforce, Observe),
        ("C", Profile::Essential, Observe, Observe),
        ("D", Profile::Essential, Enforce, Observe),
        ("D", Profile::Recommended, Enforce, Observe),
        ("D", Profile::Strict, Off, Off),
    ] {
        assert_eq!(enforcing.control_mode(id, lowest), when_enforcing, "{id} {lowest:?}");
        assert_eq!(observing.control_mode(id, lowest), when_observing, "{id} {lowest:?}");
    }
}

#[test]
fn profiles_have_the_names_that_the_file_has() {
    for profile in Profile::ALL {
        let text = format!("profile = \"{}\"\n", profile.name());
        assert_eq!(read(&text).profile, profile);
    }
}

#[test]
fn an_environment_fits_resources_by_account_by_tag_or_by_both() {
    let fits = |environment: &str, account: &str, tags: &[(&str, &str)]| {
        let settings = read(&format!("[[environments]]\nname = \"prod\"\n{environment}\n"));
        let tags: BTreeMap<&str, &str> = tags.iter().copied().collect();
        settings.environments[0].fits(account, &tags)
    };
    let (ours, others) = ("111122223333", "444455556666");
    let accounts = "accounts = [\"777788889999\", \"111122223333\"]";
    let tag = "tag = \"Stage=prod\"";
    let both = format!("{accounts}\n{tag}");
    let tagged: &[(&str, &str)] = &[("Owner", "ana"), ("Stage", "prod")];
    for (environment, account, tags, expect) in [
        (accounts, ours, &[][..], true),
        (accounts, others, tagged, false),
        (tag, others, tagged, true),
        (tag, ours, &[("Stage", "dev")][..], false),
        (&both, ours, tagged, true),
        (&both, others, tagged, false),
        (&both, ours, &[][..], false),
        ("", ours, tagged, false),
    ] {
        assert_eq!(fits(environment, account, tags), expect, "{environment} {account} {tags:?}");
    }
    assert!(Settings::from_text("[[environments]]\nname = \"prod\"\ntag = \"Stage\"\n").is_err());
}

#[test]
fn the_sections_of_an_environment_replace_those_of_the_file() {
    let settings = read(
        "mode = \"observe\"\nprofile = \"essential\"\n[network]\nallowed_subnets = [\"subnet-1\"]\n[compute]\nallowed_instance_types = [\"ml.m5.*\"]\n\
         [controls]\nA = \"off\"\nB = \"off\"\n[[environments]]\nname = \"prod\"\naccounts = [\"111122223333\"]\nmode = \"enforce\"\n\
         network = { allowed_subnets = [\"subnet-2\"] }\ncontrols = { B = \"observe\" }\n",
    );
    let within = settings.within(&settings.environments[0]);
    assert_eq!((within.mode, within.profile), (Mode::Enforce, Profile::Essential));
    assert_eq!(within.network.allowed_subnets, ["subnet-2"]);
    assert_eq!(within.compute, settings.compute);
    let mode = |id: &str| within.control_mode(id, Profile::Essential);
    assert_eq!(
        [mode("A"), mode("B"), mode("C")],
        [ControlMode::Off, ControlMode::Observe, ControlMode::Enforce]
    );
    assert!(within.environments.is_empty());
}
