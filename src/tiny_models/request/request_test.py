from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiny_models.request.request import (
    FixtureRequest,
    Source,
    parse_request,
    read_request,
)
from toolkit.errors import InputError

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "schemas" / "request.schema.json").read_text(encoding="utf-8")
)
BASE = {"address": "m:tiny", "path": "m/tiny", "model_type": "qwen2"}


def request(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"schema": 1, "fixtures": list(entries)}


def test_defaults_are_those_of_the_schema() -> None:
    (fixture,) = parse_request(request(BASE))
    assert fixture == FixtureRequest("m:tiny", "m/tiny", "qwen2")
    for name, schema in SCHEMA["$defs"]["fixture"]["properties"].items():
        if "default" in schema:
            value = getattr(fixture, name)
            assert (list(value) if isinstance(value, tuple) else value) == schema["default"], name


def test_everything_set() -> None:
    full = {
        "address": "a:b",
        "path": "a/b",
        "source": {"module": "models.quill.modeling_quill", "root": "gen"},
        "architectures": ["QuillModel"],
        "config": {"num_hidden_layers": 3},
        "seed": 4294967295,
        "dtype": "bfloat16",
        "max_size": 10,
        "shards": 2,
        "tokenizer": "wordpiece",
        "processors": {"size": 3},
        "chat_template": "",
        "license": "mit",
        "checks": ["gradient"],
        "repo_id": "tiny-random/quill",
        "from_checkpoint": "dir",
    }
    jsonschema.validate(request(full), SCHEMA)
    (fixture,) = parse_request(request(full))
    assert fixture.source == Source("models.quill.modeling_quill", "gen")
    assert fixture.architectures == ("QuillModel",)
    assert fixture.checks == ("gradient",)


WRONG = [
    ({"seed": -1}, "from 0 to 4294967295, found -1"),
    ({"seed": 2**32}, "from 0 to 4294967295"),
    ({"seed": True}, "an integer"),
    ({"dtype": "int8"}, "one of float32"),
    ({"path": "../x"}, "relative path"),
    ({"path": "/x"}, "relative path"),
    ({"path": "a//b"}, "relative path"),
    ({"shards": 0}, "from 1"),
    ({"max_size": 0}, "1 or more"),
    ({"checks": ["fly"]}, "a list of forward"),
    ({"checks": ["forward", "forward"]}, "each at most once"),
    ({"repo_id": "a/b/c"}, "owner/name"),
    ({"repo_id": "-a"}, "owner/name"),
    ({"processors": 3}, "true or false or an object"),
    ({"architectures": []}, "at least one class name"),
    ({"architectures": ["A B"]}, "class name"),
    ({"architectures": "A"}, "a list of at least one class name"),
    ({"config": []}, "an object"),
    ({"source": {"module": "a"}}, "either `model_type` or `source`"),
    ({"sead": 1}, "unknown key"),
    ({"address": ""}, "not empty"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_wrong_entries_are_refused_by_tool_and_schema(change: dict[str, Any], message: str) -> None:
    wrong = request({**BASE, **change})
    with pytest.raises(InputError, match=message.replace("[", r"\[")) as caught:
        parse_request(wrong)
    assert caught.value.exit_code == 2
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


def test_two_fixtures_with_one_repo_id() -> None:
    first = {**BASE, "repo_id": "tiny/a"}
    second = {**BASE, "address": "n:tiny", "path": "n", "repo_id": "Tiny/A"}
    with pytest.raises(InputError, match="m:tiny and n:tiny have one repo_id"):
        parse_request(request(first, second))


def test_paths_must_differ_and_not_nest() -> None:
    with pytest.raises(InputError, match="have one path"):
        parse_request(request(BASE, {**BASE, "address": "other"}))
    with pytest.raises(InputError, match="lies inside"):
        parse_request(request(BASE, {**BASE, "address": "o", "path": "m/tiny/x"}))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("{", ":1:2", "not JSON"),
        ("[]", ":1:1", "must be an object"),
        ('{"schema": 2, "fixtures": []}', ":1:12", "`schema` must be one of 1, found 2"),
        ('{"schema": 1, "fixtures": {}}', ":1:27", "must be a list"),
        ('{"schema": 1, "fixtures": [3]}', ":1:28", "must be an object"),
    ],
)
def test_wrong_files_are_located(tmp_path: Path, text: str, place: str, message: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read_request(str(path))
    assert caught.value.place == f"{path}{place}"
    assert "Traceback" not in caught.value.render()


def test_a_missing_file_has_a_hint(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_request(str(tmp_path / "none.json"))
    assert "hint: check the path" in caught.value.render()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(sorted(FixtureRequest.__dataclass_fields__)), json_values)
def test_no_value_of_a_field_gives_another_error(name: str, value: Any) -> None:
    try:
        parse_request(request({**BASE, name: value}))
    except InputError as problem:
        assert problem.message  # noqa: PT017 - it may raise nothing, too
