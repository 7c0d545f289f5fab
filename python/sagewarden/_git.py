"""The commit of the folder that a notebook runs in."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import Dict, Optional

_repositories: Dict[str, str] = {}


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
    return done.stdout.strip() if done.returncode == 0 else None


def name_of(url: str) -> Optional[str]:
    """The repository's name in a remote's address: `credit` of `.../v1/repos/credit` and `git@host:team/credit.git`."""
    found = re.search(r"([^/:\s]+?)(?:\.git)?/?$", url.strip())
    return found.group(1) if found else None


def state() -> Optional[GitState]:
    """The commit of the current folder; None outside of git, without git, or before the first commit."""
    commit = _git("rev-parse", "HEAD")
    if not commit or not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
        return None
    return GitState(commit, _repository())


def _repository() -> Optional[str]:
    """The name of the repository. It is read once for each folder, because a process costs milliseconds of every request."""
    folder = os.getcwd()
    if folder not in _repositories:
        remote = _git("remote", "get-url", "origin")
        name = name_of(remote) if remote else None
        if name is None:
            return None
        _repositories[folder] = name
    return _repositories[folder]


def is_dirty() -> Optional[bool]:
    """Whether files of the checkout were changed since its commit; None if git cannot tell."""
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return None if changed is None else bool(changed)
