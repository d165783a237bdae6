"""The `generate` goal: brings the generated files of the workspace up to date."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pants.base.build_root import BuildRoot
from pants.engine.console import Console
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    FileEntry,
    Workspace,
)
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule
from pants.engine.target import FilteredTargets
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption, StrOption
from pants.util.docutil import bin_name
from pants.util.strutil import help_text, pluralize, softwrap

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.file_types import BANNER_LENGTH
from rules_transformers.modular.goals.explain import ExplainRequest, Explanation, Place
from rules_transformers.modular.goals.lint_findings import distinct
from rules_transformers.modular.util_rules.conversion_order import (
    ConversionOrder,
    ConversionOrderRequest,
)
from rules_transformers.modular.util_rules.convert import (
    Conversion,
    Conversions,
    ConversionsRequest,
)
from rules_transformers.modular.util_rules.leftovers import leftover_messages
from rules_transformers.modular.util_rules.outline import GeneratedPaths
from rules_transformers.modular.util_rules.staleness import difference, generate_command
from rules_transformers.util_rules.atomic_write import write_atomically
from rules_transformers_contract.exit_codes import ExitCode


class GenerateSubsystem(GoalSubsystem):
    name = "generate"
    help = help_text(
        """
        Convert modular models, and write the generated files that changed. Their parents in this
        repository are converted too.
        """
    )

    check = BoolOption(
        default=False,
        help=softwrap(
            """
            Write nothing: print a diff for each stale file and a line for each missing one, and
            exit with 1 if there is any.
            """
        ),
    )

    explain = StrOption(
        default=None,
        metavar="FILE:LINE",
        help=softwrap(
            """
            Write nothing: show where this line of a generated file comes from, through all
            generations of parents and renames. `FILE:Class` and
            `FILE:Class.method` explain all lines of a class or method.
            """
        ),
    )


class Generate(Goal):
    subsystem_cls = GenerateSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class _Outcome:
    """How one modular model's generated files compare with the workspace."""

    field_set: ModularFieldSet
    conversion: Conversion
    stale: tuple[FileEntry, ...]


async def _explain(
    console: Console, root: Path, subsystem: GenerateSubsystem, targets: FilteredTargets
) -> Generate:
    place = Place.parse(subsystem.explain or "", str(root))
    if place is None or subsystem.check or targets:
        console.print_stderr(
            "`--explain` takes FILE:LINE, FILE:Class or FILE:Class.method, and goes neither with "
            "`--check` nor with specs\n"
            f"hint: `{bin_name()} generate --explain=models/x/modeling_x.py:120`"
        )
        return Generate(ExitCode.WRONG_INPUT)
    explanation = await Get(Explanation, ExplainRequest(place, _read(root / place.path)))
    console.print_stdout(explanation.stdout, end="")
    if explanation.stderr:
        console.print_stderr(explanation.stderr)
    return Generate(explanation.exit_code)


async def _convert(root: Path, field_sets: tuple[ModularFieldSet, ...]) -> list[_Outcome]:
    """Converts models, and compares what they generate with the workspace."""
    conversions = await Get(Conversions, ConversionsRequest(field_sets))
    entries = await MultiGet(
        Get(DigestEntries, Digest, conversion.snapshot.digest) for conversion in conversions
    )
    return sorted(
        (
            _Outcome(field_set, conversion, _stale(root, files))
            for field_set, conversion, files in zip(field_sets, conversions, entries)
        ),
        key=lambda outcome: outcome.field_set.address,
    )


def _check(console: Console, root: Path, outcomes: list[_Outcome], fresh: DigestContents) -> int:
    """Prints what is stale; returns the exit code for it."""
    for file in fresh:
        text = difference(file.path, _read(root / file.path), file.content)
        console.print_stdout(text, end="")
    _report(console.print_stderr, outcomes, "stale")
    if not fresh:
        return ExitCode.DONE
    stale = [outcome.field_set.address for outcome in outcomes if outcome.stale]
    console.print_stderr(f"hint: `{generate_command(stale)}` brings them up to date")
    return ExitCode.ANSWER_IS_NO


def _bring_up_to_date(
    console: Console, root: Path, outcomes: list[_Outcome], fresh: DigestContents
) -> int:
    """Writes what is stale, and prints it; returns the exit code for it."""
    errors = _write(root, fresh)
    for message in errors.values():
        console.print_stderr(message)
    if errors:
        console.print_stderr(
            f"{pluralize(len(errors), 'file')} not written, and as before\n"
            f"hint: make room and check the permissions, then run `{bin_name()} generate` again"
        )
    _report(console.print_stdout, outcomes, "changed", unwritten=frozenset(errors))
    return ExitCode.ENVIRONMENT_LACKS if errors else ExitCode.DONE


@goal_rule
async def generate(
    console: Console,
    # Not used. What a goal does not take itself is a parameter of everything below it, and the
    # rule graph holds all of that once more for each set of parameters.
    _workspace: Workspace,
    build_root: BuildRoot,
    subsystem: GenerateSubsystem,
    targets: FilteredTargets,
    all_field_sets: AllModularFieldSets,
    generated_paths: GeneratedPaths,
) -> Generate:
    if subsystem.explain is not None:
        return await _explain(console, Path(build_root.path), subsystem, targets)
    selected = tuple(
        ModularFieldSet.create(target)
        for target in targets
        if ModularFieldSet.is_applicable(target)
    )
    order = await Get(ConversionOrder, ConversionOrderRequest(selected))
    if not order.field_sets:
        console.print_stderr(
            "No modular models selected\n"
            f"hint: `{bin_name()} tailor ::` adds `modular_model` targets for modular files"
        )
        return Generate(0)

    root = Path(build_root.path)
    outcomes = await _convert(root, order.field_sets)
    fresh = await Get(
        DigestContents,
        CreateDigest(dict.fromkeys(entry for outcome in outcomes for entry in outcome.stale)),
    )
    failed = [outcome for outcome in outcomes if outcome.conversion.exit_code != ExitCode.DONE]
    # Of what is converted only for the sake of its children, warnings are of no interest.
    for message in distinct(
        outcome.conversion.messages
        for outcome in outcomes
        if outcome in failed or outcome.field_set in selected
    ):
        console.print_stderr(message)
    converted = [outcome.field_set for outcome in outcomes if outcome not in failed]
    for message in leftover_messages(
        converted, all_field_sets, generated_paths, lambda path: _head(root / path)
    ):
        console.print_stderr(message)
    act = _check if subsystem.check else _bring_up_to_date
    exit_code = act(console, root, outcomes, fresh)
    return Generate(max(exit_code, *(outcome.conversion.exit_code for outcome in failed), 0))


def _stale(root: Path, entries: Iterable[object]) -> tuple[FileEntry, ...]:
    """The generated files that are missing from the workspace, or differ there.

    The workspace is read as it is, since Pants hides files that Git ignores from its rules.
    """
    return tuple(
        entry
        for entry in entries
        if isinstance(entry, FileEntry)
        and _fingerprint(_read(root / entry.path)) != entry.file_digest.fingerprint
    )


def _read(path: Path) -> bytes | None:
    """The content of a file; None if there is none that can be read, so that it is written."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _head(path: Path) -> bytes:
    """The part of a file that its banner would be in."""
    try:
        with open(path, "rb") as file:
            return file.read(BANNER_LENGTH)
    except OSError:
        return b""


def _fingerprint(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _write(root: Path, contents: DigestContents) -> dict[str, str]:
    """Writes the files; returns a message for each that could not be written."""
    errors = {}
    for file in contents:
        try:
            write_atomically(root / file.path, file.content)
        except OSError as error:
            errors[file.path] = f"{file.path}: cannot be written: {error.strerror}"
    return errors


def _report(
    print_line: Callable[[str], None],
    outcomes: Iterable[_Outcome],
    word: str,
    unwritten: frozenset[str] = frozenset(),
) -> None:
    """One line per target, and a summary that counts each modular file once.

    :param word: what a target with stale files is called.
    :param unwritten: the paths of stale files that could not be written.
    """
    states = defaultdict(set)
    for outcome in outcomes:
        if outcome.conversion.exit_code or any(f.path in unwritten for f in outcome.stale):
            state = "failed"
        else:
            state = word if outcome.stale else "unchanged"
        states[outcome.field_set.path].add(state)
        files = ", ".join(Path(f.path).name for f in outcome.stale if f.path not in unwritten)
        print_line(f"{state:<9} {outcome.field_set.address}{': ' if files else ''}{files}")
    order = ("failed", word, "unchanged")
    counts = Counter(next(state for state in order if state in of) for of in states.values())
    print_line(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
