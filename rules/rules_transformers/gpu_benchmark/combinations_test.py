from __future__ import annotations

import json
from pathlib import Path

import pytest

from rules_transformers.gpu_benchmark.combinations import illegal_combination

_LEGAL = {
    "attn_implementation": "sdpa",
    "cache_implementation": None,
    "compile_mode": None,
    "continuous_batching": False,
    "device": "cuda",
    "dtype": "bfloat16",
    "kernelize": False,
    "max_samples": None,
    "max_warmup": None,
    "min_samples": None,
    "min_warmup": None,
}


# The tool is held to the same ones.
_CASES = json.loads(Path("tests/contracts/combinations.json").read_text())


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_illegal_ones_name_field_and_remedy(case: dict) -> None:
    found = illegal_combination({**_LEGAL, **case["settings"]})
    if case["refused"] is None:
        assert found is None
    else:
        assert found is not None
        assert case["refused"] in found.message
        assert found.hint
