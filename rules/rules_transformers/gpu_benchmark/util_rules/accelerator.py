"""Finds out which accelerators this machine has, again in each run of Pants."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.tiny_fixtures.util_rules.environment import (
    FixtureEnvironment,
    FixtureEnvironmentRequest,
)
from rules_transformers.util_rules.tool_commands import FINGERPRINT
from rules_transformers.util_rules.tool_process import ToolProcess
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.cuda_device import (
    SMI_LISTING_ARGUMENTS,
    SMI_TABLE_ARGUMENTS,
    Card,
    NoDevice,
    smi_cards,
    visible_devices,
)

# By these the drivers of NVIDIA, AMD and Intel choose among several devices.
DEVICE_VARIABLES = (
    *("CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES"),
    *("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"),
    *("ONEAPI_DEVICE_SELECTOR", "ZE_AFFINITY_MASK"),
)
# Where the driver's libraries are, which torch loads.
_LIBRARIES = ("LD_LIBRARY_PATH",)
# What is printed where `nvidia-smi` is missing and AMD's driver is there.
_AMD = "AMD"


@dataclass(frozen=True)
class AcceleratorRequest:
    """Asks for the devices that a benchmark runs on.

    :param device: its `device`.
    :param count: how many share its model.
    :param resolve: where its torch is from.
    """

    device: str
    count: int
    resolve: PythonResolveField


@dataclass(frozen=True)
class Accelerator:
    """The device that a benchmark runs on, or the devices that share its model.

    :param name: the first one's name; None if there are not so many.
    :param fingerprint: what results are filed under, the same for all cards of one model.
    :param device_hash: differs between cards of one model.
    :param reason: why there are none, or not so many.
    """

    name: str | None
    fingerprint: str = ""
    device_hash: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _TorchDevicesRequest:
    """Asks torch for the devices of AMD or Intel: no tool of theirs says which it sees first."""

    request: AcceleratorRequest


def accelerator_request(field_set: GpuBenchmarkFieldSet) -> AcceleratorRequest:
    """The request for the devices of a benchmark that needs any."""
    return AcceleratorRequest(
        str(field_set.device.value), field_set.tensor_parallel_size.value, field_set.resolve
    )


@dataclass(frozen=True)
class NvidiaCards:
    """What `nvidia-smi` lists.

    :param variables: of the environment, those by which CUDA chooses.
    :param problem: why it cannot list any.
    :param is_of_amd: whether this is a machine with AMD's driver, and without NVIDIA's.
    """

    cards: tuple[Card, ...]
    variables: FrozenDict[str, str]
    problem: str = ""
    is_of_amd: bool = False


@rule(desc="Find the accelerator", level=LogLevel.DEBUG)
async def list_nvidia_cards() -> NvidiaCards:
    variables = await Get(EnvironmentVars, EnvironmentVarsRequest(["PATH", *DEVICE_VARIABLES]))
    path = variables.get("PATH", "")
    table, listing = await MultiGet(
        Get(FallibleProcessResult, Process, _nvidia_smi(SMI_TABLE_ARGUMENTS, path)),
        Get(FallibleProcessResult, Process, _nvidia_smi(SMI_LISTING_ARGUMENTS, path)),
    )
    output = table.stdout.decode(errors="replace")
    if table.exit_code != 0:
        message = (output + table.stderr.decode(errors="replace")).strip() or "no message"
        return NvidiaCards((), variables, f"nvidia-smi failed: {message.splitlines()[0]}")
    cards = smi_cards(output, listing.stdout.decode(errors="replace"))
    return NvidiaCards(tuple(cards), variables, is_of_amd=output.strip() == _AMD)


@rule
async def find_accelerator(request: AcceleratorRequest) -> Accelerator:
    if request.device == "xpu":
        return await Get(Accelerator, _TorchDevicesRequest(request))
    listed = await Get(NvidiaCards)
    if listed.is_of_amd:
        return await Get(Accelerator, _TorchDevicesRequest(request))
    if listed.problem:
        return Accelerator(None, reason=listed.problem)
    return chosen_devices(listed.cards, listed.variables, request.count)


def _nvidia_smi(arguments: Sequence[str], path: str) -> Process:
    # The shell finds the program, as it may not be there at all.
    script = (
        f"if command -v nvidia-smi >/dev/null; then exec nvidia-smi {shlex.join(arguments)}; fi; "
        "if test -e /dev/kfd || command -v amd-smi >/dev/null || command -v rocminfo >/dev/null; "
        f"then echo {_AMD}; fi"
    )
    return Process(
        ["/bin/sh", "-c", script],
        env={"PATH": path},
        # The engine does not track drivers and cards.
        cache_scope=ProcessCacheScope.PER_SESSION,
        description="Ask for the accelerator",
        level=LogLevel.DEBUG,
    )


@rule(desc="Ask torch for the accelerator", level=LogLevel.DEBUG)
async def ask_torch(asked: _TorchDevicesRequest, python_setup: PythonSetup) -> Accelerator:
    request = asked.request
    environment, variables = await MultiGet(
        Get(FixtureEnvironment, FixtureEnvironmentRequest.create(request.resolve, python_setup)),
        Get(EnvironmentVars, EnvironmentVarsRequest([*DEVICE_VARIABLES, *_LIBRARIES])),
    )
    process = await Get(
        Process,
        ToolProcess(
            FINGERPRINT,
            (f"--device={request.device}", f"--tensor-parallel-size={request.count}"),
            environment.pex_request,
            (),
            "Ask torch for the accelerator",
            env=variables,
            # The engine does not track drivers and cards.
            cache_scope=ProcessCacheScope.PER_SESSION,
            level=LogLevel.DEBUG,
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != 0:
        message = result.stderr.decode(errors="replace").strip() or "no message"
        reason = message.splitlines()[0].partition("error: ")[2] or message.splitlines()[0]
        return Accelerator(None, reason=reason.partition("no accelerator: ")[2] or reason)
    known = json.loads(result.stdout)
    return Accelerator(
        known["accelerator"]["name"],
        json.dumps([known["accelerator"], known["torch"]], sort_keys=True),
        known["device_hash"],
    )


def chosen_devices(
    cards: Sequence[Card], variables: Mapping[str, str], count: int = 1
) -> Accelerator:
    """The devices that CUDA programs with these environment variables see as their first."""
    try:
        chosen = visible_devices(
            cards,
            variables.get("CUDA_VISIBLE_DEVICES"),
            variables.get("CUDA_DEVICE_ORDER"),
            count,
        )
    except NoDevice as problem:
        return Accelerator(None, reason=problem.message)
    return Accelerator(
        chosen[0].name,
        " | ".join(map(_fingerprint, chosen)),
        " | ".join(card.device_hash for card in chosen),
    )


def _fingerprint(card: Card) -> str:
    """What decides whether measurements can be compared, and no state that changes by itself."""
    values = {
        "name": card.name,
        "memory": card.memory,
        "driver": card.driver,
        "compute_capability": card.compute_capability,
        "max_sm_clock": card.max_sm_clock,
        "max_memory_clock": card.max_memory_clock,
        "power_limit": card.power_limit,
    }
    return "; ".join(f"{name}={value}" for name, value in values.items())


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
