"""Converts modular files; their parents in the repository are converted first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.addresses import Address
from pants.engine.collection import Collection
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    EMPTY_DIGEST,
    EMPTY_SNAPSHOT,
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    DigestSubset,
    FileContent,
    FileEntry,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.docutil import bin_name
from pants.util.frozendict import FrozenDict

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.util_rules.conversion_order import (
    ConversionOrder,
    ConversionOrderRequest,
    ModularParents,
    ModularParentsRequest,
)
from rules_transformers.modular.util_rules.converter_process import ConverterProcessRequest
from rules_transformers.modular.util_rules.library_sources import (
    ParentSources,
    ParentsRequirement,
    ParentsRequirementRequest,
)
from rules_transformers.modular.util_rules.ownership import OwnershipConflicts
from rules_transformers.modular.util_rules.request import NOTHING_RENAMED, OUTPUT_DIR
from rules_transformers.modular.util_rules.shown_paths import shown, shown_in_report
from rules_transformers.util_rules.tool_commands import CONVERT
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode

REPORT_FILE = "__findings.sarif"


@dataclass(frozen=True)
class ConvertRequest(EngineAwareParameter):
    """Asks for the generated files of one modular model."""

    field_set: ModularFieldSet

    def debug_hint(self) -> str:
        return self.field_set.address.spec


@dataclass(frozen=True)
class Conversion:
    """What converting one modular model gave.

    :param snapshot: the generated files, at their places in the repository; empty on failure.
    :param exit_code: the converter's exit code.
    :param messages: the errors and warnings that the converter found.
    :param report: these as a SARIF log, in a file called `REPORT_FILE`.
    :param renamed: by the path of a generated file, the words and addresses that renaming made in
        it. What is wrong with them is reported here, and not for the children.
    :param cause: the messages of the ancestor that this model was not converted for.
    """

    snapshot: Snapshot
    exit_code: int
    messages: str
    report: Digest = EMPTY_DIGEST
    renamed: FrozenDict[str, tuple[str, ...]] = NOTHING_RENAMED
    cause: str = ""

    @property
    def whole_story(self) -> str:
        """The messages, with those of the parent that they are about."""
        return f"{self.messages}\n{self.cause}" if self.cause else self.messages


@dataclass(frozen=True)
class ConversionsRequest:
    """Asks for the conversions of models whose files are to lie in one tree."""

    field_sets: tuple[ModularFieldSet, ...]


class Conversions(Collection[Conversion]):
    """One for each model of a `ConversionsRequest`, in its order.

    Models that generate different contents for one path have failed, with one message for all.
    """


@dataclass(frozen=True)
class _ReportRequest:
    """Asks for the report among the outputs of a conversion.

    :param parents: the distribution that the parents are from, if any.
    """

    output_digest: Digest
    parents: str | None


@dataclass(frozen=True)
class _Report:
    """The findings as a SARIF log with paths that people know, and what renaming made."""

    digest: Digest
    renamed: FrozenDict[str, tuple[str, ...]]


class ConversionFailed(Exception):
    """A modular model could not be converted."""


@dataclass(frozen=True)
class _Parents:
    """What a model inherits from, converted and fetched.

    :param paths: files of the repository, besides generated ones.
    :param conversions: of the parents that are generated.
    :param distribution: what the other parents are from, e.g. `transformers==5.23.0`, if anything.
    :param installed: that distribution's sources.
    """

    paths: tuple[str, ...]
    conversions: tuple[Conversion, ...]
    distribution: str | None
    installed: Digest | None


def _failed(exit_code: int, messages: str, cause: str = "") -> Conversion:
    return Conversion(EMPTY_SNAPSHOT, exit_code, messages, cause=cause)


async def _find_conflict(field_set: ModularFieldSet) -> str:
    """Why a model cannot be converted whatever its parents hold; empty if it can."""
    conflicts, order = await MultiGet(
        Get(OwnershipConflicts),
        Get(ConversionOrder, ConversionOrderRequest((field_set,))),
    )
    if order.cycle:
        return conflicts.get(field_set.path, order.cycle_message)
    return conflicts.get(field_set.path, "")


async def _resolve_parents(
    field_set: ModularFieldSet, python_setup: PythonSetup
) -> _Parents | Conversion:
    """The parents of a model, or its failed conversion if they cannot be had."""
    parents, requirement = await MultiGet(
        Get(ModularParents, ModularParentsRequest(field_set)),
        Get(ParentsRequirement, ParentsRequirementRequest.create(field_set, python_setup)),
    )
    if parents.problem:
        return _failed(ExitCode.WRONG_INPUT, parents.problem)
    conversions = await Get(Conversions, ConversionsRequest(parents.generated))
    for parent, conversion in zip(parents.generated, conversions):
        if conversion.exit_code != ExitCode.DONE:
            return _failed(
                conversion.exit_code,
                f"{field_set.path}: not converted, because its parent {parent.path} was not",
                conversion.cause or conversion.messages,
            )
    installed = None
    if requirement.value is not None:
        sources = await Get(ParentSources, ParentsRequirement, requirement)
        if sources.problem:
            return _failed(
                ExitCode.ENVIRONMENT_LACKS, f"{field_set.path}: error: {sources.problem}"
            )
        installed = sources.digest
    return _Parents(parents.paths, tuple(conversions), requirement.value, installed)


@rule
async def convert_modular_file(request: ConvertRequest, python_setup: PythonSetup) -> Conversion:
    field_set = request.field_set
    conflict = await _find_conflict(field_set)
    if conflict:
        return _failed(ExitCode.WRONG_INPUT, conflict)
    parents = await _resolve_parents(field_set, python_setup)
    if isinstance(parents, Conversion):
        return parents
    process = await Get(
        Process,
        ConverterProcessRequest(
            command=CONVERT,
            arguments=("--quiet", f"--sarif={REPORT_FILE}"),
            field_sets=(field_set,),
            parent_paths=parents.paths,
            files=tuple(conversion.snapshot.digest for conversion in parents.conversions),
            installed_parents=parents.installed,
            description=f"Convert {field_set.path}",
            output_directories=(OUTPUT_DIR,),
            output_files=(REPORT_FILE,),
            renamed=FrozenDict(
                item for conversion in parents.conversions for item in conversion.renamed.items()
            ),
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    output = (result.stdout + result.stderr).decode(errors="replace").strip()
    messages = shown(output, parents.distribution)
    report, generated = await MultiGet(
        Get(_Report, _ReportRequest(result.output_digest, parents.distribution)),
        Get(Digest, DigestSubset(result.output_digest, PathGlobs([f"{OUTPUT_DIR}/**"]))),
    )
    if result.exit_code != ExitCode.DONE:
        return Conversion(EMPTY_SNAPSHOT, result.exit_code, messages, report.digest)
    snapshot = await Get(Snapshot, RemovePrefix(generated, OUTPUT_DIR))
    return Conversion(snapshot, ExitCode.DONE, messages, report.digest, report.renamed)


@rule
async def read_report(request: _ReportRequest) -> _Report:
    contents = await Get(
        DigestContents, DigestSubset(request.output_digest, PathGlobs([REPORT_FILE]))
    )
    if not contents:
        return _Report(EMPTY_DIGEST, NOTHING_RENAMED)
    log = json.loads(contents[0].content)
    properties = [run.pop("properties", {}) for run in log["runs"]]
    text = json.dumps(shown_in_report(log, request.parents), indent=1) + "\n"
    digest = await Get(Digest, CreateDigest([FileContent(REPORT_FILE, text.encode())]))
    return _Report(
        digest,
        FrozenDict(
            (path, tuple(words))
            for bag in properties
            for path, words in bag.get("renamed", {}).items()
        ),
    )


@rule
async def convert_modular_files(request: ConversionsRequest) -> Conversions:
    conversions = await MultiGet(
        Get(Conversion, ConvertRequest(field_set)) for field_set in request.field_sets
    )
    all_entries = await MultiGet(
        Get(DigestEntries, Digest, conversion.snapshot.digest) for conversion in conversions
    )
    addresses_of: dict[str, dict[str, list[Address]]] = defaultdict(lambda: defaultdict(list))
    for field_set, entries in zip(request.field_sets, all_entries):
        for entry in entries:
            if isinstance(entry, FileEntry):
                fingerprint = entry.file_digest.fingerprint
                addresses_of[entry.path][fingerprint].append(field_set.address)
    message_of: dict[Address, str] = {}
    for path, by_content in sorted(addresses_of.items()):
        if len(by_content) > 1:
            addresses = sorted(address for group in by_content.values() for address in group)
            for address in addresses:
                message_of.setdefault(address, _collision(path, addresses))
    return Conversions(
        replace(
            conversion,
            snapshot=EMPTY_SNAPSHOT,
            exit_code=ExitCode.WRONG_INPUT,
            messages=message_of[field_set.address],
        )
        if field_set.address in message_of
        else conversion
        for field_set, conversion in zip(request.field_sets, conversions)
    )


def _collision(path: str, addresses: Iterable[Address]) -> str:
    specs = [address.spec for address in addresses]
    return (
        f"{path}: error: several targets generate this file, with different contents:\n"
        + "".join(f"  {spec}\n" for spec in specs)
        + "hint: give them different `outputs`, or keep one of them; "
        f"`{bin_name()} generate '{specs[0]}'` writes the files of that one alone"
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
