"""Opens the device to measure on, with torch."""

from __future__ import annotations

from gpu_bench.core.errors import MissingPackage, NoAccelerator
from gpu_bench.device.identity import check_device
from gpu_bench.device.torch_device import CpuDevice, CudaDevice, Device
from gpu_bench.request.fields import Device as DeviceName
from rules_transformers_contract.cuda_device import Card


def open_device(name: DeviceName, card: Card | None) -> Device:
    """The device that torch sees first, which must be ``card``, or the host.

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
    torch.cuda.init()
    if card is not None:
        check_device(card, torch.cuda.get_device_properties(0))
    return CudaDevice(torch.cuda)
