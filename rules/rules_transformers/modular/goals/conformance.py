"""The `modular-conformance` goal: whether the converter fits a release of the parents."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pants.backend.python.subsystems.setup import PythonSetup
from pants.base.build_root import BuildRoot
from pants.engine.console import Console
from pants.engine.fs import (
    EMPTY_DIGEST,
    CreateDigest,
    Digest,
    DigestContents,
    Directory,
    MergeDigests,
    PathGlobs,
    Snapshot,
)
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import FallibleProcessResult, Process, ProcessExecutionFailure
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule, rule
from pants.engine.target import FilteredTargets
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption, StrListOption, StrOption
from pants.util.docutil import bin_name
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel
from pants.util.strutil import help_text, softwrap

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.modular.util_rules.library_sources import (
    ParentsRequirement,
    ParentsRequirementRequest,
    reason_of,
)
from rules_transformers.modular.util_rules.request import OUTPUT_DIR, PARENTS_DIR
from rules_transformers.modular.util_rules.shown_paths import shown
from rules_transformers.util_rules.atomic_write import write_atomically
from rules_transformers.util_rules.distribution_sources import (
    DistributionSources,
    DistributionSourcesRequest,
)
from rules_transformers.util_rules.tool_commands import CONFORMANCE
from rules_transformers.util_rules.tool_process import ToolProcess
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode

# Modular files, what they inherit from, and what they generated.
_READ = ("*/__init__.py", "*/models/**/*.py")
_VERSION = re.compile(r"\d+(\.\d+)+\w*")
_EXTENSION = ".json"


class ConformanceSubsystem(GoalSubsystem):
    name = "modular-conformance"
    help = help_text(
        """
        Convert every modular file of a release of the parents, and compare with what it ships.

        By default, the releases that the given modular models inherit from; without any, those of
        all modular models. The exit code is 1 if a file differs. The switches of the converter's
        profile that would make such files identical are named.
        """
    )

    release = StrListOption(
        metavar="VERSION|DIR",
        help=softwrap(
            """
            Compare these instead: versions of `[modular-converter].parents_distribution`, or
            directories of the repository that hold the package.
            """
        ),
    )
    from_scratch = BoolOption(
        default=False,
        help="Hide the generated files, so that children are converted from converted parents.",
    )
    search = BoolOption(
        default=True, help="Try the switches of the converter's profile on files that differ."
    )
    write_profile = StrOption(
        default=None,
        metavar="FILE",
        help=softwrap(
            """
            Write the switches that were found to this file of the repository, for
            `[modular-converter].profile`. Its name must end in `.json`.
            """
        ),
    )


class Conformance(Goal):
    subsystem_cls = ConformanceSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class ReleaseRequest:
    """Asks for the sources of a release.

    :param name: a pinned requirement, or a directory of the repository.
    :param interpreter_constraints: those that a distribution is fetched for; None for a directory.
    """

    name: str
    interpreter_constraints: tuple[str, ...] | None


@dataclass(frozen=True)
class Release:
    """The sources of a release, at the root of the digest.

    :param problem: why there are none, for messages; empty if there are some.
    """

    digest: Digest
    problem: str = ""


@rule(desc="Collect a release to compare with", level=LogLevel.DEBUG)
async def collect_release(request: ReleaseRequest) -> Release:
    if request.interpreter_constraints is None:
        if request.name.startswith(".."):
            return Release(
                EMPTY_DIGEST,
                f"{request.name}: the directory lies outside of the repository\n"
                "hint: `modular_converter conformance` compares with any directory",
            )
        globs = (f"{request.name}/{start}{glob}" for start in ("", "src/") for glob in _READ)
        snapshot = await Get(Snapshot, PathGlobs(globs))
        if snapshot.files:
            return Release(snapshot.digest)
        return Release(
            EMPTY_DIGEST,
            f"{request.name}: the directory does not hold the sources of a library\n"
            "hint: name a version, or the directory of the repository that the package is in",
        )
    try:
        sources = await Get(
            DistributionSources,
            DistributionSourcesRequest(request.name, request.interpreter_constraints, _READ),
        )
    except ProcessExecutionFailure as failure:
        reason = reason_of(failure.stderr.decode(errors="replace"))
        return Release(
            EMPTY_DIGEST,
            f"{request.name} cannot be fetched:\n{reason}\n"
            "hint: check the version, and the index that pip uses",
        )
    if not sources.files:
        return Release(
            EMPTY_DIGEST,
            f"{request.name} has no model sources: expected <package>/models/<model>/modular_"
            "<model>.py and the like\nhint: name the distribution of the parents in "
            "`[modular-converter].parents_distribution`",
        )
    return Release(sources.digest)


def _usage_problem(subsystem: ConformanceSubsystem, count: int, root: str) -> str:
    """What is wrong with the options, given how many releases there are to compare."""
    if subsystem.write_profile is None:
        return ""
    if _in_repository(root, subsystem.write_profile).startswith(".."):
        return "`--write-profile` must name a file of the repository"
    if not subsystem.write_profile.endswith(_EXTENSION):
        return f"the name of `--write-profile` must end in {_EXTENSION}"
    if count != 1 or not subsystem.search:
        return "`--write-profile` needs one release and a search"
    return ""


def _in_repository(root: str, path: str) -> str:
    """A path as the repository's root sees it; it begins with `..` if it lies elsewhere."""
    return os.path.relpath(os.path.join(root, path), root).replace(os.sep, "/")


async def _releases(
    root: str,
    subsystem: ConformanceSubsystem,
    converter: ModularConverter,
    python_setup: PythonSetup,
    field_sets: Iterable[ModularFieldSet],
) -> dict[str, ReleaseRequest]:
    """The releases to compare with, by the names that people know them by."""
    if subsystem.release:
        distribution = converter.parents_distribution
        return {
            name: ReleaseRequest(
                f"{distribution}=={name}", tuple(python_setup.interpreter_constraints)
            )
            if _VERSION.fullmatch(name)
            else ReleaseRequest(_in_repository(root, name), None)
            for name in subsystem.release
        }
    requirements = await MultiGet(
        Get(ParentsRequirement, ParentsRequirementRequest.create(field_set, python_setup))
        for field_set in field_sets
    )
    return {
        requirement.value: ReleaseRequest(requirement.value, requirement.interpreter_constraints)
        for requirement in sorted(requirements, key=lambda one: one.value or "")
        if requirement.value is not None
    }


def _process(
    subsystem: ConformanceSubsystem,
    converter: ModularConverter,
    python_setup: PythonSetup,
    request: ReleaseRequest,
    digests: tuple[Digest, Digest],
    found: str,
) -> ToolProcess:
    """The comparison with a release.

    :param digests: the release, and what else the sandbox gets.
    :param found: where it leaves the profile, if that is asked for.
    """
    release, others = digests
    is_installed = request.interpreter_constraints is not None
    options = {
        f"--profile={converter.profile}": converter.profile is not None,
        "--from-scratch": subsystem.from_scratch,
        "--no-search": not subsystem.search,
        f"--write-profile={found}": subsystem.write_profile is not None,
    }
    directory = PARENTS_DIR if is_installed else request.name
    return ToolProcess(
        CONFORMANCE,
        (f"--release={directory}", *(option for option, is_given in options.items() if is_given)),
        converter.pex_request(python_setup),
        (others,) if is_installed else (others, release),
        f"Compare conversions with {request.name}",
        # A profile is left there or not.
        output_directories=(OUTPUT_DIR,),
        immutable_inputs=FrozenDict({PARENTS_DIR: release} if is_installed else {}),
    )


def _write(console: Console, root: Path, contents: DigestContents) -> int:
    """Writes the profile, if one was found; returns the exit code for it."""
    for file in contents:
        path = file.path[len(f"{OUTPUT_DIR}/") :]
        try:
            write_atomically(root / path, file.content)
        except OSError as error:
            console.print_stderr(f"{path}: cannot be written: {error.strerror}")
            return ExitCode.ENVIRONMENT_LACKS
    return ExitCode.DONE


@goal_rule
async def conformance(
    console: Console,
    build_root: BuildRoot,
    subsystem: ConformanceSubsystem,
    converter: ModularConverter,
    python_setup: PythonSetup,
    targets: FilteredTargets,
    all_field_sets: AllModularFieldSets,
) -> Conformance:
    field_sets = [
        ModularFieldSet.create(target)
        for target in targets
        if ModularFieldSet.is_applicable(target)
    ]
    root = build_root.path
    named = await _releases(root, subsystem, converter, python_setup, field_sets or all_field_sets)
    if not named:
        console.print_stderr(
            "No modular model inherits from a distribution\n"
            f"hint: name a release, as in `{bin_name()} modular-conformance --release=5.24.0`"
        )
        return Conformance(ExitCode.WRONG_INPUT)
    problem = _usage_problem(subsystem, len(named), root)
    if problem:
        console.print_stderr(problem)
        return Conformance(ExitCode.WRONG_INPUT)
    releases = await MultiGet(Get(Release, ReleaseRequest, request) for request in named.values())
    found = f"{OUTPUT_DIR}/{_in_repository(root, subsystem.write_profile or '')}"
    profile, output_directory = await MultiGet(
        Get(Digest, PathGlobs, converter.profile_globs),
        Get(Digest, CreateDigest([Directory(os.path.dirname(found))])),
    )
    others = await Get(Digest, MergeDigests((profile, output_directory)))
    exit_code = 0
    for release, (name, request) in zip(releases, named.items()):
        if release.problem:
            console.print_stderr(release.problem)
            exit_code = max(exit_code, ExitCode.WRONG_INPUT)
            continue
        process = await Get(
            Process,
            ToolProcess,
            _process(subsystem, converter, python_setup, request, (release.digest, others), found),
        )
        result = await Get(FallibleProcessResult, ToolRun(process))
        console.print_stdout(shown(result.stdout.decode(errors="replace"), None), end="")
        if result.stderr:
            console.print_stderr(shown(result.stderr.decode(errors="replace"), name), end="")
        written = await Get(DigestContents, Digest, result.output_digest)
        exit_code = max(exit_code, result.exit_code, _write(console, Path(root), written))
    return Conformance(exit_code)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
