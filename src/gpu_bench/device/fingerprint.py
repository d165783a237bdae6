"""What a result on this machine is filed under, found out without importing torch."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from pathlib import Path
from typing import Any

from gpu_bench.device.torch_build import torch_build
from gpu_bench.device.vendor_choice import vendor_for
from rules_transformers_contract.cuda_device import Card


def card_for(device: str) -> Card | None:
    """The card that a request's ``device`` means; None for cpu. Raises as ``Vendor.card`` does."""
    return None if device == "cpu" else vendor_for(device).card(os.environ)


def fingerprint(card: Card | None) -> dict[str, Any]:
    """The `fingerprint` of a result. Raises MissingPackage without torch."""
    build = torch_build()
    if card is None:
        accelerator = _processor()
        device_hash = None
    else:
        accelerator = {
            "name": card.name,
            "memory": card.memory,
            "driver": card.driver,
            "cuda": build.cuda,
            "compute_capability": card.compute_capability,
            "max_sm_clock": card.max_sm_clock,
            "max_memory_clock": card.max_memory_clock,
            "power_limit": card.power_limit,
        }
        # Where neither is, the digest is what it was before they were named.
        runtimes = {"hip": build.hip, "xpu": build.xpu}
        accelerator.update({name: value for name, value in runtimes.items() if value is not None})
        device_hash = card.device_hash
    content = {"accelerator": accelerator, "torch": build.version}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "digest": digest,
        "vendor": None if card is None else card.vendor,
        **content,
        "device_hash": device_hash,
    }


def _processor() -> dict[str, Any]:
    name = platform.processor() or platform.machine()
    try:
        information = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        match = re.search(r"^model name\s*:\s*(.+)$", information, re.MULTILINE)
        name = match.group(1).strip() if match else name
    except OSError:
        pass
    # What is free for use may be less, but it does not change from run to run.
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "name": name,
        "memory": pages >> 20 << 20,
        "driver": None,
        "cuda": None,
        "compute_capability": None,
        "max_sm_clock": None,
        "max_memory_clock": None,
        "power_limit": None,
    }
