"""Which NVIDIA cards a machine has and which is meant, without torch: by NVML or `nvidia-smi`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from gpu_bench.core.errors import NoAccelerator
from rules_transformers_contract.cuda_device import (
    SMI_LISTING_ARGUMENTS,
    SMI_TABLE_ARGUMENTS,
    Card,
    NoDevice,
    smi_cards,
    visible_devices,
)
from toolkit.errors import InputError

SMI_TIMEOUT_SECONDS = 30


def cards() -> list[Card]:
    """All cards in the driver's order, parts of a card after it; empty without a driver.

    :raises NoAccelerator: if the driver is there and does not answer, with what it says.
    """
    nvml = load_nvml()
    if nvml is not None:
        return nvml_cards(nvml)
    if shutil.which("nvidia-smi") is None:
        return []
    answer = _smi(SMI_TABLE_ARGUMENTS)
    if answer is not None and answer.returncode != 0:
        lines = (answer.stdout + answer.stderr).strip().splitlines()
        raise NoAccelerator(
            f"the driver does not answer: {lines[0] if lines else 'nvidia-smi failed'}",
            hint="after an update of the driver, load the new one (restart the machine); in a "
            "container, its libraries must be those of the host's driver",
        )
    table = "" if answer is None else answer.stdout
    return smi_cards(table, smi(SMI_LISTING_ARGUMENTS)) if table else []


def chosen(cards: Sequence[Card], variables: Mapping[str, str], count: int = 1) -> tuple[Card, ...]:
    """The cards that a process with these environment variables sees as its first ``count``.

    :raises NoAccelerator: if there are not so many, or all are hidden.
    :raises InputError: if CUDA_VISIBLE_DEVICES names one that is not there.
    """
    try:
        return visible_devices(
            cards,
            variables.get("CUDA_VISIBLE_DEVICES"),
            variables.get("CUDA_DEVICE_ORDER"),
            count,
        )
    except NoDevice as problem:
        if problem.is_mistake:
            raise InputError(problem.message, hint=problem.hint) from None
        raise NoAccelerator(
            f"no accelerator: {problem.message}",
            hint=f"{problem.hint}; for a smoke test, set `device` to cpu",
        ) from None


def load_nvml() -> Any | None:
    """The NVML binding, initialised; None if it or the driver's library is missing."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def nvml_cards(nvml: Any) -> list[Card]:
    """The cards that NVML lists; not one that does not answer, or is divided without a part."""
    driver = asked(nvml, nvml.nvmlSystemGetDriverVersion)
    listed: list[Card] = []
    for index in range(asked(nvml, nvml.nvmlDeviceGetCount) or 0):
        handle = asked(nvml, nvml.nvmlDeviceGetHandleByIndex, index)
        uuid = None if handle is None else asked(nvml, nvml.nvmlDeviceGetUUID, handle)
        if uuid is None:
            continue
        card = Card(
            index=index,
            uuid=text(uuid),
            name=text(asked(nvml, nvml.nvmlDeviceGetName, handle) or "unknown"),
            memory=_memory(nvml, handle),
            driver=None if driver is None else text(driver),
            compute_capability=_capability(nvml, handle),
            max_sm_clock=asked(nvml, nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_SM),
            max_memory_clock=asked(
                nvml, nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_MEM
            ),
            power_limit=_watts(asked(nvml, nvml.nvmlDeviceGetEnforcedPowerLimit, handle)),
        )
        parts = _nvml_parts(nvml, handle, card)
        mode = asked(nvml, nvml.nvmlDeviceGetMigMode, handle)
        # CUDA does not show such a card.
        if parts or not mode or not mode[0]:
            listed += [card, *parts]
    return listed


def _nvml_parts(nvml: Any, handle: Any, card: Card) -> list[Card]:
    parts = []
    for number in range(asked(nvml, nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        part = asked(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
        uuid = None if part is None else asked(nvml, nvml.nvmlDeviceGetUUID, part)
        if uuid is not None:
            name = text(asked(nvml, nvml.nvmlDeviceGetName, part) or f"{card.name} MIG")
            parts.append(card.part(text(uuid), name, _memory(nvml, part)))
    return parts


def asked(nvml: Any, function: Any, *arguments: Any) -> Any | None:
    """What an NVML function answers; None if the card does not know it."""
    try:
        return function(*arguments)
    except nvml.NVMLError:
        return None


def smi(arguments: Sequence[str]) -> str:
    """What `nvidia-smi` prints; empty if it fails."""
    done = _smi(arguments)
    return "" if done is None or done.returncode != 0 else done.stdout


def _smi(arguments: Sequence[str]) -> subprocess.CompletedProcess[str] | None:
    """A run of `nvidia-smi`; None if it cannot be started or does not end."""
    try:
        return subprocess.run(
            ["nvidia-smi", *arguments],
            capture_output=True,
            text=True,
            timeout=SMI_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def text(value: Any) -> str:
    """A string of NVML, which older bindings give as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _capability(nvml: Any, handle: Any) -> str | None:
    version = asked(nvml, nvml.nvmlDeviceGetCudaComputeCapability, handle)
    return None if version is None else f"{version[0]}.{version[1]}"


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000


def _memory(nvml: Any, handle: Any) -> int:
    """Bytes, in whole MiB; 0 if the driver does not know, as where a device shares the host's."""
    information = asked(nvml, nvml.nvmlDeviceGetMemoryInfo, handle)
    return 0 if information is None else int(information.total) >> 20 << 20
