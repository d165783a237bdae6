"""Converts modular files, in groups; their parents in the repository are converted first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.addresses import Address
from pants.engine.collection import Collection
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    EMPTY_SNAPSHOT,
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    DigestSubset,
    FileEntry,
    MergeDigests,
    PathGlobs,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.docutil import bin_name
from pants.util.frozendict import FrozenDict

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.util_rules.conversion_groups import (
    ConversionGroup,
    ConversionGroups,
    described,
)
from rules_transformers.modular.util_rules.conversion_order import (
    ConversionOrder,
    ConversionOrderRequest,
    ModularParents,
    ModularParentsRequest,
)
from rules_transformers.modular.util_rules.converter_process import ConverterProcessRequest
from rules_transformers.modular.util_rules.library_sources import (
    ParentSources,
    ParentSourcesRequest,
    ParentsRequirement,
    ParentsRequirementRequest,
)
from rules_transformers.modular.util_rules.ownership import OwnershipConflicts
from rules_transformers.modular.util_rules.request import (
    NOTHING_RENAMED,
    OUTPUT_DIR,
    ConverterGroupRequest,
    ConverterInput,
    GroupMember,
    output_dir,
)
from rules_transformers.modular.util_rules.shown_paths import shown, shown_in_report
from rules_transformers.util_rules.tool_commands import GROUP_CONVERT
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode

RESULTS_FILE = "__results.json"


@dataclass(frozen=True)
class ConvertRequest(EngineAwareParameter):
    """Asks for the generated files of one modular model."""

    field_set: ModularFieldSet

    def debug_hint(self) -> str:
        return self.field_set.address.spec


@dataclass(frozen=True)
class Report:
    """Findings as a SARIF log.

    :param log: the text of the log without its findings, which all conversions share.
    :param results: the text of the list of findings.
    :param is_successful: whether the conversion could be done.
    """

    log: str
    results: str
    is_successful: bool


@dataclass(frozen=True)
class Conversion:
    """What converting one modular model gave.

    :param snapshot: the generated files, at their places in the repository; empty on failure.
    :param exit_code: the converter's exit code.
    :param messages: the errors and warnings that the converter found.
    :param report: these as a SARIF log; None if the converter did not run.
    :param renamed: by the path of a generated file, the words and addresses that renaming made in
        it. What is wrong with them is reported here, and not for the children.
    :param cause: the messages of the ancestor that this model was not converted for.
    """

    snapshot: Snapshot
    exit_code: int
    messages: str
    report: Report | None = None
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


class GroupConversions(FrozenDict[Address, Conversion]):
    """The conversion of each member of a `ConversionGroup`."""


@dataclass(frozen=True)
class _Work:
    """A modular file to convert, with parents that could be converted.

    :param field_sets: its targets; they differ in their `outputs` only.
    :param parent_paths: files of the repository that it inherits from, besides generated ones.
    :param generated: the files that are generated for its parents.
    :param renamed: what renaming made in these.
    """

    field_sets: tuple[ModularFieldSet, ...]
    parent_paths: tuple[str, ...]
    generated: tuple[Snapshot, ...]
    renamed: FrozenDict[str, tuple[str, ...]]

    @property
    def path(self) -> str:
        """The modular file."""
        return self.field_sets[0].path


@dataclass(frozen=True)
class _Run:
    """Asks for a process that converts modular files, each as if it were alone.

    Files of the repository are in it by their digests, and nothing is read for it. If it read them,
    a change would start its process again before Pants knows that the parents have changed, too.

    :param distribution: what the other parents are from, e.g. `transformers==5.24.0`, if anything.
    :param installed: that distribution's sources.
    :param input: what the process reads besides parents.
    """

    works: tuple[_Work, ...]
    distribution: str | None
    installed: Digest | None
    input: ConverterInput


class _RunResult(Collection[Conversion]):
    """The conversion of each `_Work` of a `_Run`, with the files of all its targets."""


class ConversionFailed(Exception):
    """A modular model could not be converted."""


def _failed(exit_code: int, messages: str, cause: str = "") -> Conversion:
    return Conversion(EMPTY_SNAPSHOT, exit_code, messages, cause=cause)


def _failure_of_parents(
    member: ModularFieldSet, parents: ModularParents, conversions: Conversions
) -> Conversion | None:
    """The failed conversion of a model whose parents cannot be had; None if they can."""
    if parents.problem:
        return _failed(ExitCode.WRONG_INPUT, parents.problem)
    for parent, conversion in zip(parents.generated, conversions):
        if conversion.exit_code != ExitCode.DONE:
            return _failed(
                conversion.exit_code,
                f"{member.path}: not converted, because its parent {parent.path} was not",
                conversion.cause or conversion.messages,
            )
    return None


def _layers(works: tuple[_Work, ...]) -> list[tuple[_Work, ...]]:
    """The works in as few sandboxes as they fit in.

    A file that is generated by two targets, as for two resolves, may have two contents: what needs
    one of them cannot be in a sandbox with the other.
    """
    layers: list[tuple[dict[str, Digest], list[_Work]]] = []
    for work in works:
        digest_of = {path: files.digest for files in work.generated for path in files.files}
        fitting = (
            layer
            for layer in layers
            if all(layer[0].get(path, digest) == digest for path, digest in digest_of.items())
        )
        layer = next(fitting, None)
        if layer is None:
            layers.append(({}, []))
        known, members = layer or layers[-1]
        known.update(digest_of)
        members.append(work)
    return [tuple(members) for _, members in layers]


async def _conversions(run: _Run, results: dict[str, Any], entries: DigestEntries) -> _RunResult:
    """What the results of a process say of each member, and which files are its own."""
    log = json.dumps(results["log"])
    snapshots = await MultiGet(
        Get(Snapshot, CreateDigest(_below(output_dir(number), entries)))
        for number in range(len(run.works))
    )
    return _RunResult(
        Conversion(
            snapshot if member["exit_code"] == ExitCode.DONE else EMPTY_SNAPSHOT,
            member["exit_code"],
            shown(member["messages"], run.distribution),
            Report(
                log,
                json.dumps(shown_in_report(member["results"], run.distribution)),
                member["exit_code"] == ExitCode.DONE,
            ),
            FrozenDict((path, tuple(words)) for path, words in member["renamed"].items()),
        )
        for member, snapshot in zip(results["members"], snapshots)
    )


def _below(directory: str, entries: DigestEntries) -> list[FileEntry]:
    """The files in a directory, by their paths in it."""
    prefix = f"{directory}/"
    return [
        replace(entry, path=entry.path[len(prefix) :])
        for entry in entries
        if isinstance(entry, FileEntry) and entry.path.startswith(prefix)
    ]


@rule
async def convert_modular_file(request: ConvertRequest, groups: ConversionGroups) -> Conversion:
    field_set = request.field_set
    conflicts, order = await MultiGet(
        Get(OwnershipConflicts),
        Get(ConversionOrder, ConversionOrderRequest((field_set,))),
    )
    conflict = conflicts.get(field_set.path, order.cycle_message if order.cycle else "")
    if conflict:
        # Whatever its parents hold.
        return _failed(ExitCode.WRONG_INPUT, conflict)
    group = groups.get(field_set.address)
    if group is None or field_set not in group.members:
        group = ConversionGroup((field_set,))
    conversions = await Get(GroupConversions, ConversionGroup, group)
    conversion = conversions[field_set.address]
    if field_set.outputs.value is None or not conversion.snapshot.files:
        return conversion
    paths = [path for path in conversion.snapshot.files if field_set.asks_for(path)]
    snapshot = await Get(Snapshot, DigestSubset(conversion.snapshot.digest, PathGlobs(paths)))
    return replace(conversion, snapshot=snapshot)


@rule
async def convert_group(
    group: ConversionGroup, conflicts: OwnershipConflicts, python_setup: PythonSetup
) -> GroupConversions:
    # Those with a conflict are not asked for here.
    members = [member for member in group.members if member.path not in conflicts]
    conversion_of: dict[Address, Conversion] = {}
    all_parents = await MultiGet(
        Get(ModularParents, ModularParentsRequest(member)) for member in members
    )
    of_parents = await MultiGet(
        Get(Conversions, ConversionsRequest(parents.generated)) for parents in all_parents
    )
    works: dict[tuple[str, ModularParents], _Work] = {}
    for member, parents, conversions in zip(members, all_parents, of_parents):
        failure = _failure_of_parents(member, parents, conversions)
        if failure is not None:
            conversion_of[member.address] = failure
            continue
        known = works.get((member.path, parents))
        works[member.path, parents] = _Work(
            (*(known.field_sets if known else ()), member),
            parents.paths,
            tuple(conversion.snapshot for conversion in conversions),
            FrozenDict(item for conversion in conversions for item in conversion.renamed.items()),
        )
    if not works:
        return GroupConversions(conversion_of)
    requirement = await Get(
        ParentsRequirement, ParentsRequirementRequest.create(group.members[0], python_setup)
    )
    installed = None
    if requirement.value is not None:
        sources = await Get(ParentSources, ParentSourcesRequest(requirement))
        if sources.problem:
            for work in works.values():
                message = f"{work.path}: error: {sources.problem}"
                failure = _failed(ExitCode.ENVIRONMENT_LACKS, message)
                conversion_of.update((member.address, failure) for member in work.field_sets)
            return GroupConversions(conversion_of)
        installed = sources.digest
    layers = _layers(tuple(works.values()))
    inputs = await MultiGet(
        Get(ConverterInput, ConverterGroupRequest, _input_request(layer, installed))
        for layer in layers
    )
    runs = [
        _Run(layer, requirement.value, installed, converter_input)
        for layer, converter_input in zip(layers, inputs)
    ]
    results = await MultiGet(Get(_RunResult, _Run, run) for run in runs)
    for run, result in zip(runs, results):
        for work, conversion in zip(run.works, result):
            conversion_of.update((member.address, conversion) for member in work.field_sets)
    return GroupConversions(conversion_of)


def _input_request(works: Iterable[_Work], installed: Digest | None) -> ConverterGroupRequest:
    return ConverterGroupRequest(
        tuple(
            GroupMember(
                work.field_sets,
                work.parent_paths,
                tuple(path for files in work.generated for path in files.files),
                work.renamed,
            )
            for work in works
        ),
        installed is not None,
    )


@rule
async def run_converter(run: _Run) -> _RunResult:
    generated = tuple(dict.fromkeys(files.digest for work in run.works for files in work.generated))
    entries = await Get(DigestEntries, MergeDigests((run.input.sources, *generated)))
    fingerprints = {
        entry.path: entry.file_digest.fingerprint
        for entry in entries
        if isinstance(entry, FileEntry)
    }
    process = await Get(
        Process,
        ConverterProcessRequest(
            command=GROUP_CONVERT,
            arguments=(f"--results={RESULTS_FILE}",),
            input=run.input,
            files=generated,
            installed_parents=run.installed,
            description=f"Convert {described([work.field_sets[0] for work in run.works])}",
            output_directories=(OUTPUT_DIR,),
            output_files=(RESULTS_FILE,),
            members=tuple(member.digest(fingerprints) for member in run.input.members),
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    results = await Get(
        DigestContents, DigestSubset(result.output_digest, PathGlobs([RESULTS_FILE]))
    )
    if results:
        entries = await Get(DigestEntries, Digest, result.output_digest)
        return await _conversions(run, json.loads(results[0].content), entries)
    if len(run.works) > 1:
        # Something ended it that cannot be one member's answer: alone, it is that member's.
        inputs = await MultiGet(
            Get(ConverterInput, ConverterGroupRequest, _input_request((work,), run.installed))
            for work in run.works
        )
        alone = await MultiGet(
            Get(_RunResult, _Run, replace(run, works=(work,), input=converter_input))
            for work, converter_input in zip(run.works, inputs)
        )
        return _RunResult(conversion for conversions in alone for conversion in conversions)
    output = (result.stdout + result.stderr).decode(errors="replace").strip()
    return _RunResult([_failed(result.exit_code, shown(output, run.distribution))])


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
