"""The condition under which code raised, read from its source, and the values that satisfy it."""

from __future__ import annotations

import ast
import copy
import linecache
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import Any

from tiny_models.fitting.fields import field_values, is_config

# A field may become larger only as far as a model stays small.
_MOST = 4096
_MOST_INLINED = 4
# Values that a list may get.
_LONGEST = 64
_COMPARISONS = (ast.NotEq, ast.Eq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Frame:
    """A place that an exception passed: a line of a file, and the variables there."""

    path: str
    line: int
    variables: Mapping[str, Any]
    names: Mapping[str, Any]


def frames(problem: BaseException) -> list[Frame]:
    """The places in the library's models, or in a repository's, that a problem passed, last first.

    Of an exception that was raised from another, those of the first cause.
    """
    cause = problem
    while (earlier := cause.__cause__ or cause.__context__) is not None:
        cause = earlier
    result = []
    trace = cause.__traceback__
    while trace is not None:
        frame: FrameType = trace.tb_frame
        if _is_of_a_model(frame):
            place = Frame(
                frame.f_code.co_filename, trace.tb_lineno, frame.f_locals, frame.f_globals
            )
            result.append(place)
        trace = trace.tb_next
    return result[::-1]


def _is_of_a_model(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    if package == "tiny_models":
        # This tool's functions pass configs around; methods are those of a config or a model.
        owner = frame.f_locals.get("self")
        return is_config(owner) or hasattr(owner, "named_parameters")
    return package not in ("torch", "huggingface_hub", "numpy")


def mentioned(frame: Frame) -> list[str]:
    """Every attribute and key that the statement at a place, and its condition, name."""
    statement = _statement(frame)
    names: dict[str, None] = {}
    for node in statement:
        for part in ast.walk(node):
            value = part.attr if isinstance(part, ast.Attribute) else getattr(part, "value", None)
            if isinstance(value, str) and value.isidentifier():
                names[value] = None
    return list(names)


def solutions(frame: Frame) -> list[tuple[str, str, Any]]:
    """Class, field and value of configs at hand that end the condition under which a place raised.

    Values come from the two sides of each comparison: the difference, the quotient, the next
    multiple. Only those are given with which the whole condition is false, the smallest change
    first.
    """
    test = _condition(frame)
    if test is None:
        return []
    test = _inlined(test, frame)
    try:
        code = compile(ast.Expression(test), frame.path, "eval")
    except (TypeError, ValueError):
        return []
    used = {part.attr for part in ast.walk(test) if isinstance(part, ast.Attribute)}
    pairs = _numbers(test, frame)
    candidates: list[tuple[int, str, str, Any]] = []
    for name, path in _configs(frame):
        for field, before in field_values(path[-1]).items():
            if field not in used:
                continue
            for value in _proposals(before, pairs):
                if _ends(code, frame, name, _changed(path, field, value)):
                    change = abs(value - before) if isinstance(value, int) else 0
                    candidates.append((change, type(path[-1]).__name__, field, value))
    return [candidate[1:] for candidate in sorted(candidates, key=lambda candidate: candidate[0])]


def _configs(frame: Frame) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Variables that hold a config, each with the path to the config itself or to a part of it."""
    for name, value in frame.variables.items():
        if is_config(value):
            yield name, (value,)
            for part in vars(value).values():
                if is_config(part):
                    yield name, (value, part)


def _changed(path: tuple[Any, ...], field: str, value: Any) -> Any:
    """A copy of the outermost config of a path, with another value in the innermost."""
    changed = copy.copy(path[-1])
    vars(changed)[field] = value
    for outer in reversed(path[:-1]):
        whole = copy.copy(outer)
        for name, part in vars(outer).items():
            if part is path[-1]:
                vars(whole)[name] = changed
        changed = whole
    return changed


def _ends(code: Any, frame: Frame, name: str, changed: Any) -> bool:
    try:
        return not eval(code, dict(frame.names), {**frame.variables, name: changed})
    except Exception:  # noqa: BLE001 - evaluated code may raise anything
        # The library's own expression, on a value that it was not made for.
        return False


def _numbers(test: ast.expr, frame: Frame) -> list[tuple[int, int]]:
    """The values of both sides of each comparison of whole numbers in a condition."""
    pairs = []
    for node in ast.walk(test):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], _COMPARISONS):
            continue
        left, right = (_value(side, frame) for side in (node.left, node.comparators[0]))
        if isinstance(left, int) and isinstance(right, int):
            pairs.append((left, right))
        if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Mod):
            sides = (_value(side, frame) for side in (node.left.left, node.left.right))
            left, right = sides
            if isinstance(left, int) and isinstance(right, int):
                pairs.append((left, right))
    return pairs


def _value(node: ast.expr, frame: Frame) -> Any:
    try:
        code = compile(ast.Expression(node), frame.path, "eval")
        return eval(code, dict(frame.names), dict(frame.variables))
    except Exception:  # noqa: BLE001 - evaluated code may raise anything
        # As above: part of an expression need not have a value by itself.
        return None


def _proposals(before: Any, pairs: list[tuple[int, int]]) -> Iterator[Any]:
    """Values in place of ``before`` that the two sides of a comparison suggest."""
    if isinstance(before, (list, tuple)) and before:
        for pair in pairs:
            for length in pair:
                if 0 < length <= _LONGEST and length != len(before):
                    yield [before[index % len(before)] for index in range(length)]
        return
    if not isinstance(before, int) or isinstance(before, bool):
        return
    seen = {before}
    for left, right in pairs:
        numbers = [before + right - left, before + left - right, left, right]
        if left > 0 and right > 0:
            numbers += [before * right // left, before * left // right, math.gcd(left, right)]
            numbers += [-(-left // right) * right, -(-right // left) * left]
        for number in numbers:
            if number not in seen and 0 <= number <= max(before, _MOST):
                seen.add(number)
                yield number


class _Inlined(ast.NodeTransformer):
    """Replaces names by what was assigned to them, so that a condition depends on fields alone."""

    def __init__(self, assigned: Mapping[str, ast.expr]) -> None:
        self.assigned = assigned
        self.depth = 0

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.assigned.get(node.id)
        if value is None or self.depth >= _MOST_INLINED:
            return node
        self.depth += 1
        inlined: ast.expr = self.visit(copy.deepcopy(value))
        self.depth -= 1
        return inlined


def _inlined(test: ast.expr, frame: Frame) -> ast.expr:
    """A condition with the local names that were computed once replaced by their expressions."""
    assigned: dict[str, ast.expr] = {}
    several: set[str] = set()
    for node in ast.walk(_function(frame) or ast.Module([], [])):
        if isinstance(node, ast.Assign) and node.lineno < frame.line:
            for target in node.targets:
                if isinstance(target, ast.Name):
                    if target.id in assigned:
                        several.add(target.id)
                    assigned[target.id] = node.value
    configs = {name for name, value in frame.variables.items() if is_config(value)}
    computed = {k: v for k, v in assigned.items() if k not in several and k not in configs}
    inlined: ast.expr = _Inlined(computed).visit(copy.deepcopy(test))
    return ast.fix_missing_locations(inlined)


def _condition(frame: Frame) -> ast.expr | None:
    function = _function(frame)
    if function is None:
        return None
    test = None
    for node in ast.walk(function):
        if isinstance(node, ast.If) and any(_covers(part, frame.line) for part in node.body):
            # Walked from the outside, so that the innermost remains.
            test = node.test
        elif isinstance(node, ast.Assert) and _covers(node, frame.line):
            return ast.UnaryOp(ast.Not(), node.test, lineno=1, col_offset=0)
    return test


def _statement(frame: Frame) -> list[ast.AST]:
    function = _function(frame)
    if function is None:
        return []
    test = _condition(frame)
    nodes = [node for node in ast.walk(function)
             if isinstance(node, ast.stmt) and _covers(node, frame.line)]  # fmt: skip
    simple = [node for node in nodes if not hasattr(node, "body")]
    header = [] if simple or not nodes else [nodes[-1]]
    return [*simple, *header, *([test] if test is not None else [])]


def _function(frame: Frame) -> ast.AST | None:
    tree = _tree(frame.path)
    result = None
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _covers(node, frame.line):
            result = node
    return result


def _covers(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


@cache
def _tree(path: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(path)))
    except SyntaxError:
        return None
