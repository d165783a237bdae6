"""Tensor values as a function of (seed, name, shape, dtype) and nothing else.

Normal generators of numpy and torch may change from one version to the next. So the values come
from raw words of the Philox bit generator, whose stream numpy keeps stable, through arithmetic
that is exact or correctly rounded under IEEE 754: they are the same on every machine.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np

# Standard deviation of the sum of four integers, uniform over 16 bits.
_SUM_DEVIATION = math.sqrt((2**32 - 1) / 3)
_SUM_CENTRE = 2 * (2**16 - 1)


def keyed_integers(seed: int, name: str, shape: Sequence[int]) -> np.ndarray:
    """Integers of mean 0 in a bell shape, of standard deviation about 37 837; int64, flat."""
    text = f"{seed}\0{name}\0{'x'.join(map(str, shape))}"
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
    words = np.random.Philox(key=key).random_raw(math.prod(shape))
    parts = np.atleast_1d(words).astype("<u8").view("<u2").reshape(-1, 4)
    sums: np.ndarray = parts.sum(axis=1, dtype=np.int64) - _SUM_CENTRE
    return sums


def fan_in(name: str, shape: Sequence[int]) -> int:
    """How many values a unit sums over: all dimensions but the first.

    Stacked experts have a matrix each, so only the last dimension counts there.
    """
    if len(shape) >= 3 and "experts" in name:
        return shape[-1]
    return math.prod(shape[1:]) if len(shape) > 1 else math.prod(shape)


def keyed_values(seed: int, name: str, shape: Sequence[int]) -> np.ndarray:
    """float32 values of standard deviation 1/sqrt(fan_in), in the given shape.

    A half-precision tensor is this one rounded, see :func:`rounded`. The spread is wide enough
    for greedy decoding to have clear winners, which 0.02, common in training, is not.
    """
    factor = 1.0 / (_SUM_DEVIATION * math.sqrt(max(1, fan_in(name, shape))))
    values = keyed_integers(seed, name, shape).astype(np.float64) * factor
    return values.astype(np.float32).reshape(tuple(shape))


def rounded(values: np.ndarray, dtype: str) -> np.ndarray:
    """The values rounded half to even to a dtype of ``core.values.DTYPES``.

    numpy has no bfloat16: it comes back as its bits, in uint16.
    """
    if dtype == "float32":
        return values
    if dtype == "float16":
        return values.astype(np.float16)
    bits = values.astype(np.float32).view(np.uint32)
    upper: np.ndarray = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return upper.astype(np.uint16)
