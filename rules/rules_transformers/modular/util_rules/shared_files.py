"""Several modular models of one modular file that do the same work, and share their files."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.addresses import Address
from pants.engine.fs import MergeDigests, Snapshot
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.util_rules.convert import Conversion, ConvertRequest


@dataclass(frozen=True)
class ModelFilesRequest:
    """Asks for what a dependent of a modular model needs to import it."""

    field_set: ModularFieldSet


@dataclass(frozen=True)
class ModelFiles:
    """The conversion of a model, with the files that its equals generate.

    `modeling_x.py` imports `configuration_x.py`, also if `outputs` gives them to two targets.
    """

    conversion: Conversion


def work_of(field_set: ModularFieldSet, python_setup: PythonSetup) -> Hashable:
    """What the content of a model's files depends on: equals have the same, save for `outputs`."""
    return (
        field_set.path,
        field_set.resolve.normalized_value(python_setup),
        field_set.parents.value,
        field_set.dependencies.value,
    )


def owned_paths(
    field_sets: Iterable[ModularFieldSet],
    generated_paths: Mapping[Address, tuple[str, ...]],
    python_setup: PythonSetup,
) -> Iterator[tuple[ModularFieldSet, str]]:
    """Each generated path with the model that an import of it means.

    Of equals that generate it, that is the first, since any of them does. Others are all there,
    and the import is ambiguous, as with any parametrized target.
    """
    owned: dict[tuple[str, Hashable], ModularFieldSet] = {}
    for field_set in sorted(field_sets, key=lambda field_set: field_set.address):
        for path in generated_paths[field_set.address]:
            owned.setdefault((path, work_of(field_set, python_setup)), field_set)
    for (path, _work), field_set in owned.items():
        yield field_set, path


@rule
async def find_model_files(
    request: ModelFilesRequest, field_sets: AllModularFieldSets, python_setup: PythonSetup
) -> ModelFiles:
    field_set = request.field_set
    work = work_of(field_set, python_setup)
    equals = [
        other
        for other in field_sets.of_file(field_set.path)
        if work_of(other, python_setup) == work
    ]
    conversion, *others = await MultiGet(
        Get(Conversion, ConvertRequest(model)) for model in dict.fromkeys((field_set, *equals))
    )
    for converted in (conversion, *others):
        if converted.exit_code != 0:
            return ModelFiles(converted)
    snapshot = await Get(
        Snapshot, MergeDigests(converted.snapshot.digest for converted in (conversion, *others))
    )
    return ModelFiles(replace(conversion, snapshot=snapshot))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
