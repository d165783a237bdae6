"""Models whose layers several ranks share, as transformers distributes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gpu_bench.core.errors import MissingPackage
from gpu_bench.request.fields import Request
from toolkit.errors import InputError


def shared(request: Request) -> dict[str, Any]:
    """Options of `from_pretrained` by which each rank gets its share; none for one rank.

    Raises MissingPackage if this release cannot share a model so.
    """
    if request.ranks == 1:
        return {}
    import transformers

    try:
        from transformers.distributed import DistributedConfig
    except ImportError:
        known = False
    else:
        known = "tp_size" in inspect.signature(DistributedConfig).parameters
    if not known:
        raise MissingPackage(
            f"transformers {transformers.__version__} has no `DistributedConfig` with `tp_size`",
            hint="install transformers 5.23 or later, or omit `tensor_parallel_size`",
        )
    return {"distributed_config": DistributedConfig(tp_size=request.ranks)}


def check_shares(config: Any, request: Request) -> None:
    """Raises InputError if the heads of attention cannot be shared out evenly.

    Transformers does not check it: a rank then gets a part of a head, and fails or is wrong.
    """
    if request.ranks == 1:
        return
    text = config.get_text_config(decoder=True)
    for name in ("num_attention_heads", "num_key_value_heads"):
        heads = getattr(text, name, None)
        if isinstance(heads, int) and heads % request.ranks:
            raise InputError(
                f"`tensor_parallel_size` {request.ranks} does not divide the {heads} heads of "
                f"{request.model} (`{name}`)",
                hint=f"use a divisor of {heads}",
            )


def no_plan(request: Request) -> InputError:
    """The error for a model of which transformers does not know how to share it."""
    return InputError(
        f"{request.model} has no plan for tensor parallelism (`base_model_tp_plan`)",
        hint="omit `tensor_parallel_size`, or add a plan to the model's config class",
    )


@contextmanager
def no_reports() -> Iterator[None]:
    """Leaves out what transformers reports below an error."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def set_values(parameter: Any, draw: Callable[[Any], Any]) -> None:
    """Sets a parameter to what ``draw`` fills a tensor of its whole shape with.

    Of a parameter that ranks share, each rank draws the whole and keeps its share, so that the
    model is the same for any number of ranks.
    """
    if not hasattr(parameter, "placements"):
        draw(parameter)
        return
    import torch
    from torch.distributed.tensor import distribute_tensor

    own = parameter.to_local()
    whole = torch.empty(parameter.shape, dtype=own.dtype, device=own.device)
    draw(whole)
    share = distribute_tensor(
        whole, parameter.device_mesh, parameter.placements, src_data_rank=None
    )
    own.copy_(share.to_local())
