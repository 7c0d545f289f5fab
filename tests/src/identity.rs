//! STS and IAM in their query protocol: who the caller is, and that a role of the account exists.

use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::percent_decode_str;

use crate::s3::{escaped, xml};
use crate::wire::caller;

/// Answers a form.
pub(crate) fn answer(form: &str, account: &str) -> Response {
    let field = |name: &str| {
        let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next();
        percent_decode_str(value.unwrap_or_default()).decode_utf8_lossy().into_owned()
    };
    let (action, role) = (field("Action"), escaped(&field("RoleName")));
    let result = match action.as_str() {
        "GetCallerIdentity" => {
            let arn = caller().arn.unwrap_or_default();
            format!("<Arn>{arn}</Arn><UserId>AROAEXAMPLE:ana</UserId><Account>{account}</Account>")
        }
        "GetRole" => {
            let trust = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22sagemaker.amazonaws.com\
                         %22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
            format!(
                "<Role><Path>/</Path><RoleName>{role}</RoleName><RoleId>AROAEXAMPLE</RoleId><Arn>arn:aws:iam::{account}:role/{role}</Arn>\
                 <CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role>"
            )
        }
        "SimulatePrincipalPolicy" => {
            let results: String = (1..)
                .map(|number| field(&format!("ActionNames.member.{number}")))
                .take_while(|action| !action.is_empty())
                .map(|action| format!("<member><EvalActionName>{action}</EvalActionName><EvalDecision>allowed</EvalDecision></member>"))
                .collect();
            format!("<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>")
        }
        _ => {
            let message = format!("the simulator does not know `{}`", escaped(&action));
            let error = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>{message}</Message></Error></ErrorResponse>"
            );
            return xml(StatusCode::BAD_REQUEST, &error);
        }
    };
    let document = format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>");
    xml(StatusCode::OK, &document)
}
