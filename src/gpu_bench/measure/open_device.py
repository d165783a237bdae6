"""Opens the device to measure on, with torch."""

from __future__ import annotations

from typing import Any

from gpu_bench.core.errors import MissingPackage, NoAccelerator
from gpu_bench.device.identity import check_device
from gpu_bench.device.torch_device import AcceleratorDevice, CpuDevice, Device
from gpu_bench.request.fields import Device as DeviceName
from rules_transformers_contract.cuda_device import Card


def open_device(name: DeviceName, card: Card | None, index: int = 0) -> Device:
    """The device at ``index`` of those that torch sees, which must be ``card``, or the host.

    Raises MissingPackage without torch and transformers, NoAccelerator if torch has no such device.
    """
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingPackage(
            f"a measuring process cannot import {error.name or error}",
            hint="install torch and transformers beside gpu_bench",
        ) from error
    if name == "cpu":
        return CpuDevice()
    if name == "xpu":
        return _opened_xpu(torch, card, index)
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        raise MissingPackage(
            f"torch {torch.__version__} is built without CUDA",
            hint="install a torch build with CUDA, or set `device` to cpu for a smoke test",
        )
    if not torch.cuda.is_available():
        raise NoAccelerator(
            "torch does not find the CUDA device that the driver lists",
            hint="the driver may be too old for this torch: compare `nvidia-smi` with "
            "`python -m torch.utils.collect_env`",
        )
    return _opened(torch.cuda, "cuda", card, index)


def _opened(api: Any, name: str, card: Card | None, index: int) -> Device:
    api.init()
    if index > 0:
        api.set_device(index)
    if card is not None:
        check_device(card, api.get_device_properties(index))
    return AcceleratorDevice(api, name, index)


def _opened_xpu(torch: Any, card: Card | None, index: int) -> Device:
    if getattr(torch.version, "xpu", None) is None:
        raise MissingPackage(
            f"torch {torch.__version__} is built without XPU",
            hint="install a torch build for Intel's devices, or set `device` to cuda or cpu",
        )
    if not torch.xpu.is_available():
        raise NoAccelerator(
            "torch does not find an XPU device",
            hint="compare with `python -m torch.utils.collect_env`; look into ZE_AFFINITY_MASK",
        )
    return _opened(torch.xpu, "xpu", card, index)
