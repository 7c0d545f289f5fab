"""Why a job was stopped: a warning in the notebook that waits for the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Set, Tuple

from ._binary import NoBinary
from ._judge import Judge, JudgeError

#: Sagewarden's marks on a job that it stopped: the controls, and the id of the finding.
VIOLATION_TAG, FINDING_TAG = "sagewarden:violation", "sagewarden:finding"
#: The jobs that Sagewarden stops, by the API's name.
NOUNS = (
    "TrainingJob", "ProcessingJob", "TransformJob", "HyperParameterTuningJob", "AutoMLJob", "CompilationJob", "LabelingJob",
    "OptimizationJob", "InferenceRecommendationsJob", "Job", "TrainingSession",
)  # fmt: skip
#: Fields of one kind that are not called like the kind.
OTHER_NAMES = {"InferenceRecommendationsJob": {"Name": "JobName", "Status": "Status", "Arn": "JobArn"}}
#: The part of an answer that is the description, where the answer is not.
WITHIN = {"TrainingSession": "TrainingSessionDetail"}


@dataclass(frozen=True)
class StoppedJob:
    """A job that was seen in the state Stopped."""

    noun: str
    name: str
    arn: str
    description: Mapping[str, Any]


def _noun(operation: str, verb: str) -> Optional[str]:
    noun = operation[len(verb) :] if operation.startswith(verb) else ""
    noun = noun[:-2] if noun.endswith("V2") else noun
    return noun if noun in NOUNS else None


def _field(noun: str, what: str) -> str:
    return OTHER_NAMES.get(noun, {}).get(what, noun + what)


def created(operation: str, request: Any) -> Iterator[Tuple[str, str]]:
    """The job that a request creates."""
    noun = _noun(operation, "Create")
    name = request.get(_field(noun, "Name")) if noun and isinstance(request, Mapping) else None
    if noun and isinstance(name, str):
        yield noun, name


def seen(operation: str, parsed: Mapping[str, Any], jobs: Set[Tuple[str, str]]) -> Optional[StoppedJob]:
    """The job among these that an answer describes as stopped."""
    noun = _noun(operation, "Describe")
    inner = parsed.get(WITHIN.get(noun or "", ""))
    parsed = inner if isinstance(inner, Mapping) else parsed
    # Some kinds write their states in capital letters.
    if noun is None or str(parsed.get(_field(noun, "Status"))).upper() != "STOPPED":
        return None
    name = str(parsed.get(_field(noun, "Name")))
    if (noun, name) not in jobs:
        return None
    description = {field: value for field, value in parsed.items() if field != "ResponseMetadata"}
    return StoppedJob(noun, name, str(parsed.get(_field(noun, "Arn"))), description)


def explained(job: StoppedJob, judge: Judge, client: Optional[Callable[[str], Any]], sdk: str) -> Optional[str]:
    """Why the job was stopped, from the account's marks and the settings of this notebook; None if neither gives a reason.

    The marks come from the account. The findings come from judging the description here; their fixes are code for `sdk`.
    """
    marks = _marks(job, client)
    try:
        verdicts = judge.verdicts(job.description, sdk=sdk)
        findings = [str(finding) for verdict in verdicts for finding in verdict.violations]
    except (JudgeError, NoBinary):
        findings = []
    controls, finding = (marks or {}).get(VIOLATION_TAG), (marks or {}).get(FINDING_TAG)
    if not controls and not findings:
        return None
    head = f"{job.arn.split(':', 5)[-1]} was stopped"
    if controls:
        head += f" by Sagewarden: it failed {controls}" + (f" (finding {finding})" if finding else "")
    else:
        unmarked = "its tags cannot be read here" if marks is None else "Sagewarden has not marked it"
        head += f"; {unmarked}, but it fails controls"
    return "\n".join([head, *findings])


def _marks(job: StoppedJob, client: Optional[Callable[[str], Any]]) -> Optional[Dict[str, str]]:
    """The tags of the job; None if they cannot be read: the notebook may lack the permission."""
    try:
        if client is None:
            return None
        tags = client(job.arn.split(":")[3]).list_tags(ResourceArn=job.arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in tags}
    except Exception:  # Whatever fails here must not fail the call that somebody made.
        return None
