//! The command at a terminal: a narrow one, one without a locale, and a machine without a home or a network.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::process::Command;

use run::{failure, out, sagewarden};
use tempfile::TempDir;

/// Runs a command at a terminal of this many columns, and returns its output.
const TERMINAL: &str = "
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 50, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
try:
    while chunk := os.read(terminal, 4096):
        sys.stdout.buffer.write(chunk)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

struct Screen {
    folder: TempDir,
}

impl Screen {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        assert!(
            sagewarden(&["demo", "--out", folder.path().join("demo").to_str().unwrap()]).status.success()
        );
        Self { folder }
    }

    /// The text on the screen, without colours.
    fn of(&self, columns: usize, locale: &str, arguments: &[&str]) -> String {
        let output = Command::new("python3")
            .args(["-c", TERMINAL, &columns.to_string(), env!("CARGO_BIN_EXE_sagewarden")])
            .args(arguments)
            .env_remove("LC_CTYPE")
            .env_remove("LANG")
            .envs([("LC_ALL", locale), ("NO_COLOR", "1")])
            .current_dir(self.folder.path().join("demo"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        out(&output).replace('\r', "")
    }

    fn asked(&self, columns: usize, locale: &str, question: &[&str]) -> String {
        self.of(columns, locale, &[question, &["--store", "sagewarden.db"]].concat())
    }
}

/// Whether a line is one word, which is never divided: it can still be copied.
fn is_one_word(line: &str) -> bool {
    line.trim_start_matches([' ', '│', '├', '└', '─']).split_whitespace().count() < 2
}

#[test]
fn text_fits_a_terminal_of_forty_columns() {
    let screen = Screen::new();
    let utf8 = "C.UTF-8";
    let shown = [
        screen.of(40, utf8, &["policy", "list"]),
        screen.of(40, utf8, &["policy", "explain", "TRN-NET-01"]),
        screen.asked(40, utf8, &["lineage", "credit-default-prod"]),
        screen.asked(40, utf8, &["history", "credit-default-prod"]),
        screen.asked(40, utf8, &["impact", "credit-train-003"]),
        screen.asked(40, utf8, &["lineage", "credit-default-prod", "--format", "table"]),
    ];
    for text in shown {
        assert!(text.lines().count() > 3, "{text}");
        let too_wide = text.lines().find(|line| line.chars().count() > 40 && !is_one_word(line));
        assert_eq!(too_wide, None, "{text}");
    }
}

/// `script`, `docker exec -t` and `expect` make terminals of no size: their text is not folded into single words.
#[test]
fn a_terminal_of_no_size_is_one_of_any_width() {
    let screen = Screen::new();
    let text = screen.of(0, "C.UTF-8", &["policy", "list"]);
    let is_whole =
        |line: &str| line.starts_with("TRN-NET-01") && line.contains("training job must run inside");
    assert!(text.lines().any(is_whole), "{text}");
}

#[test]
fn a_terminal_shows_short_forms_unless_asked_for_whole_ones() {
    let screen = Screen::new();
    let short = screen.asked(200, "C.UTF-8", &["lineage", "credit-default-prod"]);
    assert!(
        !short.contains("arn:aws:sts") && short.contains("by Ana Ruiz <ana@example.com>, 2026-03-04 09:00\n")
    );
    let whole = screen.asked(400, "C.UTF-8", &["lineage", "credit-default-prod", "--wide"]);
    assert!(
        whole.contains("arn:aws:sts::111122223333:assumed-role/") && whole.contains("2026-03-04T09:00:00Z")
    );
    let store = screen.folder.path().join("demo/sagewarden.db");
    let piped = out(&sagewarden(&["lineage", "credit-default-prod", "--store", store.to_str().unwrap()]));
    assert_eq!(whole, piped);
    let request = screen.asked(400, "C.UTF-8", &["reproduce", "credit-default-model"]);
    assert!(request.contains("arn:aws:iam::"), "{request}");
}

#[test]
fn without_a_locale_a_tree_is_drawn_in_ascii() {
    let screen = Screen::new();
    for (locale, expect) in [("C", "|-- source code\n"), ("C.UTF-8", "├── source code\n")] {
        let tree = screen.asked(80, locale, &["lineage", "credit-train-002"]);
        assert!(tree.contains(expect), "{tree}");
        assert_eq!(tree.is_ascii(), locale == "C", "{tree}");
    }
}

#[test]
fn neither_a_home_nor_a_network_is_needed() {
    let folder = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sagewarden"))
        .args(["demo", "--out", folder.path().join("demo").to_str().unwrap()])
        .env_clear()
        .envs([
            ("PATH", std::env::var("PATH").unwrap_or_default().as_str()),
            ("HOME", "/nonexistent"),
            ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let (code, said) = failure(&["demo", "--out", "/proc/nowhere/demo"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("/proc/nowhere/demo/events` cannot be written"), "{said}");
}
