"""The model that a benchmark measures: code, fixture or checkpoint, with its config."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.engine.fs import (
    Digest,
    DigestContents,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
)
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    HydratedSources,
    HydrateSourcesRequest,
    InferDependenciesRequest,
    InferredDependencies,
    InvalidTargetException,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule

from rules_transformers.gpu_benchmark.field_set import BenchmarkModelFieldSet
from rules_transformers.gpu_benchmark.util_rules.request import MeasuredModel, config_problem
from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.subsystem import MANIFEST
from rules_transformers.tiny_fixtures.util_rules.build import BuildFixtureRequest, BuiltFixture
from rules_transformers.tiny_fixtures.util_rules.model_sources import (
    ModelSources,
    ModelSourcesRequest,
)
from rules_transformers.tiny_fixtures.util_rules.named_model import NamedModel, NamedModelRequest


@dataclass(frozen=True)
class MeasuredModelRequest:
    """Asks for the model of a benchmark."""

    field_set: BenchmarkModelFieldSet


@dataclass(frozen=True)
class MeasuredModelFiles:
    """A model, and the files that measuring it takes.

    :param code: the code of the repository among them, if there is any.
    """

    model: MeasuredModel
    digest: Digest
    code: ModelSourcesRequest | None = None


class InferMeasuredModel(InferDependenciesRequest[BenchmarkModelFieldSet]):
    infer_from = BenchmarkModelFieldSet


@rule
async def infer_measured_model(request: InferMeasuredModel) -> InferredDependencies:
    field_set = request.field_set
    return InferredDependencies(
        await Get(NamedModel, NamedModelRequest(field_set.address, field_set.model.value))
    )


async def _config(field_set: BenchmarkModelFieldSet) -> str | None:
    sources = await Get(HydratedSources, HydrateSourcesRequest(field_set.config))
    for file in await Get(DigestContents, Digest, sources.snapshot.digest):
        problem = config_problem(file.path, file.content)
        if problem is not None:
            raise InvalidTargetException(
                f"The `config` field in target {field_set.address} must name a file like a "
                f"checkpoint's `config.json`\n{problem}"
            )
        return file.content.decode()
    return None


async def _without_target(
    field_set: BenchmarkModelFieldSet, config: str | None
) -> MeasuredModelFiles:
    directory = field_set.checkpoint_directory
    if directory is None:
        return MeasuredModelFiles(MeasuredModel(config=config), await Get(Digest, MergeDigests(())))
    digest = await Get(
        Digest,
        PathGlobs(
            [f"{directory}/**"],
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin=f"the `checkpoint` field of {field_set.address}",
        ),
    )
    return MeasuredModelFiles(MeasuredModel(checkpoint=directory, config=config), digest)


@rule
async def find_measured_model(request: MeasuredModelRequest) -> MeasuredModelFiles:
    field_set = request.field_set
    config = await _config(field_set)
    addresses = await Get(NamedModel, NamedModelRequest(field_set.address, field_set.model.value))
    if not addresses:
        return await _without_target(field_set, config)
    origin = f"the `model` field of {field_set.address}"
    wrapped = await Get(WrappedTarget, WrappedTargetRequest(addresses[0], origin))
    if ModularFieldSet.is_applicable(wrapped.target):
        code = ModelSourcesRequest.of(field_set)
        sources = await Get(ModelSources, ModelSourcesRequest, code)
        model = MeasuredModel(module=sources.module, root=sources.root, config=config)
        return MeasuredModelFiles(model, sources.digest, code)
    if TinyFixtureFieldSet.is_applicable(wrapped.target):
        if config is not None:
            raise InvalidTargetException(
                f"{field_set.address} has `config`, but its model {addresses[0]} is a "
                "`tiny_fixture`, which has its own\n"
                "hint: leave out `config`, or name a `modular_model` to measure those shapes"
            )
        fixture = TinyFixtureFieldSet.create(wrapped.target)
        code = ModelSourcesRequest.of(fixture)
        built, sources = await MultiGet(
            Get(BuiltFixture, BuildFixtureRequest(fixture)),
            Get(ModelSources, ModelSourcesRequest, code),
        )
        model = MeasuredModel(
            module=sources.module,
            root=None if sources.module is None else sources.root,
            checkpoint=_repository(field_set, built),
        )
        digest = await Get(Digest, MergeDigests((built.snapshot.digest, sources.digest)))
        return MeasuredModelFiles(model, digest, code if sources.module else None)
    raise InvalidTargetException(
        f"The `model` field in target {field_set.address} must name a `modular_model` or a "
        f"`tiny_fixture`, but {addresses[0]} is a `{wrapped.target.alias}`\n"
        "hint: for an architecture of the installed transformers, use `model_type`"
    )


def _repository(field_set: BenchmarkModelFieldSet, built: BuiltFixture) -> str:
    """The directory of the fixture that is measured, of which there may be several."""
    directories = {
        path.parent.name: str(path.parent)
        for path in map(PurePosixPath, built.snapshot.files)
        if path.name == MANIFEST
    }
    if len(directories) == 1:
        return next(iter(directories.values()))
    architecture = field_set.architecture.value
    if architecture in directories:
        return directories[architecture]
    raise InvalidTargetException(
        f"The `model` of {field_set.address} is a fixture of {len(directories)} architectures, "
        f"and `architecture` is {architecture!r}\n"
        f"hint: choose one of {', '.join(sorted(directories))}"
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferMeasuredModel),
    )
