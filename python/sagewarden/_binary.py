"""Finds the command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from typing import List, Optional, Sequence

#: The path of the command, if it is neither beside Python nor on the PATH.
VARIABLE = "SAGEWARDEN_BINARY"


class NoBinary(RuntimeError):
    """The command is missing, or was built for another machine."""


def binary() -> str:
    """The path of the command.

    The package takes the path in `SAGEWARDEN_BINARY`, else looks where pip puts commands, else on the PATH.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if os.access(named, os.X_OK):
            return named
        raise NoBinary(f"{VARIABLE} names `{named}`, which cannot be run")
    name = "sagewarden" + (sysconfig.get_config_var("EXE") or "")
    folders: List[Optional[str]] = [sysconfig.get_path("scripts"), os.path.dirname(sys.executable)]
    try:
        folders.append(sysconfig.get_path("scripts", scheme=f"{os.name}_user"))
    except KeyError:
        pass
    for folder in folders:
        path = os.path.join(folder, name) if folder else ""
        if path and os.access(path, os.X_OK):
            return path
    found = shutil.which(name)
    if found is None:
        raise NoBinary(
            "the command `sagewarden` is not installed: install the wheel for this machine, or name the command in "
            f"{VARIABLE}"
        )
    return found


def run(arguments: Sequence[str], given: Optional[str] = None) -> "subprocess.CompletedProcess[str]":
    """Runs the command; its answer is text."""
    command = [binary(), *arguments]
    try:
        return subprocess.run(
            command, input=given, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError as error:
        raise NoBinary(f"`{command[0]}` cannot be run on this machine: {error}") from error
