"""The guard: every request to SageMaker is judged before it is sent."""

from __future__ import annotations

import contextlib
import contextvars
import difflib
import json
import re
import sys
import warnings
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Set, Tuple

from . import _git, _stopped
from ._binary import NoBinary
from ._judge import BOTO3, CORE, Finding, Judge, JudgeError, Path, Refused, Verdict, judge_of, sdk_of

#: Operations that create or change resources with controls.
JUDGED = ("Create", "Update", "Start", "Import")
#: The tags that lead from a job to its code. The guard adds them if the request has none.
COMMIT_TAG, REPOSITORY_TAG = "CommitId", "Repository"
#: The tag that asks for a waiver. It grants nothing.
WAIVER_TAG = "sagewarden:waiver-asked"
#: Keys that mean the same, as Sagewarden reads them: letters and digits, in lower case.
COMMIT_KEYS = {"commitid", "gitcommit", "gitcommitid", "commitsha"}
REPOSITORY_KEYS = {"repository", "gitrepository"}
#: "Tag" and "CreateTrainingJob", SageMaker API reference.
LONGEST_TAG, MOST_TAGS = 256, 50
#: How many uncommitted files a message names.
NAMED_FILES = 3
_NOT_IN_TAGS = re.compile(r"[^\w .:/=+\-@]")

#: Each thread and each task of asyncio has its own.
_asked: "contextvars.ContextVar[Dict[str, str]]" = contextvars.ContextVar("asked", default={})
#: The body that was judged last: if another one is sent, somebody changed it in between.
_judged: "contextvars.ContextVar[bytes]" = contextvars.ContextVar("judged", default=b"")
#: Packages between the user's code and a request.
LIBRARIES = ("sagewarden", "boto3", "botocore", "sagemaker", "sagemaker_core")


class SagewardenWarning(UserWarning):
    """A request that was sent although it fails a control, or that could not be judged."""


@contextlib.contextmanager
def allow(*controls: str, reason: str) -> Iterator[None]:
    """Asks for a waiver of controls for the requests within: `with sagewarden.allow("TRN-NET-01", reason="..."):`.

    The guard lets the request through and tags it with `sagewarden:waiver-asked`. That grants nothing. A waiver counts once somebody
    who may grant it has written it into the settings of the account; until then the account judges as before.
    """
    named = [control.strip().upper() for control in controls if isinstance(control, str)]
    if not named or len(named) < len(controls) or not all(named) or not isinstance(reason, str) or not reason.strip():
        raise ValueError("name the controls and the reason: allow('TRN-NET-01', reason='...')")
    before = _asked.get()
    _asked.set({**before, **{control: reason.strip() for control in named}})
    try:
        yield
    finally:
        _asked.set(before)


def _folded(key: str) -> str:
    return "".join(letter for letter in key if letter.isalnum()).lower()


@dataclass
class Guard:
    """A guard on a session. `remove()` takes it away."""

    mode: str
    judge: Judge
    #: Whether tags of the commit and the repository are added.
    tag: bool = True
    #: Verdicts so far, the latest last.
    verdicts: List[Verdict] = field(default_factory=list)
    #: False once it was removed: clients that the session made meanwhile keep its handlers.
    active: bool = True
    #: Makes a client of SageMaker in a region, which reads the tags of a job that was stopped.
    client: Optional[Callable[[str], Any]] = None
    #: The jobs that were created under this guard and have not been seen to be stopped.
    _jobs: Set[Tuple[str, str]] = field(default_factory=set)
    _emitters: List[Any] = field(default_factory=list)
    _said: Set[str] = field(default_factory=set)

    def _handlers(self) -> Tuple[Tuple[str, Callable[..., None]], ...]:
        return (
            ("before-parameter-build.sagemaker.*", self._add_tags),
            ("before-call.sagemaker.*", self._before_call),
            ("before-send.sagemaker.*", self._before_send),
            ("after-call.sagemaker.*", self._after_call),
        )

    def _register(self, emitter: Any) -> None:
        if any(known is emitter for known in self._emitters):
            return
        tags, *others = self._handlers()
        # The guard adds its tags before other handlers read the parameters, and judges the request after them.
        emitter.register_first(*tags, unique_id=f"{id(self)}-{tags[0]}")
        for event, handler in others:
            emitter.register_last(event, handler, unique_id=f"{id(self)}-{event}")
        self._emitters.append(emitter)

    def remove(self) -> None:
        """Removes the guard from the session, and from all clients that the session made since."""
        self.active = False
        for emitter in self._emitters:
            for event, _ in self._handlers():
                emitter.unregister(event, unique_id=f"{id(self)}-{event}")
        self._emitters.clear()

    def _add_tags(self, params: Dict[str, Any], model: Any, **_: Any) -> None:
        """Adds the tags that lead to the code. It changes nothing else in the request."""
        operation = model.name
        if not self.active or not operation.startswith("Create") or model.input_shape is None:
            return
        takes_tags = "Tags" in model.input_shape.members
        asked = _asked.get()
        if operation == "CreateModelPackage" and params.get("ModelPackageGroupName"):
            # "In this case, you cannot supply a tag argument" (CreateModelPackage, SageMaker API reference).
            takes_tags = False
            if asked:
                self._once(f"{operation}: a version of a group takes no tags, so that nobody sees that you ask for a waiver")
        if not takes_tags or not isinstance(params.get("Tags", []), (list, tuple)):
            return
        present = {_folded(str(tag.get("Key", ""))) for tag in params.get("Tags", []) if isinstance(tag, Mapping)}
        added: List[Tuple[str, str]] = []
        if self.tag and not (present & COMMIT_KEYS and present & REPOSITORY_KEYS):
            added += self._code_tags(present)
        if asked and _folded(WAIVER_TAG) not in present:
            added.append((WAIVER_TAG, self._waiver(asked)))
        room = max(MOST_TAGS - len(params.get("Tags", [])), 0)
        if added[room:]:
            left_out = " and ".join(key for key, _ in added[room:])
            self._once(f"{operation}: the request carries no tag {left_out}, because it has {MOST_TAGS - room} of at most {MOST_TAGS} tags")
        if added[:room]:
            tags = [{"Key": key, "Value": _NOT_IN_TAGS.sub(" ", value)[:LONGEST_TAG]} for key, value in added[:room]]
            params["Tags"] = [*params.get("Tags", []), *tags]

    def _waiver(self, asked: Mapping[str, str]) -> str:
        """The controls and the reasons as the value of a tag. What a tag does not take is cut off the reasons, not off the controls."""
        text = " / ".join(f"{control}: {reason}" for control, reason in asked.items())
        if len(text) <= LONGEST_TAG:
            return text
        room = LONGEST_TAG // len(asked) - len(" / TRN-NET-01: ..")
        if room < 1:
            return self._waiver_of_many(list(asked))
        self._once(f"the tag {WAIVER_TAG} takes {LONGEST_TAG} characters: the reasons are shortened in it")
        return " / ".join(f"{control}: {reason if len(reason) <= room + 2 else reason[:room] + '..'}" for control, reason in asked.items())

    def _waiver_of_many(self, controls: List[str]) -> str:
        """As many controls as a tag takes, without reasons."""
        named = len(controls)
        while len(" / ".join(controls[:named])) > LONGEST_TAG:
            named -= 1
        left_out = f", nor {', '.join(controls[named:])}" if controls[named:] else ""
        self._once(f"the tag {WAIVER_TAG} takes {LONGEST_TAG} characters: it has no reasons{left_out}. Ask for fewer waivers at once")
        return " / ".join(controls[:named])

    def _code_tags(self, present: Set[str]) -> List[Tuple[str, str]]:
        """The tags that lead to the code, except those that the request has. If git gives none, the guard says so once."""
        state = _git.state()
        if state is None:
            self._once(f"requests carry no tags {COMMIT_TAG} and {REPOSITORY_TAG}: the current folder has no commit of git")
            return []
        found: List[Tuple[str, str]] = [] if present & COMMIT_KEYS else [(COMMIT_TAG, state.commit)]
        if present & REPOSITORY_KEYS:
            return found
        if state.repository is None:
            self._once(f"requests carry no tag {REPOSITORY_TAG}: the checkout has no remote `origin`")
            return found
        return [*found, (REPOSITORY_TAG, state.repository)]

    def _before_call(self, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        """Judges the request. boto3 has checked its parameters already."""
        self._judge(model.name, params.get("body", b""))

    def _before_send(self, request: Any, event_name: str, **_: Any) -> None:
        """Judges the request again if a handler has changed it since."""
        if _bytes(request.body) != _judged.get():
            self._judge(event_name.rsplit(".", 1)[-1], request.body)

    def _judge(self, operation: str, body: Any) -> None:
        if not self.active or not operation.startswith(JUDGED):
            return
        _judged.set(_bytes(body))
        try:
            request = _parsed(body)
            verdicts = self.judge.verdicts(request, operation, _calling_sdk())
            # Requests without controls are sent from any checkout: an address for MLflow's page does not depend on code.
            if verdicts:
                self._refuse_uncommitted(operation)
        except (JudgeError, NoBinary) as error:
            self._not_judged(operation, str(error))
            return
        self.verdicts.extend(verdicts)
        self._jobs.update(_stopped.created(operation, request))
        asked = _asked.get()
        self._name_unknown(asked)
        # An unknown verdict is not a passed one: nobody has judged the request.
        findings = [finding for verdict in verdicts for finding in verdict.findings if not finding.is_waived]
        open_findings = tuple(finding for finding in findings if finding.control not in asked)
        if open_findings and self.mode == "raise":
            raise Refused(operation, open_findings)
        if findings:
            self._warn(operation, verdicts[0].name, findings, asked)

    def _name_unknown(self, asked: Mapping[str, str]) -> None:
        """Says which of the controls that a waiver is asked of do not exist."""
        known = [str(control) for control in self.judge.head.get("controls", [])]
        for control in asked:
            if known and control not in known:
                near = difflib.get_close_matches(control, known, 1)
                hint = f": did you mean {near[0]}?" if near else ""
                self._once(f"allow({control!r}) asks for nothing, because there is no such control{hint}")

    def _refuse_uncommitted(self, operation: str) -> None:
        head = self.judge.start()
        if not head.get("refuse_uncommitted") or not operation.startswith("Create"):
            return
        # Before the first commit, nothing is committed.
        files = _git.uncommitted() if _git.state() else None
        if files is None:
            why = "the settings want all code to be committed, and the current folder is not in a checkout of git with a commit: run it in one"
        elif files:
            more = f" and {len(files) - NAMED_FILES} more" if len(files) > NAMED_FILES else ""
            why = (
                f"files are not committed ({', '.join(files[:NAMED_FILES])}{more}): commit and push them, so that the job can be traced, "
                "or list in .gitignore what is no code"
            )
        else:
            return
        if self.mode == "raise":
            raise Refused(operation, (), why)
        self._once(f"{operation}: {why}")

    def _after_call(self, model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        """Says why a job of this guard was stopped, when somebody looks at it or waits for it."""
        job = _stopped.seen(model.name, parsed, self._jobs) if self.active else None
        if job is None:
            return
        self._jobs.discard((job.noun, job.name))
        said = _stopped.explained(job, self.judge, self.client, _calling_sdk())
        if said:
            _say(said)

    def _not_judged(self, operation: str, why: str) -> None:
        if self.mode == "raise":
            raise Refused(operation, (), f"it could not be judged: {why}")
        self._once(f"{operation} has no verdict: {why}")

    def _warn(self, operation: str, name: str, findings: List[Finding], asked: Mapping[str, str]) -> None:
        broken = sum(finding.is_violation for finding in findings)
        undecided = len(findings) - broken
        parts = [f"fails {_controls(broken)} of this account"] if broken else []
        parts += [f"leaves {_controls(undecided)} undecided"] if undecided else []
        # With the name: Python shows the same text of the same line only once.
        lines = [f"{operation} of `{name}` {' and '.join(parts)}; the guard does not stop it:"]
        for finding in findings:
            waiver = f"\n    you ask for a waiver: {asked[finding.control]}" if finding.control in asked else ""
            lines.append(f"{finding}{waiver}")
        _say("\n".join(lines))

    def _once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            _say(text)


def _say(text: str) -> None:
    """Warns as if the user's own line had: Python shows that line."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).split(".")[0] in LIBRARIES:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, SagewardenWarning, stacklevel=level)


def _controls(number: int) -> str:
    return "1 control" if number == 1 else f"{number} controls"


def _calling_sdk() -> str:
    """The SDK that called boto3, by the command's name for it. SDKs call each other, so the outermost one on the stack counts.

    The core of version 3 counts only if no other SDK is on the stack: it also wraps calls of the other classes to measure them.
    """
    found = BOTO3
    frame: Optional[FrameType] = sys._getframe(1)
    while frame is not None:
        sdk = sdk_of(str(frame.f_globals.get("__name__", "")))
        if sdk and (sdk != CORE or found == BOTO3):
            found = sdk
        frame = frame.f_back
    return found


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _parsed(body: Any) -> Any:
    """The request in its wire form (SageMaker's protocol is JSON)."""
    try:
        return json.loads(body)
    except (TypeError, ValueError) as error:
        raise JudgeError(f"the request is not JSON: {error}") from error


def _emitters(session: Any) -> Iterator[Any]:
    """The emitters of a boto3 session, a botocore session, a client, or a session of the SageMaker SDK and its clients."""
    if hasattr(session, "boto_session"):
        yield session.boto_session.events
        for name in ("sagemaker_client", "sagemaker_runtime_client", "sagemaker_featurestore_runtime_client"):
            client = getattr(session, name, None)
            if client is not None and hasattr(client, "meta"):
                yield client.meta.events
    elif hasattr(session, "events"):
        yield session.events
    elif hasattr(session, "meta") and hasattr(session.meta, "events"):
        service = getattr(getattr(session.meta, "service_model", None), "service_name", "sagemaker")
        if service != "sagemaker":
            raise TypeError(f"a client of SageMaker is needed, not of {service}")
        yield session.meta.events
    elif hasattr(session, "get_component"):
        yield session.get_component("event_emitter")
    else:
        raise TypeError(f"a session or a client of boto3 is needed, or a session of the SageMaker SDK, not {type(session)}")


def _client_of(session: Any) -> Optional[Callable[[str], Any]]:
    """A function that makes a SageMaker client in a region from the guarded session or client."""
    if hasattr(session, "sagemaker_client"):
        return lambda region: session.sagemaker_client
    if hasattr(session, "client"):
        return lambda region: session.client("sagemaker", region_name=region)
    if hasattr(session, "create_client"):
        return lambda region: session.create_client("sagemaker", region_name=region)
    return (lambda region: session) if hasattr(session, "list_tags") else None


def guard(
    session: Any = None,
    *,
    mode: str = "warn",
    settings: Optional[Path] = None,
    profile: Optional[str] = None,
    account: Optional[str] = None,
    tag: bool = True,
) -> Guard:
    """Judges every request to SageMaker of a session before it is sent.

    `session` is a session of boto3, botocore or the SageMaker SDK, or a client of SageMaker; the default is boto3's default session.
    The guard covers clients that a session makes later. It covers an earlier client only if the SageMaker SDK made it.

    In `mode="raise"`, a request that fails a control is not sent, and neither is one that some control cannot judge: `Refused` names the control
    and the fix. In `mode="warn"`, it is sent, with a `SagewardenWarning`.

    If a request takes tags and has no tags `CommitId` and `Repository`, the guard adds those of the current checkout (unless
    `tag=False`). It changes nothing else.

    If nothing can be judged, because the settings cannot be read or the command is missing, the guard says so at once.

    If a job of this session is stopped, the guard says why as soon as the session sees it, such as at the end of `fit(wait=True)`.
    """
    if mode not in ("warn", "raise"):
        raise ValueError(f"mode is 'warn' or 'raise', not {mode!r}")
    if session is None:
        import boto3  # Only here: nothing else needs it.

        # A default session that the user made has a region and credentials of its own.
        if boto3.DEFAULT_SESSION is None:
            boto3.setup_default_session()
        session = boto3.DEFAULT_SESSION
    guarded = Guard(mode=mode, judge=judge_of(settings, profile, account), tag=tag, client=_client_of(session))
    emitters = list(_emitters(session))
    try:
        guarded.judge.start()
    except (JudgeError, NoBinary) as error:
        guarded._once(f"no request can be judged: {error}")
    for emitter in emitters:
        guarded._register(emitter)
    return guarded
