"""A request that was found, and its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional

from .values import LATER


@dataclass
class Found:
    """The known part of a request."""

    line: int
    operation: str
    request: Dict[str, Any]
    cell: Optional[int] = None
    lines: Dict[str, int] = field(default_factory=dict)

    def document(self) -> Dict[str, Any]:
        return {
            "line": self.line,
            "cell": self.cell,
            "operation": self.operation,
            "request": opened_value(self.request),
            "lines": self.lines,
        }


def opened_value(value: Any) -> Any:
    """Open values as Amazon States Language writes them: the key ends in `.$`, and in lists the list is open."""
    if isinstance(value, dict):
        opened = {}
        for key, each in value.items():
            if each is LATER or (isinstance(each, list) and any(item is LATER for item in each)):
                opened[f"{key}.$"] = "$.later"
            else:
                opened[key] = opened_value(each)
        return opened
    if isinstance(value, list):
        return [opened_value(each) for each in value]
    return value


def put(request: Dict[str, Any], path: str, value: Any) -> None:
    if value is None:
        return
    *folders, last = path.split(".")
    for folder in folders:
        inner = request.setdefault(folder, {})
        if not isinstance(inner, dict):
            return
        request = inner
    request[last] = value


def get_at(request: Any, path: str) -> Any:
    for part in path.split("."):
        if request is LATER:
            return LATER
        request = request.get(part) if isinstance(request, dict) else None
    return request
