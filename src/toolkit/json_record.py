"""Reads a JSON object into a dataclass, whose fields declare types, limits and defaults once.

A field is a ``str``, ``bool``, ``int``, ``float``, ``Literal``, another dataclass, ``Any``, a
``tuple[X, ...]``, a ``Mapping[str, X]``, or a union of these; ``Annotated`` adds a ``Constraint``.
A field without a default must be given. Unknown keys are refused, and each error has the line and
column of the value. ``schema`` writes the same declaration as a JSON schema.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from toolkit import json_text
from toolkit.errors import InputError
from toolkit.json_text import Route
from toolkit.suggestions import did_you_mean

# JSON knows no limit, but what reads the results of a tool does.
LARGEST_INTEGER = 2**63 - 1
_LONGEST_QUOTE = 60

Record = TypeVar("Record")


@dataclass(frozen=True)
class Constraint:
    """What a value must satisfy beside its type.

    :param accepts: whether it does; it gets values of the right type only.
    :param expected: completes "must be", e.g. "a list of class names".
    :param schema: the same as keywords of JSON schema.
    """

    accepts: Callable[[Any], bool]
    expected: str
    # Not hashed, so that `Annotated[X, constraint] | None` can be made.
    schema: Mapping[str, Any] = field(default_factory=dict, hash=False)


def between(least: float | None, most: float | None = None) -> Constraint:
    """A number from ``least`` to ``most``, both included; None is not a limit."""
    if most is None:
        expected = f"{least} or more"
    else:
        expected = f"from {least} to {most}" if least is not None else f"{most} or less"
    limits = {"minimum": least, "maximum": most}
    return Constraint(
        lambda value: (least is None or value >= least) and (most is None or value <= most),
        expected,
        {name: limit for name, limit in limits.items() if limit is not None},
    )


def above(limit: float) -> Constraint:
    """A number greater than ``limit``."""
    return Constraint(
        lambda value: value > limit, f"more than {limit}", {"exclusiveMinimum": limit}
    )


NOT_EMPTY = Constraint(bool, "not empty", {"minLength": 1})


class _Mismatch(Exception):
    """The value at ``route`` is not what was expected."""

    def __init__(self, route: Route, message: str, hint: str = "") -> None:
        self.route = tuple(route)
        self.message = message
        self.hint = hint
        super().__init__(message)


def parse_record(kind: type[Record], text: str, place: str, *, what: str = "the request") -> Record:
    """The dataclass ``kind`` from the text of a JSON object.

    Raises InputError at the line and column of the first value that is not as declared. A
    ``ValueError`` of a dataclass's own ``__post_init__`` becomes one too, located at its object.
    """
    values = json_text.parse(text, place, what)
    try:
        return _record(kind, values, ())
    except _Mismatch as problem:
        raise InputError(
            problem.message, place=json_text.locate(text, problem.route, place), hint=problem.hint
        ) from None


def make_record(kind: type[Record], values: Any, place: str = "") -> Record:
    """As ``parse_record``, from values that are parsed already; errors have no line."""
    try:
        return _record(kind, values, ())
    except _Mismatch as problem:
        raise InputError(problem.message, place=place, hint=problem.hint) from None


def schema(kind: type) -> dict[str, Any]:
    """The JSON schema of the dataclass ``kind``, without a title.

    The descriptions of the fields are the ``description`` of their metadata.
    """
    return _record_schema(kind)


def _annotations(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _fields(kind: Any) -> tuple[dataclasses.Field[Any], ...]:
    return tuple(declared for declared in dataclasses.fields(kind) if declared.init)


def _is_required(declared: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return declared.default is missing and declared.default_factory is missing


def _record(kind: type[Record], values: Any, route: Route) -> Record:
    if not isinstance(values, dict):
        raise _wrong(route, "an object", values)
    declared_fields, annotations = _fields(kind), _annotations(kind)
    names = [declared.name for declared in declared_fields]
    for key in values:
        if key not in names:
            raise _Mismatch(
                (*route, key),
                f"unknown key `{json_text.described((*route, key))}`",
                did_you_mean(key, names, "keys"),
            )
    for declared in declared_fields:
        if declared.name not in values and _is_required(declared):
            inner = json_text.described((*route, declared.name))
            expected, _ = _described(annotations[declared.name])
            raise _Mismatch(route, f"`{inner}` is missing", f"it must be {expected}")
    arguments = {
        key: _value(annotations[key], value, (*route, key)) for key, value in values.items()
    }
    try:
        return kind(**arguments)
    except ValueError as problem:
        where = json_text.described(route)
        raise _Mismatch(route, f"`{where}`: {problem}" if where else str(problem)) from None


def _value(annotation: Any, value: Any, route: Route) -> Any:
    """``value`` as the type ``annotation`` says. Raises _Mismatch."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return value
    if origin is Annotated:
        if not _fits_roughly(arguments[0], value):
            raise _wrong(route, _described(annotation)[0], value)
        result = _value(arguments[0], value, route)
        for constraint in arguments[1:]:
            if result is not None and not constraint.accepts(result):
                raise _wrong(route, _described(annotation)[0], value)
        return result
    if origin in (Union, types.UnionType):
        return _of_union(annotation, value, route)
    if origin is Literal:
        if type(value) in {type(choice) for choice in arguments} and value in arguments:
            return value
        hint = did_you_mean(value, map(str, arguments)) if isinstance(value, str) else ""
        raise _wrong(route, _described(annotation)[0], value, hint)
    if dataclasses.is_dataclass(annotation):
        return _record(annotation, value, route)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(route, _described(annotation)[0], value)
        return tuple(_value(arguments[0], item, (*route, n)) for n, item in enumerate(value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise _wrong(route, _described(annotation)[0], value)
        return {key: _value(arguments[1], item, (*route, key)) for key, item in value.items()}
    if not _SCALARS[annotation].accepts(value):
        raise _wrong(route, _described(annotation)[0], value)
    return value


def _of_union(annotation: Any, value: Any, route: Route) -> Any:
    members = get_args(annotation)
    for member in members:
        if _fits_roughly(member, value):
            return _value(member, value, route)
    raise _wrong(route, _described(annotation)[0], value)


def _fits_roughly(annotation: Any, value: Any) -> bool:
    """Whether a value has the JSON type of an annotation: its errors are then that member's."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _fits_roughly(arguments[0], value)
    if origin in (Union, types.UnionType):
        return any(_fits_roughly(member, value) for member in arguments)
    if origin is Literal:
        return any(type(value) is type(choice) for choice in arguments)
    if annotation is Any:
        return True
    if origin is tuple:
        return isinstance(value, list)
    if dataclasses.is_dataclass(annotation) or (
        isinstance(origin, type) and issubclass(origin, Mapping)
    ):
        return isinstance(value, dict)
    return _SCALARS[annotation].accepts(value)


def _is_text(value: Any) -> bool:
    # JSON can escape half of a surrogate pair, which no file name, output or hash can hold.
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_integer(value: Any) -> bool:
    # A truth value is an int in Python, but not in JSON.
    return type(value) is int and abs(value) <= LARGEST_INTEGER


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (type(value) is float and math.isfinite(value))


_SCALARS: dict[Any, Constraint] = {
    str: Constraint(_is_text, "a string", {"type": "string"}),
    bool: Constraint(lambda value: isinstance(value, bool), "true or false", {"type": "boolean"}),
    int: Constraint(_is_integer, "an integer", {"type": "integer"}),
    float: Constraint(_is_number, "a number", {"type": "number"}),
    type(None): Constraint(lambda value: value is None, "null", {"type": "null"}),
}


def _described(annotation: Any) -> tuple[str, dict[str, Any]]:
    """What a value must be, in words and as a JSON schema."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return "any value", {}
    if origin is Annotated:
        words, keywords = _described(arguments[0])
        for constraint in arguments[1:]:
            # "an integer from 0 to 9", but "a list of class names" stands for itself.
            own = constraint.expected.startswith(("a ", "an ", "one ", "`"))
            words = constraint.expected if own else f"{words} {_joined(constraint)}"
            keywords = {**keywords, **constraint.schema}
        return words, keywords
    if origin in (Union, types.UnionType):
        described = [_described(member) for member in arguments]
        words = " or ".join(word for word, _ in described)
        return words, {"anyOf": [keywords for _, keywords in described]}
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}", {"enum": list(arguments)}
    if dataclasses.is_dataclass(annotation):
        return "an object", _record_schema(annotation)
    if origin is tuple:
        words, keywords = _described(arguments[0])
        return f"a list of {_plural(words)}", {"type": "array", "items": keywords}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _, keywords = _described(arguments[1])
        return "an object", {"type": "object", "additionalProperties": keywords}
    return _SCALARS[annotation].expected, dict(_SCALARS[annotation].schema)


def _joined(constraint: Constraint) -> str:
    return f"that is {constraint.expected}" if constraint is NOT_EMPTY else constraint.expected


def _plural(words: str) -> str:
    article, _, noun = words.partition(" ")
    if article not in ("a", "an"):
        return f"values, each {words}"
    first, _, rest = noun.partition(" ")
    return f"{first}s {rest}".rstrip()


def _record_schema(kind: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for declared in _fields(kind):
        _, keywords = _described(_annotations(kind)[declared.name])
        if not _is_required(declared):
            keywords["default"] = _default(declared)
        if "description" in declared.metadata:
            keywords["description"] = declared.metadata["description"]
        properties[declared.name] = keywords
    return {
        "type": "object",
        "properties": properties,
        "required": [declared.name for declared in _fields(kind) if _is_required(declared)],
        "additionalProperties": False,
    }


def _default(declared: dataclasses.Field[Any]) -> Any:
    factory = declared.default_factory
    value = declared.default if factory is dataclasses.MISSING else factory()
    return list(value) if isinstance(value, tuple) else value


def _wrong(route: Route, expected: str, value: Any, hint: str = "") -> _Mismatch:
    quoted = json.dumps(value, ensure_ascii=True)
    if len(quoted) > _LONGEST_QUOTE:
        quoted = f"{quoted[:_LONGEST_QUOTE]}…"
    name = f"`{json_text.described(route)}`" if route else "the request"
    return _Mismatch(route, f"{name} must be {expected}, found {quoted}", hint)
