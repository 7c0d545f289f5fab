"""What the package knows of a checkout, while HEAD moves in every way. Runs in an empty folder; ends with an error where it is wrong."""

import os
import subprocess

from sagewarden import _git


def git(*arguments):
    subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=n@example.com", *arguments], check=True, capture_output=True)


def commit(text):
    git("commit", "--quiet", "--allow-empty", "--message", text)
    return _git.state().commit


home = os.getcwd()
assert _git.state() is None, "outside of git"
git("init", "--quiet", "--initial-branch", "main")
assert _git.state() is None, "before the first commit"
first = commit("first")
assert _git.state().repository is None
# As long as the configuration stays the same, git is not asked for a remote again.
run, _git._git = _git._git, lambda *arguments: 1 / 0
assert _git.state().repository is None
_git._git = run
git("remote", "add", "origin", "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/credit")
assert _git.state() == _git.GitState(first, "credit")

# As long as HEAD stays, no process is started.
run, _git._git = _git._git, lambda *arguments: 1 / 0
assert _git.state() == _git.GitState(first, "credit")
_git._git = run

second = commit("second")
assert second != first
git("reset", "--quiet", "--hard", "HEAD~1")
assert _git.state().commit == first, "after a reset"
git("checkout", "--quiet", "-b", "other")
other = commit("other")
git("checkout", "--quiet", "main")
assert _git.state().commit == first, "after a checkout"
git("commit", "--quiet", "--amend", "--allow-empty", "--message", "amended")
amended = _git.state().commit
assert amended not in (first, second, other), "after an amendment"

git("worktree", "add", "--quiet", "worktree", "other")
os.chdir("worktree")
assert _git.state().commit == other, "in a worktree"
os.chdir(home)
os.mkdir("inner")
os.chdir("inner")
assert _git.state().commit == amended, "in a folder of the checkout"
git("init", "--quiet")
assert _git.state() is None, "in a repository that is new in it"
assert commit("inner") not in (amended, other)
