"""Calls of sagemaker-core."""

from __future__ import annotations

import ast
from typing import Any, Dict, List, Optional, Tuple

from .calls import Calls, last
from .operations import CORE_MAPS, CORE_METHODS, CORE_OTHERS, core_name
from .values import LATER, MOST_NAMES, root


class CoreCalls(Calls):
    """Calls of sagemaker-core, whose arguments are the fields of the API in small letters."""

    def _core(self, node: ast.Call, called: ast.Attribute) -> None:
        """`TrainingJob.create(...)` of sagemaker-core: its arguments are the fields in small letters."""
        operation, own = CORE_METHODS.get((self._class_name(called.value), called.attr), ("", ""))
        if not operation or self._is_of_other_library(called.value):
            return
        known = self.values.origins(root(called.value)) or any(keyword.arg == own for keyword in node.keywords)
        given = self._given(node, operation) if known else None
        if given is None:
            return
        if node.args or not given:
            self._leave(node, operation, "it has no arguments by name")
            return
        request: Dict[str, Any] = {}
        lines: Dict[str, int] = {}
        for argument, expression in given.items():
            if argument not in CORE_OTHERS:
                field_name = core_name(argument)
                request[field_name] = self._core_value(field_name, expression, lines, field_name, MOST_NAMES)
        self._add(node, operation, request, lines)

    def _core_value(self, name: str, expression: ast.expr, lines: Dict[str, int], path: str, left: int) -> Any:
        """A value of sagemaker-core in the words of the API: its objects and dicts have fields in small letters."""
        if not left or not self.values.step():
            return LATER
        lines[path] = self._line(expression)
        if isinstance(expression, ast.Name):
            named = self.values.expression(expression.id)
            if isinstance(named, (ast.Call, ast.Dict, ast.List)):
                return self._core_value(name, named, lines, path, left - 1)
        if isinstance(expression, ast.List):
            each = enumerate(expression.elts)
            return [self._core_value(name, item, lines, f"{path}[{index}]", left - 1) for index, item in each]
        members: List[Tuple[Optional[str], ast.expr]] = []
        if isinstance(expression, ast.Call) and last(expression.func)[:1].isupper() and not expression.args:
            members = [(keyword.arg, keyword.value) for keyword in expression.keywords]
        elif isinstance(expression, ast.Dict) and name not in CORE_MAPS:
            keys = [self.values.of(key) if key else None for key in expression.keys]
            members = [(key if isinstance(key, str) else None, value) for key, value in zip(keys, expression.values)]
        else:
            return self.values.of(expression)
        made: Dict[str, Any] = {}
        for key, value in members:
            if key is None:
                return LATER
            inner = core_name(key)
            made[inner] = self._core_value(inner, value, lines, f"{path}.{inner}", left - 1)
        return made
