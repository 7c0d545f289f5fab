//! The emulator's CloudFormation makes what the template of a project says, and its IAM decides what a data scientist may do with it.

use sagewarden_tests::emulator::Emulator;
use sagewarden_tests::{Result, python, root};
use serde_json::Value;

#[test]
fn a_deployed_project_lets_a_data_scientist_use_its_data_and_nothing_of_production() -> Result<()> {
    let emulator = Emulator::start(&[("AUTH", "true")])?;
    let output = python::script("project_stack.py")?
        .arg(root().join("infra/notebook/project.yaml"))
        .envs(sagewarden_tests::aws::client_environment(emulator.url()))
        .output()?;
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), emulator.log());
    let found: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(found["outputs"]["ExecutionRole"], found["role"]);
    let check = |what: &str, expect: &str| assert_eq!(found[what], expect, "{what}: {found:#}");
    check("reads own data", "done");
    check("writes own data", "done");
    for (what, code) in [
        ("deletes own data", "AccessDenied"),
        ("reads data of production", "AccessDenied"),
        ("lists data of production", "AccessDenied"),
        ("makes a role", "AccessDenied"),
        ("attaches a policy", "AccessDenied"),
        ("makes a topic", "AuthorizationError"),
        ("makes a network interface", "UnauthorizedOperation"),
    ] {
        check(what, code);
    }
    Ok(())
}
