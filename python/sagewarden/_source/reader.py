"""Finds the requests of code: calls of boto3, of the SageMaker SDK and of sagemaker-core."""

from __future__ import annotations

import ast
from typing import Any, Dict

from .classes import CLASSES
from .core import CoreCalls
from .operations import OPERATIONS
from .sdk import SdkCalls


class Reader(SdkCalls, CoreCalls):
    """Finds the requests of one piece of code."""

    def read(self, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self._call(node)
        self.found.sort(key=lambda found: (found.cell or 0, found.line))

    def _call(self, node: ast.Call) -> None:
        called, more = self._called(node.func)
        if more:
            node = ast.copy_location(ast.Call(func=called, args=node.args, keywords=[*more, *node.keywords]), node)
        name = called.attr if isinstance(called, ast.Attribute) else self._class_name(called)
        operation = OPERATIONS.get(name) if isinstance(called, ast.Attribute) else None
        if operation:
            if not self._is_of_other_service(called):
                self._boto3(node, called, operation)
            return
        if isinstance(called, ast.Attribute) and name in ("create", "load"):
            self._core(node, called)
            return
        if isinstance(called, ast.Attribute) and name == "deploy":
            self._deploy(node)
            return
        name = self._class_name(called)
        for names, operation, arguments, open_fields in CLASSES:
            if name in names and not self._is_of_other_library(called):
                self._class(node, operation, arguments, open_fields)

    def _boto3(self, node: ast.Call, called: ast.expr, operation: str) -> None:
        named = [keyword.arg for keyword in node.keywords if keyword.arg]
        if named and not any(name[0].isupper() for name in named):
            # Not a client of boto3, whose arguments begin with capitals: a method of the SDK's, or of anybody's.
            if self._is_made_by_sdk(called):
                self._leave(node, operation, "a method of the SDK: its request is known only when it runs")
            return
        request: Dict[str, Any] = {}
        lines: Dict[str, int] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                spread = self.values.of(keyword.value)
                if not isinstance(spread, dict):
                    self._leave(node, operation, "its arguments are known only when it runs (`**`)")
                    return
                request.update(spread)
                lines.update(self._lines_of(keyword.value, ""))
            else:
                request[keyword.arg] = self.values.of(keyword.value)
                lines[keyword.arg] = self._line(keyword.value)
                lines.update(self._lines_of(keyword.value, keyword.arg + "."))
        if not request:
            self._leave(node, operation, "it has no arguments by name")
            return
        self._add(node, operation, request, lines)
