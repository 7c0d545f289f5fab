"""The commit of the folder that a notebook runs in."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

#: What was read in each folder: the folder of git's own files, the marks of these files, and the checkout. `GIT_DIR` may name another one.
_known: Dict[Tuple[str, Optional[str]], Tuple[str, "_Marks", "GitState"]] = {}

#: Times, sizes and numbers of files.
_Marks = Tuple[Tuple[int, int, int], ...]


@dataclass(frozen=True)
class GitState:
    """A checkout."""

    commit: str
    #: The last part of the address of the remote `origin`; None without one.
    repository: Optional[str]


def _git(*arguments: str) -> Optional[str]:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, encoding="utf-8", errors="replace", timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip("\n") if done.returncode == 0 else None


def name_of(url: str) -> Optional[str]:
    """The repository's name in a remote's address: `credit` of `.../v1/repos/credit`, `git@host:team/credit.git` and `codecommit://profile@credit`."""
    found = re.search(r"([^/:@\s]+?)(?:\.git)?/?$", url.strip())
    return found.group(1) if found else None


def state() -> Optional[GitState]:
    """The checkout of the current folder; None outside of git, without git, or before the first commit.

    It asks git again only if HEAD or the configuration may have changed: each process of git delays a request by milliseconds.
    """
    try:
        key = (os.getcwd(), os.environ.get("GIT_DIR"))
    except OSError:  # Somebody deleted the folder.
        return None
    known = _known.get(key)
    if known is not None and known[1] == _marks(known[0]):
        return known[2]
    own = _git("rev-parse", "--absolute-git-dir")
    # The marks are older than the answers: if HEAD moved in between, they differ the next time.
    marks = _marks(own) if own else None
    commit = _git("rev-parse", "HEAD") if own else None
    if not own or not commit or not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
        return None
    remote = _git("remote", "get-url", "origin")
    found = GitState(commit, name_of(remote) if remote else None)
    if marks is not None:
        _known[key] = (own, marks, found)
    return found


def _marks(own: str) -> Optional[_Marks]:
    """Marks that change whenever HEAD moves, a remote changes, or somebody makes a repository in this folder; None if git writes no such
    files. Git adds a line to `logs/HEAD` with every commit, checkout and reset."""
    try:
        files = [os.stat(os.path.join(own, "HEAD")), os.stat(os.path.join(own, "logs", "HEAD")), os.stat(_configuration(own))]
    except OSError:
        return None
    try:
        here = os.stat(".git").st_ino
    except OSError:
        here = 0
    return ((here, 0, 0), *((file.st_mtime_ns, file.st_size, file.st_ino) for file in files))


def _configuration(own: str) -> str:
    """The file of a repository's configuration. A worktree names the folder that it shares with others."""
    shared = os.path.join(own, "commondir")
    if os.path.exists(shared):
        with open(shared, encoding="utf-8") as file:
            own = os.path.join(own, file.read().strip())
    return os.path.join(own, "config")


def uncommitted() -> Optional[List[str]]:
    """The files of the checkout that differ from its commit, and those that git does not know and is not told to ignore; None if git
    cannot tell. Hidden files and folders do not count, such as Jupyter's copies of notebooks, and neither does what Python compiles."""
    left_out = [f":(exclude,top,glob)**/{name}{rest}" for name in (".*", "__pycache__") for rest in ("", "/**")]
    told = _git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal", "--", ":/", *left_out)
    # Each entry is a state of two letters, a blank and a path.
    return None if told is None else [entry[3:] for entry in told.split("\0") if entry]
