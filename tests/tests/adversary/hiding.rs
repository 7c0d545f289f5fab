//! Keeping a violation out of reach.

use sagewarden_events::ResourceKind;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, endpoint_config, model};
use serde_json::json;

const LATER: i64 = 3_600;

/// 150 endpoint configurations of a model that keeps its controls, and an hour later one that does not.
fn with_many_configurations(names_it: Option<(&str, i64)>) -> Result<Local> {
    let local = Local::new()?;
    local.create(ResourceKind::Model, &model("harmless"), 0)?;
    for number in 0..150 {
        local.create(
            ResourceKind::EndpointConfig,
            &endpoint_config(&format!("free-{number}"), "harmless"),
            1,
        )?;
    }
    local.settle()?;
    let mut open = model("open");
    open["EnableNetworkIsolation"] = json!(false);
    local.create(ResourceKind::Model, &open, LATER)?;
    if let Some((name, after)) = names_it {
        local.create(ResourceKind::EndpointConfig, &endpoint_config(name, "open"), LATER + after)?;
    }
    local.settle()?;
    Ok(local)
}

fn models(local: &Local) -> Result<Vec<String>> {
    let all = local.system.account.list(ResourceKind::Model)?;
    Ok(all.iter().filter_map(|each| each["ModelName"].as_str().map(str::to_owned)).collect())
}

#[test]
fn a_hundred_and_fifty_free_configurations_keep_no_model() -> Result<()> {
    assert_eq!(models(&with_many_configurations(None)?)?, ["harmless"]);
    Ok(())
}

#[test]
fn one_that_names_the_model_is_found_among_them() -> Result<()> {
    let local = with_many_configurations(Some(("hot", 1)))?;
    assert!(models(&local)?.contains(&"open".to_owned()));
    let kept = local.sent()?.into_iter().find(|notice| notice.detail["resource"]["name"] == "open").unwrap();
    let result = kept.detail["remediation"]["result"].as_str().unwrap();
    assert_eq!(result, "kept: endpoint configuration hot uses it; an endpoint may serve it");
    Ok(())
}
