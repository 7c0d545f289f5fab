//! `--stack` prints what `--store` prints: the command asks the deployed function, which here answers from the store of the demo.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Parts, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::executor::block_on;
use lookup_lineage::{Bounds, answer};
use sagewarden_lambda::FunctionError;
use sagewarden_local::Store;
use sagewarden_tests::aws::client_environment;
use sagewarden_tests::functions::command_with_sdk;
use sagewarden_tests::{Result, now};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// `Invoke` as Lambda answers it ("Invoke", Lambda API reference): the error of a function is an answer, too.
async fn invoke(Parts(name): Parts<String>, State(store): State<PathBuf>, body: Bytes) -> Response {
    if name != "sagewarden-lookup-lineage" {
        let fault = json!({ "Type": "User", "Message": format!("Function not found: {name}") });
        return (
            StatusCode::NOT_FOUND,
            [("x-amzn-errortype", "ResourceNotFoundException")],
            fault.to_string(),
        )
            .into_response();
    }
    let answered = tokio::task::spawn_blocking(move || {
        let store = Store::open(&store).map_err(|error| FunctionError::Unavailable(error.to_string()))?;
        let request: Value =
            serde_json::from_slice(&body).map_err(|error| FunctionError::BadRequest(error.to_string()))?;
        block_on(answer(&store, request, Bounds::new(&|| false).at(now())))
    });
    match answered.await {
        Ok(Ok(document)) => document.to_string().into_response(),
        Ok(Err(error)) => {
            let kind = match &error {
                FunctionError::BadRequest(_) => "BadRequest",
                FunctionError::NotFound(_) => "NotFound",
                FunctionError::Unavailable(_) => "Unavailable",
            };
            let fault = json!({ "errorType": kind, "errorMessage": error.to_string() });
            ([("X-Amz-Function-Error", "Unhandled")], fault.to_string()).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

struct World {
    folder: TempDir,
    program: PathBuf,
    url: String,
}

impl World {
    async fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let program = command_with_sdk(folder.path())?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let world = Self { folder, program, url };
        let demo = world.run(&["demo"], "")?;
        assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
        let path = "/2015-03-31/functions/{name}/invocations";
        let router = Router::new().route(path, post(invoke)).with_state(world.store());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(world)
    }

    fn store(&self) -> PathBuf {
        Path::new(self.folder.path()).join("sagewarden-demo/sagewarden.db")
    }

    /// Runs the command with this stack, or with none.
    fn run(&self, arguments: &[&str], stack: &str) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).envs(client_environment(&self.url));
        Ok(command.env("SAGEWARDEN_STACK", stack).output()?)
    }
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_answers_as_a_store_does() -> Result<()> {
    let world = World::new().await?;
    for question in [
        "lineage endpoint/credit-default-prod",
        "lineage endpoint/credit-default-prod --past --format table",
        "lineage endpoint/credit-default-prod --format json",
        "lineage endpoint/credit-default-prod --format csv",
        "lineage endpoint/credit-default-prod --format cyclonedx",
        "lineage endpoint/credit-default-prod --format mermaid --at 2026-03-04",
        "history endpoint/credit-default-prod",
        "why training-job/credit-train-002",
        "explain-gap training-job/credit-train-002 --format json",
        "list endpoints",
        "list findings --all",
        "list findings --all --format json",
        "list models --all --format csv",
        "list jobs",
        "list waivers",
        "list remedies",
        "inventory",
        "inventory --format html",
        "findings --all --by control",
    ] {
        let arguments: Vec<&str> = question.split(' ').collect();
        let (of_store, of_stack) = (world.run(&arguments, "")?, world.run(&arguments, "sagewarden")?);
        assert!(of_store.status.success(), "{question}: {}", words(&of_store.stderr));
        assert_eq!(words(&of_stack.stderr), words(&of_store.stderr), "{question}");
        assert_eq!(words(&of_stack.stdout), words(&of_store.stdout), "{question}");
        assert!(of_store.stdout.len() > 40, "{question}");
    }
    Ok(())
}

/// An alert of a stack names such commands: they work wherever the caller's credentials do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_an_alert_work_as_they_stand() -> Result<()> {
    let world = World::new().await?;
    for question in
        ["lineage endpoint/credit-default-prod@2026-03-04T12:00:00Z", "history endpoint/credit-default-prod"]
    {
        let of_store = world.run(&question.split(' ').collect::<Vec<_>>(), "")?;
        let command = format!("{question} --stack sagewarden --region eu-west-1");
        let of_stack = world.run(&command.split(' ').collect::<Vec<_>>(), "")?;
        assert!(of_stack.status.success(), "{command}: {}", words(&of_stack.stderr));
        assert_eq!(words(&of_stack.stdout), words(&of_store.stdout), "{command}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_that_has_no_answer_says_why() -> Result<()> {
    let world = World::new().await?;
    let store = world.store();
    let store = store.to_str().ok_or("the path is not UTF-8")?;
    for (question, stack, expected) in [
        ("lineage endpoint/other", "sagewarden", "nothing is recorded about `endpoint/other`"),
        ("lineage nonsense", "sagewarden", "`nonsense` is an unknown entity"),
        ("list jobs --limit 0", "sagewarden", "`limit`"),
        ("list jobs", "other", "there is no function `other-lookup-lineage` in this account and region"),
    ] {
        let output = world.run(&question.split(' ').collect::<Vec<_>>(), stack)?;
        assert_eq!(output.status.code(), Some(2), "{question}");
        assert!(words(&output.stderr).contains(expected), "{question}: {}", words(&output.stderr));
    }
    // A store that is named answers, whatever the environment says.
    let output = world.run(&["list", "endpoints", "--store", store], "other")?;
    assert!(output.status.success(), "{}", words(&output.stderr));
    Ok(())
}
