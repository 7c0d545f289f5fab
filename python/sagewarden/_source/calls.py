"""What a call calls, and its arguments."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .found import Found
from .values import MOST_NAMES, OPEN, Values, root


@dataclass
class Calls:
    """The calls of one piece of code: what they call in the end, and with which arguments."""

    values: Values
    cell_of: Callable[[int], Tuple[Optional[int], int]]
    found: List[Found] = field(default_factory=list)
    unread: List[Dict[str, Any]] = field(default_factory=list)

    def _called(self, called: ast.expr) -> Tuple[ast.expr, List[ast.keyword]]:
        """What is called in the end, and arguments that are given already: `f = client.create_model`, `getattr(client, "create_model")`,
        `partial(client.create_model, ModelName="m")`."""
        more: List[ast.keyword] = []
        for _ in range(MOST_NAMES):
            if isinstance(called, ast.Name) and not self.values.origins(called.id):
                found = self.values.expression(called.id)
                if not isinstance(found, (ast.Name, ast.Attribute, ast.Call)):
                    break
                called = found
            elif isinstance(called, ast.Call) and getattr(called.func, "id", "") == "getattr" and len(called.args) >= 2:
                attribute = self.values.of(called.args[1])
                if not isinstance(attribute, str):
                    break
                called = ast.copy_location(ast.Attribute(value=called.args[0], attr=attribute, ctx=ast.Load()), called)
            elif isinstance(called, ast.Call) and last(called.func) == "partial" and len(called.args) == 1:
                more = [*called.keywords, *more]
                called = called.args[0]
            else:
                break
        return called, more

    def _class_name(self, called: ast.expr) -> str:
        """The name of a class, as its library calls it. A class of the file that is made like its base counts as that one."""
        for _ in range(MOST_NAMES):
            if isinstance(called, ast.Attribute):
                return called.attr
            if not isinstance(called, ast.Name):
                return ""
            bases = self.values.bases(called.id)
            if not bases:
                return self.values.original(called.id)
            called = bases[0]
        return ""

    def _is_of_other_service(self, called: ast.expr) -> bool:
        """Whether a method is certainly that of a client of another service: `boto3.client("opensearch").create_domain`."""
        made: Sequence[Optional[ast.expr]] = [called.value if isinstance(called, ast.Attribute) else None]
        if isinstance(made[0], ast.Name):
            made = [self.values.expression(made[0].id)]
        elif isinstance(made[0], ast.Attribute) and root(made[0]) == "self":
            made = self.values.members(made[0].attr)
        services = [self._service(call) for call in made]
        return bool(services) and all(service not in (None, "sagemaker") for service in services)

    def _service(self, made: Optional[ast.expr]) -> Optional[str]:
        """The service of a client that an expression makes, if it is literal."""
        if not isinstance(made, ast.Call):
            return None
        name = made.func.attr if isinstance(made.func, ast.Attribute) else getattr(made.func, "id", "")
        if name not in ("client", "create_client"):
            return None
        named = [keyword.value for keyword in made.keywords if keyword.arg == "service_name"]
        service = self.values.of(named[0] if named else made.args[0] if made.args else None)
        return service if isinstance(service, str) and OPEN not in service else None

    def _is_of_other_library(self, called: ast.expr) -> bool:
        """Whether a class was certainly imported from elsewhere than the SageMaker SDK: `keras.Model`. A module of the project itself, in a
        relative import, may pass on the SDK's."""
        while isinstance(called, ast.Name) and self.values.bases(called.id):
            called = self.values.bases(called.id)[0]
        origins = self.values.origins(root(called))
        return bool(origins) and not any(not origin or origin.startswith("sagemaker") for origin in origins)

    def _is_made_by_sdk(self, called: ast.expr) -> bool:
        """Whether a method is of an object of the SageMaker SDK: `session.create_model(name=...)`."""
        made = called.value if isinstance(called, ast.Attribute) else None
        if isinstance(made, ast.Name):
            made = self.values.expression(made.id)
        if not isinstance(made, ast.Call):
            return False
        return any(origin.startswith("sagemaker") for origin in self.values.origins(root(made.func)))

    def _given(self, node: ast.Call, operation: str) -> Optional[Dict[str, ast.expr]]:
        """The arguments by name; `None` if they cannot be known."""
        given: Dict[str, ast.expr] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                self._leave(node, operation, "its arguments are known only when it runs (`**`)")
                return None
            given[keyword.arg] = keyword.value
        return given

    def _constructed(self, expression: Optional[ast.expr], name: str) -> Optional[ast.Call]:
        """The call of this class that an expression is, or that a name refers to."""
        if isinstance(expression, ast.Name):
            expression = self.values.expression(expression.id)
        if not isinstance(expression, ast.Call):
            return None
        called = expression.func
        return expression if self._class_name(called) == name else None

    def _lines_of(self, expression: ast.expr, prefix: str) -> Dict[str, int]:
        """The line of each field within a dict."""
        if not self.values.step():
            return {}
        if isinstance(expression, ast.Name):
            named = self.values.expression(expression.id)
            return self._lines_of(named, prefix) if isinstance(named, (ast.Dict, ast.List)) else {}
        lines: Dict[str, int] = {}
        if isinstance(expression, ast.Dict):
            for key, value in zip(expression.keys, expression.values):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    lines[prefix + key.value] = self._line(key)
                    lines.update(self._lines_of(value, f"{prefix}{key.value}."))
        elif isinstance(expression, ast.List):
            for index, each in enumerate(expression.elts):
                lines.update(self._lines_of(each, f"{prefix[:-1]}[{index}]."))
        return lines

    def _line(self, node: ast.expr) -> int:
        return self.cell_of(node.lineno)[1]

    def _add(self, node: ast.Call, operation: str, request: Dict[str, Any], lines: Dict[str, int]) -> None:
        cell, line = self.cell_of(node.lineno)
        known = {name: value for name, value in request.items() if value is not None}
        self.found.append(Found(line, operation, known, cell, lines))

    def _leave(self, node: ast.Call, operation: str, why: str) -> None:
        cell, line = self.cell_of(node.lineno)
        self.unread.append({"line": line, "cell": cell, "operation": operation, "why": why})


def last(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
