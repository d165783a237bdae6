"""A model whose random tensors have keyed values, and whose others keep their own."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tiny_models.core.errors import DoesNotFit
from tiny_models.weights.keyed_random import keyed_values, rounded

# A tenfold of what the largest fixture should have, far below what would hurt.
MOST_PARAMETERS = 12_000_000

# Sides of a tensor that a tiny config has no reason to have, and fields to name for them.
_LONG_SIDE = 256
_MOST_FIELDS = 4


def build_model(
    model_class: Any, config: Any, *, seed: int, dtype: str = "float32", most: int = MOST_PARAMETERS
) -> Any:
    """An instance of ``model_class`` in evaluation mode, its weights a function of ``seed``.

    A tensor counts as random where two builds with different generators differ, or where memory
    was left uninitialised, or where it is a projection or a gate that training begins with shut.
    Norms, zero biases, tables of positions and other constants keep what the model's own
    initialisation gives them. Tied tensors stay tied and are filled once, under the name that is
    saved. Raises DoesNotFit if there would be more than ``most`` parameters.
    """
    model, _ = keyed_model(model_class, config, seed=seed, dtype=dtype, most=most)
    return model


def keyed_model(
    model_class: Any, config: Any, *, seed: int, dtype: str = "float32", most: int = MOST_PARAMETERS
) -> tuple[Any, frozenset[str]]:
    """As ``build_model``, and the names of the tensors whose values come from the seed alone.

    The others have those of the model's own initialisation, which a library computes.
    """
    import torch

    require_small(model_class, config, most)
    with _generators(seed=1):
        model = model_class._from_config(config, dtype=getattr(torch, dtype))
    with _generators(seed=2):
        other = model_class._from_config(config, dtype=getattr(torch, dtype))
    keyed = fill(model, other, seed)
    return model.eval(), keyed


def require_small(model_class: Any, config: Any, most: int) -> None:
    """Raises DoesNotFit if a model would have more than ``most`` parameters.

    A class that cannot be counted is let through.
    """
    shapes = _shapes(model_class, config)
    count = sum(map(math.prod, shapes.values()))
    if count > most:
        raise DoesNotFit(
            f"{model_class.__name__} would have {count:,} parameters, more than {most:,}",
            hint=_what_is_large(shapes, config.to_dict()),
        )


def count_parameters(model_class: Any, config: Any) -> int | None:
    """How many parameters a model would have, without memory for them.

    None for a class that cannot be built that way.
    """
    shapes = _shapes(model_class, config)
    return sum(map(math.prod, shapes.values())) if shapes else None


def _shapes(model_class: Any, config: Any) -> dict[str, tuple[int, ...]]:
    """The shapes of a model's parameters by name, tied ones once; none if it cannot be asked."""
    import torch

    try:
        with torch.device("meta"):
            empty = model_class._from_config(config)
    except Exception:  # noqa: BLE001 - a class may raise anything
        # Some classes compute with values that the meta device does not have.
        return {}
    return {name: tuple(tensor.shape) for name, tensor in empty.named_parameters()}


def largest_tensor(model: Any) -> str:
    """What to override to make a model smaller, as the end of a hint."""
    shapes = {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}
    return _what_is_large(shapes, model.config.to_dict())


def _what_is_large(shapes: Mapping[str, tuple[int, ...]], config: Mapping[str, Any]) -> str:
    """The largest tensor, and the fields of the config that its longest sides may be from."""
    largest = max(shapes, key=lambda name: math.prod(shapes[name]))
    sides = {side for side in shapes[largest] if side >= _LONG_SIDE}
    fields = [f"`{path}`" for path, value in _sizes(config) if value in sides][:_MOST_FIELDS]
    shape = " x ".join(map(str, shapes[largest]))
    override = " or ".join(fields) if fields else "the field that makes it so large"
    return f"the largest tensor is `{largest}`, {shape}: override {override} in `config`"


def _sizes(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, int]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _sizes(value, f"{prefix}{name}.")
        elif isinstance(value, int) and not isinstance(value, bool):
            yield f"{prefix}{name}", value


def fill(model: Any, other: Any, seed: int) -> frozenset[str]:
    """Replaces each tensor of ``model`` that is closed or differs in ``other``, a second build.

    Returns the names of those that it replaced.
    """
    import torch

    tied = set(getattr(model, "all_tied_weights_keys", None) or {})
    theirs = other.state_dict(keep_vars=True)
    done: set[tuple[int, tuple[int, ...]]] = set()
    ordered = sorted(
        model.state_dict(keep_vars=True).items(), key=lambda item: (item[0] in tied, item[0])
    )
    keyed = set()
    with torch.no_grad():
        for name, tensor in ordered:
            place = (tensor.data_ptr(), tuple(tensor.shape))
            if tensor.numel() == 0 or place in done:
                continue
            done.add(place)
            second = theirs.get(name)
            if _is_closed(tensor, name):
                _replace(tensor, None, name, seed)
                keyed.add(name)
            elif second is None or second.shape != tensor.shape or not _same(tensor, second):
                _replace(tensor, second, name, seed)
                keyed.add(name)
    return frozenset(keyed)


def _same(first: Any, second: Any) -> bool:
    import torch

    return bool(torch.equal(first, second))


def _is_closed(tensor: Any, name: str) -> bool:
    """Whether training would begin with this projection or gate shut: what feeds it has no effect.

    A test could not see then whether a model looks at its picture.
    """
    import torch

    last = name.rpartition(".")[2]
    if not isinstance(tensor, torch.nn.Parameter) or last.endswith("bias") or tensor.any():
        return False
    return "gate" in last or sum(size > 1 for size in tensor.shape) > 1


def _replace(tensor: Any, second: Any, name: str, seed: int) -> None:
    import torch

    if not tensor.is_floating_point():
        # A random buffer of whole numbers: nothing but zero is sure to be valid.
        tensor.zero_()
        return
    values = keyed_values(seed, name, tuple(tensor.shape))
    wanted = str(tensor.dtype).removeprefix("torch.")
    if wanted in ("float16", "bfloat16"):
        bits = rounded(values, wanted)
        fresh = torch.from_numpy(bits)
        fresh = fresh.view(torch.bfloat16) if wanted == "bfloat16" else fresh
    else:
        fresh = torch.from_numpy(values).to(tensor.dtype)
    if tensor.dim() >= 2 and second is not None and second.shape == tensor.shape:
        # Rows that are zero whatever the generator, as a padding token's.
        flat = (tensor == 0).flatten(1).all(1) & (second == 0).flatten(1).all(1)
        fresh[flat] = 0
    tensor.copy_(fresh)


@contextlib.contextmanager
def _generators(seed: int) -> Iterator[None]:
    """All generators seeded, and fresh memory filled with NaN, so that leaving it shows."""
    import torch

    before = torch.are_deterministic_algorithms_enabled()
    state = torch.get_rng_state(), np.random.get_state(), random.getstate()
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        torch.set_rng_state(state[0])
        np.random.set_state(state[1])
        random.setstate(state[2])
