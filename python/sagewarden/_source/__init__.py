"""Requests in Python files and notebooks, as far as they are literal.

`sagewarden check FILE.py NOTEBOOK.ipynb` runs this package: Python's own parser reads the file, nothing in it is run. A value that is known
only when the code runs stays open, and controls that need it are undecided.

Standard input is the file. The answer is a JSON document: `requests` with `line`, `cell`, `operation`, `request`, `lines` (the line of each field),
and `unread`: calls that look as if they created something, and why they cannot be judged.
"""

from __future__ import annotations

import ast
import json
import sys
from typing import Any, Dict, List, Optional, Tuple

from .cells import CREATES, cells, code, commands
from .reader import Reader
from .values import Values


def _words(error: Exception) -> str:
    return getattr(error, "msg", None) or str(error)


def requests(text: str, is_notebook: bool) -> Dict[str, Any]:
    """The requests in a file, and the parts that could not be read.

    Raises ValueError if the file is not Python, or not a notebook.
    """
    unread: List[Dict[str, Any]] = []
    pieces: List[Tuple[Optional[int], str]] = []
    if is_notebook:
        for number, written in cells(json.loads(text)):
            for line, command in commands(written):
                why = "a command of a shell: check its request as a file of its own"
                unread.append({"line": line, "cell": number, "operation": f"`aws sagemaker {command}`", "why": why})
            source = code(written)
            try:
                ast.parse(source)
            except (SyntaxError, ValueError) as error:
                line = getattr(error, "lineno", None) or 1
                # A cell that names nothing that creates anything has nothing to judge.
                created = CREATES.search(written)
                operation = f"`{created.group()}`" if created else None
                unread.append({"line": line, "cell": number, "operation": operation, "why": f"not Python: {_words(error)}"})
                continue
            pieces.append((number, source))
    else:
        pieces.append((None, text))
    starts: List[Tuple[int, Optional[int]]] = []
    whole: List[str] = []
    for cell, source in pieces:
        starts.append((len(whole), cell))
        whole.extend(source.split("\n"))
    try:
        tree = ast.parse("\n".join(whole))
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: not Python: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("it is nested too deeply") from error

    def cell_of(line: int) -> Tuple[Optional[int], int]:
        start, number = max((start for start in starts if start[0] < line), key=lambda start: start[0])
        return number, line - start

    reader = Reader(Values(tree), cell_of)
    reader.read(tree)
    return {"requests": [found.document() for found in reader.found], "unread": [*unread, *reader.unread]}


def main() -> int:
    """Reads a file of code from standard input, a notebook with `--notebook`, and prints the document."""
    if sys.version_info < (3, 9):
        print(json.dumps({"error": f"Python 3.9 or newer is needed; this is {sys.version.split()[0]}"}))
        return 0
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
        answer = requests(text, "--notebook" in sys.argv[1:])
    except (ValueError, RecursionError, MemoryError) as error:
        answer = {"error": str(error) or type(error).__name__}
    print(json.dumps(answer, default=str))
    return 0
