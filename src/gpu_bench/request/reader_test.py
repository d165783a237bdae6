from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_bench.conftest import SCHEMAS, tiny
from gpu_bench.request import combinations, schema
from gpu_bench.request.reader import parse_request, read_request
from toolkit.errors import InputError

SCHEMA = json.loads((SCHEMAS / "request.schema.json").read_text())
MODEL = {"model_type": "llama"}


def minimal(**fields: Any) -> Any:
    return {"schema": 1, "address": "a:b", "model": MODEL, **fields}


def parsed(values: Any) -> Any:
    return parse_request(json.dumps(values), "request.json")


def test_the_schema_is_written_from_the_declaration() -> None:
    assert schema.text() == (SCHEMAS / "request.schema.json").read_text()


@pytest.mark.parametrize(
    "model",
    [
        MODEL,
        {"module": "models.a.modeling_a", "root": "src", "architecture": "AForCausalLM"},
        {"checkpoint": "some/dir"},
        {"repo_id": "owner/name", "revision": "0" * 40},
    ],
)
def test_a_request_with_its_defaults_is_valid_and_means_the_same(model: Any) -> None:
    request = parsed(minimal(model=model))
    jsonschema.validate(request.to_json(), SCHEMA)
    assert parsed(request.to_json()) == request


@given(st.integers(0, 6), st.integers(1, 50))
def test_each_round_doubles_the_samples(number: Any, least: Any) -> None:
    request = parsed(minimal(round=number, min_samples=least))
    assert request.least_samples == least * 2**number
    assert request.least_samples <= request.most_samples


@pytest.mark.parametrize(
    ("fields", "message", "hint"),
    [
        ({"batchsize": 2}, "unknown key `batchsize`", "did you mean `batch_size`?"),
        ({"schema": 2}, "`schema` must be 1, found 2", "same release"),
        ({"attn_implementation": "flash_atention_2"}, "must be one of", "`flash_attention_2`"),
        ({"compile_mode": "fast"}, "`compile_mode` must be one of default", ""),
        ({"num_tokens": 1}, "`num_tokens` must be an integer 2 or more, found 1", ""),
        ({"batch_size": 0}, "`batch_size` must be an integer 1 or more", ""),
        ({"batch_size": True}, "`batch_size` must be an integer 1 or more, found true", ""),
        ({"seed": 2**32}, "`seed` must be an integer from 0 to 4294967295", ""),
        ({"target_interval": 0}, "`target_interval` must be a number more than 0", ""),
        ({"timeout_seconds": "9"}, "`timeout_seconds` must be a number", ""),
        ({"kernelize": "no"}, "`kernelize` must be true or false", ""),
        ({"min_samples": 300}, "more than `max_samples`, which is 200, its default", "raise"),
        ({"min_warmup": 5, "max_warmup": 4}, "`min_warmup` is 5, more than", "`max_warmup`"),
        ({"model": {}}, "exactly one of", "random weights"),
        ({"model": {"model_type": "a", "checkpoint": "b"}}, "`model_type` and `checkpoint`", ""),
        ({"model": {"repo_id": "a/b", "revision": "main"}}, "40 hexadecimal digits", "may move"),
        ({"model": {"repo_id": "a/b"}}, "40 hexadecimal digits, found null", "may move"),
        ({"model": {"module": "a/b.py"}}, "dotted name of a module", ""),
        ({"model": {"model_type": "a", "root": "src"}}, "only beside `model.module`", ""),
        (
            {"model": {"model_type": ""}},
            "`model.model_type` must be a string or null",
            "",
        ),
        ({"address": ""}, "`address` must be a string", ""),
        ({"assistant": {}}, "`assistant` needs exactly one of", "random weights"),
        (
            {"model": {"module": "b"}, "assistant": {"module": "a", "root": "src"}},
            "`assistant.root` is src, and `model.root` .",
            "omit `assistant.root`",
        ),
        ({"assistant": {"repo_id": "a/b"}}, "`assistant.revision` must be", "may move"),
        ({"assistant_config": {}}, "`assistant_config` has no effect", "omit"),
        ({"assistant": {"checkpoint": "a"}, "batch_size": 2}, "one prompt only", "`batch_size=1`"),
    ],
)
def test_what_is_wrong_is_named(fields: Any, message: Any, hint: Any) -> None:
    with pytest.raises(InputError) as caught:
        parsed(minimal(**fields))
    assert message in caught.value.message
    assert caught.value.place.startswith("request.json")
    assert hint in caught.value.hint


def test_combinations_that_cannot_be_measured_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        parsed(minimal(device="cpu", kernelize=True))
    assert "`kernelize` is for accelerators" in caught.value.message
    assert caught.value.hint == "omit `kernelize`"


def test_a_checkpoint_has_its_own_config() -> None:
    with pytest.raises(InputError) as caught:
        parsed(minimal(model={"checkpoint": "dir"}, config={}))
    assert "`config` cannot be combined with a checkpoint" in caught.value.message
    assert "omit `config`" in caught.value.hint


def test_modules_are_imported_from_the_root_of_either_model() -> None:
    assert parsed(minimal()).import_root is None
    assert parsed(minimal(model={"module": "b", "root": "src"})).import_root == "src"
    assert parsed(minimal(assistant={"module": "a", "root": "lib"})).import_root == "lib"
    assert parsed(minimal(assistant={"module": "a"})).import_root == "."


def test_the_cache_follows_the_compile_mode() -> None:
    assert parsed(minimal()).cache == "dynamic"
    assert parsed(minimal(compile_mode="default")).cache == "static"
    offloaded = minimal(compile_mode="default", cache_implementation="offloaded_static")
    assert parsed(offloaded).cache == "offloaded_static"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"schema": 1,\n "address": }', ":2:13", "not JSON"),
        ("[]", ":1:1", "must be an object"),
        ("[" * 100_000, "", "nested too deeply"),
        (json.dumps(tiny(seed=-1)), ":1:443", "`seed` must be"),
    ],
)
def test_a_bad_file_is_located(
    write_request: Callable[[Any], str], text: Any, place: Any, message: Any
) -> None:
    path = write_request(text)
    with pytest.raises(InputError) as caught:
        read_request(path)
    assert caught.value.place == path + place
    assert message in caught.value.message


def test_a_missing_file_and_odd_bytes_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_request(tmp_path / "none.json")
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_request(tmp_path / "odd.json")


@pytest.mark.parametrize(
    ("release", "settings", "refused"),
    [
        ("5.23.0", {"compile_mode": "default"}, True),
        ("5.23.0", {"cache_implementation": "static"}, True),
        ("5.23.0", {}, False),
        ("5.24.0", {"compile_mode": "default"}, False),
        # What was not tried counts as the latest tried before it.
        ("5.23.2", {"compile_mode": "max-autotune"}, True),
        ("5.22.0", {"compile_mode": "default"}, True),
        ("5.24.0.dev0", {"compile_mode": "default"}, False),
        ("6.0.1", {"compile_mode": "default"}, False),
    ],
)
def test_what_a_release_cannot_measure_is_refused_before_loading(
    monkeypatch: pytest.MonkeyPatch, release: str, settings: dict[str, Any], refused: bool
) -> None:
    monkeypatch.setattr(combinations, "version", lambda name: release)
    request = parsed(minimal(attn_implementation="flex_attention", **settings))
    if not refused:
        combinations.check_release(request)
        return
    with pytest.raises(InputError) as caught:
        combinations.check_release(request)
    assert f"transformers {release} cannot generate with" in caught.value.message
    assert "use transformers 5.24.0" in caught.value.hint
    combinations.check_release(parsed(minimal(**settings)))
