"""What a notebook was made from: the commit of the folder that it runs in."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class GitState:
    """A checkout."""

    commit: str
    repository: Optional[str]
    is_dirty: bool


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
    remote = _git("remote", "get-url", "origin")
    dirty = _git("status", "--porcelain", "--untracked-files=no")
    return GitState(commit, name_of(remote) if remote else None, bool(dirty))
