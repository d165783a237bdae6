"""Finds out which accelerators this machine has, again in each run of Pants."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers_contract.cuda_device import (
    SMI_LISTING_ARGUMENTS,
    SMI_TABLE_ARGUMENTS,
    Card,
    NoDevice,
    smi_cards,
    visible_devices,
)

# By these CUDA chooses among several devices.
DEVICE_VARIABLES = ("CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES")


@dataclass(frozen=True)
class AcceleratorRequest:
    """Asks for the devices that a benchmark runs on.

    :param count: how many share its model.
    """

    count: int


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


def accelerator_request(field_set: GpuBenchmarkFieldSet) -> AcceleratorRequest:
    """The request for the devices of a benchmark that needs any."""
    return AcceleratorRequest(field_set.tensor_parallel_size.value)


@dataclass(frozen=True)
class NvidiaCards:
    """What `nvidia-smi` lists.

    :param variables: of the environment, those by which CUDA chooses.
    :param problem: why it cannot list any.
    """

    cards: tuple[Card, ...]
    variables: FrozenDict[str, str]
    problem: str = ""


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
    return NvidiaCards(tuple(cards), variables)


@rule
async def find_accelerator(request: AcceleratorRequest, listed: NvidiaCards) -> Accelerator:
    if listed.problem:
        return Accelerator(None, reason=listed.problem)
    return chosen_devices(listed.cards, listed.variables, request.count)


def _nvidia_smi(arguments: Sequence[str], path: str) -> Process:
    # The shell finds the program, as it may not be there at all.
    script = f"command -v nvidia-smi >/dev/null || exit 0; exec nvidia-smi {shlex.join(arguments)}"
    return Process(
        ["/bin/sh", "-c", script],
        env={"PATH": path},
        # The engine does not track drivers and cards.
        cache_scope=ProcessCacheScope.PER_SESSION,
        description="Ask for the accelerator",
        level=LogLevel.DEBUG,
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
