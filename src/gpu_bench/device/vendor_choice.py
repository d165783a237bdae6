"""Whose devices a request's ``device`` means: torch's build decides, as it can use no others."""

from __future__ import annotations

from gpu_bench.core import vendors
from gpu_bench.core.errors import MissingPackage
from gpu_bench.device.amd import Amd
from gpu_bench.device.intel import Intel
from gpu_bench.device.nvidia import Nvidia
from gpu_bench.device.torch_build import torch_build
from gpu_bench.device.vendor import Vendor
from rules_transformers_contract.cuda_device import Card

_VENDORS: dict[str, Vendor] = {
    vendors.NVIDIA: Nvidia(),
    vendors.AMD: Amd(),
    vendors.INTEL: Intel(),
}


def vendor_for(device: str) -> Vendor:
    """The vendor of `cuda`, which is AMD's too where torch is built for HIP, or of `xpu`."""
    if device == "xpu":
        return _VENDORS[vendors.INTEL]
    try:
        is_amd = torch_build().hip is not None
    except MissingPackage:
        # The fingerprint names the package, once it is known that there is a device.
        is_amd = False
    return _VENDORS[vendors.AMD if is_amd else vendors.NVIDIA]


def vendor_of(card: Card) -> Vendor:
    """The vendor of a card."""
    return _VENDORS[card.vendor]
