"""Finds out which accelerator this machine has, anew in each run of Pants."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, collect_rules, rule
from pants.util.logging import LogLevel

# What decides whether two measurements can be compared, and no state that changes by itself.
_IDENTITY = (
    "name",
    "memory.total",
    "driver_version",
    "compute_cap",
    "clocks.max.sm",
    "clocks.max.memory",
    "power.limit",
)
_QUERY = ("index", "uuid", *_IDENTITY)
# The shell finds the program, as it may not be there at all.
_SCRIPT = (
    "command -v nvidia-smi >/dev/null || exit 0; "
    f"exec nvidia-smi --query-gpu={','.join(_QUERY)} --format=csv,noheader,nounits"
)


@dataclass(frozen=True)
class Accelerator:
    """The device that benchmarks run on.

    :param name: its name; None if there is no device.
    :param fingerprint: what results are filed under, the same for all cards of one model.
    :param device_hash: tells cards of one model apart.
    :param reason: why there is none.
    """

    name: str | None
    fingerprint: str = ""
    device_hash: str = ""
    reason: str = ""


@rule(desc="Find the accelerator", level=LogLevel.DEBUG)
async def find_accelerator() -> Accelerator:
    variables = await Get(EnvironmentVars, EnvironmentVarsRequest(["PATH", "CUDA_VISIBLE_DEVICES"]))
    result = await Get(
        FallibleProcessResult,
        Process(
            ["/bin/sh", "-c", _SCRIPT],
            env={"PATH": variables.get("PATH", "")},
            # Drivers and cards are no input that the engine tracks.
            cache_scope=ProcessCacheScope.PER_SESSION,
            description="Ask for the accelerator",
            level=LogLevel.DEBUG,
        ),
    )
    output = result.stdout.decode(errors="replace")
    if result.exit_code != 0:
        message = (output + result.stderr.decode(errors="replace")).strip() or "no message"
        return Accelerator(None, reason=f"nvidia-smi failed: {message.splitlines()[0]}")
    return chosen_device(output.splitlines(), variables.get("CUDA_VISIBLE_DEVICES"))


def chosen_device(lines: Iterable[str], visible: str | None) -> Accelerator:
    """The device that CUDA programs see first.

    :param lines: what nvidia-smi prints, a line for each device.
    :param visible: the value of `CUDA_VISIBLE_DEVICES`, if it is set: indices or UUIDs, which may
        be shortened.
    """
    devices = [dict(zip(_QUERY, row)) for row in csv.reader(lines, skipinitialspace=True) if row]
    if not devices:
        return Accelerator(None, reason="no CUDA device was found")
    if visible is None:
        return _accelerator(devices[0])
    first = visible.split(",")[0].strip()
    for device in devices:
        if first == device["index"] or (
            first.startswith("GPU-") and device["uuid"].startswith(first)
        ):
            return _accelerator(device)
    if first.startswith("MIG-") and len(devices) == 1:
        # A slice's own figures are not among those of the query; its UUID tells sizes apart.
        return _accelerator({**devices[0], "uuid": first, "name": f"{devices[0]['name']} {first}"})
    return Accelerator(
        None, reason=f"CUDA_VISIBLE_DEVICES={visible} leaves no CUDA device to be seen"
    )


def _accelerator(device: dict[str, str]) -> Accelerator:
    fingerprint = "; ".join(f"{key}={device.get(key, '')}" for key in _IDENTITY)
    return Accelerator(
        device["name"],
        fingerprint,
        hashlib.sha256(device["uuid"].encode()).hexdigest()[:12],
    )


def rules():
    return collect_rules()
