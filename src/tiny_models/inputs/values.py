"""Deterministic tensors for inputs, and reading sizes from configs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tiny_models.vocabulary.token_ids import id_fields, parts
from tiny_models.weights.keyed_random import keyed_integers, keyed_values


def floats(name: str, *shape: int) -> Any:
    """float32 noise of deviation about 1, a function of name and shape."""
    import torch

    values = keyed_values(0, f"input {name}", (math.prod(shape), 1)).reshape(shape)
    return torch.from_numpy(values)


def token_ids(config: Any, name: str, length: int, size: int | None = None) -> Any:
    """A row of ordinary token ids, shape (1, length): special ones do not occur."""
    import torch

    size = size or vocabulary_size(config)
    special = set(special_ids(config))
    ordinary = [token_id for token_id in range(size) if token_id not in special] or [0]
    numbers = keyed_integers(0, f"input {name}", (length,))
    return torch.tensor([[ordinary[int(number) % len(ordinary)] for number in numbers]])


def special_ids(config: Any) -> Iterable[int]:
    """Every id that a config gives a meaning to."""
    for part in parts(config):
        for name in id_fields(part):
            value = vars(part).get(name)
            for token_id in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(token_id, int):
                    yield token_id


def vocabulary_size(config: Any) -> int:
    """The size of the text vocabulary; 64 where a config has none."""
    size = lookup(config, "vocab_size")
    return size if isinstance(size, int) and size > 0 else 64


def lookup(config: Any, *names: str, default: Any = None) -> Any:
    """The first of these fields in a config, or in its parts, outermost first."""
    for name in names:
        for part in parts(config):
            value = getattr(part, name, None)
            if value is not None:
                return value
    return default


def first(value: Any) -> int:
    """A number, or the first of a list of them."""
    return int(value[0] if isinstance(value, (list, tuple)) else value)
