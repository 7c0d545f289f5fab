//! Scripts that notebook instances and apps of Studio run: somebody writes a secret into one, or changes one that has been judged.

use sagewarden_events::ResourceKind;
use sagewarden_govern::{POLICY_VIOLATION, VIOLATION_TAG};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, notebook};
use serde_json::{Value, json};

/// `#!/bin/bash`, `pip install pandas`.
const CLEAN: &str = "IyEvYmluL2Jhc2gKcGlwIGluc3RhbGwgcGFuZGFzCg==";
/// `#!/bin/bash`, `export DB_PASSWORD=hunter2`.
const SECRET: &str = "IyEvYmluL2Jhc2gKZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIK";

/// The resources of the published findings, and their controls.
fn found(local: &Local) -> Result<Vec<(String, String)>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == POLICY_VIOLATION);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = sent.flat_map(|notice| {
        let name = text(&notice.detail["resource"]["name"]);
        let findings = notice.detail["findings"].as_array().cloned().unwrap_or_default();
        findings.into_iter().map(move |finding| (name.clone(), text(&finding["control"]))).collect::<Vec<_>>()
    });
    Ok(found.collect())
}

#[test]
fn a_script_that_gets_a_secret_after_it_was_judged_is_found_and_so_is_the_notebook_that_starts_with_it()
-> Result<()> {
    let local = Local::new()?;
    let request =
        json!({ "NotebookInstanceLifecycleConfigName": "setup", "OnStart": [{ "Content": CLEAN }] });
    let config = local.create(ResourceKind::LifecycleConfig, &request, 0)?;
    let mut request = notebook();
    request["RootAccess"] = json!("Disabled");
    request["NotebookInstanceLifecycleConfigName"] = json!("setup");
    let instance = local.create(ResourceKind::NotebookInstance, &request, 1)?;
    local.settle()?;
    assert_eq!(found(&local)?, []);

    local.system.account.update(&config, &json!({ "OnStart": [{ "Content": SECRET }] }), at(100))?;
    let call = json!({
        "id": "1", "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "eu-west-1", "time": at(100), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": "UpdateNotebookInstanceLifecycleConfig",
            "eventTime": at(100), "requestParameters": { "notebookInstanceLifecycleConfigName": "setup" },
        },
    });
    local.deliver(&call.to_string())?;
    let of_script = ("setup".to_owned(), "NLC-IAM-01".to_owned());
    assert_eq!(found(&local)?, std::slice::from_ref(&of_script));
    assert!(local.system.account.tag_map(&config)?.contains_key(VIOLATION_TAG));

    // The instance runs the new script when it starts, and is judged then.
    local.system.account.stop_job(&instance, at(200))?;
    local.system.account.finish_stop(&instance, at(210))?;
    local.system.account.set_running(&instance, true, at(300))?;
    local.settle()?;
    assert_eq!(found(&local)?, [of_script, ("ana".to_owned(), "NBK-IAM-03".to_owned())]);
    Ok(())
}

#[test]
fn a_script_of_studio_is_judged_before_any_app_runs_it() -> Result<()> {
    let local = Local::new()?;
    for (name, script) in [("clean", CLEAN), ("secret", SECRET)] {
        let request = json!({
            "StudioLifecycleConfigName": name, "StudioLifecycleConfigContent": script,
            "StudioLifecycleConfigAppType": "JupyterLab",
        });
        local.create(ResourceKind::StudioLifecycleConfig, &request, 0)?;
    }
    local.settle()?;
    assert_eq!(found(&local)?, [("secret".to_owned(), "SLC-IAM-01".to_owned())]);
    Ok(())
}
