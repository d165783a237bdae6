"""What a result on this machine is filed under, found out without importing torch."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpu_bench.device.torch_build import TorchBuild, torch_build
from gpu_bench.device.vendor_choice import vendor_for
from rules_transformers_contract.cuda_device import Card


def cards_for(device: str, count: int = 1) -> tuple[Card, ...]:
    """The cards that a request's ``device`` means, in the order of the ranks; empty for cpu.

    Raises as ``Vendor.cards`` does.
    """
    return () if device == "cpu" else vendor_for(device).cards(os.environ, count)


def fingerprint(cards: Sequence[Card], ranks: int = 1) -> dict[str, Any]:
    """The `fingerprint` of a result. Raises MissingPackage without torch.

    :param cards: those of the ranks, in their order; empty for the processor.
    """
    build = torch_build()
    if not cards:
        accelerator = _processor()
        device_hash = None
    else:
        accelerator, *others = (_described(card, build) for card in cards)
        if any(other != accelerator for other in others):
            accelerator = {**accelerator, "others": others}
        device_hash = _hash_of_all(cards)
    if ranks > 1:
        # Of one device, the digest is what it was before there could be several.
        accelerator["devices"] = ranks
    content = {"accelerator": accelerator, "torch": build.version}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "digest": digest,
        "vendor": cards[0].vendor if cards else None,
        **content,
        "device_hash": device_hash,
    }


def _described(card: Card, build: TorchBuild) -> dict[str, Any]:
    known = {
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
    known.update({name: value for name, value in runtimes.items() if value is not None})
    return known


def _hash_of_all(cards: Sequence[Card]) -> str:
    hashes = [card.device_hash for card in cards]
    if len(hashes) == 1:
        return hashes[0]
    # The order of ranks decides which cards are neighbours.
    return hashlib.sha256(",".join(hashes).encode()).hexdigest()[:16]


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
