"""Finds generated files that more than one target claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.backend.python.target_types import PythonSourceField
from pants.engine.addresses import Address
from pants.engine.internals.target_adaptor import TargetAdaptor, TargetAdaptorRequest
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import AllTargets
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import AllModularFieldSets
from rules_transformers.modular.util_rules.outline import GeneratedPaths


class OwnershipConflicts(FrozenDict[str, str]):
    """For each modular file with a generated file that a target of sources owns too: a message.

    Several modular models may be of one file: their contents decide whether these collide.
    """


@dataclass(frozen=True)
class _OriginsRequest:
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class _Origins:
    """Where targets are declared, e.g. `models/qwen3/BUILD:3 (models/qwen3:qwen3)`."""

    descriptions: tuple[str, ...]


@rule(desc="Check who owns generated files", level=LogLevel.DEBUG)
async def find_ownership_conflicts(
    all_targets: AllTargets, field_sets: AllModularFieldSets, generated_paths: GeneratedPaths
) -> OwnershipConflicts:
    generators = defaultdict(set)
    modular_of = {}
    for field_set in field_sets:
        for path in generated_paths[field_set.address]:
            generators[path].add(_declared(field_set.address))
            modular_of[path] = field_set.path
    others = defaultdict(set)
    for target in all_targets:
        if target.has_field(PythonSourceField):
            path = target[PythonSourceField].file_path
            if path in generators:
                others[path].add(_declared(target.address))
    contested = {
        path: tuple(sorted({*generators[path], *addresses})) for path, addresses in others.items()
    }
    origins = await MultiGet(
        Get(_Origins, _OriginsRequest(addresses)) for addresses in contested.values()
    )
    return OwnershipConflicts(
        (modular_of[path], _message(path, modular_of[path], origin.descriptions))
        for path, origin in zip(contested, origins)
    )


@rule
async def find_origins(request: _OriginsRequest) -> _Origins:
    adaptors = await MultiGet(
        Get(TargetAdaptor, TargetAdaptorRequest(address, "a generated file with two owners"))
        for address in request.addresses
    )
    return _Origins(
        tuple(
            f"{adaptor.description_of_origin}: {adaptor.type_alias} {address}"
            for adaptor, address in zip(adaptors, request.addresses)
        )
    )


def _declared(address: Address) -> Address:
    """The address of the declaration in a BUILD file that `address` comes from."""
    return Address(address.spec_path, target_name=address.target_name)


def _message(path: str, modular_path: str, origins: tuple[str, ...]) -> str:
    return (
        f"{path} is generated from {modular_path}, but more than one target owns it:\n"
        + "".join(f"  {origin}\n" for origin in origins)
        + f'hint: leave it out of the other target, e.g. by `"!{PurePosixPath(path).name}"` in its '
        "`sources`"
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
