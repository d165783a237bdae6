"""The fields of a `modular_model` that its rules work with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pants.backend.python.target_types import PythonResolveField
from pants.engine.collection import Collection
from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.target import AllTargets, FieldSet
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.file_types import generated_path
from rules_transformers.modular.target_types import (
    ModularDependenciesField,
    ModularOutputsField,
    ModularParentsField,
    ModularSourceField,
)


@dataclass(frozen=True)
class ModularFieldSet(FieldSet):
    required_fields = (ModularSourceField,)

    source: ModularSourceField
    dependencies: ModularDependenciesField
    outputs: ModularOutputsField
    parents: ModularParentsField
    resolve: PythonResolveField

    @property
    def path(self) -> str:
        """The modular file, relative to the build root."""
        return self.source.file_path

    def asks_for(self, path: str) -> bool:
        """Whether `path` is among the `outputs`, given that the modular file generates it."""
        kinds = self.outputs.value
        return kinds is None or path in {generated_path(self.path, kind) for kind in kinds}


class AllModularFieldSets(Collection[ModularFieldSet]):
    """Every `modular_model` of the repository."""

    def of_file(self, path: str) -> tuple[ModularFieldSet, ...]:
        """Those that convert the modular file `path`, in their order here."""
        return self._of_file.get(path, ())

    @cached_property
    def _of_file(self) -> Mapping[str, tuple[ModularFieldSet, ...]]:
        # Each model asks: looking through all of them every time would be quadratic.
        found: defaultdict[str, list[ModularFieldSet]] = defaultdict(list)
        for field_set in self:
            found[field_set.path].append(field_set)
        return {path: tuple(field_sets) for path, field_sets in found.items()}


@rule(desc="Find all modular models", level=LogLevel.DEBUG)
async def find_all_modular_field_sets(targets: AllTargets) -> AllModularFieldSets:
    return AllModularFieldSets(
        ModularFieldSet.create(target)
        for target in targets
        if ModularFieldSet.is_applicable(target)
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
