//! The common parts of all pages. A page is one self-contained document that fetches nothing. `maud` escapes every value in it; only this
//! file makes values that count as markup already.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// Colours and type, in light and in dark.
const STYLE: &str = include_str!("page.css");

/// The page as text: this body, with its own style after the common style, and the script last. It sends nothing anywhere.
pub(crate) fn page(title: &str, style: &str, script: &str, body: &Markup) -> String {
    written(title, style, script, body, "'none'")
}

/// The same for a page that is served: its forms may ask the server that the page came from.
#[cfg(feature = "answers")]
pub(crate) fn served_page(title: &str, style: &str, script: &str, body: &Markup) -> String {
    written(title, style, script, body, "'self'")
}

fn written(title: &str, style: &str, script: &str, body: &Markup, forms: &str) -> String {
    let style = format!("{STYLE}{style}");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style, script, forms));
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body {
                (body)
                script { (PreEscaped(script)) }
            }
        }
    }
    .into_string()
}

/// Allows only this style and this script, by their digests. So nothing that a name smuggles in runs, and the page fetches nothing.
fn policy(style: &str, script: &str, forms: &str) -> String {
    let digest = |text: &str| BASE64.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action {forms}",
        digest(style),
        digest(script)
    )
}
