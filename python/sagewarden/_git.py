"""The commit of the folder that a notebook runs in."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

#: For each folder: the name of its repository, and the folder where git keeps its own files.
_repositories: Dict[str, str] = {}
_own_folders: Dict[Tuple[str, Optional[str]], str] = {}
#: For each folder: its commit, and the marks of HEAD when the commit was read.
_commits: Dict[str, Tuple["_Marks", str]] = {}

#: For each folder without a remote: the marks of its configuration when git was asked.
_without: Dict[str, "_Marks"] = {}

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
    """The repository's name in a remote's address: `credit` of `.../v1/repos/credit` and `git@host:team/credit.git`."""
    found = re.search(r"([^/:\s]+?)(?:\.git)?/?$", url.strip())
    return found.group(1) if found else None


def state() -> Optional[GitState]:
    """The commit of the current folder; None outside of git, without git, or before the first commit."""
    commit = _commit()
    return None if commit is None else GitState(commit, _repository())


def _commit() -> Optional[str]:
    """The commit of HEAD. It asks git again only if HEAD may have moved: each process of git delays a request by milliseconds."""
    folder, marks = os.getcwd(), _marks()
    known = _commits.get(folder)
    if marks is not None and known is not None and known[0] == marks:
        return known[1]
    commit = _git("rev-parse", "HEAD")
    if not commit or not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
        return None
    # The marks are older than the answer: if HEAD moved in between, they differ the next time.
    if marks is not None:
        _commits[folder] = (marks, commit)
    return commit


def _marks() -> Optional[_Marks]:
    """Marks that change whenever HEAD moves; None if git writes no such file.

    Git adds a line to `logs/HEAD` with every commit, checkout and reset. A repository that somebody makes in this folder changes the
    folder's own time.
    """
    key = (os.getcwd(), os.environ.get("GIT_DIR"))
    own = _own_folders.get(key) or _git("rev-parse", "--absolute-git-dir")
    if not own:
        return None
    _own_folders[key] = own
    return _marks_of(".", os.path.join(own, "HEAD"), os.path.join(own, "logs", "HEAD"))


def _marks_of(*places: str) -> Optional[_Marks]:
    try:
        files = [os.stat(place) for place in places]
    except OSError:
        return None
    return tuple((file.st_mtime_ns, file.st_size, file.st_ino) for file in files)


def _repository() -> Optional[str]:
    """The name of the repository. It is read once for each folder, or, while there is none, whenever the repository's configuration
    changes."""
    folder = os.getcwd()
    if folder not in _repositories:
        own = _own_folders.get((folder, os.environ.get("GIT_DIR")))
        marks = _marks_of(os.path.join(own, "config")) if own else None
        if marks is not None and _without.get(folder) == marks:
            return None
        remote = _git("remote", "get-url", "origin")
        name = name_of(remote) if remote else None
        if name is None:
            # The marks are older than the answer, as in `_commit`.
            if marks is not None:
                _without[folder] = marks
            return None
        _repositories[folder] = name
    return _repositories[folder]


def uncommitted() -> Optional[List[str]]:
    """The files of the checkout that differ from its commit, and those that git does not know and is not told to ignore; None if git
    cannot tell. Jupyter's own copies of notebooks do not count."""
    told = _git("status", "--porcelain", "-z", "--no-renames", "--", ":/", ":(exclude,top,glob)**/.ipynb_checkpoints/**")
    # Each entry is a state of two letters, a blank and a path.
    return None if told is None else [entry[3:] for entry in told.split("\0") if entry]
