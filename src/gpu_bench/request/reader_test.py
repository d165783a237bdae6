import dataclasses
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_bench.conftest import SCHEMAS, tiny
from gpu_bench.request.fields import ATTENTIONS, CACHES, COMPILE_MODES, DTYPES, LAST_ROUND, Request
from gpu_bench.request.reader import parse_request, read_request
from toolkit.errors import InputError

SCHEMA = json.loads((SCHEMAS / "request.schema.json").read_text())
MODEL = {"model_type": "llama"}


def minimal(**fields):
    return {"schema": 1, "address": "a:b", "model": MODEL, **fields}


def test_defaults_are_those_of_the_schema():
    request = parse_request(minimal()).to_json()
    for name, rule in SCHEMA["properties"].items():
        if name not in ("schema", "address", "model"):
            assert request[name] == rule["default"], name


def test_fields_and_choices_are_those_of_the_schema():
    properties = SCHEMA["properties"]
    assert {"schema", *(each.name for each in dataclasses.fields(Request))} == set(properties)
    assert list(ATTENTIONS) == properties["attn_implementation"]["enum"]
    assert [None, *COMPILE_MODES] == properties["compile_mode"]["enum"]
    assert [None, *CACHES] == properties["cache_implementation"]["enum"]
    assert properties["round"]["maximum"] == LAST_ROUND
    assert list(DTYPES) == properties["dtype"]["enum"]


@pytest.mark.parametrize(
    "model",
    [
        MODEL,
        {"module": "models.a.modeling_a", "root": "src", "architecture": "AForCausalLM"},
        {"checkpoint": "some/dir"},
        {"repo_id": "owner/name", "revision": "0" * 40},
    ],
)
def test_a_request_with_its_defaults_is_valid_and_means_the_same(model):
    request = parse_request(minimal(model=model))
    jsonschema.validate(request.to_json(), SCHEMA)
    assert parse_request(request.to_json()) == request


@given(st.integers(0, 6), st.integers(1, 50))
def test_each_round_doubles_the_samples(number, least):
    request = parse_request(minimal(round=number, min_samples=least))
    assert request.least_samples == least * 2**number
    assert request.least_samples <= request.most_samples


@pytest.mark.parametrize(
    ("fields", "message", "hint"),
    [
        ({"batchsize": 2}, "unknown key `batchsize`", "did you mean `batch_size`?"),
        ({"schema": 2}, "schema 2 is not understood", "same release"),
        ({"attn_implementation": "flash_atention_2"}, "must be one of", "flash_attention_2?"),
        ({"compile_mode": "fast"}, "`compile_mode` must be one of default", ""),
        ({"num_tokens": 1}, "`num_tokens` must be 2 or more, found 1", ""),
        ({"batch_size": 0}, "`batch_size` must be 1 or more", ""),
        ({"batch_size": True}, "`batch_size` must be a whole number, found true", ""),
        ({"seed": 2**32}, "`seed` must be from 0 to 4294967295", ""),
        ({"target_interval": 0}, "`target_interval` must be more than 0", ""),
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
        ({"model": {"model_type": ""}}, "`model.model_type` must be a string that is not", ""),
        ({"address": ""}, "`address` must be a string", ""),
    ],
)
def test_what_is_wrong_is_named(fields, message, hint):
    with pytest.raises(InputError) as caught:
        parse_request(minimal(**fields))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_combinations_that_cannot_be_measured_are_refused():
    with pytest.raises(InputError) as caught:
        parse_request(minimal(device="cpu", kernelize=True))
    assert "`kernelize` is for accelerators" in caught.value.message
    assert caught.value.hint == "omit `kernelize`"


def test_a_checkpoint_has_its_own_config():
    with pytest.raises(InputError) as caught:
        parse_request(minimal(model={"checkpoint": "dir"}, config={}))
    assert "`config` cannot be combined with a checkpoint" in caught.value.message
    assert "omit `config`" in caught.value.hint


def test_the_cache_follows_the_compile_mode():
    assert parse_request(minimal()).cache == "dynamic"
    assert parse_request(minimal(compile_mode="default")).cache == "static"
    offloaded = minimal(compile_mode="default", cache_implementation="offloaded_static")
    assert parse_request(offloaded).cache == "offloaded_static"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"schema": 1,\n "address": }', ":2:13", "not JSON"),
        ("[]", "", "must be a JSON object"),
        ("[" * 100_000, "", "nested too deeply"),
        (json.dumps(tiny(seed=-1)), "", "`seed` must be"),
    ],
)
def test_a_bad_file_is_located(write_request, text, place, message):
    path = write_request(text)
    with pytest.raises(InputError) as caught:
        read_request(path)
    assert caught.value.place == path + place
    assert message in caught.value.message


def test_a_missing_file_and_odd_bytes_are_named(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_request(tmp_path / "none.json")
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_request(tmp_path / "odd.json")
