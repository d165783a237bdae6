from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest

from toolkit.errors import InputError
from toolkit.json_record import NOT_EMPTY, Constraint, between, make_record, parse_record, schema

_CLASS_NAMES = Constraint(
    lambda names: all(name.isidentifier() for name in names), "a list of class names"
)


@dataclass(frozen=True)
class Source:
    module: Annotated[str, NOT_EMPTY]
    root: str = "."


@dataclass(frozen=True)
class Entry:
    name: str = field(metadata={"description": "What messages call it."})
    seed: Annotated[int, between(0, 9)] = 0
    limit: Annotated[float, between(1)] = 1.5
    dtype: Literal["float32", "bfloat16"] = "float32"
    kernelize: bool = False
    source: Source | None = None
    classes: Annotated[tuple[str, ...], _CLASS_NAMES] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    processors: bool | Mapping[str, Any] = True
    renamed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    revision: Annotated[str | None, NOT_EMPTY] = None


@dataclass(frozen=True)
class Request:
    entries: tuple[Entry, ...]
    schema: Literal[1] = 1

    def __post_init__(self) -> None:
        names = [entry.name for entry in self.entries]
        if len(set(names)) < len(names):
            raise ValueError("two entries have one name")


def _parse(entry: str) -> Entry:
    return parse_record(Request, f'{{"entries": [{entry}]}}', "request.json").entries[0]


def test_defaults_are_declared_once() -> None:
    assert _parse('{"name": "a"}') == Entry("a")


def test_every_type_is_read() -> None:
    entry = _parse(
        '{"name": "a", "seed": 9, "limit": 2, "dtype": "bfloat16", "kernelize": true,'
        ' "source": {"module": "m"}, "classes": ["A", "B"], "config": {"x": [1]},'
        ' "processors": {"image": false}, "renamed": {"p.py": ["q"]}}'
    )
    assert entry.seed == 9
    assert entry.source == Source("m")
    assert entry.classes == ("A", "B")
    assert entry.config == {"x": [1]}
    assert entry.processors == {"image": False}
    assert entry.renamed == {"p.py": ("q",)}
    assert _parse('{"name": "a", "revision": null}').revision is None
    assert _parse('{"name": "a", "revision": "b"}').revision == "b"


_WRONG = {
    '{"seed": 1}': ("`entries[0].name` is missing", "1:14", "it must be a string"),
    '{"name": 1}': ("`entries[0].name` must be a string, found 1", "1:23", ""),
    '{"name": "\\ud800"}': ("must be a string, found", "1:23", ""),
    '{"name": "a",\n "seed": 10}': ("must be an integer from 0 to 9, found 10", "2:10", ""),
    '{"name": "a", "seed": true}': ("must be an integer from 0 to 9, found true", "1:36", ""),
    '{"name": "a", "limit": 0.5}': ("must be a number 1 or more, found 0.5", "1:37", ""),
    '{"name": "a", "dtype": "bflot16"}': (
        'must be one of float32, bfloat16, found "bflot16"',
        "1:37",
        "did you mean `bfloat16`?",
    ),
    '{"name": "a", "source": 1}': ("must be an object or null, found 1", "1:38", ""),
    '{"name": "a", "source": {"module": ""}}': (
        '`entries[0].source.module` must be a string that is not empty, found ""',
        "1:49",
        "",
    ),
    '{"name": "a", "classes": ["1A"]}': ("must be a list of class names", "1:39", ""),
    '{"name": "a", "classes": ["A", 1]}': (
        "`entries[0].classes[1]` must be a string",
        "1:45",
        "",
    ),
    '{"name": "a", "processors": "all"}': (
        'must be true or false or an object, found "all"',
        "1:42",
        "",
    ),
    '{"name": "a", "revision": ""}': (
        '`entries[0].revision` must be a string or null that is not empty, found ""',
        "1:40",
        "",
    ),
    '{"name": "a", "revision": 1}': ("must be a string or null that is not empty", "1:40", ""),
    '{"name": "a", "sede": 1}': (
        "unknown key `entries[0].sede`",
        "1:36",
        "did you mean `seed`?",
    ),
    '{"name": "a"}, {"name": "a"}': ("two entries have one name", "1:1", ""),
    "7": ("`entries[0]` must be an object, found 7", "1:14", ""),
}


@pytest.mark.parametrize("entry", _WRONG)
def test_a_wrong_value_is_located(entry: str) -> None:
    message, place, hint = _WRONG[entry]
    with pytest.raises(InputError) as error:
        _parse(entry)
    assert message in error.value.message
    assert error.value.place == f"request.json:{place}"
    assert error.value.hint == hint


def test_a_long_value_is_cut() -> None:
    with pytest.raises(InputError) as error:
        make_record(Entry, {"name": ["x" * 1000]}, "request.json")
    assert len(error.value.message) < 120
    assert error.value.place == "request.json"


def test_the_schema_is_the_declaration() -> None:
    properties = schema(Request)["properties"]["entries"]["items"]
    assert properties["required"] == ["name"]
    assert properties["properties"]["name"] == {
        "type": "string",
        "description": "What messages call it.",
    }
    assert properties["properties"]["seed"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 9,
        "default": 0,
    }
    assert properties["properties"]["dtype"]["enum"] == ["float32", "bfloat16"]
    assert properties["properties"]["source"]["anyOf"][1] == {"type": "null"}
    assert not properties["additionalProperties"]
