"""Registers the modules of generated files, so that imports of them are inferred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath

from pants.backend.python.dependency_inference.module_mapper import (
    FirstPartyPythonMappingImpl,
    FirstPartyPythonMappingImplMarker,
    ModuleProvider,
    ModuleProviderType,
    module_from_stripped_path,
)
from pants.backend.python.subsystems.setup import PythonSetup
from pants.core.util_rules.stripped_source_files import StrippedFileName, StrippedFileNameRequest
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import AllModularFieldSets
from rules_transformers.modular.util_rules.outline import GeneratedPaths
from rules_transformers.modular.util_rules.shared_files import owned_paths


class ModularMappingMarker(FirstPartyPythonMappingImplMarker):
    pass


@rule(desc="Map modular models to generated Python modules", level=LogLevel.DEBUG)
async def map_modular_models_to_python_modules(
    field_sets: AllModularFieldSets,
    generated_paths: GeneratedPaths,
    python_setup: PythonSetup,
    _: ModularMappingMarker,
) -> FirstPartyPythonMappingImpl:
    owned = list(owned_paths(field_sets, generated_paths, python_setup))
    stripped = await MultiGet(
        Get(StrippedFileName, StrippedFileNameRequest(path)) for _, path in owned
    )
    mapping: defaultdict[str, defaultdict[str, list[ModuleProvider]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for (field_set, _path), file_name in zip(owned, stripped):
        resolve = field_set.resolve.normalized_value(python_setup)
        module = module_from_stripped_path(PurePath(file_name.value))
        mapping[resolve][module].append(ModuleProvider(field_set.address, ModuleProviderType.IMPL))
    return FirstPartyPythonMappingImpl.create(mapping)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(FirstPartyPythonMappingImplMarker, ModularMappingMarker),
    )
