//! The browser that some tests need: one that this machine has, or one that is installed once under the target folder.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::{Missing, Result, install_once, installation, python};

/// The names of Chromium and Chrome on `PATH`, the free one first.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chrome-headless-shell",
];

/// Where applications stand on macOS, which puts none on `PATH`.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The one command that cures what the tests cannot.
const CURE: &str = if cfg!(target_os = "macos") {
    "run `brew install --cask google-chrome`"
} else {
    "run `apt-get install chromium` (or what your system has in its place)"
};

/// A script of `tests/python` that drives the browser.
///
/// # Errors
/// If there is no browser; the message says why, and names the cure.
pub fn script(name: &str) -> Result<Command> {
    // Once for all tests of a process: to see a browser start takes a second.
    static PROGRAM: LazyLock<std::result::Result<PathBuf, Missing>> =
        LazyLock::new(|| program().map_err(|error| Missing(error.to_string())));
    let mut script = python::script(name)?;
    script.env("CHROME", PROGRAM.clone()?);
    Ok(script)
}

/// axe-core, which finds what a page keeps from people.
///
/// # Errors
/// If it cannot be fetched; the message says why.
pub fn axe() -> Result<PathBuf> {
    let parts = ["install_axe.py", "install_browser.py", "npm.txt"].map(python::place);
    let folder = installation("axe", &parts)?;
    let file = folder.join("axe.min.js");
    install_once(&folder, &file, || {
        let output = python::script("install_axe.py")?.arg(&folder).output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Missing(format!("axe-core cannot be fetched from npm's registry\n{}", said.trim())).into())
    })?;
    Ok(file)
}

fn program() -> Result<PathBuf> {
    let surroundings = Surroundings {
        chrome: env::var_os("CHROME"),
        path: env::var_os("PATH"),
        is_macos: cfg!(target_os = "macos"),
    };
    match surroundings.find(start) {
        Found::Browser(program) => Ok(program),
        Found::Unusable(program, why) => Err(Missing(format!(
            "`CHROME` names `{}`, which cannot be used: set it to the full path of a Chromium or Chrome, or unset it\n{why}",
            program.display()
        ))
        .into()),
        Found::Nothing(refused) => install(&refused),
    }
}

/// The result of starting a program as a browser.
enum Start {
    Works,
    Absent,
    Broken(String),
}

/// Drives it. A file of the right name may be a note that asks for another package, or a browser that sees no profile outside its cage.
fn start(program: &Path) -> Start {
    if !program.is_file() {
        return Start::Absent;
    }
    let proved =
        python::script("browser.py").and_then(|mut script| Ok(script.env("CHROME", program).output()?));
    match proved {
        Ok(output) if output.status.success() => Start::Works,
        Ok(output) => Start::Broken(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Start::Broken(error.to_string()),
    }
}

/// The places where a browser may be.
struct Surroundings {
    chrome: Option<OsString>,
    path: Option<OsString>,
    is_macos: bool,
}

#[derive(Debug, PartialEq)]
enum Found {
    Browser(PathBuf),
    /// The user's choice is not a browser. No other browser replaces it: the tests would pass in a browser that nobody chose.
    Unusable(PathBuf, String),
    /// A program that looked like a browser, and its fault.
    Nothing(Vec<String>),
}

impl Surroundings {
    /// The first browser that starts.
    fn find(&self, mut start: impl FnMut(&Path) -> Start) -> Found {
        if let Some(named) = self.chrome.as_deref().filter(|named| !named.is_empty()) {
            let named = PathBuf::from(named);
            return match start(&named) {
                Start::Works => Found::Browser(named),
                Start::Absent => Found::Unusable(named, "there is no such file".to_owned()),
                Start::Broken(why) => Found::Unusable(named, why),
            };
        }
        let mut refused = Vec::new();
        for program in self.usual() {
            match start(&program) {
                Start::Works => return Found::Browser(program),
                Start::Absent => {}
                Start::Broken(why) => refused.push(format!("{}: {why}", program.display())),
            }
        }
        Found::Nothing(refused)
    }

    /// Where a browser would be.
    fn usual(&self) -> Vec<PathBuf> {
        let folders: Vec<_> = env::split_paths(self.path.as_deref().unwrap_or(OsStr::new(""))).collect();
        let on_path = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        // A relative folder of PATH, the empty one too, is another folder for every process.
        let on_path = on_path.filter(|program| program.is_absolute());
        let applications = APPLICATIONS.iter().filter(|_| self.is_macos).map(PathBuf::from);
        on_path.chain(applications).collect()
    }
}

/// The installed browser.
fn install(refused: &[String]) -> Result<PathBuf> {
    let parts = ["install_browser.py", "browser.py", "npm.txt"].map(python::place);
    let folder = installation("browser", &parts)?;
    let program = folder.join("browser/chrome");
    install_once(&folder, &program, || {
        let output = python::script("install_browser.py")?.arg(&folder).output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let mut message = format!(
            "no browser was found, and none can be installed: {CURE}, or set `CHROME` to the path of one"
        );
        for why in refused.iter().map(String::as_str).chain([said.trim()]) {
            message += &format!("\n{why}");
        }
        Err(Missing(message).into())
    })?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file at a path of the made-up machine.
    enum Stands {
        Browser,
        Broken,
    }
    use Stands::{Broken, Browser};

    struct Case {
        what: &'static str,
        chrome: Option<&'static str>,
        path: Option<&'static str>,
        is_macos: bool,
        files: &'static [(&'static str, Stands)],
        found: Found,
    }

    const LINUX: Case = Case {
        what: "",
        chrome: None,
        path: Some("/usr/local/bin:/usr/bin"),
        is_macos: false,
        files: &[],
        found: Found::Nothing(Vec::new()),
    };

    fn browser(path: &str) -> Found {
        Found::Browser(path.into())
    }

    fn cases() -> Vec<Case> {
        vec![
            Case {
                what: "CHROME comes before PATH",
                chrome: Some("/opt/mine"),
                files: &[("/opt/mine", Browser), ("/usr/bin/chromium", Browser)],
                found: browser("/opt/mine"),
                ..LINUX
            },
            Case {
                what: "a CHROME that does not start is not replaced",
                chrome: Some("/opt/mine"),
                files: &[("/opt/mine", Broken), ("/usr/bin/chromium", Browser)],
                found: Found::Unusable("/opt/mine".into(), "broken".to_owned()),
                ..LINUX
            },
            Case {
                what: "nor is one that is not there",
                chrome: Some("/opt/mine"),
                files: &[("/usr/bin/chromium", Browser)],
                found: Found::Unusable("/opt/mine".into(), "there is no such file".to_owned()),
                ..LINUX
            },
            Case {
                what: "an empty CHROME is none",
                chrome: Some(""),
                files: &[("/usr/bin/chromium", Browser)],
                found: browser("/usr/bin/chromium"),
                ..LINUX
            },
            Case {
                what: "Chromium comes before Chrome, whatever the order of PATH",
                files: &[("/usr/local/bin/google-chrome", Browser), ("/usr/bin/chromium", Browser)],
                found: browser("/usr/bin/chromium"),
                ..LINUX
            },
            Case {
                what: "of one name, the first on PATH",
                files: &[("/usr/bin/chromium", Browser), ("/usr/local/bin/chromium", Browser)],
                found: browser("/usr/local/bin/chromium"),
                ..LINUX
            },
            Case {
                what: "what does not start is passed over",
                files: &[("/usr/bin/chromium-browser", Broken), ("/usr/bin/google-chrome-stable", Browser)],
                found: browser("/usr/bin/google-chrome-stable"),
                ..LINUX
            },
            Case {
                what: "a relative folder of PATH is not looked into",
                path: Some(":bin:/usr/bin"),
                files: &[("chromium", Browser), ("bin/chromium", Browser)],
                ..LINUX
            },
            Case {
                what: "applications of macOS are not looked for elsewhere",
                files: &[(APPLICATIONS[0], Browser)],
                ..LINUX
            },
            Case {
                what: "macOS has applications beside PATH",
                files: &[(APPLICATIONS[1], Browser), (APPLICATIONS[0], Browser)],
                found: browser(APPLICATIONS[0]),
                is_macos: true,
                ..LINUX
            },
            Case {
                what: "PATH comes before the applications",
                files: &[(APPLICATIONS[0], Browser), ("/usr/bin/chrome", Browser)],
                found: browser("/usr/bin/chrome"),
                is_macos: true,
                ..LINUX
            },
            Case { what: "an empty machine has none", ..LINUX },
            Case {
                what: "no PATH, no browser",
                path: None,
                files: &[("/usr/bin/chromium", Browser)],
                ..LINUX
            },
            Case {
                what: "what was passed over is said where there is nothing else",
                files: &[("/usr/bin/chromium-browser", Broken)],
                found: Found::Nothing(vec!["/usr/bin/chromium-browser: broken".to_owned()]),
                ..LINUX
            },
        ]
    }

    #[test]
    fn a_browser_is_found_by_chrome_then_path_then_the_applications_of_macos() {
        for Case { what, chrome, path, is_macos, files, found } in cases() {
            let surroundings =
                Surroundings { chrome: chrome.map(OsString::from), path: path.map(OsString::from), is_macos };
            let start = |program: &Path| match files.iter().find(|(path, _)| Path::new(path) == program) {
                Some((_, Browser)) => Start::Works,
                Some((_, Broken)) => Start::Broken("broken".to_owned()),
                None => Start::Absent,
            };
            assert_eq!(surroundings.find(start), found, "{what}");
        }
    }
}
