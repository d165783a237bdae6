from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_bench.results.reader import parse_result, read_result
from gpu_bench.testing import simulated, simulated_file
from toolkit.errors import InputError

SCHEMA = json.loads((Path(__file__).parents[1] / "schemas" / "result.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def small_document() -> Any:
    side = simulated.side(simulated.MODELS[0], np.random.default_rng(1))
    return simulated_file.document(side.measure(2, 3).first)


def test_a_simulated_result_is_valid_and_reads_back(tmp_path: Path) -> None:
    side = simulated.side(simulated.MODELS[0], np.random.default_rng(1))
    made = side.measure(2, 10).first
    document = simulated_file.document(made)
    VALIDATOR.validate(document)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(document))
    for place in (path, tmp_path):
        read_back = read_result(place)
        assert read_back.output == made.output
        assert len(read_back.processes) == 2
        for ours, theirs in zip(made.processes, read_back.processes, strict=True):
            for name in ("end_to_end", "time_to_first_token", "inter_token", "sm_clock"):
                assert np.array_equal(getattr(ours, name), getattr(theirs, name))
            assert ours.memory == theirs.memory
            assert len(theirs.gaps) == len(ours.end_to_end) * (simulated.TOKENS - 1)


def message(content: Any, tmp_path: Path) -> Any:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_result(path)
    assert caught.value.hint
    assert str(path) in caught.value.place
    return caught.value.render().removeprefix(str(path))


def test_what_is_no_result_is_named(tmp_path: Path) -> None:
    assert message(b'{"schema": 1,\n  "kind"}', tmp_path).startswith(
        ":2:9: error: the result is no"
    )
    assert "not UTF-8" in message(b"\xff", tmp_path)
    assert "nested too deeply" in message(b"[" * 100_000, tmp_path)
    assert "NaN is not a JSON number" in message(b'{"schema": NaN}', tmp_path)
    assert "surrogate" in message(rb'{"schema": 1, "kind": "\uD800"}', tmp_path)
    assert "this is not a result" in message(b"[]", tmp_path)
    assert "this is not a result" in message(b'{"schema": 1}', tmp_path)
    kind = message(b'{"schema": 1, "kind": "gpu_bench.verdict"}', tmp_path)
    assert 'its kind is "gpu_bench.verdict", expected "gpu_bench.result"' in kind
    schema = message(b'{"schema": 2, "kind": "gpu_bench.result"}', tmp_path)
    assert "the result has schema 2, expected 1" in schema
    assert "schema true" in message(b'{"schema": true, "kind": "gpu_bench.result"}', tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file") as caught:
        read_result(tmp_path / "none.json")
    assert caught.value.place == str(tmp_path / "none.json")


def test_a_wrong_field_is_named_with_what_was_found() -> None:
    document = small_document()
    document["processes"][1]["samples"][2]["end_to_end"] = "1 s"
    with pytest.raises(InputError) as caught:
        parse_result(document, "x.json")
    assert caught.value.render() == (
        "x.json: error: `processes[1].samples[2].end_to_end` must be an integer of at least 1, "
        'found "1 s"\n'
        "hint: the file is damaged or of another version: restore it, or measure again"
    )


def test_a_baseline_needs_the_median_where_it_has_no_gaps() -> None:
    document = small_document()
    document["processes"][0]["samples"][0]["inter_token"] = []
    with pytest.raises(InputError, match="inter_token_median"):
        parse_result(document, "x.json")
    document["processes"][0]["samples"][0]["inter_token_median"] = 7
    assert parse_result(document, "x.json").processes[0].inter_token[0] == 7


def places(value: Any, path: tuple[Any, ...] = ()) -> Any:
    """The path of each value inside a JSON value, with few of each list."""
    yield path
    parts = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        parts = list(enumerate(value))[:2]
    for key, part in parts:
        yield from places(part, (*path, key))


PLACES = [path for path in places(small_document()) if path]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(PLACES), value=JSON | st.just("REMOVE"))
def test_whatever_is_changed_is_read_or_named(place: Any, value: Any) -> None:
    document = copy.deepcopy(small_document())
    owner = document
    for key in place[:-1]:
        owner = owner[key]
    if value == "REMOVE":
        del owner[place[-1]]
    else:
        owner[place[-1]] = value
    try:
        parsed = parse_result(document, "x.json")
    except InputError:
        return
    for process in parsed.measured:
        assert np.all(process.end_to_end >= 1)
        assert len(process.inter_token) == len(process.end_to_end)
