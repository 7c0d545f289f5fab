"""The values of expressions, as far as they are literal."""

from __future__ import annotations

import ast
import json
import math
import re
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

#: The most names that lead to names, expressions that are evaluated, and elements of a value: code with more of them was not written by people.
MOST_NAMES = 16
MOST_STEPS = 200_000
MOST_ELEMENTS = 10_000
#: Characters of a JSON text: no field of the API takes more (`JobConfigDocument` and definitions of pipelines are shorter).
LONGEST_TEXT = 1 << 20
#: Names of what is no number, in `math` and `numpy`.
_NO_NUMBERS = {"nan", "NaN", "NAN", "inf", "Inf", "NINF", "PINF"}
#: Libraries whose `dumps` writes JSON.
JSON_LIBRARIES = {"json", "simplejson", "ujson"}

#: A value that is known only when the code runs.
LATER: Any = type("Later", (), {"__repr__": lambda self: "LATER"})()
#: A part of a text that is known only when the code runs: `f"s3://bucket/{run}"` names its bucket all the same.
OPEN = "${later}"


class Values:
    """The values of names that are assigned once, to a literal, in code that every run passes."""

    def __init__(self, tree: ast.AST):
        assigned: Dict[str, List[Optional[ast.expr]]] = {}
        self._imported: Dict[str, List[str]] = {}
        self._originals: Dict[str, Set[str]] = {}
        self._bases: Dict[str, List[ast.expr]] = {}
        self._members: Dict[str, List[ast.expr]] = {}

        def visit(node: ast.AST, certain: bool) -> None:
            targets: List[Tuple[ast.expr, Optional[ast.expr]]] = []
            if isinstance(node, ast.Assign):
                targets = [(target, node.value) for target in node.targets]
            elif isinstance(node, ast.AnnAssign):
                targets = [(node.target, node.value)]
            elif isinstance(node, (ast.AugAssign, ast.For, ast.AsyncFor)):
                targets = [(node.target, None)]
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                targets = [(item.optional_vars, None) for item in node.items if item.optional_vars]
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    own = (alias.asname or alias.name).split(".")[0]
                    assigned.setdefault(own, []).append(None)
                    module = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else alias.name
                    self._imported.setdefault(own, []).append(module.split(".")[0])
                    if isinstance(node, ast.ImportFrom):
                        self._originals.setdefault(own, set()).add(alias.name)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                arguments = node.args
                others = [other for other in (arguments.vararg, arguments.kwarg) if other is not None]
                for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *others]:
                    assigned.setdefault(argument.arg, []).append(None)
            elif isinstance(node, ast.NamedExpr):
                targets = [(node.target, None)]
            elif isinstance(node, ast.ClassDef):
                assigned.setdefault(node.name, []).append(None)
                own_making = any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in node.body)
                self._bases[node.name] = [] if own_making else node.bases
            for target, value in targets:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self" and value:
                    self._members.setdefault(target.attr, []).append(value)
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        plain = target is name and certain
                        assigned.setdefault(name.id, []).append(value if plain else None)
                    # `config["KmsKeyId"] = key` and `config.key = key` change the value of a name.
            inner = certain and isinstance(node, (ast.Module, ast.Assign, ast.AnnAssign, ast.Expr, ast.With))
            for child in ast.iter_child_nodes(node):
                visit(child, inner)

        visit(tree, True)
        self._changed = {
            root(node)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del))
        } | {
            root(node.func.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
        }
        self._assigned = assigned
        self._seen: List[str] = []
        self._steps = 0
        self._writes_json = False

    def expression(self, name: str) -> Optional[ast.expr]:
        """The value of a name; `None` if that is not certain."""
        values = self._assigned.get(name, [])
        if len(values) != 1 or name in self._changed:
            return None
        return values[0]

    def origins(self, name: str) -> Set[str]:
        """The packages that a name was imported from; none if it has other values as well, or was not imported."""
        imported = self._imported.get(name, [])
        return set(imported) if len(imported) == len(self._assigned.get(name, [])) else set()

    def original(self, name: str) -> str:
        """The name that something was imported by: `from sagemaker.estimator import Estimator as E`."""
        originals = self._originals.get(name, set()) if self.origins(name) else set()
        return next(iter(originals)) if len(originals) == 1 else name

    def bases(self, name: str) -> List[ast.expr]:
        """The classes that a class of the file has its arguments from."""
        return self._bases.get(name, []) if len(self._assigned.get(name, [])) == 1 else []

    def members(self, name: str) -> List[ast.expr]:
        """The values that `self.name` gets."""
        return self._members.get(name, [])

    def step(self) -> bool:
        """Whether one more expression may be looked at."""
        self._steps += 1
        return self._steps <= MOST_STEPS

    def of(self, node: Optional[ast.expr]) -> Any:
        """The value of an expression, or LATER."""
        if isinstance(node, ast.Constant):
            return self._plain(node.value)
        if not self.step():
            return LATER
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            items = [LATER if isinstance(each, ast.Starred) else self.of(each) for each in node.elts]
            return items
        if isinstance(node, ast.Dict):
            return self._dict(node.keys, node.values)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
            value = self.of(node.operand)
            if isinstance(node.op, ast.Not):
                return not value if isinstance(value, bool) else LATER
            if value is None and self._writes_json:
                return None
            return -value if isinstance(value, (int, float)) else LATER
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.of(node.left), self.of(node.right)
            if isinstance(left, str) or isinstance(right, str):
                return joined([left, right], "")
            same = isinstance(left, list) and isinstance(right, list)
            return left + right if same and len(left) + len(right) <= MOST_ELEMENTS else LATER
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            given = self.of(node.right)
            values = given if isinstance(given, list) else [given]
            return filled(self.of(node.left), "%", values, given if isinstance(given, dict) else {})
        if isinstance(node, ast.JoinedStr):
            return joined([self._piece(part) for part in node.values], "")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self._made(node.func, node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and self.original(node.func.id) == "dumps":
            return self._json(node) if self._is_json(node.func.id) else LATER
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
            keys = [ast.Constant(value=keyword.arg) if keyword.arg else None for keyword in node.keywords]
            return self._dict(keys, [keyword.value for keyword in node.keywords])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float" and len(node.args) == 1:
            given = self.of(node.args[0])
            try:
                return self._plain(float(given)) if isinstance(given, (str, int, float)) else LATER
            except (ValueError, OverflowError):
                return LATER
        if isinstance(node, ast.Attribute) and node.attr in _NO_NUMBERS and self.origins(root(node)) & {"math", "numpy"}:
            return self._plain(math.nan)
        return LATER

    def _plain(self, value: Any) -> Any:
        """A literal value. What is no number (`nan`, `inf`) says nothing to a control; in JSON, it stands as null."""
        if isinstance(value, float) and not math.isfinite(value):
            return None if self._writes_json else LATER
        return value if isinstance(value, (str, int, float, bool, type(None))) else LATER

    def _made(self, method: ast.Attribute, node: ast.Call) -> Any:
        """The text that a call makes of others: `"s3://b/{}".format(run)`, `"/".join(...)`, `os.path.join("s3://b", run)`."""
        if method.attr == "format":
            named = {keyword.arg: self.of(keyword.value) for keyword in node.keywords if keyword.arg}
            values = [LATER if isinstance(each, ast.Starred) else self.of(each) for each in node.args]
            return filled(self.of(method.value), "{", values, named)
        if method.attr == "dumps" and self._is_json(root(method)):
            return self._json(node)
        if method.attr != "join" or node.keywords:
            return LATER
        if isinstance(method.value, ast.Attribute) and method.value.attr == "path":
            parts = [LATER if isinstance(each, ast.Starred) else self.of(each) for each in node.args]
            return joined([part.rstrip("/") if isinstance(part, str) else part for part in parts], "/")
        by, parts = self.of(method.value), self.of(node.args[0]) if len(node.args) == 1 else LATER
        return joined(parts, by) if isinstance(by, str) and isinstance(parts, list) else LATER

    def _is_json(self, name: str) -> bool:
        """Whether a name is that of a library that writes JSON. A piece of code may leave its import to another."""
        return self.origins(name) <= JSON_LIBRARIES and (name == "json" or bool(self.origins(name))) and name not in self._changed

    def _json(self, node: ast.Call) -> Any:
        """The text that `json.dumps({...})` makes. A part that is known only when the code runs stays open, behind all that is known."""
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "obj")]
        outer, self._writes_json = self._writes_json, True
        try:
            value = self.of(given[0]) if len(given) == 1 else LATER
        finally:
            self._writes_json = outer
        if not isinstance(value, (dict, list)):
            return LATER
        try:
            text = json.dumps(_open_last(value), ensure_ascii=False)
        except (ValueError, RecursionError):
            return LATER
        return text if len(text) <= LONGEST_TEXT else LATER

    def _piece(self, part: ast.expr) -> Any:
        if isinstance(part, ast.FormattedValue):
            value = self.of(part.value) if part.conversion == -1 and part.format_spec is None else LATER
            return str(value) if isinstance(value, (str, int)) else LATER
        return self.of(part)

    def _name(self, name: str) -> Any:
        expression = self.expression(name)
        if expression is None or name in self._seen:
            return LATER
        self._seen.append(name)
        try:
            return self.of(expression)
        finally:
            self._seen.pop()

    def _dict(self, keys: Sequence[Optional[ast.expr]], values: Sequence[ast.expr]) -> Any:
        found: Dict[str, Any] = {}
        for key, value in zip(keys, values):
            made = self.of(value)
            given = self._pairs(made) if key is None else self._pair(self.of(key), made)
            if given is None and not self._writes_json:
                return LATER
            if given is None or OPEN in given:
                # Whatever this is, it may stand in the place of any field before it.
                found = {**{name: LATER for name in found}, OPEN: LATER}
            found.update(given or {})
        return found

    def _pairs(self, spread: Any) -> Optional[Dict[str, Any]]:
        return spread if isinstance(spread, dict) else None

    def _pair(self, key: Any, value: Any) -> Optional[Dict[str, Any]]:
        """A field by its key. JSON has texts alone as keys: `json.dumps` writes numbers and words as texts."""
        if isinstance(key, str):
            return {key: value} if not self._writes_json or OPEN not in key else None
        if self._writes_json and (key is None or isinstance(key, (int, float))):
            return {json.dumps(key): value}
        return None


def _open_last(value: Any) -> Any:
    """A value whose open parts are texts, and stand behind the known ones."""
    if value is LATER:
        return OPEN
    if isinstance(value, dict):
        made = {key: _open_last(each) for key, each in value.items()}
        return dict(sorted(made.items(), key=lambda item: OPEN in str(item[1])))
    return [_open_last(each) for each in value] if isinstance(value, list) else value


def joined(parts: Sequence[Any], by: str) -> Any:
    """Parts as one text, of which an unknown part stays open."""
    texts = [part if isinstance(part, str) else OPEN for part in parts]
    known = any(isinstance(part, str) for part in parts)
    return by.join(texts) if known and sum(map(len, texts)) <= MOST_ELEMENTS else LATER


#: Where values are put into a text: their names, and how they are written.
_PLACES = {"{": re.compile(r"\{(\w*)([^{}]*)\}"), "%": re.compile(r"%(?:\((\w+)\))?([a-zA-Z])")}


def filled(text: Any, mark: str, values: Sequence[Any], named: Dict[str, Any]) -> Any:
    """A text with its values, of which an unknown one stays open. From a place that is not a plain one on, nothing is known."""
    if not isinstance(text, str):
        return LATER
    rest = iter(values)
    plain: Tuple[str, ...] = ("",) if mark == "{" else ("s", "d")
    whole, at = "", 0
    for place in _PLACES[mark].finditer(text):
        if mark in text[at : place.start()]:
            break
        name, written = place.group(1) or "", place.group(2)
        if name.isdigit():
            value = values[int(name)] if int(name) < len(values) else LATER
        else:
            value = named.get(name, LATER) if name else next(rest, LATER)
        known = isinstance(value, (str, int)) and not isinstance(value, bool) and written in plain
        whole, at = whole + text[at : place.start()] + (str(value) if known else OPEN), place.end()
        if len(whole) > MOST_ELEMENTS:
            return LATER
    begin, found, _ = text[at:].partition(mark)
    return whole + begin + (OPEN if found else "")


def root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
