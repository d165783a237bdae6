"""The group of processes that share a model by tensor parallelism: ranks of torch.distributed."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from gpu_bench.device.torch_device import Device
from gpu_bench.measure.error_messages import ANOTHER_RANK, with_codes_in_words
from gpu_bench.request.fields import Request

_HOST = "127.0.0.1"
# As transformers chooses them.
_BACKENDS = {"cuda": "nccl", "xpu": "xccl", "cpu": "gloo"}


def own_place(rank: int, ranks: int) -> None:
    """Sets the variables by which transformers and torch know a process among its ranks."""
    os.environ.update(
        {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(ranks),
            "LOCAL_WORLD_SIZE": str(ranks),
            "MASTER_ADDR": _HOST,
        }
    )
    if os.path.isdir("/sys/class/net/lo"):
        # A host's name may have no address here, as in a sandbox.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")


def opened_store(ranks: int, seconds: float) -> Any:
    """The store through which ranks find each other, kept by the first; its `port` is for others.

    :param seconds: how long a rank waits for the others.
    """
    from torch.distributed import TCPStore

    return TCPStore(
        _HOST,
        0,
        ranks,
        is_master=True,
        timeout=timedelta(seconds=max(1.0, seconds)),
        wait_for_workers=False,
    )


def found_store(port: int, ranks: int, seconds: float) -> Any:
    """The store of the first rank."""
    from torch.distributed import TCPStore

    return TCPStore(
        _HOST, port, ranks, is_master=False, timeout=timedelta(seconds=max(1.0, seconds))
    )


def join(request: Request, device: Device, rank: int, store: Any, seconds: float) -> None:
    """Joins the group; returns when all ranks have. ``seconds`` bounds each of its operations.

    It ends with the process: a rank that is lost would be waited for in vain.
    """
    import torch
    from torch import distributed

    backend = _BACKENDS[request.device]
    distributed.init_process_group(
        backend=backend,
        rank=rank,
        world_size=request.ranks,
        store=store,
        timeout=timedelta(seconds=max(1.0, seconds)),
        # As transformers does it: other backends cannot split a group that is bound to a device.
        device_id=torch.device(device.torch_name) if backend == "nccl" else None,
    )


def wait_for_all(device: Device) -> None:
    """Returns when all ranks are here, so that none starts to measure before the others."""
    from torch import distributed

    distributed.barrier()
    device.synchronize()


def misses_another(error: BaseException) -> bool:
    """Whether an exception says that another rank is gone, and so nothing of this one."""
    return ANOTHER_RANK.fits(with_codes_in_words(str(error)))
