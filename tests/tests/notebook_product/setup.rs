//! The scripts that run when a notebook or a space starts, under bash, with stand-ins for what only AWS has.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sagewarden_tests::Result;
use tempfile::TempDir;

use super::products::{product, resource};

/// Runs the arguments after `--` unchanged.
const RUNUSER: &str = "#!/bin/bash\nshift 3\nexec \"$@\"\n";
/// `aws s3 cp PLACE FOLDER ...`: puts a wheel there, or nothing, or fails.
const AWS: &str = "#!/bin/bash\necho \"$@\" >> \"$HOME/aws.log\"\ncase \"$STUB_AWS\" in\n  fail) echo 'fatal error: Unable to locate endpoint' >&2; exit 1;;\n  empty) exit 0;;\nesac\ntouch \"$4/sagewarden-0.1.0-py3-none-linux_x86_64.whl\"\n";
/// `python -m pip install ...`: puts the command beside itself, or fails.
const PYTHON: &str = "#!/bin/bash\necho \"$@\" >> \"$HOME/pip.log\"\nif [ \"$STUB_PIP\" = fail ]; then exit 1; fi\ncp \"$HOME/command\" \"$(dirname \"$0\")/sagewarden\"\n";
/// `sagewarden check ...`.
const COMMAND: &str = "#!/bin/bash\necho \"$@\" >> \"$HOME/check.log\"\nexit \"${STUB_CHECK:-0}\"\n";

/// A home folder with a clone in it, and the script of a product.
struct Home {
    folder: TempDir,
    script: String,
    clones: &'static str,
}

impl Home {
    fn of(file: &str, when_setup_fails: &str) -> Result<Self> {
        let (path, clones) = match file {
            "notebook" => ("/OnStart/0/Content", "SageMaker"),
            _ => ("/StudioLifecycleConfigContent", ""),
        };
        let script = resource(product(file), "Lifecycle")
            .pointer(path)
            .and_then(|text| text.as_str().map(str::to_owned));
        let mut script = script.ok_or("the product has no script")?;
        script =
            script.replace("WHEN_SETUP_FAILS='start'", &format!("WHEN_SETUP_FAILS='{when_setup_fails}'"));
        let home = Self { folder: TempDir::new()?, script, clones };
        for (name, text) in
            [("bin/runuser", RUNUSER), ("bin/aws", AWS), ("env/bin/python", PYTHON), ("command", COMMAND)]
        {
            home.program(name, text)?;
        }
        for arguments in [
            &["init", "--quiet", "--bare", "remote.git"][..],
            &["init", "--quiet", "--initial-branch", "main", &home.clone()],
            &[
                "-C",
                &home.clone(),
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@b",
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "a",
            ],
            &["-C", &home.clone(), "remote", "add", "origin", "../remote.git"],
        ] {
            let output = home.command("git").args(arguments).output()?;
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let remote = home.path("remote.git").display().to_string();
        home.command("git").args(["-C", &home.clone(), "remote", "set-url", "origin", &remote]).output()?;
        Ok(home)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn clone(&self) -> String {
        self.folder.path().join(self.clones).join("credit").display().to_string()
    }

    fn program(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    /// A program that finds the stand-ins first, and this home only.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GIT_DIR")
            .env("SETUP_HOME", self.folder.path())
            .env("SETUP_PYTHON", self.path("env/bin/python"));
        command
    }

    /// Starts the notebook: whether it would start, and what the log says.
    fn start(&self, stub: (&str, &str)) -> Result<(bool, String)> {
        let output = self.command("bash").arg("-c").arg(&self.script).env(stub.0, stub.1).output()?;
        Ok((output.status.success(), said(&output)))
    }

    /// Pushes from the clone: whether the remote has it, and what git says.
    fn push(&self, check: &str) -> Result<(bool, String)> {
        let output = self
            .command("git")
            .args(["-C", &self.clone(), "push", "origin", "main"])
            .env("STUB_CHECK", check)
            .output()?;
        Ok((output.status.success(), said(&output)))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const PRODUCTS: [&str; 2] = ["notebook", "studio"];
const WELL: (&str, &str) = ("STUB_AWS", "well");

#[test]
fn the_script_is_no_longer_than_aws_allows() -> Result<()> {
    for file in PRODUCTS {
        let home = Home::of(file, "start")?;
        // In base64: four characters for three.
        let length = home.script.len().div_ceil(3) * 4;
        assert!(length < 16_384, "{file}: {length}");
        assert!(!home.script.contains("{{resolve:"), "{file}: CloudFormation encodes before it resolves");
    }
    Ok(())
}

#[test]
fn it_installs_the_wheel_and_names_the_owner_to_git_however_often_it_runs() -> Result<()> {
    for file in PRODUCTS {
        let home = Home::of(file, "refuse")?;
        for _ in 0..3 {
            let (starts, log) = home.start(WELL)?;
            assert!(starts && log.ends_with("sagewarden setup: done\n"), "{file}: {log}");
        }
        let copied = home.read("aws.log");
        assert!(copied.contains("s3 cp s3://sagewarden-wheels/sagewarden/ "), "{copied}");
        let installed = home.read("pip.log");
        assert!(
            installed.contains("-m pip install --quiet --no-index --no-deps --upgrade --find-links"),
            "{installed}"
        );
        let git = home.read(".gitconfig");
        assert!(git.contains("name = jane") && git.contains("email = jane@example.com"), "{git}");
        assert_eq!(git.matches("templateDir").count(), 1, "{git}");
        assert!(home.path(".sagewarden/sagewarden").exists());
    }
    Ok(())
}

#[test]
fn a_push_is_refused_when_a_control_fails_and_for_no_other_reason() -> Result<()> {
    for file in PRODUCTS {
        let home = Home::of(file, "start")?;
        home.start(WELL)?;
        let (pushed, words) = home.push("1")?;
        assert!(!pushed && words.contains("nothing was pushed"), "{file}: {words}");
        // 2: a repository without anything to judge.
        let (pushed, words) = home.push("2")?;
        assert!(pushed, "{file}: {words}");
        let checked = home.read("check.log");
        let expected = format!("check {}\n", fs::canonicalize(home.clone())?.display());
        assert_eq!(checked, expected.repeat(2), "{file}");

        // The platform team's settings, if the bucket has them.
        fs::write(home.path(".sagewarden/wheels/settings.toml"), "")?;
        home.command("git")
            .args(["-C", &home.clone(), "-c", "user.name=a", "-c", "user.email=a@b"])
            .args(["commit", "--quiet", "--allow-empty", "-m", "b"])
            .output()?;
        assert!(home.push("0")?.0);
        assert!(home.read("check.log").contains("check --settings "), "{file}");
    }
    Ok(())
}

#[test]
fn a_new_clone_has_the_hook_and_a_hook_of_somebody_else_stays() -> Result<()> {
    for file in PRODUCTS {
        let home = Home::of(file, "start")?;
        let hook = Path::new(&home.clone()).join(".git/hooks/pre-push");
        fs::create_dir_all(hook.parent().unwrap_or(Path::new("/")))?;
        fs::write(&hook, "#!/bin/sh\nexit 0\n")?;
        let (starts, log) = home.start(WELL)?;
        assert!(starts && log.contains("is another one and stays"), "{file}: {log}");
        assert_eq!(fs::read_to_string(&hook)?, "#!/bin/sh\nexit 0\n");
        home.command("git").args(["init", "--quiet", "new"]).output()?;
        assert!(fs::read_to_string(home.path("new/.git/hooks/pre-push"))?.contains("sagewarden pre-push"));
    }
    Ok(())
}

#[test]
fn what_fails_is_in_the_log_and_stops_the_notebook_only_where_that_is_wanted() -> Result<()> {
    let check = |stub: (&str, &str), words: &str| -> Result<()> {
        for file in PRODUCTS {
            let (starts, log) = Home::of(file, "start")?.start(stub)?;
            assert!(
                starts && log.contains("sagewarden setup: FAILED: ") && log.contains(words),
                "{file}: {log}"
            );
            let (starts, log) = Home::of(file, "refuse")?.start(stub)?;
            assert!(!starts && log.contains(words), "{file}: {log}");
        }
        Ok(())
    };
    check(("STUB_AWS", "fail"), "s3://sagewarden-wheels/sagewarden/ cannot be read")?;
    check(("STUB_AWS", "empty"), "has no sagewarden-*.whl")?;
    check(("STUB_PIP", "fail"), "the wheel cannot be installed")
}

#[test]
fn without_the_package_a_push_goes_on_and_says_that_nothing_was_checked() -> Result<()> {
    for file in PRODUCTS {
        let home = Home::of(file, "start")?;
        home.start(("STUB_AWS", "fail"))?;
        let (pushed, words) = home.push("1")?;
        assert!(
            pushed && words.contains("sagewarden is not installed here: nothing was checked"),
            "{file}: {words}"
        );
    }
    Ok(())
}
