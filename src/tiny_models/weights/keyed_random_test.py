from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiny_models.core.values import DTYPES
from tiny_models.weights.keyed_random import fan_in, keyed_integers, keyed_values, rounded

# The bytes themselves: another numpy, or another machine, must give the same.
GOLDEN = "a4d2e66ae632fd5a"

shapes = st.lists(st.integers(1, 7), min_size=0, max_size=4)


def _digest() -> str:
    hasher = hashlib.sha256()
    for dtype in DTYPES:
        for name, shape in (("a.weight", (3, 5)), ("a.bias", (7,)), ("scale", ())):
            values: np.ndarray = rounded(keyed_values(11, name, shape), dtype)
            values = values if sys.byteorder == "little" else values.byteswap()
            hasher.update(values.tobytes())
    return hasher.hexdigest()[:16]


def test_bytes_are_what_they_always_were() -> None:
    assert _digest() == GOLDEN


def test_the_first_integers_are_those_of_the_written_rule() -> None:
    key = int.from_bytes(hashlib.sha256(b"3\0w\x002x2").digest()[:16], "little")
    words = [int(word) for word in np.random.Philox(key=key).random_raw(4)]
    expected = [
        sum((word >> shift) & 0xFFFF for shift in (0, 16, 32, 48)) - 131070 for word in words
    ]
    assert keyed_integers(3, "w", (2, 2)).tolist() == expected


@pytest.mark.parametrize("hash_seed", ["0", "5"])
def test_other_processes_and_hash_seeds_agree(hash_seed: str) -> None:
    program = "from tiny_models.weights.keyed_random_test import _digest; print(_digest())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.stdout.strip() == GOLDEN


@given(st.integers(0, 2**32 - 1), st.text(max_size=20), shapes)
def test_values_depend_on_each_part_of_the_key(seed: int, name: str, shape: list[int]) -> None:
    values = keyed_values(seed, name, shape)
    assert values.shape == tuple(shape)
    assert np.array_equal(values, keyed_values(seed, name, shape))
    assert not np.array_equal(values, keyed_values(seed + 1, name, shape))
    assert not np.array_equal(values, keyed_values(seed, name + "x", shape))


def test_spread_is_that_of_the_fan_in() -> None:
    values = keyed_values(0, "w", (400, 256)) * 16
    assert abs(float(values.std()) - 1) < 0.01
    assert abs(float(values.mean())) < 0.01
    assert float(np.abs(values).max()) < 3.5


def test_fan_in() -> None:
    assert fan_in("lin.weight", (8, 16)) == 16
    assert fan_in("conv.weight", (8, 4, 3, 3)) == 36
    assert fan_in("experts.gate_up_proj", (4, 64, 32)) == 32
    assert fan_in("bias", (8,)) == 8
    assert fan_in("scale", ()) == 1


@settings(max_examples=200)
@given(st.floats(width=32, allow_nan=False, min_value=-(2.0**100), max_value=2.0**100))
def test_bfloat16_is_the_nearest_even(value: float) -> None:
    bits = int(rounded(np.array([value], np.float32), "bfloat16")[0])
    back = float(np.array([bits << 16], np.uint32).view(np.float32)[0])
    step = [
        float(np.array([(bits + d) << 16], np.uint32).view(np.float32)[0])
        for d in (1, -1)
        if 0 <= bits + d < 2**16
    ]
    assert all(abs(back - value) <= abs(other - value) for other in step if np.isfinite(other))
