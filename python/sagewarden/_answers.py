"""Questions and their answers: lineage, differences, history and drift."""

from __future__ import annotations

import io
import json
import math
import os
import re
import tempfile
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

from ._binary import run
from ._judge import Path


class NoAnswer(RuntimeError):
    """The command gave no answer; the text says why."""


def _asked(arguments: Sequence[str], allowed: Sequence[int] = (0,)) -> str:
    done = run(arguments)
    if done.returncode not in allowed:
        raise NoAnswer(_reason(done.stderr) or f"`sagewarden {' '.join(arguments)}` ended with {done.returncode}")
    return done.stdout


def _reason(said: str) -> str:
    return said.strip().removeprefix("error: ")


@dataclass(frozen=True)
class Answer:
    """An answer of the command, in several forms."""

    arguments: Sequence[str]

    @property
    def data(self) -> Any:
        """The JSON document."""
        return json.loads(_asked([*self.arguments, "--format", "json"]))

    @property
    def df(self) -> Any:
        """A row for each job, with the columns of the SageMaker SDK's `ExperimentAnalytics` (needs pandas)."""
        import pandas

        text = _asked([*self.arguments, "--format", "csv"])
        frame = pandas.read_csv(io.StringIO(text), dtype=object, keep_default_na=False, na_values=[""])
        return frame.apply(_typed)

    @property
    def html(self) -> str:
        """The page."""
        return _asked([*self.arguments, "--format", "html"])

    def show(self, height: int = 640) -> Any:
        """The page within the notebook (needs IPython)."""
        import html

        from IPython.display import HTML, display

        page = html.escape(self.html, quote=True)
        frame = f'<iframe srcdoc="{page}" width="100%" height="{height}" style="border:0"></iframe>'
        return display(HTML(frame))

    def __str__(self) -> str:
        return _asked(self.arguments)

    def __repr__(self) -> str:
        return str(self)


#: Columns of lists, as `ExperimentAnalytics` has them.
_LISTS = ("Trials", "Experiments")
#: The apostrophe before a cell that a spreadsheet would take for a formula.
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")
#: Numbers. An id with leading zeros is none.
_WHOLE = r"[+-]?(0|[1-9]\d*)"
_DECIMAL = _WHOLE + r"(\.\d*)?([eE][+-]?\d{1,3})?|[+-]?\.\d+"


def _typed(column: Any) -> Any:
    """Whole numbers stay whole although cells are missing, and other values stay text."""
    import pandas

    if column.name in _LISTS:
        return column.map(lambda cell: json.loads(cell) if isinstance(cell, str) else [])
    column = column.map(lambda cell: _GUARDED.sub("", cell) if isinstance(cell, str) else cell)
    present = column.dropna()
    if present.empty:
        return column
    texts = present.astype(str)
    is_whole = texts.str.fullmatch(_WHOLE).all()
    if is_whole and all(abs(int(text)) < 2**63 for text in texts):
        # Through numbers with a point, large numbers would lose digits.
        cells = [int(cell) if isinstance(cell, str) else pandas.NA for cell in column]
        return pandas.Series(pandas.array(cells, dtype="Int64"), index=column.index, name=column.name)
    if not is_whole and texts.str.fullmatch(_DECIMAL).all() and all(math.isfinite(float(text)) for text in texts):
        return column.map(lambda cell: float(cell) if isinstance(cell, str) else math.nan).astype("float64")
    return column.astype("string")


def _of(command: str, about: Sequence[str], store: Optional[Path], at: Optional[str], more: Sequence[str] = ()) -> Answer:
    for entity in about:
        if not isinstance(entity, str):
            raise TypeError(f"an entity is text, such as `endpoint/NAME`, not {entity!r}")
    options: List[str] = [*more]
    if store is not None:
        options += ["--store", os.fspath(store)]
    if at is not None:
        options += ["--at", at]
    return Answer((command, *about, *options))


def lineage(about: str, *, store: Optional[Path] = None, at: Optional[str] = None, downstream: bool = False) -> Answer:
    """What an entity (`endpoint/NAME`, `model/NAME`, `training-job/NAME`) was made from; with `downstream`, what was made from it."""
    return _of("lineage", [about], store, at, ["--downstream"] if downstream else [])


def history(about: str, *, store: Optional[Path] = None, at: Optional[str] = None) -> Answer:
    """What happened to an endpoint (deployments, approvals, findings, drift) or to a job (states, verdicts, the stop)."""
    return _of("history", [about], store, at)


def why(about: str, *, store: Optional[Path] = None) -> Answer:
    """Why a resource was stopped, changed, marked or reported: what failed, who started it, and how to fix it."""
    return _of("why", [about], store, None)


def diff(one: str, other: str, *, store: Optional[Path] = None) -> Answer:
    """What differs between two models, packages, jobs or deployments."""
    return _of("diff", [one, other], store, None)


@dataclass(frozen=True)
class DriftReport:
    """The verdict on a data frame, compared with a baseline."""

    data: Dict[str, Any]

    @property
    def outcome(self) -> str:
        """`compliant`, `partial`, `violated` or `unknown`."""
        return str(self.data.get("outcome"))

    @property
    def ok(self) -> bool:
        return self.outcome in ("compliant", "partial")

    @property
    def violations(self) -> List[Dict[str, Any]]:
        found: List[Dict[str, Any]] = self.data.get("violations") or []
        return found

    def __str__(self) -> str:
        lines = [f"{self.outcome}, {len(self.violations)} violations"]
        names = ("feature_name", "constraint_check_type", "description")
        lines += ["  " + ": ".join(str(each.get(name)) for name in names) for each in self.violations]
        return "\n".join(lines)


def drift(baseline: Path, frame: Any, *, mode: str = "exact") -> DriftReport:
    """Compares a data frame with a baseline: a folder that `sagewarden baseline` or Model Monitor made."""
    if not hasattr(frame, "to_csv"):
        raise TypeError(f"a data frame is needed, not {type(frame)}")
    with tempfile.TemporaryDirectory() as folder:
        table = os.path.join(folder, "frame.csv")
        frame.to_csv(table, index=False)
        arguments = ["drift", "--baseline", os.fspath(baseline), "--mode", mode, "--format", "json", table]
        done = run(arguments)
        if not done.stdout.strip():
            raise NoAnswer(_reason(done.stderr))
        return DriftReport(json.loads(done.stdout))
