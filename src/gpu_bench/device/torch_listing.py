"""The devices that torch sees first, asked in a process of its own: ours holds no device open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from gpu_bench.core.errors import NoAccelerator

TIMEOUT_SECONDS = 120

_SCRIPT = """
import json, sys, torch
api = getattr(torch, sys.argv[1])
count = api.device_count() if api.is_available() else 0
devices = []
for index in range(min(count, int(sys.argv[2]))):
    properties = api.get_device_properties(index)
    pci = [getattr(properties, f"pci_{part}_id", None) for part in ("domain", "bus", "device")]
    device = {
        "name": properties.name,
        "memory": properties.total_memory,
        "uuid": str(getattr(properties, "uuid", "")),
        "driver": getattr(properties, "driver_version", None),
        "architecture": getattr(properties, "gcnArchName", None),
        "pci": None if None in pci else "{:04x}:{:02x}:{:02x}".format(*pci),
    }
    devices.append(device)
print(json.dumps({"devices": devices}))
"""


def first_devices(api: str, count: int) -> list[dict[str, Any]]:
    """What torch says of its first devices of `torch.cuda` or `torch.xpu`, ``count`` at most.

    :raises NoAccelerator: if torch cannot answer, with what it says.
    """
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(directory for directory in sys.path if directory)
    try:
        answer = subprocess.run(
            [sys.executable, "-c", _SCRIPT, api, str(count)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise _silent(f"torch did not name its devices within {TIMEOUT_SECONDS} s") from None
    if answer.returncode != 0:
        lines = answer.stderr.strip().splitlines()
        raise _silent(f"torch cannot name its devices: {lines[-1] if lines else 'it ended'}")
    devices: list[dict[str, Any]] = json.loads(answer.stdout.splitlines()[-1])["devices"]
    return devices


def _silent(message: str) -> NoAccelerator:
    return NoAccelerator(message, hint="compare with `python -m torch.utils.collect_env`")
