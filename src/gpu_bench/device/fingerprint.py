"""What a result on this machine is filed under, found out without importing torch."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import re
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gpu_bench.core.errors import MissingPackage
from gpu_bench.device.discovery import cards, chosen
from rules_transformers_contract.cuda_device import Card


def card_for(device: str) -> Card | None:
    """The card that a request's ``device`` means; None for cpu. Raises as ``chosen`` does."""
    if device == "cpu":
        return None
    return chosen(cards(), os.environ)


def fingerprint(card: Card | None) -> dict[str, Any]:
    """The `fingerprint` of a result. Raises MissingPackage without torch."""
    torch_version, cuda = _torch()
    if card is None:
        accelerator = _processor()
        device_hash = None
    else:
        accelerator = {
            "name": card.name,
            "memory": card.memory,
            "driver": card.driver,
            "cuda": cuda,
            "compute_capability": card.compute_capability,
            "max_sm_clock": card.max_sm_clock,
            "max_memory_clock": card.max_memory_clock,
            "power_limit": card.power_limit,
        }
        device_hash = card.device_hash
    content = {"accelerator": accelerator, "torch": torch_version}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"digest": digest, **content, "device_hash": device_hash}


def _torch() -> tuple[str, str | None]:
    """Version of torch and the CUDA version that it was built for.

    The second is in a file of torch that holds plain assignments; importing it imports torch.
    """
    spec = PathFinder.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        raise MissingPackage(
            "torch is not installed where gpu_bench runs",
            hint="install torch and transformers beside gpu_bench",
        )
    values: dict[str, Any] = {}
    for directory in spec.submodule_search_locations:
        file = Path(directory) / "version.py"
        if file.is_file():
            values = _assignments(file.read_text(encoding="utf-8"))
            break
    torch_version = values.get("__version__")
    if not isinstance(torch_version, str):
        try:
            torch_version = version("torch")
        except PackageNotFoundError:
            torch_version = "unknown"
    return torch_version, values.get("cuda")


def _assignments(source: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for node in ast.parse(source).body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if isinstance(node.value, ast.Constant):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            values.update(dict.fromkeys(names, node.value.value))
    return values


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
