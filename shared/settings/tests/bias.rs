//! How bias is watched, as `settings.toml` says it.

use sagewarden_settings::{Settings, WatchedBias};

fn read(bias: &str) -> Result<WatchedBias, String> {
    let text = format!("mode = \"observe\"\n[[drift.detect.endpoints]]\nendpoint = \"*\"\nbias = {bias}\n");
    let settings = Settings::from_text(&text).map_err(|error| error.to_string())?;
    Ok(settings.drift.detect.of("prod").bias)
}

#[test]
fn groups_are_named_and_nothing_is_measured_without_them() {
    assert_eq!(read("{}").unwrap(), WatchedBias::default());
    let bias =
        read("{ facets = { sex = \"1=2\", age = \"4>40\" }, favourable = [\"0\"], subgroups = \"2\" }");
    let bias = bias.unwrap();
    assert_eq!(bias.facets.get("age").map(String::as_str), Some("4>40"));
    assert_eq!((bias.favourable, bias.subgroups.as_deref()), (vec!["0".to_owned()], Some("2")));
}

#[test]
fn what_is_no_group_is_refused() {
    for (text, expect) in [
        ("{ facets = { sex = \"1=2\" } }", "`facets` need `favourable`"),
        ("{ facets = { sex = \"1\" }, favourable = [\"0\"] }", "`1` of facet `sex` is not a group"),
        ("{ facets = { sex = \"=2\" }, favourable = [\"0\"] }", "is not a group"),
        ("{ baseline = \"bias\" }", "is not a folder"),
        ("{ facet = {} }", "unknown field `facet`"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(expect), "{error}");
    }
}
