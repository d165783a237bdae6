"""The code that a target's model is made of, if it is a model of the repository."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pants.backend.python.util_rules.python_sources import (
    PythonSourceFiles,
    PythonSourceFilesRequest,
)
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, Digest, MergeDigests
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    FieldSet,
    InferDependenciesRequest,
    InferredDependencies,
    InvalidTargetException,
    Target,
    Targets,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule
from pants.source.source_root import SourceRoot, SourceRootRequest

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.util_rules.convert import ConversionFailed
from rules_transformers.modular.util_rules.shared_files import ModelFiles, ModelFilesRequest
from rules_transformers.tiny_fixtures.target_types import (
    FixtureDependenciesField,
    FixtureModelField,
)
from rules_transformers.tiny_fixtures.util_rules.named_model import NamedModel, NamedModelRequest


@dataclass(frozen=True)
class ModelSourcesRequest:
    """Asks for the code of a target's model.

    :param owner: the target, which messages name.
    :param model: what its `model` field holds.
    :param dependencies: its own, which the imports of the model may not show.
    """

    owner: Address
    model: str | None
    dependencies: Dependencies

    @classmethod
    def of(cls, field_set: Any) -> ModelSourcesRequest:
        """For a field set that has a model and dependencies."""
        return cls(field_set.address, field_set.model.value, field_set.dependencies)


@dataclass(frozen=True)
class ModelSources:
    """The code of a model, with what it imports from the repository.

    :param module: the module of the model classes; None for a model of an installed library.
    :param root: the source root that the module's name is relative to.
    """

    digest: Digest
    module: str | None
    root: str


@dataclass(frozen=True)
class ModelTargets:
    """The targets that a model's code is made of.

    :param modular: the model; None for one of an installed library.
    :param others: what the generated files import from the repository, with all that it imports.
    """

    modular: ModularFieldSet | None
    others: tuple[Target, ...] = ()


@dataclass(frozen=True)
class ModelInferenceFieldSet(FieldSet):
    required_fields = (FixtureModelField, FixtureDependenciesField)

    model: FixtureModelField


class InferModelDependency(InferDependenciesRequest[ModelInferenceFieldSet]):
    infer_from = ModelInferenceFieldSet


@rule
async def infer_model_dependency(request: InferModelDependency) -> InferredDependencies:
    field_set = request.field_set
    return InferredDependencies(
        await Get(NamedModel, NamedModelRequest(field_set.address, field_set.model.value))
    )


async def _modular_field_set(owner: Address, model: Address) -> ModularFieldSet:
    wrapped = await Get(WrappedTarget, WrappedTargetRequest(model, f"the `model` field of {owner}"))
    if not ModularFieldSet.is_applicable(wrapped.target):
        raise InvalidTargetException(
            f"The `model` field in target {owner} must name a `modular_model`, but {model} is a "
            f"`{wrapped.target.alias}`\n"
            "hint: for an architecture of the installed transformers, use `model_type`"
        )
    return ModularFieldSet.create(wrapped.target)


@rule
async def find_model_targets(request: ModelSourcesRequest) -> ModelTargets:
    addresses = await Get(NamedModel, NamedModelRequest(request.owner, request.model))
    if not addresses:
        return ModelTargets(None)
    modular = await _modular_field_set(request.owner, addresses[0])
    imported, named = await MultiGet(
        Get(Targets, DependenciesRequest(modular.dependencies)),
        Get(Targets, DependenciesRequest(request.dependencies)),
    )
    reached: dict[Address, Target] = {}
    frontier = [
        *(target for target in imported if not ModularFieldSet.is_applicable(target)),
        *(target for target in named if target.address != modular.address),
    ]
    while frontier:
        reached.update((target.address, target) for target in frontier)
        dependencies = await MultiGet(
            Get(Targets, DependenciesRequest(target.get(Dependencies))) for target in frontier
        )
        frontier = list(
            {
                dependency.address: dependency
                for target, of_target in zip(frontier, dependencies)
                for dependency in of_target
                if dependency.address not in reached
                # Generated files stand alone: a change in a parent that leaves them alone builds
                # nothing. A package that imports the files of its model reaches them here, too.
                and not (
                    ModularFieldSet.is_applicable(target)
                    and ModularFieldSet.is_applicable(dependency)
                )
            }.values()
        )
    return ModelTargets(modular, tuple(reached.values()))


@rule
async def find_model_sources(request: ModelSourcesRequest) -> ModelSources:
    targets = await Get(ModelTargets, ModelSourcesRequest, request)
    modular = targets.modular
    if modular is None:
        return ModelSources(EMPTY_DIGEST, None, ".")
    files, source_root = await MultiGet(
        Get(ModelFiles, ModelFilesRequest(modular)),
        Get(SourceRoot, SourceRootRequest, SourceRootRequest.for_file(modular.path)),
    )
    conversion = files.conversion
    if conversion.exit_code != 0:
        raise ConversionFailed(
            f"{request.owner} cannot be built, because {modular.path} cannot be "
            f"converted\n{conversion.whole_story}"
        )
    modeling = [
        path
        for path in conversion.snapshot.files
        if PurePosixPath(path).name.startswith("modeling")
    ]
    if not modeling:
        raise InvalidTargetException(
            f"{modular.address}, the `model` of {request.owner}, generates no modeling "
            f"file, only {', '.join(conversion.snapshot.files)}\n"
            "hint: add `modeling` to its `outputs`, or name another model"
        )
    others = await Get(
        PythonSourceFiles,
        PythonSourceFilesRequest(targets.others, include_files=True, include_resources=True),
    )
    digest = await Get(
        Digest, MergeDigests((conversion.snapshot.digest, others.source_files.snapshot.digest))
    )
    relative = PurePosixPath(modeling[0]).relative_to(source_root.path).with_suffix("")
    return ModelSources(digest, ".".join(relative.parts), source_root.path)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferModelDependency),
    )
