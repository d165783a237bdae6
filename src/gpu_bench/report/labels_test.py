from __future__ import annotations

import pytest

from gpu_bench.report.labels import shortened

ADDRESS = "models/qwen3_moe:bench@attn_implementation={},batch_size={},compile_mode=default"


@pytest.mark.parametrize(
    ("addresses", "names"),
    [
        (["models/a:bench"], ["models/a:bench"]),
        (
            [ADDRESS.format("sdpa", "b1"), ADDRESS.format("eager", "b1")],
            [
                "mod…e:bench@attn_implementation=sdpa",
                "mod…:bench@attn_implementation=eager",
            ],
        ),
        (
            [ADDRESS.format("sdpa", "b1"), ADDRESS.format("sdpa", "b8")],
            ["models/qwen3_moe:bench@batch_size=b1", "models/qwen3_moe:bench@batch_size=b8"],
        ),
        # What differs is in the part that would go.
        (["a/" + "x" * 20 + letter + "y" * 40 for letter in "pq"], None),
    ],
)
def test_long_addresses_keep_what_differs(addresses: list[str], names: list[str] | None) -> None:
    short = shortened(addresses, 36)
    assert short == (names or addresses)
    assert len(set(short)) == len(addresses)
