"""Sagewarden in a notebook: requests are judged before they are sent, and questions are answered as data frames.

>>> import boto3, sagewarden
>>> sagewarden.guard(boto3.Session(), mode="raise")     # every request to SageMaker is judged first
>>> sagewarden.check({"TrainingJobName": "j", "RoleArn": "...", "OutputDataConfig": {"S3OutputPath": "s3://b/o"}})
>>> sagewarden.lineage("endpoint/credit-default-prod").df

Everything is done by the command `sagewarden`, which comes with this package. It needs boto3 for `guard` alone, pandas for data frames
alone, and IPython for pages alone.
"""

from ._answers import Answer, DriftReport, NoAnswer, diff, drift, history, lineage, why
from ._binary import NoBinary, binary
from ._guard import Guard, SagewardenWarning, allow, guard
from ._judge import Finding, JudgeError, Refused, Verdict, Verdicts, check

__all__ = [
    "Answer",
    "DriftReport",
    "Finding",
    "Guard",
    "JudgeError",
    "NoAnswer",
    "NoBinary",
    "Refused",
    "SagewardenWarning",
    "Verdict",
    "Verdicts",
    "allow",
    "binary",
    "check",
    "diff",
    "drift",
    "guard",
    "history",
    "lineage",
    "why",
]
