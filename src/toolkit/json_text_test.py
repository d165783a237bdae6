from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit import json_text
from toolkit.errors import InputError

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _routes(value: Any, route: json_text.Route = ()) -> list[tuple[json_text.Route, Any]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    below = (found for step, item in inner for found in _routes(item, (*route, step)))
    return [(route, value), *below]


@given(
    _VALUES.filter(lambda value: "Infinity" not in json.dumps(value)),
    st.sampled_from([None, 0, 3]),
    st.booleans(),
)
def test_every_value_is_located(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    lines = text.split("\n")
    for route, expected in _routes(value):
        place, line, column = json_text.locate(text, route, "file").split(":")
        rest = "\n".join([lines[int(line) - 1][int(column) - 1 :], *lines[int(line) :]])
        located, _ = json.JSONDecoder().raw_decode(rest)
        assert (place, located) == ("file", expected)


_WRONG = {
    "{": ("is not JSON", "1:2"),
    '{"a": 1,\n "a": 2}': ('the key "a" occurs twice in one object', "2:2"),
    '{"a": NaN}': ("NaN is not a JSON number", "1:7"),
    "[-Infinity]": ("-Infinity is not a JSON number", "1:2"),
    f"[{'7' * 5_000}]": ("a number has 5,000 digits", "1:2"),
}


@pytest.mark.parametrize("text", _WRONG, ids=lambda text: text[:10])
def test_what_is_no_json_is_located(text: str) -> None:
    message, place = _WRONG[text]
    with pytest.raises(InputError) as error:
        json_text.parse(text, "file")
    assert message in error.value.message
    assert error.value.place == f"file:{place}"


def test_deep_nesting_is_an_error() -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        json_text.parse("[" * 100_000, "file")


def test_a_missing_value_is_located_at_what_should_hold_it() -> None:
    assert json_text.locate('{"a":\n {"b": 1}}', ("a", "c"), "file") == "file:2:2"


def test_a_route_is_described_as_people_write_it() -> None:
    assert json_text.described(("fixtures", 0, "config", "seed")) == "fixtures[0].config.seed"
