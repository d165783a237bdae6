from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.target import InvalidTargetException, Tags
from pants.engine.unions import UnionMembership
from pants.help.help_info_extracter import TargetTypeHelpInfo
from pants.util.frozendict import FrozenDict

from rules_transformers.gpu_benchmark.target_types import (
    BenchmarkMaxRegressionField,
    BenchmarkMinSecondsField,
    GpuBenchmarkTarget,
)

_ADDRESS = Address("m", target_name="b")


def _target(**fields: object) -> GpuBenchmarkTarget:
    return GpuBenchmarkTarget({"model_type": "llama", **fields}, _ADDRESS)


@pytest.mark.parametrize(
    ("tags", "value"),
    [(None, ("gpu-bench",)), (["slow"], ("gpu-bench", "slow")), (["gpu-bench"], ("gpu-bench",))],
)
def test_the_tag_comes_with_the_type(tags: object, value: tuple[str, ...]) -> None:
    assert _target(tags=tags)[Tags].value == value


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"revision": "main"}, "must be a commit in full"),
        ({"num_tokens": 1}, "must be at least 2"),
        ({"seed": -1}, "must be from 0 to"),
        ({"batch_size": 0}, "batch_size"),
        ({"attn_implementation": "flash"}, "flash_attention_2"),
        ({"sdpa_backend": "cudnn", "device": "cpu"}, "needs a CUDA device"),
        ({"cuda_graphs": True}, "no effect without `continuous_batching`"),
        ({"checkpoint": "../x"}, "below the BUILD file"),
        ({"baselines": "/x"}, "below the BUILD file"),
        ({"max_regression": "5"}, "such as `5%`"),
        ({"max_regression": {"decode": 5}}, "such as `5%`"),
        ({"max_regression": 5}, "a string or a dictionary"),
        ({"quantization_config": "fp8"}, "a dictionary with a `quant_method`"),
        ({"quantization_config": {"bits": 4}}, "a dictionary with a `quant_method`"),
        ({"quantization_config": {"quant_method": "x", "y": {1}}}, "of JSON values"),
        ({"goodput_limits": {"per_token": "20"}}, "times such as `200ms`"),
        ({"goodput_limits": {"decode": "20ms"}}, "`time_to_first_token` and `per_token`"),
    ],
)
def test_values_that_are_none(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidTargetException, match=message):
        _target(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": ":x"}, "`model` and `model_type` was given"),
        ({"model_type": None}, "none was given"),
        ({"model_type": None, "repo_id": "a/b"}, "has `repo_id` but no `revision`"),
        ({"model_type": None, "checkpoint": "c", "config": "c.json"}, "which has its own"),
        ({"revision": "0" * 40}, "has `revision` but no `repo_id`"),
        ({"compile_mode": "default", "cache_implementation": "dynamic"}, "hint: "),
        (
            {"assistant": ":a", "assistant_checkpoint": "b"},
            "`assistant` and `assistant_checkpoint`",
        ),
        ({"quantization_config": {"quant_method": "fp8"}}, "random and not read"),
        ({"assistant_checkpoint": "b", "batch_size": 2}, "for one prompt only"),
        ({"assistant_checkpoint": "../b"}, "below the BUILD file"),
    ],
)
def test_targets_that_cannot_be_measured(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidTargetException, match=message):
        _target(**fields)


def test_a_hub_model_with_its_revision() -> None:
    _target(model_type=None, repo_id="a/b", revision="0" * 40)


def test_whole_numbers_are_numbers() -> None:
    assert _target(min_seconds=2)[BenchmarkMinSecondsField].value == 2.0


def test_limits_by_metric() -> None:
    by_metric = {"decode": "1.5%", "*": "3%"}
    for given, limits in (("5%", {"*": "5%"}), (by_metric, by_metric)):
        field = _target(max_regression=given)[BenchmarkMaxRegressionField]
        assert field.value == FrozenDict(sorted(limits.items()))


def test_help_can_be_shown() -> None:
    help_info = TargetTypeHelpInfo.create(
        GpuBenchmarkTarget,
        union_membership=UnionMembership.from_rules([]),
        provider="rules_transformers.gpu_benchmark",
        get_field_type_provider=None,
    )
    shown = {field.alias: field.type_hint for field in help_info.fields}
    assert shown["tags"] == "Iterable | None"
    assert shown["batch_size"] == "int | None"
