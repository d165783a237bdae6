"""The code of a benchmark's model at the revision that it is measured in turn with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.addresses import Address
from pants.engine.fs import (
    EMPTY_DIGEST,
    AddPrefix,
    Digest,
    DigestSubset,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import SourcesField
from pants.engine.unions import UnionRule
from pants.source.source_root import SourceRoot, SourceRootRequest

from rules_transformers.gpu_benchmark.util_rules.revision import (
    Revision,
    RevisionFiles,
    RevisionFilesRequest,
    RevisionRequest,
)
from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.util_rules.conversion_order import (
    ConversionOrder,
    ConversionOrderRequest,
    ModularParents,
    ModularParentsRequest,
)
from rules_transformers.modular.util_rules.convert import ConversionFailed
from rules_transformers.modular.util_rules.converter_process import ConverterProcessRequest
from rules_transformers.modular.util_rules.library_sources import (
    ParentSources,
    ParentSourcesRequest,
    ParentsRequirement,
    ParentsRequirementRequest,
)
from rules_transformers.modular.util_rules.request import (
    LIBRARY_FILES,
    OUTPUT_DIR,
    ConverterInput,
    ConverterRequest,
)
from rules_transformers.modular.util_rules.shared_files import (
    ModelFiles,
    ModelFilesRequest,
    work_of,
)
from rules_transformers.tiny_fixtures.util_rules.model_sources import (
    ModelSourcesRequest,
    ModelTargets,
)
from rules_transformers.util_rules.tool_commands import CONVERT
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode

# Where the sandbox of a measurement has it.
BASE_DIR = "__base"


@dataclass(frozen=True)
class BaseCodeRequest:
    """Asks for the code that a benchmark is measured in turn with.

    :param benchmark: its address, for messages.
    :param code: the model's code in the workspace; None for a model of an installed library.
    :param revision: the name of the revision.
    """

    benchmark: Address
    code: ModelSourcesRequest | None
    revision: str


@dataclass(frozen=True)
class BaseCode:
    """Code at another revision, below `BASE_DIR`.

    :param root: the source root of the model's module, below `BASE_DIR` too.
    :param problem: why there is no such code, and nothing to measure in turn; empty if there is.
    """

    digest: Digest = EMPTY_DIGEST
    root: str = BASE_DIR
    problem: str = ""


@dataclass(frozen=True)
class _BaseConversionsRequest:
    """Asks for the files that modular models generate at another revision.

    :param tree: the repository's files there.
    """

    models: tuple[ModularFieldSet, ...]
    tree: Snapshot
    commit: str


@dataclass(frozen=True)
class _BaseConversions:
    """Generated files at their places in the repository."""

    snapshot: Snapshot


@rule
async def find_base_code(request: BaseCodeRequest) -> BaseCode:
    if request.code is None:
        return BaseCode(problem="its model has no code of this repository")
    revision, targets = await MultiGet(
        Get(Revision, RevisionRequest(request.revision)),
        Get(ModelTargets, ModelSourcesRequest, request.code),
    )
    if revision.problem:
        return BaseCode(problem=revision.problem)
    model = targets.modular
    if model is None:
        return BaseCode(problem="its model has no code of this repository")
    models = (
        model,
        *(
            ModularFieldSet.create(target)
            for target in targets.others
            if ModularFieldSet.is_applicable(target)
        ),
    )
    paths = {
        path
        for target in targets.others
        if target.has_field(SourcesField)
        for path in _named_files(target[SourcesField])
    }
    order = await Get(ConversionOrder, ConversionOrderRequest(models))
    parents = await MultiGet(
        Get(ModularParents, ModularParentsRequest(converted)) for converted in order.field_sets
    )
    modular_paths = {converted.path for converted in order.field_sets}
    paths |= modular_paths | {path for known in parents for path in known.paths}
    source_root = await Get(SourceRoot, SourceRootRequest, SourceRootRequest.for_file(model.path))
    tree = await Get(RevisionFiles, RevisionFilesRequest(revision, tuple(_patterns(paths))))
    there = await Get(Snapshot, Digest, tree.digest)
    if model.path not in there.files:
        return BaseCode(problem=f"{model.path} does not exist in {request.revision}")
    generated = await Get(_BaseConversions, _BaseConversionsRequest(models, there, revision.commit))
    written = await Get(
        Digest,
        DigestSubset(
            tree.digest, PathGlobs(["**", *(f"!{path}" for path in generated.snapshot.files)])
        ),
    )
    digest = await Get(Digest, MergeDigests((written, generated.snapshot.digest)))
    root = str(PurePosixPath(BASE_DIR, source_root.path))
    return BaseCode(await Get(Digest, AddPrefix(digest, BASE_DIR)), root)


def _named_files(sources: SourcesField) -> Iterable[str]:
    """The files of a target, as its globs name them in the workspace."""
    for glob in sources.globs:
        yield str(PurePosixPath(sources.address.spec_path, glob.lstrip("!")))


def _patterns(paths: Iterable[str]) -> Iterable[str]:
    """Files with what lies beside them: at another revision, they may have imported that.

    A model's package begins in one of the directories above, which say what a library is.
    """
    for path in paths:
        yield path
        for directory in PurePosixPath(path).parents:
            prefix = "" if str(directory) == "." else f"{directory}/"
            yield f"{prefix}*.py"
            yield from (f"{prefix}{file}" for file in LIBRARY_FILES)


@rule
async def convert_base(
    request: _BaseConversionsRequest, field_sets: AllModularFieldSets, python_setup: PythonSetup
) -> _BaseConversions:
    order = await Get(ConversionOrder, ConversionOrderRequest(request.models))
    if order.cycle:
        raise ConversionFailed(order.cycle_message)
    snapshots: dict[str, Snapshot] = {}
    present = [model for model in order.field_sets if model.path in request.tree.files]
    for model in present:
        parents, requirement = await MultiGet(
            Get(ModularParents, ModularParentsRequest(model)),
            Get(ParentsRequirement, ParentsRequirementRequest.create(model, python_setup)),
        )
        installed = None
        if requirement.value is not None:
            sources = await Get(ParentSources, ParentSourcesRequest(requirement))
            installed = sources.digest
        work = work_of(model, python_setup)
        equals = [
            other
            for other in field_sets.of_file(model.path)
            if work_of(other, python_setup) == work
        ]
        converter_input = await Get(
            ConverterInput,
            ConverterRequest(
                tuple(dict.fromkeys((model, *equals))),
                parents.paths,
                installed is not None,
                request.tree.digest,
            ),
        )
        process = await Get(
            Process,
            ConverterProcessRequest(
                command=CONVERT,
                arguments=("--quiet",),
                input=converter_input,
                files=tuple(
                    snapshots[parent.path].digest
                    for parent in parents.generated
                    if parent.path in snapshots
                ),
                installed_parents=installed,
                description=f"Convert {model.path} at {request.commit[:12]}",
                output_directories=(OUTPUT_DIR,),
            ),
        )
        result = await Get(FallibleProcessResult, ToolRun(process))
        if result.exit_code == ExitCode.DONE:
            outputs = await Get(Digest, RemovePrefix(result.output_digest, OUTPUT_DIR))
            snapshots[model.path] = await Get(Snapshot, Digest, outputs)
            continue
        # What it inherited from there may be no parent of it now, and so not in the sandbox. Its
        # generated files are as good, if they are kept in the repository.
        now = await Get(ModelFiles, ModelFilesRequest(model))
        kept = [path for path in now.conversion.snapshot.files if path in request.tree.files]
        if not kept:
            messages = (result.stdout + result.stderr).decode(errors="replace").strip()
            raise ConversionFailed(
                f"{model.path} cannot be converted as it is at {request.commit[:12]}\n{messages}"
            )
        snapshots[model.path] = await Get(
            Snapshot, DigestSubset(request.tree.digest, PathGlobs(kept))
        )
    wanted = {model.path for model in request.models} & snapshots.keys()
    return _BaseConversions(
        await Get(Snapshot, MergeDigests(snapshots[path].digest for path in sorted(wanted)))
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
