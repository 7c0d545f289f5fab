"""The code of notebooks: cells, and the lines in them that only IPython understands."""

from __future__ import annotations

import ast
import re
from typing import Any, Iterator, List, Tuple

from .classes import ESTIMATORS, PROCESSORS
from .operations import CORE_METHODS, OPERATIONS

#: Cells in another language, or in another file. Others are Python, like `%%time` and `%%capture`.
_OTHER_CELLS = {
    "!", "bash", "bigquery", "cmd", "cython", "file", "html", "javascript", "js", "latex", "markdown", "perl", "r", "ruby", "script",
    "sh", "sparksql", "sql", "svg", "sx", "system", "writefile",
}  # fmt: skip
#: Lines that run a statement: `%time client.create_model(...)`, with options.
_STATEMENT = re.compile(r"^(\s*)%(?:time|timeit|prun|memit|mprun|lprun|debug|snakeviz)\b(?:\s+--?[A-Za-z][\w.=-]*(?:\s+\d+)?)*\s*(.*)$")
#: `files = !ls` and `rows = %sql select 1`.
_ASSIGNED = re.compile(r"^(\s*[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_][\w.]*)*\s*=\s*)([!%].*)$")
#: Other lines that only IPython understands: `!ls`, `%sql select 1`, `?name`, `name?`.
_MAGIC = re.compile(r"^\s*([%!?]|[A-Za-z_%][\w.]*\?{1,2}\s*$)")
#: A command of a shell that creates something.
_SHELL = re.compile(r"\baws\s+(?:--?[\w-]+(?:[ =][\w./-]+)?\s+)*sagemaker\s+(create-[a-z0-9-]+)")
#: What code names if it creates something.
CREATES = re.compile(
    r"\b(?:" + "|".join([*OPERATIONS, *(f"{name}\\.{method}" for name, method in CORE_METHODS), *ESTIMATORS, *PROCESSORS, "ModelTrainer"]) + r")\b"
)


def _magic(text: str) -> str:
    """The name of a cell's magic, such as `bash`."""
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return re.split(r"\s", first[2:].lower(), maxsplit=1)[0] if first.startswith("%%") else ""


def code(text: str) -> str:
    """Code without IPython's own lines; the numbers of lines stay."""
    if _magic(text) in _OTHER_CELLS:
        return "\n" * text.count("\n")
    try:
        ast.parse(text)
        return text
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    plain: List[str] = []
    quote, depth, continues = "", 0, False
    for line in text.split("\n"):
        if continues:
            # The rest of a command.
            continues = line.rstrip().endswith("\\")
            plain.append("")
            continue
        if not quote and not depth:
            made = _plain(line)
            continues = made != line and line.rstrip().endswith("\\")
            line = made[: made.rstrip().rfind("\\")] if continues and made.rstrip().endswith("\\") else made
        quote, depth = _left_open(line, quote, depth)
        plain.append(line)
    return "\n".join(plain)


def _plain(line: str) -> str:
    """A line as Python: a statement stays, the value of a command is open."""
    indent = line[: len(line) - len(line.lstrip())]
    statement = _STATEMENT.match(line)
    if statement:
        return f"{indent}{statement.group(2)}" if statement.group(2) else f"{indent}pass"
    assigned = _ASSIGNED.match(line)
    if assigned:
        inner = _STATEMENT.match(assigned.group(2))
        value = inner.group(2) if inner and inner.group(2) else "later()"
        return f"{assigned.group(1)}{value}"
    return f"{indent}pass" if _MAGIC.match(line) else line


def _left_open(line: str, quote: str, depth: int) -> Tuple[str, int]:
    """The quotation mark and the number of brackets that are open at the end of a line."""
    at = 0
    while at < len(line):
        letter = line[at]
        if quote:
            if letter == "\\":
                at += 1
            elif line.startswith(quote, at):
                at += len(quote) - 1
                quote = ""
        elif letter == "#":
            break
        elif letter in "\"'":
            quote = line[at : at + 3] if line[at : at + 3] == letter * 3 else letter
            at += len(quote) - 1
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth = max(depth - 1, 0)
        at += 1
    # Only a text in three quotation marks goes on in the next line.
    return (quote if len(quote) == 3 else ""), depth


def commands(text: str) -> Iterator[Tuple[int, str]]:
    """The commands of a cell that have SageMaker create something, each with its line."""
    is_shell = _magic(text) in ("bash", "sh", "script", "!", "sx", "system", "cmd")
    for number, line in enumerate(text.split("\n"), 1):
        found = _SHELL.search(line) if is_shell or "!" in line or line.lstrip().startswith(("%sx", "%system", "%bash")) else None
        if found:
            yield number, found.group(1)


def cells(notebook: Any) -> Iterator[Tuple[int, str]]:
    """The code cells of a notebook (nbformat 4), each with its number among all cells, from 1."""
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError("it has no `cells`: it is not a notebook of format 4")
    for number, cell in enumerate(notebook["cells"], 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            yield number, "".join(source) if isinstance(source, list) else str(source)
