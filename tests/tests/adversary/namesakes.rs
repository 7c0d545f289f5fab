//! A space with the name of a colleague's user profile: an ARN does not distinguish their apps.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sagewarden_events::{Change, Corrections, Resource, ResourceKind};
use sagewarden_govern::ports::{Account, PortErrorKind, Remedies};
use sagewarden_sagemaker::SageMakerAccount;
use sagewarden_tests::{Result, emulator};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The apps of Studio that there are: whose (`UserProfileName` or `SpaceName`), their state, and when they were made.
type Apps = Vec<(&'static str, &'static str, i64)>;

#[derive(Clone)]
struct Studio {
    apps: Apps,
    deleted: Arc<Mutex<Vec<String>>>,
}

/// SageMaker, as far as apps go ("DescribeApp" and "DeleteApp", API reference).
async fn answer(State(studio): State<Studio>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let asked = if request["SpaceName"].is_string() { "SpaceName" } else { "UserProfileName" };
    let Some((owner, status, made)) = studio.apps.iter().find(|(owner, ..)| *owner == asked) else {
        return (
            StatusCode::BAD_REQUEST,
            json!({ "__type": "ResourceNotFound", "message": "no app" }).to_string(),
        );
    };
    if headers["x-amz-target"].to_str().unwrap().ends_with("DeleteApp") {
        studio.deleted.lock().unwrap().push((*owner).to_owned());
        return (StatusCode::OK, "{}".to_owned());
    }
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:app/d-1/ana/JupyterLab/default";
    let described = json!({ "AppArn": arn, "DomainId": "d-1", (*owner): "ana", "AppType": "JupyterLab", "AppName": "default", "Status": status, "CreationTime": made });
    (StatusCode::OK, described.to_string())
}

/// The owner of the described app, and the result of deleting it.
async fn asked(
    apps: Apps,
) -> Result<(Option<&'static str>, std::result::Result<Vec<String>, PortErrorKind>)> {
    let studio = Studio { apps, deleted: Arc::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = Router::new().fallback(answer).with_state(studio.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let account = SageMakerAccount::new(&emulator::config(&url).await);
    let app =
        Resource::in_region(ResourceKind::App, "111122223333", "eu-west-1", "d-1/ana/JupyterLab/default");
    let described = account.describe(&app).await?;
    let of = |owner: &'static str| {
        described.as_ref().filter(|each| each.document[owner].is_string()).map(|_| owner)
    };
    let whose = of("SpaceName").or_else(|| of("UserProfileName"));
    let delete = Corrections { settings: [Change::DeleteApp].into(), platform: None };
    let deleted = account.change(&app, &delete).await;
    server.abort();
    let calls = studio.deleted.lock().unwrap().clone();
    Ok((whose, deleted.map(|()| calls).map_err(|error| error.kind())))
}

#[tokio::test]
async fn my_app_is_neither_hidden_behind_a_colleagues_nor_is_the_colleagues_deleted() -> Result<()> {
    let user = ("UserProfileName", "InService", 100);
    let space = ("SpaceName", "InService", 200);
    let gone = ("UserProfileName", "Deleted", 100);
    assert_eq!(asked(vec![user]).await?, (Some("UserProfileName"), Ok(vec!["UserProfileName".into()])));
    assert_eq!(asked(vec![space]).await?, (Some("SpaceName"), Ok(vec!["SpaceName".into()])));
    // An app that is described as deleted hides no other.
    assert_eq!(asked(vec![gone, space]).await?, (Some("SpaceName"), Ok(vec!["SpaceName".into()])));
    // If there are two, the newer one is judged, and a person must say which one to delete.
    assert_eq!(asked(vec![user, space]).await?, (Some("SpaceName"), Err(PortErrorKind::Invalid)));
    assert_eq!(asked(vec![]).await?, (None, Ok(vec![])));
    Ok(())
}
