//! The calls of an adapter to its service, read from its sources as tokens: `client.get_role()` is a call of `get_role`, in code and in the
//! arguments of macros. Comments and texts do not count.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::Result;

/// The names of the calls that the sources of a folder make on something called `client`.
///
/// # Errors
/// If a file cannot be read, or is not Rust.
pub fn calls_in(folder: &Path) -> Result<BTreeSet<String>> {
    let mut calls = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            calls.extend(calls_in(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            calls.extend(calls_of(&fs::read_to_string(&path)?)?);
        }
    }
    Ok(calls)
}

/// Whether a source calls this function, such as `Config::bus` or `bundle_in_force`.
///
/// # Errors
/// If it is not Rust.
pub fn uses(source: &str, function: &str) -> Result<bool> {
    let wanted = words(&tokens(&format!("{function}()"))?);
    Ok(words(&tokens(source)?).windows(wanted.len()).any(|some| some == wanted))
}

fn calls_of(source: &str) -> Result<BTreeSet<String>> {
    let words = words(&tokens(source)?);
    let calls = words.windows(5).filter_map(|some| match some {
        [client, dot, name, open, close]
            if client == "client" && dot == "." && open == "(" && close == ")" =>
        {
            Some(name.clone())
        }
        _ => None,
    });
    // A request of one operation that is sent as another, which the SDK does not have yet, names it in its header.
    let renamed = words.iter().filter_map(|word| word.strip_prefix("\"SageMaker.")?.strip_suffix('"'));
    Ok(calls.chain(renamed.map(snake)).collect())
}

/// `DescribeAutoMLJobV2` as the SDK calls it: `describe_auto_ml_job_v2`.
#[must_use]
pub fn snake(action: &str) -> String {
    let mut name = String::new();
    for (index, letter) in action.replace("AutoML", "AutoMl").chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn tokens(source: &str) -> Result<TokenStream> {
    Ok(TokenStream::from_str(source).map_err(|error| error.to_string())?)
}

/// The tokens one after the other, groups with their parentheses.
fn words(tokens: &TokenStream) -> Vec<String> {
    let mut out = Vec::new();
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.push(open.to_owned());
                out.extend(words(&group.stream()));
                out.push(close.to_owned());
            }
            other => out.push(other.to_string()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_count_in_code_and_in_macros_and_nowhere_else() {
        let source = r#"
            // client.no_comment()
            fn f(&self) { self.client.get_role().send(); let text = "client.no_text()"; }
            fn h(request: R) { request.insert("x-amz-target", "SageMaker.GetEndpointPolicy"); }
            fn g() { describe!(context, client.describe_model().model_name(name)); client.other(1); }
        "#;
        let calls: Vec<String> = calls_of(source).unwrap().into_iter().collect();
        assert_eq!(calls, ["describe_model", "get_endpoint_policy", "get_role"]);
        assert!(uses("fn main() { let bus = Config::bus()?; }", "Config::bus").unwrap());
        assert!(!uses("fn main() { // Config::bus()\n }", "Config::bus").unwrap());
    }
}
