//! Text of others, whatever it is, cannot become markup in any rendering.

use proptest::prelude::*;
use sagewarden_events::{Markdown, Untrusted};

/// Pieces that mean something to somebody.
const PIECES: [&str; 46] = [
    "[approve](https://evil.example)",
    "![x](http://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "<script>",
    "@team",
    "```",
    "`",
    "\n",
    "\r\n",
    "\n# ",
    "\n| a | b |\n|---|---|\n",
    "::add-mask::",
    " ::error::x",
    "##[error]",
    "##vso[task.complete]",
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=",
    ";=cmd",
    "; \"=x",
    "\"",
    "\"\"",
    "'",
    "\\",
    "\\\"",
    "\\\\evil\\share",
    "https://",
    "HTTP://",
    "www.",
    "WwW.evil",
    "evil.com",
    "s3://bucket/a.csv",
    "mailto:a@b",
    "javascript:alert(1)",
    "\u{200b}",
    "\u{ad}",
    "\u{202e}",
    "\u{2028}",
    "\u{1b}[2J",
    "\u{9b}2J",
    "\u{fdd0}",
    "%%{init:{}}%%",
    "&lt;",
    " ",
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES.as_slice()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[a-zA-Z0-9.:/ -]{0,12}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn is_one_line(text: &str) -> bool {
    let moves = |char: char| {
        char.is_control()
            || matches!(char, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    !text.contains(moves)
}

proptest! {
    /// A piece of code is closed by the first backtick, and nothing within it is Markdown.
    #[test]
    fn in_markdown_they_are_one_piece_of_code(text in texts()) {
        let shown = Markdown::default().ours("- ").code(Untrusted::new(&text)).ours("\n");
        let inner = shown.as_str().strip_prefix("- `").and_then(|rest| rest.strip_suffix("`\n")).unwrap();
        prop_assert!(!inner.is_empty() && !inner.contains('`') && !inner.contains(char::is_control), "{inner:?}");
        prop_assert!(inner.len() <= Markdown::MOST + 3);
    }

    #[test]
    fn in_a_mail_they_are_no_link_and_end_no_text(text in texts()) {
        let shown = Untrusted::new(&text).mail();
        prop_assert!(is_one_line(&shown) && !shown.contains(['"', '\\']), "{shown:?}");
        for (at, _) in shown.match_indices("://") {
            let before = shown.get(..at).unwrap();
            let scheme = before.rsplit(|char: char| !char.is_ascii_alphanumeric() && !"+-.".contains(char)).next();
            prop_assert_eq!(scheme, Some("s3"), "{}", shown);
        }
        let lower = shown.to_lowercase();
        for (at, _) in lower.match_indices("www.") {
            prop_assert!(!lower.get(at + 4..).unwrap().starts_with(char::is_alphanumeric), "{shown}");
        }
        for link in ["mailto:a", "javascript:a", "evil.com ", "evil.com/"] {
            prop_assert!(!lower.contains(link), "{shown}");
        }
        // EventBridge puts it between quotation marks.
        let read: String = serde_json::from_str(&format!("\"{shown}\"")).unwrap();
        prop_assert_eq!(&read, &shown);
        prop_assert_eq!(Untrusted::new(&shown).mail(), shown);
    }

    /// Cells as somebody's spreadsheet cuts them, with another separator or none of our quotation marks.
    #[test]
    fn in_a_spreadsheet_they_are_no_formula(text in texts()) {
        let shown = Untrusted::new(&text).cell();
        if shown.parse::<f64>().is_err() {
            for cell in shown.split([';', '\t', '\r', '\n']) {
                let begins = cell.trim_start_matches(|char: char| char.is_whitespace() || char == '"');
                prop_assert!(!begins.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{shown:?}");
            }
        }
        for line in shown.lines() {
            prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##[") && !line.contains("##vso["), "{shown:?}");
        }
        // The text of the others is there, between the apostrophes.
        prop_assert_eq!(shown.replace('\'', ""), text.replace('\'', ""));
    }

    #[test]
    fn on_a_terminal_they_stay_on_their_line(text in texts()) {
        let shown = Untrusted::new(&text).line();
        // With this character the command marks where bold text begins.
        let has_mark = shown.contains('\u{fdd0}');
        prop_assert!(is_one_line(&shown) && !has_mark);
    }

    #[test]
    fn in_a_drawing_they_are_one_string(text in texts()) {
        let shown = Untrusted::new(&text).dot();
        prop_assert!(is_one_line(&shown), "{shown:?}");
        let inner = shown.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
        let mut escaped = false;
        for char in inner.chars() {
            prop_assert!(escaped || char != '"', "{shown}");
            escaped = char == '\\' && !escaped;
        }
        prop_assert!(!escaped, "{shown}");
        let shown = Untrusted::new(&text).mermaid();
        let plain = |char: char| char.is_alphanumeric() || " -./:@_,=()?+#;".contains(char);
        prop_assert!(shown.chars().all(plain), "{shown:?}");
    }

    #[test]
    fn in_a_message_of_sarif_they_are_no_link(text in texts()) {
        let shown = Untrusted::new(&text).sarif();
        prop_assert!(is_one_line(&shown) && !shown.contains("]("), "{shown:?}");
    }
}

#[test]
fn what_means_nothing_stays_as_it_is() {
    for text in
        ["eta", "s3://bucket/train.csv", "ml.m5.xlarge", "-0.5", "1e-3", "SecurityConfig.KmsKeyId", "日本 ü"]
    {
        let words = Untrusted::new(text);
        assert_eq!(
            [words.line(), words.mail(), words.cell(), words.sarif(), words.mermaid()],
            [(); 5].map(|()| text.to_owned())
        );
        assert_eq!(words.dot(), format!("\"{text}\""));
        assert_eq!(Markdown::default().code(words).as_str(), format!("`{text}`"));
    }
    let shown = Untrusted::new("sign in at https://www.evil.com/x or evil.com, \"now\"\\").mail();
    assert_eq!(shown, "sign in at https[:]//www[.]evil[.]com/x or evil[.]com, 'now'/");
    assert_eq!(Untrusted::new("=1;+2\n::x::").cell(), "'=1;'+2\n'::x::");
    let shown = |text: &str| Markdown::default().code(Untrusted::new(text)).as_str().to_owned();
    assert_eq!([shown("a`b\nc"), shown("\u{202e}")], ["`a'b c`", "` `"]);
}
