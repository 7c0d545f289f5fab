"""Verdicts: a process of the command judges one request after the other, so that only the first one waits for its start."""

from __future__ import annotations

import atexit
import html
import json
import os
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from ._binary import binary
from ._process import Ended, JudgeError, LineProcess

#: The place of a file.
Path = Union[str, "os.PathLike[str]"]
#: The command's names for boto3's client and for the core of the SageMaker SDK, where it shows the code of a fix.
BOTO3, CORE = "boto3", "sagemaker-core"
#: The files of settings that the command looks for in a folder and in those above it.
SETTINGS_FILES = ("sagewarden.toml", ".sagewarden/settings.toml", "infra/settings.toml")


def sdk_of(module: str) -> Optional[str]:
    """The SDK that a module belongs to, as the command calls it."""
    if module.startswith("sagemaker_core."):
        return CORE
    if not module.startswith("sagemaker."):
        return None
    # Version 3 contains the core; version 2 contains the trainer of version 3 as `sagemaker.modules`.
    if "sagemaker.core" not in sys.modules:
        return "SageMaker SDK v3" if module.startswith("sagemaker.modules.") else "SageMaker SDK v2"
    is_core = module.startswith("sagemaker.core.") and not module.startswith(("sagemaker.core.processing", "sagemaker.core.transformer"))
    return CORE if is_core else "SageMaker SDK v3"


@dataclass(frozen=True)
class Finding:
    """A control that a request fails, or that cannot be decided from it."""

    control: str
    title: str
    severity: str
    #: `violation`, `unknown` (undecided) or `waived`.
    status: str
    field: str
    actual: str
    wanted: str
    fix: str
    #: The fix as a diff of the request: `-` marks the present value, `+` the right one; empty if the right value is not known.
    diff: str = ""
    #: The fix as code, for the SDK that made the request; empty if that is not known.
    code: str = ""

    @classmethod
    def _of(cls, found: Mapping[str, Any], sdk: str) -> "Finding":
        names = ("control", "title", "severity", "status", "field", "actual", "wanted", "fix", "diff")
        ways = found.get("code") or {}
        # A class of the SDK may have no argument for the field.
        code = ways.get(sdk) or ways.get(BOTO3) or ""
        return cls(**{name: str(found.get(name) or "") for name in names}, code=str(code))

    @property
    def is_violation(self) -> bool:
        return self.status == "violation"

    @property
    def is_waived(self) -> bool:
        return self.status == "waived"

    def __str__(self) -> str:
        words = {"violation": "FAILED", "unknown": "UNDECIDED", "waived": "WAIVED"}
        head = f"{words.get(self.status, self.status)} {self.control} ({self.severity}): {self.title}"
        parts = {"field": self.field, "actual": self.actual, "wanted": self.wanted, "fix": self.fix, "diff": self.diff, "code": self.code}
        # Further lines are aligned with the first.
        lines = [f"    {name + ':':<8}" + part.replace("\n", "\n" + " " * 12) for name, part in parts.items() if part]
        return "\n".join([head, *lines])


@dataclass(frozen=True)
class Verdict:
    """The verdict on one request, description or definition."""

    kind: str
    name: str
    #: `compliant`, `violating`, `unknown` or `waived`.
    outcome: str
    findings: Tuple[Finding, ...] = ()
    checked: Tuple[str, ...] = ()
    place: Optional[str] = None

    @property
    def ok(self) -> bool:
        """Whether no control failed."""
        return not self.violations

    @property
    def violations(self) -> Tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.is_violation)

    def __str__(self) -> str:
        head = f"{self.kind}/{self.name}: {self.outcome} ({len(self.checked)} controls judged)"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])

    def _repr_html_(self) -> str:
        cell = "<td>{}</td>".format
        names = ("status", "control", "severity", "title", "field", "actual", "fix", "diff", "code")
        rows = "".join(
            "<tr>" + "".join(cell(_shown(getattr(finding, name))) for name in names) + "</tr>"
            for finding in self.findings
        )
        head = "".join(f"<th>{name}</th>" for name in names)
        title = html.escape(f"{self.kind}/{self.name}: {self.outcome}")
        return f"<b>{title}</b><table><tr>{head}</tr>{rows}</table>" if rows else f"<b>{title}</b>"


def _shown(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _unread(note: str) -> Verdict:
    """The verdict on a part of a document that cannot be read, or that is known only at run time."""
    finding = Finding(
        control="UNREADABLE",
        title="every part of a request must be readable to be judged",
        severity="high",
        status="unknown",
        field="",
        actual=note,
        wanted="",
        fix="give this part as SageMaker's API takes it",
    )
    return Verdict(kind="request", name="", outcome="unknown", findings=(finding,))


class Refused(RuntimeError):
    """A request that the guard refused: it was not sent."""

    def __init__(self, operation: str, findings: Tuple[Finding, ...], why: Optional[str] = None):
        self.operation = operation
        self.findings = findings
        self.why = why
        reasons = [why] if why else [str(finding) for finding in findings]
        super().__init__(f"{operation} was not sent:\n" + "\n".join(reasons))

    def __reduce__(self) -> Tuple[Any, ...]:
        # A pool of processes brings exceptions back as bytes.
        return Refused, (self.operation, self.findings, self.why)


@dataclass
class Judge:
    """A process of `sagewarden check --lines`. It starts with the first question, and again if it has ended or its settings have changed."""

    settings: Optional[str] = None
    profile: Optional[str] = None
    account: Optional[str] = None
    #: Where the search for settings begins, unless a file is named.
    folder: Optional[str] = None
    #: The first line of the process: `bundle`, `profile`, `settings`, `refuse_uncommitted`, `controls`.
    head: Dict[str, Any] = field(default_factory=dict)
    _process: Optional[LineProcess] = None
    #: The marks of the files of settings when the process started.
    _marks: Tuple[Optional[Tuple[int, int, int]], ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def verdicts(self, document: Any, operation: Optional[str] = None, sdk: str = BOTO3) -> List[Verdict]:
        """The verdicts on the resources in a document.

        `operation` is the API operation of a request; without it, the form of the document decides. Fixes are code for `sdk`.
        """
        return self.judged(document, operation, sdk)[0]

    def judged(self, document: Any, operation: Optional[str], sdk: str) -> Tuple[List[Verdict], List[str]]:
        """The verdicts, and why controls do not apply to the rest of the document."""
        given = {"operation": operation, "request": document} if operation else document
        line = json.dumps(given, default=str)
        with self._lock:
            try:
                answer = self._running().ask(line)
            except Ended:
                # The process may have been killed since the last question. If this question ended it, the question will do so again.
                answer = self._running().ask(line)
        if answer.get("unusable"):
            raise JudgeError(str(answer["unusable"]))
        verdicts = [self._verdict(subject, sdk) for subject in answer.get("subjects", [])]
        undecided = [str(note) for note in answer.get("undecided", [])]
        # Nobody has judged these parts: that is not a passed control.
        if undecided and not verdicts:
            raise JudgeError("; ".join(undecided))
        return verdicts + [_unread(note) for note in undecided], [str(note) for note in answer.get("notes", [])]

    def start(self) -> Dict[str, Any]:
        """Starts the process, and returns its settings."""
        with self._lock:
            self._running()
        return self.head

    @staticmethod
    def _verdict(subject: Mapping[str, Any], sdk: str) -> Verdict:
        return Verdict(
            kind=str(subject.get("kind")),
            name=str(subject.get("name")),
            outcome=str(subject.get("outcome")),
            findings=tuple(Finding._of(found, sdk) for found in subject.get("findings", [])),
            checked=tuple(subject.get("checked", [])),
            place=subject.get("place"),
        )

    def _running(self) -> LineProcess:
        marks = tuple(_mark(place) for place in self._places())
        if self._process is not None and self._process.is_alive() and marks == self._marks:
            return self._process
        self.close()
        arguments = [binary(), "check", "--lines", "-"]
        for name, value in (("--settings", self.settings), ("--profile", self.profile), ("--account", self.account)):
            arguments += [name, value] if value else []
        self._process, self._marks = LineProcess(arguments, self.folder), marks
        self.head = self._process.head
        return self._process

    def _places(self) -> Iterator[str]:
        """The files that may have the settings."""
        if self.settings is not None:
            yield self.settings
            return
        folder = self.folder
        while folder:
            yield from (os.path.join(folder, name) for name in SETTINGS_FILES)
            above = os.path.dirname(folder)
            folder = above if above != folder else None

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def forget(self) -> None:
        """Leaves the process and the lock to the parent of a fork: one of its threads may be asking just now."""
        if self._process is not None:
            # If it were dropped, a question that was half written would be written to the end.
            _inherited.append(self._process)
        self._process, self._lock = None, threading.Lock()


def _mark(place: str) -> Optional[Tuple[int, int, int]]:
    try:
        found = os.stat(place)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


_inherited: List[LineProcess] = []
_judges: Dict[Tuple[Optional[str], ...], Judge] = {}


def _after_fork() -> None:
    for judge in _judges.values():
        judge.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def judge_of(settings: Optional[Path], profile: Optional[str], account: Optional[str]) -> Judge:
    """The process for these settings: all guards in a folder share it.

    Raises TypeError if one of them is no text: it would end the first request that is judged.
    """
    settings = None if settings is None else os.fspath(settings)
    for name, value in (("settings", settings), ("profile", profile), ("account", account)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name}= takes text, not {value!r}")
    try:
        folder: Optional[str] = os.getcwd()
        settings = settings if settings is None else os.path.abspath(settings)
    except OSError:  # Somebody deleted the folder.
        folder = None
    key = (settings, profile, account, folder if settings is None else None)
    if key not in _judges:
        judge = _judges.setdefault(key, Judge(settings, profile, account, folder))
        atexit.register(judge.close)
    return _judges[key]


@dataclass(frozen=True)
class Verdicts:
    """The verdicts on everything in a document."""

    verdicts: Tuple[Verdict, ...]

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts)

    def __len__(self) -> int:
        return len(self.verdicts)

    def __getitem__(self, place: int) -> Verdict:
        return self.verdicts[place]

    @property
    def ok(self) -> bool:
        """Whether no control failed."""
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def findings(self) -> Tuple[Finding, ...]:
        return tuple(finding for verdict in self.verdicts for finding in verdict.findings)

    def __str__(self) -> str:
        return "\n".join(str(verdict) for verdict in self.verdicts)

    def _repr_html_(self) -> str:
        return "".join(verdict._repr_html_() for verdict in self.verdicts)


def check(
    what: Any,
    *,
    settings: Optional[Path] = None,
    profile: Optional[str] = None,
    account: Optional[str] = None,
    operation: Optional[str] = None,
) -> Verdicts:
    """Judges a request, a description or a pipeline before it is sent.

    `what` is a dict as boto3 takes or gives it, a JSON text, or an object with a method `definition()`, such as a pipeline of the
    SageMaker SDK. `operation` is the API operation of a request, such as `CreateTrainingJob`; without it, the form of the document decides.
    Settings are those of `sagewarden check`: the nearest `sagewarden.toml`, unless a file is named.

    Raises JudgeError if nothing in it can be judged.
    """
    if operation is not None and not (isinstance(operation, str) and operation):
        raise TypeError(f"operation= takes the name of an operation, such as 'CreateTrainingJob', not {operation!r}")
    sdk = BOTO3
    if hasattr(what, "definition"):
        sdk = sdk_of(type(what).__module__) or sdk
        what = what.definition()
    if isinstance(what, (str, bytes)):
        try:
            what = json.loads(what)
        except ValueError as error:
            raise JudgeError(f"not valid JSON: {error}") from error
    verdicts, notes = judge_of(settings, profile, account).judged(what, operation, sdk)
    if not any(verdict.checked or verdict.findings for verdict in verdicts):
        raise JudgeError("; ".join(notes) or "no control can judge anything in it")
    return Verdicts(tuple(verdicts))
