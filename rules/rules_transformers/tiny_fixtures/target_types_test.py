from __future__ import annotations

import json

import pytest
from pants.engine.addresses import Address
from pants.engine.target import (
    InvalidFieldTypeException,
    InvalidTargetException,
)

from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.target_types import (
    FixtureConfigField,
    FixtureProcessorsField,
    TinyFixtureTarget,
)

_ADDRESS = Address("models/x", target_name="tiny")


def test_a_fixture_is_of_one_model() -> None:
    TinyFixtureTarget({"model": ":x"}, _ADDRESS)
    TinyFixtureTarget({"model_type": "llama"}, _ADDRESS)
    with pytest.raises(InvalidTargetException, match="neither was given\nhint: "):
        TinyFixtureTarget({}, _ADDRESS)
    with pytest.raises(InvalidTargetException, match="both were given\nhint: "):
        TinyFixtureTarget({"model": ":x", "model_type": "llama"}, _ADDRESS)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("seed", -1, "must be from 0 to 4294967295, but it was -1"),
        ("seed", 2**32, "but it was 4294967296"),
        ("shards", 0, "must be at least 1"),
        ("max_size", 0, "must be at least 1"),
        ("repo_id", "../x", "`organization/name`"),
        ("repo_id", "a/b/c", "`organization/name`"),
        ("publish_to", "tiny", "must be `organization/name`"),
        ("publish_to", "a/b/c", "must be `organization/name`"),
        ("config", {"x": {1, 2}}, "JSON can hold: Object of type"),
        ("config", {"x": float("nan")}, "JSON can hold: "),
    ],
)
def test_values_that_cannot_be_are_errors(field: str, value: object, expected: str) -> None:
    with pytest.raises(InvalidTargetException, match=expected) as caught:
        TinyFixtureTarget({"model_type": "llama", field: value}, _ADDRESS)
    assert f"`{field}` field in target models/x:tiny" in str(caught.value)


@pytest.mark.parametrize("field", ["dtype", "checks"])
def test_choices(field: str) -> None:
    value = "int8" if field == "dtype" else ["speed"]
    with pytest.raises(InvalidTargetException, match="one of "):
        TinyFixtureTarget({"model_type": "llama", field: value}, _ADDRESS)


@pytest.mark.parametrize("field", [FixtureConfigField, FixtureProcessorsField])
def test_objects_of_json(field: type) -> None:
    one = field({"b": (1, 2), "a": {"0": None, "c": "x"}}, _ADDRESS)
    other = field({"a": {"c": "x", "0": None}, "b": [1, 2]}, _ADDRESS)
    assert one.value == other.value
    assert one.value is not None
    assert json.loads(one.value) == {"a": {"0": None, "c": "x"}, "b": [1, 2]}
    with pytest.raises(InvalidFieldTypeException):
        field("a=1", _ADDRESS)


@pytest.mark.parametrize(("raw", "value"), [(None, True), (True, True), (False, False)])
def test_processors_are_on_unless_switched_off(raw: bool | None, value: bool) -> None:
    assert json.loads(FixtureProcessorsField(raw, _ADDRESS).value or "") is value


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (_ADDRESS, "models/x/tiny"),
        (Address("models/tiny"), "models/tiny/tiny"),
        (Address("", target_name="tiny"), "tiny"),
        (_ADDRESS.create_generated("LlamaModel"), "models/x/tiny/LlamaModel"),
        (Address("x", target_name="t", parameters={"seed": "one"}), "x/t@seed=one"),
    ],
)
def test_each_fixture_has_a_directory_of_its_own(address: Address, expected: str) -> None:
    target = TinyFixtureTarget({"model_type": "llama"}, address)
    assert TinyFixtureFieldSet.create(target).directory == expected
