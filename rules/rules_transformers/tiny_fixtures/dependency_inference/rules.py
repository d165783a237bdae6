"""Infers the files with the tokenizer and processors of a fixture's model.

They lie beside the model, or belong to another one: the Auto classes find them by their names, so
that no import statement shows what a fixture needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

from pants.backend.python.dependency_inference.module_mapper import (
    PythonModuleOwners,
    PythonModuleOwnersRequest,
    module_from_stripped_path,
)
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField
from pants.core.util_rules.stripped_source_files import StrippedFileName, StrippedFileNameRequest
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import Digest, PathGlobs, Paths
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    FieldSet,
    InferDependenciesRequest,
    InferredDependencies,
    InvalidTargetException,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.tiny_fixtures.target_types import (
    FixtureDependenciesField,
    FixtureModelField,
    FixtureProcessorsField,
    FixtureTokenizerField,
)
from rules_transformers.tiny_fixtures.util_rules.environment import interpreter_constraints
from rules_transformers.tiny_fixtures.util_rules.named_model import NamedModel, NamedModelRequest
from rules_transformers.util_rules.tool_commands import COMPANIONS
from rules_transformers.util_rules.tool_process import ToolProcess
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode

_KINDS = (
    "feature_extraction",
    "image_processing",
    "processing",
    "tokenization",
    "video_processing",
)


@dataclass(frozen=True)
class LibraryCompanionsRequest(EngineAwareParameter):
    """Asks for the companions of all models of a library.

    :param models: the directory that holds a directory for each model, and `auto`.
    :param resolve: the resolve whose interpreter reads the tables.
    """

    models: str
    resolve: str

    def debug_hint(self) -> str:
        return self.models


class LibraryCompanions(FrozenDict[str, tuple[str, ...]]):
    """For the directory of each model, by its name: the files with its tokenizer and processors.

    Empty for what is not a library with Auto classes.
    """


@dataclass(frozen=True)
class CompanionInferenceFieldSet(FieldSet):
    required_fields = (FixtureModelField, FixtureDependenciesField, FixtureTokenizerField)

    model: FixtureModelField
    tokenizer: FixtureTokenizerField
    processors: FixtureProcessorsField
    resolve: PythonResolveField

    @property
    def needs_none(self) -> bool:
        return self.tokenizer.value == "none" and self.processors.value == "false"


class InferCompanions(InferDependenciesRequest[CompanionInferenceFieldSet]):
    infer_from = CompanionInferenceFieldSet


@rule(desc="Find the tokenizers and processors of a library", level=LogLevel.DEBUG)
async def find_library_companions(
    request: LibraryCompanionsRequest, python_setup: PythonSetup
) -> LibraryCompanions:
    # A model may be called `auto`, too.
    marker = await Get(Paths, PathGlobs([f"{request.models}/auto/auto_factory.py"]))
    if not marker.files:
        return LibraryCompanions()
    definitions = (f"{request.models}/*/{kind}_*.py" for kind in _KINDS)
    files = await Get(Digest, PathGlobs([f"{request.models}/auto/*.py", *definitions]))
    process = await Get(
        Process,
        ToolProcess(
            COMPANIONS,
            (request.models,),
            interpreter_constraints(request.resolve, python_setup),
            (files,),
            f"Find the tokenizers and processors of {request.models}",
            level=LogLevel.DEBUG,
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != ExitCode.DONE:
        message = result.stderr.decode(errors="replace").strip()
        raise InvalidTargetException(
            f"The tokenizers and processors of the models in {request.models} cannot be found\n"
            f"{message}"
        )
    paths_of = json.loads(result.stdout)
    return LibraryCompanions({name: tuple(paths) for name, paths in paths_of.items()})


@rule(desc="Infer the tokenizer and processors of a fixture", level=LogLevel.DEBUG)
async def infer_companions(
    request: InferCompanions, python_setup: PythonSetup
) -> InferredDependencies:
    field_set = request.field_set
    address = field_set.address
    models = await Get(NamedModel, NamedModelRequest(address, field_set.model.value))
    if not models or field_set.needs_none:
        return InferredDependencies(())
    wrapped = await Get(
        WrappedTarget, WrappedTargetRequest(models[0], f"the `model` field of {address}")
    )
    if not ModularFieldSet.is_applicable(wrapped.target):
        return InferredDependencies(())
    directory = PurePosixPath(ModularFieldSet.create(wrapped.target).path).parent
    resolve = field_set.resolve.normalized_value(python_setup)
    globs = [f"{directory}/{kind}_*.py" for kind in _KINDS]
    beside, library = await MultiGet(
        Get(Paths, PathGlobs([*globs, f"!{directory}/*_test.py"])),
        Get(LibraryCompanions, LibraryCompanionsRequest(str(directory.parent), resolve)),
    )
    stripped = await MultiGet(
        Get(StrippedFileName, StrippedFileNameRequest(path))
        for path in sorted({*beside.files, *library.get(directory.name, ())})
    )
    owners = await MultiGet(
        Get(
            PythonModuleOwners,
            PythonModuleOwnersRequest(module_from_stripped_path(PurePath(name.value)), resolve),
        )
        for name in stripped
    )
    return InferredDependencies(address for owner in owners for address in owner.unambiguous)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferCompanions),
    )
