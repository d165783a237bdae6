"""Proposes a `tiny_fixture` for each modular model that has none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.core.goals.tailor import PutativeTarget, PutativeTargets, PutativeTargetsRequest
from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
from pants.engine.fs import PathGlobs, Paths
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import AllUnexpandedTargets
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.file_types import generated_path
from rules_transformers.modular.goals.tailor import PutativeModularModelsRequest
from rules_transformers.modular.target_types import ModularModelTarget
from rules_transformers.modular.util_rules.outline import (
    GeneratedPaths,
    OutlinedPaths,
    OutlineRequest,
)
from rules_transformers.tiny_fixtures.field_set import AllTinyFixtureFieldSets
from rules_transformers.tiny_fixtures.target_types import (
    FixtureModelField,
    FixtureRepoIdField,
    TinyFixtureTarget,
)
from rules_transformers.tiny_fixtures.util_rules.fixture_names import ALONE, FixtureNames


@dataclass(frozen=True)
class PutativeTinyFixturesRequest(PutativeTargetsRequest):
    pass


@rule(desc="Determine candidate tiny fixtures to create", level=LogLevel.DEBUG)
async def find_putative_tiny_fixtures(
    request: PutativeTinyFixturesRequest,
    fixtures: AllTinyFixtureFieldSets,
    modulars: AllModularFieldSets,
    all_targets: AllUnexpandedTargets,
    generated: GeneratedPaths,
) -> PutativeTargets:
    # A fixture whose model is misspelled is for `test` to report.
    named = await MultiGet(
        Get(
            Addresses,
            UnparsedAddressInputs(
                [fixture.model.value],
                owning_address=fixture.address,
                description_of_origin=f"the `model` field of {fixture.address}",
                skip_invalid_addresses=True,
            ),
        )
        for fixture in fixtures
        if fixture.model.value is not None
    )
    have_one = {
        modular.path
        for addresses in named
        for address in addresses
        for modular in modulars
        if address.is_parametrized_subset_of(modular.address)
    }
    # Those that `tailor` proposes at the same time, so that it need not run twice. One whose name
    # is taken gets another from Pants, and its fixture in the next run.
    taken = {target.address for target in all_targets}
    proposed = [
        model
        for model in await Get(PutativeTargets, PutativeModularModelsRequest(request.dirs))
        if Address(model.path, target_name=model.name) not in taken
    ]
    to_come = tuple(_field_set(model) for model in proposed)
    models = (*modulars, *to_come)
    outlined = {**generated, **await Get(OutlinedPaths, OutlineRequest(to_come))}
    generated_by: defaultdict[str, set[str]] = defaultdict(set)
    for modular in models:
        generated_by[modular.path].update(outlined.get(modular.address, ()))
    candidates = [
        modular
        for modular in _first_of_each_file(models)
        if modular.path not in have_one and modular.address.spec_path in request.dirs
    ]
    names = FixtureNames(
        (modular.path for modular in models),
        {address.spec_path for address in taken if address.target_name == ALONE},
        {fixture.repo_id.value for fixture in fixtures if fixture.repo_id.value is not None},
    )
    by_hand = await Get(Paths, PathGlobs(_configuration(modular) for modular in candidates))
    return PutativeTargets(
        _proposal(modular, names)
        for modular in candidates
        if _is_a_model(modular, {*generated_by[modular.path], *by_hand.files})
    )


def _proposal(modular: ModularFieldSet, names: FixtureNames) -> PutativeTarget:
    path, name = modular.address.spec_path, names.target_name(modular.path)
    return PutativeTarget.for_target_type(
        TinyFixtureTarget,
        path=path,
        name=name,
        triggering_sources=[PurePosixPath(modular.path).name],
        kwargs={
            # At the build root, Pants calls `root` what has no explicit name.
            **({} if path else {"name": name}),
            FixtureModelField.alias: _spec_beside(modular.address),
            FixtureRepoIdField.alias: names.repo_id(modular.path),
        },
    )


def _field_set(model: PutativeTarget) -> ModularFieldSet:
    """What the target will have that is proposed."""
    address = Address(model.path, target_name=model.name)
    fields = {field: value for field, value in model.kwargs.items() if field != "name"}
    return ModularFieldSet.create(ModularModelTarget(fields, address))


def _first_of_each_file(modulars: Iterable[ModularFieldSet]) -> list[ModularFieldSet]:
    """One model of each modular file, since any of them stands for all."""
    by_path: dict[str, ModularFieldSet] = {}
    for modular in sorted(modulars, key=lambda modular: modular.address):
        by_path.setdefault(modular.path, modular)
    return list(by_path.values())


def _is_a_model(modular: ModularFieldSet, paths: Collection[str]) -> bool:
    """Whether a modular file has what a model is built from; its config may be written by hand."""
    return generated_path(modular.path, "modeling") in paths and _configuration(modular) in paths


def _configuration(modular: ModularFieldSet) -> str:
    return generated_path(modular.path, "configuration")


def _spec_beside(address: Address) -> str:
    """How a BUILD file of the same directory names a target."""
    if address.is_generated_target:
        return address.spec
    return f":{address.target_name}{address.parameters_repr}"


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(PutativeTargetsRequest, PutativeTinyFixturesRequest),
    )
