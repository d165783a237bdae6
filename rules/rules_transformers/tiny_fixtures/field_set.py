"""The fields of a `tiny_fixture` that its rules work with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from pants.backend.python.target_types import PythonResolveField
from pants.engine.collection import Collection
from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.target import AllTargets, FieldSet
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.tiny_fixtures.target_types import (
    FixtureArchitecturesField,
    FixtureChatTemplateField,
    FixtureChecksField,
    FixtureConfigField,
    FixtureDependenciesField,
    FixtureDtypeField,
    FixtureFilesField,
    FixtureFormatsField,
    FixtureFromCheckpointField,
    FixtureLicenseField,
    FixtureMaxSizeField,
    FixtureModelField,
    FixtureModelTypeField,
    FixtureProcessorsField,
    FixtureRepoIdField,
    FixtureSeedField,
    FixtureShardsField,
    FixtureTokenizerField,
)


@dataclass(frozen=True)
class TinyFixtureFieldSet(FieldSet):
    required_fields = (FixtureFilesField,)

    model: FixtureModelField
    model_type: FixtureModelTypeField
    architectures: FixtureArchitecturesField
    config: FixtureConfigField
    seed: FixtureSeedField
    dtype: FixtureDtypeField
    max_size: FixtureMaxSizeField
    shards: FixtureShardsField
    tokenizer: FixtureTokenizerField
    processors: FixtureProcessorsField
    chat_template: FixtureChatTemplateField
    license: FixtureLicenseField
    checks: FixtureChecksField
    formats: FixtureFormatsField
    repo_id: FixtureRepoIdField
    from_checkpoint: FixtureFromCheckpointField
    dependencies: FixtureDependenciesField
    resolve: PythonResolveField

    @property
    def directory(self) -> str:
        """Where a sandbox has the files, relative to the build root."""
        address = self.address
        name = PurePosixPath(address.target_name, address.generated_name or "")
        return f"{PurePosixPath(address.spec_path) / name}{address.parameters_repr}"

    @property
    def checkpoint_directory(self) -> str | None:
        """The tokenizer or processor to shrink, relative to the build root."""
        if self.from_checkpoint.value is None:
            return None
        return str(PurePosixPath(self.address.spec_path) / self.from_checkpoint.value)


class AllTinyFixtureFieldSets(Collection[TinyFixtureFieldSet]):
    """Every `tiny_fixture` of the repository."""

    def named(self, repo_id: str) -> tuple[TinyFixtureFieldSet, ...]:
        """Those with this name for the Hub, which does not distinguish case."""
        return self._named.get(repo_id.lower(), ())

    @cached_property
    def _named(self) -> Mapping[str, tuple[TinyFixtureFieldSet, ...]]:
        # Each fixture asks: looking through all of them every time would be quadratic.
        found: defaultdict[str, list[TinyFixtureFieldSet]] = defaultdict(list)
        for fixture in self:
            if fixture.repo_id.value is not None:
                found[fixture.repo_id.value.lower()].append(fixture)
        return {repo_id: tuple(fixtures) for repo_id, fixtures in found.items()}


@rule(desc="Find all tiny fixtures", level=LogLevel.DEBUG)
def find_all_tiny_fixture_field_sets(targets: AllTargets) -> AllTinyFixtureFieldSets:
    return AllTinyFixtureFieldSets(
        TinyFixtureFieldSet.create(target)
        for target in targets
        if TinyFixtureFieldSet.is_applicable(target)
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
