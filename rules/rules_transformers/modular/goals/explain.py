"""Asks the converter where a line of a generated file comes from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.docutil import bin_name
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import AllModularFieldSets
from rules_transformers.modular.file_types import is_modular_file
from rules_transformers.modular.util_rules.conversion_order import (
    ConversionOrder,
    ConversionOrderRequest,
    ModularParents,
    ModularParentsRequest,
)
from rules_transformers.modular.util_rules.convert import (
    Conversions,
    ConversionsRequest,
)
from rules_transformers.modular.util_rules.converter_process import ConverterProcessRequest
from rules_transformers.modular.util_rules.library_sources import (
    READ_WITH_MODULARS,
    ParentsRequirement,
    ParentsRequirementRequest,
)
from rules_transformers.modular.util_rules.outline import GeneratedPaths
from rules_transformers.modular.util_rules.request import (
    PARENTS_DIR,
    ConverterInput,
    ConverterRequest,
)
from rules_transformers.modular.util_rules.shown_paths import shown
from rules_transformers.util_rules.distribution_sources import (
    DistributionSources,
    DistributionSourcesRequest,
)
from rules_transformers.util_rules.tool_commands import EXPLAIN
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode


@dataclass(frozen=True)
class Place:
    """What is asked for: `FILE:LINE`, `FILE:Class` or `FILE:Class.method`.

    :param path: the file, relative to the build root.
    :param position: the line, class or method in it.
    """

    path: str
    position: str

    @classmethod
    def parse(cls, text: str, build_root: str) -> Place | None:
        """The parts of a place, or None if `text` names none."""
        path, colon, position = text.partition(".py:")
        if not path or not colon or not position:
            return None
        absolute = os.path.join(build_root, f"{path}.py")
        return cls(os.path.relpath(absolute, build_root).replace(os.sep, "/"), position)


@dataclass(frozen=True)
class ExplainRequest:
    """Asks where a place in a generated file comes from.

    :param content: what the file holds in the workspace, None if it is not there.
    """

    place: Place
    content: bytes | None


@dataclass(frozen=True)
class Explanation:
    """The converter's answer."""

    exit_code: int
    stdout: str
    stderr: str


@rule(desc="Explain a generated line", level=LogLevel.DEBUG)
async def explain(
    request: ExplainRequest,
    field_sets: AllModularFieldSets,
    generated_paths: GeneratedPaths,
    python_setup: PythonSetup,
) -> Explanation:
    path = request.place.path
    owner = next((f for f in field_sets if path in generated_paths.get(f.address, ())), None)
    if owner is None:
        return Explanation(ExitCode.WRONG_INPUT, "", _not_owned(request))
    order, requirement = await MultiGet(
        Get(ConversionOrder, ConversionOrderRequest((owner,))),
        Get(ParentsRequirement, ParentsRequirementRequest.create(owner, python_setup)),
    )
    if order.cycle:
        return Explanation(ExitCode.WRONG_INPUT, "", order.cycle_message)
    ancestors = tuple(field_set for field_set in order.field_sets if field_set != owner)
    conversions = await Get(Conversions, ConversionsRequest(ancestors))
    for conversion in conversions:
        if conversion.exit_code != 0:
            return Explanation(conversion.exit_code, "", conversion.messages)
    parents = await MultiGet(
        Get(ModularParents, ModularParentsRequest(field_set)) for field_set in order.field_sets
    )
    content = [] if request.content is None else [FileContent(path, request.content)]
    current = await Get(Digest, CreateDigest(content))
    installed = None
    if requirement.value is not None:
        sources = await Get(
            DistributionSources,
            DistributionSourcesRequest(
                requirement.value, requirement.interpreter_constraints, READ_WITH_MODULARS
            ),
        )
        installed = sources.digest
    place = f"{path}:{request.place.position}"
    parent_paths = tuple(dict.fromkeys(path for model in parents for path in model.paths))
    converter_input = await Get(
        ConverterInput, ConverterRequest(order.field_sets, parent_paths, installed is not None)
    )
    process = await Get(
        Process,
        ConverterProcessRequest(
            command=EXPLAIN,
            arguments=(place,),
            input=converter_input,
            files=(current, *(conversion.snapshot.digest for conversion in conversions)),
            installed_parents=installed,
            description=f"Explain {place}",
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    messages = shown(result.stderr.decode(errors="replace"), None)
    return Explanation(result.exit_code, _shown(result.stdout), messages.strip())


def _not_owned(request: ExplainRequest) -> str:
    path = request.place.path
    if is_modular_file(path):
        return (
            f"{path}: modular files are written by hand\n"
            "hint: ask about a file that is generated from it"
        )
    if request.content is None:
        return f"{path}: there is no such file\nhint: check the spelling of the path"
    directory = PurePosixPath(path).parent
    return (
        f"{path}: no modular model generates this file\n"
        f"hint: edit the file itself; if a modular file beside it should generate it, "
        f"`{bin_name()} tailor {directory}:` adds its target"
    )


def _shown(output: bytes) -> str:
    """The output with the paths in the distribution as they are there, not as in the sandbox."""
    return output.decode(errors="replace").replace(f"{PARENTS_DIR}/", "")


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
