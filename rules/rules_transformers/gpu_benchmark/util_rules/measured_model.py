"""The model that a benchmark measures: code, fixture or checkpoint, with its config."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pants.engine.fs import (
    EMPTY_DIGEST,
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


@dataclass(frozen=True)
class _ModelFiles:
    """As `MeasuredModelFiles`, without the assistant."""

    model: MeasuredModel
    digest: Digest
    code: ModelSourcesRequest | None = None


@dataclass(frozen=True)
class _AssistantFiles:
    """An assistant, if the benchmark has one; see `MeasuredModel`."""

    digest: Digest
    checkpoint: str | None = None
    module: str | None = None
    root: str | None = None


class InferMeasuredModel(InferDependenciesRequest[BenchmarkModelFieldSet]):
    infer_from = BenchmarkModelFieldSet


@rule
async def infer_measured_model(request: InferMeasuredModel) -> InferredDependencies:
    field_set = request.field_set
    named = await MultiGet(
        Get(NamedModel, NamedModelRequest(field_set.address, field.value))
        for field in (field_set.model, field_set.assistant)
    )
    return InferredDependencies(address for addresses in named for address in addresses)


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


async def _without_target(field_set: BenchmarkModelFieldSet, config: str | None) -> _ModelFiles:
    directory = field_set.checkpoint_directory
    if directory is None:
        return _ModelFiles(MeasuredModel(config=config), EMPTY_DIGEST)
    digest = await _repository_files(field_set, directory, "checkpoint")
    return _ModelFiles(MeasuredModel(checkpoint=directory, config=config), digest)


async def _repository_files(
    field_set: BenchmarkModelFieldSet, directory: str, field: str
) -> Digest:
    return await Get(
        Digest,
        PathGlobs(
            [f"{directory}/**"],
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin=f"the `{field}` field of {field_set.address}",
        ),
    )


@rule
async def find_measured_model(request: MeasuredModelRequest) -> MeasuredModelFiles:
    files, assistant = await MultiGet(
        Get(_ModelFiles, MeasuredModelRequest, request),
        Get(_AssistantFiles, MeasuredModelRequest, request),
    )
    model = replace(
        files.model,
        assistant=assistant.checkpoint,
        assistant_module=assistant.module,
        assistant_root=assistant.root,
    )
    digest = await Get(Digest, MergeDigests((files.digest, assistant.digest)))
    return MeasuredModelFiles(model, digest, files.code)


@rule
async def find_assistant(request: MeasuredModelRequest) -> _AssistantFiles:
    field_set = request.field_set
    directory = field_set.assistant_directory
    if directory is not None:
        return _AssistantFiles(
            await _repository_files(field_set, directory, "assistant_checkpoint"), directory
        )
    addresses = await Get(
        NamedModel, NamedModelRequest(field_set.address, field_set.assistant.value)
    )
    if not addresses:
        return _AssistantFiles(EMPTY_DIGEST)
    origin = f"the `assistant` field of {field_set.address}"
    wrapped = await Get(WrappedTarget, WrappedTargetRequest(addresses[0], origin))
    if not TinyFixtureFieldSet.is_applicable(wrapped.target):
        raise InvalidTargetException(
            f"The `assistant` field in target {field_set.address} must name a `tiny_fixture`, but "
            f"{addresses[0]} is a `{wrapped.target.alias}`\n"
            "hint: for a directory with a model and its weights, use `assistant_checkpoint`"
        )
    fixture = TinyFixtureFieldSet.create(wrapped.target)
    built, sources = await MultiGet(
        Get(BuiltFixture, BuildFixtureRequest(fixture)),
        Get(ModelSources, ModelSourcesRequest, ModelSourcesRequest.of(fixture)),
    )
    return _AssistantFiles(
        await Get(Digest, MergeDigests((built.snapshot.digest, sources.digest))),
        _repository(field_set, built, "assistant"),
        sources.module,
        None if sources.module is None else sources.root,
    )


@rule
async def find_model(request: MeasuredModelRequest) -> _ModelFiles:
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
        return _ModelFiles(model, sources.digest, code)
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
            checkpoint=_repository(field_set, built, "model"),
        )
        digest = await Get(Digest, MergeDigests((built.snapshot.digest, sources.digest)))
        return _ModelFiles(model, digest, code if sources.module else None)
    raise InvalidTargetException(
        f"The `model` field in target {field_set.address} must name a `modular_model` or a "
        f"`tiny_fixture`, but {addresses[0]} is a `{wrapped.target.alias}`\n"
        "hint: for an architecture of the installed transformers, use `model_type`"
    )


def _repository(field_set: BenchmarkModelFieldSet, built: BuiltFixture, field: str) -> str:
    """The directory of the fixture that a field names, of which there may be several."""
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
        f"The `{field}` of {field_set.address} is a fixture of {len(directories)} architectures, "
        f"and `architecture` is {architecture!r}\n"
        f"hint: choose one of {', '.join(sorted(directories))}"
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferMeasuredModel),
    )
